//! Tables, plots and contact sheets of an evaluation.

use std::fmt::Write as _;
use std::path::Path;

use super::plot::{PlotError, Series, lines};
use super::worlds::Curve;

/// Times of the tables, in seconds.
pub const TIMES_SECS: [f64; 7] = [0.17, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0];
/// Latent frames a second.
pub const LATENTS_PER_SEC: f64 = 6.0;

/// Index of the latent frame that ends at a time.
fn index(secs: f64) -> usize {
    ((secs * LATENTS_PER_SEC).round() as usize).max(1) - 1
}

/// A Markdown table: a row a curve, a column a time.
pub fn table(title: &str, curves: &[Curve]) -> String {
    let shown: Vec<f64> = TIMES_SECS
        .into_iter()
        .filter(|t| curves.iter().all(|c| index(*t) < c.scores.len()))
        .collect();
    let mut out = format!("### {title}\n\nPSNR in dB (SSIM)\n\n| |");
    for t in &shown {
        let _ = write!(out, " {t} s |");
    }
    out.push_str("\n|---|");
    out.push_str(&"---|".repeat(shown.len()));
    for curve in curves {
        let _ = write!(out, "\n| {} |", curve.name);
        for t in &shown {
            let s = curve.scores[index(*t)];
            let _ = write!(out, " {:.2} ({:.3}) |", s.psnr_db, s.ssim);
        }
    }
    out.push_str("\n\n");
    out
}

/// PSNR over time.
pub fn plot(path: &Path, title: &str, curves: &[Curve]) -> Result<(), PlotError> {
    let series: Vec<Series> = curves
        .iter()
        .map(|c| Series {
            name: c.name.clone(),
            points: c
                .scores
                .iter()
                .enumerate()
                .map(|(k, s)| ((k + 1) as f64 / LATENTS_PER_SEC, s.psnr_db))
                .collect(),
        })
        .collect();
    lines(path, title, "seconds", "PSNR (dB)", &series)
}

#[cfg(test)]
mod tests {
    use super::super::worlds::Score;
    use super::*;

    #[test]
    fn the_table_has_a_column_for_every_time_that_was_reached() {
        let scores = vec![
            Score {
                psnr_db: 20.0,
                ssim: 0.5
            };
            6
        ];
        let text = table(
            "Walking",
            &[Curve {
                name: "one step".into(),
                scores,
            }],
        );
        assert!(
            text.contains("| 0.5 s |") && text.contains(" 1 s |") && !text.contains(" 2 s |"),
            "{text}"
        );
        assert!(text.contains("20.00 (0.500)"));
        assert_eq!(index(0.5), 2);
        assert_eq!(index(5.0), 29);
    }
}

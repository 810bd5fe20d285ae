//! Tables, plots and contact sheets of an evaluation.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

use super::plot::{PlotError, Series, lines};
use super::quality::{Seen, WINDOW, camera_error, frechet};
use super::worlds::{Curve, Score, Walk};

/// Times of the tables, in seconds.
pub const TIMES_SECS: [f64; 7] = [0.17, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0];
/// Latent frames a second.
pub const LATENTS_PER_SEC: f64 = 6.0;

/// Index of the latent frame that ends at a time.
fn index(secs: f64) -> usize {
    ((secs * LATENTS_PER_SEC).round() as usize).max(1) - 1
}

/// Markdown tables: a row a curve, a column a time.
pub fn table(title: &str, curves: &[Curve]) -> String {
    let shown: Vec<f64> = TIMES_SECS
        .into_iter()
        .filter(|t| curves.iter().all(|c| index(*t) < c.scores.len()))
        .collect();
    let mut out = format!("### {title}\n\n");
    let mut rows = |caption: &str, cell: fn(&Score) -> String| {
        let _ = write!(out, "{caption}\n\n| |");
        for t in &shown {
            let _ = write!(out, " {t} s |");
        }
        let _ = write!(out, "\n|---|{}", "---|".repeat(shown.len()));
        for curve in curves {
            let _ = write!(out, "\n| {} |", curve.name);
            for t in &shown {
                let _ = write!(out, " {} |", cell(&curve.scores[index(*t)]));
            }
        }
        out.push_str("\n\n");
    };
    rows("PSNR in dB (SSIM)", |s| format!("{:.2} ({:.3})", s.psnr_db, s.ssim));
    rows("PSNR in dB over pixels that the first frame did not show", |s| {
        format!("{:.2}", s.new_psnr_db)
    });
    out
}

/// Measures of one window of walks.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Quality {
    /// Fréchet distance of pictures.
    pub frechet_pictures: f64,
    /// Fréchet distance of pairs of pictures a latent frame apart.
    pub frechet_pairs: f64,
    /// Sharpness over that of the reference.
    pub sharpness: f64,
    /// Liveliness over that of the reference.
    pub liveliness: f64,
    /// Rotation error over the commanded rotation.
    pub rotation: Option<f64>,
    /// Translation error over the commanded translation.
    pub translation: Option<f64>,
}

/// Measures `seen` in a window of latent frames against a window of the `reference`.
pub fn quality(seen: &[Seen], reference: &[Seen], walks: &[Walk], window: Range<usize>, of: Range<usize>) -> Quality {
    let rows = |seen: &'_ [Seen], window: &Range<usize>, pairs: bool| -> Vec<Vec<f32>> {
        let each = seen.iter().map(|s| if pairs { &s.pairs } else { &s.pictures });
        each.flat_map(|rows| rows[window.clone()].to_vec()).collect()
    };
    let distance = |pairs: bool| {
        let (a, b) = (rows(seen, &window, pairs), rows(reference, &of, pairs));
        let [a, b] = [&a, &b].map(|rows| rows.iter().map(Vec::as_slice).collect::<Vec<&[f32]>>());
        frechet(&a, &b)
    };
    let mean = |seen: &[Seen], window: &Range<usize>, which: fn(&Seen) -> &Vec<f64>| {
        let values: Vec<f64> = seen.iter().flat_map(|s| which(s)[window.clone()].to_vec()).collect();
        values.iter().sum::<f64>() / values.len().max(1) as f64
    };
    let share = |which: fn(&Seen) -> &Vec<f64>| mean(seen, &window, which) / mean(reference, &of, which).max(1e-9);
    // The camera is held to its commands over the last seconds of the window.
    let from = window.end.saturating_sub(WINDOW).max(window.start);
    let [rotation, translation] = camera_error(seen, walks, from..window.end);
    Quality {
        frechet_pictures: distance(false),
        frechet_pairs: distance(true),
        sharpness: share(|s| &s.sharpness),
        liveliness: share(|s| &s.liveliness),
        rotation,
        translation,
    }
}

/// A Markdown table: a row a way of generating, two windows in each cell.
pub fn quality_table(windows: &[&str; 2], rows: &[(String, [Quality; 2])]) -> String {
    let mut out = format!("Each cell: {}, {}.\n\n", windows[0], windows[1]);
    out.push_str(
        "| | Fréchet, pictures | Fréchet, pairs | sharpness | liveliness | rotation error | translation error |\n",
    );
    out.push_str("|---|---|---|---|---|---|---|");
    let percent = |v: Option<f64>| v.map_or_else(|| "-".into(), |v| format!("{:.0} %", 100.0 * v));
    for (name, [a, b]) in rows {
        let _ = write!(
            out,
            "\n| {name} | {:.2}, {:.2} | {:.2}, {:.2} | {:.2}, {:.2} | {:.2}, {:.2} | {}, {} | {}, {} |",
            a.frechet_pictures,
            b.frechet_pictures,
            a.frechet_pairs,
            b.frechet_pairs,
            a.sharpness,
            b.sharpness,
            a.liveliness,
            b.liveliness,
            percent(a.rotation),
            percent(b.rotation),
            percent(a.translation),
            percent(b.translation)
        );
    }
    out.push('\n');
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
    use super::*;

    #[test]
    fn the_table_has_a_column_for_every_time_that_was_reached() {
        let scores = vec![
            Score {
                psnr_db: 20.0,
                ssim: 0.5,
                new_psnr_db: 17.0
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
        assert!(text.contains("20.00 (0.500)") && text.contains("| 17.00 |"));
        assert_eq!(index(0.5), 2);
        assert_eq!(index(5.0), 29);
    }
}

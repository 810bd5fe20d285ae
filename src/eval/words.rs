//! New words in the middle of a walk: how far the world goes towards what the renderer shows for them, and whether the
//! camera still obeys.

use std::fmt::Write as _;

use serde::Serialize;

use super::quality::{Seen, WINDOW, camera_error, sharpness};
use super::report::LATENTS_PER_SEC;
use super::worlds::{Pictures, Walk};
use crate::frame::psnr_db;

/// Latent frames walked before the words change: 2 s.
pub const BEFORE: usize = 12;
/// Latent frames walked with the new ones: 5 s.
pub const AFTER: usize = 30;
/// Times of the table, in seconds after the change.
const TIMES_SECS: [f64; 4] = [1.0, 2.0, 3.0, 5.0];
/// Bands of rows whose mean colours are compared: sky, horizon, ground ahead, ground at the feet.
const BANDS: usize = 4;

/// A walk whose world stays as it was, and the same in the world that the new words mean.
pub struct Change {
    /// As it was.
    pub walk: Walk,
    /// The pictures of the changed world, the first one at the change.
    pub changed: Pictures,
    /// The new words.
    pub prompt: String,
}

/// A way of walking on after the change.
pub struct Way {
    /// Its row's name.
    pub name: &'static str,
    /// Each walk's pictures after latent frame 1, 2, ...
    pub made: Vec<Pictures>,
    /// The same as they were seen, if there is a probe.
    pub seen: Option<Vec<Seen>>,
}

/// One row of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Of the [`Way`].
    pub name: &'static str,
    /// At each of the times.
    pub at: Vec<Reached>,
    /// Rotation and translation errors of the camera, as shares of what was commanded, in the first two seconds with the
    /// new words and in the last two.
    pub camera: Option<[[Option<f64>; 2]; 2]>,
}

/// How far a walk has gone some time after the change, means over walks.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Reached {
    /// Time after the change.
    pub secs: f64,
    /// Peak signal-to-noise ratio to the changed world.
    pub psnr_changed_db: f64,
    /// Peak signal-to-noise ratio to the world as it was.
    pub psnr_as_it_was_db: f64,
    /// Share of the way from the old world's mean colours (of four bands) to the new one's.
    pub colour_way: f64,
    /// Sharpness over that of the changed world.
    pub sharpness: f64,
    /// Share of the words in which the captions differ that the probe says as the new caption does.
    pub words: Option<f64>,
}

/// Mean colour of each band of a picture.
fn colours(rgb: &[f32]) -> Vec<f64> {
    let each = rgb.len() / BANDS;
    let mean = |band: &[f32], c: usize| {
        let values = band.iter().skip(c).step_by(3);
        values.map(|v| f64::from(*v)).sum::<f64>() / (band.len() / 3) as f64
    };
    let bands = rgb.chunks_exact(each - each % 3).take(BANDS);
    bands.flat_map(|band| [0, 1, 2].map(|c| mean(band, c))).collect()
}

/// Share of the way from `old` to `new` that the walks' colours have gone. Walks whose worlds differ much count much. What
/// walks with the old words have drifted, `kept`, is no way towards the new ones.
fn colour_way(made: &[&[f32]], kept: &[&[f32]], old: &[&[f32]], new: &[&[f32]]) -> f64 {
    let (mut along, mut all) = (0.0, 0.0);
    for (((made, kept), old), new) in made.iter().zip(kept).zip(old).zip(new) {
        let [made, kept, old, new] = [made, kept, old, new].map(|p| colours(p));
        for ((made, kept), (old, new)) in made.iter().zip(&kept).zip(old.iter().zip(&new)) {
            let way = new - old;
            along += (made - kept) * way;
            all += way * way;
        }
    }
    along / f64::max(all, 1e-12)
}

/// Whether each of the probe's words is in a caption.
fn said(words: &[String], caption: &str) -> Vec<bool> {
    let caption: Vec<&str> = caption.split(|c: char| !c.is_alphanumeric()).collect();
    words.iter().map(|w| caption.contains(&w.as_str())).collect()
}

/// Share of the words that differ between a walk's captions that the probe says as the new one does.
fn words_reached(words: &[String], changes: &[Change], seen: &[Seen], at: usize) -> Option<f64> {
    let (mut right, mut all) = (0, 0);
    for (change, seen) in changes.iter().zip(seen) {
        let (old, new) = (said(words, &change.walk.prompt), said(words, &change.prompt));
        for ((old, new), logit) in old.into_iter().zip(new).zip(&seen.words[at]) {
            if old != new {
                all += 1;
                right += usize::from((*logit > 0.0) == new);
            }
        }
    }
    (all > 0).then(|| f64::from(right as u32) / f64::from(all as u32))
}

/// Measures every way of walking on, in pictures so wide; `kept` is the one that keeps the old words. `words` are those that the probe knows.
pub fn measure(changes: &[Change], ways: &[Way], kept: &Way, words: &[String], width_px: usize) -> Vec<Row> {
    let n = changes.len().max(1) as f64;
    let row = |way: &Way| {
        let reached = |secs: f64| {
            let after = (secs * LATENTS_PER_SEC).round() as usize;
            let at = BEFORE + after - 1;
            let [made, kept] = [way, kept].map(|w| w.made.iter().map(|m| m[at].as_slice()).collect::<Vec<_>>());
            let old: Vec<&[f32]> = changes.iter().map(|c| c.walk.truth[at + 1].as_slice()).collect();
            let new: Vec<&[f32]> = changes.iter().map(|c| c.changed[after].as_slice()).collect();
            let sharp = |pictures: &[&[f32]]| pictures.iter().map(|p| sharpness(p, width_px)).sum::<f64>();
            let psnr = |to: &[&[f32]]| made.iter().zip(to).map(|(a, b)| psnr_db(a, b)).sum::<f64>() / n;
            Reached {
                secs,
                psnr_changed_db: psnr(&new),
                psnr_as_it_was_db: psnr(&old),
                colour_way: colour_way(&made, &kept, &old, &new),
                sharpness: sharp(&made) / sharp(&new).max(1e-9),
                words: way.seen.as_ref().and_then(|s| words_reached(words, changes, s, at)),
            }
        };
        let walks = || changes.iter().map(|c| &c.walk);
        let camera = |seen: &Vec<Seen>| {
            let end = BEFORE + AFTER;
            // Not the pair on both sides of the change: it is of two lights.
            [BEFORE + 1..BEFORE + 1 + WINDOW, end - WINDOW..end].map(|window| camera_error(seen, walks(), window))
        };
        Row {
            name: way.name,
            at: TIMES_SECS.map(reached).to_vec(),
            camera: way.seen.as_ref().map(camera),
        }
    };
    ways.iter().chain(std::iter::once(kept)).map(row).collect()
}

/// The Markdown tables.
pub fn table(rows: &[Row]) -> String {
    let mut out = String::new();
    let mut part = |caption: &str, cell: &dyn Fn(&Reached) -> String| {
        let _ = write!(out, "{caption}\n\n| |");
        for t in TIMES_SECS {
            let _ = write!(out, " {t} s |");
        }
        let _ = write!(out, "\n|---|{}", "---|".repeat(TIMES_SECS.len()));
        for row in rows {
            let _ = write!(out, "\n| {} |", row.name);
            for at in &row.at {
                let _ = write!(out, " {} |", cell(at));
            }
        }
        out.push_str("\n\n");
    };
    let percent = |v: Option<f64>| v.map_or_else(|| "-".into(), |v| format!("{:.0} %", 100.0 * v));
    part("Way of the mean colours to those of the changed world", &|r| {
        percent(Some(r.colour_way))
    });
    part("PSNR in dB to the changed world (to the world as it was)", &|r| {
        format!("{:.2} ({:.2})", r.psnr_changed_db, r.psnr_as_it_was_db)
    });
    part("Sharpness, as a share of the changed world's", &|r| {
        format!("{:.2}", r.sharpness)
    });
    part(
        "Words in which the captions differ that the probe says as the new one does",
        &|r| percent(r.words),
    );
    if rows.iter().any(|r| r.camera.is_some()) {
        out.push_str("Camera errors in the first and in the last two seconds after the change\n\n");
        out.push_str("| | rotation | translation |\n|---|---|---|\n");
        for row in rows {
            if let Some([[r0, t0], [r1, t1]]) = row.camera.map(|c| c.map(|w| w.map(percent))) {
                let _ = writeln!(out, "| {} | {r0}, {r1} | {t0}, {t1} |", row.name);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of one colour.
    fn flat(v: f32) -> Vec<f32> {
        vec![v; 8 * 8 * 3]
    }

    fn change() -> Change {
        Change {
            walk: Walk {
                truth: vec![flat(0.0); BEFORE + AFTER + 1],
                new: vec![],
                controls: vec![],
                prompt: "snow at noon".into(),
            },
            changed: vec![flat(0.8); AFTER + 1],
            prompt: "snow at dusk".into(),
        }
    }

    #[test]
    fn the_way_is_the_share_of_the_colours_and_drift_is_no_way() {
        let way = |name, v: f32| Way {
            name,
            made: vec![vec![flat(v); BEFORE + AFTER]],
            seen: None,
        };
        let rows = measure(
            &[change()],
            &[way("new", 0.7), way("there", 0.9)],
            &way("old", 0.1),
            &[],
            8,
        );
        let at = |row: usize| rows[row].at[3];
        assert!((at(0).colour_way - 0.75).abs() < 1e-6, "{rows:?}");
        assert!((at(1).colour_way - 1.0).abs() < 1e-6 && at(2).colour_way.abs() < 1e-6);
        assert!(at(0).psnr_changed_db > at(0).psnr_as_it_was_db && at(2).psnr_changed_db < at(2).psnr_as_it_was_db);
        let text = table(&rows);
        assert!(
            text.contains("| new | 75 % |") && text.contains("| 5 s |") && !text.contains("Camera"),
            "{text}"
        );
    }

    #[test]
    fn sharpness_is_a_share_of_the_changed_worlds() {
        let striped = |by: f32| {
            (0..8 * 8 * 3)
                .map(|i| if i / 3 % 2 == 0 { by } else { -by })
                .collect::<Vec<f32>>()
        };
        let change = Change {
            changed: vec![striped(0.4); AFTER + 1],
            ..change()
        };
        let way = |name, by: f32| Way {
            name,
            made: vec![vec![striped(by); BEFORE + AFTER]],
            seen: None,
        };
        let rows = measure(&[change], &[way("new", 0.3)], &way("old", 0.0), &[], 8);
        let of = |row: usize| rows[row].at[0].sharpness;
        assert!((of(0) - 0.75).abs() < 1e-5 && of(1) == 0.0, "{rows:?}");
        assert!(table(&rows).contains("| new | 0.75 |"));
    }

    #[test]
    fn only_words_that_differ_count() {
        let words = ["snow", "noon", "dusk", "night"].map(str::to_owned);
        let seen = |logits: [f32; 4]| Seen {
            words: vec![logits.to_vec()],
            ..Seen::default()
        };
        let reached = |logits| words_reached(&words, &[change()], &[seen(logits)], 0);
        assert_eq!(reached([-1.0, -1.0, 1.0, 1.0]), Some(1.0));
        assert_eq!(reached([1.0, 1.0, 1.0, -1.0]), Some(0.5));
        assert_eq!(reached([1.0, 1.0, -1.0, -1.0]), Some(0.0));
        let same = Change {
            prompt: "snow at noon".into(),
            ..change()
        };
        assert_eq!(words_reached(&words, &[same], &[seen([1.0; 4])], 0), None);
    }
}

//! Whether steps take longer as a walk goes on: a long walk's steps and a new one's, by turns. What else the machine does in the meantime slows both alike; between the
//! beginning and the end of one run it may do so by a tenth.

use std::time::Instant;

use super::bench::median;
use crate::control::LatentControl;
use crate::rollout::{Rollout, RolloutError};

/// New walks that the long one is compared with: what a machine does besides makes single steps longer by a tenth.
const WALKS: usize = 3;

/// Medians of steps, in milliseconds, and of what a late step takes over the early one beside it.
#[derive(Debug)]
pub(super) struct Steady {
    early_ms: f64,
    late_ms: f64,
    late_over_early: f64,
}

/// Median of what late steps take over the early ones beside them.
fn late_over_early(late: &[f64], early: &[f64]) -> f64 {
    let ratios: Vec<f64> = late.iter().zip(early).map(|(late, early)| late / early).collect();
    median(&ratios)
}

impl Steady {
    /// Walks `long`, which has done all of `controls`, and `new`, which `start` starts, along their first quarter, and measures all but the first third of that, [`WALKS`] times.
    pub(super) fn measure(
        long: &mut Rollout,
        new: &mut Rollout,
        start: impl Fn(&mut Rollout) -> Result<(), RolloutError>,
        controls: &[LatentControl],
    ) -> Result<Self, RolloutError> {
        let (from, to) = (controls.len() / 12, controls.len() / 4);
        let (mut early, mut late) = (vec![], vec![]);
        for _ in 0..WALKS {
            start(new)?;
            for (i, control) in controls[..to].iter().enumerate() {
                // Who goes first changes, too.
                for which in [i % 2, (i + 1) % 2] {
                    let (walk, times) = match which {
                        0 => (&mut *long, &mut late),
                        _ => (&mut *new, &mut early),
                    };
                    let begin = Instant::now();
                    walk.next(control)?;
                    if i >= from {
                        times.push(begin.elapsed().as_secs_f64() * 1e3);
                    }
                }
            }
        }
        Ok(Self {
            early_ms: median(&early),
            late_ms: median(&late),
            late_over_early: late_over_early(&late, &early),
        })
    }

    pub(super) fn add_to(&self, report: &mut serde_json::Value) {
        report["by_turns_ms_early"] = self.early_ms.into();
        report["by_turns_ms_late"] = self.late_ms.into();
        report["by_turns_late_over_early"] = self.late_over_early.into();
    }

    pub(super) fn print(&self) {
        println!(
            "  by turns early {:.1} ms, late {:.1} ms; of pairs {:+.1} %",
            self.early_ms,
            self.late_ms,
            100.0 * (self.late_over_early - 1.0)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_slows_both_does_not_count() {
        assert_eq!(late_over_early(&[11.0, 22.0, 90.0], &[10.0, 20.0, 40.0]), 1.1);
    }
}

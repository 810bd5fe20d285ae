//! Whether steps take longer as a walk goes on: a long walk's steps and a new one's, by turns. What else the machine does in the meantime slows both alike; between the
//! beginning and the end of one run it may do so by a tenth.

use std::time::Instant;

use super::bench::median;
use crate::control::LatentControl;
use crate::rollout::{Rollout, RolloutError};

/// Medians of steps, in milliseconds.
#[derive(Debug)]
pub(super) struct Steady {
    early_ms: f64,
    late_ms: f64,
}

impl Steady {
    /// Walks `long`, which has done all of `controls`, and `new`, which has been started, along their first quarter, and measures all but the first third of that.
    pub(super) fn measure(
        long: &mut Rollout,
        new: &mut Rollout,
        controls: &[LatentControl],
    ) -> Result<Self, RolloutError> {
        let (from, to) = (controls.len() / 12, controls.len() / 4);
        let (mut early, mut late) = (vec![], vec![]);
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
        Ok(Self {
            early_ms: median(&early),
            late_ms: median(&late),
        })
    }

    fn ratio(&self) -> f64 {
        self.late_ms / self.early_ms
    }

    pub(super) fn add_to(&self, report: &mut serde_json::Value) {
        report["by_turns_ms_early"] = self.early_ms.into();
        report["by_turns_ms_late"] = self.late_ms.into();
        report["by_turns_late_over_early"] = self.ratio().into();
    }

    pub(super) fn print(&self) {
        println!(
            "  by turns early {:.1} ms, late {:.1} ms: {:+.1} %",
            self.early_ms,
            self.late_ms,
            100.0 * (self.ratio() - 1.0)
        );
    }
}

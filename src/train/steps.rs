//! How a step of the generator's stages ends: numbers are checked and logged, and a checkpoint, a stop or a look comes when
//! it is due.

use std::path::Path;

use indicatif::ProgressBar;

use super::run::{Every, Means, Run, TrainError, bar};
use crate::telemetry;

/// Errors above this are none that a network makes which learns: data have unit deviation, so one that says nothing is at
/// about 2, times the weight of new places.
const RUNAWAY: f64 = 1e3;
/// Numbers that are such errors.
const ERRORS: [&str; 2] = ["loss", "anchor"];

/// What the steps of a stage carry on.
pub(super) struct Steps<'a> {
    run: &'a Run,
    stage: &'static str,
    /// Numbers that the progress bar shows.
    shown: &'static [&'static str],
    progress: ProgressBar,
    checkpoints: Every,
    looks: Every,
    /// Means for the log.
    pub(super) means: Means,
}

impl<'a> Steps<'a> {
    pub(super) fn new(
        run: &'a Run,
        stage: &'static str,
        done: u64,
        all: u64,
        shown: &'static [&'static str],
    ) -> Steps<'a> {
        telemetry::forget_peak();
        Steps {
            run,
            stage,
            shown,
            progress: bar(stage, done, all),
            checkpoints: Every::new(run.checkpoint_secs),
            looks: Every::new(run.sample_secs),
            means: Means::new(10),
        }
    }

    /// Ends a step, the `done`th, that saw `latents` latent frames; `norms` are its gradients' norms.
    pub(super) fn end(
        &mut self,
        done: u64,
        latents: usize,
        norms: &[f64],
        saved: &Path,
        save: impl FnOnce() -> Result<(), TrainError>,
        look: impl FnOnce() -> Result<(), TrainError>,
    ) -> Result<(), TrainError> {
        let runaway = ERRORS.iter().find(|name| self.means.latest(name) > Some(RUNAWAY));
        let wrong = match runaway {
            _ if norms.iter().any(|n| !n.is_finite()) => Some(NOT_FINITE.to_owned()),
            Some(name) => Some(format!("its {name} is above {RUNAWAY}")),
            None => None,
        };
        if let Some(what) = wrong {
            return Err(diverged(self.stage, done - 1, what, saved));
        }
        if let Some(fields) = self.means.due(latents as f64) {
            self.progress.set_message(Means::words(&fields, self.shown));
            self.run.log(self.stage, done, &fields)?;
        }
        self.progress.set_position(done);
        let stopping = self.run.stopping();
        if self.checkpoints.due() || stopping {
            save()?;
        }
        if stopping {
            self.run.log_peak(self.stage, done)?;
            return Err(TrainError::Stopped(done));
        }
        if self.looks.due() {
            look()?;
        }
        Ok(())
    }

    /// After the last one, the `done`th.
    pub(super) fn finish(self, done: u64) -> Result<(), TrainError> {
        self.progress.finish();
        self.run.log_peak(self.stage, done)
    }
}

/// What is wrong with most diverged steps.
pub(super) const NOT_FINITE: &str = "its loss or gradient is not finite";

/// A step, from 0, whose numbers went wrong in a stage with that checkpoint. Nothing of it has been saved.
pub(super) fn diverged(stage: &'static str, step: u64, what: String, saved: &Path) -> TrainError {
    TrainError::Diverged {
        stage,
        step,
        what,
        saved: saved.exists().then(|| saved.to_owned()),
    }
}

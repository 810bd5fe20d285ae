//! How a step of the generator's stages ends: numbers are checked and logged, and a checkpoint, a stop or a look comes when
//! it is due.

use std::path::Path;

use indicatif::ProgressBar;

use super::run::{Every, Means, Run, TrainError, bar};

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
        if norms.iter().any(|n| !n.is_finite()) {
            return Err(TrainError::Diverged {
                stage: self.stage,
                step: done - 1,
                path: saved.to_owned(),
            });
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
            return Err(TrainError::Stopped(done));
        }
        if self.looks.due() {
            look()?;
        }
        Ok(())
    }

    /// After the last one.
    pub(super) fn finish(self) {
        self.progress.finish();
    }
}

//! `generate --cloud`: the walked world as a point cloud beside its video.

use std::path::PathBuf;

use crate::control::{CameraPose, LatentControl, Lens};
use crate::rollout::{Cloud, StepOutput};

/// Latent frames between two pictures that are added: half a second.
const EVERY: u64 = 3;

/// A cloud that grows with a walk, or nothing.
pub(super) struct Growing {
    path: Option<PathBuf>,
    cloud: Cloud,
    here: CameraPose,
    steps: u64,
}

impl Growing {
    pub(super) fn new(path: Option<PathBuf>, lens: Lens) -> Self {
        Self {
            path,
            cloud: Cloud::new(lens),
            here: CameraPose::default(),
            steps: 0,
        }
    }

    /// What the walk begins with.
    pub(super) fn begin(&mut self, output: &StepOutput) {
        self.add(output);
    }

    /// A step that `control` led.
    pub(super) fn step(&mut self, control: &LatentControl, output: &StepOutput) {
        self.here = control.end_from(&self.here);
        self.steps += 1;
        self.add(output);
    }

    fn add(&mut self, output: &StepOutput) {
        if self.path.is_none() {
            return;
        }
        self.cloud.pass(&self.here);
        if self.steps.is_multiple_of(EVERY)
            && let Some(frame) = output.frames.last()
        {
            self.cloud.add(&self.here, &frame.to_rgb(), &output.inverse_depth);
        }
    }

    /// Writes the file, if there is to be one.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        self.cloud.write(path)?;
        println!("{} points written to {}", self.cloud.points(), path.display());
        Ok(())
    }
}

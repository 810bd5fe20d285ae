//! The autoregressive step: control in, latent frame and four video frames out. Play, training, eval and benches use it.

use crate::control::LatentControl;
use crate::frame::Frame;
use crate::package::Package;

/// What one step made, and what it cost.
#[derive(Clone, Debug)]
pub struct StepOutput {
    /// The video frames, in order: one for the first frame, [`crate::frame::FRAMES_PER_LATENT`] for a step.
    pub frames: Vec<Frame>,
    /// Inverse depth (1/m, 0 = sky) of the last frame, rows from the top.
    pub inverse_depth: Vec<f32>,
    /// Milliseconds in the generator network.
    pub network_ms: f64,
    /// Milliseconds in the decoder.
    pub decode_ms: f64,
    /// Milliseconds in warping and encoding the recycled frame.
    pub recycle_ms: f64,
}

/// Trouble while generating.
#[derive(Debug, thiserror::Error)]
pub enum RolloutError {
    /// (skeleton)
    #[error("{0}")]
    Failed(String),
}

/// A running walk. Lives on one thread: every tensor it owns is made, used and dropped there.
pub struct Rollout {}

impl Rollout {
    /// Loads the networks of a package onto a device.
    pub fn new(
        _package: &Package,
        _device: &crate::device::DeviceChoice,
    ) -> Result<Self, RolloutError> {
        todo!()
    }

    /// Begins a walk at a picture (any size: it is cropped and scaled) with a prompt. Returns frame 0.
    pub fn start(
        &mut self,
        _first: &Frame,
        _prompt: &str,
        _seed: u64,
    ) -> Result<StepOutput, RolloutError> {
        todo!()
    }

    /// One latent frame: the next four video frames.
    pub fn next(&mut self, _control: &LatentControl) -> Result<StepOutput, RolloutError> {
        todo!()
    }
}

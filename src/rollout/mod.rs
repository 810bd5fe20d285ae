//! The autoregressive step: control in, latent frame and four video frames out. Play, training, eval and benches use it.
//!
//! [`Walks`] is the step itself, for any number of walks side by side; [`Rollout`] is one walk of a packaged generator,
//! as the player takes it. A walk lives on one thread: every tensor it owns is made, used and dropped there.

mod bookmark;
mod cloud;
mod files;
#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod gpu_tests;
mod held;
mod memory;
mod moment;
mod networks;
mod painted;
mod player;
mod quilted;
mod replay;
mod sky;
mod state;
#[cfg(test)]
mod tests;
mod track;
mod walks;

pub use bookmark::Bookmark;
pub use cloud::Cloud;
pub use files::FileError;
pub use held::Held;
pub use memory::{Kept, Keyframe, Memory};
pub use moment::Moment;
pub use networks::{Networks, Recycled};
pub use painted::{go_on, planes};
pub use player::{LEAST_PICTURE_PX, Rollout, StepOutput};
pub use replay::{PictureFile, Recorded, Replay, Tape};
pub use state::WalkState;
pub use track::{PromptChange, Track};
pub use walks::{Sampler, StepTimes, Walks, fill_noise};

/// Trouble while generating.
#[derive(Debug, thiserror::Error)]
pub enum RolloutError {
    /// The device failed.
    #[error(transparent)]
    Device(#[from] crate::device::DeviceError),
    /// The weights do not fit the networks.
    #[error("the generator file does not fit its own manifest: {0}")]
    Weights(#[from] crate::model::weights::WeightsError),
    /// A first frame can't be used.
    #[error("the first frame {width}x{height} can't be used: it needs at least 16x16 pixels")]
    FirstFrame {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
    },
    /// A step before the first frame.
    #[error("a walk has to be started with a first frame before its first step")]
    NotStarted,
    /// A kept state is not one of this generator.
    #[error("the kept moment does not fit this generator: {0}")]
    State(crate::model::weights::WeightsError),
    /// The network made numbers that are no numbers: at which latent frame, and what else one can do.
    #[error("the network produced values that are not finite at latent frame {0}; restart the walk{1}")]
    NotFinite(u64, &'static str),
}

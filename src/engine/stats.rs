//! What the engine measures.

use std::path::PathBuf;

use crate::control::CameraPose;

/// The state of a recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordingStats {
    /// The file.
    pub path: PathBuf,
    /// Frames taken in.
    pub frames: u64,
    /// Length so far.
    pub seconds: f64,
    /// Size of the file so far.
    pub bytes: u64,
    /// Frames that could not be recorded in time.
    pub dropped: u64,
}

/// What the last step cost and where the walker is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    /// Milliseconds in the generator network.
    pub network_ms: f64,
    /// Milliseconds in the decoder.
    pub decode_ms: f64,
    /// Milliseconds in warping and encoding the recycled frame.
    pub recycle_ms: f64,
    /// Milliseconds from reading the controls to having the frames, averaged over the last steps.
    pub step_ms: f64,
    /// Milliseconds from one frame to the next, as scheduled.
    pub interval_ms: f64,
    /// Milliseconds from one frame to the next on average, also where a latent's frames come at once.
    pub period_ms: f64,
    /// Number of the newest generated video frame.
    pub frame: u64,
    /// Latent frames since the walk began.
    pub latent: u64,
    /// Memory of the process in bytes, where the system tells.
    pub resident_bytes: Option<u64>,
    /// Where the walker is after the step.
    pub pose: CameraPose,
    /// The recording, if one runs.
    pub recording: Option<RecordingStats>,
}

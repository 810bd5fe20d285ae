//! One walk: pictures, depth, poses and keys.

use half::f16;

use crate::control::{CameraPose, Keys, Lens};

/// Words that take over in the middle of a clip.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CaptionChange {
    /// The first frame, counted from 0, that they hold for; not 0.
    pub from_frame: usize,
    /// Lower-case words about what the world becomes.
    pub caption: String,
}

/// A walk of T frames, owned.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    /// Frame size and field of view.
    pub lens: Lens,
    /// Frames a second.
    pub fps: f32,
    /// Seed of the world walked through.
    pub world_seed: u64,
    /// Lower-case words about the world.
    pub caption: String,
    /// What the world becomes on the way, if it does.
    pub change: Option<CaptionChange>,
    /// `[T, H, W, 3]`, sRGB.
    pub rgb: Vec<u8>,
    /// `[T, H, W]`, 1 / planar depth in metres; 0 is sky.
    pub inverse_depth: Vec<f16>,
    /// `[T]`.
    pub poses: Vec<CameraPose>,
    /// `[T]`, keys held while the frame came about.
    pub keys: Vec<Keys>,
}

impl Clip {
    /// Number of frames.
    pub fn frames(&self) -> usize {
        self.poses.len()
    }
}

/// A range of a clip's frames; pictures and depth lie in the mapped file.
#[derive(Clone, Debug)]
pub struct ClipView<'a> {
    /// `[t, H, W, 3]`, sRGB.
    pub rgb: &'a [u8],
    /// `[t, H, W]` little-endian f16, 1 / planar depth in metres.
    pub inverse_depth_bytes: &'a [u8],
    /// `[t]`.
    pub poses: Vec<CameraPose>,
    /// `[t]`.
    pub keys: Vec<Keys>,
}

impl ClipView<'_> {
    /// Inverse depth in 1/m, frame by frame.
    pub fn inverse_depth(&self) -> impl Iterator<Item = f16> + '_ {
        self.inverse_depth_bytes
            .chunks_exact(2)
            .map(|b| f16::from_le_bytes([b[0], b[1]]))
    }
}

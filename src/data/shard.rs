//! What a shard says about itself, and where its tensors lie.

use super::clip::CaptionChange;
use crate::control::Lens;

/// Versions of the layout that are read: without and with clips that change.
pub(super) const FORMAT_VERSIONS: std::ops::RangeInclusive<u32> = 1..=2;

/// The version of a file of such clips: the oldest that holds them.
pub fn format_version(clips: &[ClipHead]) -> u32 {
    if clips.iter().any(|c| c.change.is_some()) { 2 } else { 1 }
}

/// Key of the JSON description in the file's `__metadata__`.
pub(super) const METADATA_KEY: &str = "farwander_shard";

/// Which worlds a shard is made of. The two have no world seed in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Worlds to learn from.
    Train,
    /// Worlds to measure with.
    Test,
}

impl Split {
    /// Its name in options and files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
        }
    }

    /// World seed of clip `index` of a set drawn from `seed`. The top bit tells the splits apart, so no seed is in both.
    pub fn world_seed(self, seed: u64, index: u64) -> u64 {
        let mut z = seed
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .wrapping_add(index.wrapping_mul(0xd134_2543_de82_ef95));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        match self {
            Self::Train => z & !(1 << 63),
            Self::Test => z | 1 << 63,
        }
    }
}

/// What a shard knows of one clip.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ClipHead {
    /// Seed of the world walked through.
    pub world_seed: u64,
    /// Lower-case words about the world.
    pub caption: String,
    /// What the world becomes on the way, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<CaptionChange>,
}

/// A shard's description.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ShardHead {
    /// See [`format_version`].
    pub format_version: u32,
    /// Train or test.
    pub split: Split,
    /// Frames a second.
    pub fps: f32,
    /// Frame size and field of view.
    pub lens: Lens,
    /// Frames of every clip.
    pub frames: usize,
    /// The clips, in order.
    pub clips: Vec<ClipHead>,
}

/// A tensor of the file: name, type as safetensors spells it, bytes an element, shape.
pub(super) struct TensorSpec {
    pub name: &'static str,
    pub dtype: &'static str,
    pub bytes_each: usize,
    pub shape: Vec<usize>,
}

impl TensorSpec {
    pub fn bytes(&self) -> Option<usize> {
        self.shape.iter().try_fold(self.bytes_each, |n, d| n.checked_mul(*d))
    }

    /// Bytes of one clip.
    pub fn clip_bytes(&self) -> usize {
        self.bytes_each * self.shape[1..].iter().product::<usize>()
    }

    /// Bytes of one frame of a clip.
    pub fn frame_bytes(&self) -> usize {
        self.bytes_each * self.shape[2..].iter().product::<usize>()
    }
}

impl ShardHead {
    /// The file's tensors in the order in which they lie in it.
    pub(super) fn tensors(&self) -> [TensorSpec; 4] {
        let (c, t, h, w) = (self.clips.len(), self.frames, self.lens.height_px, self.lens.width_px);
        let spec = |name, dtype, bytes_each, shape| TensorSpec {
            name,
            dtype,
            bytes_each,
            shape,
        };
        [
            spec("pose", "F32", 4, vec![c, t, 5]),
            spec("inverse_depth", "F16", 2, vec![c, t, h, w]),
            spec("keys", "U16", 2, vec![c, t]),
            spec("rgb", "U8", 1, vec![c, t, h, w, 3]),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_share_no_world() {
        for i in 0..1000 {
            assert_eq!(Split::Train.world_seed(7, i) >> 63, 0);
            assert_eq!(Split::Test.world_seed(7, i) >> 63, 1);
            assert_ne!(Split::Train.world_seed(7, i), Split::Train.world_seed(7, i + 1));
        }
    }
}

//! Clip shards: safetensors files of rendered walks, read and written without any of the networks.
//!
//! A shard holds clips of equal shape: `rgb` u8 `[C, T, H, W, 3]`, `inverse_depth` f16 `[C, T, H, W]` (1/m, 0 is sky),
//! `pose` f32 `[C, T, 5]` (x, y, z in metres, yaw, pitch in radians), `keys` u16 `[C, T]`. Its `__metadata__` entry
//! `farwander_shard` is JSON: format version, split, frames a second, field of view, and each clip's `world_seed` and
//! `caption`. A clip whose world changes on the way also has `change`: `{"from_frame": F, "caption": TEXT}`, the words that
//! hold from frame F (counted from 0) on. Files with such clips are version 2, all others version 1.

mod clip;
mod error;
mod reader;
mod shard;
mod writer;

pub use clip::{CaptionChange, Clip, ClipView};
pub use error::DataError;
pub use reader::{ShardReader, list_shards};
pub use shard::{ClipHead, ShardHead, Split, format_version};
pub use writer::ShardWriter;

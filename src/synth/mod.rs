//! Procedural worlds and the person who walks through them: exact frames, depth, poses and keys from a seed.
//!
//! Same seed, same bytes, on every machine and any number of threads: all arithmetic is + - * / sqrt and `libm`.

mod attributes;
mod change;
mod clip;
mod flora;
mod ground;
mod lighting;
mod math;
mod noise;
mod palette;
mod render;
mod shade;
mod shape;
mod sky;
mod terrain;
mod trace;
mod walk;
mod world;

pub use attributes::{Attributes, Biome, Light, VOCABULARY, Weather};
pub use change::{change_frame, changing_clip, left_after, mix};
pub use clip::{clip, clip_of};
pub use render::render;
pub use walk::{Kind, Pace, blocked, paces, step, trajectory};
pub use world::World;

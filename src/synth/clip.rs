//! Renders whole clips.

use super::render::render;
use super::walk::{Kind, trajectory};
use super::world::World;
use crate::control::Lens;
use crate::data::Clip;

/// Renders a walk of `frames` frames through the world of `world_seed`; the walk is drawn from the same seed.
pub fn clip(world_seed: u64, lens: &Lens, kind: Kind, frames: usize, fps: f32) -> Clip {
    clip_of(&World::new(world_seed, None), lens, kind, world_seed, frames, fps)
}

/// Renders a walk through a world that is already built.
pub fn clip_of(world: &World, lens: &Lens, kind: Kind, walk_seed: u64, frames: usize, fps: f32) -> Clip {
    let walk = trajectory(world, kind, walk_seed, frames, fps);
    let pixels = lens.width_px * lens.height_px;
    let mut rgb = vec![0; 3 * pixels * frames];
    let mut inverse_depth = Vec::with_capacity(pixels * frames);
    let mut depth_m = vec![0.0f32; pixels];
    for ((pose, _), out) in walk.iter().zip(rgb.chunks_mut(3 * pixels)) {
        render(world, lens, pose, out, &mut depth_m);
        inverse_depth.extend(depth_m.iter().map(|d| half::f16::from_f32(1.0 / d)));
    }
    Clip {
        lens: *lens,
        fps,
        world_seed: world.seed(),
        caption: world.caption(),
        change: None,
        rgb,
        inverse_depth,
        poses: walk.iter().map(|(pose, _)| *pose).collect(),
        keys: walk.iter().map(|(_, keys)| *keys).collect(),
    }
}

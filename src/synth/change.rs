//! Worlds that become something else while somebody walks on: another time of day, weather or season over the same land.

use super::attributes::{Attributes, Biome, Light, Weather};
use super::clip::clip_of;
use super::noise::Rng;
use super::render::render;
use super::walk::Kind;
use super::world::World;
use crate::control::Lens;
use crate::data::{CaptionChange, Clip};
use crate::frame::FRAMES_PER_LATENT;

/// Frames in which half of what is left of the old look goes, at any frame rate.
///
/// A change is no cut: people want to see it come, and a step of the generator moves a known place only so far. It is no
/// fade of fixed length either: how much each frame adds then follows from the picture before and the words alone, which is
/// all that the generator is told; it need not know when the words came.
const HALF_FRAMES: f32 = 8.0;
/// Less of the old look than this is not seen in bytes.
const LEAST: f32 = 1.0 / 512.0;

/// Biomes whose land can be dressed in another season.
const TEMPERATE: [Biome; 5] = [Biome::Meadow, Biome::Forest, Biome::Autumn, Biome::Snow, Biome::Heath];
/// What they can become.
const SEASONS: [Biome; 3] = [Biome::Forest, Biome::Autumn, Biome::Snow];

impl Attributes {
    /// What the world of `world_seed` becomes when it changes: mostly another light, often another season where the land
    /// has seasons, sometimes another weather. The land stays, see [`World::dressed`].
    pub fn changed(&self, world_seed: u64) -> Self {
        let mut rng = Rng::new(world_seed, 0x6368_616e);
        let mut other = *self;
        let season = TEMPERATE.contains(&self.biome) && rng.chance(0.5);
        if season {
            other.biome = another(self.biome, &SEASONS, &mut rng);
        }
        if !season || rng.chance(0.5) {
            other.light = another(self.light, Light::ALL, &mut rng);
        }
        if rng.chance(0.2) {
            other.weather = match self.weather {
                Weather::Clear => Weather::Mist,
                Weather::Mist => Weather::Clear,
            };
        }
        other
    }
}

/// One of `all` that is not `this`.
fn another<T: Copy + PartialEq>(this: T, all: &[T], rng: &mut Rng) -> T {
    let others: Vec<T> = all.iter().copied().filter(|v| *v != this).collect();
    others[rng.below(others.len())]
}

/// The first frame of the latent frame with which the world of `world_seed` changes in a clip of `frames` frames: in the
/// first half, the very first latent frame included, so that there is time to see what it becomes.
pub fn change_frame(world_seed: u64, frames: usize) -> usize {
    let latents = frames.saturating_sub(1) / FRAMES_PER_LATENT;
    let latest = (latents / 2).max(1);
    1 + FRAMES_PER_LATENT * Rng::new(world_seed, 0x7768_656e).below(latest)
}

/// Share of the old look in the `n`th frame of a change, counted from 1.
pub fn left_after(n: usize) -> f32 {
    let left = libm::exp2f(-(n as f32) / HALF_FRAMES);
    if left < LEAST { 0.0 } else { left }
}

/// Brings a picture of what a world becomes back to where `left` of the `old` look is left, evenly in the bytes: each frame
/// then adds the same to every latent.
pub fn mix(new: &mut [u8], old: &[u8], left: f32) {
    for (new, old) in new.iter_mut().zip(old) {
        let (a, b) = (f32::from(*old), f32::from(*new));
        *new = (b + (a - b) * left + 0.5) as u8;
    }
}

/// Renders a walk through a world that becomes `after` (the same land, see [`World::dressed`]) from frame `from_frame` on.
pub fn changing_clip(
    [before, after]: [&World; 2],
    from_frame: usize,
    lens: &Lens,
    kind: Kind,
    walk_seed: u64,
    frames: usize,
    fps: f32,
) -> Clip {
    let mut clip = clip_of(before, lens, kind, walk_seed, frames, fps);
    let pixels = lens.width_px * lens.height_px;
    let mut depth_m = vec![0.0; pixels];
    let pictures = clip.rgb.chunks_mut(3 * pixels).zip(&clip.poses);
    for (n, (rgb, pose)) in pictures.skip(from_frame).enumerate() {
        let old = rgb.to_vec();
        render(after, lens, pose, rgb, &mut depth_m);
        mix(rgb, &old, left_after(n + 1));
    }
    clip.change = Some(CaptionChange {
        from_frame,
        caption: after.caption(),
    });
    clip
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENS: Lens = Lens {
        width_px: 64,
        height_px: 40,
        fov_x_rad: 1.309,
    };

    #[test]
    fn what_a_world_becomes_has_other_words_and_the_same_land() {
        let mut seasons = 0;
        for seed in 0..200 {
            let before = Attributes::from_seed(seed);
            let after = before.changed(seed);
            assert_ne!(before.caption(), after.caption(), "seed {seed}");
            assert_eq!(after, before.changed(seed));
            let land = |a: &Attributes| (a.lake, a.huts, a.path, a.mountains);
            assert_eq!(land(&before), land(&after), "seed {seed}");
            seasons += usize::from(before.biome != after.biome);
            assert!((1..25).contains(&change_frame(seed, 49)) && change_frame(seed, 49) % FRAMES_PER_LATENT == 1);
        }
        assert!((40..120).contains(&seasons), "{seasons}");
        assert!(left_after(1) > 0.9 && (left_after(8) - 0.5).abs() < 1e-6 && left_after(100) == 0.0);
    }

    /// Until the change the clip is the one without; then the picture goes to the other world's, over the same depths.
    #[test]
    fn a_clip_changes_from_its_frame_on_and_keeps_its_depths() {
        let before = Attributes {
            biome: Biome::Meadow,
            light: Light::Noon,
            ..Attributes::from_seed(6)
        };
        let after = Attributes {
            biome: Biome::Snow,
            light: Light::Night,
            ..before
        };
        let worlds = [World::new(6, Some(before)), World::dressed(6, &before, after)];
        let (from, frames) = (5, 37);
        let clip = changing_clip([&worlds[0], &worlds[1]], from, &LENS, Kind::Person, 6, frames, 24.0);
        let [old, new] = [0, 1].map(|i| clip_of(&worlds[i], &LENS, Kind::Person, 6, frames, 24.0));
        assert_eq!(clip.caption, old.caption);
        assert_eq!(clip.change.as_ref().unwrap().caption, new.caption);
        assert_eq!((&clip.poses, &clip.keys), (&new.poses, &new.keys));
        assert!(clip.inverse_depth == new.inverse_depth, "the land has changed");
        let frame = |c: &Clip, f: usize| c.rgb[f * 64 * 40 * 3..(f + 1) * 64 * 40 * 3].to_vec();
        let away = |f: usize, from: &Clip| -> f64 {
            let (a, b) = (frame(&clip, f), frame(from, f));
            a.iter().zip(&b).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.len() as f64
        };
        for f in 0..from {
            assert_eq!(away(f, &old), 0.0);
        }
        let far = away(0, &new);
        assert!(far > 20.0, "the worlds look alike: {far}");
        assert!(
            (away(from + 7, &new) / far - 0.5).abs() < 0.15,
            "half way: {}",
            away(from + 7, &new) / far
        );
        assert!(away(frames - 1, &new) < 0.12 * far && away(frames - 1, &old) > 0.7 * far);
    }
}

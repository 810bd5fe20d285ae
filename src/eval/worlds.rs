//! Rollouts in held-out worlds beside the truth, and two baselines: the first frame held, and the warp alone.

use std::ops::RangeInclusive;

use super::words::Change;
use crate::control::{CameraPose, Keys, LatentControl, Lens};
use crate::data::Split;
use crate::frame::{FRAMES_PER_LATENT, psnr_db};
use crate::model::aapt::codec;
use crate::rollout::{Networks, RolloutError, Sampler, Walks};
use crate::synth::{self, Attributes, Biome, Kind, World};

/// Numbers of one comparison at one time, means over all walks.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Score {
    /// Peak signal-to-noise ratio in dB.
    pub psnr_db: f64,
    /// Structural similarity of the luma, -1 to 1.
    pub ssim: f64,
    /// Peak signal-to-noise ratio in dB over all pixels that the first frame did not show, all walks together.
    pub new_psnr_db: f64,
}

/// Scores along a walk, one entry a latent frame.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Curve {
    /// What was compared with the truth.
    pub name: String,
    /// Score after latent frame 1, 2, ...
    pub scores: Vec<Score>,
}

/// Pictures along a walk, `[h * w * 3]` in -1..1.
pub type Pictures = Vec<Vec<f32>>;

/// A walk through a held-out world: the truth.
pub struct Walk {
    /// First frame, then the last frame of every latent frame, `[h * w * 3]` in -1..1.
    pub truth: Vec<Vec<f32>>,
    /// Which pixels of `truth` show places that were outside the first frame's view.
    pub new: Vec<Vec<bool>>,
    /// Cameras.
    pub controls: Vec<LatentControl>,
    /// Caption of the world.
    pub prompt: String,
}

/// The `i`th held-out world; biomes take turns.
pub(super) fn held_out(seed: u64, i: usize) -> (u64, World) {
    let world_seed = Split::Test.world_seed(seed, i as u64);
    let attributes = Attributes {
        biome: Biome::ALL[i % Biome::ALL.len()],
        ..Attributes::from_seed(world_seed)
    };
    (world_seed, World::new(world_seed, Some(attributes)))
}

/// A walk with those pictures rendered that end one of the latent frames in `shown` (0 is the first frame).
fn walk(lens: &Lens, kind: Kind, latents: usize, shown: RangeInclusive<usize>, seed: u64, i: usize) -> Walk {
    let (world_seed, world) = held_out(seed, i);
    walk_through(&world, world_seed, lens, kind, latents, shown)
}

fn walk_through(
    world: &World,
    walk_seed: u64,
    lens: &Lens,
    kind: Kind,
    latents: usize,
    shown: RangeInclusive<usize>,
) -> Walk {
    let frames = 1 + latents * FRAMES_PER_LATENT;
    let path = synth::trajectory(world, kind, walk_seed, frames, 24.0);
    let picture = |frame: usize| {
        let pixels = lens.width_px * lens.height_px;
        let (mut rgb, mut depth_m) = (vec![0u8; pixels * 3], vec![0.0; pixels]);
        synth::render(world, lens, &path[frame].0, &mut rgb, &mut depth_m);
        let new = outside(lens, &path[0].0, &path[frame].0, &depth_m);
        (codec::from_bytes(&rgb), new)
    };
    let (truth, new) = shown.map(|k| picture(k * FRAMES_PER_LATENT)).unzip();
    Walk {
        truth,
        new,
        controls: (0..latents)
            .map(|k| {
                let at = k * FRAMES_PER_LATENT;
                let poses = std::array::from_fn(|j| path[at + 1 + j].0);
                let keys = path[at + 1..=at + FRAMES_PER_LATENT]
                    .iter()
                    .fold(Keys(0), |a, (_, k)| a.with(*k));
                LatentControl::new(&path[at].0, &poses, keys)
            })
            .collect(),
        prompt: world.caption(),
    }
}

/// Which pixels of a camera at `pose`, whose depth is known, lie outside the view of one at `first`. Places hidden there
/// by others count as inside.
fn outside(lens: &Lens, first: &CameraPose, pose: &CameraPose, depth_m: &[f32]) -> Vec<bool> {
    let (w, h, f) = (lens.width_px as f32, lens.height_px as f32, lens.focal_px());
    let (from, to) = (first.world_from_camera(), pose.world_from_camera());
    let moved: [f32; 3] = std::array::from_fn(|i| pose.position_m[i] - first.position_m[i]);
    let place = |(i, depth_m): (usize, &f32)| {
        let (x, y) = ((i % lens.width_px) as f32 + 0.5, (i / lens.width_px) as f32 + 0.5);
        let ray = lens.direction(x, y);
        // Scaled by inverse depth, so that the sky is a direction.
        let inverse_depth = if depth_m.is_finite() { 1.0 / depth_m } else { 0.0 };
        let d: [f32; 3] =
            std::array::from_fn(|i| (0..3).map(|j| to[i][j] * ray[j]).sum::<f32>() + moved[i] * inverse_depth);
        let seen: [f32; 3] = std::array::from_fn(|j| (0..3).map(|i| from[i][j] * d[i]).sum());
        let ahead = -seen[2];
        ahead <= 1e-3 || (f * seen[0] / ahead).abs() > 0.5 * w || (f * seen[1] / ahead).abs() > 0.5 * h
    };
    depth_m.iter().enumerate().map(place).collect()
}

/// Renders `count` walks of `latents` latent frames, each in a held-out world of its own. Biomes take turns.
pub fn truth(lens: &Lens, kind: Kind, count: usize, latents: usize, seed: u64, mut done: impl FnMut()) -> Vec<Walk> {
    (0..count)
        .map(|i| {
            let walk = walk(lens, kind, latents, 0..=latents, seed, i);
            done();
            walk
        })
        .collect()
}

/// A stretch of the `i`th walk of `latents` latent frames, as a walk of its own that begins with the picture after latent frame `shown.start()`.
pub fn stretch(lens: &Lens, kind: Kind, latents: usize, shown: &RangeInclusive<usize>, seed: u64, i: usize) -> Walk {
    let whole = walk(lens, kind, latents, shown.clone(), seed, i);
    let controls = whole.controls[*shown.start()..*shown.end()].to_vec();
    Walk { controls, ..whole }
}

/// Walks of `before + after` latent frames, each in a held-out world of its own (biomes take turns), and from latent frame
/// `before` on the same in the world that it becomes.
pub fn changes(
    lens: &Lens,
    count: usize,
    [before, after]: [usize; 2],
    seed: u64,
    mut done: impl FnMut(),
) -> Vec<Change> {
    let latents = before + after;
    (0..count)
        .map(|i| {
            let (world_seed, world) = held_out(seed, i);
            let becomes = World::dressed(world_seed, world.attributes(), world.attributes().changed(world_seed));
            let through = |world: &World, shown| walk_through(world, world_seed, lens, Kind::Person, latents, shown);
            let changed = through(&becomes, before..=latents);
            done();
            Change {
                walk: through(&world, 0..=latents),
                changed: changed.truth,
                prompt: changed.prompt,
            }
        })
        .collect()
}

/// Rolls out beside each walk: the last video frame of every latent frame, by walk. A sampler of 0 steps adds nothing
/// to what is recycled: the warp alone, through the same codec.
pub fn roll_out(
    networks: &Networks,
    walks: &[Walk],
    sampler: Sampler,
    done: impl FnMut(),
) -> Result<Vec<Pictures>, RolloutError> {
    roll_out_with(networks, &walks.iter().collect::<Vec<_>>(), sampler, None, done)
}

/// The same, with other prompts (one a walk) from the latent frame after so many on.
pub fn roll_out_with(
    networks: &Networks,
    walks: &[&Walk],
    sampler: Sampler,
    change: Option<(usize, &[&str])>,
    mut done: impl FnMut(),
) -> Result<Vec<Pictures>, RolloutError> {
    let mut out = Vec::with_capacity(walks.len());
    // Small groups: one walk a time wastes the matrix products, many do not fit the caches.
    for (g, group) in walks.chunks(4).enumerate() {
        let first: Vec<Vec<f32>> = group.iter().map(|w| w.truth[0].clone()).collect();
        let prompts: Vec<&str> = group.iter().map(|w| w.prompt.as_str()).collect();
        let seeds: Vec<u64> = (0..group.len()).map(|i| (g * 4 + i) as u64).collect();
        let (mut running, _) = Walks::start(networks.clone(), sampler, &first, &prompts, &seeds);
        let mut made: Vec<Pictures> = vec![vec![]; group.len()];
        for k in 0..group[0].controls.len() {
            if let Some((_, prompts)) = change.filter(|(at, _)| *at == k) {
                let prompts = &prompts[g * 4..g * 4 + group.len()];
                running.change_prompts(prompts, &vec![true; prompts.len()]);
            }
            let controls: Vec<LatentControl> = group.iter().map(|w| w.controls[k]).collect();
            let (decoded, _) = running.next(&controls)?;
            for (walk, d) in made.iter_mut().zip(decoded) {
                let [.., last] = d.frames;
                walk.push(last);
            }
            done();
        }
        out.extend(made);
    }
    Ok(out)
}

/// Means over walks of what was `made` (by walk, by latent frame) against the truth.
pub fn curve(name: &str, lens: &Lens, walks: &[Walk], made: &[Vec<Vec<f32>>]) -> Curve {
    let latents = walks.first().map_or(0, |w| w.controls.len());
    let n = walks.len().max(1) as f64;
    let scores = (0..latents)
        .map(|k| {
            let (mut score, mut found, mut expected) = (Score::default(), vec![], vec![]);
            for (walk, made) in walks.iter().zip(made) {
                let truth = &walk.truth[k + 1];
                score.psnr_db += psnr_db(&made[k], truth) / n;
                score.ssim += ssim(&made[k], truth, lens.width_px) / n;
                let pixels = made[k].chunks_exact(3).zip(truth.chunks_exact(3));
                for ((a, b), _) in pixels.zip(&walk.new[k + 1]).filter(|(_, new)| **new) {
                    found.extend_from_slice(a);
                    expected.extend_from_slice(b);
                }
            }
            score.new_psnr_db = if found.is_empty() {
                f64::NAN
            } else {
                psnr_db(&found, &expected)
            };
            score
        })
        .collect();
    Curve {
        name: name.to_owned(),
        scores,
    }
}

/// The baseline that shows the first frame for ever.
pub fn held(walks: &[Walk]) -> Vec<Vec<Vec<f32>>> {
    walks
        .iter()
        .map(|w| vec![w.truth[0].clone(); w.controls.len()])
        .collect()
}

/// Mean structural similarity of the luma over 8 x 8 windows with a stride of 4 (Wang et al. 2004).
pub fn ssim(a: &[f32], b: &[f32], width_px: usize) -> f64 {
    let luma = |p: &[f32]| -> Vec<f64> {
        p.chunks_exact(3)
            .map(|c| (0.299 * f64::from(c[0]) + 0.587 * f64::from(c[1]) + 0.114 * f64::from(c[2])) * 0.5 + 0.5)
            .collect()
    };
    let (a, b) = (luma(a), luma(b));
    let height_px = a.len() / width_px;
    let (c1, c2) = (0.01f64.powi(2), 0.03f64.powi(2));
    let (mut sum, mut count) = (0.0, 0.0);
    for y in (0..height_px.saturating_sub(7)).step_by(4) {
        for x in (0..width_px.saturating_sub(7)).step_by(4) {
            let (mut sa, mut sb, mut saa, mut sbb, mut sab) = (0.0, 0.0, 0.0, 0.0, 0.0);
            for i in 0..64 {
                let at = (y + i / 8) * width_px + x + i % 8;
                let (p, q) = (a[at], b[at]);
                sa += p;
                sb += q;
                saa += p * p;
                sbb += q * q;
                sab += p * q;
            }
            let (ma, mb) = (sa / 64.0, sb / 64.0);
            let (va, vb, cov) = (saa / 64.0 - ma * ma, sbb / 64.0 - mb * mb, sab / 64.0 - ma * mb);
            sum += (2.0 * ma * mb + c1) * (2.0 * cov + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
            count += 1.0;
        }
    }
    sum / f64::max(count, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_parts_of_the_same_walks() {
        let lens = Lens {
            width_px: 32,
            height_px: 16,
            fov_x_rad: 1.3,
        };
        for i in 0..2 {
            let part = |shown: RangeInclusive<usize>| stretch(&lens, Kind::Person, 6, &shown, 77, i);
            let (whole, begin, end) = (part(0..=6), part(0..=4), part(4..=6));
            assert_eq!((begin.truth.len(), end.truth.len()), (5, 3));
            assert_eq!(begin.truth[4], end.truth[0]);
            assert!(whole.truth[5..] == end.truth[1..] && whole.truth[..5] == begin.truth[..]);
            assert_eq!(whole.controls, [begin.controls.clone(), end.controls.clone()].concat());
        }
    }

    #[test]
    fn ssim_is_one_for_the_same_picture_and_less_for_a_blurred_one() {
        let w = 48;
        let a: Vec<f32> = (0..w * 32 * 3)
            .map(|i| ((i / 3 % w) as f32 * 0.9).sin() * 0.8)
            .collect();
        assert!((ssim(&a, &a, w) - 1.0).abs() < 1e-9);
        let blurred: Vec<f32> = (0..a.len())
            .map(|i| (a[i] + a[(i + 3) % a.len()] + a[(i + 6) % a.len()]) / 3.0)
            .collect();
        assert!(ssim(&a, &blurred, w) < 0.97);
    }

    /// A quarter turn to the right leaves nothing of the view; a small one a strip at the right; a step back a frame.
    #[test]
    fn what_the_first_frame_did_not_show_is_outside() {
        let lens = Lens {
            width_px: 16,
            height_px: 8,
            fov_x_rad: 1.3,
        };
        let first = CameraPose::default();
        let share = |pose: &CameraPose, depth_m: f32| {
            let new = outside(&lens, &first, pose, &[depth_m; 128]);
            assert!(pose.yaw_rad == 0.0 || (!new[0] || new.iter().all(|n| *n)) && new[15]);
            new.iter().filter(|n| **n).count()
        };
        let turned = |yaw_rad: f32| CameraPose { yaw_rad, ..first };
        assert_eq!(share(&first, 5.0), 0);
        assert_eq!(share(&turned(std::f32::consts::FRAC_PI_2), f32::INFINITY), 128);
        assert!((8..48).contains(&share(&turned(0.2), f32::INFINITY)));
        let back = CameraPose {
            position_m: [0.0, 0.0, 1.0],
            ..first
        };
        assert!((20..100).contains(&share(&back, 3.0)));
        assert_eq!(share(&back, f32::INFINITY), 0, "the sky stays where it is");
    }

    /// The renderer's own pictures and depths, warped: a turn is exact but for resampling, a step nearly so.
    #[test]
    fn the_warp_agrees_with_the_renderer() {
        use crate::model::aapt::warp::{RgbDepth, warp};
        let lens = Lens {
            width_px: 160,
            height_px: 96,
            fov_x_rad: 1.3,
        };
        for seed in [3, 8] {
            let world = World::new(seed, None);
            let from = synth::trajectory(&world, Kind::Walk, seed, 1, 24.0)[0].0;
            let draw = |pose: &CameraPose| {
                let pixels = lens.width_px * lens.height_px;
                let (mut rgb, mut depth_m) = (vec![0u8; pixels * 3], vec![0.0f32; pixels]);
                synth::render(&world, &lens, pose, &mut rgb, &mut depth_m);
                let inverse_depth = depth_m.iter().map(|d| 1.0 / d).collect();
                RgbDepth {
                    rgb: codec::from_bytes(&rgb),
                    inverse_depth,
                    stale: vec![],
                    drawn: None,
                }
            };
            let source = draw(&from);
            let compare = |to: &CameraPose| {
                let (truth, warped) = (draw(to), warp(&lens, &source, &from, to));
                let known = |rgb: &[f32]| -> Vec<f32> {
                    let pixels = rgb.chunks_exact(3).zip(&warped.valid);
                    pixels
                        .filter(|(_, v)| **v > 0.5)
                        .flat_map(|(p, _)| p.to_vec())
                        .collect()
                };
                let share = warped.valid.iter().sum::<f32>() / warped.valid.len() as f32;
                let truth = known(&truth.rgb);
                (
                    share,
                    psnr_db(&known(&warped.rgb), &truth),
                    psnr_db(&known(&source.rgb), &truth),
                )
            };
            let (share, turned, held) = compare(&CameraPose {
                yaw_rad: from.yaw_rad + 0.2,
                pitch_rad: from.pitch_rad + 0.05,
                ..from
            });
            assert!(share > 0.7, "seed {seed}: {share} of the view is known after a turn");
            assert!(
                turned > 26.0 && turned > held + 6.0,
                "seed {seed}: turned {turned} dB, held {held} dB"
            );
            let ahead = from.world_from_camera().map(|row| -0.5 * row[2]);
            let (_, stepped, held) = compare(&CameraPose {
                position_m: std::array::from_fn(|i| from.position_m[i] + ahead[i]),
                ..from
            });
            assert!(
                stepped > 22.0 && stepped > held + 2.0,
                "seed {seed}: stepped {stepped} dB, held {held} dB"
            );
        }
    }
}

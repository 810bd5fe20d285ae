//! What a walk remembers of its colours: those of sky and ground are held to the first keyframe's. What the network adds at a step is a little
//! wrong on average, and as nothing else remembers what the ground looked like, that adds up over a minute.

use super::{Memory, distance_m};
use crate::control::{CameraPose, LatentControl, Lens};
use crate::frame::FRAMES_PER_LATENT;
use crate::model::aapt::warp::{RgbDepth, SKY};

/// Share of the difference that goes with a metre of the way: who rests or turns sees nothing change.
const SHARE_PER_M: f32 = 0.2;
/// Most of it in a step.
const MOST_SHARE: f32 = 0.15;
/// A larger difference is one of things, not of drift: it counts less, and twice this for nothing.
const MOST_APART: f32 = 0.25;
/// Slopes that lie between two heights that are compared.
const BAND: f32 = 0.1;
/// Heights: from straight ahead, up for sky and down for ground.
const BANDS: usize = 8;
/// A band with a smaller share of the picture says nothing.
const LEAST_SHARE: f32 = 0.015;
/// Steps of brightness that a median is found in.
const LEVELS: usize = 128;

/// Median colours of sky and of ground, band by band.
#[derive(Debug)]
pub(super) struct Bands([[Option<[f32; 3]>; BANDS]; 2]);

/// Of a pixel: 0 sky or 1 ground, and its place among the bands; nothing for what stands above the horizon.
fn band(inverse_depth: f32, slope: f32) -> Option<(usize, f32)> {
    match inverse_depth < SKY {
        true => (slope > 0.0).then_some((0, slope / BAND)),
        false => (slope < 0.0).then_some((1, -slope / BAND)),
    }
}

impl Bands {
    fn of(rgb: &[f32], inverse_depth: &[f32], slopes: &[f32]) -> Self {
        let mut counts = vec![[[[0u32; LEVELS]; 3]; BANDS]; 2];
        for ((rgb, near), slope) in rgb.chunks_exact(3).zip(inverse_depth).zip(slopes) {
            let Some((kind, at)) = band(*near, *slope) else {
                continue;
            };
            if at as usize >= BANDS {
                continue;
            }
            for (counts, v) in counts[kind][at as usize].iter_mut().zip(rgb) {
                counts[((0.5 + 0.5 * v).clamp(0.0, 1.0) * (LEVELS - 1) as f32 + 0.5) as usize] += 1;
            }
        }
        let least = LEAST_SHARE * slopes.len() as f32;
        let median = |counts: &[u32; LEVELS]| {
            let all: u32 = counts.iter().sum();
            let mut left = all as f32 / 2.0;
            let level = counts.iter().position(|n| {
                left -= *n as f32;
                left < 0.0
            });
            let level = level.unwrap_or(LEVELS - 1);
            // Within the level, so that small drifts are told apart.
            let within = 1.0 + left / (counts[level].max(1) as f32);
            2.0 * (level as f32 - 0.5 + within) / (LEVELS - 1) as f32 - 1.0
        };
        let of_band = |counts: &[[u32; LEVELS]; 3]| {
            let enough = counts[0].iter().sum::<u32>() as f32 >= least;
            enough.then(|| std::array::from_fn(|c| median(&counts[c])))
        };
        Self(std::array::from_fn(|kind| {
            std::array::from_fn(|b| of_band(&counts[kind][b]))
        }))
    }

    /// How far `other` is from this, kind by kind and band by band; where one of them says nothing, as in the nearest band.
    fn from(&self, other: &Self) -> [Option<[[f32; 3]; BANDS]>; 2] {
        std::array::from_fn(|kind| {
            let both = self.0[kind].iter().zip(&other.0[kind]);
            let known: Vec<(usize, [f32; 3])> = both
                .enumerate()
                .filter_map(|(b, (a, o))| {
                    let (a, o) = ((*a)?, (*o)?);
                    let d: [f32; 3] = std::array::from_fn(|c| o[c] - a[c]);
                    let most = d.iter().fold(0.0f32, |most, v| most.max(v.abs()));
                    let counts = (2.0 - most / MOST_APART).clamp(0.0, 1.0);
                    Some((b, d.map(|v| v * counts)))
                })
                .collect();
            let nearest = |b: usize| known.iter().min_by_key(|(at, _)| at.abs_diff(b)).map(|(_, d)| *d);
            nearest(0)?;
            Some(std::array::from_fn(|b| nearest(b).unwrap_or_default()))
        })
    }
}

/// Slope of what each pixel of a pitched camera shows: up is positive.
fn slopes(lens: &Lens, pitch_rad: f32) -> Vec<f32> {
    let pose = CameraPose {
        pitch_rad,
        ..CameraPose::default()
    };
    let (r, w) = (pose.world_from_camera(), lens.width_px);
    let of = |i: usize| {
        let d = lens.direction((i % w) as f32 + 0.5, (i / w) as f32 + 0.5);
        let [x, y, z]: [f32; 3] = std::array::from_fn(|i| (0..3).map(|j| r[i][j] * d[j]).sum());
        y / (x * x + z * z).sqrt().max(1e-6)
    };
    (0..w * lens.height_px).map(of).collect()
}

impl Memory {
    /// Before the step of `control`: brings the colours of the last picture's sky and ground a little towards those of the first keyframe.
    pub(in crate::rollout) fn hold_colours(&self, lens: &Lens, last: &mut RgbDepth, control: &LatentControl) {
        let end = &control.poses[FRAMES_PER_LATENT - 1];
        let share = (SHARE_PER_M * distance_m(&control.before(), end)).min(MOST_SHARE);
        let Some(first) = self.keyframes.front().filter(|_| share > 0.0) else {
            return;
        };
        let ready = self.prepared.of(first, lens);
        let then = ready.bands(|| {
            let picture = first.picture.picture();
            Bands::of(
                &picture.rgb,
                &picture.inverse_depth,
                &slopes(lens, first.pose.pitch_rad),
            )
        });
        let heights = slopes(lens, control.pitch_from_rad);
        let now = Bands::of(&last.rgb, &last.inverse_depth, &heights);
        let apart = now.from(then);
        for ((rgb, near), slope) in last.rgb.chunks_exact_mut(3).zip(&last.inverse_depth).zip(&heights) {
            let Some((kind, at)) = band(*near, *slope) else {
                continue;
            };
            let Some(apart) = &apart[kind] else { continue };
            // Between the middles of bands, and from nothing at the horizon on.
            let at = (at - 0.5).clamp(-0.5, (BANDS - 1) as f32);
            let (lower, part) = (at.max(0.0) as usize, at.max(0.0).fract());
            let upper = (lower + 1).min(BANDS - 1);
            let rising = (2.0 * (at + 0.5)).min(1.0);
            for (c, v) in rgb.iter_mut().enumerate() {
                let d = apart[lower][c] * (1.0 - part) + apart[upper][c] * part;
                *v = (*v + share * rising * d).clamp(-1.0, 1.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Keys;

    fn lens() -> Lens {
        Lens {
            width_px: 48,
            height_px: 32,
            fov_x_rad: 1.3,
        }
    }

    /// Sky over ground, with a dark trunk that is not ground's colour.
    fn picture(sky: [f32; 3], ground: [f32; 3]) -> RgbDepth {
        let l = lens();
        let mut out = RgbDepth {
            rgb: vec![],
            inverse_depth: vec![],
            stale: vec![],
            drawn: None,
        };
        for y in 0..l.height_px {
            for x in 0..l.width_px {
                let is_sky = y < l.height_px / 2;
                let trunk = (20..24).contains(&x) && (8..20).contains(&y);
                out.rgb.extend(match (trunk, is_sky) {
                    (true, _) => [-0.9; 3],
                    (false, true) => sky,
                    (false, false) => ground,
                });
                out.inverse_depth.push(if is_sky && !trunk { 0.0 } else { 0.2 });
            }
        }
        out
    }

    fn walk(metres: f32) -> LatentControl {
        let ahead = CameraPose {
            position_m: [0.0, 0.0, -metres],
            ..CameraPose::default()
        };
        LatentControl::new(&CameraPose::default(), &[ahead; FRAMES_PER_LATENT], Keys(0))
    }

    #[test]
    fn drifted_colours_come_back_while_one_walks_and_not_at_rest() {
        let (sky, ground) = ([0.2, 0.4, 0.8], [-0.3, 0.3, -0.5]);
        let mut memory = Memory::default();
        memory.keep(&picture(sky, ground), &lens(), &walk(0.5));
        let shifted = |c: [f32; 3]| c.map(|v| v - 0.15);
        let drifted = picture(shifted(sky), shifted(ground));
        let mut last = drifted.clone();
        memory.hold_colours(&lens(), &mut last, &walk(0.0));
        assert_eq!(last, drifted);
        for _ in 0..80 {
            memory.hold_colours(&lens(), &mut last, &walk(0.5));
        }
        let close = |y: usize, to: [f32; 3]| {
            let i = 3 * (y * 48 + 4);
            let off = (0..3).map(|c| (last.rgb[i + c] - to[c]).abs()).fold(0.0, f32::max);
            assert!(off < 0.03, "row {y}: {off}");
        };
        close(2, sky);
        close(30, ground);
        // The upper part of the trunk is neither.
        let trunk = 3 * (10 * 48 + 22);
        assert_eq!(last.rgb[trunk], -0.9);
    }

    #[test]
    fn what_has_not_drifted_stays() {
        let mut memory = Memory::default();
        let as_it_was = picture([0.2, 0.4, 0.8], [-0.3, 0.3, -0.5]);
        memory.keep(&as_it_was, &lens(), &walk(0.5));
        let mut last = as_it_was.clone();
        for _ in 0..100 {
            memory.hold_colours(&lens(), &mut last, &walk(0.5));
        }
        // Keyframes have 8 bits.
        let off = last
            .rgb
            .iter()
            .zip(&as_it_was.rgb)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        assert!(off < 0.02, "{off}");
    }
}

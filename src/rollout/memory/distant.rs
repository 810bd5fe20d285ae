//! What is far away, taken from a keyframe instead of from the last picture: its depth hardly matters there, and it has been
//! resampled once instead of at every step since.

use rayon::prelude::*;

use super::eye::Eye;
use super::{Keyframe, Memory, TRIAL_PX, distance_m};
use crate::control::{CameraPose, Lens};
use crate::frame::FRAMES_PER_LATENT;
use crate::model::aapt::depth::nearness;
use crate::model::aapt::drawn::IN_MEMORY;
use crate::model::aapt::warp::{Warped, reproject_about};

/// A keyframe from farther away shows even distant places too small.
const REACH_M: f32 = 6.0;
/// Places that moved less than this since the keyframe, as a share of the picture's width, are distant.
const MOST_MOVED: f32 = 0.012;
/// Where the two differ by more, in nearness, they show different things: one of the two is taken, because both are neither.
const OTHER: f32 = 0.03;
/// From this share of the way on the last picture comes in.
const FULL_SHARE: f32 = 0.5;

impl Memory {
    /// Puts what a keyframe shows of distant places over the last picture's in `warped`, seen from `poses`. What is `sure` (not
    /// 0) stays, and so does what is near in the last picture: the keyframe can't mean the same. With things kept `apart`, pixels between a thing and what is behind it have the one or the other, or stay, too.
    pub(super) fn far(
        &self,
        lens: &Lens,
        poses: &[CameraPose; FRAMES_PER_LATENT],
        warped: &mut [Warped; FRAMES_PER_LATENT],
        sure: &[Vec<f32>; FRAMES_PER_LATENT],
        tried: &[bool],
        apart: bool,
    ) {
        let Some(keyframe) = self.most_alike(lens, &poses[FRAMES_PER_LATENT - 1], tried) else {
            return;
        };
        let source = self.prepared.of(keyframe, lens);
        warped
            .par_iter_mut()
            .zip(poses)
            .zip(sure)
            .for_each(|((picture, pose), sure)| {
                let moved = Moved::new(lens, &keyframe.pose, pose);
                // The share of the keyframe, as far as the last picture's depth tells.
                let mut shares: Vec<f32> = (0..picture.valid.len())
                    .into_par_iter()
                    .map(|at| match sure[at] == 0.0 && picture.valid[at] > 0.0 {
                        true => moved.share(at, picture.inverse_depth[at]),
                        false => 0.0,
                    })
                    .collect();
                let not_asked: Vec<f32> = shares.iter().map(|s| f32::from(*s == 0.0)).collect();
                let about = &picture.inverse_depth;
                let seen = reproject_about(
                    lens,
                    &source.picture,
                    &keyframe.pose,
                    pose,
                    Some(&not_asked),
                    about,
                    apart,
                );
                for (at, share) in shares.iter_mut().enumerate().filter(|(_, s)| **s > 0.0) {
                    if seen.valid[at] == 0.0 {
                        continue;
                    }
                    *share = share.min(moved.share(at, seen.inverse_depth[at]));
                    let differ = nearness(seen.inverse_depth[at]) - nearness(picture.inverse_depth[at]);
                    if differ.abs() > OTHER {
                        *share = share.round();
                    }
                    let mix = |to: &mut f32, from: f32| *to += *share * (from - *to);
                    // Between staleness and "never drawn" there is nothing.
                    if *share >= 0.5 {
                        picture.stale[at] = seen.stale[at];
                        picture.shift[at] = IN_MEMORY;
                    }
                    mix(&mut picture.inverse_depth[at], seen.inverse_depth[at]);
                    for (to, from) in picture.rgb[3 * at..3 * at + 3].iter_mut().zip(&seen.rgb[3 * at..]) {
                        mix(to, *from);
                    }
                }
            });
    }

    /// The keyframe that has most of what a camera at `pose` sees; near ones are worth more.
    fn most_alike(&self, lens: &Lens, pose: &CameraPose, tried: &[bool]) -> Option<&Keyframe> {
        let here = Eye::new(lens, pose);
        let trial = |of: usize| (0..of).step_by(TRIAL_PX);
        let points: Vec<[f32; 3]> = trial(lens.height_px)
            .flat_map(|y| trial(lens.width_px).map(move |x| (x, y)))
            .map(|(x, y)| here.point_m(x, y))
            .collect();
        let score = |k: &Keyframe| {
            let away_m = distance_m(&k.pose, pose);
            let eye = Eye::new(lens, &k.pose);
            let seen = points.iter().filter(|p| eye.sees(p)).count();
            f32::from(away_m <= REACH_M) * seen as f32 / (1.0 + 0.5 * away_m)
        };
        let candidates = self.keyframes.iter().zip(tried).filter(|(_, tried)| !**tried);
        let scored = candidates.map(|(k, _)| (score(k), k));
        let (score, best) = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
        (score >= 1.0).then_some(best)
    }
}

/// How far places of a picture have moved since another camera saw them, its turning apart.
struct Moved {
    width_px: usize,
    height_px: usize,
    focal_px: f32,
    /// The way, in the coordinates of the camera that sees them now.
    way_m: [f32; 3],
    most_px: f32,
}

impl Moved {
    fn new(lens: &Lens, from: &CameraPose, to: &CameraPose) -> Self {
        let world_from_camera = to.world_from_camera();
        let way: [f32; 3] = std::array::from_fn(|i| from.position_m[i] - to.position_m[i]);
        Self {
            width_px: lens.width_px,
            height_px: lens.height_px,
            focal_px: lens.focal_px(),
            way_m: std::array::from_fn(|j| (0..3).map(|i| world_from_camera[i][j] * way[i]).sum()),
            most_px: MOST_MOVED * lens.width_px as f32,
        }
    }

    /// The keyframe's share of a pixel whose place has the given inverse depth.
    fn share(&self, at: usize, inverse_depth: f32) -> f32 {
        let (x, y) = (at % self.width_px, at / self.width_px);
        let [dx, dy, dz] = [
            (x as f32 + 0.5 - 0.5 * self.width_px as f32) / self.focal_px,
            (0.5 * self.height_px as f32 - y as f32 - 0.5) / self.focal_px,
            -1.0,
        ];
        let [tx, ty, tz] = self.way_m;
        let across = [dy * tz - dz * ty, dz * tx - dx * tz, dx * ty - dy * tx];
        let across_m = across.iter().map(|v| v * v).sum::<f32>().sqrt();
        let moved_px = self.focal_px * inverse_depth.max(0.0) * across_m;
        ((1.0 - moved_px / self.most_px) / (1.0 - FULL_SHARE)).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::aapt::warp::RgbDepth;
    use crate::rollout::memory::Kept;

    const LENS: Lens = Lens {
        width_px: 96,
        height_px: 56,
        fov_x_rad: 1.3,
    };
    const PIXELS: usize = 96 * 56;

    /// The middle pixel of what one sees who walked to the side: a place of one colour at an inverse depth, which a keyframe shows in another and at another.
    fn seen(way_m: f32, [kept, now]: [f32; 2]) -> [f32; 2] {
        let pose = CameraPose::default();
        let memory = memory_of(vec![1.0; PIXELS * 3], vec![kept; PIXELS]);
        let aside = CameraPose {
            position_m: [way_m, 0.0, 0.0],
            ..pose
        };
        let last = looked(&memory, &aside, vec![now; PIXELS]);
        let middle = 28 * 96 + 48;
        [last.rgb[3 * middle], last.inverse_depth[middle]]
    }

    /// One keyframe, at the origin.
    fn memory_of(rgb: Vec<f32>, inverse_depth: Vec<f32>) -> Memory {
        let picture = RgbDepth {
            rgb,
            inverse_depth,
            stale: vec![0.0; PIXELS],
            drawn: None,
        };
        let depths = picture.inverse_depth.clone();
        let mut memory = Memory::default();
        memory.keyframes.push_back(Keyframe {
            pose: CameraPose::default(),
            picture: Arc::new(Kept::new(&picture, &depths)),
        });
        memory
    }

    /// What is left of a dark last picture of these depths, seen from `pose`.
    fn looked(memory: &Memory, pose: &CameraPose, now: Vec<f32>) -> Warped {
        let mut warped = [(); FRAMES_PER_LATENT].map(|()| Warped {
            rgb: vec![-1.0; PIXELS * 3],
            valid: vec![1.0; PIXELS],
            stale: vec![0.0; PIXELS],
            inverse_depth: now.clone(),
            shift: vec![crate::model::aapt::drawn::NOWHERE; PIXELS],
        });
        let nothing_sure = [(); FRAMES_PER_LATENT].map(|()| vec![0.0; PIXELS]);
        let poses = [*pose; FRAMES_PER_LATENT];
        memory.far(&LENS, &poses, &mut warped, &nothing_sure, &[false], true);
        let [.., last] = warped;
        last
    }

    #[test]
    fn what_has_been_passed_is_not_seen_in_the_sky() {
        // A light post at 2 m, in a keyframe of a grey sky, from 3 m further on.
        let post = |i: usize| (66..78).contains(&(i % 96));
        let rgb = (0..PIXELS)
            .flat_map(|i| [if post(i) { 1.0 } else { -0.5 }; 3])
            .collect();
        let memory = memory_of(rgb, (0..PIXELS).map(|i| if post(i) { 0.5 } else { 0.0 }).collect());
        let beyond = CameraPose {
            position_m: [0.0, 0.0, -3.0],
            ..CameraPose::default()
        };
        let last = looked(&memory, &beyond, vec![0.0; PIXELS]);
        let skies = last.rgb.iter().filter(|v| (**v + 0.5).abs() < 0.01).count();
        assert!(skies > 3 * PIXELS * 3 / 4, "it was looked into: {skies}");
        assert!(last.rgb.iter().all(|v| *v < -0.4), "but for the post");
    }

    #[test]
    fn between_a_far_thing_and_the_sky_there_is_nothing() {
        let tree = |i: usize| (40..50).contains(&(i % 96));
        let depths: Vec<f32> = (0..PIXELS).map(|i| if tree(i) { 0.03 } else { 0.0 }).collect();
        let memory = memory_of(vec![1.0; PIXELS * 3], depths.clone());
        let aside = CameraPose {
            position_m: [0.15, 0.0, 0.0],
            ..CameraPose::default()
        };
        let last = looked(&memory, &aside, depths);
        let row = &last.inverse_depth[28 * 96..29 * 96];
        let is_either = |k: &&f32| **k < 1e-3 || (**k - 0.03).abs() < 1e-3;
        assert_eq!(row.iter().filter(is_either).count(), 96, "{row:?}");
        assert!(
            last.rgb.iter().filter(|v| **v > 0.9).count() > 3 * PIXELS / 2,
            "it was looked into"
        );
    }

    #[test]
    fn the_same_place_is_mixed_and_of_two_things_one_is_taken() {
        // Of a place at 20 m, the last picture has some of the say after 0.21 m, and most after 0.32 m.
        for way_m in [0.21, 0.32] {
            let [colour, near] = seen(way_m, [0.05, 0.05]);
            assert!(colour.abs() < 0.95, "{way_m} m: {colour}");
            assert!((near - 0.05).abs() < 1e-3);
        }
        // Sky beside a tree: the keyframe's, then the last picture's.
        let [colour, near] = seen(0.21, [0.0, 0.05]);
        assert!(colour > 0.99 && near < 1e-3, "{colour}, {near}");
        let [colour, near] = seen(0.32, [0.0, 0.05]);
        assert!(colour < -0.99 && (near - 0.05).abs() < 1e-3, "{colour}, {near}");
    }
}

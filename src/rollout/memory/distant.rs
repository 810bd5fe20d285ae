//! What is far away, taken from a keyframe instead of from the last picture: its depth hardly matters there, and it has been
//! resampled once instead of at every step since.

use rayon::prelude::*;

use super::eye::Eye;
use super::{Keyframe, Memory};
use crate::control::{CameraPose, Lens};
use crate::frame::FRAMES_PER_LATENT;
use crate::model::aapt::warp::{Warped, reproject};

/// A keyframe from farther away shows even distant places too small.
const REACH_M: f32 = 6.0;
/// Places that moved less than this since the keyframe, as a share of the picture's width, are distant.
const MOST_MOVED: f32 = 0.012;
/// From this share of the way on the last picture comes in.
const FULL_SHARE: f32 = 0.5;

impl Memory {
    /// Puts what a keyframe shows of distant places over the last picture's in `warped`, seen from `poses`; `control` leads
    /// there from the last picture. What is `sure` (a share of 1) stays.
    pub(super) fn far(
        &self,
        lens: &Lens,
        poses: &[CameraPose; FRAMES_PER_LATENT],
        warped: &mut [Warped; FRAMES_PER_LATENT],
        sure: &[Vec<f32>; FRAMES_PER_LATENT],
        tried: &[bool],
    ) {
        let end = FRAMES_PER_LATENT - 1;
        // Where the last picture's own places are near, the keyframe's can't be meant.
        let candidates = |keyframe: &Keyframe, i: usize| -> Vec<f32> {
            let moved = Moved::new(lens, &keyframe.pose, &poses[i]);
            let (picture, sure) = (&warped[i], &sure[i]);
            let near = |at: usize| sure[at] > 0.0 || picture.valid[at] == 0.0;
            (0..picture.valid.len())
                .map(|at| match near(at) {
                    true => 1.0,
                    false => 1.0 - moved.share(at, picture.inverse_depth[at]),
                })
                .collect()
        };
        let all = (self.keyframes.iter().zip(tried)).filter(|(_, tried)| !**tried);
        let score = |keyframe: &Keyframe| {
            let away_m = super::distance_m(&keyframe.pose, &poses[end]);
            if away_m > REACH_M {
                return 0.0;
            }
            let eye = Eye::new(lens, &keyframe.pose);
            let to = Eye::new(lens, &poses[end]);
            let sees = |x: usize, y: usize| eye.sees(&to.point_m(x, y));
            let trial = |of: usize| (0..of).step_by(super::TRIAL_PX);
            let seen = trial(lens.height_px)
                .flat_map(|y| trial(lens.width_px).map(move |x| (x, y)))
                .filter(|(x, y)| sees(*x, *y))
                .count();
            seen as f32 / (1.0 + 0.5 * away_m)
        };
        let scored = all.map(|(keyframe, _)| (score(keyframe), keyframe));
        let Some((score, keyframe)) = scored.max_by(|a, b| a.0.total_cmp(&b.0)) else {
            return;
        };
        if score < 1.0 {
            return;
        }
        let source = keyframe.picture.picture();
        let looked: Vec<(Vec<f32>, Warped)> = (0..FRAMES_PER_LATENT)
            .map(|i| {
                // 0 where it is looked for.
                let mut known = candidates(keyframe, i);
                known.iter_mut().for_each(|k| *k = f32::from(*k >= 1.0));
                let seen = reproject(lens, &source, &keyframe.pose, &poses[i], Some(&known));
                let moved = Moved::new(lens, &keyframe.pose, &poses[i]);
                let shares = (seen.valid.par_iter().zip(&seen.inverse_depth).zip(&warped[i].inverse_depth).enumerate())
                    .map(|(at, ((valid, k), last))| match *valid > 0.0 {
                        true => moved.share(at, *k).min(moved.share(at, *last)),
                        false => 0.0,
                    })
                    .collect();
                (shares, seen)
            })
            .collect();
        for (picture, (shares, seen)) in warped.iter_mut().zip(looked) {
            for (at, share) in shares.into_iter().enumerate().filter(|(_, s)| *s > 0.0) {
                let mix = |to: &mut f32, from: f32| *to += share * (from - *to);
                mix(&mut picture.stale[at], seen.stale[at]);
                mix(&mut picture.inverse_depth[at], seen.inverse_depth[at]);
                for (to, from) in picture.rgb[3 * at..3 * at + 3].iter_mut().zip(&seen.rgb[3 * at..]) {
                    mix(to, *from);
                }
            }
        }
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

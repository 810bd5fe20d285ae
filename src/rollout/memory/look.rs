//! A look into one keyframe.

use rayon::prelude::*;

use super::eye::Eye;
use super::prepared::Ready;
use crate::control::{CameraPose, Lens};
use crate::model::aapt::drawn::IN_MEMORY;
use crate::model::aapt::surface::reproject_far;
use crate::model::aapt::warp::{TOO_NEAR, Warped};

/// What is farther away than this, in 1/m, is no matter of where one stands.
const LEAST_NEAR: f32 = 1e-3;
/// What is as near as this share of what a picture shows there is not hidden behind that: depths are no better.
const NOT_BEHIND: f32 = 0.75;

/// A picture that has been looked into before.
pub(super) struct Earlier {
    lens: Lens,
    pose: CameraPose,
    /// `[h * w]`, 1/m.
    inverse_depth: Vec<f32>,
}

impl Earlier {
    pub(super) fn new(lens: &Lens, pose: CameraPose, inverse_depth: Vec<f32>) -> Self {
        Self {
            lens: *lens,
            pose,
            inverse_depth,
        }
    }

    /// Whether it would show a thing at a point: it has that in view, and nothing before it.
    fn would_show(&self, eye: &Eye<'_>, point_m: &[f32; 3]) -> bool {
        eye.pixel(point_m)
            .is_some_and(|(at, near)| near >= NOT_BEHIND * self.inverse_depth[at])
    }
}

/// Adds what a keyframe knows to pictures seen from `poses`. Things that stand where one of those `earlier` would show them are left out: what that picture shows
/// of them has its place already, by its own depths, and they would stand there twice. What is behind them is welcome. Given back is this look, as an earlier one of the next. With things kept `apart`, what comes too near is left out.
pub(super) fn look(
    lens: &Lens,
    ready: &Ready,
    poses: &[CameraPose],
    warped: &mut [Warped],
    earlier: &[Earlier],
    apart: bool,
) -> Earlier {
    let source = &ready.picture;
    let things = if earlier.is_empty() { &[] } else { ready.things() };
    let eyes: Vec<(&Earlier, Eye<'_>)> = earlier.iter().map(|e| (e, Eye::new(&e.lens, &e.pose))).collect();
    warped.par_iter_mut().zip(poses).for_each(|(picture, pose)| {
        let (mut seen, pixels) = reproject_far(lens, source, &ready.pose, pose, Some(&picture.valid));
        let here = Eye::new(lens, pose);
        for (at, valid) in seen.valid.iter_mut().enumerate().filter(|(_, valid)| **valid > 0.0) {
            if apart && seen.inverse_depth[at] > TOO_NEAR {
                *valid = 0.0;
                continue;
            }
            if !things.get(pixels[at]).is_some_and(|thing| *thing) {
                continue;
            }
            let near = seen.inverse_depth[at].max(LEAST_NEAR);
            let point_m = here.point_at_m(at % lens.width_px, at / lens.width_px, near);
            if eyes.iter().any(|(earlier, eye)| earlier.would_show(eye, &point_m)) {
                *valid = 0.0;
            }
        }
        seen.shift.fill(IN_MEMORY);
        picture.add(seen);
    });
    Earlier::new(lens, ready.pose, source.inverse_depth.clone())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::aapt::warp::RgbDepth;
    use crate::rollout::memory::{Kept, Keyframe};

    fn lens() -> Lens {
        Lens {
            width_px: 96,
            height_px: 56,
            fov_x_rad: 1.3,
        }
    }

    /// A red post of 6 columns at an inverse depth, before a black wall at 20 m.
    fn post(near: f32, pose: CameraPose) -> Keyframe {
        let l = lens();
        let on = |i: usize| (50..56).contains(&(i % l.width_px));
        let pixels = l.width_px * l.height_px;
        let picture = RgbDepth {
            rgb: (0..pixels)
                .flat_map(|i| [if on(i) { 1.0 } else { -1.0 }, -1.0, -1.0])
                .collect(),
            inverse_depth: (0..pixels).map(|i| if on(i) { near } else { 0.05 }).collect(),
            stale: vec![0.25; pixels],
            drawn: None,
        };
        let depths = picture.inverse_depth.clone();
        Keyframe {
            pose,
            picture: Arc::new(Kept::new(&picture, &depths)),
        }
    }

    /// Red columns of a row that is seen from a metre to the right, and how stale they are.
    fn seen(earlier: &[Earlier]) -> (Vec<usize>, Vec<f32>, usize) {
        let (l, pose) = (
            lens(),
            CameraPose {
                position_m: [1.0, 0.0, 0.0],
                ..CameraPose::default()
            },
        );
        let mut warped = [Warped::unknown(&l)];
        let ready = Ready::new(&post(0.2, CameraPose::default()), &l);
        look(&l, &ready, &[pose], &mut warped, earlier, true);
        let row = 20 * l.width_px..21 * l.width_px;
        let red: Vec<usize> = row.clone().filter(|i| warped[0].rgb[3 * i] > 0.5).collect();
        let known = row.filter(|i| warped[0].valid[*i] > 0.0).count();
        let stale = red.iter().map(|i| warped[0].stale[*i]).collect();
        (red.iter().map(|i| i % l.width_px).collect(), stale, known)
    }

    #[test]
    fn what_was_in_view_before_is_not_put_there_again_but_what_is_behind_it_is() {
        let l = lens();
        let (red, stale, whole) = seen(&[]);
        assert!((5..=7).contains(&red.len()), "{red:?}");
        assert!(stale.iter().all(|s| (s - 0.25).abs() < 0.05), "{stale:?}");
        // The same post, told to be farther away, from beside it.
        let told = |near: f32, pose: CameraPose| {
            let source = post(near, pose).for_looks(&l);
            Earlier::new(&l, pose, source.inverse_depth)
        };
        let (red, _, known) = seen(&[told(0.15, CameraPose::default())]);
        assert!(red.is_empty(), "{red:?}");
        assert!(
            known + 12 > whole && known < whole,
            "the wall is there: {known} of {whole}"
        );
        // Who looked elsewhere has not seen it.
        let away = CameraPose {
            yaw_rad: 1.5,
            ..CameraPose::default()
        };
        let (red, stale, _) = seen(&[told(0.2, away)]);
        assert!((5..=7).contains(&red.len()), "{red:?}");
        assert!(stale.iter().all(|s| (s - 0.25).abs() < 0.05), "{stale:?}");
        // What is nearer than one can get is left out, and nothing is known there.
        let mut warped = [Warped::unknown(&l)];
        let close = Ready::new(&post(2.0 * TOO_NEAR, CameraPose::default()), &l);
        let mut whole = warped.clone();
        look(&l, &close, &[CameraPose::default()], &mut warped, &[], true);
        look(&l, &close, &[CameraPose::default()], &mut whole, &[], false);
        for x in 0..l.width_px {
            // The post is 6 columns, and a rim goes with it.
            let [left_out, there] = [&warped, &whole].map(|seen| seen[0].valid[20 * l.width_px + x]);
            assert!(
                left_out == f32::from(u8::from(!(49..57).contains(&x))) && there == 1.0,
                "{x}: {left_out}, {there}"
            );
        }
        // Nor who had something before it.
        let wall = Earlier::new(&l, CameraPose::default(), vec![0.5; l.width_px * l.height_px]);
        assert!((5..=7).contains(&seen(&[wall]).0.len()));
    }
}

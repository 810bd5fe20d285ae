//! A look into one keyframe.

use rayon::prelude::*;

use super::Keyframe;
use super::eye::Eye;
use crate::control::{CameraPose, Lens};
use crate::model::aapt::standing::stands;
use crate::model::aapt::surface::reproject_far;
use crate::model::aapt::warp::{NEW, Warped};

/// What is farther away than this, in 1/m, is no matter of where one stands.
const LEAST_NEAR: f32 = 1e-3;

/// Adds what a keyframe knows to pictures seen from `poses`. Things that stand where a camera of those `earlier` looked are left out: what that one's picture shows of
/// them has its place already, by its own depths, and they would stand there twice. What is behind them is welcome.
pub(super) fn look(
    lens: &Lens,
    keyframe: &Keyframe,
    poses: &[CameraPose],
    warped: &mut [Warped],
    earlier: &[CameraPose],
) {
    let mut source = keyframe.picture.picture();
    let things = match earlier {
        [] => vec![],
        _ => stands(&source.inverse_depth, lens, keyframe.pose.pitch_rad),
    };
    source.stale.resize(source.inverse_depth.len(), 0.0);
    // Carried along as what was never drawn, of which there is nothing to be had either.
    for (stale, _) in source.stale.iter_mut().zip(&things).filter(|(_, thing)| **thing) {
        *stale = NEW;
    }
    let earlier: Vec<Eye<'_>> = earlier.iter().map(|pose| Eye::new(lens, pose)).collect();
    warped.par_iter_mut().zip(poses).for_each(|(picture, pose)| {
        let mut seen = reproject_far(lens, &source, &keyframe.pose, pose, Some(&picture.valid));
        let here = Eye::new(lens, pose);
        for (at, valid) in seen.valid.iter_mut().enumerate().filter(|_| !things.is_empty()) {
            let near = seen.inverse_depth[at].max(LEAST_NEAR);
            let point_m = here.point_at_m(at % lens.width_px, at / lens.width_px, near);
            if seen.stale[at] == NEW && earlier.iter().any(|eye| eye.sees(&point_m)) {
                *valid = 0.0;
            }
        }
        picture.add(seen);
    });
}

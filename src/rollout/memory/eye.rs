//! Whether a keyframe's camera has a place in view.

use crate::control::{CameraPose, Lens};

/// Inverse depth (1/m) at which places are tried.
const TRIAL_INVERSE_DEPTH: f32 = 0.1;

/// A camera with what is needed to look through it many times.
pub(super) struct Eye<'a> {
    lens: &'a Lens,
    pose: &'a CameraPose,
    world_from_camera: [[f32; 3]; 3],
    focal_px: f32,
}

impl<'a> Eye<'a> {
    pub(super) fn new(lens: &'a Lens, pose: &'a CameraPose) -> Self {
        Self {
            lens,
            pose,
            world_from_camera: pose.world_from_camera(),
            focal_px: lens.focal_px(),
        }
    }

    /// The point behind a pixel at the trial depth.
    pub(super) fn point_m(&self, x: usize, y: usize) -> [f32; 3] {
        self.point_at_m(x, y, TRIAL_INVERSE_DEPTH)
    }

    /// The point behind a pixel at an inverse depth.
    pub(super) fn point_at_m(&self, x: usize, y: usize, inverse_depth: f32) -> [f32; 3] {
        let (d, r) = (
            self.lens.direction(x as f32 + 0.5, y as f32 + 0.5),
            &self.world_from_camera,
        );
        std::array::from_fn(|i| self.pose.position_m[i] + (0..3).map(|j| r[i][j] * d[j]).sum::<f32>() / inverse_depth)
    }

    /// Whether it has a point in view.
    pub(super) fn sees(&self, point_m: &[f32; 3]) -> bool {
        self.pixel(point_m).is_some()
    }

    /// The pixel that a point is seen at, and its inverse depth, if it is in view.
    pub(super) fn pixel(&self, point_m: &[f32; 3]) -> Option<(usize, f32)> {
        let (f, r) = (self.focal_px, &self.world_from_camera);
        let d: [f32; 3] = std::array::from_fn(|i| point_m[i] - self.pose.position_m[i]);
        let camera: [f32; 3] = std::array::from_fn(|j| (0..3).map(|i| r[i][j] * d[i]).sum());
        let depth = -camera[2];
        let (w, h) = (self.lens.width_px as f32, self.lens.height_px as f32);
        let (x, y) = (f * camera[0] / depth + 0.5 * w, 0.5 * h - f * camera[1] / depth);
        let seen = depth > 0.1 && x > 0.0 && y > 0.0 && x < w && y < h;
        seen.then(|| (y as usize * self.lens.width_px + x as usize, 1.0 / depth))
    }
}

//! Camera control as maps on the latent grid: ray origin and direction per position and video frame (AAPT appendix G),
//! in the heading frame of the camera before the chunk, scaled to about unit deviation.

use super::config::SPATIAL_FACTOR;
use crate::control::{LatentControl, Lens};
use crate::frame::FRAMES_PER_LATENT;

/// Six values a video frame.
pub const CHANNELS: usize = 6 * FRAMES_PER_LATENT;

/// Metres that count as one: a step of a latent frame at walking speed is about 0.35 m.
const ORIGIN_SCALE_M: f32 = 0.3;
/// Deviation of direction components.
const DIRECTION_SCALE: f32 = 0.6;

/// `[24, h, w]` for a latent grid of the lens.
pub fn ray_maps(lens: &Lens, control: &LatentControl) -> Vec<f32> {
    let (rows, columns) = (lens.height_px / SPATIAL_FACTOR, lens.width_px / SPATIAL_FACTOR);
    let plane = rows * columns;
    let mut out = vec![0.0; CHANNELS * plane];
    for (frame, pose) in control.poses.iter().enumerate() {
        let r = pose.world_from_camera();
        for i in 0..plane {
            let half = 0.5 * SPATIAL_FACTOR as f32;
            let x = (i % columns * SPATIAL_FACTOR) as f32 + half;
            let y = (i / columns * SPATIAL_FACTOR) as f32 + half;
            let d = lens.direction(x, y);
            let norm = (d[0] * d[0] + d[1] * d[1] + 1.0).sqrt();
            for axis in 0..3 {
                let direction = (r[axis][0] * d[0] + r[axis][1] * d[1] + r[axis][2] * d[2]) / norm;
                // Most of the view is ahead: -z has a mean of -0.8, the others none.
                let centre = if axis == 2 { -0.8 } else { 0.0 };
                out[(frame * 6 + axis) * plane + i] = pose.position_m[axis] / ORIGIN_SCALE_M;
                out[(frame * 6 + 3 + axis) * plane + i] = (direction - centre) / DIRECTION_SCALE;
            }
        }
    }
    out
}

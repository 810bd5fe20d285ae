//! What one latent frame is conditioned on: camera poses, keys, rays, and how a walker's keys become poses.
//!
//! Axes: right-handed world in metres, +x east, +y up, -z north. Yaw 0 looks along -z, positive yaw turns right
//! (clockwise from above), positive pitch looks up. Camera space: +x right, +y up, -z forward. Depth is the distance
//! along the camera's -z axis ("planar depth"), in metres. Pixel (0, 0) is the top-left pixel, its centre is at (0.5, 0.5).

mod camera;
mod feel;
mod footing;
mod walk;

pub use camera::{CameraPose, Lens, Mat3};
pub use feel::Feel;
pub use footing::Footing;
pub use walk::{Keys, WalkInput, Walker};

use crate::frame::FRAMES_PER_LATENT;

/// Camera motion over one latent frame: the poses of its four video frames, seen from the last camera before them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatentControl {
    /// Pitch of the camera before the chunk (absolute: gravity is known, heading and place are not).
    pub pitch_from_rad: f32,
    /// Poses relative to that camera's place and heading: it stood at the origin with yaw 0. Pitch is absolute.
    pub poses: [CameraPose; FRAMES_PER_LATENT],
    /// Keys held during the chunk (for display and input tracks; the networks see poses only).
    pub keys: Keys,
}

impl LatentControl {
    /// Expresses four absolute poses relative to the pose of the video frame before them.
    pub fn new(before: &CameraPose, poses: &[CameraPose; FRAMES_PER_LATENT], keys: Keys) -> Self {
        Self {
            pitch_from_rad: before.pitch_rad,
            poses: poses.map(|p| p.relative_to(before)),
            keys,
        }
    }

    /// How far the picture moves in the chunk, about: pixels of a thing 5 m away.
    pub fn motion_px(&self, lens: &Lens) -> f32 {
        let farthest = |p: &CameraPose| {
            let turned = p.yaw_rad.abs().max((p.pitch_rad - self.pitch_from_rad).abs());
            let moved_m = p.position_m.iter().map(|v| v * v).sum::<f32>().sqrt();
            turned + moved_m / 5.0
        };
        self.poses.iter().map(farthest).fold(0.0, f32::max) * lens.focal_px()
    }

    /// The camera that stood before the chunk, in the chunk's own frame.
    pub fn before(&self) -> CameraPose {
        CameraPose {
            position_m: [0.0; 3],
            yaw_rad: 0.0,
            pitch_rad: self.pitch_from_rad,
        }
    }

    /// Where a camera that stood at `here` stands after the chunk.
    pub fn end_from(&self, here: &CameraPose) -> CameraPose {
        self.poses[FRAMES_PER_LATENT - 1].absolute_from(here)
    }

    /// Numbers in [`Self::numbers`].
    pub const NUMBERS: usize = 1 + 5 * FRAMES_PER_LATENT;

    /// Everything but the keys, in a fixed order: the pitch before (rad), then of each pose place (m), yaw and pitch (rad).
    pub fn numbers(&self) -> [f32; Self::NUMBERS] {
        let mut out = [self.pitch_from_rad; Self::NUMBERS];
        for (pose, to) in self.poses.iter().zip(out[1..].chunks_exact_mut(5)) {
            to[..3].copy_from_slice(&pose.position_m);
            (to[3], to[4]) = (pose.yaw_rad, pose.pitch_rad);
        }
        out
    }

    /// Inverse of [`Self::numbers`].
    pub fn from_numbers(numbers: &[f32; Self::NUMBERS], keys: Keys) -> Self {
        Self {
            pitch_from_rad: numbers[0],
            poses: std::array::from_fn(|i| {
                let p = &numbers[1 + 5 * i..];
                CameraPose {
                    position_m: [p[0], p[1], p[2]],
                    yaw_rad: p[3],
                    pitch_rad: p[4],
                }
            }),
            keys,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_is_its_numbers_and_keys() {
        let numbers: [f32; LatentControl::NUMBERS] = std::array::from_fn(|i| i as f32 / 7.0);
        let control = LatentControl::from_numbers(&numbers, Keys::RUN);
        assert_eq!(control.numbers(), numbers);
        assert_eq!(control.poses[3].pitch_rad, 20.0 / 7.0);
        assert_eq!(LatentControl::from_numbers(&control.numbers(), Keys::RUN), control);
    }
}

//! Camera poses, lenses and the small linear algebra they need. All trigonometry goes through `libm`, so that the same
//! input gives the same bits on every machine.

/// Row-major 3x3 matrix.
pub type Mat3 = [[f32; 3]; 3];

/// Place and direction of a camera that stands upright (no roll).
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct CameraPose {
    /// Position in metres.
    pub position_m: [f32; 3],
    /// Heading; 0 looks along -z, positive turns right.
    pub yaw_rad: f32,
    /// Positive looks up.
    pub pitch_rad: f32,
}

impl CameraPose {
    /// Rotation that takes camera-space directions to world space.
    pub fn world_from_camera(&self) -> Mat3 {
        let (sy, cy) = (libm::sinf(self.yaw_rad), libm::cosf(self.yaw_rad));
        let (sp, cp) = (libm::sinf(self.pitch_rad), libm::cosf(self.pitch_rad));
        // Columns: right, up, backward.
        [[cy, -sy * sp, -sy * cp], [0.0, cp, -sp], [sy, cy * sp, cy * cp]]
    }

    /// This pose seen from `base`: base's place becomes the origin and its heading yaw 0; pitch stays absolute.
    pub fn relative_to(&self, base: &Self) -> Self {
        let d = [
            self.position_m[0] - base.position_m[0],
            self.position_m[1] - base.position_m[1],
            self.position_m[2] - base.position_m[2],
        ];
        let (s, c) = (libm::sinf(base.yaw_rad), libm::cosf(base.yaw_rad));
        Self {
            position_m: [c * d[0] + s * d[2], d[1], -s * d[0] + c * d[2]],
            yaw_rad: wrap_rad(self.yaw_rad - base.yaw_rad),
            pitch_rad: self.pitch_rad,
        }
    }

    /// Inverse of [`Self::relative_to`].
    pub fn absolute_from(&self, base: &Self) -> Self {
        let (s, c) = (libm::sinf(base.yaw_rad), libm::cosf(base.yaw_rad));
        let p = self.position_m;
        Self {
            position_m: [
                base.position_m[0] + c * p[0] - s * p[2],
                base.position_m[1] + p[1],
                base.position_m[2] + s * p[0] + c * p[2],
            ],
            yaw_rad: wrap_rad(self.yaw_rad + base.yaw_rad),
            pitch_rad: self.pitch_rad,
        }
    }
}

/// Brings an angle into (-pi, pi].
pub(crate) fn wrap_rad(a: f32) -> f32 {
    let t = std::f32::consts::TAU;
    let r = a - t * libm::floorf(a / t);
    if r > std::f32::consts::PI { r - t } else { r }
}

/// A pinhole lens: square pixels, centred.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Lens {
    /// Picture width in pixels.
    pub width_px: usize,
    /// Picture height in pixels.
    pub height_px: usize,
    /// Horizontal field of view.
    pub fov_x_rad: f32,
}

impl Lens {
    /// Focal length in pixels.
    pub fn focal_px(&self) -> f32 {
        0.5 * self.width_px as f32 / libm::tanf(0.5 * self.fov_x_rad)
    }

    /// Camera-space direction, with z = -1, through the point (`x_px`, `y_px`); pixel centres are at halves.
    pub fn direction(&self, x_px: f32, y_px: f32) -> [f32; 3] {
        let f = self.focal_px();
        [
            (x_px - 0.5 * self.width_px as f32) / f,
            (0.5 * self.height_px as f32 - y_px) / f,
            -1.0,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_and_absolute_are_inverse() {
        let base = CameraPose {
            position_m: [10.0, 2.0, -7.0],
            yaw_rad: 2.5,
            pitch_rad: 0.1,
        };
        let p = CameraPose {
            position_m: [11.5, 2.2, -6.0],
            yaw_rad: -2.9,
            pitch_rad: -0.2,
        };
        let q = p.relative_to(&base).absolute_from(&base);
        for i in 0..3 {
            assert!((p.position_m[i] - q.position_m[i]).abs() < 1e-5);
        }
        assert!((p.yaw_rad - q.yaw_rad).abs() < 1e-5);
    }

    #[test]
    fn yaw_right_turns_towards_east_and_pitch_up_looks_up() {
        let right = CameraPose {
            yaw_rad: std::f32::consts::FRAC_PI_2,
            ..Default::default()
        };
        let m = right.world_from_camera();
        let forward = [-m[0][2], -m[1][2], -m[2][2]];
        assert!((forward[0] - 1.0).abs() < 1e-6, "{forward:?}");
        let up = CameraPose {
            pitch_rad: 0.5,
            ..Default::default()
        };
        assert!(-up.world_from_camera()[1][2] > 0.4);
        // A step forward after turning right goes east.
        let step = CameraPose {
            position_m: [0.0, 0.0, -1.0],
            ..Default::default()
        }
        .absolute_from(&right);
        assert!((step.position_m[0] - 1.0).abs() < 1e-6, "{step:?}");
    }
}

//! Pictures unrolled onto an upright cylinder around the camera: turning moves every place on it by the same number of columns, and the
//! horizon is a row whatever the camera's pitch. Plain host code.

use rayon::prelude::*;

use super::warp::{UNKNOWN, sample_cubic};
use crate::control::{CameraPose, Lens};

/// Columns of the cylinder over those of the picture's middle: at the picture's sides things stand wider.
const FINER_ACROSS: f32 = 1.5;
/// The same for rows.
const FINER_DOWN: f32 = 1.25;

/// What is steeper lies on no cylinder: there a picture's edge would take more rows than memory has.
const MOST_SLOPE: f32 = 3.0;

/// A picture on the cylinder.
#[derive(Clone, Debug)]
pub(super) struct Canvas {
    /// Columns.
    pub(super) width: usize,
    /// Rows.
    pub(super) height: usize,
    /// `[height * width * 3]`.
    pub(super) rgb: Vec<f32>,
    /// `[height * width]`: inverse horizontal distance, 1/m, 0 = sky; [`UNKNOWN`] where nobody knows.
    pub(super) near: Vec<f32>,
    /// `[height * width]`: what the picture shows.
    pub(super) known: Vec<bool>,
    /// `[height * width]`: what strips were laid on.
    pub(super) drawn: Vec<bool>,
}

/// How the pixels of a pitched camera lie on the cylinder.
#[derive(Clone, Debug)]
pub(super) struct Cylinder {
    lens: Lens,
    upright_from_camera: [[f32; 3]; 3],
    /// Columns and rows of it for one radian, and for one of a slope.
    scale: [f32; 2],
    /// Azimuth of its left edge, slope of its upper one.
    from: [f32; 2],
    pub(super) width: usize,
    pub(super) height: usize,
}

/// A direction: azimuth (to the right), slope (up), and how long its horizontal part is where it goes one forward.
struct Direction {
    azimuth_rad: f32,
    slope: f32,
    horizontal: f32,
}

impl Cylinder {
    /// All that a camera sees.
    pub(super) fn of_view(lens: &Lens, pitch_rad: f32) -> Self {
        let mut out = Self::blank(lens, pitch_rad);
        let (w, h) = (lens.width_px, lens.height_px);
        let along = (0..w).flat_map(|x| [(x, 0), (x, h - 1)]);
        let border = along.chain((0..h).flat_map(|y| [(0, y), (w - 1, y)]));
        let (mut wide, mut low, mut high) = (0.0f32, f32::INFINITY, f32::NEG_INFINITY);
        for (x, y) in border {
            let d = out.direction(x as f32, y as f32);
            wide = wide.max(d.azimuth_rad.abs());
            (low, high) = (low.min(d.slope), high.max(d.slope));
        }
        out.span(wide);
        let (low, high) = (low.max(-MOST_SLOPE), high.min(MOST_SLOPE).max(low.max(-MOST_SLOPE)));
        out.from[1] = high;
        out.height = ((high - low) * out.scale[1]).ceil() as usize + 1;
        out
    }

    /// What a camera sees beside its horizontal middle, with the rows of `other`.
    pub(super) fn beside(lens: &Lens, pitch_rad: f32, other: &Self) -> Self {
        let mut out = Self::blank(lens, pitch_rad);
        let edge = out.direction(lens.width_px as f32 - 1.0, 0.5 * lens.height_px as f32 - 0.5);
        out.span(edge.azimuth_rad);
        (out.from[1], out.height) = (other.from[1], other.height);
        out
    }

    fn blank(lens: &Lens, pitch_rad: f32) -> Self {
        let pose = CameraPose {
            pitch_rad,
            ..CameraPose::default()
        };
        let f = lens.focal_px();
        Self {
            lens: *lens,
            upright_from_camera: pose.world_from_camera(),
            scale: [FINER_ACROSS * f, FINER_DOWN * f],
            from: [0.0; 2],
            width: 0,
            height: 0,
        }
    }

    fn span(&mut self, wide_rad: f32) {
        // No camera that is used sees behind itself; one that did would have no columns to be quilted from.
        let wide_rad = wide_rad.min(std::f32::consts::FRAC_PI_2);
        self.from[0] = -wide_rad;
        self.width = (2.0 * wide_rad * self.scale[0]).ceil() as usize + 1;
    }

    fn direction(&self, x: f32, y: f32) -> Direction {
        let d = self.lens.direction(x + 0.5, y + 0.5);
        let r = &self.upright_from_camera;
        let [dx, dy, dz]: [f32; 3] = std::array::from_fn(|i| (0..3).map(|j| r[i][j] * d[j]).sum());
        let horizontal = (dx * dx + dz * dz).sqrt().max(1e-6);
        Direction {
            azimuth_rad: libm::atan2f(dx, -dz),
            slope: dy / horizontal,
            horizontal,
        }
    }

    /// Column and row of a pixel's place, and the horizontal length of its direction.
    pub(super) fn place(&self, x: usize, y: usize) -> ([f32; 2], f32) {
        let d = self.direction(x as f32, y as f32);
        let place = [
            (d.azimuth_rad - self.from[0]) * self.scale[0],
            (self.from[1] - d.slope) * self.scale[1],
        ];
        (place, d.horizontal)
    }

    /// Right and forward of a column's places.
    fn ahead(&self, column: usize) -> [f32; 2] {
        let azimuth_rad = self.from[0] + column as f32 / self.scale[0];
        [libm::sinf(azimuth_rad), libm::cosf(azimuth_rad)]
    }

    /// The pixel that a place is seen at, perhaps outside the picture, and the horizontal length of its direction.
    fn pixel(&self, ahead: [f32; 2], row: usize) -> Option<([f32; 2], f32)> {
        let slope = self.from[1] - row as f32 / self.scale[1];
        let upright = [ahead[0], slope, -ahead[1]];
        let r = &self.upright_from_camera;
        let c: [f32; 3] = std::array::from_fn(|j| (0..3).map(|i| r[i][j] * upright[i]).sum());
        let z = -c[2];
        let (f, l) = (self.lens.focal_px(), &self.lens);
        (z > 1e-3).then(|| {
            let at = [
                f * c[0] / z + 0.5 * l.width_px as f32 - 0.5,
                0.5 * l.height_px as f32 - f * c[1] / z - 0.5,
            ];
            (at, 1.0 / z)
        })
    }

    /// A picture unrolled; `inverse_depth` as a camera has it. Places outside the picture look like the nearest ones inside; they, and those that are not
    /// `valid` (not 0), are not known. `beyond` rows above and below it count as inside.
    pub(super) fn unroll(&self, rgb: &[f32], inverse_depth: &[f32], valid: Option<&[f32]>, beyond: f32) -> Canvas {
        let (w, h) = (self.lens.width_px, self.lens.height_px);
        let places = self.width * self.height;
        let mut out = Canvas {
            width: self.width,
            height: self.height,
            rgb: vec![0.0; places * 3],
            near: vec![UNKNOWN; places],
            known: vec![false; places],
            drawn: vec![false; places],
        };
        let columns: Vec<[f32; 2]> = (0..self.width).map(|column| self.ahead(column)).collect();
        let lines = (out.rgb.par_chunks_mut(3 * self.width))
            .zip(out.near.par_chunks_mut(self.width))
            .zip(out.known.par_chunks_mut(self.width));
        lines.enumerate().for_each(|(row, ((line, nears), knowns))| {
            for (i, ahead) in columns.iter().enumerate() {
                let Some(([x, y], horizontal)) = self.pixel(*ahead, row) else {
                    continue;
                };
                let inside = x > -0.5 && x < w as f32 - 0.5 && y > -0.5 - beyond && y < h as f32 - 0.5 + beyond;
                let (x, y) = (x.clamp(0.0, w as f32 - 1.0), y.clamp(0.0, h as f32 - 1.0));
                sample_cubic(rgb, w, h, x, y, &mut line[3 * i..3 * i + 3]);
                let at = (y + 0.5) as usize * w + (x + 0.5) as usize;
                let known = valid.is_none_or(|v| v[at] != 0.0);
                knowns[i] = inside && known;
                if known && inverse_depth[at] != UNKNOWN {
                    nears[i] = inverse_depth[at] / horizontal;
                }
            }
        });
        out
    }
}

impl Canvas {
    /// Colour at a place, smoothly, and the inverse horizontal distance and index of the nearest one; nothing above and below it.
    pub(super) fn at(&self, [column, row]: [f32; 2]) -> Option<([f32; 3], f32, usize)> {
        if row < -1.0 || row > self.height as f32 {
            return None;
        }
        let (column, row) = (
            column.clamp(0.0, self.width as f32 - 1.0),
            row.clamp(0.0, self.height as f32 - 1.0),
        );
        let mut rgb = [0.0; 3];
        sample_cubic(&self.rgb, self.width, self.height, column, row, &mut rgb);
        let nearest = (row + 0.5) as usize * self.width + (column + 0.5) as usize;
        Some((rgb, self.near[nearest], nearest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lens() -> Lens {
        Lens {
            width_px: 96,
            height_px: 56,
            fov_x_rad: 1.3,
        }
    }

    #[test]
    fn places_and_pixels_are_each_others_inverse() {
        for pitch_rad in [0.0, 0.3, -0.4] {
            let cylinder = Cylinder::of_view(&lens(), pitch_rad);
            for (x, y) in [(0, 0), (95, 0), (40, 20), (0, 55), (95, 55), (48, 28)] {
                let ([column, row], horizontal) = cylinder.place(x, y);
                let inside = |v: f32, most: usize| v > -0.01 && v < most as f32 - 0.99;
                assert!(
                    inside(column, cylinder.width) && inside(row, cylinder.height),
                    "{x}, {y}"
                );
                // The place's own pixel, from the four whole places around.
                let ([px, py], length) = cylinder
                    .pixel(cylinder.ahead(column.round() as usize), row.round() as usize)
                    .unwrap();
                assert!(
                    (px - x as f32).abs() < 1.0 && (py - y as f32).abs() < 1.0,
                    "{x}, {y}: {px}, {py}"
                );
                assert!((horizontal - length).abs() < 0.02 * length, "{horizontal} {length}");
            }
        }
    }

    /// A turn is a shift: what one camera sees at a column, one that is turned sees the same number of columns aside.
    #[test]
    fn a_turn_moves_all_places_by_the_same_columns() {
        let (l, pitch_rad) = (lens(), 0.2);
        let cylinder = Cylinder::of_view(&l, pitch_rad);
        let pose = |yaw_rad| CameraPose {
            yaw_rad,
            pitch_rad,
            ..CameraPose::default()
        };
        let (from, to) = (pose(0.0).world_from_camera(), pose(0.1).world_from_camera());
        let mut moves = vec![];
        for (x, y) in [(40.0, 10.0), (60.0, 30.0), (48.0, 50.0)] {
            let f = l.focal_px();
            let d = [(x + 0.5 - 48.0) / f, (28.0 - y - 0.5) / f, -1.0f32];
            let world: [f32; 3] = std::array::from_fn(|i| (0..3).map(|j| from[i][j] * d[j]).sum());
            let c: [f32; 3] = std::array::from_fn(|j| (0..3).map(|i| to[i][j] * world[i]).sum());
            let (x2, y2) = (f * c[0] / -c[2] + 47.5, 27.5 - f * c[1] / -c[2]);
            let (a, b) = (cylinder.direction(x, y), cylinder.direction(x2, y2));
            assert!((a.slope - b.slope).abs() < 1e-4);
            moves.push(a.azimuth_rad - b.azimuth_rad);
        }
        assert!(
            moves
                .iter()
                .all(|m| (m.abs() - 0.1).abs() < 1e-4 && *m == m.abs() * moves[0].signum()),
            "{moves:?}"
        );
    }
}

//! An RGB-D frame as a surface, seen from another camera: the warp over a longer way. Looked for backwards, pixel by pixel, as between steps (`warp.rs`), a crown
//! whose depth is a little rough comes apart over metres; a surface stretches and stays whole. Neighbouring pixels are joined where they are about as far away; between
//! near and far there is a gap, and the nearest surface is seen. Plain host code.

use super::warp::{RgbDepth, SKY, UNKNOWN, Warped, sample_cubic};
use crate::control::{CameraPose, Lens};

/// Neighbours are joined if the nearer one is nearer by less than this share,
const JOINED: f32 = 0.12;
/// or by so little, in 1/m, that no way shows it.
const FAR_JOINED: f32 = 0.004;
/// A pixel's surface that covers more than this share of the picture's width, across or down, has been seen from too far away.
const MOST_LARGE: f32 = 0.0625;
/// By this share of their height triangles are drawn larger than they are, so that no pixel's centre falls between two.
const SEAM: f32 = 0.02;

/// Where a source pixel lies in the target.
#[derive(Clone, Copy, Debug, Default)]
struct Corner {
    /// In target pixels.
    at: [f32; 2],
    /// In source pixels.
    from: [f32; 2],
    /// Inverse depth from the target, 1/m.
    near: f32,
    /// Inverse depth from the source, 1/m.
    was_near: f32,
    /// Before the target's camera.
    seen: bool,
}

/// Warps `source`, taken by a camera at `from`, into a camera at `to`, over any way; unknown pixels are neutral. Pixels that are `known`
/// already (not 0) are not looked for, and stay unknown here. Also which of the source's pixels each is, where it is valid.
pub fn reproject_far(
    lens: &Lens,
    source: &RgbDepth,
    from: &CameraPose,
    to: &CameraPose,
    known: Option<&[f32]>,
) -> (Warped, Vec<usize>) {
    let (w, h) = (lens.width_px, lens.height_px);
    let project = Projection::new(lens, from, to);
    // Corners are pixels' centres, and one more around them: the outermost half of a pixel is seen, too.
    let columns = w + 2;
    let corners: Vec<Corner> = (0..columns * (h + 2))
        .map(|i| {
            let along = |i: usize, most: usize| (i as f32 - 1.0).clamp(-0.5, most as f32 - 0.5);
            let pixel = |i: usize, most: usize| i.saturating_sub(1).min(most - 1);
            let (x, y) = (i % columns, i / columns);
            let near = source.inverse_depth[pixel(y, h) * w + pixel(x, w)].max(0.0);
            project.corner([along(x, w), along(y, h)], near)
        })
        .collect();
    // Of each target pixel, its inverse depth and where in the source it is from.
    let mut canvas = Canvas {
        size: [w, h],
        near: vec![UNKNOWN; w * h],
        was_near: vec![0.0; w * h],
        from: vec![[0.0; 2]; w * h],
        known,
    };
    let Some(wanted) = wanted(known, [w, h]) else {
        return canvas.colours(source, lens);
    };
    for y in 0..=h {
        for x in 0..=w {
            let first = y * columns + x;
            let cell = [first, first + 1, first + columns, first + columns + 1].map(|i| corners[i]);
            if !cell
                .iter()
                .any(|c| wanted[0].contains(&c.at[0]) && wanted[1].contains(&c.at[1]))
            {
                continue;
            }
            let depths = cell.map(|c| c.was_near);
            let (low, high) = depths
                .iter()
                .fold((f32::INFINITY, 0.0f32), |(l, h), k| (l.min(*k), h.max(*k)));
            if high - low < (JOINED * high).max(FAR_JOINED) {
                canvas.triangle([cell[0], cell[1], cell[2]]);
                canvas.triangle([cell[1], cell[2], cell[3]]);
                continue;
            }
            // Each pixel has its quarter of the gap.
            for (i, corner) in cell.iter().enumerate() {
                let [cx, cy] = corner.from;
                let (dx, dy) = (if i % 2 == 0 { 0.5 } else { -0.5 }, if i < 2 { 0.5 } else { -0.5 });
                let quarter = [[cx, cy], [cx + dx, cy], [cx, cy + dy], [cx + dx, cy + dy]]
                    .map(|at| project.corner(at, corner.was_near));
                canvas.triangle([quarter[0], quarter[1], quarter[2]]);
                canvas.triangle([quarter[1], quarter[2], quarter[3]]);
            }
        }
    }
    canvas.colours(source, lens)
}

/// Columns and rows of target pixels that are not known, and around them as far as a triangle reaches that is drawn; nothing if
/// all are known.
fn wanted(known: Option<&[f32]>, [w, h]: [usize; 2]) -> Option<[std::ops::Range<f32>; 2]> {
    let unknown = |at: usize| known.is_none_or(|known| known[at] == 0.0);
    let (mut low, mut high) = ([w, h], None);
    for (x, y) in (0..w * h).filter(|at| unknown(*at)).map(|at| (at % w, at / w)) {
        low = [low[0].min(x), low[1].min(y)];
        high = Some(high.map_or([x, y], |[hx, hy]: [usize; 2]| [hx.max(x), hy.max(y)]));
    }
    let reach = MOST_LARGE * w as f32 + 1.0;
    high.map(|high| [0, 1].map(|axis| low[axis] as f32 - reach..high[axis] as f32 + reach))
}

/// From the pixels of one camera to those of another.
struct Projection {
    focal_px: f32,
    centre_px: [f32; 2],
    target_from_source: [[f32; 3]; 3],
    /// The source's place in target camera space, metres.
    source_m: [f32; 3],
}

impl Projection {
    fn new(lens: &Lens, from: &CameraPose, to: &CameraPose) -> Self {
        let (rf, rt) = (from.world_from_camera(), to.world_from_camera());
        let way: [f32; 3] = std::array::from_fn(|k| from.position_m[k] - to.position_m[k]);
        Self {
            focal_px: lens.focal_px(),
            centre_px: [0.5 * lens.width_px as f32, 0.5 * lens.height_px as f32],
            target_from_source: std::array::from_fn(|i| {
                std::array::from_fn(|j| (0..3).map(|k| rt[k][i] * rf[k][j]).sum())
            }),
            source_m: std::array::from_fn(|i| (0..3).map(|k| rt[k][i] * way[k]).sum()),
        }
    }

    /// The point at a source pixel (whole numbers are centres), at an inverse depth.
    fn corner(&self, from @ [x, y]: [f32; 2], was_near: f32) -> Corner {
        let (f, [cx, cy], m) = (self.focal_px, self.centre_px, &self.target_from_source);
        let d = [(x + 0.5 - cx) / f, (cy - y - 0.5) / f, -1.0];
        let q: [f32; 3] =
            std::array::from_fn(|i| m[i][0] * d[0] + m[i][1] * d[1] + m[i][2] * d[2] + self.source_m[i] * was_near);
        let z = -q[2];
        Corner {
            at: [f * q[0] / z + cx - 0.5, cy - f * q[1] / z - 0.5],
            from,
            near: was_near / z,
            was_near,
            seen: z > 1e-2,
        }
    }
}

/// What has been drawn.
struct Canvas<'a> {
    size: [usize; 2],
    near: Vec<f32>,
    was_near: Vec<f32>,
    from: Vec<[f32; 2]>,
    known: Option<&'a [f32]>,
}

impl Canvas<'_> {
    /// Draws a triangle where nothing nearer is.
    fn triangle(&mut self, of: [Corner; 3]) {
        let [w, h] = self.size;
        if !of.iter().all(|c| c.seen) {
            return;
        }
        let span = |axis: usize, most: usize| -> Option<std::ops::Range<usize>> {
            let along = of.map(|c| c.at[axis]);
            let low = along.into_iter().fold(f32::INFINITY, f32::min) - SEAM;
            let high = along.into_iter().fold(f32::NEG_INFINITY, f32::max) + SEAM;
            let on = high >= 0.0 && low <= (most - 1) as f32 && high - low <= MOST_LARGE * w as f32;
            on.then(|| low.max(0.0).ceil() as usize..(high.min((most - 1) as f32).floor() as usize + 1))
        };
        let (Some(columns), Some(rows)) = (span(0, w), span(1, h)) else {
            return;
        };
        let [a, b, c] = of.map(|c| c.at);
        let area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);
        if area.abs() < 1e-6 {
            return;
        }
        for y in rows {
            for x in columns.clone() {
                let at = y * w + x;
                if self.known.is_some_and(|known| known[at] != 0.0) {
                    continue;
                }
                let p = [x as f32, y as f32];
                let of_b = ((p[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (p[1] - a[1])) / area;
                let of_c = ((b[0] - a[0]) * (p[1] - a[1]) - (p[0] - a[0]) * (b[1] - a[1])) / area;
                let of_a = 1.0 - of_b - of_c;
                if of_a < -SEAM || of_b < -SEAM || of_c < -SEAM {
                    continue;
                }
                let mix = |v: [f32; 3]| of_a * v[0] + of_b * v[1] + of_c * v[2];
                let near = mix(of.map(|c| c.near)).max(0.0);
                if near <= self.near[at] {
                    continue;
                }
                self.near[at] = near;
                self.was_near[at] = mix(of.map(|c| c.was_near));
                self.from[at] = [mix(of.map(|c| c.from[0])), mix(of.map(|c| c.from[1]))];
            }
        }
    }

    fn colours(self, source: &RgbDepth, lens: &Lens) -> (Warped, Vec<usize>) {
        let [w, h] = self.size;
        let (mut out, mut pixels) = (Warped::unknown(lens), vec![0; w * h]);
        for at in (0..w * h).filter(|at| self.near[*at] != UNKNOWN) {
            let [x, y] = self.from[at];
            let nearest = |along: f32, most: usize| (along.round().max(0.0) as usize).min(most - 1);
            pixels[at] = nearest(y, h) * w + nearest(x, w);
            out.valid[at] = 1.0;
            out.inverse_depth[at] = self.near[at];
            let was_near = self.was_near[at];
            let larger = if was_near < SKY {
                0.0
            } else {
                libm::log2f(self.near[at] / was_near)
            };
            out.stale[at] = source.stale_after(larger, [w, h], [x, y]);
            sample_cubic(&source.rgb, w, h, x, y, &mut out.rgb[3 * at..3 * at + 3]);
        }
        (out, pixels)
    }
}

#[cfg(test)]
mod tests {
    use super::super::warp::reproject;
    use super::*;

    fn lens() -> Lens {
        Lens {
            width_px: 96,
            height_px: 56,
            fov_x_rad: 1.3,
        }
    }

    /// A wall at 5 m with smooth colours.
    fn wall() -> RgbDepth {
        let l = lens();
        let at = |i: usize| ((i % l.width_px) as f32 * 0.13, (i / l.width_px) as f32 * 0.17);
        let pixels = l.width_px * l.height_px;
        RgbDepth {
            rgb: (0..pixels)
                .map(at)
                .flat_map(|(u, v)| [u.sin() * 0.5, v.cos() * 0.5, (u + v).sin() * 0.5])
                .collect(),
            inverse_depth: vec![0.2; pixels],
            stale: vec![],
            drawn: None,
        }
    }

    fn moved(position_m: [f32; 3], yaw_rad: f32) -> CameraPose {
        CameraPose {
            position_m,
            yaw_rad,
            ..CameraPose::default()
        }
    }

    /// The two ways to look for a pixel's place find the same on a smooth surface.
    #[test]
    fn on_a_smooth_surface_it_is_the_backward_warp() {
        let (l, s, from) = (lens(), wall(), CameraPose::default());
        for to in [
            moved([0.0; 3], 0.0),
            moved([0.3, 0.1, -0.4], 0.1),
            moved([-0.5, 0.0, 0.6], -0.2),
        ] {
            let (far, near) = (
                reproject_far(&l, &s, &from, &to, None).0,
                reproject(&l, &s, &from, &to, None),
            );
            let mut both = 0;
            for i in 0..l.width_px * l.height_px {
                if far.valid[i] == 0.0 || near.valid[i] == 0.0 {
                    continue;
                }
                both += 1;
                assert!((far.inverse_depth[i] - near.inverse_depth[i]).abs() < 1e-3, "pixel {i}");
                assert!((far.stale[i] - near.stale[i]).abs() < 0.02, "pixel {i}");
                for c in 3 * i..3 * i + 3 {
                    assert!((far.rgb[c] - near.rgb[c]).abs() < 0.01, "pixel {i}");
                }
            }
            let only_near = near.valid.iter().filter(|v| **v > 0.0).count() - both;
            assert_eq!(only_near, 0, "pixels are missing");
        }
    }

    /// A wide step to the side moves a near post before the wall to where wall was: it must stand there, whole.
    #[test]
    fn what_moves_before_something_else_hides_it() {
        let (l, mut s) = (lens(), wall());
        for y in 0..l.height_px {
            for x in 50..56 {
                let i = y * l.width_px + x;
                // Rough, as depths are that a network tells.
                s.inverse_depth[i] = 1.0 + 0.03 * ((7 * x + 5 * y) % 3) as f32;
                s.rgb[3 * i..3 * i + 3].copy_from_slice(&[1.0, -1.0, -1.0]);
            }
        }
        let (out, pixels) = reproject_far(&l, &s, &CameraPose::default(), &moved([0.3, 0.0, 0.0], 0.0), None);
        // By 0.3 m x focal length x 1/m to the left.
        let moved_px = (0.3 * l.focal_px() * 1.03).round() as usize;
        for y in 2..l.height_px - 2 {
            for x in 52 - moved_px..55 - moved_px {
                let i = y * l.width_px + x;
                assert!(
                    out.valid[i] == 1.0 && (out.inverse_depth[i] - 1.03).abs() < 0.04,
                    "{x}, {y}"
                );
                assert!(out.rgb[3 * i] > 0.9 && out.rgb[3 * i + 1] < -0.9, "{x}, {y}");
                assert!((50..56).contains(&(pixels[i] % l.width_px)) && pixels[i] / l.width_px == y);
            }
            // What it hid before nobody knows.
            assert_eq!(out.valid[y * l.width_px + 48], 0.0, "row {y}");
        }
    }

    #[test]
    fn known_pixels_are_left_alone_and_what_is_behind_the_camera_is_not_seen() {
        let (l, s, from) = (lens(), wall(), CameraPose::default());
        let known: Vec<f32> = (0..l.width_px * l.height_px).map(|i| (i % 2) as f32).collect();
        let (out, _) = reproject_far(&l, &s, &from, &from, Some(&known));
        assert!(out.valid.iter().zip(&known).all(|(v, k)| v + k == 1.0));
        let (behind, _) = reproject_far(&l, &s, &from, &moved([0.0, 0.0, -6.0], 0.0), None);
        assert!(behind.valid.iter().all(|v| *v == 0.0));
        let (turned, _) = reproject_far(&l, &s, &from, &moved([0.0; 3], std::f32::consts::PI), None);
        assert!(turned.valid.iter().all(|v| *v == 0.0));
    }
}

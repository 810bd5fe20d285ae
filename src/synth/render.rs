//! Draws frames: one ray a pixel, three more where neighbours meet different things.

use std::sync::OnceLock;

use rayon::prelude::*;

use super::math::{V3, floor_i, saturate, v3};
use super::shade::Sample;
use super::world::World;
use crate::control::{CameraPose, Lens};

/// Where the extra rays of an edge pixel go, in pixels from its centre.
const EXTRA: [[f32; 2]; 3] = [[-0.33, -0.17], [0.17, -0.33], [0.16, 0.34]];
const LUT: usize = 8192;

/// Draws the world seen through `lens` from `pose`.
///
/// `rgb` takes `3 * width * height` sRGB bytes, `depth_m` planar depth of the pixel centres (infinite for sky).
/// The bytes do not depend on the number of threads.
///
/// # Panics
///
/// If a buffer has the wrong length.
pub fn render(world: &World, lens: &Lens, pose: &CameraPose, rgb: &mut [u8], depth_m: &mut [f32]) {
    let (w, h) = (lens.width_px, lens.height_px);
    assert_eq!(rgb.len(), 3 * w * h, "rgb buffer");
    assert_eq!(depth_m.len(), w * h, "depth buffer");
    let camera = Camera::new(lens, pose);
    let blank = Sample {
        colour: V3::default(),
        depth_m: 0.0,
        id: 0,
        ground_t: 0.0,
    };
    // Column by column from the bottom: a ray meets the ground no nearer than the ray below it did.
    let mut samples = vec![blank; w * h];
    samples.par_chunks_mut(h).enumerate().for_each(|(x, column)| {
        let mut t_min = 0.0;
        for y in (0..h).rev() {
            column[y] = camera.sample(world, x as f32 + 0.5, y as f32 + 0.5, t_min);
            t_min = start(column[y].ground_t);
        }
    });
    let gamma = gamma_table();
    let rows = rgb.par_chunks_mut(3 * w).zip(depth_m.par_chunks_mut(w));
    rows.enumerate().for_each(|(y, (rgb, depth))| {
        for x in 0..w {
            let here = &samples[x * h + y];
            let mut c = tone(here.colour * world.exposure);
            if is_edge(&samples, w, h, x, y) {
                let t_min = if y + 1 < h {
                    start(samples[x * h + y + 1].ground_t)
                } else {
                    0.0
                };
                for [dx, dy] in EXTRA {
                    let s = camera.sample(world, x as f32 + 0.5 + dx, y as f32 + 0.5 + dy, t_min);
                    c = c + tone(s.colour * world.exposure);
                }
                c = c * 0.25;
            }
            depth[x] = here.depth_m;
            for (out, v) in rgb[3 * x..3 * x + 3].iter_mut().zip([c.x, c.y, c.z]) {
                *out = gamma[floor_i(v * (LUT - 1) as f32 + 0.5) as usize & (LUT - 1)];
            }
        }
    });
}

/// Where to begin looking for the ground, given where the ray below met it: a little nearer, since a pitched
/// camera's columns are not quite upright planes.
fn start(ground_t_below: f32) -> f32 {
    (0.99 * ground_t_below - 0.25).max(0.0)
}

struct Camera {
    eye: V3,
    /// Columns of the camera's rotation, and the lens.
    right: V3,
    up: V3,
    back: V3,
    inv_focal: f32,
    half_w: f32,
    half_h: f32,
}

impl Camera {
    fn new(lens: &Lens, pose: &CameraPose) -> Self {
        let m = pose.world_from_camera();
        let column = |i: usize| v3(m[0][i], m[1][i], m[2][i]);
        let [x, y, z] = pose.position_m;
        Self {
            eye: v3(x, y, z),
            right: column(0),
            up: column(1),
            back: column(2),
            inv_focal: 1.0 / lens.focal_px(),
            half_w: 0.5 * lens.width_px as f32,
            half_h: 0.5 * lens.height_px as f32,
        }
    }

    #[inline]
    fn sample(&self, world: &World, x_px: f32, y_px: f32, t_min: f32) -> Sample {
        let (a, b) = (
            (x_px - self.half_w) * self.inv_focal,
            (self.half_h - y_px) * self.inv_focal,
        );
        let d = self.right * a + self.up * b - self.back;
        world.sample(self.eye, d, self.inv_focal, t_min)
    }
}

fn is_edge(samples: &[Sample], w: usize, h: usize, x: usize, y: usize) -> bool {
    let here = &samples[x * h + y];
    let differs = |i: usize| {
        let s = &samples[i];
        if s.id != here.id {
            return true;
        }
        let (a, b) = (s.depth_m, here.depth_m);
        a.is_finite() && (a - b).abs() > 0.12 * a.min(b) + 0.2 && (a - b).abs() > 0.5 * a.min(b)
    };
    let i = x * h + y;
    x > 0 && differs(i - h) || x + 1 < w && differs(i + h) || y > 0 && differs(i - 1) || y + 1 < h && differs(i + 1)
}

/// Film-like response: linear radiance to linear screen light in [0, 1].
#[inline]
fn tone(c: V3) -> V3 {
    let f = |x: f32| saturate((x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14));
    v3(f(c.x), f(c.y), f(c.z))
}

fn gamma_table() -> &'static [u8; LUT] {
    static TABLE: OnceLock<[u8; LUT]> = OnceLock::new();
    TABLE.get_or_init(|| {
        std::array::from_fn(|i| {
            let v = i as f32 / (LUT - 1) as f32;
            let s = if v <= 0.003_130_8 {
                12.92 * v
            } else {
                1.055 * libm::powf(v, 1.0 / 2.4) - 0.055
            };
            (s * 255.0 + 0.5) as u8
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, trajectory};
    use super::*;

    const LENS: Lens = Lens {
        width_px: 96,
        height_px: 56,
        fov_x_rad: 1.309,
    };

    fn draw(world: &World, pose: &CameraPose) -> (Vec<u8>, Vec<f32>) {
        let pixels = LENS.width_px * LENS.height_px;
        let (mut rgb, mut depth_m) = (vec![0; 3 * pixels], vec![0.0; pixels]);
        render(world, &LENS, pose, &mut rgb, &mut depth_m);
        (rgb, depth_m)
    }

    #[test]
    fn same_seed_same_bytes_on_any_number_of_threads() {
        let make = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let world = World::new(11, None);
                let pose = trajectory(&world, Kind::Person, 4, 30, 24.0)[29].0;
                draw(&world, &pose)
            })
        };
        let one = make(1);
        assert_eq!(one, make(2));
        assert_eq!(one, make(1));
    }

    /// Turning the camera moves every pixel to where the lens says, at the depth that the lens says.
    #[test]
    fn depth_and_colour_follow_a_turn() {
        for seed in [2, 9, 14] {
            let world = World::new(seed, None);
            let a = trajectory(&world, Kind::Person, 4, 1, 24.0)[0].0;
            let b = CameraPose {
                yaw_rad: a.yaw_rad + 0.12,
                pitch_rad: a.pitch_rad - 0.05,
                ..a
            };
            let ((rgb_a, depth_a), (rgb_b, depth_b)) = (draw(&world, &a), draw(&world, &b));
            let (ma, mb) = (a.world_from_camera(), b.world_from_camera());
            let (mut seen, mut depth_off, mut colour_off) = (0, 0, 0);
            for y in 0..LENS.height_px {
                for x in 0..LENS.width_px {
                    let d = LENS.direction(x as f32 + 0.5, y as f32 + 0.5);
                    let w = ma.map(|row| row[0] * d[0] + row[1] * d[1] + row[2] * d[2]);
                    let c = [0, 1, 2].map(|i| mb[0][i] * w[0] + mb[1][i] * w[1] + mb[2][i] * w[2]);
                    let f = LENS.focal_px();
                    let u = 0.5 * LENS.width_px as f32 - f * c[0] / c[2];
                    let v = 0.5 * LENS.height_px as f32 + f * c[1] / c[2];
                    if c[2] >= 0.0 || u < 0.0 || v < 0.0 {
                        continue;
                    }
                    let (u, v) = (u as usize, v as usize);
                    if u >= LENS.width_px || v >= LENS.height_px {
                        continue;
                    }
                    seen += 1;
                    let (i, j) = (y * LENS.width_px + x, v * LENS.width_px + u);
                    let (want, got) = (depth_a[i] * -c[2], depth_b[j]);
                    let same = want.is_infinite() && got.is_infinite() || (want - got).abs() < 0.25 * want.min(got);
                    depth_off += usize::from(!same);
                    let off = (0..3).map(|k| rgb_a[3 * i + k].abs_diff(rgb_b[3 * j + k])).max();
                    colour_off += usize::from(off > Some(60));
                }
            }
            assert!(seen > 3000, "{seen}");
            assert!(depth_off * 12 < seen, "seed {seed}: {depth_off} of {seen} depths");
            assert!(colour_off * 12 < seen, "seed {seed}: {colour_off} of {seen} colours");
        }
    }

    /// A ray's start is taken from the ray below; that must lose nothing of the ground.
    #[test]
    fn starting_from_the_ray_below_loses_no_ground() {
        let world = World::new(5, None);
        for (pose, _) in trajectory(&world, Kind::Person, 8, 96, 24.0).into_iter().step_by(16) {
            for pitch_rad in [-0.5, 0.0, 0.5] {
                let pose = CameraPose { pitch_rad, ..pose };
                let (_, depth_m) = draw(&world, &pose);
                let camera = Camera::new(&LENS, &pose);
                let mut wrong = 0;
                for y in 0..LENS.height_px {
                    for x in 0..LENS.width_px {
                        let s = camera.sample(&world, x as f32 + 0.5, y as f32 + 0.5, 0.0);
                        let got = depth_m[y * LENS.width_px + x];
                        let same =
                            s.depth_m.is_infinite() && got.is_infinite() || (s.depth_m - got).abs() < 0.05 * got + 0.05;
                        wrong += usize::from(!same);
                    }
                }
                assert!(wrong <= 12, "{wrong} pixels at pitch {pitch_rad}");
            }
        }
    }
}

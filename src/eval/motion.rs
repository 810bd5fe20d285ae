//! How a camera moved between two pictures, told by laying the one on the other: the motion under which the first picture, with the depths that the generator's own networks
//! tell of it, looks most like the second (direct alignment, as in Engel, Koltun & Cremers 2017, of two pictures, in a pyramid). The probe's guess at it is
//! wrong by 39 % of what was turned, which is no measure of whether a camera obeys. Plain host code.

use nalgebra::{SMatrix, SVector};
use rayon::prelude::*;

use crate::control::{CameraPose, LatentControl, Lens};
use crate::frame::FRAMES_PER_LATENT;
use crate::rollout::Networks;

/// Numbers of a motion while it is looked for: yaw, pitch in rad; right, up, forward in m.
const N: usize = 5;
/// Yaw and change of pitch in rad; right and forward in m, as the camera before saw it.
pub type Motion = [f32; 4];

/// Sides are halved so often, at most.
const HALVINGS: usize = 2;
/// Yaws that the coarsest pictures are tried with, in both directions, and their distance in rad.
const TURNS: i32 = 16;
const TURN_RAD: f32 = 0.02;
/// The likeliest of them are gone on from.
const BEGINNINGS: usize = 3;
/// Steps at each size.
const STEPS: usize = 12;
/// Difference of light, of the range 0 to 1, from which on a pixel counts a quarter or less: there, one picture shows something else.
const ALIKE: f32 = 0.06;
/// A motion that leaves less of the first picture in view is none.
const LEAST_SHARE: f32 = 0.25;
/// Numbers are varied by so much to see where a pixel goes.
const VARIED: [f32; N] = [1e-3, 1e-3, 5e-3, 5e-3, 5e-3];
/// Pictures whose depths are told together.
const TOGETHER: usize = 4;
/// Damping to begin with; a step that wants more than the most is given up.
const DAMPING: f32 = 1e-3;
const MOST_DAMPING: f32 = 1e3;
/// Nothing is nearer than this, in 1/m, or the least error of its depth would tell of a motion.
const NEAREST: f32 = 2.0;

/// Two pictures of one size.
struct Level {
    lens: Lens,
    before: Vec<f32>,
    after: Vec<f32>,
    /// Inverse depth of `before`, 1/m.
    near: Vec<f32>,
}

/// The camera's motion between two pictures `[h * w * 3]` in -1..1. `inverse_depth` is of the first, `[h * w]` in 1/m, whose camera is pitched so.
pub fn between(lens: &Lens, before: &[f32], after: &[f32], inverse_depth: &[f32], pitch_rad: f32) -> Motion {
    let near = inverse_depth.iter().map(|k| k.clamp(0.0, NEAREST)).collect();
    let mut levels = vec![Level {
        lens: *lens,
        before: light(before),
        after: light(after),
        near,
    }];
    while levels.len() <= HALVINGS
        && let Some(level) = levels.last()
        && level.lens.width_px.is_multiple_of(2)
        && level.lens.height_px.is_multiple_of(2)
    {
        levels.push(level.halved());
    }
    let Some(coarsest) = levels.last() else { return [0.0; 4] };
    // Smaller ones first: where all are as likely, as in a picture of one colour, the camera has not turned.
    let turns = (0..=TURNS).flat_map(|i| if i == 0 { vec![0] } else { vec![i, -i] });
    let turns = turns.map(|i| SVector::<f32, N>::from([TURN_RAD * i as f32, 0.0, 0.0, 0.0, 0.0]));
    let mut tried: Vec<(f32, SVector<f32, N>)> = turns.map(|m| (coarsest.cost(&m, pitch_rad), m)).collect();
    tried.sort_by(|a, b| a.0.total_cmp(&b.0));
    // The likeliest is chosen at half the size, because a step at the whole one takes as long as all before.
    let (finest, smaller) = levels.split_at(1);
    let chosen = smaller.first().unwrap_or(&levels[0]);
    let refined = tried.into_iter().take(BEGINNINGS).map(|(_, motion)| {
        let found = smaller
            .iter()
            .rev()
            .fold(motion, |m, level| level.refined(m, pitch_rad));
        (chosen.cost(&found, pitch_rad), found)
    });
    let best = refined.min_by(|a, b| a.0.total_cmp(&b.0));
    let best = best.map(|(cost, m)| (cost, finest[0].refined(m, pitch_rad)));
    best.filter(|(cost, _)| cost.is_finite())
        .map_or([0.0; 4], |(_, m)| [m[0], m[1], m[2], m[4]])
}

/// The camera's motion in each of a walk's latent frames: `first`, then the last picture of each, under the cameras of `controls`, of which only the pitch before each latent frame
/// is used.
pub fn along(networks: &Networks, first: &[f32], made: &[Vec<f32>], controls: &[LatentControl]) -> Vec<Motion> {
    let pictures: Vec<&[f32]> = std::iter::once(first).chain(made.iter().map(Vec::as_slice)).collect();
    let pitches_rad: Vec<f32> = controls.iter().map(|c| c.pitch_from_rad).collect();
    let steps = made.len().min(controls.len());
    let mut depths: Vec<Vec<f32>> = Vec::with_capacity(steps);
    for from in (0..steps).step_by(TOGETHER) {
        let to = (from + TOGETHER).min(steps);
        // A picture is told as a first frame is: as four of it.
        let clips: Vec<[&[f32]; FRAMES_PER_LATENT]> =
            pictures[from..to].iter().map(|p| [*p; FRAMES_PER_LATENT]).collect();
        let latent = networks.encode(&clips);
        let mut decoded = networks.decode(latent.clone(), latent, &[]);
        let own: Vec<Vec<f32>> = pictures[from..to].iter().map(|p| p.to_vec()).collect();
        networks.sharpen_depth(&mut decoded, Some(&own), &pitches_rad[from..to]);
        depths.extend(decoded.into_iter().map(|d| d.inverse_depth));
    }
    let step = |i: usize| {
        let (before, after) = (pictures[i], pictures[i + 1]);
        between(&networks.lens, before, after, &depths[i], pitches_rad[i])
    };
    (0..steps).into_par_iter().map(step).collect()
}

/// Light of a picture, 0 to 1.
fn light(rgb: &[f32]) -> Vec<f32> {
    let of = |c: &[f32]| 0.5 + 0.5 * (0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2]);
    rgb.chunks_exact(3).map(of).collect()
}

/// Means of two by two.
fn halved(plane: &[f32], w: usize) -> Vec<f32> {
    let rows = plane.chunks_exact(2 * w);
    rows.flat_map(|rows| {
        let (above, below) = rows.split_at(w);
        let pairs = above.chunks_exact(2).zip(below.chunks_exact(2));
        pairs
            .map(|(a, b)| 0.25 * (a[0] + a[1] + b[0] + b[1]))
            .collect::<Vec<f32>>()
    })
    .collect()
}

impl Level {
    fn halved(&self) -> Self {
        let w = self.lens.width_px;
        Self {
            lens: Lens {
                width_px: w / 2,
                height_px: self.lens.height_px / 2,
                ..self.lens
            },
            before: halved(&self.before, w),
            after: halved(&self.after, w),
            near: halved(&self.near, w),
        }
    }

    /// Where in the second picture each pixel of the first lies after a motion.
    fn places(&self, motion: &SVector<f32, N>, pitch_rad: f32) -> Vec<Option<[f32; 2]>> {
        let Lens {
            width_px: w,
            height_px: h,
            ..
        } = self.lens;
        let from = CameraPose {
            pitch_rad,
            ..CameraPose::default()
        };
        let to = CameraPose {
            position_m: [motion[2], motion[3], -motion[4]],
            yaw_rad: motion[0],
            pitch_rad: pitch_rad + motion[1],
        };
        let (rf, rt) = (from.world_from_camera(), to.world_from_camera());
        let f = self.lens.focal_px();
        let place = |i: usize| {
            let d = self.lens.direction((i % w) as f32 + 0.5, (i / w) as f32 + 0.5);
            // Scaled by inverse depth, so that the sky is a direction.
            let q: [f32; 3] =
                std::array::from_fn(|r| (0..3).map(|c| rf[r][c] * d[c]).sum::<f32>() - self.near[i] * to.position_m[r]);
            let s: [f32; 3] = std::array::from_fn(|c| (0..3).map(|r| rt[r][c] * q[r]).sum());
            if s[2] > -0.05 {
                return None;
            }
            let x = 0.5 * w as f32 - f * s[0] / s[2] - 0.5;
            let y = 0.5 * h as f32 + f * s[1] / s[2] - 0.5;
            let inside = x >= 1.0 && y >= 1.0 && x < w as f32 - 2.0 && y < h as f32 - 2.0;
            inside.then_some([x, y])
        };
        (0..w * h).map(place).collect()
    }

    /// The second picture's light at a place inside it.
    fn after(&self, [x, y]: [f32; 2]) -> f32 {
        let w = self.lens.width_px;
        let (x0, y0) = (x as usize, y as usize);
        let (fx, fy) = (x - x0 as f32, y - y0 as f32);
        let at = |x: usize, y: usize| self.after[y * w + x];
        let row = |y: usize| at(x0, y) + fx * (at(x0 + 1, y) - at(x0, y));
        row(y0) + fy * (row(y0 + 1) - row(y0))
    }

    /// How unlike the two are under a motion; not finite where hardly anything of the first is in view.
    fn cost(&self, motion: &SVector<f32, N>, pitch_rad: f32) -> f32 {
        let (mut sum, mut n) = (0.0f32, 0usize);
        for (i, place) in self.places(motion, pitch_rad).into_iter().enumerate() {
            let Some(place) = place else { continue };
            let apart = (self.after(place) - self.before[i]) / ALIKE;
            sum += apart * apart / (1.0 + apart * apart);
            n += 1;
        }
        match n as f32 >= LEAST_SHARE * self.before.len() as f32 {
            true => sum / n as f32,
            false => f32::INFINITY,
        }
    }

    /// A motion near this one under which the two are most alike: damped Gauss-Newton steps.
    fn refined(&self, mut motion: SVector<f32, N>, pitch_rad: f32) -> SVector<f32, N> {
        let mut cost = self.cost(&motion, pitch_rad);
        let mut damping = DAMPING;
        for _ in 0..STEPS {
            let (hessian, gradient) = self.normal_equations(&motion, pitch_rad);
            loop {
                let mut damped = hessian;
                (0..N).for_each(|i| damped[(i, i)] = damped[(i, i)] * (1.0 + damping) + 1e-6);
                let Some(step) = damped.cholesky().map(|c| c.solve(&gradient)) else {
                    return motion;
                };
                let there = motion - step;
                let found = self.cost(&there, pitch_rad);
                if found < cost {
                    let better = cost - found;
                    (motion, cost, damping) = (there, found, damping * 0.3);
                    if better < 1e-5 * cost {
                        return motion;
                    }
                    break;
                }
                damping *= 10.0;
                if damping > MOST_DAMPING {
                    return motion;
                }
            }
        }
        motion
    }

    /// `JᵀWJ` and `JᵀWr` of the differences of light, weighted by how alike they are.
    fn normal_equations(&self, motion: &SVector<f32, N>, pitch_rad: f32) -> (SMatrix<f32, N, N>, SVector<f32, N>) {
        let here = self.places(motion, pitch_rad);
        let varied: [Vec<Option<[f32; 2]>>; N] = std::array::from_fn(|i| {
            let mut other = *motion;
            other[i] += VARIED[i];
            self.places(&other, pitch_rad)
        });
        let (mut hessian, mut gradient) = (SMatrix::<f32, N, N>::zeros(), SVector::<f32, N>::zeros());
        for (i, place) in here.iter().enumerate() {
            let Some([x, y]) = *place else { continue };
            let moved: [Option<[f32; 2]>; N] = std::array::from_fn(|n| varied[n][i]);
            if moved.iter().any(Option::is_none) {
                continue;
            }
            let slope = [
                0.5 * (self.after([x + 1.0, y]) - self.after([x - 1.0, y])),
                0.5 * (self.after([x, y + 1.0]) - self.after([x, y - 1.0])),
            ];
            let row = SVector::<f32, N>::from_fn(|n, _| {
                let [mx, my] = moved[n].unwrap_or([x, y]);
                (slope[0] * (mx - x) + slope[1] * (my - y)) / VARIED[n]
            });
            let apart = self.after([x, y]) - self.before[i];
            let weight = (1.0 + (apart / ALIKE).powi(2)).powi(-2);
            hessian += weight * row * row.transpose();
            gradient += weight * apart * row;
        }
        (hessian, gradient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::{self, Kind, World};

    /// Pictures with true depths of a rendered walk: turns are found to 3 %, ways to a tenth, in fast turns to a third.
    #[test]
    fn a_rendered_cameras_motion_is_found_again() {
        let lens = Lens {
            width_px: 96,
            height_px: 56,
            fov_x_rad: 1.3,
        };
        for (kind, seed) in [(Kind::Walk, 3), (Kind::Turn, 4), (Kind::Person, 6)] {
            let world = World::new(seed, None);
            let path = synth::trajectory(&world, kind, seed, 49, 24.0);
            let picture = |frame: usize| {
                let pixels = lens.width_px * lens.height_px;
                let (mut rgb, mut depth_m) = (vec![0u8; 3 * pixels], vec![0.0; pixels]);
                synth::render(&world, &lens, &path[frame].0, &mut rgb, &mut depth_m);
                let near: Vec<f32> = depth_m
                    .iter()
                    .map(|d| if d.is_finite() { d.recip() } else { 0.0 })
                    .collect();
                (crate::model::aapt::codec::from_bytes(&rgb), near)
            };
            let (mut wrong, mut asked) = ([0.0f32; 2], [0.0f32; 2]);
            for at in (0..48).step_by(4) {
                let ((before, near), (after, _)) = (picture(at), picture(at + 4));
                let found = between(&lens, &before, &after, &near, path[at].0.pitch_rad);
                let truth = path[at + 4].0.relative_to(&path[at].0);
                wrong[0] += (found[0] - truth.yaw_rad).abs();
                asked[0] += truth.yaw_rad.abs();
                let pitched_rad = path[at + 4].0.pitch_rad - path[at].0.pitch_rad;
                assert!(
                    (found[1] - pitched_rad).abs() < 0.03,
                    "{kind:?}, {at}: pitch {found:?}, {pitched_rad}"
                );
                wrong[1] += (found[2] - truth.position_m[0]).hypot(found[3] + truth.position_m[2]);
                asked[1] += truth.position_m[0].hypot(truth.position_m[2]);
            }
            assert!(
                wrong[0] < 0.03 * asked[0] + 0.02,
                "{kind:?}: yaw {wrong:?} of {asked:?}"
            );
            // In a fast turn, little is in both pictures to tell a step from.
            let share = if kind == Kind::Turn { 0.3 } else { 0.1 };
            assert!(
                wrong[1] < share * asked[1] + 0.1,
                "{kind:?}: way {wrong:?} of {asked:?}"
            );
        }
    }

    #[test]
    fn the_same_picture_has_not_moved_and_one_of_one_colour_tells_nothing() {
        let lens = Lens {
            width_px: 96,
            height_px: 56,
            fov_x_rad: 1.3,
        };
        let stripes: Vec<f32> = (0..96 * 56 * 3)
            .map(|i| ((i / 3 % 96) as f32 * 0.3 + (i / 288) as f32 * 0.2).sin())
            .collect();
        let near = vec![0.1; 96 * 56];
        assert!(
            between(&lens, &stripes, &stripes, &near, 0.1)
                .iter()
                .all(|m| m.abs() < 1e-3)
        );
        let grey = vec![0.2; stripes.len()];
        assert!(between(&lens, &grey, &grey, &near, 0.0).iter().all(|m| m.abs() < 1e-6));
    }
}

//! Upright things are as far away at their top as at their foot. Depth is told pixel by pixel, and a tree whose top is told a little farther away than its foot leans when
//! it is seen from elsewhere. Here, what stands is found, thing by thing, and brought to one distance. Plain host code.

use super::warp::SKY;
use crate::control::Lens;

/// Share of the picture's width to each side within which there is something farther away beside what stands,
const ASIDE: f32 = 0.104;
/// by this share.
const FARTHER: f32 = 0.3;
/// What is farther away than so many metres hardly moves.
const MOST_M: f32 = 40.0;
/// Neighbours whose distances differ by less than this share are of one thing.
const ONE_THING: f32 = 0.1;
/// Smaller things are left as they are.
const LEAST_PX: usize = 6;
/// What differs by more than this share from a thing's middle is no part of it after all.
const MOST_APART: f32 = 0.45;

/// Inverse distances ahead, horizontally, of what a pitched camera sees: upright things have one of them.
struct Ahead {
    size: [usize; 2],
    /// `[h * w]`, 1/m.
    near: Vec<f32>,
    /// Of each row, the way ahead of a direction that goes one along the view.
    of_row: Vec<f32>,
}

impl Ahead {
    fn new(depths: &[f32], lens: &Lens, pitch_rad: f32) -> Self {
        let (w, h) = (lens.width_px, lens.height_px);
        let (sin, cos) = (libm::sinf(pitch_rad), libm::cosf(pitch_rad));
        let up = |y: usize| lens.direction(0.0, y as f32 + 0.5)[1];
        let of_row: Vec<f32> = (0..h).map(|y| (cos - sin * up(y)).max(0.1)).collect();
        let near = depths.iter().enumerate().map(|(at, k)| k.max(0.0) / of_row[at / w]);
        Self {
            size: [h, w],
            near: near.collect(),
            of_row,
        }
    }

    /// Which pixels have something farther away within [`ASIDE`] to both sides: ground has not, a hill to one side, and at the picture's edge
    /// nobody knows.
    fn stands(&self) -> Vec<bool> {
        let [h, w] = self.size;
        let aside = (ASIDE * w as f32).round() as usize;
        let mut out = vec![false; h * w];
        for (y, line) in self.near.chunks_exact(w).enumerate() {
            for (x, here) in line.iter().enumerate().filter(|(_, here)| **here > 1.0 / MOST_M) {
                let far = |beside: &[f32]| beside.iter().any(|k| *k < here * (1.0 - FARTHER));
                let (left, right) = (&line[x.saturating_sub(aside)..x], &line[x + 1..(x + 1 + aside).min(w)]);
                out[y * w + x] = far(left) && far(right);
            }
        }
        out
    }

    /// Adds to `thing` what it hangs together with, out of what is `left`, and takes that from there.
    fn gather(&self, thing: &mut Vec<usize>, left: &mut [bool]) {
        let [h, w] = self.size;
        let mut next = 0;
        while let Some(at) = thing.get(next).copied() {
            next += 1;
            let (x, y) = (at % w, at / w);
            let around = [
                (x > 0).then(|| at - 1),
                (x + 1 < w).then(|| at + 1),
                (y > 0).then(|| at - w),
                (y + 1 < h).then(|| at + w),
            ];
            for other in around.into_iter().flatten() {
                let (a, b) = (self.near[at], self.near[other]);
                if left[other] && (a - b).abs() < ONE_THING * a.max(b) {
                    left[other] = false;
                    thing.push(other);
                }
            }
        }
    }
}

/// Which pixels show something that stands: it is nearer than what is beside it to the left and to the right.
///
/// # Shapes
/// - `depths`: `[h * w]`, inverse, 1/m, 0 = sky, seen by a camera that is pitched so
pub fn stands(depths: &[f32], lens: &Lens, pitch_rad: f32) -> Vec<bool> {
    Ahead::new(depths, lens, pitch_rad).stands()
}

/// Brings the depths of each thing that stands together, shapes as in [`stands`].
pub fn stand(depths: &mut [f32], lens: &Lens, pitch_rad: f32) {
    let ahead = Ahead::new(depths, lens, pitch_rad);
    let mut left = ahead.stands();
    for first in 0..left.len() {
        if !std::mem::take(&mut left[first]) {
            continue;
        }
        let mut thing = vec![first];
        ahead.gather(&mut thing, &mut left);
        if thing.len() < LEAST_PX {
            continue;
        }
        let mut all: Vec<f32> = thing.iter().map(|at| ahead.near[*at]).collect();
        let half = all.len() / 2;
        let middle = *all.select_nth_unstable_by(half, f32::total_cmp).1;
        let of_it = |at: &&usize| (ahead.near[**at] - middle).abs() < MOST_APART * middle;
        for at in thing.iter().filter(of_it) {
            depths[*at] = (middle * ahead.of_row[at / lens.width_px]).max(SKY);
        }
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

    /// A post of 6 columns, told nearer at its foot than at its top, on flat ground before the sky.
    fn scene(pitch_rad: f32) -> Vec<f32> {
        let l = lens();
        let ground = crate::model::aapt::depth::flat_ground(&l, pitch_rad);
        let depth = |i: usize| {
            let (x, y) = (i % l.width_px, i / l.width_px);
            if (40..46).contains(&x) && (8..40).contains(&y) {
                return 0.1 + 0.002 * y as f32;
            }
            crate::model::aapt::depth::inverse_depth(ground[i]).max(0.0)
        };
        (0..l.width_px * l.height_px).map(depth).collect()
    }

    #[test]
    fn a_post_comes_to_one_distance_and_ground_and_sky_stay() {
        let (l, before) = (lens(), scene(0.0));
        let mut depths = before.clone();
        stand(&mut depths, &l, 0.0);
        let post = |y: usize| depths[y * l.width_px + 42];
        for y in 9..26 {
            assert!((post(y) - post(9)).abs() < 1e-6, "row {y}: {} and {}", post(y), post(9));
        }
        assert!((0.1..0.2).contains(&post(9)));
        for (i, (a, b)) in depths.iter().zip(&before).enumerate() {
            assert!((40..46).contains(&(i % l.width_px)) || a == b, "pixel {i}: {a} and {b}");
        }
    }

    /// Seen from a pitched camera, what is upright is not at one depth along the view.
    #[test]
    fn a_pitched_camera_sees_the_same_post() {
        let (l, pitch_rad) = (lens(), -0.4f32);
        let mut depths = scene(pitch_rad);
        stand(&mut depths, &l, pitch_rad);
        let along = |y: usize| pitch_rad.cos() - pitch_rad.sin() * l.direction(0.0, y as f32 + 0.5)[1];
        let distance = |y: usize| along(y) / depths[y * l.width_px + 42];
        for y in 8..11 {
            let (here, first) = (distance(y), distance(8));
            assert!((here - first).abs() < 1e-3, "row {y}: {here} and {first}");
        }
        let told = scene(pitch_rad)[10 * l.width_px + 42];
        assert!((depths[10 * l.width_px + 42] - told).abs() > 1e-3, "something was done");
    }

    #[test]
    fn only_what_has_something_farther_on_both_sides_stands() {
        let l = lens();
        let row = |near: [std::ops::Range<usize>; 2]| -> Vec<bool> {
            let line = (0..l.width_px).map(|x| if near.iter().any(|n| n.contains(&x)) { 0.2 } else { 0.1 });
            let depths = line.collect::<Vec<f32>>().repeat(l.height_px);
            stands(&depths, &l, 0.0)[10 * l.width_px..11 * l.width_px].to_vec()
        };
        // A trunk in the middle, and one that the picture's edge cuts.
        for (x, stands) in row([30..34, 93..96]).into_iter().enumerate() {
            assert_eq!(stands, (30..34).contains(&x), "column {x}");
        }
        // A slope at the edge, and something too wide to be one thing.
        assert!(!row([0..8, 30..60]).contains(&true));
    }
}

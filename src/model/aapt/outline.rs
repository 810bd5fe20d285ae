//! Outlines of things in a depth map. At its rim, a crown's pixels have some of its colour, and the depth of what is behind it or one between the two: whoever looks
//! from elsewhere sees a rim without a crown, where the crown would be if it were as far away. So near things get a rim of their own depth. Ground gets none: a crest would take along the
//! feet of what stands behind it and the lowest sky, and who walks on would see both drawn out over the ground. Plain host code.

use rayon::prelude::*;

use super::depth::{inverse_depth, nearness};
use super::lying::lies;
use crate::control::Lens;

/// Share of the picture's width that rims are wide.
const WIDE: f32 = 0.0104;
/// What is nearer than its neighbour by this share,
const BEFORE: f32 = 0.25;
/// and by so much in 1/m, stands before it.
const BEFORE_NEAR: f32 = 0.01;

/// Gives each pixel beside something that stands before it, and does not lie ([`lies`]), the depth of that.
///
/// # Shapes
/// - `depths`: `[h * w]`, inverse, 1/m, 0 = sky
pub fn with_rims(depths: &[f32], lens: &Lens) -> Vec<f32> {
    let (w, h) = (lens.width_px, lens.height_px);
    let of_things: Vec<f32> = (lies(depths, lens).iter().zip(depths))
        .map(|(lies, k)| if *lies { 0.0 } else { *k })
        .collect();
    let wide = (WIDE * w as f32).round() as usize;
    let span = |at: usize, most: usize| at.saturating_sub(wide)..(at + wide + 1).min(most);
    let nearest = |a: f32, b: f32| a.max(b);
    let of_row = |i: usize| {
        of_things[i / w * w..][span(i % w, w)]
            .iter()
            .copied()
            .fold(0.0, nearest)
    };
    let rows: Vec<f32> = (0..h * w).into_par_iter().map(of_row).collect();
    let with_rim = |i: usize| {
        let column = span(i / w, h).map(|y| rows[y * w + i % w]);
        let (near, own) = (column.fold(0.0, nearest), depths[i]);
        if near > own * (1.0 + BEFORE) + BEFORE_NEAR {
            near
        } else {
            own
        }
    };
    (0..h * w).into_par_iter().map(with_rim).collect()
}

/// Share of the picture's width within which an outline is looked for.
const AROUND: f32 = 0.026;
/// There is one if depths differ by this share,
const DIFFERS: f32 = 0.25;
/// and by so much in 1/m.
const DIFFERS_NEAR: f32 = 0.03;
/// Difference of colours, in all three channels, from which on two pixels are alike by a quarter or less.
const COLOUR: f32 = 0.15;
/// Depths are told apart in so many steps.
const STEPS: usize = 32;

/// Depths whose outlines are those of the picture: near one, a pixel has the depth that most of what has its colour there has (the weighted median). What a network
/// tells goes softly from a trunk to what is behind it, and who walks past sees the trunk drawn out into that.
///
/// # Shapes
/// - `rgb`: `[h * w * 3]` in -1..1
/// - `depths`: `[h * w]`, inverse, 1/m, 0 = sky
pub fn with_outlines(rgb: &[f32], depths: &[f32], width_px: usize) -> Vec<f32> {
    let w = width_px.max(1);
    let h = depths.len() / w;
    let around = (AROUND * w as f32).round() as usize;
    let span = |at: usize, most: usize| at.saturating_sub(around)..(at + around + 1).min(most);
    let both = |[low, high]: [f32; 2], [l, h]: [f32; 2]| [low.min(l), high.max(h)];
    let nothing = [f32::INFINITY, 0.0];
    let of_row = |i: usize| {
        let line = depths[i / w * w..][span(i % w, w)].iter();
        line.fold(nothing, |range, k| both(range, [*k; 2]))
    };
    let rows: Vec<[f32; 2]> = (0..h * w).into_par_iter().map(of_row).collect();
    let outlined = |i: usize| {
        let [low, high] = span(i / w, h).map(|y| rows[y * w + i % w]).fold(nothing, both);
        if high - low < (DIFFERS * high).max(DIFFERS_NEAR) {
            return depths[i];
        }
        let from = nearness(low);
        let scale = STEPS as f32 / (nearness(high) - from);
        // Of each step the weight, and the weighted sum of what is in it.
        let mut steps = [[0.0f32; 2]; STEPS];
        for y in span(i / w, h) {
            for at in span(i % w, w).map(|x| y * w + x) {
                let weight = alike(rgb, at, i);
                let near = nearness(depths[at]);
                let step = &mut steps[(((near - from) * scale).max(0.0) as usize).min(STEPS - 1)];
                *step = [step[0] + weight, step[1] + weight * near];
            }
        }
        let half = 0.5 * steps.iter().map(|s| s[0]).sum::<f32>();
        let mut weights = 0.0;
        let middle = steps.iter().find(|s| {
            weights += s[0];
            weights >= half
        });
        middle.map_or(depths[i], |[weight, sum]| inverse_depth(sum / weight))
    };
    (0..h * w).into_par_iter().map(outlined).collect()
}

/// How alike two pixels' colours are, of 1.
pub(super) fn alike(rgb: &[f32], a: usize, b: usize) -> f32 {
    let apart: f32 = (0..3).map(|c| (rgb[3 * a + c] - rgb[3 * b + c]).powi(2)).sum();
    (1.0 + apart / (3.0 * COLOUR * COLOUR)).powi(-2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_soft_trunk_gets_the_outline_of_its_picture() {
        let (w, h) = (192, 40);
        let trunk = |x: usize| (90..98).contains(&x);
        let soft = |x: usize| 0.3 * (1.0 - (x as f32 - 93.5).abs() / 9.0).clamp(0.0, 0.75) / 0.75;
        let rgb: Vec<f32> = (0..w * h)
            .flat_map(|i| {
                if trunk(i % w) {
                    [-0.6, -0.7, -0.8]
                } else {
                    [0.1, 0.4, 0.9]
                }
            })
            .collect();
        let out = with_outlines(&rgb, &(0..w * h).map(|i| soft(i % w)).collect::<Vec<f32>>(), w);
        let row = &out[20 * w..21 * w];
        for (x, k) in row.iter().enumerate() {
            assert!(if trunk(x) { *k > 0.2 } else { *k < 0.14 }, "column {x}: {k}");
        }
        assert!(soft(88) > 0.1 && soft(90) < 0.28, "there was something to be told");
        // Ground that comes nearer row by row stays, but for a row or two.
        let ground: Vec<f32> = (0..w * h).map(|i| 0.005 * (i / w) as f32).collect();
        let worst =
            (with_outlines(&rgb, &ground, w).iter().zip(&ground)).fold(0.0f32, |m, (a, b)| m.max((a - b).abs()));
        assert!(worst < 0.011, "{worst}");
    }

    #[test]
    fn things_grow_over_what_is_behind_them_and_ground_does_not() {
        let (w, h) = (192, 20);
        let lens = Lens {
            width_px: w,
            height_px: h,
            fov_x_rad: 1.3,
        };
        let tree = |i: usize| (6..9).contains(&(i % w)) && i / w < 6;
        // A crown before the sky, with a rim between the two, over ground that comes nearer row by row.
        let depths: Vec<f32> = (0..w * h)
            .map(|i| match (tree(i), i / w) {
                (true, _) => 0.2,
                (false, y) if y < 8 => 0.0,
                (false, y) => 0.05 + 0.005 * (y - 8) as f32,
            })
            .collect();
        let out = with_rims(&depths, &lens);
        let row = |y: usize| &out[y * w..(y + 1) * w];
        assert_eq!(row(2)[4..11], [0.2; 7], "two more columns on each side");
        assert_eq!((row(2)[3], row(2)[11]), (0.0, 0.0));
        assert_eq!(row(7)[7], 0.2, "and rows");
        assert_eq!(row(7)[12..], [0.0; 180], "ground has no rim over the sky");
        assert_eq!(out[8 * w..], depths[8 * w..], "and stays as it is");
    }
}

//! Depths of a picture that is to be looked into from far away: there, a tenth of a tree's depth is many pixels, and what
//! differs from pixel to pixel scatters the tree. Depths of the same thing are brought together, and what stands upright to one distance.

use rayon::prelude::*;

use crate::control::Lens;
use crate::model::aapt::depth::{inverse_depth, nearness};
use crate::model::aapt::lying::lies;
use crate::model::aapt::standing::stand;
use crate::model::aapt::warp::{RgbDepth, SKY};

/// Pixels across and down whose depths count: what stands is as far away at its foot as at its top.
const REACH: [usize; 2] = [3, 8];
const ROUNDS: usize = 2;
/// Other things: nearness differs by more.
const MOST_APART: f32 = 0.12;
/// Difference of colours, in one channel, from which on a neighbour counts less than half.
const COLOUR: f32 = 0.15;

/// Inverse depths `[h * w]` of a picture that a pitched camera saw, for looks from elsewhere.
pub(super) fn evened(picture: &RgbDepth, lens: &Lens, pitch_rad: f32) -> Vec<f32> {
    let mut depths = smooth(picture, lens);
    stand(&mut depths, lens, pitch_rad);
    depths
}

/// Inverse depths `[h * w]`, each the mean over its neighbours of the same colour at about the same depth; of what lies, which goes on from row to row, over those of its row: at a crest, the
/// rows below alone would count, and it would come nearer.
fn smooth(picture: &RgbDepth, lens: &Lens) -> Vec<f32> {
    let (w, h) = (lens.width_px, lens.height_px);
    let ground = lies(&picture.inverse_depth, lens);
    let sky = |at: usize| picture.inverse_depth[at] < SKY;
    let mut near: Vec<f32> = picture.inverse_depth.iter().map(|k| nearness(*k)).collect();
    for _ in 0..ROUNDS {
        let of = |x: usize, y: usize| {
            let at = y * w + x;
            // The sky stays the sky.
            if sky(at) {
                return near[at];
            }
            let (mut sum, mut weights) = (0.0f32, 0.0f32);
            let rows = if ground[at] { 0 } else { REACH[1] };
            for ny in y.saturating_sub(rows)..(y + rows + 1).min(h) {
                for nx in x.saturating_sub(REACH[0])..(x + REACH[0] + 1).min(w) {
                    let other = ny * w + nx;
                    let alike = (near[other] - near[at]).abs() <= MOST_APART;
                    if !alike || sky(other) {
                        continue;
                    }
                    let apart: f32 = (0..3)
                        .map(|c| picture.rgb[3 * other + c] - picture.rgb[3 * at + c])
                        .map(|d| d * d)
                        .sum();
                    let weight = 1.0 / (1.0 + apart / (3.0 * COLOUR * COLOUR));
                    sum += weight * near[other];
                    weights += weight;
                }
            }
            if weights > 0.0 { sum / weights } else { near[at] }
        };
        near = (0..h * w).into_par_iter().map(|i| of(i % w, i / w)).collect();
    }
    let kept = near.into_iter().zip(&picture.inverse_depth);
    kept.map(|(near, k)| if *k < SKY { *k } else { inverse_depth(near).max(SKY) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Walker;

    #[test]
    fn a_tree_comes_together_and_its_outline_stays() {
        let (w, h) = (24, 16);
        let lens = Lens {
            width_px: w,
            height_px: h,
            fov_x_rad: 1.3,
        };
        let tree = |i: usize| (8..14).contains(&(i % w));
        let noise = |i: usize| 0.05 * ((i * 7919 % 101) as f32 / 50.0 - 1.0);
        let picture = RgbDepth {
            rgb: (0..w * h).flat_map(|i| [if tree(i) { -0.5 } else { 0.7 }; 3]).collect(),
            inverse_depth: (0..w * h)
                .map(|i| if tree(i) { 0.3 * (1.0 + 3.0 * noise(i)) } else { 0.02 })
                .collect(),
            stale: vec![],
            drawn: None,
        };
        let out = smooth(&picture, &lens);
        let spread = |k: &[f32]| {
            let of_tree: Vec<f32> = (0..w * h).filter(|i| tree(*i)).map(|i| k[i]).collect();
            let mean = of_tree.iter().sum::<f32>() / of_tree.len() as f32;
            of_tree.iter().map(|k| (k - mean).abs()).fold(0.0, f32::max)
        };
        assert!(spread(&out) < 0.4 * spread(&picture.inverse_depth), "{}", spread(&out));
        for i in (0..w * h).filter(|i| !tree(*i)) {
            assert!((out[i] - 0.02).abs() < 1e-3, "pixel {i}: {}", out[i]);
        }
        // Hazy hills before a sky of their colour.
        let hazy = RgbDepth {
            rgb: vec![0.5; w * h * 3],
            inverse_depth: (0..w * h).map(|i| if i / w < 8 { 0.001 } else { 0.008 }).collect(),
            stale: vec![],
            drawn: None,
        };
        for (i, k) in smooth(&hazy, &lens).into_iter().enumerate() {
            assert_eq!(k < SKY, i / w < 8, "pixel {i}: {k}");
        }
    }

    #[test]
    fn a_crest_stays_as_far_away_as_it_is() {
        let lens = Lens {
            width_px: 96,
            height_px: 56,
            fov_x_rad: 1.3,
        };
        let (w, h, crest) = (96, 56, 20);
        let slope = 1.0 / (lens.focal_px() * Walker::EYE_HEIGHT_M);
        let ground = |y: usize| 0.04 + slope * (y - crest) as f32;
        let picture = RgbDepth {
            rgb: vec![0.3; w * h * 3],
            inverse_depth: (0..w * h)
                .map(|i| if i / w < crest { 0.0 } else { ground(i / w) })
                .collect(),
            stale: vec![],
            drawn: None,
        };
        for (i, k) in evened(&picture, &lens, 0.0).into_iter().enumerate() {
            assert!((k - picture.inverse_depth[i]).abs() < 1e-4, "row {}: {k}", i / w);
        }
    }
}

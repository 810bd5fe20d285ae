//! What the network adds to a sky, without the edges of its tokens. Host data.

use crate::model::aapt::codec::block_means;
use crate::model::aapt::warp::{SKY, UNKNOWN};

/// Places to each side over which it is averaged: more than a token is wide.
const REACH: usize = 2;
/// Share of a place's pixels that must be sky.
const LEAST: f32 = 0.98;

/// Which places of the grid are sky, by the depths of a step's last picture as the warp has them, or by none.
pub(super) fn sky(inverse_depth: &[f32], width_px: usize) -> Vec<bool> {
    if inverse_depth.is_empty() {
        return vec![];
    }
    let sky: Vec<f32> = (inverse_depth.iter())
        .map(|k| f32::from(u8::from(*k != UNKNOWN && *k < SKY)))
        .collect();
    block_means(&sky, width_px)
        .iter()
        .map(|share| *share >= LEAST)
        .collect()
}

/// Averages what was added to `recycled` over neighbouring places of sky. A token tells its places apart from its neighbours' by a little at every
/// step; on ground nobody sees it, in a sky it grows into a grid.
///
/// # Shapes
/// - `latent`, `recycled`: `[channels * h * w]`
/// - `sky`: `[h * w]`
pub(super) fn soften(latent: &mut [f32], recycled: &[f32], sky: &[bool], [h, w]: [usize; 2]) {
    let neighbours: Vec<(usize, Vec<usize>)> = (0..h * w)
        .filter(|i| sky[*i])
        .map(|i| {
            let (x, y) = (i % w, i / w);
            let rows = y.saturating_sub(REACH)..(y + REACH + 1).min(h);
            let near = rows.flat_map(|y| (x.saturating_sub(REACH)..(x + REACH + 1).min(w)).map(move |x| y * w + x));
            (i, near.filter(|i| sky[*i]).collect())
        })
        .collect();
    for (latent, recycled) in latent.chunks_exact_mut(h * w).zip(recycled.chunks_exact(h * w)) {
        let added: Vec<f32> = latent.iter().zip(recycled).map(|(a, b)| a - b).collect();
        for (i, near) in &neighbours {
            let mean = near.iter().map(|n| added[*n]).sum::<f32>() / near.len() as f32;
            latent[*i] = recycled[*i] + mean;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_to_a_sky_is_even_and_land_keeps_its_own() {
        let (h, w) = (6, 8);
        let (width_px, height_px) = (8 * w, 8 * h);
        // Three rows of places are sky, the last of them with a tree in its corner.
        let near = |i: usize| {
            let (x, y) = (i % width_px, i / width_px);
            if y >= 24 || (x < 3 && y >= 18) { 0.1 } else { 0.0 }
        };
        let inverse_depth: Vec<f32> = (0..width_px * height_px).map(near).collect();
        let recycled = vec![1.0; h * w];
        let token = |i: usize| {
            if (i % w / 2 + i / w / 2).is_multiple_of(2) {
                0.5
            } else {
                -0.5
            }
        };
        let network: Vec<f32> = (0..h * w).map(|i| 1.0 + token(i)).collect();
        let mut made = network.clone();
        soften(&mut made, &recycled, &sky(&inverse_depth, width_px), [h, w]);
        for i in 0..h * w {
            if i / w >= 3 || i == 2 * w {
                assert_eq!(made[i], network[i], "place {i} is not sky");
            } else {
                assert!((made[i] - 1.0).abs() < 0.3, "place {i}: {}", made[i]);
            }
        }
        let mean = |v: &[f32]| v[..2 * w].iter().sum::<f32>() / (2 * w) as f32;
        assert!((mean(&made) - mean(&network)).abs() < 0.1, "what it means stays");
        // Walks that are not warped have no depths.
        assert!(sky(&[], width_px).is_empty());
    }
}

//! New places between the quilt and the network: texture and things from the one, colours from the other. Host data.

use crate::control::{LatentControl, Lens};
use crate::frame::FRAMES_PER_LATENT;
use crate::model::aapt::codec;
use crate::model::aapt::quilt::{Source, quilt};
use crate::model::aapt::warp::{RgbDepth, Warped, reproject};

/// Places to each side, and above and below, over which colours are compared.
const REACH: [usize; 2] = [32, 1];
/// Places from the seam on over which the network's colours come in: at once, they would stand beside known ones as an edge.
const RAMP: usize = 3;

/// Lays texture out of `sources` on the new sides of a step's four pictures: on the last, whose new part is the largest, and from there on the
/// others, so that all four show the same. The share of each place's pixels that was drawn, `[h * w]`, if any was. What was
/// drawn counts as known from here on: its detail is kept.
pub(super) fn quilt_step(
    warped: &mut [Warped; FRAMES_PER_LATENT],
    control: &LatentControl,
    lens: &Lens,
    sources: impl FnOnce() -> Vec<Source>,
    seed: u64,
) -> Option<Vec<f32>> {
    const END: usize = FRAMES_PER_LATENT - 1;
    let pitch_rad = control.poses[END].pitch_rad;
    let drawn = quilt(&mut warped[END], lens, pitch_rad, sources, seed);
    if !drawn.contains(&true) {
        return None;
    }
    let source = RgbDepth {
        rgb: warped[END].rgb.clone(),
        // Nobody knows how far away it is, and within a step it hardly matters.
        inverse_depth: vec![0.0; drawn.len()],
        stale: vec![],
        drawn: None,
    };
    let (end, others) = (&control.poses[END], &mut warped[..END]);
    for (picture, pose) in others.iter_mut().zip(&control.poses) {
        let seen = reproject(lens, &source, end, pose, Some(&picture.valid));
        picture.add(seen);
    }
    let drawn: Vec<f32> = drawn.iter().map(|d| f32::from(u8::from(*d))).collect();
    for (valid, drawn) in warped[END].valid.iter_mut().zip(&drawn) {
        *valid = valid.max(*drawn);
    }
    Some(codec::block_means(&drawn, lens.width_px))
}

/// A walk's latent frame `[channels, h, w]`: the network's where all is known; where something was drawn, `base` (with the
/// texture) moved towards the network's over wide surroundings, as far as a channel means colour: moved in the others, it would
/// carry the same pattern at every place.
///
/// # Shapes
/// - `network`, `base`: `[channels * h * w]`
/// - `drawn`: `[h * w]`, 0 to 1
/// - `shares`: `[channels]`: how much each means colour, 0 to 1
pub(super) fn blend(network: &mut [f32], base: &[f32], drawn: &[f32], shares: &[f32], [h, w]: [usize; 2]) {
    let weight = wide_sums(drawn, [h, w]);
    let inwards: Vec<f32> = drawn.chunks_exact(w).flat_map(from_the_seam).collect();
    let channels = network.chunks_exact_mut(h * w).zip(base.chunks_exact(h * w));
    for ((network, base), share) in channels.zip(shares) {
        let apart: Vec<f32> = (0..h * w).map(|i| (network[i] - base[i]) * drawn[i]).collect();
        let apart = wide_sums(&apart, [h, w]);
        for i in (0..h * w).filter(|i| drawn[*i] > 0.0) {
            let quilted = base[i] + inwards[i] * share * apart[i] / weight[i].max(1e-6);
            network[i] += drawn[i] * (quilted - network[i]);
        }
    }
}

/// How far inside what was drawn each place of a row lies, 0 to 1 at [`RAMP`] places from what was not.
fn from_the_seam(drawn: &[f32]) -> Vec<f32> {
    let w = drawn.len();
    let known = |x: &usize| drawn[*x] == 0.0;
    let far = |x: usize| (0..w).filter(known).map(|at| x.abs_diff(at)).min().unwrap_or(RAMP);
    (0..w).map(|x| far(x).min(RAMP) as f32 / RAMP as f32).collect()
}

/// Sums over each place's wide surroundings.
fn wide_sums(plane: &[f32], [h, w]: [usize; 2]) -> Vec<f32> {
    let [across, down] = REACH;
    let mut rows = vec![0.0; h * w];
    for y in 0..h {
        for x in 0..w {
            let line = &plane[y * w..(y + 1) * w];
            rows[y * w + x] = line[x.saturating_sub(across)..(x + across + 1).min(w)].iter().sum();
        }
    }
    let mut out = vec![0.0; h * w];
    for y in 0..h {
        for near in y.saturating_sub(down)..(y + down + 1).min(h) {
            for x in 0..w {
                out[y * w + x] += rows[near * w + x];
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_networks_colours_come_in_from_the_seam_on() {
        assert_eq!(
            from_the_seam(&[0.0, 0.5, 1.0, 1.0, 1.0]),
            [0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0, 1.0]
        );
        assert_eq!(from_the_seam(&[1.0, 1.0, 0.0]), [2.0 / 3.0, 1.0 / 3.0, 0.0]);
        assert_eq!(from_the_seam(&[1.0; 2]), [1.0; 2]);
    }

    #[test]
    fn known_places_are_the_networks_and_new_ones_have_its_mean_and_the_bases_texture() {
        let size @ [h, w] = [4, 12];
        let texture: Vec<f32> = (0..h * w).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let drawn: Vec<f32> = (0..h * w).map(|i| if i % w >= 4 { 1.0 } else { 0.0 }).collect();
        let mut made = vec![0.5; h * w];
        blend(&mut made, &texture, &drawn, &[1.0], size);
        for y in 0..h {
            assert_eq!(made[y * w..y * w + 4], [0.5; 4]);
            let new = &made[y * w + 4..(y + 1) * w];
            let mean = new.iter().sum::<f32>() / 8.0;
            assert!((mean - 0.5).abs() < 0.1, "{new:?}");
            assert!(new.windows(2).all(|p| (p[0] - p[1]).abs() > 1.5), "{new:?}");
        }
        // What is drawn in part is moved in part.
        let half: Vec<f32> = drawn.iter().map(|d| 0.5 * d).collect();
        let mut less = vec![0.5; h * w];
        blend(&mut less, &texture, &half, &[1.0], size);
        // A channel that means no colour keeps the base's mean.
        let mut other = vec![0.5; h * w];
        blend(&mut other, &texture, &drawn, &[0.0], size);
        assert_eq!(other[6..10], texture[6..10]);
        assert!((less[6] - 0.5 - 0.5 * (made[6] - 0.5)).abs() < 1e-5);
    }
}

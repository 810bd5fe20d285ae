//! How much of what the network adds counts at each pixel. A token is 8 x 8 pixels in four frames; where some of them are known, its answer is as strong as new places
//! need it. So known pixels take as much of it as in a token that is known whole, and so, nearly, do places that something has uncovered: they go on from what is
//! behind. Of tokens that show a near thing before a far one, known pixels take nothing: there, the network's answer is the mean of where the thing could be, and a trunk
//! would get the light of the sky beside it, a little at every step. The rest is held to what was recycled. In walks with new words nothing is
//! held: what was recycled is shown in the light of the network's answer.

use crate::frame::FRAMES_PER_LATENT;
use crate::model::aapt::codec;
use crate::model::aapt::config::{BLOCK, SPATIAL_FACTOR};
use crate::model::aapt::relight::{Light, relit};
use crate::model::aapt::residual::ResidualStd;
use crate::model::aapt::uncovered::Uncovered;
use crate::model::aapt::warp::{UNKNOWN, Warped};

/// Pixels of a token in one frame.
const PIXELS: usize = BLOCK / FRAMES_PER_LATENT / 3;
/// Uncovered places take all of the network's answer from where this share of their token is known, and less the more is.
const MOST_KNOWN: f32 = 1.0 / 3.0;

/// A token shows two things if, of two neighbouring pixels, one is nearer by this share,
const TWO: f32 = 0.2;
/// and by so much in 1/m: flat ground becomes nearer by less than half of that from row to row.
const TWO_NEAR: f32 = 0.012;

/// What pixels of several walks are held to.
pub struct Held {
    /// What was recycled, decoded: `[n * h * w * 768]`.
    pub(super) decoded: Vec<f32>,
    /// How much of what the network adds counts: `[n * h * w * 256]`.
    pub(super) counts: Vec<f32>,
    /// Which pixels the walk knows: `[n * h * w * 256]`.
    pub(super) known: Vec<f32>,
}

impl Held {
    /// Moves what was decoded from a latent frame to what counts of it; walks that are not `sure` of what they know are not held, but [relit](Self::relight).
    pub(super) fn apply(&self, pixels: &mut [f32], sure: &[f32]) {
        let of_walk = self.counts.len() / sure.len().max(1);
        let walks = pixels
            .chunks_exact_mut(3 * of_walk)
            .zip(self.decoded.chunks_exact(3 * of_walk));
        for (((pixels, decoded), counts), _) in walks
            .zip(self.counts.chunks_exact(of_walk))
            .zip(sure)
            .filter(|(_, sure)| **sure == 1.0)
        {
            let held = pixels.chunks_exact_mut(3).zip(decoded.chunks_exact(3)).zip(counts);
            for ((pixel, was), count) in held {
                pixel
                    .iter_mut()
                    .zip(was)
                    .for_each(|(p, was)| *p = was + count * (*p - was));
            }
        }
    }

    /// In walks that are not `sure`, because their words are new, makes what was decoded so that with its `detail` it is the recycled picture in its light.
    pub(super) fn relight(&self, pixels: &mut [f32], detail: &[f32], sure: &[f32], width_px: usize) {
        let of_walk = pixels.len() / sure.len().max(1);
        let unsure = sure.iter().enumerate().filter(|(_, sure)| **sure < 1.0);
        for (walk, _) in unsure {
            let range = walk * of_walk..(walk + 1) * of_walk;
            let frames = |blocks: &[f32]| codec::frames_from_blocks(&blocks[range.clone()], width_px);
            let (was, detail, mut made) = (frames(&self.decoded), frames(detail), frames(pixels));
            let known = &self.known[range.start / 3..range.end / 3];
            for (frame, made) in made.iter_mut().enumerate() {
                let of_frame = known.chunks_exact(PIXELS).skip(frame).step_by(FRAMES_PER_LATENT);
                let known = codec::plane_from_blocks(&of_frame.flatten().copied().collect::<Vec<_>>(), width_px);
                let detailed: Vec<f32> = was[frame].iter().zip(&detail[frame]).map(|(was, d)| was + d).collect();
                let light = Light {
                    was: &was[frame],
                    detailed: &detailed,
                    answer: made,
                    known: &known,
                };
                let relit = relit(light, [known.len() / width_px, width_px]);
                for (((made, relit), detail), known) in made
                    .chunks_exact_mut(3)
                    .zip(relit.chunks_exact(3))
                    .zip(detail[frame].chunks_exact(3))
                    .zip(&known)
                    .filter(|(_, known)| **known > 0.0)
                {
                    (0..3).for_each(|c| made[c] = relit[c] - known * detail[c]);
                }
            }
            pixels[range].copy_from_slice(&codec::blocks_from_frames(made.each_ref().map(Vec::as_slice), width_px));
        }
    }
}

/// What counts in one walk's step.
pub(super) struct Counts {
    /// As in [`Held::counts`].
    pub(super) of_network: Vec<f32>,
    /// As in [`Held::known`].
    pub(super) known: Vec<f32>,
    /// How much of its own colour each uncovered pixel keeps, whatever its latent makes of it, a plane of blocks for each frame.
    pub(super) own: [Vec<f32>; FRAMES_PER_LATENT],
}

impl Counts {
    /// Of warped pictures, for a network that adds `std`, by channels that mean colour so far as `shares` say.
    pub(super) fn new(
        warped: &[Warped; FRAMES_PER_LATENT],
        uncovered: &[Uncovered; FRAMES_PER_LATENT],
        width_px: usize,
        std: &ResidualStd,
        shares: &[f32],
        motion_px: f32,
    ) -> Self {
        let valid = warped.each_ref().map(|p| codec::blocks_from_plane(&p.valid, width_px));
        let uncovered = uncovered.each_ref().map(|u| {
            let places: Vec<f32> = u.places.iter().map(|u| f32::from(u8::from(*u))).collect();
            codec::blocks_from_plane(&places, width_px)
        });
        let added = |validity: f32| -> f32 {
            let channels = shares.iter().enumerate();
            channels.map(|(c, share)| share * std.at(c, validity, motion_px)).sum()
        };
        let to_known = added(1.0);
        let depths = warped
            .each_ref()
            .map(|p| codec::blocks_from_plane(&p.inverse_depth, width_px));
        let mut of_network = Vec::with_capacity(FRAMES_PER_LATENT * valid[0].len());
        let mut of_walk = Vec::with_capacity(FRAMES_PER_LATENT * valid[0].len());
        let mut own = [(); FRAMES_PER_LATENT].map(|()| Vec::with_capacity(valid[0].len()));
        for first in (0..valid[0].len()).step_by(PIXELS) {
            let token = first..first + PIXELS;
            let known: f32 = valid.iter().flat_map(|v| &v[token.clone()]).sum();
            let validity = known / (FRAMES_PER_LATENT * PIXELS) as f32;
            // A generator that adds nothing at all is one, too.
            let at_known = match is_of_two(depths.iter().map(|d| std::array::from_fn(|i| d[first + i]))) {
                true => 0.0,
                false => (to_known / added(validity)).min(1.0),
            };
            let at_uncovered = ((1.0 - validity) / (1.0 - MOST_KNOWN)).min(1.0).powi(2);
            for ((valid, uncovered), own) in valid.iter().zip(&uncovered).zip(&mut own) {
                of_walk.extend_from_slice(&valid[token.clone()]);
                for (valid, uncovered) in valid[token.clone()].iter().zip(&uncovered[token.clone()]) {
                    let at_new = 1.0 - uncovered * (1.0 - at_uncovered);
                    of_network.push(at_new + valid * (at_known - at_new));
                    own.push(uncovered * (1.0 - at_uncovered));
                }
            }
        }
        Self {
            of_network,
            known: of_walk,
            own,
        }
    }
}

/// Whether a token's known inverse depths, frame by frame, make a step between neighbours: slopes, and ground towards the horizon, do not.
fn is_of_two(frames: impl Iterator<Item = [f32; PIXELS]>) -> bool {
    let apart = |a: f32, b: f32| a != UNKNOWN && b != UNKNOWN && (a - b).abs() > (TWO * a.max(b)).max(TWO_NEAR);
    frames.into_iter().any(|depths| {
        let beside = |i: &usize| i % SPATIAL_FACTOR + 1 < SPATIAL_FACTOR && apart(depths[*i], depths[i + 1]);
        let below = |i: &usize| i + SPATIAL_FACTOR < PIXELS && apart(depths[*i], depths[i + SPATIAL_FACTOR]);
        (0..PIXELS).any(|i| beside(&i) || below(&i))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Lens;

    #[test]
    fn known_pixels_of_a_token_half_known_take_as_much_as_where_all_is_known() {
        let lens = Lens {
            width_px: 16,
            height_px: 8,
            fov_x_rad: 1.3,
        };
        // Two tokens; of the second the right half is new.
        // In the last frame's first row it is the left half.
        let known = |frame: usize, i: usize| i % 16 < 8 || (frame == 3 && i / 16 == 0) != (i % 16 < 12);
        let warped = std::array::from_fn(|frame| {
            let mut picture = Warped::unknown(&lens);
            for i in (0..16 * 8).filter(|i| known(frame, *i)) {
                (picture.valid[i], picture.inverse_depth[i]) = (1.0, 0.1);
            }
            picture
        });
        let std = ResidualStd {
            known: vec![0.1, 0.5],
            new: vec![0.4, 1.0],
        };
        // And one before which something stands.
        let mut before = warped.clone();
        (0..16 * 8)
            .filter(|i| i % 16 == 9)
            .for_each(|i| before[1].inverse_depth[i] = 0.2);
        // And one that shows flat ground up to the horizon, through the lens of a wider picture.
        let mut ground = warped.clone();
        for picture in &mut ground {
            (0..16 * 8)
                .filter(|i| picture.valid[*i] > 0.0)
                .for_each(|i| picture.inverse_depth[i] = 0.0047 * (i / 16) as f32);
        }
        let none = Uncovered {
            weight: vec![0.0; 16 * 8],
            sky_weight: vec![0.0; 16 * 8],
            places: vec![false; 16 * 8],
            strange: vec![],
        };
        let counts_of = |warped: &[Warped; FRAMES_PER_LATENT], uncovered: &Uncovered| {
            let uncovered = [(); FRAMES_PER_LATENT].map(|()| uncovered.clone());
            Counts::new(warped, &uncovered, 16, &std, &[1.0, 0.0], 9.0)
        };
        let counts = |uncovered: &Uncovered| counts_of(&warped, uncovered);
        let at_known = std.at(0, 1.0, 9.0) / std.at(0, 0.5, 9.0);
        let plain = counts(&none);
        for (i, count) in plain.of_network.iter().enumerate() {
            let (token, frame, at) = (
                i / (FRAMES_PER_LATENT * PIXELS),
                i / PIXELS % FRAMES_PER_LATENT,
                i % PIXELS,
            );
            let known = known(frame, at / 8 * 16 + 8 * token + at % 8);
            let expected = [1.0, if known { at_known } else { 1.0 }][token];
            assert!((count - expected).abs() < 1e-6, "{i}: {count}, not {expected}");
            assert_eq!(plain.known[i], f32::from(u8::from(known)), "{i}");
        }
        assert!(plain.own.iter().flatten().all(|own| *own == 0.0));
        // Where something stands before something else, what is known stays as it is.
        for (i, (count, plain)) in (counts_of(&before, &none).of_network.iter().zip(&plain.of_network)).enumerate() {
            let (frame, at) = (i / PIXELS % FRAMES_PER_LATENT, i % PIXELS);
            let of_two = i >= FRAMES_PER_LATENT * PIXELS && known(frame, at / 8 * 16 + 8 + at % 8);
            assert!((count - if of_two { 0.0 } else { *plain }).abs() < 1e-6, "{i}: {count}");
        }
        assert_eq!(counts_of(&ground, &none).of_network, plain.of_network);
        // One of the new columns has been uncovered.
        let places = (0..16 * 8).map(|i| i % 16 == 12 && i / 16 > 0).collect();
        let some = counts(&Uncovered { places, ..none });
        let at_uncovered = 0.75f32.powi(2);
        for (i, count) in some
            .of_network
            .iter()
            .enumerate()
            .filter(|(i, _)| i % 8 >= 4 && i % PIXELS >= 8 && *i >= 4 * PIXELS)
        {
            let expected = if i % 8 == 4 { at_uncovered } else { 1.0 };
            assert!((count - expected).abs() < 1e-6, "{i}: {count}, not {expected}");
        }
        assert!(
            some.own
                .iter()
                .all(|own| (own[PIXELS + 12] - (1.0 - at_uncovered)).abs() < 1e-6)
        );
        // Held pixels move by so much of what was added, in walks that are sure.
        let held = Held {
            decoded: vec![0.5; 2 * 3 * some.of_network.len()],
            counts: [some.of_network.clone(), some.of_network.clone()].concat(),
            known: [some.known.clone(), some.known.clone()].concat(),
        };
        let mut pixels = vec![0.7; held.decoded.len()];
        held.apply(&mut pixels, &[1.0, 0.4]);
        let (sure, unsure) = pixels.split_at(pixels.len() / 2);
        for (pixel, count) in sure.iter().step_by(3).zip(&some.of_network) {
            assert!((pixel - (0.5 + 0.2 * count)).abs() < 1e-6);
        }
        assert!(unsure.iter().all(|p| *p == 0.7));
    }

    #[test]
    fn walks_with_new_words_have_their_detail_in_the_new_light_and_others_are_left_alone() {
        // Three walks of four tokens of two colours, each picture in a light of its own. The network halves all differences; of the second token's third frame nothing is known.
        let of_walk = 4 * FRAMES_PER_LATENT * PIXELS;
        let known: Vec<f32> = (0..3 * of_walk)
            .map(|i| f32::from(u8::from(i % of_walk / PIXELS != FRAMES_PER_LATENT + 2)))
            .collect();
        let pixels = 3 * known.len();
        let light = |i: usize| 0.03 * (i / 3 / of_walk) as f32 + 0.1 * (i / 3 / PIXELS % FRAMES_PER_LATENT) as f32;
        let colour = |i: usize| if i / 3 % 8 < 4 { 0.3 } else { -0.3 };
        let was: Vec<f32> = (0..pixels).map(|i| light(i) + colour(i)).collect();
        let size = |i: usize| 0.05 * (1 + i / 3 / of_walk) as f32;
        let detail: Vec<f32> = (0..pixels)
            .map(|i| if i / 24 % 2 == 0 { size(i) } else { -size(i) })
            .collect();
        let answer: Vec<f32> = (0..pixels).map(|i| 0.5 * colour(i) - light(i)).collect();
        let held = Held {
            counts: vec![1.0; known.len()],
            decoded: was.clone(),
            known: known.clone(),
        };
        let mut made = answer.clone();
        held.relight(&mut made, &detail, &[1.0, 0.9, 0.9], 16);
        for i in 0..pixels {
            let shown = made[i] + detail[i];
            let relit = i >= pixels / 3 && known[i / 3] == 1.0;
            let expected = answer[i] + if relit { 0.5 } else { 1.0 } * detail[i];
            // Of a texture, some of the difference stays that the answer takes from it.
            let off = if relit { 0.06 } else { 5e-3 };
            assert!((shown - expected).abs() < off, "{i}: {shown}, not {expected}");
        }
    }
}

//! The networks of a generator as a step uses them: what is recycled, encoded, conditioned on and decoded, for several walks at once. On the
//! walks' thread.

use burn::tensor::{DType, Device, Tensor};
use rayon::prelude::*;

use super::held::{Counts, Held};
use super::memory::{Memory, unknown_at_the_end};
use super::quilted::{blend, quilt_step};
use super::sky::{sky, soften};
use super::walks::Sampler;
use crate::control::{LatentControl, Lens};
use crate::flow;
use crate::frame::FRAMES_PER_LATENT;
use crate::model::aapt::autoencoder::{Autoencoder, DEPTH_BLOCK};
use crate::model::aapt::codec;
use crate::model::aapt::config::{BLOCK, Recycle};
use crate::model::aapt::drawn::{Sharp, is_somewhere};
use crate::model::aapt::fill::fill;
use crate::model::aapt::generator::{Generator, Modulations};
use crate::model::aapt::rays::{self, ray_maps};
use crate::model::aapt::residual::ResidualStd;
use crate::model::aapt::text::words;
use crate::model::aapt::uncovered::Uncovered;
use crate::model::aapt::warp::{RgbDepth, UNKNOWN, Warped};
use crate::model::nn::tensor;
use crate::model::weights::to_host;

/// A latent frame's last picture.
const END: usize = FRAMES_PER_LATENT - 1;

/// The networks of a generator on a device, with the numbers that go with them.
#[derive(Clone, Debug)]
pub struct Networks {
    /// Pixels to latents and back.
    pub autoencoder: Autoencoder,
    /// The generator.
    pub generator: Generator,
    /// Deviation of what the generator adds to the recycled latent, per channel.
    pub residual_std: ResidualStd,
    /// The world's lens.
    pub lens: Lens,
    /// Type that the generator computes in.
    pub dtype: DType,
    /// Where everything is.
    pub device: Device,
    /// See [`crate::model::aapt::config::AutoencoderConfig::detail_gain`].
    pub detail_gain: f32,
    /// See [`crate::model::aapt::config::AutoencoderConfig::light`].
    pub light: bool,
}

/// Video frames of one walk's step.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// Four pictures `[h * w * 3]` in -1..1.
    pub frames: [Vec<f32>; FRAMES_PER_LATENT],
    /// Inverse depth of the last one; nothing while a step by the light decoder is being made, before [`Networks::tell_depth`].
    pub inverse_depth: Vec<f32>,
}

/// What is recycled into a step, for several walks.
pub struct Recycled {
    /// `[n, channels, h, w]`: what the network sees.
    pub latent: Tensor<4>,
    /// The same with texture in new places, if it differs, and what share of each place was drawn, `[n * h * w]`.
    pub textured: Option<(Tensor<4>, Vec<f32>)>,
    /// `[n, 4, h, w]`: the share of each video frame's pixels at a position that are known.
    pub validity: Tensor<4>,
    /// What latents can't hold of it, if something is warped.
    pub beyond: Option<Beyond>,
    /// Share of each walk's last picture that nobody knows.
    pub unknown: Vec<f32>,
    /// [`RgbDepth::stale`] of each walk's last picture; nothing if nothing is warped.
    pub stale: Vec<Vec<f32>>,
    /// [`Warped::inverse_depth`] of each walk's last picture; nothing if nothing is warped.
    pub inverse_depth: Vec<Vec<f32>>,
    /// The same with the depths of uncovered places, where they are told apart.
    pub known_depth: Vec<Vec<f32>>,
    /// [`Warped::shift`] of each walk's last picture; nothing if nothing is warped.
    pub shift: Vec<Vec<[f32; 2]>>,
}

/// Warped pictures as they are before they become latents.
pub struct Beyond {
    /// `[n * h * w * 768]`
    blocks: Vec<f32>,
    /// Their latents, `[n, channels, h, w]`.
    latent: Tensor<4>,
    /// How much of what latents can't hold counts, a plane of blocks for each walk and frame.
    gains: Vec<[Vec<f32>; FRAMES_PER_LATENT]>,
    /// As in [`Held::counts`], or nothing.
    counts: Vec<f32>,
    /// As in [`Held::known`], or nothing.
    known: Vec<f32>,
}

/// The plane of inverse depths that the decoder tells in blocks.
fn inverse_depths(blocks: &[f32], width_px: usize) -> Vec<f32> {
    let mut plane = codec::plane_from_blocks(blocks, width_px);
    plane.iter_mut().for_each(|v| *v = v.clamp(0.0, 4.0));
    plane
}

impl Networks {
    fn grid(&self) -> [usize; 2] {
        self.generator.config().grid
    }

    /// Encodes four pictures (a first frame: four times the same) of several clips: `[n, channels, h, w]`.
    pub fn encode(&self, clips: &[[&[f32]; FRAMES_PER_LATENT]]) -> Tensor<4> {
        let [h, w] = self.grid();
        self.autoencoder.encoder.forward(self.blocks(clips), h, w)
    }

    fn blocks(&self, clips: &[[&[f32]; FRAMES_PER_LATENT]]) -> Tensor<3> {
        let [h, w] = self.grid();
        let values = clips
            .iter()
            .flat_map(|f| codec::blocks_from_frames(*f, self.lens.width_px))
            .collect();
        tensor(values, [clips.len(), h * w, BLOCK], &self.device)
    }

    /// Decodes latents `[n, channels, h, w]` with the ones before them; `detail` is what [`Self::detail`] gives, or
    /// nothing.
    pub fn decode(&self, latent: Tensor<4>, before: Tensor<4>, detail: &[f32]) -> Vec<Decoded> {
        let mut decoded = self.decode_held(latent.clone(), before.clone(), detail, None);
        self.tell_depth(&mut decoded, latent, before);
        decoded
    }

    /// The decoder's depth of walks that have been decoded, where it has not been told yet.
    pub(super) fn tell_depth(&self, decoded: &mut [Decoded], latent: Tensor<4>, before: Tensor<4>) {
        if decoded.iter().all(|d| !d.inverse_depth.is_empty()) {
            return;
        }
        let [h, w] = self.grid();
        let depth = to_host(self.autoencoder.decoder.depth(latent, before, self.dtype));
        for (d, blocks) in decoded.iter_mut().zip(depth.chunks_exact(h * w * DEPTH_BLOCK)) {
            d.inverse_depth = inverse_depths(blocks, self.lens.width_px);
        }
    }

    /// Pixels alone, if the decoder is the light one, else [`Self::decode`]; held to what was recycled by walks that are so sure of it.
    pub(super) fn decode_held(
        &self,
        latent: Tensor<4>,
        before: Tensor<4>,
        detail: &[f32],
        held: Option<(&Held, &[f32])>,
    ) -> Vec<Decoded> {
        let [h, w] = self.grid();
        let (mut pixels, depth) = match self.light {
            true => (to_host(self.autoencoder.decoder.light(latent)), vec![]),
            false => {
                let (pixels, depth) = self.autoencoder.decoder.forward(latent, before, self.dtype);
                (to_host(pixels), to_host(depth))
            }
        };
        if let Some((held, sure)) = held {
            held.apply(&mut pixels, sure);
            held.relight(&mut pixels, detail, sure, self.lens.width_px);
        }
        pixels.iter_mut().zip(detail).for_each(|(p, d)| *p += d);
        pixels
            .chunks_exact(h * w * BLOCK)
            .enumerate()
            .map(|(i, p)| {
                let mut frames = codec::frames_from_blocks(p, self.lens.width_px);
                frames.iter_mut().flatten().for_each(|v| *v = v.clamp(-1.0, 1.0));
                let each = h * w * DEPTH_BLOCK;
                let told = depth.get(i * each..(i + 1) * each);
                Decoded {
                    frames,
                    inverse_depth: told.map_or_else(Vec::new, |d| inverse_depths(d, self.lens.width_px)),
                }
            })
            .collect()
    }

    /// What is recycled into a step under the cameras of `controls`; `memories` are the walks' own, or none at all, and
    /// `quilts` the seeds of the texture that new places get, if they do; `soft` is [`Sampler::fill`], and `apart`, with the
    /// channels' shares of colour, [`Sampler::keep_apart`].
    pub fn recycle(
        &self,
        before: &Tensor<4>,
        last: &[RgbDepth],
        memories: &[Memory],
        controls: &[LatentControl],
        quilts: Option<&[u64]>,
        soft: bool,
        apart: Option<&[f32]>,
    ) -> Recycled {
        let [h, w] = self.grid();
        let n = controls.len();
        match self.generator.config().recycle {
            Recycle::Raw => Recycled {
                latent: before.clone(),
                textured: None,
                validity: Tensor::ones([n, FRAMES_PER_LATENT, h, w], &self.device),
                beyond: None,
                unknown: vec![0.0; n],
                stale: vec![],
                inverse_depth: vec![],
                known_depth: vec![],
                shift: vec![],
            },
            Recycle::Reproject => {
                let mut blocks = Vec::with_capacity(n * h * w * BLOCK);
                let mut validity = Vec::with_capacity(n * FRAMES_PER_LATENT * h * w);
                let mut gains: Vec<[Vec<f32>; FRAMES_PER_LATENT]> = Vec::with_capacity(n);
                let mut unknown = Vec::with_capacity(n);
                let (mut counts, mut known) = (vec![], vec![]);
                let motions_px = self.motion_px(controls);
                let (mut stale, mut inverse_depth, mut known_depth, mut shift) = (vec![], vec![], vec![], vec![]);
                let (mut textured, mut drawn) = (vec![], vec![]);
                for (i, (source, control)) in last.iter().zip(controls).enumerate() {
                    let before = control.before();
                    let mut warped = match memories.get(i) {
                        Some(memory) => memory.recall(&self.lens, source, control, apart.is_some()),
                        None => {
                            let source = Sharp::new(&self.lens, source, apart.is_some());
                            (control.poses).map(|pose| source.reproject(&self.lens, &before, &pose, None))
                        }
                    };
                    unknown.push(unknown_at_the_end(&warped));
                    let end = &mut warped[FRAMES_PER_LATENT - 1];
                    stale.push(std::mem::take(&mut end.stale));
                    let mut depth = end.inverse_depth.clone();
                    let mut own = None;
                    let mut behind = None;
                    if let (true, Some(shares)) = (soft, apart) {
                        let sky = memories.get(i).and_then(|memory| memory.sky(&self.lens));
                        let mut uncovered: [Option<Uncovered>; FRAMES_PER_LATENT] = Default::default();
                        let pictures = uncovered.par_iter_mut().zip(warped.par_iter_mut()).enumerate();
                        let depths: Vec<Option<Vec<f32>>> = pictures
                            .map(|(frame, (uncovered, picture))| {
                                let of_it = uncovered.insert(Uncovered::new(picture, sky.as_deref(), &self.lens));
                                let layers = of_it.fill(picture, &self.lens);
                                (frame == END).then(|| of_it.depths(picture, layers.as_ref(), &self.lens))
                            })
                            .collect();
                        behind = depths.into_iter().flatten().next();
                        if let [Some(a), Some(b), Some(c), Some(d)] = uncovered {
                            let (all, width_px) = ([a, b, c, d], self.lens.width_px);
                            let (std, motion_px) = (&self.residual_std, motions_px[i]);
                            let of_walk = Counts::new(&warped, &all, width_px, std, shares, motion_px);
                            counts.extend(of_walk.of_network);
                            known.extend(of_walk.known);
                            own = Some(of_walk.own);
                        }
                    } else if soft {
                        warped.par_iter_mut().for_each(|picture| fill(picture, &self.lens));
                    }
                    let as_blocks = |warped: &[Warped; FRAMES_PER_LATENT]| {
                        let pictures: [&[f32]; FRAMES_PER_LATENT] = std::array::from_fn(|i| warped[i].rgb.as_slice());
                        codec::blocks_from_frames(pictures, self.lens.width_px)
                    };
                    let of_this_walk = blocks.len();
                    blocks.extend(as_blocks(&warped));
                    for picture in &warped {
                        validity.extend(codec::block_means(&picture.valid, self.lens.width_px));
                    }
                    if let (Some(seeds), Some(memory)) = (quilts, memories.get(i)) {
                        let sources = || memory.textures(&self.lens, control);
                        match quilt_step(&mut warped, control, &self.lens, sources, seeds[i]) {
                            Some(share) => {
                                drawn.extend(share);
                                textured.extend(as_blocks(&warped));
                                // What was drawn brings its depths along.
                                let end = &warped[END];
                                let known = end.valid.iter().zip(&end.inverse_depth);
                                for (depth, (_, known)) in depth.iter_mut().zip(known).filter(|(_, (v, _))| **v > 0.0) {
                                    *depth = *known;
                                }
                            }
                            None => {
                                drawn.resize(drawn.len() + h * w, 0.0);
                                textured.extend_from_slice(&blocks[of_this_walk..]);
                            }
                        }
                    }
                    known_depth.push(match behind {
                        None => depth.clone(),
                        Some(behind) => {
                            let both = depth.iter().zip(behind);
                            both.map(|(k, b)| if *k == UNKNOWN { b } else { *k }).collect()
                        }
                    });
                    inverse_depth.push(depth);
                    let mut of_walk = warped.each_ref().map(|picture| {
                        // What is sampled where it was drawn was resampled once: nothing piles up.
                        let kept = |(valid, shift): (&f32, &[f32; 2])| {
                            valid * if is_somewhere(*shift) { 1.0 } else { self.detail_gain }
                        };
                        let of_pixels: Vec<f32> = picture.valid.iter().zip(&picture.shift).map(kept).collect();
                        codec::blocks_from_plane(&of_pixels, self.lens.width_px)
                    });
                    for (gains, own) in of_walk.iter_mut().zip(own.iter().flatten()) {
                        gains.iter_mut().zip(own).for_each(|(gain, own)| *gain = gain.max(*own));
                    }
                    gains.push(of_walk);
                    let [.., end] = warped;
                    shift.push(end.shift);
                }
                let encoded = |blocks: &[f32]| {
                    let pixels: Tensor<3> = tensor(blocks.to_vec(), [n, h * w, BLOCK], &self.device);
                    self.autoencoder.encoder.linear(pixels, h, w)
                };
                let latent = encoded(&blocks);
                // Where nothing was drawn one encoding is enough.
                let textured = drawn.iter().any(|d| *d > 0.0).then(|| {
                    let base = encoded(&textured);
                    blocks = textured;
                    base
                });
                let beyond = Beyond {
                    blocks,
                    latent: textured.as_ref().unwrap_or(&latent).clone(),
                    gains,
                    counts,
                    known,
                };
                Recycled {
                    latent,
                    textured: textured.map(|base| (base, drawn)),
                    validity: tensor(validity, [n, FRAMES_PER_LATENT, h, w], &self.device),
                    beyond: Some(beyond),
                    unknown,
                    stale,
                    inverse_depth,
                    known_depth,
                    shift,
                }
            }
        }
    }

    /// What the first steps recycle from: the first frames themselves, sharper than their decodings, with the depth that
    /// only the decoder can give.
    pub fn first_sources(&self, first: &[Vec<f32>], decoded: &[Decoded]) -> Vec<RgbDepth> {
        let sources = first.iter().zip(decoded).map(|(rgb, d)| RgbDepth {
            rgb: rgb.clone(),
            stale: vec![0.0; d.inverse_depth.len()],
            inverse_depth: d.inverse_depth.clone(),
            drawn: None,
        });
        sources.collect()
    }

    /// How far each walk's picture moves in a step; without a warp nothing is known by standing still.
    pub fn motion_px(&self, controls: &[LatentControl]) -> Vec<f32> {
        let raw = self.generator.config().recycle == Recycle::Raw;
        let motion = |c: &LatentControl| if raw { f32::INFINITY } else { c.motion_px(&self.lens) };
        controls.iter().map(motion).collect()
    }

    /// Detail of warped pixels that their latents can't hold, to be added to what is decoded, `[n * h * w * 768]` or nothing: what they hold beyond the decoding of
    /// those latents, times their gains, 0 where they are not valid. And what pixels are held to, if they are. Of a whole decoder its branch counts as held, too: what it drew would
    /// else be drawn again at every step, on top of itself. Of walks that are less `sure` of what they know, detail counts less where it is not relit (`Held::relight`): the network can't change it.
    pub fn detail(&self, beyond: Option<Beyond>, before: &Tensor<4>, sure: &[f32]) -> (Vec<f32>, Option<Held>) {
        let Some(beyond) = beyond.filter(|_| self.detail_gain != 0.0) else {
            return (vec![], None);
        };
        let Beyond {
            mut blocks,
            latent,
            gains,
            counts,
            known,
        } = beyond;
        let decoder = &self.autoencoder.decoder;
        let decoded = to_host(match self.light {
            true => decoder.light(latent),
            false => decoder.forward(latent, before.clone(), self.dtype).0,
        });
        let plane = BLOCK / FRAMES_PER_LATENT / 3;
        let each = blocks.len() / gains.len().max(1);
        let walks = blocks.chunks_exact_mut(each).zip(decoded.chunks_exact(each));
        for (i, (((walk, held), gains), sure)) in walks.zip(&gains).zip(sure).enumerate() {
            let known = known.get(i * each / 3..(i + 1) * each / 3);
            for (i, (pixel, held)) in walk.iter_mut().zip(held).enumerate() {
                let (position, within) = (i / BLOCK, i % BLOCK);
                let relit = known.is_some_and(|known| known[position * FRAMES_PER_LATENT * plane + within / 3] > 0.0);
                let gain = if relit { 1.0 } else { *sure }
                    * gains[within / (plane * 3)][position * plane + within / 3 % plane];
                *pixel = (*pixel - held) * gain;
            }
        }
        (blocks, (!counts.is_empty()).then_some(Held { decoded, counts, known }))
    }

    /// Camera rays `[n, 24, h, w]`.
    pub fn rays(&self, controls: &[LatentControl]) -> Tensor<4> {
        let [h, w] = self.grid();
        let values = controls.iter().flat_map(|c| ray_maps(&self.lens, c)).collect();
        tensor(values, [controls.len(), rays::CHANNELS, h, w], &self.device)
    }

    /// Everything beside the noise, joined on channels: recycled, validity, rays.
    pub fn condition(recycled: Tensor<4>, validity: Tensor<4>, rays: Tensor<4>) -> Tensor<4> {
        Tensor::cat(vec![recycled, validity, rays], 1)
    }

    /// What the generator's unit-deviation data mean: a latent is `base + data * residual_std`, the latter by
    /// `validity` and motion.
    pub fn latent_from_data(
        &self,
        data: Tensor<4>,
        recycled: Tensor<4>,
        validity: Tensor<4>,
        motion_px: &[f32],
    ) -> Tensor<4> {
        let scaled = data * self.residual_std.map(validity, motion_px);
        match self.generator.config().recycle {
            Recycle::Raw => scaled,
            Recycle::Reproject => recycled + scaled,
        }
    }

    /// Data of which, at known places, only what means colour is left: `shares` of each channel ([`Decoder::colour_shares`]). Trained on squared error, a network
    /// answers with the mean of all that could be there: as colour that is right, as texture it is haze, a little more at every step. Walks that are not `sure`, because their words are new, take all of it.
    ///
    /// [`Decoder::colour_shares`]: crate::model::aapt::autoencoder::Decoder::colour_shares
    pub(super) fn colour_alone(&self, data: Tensor<4>, validity: Tensor<4>, sure: &[f32], shares: &[f32]) -> Tensor<4> {
        let texture: Vec<f32> = shares.iter().map(|share| 1.0 - share).collect();
        let texture: Tensor<4> = tensor(texture, [1, shares.len(), 1, 1], &self.device);
        let known = validity.mean_dim(1);
        let known = match sure.iter().all(|sure| *sure == 1.0) {
            true => known,
            false => {
                let sure = sure.iter().map(|sure| f32::from(u8::from(*sure == 1.0))).collect();
                known.clone() * tensor::<4>(sure, [known.dims()[0], 1, 1, 1], &self.device)
            }
        };
        data.clone() - data * known * texture
    }

    /// How sure walks are of known places that have so many steps of doubt left.
    pub(super) fn sureness(&self, left: &[u64]) -> Vec<f32> {
        let doubt = self.generator.config().doubt;
        let sure = |left: &u64| if *left > 0 { 1.0 - doubt } else { 1.0 };
        left.iter().map(sure).collect()
    }

    /// The validity `[n, 4, h, w]` of walks that are so sure of what they know.
    pub(super) fn doubted(&self, validity: Tensor<4>, sure: &[f32]) -> Tensor<4> {
        if sure.iter().all(|sure| *sure == 1.0) {
            return validity;
        }
        validity * tensor::<4>(sure.to_vec(), [sure.len(), 1, 1, 1], &self.device)
    }

    /// A latent frame whose skies have no edges of tokens.
    pub(super) fn softened(&self, latent: Tensor<4>, recycled: Tensor<4>, inverse_depths: &[Vec<f32>]) -> Tensor<4> {
        let shape @ [_, c, h, w] = latent.dims();
        let skies: Vec<Vec<bool>> = (inverse_depths.iter()).map(|k| sky(k, self.lens.width_px)).collect();
        if !skies.iter().flatten().any(|sky| *sky) {
            return latent;
        }
        let (mut latent, recycled) = (to_host(latent), to_host(recycled));
        let walks = latent.chunks_exact_mut(c * h * w).zip(recycled.chunks_exact(c * h * w));
        for ((latent, recycled), sky) in walks.zip(&skies) {
            soften(latent, recycled, sky, [h, w]);
        }
        tensor(latent, shape, &self.device)
    }

    /// A latent frame with texture where some was drawn.
    pub(super) fn quilted(
        &self,
        latent: Tensor<4>,
        textured: Option<(Tensor<4>, Vec<f32>)>,
        shares: &[f32],
    ) -> Tensor<4> {
        let Some((base, drawn)) = textured else { return latent };
        let shape @ [_, c, h, w] = latent.dims();
        let (mut latent, base) = (to_host(latent), to_host(base));
        let walks = latent.chunks_exact_mut(c * h * w).zip(base.chunks_exact(c * h * w));
        for ((latent, base), drawn) in walks.zip(drawn.chunks_exact(h * w)) {
            blend(latent, base, drawn, shares, [h, w]);
        }
        tensor(latent, shape, &self.device)
    }

    /// Modulations of each of the sampler's evaluations, for `batch` walks.
    pub(super) fn modulations(&self, sampler: Sampler, batch: usize, device: &Device) -> Vec<Modulations> {
        flow::timesteps(sampler.steps, sampler.shift)[..sampler.steps]
            .iter()
            .map(|t| self.generator.modulations(*t, batch, self.dtype, device))
            .collect()
    }

    /// Text tokens of prompts.
    pub fn text(&self, prompts: &[&str]) -> Tensor<3> {
        let c = self.generator.config();
        let ids: Vec<Vec<i32>> = prompts.iter().map(|p| words(p, &c.vocabulary, c.text_tokens)).collect();
        self.generator.encode_text(&ids, &self.device)
    }
}

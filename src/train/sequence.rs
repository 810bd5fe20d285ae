//! Batches of latent clips for the generator's stages, and the losses' common parts.

use burn::tensor::{DType, Device, Tensor};
use half::f16;
use rayon::prelude::*;

use super::latents::LatentClip;
use crate::control::Lens;
use crate::device::Gaussian;
use crate::frame::FRAMES_PER_LATENT;
use crate::model::aapt::config::{GeneratorConfig, Recycle};
use crate::model::aapt::rays::{self, ray_maps};
use crate::model::aapt::residual::ResidualStd;
use crate::model::aapt::text::Prompts;
use crate::model::nn::tensor;

/// A batch of clips, teacher-forced: everything the generator sees and should make.
pub(super) struct Batch {
    /// Data of unit deviation that the generator models: `[batch, latents, channels, h, w]`, f32.
    pub(super) data: Tensor<5>,
    /// Recycled latents, validity, rays: `[batch, latents, condition_channels, h, w]`.
    pub(super) condition: Tensor<5>,
    /// Latents are `base + data * std`; shapes as `data`, f32.
    pub(super) base: Tensor<5>,
    /// See `base`.
    pub(super) std: Tensor<5>,
    /// Weights of squared errors of the data, shaped like them, f32.
    pub(super) weights: Tensor<5>,
    /// Prompts of each clip's steps.
    pub(super) prompts: Vec<Prompts>,
}

/// Largest magnitude of the data that the generator is asked for, in deviations.
pub(super) const MAX_DATA: f32 = 5.0;

/// Data up to this magnitude count fully.
const USUAL_DATA: f32 = 2.0;

/// What a batch takes from a clip.
pub(super) struct Pick {
    pub(super) clip: usize,
    /// Steps in order. The first is the clip's own first, because that one stays pinned at play time; the others follow
    /// each other anywhere, earlier ones more often.
    pub(super) steps: Vec<usize>,
}

/// Draws a batch.
pub(super) fn picks(rng: &mut Gaussian, clips: &[LatentClip], batch: usize, latents: usize) -> Vec<Pick> {
    (0..batch)
        .map(|_| {
            let clip = rng.below(clips.len());
            let choices = clips[clip].controls.len() - latents + 1;
            let u = rng.uniform();
            let from = 1 + ((u * u * choices as f32) as usize).min(choices - 1);
            Pick {
                clip,
                steps: std::iter::once(0).chain(from..from + latents - 1).collect(),
            }
        })
        .collect()
}

fn widen(values: &[f16]) -> impl Iterator<Item = f32> + '_ {
    values.iter().map(|v| v.to_f32())
}

/// One clip's numbers of a batch, as its tensors hold them.
struct Parts {
    data: Vec<f32>,
    condition: Vec<f32>,
    bases: Vec<f32>,
    stds: Vec<f32>,
    of_errors: Vec<f32>,
}

impl Parts {
    fn with_capacity(latents: usize, conditions: usize) -> Self {
        Self {
            data: Vec::with_capacity(latents),
            condition: Vec::with_capacity(conditions),
            bases: Vec::with_capacity(latents),
            stds: Vec::with_capacity(latents),
            of_errors: Vec::with_capacity(latents),
        }
    }
}

/// Puts together `latents` steps of each picked clip.
pub(super) fn assemble(
    lens: &Lens,
    config: &GeneratorConfig,
    clips: &[LatentClip],
    picks: &[Pick],
    latents: usize,
    residual_std: &ResidualStd,
    weights: &ErrorWeights,
    dtype: DType,
    device: &Device,
) -> Batch {
    let [h, w] = config.grid;
    let (c, plane) = (config.latent_channels, h * w);
    let channels = config.condition_channels();
    let n = picks.len();
    let one = |pick: &Pick| {
        let clip = &clips[pick.clip];
        let mut part = Parts::with_capacity(latents * c * plane, latents * channels * plane);
        for &k in &pick.steps {
            let now = &clip.latents[(k + 1) * c * plane..][..c * plane];
            let recycled = &clip.recycled[k * c * plane..][..c * plane];
            let motion_px = match config.recycle {
                Recycle::Raw => f32::INFINITY,
                Recycle::Reproject => clip.controls[k].motion_px(lens),
            };
            let sure = clip.sureness(k, config.doubt);
            let validity: Vec<f32> =
                widen(&clip.validity[k * FRAMES_PER_LATENT * plane..][..FRAMES_PER_LATENT * plane])
                    .map(|v| v * sure)
                    .collect();
            for (i, (z, r)) in widen(now).zip(widen(recycled)).enumerate() {
                let base = if config.recycle == Recycle::Reproject { r } else { 0.0 };
                let known = (0..FRAMES_PER_LATENT)
                    .map(|f| validity[f * plane + i % plane])
                    .sum::<f32>()
                    / FRAMES_PER_LATENT as f32;
                let std = residual_std.at(i / plane, known, motion_px);
                part.bases.push(base);
                part.stds.push(std);
                // A walk gone astray must not decide the whole batch: far data count by their size, not by its square.
                let value = (z - base) / std;
                let weight = weights.at(i / plane, known) * (USUAL_DATA / value.abs()).min(1.0);
                part.of_errors.push(weight);
                part.data.push(value.clamp(-MAX_DATA, MAX_DATA));
            }
            part.condition.extend(widen(recycled));
            part.condition.extend(validity);
            part.condition.extend(ray_maps(lens, &clip.controls[k]));
        }
        part
    };
    let parts: Vec<Parts> = picks.par_iter().map(one).collect();
    let joined = |of: fn(&Parts) -> &Vec<f32>| {
        parts
            .iter()
            .map(|part| of(part).as_slice())
            .collect::<Vec<_>>()
            .concat()
    };
    debug_assert_eq!(channels, c + FRAMES_PER_LATENT + rays::CHANNELS);
    Batch {
        data: tensor(joined(|p| &p.data), [n, latents, c, h, w], device),
        condition: tensor(joined(|p| &p.condition), [n, latents, channels, h, w], device).cast(dtype),
        base: tensor(joined(|p| &p.bases), [n, latents, c, h, w], device),
        std: tensor(joined(|p| &p.stds), [n, latents, c, h, w], device),
        weights: tensor(joined(|p| &p.of_errors), [n, latents, c, h, w], device),
        prompts: picks.iter().map(|p| clips[p.clip].prompts.of(&p.steps)).collect(),
    }
}

/// Weights of squared errors by latent channel and by whether the place is known.
pub(super) struct ErrorWeights {
    known: Vec<f32>,
    new: Vec<f32>,
}

impl ErrorWeights {
    /// (residual deviation x deviation in the picture) to a power, mean 1 over channels where the warp knows the place and
    /// `new_weight` where it does not: few places are new in a clip, and they are what has to be learnt.
    pub(super) fn new(residual_std: &ResidualStd, deviation: &[f32], power: f32, new_weight: f32) -> Self {
        let scaled = |residuals: &[f32], mean: f32| -> Vec<f32> {
            let raw: Vec<f32> = residuals
                .iter()
                .zip(deviation)
                .map(|(r, d)| (r * d).max(1e-6).powf(power))
                .collect();
            let factor = mean * raw.len() as f32 / raw.iter().sum::<f32>();
            raw.into_iter().map(|v| v * factor).collect()
        };
        Self {
            known: scaled(&residual_std.known, 1.0),
            new: scaled(&residual_std.new, new_weight),
        }
    }

    /// Of a channel where the share `known` of the pixels is known.
    pub(super) fn at(&self, channel: usize, known: f32) -> f32 {
        known * self.known[channel] + (1.0 - known) * self.new[channel]
    }
}

/// Mean of weighted squared errors.
pub(super) fn weighted_mse(error: Tensor<5>, weights: Tensor<5>) -> Tensor<1> {
    (error.powi_scalar(2) * weights).mean()
}

/// Standard normal noise shaped like `like`, each of the batch's parts from a sequence of its own that `rng` names.
pub(super) fn noise_like(like: &Tensor<5>, rng: &mut Gaussian) -> Tensor<5> {
    let shape @ [batch, latents, c, h, w] = like.dims();
    let seeds: Vec<u64> = (0..batch).map(|_| rng.seed()).collect();
    let mut values = vec![0.0; shape.iter().product()];
    values
        .par_chunks_exact_mut((latents * c * h * w).max(1))
        .zip(seeds)
        .for_each(|(part, seed)| Gaussian::new(seed, 0).fill(part));
    tensor(values, shape, &like.device())
}

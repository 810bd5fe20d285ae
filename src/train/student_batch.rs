//! Batches of the adversarial stage: what the generator makes along walks of its own, beside the truth.
//!
//! The walks were rolled out before ([`super::student`]), so all that was recycled is known, and it carries no gradient
//! (AAPT §2.2 detaches it). One block-causal pass over the clip with the walks' own noise then makes the same latent frames
//! as stepping through the KV ring does, and its gradient flows through the same keys and values, at the price of teacher
//! forcing. A test holds the two against each other.
//!
//! That is exact for batches that begin with a walk's first step. One that is cut from later in a walk has the pinned first
//! frame and its own frames in sight, not the ones before it.

use burn::tensor::{DType, Device, Tensor};
use rayon::prelude::*;

use super::latents::LatentClip;
use super::sequence::{Batch, Pick};
use crate::flow;
use crate::model::aapt::config::GeneratorConfig;
use crate::model::aapt::generator::Generator;
use crate::model::nn::tensor;
use crate::rollout::fill_noise;

/// Latents to and from unit deviation, per channel.
pub(super) struct Scale {
    mean: Tensor<5>,
    std: Tensor<5>,
}

impl Scale {
    pub(super) fn new(mean: &[f32], std: &[f32], device: &Device) -> Self {
        let row = |values: &[f32]| tensor(values.to_vec(), [1, 1, values.len(), 1, 1], device);
        Self {
            mean: row(mean),
            std: row(std),
        }
    }

    pub(super) fn normalised(&self, latents: Tensor<5>) -> Tensor<5> {
        (latents - self.mean.clone()) / self.std.clone()
    }

    pub(super) fn latents(&self, normalised: Tensor<5>) -> Tensor<5> {
        normalised * self.std.clone() + self.mean.clone()
    }
}

/// Latent frames 0 of the picked clips: `[batch, 1, channels, h, w]`.
pub(super) fn first_latents(
    config: &GeneratorConfig,
    clips: &[LatentClip],
    picks: &[Pick],
    device: &Device,
) -> Tensor<5> {
    let [h, w] = config.grid;
    let c = config.latent_channels;
    let each = c * h * w;
    let values = picks
        .iter()
        .flat_map(|p| clips[p.clip].latents[..each].iter().map(|v| v.to_f32()))
        .collect();
    tensor(values, [picks.len(), 1, c, h, w], device)
}

/// The truth of the picked steps: `[batch, latents, channels, h, w]`.
pub(super) fn real_latents(
    config: &GeneratorConfig,
    clips: &[LatentClip],
    picks: &[Pick],
    device: &Device,
) -> Tensor<5> {
    let [h, w] = config.grid;
    let c = config.latent_channels;
    let (each, latents) = (c * h * w, picks.first().map_or(0, |p| p.steps.len()));
    let values = (picks.par_iter())
        .flat_map_iter(|p| {
            p.steps
                .iter()
                .map(move |k| &clips[p.clip].latents[(k + 1) * each..(k + 2) * each])
        })
        .flat_map_iter(|z| z.iter().map(|v| v.to_f32()))
        .collect();
    tensor(values, [picks.len(), latents, c, h, w], device)
}

/// What the discriminator knows beside the frames: validity and rays, nothing for the first frame.
/// `[batch, 1 + latents, condition_channels - channels, h, w]`
pub(super) fn camera(batch: &Batch, channels: usize) -> Tensor<5> {
    let [n, _, all, h, w] = batch.condition.dims();
    let camera = batch.condition.clone().narrow(2, channels, all - channels);
    let none = Tensor::<5>::zeros([n, 1, all - channels, h, w], &camera.device()).cast(camera.dtype());
    Tensor::cat(vec![none, camera], 1)
}

/// The first channels of what was recycled, if there are to be any: `[batch, latents, first, h, w]`, f32.
pub(super) fn recycled_channels(batch: &Batch, first: usize) -> Option<Tensor<5>> {
    (first > 0).then(|| batch.condition.clone().narrow(2, 0, first).cast(DType::F32))
}

/// `latents` with their first channels replaced.
pub(super) fn with_channels(latents: Tensor<5>, first: Option<&Tensor<5>>) -> Tensor<5> {
    let Some(first) = first else { return latents };
    let [_, _, n, _, _] = first.dims();
    let [_, _, c, _, _] = latents.dims();
    Tensor::cat(vec![first.clone(), latents.narrow(2, n, c - n)], 2)
}

/// The noise of the picked steps, as the walks had it: `[batch, latents, channels, h, w]`.
pub(super) fn noise(like: &Tensor<5>, clips: &[LatentClip], picks: &[Pick]) -> Tensor<5> {
    let shape @ [n, latents, c, h, w] = like.dims();
    let each = c * h * w;
    let mut values = vec![0.0; n * latents * each];
    let steps: Vec<_> = picks
        .iter()
        .flat_map(|p| p.steps.iter().map(move |k| (p, *k)))
        .collect();
    values
        .par_chunks_exact_mut(each)
        .zip(steps)
        .for_each(|(part, (pick, k))| {
            let seed = clips[pick.clip].noise_seed.unwrap_or(pick.clip as u64);
            fill_noise(seed, k as u64 + 1, part);
        });
    tensor(values, shape, &like.device())
}

/// The latent frames that a generator makes of a batch in one evaluation each, as data of unit deviation.
///
/// `generator` is on `device`, the batch on its inner twin if `lift` differs from the identity.
pub(super) fn make(
    generator: &Generator,
    batch: &Batch,
    noise: Tensor<5>,
    dtype: DType,
    device: &Device,
    lift: fn(Tensor<5>) -> Tensor<5>,
) -> Tensor<5> {
    let [n, ..] = noise.dims();
    let noise = lift(noise);
    let (from, to) = (vec![1.0; n], vec![0.0; n]);
    let text = generator.encode_prompts(&batch.prompts, device);
    let output = generator
        .sequence(noise.clone().cast(dtype), lift(batch.condition.clone()), &from, text)
        .cast(DType::F32);
    let v = generator.config().prediction.velocity(noise.clone(), output, &from);
    flow::euler(noise, v, &from, &to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{CameraPose, Keys, LatentControl, Lens};
    use crate::device::Gaussian;
    use crate::frame::FRAMES_PER_LATENT;
    use crate::model::aapt::autoencoder::Autoencoder;
    use crate::model::aapt::config::{AutoencoderConfig, BLOCK, Recycle};
    use crate::model::aapt::pca::Accumulator;
    use crate::model::aapt::residual::ResidualStd;
    use crate::model::aapt::text::Prompts;
    use crate::model::weights::{export, import, to_host};
    use crate::rollout::{Networks, Sampler, Walks};
    use crate::train::latents::LatentClip;
    use crate::train::sequence::{ErrorWeights, assemble};
    use half::f16;

    #[test]
    fn the_first_channels_can_be_put_in() {
        let device = Device::flex();
        let x: Tensor<5> = tensor((0..12).map(|v| v as f32).collect(), [1, 2, 3, 1, 2], &device);
        let first: Tensor<5> = tensor(vec![-1.0, -2.0, -3.0, -4.0], [1, 2, 1, 1, 2], &device);
        let y = to_host(with_channels(x.clone(), Some(&first)));
        assert_eq!(y, [-1.0, -2.0, 2.0, 3.0, 4.0, 5.0, -3.0, -4.0, 8.0, 9.0, 10.0, 11.0]);
        assert_eq!(to_host(with_channels(x.clone(), None)), to_host(x));
    }

    /// A generator whose every weight matters.
    fn stirred(config: &GeneratorConfig, device: &Device) -> Generator {
        let blank = Generator::new(config, &mut Gaussian::new(2, 0), device);
        let mut arrays = export(&blank);
        let mut rng = Gaussian::new(3, 0);
        for values in arrays.values_mut().map(|a| &mut a.values) {
            values.iter_mut().for_each(|v| *v += 0.1 * rng.normal());
        }
        import(blank, &arrays, device).unwrap()
    }

    /// A walk past the window whose prompt changes, stepped through the ring, and the same in one pass.
    #[test]
    fn one_pass_makes_what_a_walk_makes() {
        for recycle in [Recycle::Reproject, Recycle::Raw] {
            let device = Device::flex();
            let lens = Lens {
                width_px: 48,
                height_px: 32,
                fov_x_rad: 1.3,
            };
            let config = GeneratorConfig {
                grid: [4, 6],
                latent_channels: 6,
                width: 32,
                depth: 2,
                heads: 2,
                mlp_ratio: 2,
                window: 2,
                recycle,
                text_tokens: 3,
                vocabulary: vec!["snow".into(), "dusk".into()],
                local_head: None,
                painter: None,
                depth_net: None,
                doubt: 0.2,
                prediction: flow::Prediction::default(),
                evaluations: flow::Evaluations::default(),
            };
            let coder = AutoencoderConfig {
                latent_channels: 6,
                encoder_blocks: 0,
                decoder_blocks: 1,
                width: 16,
                detail_gain: 0.5,
                light: true,
            };
            let mut rng = Gaussian::new(5, 0);
            let mut sample = Accumulator::new(&device);
            sample.add((0..64 * BLOCK).map(|_| rng.normal()).collect(), &device);
            let components = sample.components(6);
            let networks = Networks {
                autoencoder: Autoencoder::new(&coder, &components, &mut rng, &device),
                generator: stirred(&config, &device),
                residual_std: ResidualStd {
                    known: vec![0.1; 6],
                    new: vec![0.4; 6],
                },
                lens,
                dtype: DType::F32,
                device: device.clone(),
                detail_gain: 0.5,
                light: true,
            };
            let seed = 11;
            let first: Vec<f32> = (0..48 * 32 * 3).map(|_| rng.uniform() * 2.0 - 1.0).collect();
            let (mut walks, _) = Walks::start(
                networks.clone(),
                Sampler {
                    quilt: false,
                    paint: false,
                    even_sky: false,
                    keep_drawn: false,
                    keep_apart: false,
                    colour_alone: false,
                    hold_colours: false,
                    ..Sampler::default()
                },
                std::slice::from_ref(&first),
                &["snow"],
                &[seed],
            );
            let half = |x: Tensor<4>| to_host(x).into_iter().map(f16::from_f32).collect::<Vec<_>>();
            let mut clip = LatentClip {
                latents: half(walks.latent()),
                recycled: vec![],
                validity: vec![],
                controls: vec![],
                prompts: Prompts {
                    first: vec![1, 0, 0],
                    then: Some((3, vec![2, 1, 0])),
                },
                noise_seed: Some(seed),
            };
            let mut made = Vec::new();
            for k in 0..6 {
                let at = |f: usize| CameraPose {
                    yaw_rad: 0.02 * f as f32,
                    ..CameraPose::default()
                };
                let before = k * FRAMES_PER_LATENT;
                let poses = std::array::from_fn(|i| at(before + 1 + i));
                let control = LatentControl::new(&at(before), &poses, Keys(0));
                if k == 3 {
                    walks.change_prompts(&["dusk snow"], &[true]);
                }
                walks.next(&[control]).unwrap();
                let (recycled, validity) = walks.recycled().unwrap().clone();
                clip.recycled.extend(half(recycled));
                clip.validity.extend(half(validity));
                clip.controls.push(control);
                made.extend(to_host(walks.latent()));
                clip.latents.extend(half(walks.latent()));
            }
            let weights = ErrorWeights::new(&networks.residual_std, &[1.0; 6], 1.0, 1.0);
            let picks = [Pick {
                clip: 0,
                steps: (0..6).collect(),
            }];
            let clips = [clip];
            let batch = assemble(
                &lens,
                &config,
                &clips,
                &picks,
                6,
                &networks.residual_std,
                &weights,
                DType::F32,
                &device,
            );
            let noise = noise(&batch.data, &clips, &picks);
            let data = make(&networks.generator, &batch, noise, DType::F32, &device, |x| x);
            let again = to_host(batch.base + data * batch.std);
            let scale = made.iter().map(|v| v.abs()).fold(0.0, f32::max);
            // What is recycled is kept in f16.
            for (a, b) in again.iter().zip(&made) {
                assert!((a - b).abs() < 2e-3 * scale, "{recycle:?}: {a} {b}");
            }
        }
    }
}

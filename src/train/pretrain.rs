//! Bidirectional pre-training: video diffusion over whole clips, what AAPT begins with. Flow matching, one shifted timestep
//! a clip; every latent frame sees all others, and nothing is recycled: those channels are zero. The first latent frame
//! stands at the beginning of the clip as it is, without noise and without a camera, so that video continues a picture.
//!
//! [`converted`] then makes of it what adaptation begins with.

use std::path::Path;

use burn::tensor::{DType, Device, Gradients, Tensor};

use super::TrainError;
use super::adapt::Setup;
use super::autoencoder::compute_dtype;
use super::checkpoint;
use super::clips::Clips;
use super::latents::{self, LatentClip, encoder_networks};
use super::optim::{AdamW, Optimizer, learning_rate};
use super::recipe::PretrainRecipe;
use super::run::Run;
use super::samples::sheet;
use super::sequence::{ErrorWeights, noise_like, weighted_mse};
use super::start;
use super::steps::Steps;
use super::student_batch::Scale;
use crate::control::Lens;
use crate::data::Split;
use crate::device::Gaussian;
use crate::flow;
use crate::frame::{FRAMES_PER_LATENT, Frame, psnr_db};
use crate::model::aapt::block::Sight;
use crate::model::aapt::codec;
use crate::model::aapt::config::{GeneratorConfig, PATCH};
use crate::model::aapt::generator::Generator;
use crate::model::aapt::rays::{self, ray_maps};
use crate::model::aapt::recompute::ClipInput;
use crate::model::aapt::residual::ResidualStd;
use crate::model::aapt::text::Prompts;
use crate::model::nn::tensor;
use crate::model::weights::{Arrays, export, import, to_host};

pub(super) const STAGE: &str = "pretrain";

/// Held-out clips in a look, and its network evaluations.
const LOOKS: usize = 6;
const LOOK_STEPS: usize = 16;

/// The weights that adaptation begins with: the pre-trained ones, and new input channels for what is recycled and its
/// validity. Those begin at random as in a fresh network: the paper found that new channels which begin at zero adapt much
/// more slowly (AAPT appendix G, for the camera's).
pub(super) fn converted(fresh: &Generator, mut pretrained: Arrays) -> Arrays {
    const EMBED: &str = "embed.weight";
    let c = fresh.config().latent_channels;
    // Rows of a token's values: noise, recycled latent, validity, rays, each channel's patch together.
    let rows = c * PATCH * PATCH..(c + c + FRAMES_PER_LATENT) * PATCH * PATCH;
    let width = fresh.config().width;
    let (from, to) = (rows.start * width, rows.end * width);
    if let (Some(ours), Some(new)) = (pretrained.get_mut(EMBED), export(fresh).get(EMBED))
        && ours.values.len() == new.values.len()
    {
        ours.values[from..to].copy_from_slice(&new.values[from..to]);
    }
    pretrained
}

/// Whole clips from their first latent frame on.
struct Batch {
    /// Normalised, the first frame included: `[batch, 1 + latents, channels, h, w]`, f32.
    clip: Tensor<5>,
    /// Zeros and rays: `[batch, 1 + latents, condition_channels, h, w]`.
    condition: Tensor<5>,
    prompts: Vec<Prompts>,
}

fn assemble(
    lens: &Lens,
    config: &GeneratorConfig,
    chosen: &[&LatentClip],
    latents: usize,
    scale: &Scale,
    dtype: DType,
    device: &Device,
) -> Batch {
    let [h, w] = config.grid;
    let (c, plane, n) = (config.latent_channels, h * w, chosen.len());
    let channels = config.condition_channels();
    let nothing = (c + FRAMES_PER_LATENT) * plane;
    let mut values = Vec::with_capacity(n * (1 + latents) * c * plane);
    let mut condition = Vec::with_capacity(n * (1 + latents) * channels * plane);
    for clip in chosen {
        values.extend(clip.latents[..(1 + latents) * c * plane].iter().map(|v| v.to_f32()));
        // The first frame has no camera: that tells the network that it is not noisy.
        condition.resize(condition.len() + nothing + rays::CHANNELS * plane, 0.0);
        for control in &clip.controls[..latents] {
            condition.resize(condition.len() + nothing, 0.0);
            condition.extend(ray_maps(lens, control));
        }
    }
    Batch {
        clip: scale.normalised(tensor(values, [n, 1 + latents, c, h, w], device)),
        condition: tensor(condition, [n, 1 + latents, channels, h, w], device).cast(dtype),
        prompts: chosen.iter().map(|c| c.prompts.one_later()).collect(),
    }
}

/// What a step and a look share.
struct Task<'a> {
    run: &'a Run,
    recipe: &'a PretrainRecipe,
    config: GeneratorConfig,
    scale: Scale,
    /// Of squared errors by channel: `[1, 1, channels, 1, 1]`.
    weights: Tensor<5>,
    dtype: DType,
    device: Device,
    training: Device,
}

impl<'a> Task<'a> {
    fn new(run: &'a Run, recipe: &'a PretrainRecipe, setup: &Setup) -> Result<Self, TrainError> {
        let device = run.device.open()?;
        let std = ResidualStd::uniform(setup.std.clone());
        let weights = ErrorWeights::new(&std, &setup.deviation, recipe.channel_power, 1.0);
        let weights: Vec<f32> = (0..setup.std.len()).map(|c| weights.at(c, 1.0)).collect();
        let channels = weights.len();
        Ok(Self {
            run,
            recipe,
            config: run.generator_config()?,
            scale: Scale::new(&setup.mean, &setup.std, &device),
            weights: tensor(weights, [1, 1, channels, 1, 1], &device),
            dtype: compute_dtype(run.device),
            training: device.clone().autodiff(),
            device,
        })
    }

    fn assemble(&self, chosen: &[&LatentClip]) -> Batch {
        let (lens, latents) = (self.run.recipe.lens(), self.recipe.latents);
        assemble(
            &lens,
            &self.config,
            chosen,
            latents,
            &self.scale,
            self.dtype,
            &self.device,
        )
    }

    /// Gathers a step's gradients; its loss.
    fn gradients(&self, model: &Generator, clips: &[LatentClip], rng: &mut Gaussian, optimizer: &mut Optimizer) -> f32 {
        let r = self.recipe;
        // All that names the clips is drawn before their noise: many small batches are then one large one.
        let chosen: Vec<&LatentClip> = (0..r.batch * r.accumulate)
            .map(|_| &clips[rng.below(clips.len())])
            .collect();
        let t: Vec<f32> = chosen.iter().map(|_| flow::shift(rng.uniform(), r.shift)).collect();
        let prediction = self.config.prediction;
        let mut sum = 0.0;
        for (chosen, t) in chosen.chunks(r.batch).zip(t.chunks(r.batch)) {
            let batch = self.assemble(chosen);
            let (first, data) = split(batch.clip);
            let noise = noise_like(&data, rng);
            let x_t = flow::add_noise(data.clone(), noise.clone(), t);
            let target = flow::target_velocity(data, noise);
            let input = ClipInput {
                noisy: Tensor::cat(vec![first, x_t.clone()], 1).cast(self.dtype),
                condition: batch.condition,
                t,
                prompts: &batch.prompts,
                sight: Sight::Full,
            };
            let loss = |output: Tensor<5>| {
                let (_, output) = split(output.cast(DType::F32));
                let v = prediction.velocity(Tensor::from_inner(x_t), output, t);
                let error = prediction.scaled_error(v - Tensor::from_inner(target), t);
                weighted_mse(error, Tensor::from_inner(self.weights.clone())).div_scalar(r.accumulate as f32)
            };
            let gather = |grads: &Gradients| optimizer.gather(model, grads);
            sum += to_host(model.gradients(input, r.recompute, &self.training, loss, gather))[0];
        }
        sum
    }

    /// Continues first frames: normalised latent frames `[n, latents, channels, h, w]` from noise named by `seed`.
    fn sample(&self, model: &Generator, batch: &Batch, seed: u64) -> Tensor<5> {
        let (first, data) = split(batch.clip.clone());
        let [n, ..] = data.dims();
        let mut x = noise_like(&data, &mut Gaussian::new(seed, 0));
        for pair in flow::timesteps(LOOK_STEPS, self.recipe.shift).windows(2) {
            let (from, to) = (vec![pair[0]; n], vec![pair[1]; n]);
            let text = model.encode_prompts(&batch.prompts, &self.device);
            let noisy = Tensor::cat(vec![first.clone(), x.clone()], 1).cast(self.dtype);
            let (_, output) = split(
                model
                    .clip(noisy, batch.condition.clone(), &from, text, Sight::Full)
                    .cast(DType::F32),
            );
            x = flow::euler(x.clone(), self.config.prediction.velocity(x, output, &from), &from, &to);
        }
        x
    }

    /// Continues first frames of held-out worlds: PSNR in the log, and a sheet of the truth above what was made.
    fn look(&self, clips: &Clips, held_out: &[LatentClip], step: u64, weights: &Arrays) -> Result<(), TrainError> {
        let networks = encoder_networks(self.run, &self.config)?;
        let model = import(networks.generator.clone(), weights, &self.device)?;
        let n = LOOKS.min(held_out.len());
        let batch = self.assemble(&held_out[..n].iter().collect::<Vec<_>>());
        let made = self.sample(&model, &batch, 1);
        let (first, _) = split(batch.clip);
        let made = self.scale.latents(Tensor::cat(vec![first, made], 1));
        let (lens, latents) = (self.run.recipe.lens(), self.recipe.latents);
        let mut rows: Vec<Vec<Frame>> = vec![vec![]; 2 * n];
        let picture = |rgb: &[f32]| Frame::from_rgb(lens.width_px, lens.height_px, &codec::to_bytes(rgb), 0);
        let (mut psnr, mut held) = (0.0, 0.0);
        for k in 1..=latents {
            let at = |k: usize| made.clone().narrow(1, k, 1).squeeze_dim::<4>(1);
            for (clip, decoded) in networks.decode(at(k), at(k - 1), &[]).iter().enumerate() {
                let truth = clips.frame(clip, k * FRAMES_PER_LATENT);
                let last = &decoded.frames[FRAMES_PER_LATENT - 1];
                let share = 1.0 / (n * latents) as f64;
                psnr += share * psnr_db(last, &truth);
                held += share * psnr_db(&clips.frame(clip, 0), &truth);
                rows[2 * clip].push(picture(&truth));
                rows[2 * clip + 1].push(picture(last));
            }
        }
        let fields = [("psnr_clip_db", psnr), ("psnr_clip_over_held_db", psnr - held)];
        self.run.log(STAGE, step, &fields)?;
        sheet(self.run, STAGE, step, &rows)
    }
}

/// A clip's first latent frame, and the others.
fn split(clip: Tensor<5>) -> (Tensor<5>, Tensor<5>) {
    let [_, frames, ..] = clip.dims();
    (clip.clone().narrow(1, 0, 1), clip.narrow(1, 1, frames - 1))
}

fn save(optimizer: &Optimizer, path: &Path) -> Result<(), TrainError> {
    checkpoint::save(path, &optimizer.arrays(), &[("step", optimizer.step.to_string())])
}

/// Trains, or goes on training, until the recipe's steps are done. A recipe without the stage is done at once.
pub(super) fn train(run: &Run) -> Result<(), TrainError> {
    let Some(r) = &run.recipe.pretrain else {
        return Ok(());
    };
    let dir = run.stage_dir(STAGE)?;
    let last = dir.join("final.safetensors");
    if last.exists() {
        return Ok(());
    }
    let warm = run.dir.join(start::WARM);
    if warm.exists() {
        return Err(TrainError::Recipe {
            path: warm,
            what: "the run begins with a network that has been adapted already: leave out [pretrain]".into(),
        });
    }
    let setup = Setup::new(run)?;
    let task = Task::new(run, r, &setup)?;
    let (clips, held_out) = (Clips::open(run, Split::Test)?, latents::load(run, Split::Test)?);
    let mut rng = Gaussian::new(run.recipe.data.seed, 6);
    let mut model = Generator::new(&task.config, &mut rng, &task.training);
    let mut optimizer = Optimizer::new(&model);
    let saved = dir.join("checkpoint.safetensors");
    if saved.exists() {
        optimizer.resume(&saved)?;
    }
    model = optimizer.apply(model, &task.training);

    let mut steps = Steps::new(run, STAGE, optimizer.step, r.steps, &["loss", "latents_per_sec"]);
    while optimizer.step < r.steps {
        let step = optimizer.step;
        let mut rng = Gaussian::new(run.recipe.data.seed ^ 0x97e, step + 1);
        let loss = task.gradients(&model, &setup.clips, &mut rng, &mut optimizer);
        let lr = learning_rate(r.lr, step, r.warmup, r.steps);
        let with = AdamW {
            lr,
            weight_decay: r.weight_decay,
            ema: r.ema,
            ..AdamW::default()
        };
        let norm;
        (model, norm) = optimizer.advance(model, with, &task.training);
        for (name, value) in [("loss", loss.into()), ("grad_norm", norm), ("lr", lr.into())] {
            steps.means.add(name, value);
        }
        steps.end(
            step + 1,
            r.batch * r.accumulate * r.latents,
            &[norm],
            &saved,
            || save(&optimizer, &saved),
            || task.look(&clips, &held_out, step + 1, &optimizer.average()),
        )?;
    }
    steps.finish(r.steps)?;
    let weights = optimizer.average();
    task.look(&clips, &held_out, r.steps, &weights)?;
    save(&optimizer, &saved)?;
    checkpoint::save(&last, &weights, &[("step", r.steps.to_string())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::aapt::config::Recycle;

    fn config() -> GeneratorConfig {
        GeneratorConfig {
            grid: [4, 6],
            latent_channels: 6,
            width: 32,
            depth: 2,
            heads: 2,
            mlp_ratio: 2,
            window: 2,
            recycle: Recycle::Reproject,
            text_tokens: 3,
            vocabulary: vec!["hill".into()],
            local_head: None,
            painter: None,
            depth_net: None,
            doubt: 0.0,
            prediction: flow::Prediction::default(),
            evaluations: flow::Evaluations::default(),
        }
    }

    fn random(frames: usize, channels: usize, seed: u64, device: &Device) -> Tensor<5> {
        let mut values = vec![0.0; frames * channels * 24];
        Gaussian::new(seed, 0).fill(&mut values);
        tensor(values, [1, frames, channels, 4, 6], device)
    }

    #[test]
    fn converted_it_makes_the_same_of_one_frame_until_something_is_recycled() {
        let (device, config) = (Device::flex(), config());
        let mut rng = Gaussian::new(4, 0);
        let mut weights = export(&Generator::new(&config, &mut rng, &device));
        for array in weights.values_mut() {
            array.values.iter_mut().for_each(|v| *v += 0.05 * rng.normal());
        }
        let fresh = Generator::new(&config, &mut rng, &device);
        let ours = converted(&fresh, weights.clone());
        // Only the new channels' rows are others, and all of those are the fresh network's.
        let new = 6 * 4 * 32..(6 + 6 + 4) * 4 * 32;
        let of_fresh = &export(&fresh)["embed.weight"].values;
        for (name, array) in &ours {
            for (i, (a, b)) in array.values.iter().zip(&weights[name].values).enumerate() {
                let is_new = name == "embed.weight" && new.contains(&i);
                assert_eq!(*a, if is_new { of_fresh[i] } else { *b }, "{name} {i}");
            }
        }
        assert!(of_fresh[new].iter().all(|v| *v != 0.0));

        let bidirectional = import(fresh.clone(), &weights, &device).unwrap();
        let causal = import(fresh, &ours, &device).unwrap();
        let run = |recycled: f32, frames: usize| {
            let noisy = random(frames, 6, 1, &device);
            let recycled = random(frames, 6 + 4, 2, &device).mul_scalar(recycled);
            let condition = Tensor::cat(vec![recycled, random(frames, rays::CHANNELS, 3, &device)], 2);
            let text = || causal.encode_text(&[vec![1, 0, 0]], &device);
            let a = bidirectional.clip(noisy.clone(), condition.clone(), &[0.7], text(), Sight::Full);
            let b = causal.sequence(noisy, condition, &[0.7], text());
            let (a, b) = (to_host(a), to_host(b));
            a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
        };
        assert!(run(0.0, 1) < 1e-5);
        assert!(run(1.0, 1) > 0.01, "what is recycled is not seen");
        assert!(run(0.0, 3) > 1e-3, "the sight has not changed");
    }

    #[test]
    fn nothing_is_recycled_and_the_first_frame_has_no_camera() {
        use crate::control::{CameraPose, Keys, LatentControl};
        let (device, config) = (Device::flex(), config());
        let lens = Lens {
            width_px: 48,
            height_px: 32,
            fov_x_rad: 1.3,
        };
        let pose = CameraPose::default();
        let clip = LatentClip {
            latents: (0..4 * 6 * 24).map(|i| half::f16::from_f32(i as f32 / 100.0)).collect(),
            recycled: vec![half::f16::ONE; 3 * 6 * 24],
            validity: vec![half::f16::ONE; 3 * 4 * 24],
            controls: vec![LatentControl::new(&pose, &[pose; 4], Keys(0)); 3],
            prompts: vec![1, 0, 0].into(),
            noise_seed: None,
        };
        let scale = Scale::new(&[1.0; 6], &[2.0; 6], &device);
        let batch = assemble(&lens, &config, &[&clip], 2, &scale, DType::F32, &device);
        let values = to_host(batch.clip);
        assert_eq!(values.len(), 3 * 6 * 24);
        assert!((values[100] - (half::f16::from_f32(1.0).to_f32() - 1.0) / 2.0).abs() < 1e-6);
        let condition = to_host(batch.condition);
        let channels = config.condition_channels();
        for (i, v) in condition.iter().enumerate() {
            let (frame, channel) = (i / (channels * 24), i / 24 % channels);
            if frame == 0 || channel < 6 + 4 {
                assert_eq!(*v, 0.0);
            }
        }
        let of_second = &condition[(channels + 10) * 24..2 * channels * 24];
        assert_eq!(of_second, ray_maps(&lens, &clip.controls[0]));
    }
}

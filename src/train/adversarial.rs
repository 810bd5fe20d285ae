//! Stage 3, adversarial training with student forcing (AAPT §2.2): the generator rolls out exactly as at play time, from
//! a real first frame, one evaluation a latent frame; the discriminator judges all of them in one parallel pass against
//! the real clip of the same walk. What is recycled carries no gradient, the KV ring does.
//!
//! Each step updates the discriminator and then the generator on the same rollouts.

use burn::module::Module;
use burn::tensor::{DType, Tensor};

use super::TrainError;
use super::adapt::{Setup, finished};
use super::autoencoder::compute_dtype;
use super::checkpoint;
use super::clips::Clips;
use super::latents::LatentClip;
use super::losses::{approximated_penalty, discriminator_loss, generator_loss};
use super::optim::{AdamW, Optimizer};
use super::recipe::AdversarialRecipe;
use super::run::{Every, Means, Run, bar};
use super::samples::Samples;
use super::sequence::{MAX_DATA, channel_weights, noise_like, weighted_mse};
use crate::data::Split;
use crate::device::Gaussian;
use crate::frame::FRAMES_PER_LATENT;
use crate::model::aapt::discriminator::Discriminator;
use crate::model::aapt::generator::Generator;
use crate::model::nn::tensor;
use crate::model::weights::{export, import, prefixed, to_host, under};
use crate::rollout::{Networks, RolloutError, Sampler, Walks};

const STAGE: &str = "adversarial";

/// Rollouts of a batch beside the truth, all on the device without differentiation but for `made`.
struct Rolled {
    /// `[batch, latents, channels, h, w]`, with the generator's graph if it is training.
    made: Tensor<5>,
    /// `[batch * latents]`: how far the pictures move.
    motion_px: Vec<f32>,
    /// `[batch * latents, 4, h, w]`: validity of what the walks themselves recycled.
    validity: Tensor<4>,
    /// `[batch, 1 + latents, channels, h, w]`: the real clip, its first frame included.
    real: Tensor<5>,
    /// `[batch, 1 + latents, condition_channels - channels, h, w]`: validity and rays; nothing for the first frame.
    camera: Tensor<5>,
    words: Vec<Vec<i32>>,
}

fn roll_out(
    networks: &Networks,
    source: &Clips,
    clips: &[LatentClip],
    picks: &[(usize, usize)],
    latents: usize,
    seed: u64,
) -> Result<Rolled, RolloutError> {
    let config = networks.generator.config();
    let [h, w] = config.grid;
    let (c, plane, n) = (config.latent_channels, h * w, picks.len());
    let first: Vec<Vec<f32>> = picks
        .iter()
        .map(|&(clip, from)| source.frame(clip, from * FRAMES_PER_LATENT))
        .collect();
    let prompts: Vec<&str> = picks.iter().map(|&(clip, _)| source.caption(clip)).collect();
    let seeds: Vec<u64> = (0..n as u64).map(|i| seed * 1000 + i).collect();
    let (mut walks, _) = Walks::start(networks.clone(), Sampler::default(), &first, &prompts, &seeds);
    let camera_channels = config.condition_channels() - c;
    let mut cameras = vec![Tensor::<4>::zeros([n, camera_channels, h, w], &networks.device)];
    // The discriminator's context is what the walk really began with: the first frame as a latent of its own.
    let mut real = vec![walks.latent()];
    let mut made = Vec::with_capacity(latents);
    let mut own_validity = Vec::with_capacity(latents);
    for k in 0..latents {
        let controls: Vec<_> = picks
            .iter()
            .map(|&(clip, from)| clips[clip].controls[from + k])
            .collect();
        walks.next(&controls)?;
        made.push(walks.made().cloned().unwrap_or_else(|| walks.latent()));
        if let Some((_, validity)) = walks.recycled() {
            own_validity.push(validity.clone());
        }
        let half = |values: &[half::f16], out: &mut Vec<f32>| out.extend(values.iter().map(|v| v.to_f32()));
        let (mut truth, mut validity) = (Vec::new(), Vec::new());
        for &(clip, from) in picks {
            let (clip, k) = (&clips[clip], from + k);
            half(&clip.latents[(k + 1) * c * plane..][..c * plane], &mut truth);
            let size = FRAMES_PER_LATENT * plane;
            half(&clip.validity[k * size..][..size], &mut validity);
        }
        real.push(tensor(truth, [n, c, h, w], &networks.device));
        let validity = tensor(validity, [n, FRAMES_PER_LATENT, h, w], &networks.device);
        cameras.push(Tensor::cat(vec![validity, networks.rays(&controls)], 1));
    }
    let own_validity: Tensor<5> = Tensor::stack(own_validity, 1);
    let controls: Vec<_> = picks
        .iter()
        .flat_map(|&(clip, from)| clips[clip].controls[from..from + latents].iter().copied())
        .collect();
    Ok(Rolled {
        motion_px: networks.motion_px(&controls),
        validity: own_validity.reshape([n * latents, FRAMES_PER_LATENT, h, w]),
        made: Tensor::stack(made, 1),
        real: Tensor::stack(real, 1),
        camera: Tensor::stack(cameras, 1),
        words: picks.iter().map(|(clip, _)| clips[*clip].words.clone()).collect(),
    })
}

/// Puts the first frame before what was made.
fn with_first(real: &Tensor<5>, made: Tensor<5>) -> Tensor<5> {
    Tensor::cat(vec![real.clone().narrow(1, 0, 1), made], 1)
}

/// Losses of the discriminator: pairing, R1, R2, and the mean difference of the logits.
fn judge(
    discriminator: &Discriminator,
    rolled: &Rolled,
    made: Tensor<5>,
    r: &AdversarialRecipe,
    dtype: DType,
    rng: &mut Gaussian,
) -> [Tensor<1>; 4] {
    let fake = with_first(&rolled.real, made);
    let [batch, frames, ..] = fake.dims();
    // The context is not perturbed.
    let noise = |like: &Tensor<5>, rng: &mut Gaussian| {
        let moved = like.clone().narrow(1, 1, frames - 1);
        let noise = noise_like(&moved, rng).mul_scalar(r.sigma);
        Tensor::cat(vec![like.clone().narrow(1, 0, 1), moved + noise], 1)
    };
    let (real_moved, fake_moved) = (noise(&rolled.real, rng), noise(&fake, rng));
    let clips = Tensor::cat(vec![rolled.real.clone(), fake, real_moved, fake_moved], 0);
    // One timestep a clip, shared by its four versions.
    let t: Vec<f32> = (0..batch).map(|_| rng.uniform()).collect();
    let clips = Tensor::from_inner(clips.cast(dtype));
    let camera = Tensor::from_inner(rolled.camera.clone().cast(dtype)).repeat_dim(0, 4);
    let text = discriminator
        .encode_text(&rolled.words, &clips.device())
        .repeat_dim(0, 4);
    let logits = discriminator
        .forward(clips, camera, &t.repeat(4), text)
        .cast(DType::F32);
    let part = |i: usize| logits.clone().narrow(0, i * batch, batch);
    let (real, fake) = (part(0), part(1));
    let sigma = r.divide_by_sigma2.then_some(r.sigma);
    [
        discriminator_loss(real.clone(), fake.clone()),
        approximated_penalty(real.clone(), part(2), sigma),
        approximated_penalty(fake.clone(), part(3), sigma),
        (real - fake).mean(),
    ]
}

/// Trains, or goes on training, until the recipe's steps are done. A recipe without the stage is done at once.
pub(super) fn train(run: &Run) -> Result<(), TrainError> {
    let Some(r) = &run.recipe.adversarial else {
        return Ok(());
    };
    let dir = run.stage_dir(STAGE)?;
    let last = dir.join("final.safetensors");
    if last.exists() {
        return Ok(());
    }
    let config = run.generator_config()?;
    let device = run.device.open()?;
    let training = device.clone().autodiff();
    let dtype = compute_dtype(run.device);
    let setup = Setup::new(run)?;
    let source = Clips::open(run, Split::Train)?;
    let weights = channel_weights(&setup.residual_std, &setup.deviation, r.channel_power);

    // The generator starts from the distilled weights, the discriminator from the adapted ones (AAPT §2.3).
    let blank = Generator::new(&config, &mut Gaussian::silent(), &training);
    let mut generator = import(blank, &finished(run, "distill")?, &training)?;
    let mut rng = Gaussian::new(run.recipe.data.seed, 9);
    let mut discriminator = Discriminator::new(r.discriminator, &config, &mut rng, &training);
    let mut start = export(&discriminator);
    start.extend(prefixed(finished(run, "adapt")?, "backbone"));
    discriminator = import(discriminator, &start, &training)?;
    let mut of_generator = Optimizer::new(&generator);
    let mut of_discriminator = Optimizer::new(&discriminator);
    let saved = dir.join("checkpoint.safetensors");
    if saved.exists() {
        let (arrays, meta) = checkpoint::load(&saved)?;
        let number = |key: &str| meta.get(key).and_then(|s| s.parse().ok()).unwrap_or(0);
        let bad = |what: String| TrainError::Checkpoint {
            path: saved.clone(),
            what,
        };
        of_generator
            .restore(under(&arrays, "generator"), number("generator_step"))
            .map_err(bad)?;
        of_discriminator
            .restore(under(&arrays, "discriminator"), number("step"))
            .map_err(bad)?;
    }
    generator = of_generator.apply(generator, &training);
    discriminator = of_discriminator.apply(discriminator, &training);
    let save = |of_generator: &Optimizer, of_discriminator: &Optimizer| {
        let mut arrays = prefixed(of_generator.arrays(), "generator");
        arrays.extend(prefixed(of_discriminator.arrays(), "discriminator"));
        let meta = [
            ("step", of_discriminator.step.to_string()),
            ("generator_step", of_generator.step.to_string()),
        ];
        checkpoint::save(&saved, &arrays, &meta)
    };

    let samples = Samples::new(run, &setup, 1)?;
    let progress = bar(STAGE, of_discriminator.step, r.steps);
    let (mut checkpoints, mut looks) = (Every::new(run.checkpoint_secs), Every::new(run.sample_secs));
    let mut means = Means::new(10);
    while of_discriminator.step < r.steps {
        let step = of_discriminator.step;
        let mut rng = Gaussian::new(run.recipe.data.seed ^ 0xad5, step + 1);
        let picks: Vec<(usize, usize)> = (0..r.batch)
            .map(|_| {
                let clip = rng.below(setup.clips.len());
                (clip, rng.below(setup.clips[clip].controls.len() - r.latents + 1))
            })
            .collect();
        // A graph that nobody walks back is never freed: none is made while only the discriminator learns.
        let learns = step >= r.discriminator_first;
        let networks = match learns {
            true => samples.networks_of(generator.clone(), true),
            false => samples.networks_of(generator.valid(), false),
        };
        let rolled = roll_out(&networks, &source, &setup.clips, &picks, r.latents, step)?;
        let diverged = || TrainError::Diverged {
            stage: STAGE,
            step,
            path: saved.clone(),
        };

        let made = match learns {
            true => rolled.made.clone().inner(),
            false => rolled.made.clone(),
        };
        let [pairing, r1, r2, margin] = judge(&discriminator, &rolled, made, r, dtype, &mut rng);
        let loss = pairing.clone() + (r1.clone() + r2.clone()).mul_scalar(r.penalty);
        let grads = loss.backward();
        let with = AdamW {
            lr: r.lr_discriminator,
            beta1: 0.0,
            beta2: 0.9,
            clip: 1e3,
            ..AdamW::default()
        };
        let norm_discriminator;
        (discriminator, norm_discriminator) = of_discriminator.update(discriminator, &grads, with, &training);
        drop(grads);
        let host = |x: Tensor<1>| f64::from(to_host(x.detach())[0]);
        means.add("d_loss", host(pairing));
        means.add("r1", host(r1));
        means.add("r2", host(r2));
        means.add("margin", host(margin));
        means.add("d_grad_norm", norm_discriminator);

        let mut norm = 0.0;
        if learns {
            let t: Vec<f32> = (0..r.batch).map(|_| rng.uniform()).collect();
            let real_logits = {
                let fixed = discriminator.valid();
                let text = fixed.encode_text(&rolled.words, &device);
                let (clip, camera) = (rolled.real.clone().cast(dtype), rolled.camera.clone().cast(dtype));
                fixed.forward(clip, camera, &t, text).cast(DType::F32)
            };
            let fixed = discriminator.clone().no_grad();
            let text = fixed.encode_text(&rolled.words, &training).detach();
            let real = Tensor::from_inner(rolled.real.clone());
            let clip = with_first(&real, rolled.made.clone()).cast(dtype);
            let camera = Tensor::from_inner(rolled.camera.clone().cast(dtype));
            let fake_logits = fixed.forward(clip, camera, &t, text).cast(DType::F32);
            let adversarial = generator_loss(Tensor::from_inner(real_logits), fake_logits);
            let truth = real.narrow(1, 1, r.latents);
            let std = setup.residual_std.map(rolled.validity, &rolled.motion_px);
            let std = std.reshape(rolled.made.dims());
            let std = Tensor::from_inner(std);
            let error = ((rolled.made - truth) / std).clamp(-MAX_DATA, MAX_DATA);
            let anchor = weighted_mse(error, &weights);
            let loss = adversarial.clone().mul_scalar(r.weight) + anchor.clone().mul_scalar(r.anchor);
            let grads = loss.backward();
            let with = AdamW {
                lr: r.lr * ((of_generator.step + 1) as f32 / 20.0).min(1.0),
                beta1: 0.0,
                beta2: 0.9,
                ema: r.ema,
                ..AdamW::default()
            };
            (generator, norm) = of_generator.update(generator, &grads, with, &training);
            means.add("g_loss", host(adversarial));
            means.add("anchor", host(anchor));
            means.add("g_grad_norm", norm);
        }
        if !norm_discriminator.is_finite() || !norm.is_finite() {
            return Err(diverged());
        }
        if let Some(fields) = means.due((r.batch * r.latents) as f64) {
            progress.set_message(Means::words(
                &fields,
                &["d_loss", "g_loss", "anchor", "latents_per_sec"],
            ));
            run.log(STAGE, step + 1, &fields)?;
        }
        progress.set_position(step + 1);
        let stopping = run.stopping();
        if checkpoints.due() || stopping {
            save(&of_generator, &of_discriminator)?;
        }
        if stopping {
            return Err(TrainError::Stopped(step + 1));
        }
        if looks.due() {
            samples.take(run, STAGE, step + 1, &of_generator.average())?;
        }
    }
    progress.finish();
    samples.take(run, STAGE, r.steps, &of_generator.average())?;
    save(&of_generator, &of_discriminator)?;
    checkpoint::save(&last, &of_generator.average(), &[("step", r.steps.to_string())])
}

//! Stage 3, adversarial training with student forcing (AAPT §2.2): the generator learns along walks that it rolled out
//! itself exactly as at play time, one evaluation a latent frame; the discriminator judges all latent frames in one
//! parallel pass against the real clip of the same walk. What is recycled carries no gradient, keys and values do.
//!
//! Each step updates the discriminator and then the generator on the same clips. Walks longer than a clip go to and fro
//! along it, and batches are segments of them: the discriminator sees what becomes of long walks, and a batch's memory does
//! not grow with them.

use burn::module::Module;
use burn::tensor::{DType, Tensor};

use super::TrainError;
use super::adapt::{Setup, finished};
use super::autoencoder::compute_dtype;
use super::checkpoint;
use super::losses::{approximated_penalty, discriminator_loss, generator_loss};
use super::optim::{AdamW, Optimizer};
use super::recipe::AdversarialRecipe;
use super::run::{Every, Means, Run, bar};
use super::samples::Samples;
use super::sequence::{ErrorWeights, assemble, noise_like, picks, weighted_mse};
use super::student::{StudentPlan, StudentPool};
use super::student_batch::{self, Scale, camera, first_latents, real_latents, recycled_channels, with_channels};
use crate::device::Gaussian;
use crate::model::aapt::discriminator::{ADAPTED, Discriminator};
use crate::model::aapt::generator::Generator;
use crate::model::weights::{export, import, prefixed, to_host, under};

const STAGE: &str = "adversarial";

/// What the discriminator is shown, without differentiation.
pub(super) struct Shown {
    /// Normalised clips, the first frame included: `[batch, 1 + latents, channels, h, w]`.
    pub(super) real: Tensor<5>,
    pub(super) fake: Tensor<5>,
    pub(super) camera: Tensor<5>,
    pub(super) words: Vec<Vec<i32>>,
}

/// Losses of the discriminator: pairing, R1, R2, and the mean difference of the logits.
pub(super) fn judge(
    discriminator: &Discriminator,
    shown: &Shown,
    scale: &Scale,
    r: &AdversarialRecipe,
    dtype: DType,
    rng: &mut Gaussian,
) -> [Tensor<1>; 4] {
    let [batch, frames, ..] = shown.real.dims();
    let penalised = r.penalty_clips.clamp(1, batch);
    // The context is not perturbed.
    let perturb = |clip: &Tensor<5>, rng: &mut Gaussian| {
        let clip = clip.clone().narrow(0, 0, penalised);
        let judged = clip.clone().narrow(1, 1, frames - 1);
        let noise = noise_like(&judged, rng).mul_scalar(r.sigma);
        Tensor::cat(vec![clip.narrow(1, 0, 1), judged + noise], 1)
    };
    let (real_moved, fake_moved) = (perturb(&shown.real, rng), perturb(&shown.fake, rng));
    let clips = Tensor::cat(vec![shown.real.clone(), shown.fake.clone(), real_moved, fake_moved], 0);
    // One timestep a clip, shared by its four versions.
    let t: Vec<f32> = (0..batch).map(|_| rng.uniform()).collect();
    let t = [&t[..], &t, &t[..penalised], &t[..penalised]].concat();
    let versions = |x: Tensor<5>| {
        let some = x.clone().narrow(0, 0, penalised);
        Tensor::cat(vec![x.clone(), x, some.clone(), some], 0)
    };
    let words = [
        &shown.words[..],
        &shown.words,
        &shown.words[..penalised],
        &shown.words[..penalised],
    ]
    .concat();
    let latents = Tensor::from_inner(scale.latents(clips.clone()).cast(dtype));
    let clips = Tensor::from_inner(clips.cast(dtype));
    let camera = Tensor::from_inner(versions(shown.camera.clone()));
    let logits = discriminator
        .forward(clips, latents, camera, &t, &words)
        .cast(DType::F32);
    let part = |from: usize, n: usize| logits.clone().narrow(0, from, n);
    let (real, fake) = (part(0, batch), part(batch, batch));
    let of = |x: &Tensor<2>| x.clone().narrow(0, 0, penalised);
    let sigma = r.divide_by_sigma2.then_some(r.sigma);
    [
        discriminator_loss(real.clone(), fake.clone()),
        approximated_penalty(of(&real), part(2 * batch, penalised), sigma),
        approximated_penalty(of(&fake), part(2 * batch + penalised, penalised), sigma),
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
    let weights = ErrorWeights::new(&setup.residual_std, &setup.deviation, r.channel_power, r.new_weight);
    let scale = Scale::new(&setup.mean, &setup.std, &device);
    let lifted = Scale::new(&setup.mean, &setup.std, &training);

    // The generator starts from the distilled weights, the discriminator from the adapted ones (AAPT §2.3).
    let blank = Generator::new(&config, &mut Gaussian::silent(), &training);
    let mut generator = import(blank, &finished(run, "distill")?, &training)?;
    let mut rng = Gaussian::new(run.recipe.data.seed, 9);
    let mut discriminator = Discriminator::new(r.discriminator, &config, &mut rng, &training);
    let mut start = export(&discriminator);
    start.extend(prefixed(finished(run, "adapt")?, ADAPTED));
    discriminator = import(discriminator, &start, &training)?;
    let mut of_generator = Optimizer::new(&generator);
    let mut of_discriminator = Optimizer::new(&discriminator);
    let samples = Samples::new(run, &setup, 1)?;
    let mut student = StudentPool::new(run, StudentPlan::from(r))?;
    let saved = dir.join("checkpoint.safetensors");
    if saved.exists() {
        let (arrays, meta) = checkpoint::load(&saved)?;
        let number = |key: &str| meta.get(key).and_then(|s| s.parse().ok()).unwrap_or(0);
        let bad = |what: String| TrainError::Checkpoint {
            path: saved.clone(),
            what,
        };
        student.restore(&arrays, &meta, &samples, &setup)?;
        of_generator
            .restore(under(&arrays, "generator"), number("generator_step"))
            .map_err(bad)?;
        of_discriminator
            .restore(under(&arrays, "discriminator"), number("step"))
            .map_err(bad)?;
    }
    generator = of_generator.apply(generator, &training);
    discriminator = of_discriminator.apply(discriminator, &training);
    let save = |of_generator: &Optimizer, of_discriminator: &Optimizer, student: &StudentPool| {
        let mut arrays = prefixed(of_generator.arrays(), "generator");
        arrays.extend(prefixed(of_discriminator.arrays(), "discriminator"));
        let mut meta = vec![
            ("step", of_discriminator.step.to_string()),
            ("generator_step", of_generator.step.to_string()),
        ];
        student.save(&mut arrays, &mut meta);
        checkpoint::save(&saved, &arrays, &meta)
    };

    let progress = bar(STAGE, of_discriminator.step, r.steps);
    let (mut checkpoints, mut looks) = (Every::new(run.checkpoint_secs), Every::new(run.sample_secs));
    let mut means = Means::new(10);
    while of_discriminator.step < r.steps {
        let step = of_discriminator.step;
        let mut rng = Gaussian::new(run.recipe.data.seed ^ 0xad5, step + 1);
        student.refresh(step, || of_generator.current(), &samples, &setup)?;
        let clips = student.choose(&mut rng).unwrap_or(&setup.clips);
        let picks = picks(&mut rng, clips, r.batch, r.latents);
        let batch = assemble(
            &run.recipe.lens(),
            &config,
            clips,
            &picks,
            r.latents,
            &setup.residual_std,
            &weights,
            dtype,
            &device,
        );
        let noise = student_batch::noise(&batch.data, clips, &picks);
        // A graph that nobody walks back is never freed: none is made while only the discriminator learns.
        let learns = step >= r.discriminator_first;
        let data = match learns {
            true => student_batch::make(&generator, &batch, noise, dtype, &training, Tensor::from_inner),
            false => student_batch::make(&generator.valid(), &batch, noise, dtype, &device, |x| x),
        };
        let diverged = || TrainError::Diverged {
            stage: STAGE,
            step,
            path: saved.clone(),
        };

        let first = scale.normalised(first_latents(&config, clips, &picks, &device));
        let hidden = r.discriminator.unjudged_channels;
        let seen = recycled_channels(&batch, hidden);
        let clip_of = |latents: Tensor<5>| {
            let latents = with_channels(latents, seen.as_ref());
            Tensor::cat(vec![first.clone(), scale.normalised(latents)], 1)
        };
        let made = |data: Tensor<5>| batch.base.clone() + data * batch.std.clone();
        let shown = Shown {
            // Not the batch's data: those are clamped, and beside a walk gone astray that would be the walk.
            real: clip_of(real_latents(&config, clips, &picks, &device)),
            fake: clip_of(made(if learns { data.clone().inner() } else { data.clone() })),
            camera: camera(&batch, config.latent_channels),
            words: batch.words.clone(),
        };
        let [pairing, r1, r2, margin] = judge(&discriminator, &shown, &scale, r, dtype, &mut rng);
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
                let latents = scale.latents(shown.real.clone()).cast(dtype);
                let (clip, camera) = (shown.real.clone().cast(dtype), shown.camera.clone());
                fixed.forward(clip, latents, camera, &t, &shown.words).cast(DType::F32)
            };
            let fixed = discriminator.clone().no_grad();
            let [base, std] = [&batch.base, &batch.std].map(|x| Tensor::from_inner(x.clone()));
            let made = base + data.clone() * std;
            let made = lifted.normalised(with_channels(made, seen.map(Tensor::from_inner).as_ref()));
            let clip = Tensor::cat(vec![Tensor::from_inner(first.clone()), made], 1);
            let latents = lifted.latents(clip.clone()).cast(dtype);
            let camera = Tensor::from_inner(shown.camera.clone());
            let fake_logits = fixed
                .forward(clip.cast(dtype), latents, camera, &t, &shown.words)
                .cast(DType::F32);
            let adversarial = generator_loss(Tensor::from_inner(real_logits), fake_logits);
            let error = data - Tensor::from_inner(batch.data.clone());
            let anchor = weighted_mse(error, Tensor::from_inner(batch.weights.clone()));
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
            save(&of_generator, &of_discriminator, &student)?;
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
    save(&of_generator, &of_discriminator, &student)?;
    checkpoint::save(&last, &of_generator.average(), &[("step", r.steps.to_string())])
}

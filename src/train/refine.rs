//! Stage 4, the refiner: texture for the haze that squared error leaves, along walks of the network's own.
//!
//! The generator stays as it is. The pool's walks keep the data that it made before refinement, so a step costs two small
//! convolutional networks and nothing else; the discriminator compares with the truth of the same cameras.

use burn::module::Module;
use burn::tensor::{DType, Tensor};

use super::TrainError;
use super::adapt::{Setup, finished};
use super::adversarial::{Shown, judge};
use super::autoencoder::compute_dtype;
use super::checkpoint;
use super::losses::generator_loss;
use super::optim::{AdamW, Optimizer};
use super::run::{Every, Means, Run, bar};
use super::samples::Samples;
use super::sequence::{ErrorWeights, Pick, assemble, weighted_mse};
use super::student::{StudentPlan, StudentPool};
use super::student_batch::{
    self, Scale, camera, first_latents, made_data, real_latents, recycled_channels, with_channels,
};
use crate::device::Gaussian;
use crate::model::aapt::discriminator::Discriminator;
use crate::model::aapt::refiner::Refiner;
use crate::model::weights::{Arrays, prefixed, to_host, under};

const STAGE: &str = "refine";

/// Draws segments of walks, anywhere.
fn picks(rng: &mut Gaussian, clips: usize, steps: usize, batch: usize, latents: usize) -> Vec<Pick> {
    (0..batch)
        .map(|_| {
            let clip = rng.below(clips);
            let from = rng.below(steps - latents + 1);
            Pick {
                clip,
                steps: (from..from + latents).collect(),
            }
        })
        .collect()
}

/// Trains, or goes on training, until the recipe's steps are done. A recipe without the stage is done at once.
pub(super) fn train(run: &Run) -> Result<(), TrainError> {
    let (Some(r), Some(refiner_config)) = (&run.recipe.refine, &run.recipe.generator.refiner) else {
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

    let base = finished(run, "adversarial").or_else(|_| finished(run, "distill"))?;
    let whole = |refiner: Arrays| -> Arrays {
        let mut all = base.clone();
        all.extend(prefixed(refiner, "refiner"));
        all
    };
    let mut rng = Gaussian::new(run.recipe.data.seed, 11);
    let mut refiner = Refiner::new(refiner_config, &config, &setup.std, &mut rng, &training);
    let mut discriminator = Discriminator::new(r.discriminator, &config, &mut rng, &training);
    let mut of_refiner = Optimizer::new(&refiner);
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
        of_refiner
            .restore(under(&arrays, "refiner"), number("refiner_step"))
            .map_err(bad)?;
        of_discriminator
            .restore(under(&arrays, "discriminator"), number("step"))
            .map_err(bad)?;
    }
    refiner = of_refiner.apply(refiner, &training);
    discriminator = of_discriminator.apply(discriminator, &training);
    let save = |of_refiner: &Optimizer, of_discriminator: &Optimizer, student: &StudentPool| {
        let mut arrays = prefixed(of_refiner.arrays(), "refiner");
        arrays.extend(prefixed(of_discriminator.arrays(), "discriminator"));
        let mut meta = vec![
            ("step", of_discriminator.step.to_string()),
            ("refiner_step", of_refiner.step.to_string()),
        ];
        student.save(&mut arrays, &mut meta);
        checkpoint::save(&saved, &arrays, &meta)
    };

    let progress = bar(STAGE, of_discriminator.step, r.steps);
    let (mut checkpoints, mut looks) = (Every::new(run.checkpoint_secs), Every::new(run.sample_secs));
    let mut means = Means::new(20);
    while of_discriminator.step < r.steps {
        let step = of_discriminator.step;
        let mut rng = Gaussian::new(run.recipe.data.seed ^ 0x4ef, step + 1);
        student.refresh(step, || whole(of_refiner.average()), &samples, &setup)?;
        let clips = student.clips();
        let length = clips.first().map_or(0, |c| c.controls.len());
        let picks = picks(&mut rng, clips.len(), length, r.batch, r.latents);
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
        let made = made_data(&config, clips, &picks, &device);
        let [n, k, c, h, w] = made.dims();
        let flat = |x: Tensor<5>| {
            let [_, _, channels, _, _] = x.dims();
            Tensor::from_inner(x.reshape([n * k, channels, h, w]))
        };
        let of_camera = batch.condition.clone().narrow(2, c, config.condition_channels() - c);
        let before = batch.base.clone() + made.clone() * batch.std.clone();
        let drawn = refiner.forward(flat(before), flat(of_camera), flat(noise), dtype);
        let data = Tensor::from_inner(made) + drawn.reshape([n, k, c, h, w]);

        let first = scale.normalised(first_latents(&config, clips, &picks, &device));
        let seen = recycled_channels(&batch, r.discriminator.unjudged_channels);
        let clip_of = |latents: Tensor<5>| {
            let latents = with_channels(latents, seen.as_ref());
            Tensor::cat(vec![first.clone(), scale.normalised(latents)], 1)
        };
        let shown = Shown {
            real: clip_of(real_latents(&config, clips, &picks, &device)),
            fake: clip_of(batch.base.clone() + data.clone().inner() * batch.std.clone()),
            camera: camera(&batch, c),
            words: batch.words.clone(),
        };
        let [pairing, r1, r2, margin] = judge(&discriminator, &shown, &scale, r, dtype, &mut rng);
        let loss = pairing.clone() + (r1.clone() + r2.clone()).mul_scalar(r.penalty);
        let grads = loss.backward();
        let with = AdamW {
            lr: r.lr_discriminator,
            beta1: 0.0,
            beta2: 0.99,
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
        if step >= r.discriminator_first {
            let t: Vec<f32> = (0..n).map(|_| rng.uniform()).collect();
            let real_logits = {
                let latents = scale.latents(shown.real.clone()).cast(dtype);
                let (clip, camera) = (shown.real.clone().cast(dtype), shown.camera.clone());
                let fixed = discriminator.valid();
                fixed.forward(clip, latents, camera, &t, &shown.words).cast(DType::F32)
            };
            let fixed = discriminator.clone().no_grad();
            let [base, std] = [&batch.base, &batch.std].map(|x| Tensor::from_inner(x.clone()));
            let latents = with_channels(base + data.clone() * std, seen.map(Tensor::from_inner).as_ref());
            let clip = Tensor::cat(vec![Tensor::from_inner(first.clone()), lifted.normalised(latents)], 1);
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
                lr: r.lr,
                beta1: 0.0,
                beta2: 0.99,
                ema: r.ema,
                ..AdamW::default()
            };
            (refiner, norm) = of_refiner.update(refiner, &grads, with, &training);
            means.add("g_loss", host(adversarial));
            means.add("anchor", host(anchor));
            means.add("g_grad_norm", norm);
        }
        if !norm_discriminator.is_finite() || !norm.is_finite() {
            return Err(TrainError::Diverged {
                stage: STAGE,
                step,
                path: saved,
            });
        }
        if let Some(fields) = means.due((n * k) as f64) {
            progress.set_message(Means::words(
                &fields,
                &["d_loss", "g_loss", "anchor", "latents_per_sec"],
            ));
            run.log(STAGE, step + 1, &fields)?;
        }
        progress.set_position(step + 1);
        let stopping = run.stopping();
        if checkpoints.due() || stopping {
            save(&of_refiner, &of_discriminator, &student)?;
        }
        if stopping {
            return Err(TrainError::Stopped(step + 1));
        }
        if looks.due() {
            samples.take(run, STAGE, step + 1, &whole(of_refiner.average()))?;
        }
    }
    progress.finish();
    let weights = whole(of_refiner.average());
    samples.take(run, STAGE, r.steps, &weights)?;
    save(&of_refiner, &of_discriminator, &student)?;
    checkpoint::save(&last, &weights, &[("step", r.steps.to_string())])
}

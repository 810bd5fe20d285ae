//! Stage 2, consistency distillation: the network learns to land in one evaluation (AAPT appendix B: 32 discrete steps,
//! no guidance, teacher forcing, no averaging of the target).
//!
//! A share of the clips can be student-forced: what is recycled into their steps comes from the network's own rollouts,
//! refreshed every so often, and the target is the truth (which the commanded cameras still name exactly). Then the
//! network meets its own errors in training.

use burn::module::Module;
use burn::tensor::{DType, Gradients, Tensor};

use super::adapt::{Setup, finished, resume, save};
use super::autoencoder::compute_dtype;
use super::checkpoint;
use super::optim::{AdamW, Optimizer, learning_rate};
use super::run::{Run, TrainError};
use super::samples::Samples;
use super::sequence::{ErrorWeights, assemble, noise_like, picks, weighted_mse};
use super::steps::Steps;
use super::student::{StudentPlan, StudentPool};
use crate::device::Gaussian;
use crate::flow;
use crate::model::aapt::block::Sight;
use crate::model::aapt::generator::Generator;
use crate::model::aapt::recompute::ClipInput;
use crate::model::weights::{import, to_host};

const STAGE: &str = "distill";

/// Trains, or goes on training, until the recipe's steps are done.
pub(super) fn train(run: &Run) -> Result<(), TrainError> {
    let dir = run.stage_dir(STAGE)?;
    let last = dir.join("final.safetensors");
    if last.exists() {
        return Ok(());
    }
    let r = &run.recipe.distill;
    let config = run.generator_config()?;
    let device = run.device.open()?;
    let training = device.clone().autodiff();
    let dtype = compute_dtype(run.device);
    let setup = Setup::new(run)?;
    let weights = ErrorWeights::new(&setup.residual_std, &setup.deviation, r.channel_power, r.new_weight);

    let adapted = finished(run, "adapt")?;
    let blank = Generator::new(&config, &mut Gaussian::silent(), &device);
    let teacher = import(blank, &adapted, &device)?;
    let blank = Generator::new(&config, &mut Gaussian::silent(), &training);
    let mut model = import(blank, &adapted, &training)?;
    let mut optimizer = Optimizer::new(&model);
    let saved = dir.join("checkpoint.safetensors");
    let samples = Samples::new(run, &setup, &config)?;
    let mut student = StudentPool::new(run, StudentPlan::from(r))?;
    resume(&mut optimizer, &mut student, &saved, &samples, &setup)?;
    model = optimizer.apply(model, &training);

    let mut steps = Steps::new(run, STAGE, optimizer.step, r.steps, &["loss", "latents_per_sec"]);
    // t_0 = 0 < ... < t_n = 1.
    let mut times = flow::timesteps(r.timesteps, r.shift);
    times.reverse();
    while optimizer.step < r.steps {
        let step = optimizer.step;
        let mut rng = Gaussian::new(run.recipe.data.seed ^ 0xd15, step + 1);
        student.refresh(step, || optimizer.average(), &samples, &setup)?;
        let clips = student.choose(&mut rng).unwrap_or(&setup.clips);
        let picks = picks(&mut rng, clips, r.batch * r.accumulate, r.latents);
        // Neighbouring timesteps, one pair a clip.
        let n: Vec<usize> = picks.iter().map(|_| rng.below(r.timesteps)).collect();
        let (t_low, t_high): (Vec<f32>, Vec<f32>) = n.iter().map(|&i| (times[i], times[i + 1])).unzip();
        let zero = vec![0.0; r.batch];
        let mut loss = 0.0;
        for ((picks, t_low), t_high) in (picks.chunks(r.batch))
            .zip(t_low.chunks(r.batch))
            .zip(t_high.chunks(r.batch))
        {
            let batch = assemble(
                &run.recipe.lens(),
                &config,
                clips,
                picks,
                r.latents,
                &setup.residual_std,
                &weights,
                dtype,
                &device,
            );
            let noise = noise_like(&batch.data, &mut rng);
            let high = flow::add_noise(batch.data.clone(), noise, t_high);

            // Target: one teacher step down, then the student's own landing from there, without gradient.
            let landed = {
                let text = teacher.encode_prompts(&batch.prompts, &device);
                let out = teacher.sequence(high.clone().cast(dtype), batch.condition.clone(), t_high, text);
                let v = config.prediction.velocity(high.clone(), out.cast(DType::F32), t_high);
                let low = flow::euler(high.clone(), v, t_high, t_low);
                let fixed = model.valid();
                let text = fixed.encode_prompts(&batch.prompts, &device);
                let out = fixed.sequence(low.clone().cast(dtype), batch.condition.clone(), t_low, text);
                let v = config.prediction.velocity(low.clone(), out.cast(DType::F32), t_low);
                flow::euler(low, v, t_low, &zero)
            };
            let input = ClipInput {
                noisy: high.clone().cast(dtype),
                condition: batch.condition,
                t: t_high,
                prompts: &batch.prompts,
                sight: Sight::Causal,
            };
            let error = |output: Tensor<5>| {
                let high = Tensor::from_inner(high);
                let v = config
                    .prediction
                    .velocity(high.clone(), output.cast(DType::F32), t_high);
                let error = flow::euler(high, v, t_high, &zero) - Tensor::from_inner(landed);
                weighted_mse(error, Tensor::from_inner(batch.weights)).div_scalar(r.accumulate as f32)
            };
            let gather = |grads: &Gradients| optimizer.gather(&model, grads);
            loss += to_host(model.gradients(input, r.recompute, &training, error, gather))[0];
        }
        let lr = learning_rate(r.lr, step, r.warmup, r.steps);
        let with = AdamW {
            lr,
            weight_decay: r.weight_decay,
            ema: r.ema,
            ..AdamW::default()
        };
        let norm;
        (model, norm) = optimizer.advance(model, with, &training);
        steps.means.add("loss", loss.into());
        steps.means.add("grad_norm", norm);
        steps.means.add("lr", lr.into());
        steps.end(
            step + 1,
            r.batch * r.accumulate * r.latents,
            &[norm],
            &saved,
            || save(&optimizer, &student, &saved),
            || samples.take(run, STAGE, step + 1, &optimizer.average()),
        )?;
    }
    steps.finish(r.steps)?;
    samples.take(run, STAGE, r.steps, &optimizer.average())?;
    save(&optimizer, &student, &saved)?;
    checkpoint::save(&last, &optimizer.average(), &[("step", r.steps.to_string())])
}

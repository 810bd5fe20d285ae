//! Stage 1, adaptation: flow matching with teacher forcing; one timestep a clip, shifted (AAPT appendix B).

use std::path::Path;

use burn::tensor::{DType, Gradients, Tensor};

use super::autoencoder::{compute_dtype, trained};
use super::checkpoint;
use super::latents::{self, LatentClip};
use super::optim::{AdamW, Optimizer, learning_rate};
use super::pretrain;
use super::run::{Run, TrainError};
use super::samples::Samples;
use super::sequence::{ErrorWeights, assemble, noise_like, picks, weighted_mse};
use super::start;
use super::steps::Steps;
use super::student::{StudentPlan, StudentPool};
use crate::data::Split;
use crate::device::Gaussian;
use crate::flow;
use crate::model::aapt::block::Sight;
use crate::model::aapt::generator::Generator;
use crate::model::aapt::recompute::ClipInput;
use crate::model::aapt::residual::ResidualStd;
use crate::model::weights::{Arrays, import, to_host};

const STAGE: &str = "adapt";

/// What both generator stages begin with.
pub(super) struct Setup {
    pub(super) clips: Vec<LatentClip>,
    pub(super) residual_std: ResidualStd,
    /// Mean and deviation of the latents themselves, per channel.
    pub(super) mean: Vec<f32>,
    /// See `mean`.
    pub(super) std: Vec<f32>,
    /// Deviation of each latent channel in the picture.
    pub(super) deviation: Vec<f32>,
}

impl Setup {
    pub(super) fn new(run: &Run) -> Result<Self, TrainError> {
        let (_, deviation) = trained(run, &run.device.open()?)?;
        let clips = latents::load(run, Split::Train)?;
        let statistics = latents::statistics(run, &clips)?;
        Ok(Self {
            clips,
            residual_std: statistics.residual_std,
            mean: statistics.mean,
            std: statistics.std,
            deviation,
        })
    }
}

/// A stage's final averaged weights, if it has been run.
pub(super) fn finished(run: &Run, stage: &'static str) -> Result<Arrays, TrainError> {
    let path = run.dir.join(stage).join("final.safetensors");
    if !path.exists() {
        return Err(TrainError::Missing {
            needs: stage,
            run: run.dir.clone(),
        });
    }
    Ok(checkpoint::load(&path)?.0)
}

/// Takes up a checkpoint where there is one: weights, moments and the pool of rollouts.
pub(super) fn resume(
    optimizer: &mut Optimizer,
    student: &mut StudentPool,
    path: &Path,
    samples: &Samples,
    setup: &Setup,
) -> Result<(), TrainError> {
    if !path.exists() {
        return Ok(());
    }
    let (arrays, meta) = checkpoint::load(path)?;
    let step = meta.get("step").and_then(|s| s.parse().ok()).unwrap_or(0);
    student.restore(&arrays, &meta, samples, setup)?;
    optimizer.restore(arrays, step).map_err(|what| TrainError::Checkpoint {
        path: path.to_owned(),
        what,
    })
}

/// Writes what [`resume`] takes up.
pub(super) fn save(optimizer: &Optimizer, student: &StudentPool, path: &Path) -> Result<(), TrainError> {
    let mut arrays = optimizer.arrays();
    let mut meta = vec![("step", optimizer.step.to_string())];
    student.save(&mut arrays, &mut meta);
    checkpoint::save(path, &arrays, &meta)
}

/// Trains, or goes on training, until the recipe's steps are done.
pub(super) fn train(run: &Run) -> Result<(), TrainError> {
    let dir = run.stage_dir(STAGE)?;
    let last = dir.join("final.safetensors");
    if last.exists() {
        return Ok(());
    }
    let r = &run.recipe.adapt;
    let config = run.generator_config()?;
    let prediction = config.prediction;
    let device = run.device.open()?;
    let training = device.clone().autodiff();
    let dtype = compute_dtype(run.device);
    let setup = Setup::new(run)?;
    let weights = ErrorWeights::new(&setup.residual_std, &setup.deviation, r.channel_power, r.new_weight);

    let mut model = Generator::new(&config, &mut Gaussian::new(run.recipe.data.seed, 7), &training);
    let warm = run.dir.join(start::WARM);
    let warm = warm.exists().then(|| checkpoint::load(&warm)).transpose()?;
    let warm = warm.map(|(weights, _)| start::grown(&model, weights));
    if let Some(weights) = &warm {
        model = import(model, weights, &training)?;
    } else if run.recipe.pretrain.is_some() {
        let weights = pretrain::converted(&model, finished(run, pretrain::STAGE)?);
        model = import(model, &weights, &training)?;
    }
    let mut optimizer = Optimizer::new(&model);
    let saved = dir.join("checkpoint.safetensors");
    let samples = Samples::new(run, &setup, &config)?;
    let mut student = StudentPool::new(run, StudentPlan::from(r))?;
    resume(&mut optimizer, &mut student, &saved, &samples, &setup)?;
    model = optimizer.apply(model, &training);

    let mut steps = Steps::new(run, STAGE, optimizer.step, r.steps, &["loss", "latents_per_sec"]);
    while optimizer.step < r.steps {
        let step = optimizer.step;
        let mut rng = Gaussian::new(run.recipe.data.seed ^ 0xada, step + 1);
        student.refresh(step, || optimizer.average(), &samples, &setup)?;
        let clips = student.choose(&mut rng).unwrap_or(&setup.clips);
        let picks = picks(&mut rng, clips, r.batch * r.accumulate, r.latents);
        let t: Vec<f32> = picks.iter().map(|_| flow::shift(rng.uniform(), r.shift)).collect();
        let mut loss = 0.0;
        for (picks, t) in picks.chunks(r.batch).zip(t.chunks(r.batch)) {
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
            let x_t = flow::add_noise(batch.data.clone(), noise.clone(), t);
            let target = flow::target_velocity(batch.data, noise);
            let input = ClipInput {
                noisy: x_t.clone().cast(dtype),
                condition: batch.condition,
                t,
                prompts: &batch.prompts,
                sight: Sight::Causal,
            };
            let error = |output: Tensor<5>| {
                let v = prediction.velocity(Tensor::from_inner(x_t), output.cast(DType::F32), t);
                let error = prediction.scaled_error(v - Tensor::from_inner(target), t);
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
    let mut weights = optimizer.average();
    if let Some(start) = &warm {
        mix(&mut weights, start, r.warm_share);
    }
    samples.take(run, STAGE, r.steps, &weights)?;
    save(&optimizer, &student, &saved)?;
    checkpoint::save(&last, &weights, &[("step", r.steps.to_string())])
}

/// Brings weights a share of the way to others of the same names and shapes.
fn mix(weights: &mut Arrays, towards: &Arrays, share: f32) {
    for (name, array) in weights {
        let Some(other) = towards.get(name) else { continue };
        for (v, o) in array.values.iter_mut().zip(&other.values) {
            *v = (1.0 - share) * *v + share * o;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::weights::Array;

    #[test]
    fn a_share_of_the_way_is_a_mean() {
        let array = |values: &[f32]| Array {
            shape: vec![values.len()],
            values: values.to_vec(),
        };
        let mut weights = Arrays::from([("a".into(), array(&[1.0, 2.0])), ("b".into(), array(&[5.0]))]);
        mix(&mut weights, &Arrays::from([("a".into(), array(&[3.0, -2.0]))]), 0.25);
        assert_eq!(weights["a"].values, [1.5, 1.0]);
        assert_eq!(weights["b"].values, [5.0]);
    }
}

//! Stage 4, the refiner: texture for the haze that squared error leaves, along walks of the network's own.
//!
//! The generator stays as it is. The pool's walks keep the data that it made before refinement, so a step costs two small
//! convolutional networks and nothing else; the discriminator compares with the truth of the same cameras.

use burn::tensor::Tensor;

use super::TrainError;
use super::adapt::{Setup, finished};
use super::autoencoder::compute_dtype;
use super::checkpoint;
use super::duel::Duel;
use super::latents::LatentClip;
use super::run::Run;
use super::samples::Samples;
use super::sequence::{ErrorWeights, Pick, assemble};
use super::steps::Steps;
use super::student::{StudentPlan, StudentPool};
use super::student_batch::{self, made_data};
use crate::device::Gaussian;
use crate::model::aapt::discriminator::Discriminator;
use crate::model::aapt::refiner::Refiner;
use crate::model::weights::{Arrays, prefixed};

const STAGE: &str = "refine";

/// Segments tried for each one that is taken.
const TRIED: usize = 4;

/// Draws segments of walks, anywhere, and of a few each time the one with most new in it: that is where there is to learn.
fn picks(rng: &mut Gaussian, clips: &[LatentClip], batch: usize, latents: usize) -> Vec<Pick> {
    let length = clips.first().map_or(0, |c| c.controls.len());
    let known = |(clip, from): &(usize, usize)| -> f32 {
        let clip = &clips[*clip];
        let each = clip.validity.len() / length.max(1);
        let segment = &clip.validity[from * each..(from + latents) * each];
        segment.iter().step_by(7).map(|v| v.to_f32()).sum()
    };
    (0..batch)
        .filter_map(|_| {
            let tried: [(usize, usize); TRIED] =
                std::array::from_fn(|_| (rng.below(clips.len()), rng.below(length - latents + 1)));
            let best = tried.into_iter().min_by(|a, b| known(a).total_cmp(&known(b)));
            best.map(|(clip, from)| Pick {
                clip,
                steps: (from..from + latents).collect(),
            })
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
    let config = run.refined_config()?;
    let device = run.device.open()?;
    let training = device.clone().autodiff();
    let dtype = compute_dtype(run.device);
    let setup = Setup::new(run)?;
    let weights = ErrorWeights::new(&setup.residual_std, &setup.deviation, r.channel_power, r.new_weight);

    let base = finished(run, "adversarial").or_else(|_| finished(run, "distill"))?;
    let whole = |refiner: Arrays| -> Arrays {
        let mut all = base.clone();
        all.extend(prefixed(refiner, "refiner"));
        all
    };
    let mut rng = Gaussian::new(run.recipe.data.seed, 11);
    let mut refiner = Refiner::new(refiner_config, &config, &setup.std, &mut rng, &training);
    let discriminator = Discriminator::new(r.discriminator, &config, &mut rng, &training);
    let saved = dir.join("checkpoint.safetensors");
    let learner = ("refiner", &refiner);
    let mut duel = Duel::new(r, learner, discriminator, 0.99, &setup, dtype, &device, saved).of_new_places();
    let samples = Samples::new(run, &setup, &config, 1)?;
    let mut student = StudentPool::new(run, StudentPlan::from(r))?;
    refiner = duel.resume(refiner, &mut student, &samples, &setup)?;

    let shown = &["d_loss", "g_loss", "anchor", "latents_per_sec"];
    let mut steps = Steps::new(run, STAGE, duel.step(), r.steps, shown);
    while duel.step() < r.steps {
        let step = duel.step();
        let mut rng = Gaussian::new(run.recipe.data.seed ^ 0x4ef, step + 1);
        student.refresh(step, || whole(duel.of_learner.average()), &samples, &setup)?;
        let clips = student.clips();
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

        let learns = duel.learns();
        let shown = duel.shown(&config, clips, &picks, &batch, data.clone().inner());
        let mut norms = [duel.update_discriminator(&shown, &mut steps.means, &mut rng), 0.0];
        if learns {
            let means = &mut steps.means;
            (refiner, norms[1]) = duel.update_learner(refiner, data, &shown, &batch, means, &mut rng);
        }
        steps.end(
            step + 1,
            n * k,
            &norms,
            &duel.saved,
            || duel.save(&student),
            || samples.take(run, STAGE, step + 1, &whole(duel.of_learner.average())),
        )?;
    }
    steps.finish();
    let weights = whole(duel.of_learner.average());
    samples.take(run, STAGE, r.steps, &weights)?;
    duel.save(&student)?;
    checkpoint::save(&last, &weights, &[("step", r.steps.to_string())])
}

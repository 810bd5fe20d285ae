//! Stage 3, adversarial training with student forcing (AAPT §2.2): the generator learns along walks that it rolled out
//! itself exactly as at play time, one evaluation a latent frame; the discriminator judges all latent frames in one
//! parallel pass against the real clip of the same walk. What is recycled carries no gradient, keys and values do.
//!
//! Walks longer than a clip go to and fro along it, and batches are segments of them: the discriminator sees what becomes
//! of long walks, and a batch's memory does not grow with them.

use burn::module::Module;
use burn::tensor::Tensor;

use super::TrainError;
use super::adapt::{Setup, finished};
use super::autoencoder::compute_dtype;
use super::checkpoint;
use super::duel::Duel;
use super::run::Run;
use super::samples::Samples;
use super::sequence::{ErrorWeights, assemble, picks};
use super::steps::Steps;
use super::student::{StudentPlan, StudentPool};
use super::student_batch;
use crate::device::Gaussian;
use crate::model::aapt::discriminator::{ADAPTED, Discriminator};
use crate::model::aapt::generator::Generator;
use crate::model::weights::{export, import, prefixed};

const STAGE: &str = "adversarial";

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

    // The generator starts from the distilled weights, the discriminator from the adapted ones (AAPT §2.3).
    let blank = Generator::new(&config, &mut Gaussian::silent(), &training);
    let mut generator = import(blank, &finished(run, "distill")?, &training)?;
    let mut rng = Gaussian::new(run.recipe.data.seed, 9);
    let discriminator = Discriminator::new(r.discriminator, &config, &mut rng, &training);
    let mut start = export(&discriminator);
    start.extend(prefixed(finished(run, "adapt")?, ADAPTED));
    let discriminator = import(discriminator, &start, &training)?;
    let saved = dir.join("checkpoint.safetensors");
    let learner = ("generator", &generator);
    let mut duel = Duel::new(r, learner, discriminator, 0.9, &setup, dtype, &device, saved);
    let samples = Samples::new(run, &setup, &config)?;
    let mut student = StudentPool::new(run, StudentPlan::from(r))?;
    generator = duel.resume(generator, &mut student, &samples, &setup)?;

    let shown = &["d_loss", "g_loss", "anchor", "latents_per_sec"];
    let mut steps = Steps::new(run, STAGE, duel.step(), r.steps, shown);
    while duel.step() < r.steps {
        let step = duel.step();
        let mut rng = Gaussian::new(run.recipe.data.seed ^ 0xad5, step + 1);
        student.refresh(step, || duel.of_learner.current(), &samples, &setup)?;
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
        let learns = duel.learns();
        let data = match learns {
            true => student_batch::make(&generator, &batch, noise, dtype, &training, Tensor::from_inner),
            false => student_batch::make(&generator.valid(), &batch, noise, dtype, &device, |x| x),
        };
        let seen = if learns { data.clone().inner() } else { data.clone() };
        let shown = duel.shown(&config, clips, &picks, &batch, seen);
        let mut norms = [duel.update_discriminator(&shown, &mut steps.means, &mut rng), 0.0];
        if learns {
            let means = &mut steps.means;
            (generator, norms[1]) = duel.update_learner(generator, data, &shown, &batch, means, &mut rng);
        }
        steps.end(
            step + 1,
            r.batch * r.latents,
            &norms,
            &duel.saved,
            || duel.save(&student),
            || samples.take(run, STAGE, step + 1, &duel.of_learner.average()),
        )?;
    }
    steps.finish(r.steps)?;
    let weights = duel.of_learner.average();
    samples.take(run, STAGE, r.steps, &weights)?;
    duel.save(&student)?;
    checkpoint::save(&last, &weights, &[("step", r.steps.to_string())])
}

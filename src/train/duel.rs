//! A discriminator and the generator that learns against it, in their adversarial stage. Each
//! step updates the discriminator and then the learner on the same clips.

use std::path::PathBuf;

use burn::module::Module;
use burn::tensor::{DType, Device, Tensor};

use super::TrainError;
use super::adapt::Setup;
use super::checkpoint;
use super::latents::LatentClip;
use super::losses::{approximated_penalty, discriminator_loss, generator_loss, weighted_mean};
use super::optim::{AdamW, Optimizer};
use super::recipe::AdversarialRecipe;
use super::run::Means;
use super::samples::Samples;
use super::sequence::{Batch, Pick, noise_like, weighted_mse};
use super::student::StudentPool;
use super::student_batch::{Scale, camera, first_latents, real_latents, recycled_channels, with_channels};
use crate::device::Gaussian;
use crate::model::aapt::config::GeneratorConfig;
use crate::model::aapt::discriminator::Discriminator;
use crate::model::aapt::text::Prompts;
use crate::model::weights::{prefixed, to_host, under};

/// Steps over which the learner's rate rises.
const WARMUP: f32 = 20.0;

/// What the discriminator is shown, without differentiation.
pub(super) struct Shown {
    /// Normalised clips, the first frame included: `[batch, 1 + latents, channels, h, w]`.
    real: Tensor<5>,
    fake: Tensor<5>,
    /// Normalised first latent frames: `[batch, 1, channels, h, w]`.
    first: Tensor<5>,
    /// What stands in the channels that are not judged.
    unjudged: Option<Tensor<5>>,
    camera: Tensor<5>,
    /// Of all frames, the first one included.
    prompts: Vec<Prompts>,
}

/// The two sides' optimisers, and the discriminator.
pub(super) struct Duel<'a> {
    recipe: &'a AdversarialRecipe,
    /// What the learner is called in checkpoints.
    name: &'static str,
    /// Of the learner.
    pub(super) of_learner: Optimizer,
    of_discriminator: Optimizer,
    discriminator: Discriminator,
    /// Decay of the mean squared gradient, of both.
    beta2: f32,
    scale: Scale,
    /// The same on the training device.
    lifted: Scale,
    dtype: DType,
    device: Device,
    training: Device,
    /// The checkpoint.
    pub(super) saved: PathBuf,
}

impl<'a> Duel<'a> {
    /// Both at their beginning. `device` is without differentiation.
    pub(super) fn new<M: Module>(
        recipe: &'a AdversarialRecipe,
        (name, learner): (&'static str, &M),
        discriminator: Discriminator,
        beta2: f32,
        setup: &Setup,
        dtype: DType,
        device: &Device,
        saved: PathBuf,
    ) -> Self {
        let training = device.clone().autodiff();
        Self {
            recipe,
            name,
            of_learner: Optimizer::new(learner),
            of_discriminator: Optimizer::new(&discriminator),
            discriminator,
            beta2,
            scale: Scale::new(&setup.mean, &setup.std, device),
            lifted: Scale::new(&setup.mean, &setup.std, &training),
            dtype,
            device: device.clone(),
            training,
            saved,
        }
    }

    /// Takes up the checkpoint if there is one, and gives the learner its weights.
    pub(super) fn resume<M: Module>(
        &mut self,
        learner: M,
        student: &mut StudentPool,
        samples: &Samples,
        setup: &Setup,
    ) -> Result<M, TrainError> {
        if self.saved.exists() {
            let (arrays, meta) = checkpoint::load(&self.saved)?;
            let number = |key: &str| meta.get(key).and_then(|s| s.parse().ok()).unwrap_or(0);
            let bad = |what: String| TrainError::Checkpoint {
                path: self.saved.clone(),
                what,
            };
            student.restore(&arrays, &meta, samples, setup)?;
            self.of_learner
                .restore(under(&arrays, self.name), number("learner_step"))
                .map_err(bad)?;
            self.of_discriminator
                .restore(under(&arrays, "discriminator"), number("step"))
                .map_err(bad)?;
        }
        self.discriminator = self.of_discriminator.apply(self.discriminator.clone(), &self.training);
        Ok(self.of_learner.apply(learner, &self.training))
    }

    /// Writes what [`Self::resume`] takes up.
    pub(super) fn save(&self, student: &StudentPool) -> Result<(), TrainError> {
        let mut arrays = prefixed(self.of_learner.arrays(), self.name);
        arrays.extend(prefixed(self.of_discriminator.arrays(), "discriminator"));
        let mut meta = vec![
            ("step", self.step().to_string()),
            ("learner_step", self.of_learner.step.to_string()),
        ];
        student.save(&mut arrays, &mut meta);
        checkpoint::save(&self.saved, &arrays, &meta)
    }

    /// Updates of the discriminator so far.
    pub(super) fn step(&self) -> u64 {
        self.of_discriminator.step
    }

    /// Whether the learner learns yet.
    pub(super) fn learns(&self) -> bool {
        self.step() >= self.recipe.discriminator_first
    }

    /// What there is to judge of a batch: the truth, and what the data (without differentiation) mean.
    pub(super) fn shown(
        &self,
        config: &GeneratorConfig,
        clips: &[LatentClip],
        picks: &[Pick],
        batch: &Batch,
        data: Tensor<5>,
    ) -> Shown {
        let first = self.scale.normalised(first_latents(config, clips, picks, &self.device));
        let unjudged = recycled_channels(batch, self.recipe.discriminator.unjudged_channels);
        let clip_of = |latents: Tensor<5>| {
            let latents = with_channels(latents, unjudged.as_ref());
            Tensor::cat(vec![first.clone(), self.scale.normalised(latents)], 1)
        };
        let camera = camera(batch, config.latent_channels);
        Shown {
            // Not the batch's data: those are clamped, and beside a walk gone astray that would be the walk.
            real: clip_of(real_latents(config, clips, picks, &self.device)),
            fake: clip_of(batch.base.clone() + data * batch.std.clone()),
            camera,
            prompts: batch.prompts.iter().map(Prompts::one_later).collect(),
            first,
            unjudged,
        }
    }

    /// Losses of the discriminator: pairing, R1, R2, and the mean difference of the logits.
    fn judge(&self, shown: &Shown, rng: &mut Gaussian) -> [Tensor<1>; 4] {
        let r = self.recipe;
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
        let some = shown.camera.clone().narrow(0, 0, penalised);
        let camera = Tensor::cat(vec![shown.camera.clone(), shown.camera.clone(), some.clone(), some], 0);
        let prompts = &shown.prompts;
        let prompts = [&prompts[..], prompts, &prompts[..penalised], &prompts[..penalised]].concat();
        let latents = Tensor::from_inner(self.scale.latents(clips.clone()).cast(self.dtype));
        let clips = Tensor::from_inner(clips.cast(self.dtype));
        let logits = self
            .discriminator
            .forward(clips, latents, Tensor::from_inner(camera), &t, &prompts)
            .cast(DType::F32);
        let part = |from: usize, n: usize| logits.clone().narrow(0, from, n);
        let (real, fake) = (part(0, batch), part(batch, batch));
        let of = |x: &Tensor<2>| x.clone().narrow(0, 0, penalised);
        let sigma = r.divide_by_sigma2.then_some(r.sigma);
        [
            discriminator_loss(real.clone(), fake.clone(), None),
            approximated_penalty(of(&real), part(2 * batch, penalised), sigma),
            approximated_penalty(of(&fake), part(2 * batch + penalised, penalised), sigma),
            weighted_mean(real - fake, None),
        ]
    }

    /// Updates the discriminator; the norm of its gradient.
    pub(super) fn update_discriminator(&mut self, shown: &Shown, means: &mut Means, rng: &mut Gaussian) -> f64 {
        let losses = self.judge(shown, rng);
        for (name, loss) in ["d_loss", "r1", "r2", "margin"].into_iter().zip(&losses) {
            means.add(name, host(loss));
        }
        let [pairing, r1, r2, _] = losses;
        let grads = (pairing + (r1 + r2).mul_scalar(self.recipe.penalty)).backward();
        let with = AdamW {
            lr: self.recipe.lr_discriminator,
            beta1: 0.0,
            beta2: self.beta2,
            clip: 1e3,
            ..AdamW::default()
        };
        let (updated, norm) = self
            .of_discriminator
            .update(self.discriminator.clone(), &grads, with, &self.training);
        self.discriminator = updated;
        means.add("d_grad_norm", norm);
        norm
    }

    /// Updates the learner, whose graph `data` (as in [`Self::shown`]) carries; the norm of its gradient.
    pub(super) fn update_learner<M: Module>(
        &mut self,
        learner: M,
        data: Tensor<5>,
        shown: &Shown,
        batch: &Batch,
        means: &mut Means,
        rng: &mut Gaussian,
    ) -> (M, f64) {
        let r = self.recipe;
        let t: Vec<f32> = shown.prompts.iter().map(|_| rng.uniform()).collect();
        let real_logits = {
            let latents = self.scale.latents(shown.real.clone()).cast(self.dtype);
            let (clip, camera) = (shown.real.clone().cast(self.dtype), shown.camera.clone());
            let fixed = self.discriminator.valid();
            fixed
                .forward(clip, latents, camera, &t, &shown.prompts)
                .cast(DType::F32)
        };
        let fixed = self.discriminator.clone().no_grad();
        let lift = |x: &Tensor<5>| Tensor::from_inner(x.clone());
        let latents = lift(&batch.base) + data.clone() * lift(&batch.std);
        let latents = with_channels(latents, shown.unjudged.as_ref().map(lift).as_ref());
        let clip = Tensor::cat(vec![lift(&shown.first), self.lifted.normalised(latents)], 1);
        let latents = self.lifted.latents(clip.clone()).cast(self.dtype);
        let fake_logits = fixed
            .forward(clip.cast(self.dtype), latents, lift(&shown.camera), &t, &shown.prompts)
            .cast(DType::F32);
        let adversarial = generator_loss(Tensor::from_inner(real_logits), fake_logits, None);
        let anchor = weighted_mse(data - lift(&batch.data), lift(&batch.weights));
        means.add("g_loss", host(&adversarial));
        means.add("anchor", host(&anchor));
        let grads = (adversarial.mul_scalar(r.weight) + anchor.mul_scalar(r.anchor)).backward();
        let with = AdamW {
            lr: r.lr * ((self.of_learner.step + 1) as f32 / WARMUP).min(1.0),
            beta1: 0.0,
            beta2: self.beta2,
            ema: r.ema,
            ..AdamW::default()
        };
        let (learner, norm) = self.of_learner.update(learner, &grads, with, &self.training);
        means.add("g_grad_norm", norm);
        (learner, norm)
    }
}

fn host(x: &Tensor<1>) -> f64 {
    f64::from(to_host(x.clone().detach())[0])
}

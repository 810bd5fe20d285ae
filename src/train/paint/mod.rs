//! Stage 5, the painter: texture and edges for what squared error leaves soft, trained against a critic (the paper's finishing
//! of its decoder, AAPT appendix C, for what a view newly shows and for what one has walked up to).
//!
//! The generator stays as it is: a step is one of two small convolutional networks on pictures beside their truth
//! ([`super::pairs`]).

mod batch;

use burn::module::Module;
use burn::tensor::{DType, Device, Tensor};

use self::batch::{Batch, Crop, pick};
use super::TrainError;
use super::adapt::finished;
use super::autoencoder::compute_dtype;
use super::checkpoint;
use super::losses::{discriminator_loss, generator_loss, weighted_mean};
use super::optim::{AdamW, Optimizer};
use super::pairs::{self, Pairs};
use super::recipe::PaintRecipe;
use super::run::{Means, Run};
use super::steps::Steps;
use crate::device::Gaussian;
use crate::frame::Frame;
use crate::model::aapt::codec;
use crate::model::aapt::critic::Critic;
use crate::model::aapt::painter::draw;
use crate::model::aapt::pixel_net::PixelNet;
use crate::model::aapt::{depth, painter};
use crate::model::nn::tensor;
use crate::model::weights::{Arrays, import, prefixed, to_host, under};
use crate::record;

const STAGE: &str = "paint";
/// Steps over which the painter's rate rises.
const WARMUP: f32 = 50.0;
/// Side of the blocks whose mean colours are held in new places.
const COLOUR_SIDE: usize = 16;
/// Held-out pictures in a look.
const LOOKS: usize = 18;

/// Trains, or goes on training, until the recipe's steps are done. A recipe without the stage is done at once.
pub(super) fn train(run: &Run) -> Result<(), TrainError> {
    let (Some(r), Some(sizes)) = (&run.recipe.paint, &run.recipe.generator.painter) else {
        return Ok(());
    };
    let dir = run.stage_dir(STAGE)?;
    let last = dir.join("final.safetensors");
    if last.exists() {
        return Ok(());
    }
    let (pairs, held_out) = Pairs::both(run, r.clips)?;
    if !pairs.any_due() || !held_out.any_due() {
        return Err(TrainError::Recipe {
            path: run.dir.clone(),
            what: "its clips show nothing that would have to be drawn: walk or turn more in them".into(),
        });
    }

    let device = run.device.open()?;
    let training = device.clone().autodiff();
    let base = match run.recipe.depth {
        Some(_) => finished(run, "depth")?,
        None => pairs::generator(run)?,
    };
    let mut rng = Gaussian::new(run.recipe.data.seed, 12);
    let depth_net = match (&run.recipe.generator.depth_net, under(&base, "depth_net")) {
        (Some(sizes), weights) if !weights.is_empty() => {
            let net = PixelNet::new(sizes, depth::PLANES, &mut Gaussian::silent(), &device);
            Some(import(net, &weights, &device)?)
        }
        _ => None,
    };
    let painter = PixelNet::new(sizes, painter::PLANES, &mut rng, &training);
    let critic = Critic::new(r.critic_width, r.critic_deep_width, &mut rng, &training);
    let mut sides = Sides {
        recipe: r,
        of_painter: Optimizer::new(&painter),
        of_critic: Optimizer::new(&critic),
        painter,
        depth_net,
        critic,
        dtype: compute_dtype(run.device),
        training,
    };
    let saved = dir.join("checkpoint.safetensors");
    if saved.exists() {
        let (arrays, meta) = checkpoint::load(&saved)?;
        let number = |key: &str| meta.get(key).and_then(|s| s.parse().ok()).unwrap_or(0);
        let bad = |what: String| TrainError::Checkpoint {
            path: saved.clone(),
            what,
        };
        (sides.of_painter)
            .restore(under(&arrays, "painter"), number("painter_step"))
            .map_err(bad)?;
        (sides.of_critic)
            .restore(under(&arrays, "critic"), number("step"))
            .map_err(bad)?;
    }
    sides.painter = sides.of_painter.apply(sides.painter.clone(), &sides.training);
    sides.critic = sides.of_critic.apply(sides.critic.clone(), &sides.training);

    let shown = &["d_loss", "g_loss", "stale", "colour", "latents_per_sec"];
    let mut steps = Steps::new(run, STAGE, sides.of_critic.step, r.steps, shown);
    while sides.of_critic.step < r.steps {
        let step = sides.of_critic.step;
        let mut rng = Gaussian::new(run.recipe.data.seed ^ 0x9a1, step + 1);
        let crops: Vec<Crop> = (0..r.batch).map(|_| pick(&pairs, r.crop_px, &mut rng)).collect();
        let batch = Batch::new(&pairs, &crops, sides.depth_net.as_ref(), &mut rng, &device);
        let norms = sides.step(&batch, &mut steps.means, &mut rng);
        steps.end(
            step + 1,
            r.batch,
            &norms,
            &saved,
            || {
                let mut arrays = prefixed(sides.of_painter.arrays(), "painter");
                arrays.extend(prefixed(sides.of_critic.arrays(), "critic"));
                let meta = [
                    ("step", sides.of_critic.step.to_string()),
                    ("painter_step", sides.of_painter.step.to_string()),
                ];
                checkpoint::save(&saved, &arrays, &meta)
            },
            || look(run, &sides, &held_out, &device),
        )?;
    }
    steps.finish(r.steps)?;
    look(run, &sides, &held_out, &device)?;
    let mut weights = base;
    weights.extend(prefixed(sides.of_painter.average(), "painter"));
    checkpoint::save(&last, &weights, &[("step", r.steps.to_string())])
}

/// Painter and critic, and their optimisers.
struct Sides<'a> {
    recipe: &'a PaintRecipe,
    painter: PixelNet,
    depth_net: Option<PixelNet>,
    critic: Critic,
    of_painter: Optimizer,
    of_critic: Optimizer,
    dtype: DType,
    training: Device,
}

impl Sides<'_> {
    /// One update of the critic and, once it is ahead, one of the painter: the norms of their gradients.
    fn step(&mut self, batch: &Batch, means: &mut Means, rng: &mut Gaussian) -> [f64; 2] {
        let r = self.recipe;
        let learns = self.of_critic.step >= r.critic_first;
        let lift = |x: &Tensor<4>| Tensor::from_inner(x.clone());
        // A graph that nobody walks back is never freed: none is made while only the critic learns.
        let (drawn, painted) = match learns {
            true => {
                let (seen, maps, noise) = (lift(&batch.seen), lift(&batch.maps), lift(&batch.noise));
                let drawn = draw(&self.painter, seen, maps, noise, self.dtype);
                (Some(drawn.clone()), drawn.inner())
            }
            false => {
                let fixed = self.painter.valid();
                let (seen, maps, noise) = (batch.seen.clone(), batch.maps.clone(), batch.noise.clone());
                let drawn = draw(&fixed, seen, maps, noise, self.dtype);
                (None, drawn)
            }
        };
        let fake = batch.painted(painted);
        let critic_norm = self.update_critic(batch, fake, means, rng);
        let painter_norm = match drawn {
            Some(drawn) => self.update_painter(batch, drawn, means),
            None => 0.0,
        };
        [critic_norm, painter_norm]
    }

    fn update_critic(&mut self, batch: &Batch, fake: Tensor<4>, means: &mut Means, rng: &mut Gaussian) -> f64 {
        let r = self.recipe;
        let real = batch.real();
        let perturb = |x: &Tensor<4>, rng: &mut Gaussian| {
            let shape = x.dims();
            let mut noise = vec![0.0; shape.iter().product()];
            rng.fill(&mut noise);
            let noise: Tensor<4> = tensor(noise, shape, &x.device());
            // The context is not perturbed.
            x.clone() + noise.mul_scalar(r.sigma) * batch.due()
        };
        let moved = [perturb(&real, rng), perturb(&fake, rng)];
        let [n, ..] = real.dims();
        let [moved_real, moved_fake] = moved;
        let pictures = Tensor::cat(vec![real, fake, moved_real, moved_fake], 0);
        let maps = batch.maps.clone().repeat_dim(0, 4);
        let logits = (self.critic).forward(Tensor::from_inner(pictures), Tensor::from_inner(maps), self.dtype);
        let part = |i: usize| logits.clone().narrow(0, i * n, n);
        let weights = || Some(Tensor::from_inner(batch.weights.clone()));
        let pairing = discriminator_loss(part(0), part(1), weights());
        let changed = |a: usize, b: usize| weighted_mean((part(a) - part(b)).powi_scalar(2), weights());
        let (r1, r2) = (changed(0, 2), changed(1, 3));
        let margin = weighted_mean(part(0) - part(1), weights());
        for (name, loss) in [("d_loss", &pairing), ("r1", &r1), ("r2", &r2), ("margin", &margin)] {
            means.add(name, host(loss));
        }
        let grads = (pairing + (r1 + r2).mul_scalar(r.penalty)).backward();
        let with = AdamW {
            lr: r.lr_critic,
            beta1: 0.0,
            clip: 1e3,
            ..AdamW::default()
        };
        let (critic, norm) = (self.of_critic).update(self.critic.clone(), &grads, with, &self.training);
        self.critic = critic;
        norm
    }

    fn update_painter(&mut self, batch: &Batch, drawn: Tensor<4>, means: &mut Means) -> f64 {
        let r = self.recipe;
        let lift = |x: Tensor<4>| Tensor::from_inner(x);
        let real_logits = (self.critic.valid()).forward(batch.real(), batch.maps.clone(), self.dtype);
        let painted = lift(batch.seen.clone()) + drawn * lift(batch.due());
        let fixed = self.critic.clone().no_grad();
        let fake_logits = fixed.forward(painted.clone(), lift(batch.maps.clone()), self.dtype);
        let adversarial = generator_loss(
            Tensor::from_inner(real_logits),
            fake_logits,
            Some(Tensor::from_inner(batch.weights.clone())),
        );
        // What was seen before is known to look like the truth; of new places the network decides the colours.
        let (stale, new) = (batch.stale_places(), batch.new_places());
        let share = |x: &Tensor<4>| to_host(x.clone().mean())[0].max(1e-4);
        let (of_stale, of_new) = (share(&stale), share(&new));
        let stale = ((painted.clone() - lift(batch.truth.clone())).abs() * lift(stale))
            .mean()
            .div_scalar(of_stale);
        let colours = coarse((painted - lift(batch.seen.clone())) * lift(new));
        let colour = colours.abs().mean().div_scalar(of_new);
        for (name, loss) in [("g_loss", &adversarial), ("stale", &stale), ("colour", &colour)] {
            means.add(name, host(loss));
        }
        let loss = adversarial.mul_scalar(r.weight) + stale.mul_scalar(r.anchor) + colour.mul_scalar(r.colour);
        let grads = loss.backward();
        let with = AdamW {
            lr: r.lr * ((self.of_painter.step + 1) as f32 / WARMUP).min(1.0),
            beta1: 0.0,
            ema: r.ema,
            ..AdamW::default()
        };
        let (painter, norm) = (self.of_painter).update(self.painter.clone(), &grads, with, &self.training);
        self.painter = painter;
        norm
    }
}

/// Means over blocks of [`COLOUR_SIDE`] pixels.
fn coarse(x: Tensor<4>) -> Tensor<4> {
    let [n, c, h, w] = x.dims();
    let s = COLOUR_SIDE;
    x.reshape([n, c, h / s, s, w / s, s])
        .mean_dim(3)
        .mean_dim(5)
        .reshape([n, c, h / s, w / s])
}

fn host(x: &Tensor<1>) -> f64 {
    f64::from(to_host(x.clone().detach())[0])
}

/// A sheet of held-out pictures: as seen, painted, and the truth.
fn look(run: &Run, sides: &Sides<'_>, pairs: &Pairs, device: &Device) -> Result<(), TrainError> {
    let lens = run.recipe.lens();
    let average: Arrays = sides.of_painter.average();
    let painter = import(sides.painter.valid(), &average, device)?;
    let n = LOOKS.min(pairs.len());
    let crops: Vec<Crop> = (0..n).map(|i| Crop::whole(i * pairs.len() / n, &lens)).collect();
    let mut rng = Gaussian::new(7, 0);
    let mut frames: Vec<Frame> = Vec::new();
    for crop in &crops {
        let batch = Batch::new(
            pairs,
            std::slice::from_ref(crop),
            sides.depth_net.as_ref(),
            &mut rng,
            device,
        );
        let (seen, maps, noise) = (batch.seen.clone(), batch.maps.clone(), batch.noise.clone());
        let drawn = draw(&painter, seen, maps, noise, sides.dtype);
        let shown = [batch.seen.clone(), batch.painted(drawn), batch.real()];
        frames.extend(shown.map(|x| {
            let rgb = to_host(x.permute([0, 2, 3, 1]).clamp(-1.0, 1.0));
            Frame::from_rgb(lens.width_px, lens.height_px, &codec::to_bytes(&rgb), 0)
        }));
    }
    let sheet = record::contact_sheet(&frames, 6, 1);
    let file = format!("{STAGE}-{:06}.png", sides.of_critic.step);
    Ok(record::save_png(&run.stage_dir("samples")?.join(file), &sheet)?)
}

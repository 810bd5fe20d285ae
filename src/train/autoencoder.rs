//! Stage 0: the autoencoder. Principal components first, then the convolutional branches and depth beside them.

use burn::tensor::{DType, Device, Tensor};

use super::checkpoint;
use super::clips::Clips;
use super::optim::{AdamW, Optimizer, learning_rate};
use super::run::{Every, Run, TrainError, bar};
use super::steps::{NOT_FINITE, diverged};
use crate::data::Split;
use crate::device::{DeviceChoice, Gaussian};
use crate::frame::FRAMES_PER_LATENT;
use crate::model::aapt::autoencoder::{Autoencoder, DEPTH_BLOCK};
use crate::model::aapt::codec;
use crate::model::aapt::config::BLOCK;
use crate::model::aapt::pca::{Accumulator, Components};
use crate::model::nn::tensor;
use crate::model::weights::{Array, Arrays, import, prefixed, to_host, under};
use crate::telemetry;

const STAGE: &str = "autoencoder";

/// Type that training computes in: bf16 where there are products for it.
pub(super) fn compute_dtype(device: DeviceChoice) -> DType {
    match device {
        DeviceChoice::Libtorch(_) => DType::BF16,
        _ => DType::F32,
    }
}

/// The trained autoencoder's averaged weights and its channels' deviations in the picture.
pub(super) fn trained(run: &Run, device: &Device) -> Result<(Autoencoder, Vec<f32>), TrainError> {
    let path = run.dir.join(STAGE).join("final.safetensors");
    if !path.exists() {
        return Err(TrainError::Missing {
            needs: STAGE,
            run: run.dir.clone(),
        });
    }
    let (arrays, _) = checkpoint::load(&path)?;
    let config = &run.recipe.autoencoder;
    let blank = Components::blank(config.latent_channels);
    let module = Autoencoder::new(config, &blank, &mut Gaussian::silent(), device);
    let module = import(module, &under(&arrays, "autoencoder"), device)?;
    let deviation = arrays.get("deviation").map(|a| a.values.clone()).unwrap_or_default();
    Ok((module, deviation))
}

/// One latent frame's pixels, those of the one before, and the last frame's inverse depth, as blocks.
struct Sample {
    now: Vec<f32>,
    before: Vec<f32>,
    depth: Vec<f32>,
}

fn sample(clips: &Clips, clip: usize, latent: usize) -> Sample {
    let width = clips.lens().width_px;
    let blocks = |k: usize| {
        let frames = clips.latent_frames(clip, k);
        codec::blocks_from_frames([&frames[0], &frames[1], &frames[2], &frames[3]], width)
    };
    let depth = clips.inverse_depth(clip, latent * FRAMES_PER_LATENT);
    Sample {
        now: blocks(latent),
        before: blocks(latent.saturating_sub(1)),
        depth: codec::blocks_from_plane(&depth, width),
    }
}

fn components(run: &Run, clips: &Clips, device: &Device) -> Components {
    let mut sum = Accumulator::new(device);
    let count = run.recipe.train_autoencoder.pca_clips.min(clips.len());
    let progress = bar("components", 0, count as u64);
    for clip in 0..count {
        // Every third latent frame is enough: neighbours are alike. The still at the start counts once.
        for latent in (0..=clips.latents()).step_by(3) {
            sum.add(sample(clips, clip, latent).now, device);
        }
        progress.inc(1);
    }
    progress.finish();
    sum.components(run.recipe.autoencoder.latent_channels)
}

struct Batch {
    now: Tensor<3>,
    before: Tensor<3>,
    depth: Tensor<3>,
}

fn batch(clips: &Clips, picks: &[(usize, usize)], device: &Device) -> Batch {
    let (mut now, mut before, mut depth) = (vec![], vec![], vec![]);
    for &(clip, latent) in picks {
        let s = sample(clips, clip, latent);
        now.extend(s.now);
        before.extend(s.before);
        depth.extend(s.depth);
    }
    let (n, p) = (picks.len(), depth.len() / DEPTH_BLOCK / picks.len());
    Batch {
        now: tensor(now, [n, p, BLOCK], device),
        before: tensor(before, [n, p, BLOCK], device),
        depth: tensor(depth, [n, p, DEPTH_BLOCK], device),
    }
}

/// Reconstruction error and inverse-depth error, both means.
fn errors(model: &Autoencoder, b: Batch, grid: [usize; 2], dtype: DType, light: bool) -> (Tensor<1>, Tensor<1>) {
    let [h, w] = grid;
    let latent = model.encoder.forward(b.now.clone(), h, w);
    let before = model.encoder.forward(b.before, h, w);
    // What is not shown at play is not trained for.
    let (pixels, depth) = match light {
        true => (
            model.decoder.light(latent.clone()),
            model.decoder.depth(latent, before, dtype),
        ),
        false => model.decoder.forward(latent, before, dtype),
    };
    ((pixels - b.now).powi_scalar(2).mean(), (depth - b.depth).abs().mean())
}

/// PSNR in dB and inverse-depth error over fixed frames of held-out worlds.
fn validate(model: &Autoencoder, clips: &Clips, grid: [usize; 2], device: &Device, light: bool) -> [f64; 2] {
    let (mut mse, mut depth, mut n) = (0.0, 0.0, 0.0);
    for clip in 0..clips.len().min(24) {
        let picks = [(clip, 1 + clip % clips.latents()), (clip, clips.latents())];
        let (p, d) = errors(model, batch(clips, &picks, device), grid, DType::F32, light);
        mse += f64::from(to_host(p)[0]);
        depth += f64::from(to_host(d)[0]);
        n += 1.0;
    }
    [-10.0 * (mse / n / 4.0).log10(), depth / n]
}

/// Trains, or goes on training, until the recipe's steps are done.
pub(super) fn train(run: &Run) -> Result<(), TrainError> {
    let dir = run.stage_dir(STAGE)?;
    let last = dir.join("final.safetensors");
    if last.exists() {
        return Ok(());
    }
    let r = &run.recipe.train_autoencoder;
    let device = run.device.open()?;
    let training = device.clone().autodiff();
    let dtype = compute_dtype(run.device);
    let clips = Clips::open(run, Split::Train)?;
    let held_out = Clips::open(run, Split::Test)?;
    let grid = run.generator_config()?.grid;
    let light = run.recipe.autoencoder.light;

    // Model: from the checkpoint, or from principal components.
    let saved = dir.join("checkpoint.safetensors");
    let mut rng = Gaussian::new(run.recipe.data.seed, 1);
    let (mut model, mut optimizer, deviation);
    if saved.exists() {
        let (mut arrays, meta) = checkpoint::load(&saved)?;
        deviation = arrays.remove("deviation").map(|a| a.values).unwrap_or_default();
        let blank = Components::blank(run.recipe.autoencoder.latent_channels);
        model = Autoencoder::new(&run.recipe.autoencoder, &blank, &mut rng, &training);
        optimizer = Optimizer::new(&model);
        let step = meta.get("step").and_then(|s| s.parse().ok()).unwrap_or(0);
        let bad = |what| TrainError::Checkpoint {
            path: saved.clone(),
            what,
        };
        optimizer.restore(arrays, step).map_err(bad)?;
        model = optimizer.apply(model, &training);
    } else {
        let start = components(run, &clips, &device);
        deviation = start.deviation.clone();
        model = Autoencoder::new(&run.recipe.autoencoder, &start, &mut rng, &training);
        optimizer = Optimizer::new(&model);
        let [psnr, depth] = validate(
            &Autoencoder::new(&run.recipe.autoencoder, &start, &mut rng, &device),
            &held_out,
            grid,
            &device,
            light,
        );
        run.log(
            STAGE,
            0,
            &[
                ("val_psnr_db", psnr),
                ("val_depth", depth),
                ("explained", start.explained),
            ],
        )?;
    }
    let save = |optimizer: &Optimizer| {
        let mut arrays = optimizer.arrays();
        arrays.insert(
            "deviation".into(),
            Array {
                shape: vec![deviation.len()],
                values: deviation.clone(),
            },
        );
        checkpoint::save(&saved, &arrays, &[("step", optimizer.step.to_string())])
    };
    let averaged = |optimizer: &Optimizer| -> Result<Autoencoder, TrainError> {
        let blank = Components::blank(run.recipe.autoencoder.latent_channels);
        let module = Autoencoder::new(&run.recipe.autoencoder, &blank, &mut Gaussian::silent(), &device);
        Ok(import(module, &optimizer.average(), &device)?)
    };

    telemetry::forget_peak();
    let progress = bar(STAGE, optimizer.step, r.steps);
    let (mut checkpoints, mut samples) = (Every::new(run.checkpoint_secs), Every::new(run.sample_secs));
    let (mut sum, mut since, mut clock) = (0.0, 0u64, std::time::Instant::now());
    while optimizer.step < r.steps {
        // A step's picks are named by its number: a resumed run draws what the uninterrupted one would have.
        let step = optimizer.step;
        let mut rng = Gaussian::new(run.recipe.data.seed ^ 0xae, step + 2);
        let picks: Vec<(usize, usize)> = (0..r.batch)
            .map(|_| {
                let clip = rng.below(clips.len());
                let latent = if rng.uniform() < 0.06 {
                    0
                } else {
                    1 + rng.below(clips.latents())
                };
                (clip, latent)
            })
            .collect();
        let (pixels, depth) = errors(&model, batch(&clips, &picks, &training), grid, dtype, light);
        let loss = pixels.clone() + depth.clone().mul_scalar(r.depth_weight);
        let grads = loss.backward();
        let lr = learning_rate(r.lr, step, 100, r.steps);
        let with = AdamW {
            lr,
            weight_decay: 0.0,
            ema: r.ema,
            ..AdamW::default()
        };
        let norm;
        (model, norm) = optimizer.update(model, &grads, with, &training);
        if !norm.is_finite() {
            return Err(diverged(STAGE, step, NOT_FINITE.into(), &saved));
        }
        sum += f64::from(to_host(pixels.detach())[0]);
        since += 1;
        if since == 20 {
            let mse = sum / since as f64;
            let psnr = -10.0 * (mse / 4.0).log10();
            let rate = since as f64 * r.batch as f64 / clock.elapsed().as_secs_f64();
            let depth = f64::from(to_host(depth.detach())[0]);
            progress.set_message(format!("{psnr:.2} dB, depth {depth:.4}, {rate:.1} latents/s"));
            run.log(
                STAGE,
                step + 1,
                &[
                    ("psnr_db", psnr),
                    ("depth", depth),
                    ("lr", lr.into()),
                    ("grad_norm", norm),
                    ("latents_per_sec", rate),
                ],
            )?;
            (sum, since, clock) = (0.0, 0, std::time::Instant::now());
        }
        progress.set_position(step + 1);
        let stopping = run.stopping();
        if checkpoints.due() || stopping {
            save(&optimizer)?;
        }
        if stopping {
            return Err(TrainError::Stopped(step + 1));
        }
        if samples.due() {
            let [psnr, depth] = validate(&averaged(&optimizer)?, &held_out, grid, &device, light);
            run.log(STAGE, step + 1, &[("val_psnr_db", psnr), ("val_depth", depth)])?;
        }
    }
    progress.finish();
    run.log_peak(STAGE, r.steps)?;
    save(&optimizer)?;
    let [psnr, depth] = validate(&averaged(&optimizer)?, &held_out, grid, &device, light);
    run.log(STAGE, r.steps, &[("val_psnr_db", psnr), ("val_depth", depth)])?;
    let mut arrays: Arrays = prefixed(optimizer.average(), "autoencoder");
    arrays.insert(
        "deviation".into(),
        Array {
            shape: vec![deviation.len()],
            values: deviation.clone(),
        },
    );
    checkpoint::save(&last, &arrays, &[("step", r.steps.to_string())])
}

//! The probe of `farwander eval`, trained on rendered frames: words of the caption from one picture, camera motion from
//! two, in f32, for a match is told to a fraction of a place. Its own errors on held-out worlds are measured first and kept in its file.

use std::path::Path;

use burn::tensor::{Tensor, activation};

use super::TrainError;
use super::checkpoint;
use super::clips::Clips;
use super::optim::{AdamW, Optimizer, learning_rate};
use super::run::{Every, Means, Run, bar};
use super::steps::{NOT_FINITE, diverged};
use crate::control::LatentControl;
use crate::data::Split;
use crate::device::Gaussian;
use crate::frame::FRAMES_PER_LATENT;
use crate::model::nn::tensor;
use crate::model::probe::{MOTION, MOTION_UNITS, Probe, ProbeAccuracy, ProbeHead, halved, save};
use crate::model::weights::{import, to_host};
use crate::telemetry;

const STAGE: &str = "probe";

/// Pictures as the probe sees them, and what it should say.
struct Batch {
    before: Vec<f32>,
    after: Vec<f32>,
    motion: Vec<f32>,
    words: Vec<f32>,
}

/// What a latent frame's control means for the probe, in its units.
pub(super) fn motion_of(control: &LatentControl) -> [f32; MOTION] {
    let [.., last] = &control.poses;
    let [right_m, _, back_m] = last.position_m;
    let values = [last.yaw_rad, last.pitch_rad - control.pitch_from_rad, right_m, -back_m];
    std::array::from_fn(|i| values[i] / MOTION_UNITS[i])
}

fn batch(clips: &Clips, words: &[String], picks: &[(usize, usize)]) -> Batch {
    let width_px = clips.lens().width_px;
    let mut out = Batch {
        before: vec![],
        after: vec![],
        motion: vec![],
        words: vec![],
    };
    for &(clip, frame) in picks {
        out.before.extend(halved(&clips.frame(clip, frame), width_px));
        out.after
            .extend(halved(&clips.frame(clip, frame + FRAMES_PER_LATENT), width_px));
        let poses = clips.poses(clip);
        let after = std::array::from_fn(|i| poses[frame + 1 + i]);
        out.motion.extend(motion_of(&LatentControl::new(
            &poses[frame],
            &after,
            crate::control::Keys(0),
        )));
        let caption = clips.caption_at(clip, frame / FRAMES_PER_LATENT).to_lowercase();
        let said: Vec<&str> = caption.split(|ch: char| !ch.is_alphanumeric()).collect();
        out.words
            .extend(words.iter().map(|w| f32::from(said.contains(&w.as_str()))));
    }
    out
}

/// Generated pictures are softer and noisier than rendered ones: the probe must not mind.
fn spoil(planes: &mut [f32], width: usize, rng: &mut Gaussian) {
    if rng.uniform() < 0.5 {
        let soft: Vec<f32> = (0..planes.len())
            .map(|i| (planes[i.saturating_sub(1)] + 2.0 * planes[i] + planes[(i + 1).min(planes.len() - 1)]) / 4.0)
            .collect();
        for (i, p) in planes.iter_mut().enumerate() {
            let (above, below) = (i.saturating_sub(width), (i + width).min(soft.len() - 1));
            *p = (soft[above] + 2.0 * soft[i] + soft[below]) / 4.0;
        }
    }
    let noise = 0.05 * rng.uniform();
    planes.iter_mut().for_each(|v| *v += noise * rng.normal());
}

/// Errors on every fourth pair of the held-out clips.
fn validate(model: &Probe, clips: &Clips, words: &[String], device: &burn::tensor::Device) -> ProbeAccuracy {
    let [w, h] = [clips.lens().width_px / 2, clips.lens().height_px / 2];
    let mut sums = [0.0f64; 5];
    let (mut right, mut said, mut pairs) = (0.0, 0.0f64, 0.0f64);
    for clip in 0..clips.len() {
        let picks: Vec<(usize, usize)> = (0..clips.latents()).map(|k| (clip, k * FRAMES_PER_LATENT)).collect();
        let b = batch(clips, words, &picks);
        let shape = [picks.len(), 3, h, w];
        let (before, after): (Tensor<4>, Tensor<4>) = (tensor(b.before, shape, device), tensor(b.after, shape, device));
        let answers = to_host(model.look(after.clone()).1);
        right += answers
            .iter()
            .zip(&b.words)
            .filter(|(a, t)| (**a > 0.0) == (**t > 0.5))
            .count() as f64;
        said += b.words.len() as f64;
        let motion = to_host(model.compare(before, after).1);
        for (a, t) in motion.chunks_exact(MOTION).zip(b.motion.chunks_exact(MOTION)) {
            for (slot, i) in [(0, 0), (2, 3)] {
                sums[slot] += f64::from((a[i] - t[i]).abs() * MOTION_UNITS[i]);
                sums[slot + 1] += f64::from(t[i].abs() * MOTION_UNITS[i]);
            }
            pairs += 1.0;
        }
    }
    ProbeAccuracy {
        words: right / said.max(1.0),
        yaw_deg: (sums[0] / pairs.max(1.0)).to_degrees(),
        yaw_share: sums[0] / sums[1].max(1e-9),
        forward_m: sums[2] / pairs.max(1.0),
        forward_share: sums[2] / sums[3].max(1e-9),
    }
}

/// Trains, or goes on training, and writes the probe to `out`.
pub(super) fn train(run: &Run, out: &Path) -> Result<(), TrainError> {
    let Some(r) = &run.recipe.probe else {
        return Ok(());
    };
    let dir = run.stage_dir(STAGE)?;
    let device = run.device.open()?;
    let training = device.clone().autodiff();
    let clips = Clips::open(run, Split::Train)?;
    let held_out = Clips::open(run, Split::Test)?;
    let words = clips.vocabulary();
    let size_px = run.recipe.data.size_px;
    let [w, h] = size_px.map(|v| v / 2);

    let mut model = Probe::new(
        size_px,
        words.len(),
        &mut Gaussian::new(run.recipe.data.seed, 21),
        &training,
    );
    let mut optimizer = Optimizer::new(&model);
    let saved = dir.join("checkpoint.safetensors");
    if saved.exists() {
        optimizer.resume(&saved)?;
        model = optimizer.apply(model, &training);
    }
    let save_state = |o: &Optimizer| checkpoint::save(&saved, &o.arrays(), &[("step", o.step.to_string())]);
    let averaged = |o: &Optimizer| {
        let blank = Probe::new(size_px, words.len(), &mut Gaussian::silent(), &device);
        import(blank, &o.average(), &device)
    };
    let report = |step: u64, a: &ProbeAccuracy| {
        let fields = [
            ("val_words", a.words),
            ("val_yaw_deg", a.yaw_deg),
            ("val_yaw_share", a.yaw_share),
            ("val_forward_m", a.forward_m),
            ("val_forward_share", a.forward_share),
        ];
        run.log(STAGE, step, &fields)
    };
    telemetry::forget_peak();
    let progress = bar(STAGE, optimizer.step, r.steps);
    let (mut checkpoints, mut looks) = (Every::new(run.checkpoint_secs), Every::new(run.sample_secs));
    let mut means = Means::new(20);
    while optimizer.step < r.steps {
        let step = optimizer.step;
        let mut rng = Gaussian::new(run.recipe.data.seed ^ 0x9b0, step + 1);
        let last = run.recipe.data.frames - FRAMES_PER_LATENT;
        let picks: Vec<(usize, usize)> = (0..r.batch)
            .map(|_| (rng.below(clips.len()), rng.below(last)))
            .collect();
        let mut b = batch(&clips, &words, &picks);
        for planes in [&mut b.before, &mut b.after] {
            planes.chunks_exact_mut(3 * h * w).for_each(|p| spoil(p, w, &mut rng));
        }
        let shape = [r.batch, 3, h, w];
        let picture = |v: Vec<f32>| -> Tensor<4> { tensor(v, shape, &training) };
        let (before, after) = (picture(b.before), picture(b.after));
        let (_, said) = model.look(after.clone());
        let (_, motion) = model.compare(before, after);
        let truth: Tensor<2> = tensor(b.words, [r.batch, words.len()], &training);
        // Cross entropy of every word, there or not.
        let of_words = (activation::softplus(said.clone(), 1.0) - said * truth).mean();
        let truth: Tensor<2> = tensor(b.motion, [r.batch, MOTION], &training);
        let of_motion = (motion - truth).abs().mean();
        let grads = (of_words.clone() + of_motion.clone()).backward();
        let lr = learning_rate(r.lr, step, 50, r.steps);
        let with = AdamW {
            lr,
            weight_decay: 0.01,
            ema: 0.995,
            ..AdamW::default()
        };
        let norm;
        (model, norm) = optimizer.update(model, &grads, with, &training);
        if !norm.is_finite() {
            return Err(diverged(STAGE, step, NOT_FINITE.into(), &saved));
        }
        means.add("words_loss", f64::from(to_host(of_words.detach())[0]));
        means.add("motion_loss", f64::from(to_host(of_motion.detach())[0]));
        if let Some(fields) = means.due(r.batch as f64) {
            progress.set_message(Means::words(&fields, &["words_loss", "motion_loss"]));
            run.log(STAGE, step + 1, &fields)?;
        }
        progress.set_position(step + 1);
        let stopping = run.stopping();
        if checkpoints.due() || stopping {
            save_state(&optimizer)?;
        }
        if stopping {
            return Err(TrainError::Stopped(step + 1));
        }
        if looks.due() {
            report(step + 1, &validate(&averaged(&optimizer)?, &held_out, &words, &device))?;
        }
    }
    progress.finish();
    run.log_peak(STAGE, r.steps)?;
    save_state(&optimizer)?;
    let accuracy = validate(&averaged(&optimizer)?, &held_out, &words, &device);
    report(r.steps, &accuracy)?;
    let head = ProbeHead {
        size_px,
        words,
        accuracy,
    };
    Ok(save(out, &head, &optimizer.average())?)
}

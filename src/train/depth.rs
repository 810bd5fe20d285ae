//! Stage 4, the depth network: supervised by the renderer's depth, on pictures as walks decode them ([`super::pairs`]).

use burn::tensor::{Device, Tensor};
use rayon::prelude::*;

use super::TrainError;
use super::autoencoder::compute_dtype;
use super::checkpoint;
use super::optim::{AdamW, Optimizer, learning_rate};
use super::pairs::{self, Pairs};
use super::run::Run;
use super::start;
use super::steps::Steps;
use crate::device::Gaussian;
use crate::frame::Frame;
use crate::model::aapt::codec;
use crate::model::aapt::depth::{PLANES, sharpen};
use crate::model::aapt::pixel_net::PixelNet;
use crate::model::nn::tensor;
use crate::model::weights::{Arrays, export, import, prefixed, to_host};
use crate::record;

const STAGE: &str = "depth";
const WARMUP: u64 = 50;
/// Held-out pictures in a look, and in its error.
const LOOKS: usize = 12;

/// Pictures, the decoder's nearness, flat ground's and the true one, as tensors.
fn batch(pairs: &Pairs, chosen: &[usize], device: &Device) -> [Tensor<4>; 4] {
    let mut parts: [Vec<f32>; 4] = Default::default();
    let each: Vec<_> = chosen.par_iter().map(|pair| pairs.depths(*pair)).collect();
    for depths in each {
        for (out, planes) in parts.iter_mut().zip(depths) {
            out.extend(planes);
        }
    }
    let (h, w, n) = (pairs.lens.height_px, pairs.lens.width_px, chosen.len());
    let mut channels = [3, 1, 1, 1].into_iter();
    parts.map(|values| tensor(values, [n, channels.next().unwrap_or(1), h, w], device))
}

/// Trains, or goes on training, until the recipe's steps are done, from the weights of the file that the run began with if it has a network of these sizes. A recipe
/// without the stage is done at once.
pub(super) fn train(run: &Run) -> Result<(), TrainError> {
    let (Some(r), Some(sizes)) = (&run.recipe.depth, &run.recipe.generator.depth_net) else {
        return Ok(());
    };
    let dir = run.stage_dir(STAGE)?;
    let last = dir.join("final.safetensors");
    if last.exists() {
        return Ok(());
    }
    let taken_over = start::taken_over(run, "depth_net")?;
    if r.steps == 0 && !taken_over.is_empty() {
        let sizes = PixelNet::new(sizes, PLANES, &mut Gaussian::silent(), &run.device.open()?);
        let net = export(&import(sizes, &taken_over, &run.device.open()?)?);
        let mut weights = pairs::generator(run)?;
        weights.extend(prefixed(net, "depth_net"));
        return checkpoint::save(&last, &weights, &[("step", "0".into())]);
    }
    let (pairs, held_out) = Pairs::both(run, r.clips)?;

    let device = run.device.open()?;
    let training = device.clone().autodiff();
    let dtype = compute_dtype(run.device);
    let mut rng = Gaussian::new(run.recipe.data.seed, 13);
    let mut net = PixelNet::new(sizes, PLANES, &mut rng, &training);
    if is_like(&net, &taken_over) {
        net = import(net, &taken_over, &training)?;
    }
    let mut optimizer = Optimizer::new(&net);
    let saved = dir.join("checkpoint.safetensors");
    if saved.exists() {
        optimizer.resume(&saved)?;
    }
    net = optimizer.apply(net, &training);

    let mut steps = Steps::new(run, STAGE, optimizer.step, r.steps, &["error", "latents_per_sec"]);
    while optimizer.step < r.steps {
        let step = optimizer.step;
        let mut rng = Gaussian::new(run.recipe.data.seed ^ 0xde9, step + 1);
        let chosen: Vec<usize> = (0..r.batch).map(|_| rng.below(pairs.len())).collect();
        // A world in the mirror is a world, too.
        let mirrored = rng.below(2) == 1;
        let turn = |planes: Tensor<4>| if mirrored { planes.flip([3]) } else { planes };
        let [picture, decoded, ground, truth] = batch(&pairs, &chosen, &device).map(|p| Tensor::from_inner(turn(p)));
        let decoded_error = (decoded.clone() - truth.clone()).abs().mean();
        let error = (sharpen(&net, picture, decoded, ground, dtype) - truth).abs().mean();
        for (name, value) in [("error", &error), ("error_decoded", &decoded_error)] {
            steps.means.add(name, f64::from(to_host(value.clone().detach())[0]));
        }
        let with = AdamW {
            lr: learning_rate(r.lr, step, WARMUP, r.steps),
            ema: r.ema,
            ..AdamW::default()
        };
        let (updated, norm) = optimizer.update(net, &error.backward(), with, &training);
        steps.means.add("grad_norm", norm);
        net = updated;
        steps.end(
            step + 1,
            r.batch,
            &[norm],
            &saved,
            || checkpoint::save(&saved, &optimizer.arrays(), &[("step", optimizer.step.to_string())]),
            || look(run, &optimizer, &held_out, &device),
        )?;
    }
    steps.finish(r.steps)?;
    look(run, &optimizer, &held_out, &device)?;
    let mut weights = pairs::generator(run)?;
    weights.extend(prefixed(optimizer.average(), "depth_net"));
    checkpoint::save(&last, &weights, &[("step", r.steps.to_string())])
}

/// Whether weights are those of a network of the same sizes.
fn is_like(net: &PixelNet, weights: &Arrays) -> bool {
    let own = export(net);
    own.len() == weights.len()
        && (own.iter()).all(|(name, array)| weights.get(name).is_some_and(|other| other.shape == array.shape))
}

/// A sheet of held-out pictures: as seen, depth as decoded, as found, and the truth; and the errors of both in the log.
fn look(run: &Run, optimizer: &Optimizer, pairs: &Pairs, device: &Device) -> Result<(), TrainError> {
    let Some(sizes) = &run.recipe.generator.depth_net else {
        return Ok(());
    };
    let net = PixelNet::new(sizes, PLANES, &mut Gaussian::silent(), device);
    let net = import(net, &optimizer.average(), device)?;
    let lens = run.recipe.lens();
    let mut frames: Vec<Frame> = Vec::new();
    let mut errors = [0.0; 2];
    let n = LOOKS.min(pairs.len());
    for i in 0..n {
        let [picture, decoded, ground, truth] = batch(pairs, &[i * pairs.len() / n], device);
        let found = sharpen(
            &net,
            picture.clone(),
            decoded.clone(),
            ground,
            compute_dtype(run.device),
        );
        for (error, of) in errors.iter_mut().zip([&decoded, &found]) {
            let apart = (of.clone() - truth.clone()).abs().mean();
            *error += f64::from(to_host(apart)[0]) / n as f64;
        }
        let grey = |near: Tensor<4>| near.mul_scalar(2.0).sub_scalar(1.0).repeat_dim(1, 3);
        for shown in [picture, grey(decoded), grey(found), grey(truth)] {
            let rgb = to_host(shown.permute([0, 2, 3, 1]).clamp(-1.0, 1.0));
            frames.push(Frame::from_rgb(
                lens.width_px,
                lens.height_px,
                &codec::to_bytes(&rgb),
                0,
            ));
        }
    }
    let fields = [("held_out_error_decoded", errors[0]), ("held_out_error", errors[1])];
    run.log(STAGE, optimizer.step, &fields)?;
    let sheet = record::contact_sheet(&frames, 4, 1);
    let file = format!("{STAGE}-{:06}.png", optimizer.step);
    Ok(record::save_png(&run.stage_dir("samples")?.join(file), &sheet)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::aapt::pixel_net::PixelNetConfig;
    use burn::tensor::DType;

    #[test]
    fn only_a_network_of_the_same_sizes_is_gone_on_with() {
        let device = Device::flex();
        let net = |width: usize| {
            let sizes = PixelNetConfig {
                width,
                deep_width: 16,
                blocks: 1,
            };
            PixelNet::new(&sizes, PLANES, &mut Gaussian::new(1, 0), &device)
        };
        assert!(is_like(&net(16), &export(&net(16))));
        assert!(!is_like(&net(16), &export(&net(24))));
        assert!(!is_like(&net(16), &Arrays::new()));
    }

    #[test]
    fn edges_of_the_picture_become_edges_of_the_depth() {
        let training = Device::flex().autodiff();
        let mut rng = Gaussian::new(1, 0);
        let config = PixelNetConfig {
            width: 16,
            deep_width: 16,
            blocks: 1,
        };
        let mut net = PixelNet::new(&config, PLANES, &mut rng, &training);
        let mut optimizer = Optimizer::new(&net);
        let (w, h) = (32, 16);
        let mut errors = vec![];
        for step in 0..60 {
            // A bright pole, twice as near as the wall behind it; the decoder sees a mean.
            let at = rng.below(w - 6);
            let pole = |i: usize| (at..at + 5).contains(&(i % w));
            let picture: Vec<f32> = (0..3 * w * h).map(|i| if pole(i) { 0.8 } else { -0.4 }).collect();
            let truth: Vec<f32> = (0..w * h).map(|i| if pole(i) { 0.6 } else { 0.3 }).collect();
            let of = |values: Vec<f32>, c: usize| -> Tensor<4> { tensor(values, [1, c, h, w], &training) };
            let found = sharpen(
                &net,
                of(picture, 3),
                of(vec![0.35; w * h], 1),
                of(vec![0.0; w * h], 1),
                DType::F32,
            );
            let error = (found - of(truth, 1)).abs().mean();
            errors.push(to_host(error.clone().detach())[0]);
            let with = AdamW {
                lr: learning_rate(1e-2, step, 5, 60),
                ..AdamW::default()
            };
            (net, _) = optimizer.update(net, &error.backward(), with, &training);
        }
        let mean = |e: &[f32]| e.iter().sum::<f32>() / e.len() as f32;
        let (first, last) = (mean(&errors[..5]), mean(&errors[55..]));
        assert!(last < 0.4 * first, "{first} {last}: {errors:?}");
    }
}

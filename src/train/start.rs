//! Beginning a run from a generator file: its autoencoder, its statistics and its generator's weights, so that an hour of
//! training goes into what is new.

use std::path::Path;

use super::checkpoint;
use super::run::{Run, TrainError};
use crate::model::aapt::config::AutoencoderConfig;
use crate::model::aapt::generator::Generator;
use crate::model::weights::{Array, Arrays, export, prefixed, under};
use crate::package::Package;

/// Weights that a run of its own generator begins with, relative to the run's folder.
pub(super) const WARM: &str = "warm/adapt.safetensors";
/// Statistics of the latents that go with a taken-over autoencoder.
pub(super) const STATISTICS: &str = "warm/statistics.safetensors";

/// Lays the file's networks into a run that has not begun. A run that has is left as it is.
pub(super) fn begin(run: &Run, file: &Path) -> Result<(), TrainError> {
    let encoder = run.stage_dir("autoencoder")?.join("final.safetensors");
    if encoder.exists() {
        return Ok(());
    }
    let package = Package::open(file)?;
    let recipe = |what: String| TrainError::Recipe {
        path: file.to_owned(),
        what: format!("this generator file can't begin the run: {what}"),
    };
    let (of_file, of_run) = (&package.manifest, &run.recipe);
    if of_file.lens != of_run.lens() {
        return Err(recipe("its frame size or field of view is not the recipe's".into()));
    }
    // How much of a picture's detail is carried on, and which part of the decoder draws it, is no part of the network.
    let same = AutoencoderConfig {
        detail_gain: of_run.autoencoder.detail_gain,
        light: of_run.autoencoder.light,
        ..of_file.autoencoder.clone()
    };
    if same != of_run.autoencoder {
        return Err(recipe("its [autoencoder] is not the recipe's".into()));
    }
    let autoencoder = under(&package.weights, "autoencoder");
    let deviation = deviations(&autoencoder, of_file.autoencoder.latent_channels)
        .ok_or_else(|| recipe("its decoder has no linear shortcut".into()))?;
    let row = |values: Vec<f32>| Array {
        shape: vec![values.len()],
        values,
    };
    let mut arrays = prefixed(autoencoder, "autoencoder");
    arrays.insert("deviation".into(), row(deviation));

    let statistics: Arrays = [
        ("mean", &of_file.latent_mean),
        ("std", &of_file.latent_std),
        ("residual_known", &of_file.residual_std.known),
        ("residual_new", &of_file.residual_std.new),
    ]
    .into_iter()
    .map(|(name, values)| (name.to_owned(), row(values.clone())))
    .collect();
    let mut generator = under(&package.weights, "generator");
    generator.extend(prefixed(under(&package.weights, "text"), "text"));

    run.stage_dir("warm")?;
    checkpoint::save(&run.dir.join(STATISTICS), &statistics, &[])?;
    checkpoint::save(&run.dir.join(WARM), &generator, &[])?;
    // Last, because it says that all of it is there.
    let steps = of_file.training.steps.get("autoencoder").copied().unwrap_or(0);
    checkpoint::save(&encoder, &arrays, &[("step", steps.to_string())])
}

/// Weights of a part of the generator that the run began with; nothing if it began from nothing or without that part.
pub(super) fn taken_over(run: &Run, part: &str) -> Result<Arrays, TrainError> {
    let warm = run.dir.join(WARM);
    match warm.exists() {
        true => Ok(under(&checkpoint::load(&warm)?.0, part)),
        false => Ok(Arrays::new()),
    }
}

/// Weights of the depth network, by its name in the generator, if the run goes on using the one it began with: then walks and what clips
/// recycle are warped as they will be at play time. Else nothing, and depth is the decoder's until that stage.
pub(super) fn depth_net(run: &Run) -> Result<Arrays, TrainError> {
    let keeps = run.recipe.depth.as_ref().is_some_and(|r| r.steps == 0);
    let weights = if keeps {
        taken_over(run, "depth_net")?
    } else {
        Arrays::new()
    };
    Ok(prefixed(weights, "depth_net"))
}

/// Deviation of each latent channel in the picture: how far the decoder's shortcut moves pixels for one unit of it.
fn deviations(autoencoder: &Arrays, channels: usize) -> Option<Vec<f32>> {
    let shortcut = autoencoder.get("decoder.shortcut.weight")?;
    let row = shortcut.values.len() / channels.max(1);
    (shortcut.shape.first() == Some(&channels)).then(|| {
        let norm = |row: &[f32]| row.iter().map(|v| v * v).sum::<f32>().sqrt();
        shortcut.values.chunks_exact(row).map(norm).collect()
    })
}

/// The weights that `model` begins with: those of `warm`. Blocks and a local head that `warm` does not have begin by adding
/// nothing, so that a deeper network begins as the shallower one it grows from.
pub(super) fn grown(model: &Generator, mut warm: Arrays) -> Arrays {
    let theirs = (0..).take_while(|i| warm.keys().any(|n| n.starts_with(&format!("blocks.{i}."))));
    let depth = theirs.count();
    let ends = warm.contains_key("local_head.head.weight");
    for (name, mut array) in export(model) {
        if name.starts_with("local_head.") {
            // More of its blocks add nothing, either, before an end that has learnt.
            if ends && name.starts_with("local_head.blocks.") && name.contains(".mix.") && !warm.contains_key(&name) {
                array.values.fill(0.0);
            }
            warm.entry(name).or_insert(array);
            continue;
        }
        let block = name.strip_prefix("blocks.").and_then(|n| n.split_once('.'));
        let Some((index, rest)) = block else { continue };
        if index.parse().is_ok_and(|i: usize| i >= depth) {
            if rest.starts_with("out.") || rest.starts_with("down.") {
                array.values.fill(0.0);
            }
            warm.insert(name, array);
        }
    }
    warm
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Gaussian;
    use crate::model::aapt::config::{GeneratorConfig, Recycle};
    use crate::model::aapt::local_head::LocalHeadConfig;
    use crate::model::nn::tensor;
    use crate::model::weights::{import, to_host};
    use burn::tensor::{Device, Tensor};

    #[test]
    fn a_deeper_network_begins_as_the_one_it_grows_from() {
        let device = Device::flex();
        let config = |depth: usize| GeneratorConfig {
            grid: [4, 6],
            latent_channels: 6,
            width: 32,
            depth,
            heads: 2,
            mlp_ratio: 2,
            window: 2,
            recycle: Recycle::Reproject,
            text_tokens: 3,
            vocabulary: vec!["hill".into()],
            local_head: (depth > 2).then_some(LocalHeadConfig { width: 8, blocks: 1 }),
            painter: None,
            depth_net: None,
            doubt: 0.0,
            prediction: crate::flow::Prediction::default(),
            evaluations: crate::flow::Evaluations::default(),
        };
        let mut rng = Gaussian::new(4, 0);
        let mut weights = export(&Generator::new(&config(2), &mut rng, &device));
        for array in weights.values_mut() {
            array.values.iter_mut().for_each(|v| *v += 0.05 * rng.normal());
        }
        let small = import(Generator::new(&config(2), &mut rng, &device), &weights, &device).unwrap();
        let large = Generator::new(&config(4), &mut rng, &device);
        let all = grown(&large, weights);
        let large = import(large, &all, &device).unwrap();
        let run = |g: &Generator| {
            let random = |channels: usize, seed: u64| -> Tensor<5> {
                let mut values = vec![0.0; 3 * channels * 24];
                Gaussian::new(seed, 0).fill(&mut values);
                tensor(values, [1, 3, channels, 4, 6], &device)
            };
            let text = g.encode_text(&[vec![1, 0, 0]], &device);
            let condition = random(g.config().condition_channels(), 2);
            to_host(g.sequence(random(6, 1), condition, &[0.7], text))
        };
        let (a, b) = (run(&small), run(&large));
        assert_eq!(a, b);
        assert!(a.iter().any(|v| v.abs() > 0.01));
    }
}

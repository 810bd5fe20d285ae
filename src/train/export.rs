//! The last step: a generator file out of a run.

use std::path::Path;

use super::adapt::finished;
use super::clips::Clips;
use super::latents;
use super::run::{Run, TrainError};
use super::{autoencoder, checkpoint};
use crate::data::Split;
use crate::model::weights::{export as weights_of, prefixed, under};
use crate::package::{self, FORMAT_VERSION, FirstFrame, Manifest, Training};

/// First frames bundled at most.
const FIRST_FRAMES: usize = 9;

/// Writes the generator file of a run: the weights of the last stage that has been run.
pub fn export(run: &Run, out: &Path) -> Result<(), TrainError> {
    let config = run.whole_config()?;
    let generator = ["paint", "depth", "adversarial", "distill"]
        .into_iter()
        .find_map(|stage| finished(run, stage).ok())
        .map_or_else(|| finished(run, "adapt"), Ok)?;
    let device = run.device.open()?;
    let (model, _) = autoencoder::trained(run, &device)?;
    let mut weights = prefixed(weights_of(&model), "autoencoder");
    weights.extend(prefixed(under(&generator, "text"), "text"));
    weights.extend(
        prefixed(generator, "generator")
            .into_iter()
            .filter(|(n, _)| !n.starts_with("generator.text.")),
    );
    let clips = latents::load(run, Split::Train)?;
    let statistics = latents::statistics(run, &clips)?;
    let mut steps = std::collections::BTreeMap::new();
    for stage in [
        "autoencoder",
        "pretrain",
        "adapt",
        "distill",
        "adversarial",
        "depth",
        "paint",
    ] {
        let path = run.dir.join(stage).join("final.safetensors");
        if path.exists() {
            let (_, meta) = checkpoint::load(&path)?;
            steps.insert(
                stage.to_owned(),
                meta.get("step").and_then(|s| s.parse().ok()).unwrap_or(0),
            );
        }
    }
    let manifest = Manifest {
        format_version: FORMAT_VERSION,
        family: "aapt".into(),
        title: run.recipe.title.clone(),
        licence: run.recipe.licence.clone(),
        lens: run.recipe.lens(),
        frames_per_sec: 24.0,
        temporal_factor: crate::frame::FRAMES_PER_LATENT,
        control: "camera".into(),
        control_units: "metres and radians, relative to the camera before the latent frame".into(),
        autoencoder: run.recipe.autoencoder.clone(),
        generator: config,
        latent_mean: statistics.mean,
        latent_std: statistics.std,
        residual_std: statistics.residual_std,
        first_frames: vec![],
        training: Training {
            recipe: run.recipe.text.clone(),
            steps,
            data_seed: run.recipe.data.seed,
            revision: option_env!("FARWANDER_REVISION")
                .unwrap_or(env!("CARGO_PKG_VERSION"))
                .into(),
        },
        sha256: String::new(),
    };
    Ok(package::save(out, &manifest, &weights, &first_frames(run)?)?)
}

/// First frames of held-out worlds, as different from each other as their captions are.
fn first_frames(run: &Run) -> Result<Vec<FirstFrame>, TrainError> {
    let clips = Clips::open(run, Split::Test)?;
    let lens = run.recipe.lens();
    let mut chosen: Vec<FirstFrame> = Vec::new();
    let head = |caption: &str| caption.split(',').next().unwrap_or_default().trim().to_owned();
    for unique in [true, false] {
        for clip in 0..clips.len() {
            let prompt = clips.caption(clip).to_owned();
            let name = head(&prompt);
            let taken = chosen.iter().any(|f| f.prompt == prompt || (unique && f.name == name));
            if chosen.len() >= FIRST_FRAMES || taken {
                continue;
            }
            let mut jpeg = Vec::new();
            image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 95)
                .encode(
                    &crate::model::aapt::codec::to_bytes(&clips.frame(clip, 0)),
                    lens.width_px as u32,
                    lens.height_px as u32,
                    image::ExtendedColorType::Rgb8,
                )
                .map_err(|e| TrainError::Checkpoint {
                    path: run.dir.clone(),
                    what: e.to_string(),
                })?;
            chosen.push(FirstFrame { name, prompt, jpeg });
        }
    }
    Ok(chosen)
}

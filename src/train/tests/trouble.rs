//! What goes wrong in a run is a sentence, and costs the steps since the last checkpoint at most.

use super::*;
use crate::data::list_shards;
use crate::model::aapt::generator::Generator;
use crate::model::weights::export;
use crate::train::checkpoint;
use std::path::PathBuf;

/// A run whose latents are made, with nothing recycled from walks of its own.
fn begun(dir: &Path) -> (Recipe, PathBuf) {
    let mut recipe = recipe(dir);
    write_data(&recipe);
    recipe.adapt.student_share = 0.0;
    recipe.pretrain = None;
    let folder = dir.join("run");
    for stage in [Stage::Autoencoder, Stage::Latents] {
        train(&run(&recipe, &folder, false), stage, &dir.join("none")).unwrap();
    }
    (recipe, folder)
}

fn adapt(recipe: &Recipe, folder: &Path, stop: bool) -> Result<(), TrainError> {
    train(&run(recipe, folder, stop), Stage::Adapt, &folder.join("none"))
}

#[test]
fn numbers_gone_wrong_stop_a_stage_and_leave_its_checkpoint() {
    let dir = TempDir::new().unwrap();
    let (recipe, folder) = begun(dir.path());
    assert!(matches!(adapt(&recipe, &folder, true), Err(TrainError::Stopped(1))));
    let saved = folder.join("adapt/checkpoint.safetensors");
    let before = std::fs::read(&saved).unwrap();

    // A clip that is not a number anywhere.
    let latents = folder.join("latents");
    let good: Vec<(PathBuf, Vec<u8>)> = list_shards(&latents)
        .unwrap()
        .into_iter()
        .filter(|p| p.to_string_lossy().contains("train-"))
        .map(|p| (p.clone(), std::fs::read(p).unwrap()))
        .collect();
    assert_eq!(good.len(), 4);
    for (path, bytes) in &good {
        let mut bytes = bytes.clone();
        let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize + 8;
        bytes[header..].fill(0xff);
        std::fs::write(path, bytes).unwrap();
    }
    let error = adapt(&recipe, &folder, false).unwrap_err().to_string();
    assert!(
        error.contains("diverged at step 1") && error.contains("not finite"),
        "{error}"
    );
    assert!(error.contains(&format!("checkpoint is {}", saved.display())), "{error}");
    assert!(std::fs::read(&saved).unwrap() == before);

    // Mended, it goes on as if nothing had been.
    for (path, bytes) in &good {
        std::fs::write(path, bytes).unwrap();
    }
    adapt(&recipe, &folder, false).unwrap();
    let last = Path::new("adapt/final.safetensors");
    let mended = std::fs::read(folder.join(last)).unwrap();
    std::fs::remove_dir_all(folder.join("adapt")).unwrap();
    adapt(&recipe, &folder, false).unwrap();
    assert!(mended == std::fs::read(folder.join(last)).unwrap());
}

#[test]
fn a_loss_beyond_reason_stops_a_stage_that_has_no_checkpoint_yet() {
    let dir = TempDir::new().unwrap();
    let (bare, folder) = begun(dir.path());
    let config = run(&bare, &folder, false).generator_config().unwrap();
    let device = burn::tensor::Device::flex();
    let mut weights = export(&Generator::new(&config, &mut Gaussian::new(1, 1), &device));
    weights.get_mut("head.bias").unwrap().values.fill(1e4);
    std::fs::create_dir_all(folder.join("warm")).unwrap();
    checkpoint::save(&folder.join("warm/adapt.safetensors"), &weights, &[]).unwrap();
    let error = adapt(&bare, &folder, false).unwrap_err().to_string();
    assert!(
        error.contains("its loss is above") && error.contains("no checkpoint yet"),
        "{error}"
    );
    assert!(!folder.join("adapt/checkpoint.safetensors").exists());

    // Weights that have been adapted are not pre-trained.
    let with = recipe(dir.path());
    let error = train(&run(&with, &folder, false), Stage::Pretrain, &folder.join("none")).unwrap_err();
    assert!(error.to_string().contains("leave out [pretrain]"), "{error}");
}

/// A link to the device that is always full stands where the checkpoint is written.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_keeps_the_last_checkpoint() {
    let dir = TempDir::new().unwrap();
    let (recipe, folder) = begun(dir.path());
    adapt(&recipe, &folder, true).unwrap_err();
    let saved = folder.join("adapt/checkpoint.safetensors");
    let before = std::fs::read(&saved).unwrap();
    let partial = folder.join("adapt/checkpoint.partial");
    std::os::unix::fs::symlink("/dev/full", &partial).unwrap();
    let error = adapt(&recipe, &folder, true).unwrap_err().to_string();
    assert!(
        error.contains("No space left") && error.contains("checkpoint"),
        "{error}"
    );
    assert!(std::fs::read(&saved).unwrap() == before);
    assert!(partial.symlink_metadata().is_err(), "what was half written stays");
    assert!(matches!(adapt(&recipe, &folder, true), Err(TrainError::Stopped(2))));
}

#[test]
fn a_missing_shard_is_named() {
    let dir = TempDir::new().unwrap();
    let (mut recipe, folder) = begun(dir.path());
    let clips = recipe.data.dir.join("train");
    let numbered = |n: usize| clips.join(format!("train-1-{n:05}.safetensors"));
    std::fs::rename(clips.join("shard.safetensors"), numbered(0)).unwrap();
    adapt(&recipe, &folder, true).unwrap_err();
    std::fs::rename(numbered(0), numbered(2)).unwrap();
    let error = adapt(&recipe, &folder, true).unwrap_err().to_string();
    assert!(error.contains("train-1-00001.safetensors"), "{error}");
    std::fs::rename(numbered(2), numbered(0)).unwrap();
    recipe.data.train_clips += 1;
    let error = adapt(&recipe, &folder, true).unwrap_err().to_string();
    assert!(error.contains("there are 4 of the recipe's 5"), "{error}");
    recipe.data.train_clips -= 1;
    assert!(matches!(adapt(&recipe, &folder, true), Err(TrainError::Stopped(2))));
}

#[test]
fn adaptation_waits_for_the_pre_training_that_its_recipe_names() {
    let dir = TempDir::new().unwrap();
    let (without, folder) = begun(dir.path());
    let with = recipe(dir.path());
    let error = adapt(&with, &folder, true).unwrap_err().to_string();
    assert!(error.contains("farwander train pretrain"), "{error}");
    let error = train(&run(&without, &folder, true), Stage::Pretrain, &folder.join("none")).unwrap_err();
    assert!(error.to_string().contains("no [pretrain]"), "{error}");
    train(&run(&with, &folder, false), Stage::Pretrain, &folder.join("none")).unwrap();
    assert!(folder.join("samples/pretrain-000003.png").exists());
    adapt(&with, &folder, true).unwrap_err();
    let weights = |stage: &str, prefix: &str| {
        let (arrays, _) = checkpoint::load(&folder.join(stage)).unwrap();
        arrays[&format!("{prefix}blocks.0.up.weight")].values.clone()
    };
    // After one step of 1e-3, adaptation is still next to what was pre-trained.
    let (a, b) = (
        weights("pretrain/final.safetensors", ""),
        weights("adapt/checkpoint.safetensors", "value."),
    );
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 2e-3));
    assert!(a != b);
}

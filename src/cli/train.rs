//! `farwander train`.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;

use super::BadInput;
use super::synth::{self, Part};
use crate::data::{Split, list_shards};
use crate::device::DeviceChoice;
use crate::synth::Kind;
use crate::train::{CHANGING, Recipe, Run, Stage, TrainError, train};

/// Options of `farwander train`.
#[derive(clap::Args, Debug)]
pub(crate) struct TrainArgs {
    /// Which stage; `all` goes from nothing to an exported file and takes up each stage where it stopped.
    stage: Stage,
    /// The recipe (TOML), for instance models/recipes/vale.toml.
    recipe: PathBuf,
    /// Folder of the run: log, checkpoints, samples.
    #[arg(long, default_value = "runs/vale")]
    run: PathBuf,
    /// The file to write: the generator (models/vale.safetensors if not given), or the probe (models/probe.safetensors).
    #[arg(long)]
    out: Option<PathBuf>,
    /// A generator file to begin from: its autoencoder and statistics, and its generator's weights, to which a deeper
    /// recipe adds blocks.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Device to train on.
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// Seconds between checkpoints.
    #[arg(long, default_value_t = 300.0)]
    checkpoint_secs: f64,
    /// Seconds between sample sheets and validation.
    #[arg(long, default_value_t = 300.0)]
    sample_secs: f64,
}

pub(crate) fn run(args: TrainArgs) -> anyhow::Result<()> {
    let recipe = Recipe::read(&args.recipe).map_err(|e| BadInput(e.to_string()))?;
    let stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    // The first Ctrl-C asks for a checkpoint, the second one ends the program at once.
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            #[expect(clippy::exit, reason = "the user asked twice")]
            std::process::exit(1);
        }
    })
    .context("can't listen for Ctrl-C")?;
    render(&recipe, args.stage)?;
    let run = Run {
        recipe,
        dir: args.run,
        from: args.from,
        device: args.device,
        stop,
        checkpoint_secs: args.checkpoint_secs,
        sample_secs: args.sample_secs,
    };
    let usual = match args.stage {
        Stage::Probe => "models/probe.safetensors",
        _ => "models/vale.safetensors",
    };
    let out = args.out.unwrap_or_else(|| usual.into());
    match train(&run, args.stage, &out) {
        Err(TrainError::Stopped(step)) => {
            eprintln!("{}", TrainError::Stopped(step));
            Ok(())
        }
        other => Ok(other?),
    }
}

/// Renders the recipe's worlds where they are missing.
fn render(recipe: &Recipe, stage: Stage) -> anyhow::Result<()> {
    let data = &recipe.data;
    let (train, test) = (Split::Train.word(), Split::Test.word());
    let part = |folder, split, kind, clips, more: u64| Part {
        folder,
        split,
        kind,
        clips,
        seed: data.seed.wrapping_add(more),
    };
    let steady = data.train_clips - data.turning_clips - data.changing_clips;
    let parts = [
        part(train, Split::Train, Kind::Person, steady, 0),
        part(train, Split::Train, Kind::Turn, data.turning_clips, 1),
        part(CHANGING, Split::Train, Kind::Person, data.changing_clips, 2),
        part(test, Split::Test, Kind::Person, data.test_clips, 0),
    ];
    let there: Vec<bool> = parts
        .iter()
        .map(|p| list_shards(&data.dir.join(p.folder)).is_ok_and(|s| !s.is_empty()))
        .collect();
    for (part, there) in parts.iter().zip(there) {
        let wanted = stage == Stage::All || (stage == Stage::Autoencoder && !there);
        if part.clips > 0 && wanted {
            synth::render_part(data, part)?;
        }
    }
    Ok(())
}

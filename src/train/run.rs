//! A run: a folder with a log, checkpoints and samples; stages in order; stop and resume at any step.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::clips::Clips;
use super::recipe::Recipe;
use super::{adapt, adversarial, autoencoder, depth, distill, latents, paint, pretrain, probe, start};
use crate::data::Split;
use crate::device::DeviceChoice;
use crate::model::aapt::config::GeneratorConfig;
use crate::telemetry;

/// Trouble in training.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A file or folder.
    #[error("can't use {path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The recipe.
    #[error("recipe {path}: {what}")]
    Recipe {
        /// Which.
        path: PathBuf,
        /// What to change.
        what: String,
    },
    /// A checkpoint.
    #[error("checkpoint {path}: {what}; delete it to begin this stage anew")]
    Checkpoint {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// No training data.
    #[error("no clips in {dir}; render them with `farwander synth`, or let `farwander train all` do it")]
    NoClips {
        /// Where they should be.
        dir: PathBuf,
    },
    /// Some of the training data.
    #[error(
        "some clips in {dir} are missing: {what}; `farwander train all` renders what is missing and takes up the run"
    )]
    MissingClips {
        /// Where they should be.
        dir: PathBuf,
        /// What says so.
        what: String,
    },
    /// Training data.
    #[error(transparent)]
    Data(#[from] crate::data::DataError),
    /// The probe's file.
    #[error(transparent)]
    Probe(#[from] crate::model::probe::ProbeError),
    /// Generation of samples.
    #[error(transparent)]
    Rollout(#[from] crate::rollout::RolloutError),
    /// The export.
    #[error(transparent)]
    Package(#[from] crate::package::PackageError),
    /// Weights of an earlier stage.
    #[error(transparent)]
    Weights(#[from] crate::model::weights::WeightsError),
    /// The device.
    #[error(transparent)]
    Device(#[from] crate::device::DeviceError),
    /// Pictures of samples.
    #[error(transparent)]
    Record(#[from] crate::record::RecordError),
    /// An earlier stage is missing.
    #[error("stage `{needs}` has not been run in {run}; run `farwander train {needs} RECIPE` first, or `train all`")]
    Missing {
        /// The stage.
        needs: &'static str,
        /// The run folder.
        run: PathBuf,
    },
    /// Numbers went wrong.
    #[error(
        "stage {stage} diverged at step {step}: {what}; {}. Lower its learning rate and run the same command to go on from there",
        match saved {
            Some(path) => format!("the last good checkpoint is {}", path.display()),
            None => "it had no checkpoint yet: the stage's beginning is the last good one".into(),
        }
    )]
    Diverged {
        /// The stage.
        stage: &'static str,
        /// Its step.
        step: u64,
        /// What is wrong with the step's numbers.
        what: String,
        /// The checkpoint to take up, if there is one.
        saved: Option<PathBuf>,
    },
    /// Asked to stop.
    #[error("stopped at step {0}; run the same command again to go on")]
    Stopped(u64),
}

/// Stages, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Stage {
    /// Stage 0.
    Autoencoder,
    /// Encode the clips once.
    Latents,
    /// Bidirectional video diffusion, which adaptation then makes causal.
    Pretrain,
    /// Stage 1: flow matching with teacher forcing.
    Adapt,
    /// Stage 2: consistency distillation, to land in one evaluation.
    Distill,
    /// Stage 3: adversarial training with student forcing.
    Adversarial,
    /// Stage 4: the depth network.
    Depth,
    /// Stage 5: the painter, trained against a critic.
    Paint,
    /// Write the generator file.
    Export,
    /// The networks that `farwander eval` measures with; not part of a generator, and not of `all`.
    Probe,
    /// All of them, each where it stopped.
    All,
}

/// A run folder and what its stages share.
pub struct Run {
    /// The recipe.
    pub recipe: Recipe,
    /// The folder.
    pub dir: PathBuf,
    /// A generator file to begin from, if the run has not begun.
    pub from: Option<PathBuf>,
    /// Where tensors are.
    pub device: DeviceChoice,
    /// Set to stop at the next step with a checkpoint.
    pub stop: Arc<AtomicBool>,
    /// Seconds between checkpoints.
    pub checkpoint_secs: f64,
    /// Seconds between sample sheets.
    pub sample_secs: f64,
}

impl Run {
    /// Folder of a stage, made if need be.
    pub(super) fn stage_dir(&self, stage: &str) -> Result<PathBuf, TrainError> {
        let dir = self.dir.join(stage);
        std::fs::create_dir_all(&dir).map_err(|source| TrainError::Io {
            path: dir.clone(),
            source,
        })?;
        Ok(dir)
    }

    /// The generator's configuration, without what comes after the decoder; its vocabulary is what the training captions use.
    pub(super) fn generator_config(&self) -> Result<GeneratorConfig, TrainError> {
        Ok(self
            .recipe
            .generator_config(Clips::open(self, Split::Train)?.vocabulary()))
    }

    /// The same with those of the recipe's networks after the decoder that have been trained.
    pub(super) fn whole_config(&self) -> Result<GeneratorConfig, TrainError> {
        let done = |stage: &str| self.dir.join(stage).join("final.safetensors").exists();
        let of_recipe = &self.recipe.generator;
        Ok(GeneratorConfig {
            painter: of_recipe.painter.filter(|_| done("paint")),
            depth_net: of_recipe.depth_net.filter(|_| done("depth")),
            ..self.generator_config()?
        })
    }

    /// Appends a line to the run log.
    pub(super) fn log(&self, stage: &str, step: u64, fields: &[(&str, f64)]) -> Result<(), TrainError> {
        let path = self.dir.join("log.jsonl");
        let mut line = serde_json::Map::new();
        line.insert("stage".into(), json!(stage));
        line.insert("step".into(), json!(step));
        for (name, value) in fields {
            line.insert((*name).into(), json!(value));
        }
        let io = |source| TrainError::Io {
            path: path.clone(),
            source,
        };
        let mut file = OpenOptions::new().create(true).append(true).open(&path).map_err(io)?;
        writeln!(file, "{}", serde_json::Value::Object(line)).map_err(io)
    }

    /// Tells and logs the peak memory since the last [`telemetry::forget_peak`].
    pub(super) fn log_peak(&self, stage: &str, step: u64) -> Result<(), TrainError> {
        let Some(bytes) = telemetry::peak_bytes() else {
            eprintln!("{stage}: this system does not tell the peak memory");
            return Ok(());
        };
        let mib = bytes as f64 / f64::from(1 << 20);
        eprintln!("{stage}: peak memory {mib:.0} MiB");
        self.log(stage, step, &[("peak_mib", mib)])
    }

    /// Whether somebody asked to stop.
    pub(super) fn stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Progress bar of a stage.
pub(super) fn bar(stage: &'static str, done: u64, steps: u64) -> ProgressBar {
    let bar = ProgressBar::new(steps).with_position(done);
    if let Ok(style) = ProgressStyle::with_template("{prefix:12} {wide_bar} {pos}/{len} {msg} [{elapsed} < {eta}]") {
        bar.set_style(style);
    }
    bar.set_prefix(stage);
    bar.reset_eta();
    bar
}

/// Says when a time has passed, again and again.
pub(super) struct Every {
    secs: f64,
    last: Instant,
}

impl Every {
    pub(super) fn new(secs: f64) -> Self {
        Self {
            secs,
            last: Instant::now(),
        }
    }

    pub(super) fn due(&mut self) -> bool {
        let due = self.last.elapsed().as_secs_f64() >= self.secs;
        if due {
            self.last = Instant::now();
        }
        due
    }
}

/// Means of named numbers over a few steps, for the log.
pub(super) struct Means {
    every: u64,
    steps: u64,
    sums: Vec<(&'static str, f64, u64)>,
    latest: HashMap<&'static str, f64>,
    clock: Instant,
}

impl Means {
    /// Means over `every` steps.
    pub(super) fn new(every: u64) -> Self {
        Self {
            every,
            steps: 0,
            sums: vec![],
            latest: HashMap::new(),
            clock: Instant::now(),
        }
    }

    /// A number of this step.
    pub(super) fn add(&mut self, name: &'static str, value: f64) {
        self.latest.insert(name, value);
        match self.sums.iter_mut().find(|(n, ..)| *n == name) {
            Some((_, sum, count)) => {
                *sum += value;
                *count += 1;
            }
            None => self.sums.push((name, value, 1)),
        }
    }

    /// The last such number since the last means.
    pub(super) fn latest(&self, name: &str) -> Option<f64> {
        self.latest.get(name).copied()
    }

    /// Ends a step of `latents` latent frames; the means and the throughput when it is time.
    pub(super) fn due(&mut self, latents: f64) -> Option<Vec<(&'static str, f64)>> {
        self.steps += 1;
        if self.steps < self.every {
            return None;
        }
        let rate = self.steps as f64 * latents / self.clock.elapsed().as_secs_f64();
        let mut out: Vec<_> = self
            .sums
            .drain(..)
            .map(|(n, sum, count)| (n, sum / count as f64))
            .collect();
        out.push(("latents_per_sec", rate));
        *self = Self::new(self.every);
        Some(out)
    }

    /// The named ones in words, for a progress bar.
    pub(super) fn words(fields: &[(&'static str, f64)], names: &[&str]) -> String {
        let shown = fields.iter().filter(|(n, _)| names.contains(n));
        shown.map(|(n, v)| format!("{n} {v:.4}")).collect::<Vec<_>>().join(", ")
    }
}

/// Runs one stage, or all.
pub fn train(run: &Run, stage: Stage, out: &Path) -> Result<(), TrainError> {
    std::fs::create_dir_all(&run.dir).map_err(|source| TrainError::Io {
        path: run.dir.clone(),
        source,
    })?;
    let all = stage == Stage::All;
    if let Some(file) = &run.from {
        start::begin(run, file)?;
    }
    if all || stage == Stage::Autoencoder {
        autoencoder::train(run)?;
    }
    if all || stage == Stage::Latents {
        latents::make(run)?;
    }
    if all || stage == Stage::Pretrain {
        pretrain::train(run)?;
    }
    if all || stage == Stage::Adapt {
        adapt::train(run)?;
    }
    if all || stage == Stage::Distill {
        distill::train(run)?;
    }
    if all || stage == Stage::Adversarial {
        adversarial::train(run)?;
    }
    if all || stage == Stage::Depth {
        depth::train(run)?;
    }
    if all || stage == Stage::Paint {
        paint::train(run)?;
    }
    let without = |section: &str| TrainError::Recipe {
        path: PathBuf::from(run.recipe.title.as_str()),
        what: format!("it has no [{section}], which this stage needs"),
    };
    if stage == Stage::Probe && run.recipe.probe.is_none() {
        return Err(without("probe"));
    }
    if stage == Stage::Pretrain && run.recipe.pretrain.is_none() {
        return Err(without("pretrain"));
    }
    if stage == Stage::Adversarial && run.recipe.adversarial.is_none() {
        return Err(without("adversarial"));
    }
    if stage == Stage::Depth && run.recipe.depth.is_none() {
        return Err(without("depth"));
    }
    if stage == Stage::Paint && run.recipe.paint.is_none() {
        return Err(without("paint"));
    }
    if stage == Stage::Probe {
        probe::train(run, out)?;
    }
    if all || stage == Stage::Export {
        super::export(run, out)?;
    }
    Ok(())
}

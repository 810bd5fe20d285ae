//! How fast the generator's stages train on a device, and what share of its matrix products' peak that is: each stage runs for a few
//! steps at the recipe's own sizes, on a finished run's latents, in a folder that is removed again.

use std::path::{Path, PathBuf};
use std::time::Instant;

use burn::tensor::{DType, Device, Distribution, Tensor};
use serde::Serialize;

use super::autoencoder::compute_dtype;
use super::recipe::Recipe;
use super::run::{Run, Stage, TrainError, train};
use crate::model::weights::to_host;

/// Steps of a stage: two lines in the log, of which the second counts, when everything has been used once.
const STEPS: u64 = 20;
/// The same for the autoencoder.
const AUTOENCODER_STEPS: u64 = 40;
/// Side of the matrices whose product is the peak.
const PEAK_SIDE: usize = 2048;
/// Lines of products of which the fastest counts.
const PEAK_TRIES: usize = 4;
/// Such a line takes about so long: beside it, launching the first and reading the last does not count.
const PEAK_SECS: f64 = 0.1;

/// Speed of one stage.
#[derive(Clone, Debug, Serialize)]
pub struct StageRate {
    /// Its name.
    pub stage: &'static str,
    /// Latent frames that are trained on in a second.
    pub latents_per_sec: f64,
    /// Operations of matrix products and convolutions for one of them, 1e9; `None` where they are not counted.
    pub gflop_per_latent: Option<f64>,
    /// Share of the peak.
    pub peak_share: Option<f64>,
    /// Peak memory of the process, MiB.
    pub peak_mib: Option<f64>,
}

/// Speeds of a recipe's stages on a device.
#[derive(Clone, Debug, Serialize)]
pub struct Throughput {
    /// The device.
    pub device: String,
    /// What activations are computed in.
    pub dtype: &'static str,
    /// Fastest product of two square matrices of that type, 1e9 operations a second.
    pub peak_gflops: f64,
    /// Stage by stage.
    pub rates: Vec<StageRate>,
}

/// Measures `recipe` on `run.device`; `run.dir` is a run of the same data and autoencoder that has encoded its latents.
pub fn throughput(run: &Run) -> Result<Throughput, TrainError> {
    let device = run.device.open()?;
    let dtype = compute_dtype(run.device);
    let peak_gflops = peak_gflops(&device, dtype, PEAK_SIDE);
    let missing = |needs| TrainError::Missing {
        needs,
        run: run.dir.clone(),
    };
    for (stage, file) in [("autoencoder", "autoencoder/final.safetensors"), ("latents", "latents")] {
        if !run.dir.join(file).exists() {
            return Err(missing(stage));
        }
    }
    // Of its own: what lies in the run, and what another of this kind does there, stays.
    let folder = Folder(run.dir.join(format!("throughput-{}", std::process::id())));
    let recipe = shortened(&run.recipe);
    let config = recipe.generator_config(vec![]);
    let (whole, bare) = (folder.0.join("stages"), folder.0.join("autoencoder"));
    for part in ["autoencoder", "latents", "warm"] {
        link(&run.dir.join(part), &whole.join(part))?;
    }
    let forward = |latents: usize| config.forward_flop(latents);
    // A gradient costs two forward passes more; distillation asks the teacher and the student once each for its target.
    let mut stages = vec![(Stage::Autoencoder, "autoencoder", None)];
    if let Some(p) = &recipe.pretrain {
        // Everything is seen from everywhere there: more than is counted of a causal clip.
        stages.push((Stage::Pretrain, "pretrain", Some(3.0 * forward(p.latents))));
    }
    stages.push((Stage::Adapt, "adapt", Some(3.0 * forward(recipe.adapt.latents))));
    stages.push((Stage::Distill, "distill", Some(5.0 * forward(recipe.distill.latents))));
    if recipe.adversarial.is_some() {
        stages.push((Stage::Adversarial, "adversarial", None));
    }
    let mut rates = Vec::with_capacity(stages.len());
    for (stage, name, flop) in stages {
        let dir = if stage == Stage::Autoencoder { &bare } else { &whole };
        let part = Run {
            recipe: recipe.clone(),
            dir: dir.clone(),
            from: None,
            device: run.device,
            stop: run.stop.clone(),
            checkpoint_secs: f64::INFINITY,
            sample_secs: f64::INFINITY,
        };
        train(&part, stage, Path::new(""))?;
        let (latents_per_sec, peak_mib) = logged(&dir.join("log.jsonl"), name)?;
        let gflop_per_latent = flop.map(|f| f / 1e9);
        rates.push(StageRate {
            stage: name,
            latents_per_sec,
            gflop_per_latent,
            peak_share: gflop_per_latent.map(|g| g * latents_per_sec / peak_gflops),
            peak_mib,
        });
    }
    Ok(Throughput {
        device: run.device.settled().to_string(),
        dtype: if dtype == DType::BF16 { "bf16" } else { "f32" },
        peak_gflops,
        rates,
    })
}

/// A few steps of each stage, teacher-forced where there is a choice: own walks are timed by the walks. The adversarial stage has no choice: of its walks, those count that are made within the steps that count.
fn shortened(recipe: &Recipe) -> Recipe {
    let mut recipe = recipe.clone();
    recipe.train_autoencoder.steps = AUTOENCODER_STEPS;
    for stage in [&mut recipe.adapt, &mut recipe.distill] {
        (stage.steps, stage.student_share) = (STEPS, 0.0);
    }
    if let Some(p) = &mut recipe.pretrain {
        p.steps = STEPS;
    }
    if let Some(a) = &mut recipe.adversarial {
        // Both sides learn from the beginning: the discriminator alone would be another stage.
        (a.steps, a.discriminator_first) = (STEPS, 0);
    }
    recipe
}

/// Operations a second of products of two matrices with so many rows, 1e9.
fn peak_gflops(device: &Device, dtype: DType, side: usize) -> f64 {
    let random = || Tensor::<2>::random([side; 2], Distribution::Default, device);
    // A product with it keeps the size of numbers.
    let b = random().mul_scalar(2.0 / side as f64).cast(dtype);
    let a = random().cast(dtype);
    let secs = |products: usize| {
        let clock = Instant::now();
        let c = (0..products).fold(a.clone(), |c, _| c.matmul(b.clone()));
        // One number of it, so that a device that works ahead has done its work.
        to_host(c.narrow(0, 0, 1).narrow(1, 0, 1).cast(DType::F32));
        clock.elapsed().as_secs_f64()
    };
    secs(1);
    let products = ((PEAK_SECS / secs(1)).ceil() as usize).clamp(1, 10_000);
    let flop = 2.0 * (side as f64).powi(3) * products as f64;
    (0..PEAK_TRIES).map(|_| flop / secs(products) / 1e9).fold(0.0, f64::max)
}

/// The last throughput and the peak memory that a stage has logged.
fn logged(log: &Path, stage: &str) -> Result<(f64, Option<f64>), TrainError> {
    let text = std::fs::read_to_string(log).map_err(|source| TrainError::Io {
        path: log.to_owned(),
        source,
    })?;
    let lines = text
        .lines()
        .filter_map(|l| serde_json::from_str::<serde_json::Value>(l).ok());
    let (mut rate, mut peak) = (f64::NAN, None);
    for line in lines.filter(|l| l.get("stage").and_then(|s| s.as_str()) == Some(stage)) {
        let number = |name: &str| line.get(name).and_then(serde_json::Value::as_f64);
        rate = number("latents_per_sec").unwrap_or(rate);
        peak = number("peak_mib").or(peak);
    }
    Ok((rate, peak))
}

/// A folder that goes when this does.
struct Folder(PathBuf);

impl Folder {
    fn remove(&self) -> Result<(), TrainError> {
        match std::fs::remove_dir_all(&self.0) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(TrainError::Io {
                path: self.0.clone(),
                source,
            }),
            _ => Ok(()),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = self.remove() {
            tracing::warn!("{error}");
        }
    }
}

/// The files of a folder under another one, without copying where the disk can do without.
fn link(from: &Path, to: &Path) -> Result<(), TrainError> {
    let io = |source| TrainError::Io {
        path: from.to_owned(),
        source,
    };
    if !from.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(to).map_err(io)?;
    for entry in std::fs::read_dir(from).map_err(io)? {
        let entry = entry.map_err(io)?;
        let target = to.join(entry.file_name());
        if std::fs::hard_link(entry.path(), &target).is_err() {
            std::fs::copy(entry.path(), &target).map_err(io)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_a_stage_counts() {
        let dir = tempfile::TempDir::new().unwrap();
        let log = dir.path().join("log.jsonl");
        let lines = [
            r#"{"stage":"adapt","step":10,"latents_per_sec":1.0}"#,
            r#"{"stage":"adapt","step":20,"latents_per_sec":3.0}"#,
            r#"{"stage":"adapt","step":20,"peak_mib":100.5}"#,
            r#"{"stage":"distill","step":10,"latents_per_sec":9.0}"#,
        ];
        std::fs::write(&log, lines.join("\n")).unwrap();
        assert_eq!(logged(&log, "adapt").unwrap(), (3.0, Some(100.5)));
        assert!(logged(&log, "pretrain").unwrap().0.is_nan());
    }

    #[test]
    fn both_sides_of_the_adversarial_stage_are_timed() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/recipes/ablation/adversarial.toml");
        let recipe = Recipe::read(&file).unwrap();
        assert!(recipe.adversarial.as_ref().unwrap().discriminator_first > STEPS);
        let timed = shortened(&recipe).adversarial.unwrap();
        assert_eq!((timed.steps, timed.discriminator_first), (STEPS, 0));
    }

    #[test]
    fn a_peak_is_what_a_product_takes() {
        let gflops = peak_gflops(&Device::flex(), DType::F32, 64);
        assert!(gflops.is_finite() && gflops > 0.0);
    }
}

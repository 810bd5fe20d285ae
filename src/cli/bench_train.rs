//! `farwander bench --train`: how fast a recipe's stages train, beside the device's peak.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::BadInput;
use crate::device::DeviceChoice;
use crate::train::{Recipe, Run, throughput};

pub(super) fn run(recipe: &Path, dir: &Path, device: DeviceChoice, as_json: bool) -> anyhow::Result<()> {
    let recipe = Recipe::read(recipe).map_err(|e| BadInput(e.to_string()))?;
    let title = recipe.title.clone();
    let found = throughput(&Run {
        recipe,
        dir: dir.to_owned(),
        from: None,
        device,
        stop: Arc::new(AtomicBool::new(false)),
        checkpoint_secs: f64::INFINITY,
        sample_secs: f64::INFINITY,
    })?;
    if as_json {
        println!("{}", serde_json::to_string_pretty(&found)?);
        return Ok(());
    }
    println!(
        "{title} on {}, {}: matrix products reach {:.0} GFLOP/s",
        found.device, found.dtype, found.peak_gflops
    );
    println!("  stage          latents/s   GFLOP/latent   share of peak   peak memory");
    let or_dash =
        |value: Option<f64>, digits: usize, unit: &str| value.map_or("-".to_owned(), |v| format!("{v:.digits$}{unit}"));
    for r in &found.rates {
        println!(
            "  {:12} {:>11.1} {:>14} {:>15} {:>13}",
            r.stage,
            r.latents_per_sec,
            or_dash(r.gflop_per_latent, 2, ""),
            or_dash(r.peak_share.map(|s| 100.0 * s), 0, " %"),
            or_dash(r.peak_mib, 0, " MiB"),
        );
    }
    Ok(())
}

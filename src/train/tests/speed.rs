//! Speeds are measured on a run without touching it.

use super::*;
use crate::train::throughput;

#[test]
fn every_stage_has_a_speed_and_the_run_stays_as_it_was() {
    let dir = TempDir::new().unwrap();
    let recipe = recipe(dir.path());
    write_data(&recipe);
    let own = run(&recipe, &dir.path().join("run"), false);
    let missing = throughput(&own).unwrap_err().to_string();
    assert!(missing.contains("autoencoder"), "{missing}");

    train(&own, Stage::Autoencoder, Path::new("")).unwrap();
    train(&own, Stage::Latents, Path::new("")).unwrap();
    let files = || {
        let (mut folders, mut all) = (vec![own.dir.clone()], vec![]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => all.push((path.clone(), std::fs::read(path).unwrap())),
                }
            }
        }
        all.sort();
        all
    };
    let before = files();
    let found = throughput(&own).unwrap();
    assert!(before.len() > 2 && files() == before);
    let stages: Vec<&str> = found.rates.iter().map(|r| r.stage).collect();
    assert_eq!(stages, ["autoencoder", "pretrain", "adapt", "distill", "adversarial"]);
    for rate in &found.rates {
        assert!(rate.latents_per_sec > 0.0, "{rate:?}");
        assert_eq!(rate.gflop_per_latent.is_some(), rate.peak_share.is_some());
    }
    let adapt = &found.rates[2];
    let flop = recipe.generator_config(vec![]).forward_flop(recipe.adapt.latents);
    assert_eq!(adapt.gflop_per_latent, Some(3.0 * flop / 1e9));
}

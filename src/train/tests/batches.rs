//! A step's batch in parts, with blocks computed again, against the same batch at once.

use super::*;
use crate::model::weights::{Arrays, under};
use crate::train::checkpoint;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).unwrap();
        }
    }
}

/// The largest difference of two gradients' parameters, over each one's size.
fn apart(a: &Arrays, b: &Arrays) -> f64 {
    let norm = |values: &mut dyn Iterator<Item = f32>| values.map(|v| f64::from(v).powi(2)).sum::<f64>().sqrt();
    a.iter()
        .map(|(name, a)| {
            let b = &b[name].values;
            let size = norm(&mut a.values.iter().copied());
            norm(&mut a.values.iter().zip(b).map(|(a, b)| a - b)) / size.max(1e-9)
        })
        .fold(0.0, f64::max)
}

#[test]
fn small_batches_whose_gradients_are_added_up_are_one_large_batch() {
    let dir = TempDir::new().unwrap();
    let mut recipe = recipe(dir.path());
    write_data(&recipe);
    (recipe.adapt.student_share, recipe.distill.student_share) = (0.0, 0.0);
    let folder = dir.path().join("run");
    let out = dir.path().join("none");
    let step = |recipe: &Recipe, folder: &Path, stage: Stage| {
        let stopped = train(&run(recipe, folder, true), stage, &out);
        assert!(matches!(stopped, Err(TrainError::Stopped(_))), "{stopped:?}");
    };
    for stage in [Stage::Autoencoder, Stage::Latents] {
        train(&run(&recipe, &folder, false), stage, &out).unwrap();
    }
    for (stage, name) in [
        (Stage::Pretrain, "pretrain"),
        (Stage::Adapt, "adapt"),
        (Stage::Distill, "distill"),
    ] {
        let with = |batch: usize, accumulate: usize, recompute: bool| {
            let mut recipe = recipe.clone();
            let p = recipe.pretrain.as_mut().unwrap();
            (p.batch, p.accumulate, p.recompute) = (batch, accumulate, recompute);
            for s in [&mut recipe.adapt, &mut recipe.distill] {
                (s.batch, s.accumulate, s.recompute) = (batch, accumulate, recompute);
            }
            recipe
        };
        // A first step, because a fresh network's head hides all that is behind it.
        step(&with(4, 1, false), &folder, stage);
        let gradients = [(4, 1, false), (2, 2, false), (1, 4, true), (2, 1, false)].map(|(batch, times, recompute)| {
            let other = dir.path().join(format!("{name}-{batch}-{times}"));
            copy(&folder, &other);
            step(&with(batch, times, recompute), &other, stage);
            let (arrays, meta) = checkpoint::load(&other.join(name).join("checkpoint.safetensors")).unwrap();
            assert_eq!(meta["step"], "2");
            under(&arrays, "first")
        });
        let [whole, halves, quarters, half] = gradients;
        assert!(apart(&whole, &halves) < 1e-4, "{name}: {}", apart(&whole, &halves));
        assert!(apart(&whole, &quarters) < 1e-4, "{name}: {}", apart(&whole, &quarters));
        assert!(apart(&whole, &half) > 1e-2, "{name}: half a batch is the whole");
        train(&run(&with(4, 1, false), &folder, false), stage, &out).unwrap();
    }
}

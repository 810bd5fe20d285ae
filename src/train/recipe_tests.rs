//! Recipes with flipped bits, cut off, or of random bytes: refused in words that name the file, never a panic.

use std::path::Path;

use super::*;
use crate::device::Gaussian;

#[test]
fn damaged_recipes_are_refused_or_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("recipe.toml");
    let mut rng = Gaussian::new(31, 1);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/recipes");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    for whole in files.iter().map(|file| std::fs::read(file).unwrap()) {
        for i in 0..60 {
            let mut bytes = whole.clone();
            match i % 3 {
                0 => bytes[rng.below(whole.len())] ^= 1 << rng.below(8),
                1 => bytes.truncate(rng.below(whole.len())),
                // Another number somewhere.
                _ => {
                    let digits: Vec<usize> = (0..whole.len()).filter(|at| whole[*at].is_ascii_digit()).collect();
                    bytes[digits[rng.below(digits.len())]] = b"0123456789-.e"[rng.below(13)];
                }
            }
            std::fs::write(&path, bytes).unwrap();
            if let Err(error) = Recipe::read(&path) {
                assert!(error.to_string().contains("recipe.toml"), "{error}");
            }
        }
    }
}

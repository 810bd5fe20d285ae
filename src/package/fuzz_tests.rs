//! Ten thousand files of random bytes, and ten thousand flipped bits of a real one: never a panic, never a wrong world.

use std::io::{Seek as _, SeekFrom, Write as _};

use super::tests::tiny;
use super::*;
use crate::device::Gaussian;

const TRIES: usize = 10_000;

#[test]
fn ten_thousand_files_of_random_bytes_are_refused_in_a_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("random.safetensors");
    let mut rng = Gaussian::new(8, 1);
    for i in 0..TRIES {
        let mut bytes: Vec<u8> = (0..rng.below(600)).map(|_| rng.below(256) as u8).collect();
        // Half of them begin as a safetensors file does, so that they come further.
        if i % 2 == 0 && bytes.len() > 24 {
            let header = [rng.below(bytes.len()) as u64, bytes.len() as u64 - 8, u64::MAX][i / 2 % 3];
            bytes[..8].copy_from_slice(&header.to_le_bytes());
            bytes[8..10].copy_from_slice(b"{\"");
        }
        std::fs::write(&path, &bytes).unwrap();
        let error = Package::open(&path).expect_err("must be refused").to_string();
        assert!(!error.contains('\n') && error.len() < 600, "{error}");
        assert!(Package::peek(&path).is_err());
    }
}

#[test]
fn ten_thousand_flipped_bits_of_a_real_file_are_noticed() {
    let (manifest, weights, frames) = tiny();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("flipped.safetensors");
    save(&path, &manifest, &weights, &frames).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let original = Package::open(&path).unwrap();
    let header = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let mut rng = Gaussian::new(9, 1);
    let mut harmless = 0;
    for i in 0..TRIES {
        // Half of them in the header, which is small and where a flip can mean anything.
        let at = if i % 2 == 0 {
            rng.below(header)
        } else {
            rng.below(whole.len())
        };
        let bit = 1u8 << rng.below(8);
        let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        let mut put = |byte: u8| {
            file.seek(SeekFrom::Start(at as u64)).unwrap();
            file.write_all(&[byte]).unwrap();
        };
        put(whole[at] ^ bit);
        match Package::open(&path) {
            Err(error) => assert!(!error.to_string().contains('\n'), "byte {at}, bit {bit}: {error}"),
            // A word or number of the manifest that still makes sense can't be told from one that was meant; weights can.
            Ok(package) => {
                assert!(at < header, "byte {at}, bit {bit}: weights changed unnoticed");
                assert_eq!(package.weights, original.weights, "byte {at}, bit {bit}");
                harmless += 1;
            }
        }
        put(whole[at]);
    }
    assert!(harmless < TRIES / 3, "{harmless} flips passed");
}

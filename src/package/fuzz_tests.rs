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

/// The bundled world's own header, which is longer and names more than a tiny one's.
#[test]
fn flipped_bits_in_the_bundled_worlds_header_are_sentences_or_harmless() {
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/vale.safetensors");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vale.safetensors");
    std::fs::copy(bundled, &path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let header = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    let mut rng = Gaussian::new(10, 1);
    let mut refused = 0;
    for _ in 0..1000 {
        let at = rng.below(header);
        for byte in [whole[at] ^ (1 << rng.below(8)), whole[at]] {
            file.seek(SeekFrom::Start(at as u64)).unwrap();
            file.write_all(&[byte]).unwrap();
            if byte != whole[at]
                && let Err(error) = Package::peek(&path)
            {
                assert!(!error.to_string().contains('\n'), "byte {at}: {error}");
                refused += 1;
            }
        }
    }
    assert!(refused > 600, "{refused} of 1000 were refused");
    Package::open(&path).unwrap();
}

/// Somebody writes over the file while it is read.
#[test]
fn a_file_that_is_written_over_while_it_is_opened_is_an_error_and_no_crash() {
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/vale.safetensors");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vale.safetensors");
    let mut cut = 0;
    for _ in 0..6 {
        std::fs::copy(&bundled, &path).unwrap();
        let reader = {
            let path = path.clone();
            let builder = std::thread::Builder::new().name("reader".to_owned());
            builder.spawn(move || Package::open(&path).map(|_| ())).unwrap()
        };
        std::thread::sleep(std::time::Duration::from_millis(5));
        std::fs::File::create(&path).unwrap();
        if let Err(error) = reader.join().unwrap() {
            assert!(!error.to_string().contains('\n'), "{error}");
            cut += 1;
        }
    }
    assert!(cut > 0, "the file was never caught while it was read");
}

#[test]
#[cfg(target_os = "linux")]
fn what_is_no_file_is_refused_before_it_is_opened() {
    let error = Package::open(Path::new("/dev/zero")).unwrap_err().to_string();
    assert!(error.contains("it is no file"), "{error}");
}

//! Bookmarks and replays of random bytes and with flipped bits, and pictures of odd shapes to begin in: sentences, never a
//! panic; and what is read in spite of all is a walk that can be taken up or is refused.

use std::path::Path;

use super::tests::{bookmark, package, replay, rollout};
use super::*;
use crate::device::Gaussian;
use crate::frame::Frame;

/// A file that begins as `whole` does, damaged in one of many ways.
fn damaged(whole: &[u8], i: usize, head: usize, rng: &mut Gaussian) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    match i % 4 {
        // The head is small, and a flip there can mean anything.
        0 | 1 => bytes[rng.below(head)] ^= 1 << rng.below(8),
        2 => bytes[rng.below(whole.len())] ^= 1 << rng.below(8),
        _ => {
            let (from, to) = (rng.below(head), rng.below(whole.len()));
            bytes.copy_within(from.min(to)..from.max(to), from.min(to) / 2);
            bytes.truncate(1 + rng.below(whole.len()));
        }
    }
    bytes
}

#[track_caller]
fn assert_sentence(error: &FileError, path: &Path) {
    let said = error.to_string();
    assert!(
        said.contains(&path.display().to_string()) && said.lines().count() == 1,
        "{said}"
    );
}

#[test]
fn damaged_bookmarks_are_refused_or_are_walks() {
    let dir = tempfile::tempdir().unwrap();
    let package = package(1);
    let (kept, path, mut walk, _) = bookmark(&package, dir.path());
    let whole = std::fs::read(&path).unwrap();
    let head = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let mut rng = Gaussian::new(21, 1);
    let mut passed = 0;
    for i in 0..600 {
        let bytes = match i % 3 {
            0 => (0..rng.below(400)).map(|_| rng.below(256) as u8).collect(),
            _ => damaged(&whole, i, head, &mut rng),
        };
        std::fs::write(&path, bytes).unwrap();
        let _ = Moment::peek(&path);
        match Bookmark::read(&path, &package.manifest.sha256) {
            Err(error) => assert_sentence(&error, &path),
            // Words and numbers of the card that still make sense. The walk itself is under the hash.
            Ok(read) => {
                passed += 1;
                assert!(read.state.arrays == kept.state.arrays && read.track.controls == kept.track.controls);
                let _ = walk.restore(&read.state);
            }
        }
    }
    assert!(passed < 200, "{passed} damaged bookmarks passed");
    walk.restore(&kept.state).unwrap();
}

#[test]
fn damaged_replays_are_refused_or_are_walks() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("walk.json");
    let package = package(1);
    replay(&package).write(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let head = whole.windows(10).position(|w| w == b"\"controls\"").unwrap();
    let mut rng = Gaussian::new(22, 1);
    for i in 0..800 {
        std::fs::write(&path, damaged(&whole, i, head, &mut rng)).unwrap();
        match Replay::read(&path) {
            Err(error) => assert_sentence(&error, &path),
            Ok(read) => {
                assert!(
                    read.track
                        .controls
                        .iter()
                        .all(|c| c.numbers().iter().all(|v| v.is_finite()))
                );
                let _ = read.check(&package);
                if let Err(error) = read.picture_bytes(&path) {
                    assert_eq!(error.to_string().lines().count(), 1, "{error}");
                }
            }
        }
    }
}

/// A replay is a stranger's file, and what it names is read.
#[test]
#[cfg(target_os = "linux")]
fn a_replay_that_names_what_never_ends_is_refused() {
    let package = package(1);
    let mut replay = replay(&package);
    replay.picture.as_mut().unwrap().file = "/dev/zero".into();
    let error = replay.picture_bytes(Path::new("/nowhere/walk.json")).unwrap_err();
    assert!(error.to_string().contains("it is no file"), "{error}");
}

#[test]
fn pictures_of_odd_shapes_are_cut_to_the_middle_or_refused() {
    let package = package(1);
    let mut walk = rollout(&package);
    let picture = |width: usize, height: usize| Frame::from_rgb(width, height, &vec![90; 3 * width * height], 0);
    for (width, height) in [(0, 0), (1, 1), (15, 400), (16_384, 1)] {
        let error = walk.start(&picture(width, height), "", 0).unwrap_err().to_string();
        assert!(error.contains(&format!("{width}x{height}")), "{error}");
    }
    for (width, height) in [(16, 16), (16, 16_384), (16_384, 16), (33, 17), (32, 16)] {
        let output = walk.start(&picture(width, height), "", 0).unwrap();
        let fitted = &output.frames[0];
        assert_eq!((fitted.width_px, fitted.height_px), (32, 16));
        assert!(fitted.to_rgb().iter().all(|v| *v == 90));
    }
    // The middle stays.
    let rgb: Vec<u8> = (0..300)
        .flat_map(|x: usize| [if (100..200).contains(&x) { 200 } else { 0 }; 3])
        .collect();
    let wide = Frame::from_rgb(300, 50, &rgb.repeat(50), 0);
    let fitted = walk.start(&wide, "", 0).unwrap().frames[0].to_rgb();
    assert!(fitted.iter().all(|v| v.abs_diff(200) < 3), "{fitted:?}");
}

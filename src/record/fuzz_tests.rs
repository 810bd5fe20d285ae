//! Recordings that were damaged: the first screen looks at whatever lies in the folder of recordings.

use rand::{Rng as _, SeedableRng as _};

use super::*;
use crate::frame::Frame;

#[test]
fn damaged_recordings_show_a_picture_or_none() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("walk.mp4");
    let mut writer = Mp4Writer::create(&path, 64, 48, 24.0, Quality::Good).unwrap();
    for i in 0..26u8 {
        let rgb: Vec<u8> = (0..64 * 48)
            .flat_map(|at| [(at % 251) as u8, 8 * i, (at / 64) as u8])
            .collect();
        writer.push(&Frame::from_rgb(64, 48, &rgb, i.into())).unwrap();
    }
    writer.finish().unwrap();
    let whole = std::fs::read(&path).unwrap();
    let head = whole.windows(4).position(|w| w == b"moof").unwrap();
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(6);
    for i in 0..600 {
        let mut bytes = whole.clone();
        for _ in 0..=i % 3 {
            let within = if i % 2 == 0 { head + 200 } else { whole.len() };
            bytes[rng.random_range(0..within)] ^= 1 << rng.random_range(0..8);
        }
        if i % 5 == 0 {
            bytes.truncate(rng.random_range(0..whole.len()));
        }
        std::fs::write(&path, bytes).unwrap();
        if let Some(picture) = first_picture(&path) {
            assert_eq!(picture.rgba.len(), 4 * picture.width_px * picture.height_px);
        }
        assert!(length(&path).is_none_or(|length| length.secs >= 0.0));
    }
    for i in 0..200 {
        let bytes: Vec<u8> = (0..rng.random_range(0..600)).map(|_| rng.random()).collect();
        std::fs::write(&path, bytes).unwrap();
        assert!(first_picture(&path).is_none(), "random file {i}");
        assert!(length(&path).is_none(), "random file {i}");
    }
}

//! Pictures as strangers make them: none of them is a panic, a long wait or gigabytes.

use std::io::Cursor;

use image::ImageFormat;

use super::*;
use crate::device::Gaussian;

const CMYK: &[u8] = include_bytes!("pictures/cmyk.jpg");
const MOVING: [&[u8]; 2] = [
    include_bytes!("pictures/moving.gif"),
    include_bytes!("pictures/moving.webp"),
];

/// A picture with many colours, as a file of this format.
fn file(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    image::RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([(7 * x) as u8, (5 * y) as u8, (x * y) as u8])
    })
    .write_to(&mut Cursor::new(&mut bytes), format)
    .unwrap();
    bytes
}

#[track_caller]
fn refused(bytes: &[u8]) -> String {
    let what = decode_picture(bytes).expect_err("must be refused");
    assert!(!what.contains('\n') && what.len() < 300, "{what}");
    what
}

#[test]
fn four_inks_and_moving_pictures_are_taken_for_what_they_show_first() {
    let frame = decode_picture(CMYK).unwrap();
    assert_eq!((frame.width_px, frame.height_px), (32, 24));
    let at = |x: usize| &frame.rgba[4 * (12 * 32 + x)..][..3];
    assert!(at(4)[0] > 150 && at(4)[1] < 110, "red on the left: {:?}", at(4));
    assert!(at(28)[1] > 150 && at(28)[0] < 110, "green on the right: {:?}", at(28));
    for bytes in MOVING {
        let frame = decode_picture(bytes).unwrap();
        assert_eq!(
            (frame.width_px, frame.height_px, &frame.rgba[..3]),
            (32, 24, &[200, 40, 40][..])
        );
    }
}

#[test]
fn pictures_without_pixels_and_giants_are_refused_by_their_headers() {
    let mut bmp = file(ImageFormat::Bmp, 4, 4);
    for size in [[0, 0], [0, 4], [4, 0]] {
        bmp[18..22].copy_from_slice(&u32::to_le_bytes(size[0]));
        bmp[22..26].copy_from_slice(&u32::to_le_bytes(size[1]));
        refused(&bmp);
    }
    refused(b"GIF89a\0\0\0\0\0\0\0;");
    for (width, height) in [(16_384u32, 16_384u32), (16_385, 1), (1, 60_000), (u32::MAX, u32::MAX)] {
        bmp[18..22].copy_from_slice(&width.to_le_bytes());
        bmp[22..26].copy_from_slice(&height.to_le_bytes());
        refused(&bmp);
    }
    // A whole giant of few bytes.
    let png = file(ImageFormat::Png, 16_400, 1);
    assert!(refused(&png).contains("too large"), "{}", refused(&png));
}

#[test]
fn large_pictures_are_kept_as_large_as_a_world_needs() {
    let mut png = Vec::new();
    image::GrayImage::from_pixel(9000, 4000, image::Luma([70]))
        .write_to(&mut Cursor::new(&mut png), ImageFormat::Png)
        .unwrap();
    let frame = decode_picture(&png).unwrap();
    assert_eq!((frame.width_px, frame.height_px), (6000, 2666));
    assert_eq!(frame.rgba[..4], [70, 70, 70, 255]);
}

#[test]
fn damaged_pictures_are_sentences() {
    let mut rng = Gaussian::new(11, 1);
    let formats = [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::Gif,
        ImageFormat::WebP,
        ImageFormat::Bmp,
    ];
    let files = formats.map(|format| file(format, 24, 18));
    for whole in files.iter().map(Vec::as_slice).chain(MOVING).chain([CMYK]) {
        for i in 0..200 {
            let mut bytes = whole.to_vec();
            for _ in 0..=i % 4 {
                let at = rng.below(bytes.len());
                bytes[at] ^= 1 << rng.below(8);
            }
            if i % 3 == 0 {
                bytes.truncate(rng.below(whole.len()));
            }
            // Some damage is only other colours.
            match decode_picture(&bytes) {
                Ok(frame) => assert_eq!(frame.rgba.len(), 4 * frame.width_px * frame.height_px),
                Err(what) => assert!(!what.contains('\n'), "{what}"),
            }
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn what_is_no_picture_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let film = dir.path().join("film.mkv");
    std::fs::File::create(&film).unwrap().set_len(40_000_000_000).unwrap();
    assert!(read_picture(&film).unwrap_err().contains("larger than"));
    for path in ["/dev/zero", "/dev", "/nonexistent"] {
        assert!(read_picture(Path::new(path)).unwrap_err().contains("cannot be read"));
    }
}

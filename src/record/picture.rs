//! Still pictures: screenshots, contact sheets for training samples.

use std::io::Write as _;
use std::path::Path;

use image::{ColorType, ImageEncoder as _};

use super::RecordError;
use crate::frame::Frame;

/// Space between the pictures of a contact sheet.
const GAP_PX: usize = 2;
const GAP_RGBA: [u8; 4] = [24, 24, 24, 255];

/// Saves a frame as PNG.
pub fn save_png(path: &Path, frame: &Frame) -> Result<(), RecordError> {
    let mut bytes = Vec::new();
    image::codecs::png::PngEncoder::new(&mut bytes)
        .write_image(
            &frame.to_rgb(),
            frame.width_px as u32,
            frame.height_px as u32,
            ColorType::Rgb8.into(),
        )
        .map_err(|e| picture(path, &e))?;
    write(path, &bytes)
}

/// Writes a file; one that did not get its end, on a full disk, is taken away again.
fn write(path: &Path, bytes: &[u8]) -> Result<(), RecordError> {
    let mut file = std::fs::File::create(path).map_err(|e| RecordError::file(path, e))?;
    file.write_all(bytes).map_err(|e| {
        // A device or a pipe is never removed.
        if file.metadata().is_ok_and(|m| m.is_file()) {
            let _ = std::fs::remove_file(path);
        }
        RecordError::file(path, e)
    })
}

/// Puts frames into a grid, row by row, each enlarged `scale` times without smoothing.
pub fn contact_sheet(frames: &[Frame], columns: usize, scale: usize) -> Frame {
    let (columns, scale) = (columns.clamp(1, frames.len().max(1)), scale.max(1));
    let rows = frames.len().div_ceil(columns);
    let cell_w = scale * frames.iter().map(|f| f.width_px).max().unwrap_or(1);
    let cell_h = scale * frames.iter().map(|f| f.height_px).max().unwrap_or(1);
    let sheet_w = columns * (cell_w + GAP_PX) + GAP_PX;
    let sheet_h = rows * (cell_h + GAP_PX) + GAP_PX;
    let mut rgba = GAP_RGBA.repeat(sheet_w * sheet_h);
    for (i, frame) in frames.iter().enumerate() {
        let left = GAP_PX + (i % columns) * (cell_w + GAP_PX);
        let top = GAP_PX + (i / columns) * (cell_h + GAP_PX);
        for y in 0..scale * frame.height_px {
            for x in 0..scale * frame.width_px {
                let from = 4 * ((y / scale) * frame.width_px + x / scale);
                let to = 4 * ((top + y) * sheet_w + left + x);
                rgba[to..to + 4].copy_from_slice(&frame.rgba[from..from + 4]);
            }
        }
    }
    Frame {
        width_px: sheet_w,
        height_px: sheet_h,
        rgba: rgba.into(),
        index: frames.first().map_or(0, |f| f.index),
    }
}

fn picture(path: &Path, error: &image::ImageError) -> RecordError {
    RecordError::Picture {
        path: path.to_owned(),
        what: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(width_px: usize, height_px: usize, grey: u8) -> Frame {
        Frame::from_rgb(width_px, height_px, &vec![grey; 3 * width_px * height_px], 0)
    }

    #[test]
    fn a_png_comes_back_unchanged() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("shot.png");
        let rgb: Vec<u8> = (0..3 * 7 * 5).map(|i| (i * 37 % 256) as u8).collect();
        save_png(&path, &Frame::from_rgb(7, 5, &rgb, 3)).unwrap();
        let back = image::open(&path).unwrap();
        assert_eq!((back.width(), back.height()), (7, 5));
        assert_eq!(back.into_rgb8().into_raw(), rgb);
    }

    #[test]
    fn a_sheet_puts_frames_in_reading_order() {
        let frames = [flat(4, 2, 10), flat(4, 2, 20), flat(4, 2, 30)];
        let sheet = contact_sheet(&frames, 2, 3);
        assert_eq!((sheet.width_px, sheet.height_px), (2 * 14 + 2, 2 * 8 + 2));
        let at = |x: usize, y: usize| sheet.rgba[4 * (y * sheet.width_px + x)];
        assert_eq!((at(2, 2), at(16, 2), at(2, 10)), (10, 20, 30));
        assert_eq!((at(0, 0), at(16, 10)), (GAP_RGBA[0], GAP_RGBA[0]));
        assert!(contact_sheet(&[], 4, 2).width_px > 0);
    }

    #[test]
    fn a_missing_folder_is_named() {
        let path = Path::new("/nonexistent-folder/shot.png");
        let text = save_png(path, &flat(2, 2, 0)).unwrap_err().to_string();
        assert!(text.contains("/nonexistent-folder does not exist"), "{text}");
    }
}

//! A GIF in the making, frame by frame. Runs on the thread of its owner.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use gif::{Encoder, EncodingError, Repeat};

use super::RecordError;
use crate::frame::Frame;

/// 10 of 1 (best, slow) to 30: no visible difference to 1 on rendered worlds.
const SPEED: i32 = 10;

/// Writes an endless GIF beside its place and moves it there when it is whole.
///
/// Delays are whole hundredths of a second, so they vary by one to keep the rate; GIF players know nothing faster than 50
/// frames a second.
pub struct GifWriter {
    path: PathBuf,
    partial: PathBuf,
    encoder: Option<Encoder<BufWriter<File>>>,
    frames_per_sec: f64,
    frames: u64,
}

impl GifWriter {
    /// A GIF at `path`.
    pub fn create(path: &Path, frames_per_sec: f64) -> Result<Self, RecordError> {
        if !(0.1..=1000.0).contains(&frames_per_sec) {
            return Err(RecordError::Rate(frames_per_sec));
        }
        Ok(Self {
            path: path.to_owned(),
            partial: path.with_extension(format!("partial{}", std::process::id())),
            encoder: None,
            frames_per_sec,
            frames: 0,
        })
    }

    /// Appends a frame; all have the size of the first.
    pub fn push(&mut self, frame: &Frame) -> Result<(), RecordError> {
        let (Ok(width), Ok(height)) = (u16::try_from(frame.width_px), u16::try_from(frame.height_px)) else {
            return Err(self.what("a GIF is at most 65535 pixels wide and high"));
        };
        if frame.rgba.len() != 4 * frame.width_px * frame.height_px || frame.rgba.is_empty() {
            return Err(self.what("a frame has other bytes than its size says"));
        }
        if self.encoder.is_none() {
            let file = File::create(&self.partial).map_err(|e| RecordError::file(&self.path, e))?;
            let encoder = Encoder::new(BufWriter::new(file), width, height, &[]);
            let mut encoder = encoder.map_err(|e| self.error(e))?;
            encoder.set_repeat(Repeat::Infinite).map_err(|e| self.error(e))?;
            self.encoder = Some(encoder);
        }
        let due_cs = |frames: u64| (100.0 * frames as f64 / self.frames_per_sec).round() as u64;
        let delay_cs = (due_cs(self.frames + 1) - due_cs(self.frames)).max(2);
        let mut picture = gif::Frame::from_rgb_speed(width, height, &frame.to_rgb(), SPEED);
        picture.delay = u16::try_from(delay_cs).unwrap_or(u16::MAX);
        self.frames += 1;
        match self.encoder.as_mut().map(|encoder| encoder.write_frame(&picture)) {
            Some(Err(error)) => Err(self.error(error)),
            _ => Ok(()),
        }
    }

    /// Completes the file. Without frames there is none.
    pub fn finish(mut self) -> Result<(), RecordError> {
        let Some(encoder) = self.encoder.take() else {
            return Ok(());
        };
        let mut file = encoder.into_inner().map_err(|e| self.error(e))?;
        file.flush()
            .and_then(|()| std::fs::rename(&self.partial, &self.path))
            .map_err(|e| RecordError::file(&self.path, e))
    }

    fn error(&self, error: EncodingError) -> RecordError {
        match error {
            EncodingError::Io(error) => RecordError::file(&self.path, error),
            other => self.what(&other.to_string()),
        }
    }

    fn what(&self, what: &str) -> RecordError {
        RecordError::Picture {
            path: self.path.clone(),
            what: what.to_owned(),
        }
    }
}

impl Drop for GifWriter {
    /// One that was not finished leaves nothing behind.
    fn drop(&mut self) {
        // Gone already if it was finished.
        let _ = std::fs::remove_file(&self.partial);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(i: u8) -> Frame {
        Frame::from_rgb(16, 16, &[10 * i; 3 * 16 * 16], u64::from(i))
    }

    #[test]
    fn a_gif_keeps_its_frames_and_its_length_and_is_there_only_when_it_is_whole() {
        use image::AnimationDecoder as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("walk.gif");
        let mut writer = GifWriter::create(&path, 24.0).unwrap();
        for i in 0..24 {
            writer.push(&frame(i)).unwrap();
        }
        assert!(!path.exists());
        writer.finish().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let decoder = image::codecs::gif::GifDecoder::new(std::io::Cursor::new(bytes)).unwrap();
        let back = decoder.into_frames().collect_frames().unwrap();
        assert_eq!(back.len(), 24);
        for (i, picture) in back.iter().enumerate() {
            assert!(picture.buffer().get_pixel(3, 3)[0].abs_diff(10 * i as u8) < 3);
        }
        let millis: u32 = back.iter().map(|f| f.delay().numer_denom_ms().0).sum();
        assert_eq!(millis, 1000);
        // One that is given up leaves nothing.
        let mut writer = GifWriter::create(&dir.path().join("other.gif"), 24.0).unwrap();
        writer.push(&frame(1)).unwrap();
        drop(writer);
        GifWriter::create(&dir.path().join("none.gif"), 24.0)
            .unwrap()
            .finish()
            .unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn trouble_names_the_file() {
        let mut writer = GifWriter::create(Path::new("/nonexistent-folder/walk.gif"), 24.0).unwrap();
        let text = writer.push(&frame(0)).unwrap_err().to_string();
        assert!(text.contains("/nonexistent-folder does not exist"), "{text}");
        assert!(matches!(
            GifWriter::create(Path::new("a.gif"), 0.0),
            Err(RecordError::Rate(_))
        ));
    }
}

//! What the first screen offers beside the opened world: generator files, pictures, recordings. Plain data; it is
//! gathered on another thread.

use std::path::{Path, PathBuf};

use crate::frame::Frame;
use crate::record::Length;
use crate::words::say;

/// What a file named by the user is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A world.
    Generator,
    /// Everything else: whether it is a picture shows when it is read.
    Picture,
}

impl FileKind {
    /// By the end of the name.
    pub fn of(path: &Path) -> Self {
        match path.extension() {
            Some(end) if end.eq_ignore_ascii_case("safetensors") => Self::Generator,
            _ => Self::Picture,
        }
    }
}

/// Everything on offer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shelf {
    /// Generator files.
    pub generators: Vec<GeneratorCard>,
    /// Moments that were kept, newest first.
    pub moments: Vec<MomentCard>,
    /// Pictures that were begun in.
    pub pictures: Vec<PictureCard>,
    /// Recordings and screenshots, newest first.
    pub recordings: Vec<RecordingCard>,
    /// The folder that recordings go to.
    pub recordings_folder: PathBuf,
    /// The same, for people.
    pub recordings_dir: String,
}

/// A generator file that is not loaded.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneratorCard {
    /// The file.
    pub path: PathBuf,
    /// What it says of itself, or why it cannot be opened.
    pub about: Result<About, String>,
}

/// What a generator file says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct About {
    /// Title of the world.
    pub title: String,
    /// Licence of the weights.
    pub licence: String,
    /// Size of the file.
    pub size_bytes: u64,
    /// Width and height of its frames.
    pub frame_px: [usize; 2],
    /// Frames a second.
    pub frames_per_sec: f64,
    /// How it was trained, in a few words.
    pub trained: String,
    /// Its first picture.
    pub thumbnail: Option<Frame>,
}

/// A picture file that was begun in.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureCard {
    /// The file.
    pub path: PathBuf,
    /// The folder it lies in, for people.
    pub folder: String,
    /// It, small, or why it cannot be read.
    pub thumbnail: Result<Frame, String>,
}

/// A kept moment of a walk.
#[derive(Clone, Debug, PartialEq)]
pub struct MomentCard {
    /// The file.
    pub path: PathBuf,
    /// Its size.
    pub size_bytes: u64,
    /// Seconds since it was kept.
    pub age_secs: u64,
    /// What it says of itself, or why it cannot be taken up.
    pub about: Result<AboutMoment, String>,
}

/// What a kept moment says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct AboutMoment {
    /// Title of its world.
    pub title: String,
    /// Name of the place where the walk began.
    pub name: String,
    /// The words of the walk.
    pub prompt: String,
    /// How long the walk was until then.
    pub secs: f64,
    /// The picture of that moment.
    pub picture: Frame,
}

/// A recording or a screenshot.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordingCard {
    /// The file.
    pub path: PathBuf,
    /// Its size.
    pub size_bytes: u64,
    /// What is in it.
    pub kind: RecordingKind,
}

/// What a file in the folder of recordings is.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordingKind {
    /// A video.
    Video {
        /// Its length, if any of it plays.
        length: Option<Length>,
        /// Its first picture, small, if it can be read.
        thumbnail: Option<Frame>,
    },
    /// A GIF.
    Gif {
        /// Its first picture, small, if it can be read.
        thumbnail: Option<Frame>,
    },
    /// A screenshot, small, if it can be read.
    Screenshot {
        /// It.
        thumbnail: Option<Frame>,
    },
}

/// `3.4 MB`, `12 kB`.
pub(super) fn size_text(bytes: u64) -> String {
    match bytes as f64 {
        b if b >= 1e9 => say!("unit-gigabytes", number = format!("{:.1}", b / 1e9)),
        b if b >= 1e6 => say!("unit-megabytes", number = format!("{:.1}", b / 1e6)),
        b if b >= 1e3 => say!("unit-kilobytes", number = format!("{:.0}", b / 1e3)),
        _ => say!("unit-bytes", count = bytes),
    }
}

/// `just now`, `5 minutes ago`, `3 days ago`.
pub(super) fn ago(secs: u64) -> String {
    match secs {
        0..60 => say!("ago-just-now").to_owned(),
        60..3600 => say!("ago-minutes", count = secs / 60),
        3600..86_400 => say!("ago-hours", count = secs / 3600),
        _ => say!("ago-days", count = secs / 86_400),
    }
}

/// The last part of a path, for people.
pub(super) fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_their_ends() {
        assert_eq!(FileKind::of(Path::new("a/b.SafeTensors")), FileKind::Generator);
        assert_eq!(FileKind::of(Path::new("b.png")), FileKind::Picture);
        assert_eq!(FileKind::of(Path::new("b")), FileKind::Picture);
    }

    #[test]
    fn ages_are_short() {
        assert_eq!(ago(59), "just now");
        assert_eq!(ago(119), "1 minute ago");
        assert_eq!(ago(7200), "2 hours ago");
        assert_eq!(ago(200_000), "2 days ago");
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!(size_text(999), "999 bytes");
        assert_eq!(size_text(16_900_000), "16.9 MB");
        assert_eq!(size_text(2_400), "2 kB");
    }
}

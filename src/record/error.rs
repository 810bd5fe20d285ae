//! What can go wrong while recording, each as one sentence that names the file and says what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Trouble while recording or saving a picture.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The file could not be made or written.
    #[error("cannot write {}: {advice}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What stands in the way and what to do.
        advice: String,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The picture is too small or too large for H.264.
    #[error(
        "cannot record {width_px}x{height_px} pixels: H.264 takes from 16x16 to 3840x2160; choose another frame size"
    )]
    Size {
        /// Width asked for.
        width_px: usize,
        /// Height asked for.
        height_px: usize,
    },
    /// The frame rate makes no sense.
    #[error("cannot record {0} frames per second: choose a rate from 0.1 to 1000")]
    Rate(f64),
    /// A frame of another size than the recording's.
    #[error(
        "a frame of {got_w}x{got_h} pixels came to a recording of {want_w}x{want_h}: start a new recording after a change of size"
    )]
    FrameSize {
        /// The recording's width.
        want_w: usize,
        /// The recording's height.
        want_h: usize,
        /// The frame's width.
        got_w: usize,
        /// The frame's height.
        got_h: usize,
    },
    /// The encoder refused a frame.
    #[error("the H.264 encoder failed: {0}; please report this with the frame size")]
    Encoder(String),
    /// The boxes of the MP4 file could not be made.
    #[error("the MP4 writer failed: {0}; please report this with the frame size")]
    Mux(String),
    /// The file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The disk is nearly full before anything is recorded.
    #[error("cannot record to {}: only {free_mb} MB are left on that disk; free some space or choose another", path.display())]
    DiskLow {
        /// The file that was to be made.
        path: PathBuf,
        /// What is left on the disk.
        free_mb: u64,
    },
    /// The disk has become nearly full; the file is whole.
    #[error("only {free_mb} MB are left on the disk of {}; the file is complete up to here", path.display())]
    DiskNearlyFull {
        /// The file.
        path: PathBuf,
        /// What is left on the disk.
        free_mb: u64,
    },
    /// A picture could not be encoded.
    #[error("cannot make {}: {what}", path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// What the encoder said.
        what: String,
    },
    /// The recorder thread could not be started or ended in a panic.
    #[error("the recorder of {} stopped unexpectedly: {what}; the file plays up to its last half second", path.display())]
    Thread {
        /// The file.
        path: PathBuf,
        /// What is known.
        what: String,
    },
}

impl RecordError {
    /// Puts a system error into words.
    pub(super) fn file(path: &Path, source: io::Error) -> Self {
        let folder = path
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .map_or_else(|| Path::new(".").display(), Path::display);
        let advice = match source.kind() {
            io::ErrorKind::NotFound => {
                format!("the folder {folder} does not exist; create it or choose another")
            }
            io::ErrorKind::NotADirectory => {
                format!("{folder} is not a folder; choose another place")
            }
            io::ErrorKind::IsADirectory => "there is a folder of that name; choose a file name".to_owned(),
            io::ErrorKind::PermissionDenied => "you may not write there; choose a place of your own".to_owned(),
            io::ErrorKind::ReadOnlyFilesystem => "that disk is read-only; choose another place".to_owned(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "the disk is full; free some space or choose another disk".to_owned()
            }
            io::ErrorKind::FileTooLarge => {
                "the file has become too large for that disk; start a new recording".to_owned()
            }
            _ => "the system refused it; choose another place".to_owned(),
        };
        Self::File {
            path: path.to_owned(),
            advice,
            source,
        }
    }
}

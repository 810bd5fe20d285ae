//! Looks whether the disk of a recording is nearly full, once a second, so that the file is ended whole before it is.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::RecordError;

/// Less than this left on the disk ends a recording.
const LEAST_FREE_BYTES: u64 = 100_000_000;
const INTERVAL: Duration = Duration::from_secs(1);

/// How much room is left on the disk that holds a path.
pub(super) type FreeBytes = fn(&Path) -> io::Result<u64>;

pub(super) struct DiskWatch {
    path: PathBuf,
    free_bytes: FreeBytes,
    due: Instant,
}

impl DiskWatch {
    /// The disk of a file that is to be written: refuses one that is nearly full already.
    pub(super) fn begin(path: &Path, free_bytes: FreeBytes) -> Result<Self, RecordError> {
        let watch = Self {
            path: path.to_owned(),
            free_bytes,
            due: Instant::now() + INTERVAL,
        };
        match watch.lacks() {
            None => Ok(watch),
            Some(free_mb) => Err(RecordError::DiskLow {
                path: path.to_owned(),
                free_mb,
            }),
        }
    }

    /// Looks, if it is time to.
    pub(super) fn look(&mut self) -> Result<(), RecordError> {
        let now = Instant::now();
        if now < self.due {
            return Ok(());
        }
        self.due = now + INTERVAL;
        match self.lacks() {
            None => Ok(()),
            Some(free_mb) => Err(RecordError::DiskNearlyFull {
                path: self.path.clone(),
                free_mb,
            }),
        }
    }

    /// What is left, if that is too little. A disk that does not tell is written to until it refuses.
    fn lacks(&self) -> Option<u64> {
        let place = match std::fs::metadata(&self.path) {
            Ok(meta) if meta.is_file() => self.path.as_path(),
            // A device or a pipe fills no disk.
            Ok(_) => return None,
            Err(_) => self
                .path
                .parent()
                .filter(|dir| !dir.as_os_str().is_empty())
                .unwrap_or(Path::new(".")),
        };
        let free = (self.free_bytes)(place).ok()?;
        (free < LEAST_FREE_BYTES).then_some(free / 1_000_000)
    }
}

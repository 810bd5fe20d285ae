//! What bookmarks and replays share: files written whole or not at all, and their errors.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::paths;

/// Why a bookmark or a replay could not be written or read. One sentence that names the file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It can't be written.
    #[error("{path} cannot be written: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// It can't be read.
    #[error("{path} cannot be read: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// It is not what it should be.
    #[error("{path} cannot be used: {what}")]
    Refused {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

/// Writes a file whole or not at all; makes its folder if need be.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    paths::write_whole(path, bytes).map_err(|source| FileError::Write {
        path: path.to_owned(),
        source,
    })
}

/// Reads a file of no more than so many bytes.
pub(super) fn read_whole(path: &Path, most_bytes: u64) -> Result<Vec<u8>, FileError> {
    paths::read_whole(path, most_bytes).map_err(|source| FileError::Read {
        path: path.to_owned(),
        source,
    })
}

/// SHA-256 in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(super) fn hex(digest: &[u8]) -> String {
    digest.iter().map(|b| format!("{b:02x}")).collect()
}

//! The exported-generator file: one safetensors file with a JSON manifest, checked before any memory is taken.

mod expected;
#[cfg(test)]
mod fuzz_tests;
mod manifest;
mod peek;
mod read;
#[cfg(test)]
pub(crate) mod tests;
mod write;

use std::path::{Path, PathBuf};

pub use manifest::{FORMAT_VERSION, FirstFrameEntry, Manifest, Training};
pub use peek::Peek;
pub use write::save;

use crate::model::weights::Arrays;

/// Why a generator file was refused; every message names the file and the field or tensor.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// It can't be opened or read.
    #[error("can't read the generator file {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// It is not what it should be.
    #[error("{path} can't be used: {what}")]
    Refused {
        /// The file.
        path: PathBuf,
        /// What is wrong with it and what to do.
        what: String,
    },
}

impl PackageError {
    pub(crate) fn refused(path: &Path, what: impl Into<String>) -> Self {
        Self::Refused {
            path: path.to_owned(),
            what: what.into(),
        }
    }
}

/// A bundled first frame.
#[derive(Clone, Debug, PartialEq)]
pub struct FirstFrame {
    /// Name shown in the gallery, for instance "autumn at dusk".
    pub name: String,
    /// Prompt (caption) that belongs to it.
    pub prompt: String,
    /// JPEG file bytes.
    pub jpeg: Vec<u8>,
}

/// An opened and fully checked generator file.
#[derive(Clone, Debug)]
pub struct Package {
    /// Where it came from.
    pub path: PathBuf,
    /// Its manifest.
    pub manifest: Manifest,
    /// Its bundled first frames, at least one.
    pub first_frames: Vec<FirstFrame>,
    /// Weights under `generator.*`, `autoencoder.*`, `text.*`.
    pub weights: Arrays,
}

impl Package {
    /// Opens and checks a generator file.
    pub fn open(path: &Path) -> Result<Self, PackageError> {
        read::open(path)
    }

    /// Looks at a generator file without reading its weights.
    pub fn peek(path: &Path) -> Result<Peek, PackageError> {
        peek::peek(path)
    }
}

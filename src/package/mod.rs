//! The exported-generator file: one safetensors file with a JSON manifest, checked before any memory is taken.

use std::path::{Path, PathBuf};

/// Why a generator file was refused; every message names the file and the field or tensor.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// (skeleton)
    #[error("{path}: {what}")]
    Refused {
        /// The file.
        path: PathBuf,
        /// What is wrong with it and what to do.
        what: String,
    },
}

/// A bundled first frame.
#[derive(Clone, Debug)]
pub struct FirstFrame {
    /// Name shown in the gallery, for instance "autumn at dusk".
    pub name: String,
    /// Prompt (caption) that belongs to it.
    pub prompt: String,
    /// JPEG file bytes.
    pub jpeg: Vec<u8>,
}

/// What the manifest says, as far as a player needs it.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Title of the world.
    pub title: String,
    /// Lens: frame size and field of view.
    pub lens: crate::control::Lens,
    /// Video frames per second.
    pub frames_per_sec: f64,
}

/// An opened and fully checked generator file.
#[derive(Debug)]
pub struct Package {
    /// Its manifest.
    pub manifest: Manifest,
    /// Its bundled first frames, at least one.
    pub first_frames: Vec<FirstFrame>,
}

impl Package {
    /// Opens and checks a generator file.
    pub fn open(_path: &Path) -> Result<Self, PackageError> {
        todo!()
    }
}

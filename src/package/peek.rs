//! A look at a generator file: its manifest and pictures, without its weights. Cheap enough for a list of files; the
//! tensors' hash is not checked, so opening the file may still refuse it.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::{Manifest, PackageError, read};

/// No first frame comes near this.
const LARGEST_PICTURE: usize = 8 << 20;

/// What can be known of a generator file without its weights.
#[derive(Clone, Debug)]
pub struct Peek {
    /// Its manifest, checked.
    pub manifest: Manifest,
    /// Size of the file.
    pub size_bytes: u64,
    /// JPEG bytes of its first picture.
    pub first_jpeg: Vec<u8>,
}

pub(super) fn peek(path: &Path) -> Result<Peek, PackageError> {
    let io = |source| PackageError::Io {
        path: path.to_owned(),
        source,
    };
    let mut file = read::file(path)?;
    let header = read::header(path, &mut file)?;
    let mut first_jpeg = Vec::new();
    if let Some(info) = header.tensors.info("first_frame.0") {
        let (from, to) = info.data_offsets;
        let length = to.saturating_sub(from);
        if length <= LARGEST_PICTURE {
            file.seek(SeekFrom::Start(header.data_at + from as u64)).map_err(io)?;
            first_jpeg.resize(length, 0);
            file.read_exact(&mut first_jpeg).map_err(io)?;
        }
    }
    Ok(Peek {
        manifest: header.manifest,
        size_bytes: header.data_at + header.data_len,
        first_jpeg,
    })
}

//! Checkpoints and named arrays on disk: plain f32 safetensors, replaced at once or not at all.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use sha2::{Digest as _, Sha256};

use super::TrainError;
use crate::model::weights::{Array, Arrays};

/// Writes arrays with a few words of metadata.
pub(super) fn save(path: &Path, arrays: &Arrays, meta: &[(&str, String)]) -> Result<(), TrainError> {
    let io = |source| TrainError::Io {
        path: path.to_owned(),
        source,
    };
    let bad = |what: String| TrainError::Checkpoint {
        path: path.to_owned(),
        what,
    };
    let views = arrays
        .iter()
        .map(|(n, a)| TensorView::new(Dtype::F32, a.shape.clone(), bytemuck::cast_slice(&a.values)).map(|v| (n, v)))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| bad(e.to_string()))?;
    let meta: HashMap<String, String> = meta.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
    let bytes = safetensors::serialize(views, Some(meta)).map_err(|e| bad(e.to_string()))?;
    replace(path, &bytes).map_err(io)
}

/// SHA-256 of names and numbers, in hexadecimal.
pub(super) fn hash(arrays: &Arrays) -> String {
    let mut hash = Sha256::new();
    for (name, array) in arrays {
        hash.update(name);
        hash.update(bytemuck::cast_slice::<f32, u8>(&array.values));
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// Writes a file that takes its name, and the place of an older one, only when it is whole and on the disk.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let partial = path.with_extension("partial");
    let written = File::create(&partial).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&partial, path)).inspect_err(|_| {
        // It is of no use, and the disk may be full.
        let _ = std::fs::remove_file(&partial);
    })
}

/// Reads what [`save`] wrote.
pub(super) fn load(path: &Path) -> Result<(Arrays, HashMap<String, String>), TrainError> {
    let bytes = std::fs::read(path).map_err(|source| TrainError::Io {
        path: path.to_owned(),
        source,
    })?;
    let bad = |what: String| TrainError::Checkpoint {
        path: path.to_owned(),
        what,
    };
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| bad(e.to_string()))?;
    let meta = header.metadata().clone().unwrap_or_default();
    let tensors = SafeTensors::deserialize(&bytes).map_err(|e| bad(e.to_string()))?;
    let mut arrays = Arrays::new();
    for (name, view) in tensors.iter() {
        if view.dtype() != Dtype::F32 {
            return Err(bad(format!("`{name}` is not F32")));
        }
        let values = view
            .data()
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        arrays.insert(
            name.to_owned(),
            Array {
                shape: view.shape().to_vec(),
                values,
            },
        );
    }
    Ok((arrays, meta))
}

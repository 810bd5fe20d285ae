//! Writing: f16 weights, the manifest with its hash, in place at once or not at all.

use std::collections::HashMap;
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use sha2::{Digest as _, Sha256};

use super::{FORMAT_VERSION, FirstFrame, FirstFrameEntry, Manifest, PackageError, read};
use crate::model::weights::Arrays;

/// Writes a generator file. `manifest.sha256`, `format_version` and `first_frames` are filled in here.
pub fn save(
    path: &Path,
    manifest: &Manifest,
    weights: &Arrays,
    first_frames: &[FirstFrame],
) -> Result<(), PackageError> {
    let mut bytes: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = weights
        .iter()
        .map(|(name, a)| {
            let half = a
                .values
                .iter()
                .flat_map(|v| half::f16::from_f32(*v).to_le_bytes())
                .collect();
            (name.clone(), Dtype::F16, a.shape.clone(), half)
        })
        .collect();
    for (k, frame) in first_frames.iter().enumerate() {
        bytes.push((
            format!("first_frame.{k}"),
            Dtype::U8,
            vec![frame.jpeg.len()],
            frame.jpeg.clone(),
        ));
    }
    let serialize = |manifest: &Manifest| -> Result<Vec<u8>, String> {
        let json = serde_json::to_string(manifest).map_err(|e| e.to_string())?;
        let views = bytes
            .iter()
            .map(|(n, t, s, b)| TensorView::new(*t, s.clone(), b).map(|v| (n.clone(), v)))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| e.to_string())?;
        safetensors::serialize(views, Some(HashMap::from([("farwander".to_owned(), json)]))).map_err(|e| e.to_string())
    };
    let refuse = |what| PackageError::Refused {
        path: path.to_owned(),
        what,
    };
    let mut manifest = manifest.clone();
    manifest.format_version = FORMAT_VERSION;
    manifest.first_frames = first_frames
        .iter()
        .map(|f| FirstFrameEntry {
            name: f.name.clone(),
            prompt: f.prompt.clone(),
        })
        .collect();
    // The order of the tensors is the serializer's, so the hash is taken of what it wrote.
    manifest.sha256 = String::new();
    let draft = serialize(&manifest).map_err(refuse)?;
    let header = draft
        .get(..8)
        .map_or(0, |b| u64::from_le_bytes(b.try_into().unwrap_or_default()));
    manifest.sha256 = read::hex(&Sha256::digest(draft.get(8 + header as usize..).unwrap_or_default()));
    let file = serialize(&manifest).map_err(refuse)?;
    let partial = path.with_extension("partial");
    std::fs::write(&partial, file)
        .and_then(|()| std::fs::rename(&partial, path))
        .map_err(|source| PackageError::Io {
            path: path.to_owned(),
            source,
        })
}

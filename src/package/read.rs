//! Reading: every check that needs no weights comes first, on the header alone.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::Metadata;
use sha2::{Digest as _, Sha256};

use super::{FORMAT_VERSION, FirstFrame, Manifest, Package, PackageError, expected};
use crate::model::weights::{Array, Arrays};

/// No header of ours comes near this; a larger number is a sign of another kind of file.
const LARGEST_HEADER: u64 = 16 << 20;

/// A checked header and where its tensors lie.
pub(super) struct Header {
    pub(super) manifest: Manifest,
    pub(super) tensors: Metadata,
    pub(super) data_at: u64,
    pub(super) data_len: u64,
}

/// Opens a file, if it is one: opening a pipe would wait for whoever writes to it.
pub(super) fn file(path: &Path) -> Result<File, PackageError> {
    let io = |source| PackageError::Io {
        path: path.to_owned(),
        source,
    };
    let meta = std::fs::metadata(path).map_err(io)?;
    if meta.is_dir() || meta.is_file() {
        return File::open(path).map_err(io);
    }
    Err(PackageError::refused(path, "it is no file; name a .safetensors file"))
}

/// Reads and checks everything that can be known without the tensors.
pub(super) fn header(path: &Path, file: &mut File) -> Result<Header, PackageError> {
    let io = |source| PackageError::Io {
        path: path.to_owned(),
        source,
    };
    let refuse = |what: String| PackageError::Refused {
        path: path.to_owned(),
        what,
    };
    let meta = file.metadata().map_err(io)?;
    if meta.is_dir() {
        return Err(refuse("it is a directory; name a .safetensors file".into()));
    }
    let len = meta.len();
    let not_ours = "it is no generator file (no safetensors header); name a file that `farwander train` exported";
    if len < 8 {
        return Err(refuse(format!("it holds {len} bytes, so {not_ours}")));
    }
    let mut size = [0u8; 8];
    file.read_exact(&mut size).map_err(io)?;
    let header_len = u64::from_le_bytes(size);
    if !(2..=LARGEST_HEADER).contains(&header_len) {
        return Err(refuse(not_ours.into()));
    }
    if header_len > len - 8 {
        return Err(refuse(format!(
            "it is cut short: its header needs {header_len} bytes and {} are there",
            len - 8
        )));
    }
    let mut text = vec![0u8; header_len as usize];
    file.read_exact(&mut text).map_err(io)?;
    let json: serde_json::Value = serde_json::from_slice(&text).map_err(|e| refuse(format!("{not_ours} ({e})")))?;
    let manifest = json
        .get("__metadata__")
        .and_then(|m| m.get("farwander"))
        .and_then(|m| m.as_str())
        .ok_or_else(|| refuse("it is a safetensors file without a `farwander` manifest in its metadata".into()))?;
    let value: serde_json::Value =
        serde_json::from_str(manifest).map_err(|e| refuse(format!("its manifest is no JSON ({e})")))?;
    // The version first: the other fields of another version mean nothing here.
    let version = value.get("format_version").and_then(serde_json::Value::as_u64);
    if version != Some(u64::from(FORMAT_VERSION)) {
        let found = version.map_or("none".into(), |v| v.to_string());
        return Err(refuse(format!(
            "its format_version is {found}, and this program reads {FORMAT_VERSION}; get a matching farwander"
        )));
    }
    let manifest: Manifest =
        serde_json::from_value(value).map_err(|e| refuse(format!("its manifest does not read: {e}")))?;
    manifest.check().map_err(refuse)?;
    let tensors: Metadata =
        serde_json::from_slice(&text).map_err(|e| refuse(format!("its list of tensors contradicts itself ({e})")))?;
    let header = Header {
        manifest,
        tensors,
        data_at: 8 + header_len,
        data_len: len - 8 - header_len,
    };
    check_tensors(&header).map_err(refuse)?;
    Ok(header)
}

fn check_tensors(header: &Header) -> Result<(), String> {
    let found = header.tensors.tensors();
    let found: BTreeMap<_, _> = found.iter().collect();
    let wanted = expected::weights(&header.manifest);
    for (name, shape) in &wanted {
        let info = found.get(name).ok_or_else(|| format!("tensor `{name}` is missing"))?;
        if info.shape != *shape {
            return Err(format!(
                "tensor `{name}` has shape {:?}, expected {shape:?}",
                info.shape
            ));
        }
        if !matches!(info.dtype, Dtype::F16 | Dtype::F32) {
            return Err(format!(
                "tensor `{name}` has type {:?}, expected F16 or F32",
                info.dtype
            ));
        }
    }
    let frames: Vec<String> = (0..header.manifest.first_frames.len())
        .map(|k| format!("first_frame.{k}"))
        .collect();
    for name in &frames {
        let info = found.get(name).ok_or_else(|| format!("tensor `{name}` is missing"))?;
        if info.dtype != Dtype::U8 || info.shape.len() != 1 {
            return Err(format!("tensor `{name}` must be a row of bytes"));
        }
    }
    if let Some(name) = found.keys().find(|n| !wanted.contains_key(**n) && !frames.contains(n)) {
        return Err(format!("tensor `{name}` does not belong to its networks"));
    }
    let end = found.values().map(|i| i.data_offsets.1 as u64).max().unwrap_or(0);
    if end != header.data_len {
        return Err(if end > header.data_len {
            format!(
                "it is cut short: its tensors need {end} bytes and {} are there",
                header.data_len
            )
        } else {
            format!("it holds {} bytes after its last tensor", header.data_len - end)
        });
    }
    Ok(())
}

pub(super) fn open(path: &Path) -> Result<Package, PackageError> {
    let io = |source| PackageError::Io {
        path: path.to_owned(),
        source,
    };
    let mut file = file(path)?;
    let header = header(path, &mut file)?;
    let mut in_order: Vec<_> = header.tensors.tensors().into_iter().collect();
    in_order.sort_by_key(|(_, info)| info.data_offsets);
    let mut hash = Sha256::new();
    let mut bytes = Vec::new();
    let mut not_finite = None;
    let mut weights = Arrays::new();
    let mut frames: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    // Read, not mapped into memory: whoever writes over the file meanwhile shall cause an error, not a crash.
    for (name, info) in in_order {
        bytes.resize(info.data_offsets.1 - info.data_offsets.0, 0);
        file.read_exact(&mut bytes).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => {
                PackageError::refused(path, "it was cut short while being read; try again")
            }
            _ => io(error),
        })?;
        hash.update(&bytes);
        let values: Vec<f32> = match info.dtype {
            Dtype::U8 => {
                frames.insert(name, bytes.clone());
                continue;
            }
            Dtype::F16 => bytes
                .chunks_exact(2)
                .map(|b| half::f16::from_le_bytes([b[0], b[1]]).to_f32())
                .collect(),
            _ => bytes
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect(),
        };
        if let Some(i) = values.iter().position(|v| !v.is_finite()) {
            not_finite.get_or_insert_with(|| format!("tensor `{name}` holds {} at element {i}", values[i]));
        }
        weights.insert(
            name,
            Array {
                shape: info.shape.clone(),
                values,
            },
        );
    }
    if hex(&hash.finalize()) != header.manifest.sha256 {
        return Err(PackageError::refused(
            path,
            "its SHA-256 does not match its manifest: the file is damaged; copy or download it again",
        ));
    }
    if let Some(what) = not_finite {
        return Err(PackageError::refused(path, what));
    }
    let mut first_frames = Vec::new();
    for (k, entry) in header.manifest.first_frames.iter().enumerate() {
        let jpeg = frames.remove(&format!("first_frame.{k}")).unwrap_or_default();
        if !jpeg.starts_with(&[0xff, 0xd8]) {
            return Err(PackageError::refused(
                path,
                format!("tensor `first_frame.{k}` is no JPEG picture"),
            ));
        }
        first_frames.push(FirstFrame {
            name: entry.name.clone(),
            prompt: entry.prompt.clone(),
            jpeg,
        });
    }
    Ok(Package {
        path: path.to_owned(),
        manifest: header.manifest,
        first_frames,
        weights,
    })
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

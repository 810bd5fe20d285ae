//! Writes a shard clip by clip, in any order; it takes its name only when it is whole.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::clip::Clip;
use super::error::DataError;
use super::shard::{METADATA_KEY, ShardHead, TensorSpec};

/// A shard being written. Dropping it without [`ShardWriter::finish`] leaves no shard behind.
pub struct ShardWriter {
    head: ShardHead,
    path: PathBuf,
    partial: PathBuf,
    file: File,
    /// Tensors and where each begins in the file.
    tensors: Vec<(TensorSpec, u64)>,
    written: Vec<bool>,
    finished: bool,
}

impl ShardWriter {
    /// Begins the shard `path` for the clips that `head` lists.
    pub fn create(path: &Path, head: ShardHead) -> Result<Self, DataError> {
        let partial = path.with_extension("partial");
        let io = |doing| {
            let path = partial.clone();
            move |source| DataError::Io { doing, path, source }
        };
        let (text, offsets) = header(&head);
        let mut file = File::create(&partial).map_err(io("create"))?;
        file.write_all(&(text.len() as u64).to_le_bytes())
            .map_err(io("write"))?;
        file.write_all(text.as_bytes()).map_err(io("write"))?;
        let begin = 8 + text.len() as u64;
        let total = offsets.last().map_or(0, |o| o.1);
        file.set_len(begin + total as u64).map_err(io("grow"))?;
        let tensors = head
            .tensors()
            .into_iter()
            .zip(&offsets)
            .map(|(t, o)| (t, begin + o.0 as u64))
            .collect();
        let written = vec![false; head.clips.len()];
        Ok(Self {
            head,
            path: path.to_owned(),
            partial,
            file,
            tensors,
            written,
            finished: false,
        })
    }

    /// Writes clip `index`, which must be the one that the head lists there.
    pub fn write(&mut self, index: usize, clip: &Clip) -> Result<(), DataError> {
        if let Err(problem) = self.check(index, clip) {
            return Err(DataError::Misfit {
                path: self.path.clone(),
                index,
                problem,
            });
        }
        let pose: Vec<u8> = clip
            .poses
            .iter()
            .flat_map(|p| {
                [
                    p.position_m[0],
                    p.position_m[1],
                    p.position_m[2],
                    p.yaw_rad,
                    p.pitch_rad,
                ]
            })
            .flat_map(f32::to_le_bytes)
            .collect();
        let depth: Vec<u8> = clip.inverse_depth.iter().flat_map(|d| d.to_le_bytes()).collect();
        let keys: Vec<u8> = clip.keys.iter().flat_map(|k| k.0.to_le_bytes()).collect();
        for ((spec, begin), bytes) in self.tensors.iter().zip([&pose, &depth, &keys, &clip.rgb]) {
            let at = begin + (index * spec.clip_bytes()) as u64;
            let done = self
                .file
                .seek(SeekFrom::Start(at))
                .and_then(|_| self.file.write_all(bytes));
            done.map_err(|source| DataError::Io {
                doing: "write",
                path: self.partial.clone(),
                source,
            })?;
        }
        self.written[index] = true;
        Ok(())
    }

    fn check(&self, index: usize, clip: &Clip) -> Result<(), String> {
        let Some(head) = self.head.clips.get(index) else {
            return Err(format!("the shard holds {} clips", self.head.clips.len()));
        };
        if clip.lens != self.head.lens || clip.frames() != self.head.frames {
            return Err("its lens or its number of frames differs".into());
        }
        if clip.world_seed != head.world_seed || clip.caption != head.caption || clip.change != head.change {
            return Err("its world is not the one that was announced".into());
        }
        let pixels = clip.frames() * clip.lens.width_px * clip.lens.height_px;
        if clip.rgb.len() != 3 * pixels || clip.inverse_depth.len() != pixels || clip.keys.len() != clip.frames() {
            return Err("its pictures, depths or keys have the wrong length".into());
        }
        Ok(())
    }

    /// Makes the shard durable and gives it its name.
    pub fn finish(mut self) -> Result<(), DataError> {
        if let Some(index) = self.written.iter().position(|w| !w) {
            let problem = "it was never written".into();
            return Err(DataError::Misfit {
                path: self.path.clone(),
                index,
                problem,
            });
        }
        let io = |doing| {
            let path = self.partial.clone();
            move |source| DataError::Io { doing, path, source }
        };
        self.file.sync_all().map_err(io("flush"))?;
        std::fs::rename(&self.partial, &self.path).map_err(io("rename"))?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for ShardWriter {
    fn drop(&mut self) {
        if !self.finished {
            // Nothing depends on the partial file; a leftover is overwritten next time.
            let _ = std::fs::remove_file(&self.partial);
        }
    }
}

/// The safetensors header, padded so that the data begins at a multiple of 8, and each tensor's offsets in the data.
fn header(head: &ShardHead) -> (String, Vec<(usize, usize)>) {
    let mut map = serde_json::Map::new();
    let description = serde_json::json!(head).to_string();
    map.insert("__metadata__".into(), serde_json::json!({ METADATA_KEY: description }));
    let (mut offsets, mut at) = (Vec::new(), 0);
    for t in head.tensors() {
        let end = at + t.shape[0] * t.clip_bytes();
        let entry = serde_json::json!({ "dtype": t.dtype, "shape": t.shape, "data_offsets": [at, end] });
        map.insert(t.name.into(), entry);
        offsets.push((at, end));
        at = end;
    }
    let mut text = serde_json::Value::Object(map).to_string();
    while !text.len().is_multiple_of(8) {
        text.push(' ');
    }
    (text, offsets)
}

//! Reads shards through a memory map: only the frames asked for are touched.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use half::f16;
use memmap2::Mmap;
use safetensors::SafeTensors;

use super::clip::{Clip, ClipView};
use super::error::DataError;
use super::shard::{FORMAT_VERSIONS, METADATA_KEY, ShardHead, TensorSpec};
use crate::control::{CameraPose, Keys};

/// An open shard.
pub struct ShardReader {
    head: ShardHead,
    path: PathBuf,
    map: Mmap,
    /// Tensors and where each begins in the file: pose, inverse depth, keys, rgb.
    tensors: [(TensorSpec, usize); 4],
}

impl ShardReader {
    /// Opens a shard and checks its header against its length.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let io = |doing| {
            move |source| DataError::Io {
                doing,
                path: path.to_owned(),
                source,
            }
        };
        let bad = |field: &str, problem: String| DataError::Malformed {
            path: path.to_owned(),
            field: field.into(),
            problem,
        };
        let file = File::open(path).map_err(io("open"))?;
        // SAFETY: shards are written under another name and renamed when whole; nothing writes to a finished one.
        #[expect(unsafe_code, reason = "a file is mapped")]
        let map = unsafe { Mmap::map(&file) }.map_err(io("map"))?;
        // Also checks that the tensors fill the file exactly.
        let (header_bytes, metadata) =
            SafeTensors::read_metadata(&map).map_err(|e| bad("header", format!("is damaged ({e})")))?;
        let text = metadata
            .metadata()
            .as_ref()
            .and_then(|m| m.get(METADATA_KEY))
            .ok_or_else(|| bad(METADATA_KEY, "is missing from the metadata".into()))?;
        let head: ShardHead =
            serde_json::from_str(text).map_err(|e| bad(METADATA_KEY, format!("does not parse ({e})")))?;
        if !FORMAT_VERSIONS.contains(&head.format_version) {
            let (oldest, newest) = (FORMAT_VERSIONS.start(), FORMAT_VERSIONS.end());
            let problem = format!("is {}, this program reads {oldest} to {newest}", head.format_version);
            return Err(bad("format_version", problem));
        }
        let lens_ok = head.lens.fov_x_rad > 0.0 && head.lens.fov_x_rad < 3.1;
        if head.frames == 0
            || head.lens.width_px == 0
            || head.lens.height_px == 0
            || !lens_ok
            || head.fps.is_nan()
            || head.fps <= 0.0
        {
            return Err(bad(
                METADATA_KEY,
                "has an empty frame, no frames, or an impossible lens or rate".into(),
            ));
        }
        let inside = 1..head.frames;
        let mut changes = head.clips.iter().filter_map(|c| c.change.as_ref());
        if let Some(change) = changes.find(|c| !inside.contains(&c.from_frame)) {
            return Err(bad(
                "change.from_frame",
                format!("is {} in clips of {} frames", change.from_frame, head.frames),
            ));
        }
        let mut found = Vec::new();
        for spec in head.tensors() {
            let info = metadata
                .info(spec.name)
                .ok_or_else(|| bad(spec.name, "is missing".into()))?;
            let dtype = format!("{:?}", info.dtype);
            if dtype != spec.dtype || info.shape != spec.shape {
                let problem = format!("is {dtype} {:?}, expected {} {:?}", info.shape, spec.dtype, spec.shape);
                return Err(bad(spec.name, problem));
            }
            let (begin, end) = info.data_offsets;
            if spec.bytes() != Some(end - begin) {
                return Err(bad(spec.name, "has a length that does not match its shape".into()));
            }
            found.push((spec, 8 + header_bytes + begin));
        }
        let tensors = found.try_into().map_err(|_| bad("header", "lacks a tensor".into()))?;
        Ok(Self {
            head,
            path: path.to_owned(),
            map,
            tensors,
        })
    }

    /// The shard's description.
    pub fn head(&self) -> &ShardHead {
        &self.head
    }

    /// Where the shard lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Number of clips.
    pub fn len(&self) -> usize {
        self.head.clips.len()
    }

    /// Whether it holds no clip.
    pub fn is_empty(&self) -> bool {
        self.head.clips.is_empty()
    }

    /// Frames `range` of clip `clip`.
    ///
    /// # Panics
    ///
    /// If the clip or the range lies outside the shard.
    pub fn frames(&self, clip: usize, range: Range<usize>) -> ClipView<'_> {
        assert!(clip < self.len(), "clip {clip} of {}", self.len());
        assert!(
            range.start <= range.end && range.end <= self.head.frames,
            "frames {range:?} of {}",
            self.head.frames
        );
        let [pose, depth, keys, rgb] = [0, 1, 2, 3].map(|i| {
            let (spec, begin) = &self.tensors[i];
            let clip_at = begin + clip * spec.clip_bytes();
            &self.map[clip_at + range.start * spec.frame_bytes()..clip_at + range.end * spec.frame_bytes()]
        });
        let float = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
        let poses = pose
            .chunks_exact(20)
            .map(|p| CameraPose {
                position_m: [float(p), float(&p[4..]), float(&p[8..])],
                yaw_rad: float(&p[12..]),
                pitch_rad: float(&p[16..]),
            })
            .collect();
        let keys = keys
            .chunks_exact(2)
            .map(|k| Keys(u16::from_le_bytes([k[0], k[1]])))
            .collect();
        ClipView {
            rgb,
            inverse_depth_bytes: depth,
            poses,
            keys,
        }
    }

    /// A whole clip, copied.
    pub fn clip(&self, clip: usize) -> Clip {
        let view = self.frames(clip, 0..self.head.frames);
        let depth: Vec<f16> = view.inverse_depth().collect();
        let head = &self.head.clips[clip];
        Clip {
            lens: self.head.lens,
            fps: self.head.fps,
            world_seed: head.world_seed,
            caption: head.caption.clone(),
            change: head.change.clone(),
            rgb: view.rgb.to_vec(),
            inverse_depth: depth,
            poses: view.poses,
            keys: view.keys,
        }
    }
}

/// The shards of a folder, sorted by name.
pub fn list_shards(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let io = |source| DataError::Io {
        doing: "list",
        path: folder.to_owned(),
        source,
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        if path.extension().is_some_and(|e| e == "safetensors") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::super::{CaptionChange, ClipHead, ShardWriter, Split, format_version};
    use super::*;
    use crate::control::Lens;

    fn head() -> ShardHead {
        let clip = |k: u64| ClipHead {
            world_seed: u64::MAX - k,
            caption: format!("snow at noon, huts {k}"),
            change: None,
        };
        ShardHead {
            format_version: 1,
            split: Split::Test,
            fps: 24.0,
            lens: Lens {
                width_px: 6,
                height_px: 4,
                fov_x_rad: 1.3,
            },
            frames: 5,
            clips: vec![clip(0), clip(1)],
        }
    }

    fn clip(head: &ShardHead, index: usize) -> Clip {
        let pixels = head.frames * 24;
        Clip {
            lens: head.lens,
            fps: head.fps,
            world_seed: head.clips[index].world_seed,
            caption: head.clips[index].caption.clone(),
            change: head.clips[index].change.clone(),
            rgb: (0..3 * pixels).map(|i| (i * (index + 3)) as u8).collect(),
            inverse_depth: (0..pixels).map(|i| f16::from_f32(i as f32 / 64.0)).collect(),
            poses: (0..head.frames)
                .map(|i| CameraPose {
                    position_m: [i as f32, 1.5, -2.0],
                    yaw_rad: 0.1 * i as f32,
                    pitch_rad: -0.2,
                })
                .collect(),
            keys: (0..head.frames).map(|i| Keys(i as u16)).collect(),
        }
    }

    #[test]
    fn a_shard_comes_back_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        let head = head();
        let mut writer = ShardWriter::create(&path, head.clone()).unwrap();
        writer.write(1, &clip(&head, 1)).unwrap();
        writer.write(0, &clip(&head, 0)).unwrap();
        assert!(!path.exists());
        writer.finish().unwrap();
        let shard = ShardReader::open(&path).unwrap();
        assert_eq!(shard.head(), &head);
        for i in 0..2 {
            assert_eq!(shard.clip(i), clip(&head, i));
        }
        let part = shard.frames(1, 2..4);
        assert_eq!(part.rgb, &clip(&head, 1).rgb[2 * 72..4 * 72]);
        assert_eq!(part.keys, vec![Keys(2), Keys(3)]);
        assert_eq!(list_shards(folder.path()).unwrap(), vec![path]);
    }

    #[test]
    fn a_change_comes_back_and_one_outside_of_the_clip_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        let write = |from_frame: usize| {
            let mut head = head();
            head.clips[1].change = Some(CaptionChange {
                from_frame,
                caption: "snow at night".into(),
            });
            head.format_version = format_version(&head.clips);
            let mut writer = ShardWriter::create(&path, head.clone()).unwrap();
            for i in 0..2 {
                writer.write(i, &clip(&head, i)).unwrap();
            }
            writer.finish().unwrap();
            head
        };
        let head = write(4);
        assert_eq!(head.format_version, 2);
        let shard = ShardReader::open(&path).unwrap();
        assert_eq!(shard.head(), &head);
        assert_eq!(shard.clip(1).change.unwrap().from_frame, 4);
        assert_eq!(shard.clip(0).change, None);
        for outside in [0, 5] {
            write(outside);
            let error = ShardReader::open(&path).err().unwrap().to_string();
            assert!(error.contains("change.from_frame"), "{error}");
        }
    }

    #[test]
    fn damaged_shards_are_refused_with_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        let head = head();
        let mut writer = ShardWriter::create(&path, head.clone()).unwrap();
        for i in 0..2 {
            writer.write(i, &clip(&head, i)).unwrap();
        }
        writer.finish().unwrap();
        let whole = std::fs::read(&path).unwrap();
        let other = String::from_utf8_lossy(&whole)
            .replace("format_version\\\":1", "format_version\\\":9")
            .into_bytes();
        let cases: [(&str, Vec<u8>); 4] = [
            ("truncated", whole[..whole.len() - 7].to_vec()),
            ("garbage", vec![0x5a; 4096]),
            ("empty", Vec::new()),
            ("cut header", whole[..40].to_vec()),
        ];
        for (name, bytes) in cases {
            let bad = folder.path().join("bad.safetensors");
            std::fs::write(&bad, bytes).unwrap();
            let error = ShardReader::open(&bad).err().unwrap().to_string();
            assert!(error.contains("bad.safetensors"), "{name}: {error}");
            assert!(!error.contains('\n'), "{name}: {error}");
        }
        let _ = other;
    }

    #[test]
    fn an_unfinished_shard_has_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        let head = head();
        let mut writer = ShardWriter::create(&path, head.clone()).unwrap();
        writer.write(0, &clip(&head, 0)).unwrap();
        assert!(writer.finish().is_err());
        assert!(list_shards(folder.path()).unwrap().is_empty());
        let mut writer = ShardWriter::create(&path, head.clone()).unwrap();
        assert!(writer.write(0, &clip(&head, 1)).is_err());
    }
}

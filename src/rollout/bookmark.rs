//! Bookmark files: the whole state of a walk in one safetensors file, to be taken up in another run of the program.
//!
//! Tensors: `state.*`, `memory.*` (if the walk remembers), `controls` and `walker` (f32), `first_frame` (bytes). The header's `__metadata__` holds one key,
//! `farwander_bookmark`: a JSON card. Plain data; may be written and read on any thread.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use safetensors::tensor::{Metadata, TensorView};
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::files::{FileError, hex, write_whole};
use super::memory::Memory;
use super::state::WalkState;
use super::track::{PromptChange, Track};
use super::walks::Sampler;
use crate::control::{Feel, Keys, LatentControl, Walker};
use crate::flow::Evaluations;
use crate::frame::Frame;
use crate::model::weights::{Array, Arrays};

const KEY: &str = "farwander_bookmark";
/// Version of the format. A reader refuses others, but for the one before, which did not name the camera.
const FORMAT_VERSION: u32 = 5;
const OLDEST_VERSION: u32 = 4;
const LARGEST_HEADER: u64 = 16 << 20;
pub(super) const NOT_OURS: &str = "it is no bookmark, or it is damaged";

/// A moment of a walk with all that led to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Bookmark {
    /// The walk so far.
    pub track: Track,
    /// Video frames a second of its world.
    pub frames_per_sec: f64,
    /// The walker at that moment.
    pub walker: Walker,
    /// How the camera answered to the hands; `None` in files that do not say.
    pub feel: Option<Feel>,
    /// The first frame as the generator took it.
    pub first: Frame,
    /// The generator's state.
    pub state: WalkState,
}

/// What stands in the metadata.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Card {
    format_version: u32,
    package_sha256: String,
    title: String,
    bundled: Option<usize>,
    name: String,
    prompt: String,
    prompt_changes: Vec<PromptChange>,
    seed: u64,
    step: u64,
    frames_per_sec: f64,
    #[serde(default)]
    camera: Option<Feel>,
    sampler_steps: usize,
    sampler_shift: f64,
    sampler_quilt: bool,
    sampler_paint: bool,
    /// Of the track.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    evaluations: Option<Evaluations>,
    /// Of all tensors: see [`digest`].
    sha256: String,
}

/// A tensor as bytes.
type Raw<'a> = (Dtype, Vec<usize>, &'a [u8]);

/// SHA-256 over names and bytes in the order of the names, whatever their order in the file.
fn digest(tensors: &BTreeMap<String, Raw<'_>>) -> String {
    let mut hash = Sha256::new();
    for (name, (_, shape, bytes)) in tensors {
        hash.update(format!("{name} {shape:?};"));
        hash.update(bytes);
    }
    hex(&hash.finalize())
}

impl Bookmark {
    /// Writes the file whole or not at all.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        let controls: Vec<f32> = (self.track.controls.iter())
            .flat_map(|c| c.numbers().into_iter().chain([f32::from(c.keys.0)]))
            .collect();
        let (walker, first) = (self.walker.numbers(), self.first.to_rgb());
        let mut tensors: BTreeMap<String, Raw<'_>> = BTreeMap::new();
        let size_px = [self.first.height_px, self.first.width_px];
        let memory = (self.state.memory.as_ref()).map_or_else(Arrays::new, |m| m.arrays(size_px));
        for (of, arrays) in [("state", &self.state.arrays), ("memory", &memory)] {
            for (name, array) in arrays {
                let bytes = bytemuck::cast_slice(&array.values);
                tensors.insert(format!("{of}.{name}"), (Dtype::F32, array.shape.clone(), bytes));
            }
        }
        let rows = vec![self.track.controls.len(), LatentControl::NUMBERS + 1];
        let size = vec![self.first.height_px, self.first.width_px, 3];
        tensors.insert(
            "controls".to_owned(),
            (Dtype::F32, rows, bytemuck::cast_slice(&controls)),
        );
        tensors.insert(
            "walker".to_owned(),
            (Dtype::F32, vec![Walker::NUMBERS], bytemuck::cast_slice(&walker)),
        );
        tensors.insert("first_frame".to_owned(), (Dtype::U8, size, &first));
        let track = &self.track;
        let card = Card {
            format_version: FORMAT_VERSION,
            package_sha256: track.package_sha256.clone(),
            title: track.title.clone(),
            bundled: track.bundled,
            name: track.name.clone(),
            prompt: track.prompt.clone(),
            prompt_changes: track.prompt_changes.clone(),
            seed: self.state.seed,
            step: self.state.step,
            frames_per_sec: self.frames_per_sec,
            camera: self.feel,
            sampler_steps: self.state.sampler.steps,
            sampler_shift: f64::from(self.state.sampler.shift),
            sampler_quilt: self.state.sampler.quilt,
            sampler_paint: self.state.sampler.paint,
            evaluations: track.evaluations,
            sha256: digest(&tensors),
        };
        let failed = |what: String| FileError::Write {
            path: path.to_owned(),
            source: std::io::Error::other(what),
        };
        let json = serde_json::to_string(&card).map_err(|e| failed(e.to_string()))?;
        let views = tensors
            .into_iter()
            .map(|(name, (dtype, shape, bytes))| TensorView::new(dtype, shape, bytes).map(|view| (name, view)))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| failed(e.to_string()))?;
        let bytes = safetensors::serialize(views, Some(HashMap::from([(KEY.to_owned(), json)])))
            .map_err(|e| failed(e.to_string()))?;
        write_whole(path, &bytes)
    }

    /// Reads a bookmark of the generator with this hash. Whether its numbers fit is seen when they are restored.
    pub fn read(path: &Path, package_sha256: &str) -> Result<Self, FileError> {
        let refuse = |what: String| FileError::Refused {
            path: path.to_owned(),
            what,
        };
        let bytes = read_checked(path)?;
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|_| refuse(NOT_OURS.to_owned()))?;
        let card = card_of(path, &header)?;
        let card: Card = serde_json::from_value(card).map_err(|e| refuse(format!("{NOT_OURS} ({e})")))?;
        if card.package_sha256 != package_sha256 {
            return Err(refuse(format!("it is a bookmark of another world ({})", card.title)));
        }
        let file = SafeTensors::deserialize(&bytes).map_err(|_| refuse(NOT_OURS.to_owned()))?;
        let tensors: BTreeMap<String, Raw<'_>> = file
            .iter()
            .map(|(name, view)| (name.to_owned(), (view.dtype(), view.shape().to_vec(), view.data())))
            .collect();
        if digest(&tensors) != card.sha256 {
            return Err(refuse("its SHA-256 does not match: the file is damaged".to_owned()));
        }
        let mut arrays = Arrays::new();
        for (name, (dtype, shape, bytes)) in &tensors {
            if *dtype == Dtype::F32 {
                let values = (bytes.chunks_exact(4))
                    .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                    .collect();
                let shape = shape.clone();
                arrays.insert(name.clone(), Array { shape, values });
            }
        }
        let first = match tensors.get("first_frame") {
            Some((Dtype::U8, shape, rgb)) if shape.len() == 3 && shape[2] == 3 => {
                Frame::from_rgb(shape[1], shape[0], rgb, 0)
            }
            _ => return Err(refuse(NOT_OURS.to_owned())),
        };
        card.bookmark(&arrays, first)
            .ok_or_else(|| refuse("it contradicts itself".to_owned()))
    }
}

/// What a bookmark's header says of it, if it is one of this version.
pub(super) fn card_of(path: &Path, header: &Metadata) -> Result<serde_json::Value, FileError> {
    let refuse = |what: String| FileError::Refused {
        path: path.to_owned(),
        what,
    };
    let card = (header.metadata().as_ref())
        .and_then(|m| m.get(KEY))
        .ok_or_else(|| refuse("it is no bookmark".to_owned()))?;
    let card: serde_json::Value = serde_json::from_str(card).map_err(|_| refuse(NOT_OURS.to_owned()))?;
    let version = card.get("format_version").and_then(serde_json::Value::as_u64);
    if !version.is_some_and(|v| (u64::from(OLDEST_VERSION)..=u64::from(FORMAT_VERSION)).contains(&v)) {
        let found = version.map_or("none".to_owned(), |v| v.to_string());
        return Err(refuse(format!(
            "its format_version is {found}, and this program reads {OLDEST_VERSION} and {FORMAT_VERSION}"
        )));
    }
    Ok(card)
}

impl Card {
    fn bookmark(self, arrays: &Arrays, first: Frame) -> Option<Bookmark> {
        let walker = arrays.get("walker")?.values.as_slice().try_into().ok()?;
        let rows = arrays.get("controls")?;
        let memory = crate::model::weights::under(arrays, "memory");
        let memory = match memory.is_empty() {
            true => None,
            false => Some(Memory::from_arrays(&memory)?),
        };
        let whole = rows.shape == [self.step as usize, LatentControl::NUMBERS + 1];
        let sampled = Evaluations {
            steps: self.sampler_steps,
            shift: self.sampler_shift as f32,
        };
        let asked = self.evaluations.unwrap_or(sampled);
        if !whole || sampled.check().is_err() || asked != sampled {
            return None;
        }
        let mut controls = Vec::with_capacity(self.step as usize);
        for row in rows.values.chunks_exact(LatentControl::NUMBERS + 1) {
            let (keys, numbers) = row.split_last()?;
            controls.push(LatentControl::from_numbers(
                numbers.try_into().ok()?,
                Keys(*keys as u16),
            ));
        }
        Some(Bookmark {
            track: Track {
                title: self.title,
                package_sha256: self.package_sha256,
                bundled: self.bundled,
                name: self.name,
                prompt: self.prompt,
                prompt_changes: self.prompt_changes,
                seed: self.seed,
                forgets: memory.is_none(),
                plain: !self.sampler_quilt,
                soft: !self.sampler_paint,
                evaluations: self.evaluations,
                controls,
            },
            frames_per_sec: self.frames_per_sec,
            walker: Walker::from_numbers(walker),
            feel: self.camera,
            first,
            state: WalkState {
                seed: self.seed,
                step: self.step,
                sampler: Sampler {
                    steps: self.sampler_steps,
                    shift: self.sampler_shift as f32,
                    memory: memory.is_some(),
                    quilt: self.sampler_quilt,
                    paint: self.sampler_paint,
                    ..Sampler::default()
                },
                arrays: crate::model::weights::under(arrays, "state"),
                memory,
            },
        })
    }
}

/// A file's first bytes, what they say of its tensors, and where those begin, once that has proved to fit the file: a
/// foreign file may be of any size.
pub(super) fn header(path: &Path, file: &mut File) -> Result<(Vec<u8>, Metadata, u64), FileError> {
    let io = |source| FileError::Read {
        path: path.to_owned(),
        source,
    };
    let refuse = |what: &str| FileError::Refused {
        path: path.to_owned(),
        what: what.to_owned(),
    };
    let len = file.metadata().map_err(io)?.len();
    let mut size = [0u8; 8];
    if len < 8 {
        return Err(refuse(NOT_OURS));
    }
    file.read_exact(&mut size).map_err(io)?;
    let header_len = u64::from_le_bytes(size);
    if !(2..=LARGEST_HEADER).contains(&header_len) || header_len > len - 8 {
        return Err(refuse(NOT_OURS));
    }
    let mut header = vec![0u8; header_len as usize];
    file.read_exact(&mut header).map_err(io)?;
    let tensors: Metadata = serde_json::from_slice(&header).map_err(|_| refuse(NOT_OURS))?;
    if data_bytes(&tensors) > len - 8 - header_len {
        return Err(refuse("it is cut short"));
    }
    let mut bytes = size.to_vec();
    bytes.extend(header);
    Ok((bytes, tensors, 8 + header_len))
}

fn data_bytes(tensors: &Metadata) -> u64 {
    let ends = tensors.tensors();
    ends.values().map(|i| i.data_offsets.1 as u64).max().unwrap_or(0)
}

/// The whole file.
fn read_checked(path: &Path) -> Result<Vec<u8>, FileError> {
    let io = |source| FileError::Read {
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).map_err(io)?;
    let (mut bytes, tensors, _) = header(path, &mut file)?;
    file.take(data_bytes(&tensors)).read_to_end(&mut bytes).map_err(io)?;
    Ok(bytes)
}

//! Replay files: a walk as open JSON, to be rendered again without a window. Plain data, no thread.
//!
//! Numbers are written as f64, in which every f32 has an exact decimal way there and back.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

mod tape;

pub use tape::{Recorded, Tape};

use super::files::{FileError, read_whole, sha256, write_whole};
use super::track::{PromptChange, Track};
use crate::control::{Keys, LatentControl, Lens};
use crate::flow::Evaluations;
use crate::frame::FRAMES_PER_LATENT;
use crate::package::Package;

const FORMAT: &str = "farwander-replay";
/// Version of the format; a reader refuses others.
const FORMAT_VERSION: u32 = 1;
/// A walk of days; more is a sign of another kind of file.
const LARGEST_FILE: u64 = 1 << 30;
/// The picture beside a replay is of a walk's size.
const LARGEST_PICTURE: u64 = 256 << 20;

/// The picture that a walk began in, when the generator file does not hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PictureFile {
    /// An image file; a relative path begins at the replay's folder.
    pub file: PathBuf,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// A walk that can be walked again.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// What it was made of.
    pub track: Track,
    /// Frame size and field of view.
    pub lens: Lens,
    /// Video frames per second.
    pub frames_per_sec: f64,
    /// The picture it began in, unless `track.bundled` names one.
    pub picture: Option<PictureFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PackageName {
    title: String,
    sha256: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstFrame {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bundled: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<PictureFile>,
}

/// Everything but the controls.
#[derive(Serialize)]
struct Head<'a> {
    format: &'a str,
    format_version: u32,
    package: PackageName,
    lens: Lens,
    frames_per_sec: f64,
    first_frame: FirstFrame,
    prompt: &'a str,
    prompt_changes: &'a [PromptChange],
    seed: u64,
    memory: bool,
    quilt: bool,
    paint: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluations: Option<Evaluations>,
}

impl<'a> Head<'a> {
    fn of(
        track: &'a Track,
        prompt_changes: &'a [PromptChange],
        lens: Lens,
        frames_per_sec: f64,
        file: Option<PictureFile>,
    ) -> Self {
        Self {
            format: FORMAT,
            format_version: FORMAT_VERSION,
            package: PackageName {
                title: track.title.clone(),
                sha256: track.package_sha256.clone(),
            },
            lens,
            frames_per_sec,
            first_frame: FirstFrame {
                name: track.name.clone(),
                bundled: track.bundled,
                file,
            },
            prompt: &track.prompt,
            prompt_changes,
            seed: track.seed,
            memory: !track.forgets,
            quilt: !track.plain,
            paint: !track.soft,
            evaluations: track.evaluations,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "format_version")]
    _format_version: u32,
    package: PackageName,
    lens: Lens,
    frames_per_sec: f64,
    first_frame: FirstFrame,
    prompt: String,
    #[serde(default)]
    prompt_changes: Vec<PromptChange>,
    seed: u64,
    /// Files from before walks had one do not say.
    #[serde(default)]
    memory: bool,
    /// Nor do those from before new places had texture,
    #[serde(default)]
    quilt: bool,
    /// and what was walked up to had new detail.
    #[serde(default)]
    paint: bool,
    /// Only if not as the package says.
    #[serde(default)]
    evaluations: Option<Evaluations>,
    controls: Vec<Row>,
}

/// One latent frame's control. A pose: x, y, z in metres, yaw and pitch in radians.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    keys: Vec<String>,
    pitch_from_rad: f64,
    poses: [[f64; 5]; FRAMES_PER_LATENT],
}

impl Row {
    fn new(control: &LatentControl) -> Self {
        let n = control.numbers().map(f64::from);
        Self {
            keys: control.keys.names().into_iter().map(str::to_owned).collect(),
            pitch_from_rad: n[0],
            poses: std::array::from_fn(|i| std::array::from_fn(|j| n[1 + 5 * i + j])),
        }
    }

    fn control(&self) -> Result<LatentControl, String> {
        let mut keys = Keys(0);
        for name in &self.keys {
            keys = keys.with(Keys::named(name).ok_or_else(|| format!("no key is called `{name}`"))?);
        }
        let mut numbers = [self.pitch_from_rad as f32; LatentControl::NUMBERS];
        for (to, from) in numbers[1..].iter_mut().zip(self.poses.iter().flatten()) {
            *to = *from as f32;
        }
        if numbers.iter().any(|v| !v.is_finite()) {
            return Err("a number is too large".to_owned());
        }
        Ok(LatentControl::from_numbers(&numbers, keys))
    }
}

impl Replay {
    /// The file's text: one line a latent frame.
    fn text(&self) -> Result<String, serde_json::Error> {
        let track = &self.track;
        let (changes, picture) = (&track.prompt_changes, self.picture.clone());
        let head = Head::of(track, changes, self.lens, self.frames_per_sec, picture);
        let head = serde_json::to_string_pretty(&head)?;
        let mut text = head.trim_end_matches('}').trim_end().to_owned();
        text.push_str(",\n  \"controls\": [");
        for (i, control) in track.controls.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            let row = serde_json::to_string(&Row::new(control))?;
            // Writing to a string never fails.
            let _ = write!(text, "{comma}\n    {row}");
        }
        text.push_str("\n  ]\n}\n");
        Ok(text)
    }

    /// Writes the file whole or not at all.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        let text = self.text().map_err(|error| FileError::Write {
            path: path.to_owned(),
            source: std::io::Error::other(error),
        })?;
        write_whole(path, text.as_bytes())
    }

    /// Reads a replay file and checks all that can be checked without its generator.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let refuse = |what: String| FileError::Refused {
            path: path.to_owned(),
            what,
        };
        let bytes = read_whole(path, LARGEST_FILE)?;
        let value =
            serde_json::from_slice(&bytes).map_err(|e| refuse(format!("it is no replay, or it is damaged ({e})")))?;
        Self::parse(value, false).map_err(refuse)
    }

    /// Checks a document; `picture` says that the picture it begins in comes with it, not in a file.
    fn parse(value: serde_json::Value, picture: bool) -> Result<Self, String> {
        if value.get("format").and_then(|f| f.as_str()) != Some(FORMAT) {
            return Err(format!("it is no replay (its `format` is not `{FORMAT}`)"));
        }
        let version = value.get("format_version").and_then(serde_json::Value::as_u64);
        if version != Some(u64::from(FORMAT_VERSION)) {
            let found = version.map_or("none".to_owned(), |v| v.to_string());
            return Err(format!(
                "its format_version is {found}, and this program reads {FORMAT_VERSION}"
            ));
        }
        let document: Document =
            serde_json::from_value(value).map_err(|e| format!("it does not read as a replay: {e}"))?;
        let mut controls = Vec::with_capacity(document.controls.len());
        for (i, row) in document.controls.iter().enumerate() {
            let control = row.control();
            controls.push(control.map_err(|what| format!("controls[{i}]: {what}"))?);
        }
        if let Some(evaluations) = document.evaluations {
            evaluations.check()?;
        }
        let first = document.first_frame;
        let pictures = [first.bundled.is_some(), first.file.is_some(), picture];
        if pictures.into_iter().filter(|there| *there).count() != 1 {
            return Err("first_frame must have either `bundled` or `file`".to_owned());
        }
        Ok(Self {
            track: Track {
                title: document.package.title,
                package_sha256: document.package.sha256,
                bundled: first.bundled,
                name: first.name,
                prompt: document.prompt,
                prompt_changes: document.prompt_changes,
                seed: document.seed,
                forgets: !document.memory,
                plain: !document.quilt,
                soft: !document.paint,
                evaluations: document.evaluations,
                controls,
            },
            lens: document.lens,
            frames_per_sec: document.frames_per_sec,
            picture: first.file,
        })
    }

    /// Whether it fits a generator at all, else what does not; and whether it was walked with this very one, else a
    /// sentence that warns.
    pub fn check(&self, package: &Package) -> Result<Option<String>, String> {
        let (lens, own) = (&package.manifest.lens, &self.lens);
        if (lens.width_px, lens.height_px) != (own.width_px, own.height_px) {
            return Err(format!(
                "it was walked at {}x{} pixels in another generator, and {} makes {}x{}",
                own.width_px,
                own.height_px,
                package.path.display(),
                lens.width_px,
                lens.height_px
            ));
        }
        if let Some(k) = self.track.bundled
            && k >= package.first_frames.len()
        {
            return Err(format!(
                "it begins in bundled first frame {k} (counted from 0), and {} has {}",
                package.path.display(),
                package.first_frames.len()
            ));
        }
        Ok((self.track.package_sha256 != package.manifest.sha256).then(|| {
            format!(
                "The replay was walked in another generator file ({}), so its pictures will differ.",
                self.track.title
            )
        }))
    }

    /// Bytes of the picture file that it begins in, checked to be the same as then. `replay` is the replay's own path.
    pub fn picture_bytes(&self, replay: &Path) -> Result<Option<Vec<u8>>, FileError> {
        let Some(picture) = &self.picture else {
            return Ok(None);
        };
        let path = replay.parent().unwrap_or(Path::new(".")).join(&picture.file);
        let bytes = read_whole(&path, LARGEST_PICTURE)?;
        if sha256(&bytes) != picture.sha256 {
            let what = "it is another picture than the one that the replay began in".to_owned();
            return Err(FileError::Refused { path, what });
        }
        Ok(Some(bytes))
    }
}

impl PictureFile {
    /// Names a file beside the replay by its bytes.
    pub fn beside(path: &Path) -> Result<Self, FileError> {
        let bytes = read_whole(path, LARGEST_PICTURE)?;
        Ok(Self {
            file: path.file_name().map_or_else(|| path.to_owned(), PathBuf::from),
            sha256: sha256(&bytes),
        })
    }
}

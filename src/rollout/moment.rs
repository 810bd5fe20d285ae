//! A glance at a bookmark: what it says of itself and its last picture, without the megabytes that a walk goes on with.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use safetensors::Dtype;

use super::bookmark::{NOT_OURS, card_of, header};
use super::files::FileError;
use crate::frame::{FRAMES_PER_LATENT, Frame};
use crate::model::aapt::codec;

/// A kept moment, as a list shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// Title of the world that it belongs to.
    pub title: String,
    /// Hash of that world's generator file.
    pub package_sha256: String,
    /// Name of the picture that the walk began in.
    pub name: String,
    /// Words of the walk at that moment.
    pub prompt: String,
    /// How long the walk was until then.
    pub secs: f64,
    /// The picture of that moment.
    pub picture: Frame,
}

/// Sides of a picture that is none of ours are larger.
const LARGEST_PX: usize = 4096;

impl Moment {
    /// Looks at a bookmark. Whether the rest of it is whole is seen when it is restored.
    pub fn peek(path: &Path) -> Result<Self, FileError> {
        let refuse = |what: &str| FileError::Refused {
            path: path.to_owned(),
            what: what.to_owned(),
        };
        let io = |source| FileError::Read {
            path: path.to_owned(),
            source,
        };
        let mut file = File::open(path).map_err(io)?;
        let (_, metadata, data_at) = header(path, &mut file)?;
        let card = card_of(path, &metadata)?;
        let text = |key: &str| Some(card.get(key)?.as_str()?.to_owned());
        let told = (|| {
            let changes = card.get("prompt_changes")?.as_array()?;
            let prompt = match changes.last() {
                Some(change) => change.get("prompt")?.as_str()?.to_owned(),
                None => text("prompt")?,
            };
            Some((
                text("title")?,
                text("package_sha256")?,
                text("name")?,
                prompt,
                card.get("step")?.as_u64()?,
                card.get("frames_per_sec")?.as_f64().filter(|rate| *rate > 0.0)?,
            ))
        })();
        let (title, package_sha256, name, prompt, step, rate) = told.ok_or_else(|| refuse(NOT_OURS))?;
        let info = (metadata.info("state.last.rgb"))
            .filter(|i| i.dtype == Dtype::F32 && i.shape.len() == 3 && i.shape[2] == 3)
            .filter(|i| i.shape.iter().all(|n| *n <= LARGEST_PX))
            .ok_or_else(|| refuse(NOT_OURS))?;
        let (height_px, width_px) = (info.shape[0], info.shape[1]);
        let mut bytes = vec![0; 4 * 3 * width_px * height_px];
        if info.data_offsets.1.checked_sub(info.data_offsets.0) != Some(bytes.len()) {
            return Err(refuse(NOT_OURS));
        }
        let at = data_at + info.data_offsets.0 as u64;
        file.seek(SeekFrom::Start(at)).map_err(io)?;
        file.read_exact(&mut bytes).map_err(io)?;
        let values: Vec<f32> = (bytes.chunks_exact(4))
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        let frames = step.saturating_mul(FRAMES_PER_LATENT as u64);
        Ok(Self {
            title,
            package_sha256,
            name,
            prompt,
            secs: frames as f64 / rate,
            picture: Frame::from_rgb(width_px, height_px, &codec::to_bytes(&values), frames),
        })
    }
}

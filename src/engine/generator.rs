//! What the engine needs of a generator, so that tests can run it with a cheap one.

use std::path::Path;

use crate::control::{CameraPose, Footing, Keys, LatentControl};
use crate::device::DeviceChoice;
use crate::frame::{FRAMES_PER_LATENT, Frame};
use crate::package::Package;
use crate::paths;
use crate::rollout::{Rollout, RolloutError, StepOutput, WalkState};

use super::command::{Picture, WorldInfo};

/// A walk through a world, one latent frame at a time.
pub trait Generator {
    /// Begins at a picture; returns frame 0.
    fn start(&mut self, first: &Frame, prompt: &str, seed: u64) -> Result<StepOutput, RolloutError>;

    /// Changes what the running walk shall be.
    fn change_prompt(&mut self, prompt: &str) -> Result<(), RolloutError>;

    /// The next latent frame. `show` is given its frames as soon as they are ready; a step may take longer than that.
    fn next_showing(
        &mut self,
        control: &LatentControl,
        show: &mut dyn FnMut(&[Frame]),
    ) -> Result<StepOutput, RolloutError>;

    /// The next latent frame.
    fn next(&mut self, control: &LatentControl) -> Result<StepOutput, RolloutError> {
        self.next_showing(control, &mut |_| {})
    }

    /// How the ground rises under the walker now, whose camera is pitched so, and what is in the way; a plain if it can't tell.
    fn footing(&self, _pitch_rad: f32) -> Footing {
        Footing::default()
    }

    /// Bytes of [`Self::state`], known without making it.
    fn state_bytes(&self) -> usize;

    /// All that the coming steps need.
    fn state(&self) -> Result<WalkState, RolloutError>;

    /// Takes a walk up in such a state; returns the picture of that moment. With the same controls the same bytes follow.
    fn restore(&mut self, state: &WalkState) -> Result<StepOutput, RolloutError>;
}

impl Generator for Rollout {
    fn start(&mut self, first: &Frame, prompt: &str, seed: u64) -> Result<StepOutput, RolloutError> {
        Self::start(self, first, prompt, seed)
    }

    fn change_prompt(&mut self, prompt: &str) -> Result<(), RolloutError> {
        Self::change_prompt(self, prompt)
    }

    fn next_showing(
        &mut self,
        control: &LatentControl,
        show: &mut dyn FnMut(&[Frame]),
    ) -> Result<StepOutput, RolloutError> {
        Self::next_showing(self, control, show)
    }

    fn footing(&self, pitch_rad: f32) -> Footing {
        Self::footing(self, pitch_rad)
    }

    fn state_bytes(&self) -> usize {
        Self::state_bytes(self)
    }

    fn state(&self) -> Result<WalkState, RolloutError> {
        Self::state(self)
    }

    fn restore(&mut self, state: &WalkState) -> Result<StepOutput, RolloutError> {
        Self::restore(self, state)
    }
}

/// An opened generator file on its way to a device. Both halves run on the engine thread; the picture can be shown
/// before the networks are loaded.
pub trait World {
    /// What the player shows of it.
    fn info(&self) -> &WorldInfo;

    /// SHA-256 of its tensors in hexadecimal: what names it in bookmarks and replays.
    fn sha256(&self) -> &str;

    /// Puts the networks on a device.
    fn load(&self, device: DeviceChoice) -> anyhow::Result<Box<dyn Generator>>;
}

/// The world in a generator file.
pub(super) struct PackageWorld {
    package: Package,
    info: WorldInfo,
}

impl PackageWorld {
    pub(super) fn open(path: &Path) -> anyhow::Result<Box<dyn World>> {
        let package = Package::open(path)?;
        let mut pictures = Vec::new();
        for first in &package.first_frames {
            pictures.push(Picture {
                name: first.name.clone(),
                prompt: first.prompt.clone(),
                frame: decode_picture(&first.jpeg)
                    .map_err(|what| anyhow::anyhow!("the first frame \"{}\" {what}", first.name))?,
            });
        }
        let info = WorldInfo {
            title: package.manifest.title.clone(),
            lens: package.manifest.lens,
            frames_per_sec: package.manifest.frames_per_sec,
            pictures,
            vocabulary: package.manifest.generator.vocabulary.clone(),
            prompt_words: package.manifest.generator.text_tokens,
        };
        Ok(Box::new(Self { package, info }))
    }
}

impl World for PackageWorld {
    fn info(&self) -> &WorldInfo {
        &self.info
    }

    fn sha256(&self) -> &str {
        &self.package.manifest.sha256
    }

    fn load(&self, device: DeviceChoice) -> anyhow::Result<Box<dyn Generator>> {
        let mut rollout = Rollout::new(&self.package, &device)?;
        if device != DeviceChoice::Cpu {
            // A graphics device compiles its shaders at their first use: here, not in the first seconds of a walk.
            let picture = &self.info.pictures[0];
            rollout.start(&picture.frame, &picture.prompt, 0)?;
            for _ in 0..WARM_STEPS {
                rollout.next(&LatentControl::new(
                    &CameraPose::default(),
                    &[CameraPose::default(); FRAMES_PER_LATENT],
                    Keys(0),
                ))?;
            }
        }
        Ok(Box::new(rollout))
    }
}

/// Latent frames that a graphics device makes before it is called ready.
const WARM_STEPS: usize = 2;

/// Largest side of a picture that is accepted, so that a crafted header cannot ask for gigabytes.
const MAX_SIDE_PX: u32 = 16_384;
/// Memory that a decoded picture may take: 178 megapixels in 24 bits.
const MAX_DECODED_BYTES: u64 = 512 << 20;
/// Pixels of a picture that are kept; no world sees more of it.
const KEPT_PIXELS: f64 = 16e6;
/// Size of a picture's file. Whatever is larger was dropped by mistake: a film, an image of a disk.
const MAX_FILE_BYTES: u64 = 512 << 20;

/// Reads and decodes an image file. The error continues the sentence "the picture NAME ...".
pub(crate) fn read_picture(path: &Path) -> Result<Frame, String> {
    let bytes = paths::read_whole(path, MAX_FILE_BYTES).map_err(|error| format!("cannot be read: {error}"))?;
    decode_picture(&bytes)
}

/// Decodes an image file's bytes. The error continues the sentence "the picture NAME ...".
pub(crate) fn decode_picture(bytes: &[u8]) -> Result<Frame, String> {
    let mut reader = image::ImageReader::new(std::io::Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| format!("cannot be read: {error}"))?;
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(MAX_SIDE_PX);
    limits.max_image_height = Some(MAX_SIDE_PX);
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    reader.limits(limits);
    let picture = reader.decode().map_err(|error| match error {
        image::ImageError::Unsupported(_) => {
            "is not in a format that Farwander reads (PNG, JPEG, WebP, GIF, BMP)".to_owned()
        }
        image::ImageError::Limits(_) => format!(
            "is too large: at most {MAX_SIDE_PX} pixels a side and {} megapixels can be read",
            MAX_DECODED_BYTES / 3_000_000
        ),
        // Some decoders end their sentences with a line break, or tell of an inner one below.
        other => format!(
            "cannot be decoded: {}",
            other.to_string().lines().next().unwrap_or_default()
        ),
    })?;
    if picture.width() == 0 || picture.height() == 0 {
        return Err("has no pixels".to_owned());
    }
    let shrink = (KEPT_PIXELS / (f64::from(picture.width()) * f64::from(picture.height()))).sqrt();
    let picture = match shrink < 1.0 {
        // Before its colours are spread out to bytes of their own: a grey giant would take gigabytes.
        true => {
            let side = |px: u32| ((f64::from(px) * shrink) as u32).max(1);
            picture.thumbnail_exact(side(picture.width()), side(picture.height()))
        }
        false => picture,
    };
    let rgb = picture.into_rgb8();
    Ok(Frame::from_rgb(rgb.width() as usize, rgb.height() as usize, &rgb, 0))
}

#[cfg(test)]
#[path = "picture_tests.rs"]
mod picture_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_decode_and_trouble_is_a_sentence() {
        let mut png = Vec::new();
        image::RgbImage::from_pixel(3, 2, image::Rgb([10, 20, 30]))
            .write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png)
            .unwrap();
        let frame = decode_picture(&png).unwrap();
        assert_eq!((frame.width_px, frame.height_px), (3, 2));
        assert_eq!(&frame.rgba[..4], &[10, 20, 30, 255]);
        assert!(decode_picture(b"hello").unwrap_err().contains("format"));
        assert!(decode_picture(&png[..40]).unwrap_err().contains("decoded"));
    }
}

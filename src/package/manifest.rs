//! What a generator file says of itself.

use serde::{Deserialize, Serialize};

use crate::control::Lens;
use crate::model::aapt::config::{AutoencoderConfig, GeneratorConfig, SPATIAL_FACTOR};
use crate::model::aapt::residual::ResidualStd;

/// Version of the file format; a reader refuses others.
pub const FORMAT_VERSION: u32 = 1;

/// The JSON document under `farwander` in the header's metadata.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT_VERSION`] of the writer.
    pub format_version: u32,
    /// Network family: `aapt`.
    pub family: String,
    /// Title of the world.
    pub title: String,
    /// Licence of the weights.
    pub licence: String,
    /// Frame size and field of view.
    pub lens: Lens,
    /// Video frames per second.
    pub frames_per_sec: f64,
    /// Video frames of one latent frame.
    pub temporal_factor: usize,
    /// What controls it: `camera`.
    pub control: String,
    /// Units of the control.
    pub control_units: String,
    /// Autoencoder sizes.
    pub autoencoder: AutoencoderConfig,
    /// Generator sizes, window and vocabulary among them.
    pub generator: GeneratorConfig,
    /// Mean of each latent channel over the training data.
    pub latent_mean: Vec<f32>,
    /// Deviation of each latent channel over the training data.
    pub latent_std: Vec<f32>,
    /// Deviation of what the generator adds to the recycled latent, per channel.
    pub residual_std: ResidualStd,
    /// The bundled first frames, tensor `first_frame.K` each.
    pub first_frames: Vec<FirstFrameEntry>,
    /// How it was trained.
    pub training: Training,
    /// SHA-256 of the tensor bytes, in hexadecimal.
    pub sha256: String,
}

/// One bundled first frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstFrameEntry {
    /// Name shown in the gallery.
    pub name: String,
    /// Its prompt.
    pub prompt: String,
}

/// How a generator was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// The recipe, word for word.
    pub recipe: String,
    /// Optimiser steps of each stage.
    pub steps: std::collections::BTreeMap<String, u64>,
    /// Seed of the training worlds.
    pub data_seed: u64,
    /// Source revision of the program that trained it.
    pub revision: String,
}

impl Manifest {
    /// Says what contradicts itself or is out of range, naming the field.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.family != "aapt" {
            return Err(format!(
                "its family is `{}`, and this program knows `aapt` only",
                self.family
            ));
        }
        if self.control != "camera" {
            return Err(format!(
                "its control is `{}`, and this program knows `camera` only",
                self.control
            ));
        }
        if self.temporal_factor != crate::frame::FRAMES_PER_LATENT {
            return Err(format!(
                "manifest field temporal_factor is {}, expected 4",
                self.temporal_factor
            ));
        }
        if !(1.0..=240.0).contains(&self.frames_per_sec) {
            return Err(format!(
                "manifest field frames_per_sec is {}, expected 1 to 240",
                self.frames_per_sec
            ));
        }
        if !(0.1..=3.0).contains(&self.lens.fov_x_rad) {
            return Err(format!(
                "manifest field lens.fov_x_rad is {}, expected 0.1 to 3",
                self.lens.fov_x_rad
            ));
        }
        self.generator.check()?;
        let [rows, columns] = self.generator.grid;
        let (w, h) = (self.lens.width_px, self.lens.height_px);
        if w != columns * SPATIAL_FACTOR || h != rows * SPATIAL_FACTOR {
            return Err(format!(
                "manifest field lens is {w}x{h}, which does not fit generator.grid {rows}x{columns}"
            ));
        }
        let a = &self.autoencoder;
        if !(0.0..=1.0).contains(&a.detail_gain) {
            return Err("manifest field autoencoder.detail_gain must be 0 to 1".into());
        }
        if a.latent_channels != self.generator.latent_channels {
            return Err("manifest fields autoencoder.latent_channels and generator.latent_channels differ".into());
        }
        if a.width == 0 || a.width > 4096 || a.encoder_blocks > 64 || a.decoder_blocks > 64 {
            return Err("manifest field autoencoder.width or its number of blocks is out of range".into());
        }
        let fields = [
            ("latent_mean", &self.latent_mean),
            ("latent_std", &self.latent_std),
            ("residual_std.known", &self.residual_std.known),
            ("residual_std.new", &self.residual_std.new),
        ];
        for (name, values) in fields {
            if values.len() != a.latent_channels {
                return Err(format!(
                    "manifest field {name} has {} values, expected {}",
                    values.len(),
                    a.latent_channels
                ));
            }
            if let Some(i) = values.iter().position(|v| !v.is_finite()) {
                return Err(format!("manifest field {name}[{i}] is not a finite number"));
            }
        }
        if self.first_frames.is_empty() {
            return Err("manifest field first_frames is empty: a walk needs a picture to begin at".into());
        }
        Ok(())
    }
}

//! One walk of a packaged generator.

use burn::tensor::DType;

use super::RolloutError;
use super::networks::Networks;
use super::state::WalkState;
use super::walks::{Sampler, Walks};
use crate::control::{Footing, LatentControl};
use crate::device::{DeviceChoice, Gaussian, dtype_name, inference_dtype};
use crate::frame::{FRAMES_PER_LATENT, Frame};
use crate::model::aapt::autoencoder::Autoencoder;
use crate::model::aapt::codec;
use crate::model::aapt::generator::Generator;
use crate::model::aapt::pca::Components;
use crate::model::weights;
use crate::package::{Manifest, Package};

/// What one step made, and what it cost.
#[derive(Clone, Debug)]
pub struct StepOutput {
    /// The video frames, in order: one for the first frame, [`FRAMES_PER_LATENT`] for a step.
    pub frames: Vec<Frame>,
    /// Inverse depth (1/m, 0 = sky) of the last frame, rows from the top.
    pub inverse_depth: Vec<f32>,
    /// Milliseconds in the generator network.
    pub network_ms: f64,
    /// Milliseconds in the decoder.
    pub decode_ms: f64,
    /// Milliseconds in warping and encoding the recycled frame.
    pub recycle_ms: f64,
}

/// A running walk.
pub struct Rollout {
    networks: Networks,
    sampler: Sampler,
    walks: Option<Walks>,
}

impl Networks {
    /// The networks of a package, in the type that is best on the device.
    pub fn from_package(package: &Package, device: DeviceChoice) -> Result<Self, RolloutError> {
        let mut networks = Self::from_weights(&package.manifest, &package.weights, device)?;
        networks.dtype = inference_dtype(device, &networks.device);
        Ok(networks)
    }

    /// Networks of a manifest's sizes with the given weights, named as in a package, in single precision.
    pub fn from_weights(
        manifest: &Manifest,
        arrays: &weights::Arrays,
        device: DeviceChoice,
    ) -> Result<Self, RolloutError> {
        let device = device.open()?;
        let mut rng = Gaussian::silent();
        let autoencoder = Autoencoder::new(
            &manifest.autoencoder,
            &Components::blank(manifest.autoencoder.latent_channels),
            &mut rng,
            &device,
        );
        let autoencoder = weights::import(autoencoder, &weights::under(arrays, "autoencoder"), &device)?;
        let generator = Generator::new(&manifest.generator, &mut rng, &device);
        let mut named = weights::under(arrays, "generator");
        named.extend(weights::prefixed(weights::under(arrays, "text"), "text"));
        let generator = weights::import(generator, &named, &device)?;
        Ok(Self {
            autoencoder,
            generator,
            residual_std: manifest.residual_std.clone(),
            lens: manifest.lens,
            dtype: DType::F32,
            device,
            detail_gain: manifest.autoencoder.detail_gain,
            light: manifest.autoencoder.light,
        })
    }
}

impl Rollout {
    /// Loads the networks of a package onto a device.
    pub fn new(package: &Package, device: &DeviceChoice) -> Result<Self, RolloutError> {
        Ok(Self {
            networks: Networks::from_package(package, *device)?,
            sampler: Sampler::with(package.manifest.generator.evaluations),
            walks: None,
        })
    }

    /// What the generator is computed in: "f32" or "f16".
    pub fn precision(&self) -> &'static str {
        dtype_name(self.networks.dtype)
    }

    /// Computes in another type from the next start on.
    #[cfg(test)]
    pub(super) fn compute_in(&mut self, dtype: DType) {
        self.networks.dtype = dtype;
    }

    /// How latent frames are sampled from the next start on; without it, as the package says.
    pub fn set_sampler(&mut self, sampler: Sampler) {
        self.sampler = sampler;
    }

    /// Decodes by the whole decoder from the next start on, whatever the package says: to compare with.
    pub fn decode_whole(&mut self) {
        self.networks.light = false;
    }

    /// Begins a walk at a picture (any size: it is cropped and scaled) with a prompt. Returns frame 0.
    pub fn start(&mut self, first: &Frame, prompt: &str, seed: u64) -> Result<StepOutput, RolloutError> {
        let (width_px, height_px) = (self.networks.lens.width_px, self.networks.lens.height_px);
        let fitted = fit(first, width_px, height_px).ok_or(RolloutError::FirstFrame {
            width: first.width_px,
            height: first.height_px,
        })?;
        let rgb = codec::from_bytes(&fitted.to_rgb());
        let (walks, decoded) = Walks::start(
            self.networks.clone(),
            self.sampler,
            std::slice::from_ref(&rgb),
            &[prompt],
            &[seed],
        );
        self.walks = Some(walks);
        Ok(StepOutput {
            frames: vec![fitted],
            inverse_depth: decoded.into_iter().next().map(|d| d.inverse_depth).unwrap_or_default(),
            network_ms: 0.0,
            decode_ms: 0.0,
            recycle_ms: 0.0,
        })
    }

    /// Changes the prompt of the running walk.
    pub fn change_prompt(&mut self, prompt: &str) -> Result<(), RolloutError> {
        self.walks
            .as_mut()
            .ok_or(RolloutError::NotStarted)?
            .change_prompts(&[prompt], &[true]);
        Ok(())
    }

    /// One latent frame: the next four video frames.
    pub fn next(&mut self, control: &LatentControl) -> Result<StepOutput, RolloutError> {
        self.next_showing(control, &mut |_| {})
    }

    /// The same. `show` is given the frames while the step goes on with what only the next one needs.
    pub fn next_showing(
        &mut self,
        control: &LatentControl,
        show: &mut dyn FnMut(&[Frame]),
    ) -> Result<StepOutput, RolloutError> {
        let walks = self.walks.as_mut().ok_or(RolloutError::NotStarted)?;
        let first_index = walks.steps_done() * FRAMES_PER_LATENT as u64 + 1;
        let (w, h) = (self.networks.lens.width_px, self.networks.lens.height_px);
        let mut frames: Vec<Frame> = vec![];
        let (decoded, times) = walks.next_showing(std::slice::from_ref(control), &mut |decoded| {
            let pictures = decoded.iter().flat_map(|d| &d.frames).zip(first_index..);
            frames = pictures
                .map(|(f, i)| Frame::from_rgb(w, h, &codec::to_bytes(f), i))
                .collect();
            show(&frames);
        })?;
        let decoded = decoded.into_iter().next().ok_or(RolloutError::NotStarted)?;
        Ok(StepOutput {
            frames,
            inverse_depth: decoded.inverse_depth,
            network_ms: times.network_ms,
            decode_ms: times.decode_ms,
            recycle_ms: times.recycle_ms,
        })
    }
}

impl Rollout {
    /// How the ground rises under the walker and what is in the way, told from the last picture's depth; the camera is pitched so.
    pub fn footing(&self, pitch_rad: f32) -> Footing {
        let walks = self.walks.as_ref();
        walks.map_or_else(Footing::default, |walks| walks.footing(0, pitch_rad))
    }

    /// Bytes of [`Self::state`], known without making it; 0 before the first frame.
    pub fn state_bytes(&self) -> usize {
        self.walks.as_ref().map_or(0, Walks::state_bytes)
    }

    /// All that the coming steps need. Restored, with the same controls, they make the same bytes.
    pub fn state(&self) -> Result<WalkState, RolloutError> {
        Ok(self.walks.as_ref().ok_or(RolloutError::NotStarted)?.state())
    }

    /// Takes a walk up where [`Self::state`] was called, with the sampler it had then. Returns the picture of that
    /// moment. What ran before goes on when the state does not fit.
    pub fn restore(&mut self, state: &WalkState) -> Result<StepOutput, RolloutError> {
        let walks = Walks::from_state(self.networks.clone(), state)?;
        let lens = self.networks.lens;
        let (pixels, depth) = walks.picture();
        let index = state.step * FRAMES_PER_LATENT as u64;
        let output = StepOutput {
            frames: vec![Frame::from_rgb(
                lens.width_px,
                lens.height_px,
                &codec::to_bytes(pixels),
                index,
            )],
            inverse_depth: depth.to_vec(),
            network_ms: 0.0,
            decode_ms: 0.0,
            recycle_ms: 0.0,
        };
        self.walks = Some(walks);
        Ok(output)
    }
}

/// The smallest side of a picture that a walk can begin in.
pub const LEAST_PICTURE_PX: usize = 16;

/// Crops a picture about its centre to the wanted shape and scales it.
fn fit(frame: &Frame, width_px: usize, height_px: usize) -> Option<Frame> {
    if frame.width_px.min(frame.height_px) < LEAST_PICTURE_PX {
        return None;
    }
    if (frame.width_px, frame.height_px) == (width_px, height_px) {
        return Some(Frame {
            index: 0,
            ..frame.clone()
        });
    }
    let image = image::RgbaImage::from_raw(frame.width_px as u32, frame.height_px as u32, frame.rgba.to_vec())?;
    // Cut first: a strip of 16 by 16,384 pixels would become a giant in between.
    let wide = frame.width_px * height_px > frame.height_px * width_px;
    let (cut_w, cut_h) = match wide {
        true => ((frame.height_px * width_px).div_ceil(height_px), frame.height_px),
        false => (frame.width_px, (frame.width_px * height_px).div_ceil(width_px)),
    };
    let (left, top) = ((frame.width_px - cut_w) / 2, (frame.height_px - cut_h) / 2);
    let cut = image::imageops::crop_imm(&image, left as u32, top as u32, cut_w as u32, cut_h as u32);
    let filter = image::imageops::FilterType::CatmullRom;
    let fitted = image::imageops::resize(&*cut, width_px as u32, height_px as u32, filter);
    let fitted = image::DynamicImage::ImageRgba8(fitted).to_rgb8();
    Some(Frame::from_rgb(width_px, height_px, fitted.as_raw(), 0))
}

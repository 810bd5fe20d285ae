//! How much a step adds to what is recycled: per channel, little where the warp knows the place, much where it is new.
//!
//! The generator models data of unit deviation. Were new and known places scaled alike, the few new ones would decide, and
//! a small error in known ones would be a visible one, added to the picture again at every step. And who stands still
//! keeps the picture that there is: what known places lack comes from moving. After new words they are less sure for a moment.

use burn::tensor::{DType, Tensor};
use serde::{Deserialize, Serialize};

use crate::model::nn::tensor;

/// Deviations per latent channel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResidualStd {
    /// Where all pixels are known.
    pub known: Vec<f32>,
    /// Where none is.
    pub new: Vec<f32>,
}

impl ResidualStd {
    /// The same everywhere.
    pub fn uniform(values: Vec<f32>) -> Self {
        Self {
            new: values.clone(),
            known: values,
        }
    }

    /// Of a channel where the share `validity` of the pixels is known, in a step whose picture moves by `motion_px`.
    pub fn at(&self, channel: usize, validity: f32, motion_px: f32) -> f32 {
        let (known, new) = (self.known[channel] * share_of(motion_px), self.new[channel]);
        (validity * known * known + (1.0 - validity) * new * new).sqrt()
    }

    /// As a map: `validity` `[n, frames, h, w]` and `motion_px` `[n]` -> `[n, channels, h, w]`.
    pub fn map(&self, validity: Tensor<4>, motion_px: &[f32]) -> Tensor<4> {
        let c = self.known.len();
        let [n, ..] = validity.dims();
        debug_assert_eq!(n, motion_px.len());
        let device = validity.device();
        let validity = validity.cast(DType::F32).mean_dim(1);
        let squares = |values: &[f32]| {
            let squares: Vec<f32> = values.iter().map(|v| v * v).collect();
            tensor::<4>(squares, [1, c, 1, 1], &device)
        };
        let unknown = validity.clone().neg().add_scalar(1.0);
        let moving: Vec<f32> = motion_px.iter().map(|m| share_of(*m).powi(2)).collect();
        let moving: Tensor<4> = tensor(moving, [n, 1, 1, 1], &device);
        (validity * squares(&self.known) * moving + unknown * squares(&self.new)).sqrt()
    }
}

/// Latent frames after new words in which known places count as less known ([`super::config::GeneratorConfig::doubt`]):
/// four times in which what is left of the old look halves in the training clips.
pub const DOUBT_STEPS: u64 = 8;

/// From [`LEAST`] at rest to 1 from [`FULL_PX`] on.
fn share_of(motion_px: f32) -> f32 {
    (motion_px / FULL_PX).clamp(LEAST, 1.0)
}

const FULL_PX: f32 = 4.0;
/// Water ripples even for who stands still; and training divides by it.
const LEAST: f32 = 0.04;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::weights::to_host;
    use burn::tensor::Device;

    #[test]
    fn the_map_is_the_formula() {
        let std = ResidualStd {
            known: vec![0.1, 0.5],
            new: vec![0.4, 1.0],
        };
        let validity = tensor(vec![1.0, 0.0, 0.5, 1.0, 0.0, 0.0], [1, 2, 1, 3], &Device::flex());
        let map = to_host(std.map(validity.clone(), &[9.0]));
        let expected = [(0, 1.0), (0, 0.0), (0, 0.25), (1, 1.0), (1, 0.0), (1, 0.25)];
        for (found, (channel, v)) in map.iter().zip(expected) {
            assert!((found - std.at(channel, v, 9.0)).abs() < 1e-6, "{map:?}");
        }
        assert!((std.at(0, 1.0, 9.0) - 0.1).abs() < 1e-6 && (std.at(0, 0.0, 9.0) - 0.4).abs() < 1e-6);
        // At rest, known places keep what they have; new ones do not mind.
        assert!(std.at(0, 1.0, 0.0) < 0.005 && (std.at(0, 0.0, 0.0) - 0.4).abs() < 1e-6);
        assert!((to_host(std.map(validity, &[0.0]))[0] - std.at(0, 1.0, 0.0)).abs() < 1e-6);
    }
}

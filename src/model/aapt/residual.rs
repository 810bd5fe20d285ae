//! How much a step adds to what is recycled: per channel, little where the warp knows the place, much where it is new.
//!
//! The generator models data of unit deviation. Were new and known places scaled alike, the few new ones would decide, and
//! a small error in known ones would be a visible one, added to the picture again at every step.

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

    /// Of a channel where the share `validity` of the pixels is known.
    pub fn at(&self, channel: usize, validity: f32) -> f32 {
        let (known, new) = (self.known[channel], self.new[channel]);
        (validity * known * known + (1.0 - validity) * new * new).sqrt()
    }

    /// As a map: `validity` `[n, frames, h, w]` -> `[n, channels, h, w]`.
    pub fn map(&self, validity: Tensor<4>) -> Tensor<4> {
        let c = self.known.len();
        let device = validity.device();
        let validity = validity.cast(DType::F32).mean_dim(1);
        let squares = |values: &[f32]| {
            let squares: Vec<f32> = values.iter().map(|v| v * v).collect();
            tensor::<4>(squares, [1, c, 1, 1], &device)
        };
        let unknown = validity.clone().neg().add_scalar(1.0);
        (validity * squares(&self.known) + unknown * squares(&self.new)).sqrt()
    }
}

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
        let map = to_host(std.map(validity));
        let expected = [(0, 1.0), (0, 0.0), (0, 0.25), (1, 1.0), (1, 0.0), (1, 0.25)];
        for (found, (channel, v)) in map.iter().zip(expected) {
            assert!((found - std.at(channel, v)).abs() < 1e-6, "{map:?}");
        }
        assert!((std.at(0, 1.0) - 0.1).abs() < 1e-6 && (std.at(0, 0.0) - 0.4).abs() < 1e-6);
    }
}

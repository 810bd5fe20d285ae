//! The causal autoencoder: 4x in time, 8x in space. A linear shortcut (principal components) carries the picture from
//! the first step of training on; convolutional branches that start at nothing add what is not linear. The decoder sees
//! the latent frame before, so a stream needs one latent of state; it also gives the last frame's inverse depth.

use burn::module::{Module, Param};
use burn::tensor::{DType, Device, Tensor};

use super::config::{AutoencoderConfig, BLOCK, SPATIAL_FACTOR};
use super::pca::Components;
use crate::device::Gaussian;
use crate::model::nn::{Conv, Linear, inverse_rms, tensor};
use crate::model::pointwise::silu;
use crate::model::weights::to_host;

/// Values of a position's inverse depth: the last frame's 8 x 8 pixels.
pub const DEPTH_BLOCK: usize = SPATIAL_FACTOR * SPATIAL_FACTOR;

/// Residual block on a latent grid.
#[derive(Module, Debug)]
pub(super) struct ResBlock {
    spread: Conv,
    mix: Conv,
}

impl ResBlock {
    pub(super) fn new(width: usize, dilation: usize, rng: &mut Gaussian, device: &Device) -> Self {
        Self {
            spread: Conv::new(width, width, 3, dilation, 1.0, rng, device),
            mix: Conv::new(width, width, 1, 1, 0.3, rng, device),
        }
    }

    pub(super) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let h = x.clone() * inverse_rms(&x, 1, 1e-4);
        x + self.mix.forward(silu(self.spread.forward(h)))
    }
}

/// A stack of residual blocks between two projections.
#[derive(Module, Debug)]
struct Trunk {
    stem: Conv,
    blocks: Vec<ResBlock>,
}

impl Trunk {
    fn new(inputs: usize, width: usize, blocks: usize, rng: &mut Gaussian, device: &Device) -> Self {
        Self {
            stem: Conv::new(inputs, width, 3, 1, 1.0, rng, device),
            // Growing strides of sight: depth can't be told from a few pixels.
            blocks: (0..blocks)
                .map(|i| ResBlock::new(width, [1, 2, 4, 1][i % 4], rng, device))
                .collect(),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.blocks
            .iter()
            .fold(self.stem.forward(x), |x, block| block.forward(x))
    }
}

/// Pixels to latents.
#[derive(Module, Debug)]
pub struct Encoder {
    shortcut: Linear,
    trunk: Option<Trunk>,
    head: Option<Conv>,
}

/// Latents to pixels and depth.
#[derive(Module, Debug)]
pub struct Decoder {
    shortcut: Linear,
    trunk: Trunk,
    head: Conv,
    depth: Conv,
}

/// Both halves.
#[derive(Module, Debug)]
pub struct Autoencoder {
    /// Pixels to latents.
    pub encoder: Encoder,
    /// Latents to pixels and depth.
    pub decoder: Decoder,
}

/// `[b, h * w, c]` -> `[b, c, h, w]`.
fn to_grid(x: Tensor<3>, h: usize, w: usize) -> Tensor<4> {
    let [b, _, c] = x.dims();
    x.swap_dims(1, 2).reshape([b, c, h, w])
}

/// `[b, c, h, w]` -> `[b, h * w, c]`.
fn to_rows(x: Tensor<4>) -> Tensor<3> {
    let [b, c, h, w] = x.dims();
    x.reshape([b, c, h * w]).swap_dims(1, 2)
}

impl Encoder {
    /// The linear shortcut alone: what recycles a warped frame.
    ///
    /// `blocks`: `[b, h * w, 768]` in -1..1 -> `[b, channels, h, w]`.
    pub fn linear(&self, blocks: Tensor<3>, h: usize, w: usize) -> Tensor<4> {
        to_grid(self.shortcut.forward(blocks), h, w)
    }

    /// The whole encoder, same shapes as [`Self::linear`].
    pub fn forward(&self, blocks: Tensor<3>, h: usize, w: usize) -> Tensor<4> {
        let z = self.linear(blocks.clone(), h, w);
        match (&self.trunk, &self.head) {
            (Some(trunk), Some(head)) => z + head.forward(trunk.forward(to_grid(blocks, h, w))),
            _ => z,
        }
    }
}

impl Decoder {
    /// `latent` and the one `before` it, `[b, channels, h, w]` each (for the first latent frame, itself) -> blocks of
    /// pixels `[b, h * w, 768]` and of the last frame's inverse depth `[b, h * w, 64]` in 1/m.
    ///
    /// The branch computes in `dtype`; the shortcut always in f32, because it carries the picture.
    pub fn forward(&self, latent: Tensor<4>, before: Tensor<4>, dtype: DType) -> (Tensor<3>, Tensor<3>) {
        let both = Tensor::cat(vec![latent.clone(), before], 1).cast(dtype);
        let trunk = silu(self.trunk.forward(both));
        let detail = to_rows(self.head.forward(trunk.clone())).cast(DType::F32);
        let depth = to_rows(self.depth.forward(trunk)).cast(DType::F32);
        (self.light(latent) + detail, depth)
    }
}

impl Decoder {
    /// The linear part alone, `[b, h * w, 768]`: the light decoder.
    pub fn light(&self, latent: Tensor<4>) -> Tensor<3> {
        self.shortcut.forward(to_rows(latent))
    }

    /// The depth of [`Self::forward`] alone.
    pub fn depth(&self, latent: Tensor<4>, before: Tensor<4>, dtype: DType) -> Tensor<3> {
        let both = Tensor::cat(vec![latent, before], 1).cast(dtype);
        to_rows(self.depth.forward(silu(self.trunk.forward(both)))).cast(DType::F32)
    }

    /// How much of each latent channel, by energy, is one colour over a whole position: 1 for a mean colour, 0 for texture.
    pub fn colour_shares(&self) -> Vec<f32> {
        let weight = self.shortcut.weight.val();
        let [_, block] = weight.dims();
        let weight = to_host(weight);
        weight.chunks_exact(block).map(colour_share).collect()
    }
}

/// Of one channel's pixels, colours innermost.
fn colour_share(pixels: &[f32]) -> f32 {
    let n = pixels.len() as f32 / 3.0;
    let of_mean = (0..3).map(|c| pixels.iter().skip(c).step_by(3).sum::<f32>().powi(2) / n);
    let all: f32 = pixels.iter().map(|v| v * v).sum();
    of_mean.sum::<f32>() / all.max(1e-12)
}

impl Autoencoder {
    /// A new autoencoder whose shortcut is the given principal components.
    pub fn new(config: &AutoencoderConfig, components: &Components, rng: &mut Gaussian, device: &Device) -> Self {
        let c = config.latent_channels;
        let width = config.width;
        let encoder_branch = config.encoder_blocks > 0;
        let encoder = Encoder {
            shortcut: linear(&components.encode_weight, &components.encode_bias, BLOCK, c, device),
            trunk: encoder_branch.then(|| Trunk::new(BLOCK, width, config.encoder_blocks, rng, device)),
            head: encoder_branch.then(|| Conv::new(width, c, 1, 1, 0.0, rng, device)),
        };
        let decoder = Decoder {
            shortcut: linear(&components.decode_weight, &components.decode_bias, c, BLOCK, device),
            trunk: Trunk::new(2 * c, width, config.decoder_blocks, rng, device),
            head: Conv::new(width, BLOCK, 1, 1, 0.0, rng, device),
            depth: Conv::new(width, DEPTH_BLOCK, 1, 1, 0.1, rng, device),
        };
        Self { encoder, decoder }
    }
}

fn linear(weight: &[f32], bias: &[f32], inputs: usize, outputs: usize, device: &Device) -> Linear {
    Linear {
        weight: Param::from_tensor(tensor(weight.to_vec(), [inputs, outputs], device)),
        bias: Some(Param::from_tensor(tensor(bias.to_vec(), [outputs], device))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_colour_is_all_colour_and_a_texture_none() {
        let colour: Vec<f32> = (0..BLOCK).map(|i| [0.5, -0.2, 0.1][i % 3]).collect();
        let texture: Vec<f32> = (0..BLOCK).map(|i| if i / 3 % 2 == 0 { 0.3 } else { -0.3 }).collect();
        let both: Vec<f32> = texture.iter().map(|v| v + 0.3).collect();
        assert!((colour_share(&colour) - 1.0).abs() < 1e-4);
        assert!(colour_share(&texture).abs() < 1e-4);
        assert!((colour_share(&both) - 0.5).abs() < 1e-4);
    }
}

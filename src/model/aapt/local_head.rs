//! What ends the generator, at will: convolutions on the latent grid, after the tokens have been taken apart.
//!
//! A token is 2 x 2 latent positions, and all that it says passes through the residual stream's width, which is less than a token's
//! numbers. So noise does not get through, and neighbouring tokens do not agree on what lies across their edge. These
//! convolutions see the noisy latent and the condition themselves, place by place, beside the tokens' answer.

use burn::module::Module;
use burn::tensor::{DType, Device, Tensor};
use serde::{Deserialize, Serialize};

use super::autoencoder::ResBlock;
use super::config::GeneratorConfig;
use super::generator::TIME_FEATURES;
use crate::device::Gaussian;
use crate::model::nn::{Conv, Linear};

/// Its sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalHeadConfig {
    /// Channels.
    pub width: usize,
    /// Residual blocks; each sees one latent position further.
    pub blocks: usize,
}

impl LocalHeadConfig {
    /// Name, inputs, outputs and kernel of every convolution, for so many channels of a latent and of the condition.
    pub fn convolutions(&self, latent: usize, condition: usize) -> Vec<(String, usize, usize, usize)> {
        let w = self.width;
        let mut out = vec![("stem".to_owned(), 2 * latent + condition, w, 1)];
        for i in 0..self.blocks {
            out.push((format!("blocks.{i}.spread"), w, w, 3));
            out.push((format!("blocks.{i}.mix"), w, w, 1));
        }
        out.push(("head".into(), w, latent, 3));
        out
    }

    /// Says in one sentence what can't work, if something can't.
    pub(super) fn check(&self) -> Result<(), String> {
        if !(1..=4096).contains(&self.width) || self.blocks > 64 {
            return Err("generator.local_head: width or blocks is out of range".into());
        }
        Ok(())
    }
}

/// Shift and scale of its channels by the timestep, each `[batch, width, 1, 1]`: constant at play time.
#[derive(Clone, Debug)]
pub struct LocalModulation([Tensor<4>; 2]);

/// The network. A new one adds nothing.
#[derive(Module, Debug)]
pub struct LocalHead {
    stem: Conv,
    time: Linear,
    blocks: Vec<ResBlock>,
    head: Conv,
}

impl LocalHead {
    /// A new network.
    pub(super) fn new(sizes: &LocalHeadConfig, config: &GeneratorConfig, rng: &mut Gaussian, device: &Device) -> Self {
        let (w, c) = (sizes.width, config.latent_channels);
        Self {
            stem: Conv::new(2 * c + config.condition_channels(), w, 1, 1, 1.0, rng, device),
            time: Linear::new(TIME_FEATURES, 2 * w, 0.0, true, rng, device),
            blocks: (0..sizes.blocks).map(|_| ResBlock::new(w, 1, rng, device)).collect(),
            head: Conv::new(w, c, 3, 1, 0.0, rng, device),
        }
    }

    /// From features of the timesteps, `[batch, TIME_FEATURES]`.
    pub(super) fn modulation(&self, features: Tensor<2>, dtype: DType) -> LocalModulation {
        let [batch, _] = features.dims();
        let both = self.time.forward(features).cast(dtype);
        let [_, two] = both.dims();
        let w = two / 2;
        LocalModulation([0, w].map(|from| both.clone().narrow(1, from, w).reshape([batch, w, 1, 1])))
    }

    /// `answer`, what the tokens say, `[n, channels, h, w]`, and what is to be added to it; shapes as in [`super::generator::Generator::step`].
    pub(super) fn forward(
        &self,
        answer: Tensor<4>,
        noisy: Tensor<4>,
        condition: Tensor<4>,
        modulation: &LocalModulation,
    ) -> Tensor<4> {
        let x = self
            .stem
            .forward(Tensor::cat(vec![answer.clone(), noisy, condition], 1));
        let LocalModulation([shift, scale]) = modulation;
        let x = x * scale.clone().add_scalar(1.0) + shift.clone();
        let x = self.blocks.iter().fold(x, |x, block| block.forward(x));
        answer + self.head.forward(x)
    }
}

impl LocalModulation {
    /// The same for each of `frames` latent frames of every batch entry.
    pub(super) fn repeated(self, frames: usize) -> Self {
        Self(self.0.map(|x| {
            let [batch, w, _, _] = x.dims();
            x.reshape([batch, 1, w, 1])
                .repeat_dim(1, frames)
                .reshape([batch * frames, w, 1, 1])
        }))
    }
}

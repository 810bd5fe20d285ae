//! The patch discriminator: a small convolutional network that judges each latent frame by itself, place by place.
//!
//! An alternative to the paper's backbone discriminator (AAPT §2.2) for few processor hours: it costs a third as much, knows
//! nothing of words or of other frames, and so is left with what newly seen places lack: texture, edges, objects.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::autoencoder::ResBlock;
use super::config::{GeneratorConfig, PATCH};
use super::generator::patchify;
use crate::device::Gaussian;
use crate::model::nn::{Conv, Linear, rms_norm};
use crate::model::pointwise::silu;

/// Residual blocks on the latent grid, and then on the token grid.
const BLOCKS: [usize; 2] = [2, 2];

/// The network.
#[derive(Module, Debug)]
pub struct PatchJudge {
    stem: Conv,
    fine: Vec<ResBlock>,
    merge: Linear,
    coarse: Vec<ResBlock>,
    logit: Linear,
}

impl PatchJudge {
    /// A new network, `width` channels on the latent grid and twice as many on the token grid.
    pub fn new(width: usize, generator: &GeneratorConfig, rng: &mut Gaussian, device: &Device) -> Self {
        let blocks = |n: usize, width: usize, rng: &mut Gaussian| -> Vec<ResBlock> {
            (0..n).map(|_| ResBlock::new(width, 1, rng, device)).collect()
        };
        Self {
            stem: Conv::new(generator.condition_channels(), width, 1, 1, 1.0, rng, device),
            fine: blocks(BLOCKS[0], width, rng),
            merge: Linear::usual(width * PATCH * PATCH, 2 * width, rng, device),
            coarse: blocks(BLOCKS[1], 2 * width, rng),
            logit: Linear::new(2 * width, 1, 0.1 / ((2 * width) as f32).sqrt(), true, rng, device),
        }
    }

    /// Logits `[batch, (frames - 1) * tokens]`; the first frame is context and gets none. Shapes as in
    /// [`super::discriminator::Discriminator::forward`].
    pub fn forward(&self, clip: Tensor<5>, camera: Tensor<5>) -> Tensor<2> {
        let [batch, frames, _, h, w] = clip.dims();
        let judged = Tensor::cat(vec![clip, camera], 2).narrow(1, 1, frames - 1);
        let [_, _, channels, _, _] = judged.dims();
        let n = batch * (frames - 1);
        let x = self.stem.forward(judged.reshape([n, channels, h, w]));
        let x = self.fine.iter().fold(x, |x, block| block.forward(x));
        let x = self.merge.forward(patchify(x));
        let [_, tokens, width] = x.dims();
        let x = x.swap_dims(1, 2).reshape([n, width, h / PATCH, w / PATCH]);
        let x = self.coarse.iter().fold(x, |x, block| block.forward(x));
        let x = x.reshape([n, width, tokens]).swap_dims(1, 2);
        self.logit
            .forward(silu(rms_norm(x)))
            .reshape([batch, (frames - 1) * tokens])
    }
}

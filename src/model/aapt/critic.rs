//! The critic: judges the painter's pictures place by place. It only exists in training.

use burn::module::Module;
use burn::tensor::{DType, Device, Tensor};

use super::autoencoder::ResBlock;
use super::painter::MAPS;
use super::pixel_net::{SIDE, to_blocks};
use crate::device::Gaussian;
use crate::model::nn::Conv;
use crate::model::pointwise::silu;

/// Pixels of a picture that a logit stands for, each way.
pub const CELL: usize = 8;
/// Residual blocks on cells, and how far they look.
const DILATIONS: [usize; 3] = [1, 2, 1];

/// The network.
#[derive(Module, Debug)]
pub struct Critic {
    stem: Conv,
    fine: ResBlock,
    merge: Conv,
    deep: Vec<ResBlock>,
    logit: Conv,
}

impl Critic {
    /// A new network with `width` channels on blocks of 4 x 4 pixels and `deep_width` on cells.
    pub fn new(width: usize, deep_width: usize, rng: &mut Gaussian, device: &Device) -> Self {
        Self {
            stem: Conv::new((3 + MAPS) * SIDE * SIDE, width, 3, 1, 1.0, rng, device),
            fine: ResBlock::new(width, 1, rng, device),
            merge: Conv::new(4 * width, deep_width, 1, 1, 1.0, rng, device),
            deep: DILATIONS
                .iter()
                .map(|d| ResBlock::new(deep_width, *d, rng, device))
                .collect(),
            logit: Conv::new(deep_width, 1, 1, 1, 0.1, rng, device),
        }
    }

    /// Logits `[n, h / 8 * w / 8]`, f32, high for real. Shapes as in [`super::painter::draw`].
    pub fn forward(&self, picture: Tensor<4>, maps: Tensor<4>, dtype: DType) -> Tensor<2> {
        let [n, _, h, w] = picture.dims();
        let x = Tensor::cat(vec![picture, maps], 1).cast(dtype);
        let x = self.fine.forward(self.stem.forward(to_blocks(x, SIDE)));
        let x = self.merge.forward(to_blocks(silu(x), 2));
        let x = self.deep.iter().fold(x, |x, block| block.forward(x));
        let power = x.clone().powi_scalar(2).mean_dim(1);
        let x = silu(x * (power + 1e-4).sqrt().recip());
        self.logit
            .forward(x)
            .reshape([n, h / CELL * (w / CELL)])
            .cast(DType::F32)
    }
}

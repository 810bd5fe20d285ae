//! The network that both the painter and the depth network are: pixels in, pixels out, computed on blocks of them.

use burn::module::Module;
use burn::tensor::{DType, Device, Tensor};
use serde::{Deserialize, Serialize};

use super::autoencoder::ResBlock;
use crate::device::Gaussian;
use crate::model::nn::Conv;

/// Side of the blocks of pixels that the network works on; blocks of twice the side inside.
pub(super) const SIDE: usize = 4;

/// Sizes of a network on pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PixelNetConfig {
    /// Channels on blocks of 4 x 4 pixels.
    pub width: usize,
    /// Channels on blocks of 8 x 8 pixels.
    pub deep_width: usize,
    /// Residual blocks there.
    pub blocks: usize,
}

impl PixelNetConfig {
    /// Name, inputs, outputs and kernel of every convolution of a network between so many planes.
    pub fn convolutions(&self, [inputs, outputs]: [usize; 2]) -> Vec<(String, usize, usize, usize)> {
        let Self {
            width,
            deep_width,
            blocks,
        } = *self;
        let pixels = SIDE * SIDE;
        let mut out = vec![("stem".to_owned(), inputs * pixels, width, 3)];
        let mut block = |name: String, width: usize| {
            out.push((format!("{name}.spread"), width, width, 3));
            out.push((format!("{name}.mix"), width, width, 1));
        };
        block("fine".into(), width);
        block("finish".into(), width);
        (0..blocks).for_each(|i| block(format!("deep.{i}"), deep_width));
        out.push(("merge".into(), 4 * width, deep_width, 1));
        out.push(("split".into(), deep_width, 4 * width, 1));
        out.push(("head".into(), width, outputs * pixels, 1));
        out
    }

    /// Says in one sentence what can't work, if something can't.
    pub(super) fn check(&self, name: &str) -> Result<(), String> {
        let bounded = |v: usize| (1..=4096).contains(&v);
        if !bounded(self.width) || !bounded(self.deep_width) || self.blocks > 64 {
            return Err(format!("{name}: width, deep_width or blocks is out of range"));
        }
        Ok(())
    }
}

/// The network.
#[derive(Module, Debug)]
pub struct PixelNet {
    stem: Conv,
    fine: ResBlock,
    merge: Conv,
    deep: Vec<ResBlock>,
    split: Conv,
    finish: ResBlock,
    head: Conv,
}

/// `[n, c, h, w]` -> `[n, c * side * side, h / side, w / side]`.
pub(super) fn to_blocks(x: Tensor<4>, side: usize) -> Tensor<4> {
    let [n, c, h, w] = x.dims();
    x.reshape([n, c, h / side, side, w / side, side])
        .permute([0, 1, 3, 5, 2, 4])
        .reshape([n, c * side * side, h / side, w / side])
}

/// Inverse of [`to_blocks`].
fn from_blocks(x: Tensor<4>, side: usize) -> Tensor<4> {
    let [n, c, h, w] = x.dims();
    let c = c / (side * side);
    x.reshape([n, c, side, side, h, w])
        .permute([0, 1, 4, 2, 5, 3])
        .reshape([n, c, h * side, w * side])
}

impl PixelNet {
    /// A new network, which gives zeros yet.
    pub fn new(config: &PixelNetConfig, [inputs, outputs]: [usize; 2], rng: &mut Gaussian, device: &Device) -> Self {
        let (width, deep) = (config.width, config.deep_width);
        Self {
            stem: Conv::new(inputs * SIDE * SIDE, width, 3, 1, 1.0, rng, device),
            fine: ResBlock::new(width, 1, rng, device),
            merge: Conv::new(4 * width, deep, 1, 1, 1.0, rng, device),
            deep: (0..config.blocks)
                .map(|i| ResBlock::new(deep, [1, 2, 1, 4][i % 4], rng, device))
                .collect(),
            split: Conv::new(deep, 4 * width, 1, 1, 0.5, rng, device),
            finish: ResBlock::new(width, 1, rng, device),
            head: Conv::new(width, outputs * SIDE * SIDE, 1, 1, 0.0, rng, device),
        }
    }

    /// `[n, inputs, h, w]` -> `[n, outputs, h, w]`, f32; h and w multiples of 8.
    pub fn forward(&self, x: Tensor<4>, dtype: DType) -> Tensor<4> {
        let x = to_blocks(x.cast(dtype), SIDE);
        let fine = self.fine.forward(self.stem.forward(x));
        let deep = self.merge.forward(to_blocks(fine.clone(), 2));
        let deep = self.deep.iter().fold(deep, |x, block| block.forward(x));
        let fine = fine + from_blocks(self.split.forward(deep), 2);
        from_blocks(self.head.forward(self.finish.forward(fine)), SIDE).cast(DType::F32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::nn::tensor;
    use crate::model::weights::{export, to_host};

    #[test]
    fn blocks_come_back_and_a_new_network_gives_zeros() {
        let device = Device::flex();
        let mut values = vec![0.0; 2 * 3 * 16 * 24];
        let mut rng = Gaussian::new(1, 0);
        rng.fill(&mut values);
        let x: Tensor<4> = tensor(values.clone(), [2, 3, 16, 24], &device);
        let blocks = to_blocks(x.clone(), 4);
        assert_eq!(blocks.dims(), [2, 48, 4, 6]);
        // Row 5, column 6 of colour 1: row 1, column 2 of the block in row 1, column 1.
        let at =
            |v: &[f32], dims: [usize; 4], i: [usize; 4]| v[((i[0] * dims[1] + i[1]) * dims[2] + i[2]) * dims[3] + i[3]];
        let in_blocks = at(&to_host(blocks.clone()), blocks.dims(), [1, 16 + 4 + 2, 1, 1]);
        assert_eq!(at(&values, x.dims(), [1, 1, 5, 6]), in_blocks);
        assert_eq!(to_host(from_blocks(blocks, 4)), values);

        let config = PixelNetConfig {
            width: 8,
            deep_width: 16,
            blocks: 2,
        };
        let net = PixelNet::new(&config, [3, 2], &mut rng, &device);
        let out = net.forward(x, DType::F32);
        assert_eq!(out.dims(), [2, 2, 16, 24]);
        assert!(to_host(out).iter().all(|v| *v == 0.0));
        let weights = export(&net);
        let named = config.convolutions([3, 2]);
        assert_eq!(weights.len(), 2 * named.len());
        for (name, inputs, outputs, k) in named {
            assert_eq!(
                weights[&format!("{name}.weight")].shape,
                [outputs, inputs, k, k],
                "{name}"
            );
        }
    }
}

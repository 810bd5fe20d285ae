//! The painter: a small convolutional network on pixels, after the decoder, that draws what squared error can't: texture
//! and edges where a view is new, and where what was seen before stands larger now than when it was drawn.
//!
//! The transformer decides what is where and in which colours, and answers with the mean of all it could be, which is haze;
//! the painter is trained against a [`super::critic::Critic`], as the paper finishes its decoder (AAPT appendix C). It draws a
//! place once: what is drawn is recycled with the picture, and only grows stale again by being walked up to.

use burn::module::Module;
use burn::tensor::{DType, Device, Tensor};
use serde::{Deserialize, Serialize};

use super::autoencoder::ResBlock;
use super::warp::NEW;
use crate::device::Gaussian;
use crate::model::nn::Conv;

/// Side of the blocks of pixels that the network works on; blocks of twice the side inside.
const SIDE: usize = 4;
/// Maps beside the picture, see [`maps`]. The painter sees noise as well.
pub const MAPS: usize = 4;
/// A place is drawn anew when it stands larger by this power of two than when it was drawn last.
const STALE_LIMIT: f32 = 0.5;
/// Inverse depth, in 1/m, that is half way to nearest in the map of nearness.
const HALF_NEAR: f32 = 0.1;
/// Colours of a block.
const COLOURS: usize = 3 * SIDE * SIDE;

/// Sizes of the painter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PainterConfig {
    /// Channels on blocks of 4 x 4 pixels.
    pub width: usize,
    /// Channels on blocks of 8 x 8 pixels.
    pub deep_width: usize,
    /// Residual blocks there.
    pub blocks: usize,
}

impl PainterConfig {
    /// Name, inputs, outputs and kernel of every convolution.
    pub fn convolutions(&self) -> Vec<(String, usize, usize, usize)> {
        let Self {
            width,
            deep_width,
            blocks,
        } = *self;
        let mut out = vec![("stem".to_owned(), COLOURS + (MAPS + 1) * SIDE * SIDE, width, 3)];
        let mut block = |name: String, width: usize| {
            out.push((format!("{name}.spread"), width, width, 3));
            out.push((format!("{name}.mix"), width, width, 1));
        };
        block("fine".into(), width);
        block("finish".into(), width);
        (0..blocks).for_each(|i| block(format!("deep.{i}"), deep_width));
        out.push(("merge".into(), 4 * width, deep_width, 1));
        out.push(("split".into(), deep_width, 4 * width, 1));
        out.push(("head".into(), width, COLOURS, 1));
        out
    }
}

/// The network.
#[derive(Module, Debug)]
pub struct Painter {
    stem: Conv,
    fine: ResBlock,
    merge: Conv,
    deep: Vec<ResBlock>,
    split: Conv,
    finish: ResBlock,
    head: Conv,
}

/// Whether a pixel of this staleness ([`super::warp::RgbDepth::stale`]) is to be drawn.
pub fn is_due(stale: f32) -> bool {
    stale > STALE_LIMIT
}

/// What both networks are told about a picture, `[4 * h * w]`: 1 where it is to be drawn, 1 where it is new (both 0
/// elsewhere), how stale it is (0 to 1), how near (0 = sky, 1 = at the lens).
pub fn maps(stale: &[f32], inverse_depth: &[f32]) -> Vec<f32> {
    let flag = |v: bool| f32::from(u8::from(v));
    let mut out = Vec::with_capacity(MAPS * stale.len());
    out.extend(stale.iter().map(|s| flag(is_due(*s))));
    out.extend(stale.iter().map(|s| flag(*s == NEW)));
    out.extend(stale.iter().map(|s| if *s == NEW { 1.0 } else { (0.5 * s).min(1.0) }));
    out.extend(inverse_depth.iter().map(|k| k / (k + HALF_NEAR)));
    out
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

/// The blocks of a picture with its maps that both networks begin with.
pub(super) fn seen(picture: Tensor<4>, maps: Tensor<4>, dtype: DType) -> Tensor<4> {
    to_blocks(Tensor::cat(vec![picture, maps], 1).cast(dtype), SIDE)
}

impl Painter {
    /// A new network, which adds nothing yet.
    pub fn new(config: &PainterConfig, rng: &mut Gaussian, device: &Device) -> Self {
        let (width, deep) = (config.width, config.deep_width);
        Self {
            stem: Conv::new(COLOURS + (MAPS + 1) * SIDE * SIDE, width, 3, 1, 1.0, rng, device),
            fine: ResBlock::new(width, 1, rng, device),
            merge: Conv::new(4 * width, deep, 1, 1, 1.0, rng, device),
            deep: (0..config.blocks)
                .map(|i| ResBlock::new(deep, [1, 2, 1, 4][i % 4], rng, device))
                .collect(),
            split: Conv::new(deep, 4 * width, 1, 1, 0.5, rng, device),
            finish: ResBlock::new(width, 1, rng, device),
            head: Conv::new(width, COLOURS, 1, 1, 0.0, rng, device),
        }
    }

    /// What to add to a picture where it is to be drawn, `[n, 3, h, w]`, f32.
    ///
    /// # Shapes
    /// - `picture`: `[n, 3, h, w]` in -1..1, h and w multiples of 8
    /// - `maps`: `[n, 4, h, w]`: see [`maps`]
    /// - `noise`: `[n, 1, h, w]`: texture has to come from somewhere
    pub fn forward(&self, picture: Tensor<4>, maps: Tensor<4>, noise: Tensor<4>, dtype: DType) -> Tensor<4> {
        let x = seen(picture, Tensor::cat(vec![maps, noise], 1), dtype);
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
    fn blocks_come_back_and_a_new_painter_adds_nothing() {
        let device = Device::flex();
        let mut values = vec![0.0; 2 * 3 * 16 * 24];
        let mut rng = Gaussian::new(1, 0);
        rng.fill(&mut values);
        let x: Tensor<4> = tensor(values.clone(), [2, 3, 16, 24], &device);
        let maps: Tensor<4> = Tensor::ones([2, MAPS, 16, 24], &device);
        let blocks = to_blocks(x.clone(), 4);
        assert_eq!(blocks.dims(), [2, 48, 4, 6]);
        // Row 5, column 6 of colour 1: row 1, column 2 of the block in row 1, column 1.
        let at = |v: &[f32], dims: [usize; 4], i: [usize; 4]| {
            v[((i[0] * dims[1] + i[1]) * dims[2] + i[2]) * dims[3] + i[3]]
        };
        assert_eq!(
            at(&values, x.dims(), [1, 1, 5, 6]),
            at(
                &to_host(blocks.clone()),
                blocks.dims(),
                [1, 16 + 4 + 2, 1, 1]
            )
        );
        assert_eq!(to_host(from_blocks(blocks, 4)), values);

        let config = PainterConfig {
            width: 8,
            deep_width: 16,
            blocks: 2,
        };
        let painter = Painter::new(&config, &mut rng, &device);
        let noise = x.clone().narrow(1, 0, 1);
        let drawn = painter.forward(x, maps, noise, DType::F32);
        assert_eq!(drawn.dims(), [2, 3, 16, 24]);
        assert!(to_host(drawn).iter().all(|v| *v == 0.0));
        let weights = export(&painter);
        let named = config.convolutions();
        assert_eq!(weights.len(), 2 * named.len());
        for (name, inputs, outputs, k) in named {
            assert_eq!(weights[&format!("{name}.weight")].shape, [outputs, inputs, k, k], "{name}");
        }
    }
}

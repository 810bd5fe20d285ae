//! The refiner: a small convolutional network after the generator's own, that draws texture into the latent frame.
//!
//! The transformer is trained on squared error and answers with the mean of what could be there: the right colours, and haze.
//! Trained against a discriminator it loses those colours before it finds texture, at least in few processor hours. So
//! the texture has a network of its own, which leaves the first channels (mean colours) alone, and sees the step's noise,
//! because texture has to come from somewhere.

use burn::module::{Module, Param};
use burn::tensor::{DType, Device, Tensor, activation};
use serde::{Deserialize, Serialize};

use super::autoencoder::ResBlock;
use super::config::GeneratorConfig;
use crate::device::Gaussian;
use crate::frame::FRAMES_PER_LATENT;
use crate::model::nn::{Conv, tensor};

/// Channels of the step's noise that it sees.
pub const NOISE: usize = 16;

/// Sizes of the refiner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefinerConfig {
    /// Channels inside.
    pub width: usize,
    /// Residual blocks.
    pub blocks: usize,
    /// Latent channels, from the first on, that it leaves as they are.
    pub kept_channels: usize,
}

impl RefinerConfig {
    /// Channels that it sees: the latent frame, validity and rays, noise.
    pub fn inputs(&self, generator: &GeneratorConfig) -> usize {
        generator.condition_channels() + self.noise(generator)
    }

    fn noise(&self, generator: &GeneratorConfig) -> usize {
        NOISE.min(generator.latent_channels)
    }
}

/// The network.
#[derive(Module, Debug)]
pub struct Refiner {
    /// `[channels]`: what latents are multiplied by to be of unit deviation; not trained.
    scale: Param<Tensor<1>>,
    stem: Conv,
    blocks: Vec<ResBlock>,
    head: Conv,
    #[module(skip)]
    noise: usize,
}

impl Refiner {
    /// A new network, which adds nothing yet. `deviation` is that of each latent channel.
    pub fn new(
        config: &RefinerConfig,
        generator: &GeneratorConfig,
        deviation: &[f32],
        rng: &mut Gaussian,
        device: &Device,
    ) -> Self {
        let (c, width) = (generator.latent_channels, config.width);
        let scale = deviation.iter().map(|d| 1.0 / d.max(1e-6)).collect();
        Self {
            scale: Param::from_tensor(tensor(scale, [c], device)),
            stem: Conv::new(config.inputs(generator), width, 3, 1, 1.0, rng, device),
            blocks: (0..config.blocks)
                .map(|i| ResBlock::new(width, [1, 2, 1][i % 3], rng, device))
                .collect(),
            head: Conv::new(width, c - config.kept_channels, 1, 1, 0.0, rng, device),
            noise: config.noise(generator),
        }
    }

    /// What to add to the generator's unit-deviation data, `[n, channels, h, w]`, f32: nothing where all is known, because
    /// texture is drawn once, when a place comes into view, and then stays.
    ///
    /// # Shapes
    /// - `latent`: `[n, channels, h, w]`, the latent frame that the data mean, f32
    /// - `camera`: `[n, condition_channels - channels, h, w]`: validity and rays
    /// - `noise`: `[n, channels, h, w]`, the step's
    pub fn forward(&self, latent: Tensor<4>, camera: Tensor<4>, noise: Tensor<4>, dtype: DType) -> Tensor<4> {
        let [n, c, h, w] = latent.dims();
        let scale = self.scale.val().detach().reshape([1, c, 1, 1]);
        let unit = (latent * scale).cast(dtype);
        let validity = camera.clone().narrow(1, 0, FRAMES_PER_LATENT).cast(DType::F32);
        let unknown = validity.mean_dim(1).neg().add_scalar(1.0);
        let noise = noise.narrow(1, 0, self.noise).cast(dtype);
        let x = self.stem.forward(Tensor::cat(vec![unit, camera.cast(dtype), noise], 1));
        let x = self.blocks.iter().fold(x, |x, block| block.forward(x));
        let drawn = self.head.forward(activation::silu(x)).cast(DType::F32);
        let [_, drawn_channels, _, _] = drawn.dims();
        let kept = Tensor::zeros([n, c - drawn_channels, h, w], &drawn.device());
        Tensor::cat(vec![kept, drawn], 1) * unknown
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::Recycle;
    use super::*;
    use crate::model::weights::{export, import, to_host};

    #[test]
    fn a_new_one_adds_nothing_and_a_stirred_one_keeps_the_first_channels() {
        let device = Device::flex();
        let generator = GeneratorConfig {
            grid: [4, 6],
            latent_channels: 6,
            width: 32,
            depth: 1,
            heads: 2,
            mlp_ratio: 2,
            window: 1,
            recycle: Recycle::Reproject,
            text_tokens: 3,
            vocabulary: vec![],
            refiner: Some(RefinerConfig {
                width: 16,
                blocks: 2,
                kept_channels: 2,
            }),
        };
        let config = generator.refiner.unwrap();
        let mut rng = Gaussian::new(1, 0);
        let refiner = Refiner::new(&config, &generator, &[0.5; 6], &mut rng, &device);
        let random = |channels: usize, seed: u64| -> Tensor<4> {
            let mut values = vec![0.0; channels * 24];
            Gaussian::new(seed, 0).fill(&mut values);
            tensor(values, [1, channels, 4, 6], &device)
        };
        let camera = generator.condition_channels() - 6;
        let run =
            |r: &Refiner, noise: u64| to_host(r.forward(random(6, 1), random(camera, 2), random(6, noise), DType::F32));
        assert!(run(&refiner, 3).iter().all(|v| *v == 0.0));
        let mut arrays = export(&refiner);
        for values in arrays.values_mut().map(|a| &mut a.values) {
            values.iter_mut().for_each(|v| *v += 0.1 * rng.normal());
        }
        let refiner = import(refiner, &arrays, &device).unwrap();
        let (a, b) = (run(&refiner, 3), run(&refiner, 4));
        assert!(a[..2 * 24].iter().all(|v| *v == 0.0));
        assert!(a[2 * 24..].iter().all(|v| *v != 0.0));
        assert_ne!(a, b, "it sees the noise");
        let known = |of_channel: usize| if of_channel < FRAMES_PER_LATENT { 1.0 } else { 0.3 };
        let values = (0..camera * 24).map(|i| known(i / 24)).collect();
        let camera = tensor(values, [1, camera, 4, 6], &device);
        let drawn = to_host(refiner.forward(random(6, 1), camera, random(6, 3), DType::F32));
        assert!(drawn.iter().all(|v| *v == 0.0), "known places stay as they are");
    }
}

//! The generator: a block-causal diffusion transformer over latent frames (AAPT §2.1).
//!
//! Its input per latent frame is the channel-concatenation of noise, recycled previous latent, validity of the recycled
//! latent, and camera rays; its output has the channels of a latent. What the output means is `flow`'s business.

use burn::module::{Module, Param};
use burn::tensor::{DType, Device, Tensor};

use super::block::{Block, Modulation, SequenceRotations, Sight, StepRotations};
use super::config::{GeneratorConfig, PATCH};
use super::kv_ring::{KvRing, RingLayout};
use super::local_head::{LocalHead, LocalModulation};
use super::pixel_net::PixelNet;
use super::rope::Rope;
use super::text::{ClipText, Prompts, TextEncoder};
use super::{depth, painter};
use crate::device::Gaussian;
use crate::model::nn::{Linear, normal, rms_norm, tensor};
use crate::model::pointwise::silu;
use crate::model::weights::{Arrays, WeightsError};

/// Cosines and sines that a timestep is told by.
pub(super) const TIME_FEATURES: usize = 64;

/// The network.
#[derive(Module, Debug)]
pub struct Generator {
    text: TextEncoder,
    embed: Linear,
    time_in: Linear,
    time_out: Linear,
    pub(super) blocks: Vec<Block>,
    /// `[2, width]`: shift and scale before the head.
    final_table: Param<Tensor<2>>,
    head: Linear,
    local_head: Option<LocalHead>,
    painter: Option<PixelNet>,
    depth_net: Option<PixelNet>,
    #[module(skip)]
    config: GeneratorConfig,
}

/// All that a timestep changes in the network, in the type of the activations: constant at play time, so computed once.
#[derive(Clone, Debug)]
pub struct Modulations {
    blocks: Vec<Modulation>,
    local: Option<LocalModulation>,
}

/// What a walk's steps carry on: one KV ring a block, and the text.
#[derive(Clone, Debug)]
pub struct GeneratorState {
    rings: Vec<KvRing>,
    layout: RingLayout,
    rope: Rope,
    dtype: DType,
    /// Steps done so far.
    pub step: u64,
}

/// Latent maps to tokens: `[n, c, h, w]` -> `[n, h/2 * w/2, c * 4]`.
pub fn patchify(x: Tensor<4>) -> Tensor<3> {
    let [n, c, h, w] = x.dims();
    let (rows, columns) = (h / PATCH, w / PATCH);
    x.reshape([n, c, rows, PATCH, columns, PATCH])
        .permute([0, 2, 4, 1, 3, 5])
        .reshape([n, rows * columns, c * PATCH * PATCH])
}

/// Inverse of [`patchify`].
pub fn unpatchify(x: Tensor<3>, c: usize, h: usize, w: usize) -> Tensor<4> {
    let [n, _, _] = x.dims();
    x.reshape([n, h / PATCH, w / PATCH, c, PATCH, PATCH])
        .permute([0, 3, 1, 4, 2, 5])
        .reshape([n, c, h, w])
}

/// `[t.len(), TIME_FEATURES]`.
fn time_features(t: &[f32], device: &Device) -> Tensor<2> {
    let mut features = Vec::with_capacity(t.len() * TIME_FEATURES);
    for &t in t {
        for i in 0..TIME_FEATURES / 2 {
            let a = f64::from(t) * libm::pow(1000.0, i as f64 / (TIME_FEATURES / 2 - 1) as f64);
            features.extend([libm::cos(a) as f32, libm::sin(a) as f32]);
        }
    }
    tensor(features, [t.len(), TIME_FEATURES], device)
}

impl Generator {
    /// A new network.
    pub fn new(config: &GeneratorConfig, rng: &mut Gaussian, device: &Device) -> Self {
        let w = config.width;
        let inputs = (config.latent_channels + config.condition_channels()) * PATCH * PATCH;
        Self {
            text: TextEncoder::new(config, rng, device),
            embed: Linear::usual(inputs, w, rng, device),
            time_in: Linear::usual(TIME_FEATURES, w, rng, device),
            time_out: Linear::new(w, 6 * w, 0.02, true, rng, device),
            blocks: (0..config.depth).map(|_| Block::new(config, rng, device)).collect(),
            final_table: normal([2, w], 0.0, rng, device),
            head: Linear::new(w, config.latent_channels * PATCH * PATCH, 0.0, true, rng, device),
            local_head: (config.local_head.as_ref()).map(|l| LocalHead::new(l, config, rng, device)),
            painter: (config.painter.as_ref()).map(|p| PixelNet::new(p, painter::PLANES, rng, device)),
            depth_net: (config.depth_net.as_ref()).map(|p| PixelNet::new(p, depth::PLANES, rng, device)),
            config: config.clone(),
        }
    }

    /// Its sizes.
    pub fn config(&self) -> &GeneratorConfig {
        &self.config
    }

    /// Text tokens of prompts given as [`super::text::words`]: `[batch, text_tokens, width]`.
    pub fn encode_text(&self, prompts: &[Vec<i32>], device: &Device) -> Tensor<3> {
        self.text.forward(prompts, device)
    }

    /// Text of whole clips.
    pub fn encode_prompts(&self, prompts: &[Prompts], device: &Device) -> ClipText {
        self.text.of_clips(prompts, device)
    }

    /// The painter, if there is one.
    pub fn painter(&self) -> Option<&PixelNet> {
        self.painter.as_ref()
    }

    /// The depth network, if there is one.
    pub fn depth_net(&self) -> Option<&PixelNet> {
        self.depth_net.as_ref()
    }

    /// Shared modulation `[batch, 6 * width]` for one timestep a batch entry, in f32.
    pub(super) fn time(&self, t: &[f32], device: &Device) -> Tensor<2> {
        self.time_out
            .forward(silu(self.time_in.forward(time_features(t, device))))
    }

    /// The local head's modulation for one timestep a batch entry, if there is one.
    fn local_modulation(&self, t: &[f32], dtype: DType, device: &Device) -> Option<LocalModulation> {
        (self.local_head.as_ref()).map(|local| local.modulation(time_features(t, device), dtype))
    }

    pub(super) fn rope(&self) -> Rope {
        let c = &self.config;
        Rope::new(c.grid[0] / PATCH, c.grid[1] / PATCH, c.head_width(), c.window)
    }

    fn head(&self, x: Tensor<3>) -> Tensor<3> {
        let table = self.final_table.val().cast(x.dtype());
        let (shift, scale) = (table.clone().narrow(0, 0, 1), table.narrow(0, 1, 1));
        self.head
            .forward(rms_norm(x) * scale.add_scalar(1.0).unsqueeze() + shift.unsqueeze())
    }

    /// A whole clip at once: training, and the reference for the ring.
    ///
    /// # Shapes
    /// - `noisy`: `[batch, frames, channels, h, w]`; `condition`: `[batch, frames, condition_channels, h, w]`
    /// - `t`: one timestep a batch entry (the same for the whole clip: no diffusion forcing, AAPT appendix B)
    /// - `text`: that of all latent frames, `[batch, text_tokens, width]`, or of each ([`Self::encode_prompts`])
    /// - result: `[batch, frames, channels, h, w]`
    pub fn sequence(&self, noisy: Tensor<5>, condition: Tensor<5>, t: &[f32], text: impl Into<ClipText>) -> Tensor<5> {
        self.clip(noisy, condition, t, text, Sight::Causal)
    }

    /// [`Self::sequence`] with any sight.
    pub fn clip(
        &self,
        noisy: Tensor<5>,
        condition: Tensor<5>,
        t: &[f32],
        text: impl Into<ClipText>,
        sight: Sight,
    ) -> Tensor<5> {
        let x = self.stream(noisy.clone(), condition.clone(), t, text, sight, |_, _| {});
        self.unembedded(x, noisy, condition, t)
    }

    /// The residual stream of a whole clip, `[batch, frames * tokens, width]`, shapes as in [`Self::sequence`]. After
    /// each block `after` sees its number (from 1) and the stream: a discriminator's heads read there.
    pub fn stream(
        &self,
        noisy: Tensor<5>,
        condition: Tensor<5>,
        t: &[f32],
        text: impl Into<ClipText>,
        sight: Sight,
        mut after: impl FnMut(usize, &Tensor<3>),
    ) -> Tensor<3> {
        let [_, frames, ..] = noisy.dims();
        let (device, dtype) = (noisy.device(), noisy.dtype());
        let ClipText { tokens, second_from } = text.into();
        let (rope, changes) = (self.rope(), second_from.as_deref());
        let rotations = SequenceRotations::new(&rope, frames, &self.config, sight, changes, dtype, &device);
        let mut x = self.embedded(noisy, condition);
        let shared = self.time(t, &device);
        let text = tokens.cast(dtype);
        for (i, block) in self.blocks.iter().enumerate() {
            let m = block.modulation(&shared, dtype);
            x = block.sequence(x, &m, text.clone(), &rotations);
            after(i + 1, &x);
        }
        x
    }

    /// The residual stream before the first block.
    pub(super) fn embedded(&self, noisy: Tensor<5>, condition: Tensor<5>) -> Tensor<3> {
        let joined = Tensor::cat(vec![noisy, condition], 2);
        let [batch, frames, inputs, h, w] = joined.dims();
        let x = patchify(joined.reshape([batch * frames, inputs, h, w]));
        let [_, tokens, features] = x.dims();
        self.embed.forward(x.reshape([batch, frames * tokens, features]))
    }

    /// What the residual stream after the last block says of the clip that it began with.
    pub(super) fn unembedded(&self, x: Tensor<3>, noisy: Tensor<5>, condition: Tensor<5>, t: &[f32]) -> Tensor<5> {
        let shape @ [batch, frames, c, h, w] = noisy.dims();
        let device = x.device();
        let y = (self.head(x)).reshape([batch * frames, self.config.tokens(), c * PATCH * PATCH]);
        let answer = unpatchify(y, c, h, w);
        let flat = |x: Tensor<5>| {
            let [_, _, channels, _, _] = x.dims();
            x.reshape([batch * frames, channels, h, w])
        };
        let local = self.local_modulation(t, answer.dtype(), &device);
        let local = local.map(|m| m.repeated(frames));
        self.ended(answer, flat(noisy), flat(condition), local.as_ref())
            .reshape(shape)
    }

    /// The tokens' answer with what the local head makes of it, if there is one.
    fn ended(
        &self,
        answer: Tensor<4>,
        noisy: Tensor<4>,
        condition: Tensor<4>,
        modulation: Option<&LocalModulation>,
    ) -> Tensor<4> {
        match (&self.local_head, modulation) {
            (Some(local), Some(modulation)) => local.forward(answer, noisy, condition, modulation),
            _ => answer,
        }
    }

    /// All modulations at one timestep for `batch` walks.
    pub fn modulations(&self, t: f32, batch: usize, dtype: DType, device: &Device) -> Modulations {
        let t = vec![t; batch];
        let shared = self.time(&t, device);
        Modulations {
            blocks: self.blocks.iter().map(|b| b.modulation(&shared, dtype)).collect(),
            local: self.local_modulation(&t, dtype, device),
        }
    }

    /// The state of `batch` walks that have not begun, with their text.
    pub fn begin(&self, text: Tensor<3>, dtype: DType) -> GeneratorState {
        let [batch, _, _] = text.dims();
        let c = &self.config;
        let layout = RingLayout {
            text: c.text_tokens,
            tokens: c.tokens(),
            window: c.window,
        };
        let device = text.device();
        let rings = (0..c.depth)
            .map(|_| KvRing::new(layout, batch, c.heads, c.head_width(), dtype, &device))
            .collect();
        let mut state = GeneratorState {
            rings,
            layout,
            rope: self.rope(),
            dtype,
            step: 0,
        };
        self.change_text(&mut state, text);
        state
    }

    /// Changes the text of a running walk: the coming steps see it, the past is not computed again.
    pub fn change_text(&self, state: &mut GeneratorState, text: Tensor<3>) {
        let text = text.cast(state.dtype);
        for (block, ring) in self.blocks.iter().zip(&mut state.rings) {
            let (keys, values) = block.text_keys_values(text.clone());
            ring.put_text(keys, values);
        }
    }

    /// One latent frame: `noisy` `[batch, channels, h, w]`, `condition` `[batch, condition_channels, h, w]`.
    pub fn step(
        &self,
        state: &mut GeneratorState,
        modulations: &Modulations,
        noisy: Tensor<4>,
        condition: Tensor<4>,
    ) -> Tensor<4> {
        let [_, c, h, w] = noisy.dims();
        let device = noisy.device();
        state.step += 1;
        let step = state.step;
        let GeneratorState {
            rings,
            layout,
            rope,
            dtype,
            ..
        } = state;
        let rotations = StepRotations::new(rope, step, layout.window, layout.text, *dtype, &device);
        let bias =
            (!layout.is_full(step)).then(|| tensor(layout.bias(step), [1, 1, 1, layout.slots()], &device).cast(*dtype));
        let joined = Tensor::cat(vec![noisy.clone(), condition.clone()], 1);
        let mut x = self.embed.forward(patchify(joined));
        for ((block, ring), m) in self.blocks.iter().zip(rings).zip(&modulations.blocks) {
            x = block.step(x, m, ring, step, &rotations, bias.clone());
        }
        let answer = unpatchify(self.head(x), c, h, w);
        self.ended(answer, noisy, condition, modulations.local.as_ref())
    }
}

impl GeneratorState {
    /// Bytes of the arrays that [`Self::export`] makes.
    pub fn bytes(&self) -> usize {
        self.rings.iter().map(KvRing::bytes).sum()
    }

    /// All rings as arrays whose names begin with `prefix`.
    pub fn export(&self, prefix: &str, out: &mut Arrays) {
        for (i, ring) in self.rings.iter().enumerate() {
            ring.export(&format!("{prefix}.{i}"), out);
        }
    }

    /// Takes the rings that a state of `step` steps has exported.
    pub fn import(&mut self, prefix: &str, from: &Arrays, step: u64) -> Result<(), WeightsError> {
        for (i, ring) in self.rings.iter_mut().enumerate() {
            ring.import(&format!("{prefix}.{i}"), from, step > 0)?;
        }
        self.step = step;
        Ok(())
    }

    /// The bounded time position of the last step.
    pub fn position(&self) -> u64 {
        self.rope.position(self.step as i64)
    }

    /// Jumps to a later step without computing (tests of long walks).
    #[cfg(test)]
    pub(crate) fn pretend_step(&mut self, step: u64) {
        self.step = step;
    }
}

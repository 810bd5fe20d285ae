//! One transformer block of the generator, in its two forms: a whole sequence at once (block-causal, for training and as
//! the reference), and one latent frame against the KV ring (play). Both make the same numbers.

use std::ops::Range;

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::attention::{attend, gather, join_heads, normalise, split_heads, with_ones};
use super::config::GeneratorConfig;
use super::kv_ring::KvRing;
use super::rope::{Rope, Rotation};
use crate::device::Gaussian;
use crate::model::nn::{Linear, normal, rms_norm, tensor};
use crate::model::pointwise::gelu;

/// What a token of a whole clip attends to besides the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sight {
    /// The pinned first frame, the window before its own latent frame, and that (AAPT §2.1).
    #[default]
    Causal,
    /// All latent frames of the clip.
    Full,
}

/// Shift, scale and gate of both branches, each `[batch, 1, width]`, from the timestep alone: constant at one evaluation.
#[derive(Clone, Debug)]
pub struct Modulation(pub [Tensor<3>; 6]);

/// Rotations for the keys and queries of one step.
#[derive(Clone, Debug)]
pub struct StepRotations {
    /// The step's own tokens.
    pub now: Rotation,
    /// The pinned frame as seen from the step; the step's own place at step 1.
    pub pinned: Rotation,
    /// Text.
    pub text: Rotation,
}

impl StepRotations {
    /// Rotations for `step` (counted from 1).
    pub fn new(
        rope: &Rope,
        step: u64,
        window: usize,
        text: usize,
        dtype: burn::tensor::DType,
        device: &Device,
    ) -> Self {
        let at = step as i64;
        let pinned = if step <= 1 { at } else { at - (window as i64 + 1) };
        Self {
            now: rope.rotation(at, None, device).cast(dtype),
            pinned: rope.rotation(pinned, None, device).cast(dtype),
            text: rope.rotation(at, Some(text), device).cast(dtype),
        }
    }
}

/// Latent frames whose queries share one product: more waste less time on masked pairs, but copy less.
const GROUP: usize = 5;
/// Added to the score of a pair that must not meet.
pub(super) const NEVER: f32 = -1e4;

/// Rotations and masks for a whole clip. The distance in time from a latent frame to the pinned frame and to the text is
/// always the same, so one copy of those keys serves all queries, as seen from time 0.
#[derive(Clone, Debug)]
pub struct SequenceRotations {
    frames: usize,
    /// Every token at its own time.
    now: Rotation,
    /// Every token at time 0.
    here: Rotation,
    pinned: Option<Rotation>,
    text: Rotation,
    /// Hides the pinned frame from itself, and of two texts the other one: `[1 or batch, 1, frames * tokens, texts + tokens]`.
    sink_bias: Option<Tensor<4>>,
    groups: Vec<Group>,
}

/// Consecutive latent frames, and those that any of them sees.
#[derive(Clone, Debug)]
struct Group {
    queries: Range<usize>,
    keys: Range<usize>,
    /// `[1, 1, queries * tokens, keys * tokens]`
    bias: Option<Tensor<4>>,
}

impl SequenceRotations {
    /// For latent frames of steps 1 to `frames`. With `second_from` there are two texts: see [`super::text::ClipText`].
    pub fn new(
        rope: &Rope,
        frames: usize,
        config: &GeneratorConfig,
        sight: Sight,
        second_from: Option<&[usize]>,
        dtype: burn::tensor::DType,
        device: &Device,
    ) -> Self {
        let (tokens, text, window) = (config.tokens(), config.text_tokens, config.window);
        let at = |step: i64| rope.rotation(step, None, device);
        let sinks = StepRotations::new(rope, 0, window, text, dtype, device);
        let mask = |[batch, rows, columns]: [usize; 3], sees: &dyn Fn(usize, usize, usize) -> bool| -> Tensor<4> {
            let place = |i: usize| sees(i / columns / rows, i / columns % rows, i % columns);
            let values = (0..batch * rows * columns).map(|i| if place(i) { 0.0 } else { NEVER });
            tensor::<4>(values.collect(), [batch, 1, rows, columns], device).cast(dtype)
        };
        let causal = sight == Sight::Causal;
        let each = if causal { GROUP } else { frames };
        let groups = (0..frames).step_by(each).map(|start| {
            let queries = start..(start + each).min(frames);
            // The pinned frame is in the window of no other: they have it as a sink.
            let from = |frame: usize| {
                if frame == 0 {
                    0
                } else {
                    frame.saturating_sub(window).max(1)
                }
            };
            let keys = if causal { from(start)..queries.end } else { 0..frames };
            let bias = causal.then(|| {
                let sees = |_, q: usize, k: usize| {
                    let (q, k) = (start + q / tokens, keys.start + k / tokens);
                    (from(q)..=q).contains(&k)
                };
                mask([1, queries.len() * tokens, keys.len() * tokens], &sees)
            });
            Group { queries, keys, bias }
        });
        let texts = if second_from.is_some() { 2 } else { 1 };
        let sees_sink = |clip: usize, q: usize, k: usize| match second_from {
            _ if k >= texts * text => q >= tokens,
            Some(from) => (k >= text) == (q / tokens >= from[clip]),
            None => true,
        };
        let sinks_shape = [
            second_from.map_or(1, <[usize]>::len),
            frames * tokens,
            texts * text + if causal { tokens } else { 0 },
        ];
        Self {
            frames,
            now: Rotation::concat(&(1..=frames as i64).map(at).collect::<Vec<_>>()).cast(dtype),
            here: Rotation::concat(&vec![at(0); frames]).cast(dtype),
            pinned: causal.then(|| rope.rotation(-(window as i64 + 1), None, device).cast(dtype)),
            text: Rotation::concat(&vec![sinks.text; texts]),
            sink_bias: (causal || texts > 1).then(|| mask(sinks_shape, &sees_sink)),
            groups: groups.collect(),
        }
    }
}

/// A transformer block: attention, then a two-layer perceptron, both modulated (AdaLN) and gated.
#[derive(Module, Debug)]
pub struct Block {
    qkv: Linear,
    out: Linear,
    up: Linear,
    down: Linear,
    text_kv: Linear,
    /// `[2, head_width]`: learned gains after the normalisation of queries and keys.
    qk_gain: Param<Tensor<2>>,
    /// `[6, width]`, added to the shared modulation.
    table: Param<Tensor<2>>,
    #[module(skip)]
    heads: usize,
    #[module(skip)]
    window: usize,
}

impl Block {
    /// A new block.
    pub fn new(config: &GeneratorConfig, rng: &mut Gaussian, device: &Device) -> Self {
        let w = config.width;
        // Residual branches of a deep stack start small.
        let out_std = 0.5 / ((w * 2 * config.depth) as f32).sqrt();
        let d = config.head_width();
        Self {
            qkv: Linear::usual(w, 3 * w, rng, device),
            out: Linear::new(w, w, out_std, true, rng, device),
            up: Linear::usual(w, config.mlp_ratio * w, rng, device),
            down: Linear::new(
                config.mlp_ratio * w,
                w,
                out_std / (config.mlp_ratio as f32).sqrt(),
                true,
                rng,
                device,
            ),
            text_kv: Linear::usual(w, 2 * w, rng, device),
            qk_gain: Param::from_tensor(Tensor::ones([2, d], device)),
            table: normal([6, w], 0.0, rng, device),
            heads: config.heads,
            window: config.window,
        }
    }

    /// The shared modulation `[batch, 6 * width]` with this block's table, in the type of the activations.
    pub fn modulation(&self, shared: &Tensor<2>, dtype: burn::tensor::DType) -> Modulation {
        let [batch, six] = shared.dims();
        let width = six / 6;
        let m = shared.clone().reshape([batch, 6, width]) + self.table.val().unsqueeze();
        let m = m.cast(dtype);
        Modulation(std::array::from_fn(|i| m.clone().narrow(1, i, 1)))
    }

    /// Keys (normalised, not rotated) and values of the text `[batch, text, width]`.
    pub fn text_keys_values(&self, text: Tensor<3>) -> (Tensor<4>, Tensor<4>) {
        let [_, _, width] = text.dims();
        let kv = self.text_kv.forward(text);
        let keys = self.normed(split_heads(kv.clone().narrow(2, 0, width), self.heads), 1);
        (keys, split_heads(kv.narrow(2, width, width), self.heads))
    }

    fn normed(&self, x: Tensor<4>, which: usize) -> Tensor<4> {
        let gain = self.qk_gain.val().narrow(0, which, 1).cast(x.dtype());
        rms_norm(x) * gain.unsqueeze()
    }

    /// Queries, keys (both normalised, not rotated) and values of `[batch, tokens, width]`.
    fn queries_keys_values(&self, x: Tensor<3>, m: &Modulation) -> [Tensor<4>; 3] {
        let [_, _, width] = x.dims();
        let h = rms_norm(x) * m.0[1].clone().add_scalar(1.0) + m.0[0].clone();
        let qkv = self.qkv.forward(h);
        let part = |i: usize| split_heads(qkv.clone().narrow(2, i * width, width), self.heads);
        [self.normed(part(0), 0), self.normed(part(1), 1), part(2)]
    }

    fn finish(&self, x: Tensor<3>, attended: Tensor<4>, m: &Modulation) -> Tensor<3> {
        let x = x + self.out.forward(join_heads(attended)) * m.0[2].clone().add_scalar(1.0);
        let h = rms_norm(x.clone()) * m.0[4].clone().add_scalar(1.0) + m.0[3].clone();
        x + self.down.forward(gelu(self.up.forward(h))) * m.0[5].clone().add_scalar(1.0)
    }

    /// One latent frame against the ring, which is brought to `step`.
    ///
    /// `x`: `[batch, tokens, width]`; `bias`: mask of slots not filled yet.
    pub fn step(
        &self,
        x: Tensor<3>,
        m: &Modulation,
        ring: &mut KvRing,
        step: u64,
        rotations: &StepRotations,
        bias: Option<Tensor<4>>,
    ) -> Tensor<3> {
        let [q, k, v] = self.queries_keys_values(x.clone(), m);
        ring.put(
            step,
            k,
            v,
            |k| rotations.now.apply(k),
            |k| rotations.pinned.apply(k),
            |k| rotations.text.apply(k),
        );
        let (keys, values) = ring.all();
        let attended = attend(rotations.now.apply(q), keys, values, bias);
        self.finish(x, attended, m)
    }

    /// A clip's latent frames at once.
    ///
    /// `x`: `[batch, frames * tokens, width]`; `text`: `[batch, texts * text, width]`.
    pub fn sequence(&self, x: Tensor<3>, m: &Modulation, text: Tensor<3>, rotations: &SequenceRotations) -> Tensor<3> {
        let [_, total, _] = x.dims();
        let tokens = total / rotations.frames;
        let [q, k, v] = self.queries_keys_values(x.clone(), m);
        let v = with_ones(v);
        let part =
            |x: &Tensor<4>, frames: &Range<usize>| x.clone().narrow(2, frames.start * tokens, frames.len() * tokens);
        let (text_keys, text_values) = self.text_keys_values(text);
        let mut sink_keys = vec![rotations.text.apply(text_keys)];
        let mut sink_values = vec![with_ones(text_values)];
        if let Some(pinned) = &rotations.pinned {
            sink_keys.push(pinned.apply(part(&k, &(0..1))));
            sink_values.push(part(&v, &(0..1)));
        }
        let of_sinks = gather(
            rotations.here.apply(q.clone()),
            Tensor::cat(sink_keys, 2),
            Tensor::cat(sink_values, 2),
            rotations.sink_bias.as_ref(),
        );
        let (q, k) = (rotations.now.apply(q), rotations.now.apply(k));
        let of_frames = rotations.groups.iter().map(|g| {
            gather(
                part(&q, &g.queries),
                part(&k, &g.keys),
                part(&v, &g.keys),
                g.bias.as_ref(),
            )
        });
        let attended = normalise(of_sinks + Tensor::cat(of_frames.collect(), 2));
        self.finish(x, attended, m)
    }
}

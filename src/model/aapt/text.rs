//! Word-level text encoder: learned word vectors, a little attention of text to text.

use burn::module::{Module, Param};
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::attention::{attend, join_heads, split_heads};
use super::config::GeneratorConfig;
use crate::device::Gaussian;
use crate::model::nn::{Linear, normal, rms_norm};
use crate::model::pointwise::gelu;

/// The words of a prompt that a vocabulary knows, as indices; 0 is "no word".
pub fn words(prompt: &str, vocabulary: &[String], most: usize) -> Vec<i32> {
    let mut ids: Vec<i32> = prompt
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .filter_map(|w| {
            vocabulary
                .iter()
                .position(|v| v.eq_ignore_ascii_case(w))
                .map(|i| i as i32 + 1)
        })
        .take(most)
        .collect();
    ids.resize(most, 0);
    ids
}

/// Text tokens of a prompt; they attend to text only and are computed once a prompt.
#[derive(Module, Debug)]
pub struct TextEncoder {
    words: Param<Tensor<2>>,
    places: Param<Tensor<2>>,
    qkv: Linear,
    out: Linear,
    up: Linear,
    down: Linear,
    #[module(skip)]
    heads: usize,
}

impl TextEncoder {
    /// A new encoder.
    pub fn new(config: &GeneratorConfig, rng: &mut Gaussian, device: &Device) -> Self {
        let w = config.width;
        Self {
            words: normal([config.vocabulary.len() + 1, w], 0.5, rng, device),
            places: normal([config.text_tokens, w], 0.1, rng, device),
            qkv: Linear::usual(w, 3 * w, rng, device),
            out: Linear::new(w, w, 0.02, true, rng, device),
            up: Linear::usual(w, 2 * w, rng, device),
            down: Linear::new(2 * w, w, 0.02, true, rng, device),
            heads: config.heads,
        }
    }

    /// `[batch]` prompts as [`words`] -> `[batch, text_tokens, width]`.
    pub fn forward(&self, prompts: &[Vec<i32>], device: &Device) -> Tensor<3> {
        let batch = prompts.len();
        let table = self.words.val();
        let [_, width] = table.dims();
        let places = self.places.val();
        let [tokens, _] = places.dims();
        let ids: Vec<i32> = prompts.concat();
        let ids: Tensor<1, Int> = Tensor::from_data(TensorData::new(ids, [batch * tokens]), device);
        let mut x = table.select(0, ids).reshape([batch, tokens, width]) + places.unsqueeze();
        let qkv = self.qkv.forward(rms_norm(x.clone()));
        let part = |i: usize| split_heads(qkv.clone().narrow(2, i * width, width), self.heads);
        x = x + self.out.forward(join_heads(attend(part(0), part(1), part(2), None)));
        x = x.clone() + self.down.forward(gelu(self.up.forward(rms_norm(x))));
        rms_norm(x)
    }
}

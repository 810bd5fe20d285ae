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

/// The prompt of a clip's latent frames, as [`words`] gives it, and the one that may take over on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompts {
    /// The first one.
    pub first: Vec<i32>,
    /// Another one, and the first latent frame, counted from 0, that it holds for.
    pub then: Option<(usize, Vec<i32>)>,
}

impl Prompts {
    /// The same for the clip that is made of the latent frames `of` of this one, in order.
    pub fn of(&self, of: &[usize]) -> Self {
        let from = |at: usize| of.iter().position(|k| *k >= at);
        let then = self.then.as_ref();
        Self {
            first: self.first.clone(),
            then: then.and_then(|(at, words)| Some((from(*at)?, words.clone()))),
        }
    }

    /// The same for the clip with one more latent frame in front.
    pub fn one_later(&self) -> Self {
        let then = self.then.as_ref();
        Self {
            first: self.first.clone(),
            then: then.map(|(at, words)| (at + 1, words.clone())),
        }
    }
}

impl From<Vec<i32>> for Prompts {
    fn from(first: Vec<i32>) -> Self {
        Self { first, then: None }
    }
}

/// Text of a batch of whole clips, and which latent frames see which.
#[derive(Clone, Debug)]
pub struct ClipText {
    /// `[batch, texts * text_tokens, width]`: one text, or two if some clip's prompt changes.
    pub(super) tokens: Tensor<3>,
    /// With two texts: the first latent frame of each clip that sees the second one instead of the first.
    pub(super) second_from: Option<Vec<usize>>,
}

impl From<Tensor<3>> for ClipText {
    fn from(tokens: Tensor<3>) -> Self {
        Self {
            tokens,
            second_from: None,
        }
    }
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

    /// The text of whole clips.
    pub fn of_clips(&self, prompts: &[Prompts], device: &Device) -> ClipText {
        let first: Vec<Vec<i32>> = prompts.iter().map(|p| p.first.clone()).collect();
        let first = self.forward(&first, device);
        if prompts.iter().all(|p| p.then.is_none()) {
            return first.into();
        }
        // Who has no second prompt never comes to it.
        let second = |p: &Prompts| p.then.clone().unwrap_or_else(|| (usize::MAX, p.first.clone()));
        let (from, words): (Vec<usize>, Vec<Vec<i32>>) = prompts.iter().map(second).unzip();
        ClipText {
            tokens: Tensor::cat(vec![first, self.forward(&words, device)], 1),
            second_from: Some(from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_stands_where_the_picked_frames_have_it() {
        let prompts = Prompts {
            first: vec![1],
            then: Some((4, vec![2])),
        };
        let from = |p: Prompts| p.then.map(|(at, _)| at);
        assert_eq!(from(prompts.of(&[0, 2, 3, 4, 5])), Some(3));
        assert_eq!(from(prompts.of(&[0, 6, 7])), Some(1));
        assert_eq!(from(prompts.of(&[0, 1, 2, 3])), None);
        assert_eq!(from(prompts.one_later()), Some(5));
        assert_eq!(Prompts::from(vec![3]).one_later(), vec![3].into());
    }
}

//! The discriminator: the generator's own backbone with logit heads (AAPT §2.2, APT §3.3).
//!
//! The noise channels carry the latent frame to judge, and so do the recycled channels: it must not see what a generator
//! recycled, or it would tell real from made by that alone. Three heads read the residual stream at growing depth, each
//! with one learned query that attends to the tokens of its own frame; their answers together give the logit.
//!
//! A recipe can have a patch discriminator in its place ([`super::patch_judge`]).

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::attention::{attend, join_heads, split_heads};
use super::block::Sight;
use super::config::GeneratorConfig;
use super::generator::Generator;
use super::patch_judge::PatchJudge;
use super::text::Prompts;
use crate::device::Gaussian;
use crate::model::nn::{Linear, normal, rms_norm};

/// What gets a logit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Logit {
    /// Each latent frame (AAPT §2.2).
    #[default]
    Frame,
    /// The clip as a whole (AAD-1).
    Clip,
    /// Each token, for small batches: many opinions on few clips.
    Token,
}

/// What judges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Judge {
    /// The generator's backbone, from adapted weights (AAPT §2.3).
    #[default]
    Backbone,
    /// A small convolutional network, from nothing; a logit for each token of each frame.
    Patch,
}

/// What kind of discriminator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DiscriminatorConfig {
    /// What judges.
    pub judge: Judge,
    /// What gets a logit (backbone only).
    pub logit: Logit,
    /// Attention over the whole clip instead of the past (AAD-1; backbone only).
    pub bidirectional: bool,
    /// Latent channels, from the first on, that are not judged: made and real alike show what was recycled there. The first
    /// three are a place's mean colour, which squared error tells better than a young discriminator.
    pub unjudged_channels: usize,
}

/// Channels of the patch discriminator on the latent grid, over the generator's width.
const PATCH_WIDTH_SHARE: usize = 2;

/// One reading of the residual stream.
#[derive(Module, Debug)]
struct Head {
    /// `[1, width]`.
    query: Param<Tensor<2>>,
    key: Linear,
    value: Linear,
}

/// The network.
#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one of them at a time")]
pub enum Discriminator {
    /// See [`Judge::Backbone`].
    Backbone(Backbone),
    /// See [`Judge::Patch`].
    Patch(PatchJudge),
}

/// The paper's discriminator.
#[derive(Module, Debug)]
pub struct Backbone {
    generator: Generator,
    heads: Vec<Head>,
    logit: Linear,
    #[module(skip)]
    config: DiscriminatorConfig,
}

/// Names of the parameters that adapted weights take the place of begin so.
pub const ADAPTED: &str = "Backbone.generator";

impl Discriminator {
    /// A new network; a backbone is to be replaced by adapted weights (names below [`ADAPTED`]).
    pub fn new(config: DiscriminatorConfig, generator: &GeneratorConfig, rng: &mut Gaussian, device: &Device) -> Self {
        match config.judge {
            Judge::Backbone => Self::Backbone(Backbone::new(config, generator, rng, device)),
            Judge::Patch => {
                let width = (generator.width / PATCH_WIDTH_SHARE).max(8);
                Self::Patch(PatchJudge::new(width, generator, rng, device))
            }
        }
    }

    /// Logits `[batch, n]` of clips whose first latent frame is given (it is context and gets none): n is the number of
    /// the other latent frames, that times the tokens of one, or 1.
    ///
    /// # Shapes
    /// - `clip`: `[batch, frames, channels, h, w]`, normalised to unit deviation as noise is
    /// - `latents`: the same clip as latents, for the recycled channels
    /// - `camera`: `[batch, frames, condition_channels - channels, h, w]`: validity and rays, the same for real and made
    /// - `t`: one timestep a batch entry, any in 0..1: an ensemble (APT §3.3)
    /// - `prompts`: those of each batch entry's frames
    pub fn forward(
        &self,
        clip: Tensor<5>,
        latents: Tensor<5>,
        camera: Tensor<5>,
        t: &[f32],
        prompts: &[Prompts],
    ) -> Tensor<2> {
        match self {
            Self::Backbone(backbone) => backbone.forward(clip, latents, camera, t, prompts),
            Self::Patch(patch) => patch.forward(clip, camera),
        }
    }
}

impl Backbone {
    fn new(config: DiscriminatorConfig, generator: &GeneratorConfig, rng: &mut Gaussian, device: &Device) -> Self {
        let w = generator.width;
        let depths = reading_depths(generator.depth).len();
        let heads = (0..depths)
            .map(|_| Head {
                query: normal([1, w], 1.0, rng, device),
                key: Linear::usual(w, w, rng, device),
                value: Linear::usual(w, w, rng, device),
            })
            .collect();
        Self {
            generator: Generator::new(generator, rng, device),
            heads,
            logit: Linear::new(depths * w, 1, 0.1 / ((depths * w) as f32).sqrt(), true, rng, device),
            config,
        }
    }

    fn forward(
        &self,
        clip: Tensor<5>,
        latents: Tensor<5>,
        camera: Tensor<5>,
        t: &[f32],
        prompts: &[Prompts],
    ) -> Tensor<2> {
        let text = self.generator.encode_prompts(prompts, &clip.device());
        let [batch, frames, _, _, _] = clip.dims();
        let generator = self.generator.config();
        let (tokens, heads, width) = (generator.tokens(), generator.heads, generator.width);
        let sight = if self.config.bidirectional {
            Sight::Full
        } else {
            Sight::Causal
        };
        let depths = reading_depths(generator.depth);
        let mut read = Vec::with_capacity(depths.len());
        let condition = Tensor::cat(vec![latents, camera], 2);
        self.generator.stream(clip, condition, t, text, sight, |depth, x| {
            let Some(head) = depths.iter().position(|d| *d == depth).and_then(|i| self.heads.get(i)) else {
                return;
            };
            let judged = rms_norm(x.clone().narrow(1, tokens, (frames - 1) * tokens));
            let groups = match self.config.logit {
                Logit::Frame => frames - 1,
                Logit::Clip => 1,
                Logit::Token => {
                    read.push(head.value.forward(judged));
                    return;
                }
            };
            let each = (frames - 1) * tokens / groups;
            let judged = judged.reshape([batch * groups, each, width]);
            let query = head.query.val().cast(judged.dtype()).unsqueeze::<3>();
            let query = query.repeat_dim(0, batch * groups);
            let keys = rms_norm(split_heads(head.key.forward(judged.clone()), heads));
            let query = rms_norm(split_heads(query, heads));
            let values = split_heads(head.value.forward(judged), heads);
            let answer: Tensor<3> = join_heads(attend(query, keys, values, None));
            read.push(answer.reshape([batch, groups, width]));
        });
        let logits = self.logit.forward(rms_norm(Tensor::cat(read, 2)));
        let [_, n, _] = logits.dims();
        logits.reshape([batch, n])
    }
}

/// Blocks after which a head reads: 4/9, 13/18 and all of the depth, as APT's 16, 26 and 36 of 36.
fn reading_depths(depth: usize) -> Vec<usize> {
    let mut depths: Vec<usize> = [16, 26, 36].iter().map(|d| (d * depth).div_ceil(36)).collect();
    depths.dedup();
    depths
}

#[cfg(test)]
mod tests {
    use super::super::config::Recycle;
    use super::*;
    use crate::model::nn::tensor;
    use crate::model::weights::{export, prefixed, shapes, to_host};

    fn config() -> GeneratorConfig {
        GeneratorConfig {
            grid: [4, 6],
            latent_channels: 4,
            width: 32,
            depth: 3,
            heads: 2,
            mlp_ratio: 2,
            window: 4,
            recycle: Recycle::Reproject,
            text_tokens: 3,
            vocabulary: vec!["snow".into()],
            local_head: None,
            painter: None,
            depth_net: None,
            doubt: 0.0,
            prediction: crate::flow::Prediction::default(),
            evaluations: crate::flow::Evaluations::default(),
        }
    }

    fn logits(kind: DiscriminatorConfig, change_last: bool) -> Vec<f32> {
        let device = Device::flex();
        let g = config();
        let model = Discriminator::new(kind, &g, &mut Gaussian::new(3, 0), &device);
        let (frames, [h, w]) = (4, g.grid);
        let random = |channels: usize, seed: u64| {
            let mut values = vec![0.0; frames * channels * h * w];
            Gaussian::new(seed, 0).fill(&mut values);
            if change_last && seed == 1 {
                let last = values.len() - channels * h * w;
                values[last..].iter_mut().for_each(|v| *v += 1.0);
            }
            tensor(values, [1, frames, channels, h, w], &device)
        };
        let camera = g.condition_channels() - g.latent_channels;
        to_host(model.forward(
            random(4, 1),
            random(4, 1),
            random(camera, 2),
            &[0.5],
            &[vec![1, 0, 0].into()],
        ))
    }

    #[test]
    fn every_kind_gives_its_number_of_logits() {
        for (logit, n) in [(Logit::Frame, 3), (Logit::Clip, 1), (Logit::Token, 3 * 6)] {
            for bidirectional in [false, true] {
                let kind = DiscriminatorConfig {
                    logit,
                    bidirectional,
                    ..DiscriminatorConfig::default()
                };
                assert_eq!(logits(kind, false).len(), n);
            }
        }
    }

    #[test]
    fn a_causal_judge_of_frames_does_not_look_ahead() {
        for (bidirectional, ahead) in [(false, false), (true, true)] {
            let kind = DiscriminatorConfig {
                bidirectional,
                ..DiscriminatorConfig::default()
            };
            let (a, b) = (logits(kind, false), logits(kind, true));
            assert_ne!(a[2], b[2], "the changed frame itself");
            assert_eq!(a[..2] != b[..2], ahead);
        }
    }

    #[test]
    fn a_patch_judge_gives_every_token_a_logit_and_sees_one_frame() {
        let kind = DiscriminatorConfig {
            judge: Judge::Patch,
            ..DiscriminatorConfig::default()
        };
        let (a, b) = (logits(kind, false), logits(kind, true));
        assert_eq!(a.len(), 3 * 6);
        assert_eq!(a[..12], b[..12]);
        assert!(a[12..].iter().zip(&b[12..]).all(|(a, b)| a != b));
    }

    #[test]
    fn adapted_weights_have_a_place() {
        let device = Device::flex();
        let generator = Generator::new(&config(), &mut Gaussian::silent(), &device);
        let kind = DiscriminatorConfig::default();
        let judge = Discriminator::new(kind, &config(), &mut Gaussian::silent(), &device);
        let names: Vec<String> = shapes(&judge).into_iter().map(|(name, _)| name).collect();
        for name in prefixed(export(&generator), ADAPTED).keys() {
            assert!(names.contains(name), "{name} is not among {names:?}");
        }
    }

    #[test]
    fn heads_read_at_three_depths() {
        assert_eq!(reading_depths(36), [16, 26, 36]);
        assert_eq!(reading_depths(6), [3, 5, 6]);
        assert_eq!(reading_depths(1), [1]);
    }
}

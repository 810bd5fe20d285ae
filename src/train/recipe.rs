//! The recipe: one TOML file that says all about a generator.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{TrainError, inherit};
use crate::flow::{Evaluations, Prediction};
use crate::model::aapt::config::{AutoencoderConfig, GeneratorConfig, Recycle};
use crate::model::aapt::discriminator::DiscriminatorConfig;
use crate::model::aapt::local_head::LocalHeadConfig;
use crate::model::aapt::pixel_net::PixelNetConfig;

/// Everything that a training run is made of.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Title of the world.
    pub title: String,
    /// Licence of the weights.
    pub licence: String,
    /// Training worlds.
    pub data: DataRecipe,
    /// Autoencoder sizes.
    pub autoencoder: AutoencoderConfig,
    /// Generator sizes.
    pub generator: GeneratorRecipe,
    /// Stage 0: the autoencoder.
    pub train_autoencoder: AutoencoderRecipe,
    /// Before stage 1: bidirectional pre-training; left out, adaptation begins with nothing.
    pub pretrain: Option<PretrainRecipe>,
    /// Stage 1: adaptation (flow matching, teacher forcing).
    pub adapt: StageRecipe,
    /// Stage 2: consistency distillation.
    pub distill: StageRecipe,
    /// Stage 3: adversarial training on the network's own rollouts; left out, the world is what distillation made.
    pub adversarial: Option<AdversarialRecipe>,
    /// Stage 4: the depth network; left out, depth is what the decoder says.
    pub depth: Option<DepthRecipe>,
    /// Stage 5: the painter; left out, nothing is painted.
    pub paint: Option<PaintRecipe>,
    /// The probe that measures worlds of this kind.
    pub probe: Option<ProbeRecipe>,
    /// The recipe file's text, word for word if it stands alone.
    #[serde(skip)]
    pub text: String,
}

/// Training worlds.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DataRecipe {
    /// Folder of shards, with `train` and `test` below; rendered there if it is empty.
    pub dir: PathBuf,
    /// Clips to train on.
    pub train_clips: usize,
    /// Those among them of people who turn fast and far, from worlds of the next seed: what is new is learnt there.
    #[serde(default)]
    pub turning_clips: usize,
    /// Those among them whose world and words change on the way, from worlds of the seed after that, in a folder of their
    /// own: other recipes over the same data do not see them.
    #[serde(default)]
    pub changing_clips: usize,
    /// Clips of held-out worlds.
    pub test_clips: usize,
    /// Video frames a clip: 1 + 4 n.
    pub frames: usize,
    /// Width and height in pixels, multiples of 16.
    pub size_px: [usize; 2],
    /// Horizontal field of view.
    pub fov_x_deg: f32,
    /// Seed of the worlds.
    pub seed: u64,
}

/// Generator sizes that are not implied by others.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GeneratorRecipe {
    /// Width of the residual stream.
    pub width: usize,
    /// Transformer blocks.
    pub depth: usize,
    /// Attention heads.
    pub heads: usize,
    /// Hidden width of a block over `width`.
    pub mlp_ratio: usize,
    /// Past latent frames attended to.
    pub window: usize,
    /// How the previous latent frame is recycled.
    pub recycle: Recycle,
    /// Most words of a prompt.
    pub text_tokens: usize,
    /// How much less sure known places are right after new words: see [`GeneratorConfig::doubt`].
    #[serde(default)]
    pub doubt: f32,
    /// What its output means.
    #[serde(default)]
    pub prediction: Prediction,
    /// How a latent frame is sampled at play time.
    #[serde(default)]
    pub evaluations: Evaluations,
    /// Convolutions that end the generator.
    pub local_head: Option<LocalHeadConfig>,
    /// A network for texture, after the decoder, trained in stage 5.
    pub painter: Option<PixelNetConfig>,
    /// A network for depth to the pixel, after the decoder, trained in stage 4.
    pub depth_net: Option<PixelNetConfig>,
}

/// Stage 0.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AutoencoderRecipe {
    /// Optimiser steps.
    pub steps: u64,
    /// Latent frames a step.
    pub batch: usize,
    /// Peak learning rate.
    pub lr: f32,
    /// Clips whose blocks give the principal components.
    pub pca_clips: usize,
    /// Weight of the inverse-depth error.
    pub depth_weight: f32,
    /// Decay of the averaged weights.
    pub ema: f32,
}

/// Bidirectional pre-training.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PretrainRecipe {
    /// Optimiser steps.
    pub steps: u64,
    /// Clips at a time.
    pub batch: usize,
    /// Batches a step, whose gradients are added up.
    #[serde(default = "once")]
    pub accumulate: usize,
    /// Compute the network's blocks again going backwards instead of keeping what they computed: less memory, more time.
    #[serde(default)]
    pub recompute: bool,
    /// Latent frames a clip after the first frame; at most `generator.window` + 1, because farther ones would look the
    /// same in the past and in the future.
    pub latents: usize,
    /// Peak learning rate.
    pub lr: f32,
    /// Steps of linear warm-up; after it the rate falls as a cosine to a tenth.
    pub warmup: u64,
    /// Decoupled weight decay.
    pub weight_decay: f32,
    /// Timestep shift.
    pub shift: f32,
    /// Decay of the averaged weights.
    pub ema: f32,
    /// Exponent of a channel's weight in the picture: 0 counts all latent channels alike, 2 counts pixel errors.
    pub channel_power: f32,
}

/// A stage of the generator.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StageRecipe {
    /// Optimiser steps.
    pub steps: u64,
    /// Clips at a time.
    pub batch: usize,
    /// Batches a step, whose gradients are added up: as one batch so many times as large, in the memory of one.
    #[serde(default = "once")]
    pub accumulate: usize,
    /// Compute the network's blocks again going backwards instead of keeping what they computed: less memory, more time.
    #[serde(default)]
    pub recompute: bool,
    /// Latent frames a clip.
    pub latents: usize,
    /// Peak learning rate.
    pub lr: f32,
    /// Steps of linear warm-up; after it the rate falls as a cosine to a tenth.
    pub warmup: u64,
    /// Decoupled weight decay.
    pub weight_decay: f32,
    /// Timestep shift (AAPT appendix B: 24; smaller frames have less to agree on).
    pub shift: f32,
    /// Decay of the averaged weights.
    pub ema: f32,
    /// Exponent of a channel's weight in the picture: 0 counts all latent channels alike, 2 counts pixel errors.
    pub channel_power: f32,
    /// Weight of errors where the view is new, over that where the warp knows it.
    #[serde(default = "one")]
    pub new_weight: f32,
    /// Share of the weights that the stage began with (RUN/warm) in its final ones (adaptation only): the mean of the two
    /// can be better than either.
    #[serde(default)]
    pub warm_share: f32,
    /// Discrete timesteps (distillation only).
    #[serde(default)]
    pub timesteps: usize,
    /// Share of steps whose recycled latents come from the network's own rollouts instead of the truth
    /// (student forcing of AAPT §2.2, with the truth as target).
    #[serde(default)]
    pub student_share: f32,
    /// First step with such clips: a network that knows nothing yet makes nothing to learn from.
    #[serde(default)]
    pub student_from: u64,
    /// Steps between refreshes of those rollouts.
    #[serde(default)]
    pub student_every: u64,
    /// Longest rollout, in latent frames: one lap of the clip at the first refresh, a lap more at each one after it,
    /// to and fro along the clip.
    #[serde(default)]
    pub student_latents: usize,
    /// Clips rolled out at a refresh.
    #[serde(default)]
    pub student_clips: usize,
}

/// The probe that `farwander eval` measures with.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeRecipe {
    /// Optimiser steps.
    pub steps: u64,
    /// Pairs of pictures a step.
    pub batch: usize,
    /// Peak learning rate.
    pub lr: f32,
}

/// Stage 3 (AAPT §2.2 and appendix B; what the paper leaves open is decided here).
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AdversarialRecipe {
    /// Updates of the discriminator; the generator begins after `discriminator_first` of them.
    pub steps: u64,
    /// Updates of the discriminator alone, while its heads are new.
    #[serde(default)]
    pub discriminator_first: u64,
    /// Clips a step.
    pub batch: usize,
    /// Latent frames rolled out.
    pub latents: usize,
    /// Learning rate of the generator.
    pub lr: f32,
    /// Learning rate of the discriminator.
    pub lr_discriminator: f32,
    /// Decay of the generator's averaged weights.
    pub ema: f32,
    /// Kind of discriminator.
    #[serde(default)]
    pub discriminator: DiscriminatorConfig,
    /// Weight of the approximated R1 and R2 (lambda).
    pub penalty: f32,
    /// Deviation of the perturbation (sigma).
    pub sigma: f32,
    /// Divide the penalties by sigma squared.
    #[serde(default)]
    pub divide_by_sigma2: bool,
    /// Weight of the adversarial loss beside the distance to the truth; the paper has it alone.
    pub weight: f32,
    /// Weight of the squared distance to the truth, which the commanded cameras name exactly; 0 as in the paper.
    #[serde(default)]
    pub anchor: f32,
    /// Exponent of a channel's weight in that distance.
    #[serde(default)]
    pub channel_power: f32,
    /// Weight of that distance where the view is new, over that where the warp knows it.
    #[serde(default = "one")]
    pub new_weight: f32,
    /// Clips of a batch whose logits are penalised; all if not given.
    #[serde(default = "many")]
    pub penalty_clips: usize,
    /// Steps between rollouts: a batch is cut from walks that the generator made at most so many steps ago.
    pub rollout_every: u64,
    /// Clips rolled out at a time.
    pub rollout_clips: usize,
    /// Longest walk, in latent frames: one lap of the clip at first, a lap more at each refresh, to and fro along the clip.
    pub rollout_latents: usize,
}

/// Stage 4: depth to the pixel, from the picture.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DepthRecipe {
    /// Optimiser steps, from the network of the file that the run began with if it has one of these sizes; 0 leaves that as it is.
    pub steps: u64,
    /// Clips that are walked for it, spread over all of them.
    #[serde(default = "many")]
    pub clips: usize,
    /// Pictures a step.
    pub batch: usize,
    /// Peak learning rate; it falls as a cosine to a tenth.
    pub lr: f32,
    /// Decay of the averaged weights.
    pub ema: f32,
}

/// Stage 5 (after the finishing of the decoder in AAPT appendix C).
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PaintRecipe {
    /// Updates of the critic; the painter begins after `critic_first` of them.
    pub steps: u64,
    /// Updates of the critic alone.
    #[serde(default)]
    pub critic_first: u64,
    /// Clips that are walked for it, spread over all of them.
    #[serde(default = "many")]
    pub clips: usize,
    /// Crops a step.
    pub batch: usize,
    /// Columns of a crop, a multiple of 16; all rows are taken, because the horizon says much.
    pub crop_px: usize,
    /// Learning rate of the painter.
    pub lr: f32,
    /// Learning rate of the critic.
    pub lr_critic: f32,
    /// The critic's channels on blocks of 4 x 4 pixels.
    pub critic_width: usize,
    /// The critic's channels on blocks of 8 x 8 pixels.
    pub critic_deep_width: usize,
    /// Decay of the painter's averaged weights.
    pub ema: f32,
    /// Weight of the adversarial loss.
    pub weight: f32,
    /// Weight of the distance to the truth where the picture is stale.
    pub anchor: f32,
    /// Weight of the change of mean colour where it is new.
    pub colour: f32,
    /// Weight of the approximated R1 and R2 (lambda).
    pub penalty: f32,
    /// Deviation of the perturbation (sigma), in -1..1 of a colour.
    pub sigma: f32,
}

fn once() -> usize {
    1
}

fn one() -> f32 {
    1.0
}

fn many() -> usize {
    usize::MAX
}

impl Recipe {
    /// Reads and checks a recipe.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let text = inherit::text(path)?;
        let bad = |what: String| TrainError::Recipe {
            path: path.to_owned(),
            what,
        };
        let mut recipe: Self = toml::from_str(&text).map_err(|e| bad(e.to_string()))?;
        recipe.text = text;
        let d = &recipe.data;
        if d.size_px.iter().any(|v| v % 16 != 0 || !(16..=1024).contains(v)) {
            return Err(bad(format!(
                "data.size_px {:?} must be multiples of 16 up to 1024",
                d.size_px
            )));
        }
        if d.frames % 4 != 1 || d.frames < 9 {
            return Err(bad(format!(
                "data.frames {} must be 1 + a multiple of 4, at least 9",
                d.frames
            )));
        }
        if d.turning_clips.saturating_add(d.changing_clips) >= d.train_clips {
            return Err(bad(format!(
                "data.turning_clips {} and data.changing_clips {} must together be less than data.train_clips {}",
                d.turning_clips, d.changing_clips, d.train_clips
            )));
        }
        for (name, stage) in [("adapt", &recipe.adapt), ("distill", &recipe.distill)] {
            let most = (d.frames - 1) / 4;
            if stage.latents < 2 || stage.latents > most || stage.batch == 0 || stage.accumulate == 0 {
                return Err(bad(format!(
                    "{name}.latents must be 2 to {most}, {name}.batch and {name}.accumulate at least 1"
                )));
            }
        }
        if let Some(p) = &recipe.pretrain {
            let most = ((d.frames - 1) / 4).min(recipe.generator.window + 1);
            if !(1..=most).contains(&p.latents) || p.batch == 0 || p.accumulate == 0 {
                return Err(bad(format!(
                    "pretrain.latents must be 1 to {most}, pretrain.batch and pretrain.accumulate at least 1"
                )));
            }
        }
        if !(0.0..=1.0).contains(&recipe.adapt.warm_share) {
            return Err(bad("adapt.warm_share must be 0 to 1".into()));
        }
        if !(0.0..=1.0).contains(&recipe.autoencoder.detail_gain) {
            return Err(bad("autoencoder.detail_gain must be 0 to 1".into()));
        }
        if recipe.depth.is_some() != recipe.generator.depth_net.is_some() {
            return Err(bad(
                "[depth] and generator.depth_net go together: give both or neither".into()
            ));
        }
        if recipe.depth.as_ref().is_some_and(|p| p.batch == 0 || p.clips == 0) {
            return Err(bad("depth.batch and depth.clips must be at least 1".into()));
        }
        if recipe.paint.as_ref().is_some_and(|p| p.clips == 0) {
            return Err(bad("paint.clips must be at least 1".into()));
        }
        if recipe.paint.is_some() != recipe.generator.painter.is_some() {
            return Err(bad(
                "[paint] and generator.painter go together: give both or neither".into()
            ));
        }
        if let Some(p) = &recipe.paint {
            let columns = d.size_px[0];
            if p.crop_px % 16 != 0 || !(16..=columns).contains(&p.crop_px) || p.batch == 0 || p.sigma <= 0.0 {
                return Err(bad(format!(
                    "paint.crop_px must be a multiple of 16 up to {columns}, paint.batch at least 1 and paint.sigma positive"
                )));
            }
            if p.critic_width == 0 || p.critic_deep_width == 0 {
                return Err(bad(
                    "paint.critic_width and paint.critic_deep_width must be positive".into()
                ));
            }
        }
        if let Some(a) = &recipe.adversarial {
            let name = "adversarial";
            let most = (d.frames - 1) / 4;
            if a.discriminator.unjudged_channels >= recipe.autoencoder.latent_channels {
                return Err(bad(format!(
                    "{name}.discriminator.unjudged_channels must be less than autoencoder.latent_channels {}",
                    recipe.autoencoder.latent_channels
                )));
            }
            if a.latents == 0 || a.latents > most || a.batch == 0 || a.sigma <= 0.0 {
                return Err(bad(format!(
                    "{name}.latents must be 1 to {most}, {name}.batch at least 1 and sigma positive"
                )));
            }
        }
        if recipe.adversarial.is_some() && recipe.generator.evaluations.steps != 1 {
            return Err(bad(
                "[adversarial] trains for one evaluation a latent frame: leave out generator.evaluations".into(),
            ));
        }
        if recipe.probe.as_ref().is_some_and(|p| p.batch == 0) {
            return Err(bad("probe.batch must be at least 1".into()));
        }
        // A distance that training never shows is garbage at play time.
        let full = recipe.generator.window + 2;
        let last = recipe
            .adversarial
            .as_ref()
            .map_or(recipe.distill.latents, |a| a.latents);
        if recipe.distill.latents < full || last < full {
            return Err(bad(format!(
                "distill.latents and adversarial.latents must be at least generator.window + 2 = {full}, the longest sight"
            )));
        }
        if recipe.distill.timesteps < 2 {
            return Err(bad("distill.timesteps must be at least 2".into()));
        }
        let (painter, depth_net) = (recipe.generator.painter, recipe.generator.depth_net);
        let whole = GeneratorConfig {
            painter,
            depth_net,
            ..recipe.generator_config(vec![])
        };
        whole.check().map_err(bad)?;
        Ok(recipe)
    }

    /// The lens of the worlds.
    pub fn lens(&self) -> crate::control::Lens {
        crate::control::Lens {
            width_px: self.data.size_px[0],
            height_px: self.data.size_px[1],
            fov_x_rad: self.data.fov_x_deg.to_radians(),
        }
    }

    /// The generator's configuration without what comes after the decoder, which is added last; with the words that the captions use.
    pub fn generator_config(&self, vocabulary: Vec<String>) -> GeneratorConfig {
        let g = &self.generator;
        GeneratorConfig {
            grid: [self.data.size_px[1] / 8, self.data.size_px[0] / 8],
            latent_channels: self.autoencoder.latent_channels,
            width: g.width,
            depth: g.depth,
            heads: g.heads,
            mlp_ratio: g.mlp_ratio,
            window: g.window,
            recycle: g.recycle,
            text_tokens: g.text_tokens,
            vocabulary,
            local_head: g.local_head,
            painter: None,
            depth_net: None,
            doubt: g.doubt,
            prediction: g.prediction,
            evaluations: g.evaluations,
        }
    }
}

//! Sizes of the networks, as recipes and manifests spell them.

use serde::{Deserialize, Serialize};

use super::local_head::LocalHeadConfig;
use super::pixel_net::PixelNetConfig;
use crate::flow::{Evaluations, Prediction};
use crate::frame::FRAMES_PER_LATENT;

/// Pixels of one latent position, along each axis.
pub const SPATIAL_FACTOR: usize = 8;
/// Values of one latent position's block of pixels: 4 frames x 8 x 8 pixels x RGB.
pub const BLOCK: usize = FRAMES_PER_LATENT * SPATIAL_FACTOR * SPATIAL_FACTOR * 3;
/// Latent positions of one token, along each axis.
pub const PATCH: usize = 2;

/// How the previous latent frame enters the next step (DESIGN: input recycling).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Recycle {
    /// The paper's: the previous clean latent frame, as it is (AAPT §2.1).
    Raw,
    /// Ours, for camera worlds: the last decoded RGB-D frame warped into the cameras asked for.
    Reproject,
}

/// Autoencoder sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AutoencoderConfig {
    /// Channels of a latent position.
    pub latent_channels: usize,
    /// Residual blocks of the encoder's convolutional branch; 0 leaves the linear shortcut alone, so that an encoded
    /// warp differs from the truth by what the warp could not know and by nothing else.
    pub encoder_blocks: usize,
    /// Residual blocks of the decoder.
    pub decoder_blocks: usize,
    /// Channels inside both branches.
    pub width: usize,
    /// Reprojection only: the share of a warped frame's finest detail, of what latents can't hold, that goes past them
    /// into the decoded picture; of what is sampled where it was drawn (`drawn.rs`) all does, unless this is 0. Whoever stands still keeps a sharp picture with 1; with 0 latents alone are decoded.
    #[serde(default)]
    pub detail_gain: f32,
    /// Whether pictures are decoded by the decoder's linear part alone, at play and wherever walks are made, and its branch tells depth only. The branch adds less than what goes past the latents, and a step waits for it.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub light: bool,
}

fn yes() -> bool {
    true
}

fn is_yes(v: &bool) -> bool {
    *v
}

/// Generator sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeneratorConfig {
    /// Latent rows and columns.
    pub grid: [usize; 2],
    /// Channels of a latent position.
    pub latent_channels: usize,
    /// Width of the residual stream.
    pub width: usize,
    /// Transformer blocks.
    pub depth: usize,
    /// Attention heads.
    pub heads: usize,
    /// Width of the hidden layer of a block, over `width`.
    pub mlp_ratio: usize,
    /// Past latent frames that a token attends to, besides the pinned first one (N of AAPT §2.1).
    pub window: usize,
    /// How the previous latent frame is recycled.
    pub recycle: Recycle,
    /// Most words of a prompt.
    pub text_tokens: usize,
    /// The words it knows; a prompt's other words are ignored.
    pub vocabulary: Vec<String>,
    /// How much less of every place counts as known right after new words (`residual::DOUBT_STEPS`): the network sees that
    /// something is to change, and may change more of it, also for who stands still. 0 for generators that have not learnt it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub doubt: f32,
    /// What its output means.
    #[serde(default, skip_serializing_if = "is_default")]
    pub prediction: Prediction,
    /// How a latent frame is sampled unless something else is asked for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub evaluations: Evaluations,
    /// Convolutions that end the network; none if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_head: Option<LocalHeadConfig>,
    /// A network that draws texture into what is decoded; none if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub painter: Option<PixelNetConfig>,
    /// A network that finds the decoded picture's depth to the pixel; none if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth_net: Option<PixelNetConfig>,
}

fn is_default<T: Default + PartialEq>(v: &T) -> bool {
    *v == T::default()
}

fn is_zero(v: &f32) -> bool {
    *v == 0.0
}

impl GeneratorConfig {
    /// Tokens of one latent frame.
    pub fn tokens(&self) -> usize {
        self.grid[0] / PATCH * (self.grid[1] / PATCH)
    }

    /// Channels beside the noise: recycled latent, validity, rays.
    pub fn condition_channels(&self) -> usize {
        self.latent_channels + FRAMES_PER_LATENT + super::rays::CHANNELS
    }

    /// Width of one head.
    pub fn head_width(&self) -> usize {
        self.width / self.heads
    }

    /// Says in one sentence what can't work, if something can't.
    pub fn check(&self) -> Result<(), String> {
        let Self {
            grid,
            width,
            heads,
            depth,
            window,
            text_tokens,
            latent_channels,
            mlp_ratio,
            ..
        } = self;
        let bounded = |v: usize, max: usize| (1..=max).contains(&v);
        if !bounded(grid[0], 256) || !bounded(grid[1], 256) || grid[0] % PATCH != 0 || grid[1] % PATCH != 0 {
            return Err(format!("generator.grid {grid:?} must be even numbers up to 256"));
        }
        if !bounded(*width, 8192) || !bounded(*heads, 256) || width % heads != 0 || (width / heads) % 8 != 0 {
            return Err(format!(
                "generator.width {width} must be a multiple of 8 x generator.heads {heads}"
            ));
        }
        if !bounded(*depth, 256) || !bounded(*mlp_ratio, 16) || !bounded(*latent_channels, 1024) {
            return Err("generator.depth, mlp_ratio or latent_channels is out of range".into());
        }
        if !(0.0..=0.9).contains(&self.doubt) {
            return Err("generator.doubt must be 0 to 0.9".into());
        }
        self.evaluations
            .check()
            .map_err(|what| format!("generator.evaluations: {what}"))?;
        if !bounded(*window, 4096) || !bounded(*text_tokens, 256) {
            return Err("generator.window or text_tokens is out of range".into());
        }
        self.local_head.map_or(Ok(()), |local| local.check())?;
        for (name, net) in [
            ("generator.painter", &self.painter),
            ("generator.depth_net", &self.depth_net),
        ] {
            net.as_ref().map_or(Ok(()), |net| net.check(name))?;
        }
        Ok(())
    }
}

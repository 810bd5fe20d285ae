//! The painter: a small convolutional network on pixels, after the decoder, that draws what squared error can't: texture
//! and edges where a view is new, and where what was seen before stands larger now than when it was drawn.
//!
//! The transformer decides what is where and in which colours, and answers with the mean of all it could be, which is haze;
//! the painter is trained against a [`super::critic::Critic`], as the paper finishes its decoder (AAPT appendix C). It draws a
//! place once: what is drawn is recycled with the picture, and only grows stale again by being walked up to.

use burn::tensor::{DType, Tensor};

use super::depth::nearness;
use super::pixel_net::PixelNet;
use super::warp::NEW;

/// Maps beside the picture, see [`maps`]. The painter sees noise as well.
pub const MAPS: usize = 4;
/// A place is drawn anew when it stands larger by this power of two than when it was drawn last.
pub const STALE_LIMIT: f32 = 0.5;
/// Planes that the network is between: picture, maps and noise; what it adds to the picture.
pub const PLANES: [usize; 2] = [3 + MAPS + 1, 3];

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
    out.extend(inverse_depth.iter().map(|k| nearness(*k)));
    out
}

/// What `painter` would add to a picture, `[n, 3, h, w]`, f32; it is meant where something is due.
///
/// # Shapes
/// - `picture`: `[n, 3, h, w]` in -1..1, h and w multiples of 8
/// - `maps`: `[n, 4, h, w]`: see [`maps`]
/// - `noise`: `[n, 1, h, w]`: texture has to come from somewhere
pub fn draw(painter: &PixelNet, picture: Tensor<4>, maps: Tensor<4>, noise: Tensor<4>, dtype: DType) -> Tensor<4> {
    painter.forward(Tensor::cat(vec![picture, maps, noise], 1), dtype)
}

//! The bundled family: autoencoder, one-step generator with its KV ring, input recycling.

pub mod attention;
pub mod autoencoder;
pub mod block;
pub mod codec;
pub mod config;
pub mod critic;
mod cylinder;
pub mod depth;
pub mod discriminator;
pub mod drawn;
pub mod fill;
pub mod generator;
pub mod grain;
pub mod kv_ring;
pub mod local_head;
pub mod lying;
pub mod outline;
pub mod painter;
pub mod patch_judge;
pub mod pca;
pub mod pixel_net;
pub mod quilt;
pub mod rays;
pub mod recompute;
pub mod relight;
pub mod residual;
pub mod rope;
pub mod skyward;
pub mod standing;
mod strips;
pub mod surface;
#[cfg(test)]
mod tests;
pub mod text;
pub mod uncovered;
pub mod warp;
pub mod work;

//! Video frames and depth maps as plain bytes. No thread, no device.

use std::sync::Arc;

mod depth;

pub use depth::DepthPicture;

/// Video frames that one latent frame stands for (the temporal factor of the autoencoder).
pub const FRAMES_PER_LATENT: usize = 4;

/// One video frame: RGBA, 8 bits a channel, sRGB, rows from the top, no padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Width in pixels.
    pub width_px: usize,
    /// Height in pixels.
    pub height_px: usize,
    /// `4 * width_px * height_px` bytes; alpha is 255.
    pub rgba: Arc<[u8]>,
    /// Number of the frame since the walk began; frame 0 is the first frame.
    pub index: u64,
}

impl Frame {
    /// Makes a frame out of packed RGB bytes.
    pub fn from_rgb(width_px: usize, height_px: usize, rgb: &[u8], index: u64) -> Self {
        let mut rgba = Vec::with_capacity(width_px * height_px * 4);
        for p in rgb.chunks_exact(3) {
            rgba.extend_from_slice(&[p[0], p[1], p[2], 255]);
        }
        Self {
            width_px,
            height_px,
            rgba: rgba.into(),
            index,
        }
    }

    /// The frame's colours as packed RGB bytes.
    pub fn to_rgb(&self) -> Vec<u8> {
        self.rgba.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect()
    }
}

/// Peak signal-to-noise ratio in dB of two pictures of values in -1..1.
pub fn psnr_db(a: &[f32], b: &[f32]) -> f64 {
    let sum: f64 = a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum();
    let mse = sum / a.len().max(1) as f64 / 4.0;
    -10.0 * mse.max(1e-10).log10()
}

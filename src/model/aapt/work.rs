//! How much a pass over the generator has to compute, in operations of matrix products and convolutions: what training's speed is
//! held against a device's peak by.

use super::config::{GeneratorConfig, PATCH};

impl GeneratorConfig {
    /// Multiplications and additions of a forward pass over clips of `frames` latent frames, per latent frame. Of attention, pairs that
    /// meet; what is computed to be masked, normalisations and the text's own layers are not counted.
    pub fn forward_flop(&self, frames: usize) -> f64 {
        let (tokens, w) = (self.tokens(), self.width);
        let values = PATCH * PATCH;
        let inputs = (self.latent_channels + self.condition_channels()) * values;
        let block = (4 + 2 * self.mlp_ratio) * w * w;
        let linear = tokens * (inputs * w + self.depth * block + w * self.latent_channels * values);

        // Of each latent frame: the text, the pinned first one, and the window with itself.
        let keys = (0..frames)
            .map(|k| self.text_tokens + tokens * (usize::from(k > 0) + k.saturating_sub(1).min(self.window) + 1));
        let keys: usize = keys.sum();
        let attention = self.depth as f64 * (tokens * 2 * w) as f64 * keys as f64 / frames.max(1) as f64;

        let convolutions = self
            .local_head
            .iter()
            .flat_map(|l| l.convolutions(self.latent_channels, self.condition_channels()));
        let local: usize = convolutions.map(|(_, i, o, k)| i * o * k * k).sum();
        2.0 * (linear as f64 + attention + (local * self.grid[0] * self.grid[1]) as f64)
    }
}

#[cfg(test)]
mod tests {
    use crate::model::aapt::config::{GeneratorConfig, Recycle};
    use crate::model::aapt::local_head::LocalHeadConfig;

    #[test]
    fn a_small_one_is_counted_by_hand() {
        let config = GeneratorConfig {
            grid: [2, 4],
            latent_channels: 3,
            width: 8,
            depth: 2,
            heads: 1,
            mlp_ratio: 4,
            window: 1,
            recycle: Recycle::Reproject,
            text_tokens: 5,
            vocabulary: vec![],
            doubt: 0.0,
            prediction: crate::flow::Prediction::default(),
            evaluations: crate::flow::Evaluations::default(),
            local_head: Some(LocalHeadConfig { width: 4, blocks: 1 }),
            painter: None,
            depth_net: None,
        };
        // Two tokens of 4 positions; inputs are 3 + 3 + 4 + 24 channels.
        let linear = 2 * (34 * 4 * 8 + 2 * 12 * 64 + 8 * 3 * 4);
        // Three latent frames see 5 + 2, 5 + 2 + 2 and 5 + 2 + 2 + 2 keys.
        let attention = 2 * 2 * 2 * 8 * (7 + 9 + 11) / 3;
        let local = 8 * ((6 + 31) * 4 + 4 * 4 * 9 + 4 * 4 + 4 * 3 * 9);
        assert_eq!(config.forward_flop(3), f64::from(2 * (linear + attention + local)));
    }
}

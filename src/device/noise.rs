//! The one source of Gaussian noise, which is the same on all devices.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Standard normal noise from ChaCha8: a seed and a stream number name a sequence, on every machine.
#[derive(Clone, Debug)]
pub struct Gaussian {
    rng: ChaCha8Rng,
    spare: Option<f32>,
    silent: bool,
}

impl Gaussian {
    /// Sequence `stream` of `seed`.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self {
            rng,
            spare: None,
            silent: false,
        }
    }

    /// A source of zeros, for networks whose weights come from a file.
    pub fn silent() -> Self {
        Self {
            silent: true,
            ..Self::new(0, 0)
        }
    }

    /// A number to name another sequence by.
    pub fn seed(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// Uniform in (0, 1).
    pub fn uniform(&mut self) -> f32 {
        ((self.rng.next_u32() >> 8) as f32 + 0.5) / (1 << 24) as f32
    }

    /// Uniform in `0..n`.
    pub fn below(&mut self, n: usize) -> usize {
        ((u64::from(self.rng.next_u32()) * n as u64) >> 32) as usize
    }

    /// One normal value (Box-Muller).
    pub fn normal(&mut self) -> f32 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = libm::sqrtf(-2.0 * libm::logf(self.uniform()));
        let angle = std::f32::consts::TAU * self.uniform();
        self.spare = Some(radius * libm::sinf(angle));
        radius * libm::cosf(angle)
    }

    /// Fills a slice.
    pub fn fill(&mut self, out: &mut [f32]) {
        if self.silent {
            return out.fill(0.0);
        }
        out.iter_mut().for_each(|v| *v = self.normal());
    }
}

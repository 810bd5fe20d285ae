//! Flow matching and consistency as plain tensor functions that know no network (AAPT appendix B; EDM preconditioning).
//!
//! `x_t = (1 - t) x + t eps`, velocity `v = eps - x`, t = 1 is pure noise. Data have unit deviation. The network's output
//! F is turned into a velocity as its [`Prediction`] says. In either way, at t = 1, `x = eps - v = -F`, whatever the noise.

use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

/// What a network's output F means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Prediction {
    /// F's target has unit deviation at every t (EDM preconditioning). Below t = 1 the noise is a part of it, which a network
    /// that is narrower than its tokens can't pass on.
    #[default]
    Balanced,
    /// F is the data, negated: only what can be said about the data has to pass through the network.
    Data,
}

/// Network evaluations of a latent frame.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluations {
    /// How many; 0 adds nothing to what is recycled: a baseline.
    pub steps: usize,
    /// Timestep shift: with more than 1, more of them are early, where layout is decided.
    pub shift: f32,
}

impl Default for Evaluations {
    /// One (AAPT).
    fn default() -> Self {
        Self { steps: 1, shift: 1.0 }
    }
}

impl Evaluations {
    /// Says in one sentence what can't work, if something can't.
    pub fn check(self) -> Result<(), String> {
        let Self { steps, shift } = self;
        if !(1..=256).contains(&steps) {
            return Err(format!("{steps} evaluations a latent frame: it must be 1 to 256"));
        }
        if !(0.01..=100.0).contains(&shift) {
            return Err(format!("timestep shift {shift}: it must be 0.01 to 100"));
        }
        Ok(())
    }
}

/// Smallest timestep at which data are turned into a velocity.
const LEAST_T: f32 = 0.05;
/// Errors of the velocity grow as 1 / t where the network answers with data: below this timestep they don't in training.
const LEAST_FULL_T: f32 = 0.25;

impl Prediction {
    /// Factors (a, b) of `v = a x_t + b F`.
    pub fn factors(self, t: f32) -> (f32, f32) {
        match self {
            Self::Balanced => {
                let d = t * t + (1.0 - t) * (1.0 - t);
                ((2.0 * t - 1.0) / d, 1.0 / d.sqrt())
            }
            Self::Data => {
                let of_both = 1.0 / t.max(LEAST_T);
                (of_both, of_both)
            }
        }
    }

    /// Factor of the velocity's errors in training.
    pub fn error_scale(self, t: f32) -> f32 {
        match self {
            Self::Balanced => 1.0,
            Self::Data => t.max(LEAST_T) / t.max(LEAST_FULL_T),
        }
    }

    /// Errors of velocities as training counts them.
    pub fn scaled_error<const D: usize>(self, error: Tensor<D>, t: &[f32]) -> Tensor<D> {
        let scales: Vec<f32> = t.iter().map(|t| self.error_scale(*t)).collect();
        let scales = per_batch(&scales, &error);
        error * scales
    }

    /// Velocity from the network's output.
    pub fn velocity<const D: usize>(self, x_t: Tensor<D>, output: Tensor<D>, t: &[f32]) -> Tensor<D> {
        let (a, b): (Vec<f32>, Vec<f32>) = t.iter().map(|t| self.factors(*t)).unzip();
        x_t.clone() * per_batch(&a, &x_t) + output * per_batch(&b, &x_t)
    }
}

/// Timestep shift: `s t / (1 + (s - 1) t)`.
pub fn shift(t: f32, s: f32) -> f32 {
    s * t / (1.0 + (s - 1.0) * t)
}

/// Timesteps of a sampler with `steps` evaluations: `steps + 1` values from 1 down to 0, evenly spaced before the shift.
pub fn timesteps(steps: usize, s: f32) -> Vec<f32> {
    (0..=steps)
        .map(|i| shift(1.0 - i as f32 / steps.max(1) as f32, s))
        .collect()
}

/// `(1 - t) x + t eps` with one t a batch entry.
pub fn add_noise<const D: usize>(x: Tensor<D>, noise: Tensor<D>, t: &[f32]) -> Tensor<D> {
    let one_minus: Vec<f32> = t.iter().map(|t| 1.0 - t).collect();
    x.clone() * per_batch(&one_minus, &x) + noise * per_batch(t, &x)
}

fn host_tensor<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// One value a batch entry, shaped to multiply `like`.
fn per_batch<const D: usize>(values: &[f32], like: &Tensor<D>) -> Tensor<D> {
    let mut shape = [1; D];
    shape[0] = values.len();
    host_tensor(values.to_vec(), shape, &like.device()).cast(like.dtype())
}

/// Velocity that flow matching asks for.
pub fn target_velocity<const D: usize>(x: Tensor<D>, noise: Tensor<D>) -> Tensor<D> {
    noise - x
}

/// One Euler step from `from` to `to` along a velocity; to 0, it is the data prediction (a consistency function's value).
pub fn euler<const D: usize>(x_t: Tensor<D>, v: Tensor<D>, from: &[f32], to: &[f32]) -> Tensor<D> {
    let dt: Vec<f32> = from.iter().zip(to).map(|(f, t)| t - f).collect();
    let factor = per_batch(&dt, &x_t);
    x_t + v * factor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timesteps_run_from_one_to_zero() {
        let t = timesteps(4, 3.0);
        assert_eq!((t[0], t[4]), (1.0, 0.0));
        assert!(t.windows(2).all(|w| w[0] > w[1]));
    }

    #[test]
    fn a_perfect_network_lands_in_one_step_from_everywhere() {
        let device = Device::flex();
        let x = host_tensor(vec![0.5, -1.0, 2.0, 0.25], [2, 2], &device);
        let noise = host_tensor(vec![1.0, 0.3, -0.7, 0.1], [2, 2], &device);
        let t = [0.9, 0.4];
        let x_t = add_noise(x.clone(), noise.clone(), &t);
        let v = target_velocity(x.clone(), noise);
        // The output that gives this velocity, and back.
        for prediction in [Prediction::Balanced, Prediction::Data] {
            let (a, b): (Vec<f32>, Vec<f32>) = t.iter().map(|t| prediction.factors(*t)).unzip();
            let f = (v.clone() - x_t.clone() * per_batch(&a, &x_t)) / per_batch(&b, &x_t);
            let landed = euler(x_t.clone(), prediction.velocity(x_t.clone(), f, &t), &t, &[0.0, 0.0]);
            let close = burn::tensor::Tolerance::absolute(1e-5);
            landed.into_data().assert_approx_eq::<f32>(&x.to_data(), close);
        }
    }

    #[test]
    fn a_data_prediction_is_the_data_negated() {
        let device = Device::flex();
        let x = host_tensor(vec![0.5, -1.0], [1, 2], &device);
        let x_t = add_noise(x.clone(), host_tensor(vec![1.0, 0.3], [1, 2], &device), &[0.6]);
        let landed = euler(
            x_t.clone(),
            Prediction::Data.velocity(x_t, -x.clone(), &[0.6]),
            &[0.6],
            &[0.0],
        );
        let close = burn::tensor::Tolerance::absolute(1e-6);
        landed.into_data().assert_approx_eq::<f32>(&x.into_data(), close);
    }

    #[test]
    fn noise_passes_exactly_at_one() {
        for prediction in [Prediction::Balanced, Prediction::Data] {
            assert_eq!(prediction.factors(1.0), (1.0, 1.0));
        }
    }
}

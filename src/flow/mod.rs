//! Flow matching and consistency as plain tensor functions that know no network (AAPT appendix B; EDM preconditioning).
//!
//! `x_t = (1 - t) x + t eps`, velocity `v = eps - x`, t = 1 is pure noise. Data have unit deviation. The network's output
//! F is turned into a velocity by the preconditioning that makes F's target unit deviation too and lets the noise pass
//! exactly: at t = 1, `x = eps - v = -F`, whatever the noise.

use burn::tensor::{Device, Tensor, TensorData};

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

/// Factors (a, b) of `v = a x_t + b F`.
pub fn preconditioning(t: f32) -> (f32, f32) {
    let d = t * t + (1.0 - t) * (1.0 - t);
    ((2.0 * t - 1.0) / d, 1.0 / d.sqrt())
}

/// Velocity from the network's output.
pub fn velocity<const D: usize>(x_t: Tensor<D>, output: Tensor<D>, t: &[f32]) -> Tensor<D> {
    let (a, b): (Vec<f32>, Vec<f32>) = t.iter().map(|t| preconditioning(*t)).unzip();
    x_t.clone() * per_batch(&a, &x_t) + output * per_batch(&b, &x_t)
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
        let (a, b): (Vec<f32>, Vec<f32>) = t.iter().map(|t| preconditioning(*t)).unzip();
        let f = (v - x_t.clone() * per_batch(&a, &x_t)) / per_batch(&b, &x_t);
        let landed = euler(x_t.clone(), velocity(x_t, f, &t), &t, &[0.0, 0.0]);
        landed
            .into_data()
            .assert_approx_eq::<f32>(&x.into_data(), burn::tensor::Tolerance::absolute(1e-5));
    }

    #[test]
    fn noise_passes_exactly_at_one() {
        let (a, b) = preconditioning(1.0);
        assert_eq!((a, b), (1.0, 1.0));
    }
}

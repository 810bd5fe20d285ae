//! Adversarial losses: relativistic pairing and the approximated gradient penalties (AAPT appendix B, R3GAN, APT).
//!
//! Logits are high for real. Every function takes logits `[batch, n]` and gives a mean, `[1]`; weights of logits have the same
//! shape and mean 1.

use burn::tensor::{Tensor, activation};

/// Generator's side of the relativistic pairing loss: `softplus(real - fake)`. `real` should carry no gradient.
pub(super) fn generator_loss(real: Tensor<2>, fake: Tensor<2>, weights: Option<Tensor<2>>) -> Tensor<1> {
    weighted_mean(activation::softplus(real - fake, 1.0), weights)
}

/// Discriminator's side: `softplus(fake - real)`.
pub(super) fn discriminator_loss(real: Tensor<2>, fake: Tensor<2>, weights: Option<Tensor<2>>) -> Tensor<1> {
    weighted_mean(activation::softplus(fake - real, 1.0), weights)
}

/// Mean of values, weighted if there are weights.
pub(super) fn weighted_mean(values: Tensor<2>, weights: Option<Tensor<2>>) -> Tensor<1> {
    match weights {
        Some(weights) => (values * weights).mean(),
        None => values.mean(),
    }
}

/// Approximated R1 or R2: the squared change of the logits under a small perturbation of what was judged. With
/// `sigma` given, divided by its square, so that it estimates the squared gradient norm itself.
pub(super) fn approximated_penalty(clean: Tensor<2>, perturbed: Tensor<2>, sigma: Option<f32>) -> Tensor<1> {
    let scale = sigma.map_or(1.0, |s| 1.0 / (s * s));
    (clean - perturbed).powi_scalar(2).mean().mul_scalar(scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::nn::tensor;
    use crate::model::weights::to_host;
    use burn::tensor::Device;

    fn one(v: f32, device: &Device) -> Tensor<2> {
        tensor(vec![v], [1, 1], device)
    }

    #[test]
    fn both_sides_are_log_two_at_a_tie_and_fall_when_they_win() {
        let device = Device::flex();
        type Loss = fn(Tensor<2>, Tensor<2>, Option<Tensor<2>>) -> Tensor<1>;
        let at = |f: Loss, real, fake| to_host(f(one(real, &device), one(fake, &device), None))[0];
        for f in [generator_loss, discriminator_loss] {
            assert!((at(f, 1.5, 1.5) - std::f32::consts::LN_2).abs() < 1e-6);
        }
        assert!(at(generator_loss, 0.0, 3.0) < 0.05 && at(generator_loss, 3.0, 0.0) > 3.0);
        assert!(at(discriminator_loss, 3.0, 0.0) < 0.05 && at(discriminator_loss, 0.0, 3.0) > 3.0);
    }

    #[test]
    fn the_penalty_estimates_the_squared_gradient_norm() {
        // D(x) = w . x with |w|^2 = 5: E (w . sigma n)^2 / sigma^2 = 5.
        let device = Device::flex();
        let mut rng = crate::device::Gaussian::new(1, 0);
        let (sigma, n) = (0.1f32, 20_000);
        let clean = vec![0.0; n];
        let moved: Vec<f32> = (0..n).map(|_| sigma * (2.0 * rng.normal() + rng.normal())).collect();
        let penalty = approximated_penalty(
            tensor(clean, [n, 1], &device),
            tensor(moved, [n, 1], &device),
            Some(sigma),
        );
        assert!((to_host(penalty)[0] - 5.0).abs() < 0.3);
    }
}

//! GELU, SiLU and softmax. On the processor, where no gradient is asked for, by polynomials that the compiler makes wide instructions of:
//! the tensor library calls the C library once for each value. Everywhere else the library's own.

use burn::tensor::{DType, Device, Tensor, activation};
use rayon::prelude::*;

use super::nn::tensor;
use super::weights::to_host;

/// Values that one thread takes at a time.
const PART: usize = 1 << 14;

/// `x Φ(x)`.
pub fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    each(x, activation::gelu, |v| {
        0.5 * v * (1.0 + erf(v * std::f32::consts::FRAC_1_SQRT_2))
    })
}

/// `x / (1 + exp(-x))`.
pub fn silu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    each(x, activation::silu, |v| v / (1.0 + exp(-v)))
}

/// Softmax over the last axis.
pub fn softmax<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let (shape, device) = (x.dims(), x.device());
    let row = shape[D - 1];
    if !is_ours(&x) || row == 0 {
        return activation::softmax(x, D - 1);
    }
    let mut values = to_host(x);
    let arch = pulp::Arch::new();
    values.par_chunks_mut(row * (PART / row).max(1)).for_each(|part| {
        arch.dispatch(
            #[inline(always)]
            || part.chunks_exact_mut(row).for_each(softmax_of_row),
        );
    });
    tensor(values, shape, &device)
}

/// Lanes in which a row is reduced: as many chains of additions, of which none waits for another.
const LANES: usize = 16;

#[inline(always)]
fn softmax_of_row(row: &mut [f32]) {
    let most = reduced(row, f32::NEG_INFINITY, |a, b| if b > a { b } else { a });
    row.iter_mut().for_each(|v| *v = exp(*v - most));
    let share = reduced(row, 0.0, |a, b| a + b).recip();
    row.iter_mut().for_each(|v| *v *= share);
}

#[inline(always)]
fn reduced(row: &[f32], nothing: f32, of_two: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [nothing; LANES];
    let parts = row.chunks_exact(LANES);
    let rest = parts.remainder();
    for part in parts {
        lanes
            .iter_mut()
            .zip(part)
            .for_each(|(lane, v)| *lane = of_two(*lane, *v));
    }
    lanes.into_iter().chain(rest.iter().copied()).fold(nothing, of_two)
}

fn is_ours<const D: usize>(x: &Tensor<D>) -> bool {
    !x.is_autodiff() && x.dtype() == DType::F32 && x.device() == Device::flex()
}

fn each<const D: usize>(
    x: Tensor<D>,
    usual: impl FnOnce(Tensor<D>) -> Tensor<D>,
    of: impl Fn(f32) -> f32 + Sync,
) -> Tensor<D> {
    let device = x.device();
    if !is_ours(&x) {
        return usual(x);
    }
    let shape = x.dims();
    let mut values = to_host(x);
    let arch = pulp::Arch::new();
    values.par_chunks_mut(PART).for_each(|part| {
        arch.dispatch(
            #[inline(always)]
            || part.iter_mut().for_each(|v| *v = of(*v)),
        );
    });
    tensor(values, shape, &device)
}

/// Error function: an odd rational function, fitted for the least largest error; within 5e-7.
#[inline(always)]
fn erf(x: f32) -> f32 {
    const TOP: [f32; 7] = [
        std::f32::consts::FRAC_2_SQRT_PI,
        0.184_709_06,
        0.054_301_858,
        0.003_835_563_5,
        0.000_381_358,
        4.744_455_5e-6,
        -1.347_723_6e-8,
    ];
    const BOTTOM: [f32; 6] = [
        1.0,
        0.497_027_7,
        0.113_798_72,
        0.015_440_84,
        0.001_306_991_2,
        6.366_945e-5,
    ];
    // Beyond, it is 1 to f32's last digits.
    let x = x.clamp(-3.95, 3.95);
    let square = x * x;
    x * polynomial(&TOP, square) / polynomial(&BOTTOM, square)
}

/// Exponential function, within 2e-7 of its value between its bounds of 2^-126 and 2^126.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // Adding this leaves a whole number in the last bits.
    const ROUND: f32 = 12_582_912.0;
    let twos = (x * std::f32::consts::LOG2_E).clamp(-126.0, 126.0);
    let rounded = twos + ROUND;
    let exponent = rounded.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127);
    // 2^y for y in -0.5..0.5 by its series.
    const SERIES: [f32; 7] = [
        1.0,
        std::f32::consts::LN_2,
        0.240_226_5,
        0.055_504_11,
        0.009_618_129,
        0.001_333_355_8,
        0.000_154_035_3,
    ];
    f32::from_bits(exponent << 23) * polynomial(&SERIES, twos - (rounded - ROUND))
}

#[inline(always)]
fn polynomial<const N: usize>(coefficients: &[f32; N], x: f32) -> f32 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_the_librarys_to_the_last_digits() {
        let device = Device::flex();
        let values: Vec<f32> = (-40_000..=40_000)
            .map(|i| i as f32 * 5e-4)
            .chain([-1e30, 1e30, 0.0])
            .collect();
        let x: Tensor<1> = tensor(values.clone(), [values.len()], &device);
        let pairs = [
            (gelu(x.clone()), activation::gelu(x.clone())),
            (silu(x.clone()), activation::silu(x.clone())),
        ];
        for (ours, usual) in pairs {
            for ((v, a), b) in values.iter().zip(to_host(ours)).zip(to_host(usual)) {
                assert!((a - b).abs() <= 1e-6 * (1.0 + v.abs()), "{v}: {a} {b}");
            }
        }
        assert!(to_host(gelu(x.clone().mul_scalar(f32::NAN)))[0].is_nan());
        assert!(to_host(silu(x.mul_scalar(f32::NAN)))[0].is_nan());
    }

    #[test]
    fn softmax_is_the_librarys() {
        let device = Device::flex();
        for row in [1, 7, 16, 61] {
            let values: Vec<f32> = (0..3 * row).map(|i| ((i * 7919) % 101) as f32 * 0.3 - 15.0).collect();
            // What is masked counts for nothing.
            let masked: Vec<f32> = (values.iter().enumerate())
                .map(|(i, v)| if i % 5 == 1 { v - 1e9 } else { *v })
                .collect();
            for values in [values, masked] {
                let x: Tensor<2> = tensor(values, [3, row], &device);
                let usual = to_host(activation::softmax(x.clone(), 1));
                for (a, b) in to_host(softmax(x)).iter().zip(usual) {
                    assert!((a - b).abs() <= 1e-6, "{a} {b}");
                }
            }
        }
        let x: Tensor<2> = tensor(vec![0.0, f32::NAN, 1.0], [1, 3], &device);
        assert!(to_host(softmax(x)).iter().all(|v| v.is_nan()));
    }

    #[test]
    fn gradients_are_the_librarys() {
        let device = Device::flex().autodiff();
        let x: Tensor<1> = tensor(vec![-1.0, 0.3, 2.0], [3], &device).require_grad();
        let grads = gelu(x.clone()).sum().backward();
        let found = to_host(x.grad(&grads).expect("a gradient"));
        // Φ(x) + x φ(x).
        for (found, expected) in found.iter().zip([-0.083_315_47, 0.732_329_67, 1.085_231_8]) {
            assert!((found - expected).abs() < 1e-4, "{found} {expected}");
        }
    }
}

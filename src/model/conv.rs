//! Convolutions on the processor, where no gradient is asked for, as one matrix product each. The tensor library lays weights and pictures out anew at each call, on one
//! thread; here weights are taken as they lie, and what a kernel sees is laid out by all threads. On the caller's thread and rayon's.

use burn::tensor::{DType, Device, Tensor};
use parking_lot::Mutex;
use rayon::prelude::*;

use super::nn::tensor;
use super::weights::to_host;

/// Whether [`conv2d`] is for such an input and kernel.
pub(super) fn is_ours(x: &Tensor<4>, k: usize) -> bool {
    let [n, inputs, h, w] = x.dims();
    k > 1
        && k % 2 == 1
        && n * inputs * h * w > 0
        && !x.is_autodiff()
        && x.dtype() == DType::F32
        && x.device() == Device::flex()
}

/// Zero-padded, so that the size stays.
///
/// # Shapes
/// - `x`: `[n, inputs, h, w]`; `weight`: `[outputs, inputs, k, k]`; `bias`: `[outputs]`
/// - result: `[n, outputs, h, w]`
pub(super) fn conv2d(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>, dilation: usize) -> Tensor<4> {
    let [n, inputs, h, w] = x.dims();
    let [outputs, _, k, _] = weight.dims();
    let (device, rows) = (x.device(), inputs * k * k);
    let mut seen = SCRATCH.lock().pop().unwrap_or_default();
    lay_out(&to_host(x), [n, inputs, h, w], k, dilation, &mut seen);
    let seen: Tensor<2> = tensor(seen, [rows, n * h * w], &device);
    let y = weight.reshape([outputs, rows]).matmul(seen.clone()) + bias.reshape([outputs, 1]);
    keep(to_host(seen));
    match n {
        1 => y.reshape([1, outputs, h, w]),
        _ => y.reshape([outputs, n, h, w]).swap_dims(0, 1),
    }
}

/// What was laid out in, to be used again: fresh memory has to be filled with zeros first.
static SCRATCH: Mutex<Vec<Vec<f32>>> = Mutex::new(Vec::new());
/// Convolutions at the same time.
const MOST_KEPT: usize = 2;
/// Larger ones are of many walks at a time.
const MOST_VALUES: usize = 1 << 20;

fn keep(seen: Vec<f32>) {
    let mut kept = SCRATCH.lock();
    if kept.len() < MOST_KEPT && seen.capacity() <= MOST_VALUES {
        kept.push(seen);
    }
}

/// What each place of a kernel sees, `[inputs * k * k, n * h * w]`.
fn lay_out(x: &[f32], [n, inputs, h, w]: [usize; 4], k: usize, dilation: usize, out: &mut Vec<f32>) {
    let places = h * w;
    out.resize(inputs * k * k * n * places, 0.0);
    out.par_chunks_mut(k * k * n * places)
        .enumerate()
        .for_each(|(input, seen)| {
            for (tap, seen) in seen.chunks_exact_mut(n * places).enumerate() {
                // Places that far to the left and above.
                let shift = |along: usize| (along as isize - (k / 2) as isize) * dilation as isize;
                let (down, right) = (shift(tap / k), shift(tap % k));
                for (clip, seen) in seen.chunks_exact_mut(places).enumerate() {
                    let plane = &x[(clip * inputs + input) * places..][..places];
                    for (y, to) in seen.chunks_exact_mut(w).enumerate() {
                        let row = y as isize + down;
                        match (0..h as isize).contains(&row) {
                            true => shifted(to, &plane[row as usize * w..][..w], right),
                            false => to.fill(0.0),
                        }
                    }
                }
            }
        });
}

/// A row that begins `right` places later, zeros beyond its ends.
fn shifted(to: &mut [f32], from: &[f32], right: isize) {
    let by = right.unsigned_abs().min(to.len());
    let rest = to.len() - by;
    if right >= 0 {
        to[..rest].copy_from_slice(&from[by..]);
        to[rest..].fill(0.0);
    } else {
        to[by..].copy_from_slice(&from[..rest]);
        to[..by].fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::module;
    use burn::tensor::ops::ConvOptions;

    use super::*;
    use crate::device::Gaussian;

    /// A pure function of its sizes, so that both get the same.
    fn random<const D: usize>(shape: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
        let mut values = vec![0.0; shape.iter().product()];
        Gaussian::new(seed, 0).fill(&mut values);
        tensor(values, shape, device)
    }

    #[test]
    fn memory_that_was_used_before_is_filled_anew() {
        let x: Vec<f32> = (0..2 * 3 * 4).map(|i| i as f32).collect();
        let (mut fresh, mut used) = (vec![], vec![f32::NAN; 1000]);
        for dilation in [1, 2, 5] {
            lay_out(&x, [1, 2, 3, 4], 3, dilation, &mut fresh);
            lay_out(&x, [1, 2, 3, 4], 3, dilation, &mut used);
            assert_eq!(used, fresh);
            assert_eq!(
                fresh[4 * 12..5 * 12],
                x[..12],
                "the middle of the kernel sees the place itself"
            );
        }
    }

    #[test]
    fn it_is_the_librarys_convolution() {
        let device = Device::flex();
        for (n, inputs, outputs, h, w, k, dilation) in [
            (1, 3, 5, 7, 9, 3, 1),
            (2, 4, 3, 6, 5, 3, 2),
            (1, 2, 4, 3, 3, 3, 4),
            (3, 1, 2, 5, 8, 5, 1),
            (1, 32, 16, 14, 24, 3, 4),
        ] {
            let x: Tensor<4> = random([n, inputs, h, w], 1, &device);
            let weight: Tensor<4> = random([outputs, inputs, k, k], 2, &device);
            let bias: Tensor<1> = random([outputs], 3, &device);
            assert!(is_ours(&x, k) && !is_ours(&x, 1));
            let pad = dilation * (k / 2);
            let options = ConvOptions::new([1, 1], [pad, pad], [dilation, dilation], 1);
            let usual = module::conv2d(x.clone(), weight.clone(), Some(bias.clone()), options);
            for _ in 0..2 {
                let ours = conv2d(x.clone(), weight.clone(), bias.clone(), dilation);
                assert_eq!(ours.dims(), usual.dims());
                for (a, b) in to_host(ours).iter().zip(to_host(usual.clone())) {
                    assert!((a - b).abs() < 1e-4 * (1.0 + b.abs()), "{a}, {b}");
                }
            }
        }
    }
}

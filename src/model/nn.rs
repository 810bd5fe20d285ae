//! The few layers that every network here is made of. Weights are f32 masters; a layer computes in the type of its input,
//! so that a bf16 activation makes a bf16 product while gradients arrive at the masters in f32.

use burn::module::{Module, Param};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{DType, Device, Tensor, TensorData, module};

use super::conv;
use crate::device::Gaussian;

/// `y = x w + b`.
#[derive(Module, Debug)]
pub struct Linear {
    /// `[inputs, outputs]`.
    pub weight: Param<Tensor<2>>,
    /// `[outputs]`.
    pub bias: Option<Param<Tensor<1>>>,
}

impl Linear {
    /// Weights ~ N(0, `std`²); `std` 0 starts a branch at nothing.
    pub fn new(inputs: usize, outputs: usize, std: f32, bias: bool, rng: &mut Gaussian, device: &Device) -> Self {
        Self {
            weight: normal([inputs, outputs], std, rng, device),
            bias: bias.then(|| Param::from_tensor(Tensor::zeros([outputs], device))),
        }
    }

    /// Usual start: std = 1/sqrt(inputs).
    pub fn usual(inputs: usize, outputs: usize, rng: &mut Gaussian, device: &Device) -> Self {
        Self::new(inputs, outputs, 1.0 / (inputs as f32).sqrt(), true, rng, device)
    }

    /// `[.., inputs]` -> `[.., outputs]`.
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let dtype = x.dtype();
        let weight = self.weight.val().cast(dtype);
        let bias = self.bias.as_ref().map(|b| b.val().cast(dtype));
        let dims = x.dims();
        let rows: usize = dims[..D - 1].iter().product();
        let [inputs, outputs] = weight.dims();
        // One plain matrix product: a batched one with a broadcast weight is slower on every backend.
        let mut y = x.reshape([rows, inputs]).matmul(weight);
        if let Some(bias) = bias {
            y = y + bias.unsqueeze();
        }
        let mut out = dims;
        out[D - 1] = outputs;
        y.reshape(out)
    }
}

/// 2-D convolution that keeps the size (zero padding).
#[derive(Module, Debug)]
pub struct Conv {
    /// `[outputs, inputs, k, k]`.
    pub weight: Param<Tensor<4>>,
    /// `[outputs]`.
    pub bias: Param<Tensor<1>>,
    #[module(skip)]
    dilation: usize,
}

impl Conv {
    /// A `k` x `k` convolution; `gain` 1 keeps the variance, 0 starts at nothing.
    pub fn new(
        inputs: usize,
        outputs: usize,
        k: usize,
        dilation: usize,
        gain: f32,
        rng: &mut Gaussian,
        device: &Device,
    ) -> Self {
        let std = gain / ((inputs * k * k) as f32).sqrt();
        Self {
            weight: normal([outputs, inputs, k, k], std, rng, device),
            bias: Param::from_tensor(Tensor::zeros([outputs], device)),
            dilation,
        }
    }

    /// `[b, inputs, h, w]` -> `[b, outputs, h, w]`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let dtype = x.dtype();
        let weight = self.weight.val().cast(dtype);
        let [_, _, k, _] = weight.dims();
        if conv::is_ours(&x, k) {
            return conv::conv2d(x, weight, self.bias.val(), self.dilation);
        }
        let pad = self.dilation * (k / 2);
        let options = ConvOptions::new([1, 1], [pad, pad], [self.dilation, self.dilation], 1);
        module::conv2d(x, weight, Some(self.bias.val().cast(dtype)), options)
    }
}

/// A parameter drawn from N(0, `std`²) by the run's own generator, so that every backend starts from the same bits.
pub fn normal<const D: usize>(shape: [usize; D], std: f32, rng: &mut Gaussian, device: &Device) -> Param<Tensor<D>> {
    let n = shape.iter().product();
    let mut values = vec![0.0; n];
    if std != 0.0 {
        rng.fill(&mut values);
        values.iter_mut().for_each(|v| *v *= std);
    }
    Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), device))
}

/// A tensor of host values.
pub fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// Root-mean-square normalisation over the last axis, without a learned scale (the modulation has one).
pub fn rms_norm<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let scale = inverse_rms(&x, D - 1, 1e-6);
    x * scale
}

/// One over the root of the mean square over an axis and `epsilon`. Half precision ends at 65,504, which is the square of 256, so it is found in single
/// precision there.
pub fn inverse_rms<const D: usize>(x: &Tensor<D>, axis: usize, epsilon: f32) -> Tensor<D> {
    let half = x.dtype() == DType::F16;
    let wide = if half { x.clone().cast(DType::F32) } else { x.clone() };
    let scale = (wide.powi_scalar(2).mean_dim(axis) + epsilon).sqrt().recip();
    if half { scale.cast(DType::F16) } else { scale }
}

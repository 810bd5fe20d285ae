//! Principal components of pixel blocks: where the autoencoder's linear shortcut starts.

use burn::tensor::{Device, Tensor};

use super::config::BLOCK;
use crate::model::nn::tensor;
use crate::model::weights::to_host;

/// The shortcut's weights, scaled so that every latent channel has mean 0 and deviation 1 on the sample.
#[derive(Clone, Debug)]
pub struct Components {
    /// `[768, channels]`.
    pub encode_weight: Vec<f32>,
    /// `[channels]`.
    pub encode_bias: Vec<f32>,
    /// `[channels, 768]`.
    pub decode_weight: Vec<f32>,
    /// `[768]`.
    pub decode_bias: Vec<f32>,
    /// Deviation of each channel before scaling, in units of the pixels' -1..1: its weight in the picture.
    pub deviation: Vec<f32>,
    /// Share of the sample's variance that the channels keep.
    pub explained: f64,
}

/// Sums of a growing sample of blocks.
pub struct Accumulator {
    sum: Vec<f64>,
    products: Tensor<2>,
    count: usize,
}

impl Accumulator {
    /// Nothing seen yet.
    pub fn new(device: &Device) -> Self {
        Self {
            sum: vec![0.0; BLOCK],
            products: Tensor::zeros([BLOCK, BLOCK], device),
            count: 0,
        }
    }

    /// Adds rows of 768 values.
    pub fn add(&mut self, rows: Vec<f32>, device: &Device) {
        for row in rows.chunks_exact(BLOCK) {
            for (s, v) in self.sum.iter_mut().zip(row) {
                *s += f64::from(*v);
            }
        }
        let n = rows.len() / BLOCK;
        self.count += n;
        let x: Tensor<2> = tensor(rows, [n, BLOCK], device);
        self.products.inplace(|p| p + x.clone().swap_dims(0, 1).matmul(x));
    }

    /// The `channels` strongest components.
    pub fn components(self, channels: usize) -> Components {
        let n = self.count.max(1) as f64;
        let mean: Vec<f64> = self.sum.iter().map(|s| s / n).collect();
        let products = to_host(self.products);
        let covariance = nalgebra::DMatrix::from_fn(BLOCK, BLOCK, |i, j| {
            f64::from(products[i * BLOCK + j]) / n - mean[i] * mean[j]
        });
        let eigen = nalgebra::SymmetricEigen::new(covariance);
        let mut order: Vec<usize> = (0..BLOCK).collect();
        order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
        let total: f64 = eigen.eigenvalues.iter().map(|v| v.max(0.0)).sum();
        order.truncate(channels);
        let deviation: Vec<f64> = order.iter().map(|&i| eigen.eigenvalues[i].max(1e-10).sqrt()).collect();
        let kept: f64 = deviation.iter().map(|d| d * d).sum();
        let mut c = Components {
            encode_weight: vec![0.0; BLOCK * channels],
            encode_bias: vec![0.0; channels],
            decode_weight: vec![0.0; channels * BLOCK],
            decode_bias: mean.iter().map(|m| *m as f32).collect(),
            deviation: deviation.iter().map(|d| *d as f32).collect(),
            explained: kept / total.max(1e-12),
        };
        for (k, &i) in order.iter().enumerate() {
            let v = eigen.eigenvectors.column(i);
            // A component's sign is arbitrary: fix it, so that the same data give the same weights.
            let sign = if v.sum() < 0.0 { -1.0 } else { 1.0 };
            let mut bias = 0.0;
            for j in 0..BLOCK {
                let u = sign * v[j];
                c.encode_weight[j * channels + k] = (u / deviation[k]) as f32;
                c.decode_weight[k * BLOCK + j] = (u * deviation[k]) as f32;
                bias -= u * mean[j] / deviation[k];
            }
            c.encode_bias[k] = bias as f32;
        }
        c
    }
}

impl Components {
    /// Zeros, for an autoencoder whose weights come from a file.
    pub fn blank(channels: usize) -> Self {
        Self {
            encode_weight: vec![0.0; BLOCK * channels],
            encode_bias: vec![0.0; channels],
            decode_weight: vec![0.0; channels * BLOCK],
            decode_bias: vec![0.0; BLOCK],
            deviation: vec![0.0; channels],
            explained: 0.0,
        }
    }
}

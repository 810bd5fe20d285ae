//! The one place where attention is computed, because burn 0.23 brings a fused kernel with a backward pass.

use burn::tensor::Tensor;

use crate::model::pointwise::softmax;

/// `softmax(q kᵀ / sqrt(d) + bias) v`.
///
/// # Shapes
/// - `q`: `[batch, heads, queries, d]`, `k` and `v`: `[batch, heads, keys, d]`
/// - `bias`: `[1, 1, 1, keys]`, -inf-like where a slot holds nothing yet
/// - result: `[batch, heads, queries, d]`
pub fn attend(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>, bias: Option<Tensor<4>>) -> Tensor<4> {
    let [_, _, _, width] = q.dims();
    let scale = 1.0 / (width as f64).sqrt();
    let mut scores = q.mul_scalar(scale).matmul(k.swap_dims(2, 3));
    if let Some(bias) = bias {
        scores = scores + bias;
    }
    softmax(scores).matmul(v)
}

/// Values with a column of ones: the product with them sums weights as well. `[.., d]` -> `[.., d + 1]`
pub fn with_ones(v: Tensor<4>) -> Tensor<4> {
    let [batch, heads, keys, _] = v.dims();
    let ones = Tensor::<4>::ones([batch, heads, keys, 1], &v.device()).cast(v.dtype());
    Tensor::cat(vec![v, ones], 3)
}

/// One part of an attention whose keys lie in several tensors: `exp(q kᵀ / sqrt(d) + bias) [v, 1]`. Parts are added, then
/// [`normalise`]d. The largest score is not subtracted: queries and keys are normalised, so scores stay within sqrt(d)
/// times the learned gains. Of the passes over the large score matrix, forward and backward, half as many are left.
///
/// # Shapes
/// - as [`attend`]; `v`: `[batch, heads, keys, d + 1]`, see [`with_ones`]; `bias`: `[1, 1, queries, keys]`
/// - result: `[batch, heads, queries, d + 1]`
pub fn gather(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>, bias: Option<&Tensor<4>>) -> Tensor<4> {
    let [_, _, _, width] = q.dims();
    let mut scores = q.mul_scalar(1.0 / (width as f64).sqrt()).matmul(k.swap_dims(2, 3));
    if let Some(bias) = bias {
        scores = scores + bias.clone();
    }
    scores.exp().matmul(v)
}

/// Ends a sum of [`gather`]ed parts: `[.., d + 1]` -> `[.., d]`.
pub fn normalise(sums: Tensor<4>) -> Tensor<4> {
    let [_, _, _, with_one] = sums.dims();
    let width = with_one - 1;
    sums.clone().narrow(3, 0, width) / sums.narrow(3, width, 1)
}

/// Splits `[batch, tokens, heads * d]` into heads: `[batch, heads, tokens, d]`.
pub fn split_heads(x: Tensor<3>, heads: usize) -> Tensor<4> {
    let [batch, tokens, width] = x.dims();
    x.reshape([batch, tokens, heads, width / heads]).swap_dims(1, 2)
}

/// Inverse of [`split_heads`].
pub fn join_heads(x: Tensor<4>) -> Tensor<3> {
    let [batch, heads, tokens, d] = x.dims();
    x.swap_dims(1, 2).reshape([batch, tokens, heads * d])
}

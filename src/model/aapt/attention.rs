//! The one place where attention is computed, because burn 0.23 brings a fused kernel with a backward pass.

use burn::tensor::{Tensor, activation};

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
    activation::softmax(scores, 3).matmul(v)
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

//! Rotary positions in three axes: latent time, row, column.
//!
//! Time is cyclic: its frequencies are whole multiples of 2 pi / M, so that a position and the position plus M are the
//! same rotation. Keys can then be rotated once, when they are written, with `step mod M`, and stay right however long
//! the walk: only differences up to the window ever meet, and M is larger than twice the largest of them.
//!
//! Halves layout: dimension i and i + d/2 of a head form pair i. Of the pairs, one quarter turns with time, the rest is
//! shared by row and column.

use burn::tensor::{Device, Tensor};

use crate::model::nn::tensor;

/// Rotations for a grid of tokens at one latent time.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// `[1, 1, tokens, head_width]`.
    cos: Tensor<4>,
    /// `[1, 1, tokens, head_width]`.
    sin: Tensor<4>,
    /// `[head_width, head_width]`: (low, high) to (-high, low).
    turn: Tensor<2>,
}

/// Where tokens stand, and how far time goes before it repeats.
#[derive(Clone, Debug)]
pub struct Rope {
    rows: usize,
    columns: usize,
    head_width: usize,
    window: usize,
}

impl Rope {
    /// Positions for a grid of `rows` x `columns` tokens and a window of `window` latent frames.
    pub fn new(rows: usize, columns: usize, head_width: usize, window: usize) -> Self {
        Self {
            rows,
            columns,
            head_width,
            window,
        }
    }

    /// Steps after which the time rotation repeats.
    pub fn period(&self) -> u64 {
        2 * (self.window as u64 + 2)
    }

    /// The bounded position of a step; every rotation is computed from this.
    pub fn position(&self, step: i64) -> u64 {
        step.rem_euclid(self.period() as i64) as u64
    }

    /// Rotation of all tokens of the latent frame of `step`, or of `text` tokens that stand at no place (row and column
    /// 0) but at the time of `step`.
    pub fn rotation(&self, step: i64, text: Option<usize>, device: &Device) -> Rotation {
        let half = self.head_width / 2;
        let time_pairs = (half / 4).max(1);
        let row_pairs = (half - time_pairs) / 2;
        let column_pairs = half - time_pairs - row_pairs;
        let position = self.position(step) as f64;
        let period = self.period() as f64;
        let tokens = text.unwrap_or(self.rows * self.columns);
        let (mut cos, mut sin) = (
            Vec::with_capacity(tokens * half * 2),
            Vec::with_capacity(tokens * half * 2),
        );
        for token in 0..tokens {
            let (row, column) = if text.is_some() {
                (0, 0)
            } else {
                (token / self.columns, token % self.columns)
            };
            let mut angles = Vec::with_capacity(half);
            for m in 0..time_pairs {
                angles.push(std::f64::consts::TAU * (m + 1) as f64 * position / period);
            }
            // Grids have a dozen or two of rows: base 100 spreads wavelengths from 6 to 600 positions.
            let spatial =
                |place: usize, i: usize, pairs: usize| place as f64 * libm::pow(100.0, -(i as f64) / pairs as f64);
            angles.extend((0..row_pairs).map(|i| spatial(row, i, row_pairs)));
            angles.extend((0..column_pairs).map(|i| spatial(column, i, column_pairs)));
            for _ in 0..2 {
                cos.extend(angles.iter().map(|a| libm::cos(*a) as f32));
                sin.extend(angles.iter().map(|a| libm::sin(*a) as f32));
            }
        }
        let shape = [1, 1, tokens, self.head_width];
        Rotation {
            cos: tensor(cos, shape, device),
            sin: tensor(sin, shape, device),
            turn: turn(self.head_width, device),
        }
    }
}

fn turn(width: usize, device: &Device) -> Tensor<2> {
    let half = width / 2;
    let mut values = vec![0.0; width * width];
    for i in 0..half {
        values[(i + half) * width + i] = -1.0;
        values[i * width + i + half] = 1.0;
    }
    tensor(values, [width, width], device)
}

impl Rotation {
    /// Several latent frames after each other: `[1, 1, frames * tokens, head_width]`.
    pub fn concat(parts: &[Self]) -> Self {
        let turn = parts[0].turn.clone();
        let (cos, sin) = parts.iter().map(|r| (r.cos.clone(), r.sin.clone())).unzip();
        Self {
            turn,
            cos: Tensor::cat(cos, 2),
            sin: Tensor::cat(sin, 2),
        }
    }

    /// The same rotation in another float type.
    pub fn cast(self, dtype: burn::tensor::DType) -> Self {
        Self {
            cos: self.cos.cast(dtype),
            sin: self.sin.cast(dtype),
            turn: self.turn.cast(dtype),
        }
    }

    /// Rotates queries or keys `[b, heads, tokens, head_width]`. The halves change places by a product with a constant
    /// matrix: exact, and its backward pass is a product again instead of padded copies.
    pub fn apply(&self, x: Tensor<4>) -> Tensor<4> {
        let shape @ [batch, heads, tokens, width] = x.dims();
        let turned = x
            .clone()
            .reshape([batch * heads * tokens, width])
            .matmul(self.turn.clone())
            .reshape(shape);
        x * self.cos.clone() + turned * self.sin.clone()
    }
}

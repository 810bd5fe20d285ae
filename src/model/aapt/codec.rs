//! Between pixels and the autoencoder's blocks, on the host: four frames of 8 x 8 pixels RGB become one row of 768 values.

use rayon::prelude::*;

use super::config::{BLOCK, SPATIAL_FACTOR};
use crate::frame::FRAMES_PER_LATENT;

/// Pixels of one block plane.
const PLANE: usize = SPATIAL_FACTOR * SPATIAL_FACTOR;

/// Four pictures `[h * w * 3]` in -1..1 -> rows `[h/8 * w/8, 768]` (frame, row, column, colour).
pub fn blocks_from_frames(frames: [&[f32]; FRAMES_PER_LATENT], width_px: usize) -> Vec<f32> {
    let columns = width_px / SPATIAL_FACTOR;
    let height_px = frames[0].len() / 3 / width_px;
    let mut out = vec![0.0; height_px / SPATIAL_FACTOR * columns * BLOCK];
    out.par_chunks_mut(columns * BLOCK).enumerate().for_each(|(row, line)| {
        for (column, block) in line.chunks_exact_mut(BLOCK).enumerate() {
            for (frame, plane) in frames.iter().zip(block.chunks_exact_mut(PLANE * 3)) {
                for (y, to) in plane.chunks_exact_mut(SPATIAL_FACTOR * 3).enumerate() {
                    let at = ((row * SPATIAL_FACTOR + y) * width_px + column * SPATIAL_FACTOR) * 3;
                    to.copy_from_slice(&frame[at..at + SPATIAL_FACTOR * 3]);
                }
            }
        }
    });
    out
}

/// Inverse of [`blocks_from_frames`].
pub fn frames_from_blocks(blocks: &[f32], width_px: usize) -> [Vec<f32>; FRAMES_PER_LATENT] {
    let columns = width_px / SPATIAL_FACTOR;
    let rows = blocks.len() / BLOCK / columns;
    std::array::from_fn(|f| {
        let mut out = vec![0.0; rows * SPATIAL_FACTOR * width_px * 3];
        for (i, block) in blocks.chunks_exact(BLOCK).enumerate() {
            let (row, column) = (i / columns, i % columns);
            let plane = &block[f * PLANE * 3..(f + 1) * PLANE * 3];
            for (y, from) in plane.chunks_exact(SPATIAL_FACTOR * 3).enumerate() {
                let at = ((row * SPATIAL_FACTOR + y) * width_px + column * SPATIAL_FACTOR) * 3;
                out[at..at + SPATIAL_FACTOR * 3].copy_from_slice(from);
            }
        }
        out
    })
}

/// One plane (inverse depth) of rows `[positions, 64]` -> `[h * w]`.
pub fn plane_from_blocks(blocks: &[f32], width_px: usize) -> Vec<f32> {
    let columns = width_px / SPATIAL_FACTOR;
    let mut out = vec![0.0; blocks.len()];
    for (i, block) in blocks.chunks_exact(PLANE).enumerate() {
        let (row, column) = (i / columns, i % columns);
        for (y, from) in block.chunks_exact(SPATIAL_FACTOR).enumerate() {
            let at = (row * SPATIAL_FACTOR + y) * width_px + column * SPATIAL_FACTOR;
            out[at..at + SPATIAL_FACTOR].copy_from_slice(from);
        }
    }
    out
}

/// Inverse of [`plane_from_blocks`].
pub fn blocks_from_plane(plane: &[f32], width_px: usize) -> Vec<f32> {
    let columns = width_px / SPATIAL_FACTOR;
    let mut out = vec![0.0; plane.len()];
    for (i, block) in out.chunks_exact_mut(PLANE).enumerate() {
        let (row, column) = (i / columns, i % columns);
        for (y, to) in block.chunks_exact_mut(SPATIAL_FACTOR).enumerate() {
            let at = (row * SPATIAL_FACTOR + y) * width_px + column * SPATIAL_FACTOR;
            to.copy_from_slice(&plane[at..at + SPATIAL_FACTOR]);
        }
    }
    out
}

/// Share of valid pixels in every block: `[h * w]` of 0 or 1 -> `[h/8 * w/8]`.
pub fn block_means(plane: &[f32], width_px: usize) -> Vec<f32> {
    blocks_from_plane(plane, width_px)
        .chunks_exact(PLANE)
        .map(|b| b.iter().sum::<f32>() / PLANE as f32)
        .collect()
}

/// Bytes to -1..1.
pub fn from_bytes(rgb: &[u8]) -> Vec<f32> {
    rgb.iter().map(|&v| f32::from(v) * (2.0 / 255.0) - 1.0).collect()
}

/// -1..1 to bytes, rounded and clamped.
pub fn to_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().copied().map(to_byte).collect()
}

/// As [`to_bytes`].
pub fn to_byte(value: f32) -> u8 {
    (value * 127.5 + 128.0).clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_frames_are_inverse() {
        let frames: Vec<Vec<f32>> = (0..4)
            .map(|f| (0..16 * 24 * 3).map(|i| (i * 4 + f) as f32).collect())
            .collect();
        let blocks = blocks_from_frames([&frames[0], &frames[1], &frames[2], &frames[3]], 24);
        assert_eq!(blocks.len(), 2 * 3 * BLOCK);
        assert_eq!(frames_from_blocks(&blocks, 24).to_vec(), frames);
        let plane: Vec<f32> = (0..16 * 24).map(|i| i as f32).collect();
        assert_eq!(plane_from_blocks(&blocks_from_plane(&plane, 24), 24), plane);
    }

    #[test]
    fn bytes_survive() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(to_bytes(&from_bytes(&all)), all);
    }
}

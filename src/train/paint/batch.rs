//! Crops of pairs as tensors.

use burn::tensor::{Device, Tensor};

use super::pairs::Pairs;
use crate::control::Lens;
use crate::device::Gaussian;
use crate::model::aapt::critic::CELL;
use crate::model::aapt::painter::{MAPS, is_due};
use crate::model::nn::tensor;

/// Crops tried for each one that is taken: the one with most to draw is.
const TRIED: usize = 3;

/// Columns of a pair, from left to right or from right to left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crop {
    pair: usize,
    from: usize,
    width: usize,
    mirrored: bool,
}

impl Crop {
    /// All of a pair.
    pub(super) fn whole(pair: usize, lens: &Lens) -> Self {
        Self {
            pair,
            from: 0,
            width: lens.width_px,
            mirrored: false,
        }
    }
}

/// Draws a crop.
pub(super) fn pick(pairs: &Pairs, width: usize, rng: &mut Gaussian) -> Crop {
    let tried: [Crop; TRIED] = std::array::from_fn(|_| Crop {
        pair: rng.below(pairs.len()),
        from: rng.below(pairs.lens.width_px - width + 1),
        width,
        mirrored: rng.below(2) == 1,
    });
    let due = |crop: &Crop| {
        let (stale, w) = (pairs.stale(crop.pair), pairs.lens.width_px);
        let column = |x: usize| stale.iter().skip(x).step_by(4 * w).filter(|s| is_due(**s)).count();
        (crop.from..crop.from + crop.width).step_by(4).map(column).sum::<usize>()
    };
    let mut best = tried[0];
    for crop in &tried[1..] {
        if due(crop) > due(&best) {
            best = *crop;
        }
    }
    best
}

/// Pictures with their truth, without differentiation.
pub(super) struct Batch {
    /// `[n, 3, h, w]` in -1..1: as decoded.
    pub(super) seen: Tensor<4>,
    /// `[n, 3, h, w]`: as rendered.
    pub(super) truth: Tensor<4>,
    /// `[n, 4, h, w]`: see [`crate::model::aapt::painter::maps`].
    pub(super) maps: Tensor<4>,
    /// `[n, 1, h, w]`.
    pub(super) noise: Tensor<4>,
    /// `[n, cells]`: how much of each of the critic's cells is due, mean 1.
    pub(super) weights: Tensor<2>,
}

impl Batch {
    pub(super) fn new(pairs: &Pairs, crops: &[Crop], rng: &mut Gaussian, device: &Device) -> Self {
        let (h, whole) = (pairs.lens.height_px, pairs.lens.width_px);
        let (n, w) = (crops.len(), crops.first().map_or(0, |c| c.width));
        let mut parts: [Vec<f32>; 3] = Default::default();
        for crop in crops {
            for (out, planes) in parts.iter_mut().zip(pairs.planes(crop.pair)) {
                for row in planes.chunks_exact(whole) {
                    let row = &row[crop.from..crop.from + w];
                    match crop.mirrored {
                        true => out.extend(row.iter().rev()),
                        false => out.extend(row),
                    }
                }
            }
        }
        let [seen, truth, maps] = parts;
        let mut noise = vec![0.0; n * h * w];
        rng.fill(&mut noise);
        let of = |values: Vec<f32>, channels: usize| -> Tensor<4> { tensor(values, [n, channels, h, w], device) };
        let maps = of(maps, MAPS);
        let due = maps.clone().narrow(1, 0, 1);
        let cells = due
            .reshape([n, h / CELL, CELL, w / CELL, CELL])
            .mean_dim(2)
            .mean_dim(4)
            .reshape([n, h / CELL * (w / CELL)]);
        let mean = cells.clone().mean().add_scalar(1e-6).reshape([1, 1]);
        Self {
            seen: of(seen, 3),
            truth: of(truth, 3),
            maps,
            noise: of(noise, 1),
            weights: cells / mean,
        }
    }

    /// `[n, 1, h, w]`: 1 where something is to be drawn.
    pub(super) fn due(&self) -> Tensor<4> {
        self.maps.clone().narrow(1, 0, 1)
    }

    /// 1 where that is new.
    pub(super) fn new_places(&self) -> Tensor<4> {
        self.maps.clone().narrow(1, 1, 1)
    }

    /// 1 where that was seen before.
    pub(super) fn stale_places(&self) -> Tensor<4> {
        self.due() - self.new_places()
    }

    /// What is seen, with what is drawn where it is due.
    pub(super) fn painted(&self, drawn: Tensor<4>) -> Tensor<4> {
        (self.seen.clone() + drawn * self.due()).clamp(-1.0, 1.0)
    }

    /// What is seen, with the truth where something is due: painter and truth are judged in the same surroundings.
    pub(super) fn real(&self) -> Tensor<4> {
        self.seen.clone() + (self.truth.clone() - self.seen.clone()) * self.due()
    }
}

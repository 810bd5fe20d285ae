//! Soft continuation: what a warp does not know is filled with averages of ever wider, less of ever higher surroundings,
//! because most of what is new comes in from the side, and there sky goes on as sky and ground as ground. The two are continued
//! apart: averaged with each other, trees at the edge of the view would become streaks across the sky. Plain host code.

use super::warp::{NEUTRAL, SKY, Warped};
use crate::control::Lens;

/// Share of sky around a place above which it is sky. What a nearer thing had hidden is the farther of the two, so a
/// little less than half.
const SKY_SHARE: f32 = 0.45;
/// How fast one goes over into the other as that share grows.
const SHARPNESS: f32 = 6.0;

/// One level of a pyramid of averages.
struct Level {
    w: usize,
    h: usize,
    /// Values a pixel.
    channels: usize,
    /// `[h * w * channels]`
    values: Vec<f32>,
    /// How much of a pixel is known, 0 to 1.
    weight: Vec<f32>,
}

impl Level {
    /// Half the width, and half the height too if asked for; known pixels count, the others do not. A place counts as known if one of its
    /// pixels is; or, if it is a `vote`, as far as they are.
    fn halved(&self, rows_too: bool, vote: bool) -> Self {
        let n = self.channels;
        let (w, h) = (self.w.div_ceil(2), if rows_too { self.h.div_ceil(2) } else { self.h });
        let mut out = Self {
            w,
            h,
            channels: n,
            // Sums, until they are means.
            values: vec![0.0; w * h * n],
            weight: vec![0.0; w * h],
        };
        for (y, (line, weights)) in (self
            .values
            .chunks_exact(self.w * n)
            .zip(self.weight.chunks_exact(self.w)))
        .enumerate()
        {
            let row = if rows_too { y / 2 } else { y } * w;
            for (x, (values, weight)) in line.chunks_exact(n).zip(weights).enumerate() {
                let to = row + x / 2;
                out.weight[to] += weight;
                let sums = &mut out.values[to * n..to * n + n];
                sums.iter_mut().zip(values).for_each(|(sum, v)| *sum += weight * v);
            }
        }
        for (sums, weight) in out.values.chunks_exact_mut(n).zip(&out.weight) {
            let each = weight.recip();
            let of = |sum: f32| if *weight > 0.0 { each * sum } else { NEUTRAL };
            sums.iter_mut().for_each(|sum| *sum = of(*sum));
        }
        let each = if vote {
            0.5 / (1.0 + f32::from(u8::from(rows_too)))
        } else {
            1.0
        };
        out.weight.iter_mut().for_each(|v| *v = (each * *v).min(1.0));
        out
    }

    /// Blends the unknown part of every pixel towards the coarser level, sampled bilinearly.
    fn complete(&mut self, coarse: &Self) {
        let n = self.channels;
        let (sx, sy) = (coarse.w as f32 / self.w as f32, coarse.h as f32 / self.h as f32);
        for y in 0..self.h {
            for x in 0..self.w {
                let i = y * self.w + x;
                let unknown = 1.0 - self.weight[i];
                if unknown <= 0.0 {
                    continue;
                }
                let u = ((x as f32 + 0.5) * sx - 0.5).clamp(0.0, coarse.w as f32 - 1.0);
                let v = ((y as f32 + 0.5) * sy - 0.5).clamp(0.0, coarse.h as f32 - 1.0);
                let (x0, y0) = (u as usize, v as usize);
                let (x1, y1) = ((x0 + 1).min(coarse.w - 1), (y0 + 1).min(coarse.h - 1));
                let (fx, fy) = (u - x0 as f32, v - y0 as f32);
                for c in 0..n {
                    let at = |x: usize, y: usize| coarse.values[(y * coarse.w + x) * n + c];
                    let top = at(x0, y0) * (1.0 - fx) + at(x1, y0) * fx;
                    let bottom = at(x0, y1) * (1.0 - fx) + at(x1, y1) * fx;
                    let value = &mut self.values[i * n + c];
                    *value += unknown * (top * (1.0 - fy) + bottom * fy - *value);
                }
            }
        }
    }
}

/// `values` with their unknown parts completed; see [`Level::halved`] for a `vote`.
pub(super) fn completed(values: Vec<f32>, weight: Vec<f32>, channels: usize, vote: bool, lens: &Lens) -> Vec<f32> {
    debug_assert!(values.iter().all(|v| v.is_finite()), "what does not count would count");
    let mut levels = vec![Level {
        w: lens.width_px,
        h: lens.height_px,
        channels,
        values,
        weight,
    }];
    while let Some(last) = levels.last()
        && (last.w > 1 || last.h > 1)
    {
        let rows_too = levels.len() % 3 == 0 || last.w == 1;
        levels.push(last.halved(rows_too, vote));
    }
    let mut found = vec![];
    while let Some(coarse) = levels.pop() {
        match levels.last_mut() {
            Some(fine) => fine.complete(&coarse),
            None => found = coarse.values,
        }
    }
    found
}

/// Sky and land, each continued over the whole picture.
pub struct Layers {
    /// Colours of the sky, `[h * w * 3]`.
    pub sky: Vec<f32>,
    /// Colours of the land, `[h * w * 3]`.
    pub land: Vec<f32>,
    /// How much of each pixel that is not known is sky, `[h * w]`, 0 to 1.
    pub share: Vec<f32>,
}

/// Continues the picture softly into what is not known.
pub fn fill(picture: &mut Warped, lens: &Lens) {
    let valid = picture.valid.clone();
    fill_from(picture, &valid, &valid, false, lens);
}

/// [`fill`] where known pixels tell by `weight`, `[h * w]`, what is beside them, and known sky by `sky_weight` what colour the sky has there. What was filled from, if there was anything
/// to fill (or it is `wanted` anyway) and sky and land to be told apart, or it is `wanted` and all sky.
pub fn fill_from(
    picture: &mut Warped,
    weight: &[f32],
    sky_weight: &[f32],
    wanted: bool,
    lens: &Lens,
) -> Option<Layers> {
    let known = |i: &usize| picture.valid[*i] > 0.0;
    let is_sky = |i: &usize| picture.inverse_depth[*i] < SKY;
    let pixels = picture.valid.len();
    if !wanted && (0..pixels).all(|i| picture.valid[i] == 1.0) {
        return None;
    }
    let skies = (0..pixels).filter(known).filter(is_sky).count();
    let mixed = skies > 0 && skies < (0..pixels).filter(known).count();
    if !mixed {
        let only_sky = skies > 0;
        if !only_sky && picture.valid.iter().all(|valid| *valid == 1.0) {
            return None;
        }
        let weight = if only_sky { sky_weight } else { weight };
        let all = completed(picture.rgb.clone(), weight.to_vec(), 3, false, lens);
        for i in (0..pixels).filter(|i| picture.valid[*i] < 1.0) {
            picture.rgb[3 * i..3 * i + 3].copy_from_slice(&all[3 * i..3 * i + 3]);
        }
        return (wanted && only_sky).then(|| Layers {
            land: all.clone(),
            sky: all,
            share: vec![1.0; pixels],
        });
    }
    let of = |layer: bool, weight: &[f32]| -> Vec<f32> {
        (0..pixels)
            .map(|i| if is_sky(&i) == layer { weight[i] } else { 0.0 })
            .collect()
    };
    let colours = |weight: Vec<f32>| completed(picture.rgb.clone(), weight, 3, false, lens);
    let skies: Vec<f32> = (0..pixels).map(|i| f32::from(u8::from(is_sky(&i)))).collect();
    let around = completed(skies, weight.to_vec(), 1, true, lens);
    let layers = Layers {
        sky: colours(of(true, sky_weight)),
        land: colours(of(false, weight)),
        share: (around.iter())
            .map(|around| (0.5 + SHARPNESS * (around - SKY_SHARE)).clamp(0.0, 1.0))
            .collect(),
    };
    for i in (0..pixels).filter(|i| picture.valid[*i] < 1.0) {
        for at in 3 * i..3 * i + 3 {
            picture.rgb[at] = layers.land[at] + layers.share[i] * (layers.sky[at] - layers.land[at]);
        }
    }
    Some(layers)
}

#[cfg(test)]
mod tests {
    use super::*;

    const W: usize = 96;
    const H: usize = 48;
    const HORIZON: usize = 20;
    const BLUE: [f32; 3] = [-0.5, 0.1, 0.9];
    const GREEN: [f32; 3] = [-0.2, 0.3, -0.6];

    fn lens() -> Lens {
        Lens {
            width_px: W,
            height_px: H,
            fov_x_rad: 1.3,
        }
    }

    /// Sky over ground, with a tree that stands as high as the picture in columns 60 to 65; known before column 66.
    fn picture() -> Warped {
        let mut out = Warped::unknown(&lens());
        for y in 0..H {
            for x in 0..66 {
                let (i, land) = (y * W + x, y >= HORIZON || x >= 60);
                out.rgb[3 * i..3 * i + 3].copy_from_slice(if land { &GREEN } else { &BLUE });
                out.inverse_depth[i] = if land { 0.1 } else { 0.0 };
                out.valid[i] = 1.0;
            }
        }
        out
    }

    fn apart(rgb: &[f32], i: usize, from: [f32; 3]) -> f32 {
        (0..3).map(|c| (rgb[3 * i + c] - from[c]).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn sky_goes_on_as_sky_behind_a_tree_and_ground_as_ground() {
        let mut p = picture();
        let before = p.clone();
        fill(&mut p, &lens());
        assert_eq!(p.valid, before.valid);
        for y in 0..H {
            for x in 0..66 {
                assert_eq!(
                    apart(
                        &p.rgb,
                        y * W + x,
                        std::array::from_fn(|c| before.rgb[3 * (y * W + x) + c])
                    ),
                    0.0
                );
            }
        }
        // Away from the tree and from the horizon nothing of the other is left.
        for x in 80..W {
            assert!(apart(&p.rgb, 2 * W + x, BLUE) < 0.05, "column {x}");
            assert!(apart(&p.rgb, (H - 4) * W + x, GREEN) < 0.05, "column {x}");
        }
    }

    #[test]
    fn where_there_is_only_one_of_them_it_goes_on() {
        let mut p = picture();
        p.inverse_depth.iter_mut().for_each(|k| *k = k.max(0.1));
        fill(&mut p, &lens());
        // All is land: blue and green pass into each other, as any other colours do.
        let middle = apart(&p.rgb, 10 * W + 70, BLUE);
        assert!(middle > 0.05, "{middle}");
        let mut nothing = Warped::unknown(&lens());
        let neutral = nothing.clone();
        fill(&mut nothing, &lens());
        assert_eq!(nothing, neutral);
    }
}

//! Places that something uncovers as it moves before them. What was hidden is farther away than what hid it: it goes on from what is farther away around it, in colour
//! and in depth. Told by a network that sees a hole beside a trunk, it would be half trunk, and move as if it were. Plain host code.

use super::drawn::{NOWHERE, is_somewhere};
use super::fill::{Layers, completed, fill_from};
use super::relight::luma;
use super::sky_colours::SkyColours;
use super::warp::{SKY, Warped};
use crate::control::Lens;

/// Share of the picture's width within which something stands before something else.
const AROUND: f32 = 0.031;
/// What is nearer by this factor
const BEFORE: f32 = 1.5;
/// and by so much in 1/m stands before it.
const BEFORE_NEAR: f32 = 0.03;

/// Sky has something of the colour of what is, or was, within this share of the picture's width,
const TINGED: f32 = 0.0156;
/// and tells by so little what colour the sky has.
const HARDLY: f32 = 1e-3;
/// Within this share of the width of what has been uncovered it is put right.
const TOUCHED: f32 = 0.0104;

/// What is of no colour of the sky and darker than goes on there by so much, and than the rest of it by half of that, of the range from -1 to 1, is not sky, whatever its depth says,
const DARKER: f32 = 0.12;
/// unless more than this share of the sky has none of its colours: then that is another sky.
const MOST_STRANGE: f32 = 0.33;

/// Nothing is nearer, in 1/m.
const NEAREST: f32 = 4.0;

/// What a warped picture does not know because something stood before it, and what of its sky is none.
#[derive(Clone, Debug)]
pub struct Uncovered {
    /// `[h * w]`: how much known pixels tell about what is beside them: nothing if they stand before something.
    pub weight: Vec<f32>,
    /// `[h * w]`: the same of the sky's colour: hardly anything beside land, things, and what has been uncovered, and nothing where it is strange. A tree's outermost pixels are of both, and stay in the sky as the tree moves on; told by them, what it
    /// uncovers has the tree's colour, too, and is beside the tree at the next step.
    pub sky_weight: Vec<f32>,
    /// `[h * w]`: which unknown pixels have been uncovered.
    pub places: Vec<bool>,
    /// Known pixels with the sky's depth that are darker than the sky and of none of its colours, away from all outlines.
    pub strange: Vec<usize>,
}

impl Uncovered {
    /// Of a picture whose unknown places are not filled yet. If the sky's colours are known, what has none of them, is darker, and stands apart from land tells nothing of it.
    pub fn new(picture: &Warped, sky: Option<&SkyColours>, lens: &Lens) -> Self {
        let (w, h) = (lens.width_px, lens.height_px);
        let is_strange = |i: &usize| {
            let is_sky = picture.valid[*i] > 0.0 && picture.inverse_depth[*i] < SKY;
            is_sky && sky.is_some_and(|sky| !sky.has(&picture.rgb[3 * i..3 * i + 3]))
        };
        let mut strange: Vec<usize> = (0..h * w).filter(is_strange).collect();
        strange = darker(strange, picture);
        let all_known = picture.valid.iter().all(|valid| *valid > 0.0);
        if all_known && strange.is_empty() {
            return Self {
                weight: picture.valid.clone(),
                sky_weight: picture.valid.clone(),
                places: vec![false; w * h],
                strange,
            };
        }
        let around = pixels(AROUND, w);
        let depth: Vec<f32> = (picture.valid.iter().zip(&picture.inverse_depth))
            .map(|(valid, near)| if *valid > 0.0 { *near } else { f32::INFINITY })
            .collect();
        let farthest = spread(&depth, w, around, f32::min);
        let before: Vec<f32> = (depth.iter().zip(farthest))
            .map(|(near, farthest)| f32::from(u8::from(near.is_finite() && *near > BEFORE * farthest + BEFORE_NEAR)))
            .collect();
        let weight: Vec<f32> = (picture.valid.iter().zip(&before))
            .map(|(valid, before)| if *before > 0.0 { 0.0 } else { *valid })
            .collect();
        let places = match all_known {
            true => vec![false; w * h],
            false => {
                let (beside, within) = (spread(&before, w, around, f32::max), within(&picture.valid, [w, h]));
                (0..h * w).map(|i| within[i] && beside[i] > 0.0).collect()
            }
        };
        // What moved on has been there, too.
        let land: Vec<f32> = (depth.iter().zip(&places))
            .map(|(near, uncovered)| f32::from(u8::from(near.is_finite() && *near >= SKY || *uncovered)))
            .collect();
        let land = spread(&land, w, pixels(TINGED, w), f32::max);
        let mut sky_weight: Vec<f32> = (weight.iter().zip(&land))
            .map(|(weight, land)| if *land > 0.0 { HARDLY * weight } else { *weight })
            .collect();
        strange.retain(|i| land[*i] == 0.0);
        strange.iter().for_each(|i| sky_weight[*i] = 0.0);
        Self {
            weight,
            sky_weight,
            places,
            strange,
        }
    }

    /// Fills softly what the picture does not know, and gives all sky its colour that touches what has been uncovered of it, and what is strange in it. See [`fill_from`] for the result.
    pub fn fill(&self, picture: &mut Warped, lens: &Lens) -> Option<Layers> {
        let wanted = !self.strange.is_empty();
        let layers = fill_from(picture, &self.weight, &self.sky_weight, wanted, lens)?;
        let w = lens.width_px;
        let bare: Vec<f32> = (self.places.iter().zip(&layers.share))
            .map(|(uncovered, share)| if *uncovered { *share } else { 0.0 })
            .collect();
        let touched = spread(&bare, w, pixels(TOUCHED, w), f32::max);
        let is_sky = |i: &usize| picture.valid[*i] > 0.0 && picture.inverse_depth[*i] < SKY;
        let touched = (0..touched.len())
            .filter(|i| touched[*i] > 0.0)
            .filter(is_sky)
            .map(|i| (i, touched[i]));
        let is_dark = |i: &usize| {
            let pixel = 3 * i..3 * i + 3;
            luma(&picture.rgb[pixel.clone()]) < luma(&layers.sky[pixel]) - DARKER
        };
        let strange = self.strange.iter().copied().filter(is_dark).map(|i| (i, 1.0));
        let wrong: Vec<(usize, f32)> = touched.chain(strange).collect();
        // Passing into each other: what is hardly told apart shall not jump.
        for (i, share) in wrong {
            let sky = &layers.sky[3 * i..3 * i + 3];
            let pixel = picture.rgb[3 * i..3 * i + 3].iter_mut().zip(sky);
            pixel.for_each(|(v, sky)| *v += share * (sky - *v));
            if share > 0.5 && is_somewhere(picture.shift[i]) {
                picture.shift[i] = NOWHERE;
            }
        }
        Some(layers)
    }

    /// The picture's inverse depths, `[h * w]`, with those of uncovered places, which are sky or land by the `layers` that they were filled from, seldom between the two.
    pub fn depths(&self, picture: &Warped, layers: Option<&Layers>, lens: &Lens) -> Vec<f32> {
        let mut out = picture.inverse_depth.clone();
        if self.places.contains(&true) {
            let known = out.iter().map(|k| k.max(0.0).clamp(0.0, NEAREST)).collect();
            let of_land = |(weight, near): (&f32, &f32)| if *near < SKY { 0.0 } else { *weight };
            let weight = match layers {
                Some(_) => self.weight.iter().zip(&out).map(of_land).collect(),
                None => self.weight.clone(),
            };
            let all = completed(known, weight, 1, false, lens);
            for (i, near) in out.iter_mut().enumerate().filter(|(i, _)| self.places[*i]) {
                *near = all[i] * (1.0 - layers.map_or(0.0, |layers| layers.share[i]));
            }
        }
        out
    }
}

/// Those of a picture's pixels that are darker than the other ones of its sky; none, if they are too many to be anything else than sky.
fn darker(mut strange: Vec<usize>, picture: &Warped) -> Vec<usize> {
    if strange.is_empty() {
        return strange;
    }
    let mut is_other: Vec<bool> = (picture.valid.iter().zip(&picture.inverse_depth))
        .map(|(valid, near)| *valid > 0.0 && *near < SKY)
        .collect();
    let skies = is_other.iter().filter(|sky| **sky).count();
    strange.iter().for_each(|i| is_other[*i] = false);
    let (mut sum, mut n) = (0.0, 0.0f32);
    for (rgb, _) in picture.rgb.chunks_exact(3).zip(is_other).filter(|(_, other)| *other) {
        sum += luma(rgb);
        n += 1.0;
    }
    // Nothing that it could be darker than.
    if n < (1.0 - MOST_STRANGE) * skies as f32 {
        return vec![];
    }
    let mean = sum / n.max(1.0);
    strange.retain(|i| luma(&picture.rgb[3 * i..3 * i + 3]) < mean - 0.5 * DARKER);
    strange
}

/// A share of a picture's width in pixels.
fn pixels(share: f32, w: usize) -> usize {
    ((share * w as f32).round() as usize).max(1)
}

/// Of each pixel, what `of_two` makes of all within so many pixels across and down, whole rows at a time: `[h * w]`.
pub(super) fn spread(values: &[f32], w: usize, reach: usize, of_two: impl Fn(f32, f32) -> f32) -> Vec<f32> {
    let take = |to: &mut [f32], from: &[f32]| to.iter_mut().zip(from).for_each(|(to, from)| *to = of_two(*to, *from));
    let mut rows = values.to_vec();
    for (to, from) in rows.chunks_exact_mut(w).zip(values.chunks_exact(w)) {
        for by in 1..=reach.min(w - 1) {
            take(&mut to[by..], from);
            take(to, &from[by..]);
        }
    }
    let mut out = rows.clone();
    for by in 1..=reach.min(values.len() / w - 1) {
        take(&mut out[by * w..], &rows);
        take(&mut out, &rows[by * w..]);
    }
    out
}

/// Which unknown pixels have known ones on both sides, across or down: what comes in at the edge of the view has not.
fn within(valid: &[f32], [w, h]: [usize; 2]) -> Vec<bool> {
    let mut out = vec![false; w * h];
    let mut along = |line: &mut dyn Iterator<Item = usize>| {
        let mut gap: Option<Vec<usize>> = None;
        for i in line {
            match (valid[i] > 0.0, &mut gap) {
                (true, gap) => gap.replace(vec![]).into_iter().flatten().for_each(|i| out[i] = true),
                (false, Some(gap)) => gap.push(i),
                (false, None) => {}
            }
        }
    };
    (0..h).for_each(|y| along(&mut (y * w..(y + 1) * w)));
    (0..w).for_each(|x| along(&mut (x..w * h).step_by(w)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beside_a_trunk_the_sky_goes_on_and_at_the_edge_of_the_view_nothing_was_uncovered() {
        let lens = Lens {
            width_px: 192,
            height_px: 40,
            fov_x_rad: 1.3,
        };
        let mut picture = Warped::unknown(&lens);
        let (hole, trunk, other, new) = (98..101, 90..98, 174..180, 180..192);
        for i in 0..192 * 40 {
            let x = i % 192;
            if hole.contains(&x) || new.contains(&x) {
                continue;
            }
            let (rgb, near) = if trunk.contains(&x) || other.contains(&x) {
                ([-0.8; 3], 0.3)
            } else {
                ([0.6; 3], 0.0)
            };
            picture.rgb[3 * i..3 * i + 3].copy_from_slice(&rgb);
            (picture.valid[i], picture.inverse_depth[i]) = (1.0, near);
        }
        let uncovered = Uncovered::new(&picture, None, &lens);
        let before = picture.clone();
        let layers = uncovered.fill(&mut picture, &lens);
        let depths = uncovered.depths(&picture, layers.as_ref(), &lens);
        for x in 0..192 {
            let i = 20 * 192 + x;
            assert_eq!(uncovered.places[i], hole.contains(&x), "column {x}");
            if hole.contains(&x) {
                assert!(
                    (picture.rgb[3 * i] - 0.6).abs() < 1e-3,
                    "column {x}: {}",
                    picture.rgb[3 * i]
                );
                assert!(depths[i].abs() < 1e-3, "column {x}: {}", depths[i]);
            } else {
                assert_eq!(depths[i], before.inverse_depth[i], "column {x}");
            }
            let off = (picture.rgb[3 * i] - before.rgb[3 * i]).abs();
            assert!(before.valid[i] == 0.0 || off < 1e-3, "column {x}: {off}");
        }
    }

    #[test]
    fn sky_that_a_tree_has_tinged_is_put_right_where_it_moves_on_and_no_depth_is_between_sky_and_land() {
        const W: usize = 192;
        const H: usize = 60;
        let lens = Lens {
            width_px: W,
            height_px: H,
            fov_x_rad: 1.3,
        };
        let mut picture = Warped::unknown(&lens);
        // A dark tree that has moved to the left by three columns; two of its colour, on each side, have the sky's depth. Land from row 40 on.
        let (hole, tree) = (100..103, 92..100);
        let tinged = [90..92, 103..105];
        for i in (0..W * H).filter(|i| !hole.contains(&(i % W))) {
            let (x, y) = (i % W, i / W);
            let (rgb, near) = match y {
                40.. if !tree.contains(&x) => ([-0.2; 3], 0.05),
                _ if tree.contains(&x) => ([-0.8; 3], 0.3),
                _ if tinged.iter().any(|t| t.contains(&x)) => ([-0.4; 3], 0.0),
                _ => ([0.6; 3], 0.0),
            };
            picture.rgb[3 * i..3 * i + 3].copy_from_slice(&rgb);
            (picture.valid[i], picture.inverse_depth[i], picture.shift[i]) = (1.0, near, [0.0; 2]);
        }
        let uncovered = Uncovered::new(&picture, None, &lens);
        let before = picture.clone();
        let layers = uncovered.fill(&mut picture, &lens);
        let depths = uncovered.depths(&picture, layers.as_ref(), &lens);
        for x in 80..110 {
            let i = 20 * W + x;
            let put_right = hole.contains(&x) || tinged[1].contains(&x);
            let expected = if put_right { 0.6 } else { before.rgb[3 * i] };
            assert!(
                (picture.rgb[3 * i] - expected).abs() < 0.01,
                "column {x}: {}",
                picture.rgb[3 * i]
            );
            assert_eq!(picture.shift[i] == NOWHERE, put_right, "column {x}");
        }
        let (mut skies, mut lands) = (0, 0);
        for i in (0..W * H).filter(|i| hole.contains(&(i % W))) {
            skies += usize::from(depths[i] == 0.0);
            lands += usize::from((depths[i] - 0.05).abs() < 1e-3);
        }
        // All but a row or two.
        assert!(
            skies > 3 * 35 && lands > 3 * 15 && skies + lands >= 3 * (H - 2),
            "{skies}, {lands}"
        );
    }

    #[test]
    fn what_is_left_in_the_sky_of_a_crown_goes_and_clouds_and_outlines_stay() {
        const W: usize = 192;
        const H: usize = 60;
        let lens = Lens {
            width_px: W,
            height_px: H,
            fov_x_rad: 1.3,
        };
        let colour = |i: usize| match [i % W, i / W] {
            [40..60, 10..20] => [-0.7, -0.5, -0.7],
            [100..120, 10..20] => [0.9; 3],
            // Beside land.
            [150..160, 38..40] => [-0.7, -0.5, -0.7],
            [_, 40..60] => [-0.3, 0.1, -0.4],
            _ => [0.0, 0.3, 0.7],
        };
        let near: Vec<f32> = (0..W * H).map(|i| if i / W < 40 { 0.0 } else { 0.05 }).collect();
        let clear: Vec<f32> = (0..W * H)
            .flat_map(|i| if i / W < 40 { [0.0, 0.3, 0.7] } else { [-0.3, 0.1, -0.4] })
            .collect();
        let sky = SkyColours::of(&clear, &near, W).expect("there is sky");
        let mut picture = Warped::unknown(&lens);
        picture.rgb = (0..W * H).flat_map(colour).collect();
        picture.inverse_depth = near;
        picture.valid.fill(1.0);
        let filled = |sky: Option<&SkyColours>| {
            let mut picture = picture.clone();
            Uncovered::new(&picture, sky, &lens).fill(&mut picture, &lens);
            picture.rgb
        };
        assert_eq!(filled(None), picture.rgb);
        // Another sky altogether.
        let night: Vec<f32> = clear.iter().map(|v| v - 0.4).collect();
        let dark = |i: usize| match i / W {
            0..15 => vec![0.95; 3],
            15..40 => night[3 * i..3 * i + 3].to_vec(),
            _ => colour(i).to_vec(),
        };
        let mut other = picture.clone();
        other.rgb = (0..W * H).flat_map(dark).collect();
        let uncovered = Uncovered::new(&other, Some(&sky), &lens);
        assert!(uncovered.strange.is_empty());
        let rgb = filled(Some(&sky));
        for i in 0..W * H {
            let left = (40..60).contains(&(i % W)) && (10..20).contains(&(i / W));
            let expected = if left { [0.0, 0.3, 0.7] } else { colour(i) };
            for (v, e) in rgb[3 * i..3 * i + 3].iter().zip(expected) {
                assert!((v - e).abs() < 0.02, "{}, {}: {v}, not {e}", i % W, i / W);
            }
        }
    }

    #[test]
    fn who_looks_up_sees_it_go_too() {
        const W: usize = 96;
        const H: usize = 40;
        let lens = Lens {
            width_px: W,
            height_px: H,
            fov_x_rad: 1.3,
        };
        let clear = vec![0.5; 3 * W * H];
        let sky = SkyColours::of(&clear, &vec![0.0; W * H], W).expect("it is all sky");
        let mut picture = Warped::unknown(&lens);
        picture.rgb = clear;
        picture.inverse_depth.fill(0.0);
        picture.valid.fill(1.0);
        for i in (0..W * H).filter(|i| (40..60).contains(&(i % W)) && (10..20).contains(&(i / W))) {
            picture.rgb[3 * i..3 * i + 3].fill(-0.6);
        }
        Uncovered::new(&picture, Some(&sky), &lens).fill(&mut picture, &lens);
        assert!(picture.rgb.iter().all(|v| (v - 0.5).abs() < 0.01));
    }
}

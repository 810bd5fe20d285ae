//! Places that something uncovers as it moves before them. What was hidden is farther away than what hid it: it goes on from what is farther away around it, in colour
//! and in depth. Told by a network that sees a hole beside a trunk, it would be half trunk, and move as if it were. Plain host code.

use super::fill::completed;
use super::warp::Warped;
use crate::control::Lens;

/// Share of the picture's width within which something stands before something else.
const AROUND: f32 = 0.031;
/// What is nearer by this factor
const BEFORE: f32 = 1.5;
/// and by so much in 1/m stands before it.
const BEFORE_NEAR: f32 = 0.03;

/// Nothing is nearer, in 1/m.
const NEAREST: f32 = 4.0;

/// What a warped picture does not know because something stood before it.
#[derive(Clone, Debug)]
pub struct Uncovered {
    /// `[h * w]`: how much known pixels tell about what is beside them: nothing if they stand before something.
    pub weight: Vec<f32>,
    /// `[h * w]`: which unknown pixels have been uncovered.
    pub places: Vec<bool>,
}

impl Uncovered {
    /// Of a picture whose unknown places are not filled yet.
    pub fn new(picture: &Warped, lens: &Lens) -> Self {
        let (w, h) = (lens.width_px, lens.height_px);
        if picture.valid.iter().all(|valid| *valid > 0.0) {
            return Self {
                weight: picture.valid.clone(),
                places: vec![false; w * h],
            };
        }
        let around = (AROUND * w as f32).round() as usize;
        let depth: Vec<f32> = (picture.valid.iter().zip(&picture.inverse_depth))
            .map(|(valid, near)| if *valid > 0.0 { *near } else { f32::INFINITY })
            .collect();
        let farthest = spread(&depth, w, around, f32::min);
        let before: Vec<f32> = (depth.iter().zip(farthest))
            .map(|(near, farthest)| f32::from(u8::from(near.is_finite() && *near > BEFORE * farthest + BEFORE_NEAR)))
            .collect();
        let beside = spread(&before, w, around, f32::max);
        let within = within(&picture.valid, [w, h]);
        Self {
            weight: (picture.valid.iter().zip(&before))
                .map(|(valid, before)| if *before > 0.0 { 0.0 } else { *valid })
                .collect(),
            places: (0..h * w).map(|i| within[i] && beside[i] > 0.0).collect(),
        }
    }

    /// The picture's inverse depths, `[h * w]`, with those of uncovered places.
    pub fn depths(&self, picture: &Warped, lens: &Lens) -> Vec<f32> {
        let mut out = picture.inverse_depth.clone();
        if self.places.contains(&true) {
            let known = out.iter().map(|k| k.max(0.0).clamp(0.0, NEAREST)).collect();
            let all = completed(known, self.weight.clone(), 1, false, lens);
            for (i, near) in out.iter_mut().enumerate().filter(|(i, _)| self.places[*i]) {
                *near = all[i];
            }
        }
        out
    }
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
    use super::super::fill::fill_from;
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
        let uncovered = Uncovered::new(&picture, &lens);
        let depths = uncovered.depths(&picture, &lens);
        let before = picture.clone();
        fill_from(&mut picture, &uncovered.weight, &lens);
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
            assert!(
                before.valid[i] == 0.0 || picture.rgb[3 * i] == before.rgb[3 * i],
                "column {x}"
            );
        }
    }
}

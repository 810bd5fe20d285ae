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
        let span = |at: usize, most: usize| at.saturating_sub(around)..(at + around + 1).min(most);
        let depth = |i: usize| match picture.valid[i] > 0.0 {
            true => picture.inverse_depth[i],
            false => f32::INFINITY,
        };
        let rows: Vec<f32> = (0..h * w)
            .map(|i| {
                span(i % w, w)
                    .map(|x| depth(i / w * w + x))
                    .fold(f32::INFINITY, f32::min)
            })
            .collect();
        let farthest = |i: usize| {
            span(i / w, h)
                .map(|y| rows[y * w + i % w])
                .fold(f32::INFINITY, f32::min)
        };
        let before = |i: usize| picture.valid[i] > 0.0 && depth(i) > BEFORE * farthest(i) + BEFORE_NEAR;
        let before: Vec<bool> = (0..h * w).map(before).collect();
        let rows: Vec<bool> = (0..h * w)
            .map(|i| before[i / w * w..][span(i % w, w)].contains(&true))
            .collect();
        let beside = |i: usize| span(i / w, h).any(|y| rows[y * w + i % w]);
        let within = within(&picture.valid, [w, h]);
        Self {
            weight: (picture.valid.iter().zip(&before))
                .map(|(valid, before)| if *before { 0.0 } else { *valid })
                .collect(),
            places: (0..h * w).map(|i| within[i] && beside(i)).collect(),
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

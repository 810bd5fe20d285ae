//! Where the pixels of a picture were drawn. Who walks has a picture warped six times a second, and each time resampling takes a little of its sharpness.
//! So a walk keeps a picture as it was drawn, and of every later one where its pixels lie in that: it is sampled once, however many steps lie between. What
//! steps have changed since, which is soft for the most part, is warped from step to step. Plain host code.

use std::sync::Arc;

use rayon::prelude::*;

use super::uncovered::spread;
use super::warp::{Begin, RgbDepth, Warped, cubic, reproject_from};
use crate::control::{CameraPose, Lens};

/// Place of a pixel that the picture does not hold.
pub const NOWHERE: [f32; 2] = [1e6; 2];
/// Place of a pixel that a walk's memory shows, and will show again.
pub const IN_MEMORY: [f32; 2] = [2e6; 2];
/// Larger shifts are none.
const MOST_SHIFT_PX: f32 = 1e5;
/// Neighbours whose places are farther apart than this, in pixels, are of different things.
const APART_PX: f32 = 1.5;
/// A larger share of pixels nowhere, and a new picture is kept.
const MOST_NOWHERE: f32 = 0.25;
/// And one is kept at every so manieth step of a walk: what has been changed since grows soft.
const MOST_STEPS: u64 = 12;

/// Share of the picture's width by which a thing moves before what is behind it in a step, at most.
const LEAD: f32 = 0.042;

/// A picture as it was drawn, and where in it the pixels of another lie.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// `[h * w * 3]` in -1..1.
    pub rgb: Arc<[f32]>,
    /// `[h * w]`: by how many pixels, right and down, the place lies beside the pixel; [`NOWHERE`] or [`IN_MEMORY`] if it does not lie there.
    pub shift: Vec<[f32; 2]>,
}

/// Whether a shift is one.
pub fn is_somewhere(shift: [f32; 2]) -> bool {
    shift.iter().all(|s| s.abs() < MOST_SHIFT_PX)
}

/// A shift that comes from a file: what can't be one is nowhere.
pub fn valid_shift(shift: [f32; 2]) -> [f32; 2] {
    match is_somewhere(shift) || shift == IN_MEMORY {
        true => shift,
        false => NOWHERE,
    }
}

impl Drawn {
    /// A picture that is drawn now.
    pub fn now(rgb: &[f32]) -> Self {
        Self {
            rgb: rgb.into(),
            shift: vec![[0.0; 2]; rgb.len() / 3],
        }
    }
}

impl RgbDepth {
    /// While a step is made: where the pixels of its picture lie in what was drawn.
    pub fn lies_at(&mut self, shift: Vec<[f32; 2]>) {
        if let Some(drawn) = &mut self.drawn {
            drawn.shift = shift;
        }
    }

    /// A pixel has been drawn anew.
    pub fn drawn_anew(&mut self, at: usize) {
        if let Some(drawn) = &mut self.drawn {
            drawn.shift[at] = NOWHERE;
        }
    }

    /// After a step (counted from 1) that made this picture: goes on with what was drawn, or keeps this. So it does where the world `changes`: its old
    /// texture would come back.
    pub fn keep_drawn(&mut self, step: u64, changes: bool) {
        let goes_on = self.drawn.as_ref().is_some_and(|drawn| {
            let nowhere = drawn.shift.iter().filter(|s| **s == NOWHERE).count();
            nowhere as f32 <= MOST_NOWHERE * drawn.shift.len() as f32
        });
        if changes || !goes_on || step.is_multiple_of(MOST_STEPS) {
            self.drawn = Some(Drawn::now(&self.rgb));
        }
    }
}

/// A picture that is to be warped, sampled where it was drawn.
pub struct Sharp<'a> {
    picture: &'a RgbDepth,
    size: [usize; 2],
    /// What was drawn, and what the picture is beyond it, `[h * w * 3]`: 0 where it is nowhere.
    drawn: Option<(&'a Drawn, Vec<f32>)>,
    /// Where things are kept apart, the nearest within [`LEAD`] of each pixel.
    nearest: Option<Vec<f32>>,
}

impl<'a> Sharp<'a> {
    /// Without [`RgbDepth::drawn`], the picture itself is sampled. For `apart` see [`crate::rollout::Sampler::keep_apart`].
    pub fn new(lens: &Lens, picture: &'a RgbDepth, apart: bool) -> Self {
        let (w, h) = (lens.width_px, lens.height_px);
        let change = |drawn: &Drawn| {
            let mut out = vec![0.0; picture.rgb.len()];
            out.par_chunks_mut(3 * w).enumerate().for_each(|(y, line)| {
                for (x, out) in line.chunks_exact_mut(3).enumerate() {
                    let (at, [right, down]) = (y * w + x, drawn.shift[y * w + x]);
                    if is_somewhere([right, down]) {
                        let was = cubic(&drawn.rgb, w, h, x as f32 + right, y as f32 + down);
                        (0..3).for_each(|c| out[c] = picture.rgb[3 * at + c] - was[c]);
                    }
                }
            });
            out
        };
        Self {
            picture,
            size: [w, h],
            drawn: picture.drawn.as_ref().map(|drawn| (drawn, change(drawn))),
            nearest: apart.then(|| spread(&picture.inverse_depth, w, (LEAD * w as f32).round() as usize, f32::max)),
        }
    }

    /// As [`super::warp::reproject`].
    pub fn reproject(&self, lens: &Lens, from: &CameraPose, to: &CameraPose, known: Option<&[f32]>) -> Warped {
        reproject_from(
            lens,
            self.picture,
            from,
            to,
            known,
            self.nearest.as_deref().map_or(Begin::Same, Begin::Nearest),
            self.nearest.is_some(),
            &|at, rgb| self.sample(at, rgb),
        )
    }

    /// Colour at a place of the picture, and where it was drawn.
    fn sample(&self, [x, y]: [f32; 2], rgb: &mut [f32]) -> [f32; 2] {
        let [w, h] = self.size;
        let found = (self.drawn.as_ref()).and_then(|(drawn, change)| Some((drawn, change, self.place(drawn, x, y)?)));
        let (value, place) = match found {
            Some((drawn, change, place)) => {
                let [was, changed] = [
                    cubic(&drawn.rgb, w, h, x + place[0], y + place[1]),
                    cubic(change, w, h, x, y),
                ];
                (std::array::from_fn(|c| was[c] + changed[c]), place)
            }
            None => (cubic(&self.picture.rgb, w, h, x, y), NOWHERE),
        };
        for (to, v) in rgb.iter_mut().zip::<[f32; 3]>(value) {
            *to = v.clamp(-1.0, 1.0);
        }
        place
    }

    /// How far beside a place of the picture it was drawn: between its neighbours that are of the same thing as the nearest of them.
    fn place(&self, drawn: &Drawn, x: f32, y: f32) -> Option<[f32; 2]> {
        let [w, h] = self.size;
        let (x, y) = (x.clamp(0.0, (w - 1) as f32), y.clamp(0.0, (h - 1) as f32));
        let nearest = drawn.shift[y.round() as usize * w + x.round() as usize];
        if !is_somewhere(nearest) {
            return None;
        }
        let (x0, y0) = (x as usize, y as usize);
        let (fx, fy) = (x - x0 as f32, y - y0 as f32);
        let (mut sum, mut weights) = ([0.0; 2], 0.0);
        for (dy, wy) in [(0, 1.0 - fy), (1, fy)] {
            for (dx, wx) in [(0, 1.0 - fx), (1, fx)] {
                let [right, down] = drawn.shift[(y0 + dy).min(h - 1) * w + (x0 + dx).min(w - 1)];
                let weight = wx * wy;
                if (right - nearest[0]).abs().max((down - nearest[1]).abs()) < APART_PX {
                    sum = [sum[0] + weight * right, sum[1] + weight * down];
                    weights += weight;
                }
            }
        }
        (weights > 0.0).then(|| sum.map(|s| s / weights))
    }
}

#[cfg(test)]
mod tests {
    use super::super::warp::reproject;
    use super::*;

    const W: usize = 96;
    const H: usize = 56;

    fn lens() -> Lens {
        Lens {
            width_px: W,
            height_px: H,
            fov_x_rad: 1.3,
        }
    }

    /// A wall 5 m away, as fine as pixels can show, seen by a camera that is `right_px` further right.
    fn wall(right_px: f32) -> Vec<f32> {
        let pixel = |i: usize| {
            let (x, y) = ((i % W) as f32 + right_px, (i / W) as f32);
            [
                0.6 * (1.9 * x).sin(),
                0.5 * (1.7 * x + 0.9 * y).cos(),
                0.3 * (0.2 * x).sin(),
            ]
        };
        (0..W * H).flat_map(pixel).collect()
    }

    fn at(right_px: f32) -> CameraPose {
        CameraPose {
            position_m: [right_px * 5.0 / lens().focal_px(), 0.0, 0.0],
            ..CameraPose::default()
        }
    }

    fn picture(rgb: Vec<f32>, drawn: Option<Drawn>) -> RgbDepth {
        RgbDepth {
            inverse_depth: vec![0.2; rgb.len() / 3],
            stale: vec![],
            rgb,
            drawn,
        }
    }

    /// Walks past the wall by as many pixels each time; what is seen in the end, and the mean error of what was seen all along.
    fn walk(mut seen: RgbDepth, ways_px: &[f32]) -> (RgbDepth, f32) {
        let mut right_px = 0.0;
        for way_px in ways_px {
            let (from, to) = (at(right_px), at(right_px + way_px));
            let warped = Sharp::new(&lens(), &seen, false).reproject(&lens(), &from, &to, None);
            right_px += way_px;
            seen = RgbDepth {
                rgb: warped.rgb,
                ..seen
            };
            seen.lies_at(warped.shift);
        }
        let truth = wall(right_px);
        let inner = |i: &usize| (16..W - 16).contains(&(i / 3 % W));
        let inner: Vec<usize> = (0..truth.len()).filter(inner).collect();
        let error = inner.iter().map(|i| (seen.rgb[*i] - truth[*i]).abs()).sum::<f32>() / inner.len() as f32;
        (seen, error)
    }

    #[test]
    fn ten_steps_are_as_sharp_as_one() {
        let ways_px = [0.3, 0.4, -0.6, 0.5, 0.7, -0.4, 0.3, 0.6, -0.7, 0.4];
        let drawn = picture(wall(0.0), Some(Drawn::now(&wall(0.0))));
        let plain = picture(wall(0.0), None);
        let (_, one) = walk(plain.clone(), &[ways_px.iter().sum()]);
        let (_, resampled) = walk(plain, &ways_px);
        let (_, sharp) = walk(drawn, &ways_px);
        assert!(resampled > 3.0 * one, "{resampled}, once {one}");
        assert!((sharp - one).abs() < 0.05 * one, "{sharp}, once {one}");
    }

    #[test]
    fn what_was_changed_since_comes_along() {
        let first = wall(0.0);
        let light = |right_px: f32, i: usize| 0.2 * (0.05 * ((i / 3 % W) as f32 + right_px)).sin();
        let lit: Vec<f32> = first.iter().enumerate().map(|(i, v)| v + light(0.0, i)).collect();
        let (seen, _) = walk(picture(lit, Some(Drawn::now(&first))), &[0.3, 0.4, 0.3]);
        let truth = wall(1.0);
        for (i, (seen, truth)) in seen
            .rgb
            .iter()
            .zip(&truth)
            .enumerate()
            .filter(|(i, _)| (16..W - 16).contains(&(i / 3 % W)))
        {
            let change = seen - truth;
            assert!(
                (change - light(1.0, i)).abs() < 0.02,
                "{i}: {change} for {}",
                light(1.0, i)
            );
        }
    }

    #[test]
    fn resting_changes_nothing_and_what_lies_nowhere_is_resampled() {
        let mut seen = picture(wall(0.0), Some(Drawn::now(&wall(3.0))));
        (0..W * H).filter(|i| i % W < W / 2).for_each(|i| seen.drawn_anew(i));
        let rests = Sharp::new(&lens(), &seen, false).reproject(&lens(), &at(0.0), &at(0.0), None);
        for (a, b) in rests.rgb.iter().zip(&seen.rgb) {
            assert!((a - b).abs() < 1e-5, "{a}, {b}");
        }
        let moved = Sharp::new(&lens(), &seen, false).reproject(&lens(), &at(0.0), &at(0.4), None);
        let plain = reproject(&lens(), &seen, &at(0.0), &at(0.4), None);
        for i in (0..W * H).filter(|i| moved.valid[*i] > 0.0) {
            let nowhere = i % W < W / 2;
            assert_eq!(is_somewhere(moved.shift[i]), !nowhere, "{i}");
            // Beside the edge, what has been changed is sampled with nothing beside it.
            if i % W < W / 2 - 2 {
                assert_eq!(moved.rgb[3 * i..3 * i + 3], plain.rgb[3 * i..3 * i + 3]);
            }
        }
        assert_eq!((moved.valid, moved.inverse_depth), (plain.valid, plain.inverse_depth));
    }

    #[test]
    fn a_post_that_one_walks_past_keeps_its_columns_and_one_that_one_walks_into_goes() {
        let post = |x: usize| (60..68).contains(&x);
        let picture = |near: f32| RgbDepth {
            rgb: (0..W * H)
                .flat_map(|i| [if post(i % W) { 1.0 } else { -1.0 }; 3])
                .collect(),
            inverse_depth: (0..W * H).map(|i| if post(i % W) { near } else { 0.02 }).collect(),
            stale: vec![],
            drawn: None,
        };
        // To the right, so that the post goes so many pixels to the left, and the view turns by so many.
        let to = |left_px: f32, turned_px: f32| CameraPose {
            position_m: [left_px / lens().focal_px() / 0.5, 0.0, 0.0],
            yaw_rad: libm::atanf(turned_px / lens().focal_px()),
            ..CameraPose::default()
        };
        let columns = |apart: bool, near: f32, to: &CameraPose| {
            let (from, source) = (CameraPose::default(), picture(near));
            let seen = Sharp::new(&lens(), &source, apart).reproject(&lens(), &from, to, None);
            let row = 28 * W..29 * W;
            row.filter(|i| seen.valid[*i] > 0.0 && seen.inverse_depth[*i] > 0.6 * near)
                .count()
        };
        for turned_px in [-10.0, 0.0, 10.0] {
            for left_px in [1.0, 2.0] {
                let found = columns(true, 0.5, &to(left_px, turned_px));
                assert_eq!(found, 8, "{left_px} px, turned by {turned_px}");
            }
            assert!(columns(false, 0.5, &to(2.0, turned_px)) < 8, "then this shows nothing");
        }
        let ahead = |metres: f32| CameraPose {
            position_m: [0.0, 0.0, -metres],
            ..CameraPose::default()
        };
        // From 1.5 m to 1.3 and to 1.2.
        assert!(columns(true, 1.0 / 1.5, &ahead(0.2)) >= 8);
        assert_eq!(columns(true, 1.0 / 1.5, &ahead(0.3)), 0);
    }

    #[test]
    fn shifts_from_files_are_shifts_or_nowhere() {
        for good in [[0.0, -3.5], IN_MEMORY, NOWHERE] {
            assert_eq!(valid_shift(good), good);
        }
        for bad in [
            [f32::NAN, 0.0],
            [0.0, f32::NEG_INFINITY],
            [-1e30, 0.0],
            [0.0, 1e30],
            [2e6, 0.0],
        ] {
            assert_eq!(valid_shift(bad), NOWHERE, "{bad:?}");
        }
    }

    #[test]
    fn a_new_picture_is_kept_when_too_little_is_left_of_the_last_or_it_is_old() {
        let (first, second) = (wall(0.0), wall(1.0));
        let begun = || picture(second.clone(), Some(Drawn::now(&first)));
        let kept = |mut seen: RgbDepth, step: u64| {
            seen.keep_drawn(step, false);
            seen.drawn.expect("something is kept").rgb[..] == second[..]
        };
        assert!(!kept(begun(), 1));
        assert!(kept(begun(), MOST_STEPS));
        assert!(kept(picture(second.clone(), None), 1));
        let mut gone = begun();
        (0..W * H / 3).for_each(|i| gone.drawn_anew(i));
        assert!(kept(gone, 1));
        // What memory shows is not gone.
        let mut shown = begun();
        shown.lies_at(vec![IN_MEMORY; W * H]);
        assert!(!kept(shown, 1));
        let mut changes = begun();
        changes.keep_drawn(1, true);
        assert!(changes.drawn.expect("something is kept").rgb[..] == second[..]);
    }
}

//! The warp: an RGB-D frame seen from another camera. Backward: for each target pixel, find by fixed-point iteration on
//! the source's inverse depth where it was, and sample there. What the iteration begins with is the caller's choice. For short ways: over longer ones it loses
//! what stands before something else (`surface.rs`). Plain host code, parallel over rows, no gradient.

use rayon::prelude::*;

use super::drawn::{Drawn, NOWHERE, is_somewhere};
use super::fill::fill;
use crate::control::{CameraPose, Lens};

/// A picture with depth.
#[derive(Clone, Debug, PartialEq)]
pub struct RgbDepth {
    /// `[h * w * 3]` in -1..1.
    pub rgb: Vec<f32>,
    /// `[h * w]`, 1/m, 0 = sky.
    pub inverse_depth: Vec<f32>,
    /// `[h * w]`: how much larger each pixel stands now than when it was drawn, as a power of two; or nothing, if all are as
    /// they were drawn.
    pub stale: Vec<f32>,
    /// Where its pixels were drawn, if that is known.
    pub drawn: Option<Drawn>,
}

impl RgbDepth {
    /// How stale the place at `[x, y]` is where it stands `larger` times as large as here, as a power of two.
    pub(super) fn stale_after(&self, larger: f32, [w, h]: [usize; 2], [x, y]: [f32; 2]) -> f32 {
        let then = match self.stale.as_slice() {
            [] => 0.0,
            plane => sample(plane, w, h, x, y),
        };
        match then > MOST_STALE {
            true => NEW,
            false => (then + larger).clamp(0.0, MOST_STALE),
        }
    }
}

/// Staleness of what has never been drawn.
pub const NEW: f32 = 8.0;
/// What is farther away, in 1/m, is sky.
pub const SKY: f32 = 0.005;
/// Inverse depth of what is not known.
pub const UNKNOWN: f32 = -1.0;
/// Staleness grows no further.
const MOST_STALE: f32 = 4.0;

/// A warped picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Warped {
    /// `[h * w * 3]`; where nothing is known, a soft continuation of what is.
    pub rgb: Vec<f32>,
    /// `[h * w]`: 1 where the source shows this point, 0 where it fell outside, behind or was hidden.
    pub valid: Vec<f32>,
    /// `[h * w]`: as [`RgbDepth::stale`]; [`NEW`] where nothing is known.
    pub stale: Vec<f32>,
    /// `[h * w]`: inverse depth as the source has it, seen from here, 1/m; [`UNKNOWN`] where nothing is known.
    pub inverse_depth: Vec<f32>,
    /// `[h * w]`: as [`Drawn::shift`]; [`NOWHERE`] where the source does not say it, nothing is known, or sky has been put right.
    pub shift: Vec<[f32; 2]>,
}

impl Warped {
    /// Nothing is known.
    pub fn unknown(lens: &Lens) -> Self {
        let pixels = lens.width_px * lens.height_px;
        Self {
            rgb: vec![NEUTRAL; pixels * 3],
            valid: vec![0.0; pixels],
            stale: vec![NEW; pixels],
            inverse_depth: vec![UNKNOWN; pixels],
            shift: vec![NOWHERE; pixels],
        }
    }

    /// Takes from `other` what is unknown here.
    pub fn add(&mut self, other: Self) {
        for (i, valid) in self.valid.iter_mut().enumerate() {
            if *valid == 0.0 && other.valid[i] > 0.0 {
                *valid = other.valid[i];
                self.stale[i] = other.stale[i];
                self.inverse_depth[i] = other.inverse_depth[i];
                self.shift[i] = other.shift[i];
                self.rgb[3 * i..3 * i + 3].copy_from_slice(&other.rgb[3 * i..3 * i + 3]);
            }
        }
    }
}

/// Colour of pixels where the source tells nothing at all.
pub(super) const NEUTRAL: f32 = 0.0;
const ITERATIONS: usize = 6;
/// Largest move of the last iteration that still counts as found.
const CONVERGED_PX: f32 = 0.75;
/// Neighbours are of different surfaces if the nearer one is nearer by this share
const APART: f32 = 0.35;
/// and by so much in 1/m.
const APART_NEAR: f32 = 0.01;
/// There, a pixel has what is so near to its centre.
const ITS_PX: f32 = 0.51;
/// What is nearer by this factor
const NEARER: f32 = 1.25;
/// and by so much in 1/m than what is at a pixel is looked for first.
const NEARER_BY: f32 = 0.01;
/// What comes nearer than this, in 1/m, is left out where things are kept apart: nobody stops who walks into a trunk, and it would fill the view and stay. Ground is
/// never so near to the eye.
pub const TOO_NEAR: f32 = 0.8;

/// Warps `source`, taken by a camera at `from`, into a camera at `to`, and fills in what is not known.
pub fn warp(lens: &Lens, source: &RgbDepth, from: &CameraPose, to: &CameraPose) -> Warped {
    let mut out = reproject(lens, source, from, to, None);
    fill(&mut out, lens);
    out
}

/// Warps `source`, taken by a camera at `from`, into a camera at `to`; unknown pixels are neutral. Pixels that are `known`
/// already (not 0) are not looked for, and stay unknown here.
pub fn reproject(lens: &Lens, source: &RgbDepth, from: &CameraPose, to: &CameraPose, known: Option<&[f32]>) -> Warped {
    reproject_from(lens, source, from, to, known, Begin::Same, false, &itself(lens, source))
}

/// [`reproject`] where the inverse depths that `to` sees are known about, `[h * w]`: the iteration begins with them. For `apart` see [`crate::rollout::Sampler::keep_apart`].
pub fn reproject_about(
    lens: &Lens,
    source: &RgbDepth,
    from: &CameraPose,
    to: &CameraPose,
    known: Option<&[f32]>,
    about: &[f32],
    apart: bool,
) -> Warped {
    reproject_from(
        lens,
        source,
        from,
        to,
        known,
        Begin::About(about),
        apart,
        &itself(lens, source),
    )
}

/// Colours from the picture itself.
fn itself(lens: &Lens, source: &RgbDepth) -> impl Fn([f32; 2], &mut [f32]) -> [f32; 2] + Sync {
    let (w, h) = (lens.width_px, lens.height_px);
    move |[x, y], rgb| {
        sample_cubic(&source.rgb, w, h, x, y, rgb);
        NOWHERE
    }
}

/// What the iteration begins with at a pixel.
#[derive(Clone, Copy)]
pub(super) enum Begin<'a> {
    /// The source's inverse depth at the same pixel.
    Same,
    /// The nearest of what the source has around each pixel, `[h * w]`, where that would be if the camera had only turned; and if it does not come to lie there, what is there itself. What stands before
    /// something else hides it: begun with what is behind, one finds that, and a trunk loses its leading side at every step.
    Nearest(&'a [f32]),
    /// A guess of the target's inverse depth.
    About(&'a [f32]),
}

/// [`reproject`] with colours from elsewhere: `colour` is given places in the source, fills in what is there, and says how far beside that it was drawn. With `apart`, what lies
/// between a thing and what it stands before is neither: without, a surface is stretched from the one to the other.
pub(super) fn reproject_from(
    lens: &Lens,
    source: &RgbDepth,
    from: &CameraPose,
    to: &CameraPose,
    known: Option<&[f32]>,
    begin: Begin<'_>,
    apart: bool,
    colour: &(impl Fn([f32; 2], &mut [f32]) -> [f32; 2] + Sync),
) -> Warped {
    let (w, h) = (lens.width_px, lens.height_px);
    let mut out = Warped::unknown(lens);
    let (f, cx, cy) = (lens.focal_px(), 0.5 * w as f32, 0.5 * h as f32);
    let (rf, rt) = (from.world_from_camera(), to.world_from_camera());
    // a = source_from_target rotation, b = target's place in source camera space.
    let mut m = [[0.0f32; 3]; 3];
    let mut b = [0.0f32; 3];
    for i in 0..3 {
        for j in 0..3 {
            m[i][j] = (0..3).map(|k| rf[k][i] * rt[k][j]).sum();
        }
        b[i] = (0..3).map(|k| rf[k][i] * (to.position_m[k] - from.position_m[k])).sum();
    }
    out.rgb
        .par_chunks_mut(w * 3)
        .zip(out.valid.par_chunks_mut(w))
        .zip(out.stale.par_chunks_mut(w))
        .zip(out.inverse_depth.par_chunks_mut(w))
        .zip(out.shift.par_chunks_mut(w))
        .enumerate()
        .for_each(|(y, ((((line, valid), stale), inverse_depth), shift))| {
            for x in 0..w {
                if known.is_some_and(|k| k[y * w + x] != 0.0) {
                    continue;
                }
                let d = [(x as f32 + 0.5 - cx) / f, (cy - y as f32 - 0.5) / f, -1.0];
                let a: [f32; 3] = std::array::from_fn(|i| m[i][0] * d[0] + m[i][1] * d[1] + m[i][2] * d[2]);
                // The point at inverse depth k of the target is at (a + b k) / k in source space.
                let project = |k: f32| {
                    let q = [a[0] + b[0] * k, a[1] + b[1] * k, -(a[2] + b[2] * k)];
                    (q[2] > 1e-3).then(|| (f * q[0] / q[2] + cx - 0.5, cy - f * q[1] / q[2] - 0.5))
                };
                // Inverse depth in the target of a pixel with one in the source, if it is before the camera.
                let target_from_source = |s: f32| {
                    let scale = 1.0 + s * b[2];
                    (scale > 1e-3).then(|| (-s * a[2] / scale).max(0.0))
                };
                let iterate = |mut k: f32| {
                    let (mut at, mut moved) = (None, f32::INFINITY);
                    for _ in 0..ITERATIONS {
                        let Some((sx, sy)) = project(k) else {
                            at = None;
                            break;
                        };
                        if let Some((px, py)) = at {
                            let (dx, dy): (f32, f32) = (sx - px, sy - py);
                            moved = (dx * dx + dy * dy).sqrt();
                        }
                        at = Some((sx, sy));
                        if moved < 0.02 {
                            break;
                        }
                        let s = sample(&source.inverse_depth, w, h, sx, sy).max(0.0);
                        // What has been passed is not in view; nor is it the sky.
                        let Some(next) = target_from_source(s) else {
                            at = None;
                            break;
                        };
                        k = next;
                    }
                    (k, at, moved)
                };
                // Where in the source it is found, and its inverse depth, beginning with one in the target.
                let settle = |first: f32| {
                    let (k, at, moved) = iterate(first);
                    let (sx, sy) = at?;
                    let inside = sx > -0.5 && sy > -0.5 && sx < w as f32 - 0.5 && sy < h as f32 - 0.5;
                    if !inside {
                        return None;
                    }
                    let corners = apart.then(|| between(&source.inverse_depth, [w, h], [sx, sy]));
                    let found = match corners.flatten() {
                        None => (moved < CONVERGED_PX).then_some((k, sx, sy))?,
                        Some(corners) => {
                            let of_one = |([cx, cy], s): ([usize; 2], f32)| {
                                let near = target_from_source(s)?;
                                let (px, py) = project(near)?;
                                let is_its = |at: f32, corner: usize| (at - corner as f32).abs() <= ITS_PX;
                                (is_its(px, cx) && is_its(py, cy)).then_some((near, px, py))
                            };
                            corners.into_iter().find_map(of_one)?
                        }
                    };
                    (!apart || found.0 <= TOO_NEAR).then_some(found)
                };
                let found = match begin {
                    Begin::About(about) => settle(about[y * w + x].max(0.0)),
                    Begin::Same => settle(source.inverse_depth[y * w + x].max(0.0)),
                    Begin::Nearest(nearest) => {
                        // What it moved by beyond a mere turn, something near around there moved, too.
                        let turned = project(0.0).map_or(y * w + x, |(sx, sy)| {
                            let column = sx.round().clamp(0.0, (w - 1) as f32) as usize;
                            sy.round().clamp(0.0, (h - 1) as f32) as usize * w + column
                        });
                        let (near, own) = (nearest[turned], source.inverse_depth[turned].max(0.0));
                        let before = NEARER * own + NEARER_BY;
                        let hides =
                            |(_, sx, sy): &(f32, f32, f32)| sample(&source.inverse_depth, w, h, *sx, *sy) > before;
                        let hiding = (near > before)
                            .then(|| target_from_source(near).and_then(settle))
                            .flatten();
                        hiding.filter(hides).or_else(|| settle(own))
                    }
                };
                if let Some((k, sx, sy)) = found {
                    valid[x] = 1.0;
                    inverse_depth[x] = k;
                    // The point stands at 1 / k from the target, and q[2] / k from the source.
                    let larger = libm::log2f(-(a[2] + b[2] * k));
                    stale[x] = source.stale_after(larger, [w, h], [sx, sy]);
                    let [right, down] = colour([sx, sy], &mut line[x * 3..x * 3 + 3]);
                    if is_somewhere([right, down]) {
                        shift[x] = [right + sx - x as f32, down + sy - y as f32];
                    }
                }
            }
        });
    out
}

/// The pixels around a place, the nearest to the camera first, and their inverse depths, if they are not of one surface.
fn between(depths: &[f32], [w, h]: [usize; 2], [x, y]: [f32; 2]) -> Option<[([usize; 2], f32); 4]> {
    let (x0, y0) = (x.max(0.0) as usize, y.max(0.0) as usize);
    let next = |at: f32, most: usize| if at < 0.0 { 0 } else { (at as usize + 1).min(most - 1) };
    let (x1, y1) = (next(x, w), next(y, h));
    let mut corners = [[x0, y0], [x1, y0], [x0, y1], [x1, y1]].map(|at @ [x, y]| (at, depths[y * w + x].max(0.0)));
    let (low, high) = corners
        .iter()
        .fold((f32::INFINITY, 0.0f32), |(l, h), (_, k)| (l.min(*k), h.max(*k)));
    if high - low <= (APART * high).max(APART_NEAR) {
        return None;
    }
    corners.sort_by(|a, b| b.1.total_cmp(&a.1));
    Some(corners)
}

/// Bilinear sample of a plane, edges repeated.
fn sample(plane: &[f32], w: usize, h: usize, x: f32, y: f32) -> f32 {
    let (x, y) = (x.clamp(0.0, w as f32 - 1.0), y.clamp(0.0, h as f32 - 1.0));
    let (x0, y0) = (x as usize, y as usize);
    let (x1, y1) = ((x0 + 1).min(w - 1), (y0 + 1).min(h - 1));
    let (fx, fy) = (x - x0 as f32, y - y0 as f32);
    let top = plane[y0 * w + x0] * (1.0 - fx) + plane[y0 * w + x1] * fx;
    let bottom = plane[y1 * w + x0] * (1.0 - fx) + plane[y1 * w + x1] * fx;
    top * (1.0 - fy) + bottom * fy
}

/// Catmull-Rom colour, edges repeated: bilinear sampling would blur the picture a little more at every latent frame.
pub(super) fn sample_cubic(rgb: &[f32], w: usize, h: usize, x: f32, y: f32, out: &mut [f32]) {
    for (o, v) in out.iter_mut().zip(cubic(rgb, w, h, x, y)) {
        *o = v.clamp(-1.0, 1.0);
    }
}

/// The same, not held to what pixels can be. It stays within the sixteen pixels around: beside a dark trunk a cubic kernel alone makes the sky lighter than it is, what the trunk uncovers goes on
/// from there, and in three seconds that is white.
pub(super) fn cubic(rgb: &[f32], w: usize, h: usize, x: f32, y: f32) -> [f32; 3] {
    let ((x0, fx), (y0, fy)) = (whole(x), whole(y));
    let (wx, wy) = (cubic_weights(fx), cubic_weights(fy));
    // Four pixels of each row, colours innermost; down first, because that is the same for twelve numbers side by side.
    let mut sums = [0.0f32; 12];
    let (mut low, mut high) = ([f32::INFINITY; 12], [f32::NEG_INFINITY; 12]);
    let mut add = |four: &[f32], wy: f32| {
        for i in 0..12 {
            sums[i] += wy * four[i];
            low[i] = low[i].min(four[i]);
            high[i] = high[i].max(four[i]);
        }
    };
    for (j, wy) in (-1..).zip(&wy) {
        let row = (y0 + j).clamp(0, h as i32 - 1) as usize * w;
        match usize::try_from(x0 - 1) {
            Ok(first) if first + 4 <= w => {
                let four = &rgb[3 * (row + first)..3 * (row + first) + 12];
                add(four, *wy);
            }
            _ => {
                let four: [f32; 12] = std::array::from_fn(|i| {
                    let column = (x0 + i as i32 / 3 - 1).clamp(0, w as i32 - 1) as usize;
                    rgb[3 * (row + column) + i % 3]
                });
                add(&four, *wy);
            }
        }
    }
    std::array::from_fn(|c| {
        let of = |values: &[f32; 12]| [values[c], values[3 + c], values[6 + c], values[9 + c]];
        let value: f32 = of(&sums).iter().zip(&wx).map(|(sum, wx)| wx * sum).sum();
        let low = of(&low).into_iter().fold(f32::INFINITY, f32::min);
        let high = of(&high).into_iter().fold(f32::NEG_INFINITY, f32::max);
        value.max(low).min(high)
    })
}

/// The whole number below, and what is left. Pictures are not so large that it would be a number of more bits.
fn whole(v: f32) -> (i32, f32) {
    let v = v.clamp(-1e6, 1e6);
    let towards_zero = v as i32;
    let below = towards_zero - i32::from(towards_zero as f32 > v);
    (below, v - below as f32)
}

fn cubic_weights(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [
        -0.5 * t3 + t2 - 0.5 * t,
        1.5 * t3 - 2.5 * t2 + 1.0,
        -1.5 * t3 + 2.0 * t2 + 0.5 * t,
        0.5 * t3 - 0.5 * t2,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lens() -> Lens {
        Lens {
            width_px: 96,
            height_px: 56,
            fov_x_rad: 1.3,
        }
    }

    /// A wall at 5 m and a nearer one on the right, both with smooth colours.
    fn source() -> RgbDepth {
        let l = lens();
        let mut s = RgbDepth {
            rgb: vec![],
            inverse_depth: vec![],
            stale: vec![],
            drawn: None,
        };
        for y in 0..l.height_px {
            for x in 0..l.width_px {
                let (u, v) = (x as f32 * 0.13, y as f32 * 0.17);
                s.rgb.extend([u.sin() * 0.5, v.cos() * 0.5, (u + v).sin() * 0.5]);
                s.inverse_depth.push(0.2);
            }
        }
        s
    }

    #[test]
    fn a_sample_is_never_lighter_or_darker_than_what_is_around_it_and_else_cubic() {
        let (w, h) = (12, 8);
        // A dark trunk before the sky.
        let edge: Vec<f32> = (0..w * h * 3).map(|i| if i / 3 % w < 5 { 0.7 } else { -0.8 }).collect();
        let smooth: Vec<f32> = (0..w * h)
            .flat_map(|i| [libm::sinf(0.4 * (i % w) as f32), 0.1 * (i / w) as f32, 0.3])
            .collect();
        for step in 0..200 {
            let (x, y) = (-1.0 + 0.07 * step as f32, 0.045 * step as f32);
            for v in cubic(&edge, w, h, x, y) {
                assert!((-0.8..=0.7).contains(&v), "at {x}: {v}");
            }
            let [wave, ramp, plain] = cubic(&smooth, w, h, x, y);
            let inside = (1.0..(w - 2) as f32).contains(&x) && (1.0..(h - 2) as f32).contains(&y);
            assert!(!inside || (wave - libm::sinf(0.4 * x)).abs() < 0.01, "at {x}: {wave}");
            assert!(!inside || (ramp - 0.1 * y).abs() < 1e-5, "at {y}: {ramp}");
            assert!((plain - 0.3).abs() < 1e-6, "{plain}");
        }
    }

    #[test]
    fn the_same_camera_changes_nothing() {
        let (s, pose) = (
            source(),
            CameraPose {
                pitch_rad: 0.2,
                ..CameraPose::default()
            },
        );
        let out = warp(&lens(), &s, &pose, &pose);
        assert!(out.valid.iter().all(|v| *v == 1.0));
        for (a, b) in out.rgb.iter().zip(&s.rgb) {
            assert!((a - b).abs() < 1e-4);
        }
    }

    #[test]
    fn there_and_back_is_the_picture_again() {
        let s = source();
        let from = CameraPose::default();
        let to = CameraPose {
            position_m: [0.15, 0.0, 0.0],
            ..from
        };
        let there = warp(&lens(), &s, &from, &to);
        // The wall is parallel to the move, so it stays at 5 m.
        let moved = RgbDepth {
            rgb: there.rgb,
            inverse_depth: s.inverse_depth.clone(),
            stale: vec![],
            drawn: None,
        };
        let back = warp(&lens(), &moved, &to, &from);
        let mut worst = 0.0f32;
        for y in 4..52 {
            for x in 8..88 {
                assert_eq!(back.valid[y * 96 + x], 1.0);
                for c in 0..3 {
                    let i = (y * 96 + x) * 3 + c;
                    worst = worst.max((back.rgb[i] - s.rgb[i]).abs());
                }
            }
        }
        assert!(worst < 0.01, "{worst}");
    }

    #[test]
    fn what_turns_into_view_is_invalid_on_the_right_side() {
        let s = source();
        let from = CameraPose::default();
        let to = CameraPose { yaw_rad: 0.2, ..from };
        let out = warp(&lens(), &s, &from, &to);
        let row = 28 * 96;
        assert_eq!(
            out.valid[row + 95],
            0.0,
            "the right edge is new after a turn to the right"
        );
        assert_eq!(out.valid[row + 2], 1.0);
        // The rest goes on softly from its neighbours in the row.
        let (known, new) = (out.rgb[(row + 80) * 3 + 1], out.rgb[(row + 95) * 3 + 1]);
        assert!((known - new).abs() < 0.2, "{known} {new}");
    }

    #[test]
    fn a_step_forward_magnifies_about_the_centre() {
        let s = source();
        let from = CameraPose::default();
        let to = CameraPose {
            position_m: [0.0, 0.0, -2.5],
            ..from
        };
        let out = warp(&lens(), &s, &from, &to);
        // Half the distance to the wall.
        let near = |valid: f32| if valid > 0.0 { 0.4 } else { UNKNOWN };
        for (k, valid) in out.inverse_depth.iter().zip(&out.valid) {
            assert!((k - near(*valid)).abs() < 1e-4, "{k}");
        }
        // Target offset 20 px shows source offset 10 px.
        let (l, y) = (lens(), 28);
        let mut expected = [0.0; 3];
        sample_cubic(&s.rgb, l.width_px, l.height_px, 47.5 + 10.0, 27.5 + 0.25, &mut expected);
        // Pixel 67 is 19.5 + 0.5 px right of the centre at 47.5.
        for (found, expected) in out.rgb[(y * 96 + 67) * 3..].iter().zip(expected) {
            assert!((found - expected).abs() < 0.05, "{found} {expected}");
        }
    }

    /// A near post whose side comes free in a step.
    #[test]
    fn nothing_is_stretched_from_a_thing_to_what_is_behind_it_where_they_are_kept_apart() {
        let (l, mut s) = (lens(), source());
        s.inverse_depth.fill(0.15);
        for i in (0..l.width_px * l.height_px).filter(|i| (60..66).contains(&(i % l.width_px))) {
            s.inverse_depth[i] = 0.75;
        }
        let to = CameraPose {
            position_m: [-0.08, 0.0, 0.0],
            ..CameraPose::default()
        };
        let from = CameraPose::default();
        let seen = |apart: bool| {
            let out = reproject_from(&l, &s, &from, &to, None, Begin::Same, apart, &itself(&l, &s));
            let row = 20 * l.width_px..21 * l.width_px;
            let (valid, near) = (&out.valid[row.clone()], &out.inverse_depth[row]);
            let of = |what: &dyn Fn(f32) -> bool| (0..l.width_px).filter(|x| valid[*x] > 0.0 && what(near[*x])).count();
            let unknown = (50..70).filter(|x| valid[*x] == 0.0).count();
            (of(&|k| k > 0.71), of(&|k| k > 0.19 && k < 0.71), unknown)
        };
        // By 0.08 m x focal length x the difference of inverse depths.
        let freed_px = (0.08 * l.focal_px() * 0.6).floor() as usize;
        let (_, stretched, _) = seen(false);
        assert!(stretched > 0, "there is something to be kept apart");
        let rests = reproject_from(&l, &s, &from, &from, None, Begin::Same, true, &itself(&l, &s));
        assert!(rests.valid.iter().all(|v| *v == 1.0));
        assert!(
            rests
                .inverse_depth
                .iter()
                .zip(&s.inverse_depth)
                .all(|(a, b)| (a - b).abs() < 1e-5)
        );
        assert!(rests.rgb.iter().zip(&s.rgb).all(|(a, b)| (a - b).abs() < 1e-4));
        let (post, stretched, unknown) = seen(true);
        assert_eq!(stretched, 0);
        // Where it comes before what was seen beside it, that stays.
        assert!((3..=6).contains(&post), "{post} columns of post");
        assert!(
            (freed_px..=freed_px + 2).contains(&unknown),
            "{unknown} columns, {freed_px} px"
        );
    }

    #[test]
    fn what_one_walks_up_to_grows_stale_and_what_is_new_says_so() {
        let mut s = source();
        let from = CameraPose::default();
        let ahead = |m: f32| CameraPose {
            position_m: [0.0, 0.0, -m],
            ..from
        };
        // Half the distance to the wall: twice as large.
        let middle = 28 * 96 + 48;
        let out = warp(&lens(), &s, &from, &ahead(2.5));
        assert!((out.stale[middle] - 1.0).abs() < 1e-3, "{}", out.stale[middle]);
        // It adds up over steps, and going back does not make it younger than it was drawn.
        s.stale = vec![0.5; s.inverse_depth.len()];
        let out = warp(&lens(), &s, &from, &ahead(2.5));
        assert!((out.stale[middle] - 1.5).abs() < 1e-3, "{}", out.stale[middle]);
        let out = warp(&lens(), &s, &from, &ahead(-2.0));
        assert!(out.stale[middle] < 0.1, "{}", out.stale[middle]);
        let turned = warp(&lens(), &s, &from, &CameraPose { yaw_rad: 0.2, ..from });
        assert_eq!(turned.stale[28 * 96 + 95], NEW);
        assert!(turned.stale[middle] < 0.6);
    }
}

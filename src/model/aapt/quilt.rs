//! Texture for what comes newly into view at the sides, out of pictures that the walk has seen (`strips.rs`), on the cylinder
//! (`cylinder.rs`).
//!
//! A network that was trained on squared error answers with the mean of what could be there, which is haze. It decides the
//! colours of new places; the texture under them comes from here. Plain host code; the same seed gives the same bytes.

use super::cylinder::{Canvas, Cylinder};
use super::strips::Side;
use super::warp::{UNKNOWN, Warped};
use crate::control::Lens;
use crate::device::Gaussian;

/// Fewer known columns of the picture than this are too few to take texture from.
const LEAST_KNOWN: usize = 24;
/// Rows above and below a source, as a share of its own, for which its first and last one serve: towards its sides a picture shows less of sky and
/// ground than in its middle.
const BEYOND: f32 = 0.15;
/// A column is new if more than this share of its rows is unknown; or more than the second, if by the first hardly a column is left. Who walks on and then turns has often seen the land there
/// before, but not the sky above it.
const NEW_ROWS: [f32; 2] = [0.25, 0.5];

/// A whole picture that texture may be taken from.
#[derive(Clone, Debug)]
pub struct Source {
    /// `[h * w * 3]` in -1..1.
    pub rgb: Vec<f32>,
    /// `[h * w]`, 1/m, 0 = sky.
    pub inverse_depth: Vec<f32>,
    /// Of the camera that saw it.
    pub pitch_rad: f32,
    /// Rows that it has to be shifted down, so that its horizon is the picture's.
    pub down: isize,
}

/// Draws into the unknown columns at the sides of `picture`, seen by a camera that is pitched so, whose unknown pixels have been filled
/// softly before, out of `sources`, which are asked for if there is anything to draw. Which pixels were drawn; none where too
/// little is known to go on from.
pub fn quilt(
    picture: &mut Warped,
    lens: &Lens,
    pitch_rad: f32,
    sources: impl FnOnce() -> Vec<Source>,
    seed: u64,
) -> Vec<bool> {
    let (w, h) = (lens.width_px, lens.height_px);
    let mut drawn = vec![false; w * h];
    let unknown: Vec<usize> = (0..w)
        .map(|x| (0..h).filter(|y| picture.valid[y * w + x] == 0.0).count())
        .collect();
    // New columns to the right and to the left, if enough are left between them.
    let sides = |new_rows: f32| {
        let new = |unknown: &&usize| **unknown as f32 > new_rows * h as f32;
        let (right, left) = (
            unknown.iter().rev().take_while(new).count(),
            unknown.iter().take_while(new).count(),
        );
        (right + left + LEAST_KNOWN <= w).then_some(([right, left], new_rows))
    };
    let mut ways: Vec<([usize; 2], f32)> = NEW_ROWS.into_iter().filter_map(sides).collect();
    ways.retain(|([right, left], _)| right + left > 0);
    if ways.is_empty() {
        return drawn;
    }
    let view = Cylinder::of_view(lens, pitch_rad);
    let mut canvas = view.unroll(&picture.rgb, &picture.inverse_depth, Some(&picture.valid), 0.0);
    // As much of each column as the picture could show.
    let whole = view.unroll(&picture.rgb, &picture.inverse_depth, None, 0.0);
    let on_canvas = |([right, left], new_rows): ([usize; 2], f32)| {
        [(false, right), (true, left)].map(|(mirrored, any)| match any {
            0 => 0,
            _ => new_columns(&canvas, &whole, mirrored, new_rows),
        })
    };
    let mut ways = ways.into_iter().map(on_canvas);
    let Some([right, left]) = ways.find(|[right, left]| right + left + LEAST_KNOWN <= canvas.width) else {
        return drawn;
    };
    let sources: Vec<Canvas> = sources()
        .iter()
        .map(|s| Cylinder::beside(lens, s.pitch_rad, &view).unroll(&s.rgb, &s.inverse_depth, None, BEYOND * h as f32))
        .collect();
    for (mirrored, new) in [(false, right), (true, left)] {
        if new == 0 {
            continue;
        }
        let seam = canvas.width - new;
        let mut rng = Gaussian::new(seed, 0x9117 + u64::from(mirrored));
        let mut side = Side {
            canvas: &mut canvas,
            sources: &sources,
            mirrored,
        };
        side.go_on(seam, &mut rng);
    }
    for (at, drawn) in drawn.iter_mut().enumerate().filter(|(at, _)| picture.valid[*at] == 0.0) {
        let (place, horizontal) = view.place(at % w, at / w);
        let Some((rgb, near, nearest)) = canvas.at(place) else {
            continue;
        };
        if canvas.drawn[nearest] && near != UNKNOWN {
            picture.rgb[3 * at..3 * at + 3].copy_from_slice(&rgb);
            picture.inverse_depth[at] = near * horizontal;
            *drawn = true;
        }
    }
    drawn
}

/// Columns at a side that are new: of what the `whole` of the picture shows there, more than this share is not known. Where it shows nothing they are new as well.
fn new_columns(canvas: &Canvas, whole: &Canvas, mirrored: bool, new_rows: f32) -> usize {
    let (w, h) = (canvas.width, canvas.height);
    let is_new = |from_edge: &usize| {
        let x = if mirrored { *from_edge } else { w - 1 - from_edge };
        let rows = |of: &Canvas| (0..h).filter(|y| of.known[y * w + x]).count() as f32;
        let (known, all) = (rows(canvas), rows(whole));
        all == 0.0 || known < (1.0 - new_rows) * all
    };
    (0..w).take_while(is_new).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const W: usize = 96;
    const H: usize = 32;

    fn lens() -> Lens {
        Lens {
            width_px: W,
            height_px: H,
            fov_x_rad: 1.3,
        }
    }

    /// Sky over striped ground, known between two columns.
    fn picture(known: std::ops::Range<usize>) -> Warped {
        let mut out = Warped::unknown(&lens());
        for y in 0..H {
            for x in known.clone() {
                let i = y * W + x;
                let stripe = if x % 6 < 3 { 0.3 } else { -0.3 };
                let colour = if y < 12 {
                    [0.2, 0.4, 0.9]
                } else {
                    [stripe, 0.1 + stripe, -0.5]
                };
                out.rgb[3 * i..3 * i + 3].copy_from_slice(&colour);
                out.valid[i] = 1.0;
            }
        }
        out
    }

    /// The whole of it, and the same from a camera that looks up.
    fn sources() -> Vec<Source> {
        let whole = picture(0..W).rgb;
        let lifted: Vec<f32> = (0..H * W * 3)
            .map(|i| whole[(i + 4 * W * 3).min(i % (W * 3) + (H - 1) * W * 3)])
            .collect();
        let depth = |horizon: usize| (0..H * W).map(|i| if i / W < horizon { 0.0 } else { 0.1 }).collect();
        vec![
            Source {
                rgb: whole,
                inverse_depth: depth(12),
                pitch_rad: 0.0,
                down: 0,
            },
            Source {
                rgb: lifted,
                inverse_depth: depth(8),
                pitch_rad: libm::atanf(4.0 / lens().focal_px()),
                down: 4,
            },
        ]
    }

    #[test]
    fn new_columns_get_the_texture_of_known_ones_and_rows_stay_rows() {
        for known in [0..70, 26..96, 20..80] {
            let mut p = picture(known.clone());
            let before = p.clone();
            let drawn = quilt(&mut p, &lens(), 0.0, sources, 3);
            let new = W - known.len();
            assert_eq!(drawn.iter().filter(|d| **d).count(), new * H, "{known:?}");
            assert_eq!(p.valid, before.valid, "it is still not known");
            let mut contrast = 0.0;
            for y in 0..H {
                for x in (0..W).filter(|x| !known.contains(x)) {
                    let i = 3 * (y * W + x);
                    let sky = p.rgb[i + 2] > 0.5;
                    assert!(
                        sky == (y < 12) || y.abs_diff(12) <= 7,
                        "{x}, {y}: {:?}",
                        &p.rgb[i..i + 3]
                    );
                    if y > 20 {
                        contrast += p.rgb[i].abs() / (11 * new) as f32;
                    }
                }
                for x in known.clone() {
                    let i = 3 * (y * W + x);
                    assert_eq!(p.rgb[i..i + 3], before.rgb[i..i + 3], "known pixels stay");
                }
            }
            assert!(contrast > 0.2, "stripes and not their mean: {contrast}");
        }
    }

    #[test]
    fn however_a_camera_is_pitched_and_however_wide_it_sees_known_pixels_stay() {
        for fov_x_rad in [0.6, 1.3, 2.4] {
            for pitch_rad in [-1.5, -0.5, 0.5, 1.5] {
                let wide = Lens { fov_x_rad, ..lens() };
                let mut p = picture(0..60);
                let before = p.clone();
                quilt(&mut p, &wide, pitch_rad, sources, 2);
                for (i, _) in before.valid.iter().enumerate().filter(|(_, v)| **v > 0.0) {
                    assert_eq!(p.rgb[3 * i..3 * i + 3], before.rgb[3 * i..3 * i + 3]);
                }
                assert!(p.rgb.iter().all(|v| (-1.0..=1.0).contains(v)));
            }
        }
    }

    #[test]
    fn the_same_seed_draws_the_same_and_too_little_draws_nothing() {
        let draw = |seed| {
            let mut p = picture(0..60);
            quilt(&mut p, &lens(), 0.0, sources, seed);
            p.rgb
        };
        assert_eq!(draw(1), draw(1));
        for (known, sources) in [(0..20, sources()), (0..W, sources()), (0..60, vec![])] {
            let mut p = picture(known);
            let before = p.clone();
            assert!(quilt(&mut p, &lens(), 0.0, || sources, 1).iter().all(|d| !d));
            assert_eq!(p, before);
        }
    }

    #[test]
    fn sky_is_drawn_over_land_that_is_known_and_a_look_up_does_not_keep_a_new_side_from_being_drawn() {
        let unknown_in = |p: &mut Warped, is: &dyn Fn(usize, usize) -> bool| {
            (0..W * H)
                .filter(|i| is(i % W, i / W))
                .for_each(|i| (p.valid[i], p.inverse_depth[i]) = (0.0, UNKNOWN));
        };
        let near = |p: &mut Warped| {
            (0..W * H)
                .filter(|i| p.valid[*i] > 0.0)
                .for_each(|i| p.inverse_depth[i] = if i / W < 12 { 0.0 } else { 0.1 });
        };
        // Of the columns to the right the land is known.
        let mut sky = picture(0..W);
        near(&mut sky);
        unknown_in(&mut sky, &|x, y| x >= 70 && y < 12);
        let drawn = quilt(&mut sky, &lens(), 0.0, sources, 3);
        let of = |drawn: &[bool], x: usize, rows: std::ops::Range<usize>| rows.filter(|y| drawn[y * W + x]).count();
        assert!(of(&drawn, 85, 0..12) > 8, "{}", of(&drawn, 85, 0..12));
        assert_eq!(of(&drawn, 85, 12..H), 0);
        // Ten rows of all columns are new, and the right side is.
        let mut up = picture(0..66);
        near(&mut up);
        unknown_in(&mut up, &|_, y| y < 10);
        let drawn = quilt(&mut up, &lens(), 0.0, sources, 3);
        assert!(of(&drawn, 85, 12..H) > 15, "{}", of(&drawn, 85, 12..H));
    }
}

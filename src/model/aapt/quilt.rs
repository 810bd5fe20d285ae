//! Texture for what comes newly into view at the sides: strips of pictures that the walk has seen, laid on where they fit
//! best (image quilting, Efros & Freeman 2001, with whole strips). Rows stay rows, so the horizon goes on and trees stand on the ground.
//!
//! A network that was trained on squared error answers with the mean of what could be there, which is haze. It decides the
//! colours of new places; the texture under them comes from here. Plain host code; the same seed gives the same bytes.

use super::warp::{SKY, UNKNOWN, Warped};
use crate::control::Lens;
use crate::device::Gaussian;

/// Columns on which a strip must fit what it joins.
const OVERLAP: usize = 10;
/// Fewer known columns than this are too few to take texture from.
const LEAST_KNOWN: usize = 24;
/// Bands of rows whose light is compared by itself.
const BANDS: usize = 4;
/// How much of a difference in light counts.
const OF_LIGHT: f32 = 0.25;
/// Pixels around the best strip within which a better one is looked for.
const NEAR: isize = 2;
/// A larger difference is not one of light, but of things.
const MOST_LIGHT: f32 = 0.15;
/// Columns between strips that are tried.
const STRIDE: usize = 3;
/// Columns over which a strip's colours go over into those of its neighbour.
const FADE: f32 = 40.0;
/// Rows above and below over which that difference is taken.
const ROWS: usize = 20;
/// Vertical shifts that are tried, in pixels.
const SHIFTS: [isize; 5] = [0, -3, 3, -6, 6];
/// A strip's cost counts up to this much more by luck, so that it is not always the same one.
const LUCK: f32 = 1.0;
/// and up to this much more where its source ends soon after it: then the next one can't go on from it, and who turns on sees a comb.
const ROOM: f32 = 1.5;
/// How much more it costs in every later source: those have strips in them already.
const LATER: f32 = 0.5;
/// What it costs where a strip has sky beside land, or land beside sky: as a squared difference of colours.
const OTHER: f32 = 0.25;
/// Share of the rows that must be unknown for a column to count as new.
const NEW_ROWS: f32 = 0.5;

/// A whole picture that texture may be taken from.
#[derive(Clone, Debug)]
pub struct Source {
    /// `[h * w * 3]` in -1..1.
    pub rgb: Vec<f32>,
    /// `[h * w]`, 1/m, 0 = sky.
    pub inverse_depth: Vec<f32>,
    /// Rows that it has to be shifted down, so that its horizon is the picture's.
    pub down: isize,
}

/// Where a strip comes from.
#[derive(Clone, Copy, Debug)]
struct Strip {
    /// Number of the source.
    source: usize,
    /// Its first column, next to the seam.
    from: usize,
    /// The next columns lie to the right of that one, or to the left.
    rightwards: bool,
    /// Rows that it is shifted down.
    down: isize,
}

/// One side of a picture. Columns are counted so that the seam is to the left of what is new, on both sides.
struct Side<'a> {
    lens: &'a Lens,
    rgb: &'a mut [f32],
    inverse_depth: &'a mut [f32],
    sources: &'a [Source],
    mirrored: bool,
}

impl Side<'_> {
    fn index(&self, x: usize, y: usize) -> usize {
        let w = self.lens.width_px;
        3 * (y * w + if self.mirrored { w - 1 - x } else { x })
    }

    fn colour(&self, x: usize, y: usize) -> [f32; 3] {
        let i = self.index(x, y);
        [self.rgb[i], self.rgb[i + 1], self.rgb[i + 2]]
    }

    /// Where in its source a strip's pixel lies, `column` columns after its first.
    fn in_source(&self, strip: &Strip, column: usize, y: usize) -> usize {
        let x = if strip.rightwards {
            strip.from + column
        } else {
            strip.from - column
        };
        let y = (y as isize - strip.down).clamp(0, self.lens.height_px as isize - 1);
        y as usize * self.lens.width_px + x
    }

    /// The colour of a strip `column` columns after its first.
    fn of_strip(&self, strip: &Strip, column: usize, y: usize) -> [f32; 3] {
        let i = 3 * self.in_source(strip, column, y);
        let rgb = &self.sources[strip.source].rgb;
        [rgb[i], rgb[i + 1], rgb[i + 2]]
    }

    /// Whether a strip shows sky there.
    fn is_sky(&self, strip: &Strip, column: usize, y: usize) -> bool {
        self.sources[strip.source].inverse_depth[self.in_source(strip, column, y)] < SKY
    }

    /// Whether the picture is known to show something else there than a strip: sky for land or land for sky.
    fn is_other(&self, strip: &Strip, column: usize, [x, y]: [usize; 2]) -> bool {
        let near = self.inverse_depth[self.index(x, y) / 3];
        near != UNKNOWN && (near < SKY) != self.is_sky(strip, column, y)
    }

    /// Squared difference between a strip's first columns and the last ones before `seam`. A strip of another light fits
    /// nearly as well, because it will be brought to this one: so the strip that was begun at the step before is gone on with.
    fn cost(&self, strip: &Strip, seam: usize) -> f32 {
        let h = self.lens.height_px;
        let mut cost = 0.0;
        for band in 0..BANDS {
            let (mut n, mut sums, mut squares, mut others) = (0.0f32, [0.0f32; 3], 0.0f32, 0.0f32);
            for y in (band * h / BANDS..(band + 1) * h / BANDS).step_by(2) {
                for column in (0..OVERLAP).step_by(2) {
                    let a = self.colour(seam - OVERLAP + column, y);
                    let b = self.of_strip(strip, column, y);
                    n += 1.0;
                    for c in 0..3 {
                        let apart = a[c] - b[c];
                        sums[c] += apart;
                        squares += apart * apart;
                    }
                    if self.is_other(strip, column, [seam - OVERLAP + column, y]) {
                        others += OTHER;
                    }
                }
            }
            let of_light = sums.iter().map(|s| s * s).sum::<f32>() / n.max(1.0);
            cost += squares - (1.0 - OF_LIGHT) * of_light + others;
        }
        cost
    }

    /// The strips right beside one, if they lie in their picture.
    fn near(&self, strip: Strip, whole: usize) -> impl Iterator<Item = Strip> {
        let (w, reach) = (self.lens.width_px as isize, whole as isize - 1);
        let moves = (-NEAR..=NEAR).flat_map(|across| (-NEAR..=NEAR).map(move |down| (across, down)));
        moves.filter_map(move |(across, down)| {
            let from = strip.from as isize + across;
            let last = if strip.rightwards { from + reach } else { from - reach };
            ((0..w).contains(&from) && (0..w).contains(&last)).then(|| Strip {
                from: from as usize,
                down: strip.down + down,
                ..strip
            })
        })
    }

    /// The strip that fits best before `seam`, `width` columns after the overlap.
    fn best(&self, seam: usize, width: usize, rng: &mut Gaussian) -> Option<Strip> {
        let whole = OVERLAP + width;
        let mut best: Option<(f32, Strip)> = None;
        for (number, source) in self.sources.iter().enumerate() {
            for from in (0..(self.lens.width_px + 1).saturating_sub(whole)).step_by(STRIDE) {
                for rightwards in [true, false] {
                    let from = if rightwards { from } else { from + whole - 1 };
                    for down in SHIFTS {
                        let strip = Strip {
                            source: number,
                            from,
                            rightwards,
                            down: source.down + down,
                        };
                        let room = match rightwards {
                            true => self.lens.width_px - from - whole,
                            false => from + 1 - whole,
                        };
                        let ends = 1.0 - room as f32 / self.lens.width_px as f32;
                        let dear = (1.0 + ROOM * ends) * (1.0 + LATER * number as f32);
                        let cost = self.cost(&strip, seam) * dear * (1.0 + LUCK * rng.uniform());
                        if best.is_none_or(|(least, _)| cost < least) {
                            best = Some((cost, strip));
                        }
                    }
                }
            }
        }
        let (_, found) = best?;
        let cost = |strip: &Strip| self.cost(strip, seam);
        self.near(found, whole).min_by(|a, b| cost(a).total_cmp(&cost(b)))
    }

    /// How much lighter each row is before the seam than in the strip: the median over many rows, so that a tree on one
    /// side of it is not taken for another light.
    fn apart(&self, seam: usize, strip: &Strip) -> Vec<[f32; 3]> {
        let h = self.lens.height_px;
        let difference = |x: usize, y: usize| -> [f32; 3] {
            let (a, b) = (self.colour(seam - OVERLAP + x, y), self.of_strip(strip, x, y));
            std::array::from_fn(|c| a[c] - b[c])
        };
        let rows: Vec<[[f32; 3]; OVERLAP / 2]> =
            (0..h).map(|y| std::array::from_fn(|x| difference(2 * x, y))).collect();
        let median = |y: usize| {
            let near = &rows[y.saturating_sub(ROWS)..(y + ROWS + 1).min(h)];
            std::array::from_fn(|c| {
                let mut values: Vec<f32> = near.iter().flatten().map(|d| d[c]).collect();
                let middle = values.len() / 2;
                let found = *values.select_nth_unstable_by(middle, f32::total_cmp).1;
                found.clamp(-MOST_LIGHT, MOST_LIGHT)
            })
        };
        (0..h).map(median).collect()
    }

    /// Goes on from column `seam` to the edge, strip by strip.
    fn go_on(&mut self, mut seam: usize, valid: &[f32], rng: &mut Gaussian, drawn: &mut [bool]) {
        let w = self.lens.width_px;
        while seam < w {
            let width = (w - seam).min(w / 2);
            let Some(strip) = self.best(seam, width, rng) else {
                return;
            };
            let apart = self.apart(seam, &strip);
            for (y, apart) in apart.iter().enumerate() {
                for column in 0..width {
                    let i = self.index(seam + column, y);
                    if valid[i / 3] != 0.0 {
                        continue;
                    }
                    let colour = self.of_strip(&strip, OVERLAP + column, y);
                    let fade = libm::expf(-(column as f32) / FADE);
                    for c in 0..3 {
                        self.rgb[i + c] = (colour[c] + fade * apart[c]).clamp(-1.0, 1.0);
                    }
                    self.inverse_depth[i / 3] =
                        self.sources[strip.source].inverse_depth[self.in_source(&strip, OVERLAP + column, y)];
                    drawn[i / 3] = true;
                }
            }
            seam += width;
        }
    }
}

/// Draws into the unknown columns at the sides of `picture`, whose unknown pixels have been filled softly before, out of
/// `sources`, which are asked for if there is anything to draw. Which pixels were drawn; none where too little is known to
/// go on from.
pub fn quilt(picture: &mut Warped, lens: &Lens, sources: impl FnOnce() -> Vec<Source>, seed: u64) -> Vec<bool> {
    let (w, h) = (lens.width_px, lens.height_px);
    let mut drawn = vec![false; w * h];
    let new = |x: usize| {
        let unknown = (0..h).filter(|y| picture.valid[y * w + x] == 0.0).count();
        unknown as f32 > NEW_ROWS * h as f32
    };
    let right = (0..w).rev().take_while(|x| new(*x)).count();
    let left = (0..w).take_while(|x| new(*x)).count();
    if right + left == 0 || right + left + LEAST_KNOWN > w {
        return drawn;
    }
    let sources = sources();
    let valid = picture.valid.clone();
    for (mirrored, columns) in [(false, right), (true, left)] {
        if columns == 0 {
            continue;
        }
        let mut rng = Gaussian::new(seed, 0x9117 + u64::from(mirrored));
        let mut side = Side {
            lens,
            rgb: &mut picture.rgb,
            inverse_depth: &mut picture.inverse_depth,
            sources: &sources,
            mirrored,
        };
        side.go_on(w - columns, &valid, &mut rng, &mut drawn);
    }
    drawn
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
                down: 0,
            },
            Source {
                rgb: lifted,
                inverse_depth: depth(8),
                down: 4,
            },
        ]
    }

    #[test]
    fn new_columns_get_the_texture_of_known_ones_and_rows_stay_rows() {
        for known in [0..70, 26..96, 20..80] {
            let mut p = picture(known.clone());
            let before = p.clone();
            let drawn = quilt(&mut p, &lens(), sources, 3);
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
    fn of_strips_that_fit_alike_those_that_can_be_gone_on_with_are_taken() {
        let mut rng = Gaussian::new(1, 0);
        let noise: Vec<f32> = (0..H * W * 3).map(|_| 0.5 * rng.normal()).collect();
        let source = Source {
            rgb: noise,
            inverse_depth: vec![0.1; H * W],
            down: 0,
        };
        let sources = [source.clone(), source];
        let (mut p, lens) = (picture(0..W), lens());
        let side = Side {
            lens: &lens,
            rgb: &mut p.rgb,
            inverse_depth: &mut p.inverse_depth,
            sources: &sources,
            mirrored: false,
        };
        let (seam, width) = (70, 16);
        let most = W - OVERLAP - width;
        let (mut room, mut first) = (0, 0);
        for seed in 0..40 {
            let strip = side
                .best(seam, width, &mut Gaussian::new(seed, 0))
                .expect("there are many");
            let from = strip.from;
            room += match strip.rightwards {
                true => most - from,
                false => from + 1 - OVERLAP - width,
            };
            first += usize::from(strip.source == 0);
        }
        assert!(room > 40 * most * 7 / 10, "{room} of {}", 40 * most);
        assert!(first > 30, "{first} of 40 from the older picture");
    }

    #[test]
    fn the_same_seed_draws_the_same_and_too_little_draws_nothing() {
        let draw = |seed| {
            let mut p = picture(0..60);
            quilt(&mut p, &lens(), sources, seed);
            p.rgb
        };
        assert_eq!(draw(1), draw(1));
        for (known, sources) in [(0..20, sources()), (0..W, sources()), (0..60, vec![])] {
            let mut p = picture(known);
            let before = p.clone();
            assert!(quilt(&mut p, &lens(), || sources, 1).iter().all(|d| !d));
            assert_eq!(p, before);
        }
    }
}

//! One side of a picture gone on with: strips of pictures that the walk has seen, laid on where they fit best (image quilting, Efros & Freeman
//! 2001, with whole strips). All of it on the cylinder, where a turn is a shift: so a strip that was begun at an earlier step is found again and
//! gone on with, place by place the same. Before its source ends, the next one is laid over its last columns and cut along the line
//! where both are most alike. Plain host code; the same seed gives the same bytes.

use rayon::prelude::*;

use super::cylinder::Canvas;
use super::warp::{SKY, UNKNOWN};
use crate::device::Gaussian;

/// Columns on which a strip must fit what it joins.
const OVERLAP: usize = 16;
/// Columns on which the end of a strip and the beginning of the next lie over each other, at most and at least.
const CUT: [usize; 2] = [48, 12];
/// A strip whose slopes differ by less than this share of those that it joins, in squares, is that strip gone on with.
const SAME: f32 = 0.6;
/// Columns over which the two go over into each other along the cut.
const BLUR: f32 = 3.0;
/// Bands of rows whose light is compared by itself.
const BANDS: usize = 4;
/// How much of a difference in light counts.
const OF_LIGHT: f32 = 0.25;
/// Columns and rows around the best strip within which a better one is looked for.
const NEAR: isize = 2;
/// What differs by more is not of another light, but another thing: it counts for this much.
const MOST_LIGHT: f32 = 0.15;
/// Columns between strips that are tried.
const STRIDE: usize = 3;
/// Columns over which a strip's colours go over into those of its neighbour.
const FADE: f32 = 40.0;
/// Rows above and below over which that difference is taken.
const ROWS: usize = 20;
/// Vertical shifts that are tried, in rows.
const SHIFTS: [isize; 5] = [0, -3, 3, -6, 6];
/// A strip's cost counts up to this much more by luck, so that it is not always the same one.
const LUCK: f32 = 1.0;
/// and up to this much more where its source ends soon after it: then the next one can't go on from it, and who turns on sees a comb.
const ROOM: f32 = 1.5;
/// How much more it costs in every later source: those have strips in them already.
const LATER: f32 = 0.5;
/// What it costs where a strip has sky beside land, or land beside sky: as a squared difference of colours.
const OTHER: f32 = 0.25;
/// A cylinder with fewer rows is left alone.
const LEAST_ROWS: usize = 16;

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

/// How light changes over two columns to the right, two to the left, and two rows down, at every place of a source.
struct Slopes(Vec<[f32; 3]>);

impl Slopes {
    fn new(of: &Canvas) -> Self {
        let (w, h) = (of.width, of.height);
        let light: Vec<f32> = of.rgb.chunks_exact(3).map(|p| p.iter().sum()).collect();
        let at = |i: usize| {
            let (x, y) = (i % w, i / w);
            let (right, left) = (y * w + (x + 2).min(w - 1), y * w + x.saturating_sub(2));
            let below = (y + 2).min(h - 1) * w + x;
            [light[right] - light[i], light[left] - light[i], light[below] - light[i]]
        };
        Self((0..w * h).map(at).collect())
    }

    /// In a strip's own direction, at an index of its source.
    fn of_strip(&self, i: usize, strip: &Strip) -> [f32; 2] {
        let [right, left, below] = self.0[i];
        [if strip.rightwards { right } else { left }, below]
    }
}

/// One side of a picture. Columns are counted so that the seam is to the left of what is new, on both sides.
pub(super) struct Side<'a> {
    pub(super) canvas: &'a mut Canvas,
    /// Of the same height.
    pub(super) sources: &'a [Canvas],
    /// The left side, not the right one.
    pub(super) mirrored: bool,
}

impl Side<'_> {
    fn index(&self, x: usize, y: usize) -> usize {
        let w = self.canvas.width;
        y * w + if self.mirrored { w - 1 - x } else { x }
    }

    fn colour(&self, x: usize, y: usize) -> [f32; 3] {
        let i = 3 * self.index(x, y);
        let rgb = &self.canvas.rgb;
        [rgb[i], rgb[i + 1], rgb[i + 2]]
    }

    /// Where in its source a strip's pixel lies, `column` columns after its first.
    fn in_source(&self, strip: &Strip, column: usize, y: usize) -> usize {
        let x = if strip.rightwards {
            strip.from + column
        } else {
            strip.from - column
        };
        let y = (y as isize - strip.down).clamp(0, self.canvas.height as isize - 1);
        y as usize * self.sources[strip.source].width + x
    }

    /// The colour of a strip `column` columns after its first.
    fn of_strip(&self, strip: &Strip, column: usize, y: usize) -> [f32; 3] {
        let i = 3 * self.in_source(strip, column, y);
        let rgb = &self.sources[strip.source].rgb;
        [rgb[i], rgb[i + 1], rgb[i + 2]]
    }

    /// Whether something is known there, or was drawn before.
    fn is_told(&self, x: usize, y: usize) -> bool {
        let i = self.index(x, y);
        self.canvas.known[i] || self.canvas.drawn[i]
    }

    /// Whether a strip's source shows this place, or nearly.
    fn shows(&self, strip: &Strip, column: usize, y: usize) -> bool {
        self.sources[strip.source].known[self.in_source(strip, column, y)]
    }

    /// Whether a strip shows sky there.
    fn is_sky(&self, strip: &Strip, column: usize, y: usize) -> bool {
        self.sources[strip.source].near[self.in_source(strip, column, y)] < SKY
    }

    /// Whether the picture is known to show something else there than a strip: sky for land or land for sky.
    fn is_other(&self, strip: &Strip, column: usize, [x, y]: [usize; 2]) -> bool {
        let near = self.canvas.near[self.index(x, y)];
        near != UNKNOWN && (near < SKY) != self.is_sky(strip, column, y)
    }

    /// Squared difference between a strip's first columns and the last ones before `seam`. A strip of another light fits
    /// nearly as well, because it will be brought to this one: so the strip that was begun at the step before is gone on with.
    fn cost(&self, strip: &Strip, seam: usize, overlap: usize) -> f32 {
        let h = self.canvas.height;
        let mut cost = 0.0;
        for band in 0..BANDS {
            let (mut n, mut sums, mut squares, mut others) = (0.0f32, [0.0f32; 3], 0.0f32, 0.0f32);
            for y in (band * h / BANDS..(band + 1) * h / BANDS).step_by(2) {
                for column in (0..overlap).step_by(2).filter(|c| self.is_told(seam - overlap + c, y)) {
                    let a = self.colour(seam - overlap + column, y);
                    let b = self.of_strip(strip, column, y);
                    n += 1.0;
                    for c in 0..3 {
                        let apart = a[c] - b[c];
                        sums[c] += apart;
                        squares += apart * apart;
                    }
                    if !self.shows(strip, column, y) || self.is_other(strip, column, [seam - overlap + column, y]) {
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
        let (w, reach) = (self.sources[strip.source].width as isize, whole as isize - 1);
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

    /// The strip that fits best on the `overlap` columns before `seam`, with `width` columns after them.
    fn best(&self, seam: usize, overlap: usize, width: usize, rng: &mut Gaussian) -> Option<Strip> {
        let whole = overlap + width;
        let tried: Vec<(Strip, f32)> = self.all(whole).map(|strip| (strip, rng.uniform())).collect();
        let dear = |(strip, luck): &(Strip, f32)| {
            let ends = 1.0 - self.room(strip, whole) as f32 / self.sources[strip.source].width as f32;
            let cost = self.cost(strip, seam, overlap) * (1.0 + ROOM * ends);
            (cost * (1.0 + LATER * strip.source as f32) * (1.0 + LUCK * luck), *strip)
        };
        let (_, found) = least(tried.par_iter().map(dear).collect())?;
        let near = self
            .near(found, whole)
            .map(|strip| (self.cost(&strip, seam, overlap), strip));
        least(near.collect()).map(|(_, strip)| strip)
    }

    /// The strip that the last columns before `seam` are from, if it goes on for [`CUT`]'s least columns after it. Its light and
    /// colours have been changed since, so slopes tell.
    fn last(&self, seam: usize, slopes: &[Slopes]) -> Option<Strip> {
        let (whole, h) = (OVERLAP + CUT[1], self.canvas.height);
        // Where it and the places that its slopes lead to are told, every second row.
        let told = |column: usize, y: usize| {
            let x = seam - OVERLAP + column;
            self.is_told(x, y) && self.is_told(x + 2, y) && self.is_told(x, y + 2)
        };
        let rows = (0..h - 2).step_by(2);
        let places: Vec<(usize, usize, [f32; 2])> = rows
            .flat_map(|y| (0..OVERLAP - 2).step_by(2).map(move |column| (column, y)))
            .filter(|(column, y)| told(*column, *y))
            .map(|(column, y)| (column, y, self.slope(seam - OVERLAP + column, y)))
            .collect();
        let few: Vec<(usize, usize, [f32; 2])> = places.iter().copied().filter(|(_, y, _)| y % 8 == 0).collect();
        let apart = |strip: &Strip, places: &[(usize, usize, [f32; 2])]| -> f32 {
            let source = &slopes[strip.source];
            let squares = places.iter().map(|(column, y, a)| {
                let b = source.of_strip(self.in_source(strip, *column, *y), strip);
                (a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1])
            });
            squares.sum()
        };
        let (reach, all) = (SHIFTS[SHIFTS.len() - 1] + NEAR, self.sources.iter().enumerate());
        let tried: Vec<Strip> = all
            .flat_map(|(source, of)| {
                let places =
                    (0..(of.width + 1).saturating_sub(whole)).flat_map(|x| [(x, true), (x + whole - 1, false)]);
                places.flat_map(move |(from, rightwards)| {
                    (-reach..=reach).map(move |down| Strip {
                        source,
                        from,
                        rightwards,
                        down,
                    })
                })
            })
            .collect();
        let (_, found) = least(tried.par_iter().map(|strip| (apart(strip, &few), *strip)).collect())?;
        let near = self.near(found, whole).map(|strip| (apart(&strip, &places), strip));
        let (squares, found) = least(near.collect())?;
        let power: f32 = places.iter().map(|(_, _, a)| a[0] * a[0] + a[1] * a[1]).sum();
        (squares < SAME * power).then_some(found)
    }

    /// How light changes over two columns towards the edge and two rows down.
    fn slope(&self, x: usize, y: usize) -> [f32; 2] {
        let light = |x: usize, y: usize| self.colour(x, y).iter().sum::<f32>();
        let (x2, y2) = ((x + 2).min(self.canvas.width - 1), (y + 2).min(self.canvas.height - 1));
        [light(x2, y) - light(x, y), light(x, y2) - light(x, y)]
    }

    /// All strips of `whole` columns that are tried.
    fn all(&self, whole: usize) -> impl Iterator<Item = Strip> {
        self.sources.iter().enumerate().flat_map(move |(number, source)| {
            let ends = (source.width + 1).saturating_sub(whole);
            let places = (0..ends)
                .step_by(STRIDE)
                .flat_map(move |from| [(from, true), (from + whole - 1, false)]);
            places.flat_map(move |(from, rightwards)| {
                SHIFTS.map(move |down| Strip {
                    source: number,
                    from,
                    rightwards,
                    down,
                })
            })
        })
    }

    /// Columns that a strip's source has after its first `whole`.
    fn room(&self, strip: &Strip, whole: usize) -> usize {
        match strip.rightwards {
            true => self.sources[strip.source].width.saturating_sub(strip.from + whole),
            false => (strip.from + 1).saturating_sub(whole),
        }
    }

    /// How much lighter each row is before the seam than in the strip: the median over many rows, so that a tree on one
    /// side of it is not taken for another light.
    fn apart(&self, seam: usize, overlap: usize, strip: &Strip) -> Vec<[f32; 3]> {
        let h = self.canvas.height;
        let difference = |x: usize, y: usize| -> [f32; 3] {
            let (a, b) = (self.colour(seam - overlap + x, y), self.of_strip(strip, x, y));
            std::array::from_fn(|c| a[c] - b[c])
        };
        let columns = (0..overlap).step_by(2);
        let of_row = |y: usize| {
            let told = columns.clone().filter(move |x| self.is_told(seam - overlap + x, y));
            told.map(|x| difference(x, y)).collect()
        };
        let rows: Vec<Vec<[f32; 3]>> = (0..h).map(of_row).collect();
        let median = |y: usize| {
            let near = &rows[y.saturating_sub(ROWS)..(y + ROWS + 1).min(h)];
            std::array::from_fn(|c| {
                let mut values: Vec<f32> = near.iter().flatten().map(|d| d[c]).collect();
                if values.is_empty() {
                    return 0.0;
                }
                let middle = values.len() / 2;
                let found = *values.select_nth_unstable_by(middle, f32::total_cmp).1;
                found.clamp(-MOST_LIGHT, MOST_LIGHT)
            })
        };
        (0..h).map(median).collect()
    }

    /// Goes on from column `seam` to the edge, strip by strip.
    pub(super) fn go_on(&mut self, mut seam: usize, rng: &mut Gaussian) {
        let w = self.canvas.width;
        // Through a very wide lens, what is known may be a few columns of the cylinder; straight up, it has a single row.
        if seam < OVERLAP || self.canvas.height < LEAST_ROWS {
            return;
        }
        let slopes: Vec<Slopes> = self.sources.par_iter().map(Slopes::new).collect();
        while seam < w {
            let width = (w - seam).min(w / 2);
            let last = self
                .last(seam, &slopes)
                .map(|strip| (strip, self.room(&strip, OVERLAP)));
            match last {
                // It goes on, and after that there is room for a cut.
                Some((strip, room)) if room >= width + CUT[0] => {
                    self.draw(&strip, seam, width);
                    seam += width;
                }
                Some((strip, room)) => {
                    let overlap = room.min(width).min(CUT[0]);
                    let before = room.min(width) - overlap;
                    self.draw(&strip, seam, before + overlap);
                    seam += before + overlap;
                    if overlap < CUT[1] {
                        continue;
                    }
                    let after = width - before - overlap;
                    let Some(next) = self.best(seam, overlap, after, rng) else {
                        return;
                    };
                    self.cut_over(&next, seam, overlap, after);
                    seam += after;
                }
                None => {
                    let Some(strip) = self.best(seam, OVERLAP, width, rng) else {
                        return;
                    };
                    self.draw(&strip, seam, width);
                    seam += width;
                }
            }
        }
    }

    /// Lays a strip, which fits the columns before `seam`, on the `width` columns after it, and on what is not told of those before.
    fn draw(&mut self, strip: &Strip, seam: usize, width: usize) {
        let apart = self.apart(seam, OVERLAP, strip);
        for (y, apart) in apart.iter().enumerate() {
            for column in 0..OVERLAP + width {
                let at = seam - OVERLAP + column;
                if self.is_told(at, y) || !self.shows(strip, column, y) {
                    continue;
                }
                let colour = self.lit(strip, [column, y], apart, column as f32 - OVERLAP as f32);
                self.put(self.index(at, y), colour, 1.0, strip, [column, y]);
            }
        }
    }

    /// Lays a strip over the `overlap` columns before `seam`, from the line on where it is most like what is there, and on the `after` columns
    /// after them.
    fn cut_over(&mut self, strip: &Strip, seam: usize, overlap: usize, after: usize) {
        let apart = self.apart(seam, overlap, strip);
        let cut = self.cut(strip, seam, overlap, &apart);
        for (y, (apart, cut)) in apart.iter().zip(&cut).enumerate() {
            for column in 0..overlap + after {
                let i = self.index(seam - overlap + column, y);
                let past = column as f32 - *cut as f32;
                let share = ((past + 0.5) / BLUR + 0.5).clamp(0.0, 1.0);
                if self.canvas.known[i] || share == 0.0 || !self.shows(strip, column, y) {
                    continue;
                }
                let colour = self.lit(strip, [column, y], apart, past);
                let share = if self.canvas.drawn[i] { share } else { 1.0 };
                self.put(i, colour, share, strip, [column, y]);
            }
        }
    }

    /// The first column, of each row, that a strip lies over what was there: the way from top to bottom on which the two
    /// differ least, by at most one column from row to row.
    fn cut(&self, strip: &Strip, seam: usize, overlap: usize, apart: &[[f32; 3]]) -> Vec<usize> {
        let differs = |column: usize, y: usize| -> f32 {
            let at = seam - overlap + column;
            let (a, b) = (self.colour(at, y), self.lit(strip, [column, y], &apart[y], 0.0));
            let of_colour: f32 = (0..3).map(|c| (a[c] - b[c]) * (a[c] - b[c])).sum();
            of_colour
                + if self.is_other(strip, column, [at, y]) {
                    OTHER
                } else {
                    0.0
                }
        };
        let h = self.canvas.height;
        let mut sums = vec![0.0f32; h * overlap];
        let span = |x: usize| x.saturating_sub(1)..(x + 2).min(overlap);
        for y in 0..h {
            let (above, row) = sums.split_at_mut(y * overlap);
            for (x, sum) in row[..overlap].iter_mut().enumerate() {
                let before = match y {
                    0 => 0.0,
                    _ => above[(y - 1) * overlap..][span(x)]
                        .iter()
                        .copied()
                        .fold(f32::INFINITY, f32::min),
                };
                *sum = before + differs(x, y);
            }
        }
        let least = |y: usize, among: std::ops::Range<usize>| {
            let row = &sums[y * overlap..];
            among.min_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap_or(0)
        };
        let mut cut = vec![0; h];
        for y in (0..h).rev() {
            cut[y] = match cut.get(y + 1) {
                Some(below) => least(y, span(*below)),
                None => least(y, 0..overlap),
            };
        }
        cut
    }

    /// A strip's colour in the light of what it joins, `past` columns after that.
    fn lit(&self, strip: &Strip, [column, y]: [usize; 2], apart: &[f32; 3], past: f32) -> [f32; 3] {
        let colour = self.of_strip(strip, column, y);
        let fade = libm::expf(-past.max(0.0) / FADE);
        std::array::from_fn(|c| (colour[c] + fade * apart[c]).clamp(-1.0, 1.0))
    }

    /// Puts a share of a colour at a pixel, with the strip's depth if most of it is the strip's.
    fn put(&mut self, i: usize, colour: [f32; 3], share: f32, strip: &Strip, [column, y]: [usize; 2]) {
        for (to, from) in self.canvas.rgb[3 * i..3 * i + 3].iter_mut().zip(colour) {
            *to += share * (from - *to);
        }
        self.canvas.drawn[i] = true;
        if share >= 0.5 {
            self.canvas.near[i] = self.sources[strip.source].near[self.in_source(strip, column, y)];
        }
    }
}

/// The cheapest, the first of those that cost the same.
fn least(strips: Vec<(f32, Strip)>) -> Option<(f32, Strip)> {
    strips.into_iter().min_by(|a, b| a.0.total_cmp(&b.0))
}

#[cfg(test)]
#[path = "strips_tests.rs"]
mod tests;

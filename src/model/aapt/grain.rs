//! Grain for what one walks up to: the fine detail of surfaces that stand larger now than when they were drawn, out of pictures
//! that the walk has seen. A row of ground looks alike wherever one stands, so detail is taken from the same rows, from places of
//! the same colour, and only as much as is lacking.
//!
//! Enlarging a picture leaves its finest band empty; drawn once for each half doubling, detail grows with the picture and the
//! band stays filled. Ground grows more along the way than across it: what was a spot becomes a streak. So of ground a part of its own detail goes each time, and as much
//! comes in its place. Plain host code; the same seed gives the same bytes.

use super::lying::lies;
use super::painter::is_due;
use super::warp::NEW;
use crate::control::Lens;
use crate::device::Gaussian;

/// Places that are tried for each pixel; the one of the most similar colour is taken.
const TRIES: usize = 5;
/// Half the side of the surroundings that a pixel's detail is told from.
const FINE: usize = 2;
/// Half the side of the surroundings over which colours and strengths are compared.
const WIDE: usize = 4;
/// The same of ground, of which coarser detail is made anew, too.
const WIDER: usize = 12;
/// So much of ground's own detail goes.
const ANEW: f32 = 0.5;
/// Coarser detail of a larger mean square is that of shadows and things: none is taken from there,
const ROUGH_EDGE: f32 = 0.02;
/// and of one of this nothing goes.
const OWN_EDGE: f32 = 0.06;
/// Colours this far apart, in -1..1, are of different things.
const ALIKE: f32 = 0.15;
/// Rows that a try is shifted by at most.
const ROWS: usize = 3;
/// Detail of a larger mean square is no surface but the edge of a thing.
const EDGE: f32 = 0.06;
/// A pixel whose best try is less alike than this gets nothing.
const LEAST_ALIKE: f32 = 0.1;

/// A picture's detail and what it is found by. Of a picture that is a source time and again they are found once.
#[derive(Debug)]
pub struct Bands {
    /// `[h * w * 3]`: what is finer than the surroundings.
    fine: Vec<f32>,
    /// `[h * w * 3]`: mean colour.
    colour: Vec<f32>,
    /// `[h * w]`: mean square of the detail.
    strength: Vec<f32>,
    /// `[h * w]`: what lies.
    ground: Vec<bool>,
    /// `[h * w * 3]`: mean colour of the ground over wide surroundings, elsewhere nothing.
    wide: Vec<f32>,
    /// `[h * w * 3]`: ground's detail that is coarser than `fine` and finer than `wide`.
    rough: Vec<f32>,
    /// `[h * w]`: its mean square.
    roughness: Vec<f32>,
}

impl Bands {
    /// Of `[h * w * 3]` and inverse depths `[h * w]`.
    pub fn new(rgb: &[f32], inverse_depth: &[f32], lens: &Lens) -> Self {
        let (w, h) = (lens.width_px, lens.height_px);
        let soft = means(rgb, [h, w, 3], FINE);
        let fine: Vec<f32> = rgb.iter().zip(&soft).map(|(a, b)| a - b).collect();
        let squares = |of: &[f32]| -> Vec<f32> { of.chunks_exact(3).map(|c| c.iter().map(|v| v * v).sum()).collect() };
        let ground = lies(inverse_depth, lens);
        // Sky and things beside it are no part of what ground looks like.
        let share: Vec<f32> = ground.iter().map(|lies| f32::from(*lies)).collect();
        let of_ground = |of: &[f32]| -> Vec<f32> {
            let each = share.iter().flat_map(|s| [*s; 3]);
            of.iter().zip(each).map(|(v, s)| v * s).collect()
        };
        let mut wide = of_ground(&means(&of_ground(rgb), [h, w, 3], WIDER));
        let shares = means(&share, [h, w, 1], WIDER);
        for (colour, share) in wide.chunks_exact_mut(3).zip(shares).filter(|(_, share)| *share > 0.0) {
            colour.iter_mut().for_each(|v| *v /= share);
        }
        let rough: Vec<f32> = of_ground(&soft).iter().zip(&wide).map(|(a, b)| a - b).collect();
        Self {
            colour: means(rgb, [h, w, 3], WIDE),
            strength: means(&squares(&fine), [h, w, 1], WIDE),
            roughness: means(&squares(&rough), [h, w, 1], WIDE),
            fine,
            ground,
            wide,
            rough,
        }
    }
}

/// Means over squares of `2 * half + 1` places a side, as far as they lie inside.
fn means(values: &[f32], [h, w, c]: [usize; 3], half: usize) -> Vec<f32> {
    let mut rows = vec![0.0; values.len()];
    for (from, to) in values.chunks_exact(w * c).zip(rows.chunks_exact_mut(w * c)) {
        along(from, to, c, half);
    }
    let mut out = vec![0.0; values.len()];
    along(&rows, &mut out, w * c, half);
    debug_assert_eq!(values.len(), h * w * c);
    out
}

/// Means along a line of places of `each` values, which are side by side, so that many are added at once.
fn along(from: &[f32], to: &mut [f32], each: usize, half: usize) {
    let n = from.len() / each;
    let at = |i: usize| &from[i * each..(i + 1) * each];
    let mut sums = vec![0.0; each];
    let add = |sums: &mut [f32], i: usize| sums.iter_mut().zip(at(i)).for_each(|(sum, v)| *sum += v);
    (0..half.min(n)).for_each(|i| add(&mut sums, i));
    for (i, to) in to.chunks_exact_mut(each).enumerate() {
        if i + half < n {
            add(&mut sums, i + half);
        }
        if i > half {
            sums.iter_mut().zip(at(i - half - 1)).for_each(|(sum, v)| *sum -= v);
        }
        let share = (((i + half).min(n - 1) - i.saturating_sub(half) + 1) as f32).recip();
        to.iter_mut().zip(&sums).for_each(|(to, sum)| *to = sum * share);
    }
}

/// What to add to a picture, `[h * w * 3]`, and which of its pixels got the detail that they are due, as `stale` (`[h * w]`, [`super::warp::RgbDepth::stale`]) tells. Ground,
/// by inverse depths (`[h * w]`), that has grown gives some of its own for it. Sources are with the rows that they have to be shifted down, so that their
/// horizon is the picture's; the first is tried most.
pub fn grain(
    rgb: &[f32],
    inverse_depth: &[f32],
    stale: &[f32],
    lens: &Lens,
    sources: &[(&Bands, isize)],
    seed: u64,
) -> (Vec<f32>, Vec<bool>) {
    let (w, h) = (lens.width_px, lens.height_px);
    let mut added = vec![0.0; rgb.len()];
    if sources.is_empty() {
        return (added, vec![false; stale.len()]);
    }
    let here = Bands::new(rgb, inverse_depth, lens);
    let due: Vec<bool> = stale.iter().map(|s| is_due(*s)).collect();
    let anew: Vec<bool> = (0..due.len())
        .map(|i| due[i] && stale[i] != NEW && here.ground[i] && here.roughness[i] <= OWN_EDGE)
        .collect();
    // The best try so far of each pixel, and what it differs by; at first that which would only just do.
    let worst = -ALIKE * ALIKE * libm::logf(LEAST_ALIKE);
    let nothing = vec![(worst, None); due.len()];
    let (mut found, mut ground) = (nothing.clone(), nothing);
    let mut rng = Gaussian::new(seed, 0x96a1);
    for i in 0..TRIES {
        // The first, mostly the oldest and so the sharpest, is tried most.
        let number = if i % 2 == 0 { 0 } else { rng.below(sources.len()) };
        let (from, down) = sources[number];
        let (across, rows, mirrored) = (rng.below(w), rng.below(2 * ROWS + 1), rng.below(2) == 1);
        let down = down + rows as isize - ROWS as isize;
        for y in 0..h {
            let row = y as isize - down;
            if !(0..h as isize).contains(&row) {
                continue;
            }
            for x in 0..w {
                let to = y * w + x;
                if !due[to] {
                    continue;
                }
                let column = (if mirrored { w - 1 - x } else { x } + across) % w;
                let at = row as usize * w + column;
                if from.strength[at] > EDGE {
                    continue;
                }
                let try_it = |best: &mut (f32, Option<(usize, usize)>), theirs: &[f32], ours: &[f32]| {
                    let apart: f32 = (0..3).map(|c| (theirs[3 * at + c] - ours[3 * to + c]).powi(2)).sum();
                    if apart < best.0 {
                        *best = (apart, Some((number, at)));
                    }
                };
                try_it(&mut found[to], &from.colour, &here.colour);
                if anew[to] && from.ground[at] && from.roughness[at] <= ROUGH_EDGE {
                    try_it(&mut ground[to], &from.wide, &here.wide);
                }
            }
        }
    }
    for (to, (found, ground)) in found.iter().zip(&ground).enumerate() {
        // Ground is taken from ground where there is some.
        let best = if ground.1.is_some() { ground } else { found };
        let (apart, Some((number, at))) = *best else { continue };
        let (from, _) = sources[number];
        let alike = libm::expf(-apart / (ALIKE * ALIKE));
        let kept = if ground.1.is_some() { 1.0 - ANEW * alike } else { 1.0 };
        // The two are alike by chance alone, so their mean squares add up: to that of the source, as far as the places are alike.
        let gain = |theirs: f32, ours: f32| {
            let wanted = ours + alike * alike * (theirs - ours).max(if kept < 1.0 { -ours } else { 0.0 });
            ((wanted - kept * kept * ours).max(0.0) / theirs.max(1e-6)).sqrt()
        };
        let fine = gain(from.strength[at], here.strength[to]);
        for c in 0..3 {
            added[3 * to + c] = fine * from.fine[3 * at + c] - (1.0 - kept) * here.fine[3 * to + c];
        }
        if ground.1.is_some() {
            let rough = gain(from.roughness[at], here.roughness[to]);
            for c in 0..3 {
                added[3 * to + c] += rough * from.rough[3 * at + c] - (1.0 - kept) * here.rough[3 * to + c];
            }
        }
    }
    let done = found.iter().zip(&ground).map(|(a, b)| a.1.is_some() || b.1.is_some());
    (added, done.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const W: usize = 48;
    const H: usize = 32;

    fn lens() -> Lens {
        Lens {
            width_px: W,
            height_px: H,
            fov_x_rad: 1.3,
        }
    }

    /// Plain sky over ground with blades of this strength.
    fn picture(strength: f32) -> Vec<f32> {
        let mut rng = Gaussian::new(5, 0);
        (0..H * W)
            .flat_map(|i| {
                let blade = strength * rng.normal();
                let ground = i / W >= 14;
                if ground {
                    [-0.3 + blade, 0.2 + blade, -0.6 + blade]
                } else {
                    [0.3, 0.5, 0.9]
                }
            })
            .collect()
    }

    fn spread(values: &[f32]) -> f32 {
        (values.iter().map(|v| v * v).sum::<f32>() / values.len() as f32).sqrt()
    }

    #[test]
    fn means_are_of_what_lies_inside() {
        let values: Vec<f32> = (0..12).map(|i| i as f32).collect();
        let found = means(&values, [3, 4, 1], 1);
        assert!((found[0] - (0.0 + 1.0 + 4.0 + 5.0) / 4.0).abs() < 1e-5, "{found:?}");
        assert!((found[5] - 5.0).abs() < 1e-5, "{found:?}");
        assert!((found[11] - (6.0 + 7.0 + 10.0 + 11.0) / 4.0).abs() < 1e-5, "{found:?}");
        let colours: Vec<f32> = (0..12).flat_map(|i| [i as f32, 0.0, -(i as f32)]).collect();
        let found = means(&colours, [3, 4, 3], 1);
        assert_eq!([found[15], found[16], found[17]], [5.0, 0.0, -5.0]);
    }

    /// Inverse depths of a wall, so that nothing lies, or of ground in the lower half.
    fn depths(lies: bool) -> Vec<f32> {
        let slope = 1.0 / (lens().focal_px() * crate::control::Walker::EYE_HEIGHT_M);
        let depth = |y: usize| match (lies, y >= 14) {
            (true, true) => 0.05 + slope * (y - 14) as f32,
            (true, false) => 0.0,
            (false, _) => 0.2,
        };
        (0..H * W).map(|i| depth(i / W)).collect()
    }

    #[test]
    fn soft_ground_gets_the_grain_of_sharp_ground_and_nothing_else_does() {
        let wall = depths(false);
        let bands = Bands::new(&picture(0.1), &wall, &lens());
        let sources = [(&bands, 0)];
        let soft = picture(0.0);
        let stale: Vec<f32> = (0..H * W).map(|i| if i % W >= 20 { 1.0 } else { 0.2 }).collect();
        let (added, done) = grain(&soft, &wall, &stale, &lens(), &sources, 1);
        assert_eq!(
            grain(&soft, &wall, &stale, &lens(), &sources, 1).0,
            added,
            "the same seed"
        );
        for y in [4, 24] {
            let right: Vec<f32> = (24..44).flat_map(|x| added[3 * (y * W + x)..][..3].to_vec()).collect();
            let (strength, ground) = (spread(&right), y > 14);
            assert_eq!(strength > 0.04 && strength < 0.13, ground, "row {y}: {strength}");
            assert!(added[3 * y * W..3 * (y * W + 20)].iter().all(|v| *v == 0.0), "not due");
            assert!(done[y * W + 30] && !done[y * W + 5]);
        }
        // Who has detail needs none, and of other colours none is taken.
        let sharp = grain(&picture(0.1), &wall, &stale, &lens(), &sources, 1).0;
        assert!(spread(&sharp) < 0.5 * spread(&added));
        let snow = vec![0.9; H * W * 3];
        let (added, done) = grain(&snow, &wall, &stale, &lens(), &sources, 1);
        assert!(added.iter().all(|v| *v == 0.0) && !done.contains(&true));
        assert!(grain(&soft, &wall, &stale, &lens(), &[], 1).1.iter().all(|d| !d));
    }

    #[test]
    fn streaks_on_ground_give_way_and_those_on_what_stands_or_is_new_stay() {
        // What was spots has been drawn out along the way.
        let streak = |i: usize| 0.1 * libm::sinf(0.9 * (i % W) as f32);
        let streaked = |darker: f32| -> Vec<f32> {
            let pixels = picture(0.0).into_iter().enumerate();
            pixels.map(|(i, v)| v - darker + streak(i / 3)).collect()
        };
        let bands = Bands::new(&picture(0.1), &depths(true), &lens());
        // How much of the streaks is left in the middle of the ground, and how strong its detail is, as shares of what they were.
        let left = |lies: bool, stale: f32, darker: f32| {
            let (depths, stale, streaked) = (depths(lies), vec![stale; H * W], streaked(darker));
            let (added, done) = grain(&streaked, &depths, &stale, &lens(), &[(&bands, 0)], 1);
            let (mut own, mut all, mut strength, mut source) = (0.0, 0.0, 0.0, 0.0);
            for i in (22 * W..26 * W).filter(|i| done[*i]) {
                let now = streaked[3 * i + 1] + added[3 * i + 1] - (0.2 - darker);
                own += now * streak(i);
                all += streak(i) * streak(i);
                strength += now * now;
                source += 0.1 * 0.1;
            }
            assert!(all > 0.0, "it gets detail");
            (own / all, strength / source)
        };
        let (own, strength) = left(true, 1.0, 0.0);
        assert!((0.3..0.75).contains(&own), "half of them: {own}");
        assert!(
            (0.7..1.3).contains(&strength),
            "and as strong as the source: {strength}"
        );
        // A little darker than all there is: less goes, and no strength does.
        let (own, strength) = left(true, 1.0, 0.05);
        assert!((0.5..0.9).contains(&own), "{own}");
        assert!(
            (0.5..1.3).contains(&strength),
            "streaks have half of the source's mean square: {strength}"
        );
        assert!(left(false, 1.0, 0.0).0 > 0.85, "what stands");
        assert!(left(true, NEW, 0.0).0 > 0.85, "what is new");
    }
}

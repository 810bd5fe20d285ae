//! Sky that a picture shows where its depths still tell something nearer: what stood there has gone, or was never there. Left as it is, it comes nearer with every
//! step, and light that is taken for a hill's crest is drawn out over the hill. Plain host code.

use super::uncovered::spread;
use super::warp::SKY;

/// Nothing within this share of the picture's width may be found nearer
const AROUND: f32 = 0.0104;
/// than so much in 1/m.
const FAR: f32 = 0.03;
/// Each way a place's sky is looked for over this share of the width
const BESIDE: f32 = 0.125;
/// and must be found in so many pixels, as a share of the width.
const LEAST: f32 = 0.1;
/// A place's colour is the sky's within this, of the range from -1 to 1, in each of its three.
const ALIKE: f64 = 0.15;

/// Which pixels are to be taken as they are `found`: far off with all around them, and of the sky's colour, though they were `known` not to be sky. None, if
/// nothing was known.
///
/// # Shapes
/// - `found`, `known`: `[h * w]` in 1/m, `known` with [`super::warp::UNKNOWN`] places, or empty
/// - `rgb`: `[h * w * 3]` in -1..1
/// - result: `[h * w]`, or empty
pub fn skyward(found: &[f32], known: &[f32], rgb: &[f32], w: usize) -> Vec<bool> {
    if known.is_empty() {
        return vec![];
    }
    let part = |share: f32| (share * w as f32).round() as usize;
    let nearest = spread(found, w, part(AROUND).max(1), f32::max);
    let is_sky = |i: usize| nearest[i] < SKY && (0.0..SKY).contains(&known[i]);
    let sums = Sums::new(rgb, w, is_sky);
    (nearest.iter().zip(known).enumerate())
        .map(|(i, (nearest, known))| {
            // Unknown is less than nothing, and what is sky already need not become it.
            let may = *nearest < FAR && *known >= SKY;
            may && sums.mean(i, part(BESIDE), part(LEAST)).is_some_and(|sky| {
                let own = &rgb[3 * i..3 * i + 3];
                own.iter()
                    .zip(sky)
                    .all(|(own, sky)| (f64::from(*own) - sky).abs() < ALIKE)
            })
        })
        .collect()
}

/// Sums over all pixels above and to the left: of three colours and of how many there are.
struct Sums {
    values: Vec<[f64; 4]>,
    w: usize,
}

impl Sums {
    /// Of the pixels that `are` meant.
    fn new(rgb: &[f32], w: usize, are: impl Fn(usize) -> bool) -> Self {
        let mut values = vec![[0.0; 4]; w + 1];
        for (y, line) in rgb.chunks_exact(3 * w).enumerate() {
            let mut row = [0.0; 4];
            values.push(row);
            for (x, colour) in line.chunks_exact(3).enumerate() {
                if are(y * w + x) {
                    let [r, g, b] = [0, 1, 2].map(|c| f64::from(colour[c]));
                    row.iter_mut()
                        .zip([r, g, b, 1.0])
                        .for_each(|(sum, value)| *sum += value);
                }
                let above = values[y * (w + 1) + x + 1];
                values.push(std::array::from_fn(|c| above[c] + row[c]));
            }
        }
        Self { values, w: w + 1 }
    }

    /// The mean colour over `reach` pixels each way from a place, if that many are there.
    fn mean(&self, at: usize, reach: usize, least: usize) -> Option<[f64; 3]> {
        let (w, h) = (self.w - 1, self.values.len() / self.w - 1);
        let (x, y) = (at % w, at / w);
        let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(w));
        let (top, bottom) = (y.saturating_sub(reach), (y + reach + 1).min(h));
        let sum = |c: usize| {
            let at = |x: usize, y: usize| self.values[y * self.w + x][c];
            at(right, bottom) - at(right, top) - at(left, bottom) + at(left, top)
        };
        let many = sum(3);
        (many >= least.max(1) as f64).then(|| [0, 1, 2].map(|c| sum(c) / many))
    }
}

#[cfg(test)]
mod tests {
    use super::super::warp::UNKNOWN;
    use super::*;

    const W: usize = 96;
    const H: usize = 56;
    const HILL: usize = 28;

    /// A sky over a hill, whose depths were known to begin `above` rows higher up.
    fn scene(above: usize) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
        let row = |i: usize| i / W;
        let found = (0..W * H).map(|i| if row(i) < HILL { 0.001 } else { 0.1 }).collect();
        let known = (0..W * H)
            .map(|i| if row(i) < HILL - above { 0.0 } else { 0.1 })
            .collect();
        let rgb = (0..W * H).flat_map(|i| {
            if row(i) < HILL {
                [0.6, 0.7, 0.9]
            } else {
                [-0.4, 0.1, -0.6]
            }
        });
        (found, known, rgb.collect())
    }

    #[test]
    fn sky_above_a_hill_goes_to_the_sky_and_its_crest_stays() {
        let (found, known, rgb) = scene(6);
        let sky = skyward(&found, &known, &rgb, W);
        for (i, sky) in sky.iter().enumerate() {
            // One pixel beside what is found near is left alone.
            assert_eq!(*sky, (HILL - 6..HILL - 1).contains(&(i / W)), "row {}", i / W);
        }
    }

    #[test]
    fn a_crown_that_is_found_far_by_mistake_stays_where_it_was() {
        let (found, known, mut rgb) = scene(6);
        let crown = |i: usize| (40..50).contains(&(i % W)) && (HILL - 6..HILL).contains(&(i / W));
        for i in (0..W * H).filter(|i| crown(*i)) {
            rgb[3 * i..3 * i + 3].copy_from_slice(&[-0.5, 0.0, -0.5]);
        }
        let sky = skyward(&found, &known, &rgb, W);
        assert!((0..W * H).filter(|i| crown(*i)).all(|i| !sky[i]));
        assert!(sky[(HILL - 3) * W + 10], "beside it there is sky");
    }

    #[test]
    fn nothing_becomes_sky_without_one_or_without_known_depths() {
        let (found, known, rgb) = scene(HILL);
        assert!(
            skyward(&found, &known, &rgb, W).iter().all(|sky| !sky),
            "no sky to be like"
        );
        assert!(skyward(&found, &[], &rgb, W).is_empty());
        // Nobody knew what is there, so nothing has to change.
        let (found, mut known, rgb) = scene(6);
        known[(HILL - 6) * W..HILL * W].fill(UNKNOWN);
        assert!(skyward(&found, &known, &rgb, W).iter().all(|sky| !sky));
    }
}

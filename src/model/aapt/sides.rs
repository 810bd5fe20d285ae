//! Which side of an outline a pixel is on, where what was known of its depth and what a step tells of it differ. Moved a little from the one to the other at every
//! step, a pixel of the sky that began with the depth of the trunk beside it comes to lie between the two, its neighbours follow, and the trunk is drawn out into the
//! sky as a wall. Where there is another side near by, it goes over whole or not at all. Plain host code.

use rayon::prelude::*;

use super::depth::nearness;
use super::outline::alike;
use super::warp::UNKNOWN;

/// The two differ by so much in nearness,
const DIFFERS: f32 = 0.15;
/// or by this share of the nearer one, if that is less:
const DIFFERS_SHARE: f32 = 0.5;
/// of what is far away, depths are not told better than that.
const LEAST: f32 = 0.03;
/// Share of the picture's width within which the other side is looked for.
const AROUND: f32 = 0.0156;
/// Nothing goes over to where nobody is so much [`alike`]: a pixel of an outline is of both sides, and a trunk would lose another one at every step.
const ALIKE: f32 = 0.25;

/// For each pixel whose `known` inverse depth is far from what was `found`, what it shall be. Those near by whose two depths agree, and who are not `going` elsewhere, have a say: for going over, whose depth
/// is nearer to what was found than to what was known here, and nearer to it than that is; for staying all others. Weighted by how alike they are in colour, the more win: then it is the depth of the most alike of
/// the other side, else what was known. None where nobody is for going over, and for pixels whose two depths agree. (If all had a say, a strip of sky that came with a crest would vouch for itself.)
///
/// # Shapes
/// - `found`, `known`: `[h * w]` in 1/m, `known` with [`UNKNOWN`] places, or empty
/// - `rgb`: `[h * w * 3]` in -1..1
/// - `going`: `[h * w]`
/// - result: `[h * w]`, or empty
pub fn sides(found: &[f32], known: &[f32], rgb: &[f32], going: &[bool], w: usize) -> Vec<Option<f32>> {
    let h = known.len() / w.max(1);
    let around = ((AROUND * w as f32).round() as usize).max(1);
    let span = |at: usize, most: usize| at.saturating_sub(around)..(at + around + 1).min(most);
    let is_open = |i: usize| {
        let (was, told) = (nearness(known[i]), nearness(found[i]));
        let differs = (DIFFERS_SHARE * was.max(told)).clamp(LEAST, DIFFERS);
        known[i] != UNKNOWN && (was - told).abs() >= differs
    };
    // Pixels whose side is open.
    let open: Vec<bool> = (0..known.len()).into_par_iter().map(is_open).collect();
    let side = |i: usize| {
        if !open[i] {
            return None;
        }
        let (was, told) = (nearness(known[i]), nearness(found[i]));
        // What those for staying and for going over count together; of the latter, the most alike, and how far that is from what is told.
        let (mut stay, mut go, mut best) = (0.0f32, 0.0f32, (0.0f32, f32::INFINITY, known[i]));
        for y in span(i / w, h) {
            for at in span(i % w, w).map(|x| y * w + x) {
                if open[at] || going[at] || known[at] == UNKNOWN {
                    continue;
                }
                let weight = alike(rgb, at, i);
                let near = nearness(known[at]);
                let off = (near - told).abs();
                if off >= (near - was).abs() || off >= (was - told).abs() {
                    stay += weight;
                    continue;
                }
                go += weight;
                if weight > best.0 || weight == best.0 && off < best.1 {
                    best = (weight, off, known[at]);
                }
            }
        }
        let goes_over = go > stay && best.0 > ALIKE;
        (go > 0.0).then_some(if goes_over { best.2 } else { known[i] })
    };
    (0..known.len()).into_par_iter().map(side).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const W: usize = 192;
    const H: usize = 24;
    /// In 1/m.
    const TRUNK: f32 = 0.15;
    const SKY: f32 = 0.002;

    /// A dark trunk in columns 40 to 49 before a light sky, whose depths are those of columns 38 to 49.
    fn scene() -> (Vec<f32>, Vec<f32>) {
        let rgb = (0..W * H).flat_map(|i| [if (40..50).contains(&(i % W)) { -0.7 } else { 0.6 }; 3]);
        let known = (0..W * H).map(|i| if (38..50).contains(&(i % W)) { TRUNK } else { SKY });
        (rgb.collect(), known.collect())
    }

    #[test]
    fn sky_with_the_depth_of_a_trunk_goes_over_and_a_trunk_that_is_told_thinner_stays() {
        let (rgb, mut known) = scene();
        // Told softly, and narrower by two columns on the right.
        let told = |x: usize| match x {
            37 => 0.01,
            38 => 0.02,
            39 => 0.03,
            40..48 => 0.16,
            _ => 0.0,
        };
        let found: Vec<f32> = (0..W * H).map(|i| told(i % W)).collect();
        known[5 * W + 44] = UNKNOWN;
        let sides = sides(&found, &known, &rgb, &[false; W * H], W);
        for (i, side) in sides.iter().enumerate() {
            let expected = match i % W {
                _ if i == 5 * W + 44 => None,
                38 | 39 => Some(SKY),
                48 | 49 => Some(TRUNK),
                _ => None,
            };
            assert_eq!(*side, expected, "row {}, column {}", i / W, i % W);
        }
    }

    #[test]
    fn a_pixel_of_the_trunk_with_the_depth_of_the_sky_goes_over_and_one_of_both_colours_does_not() {
        let (mut rgb, mut known) = scene();
        for y in 0..H {
            // The trunk's last column was forgotten, and the one beside the sky's rim is of both.
            known[y * W + 49] = SKY;
            rgb[3 * (y * W + 39)..][..3].fill(0.1);
        }
        let found: Vec<f32> = (0..W * H)
            .map(|i| if (40..50).contains(&(i % W)) { 0.14 } else { 0.0 })
            .collect();
        let sides = sides(&found, &known, &rgb, &[false; W * H], W);
        for y in 0..H {
            let row = &sides[y * W..(y + 1) * W];
            assert_eq!(row[49], Some(TRUNK), "row {y}");
            assert_eq!(row[39], Some(TRUNK), "row {y}: it stays as it was");
            assert_eq!(row[38], Some(SKY), "row {y}");
            assert!(row[..38].iter().chain(&row[40..49]).all(Option::is_none), "row {y}");
        }
    }

    #[test]
    fn a_wide_strip_of_sky_over_a_crest_goes_over_from_its_edge() {
        // Sky down to row 12, known as ground from row 6 on.
        let rgb: Vec<f32> = (0..W * H)
            .flat_map(|i| if i / W < 12 { [0.6, 0.7, 0.9] } else { [-0.2, 0.1, -0.5] })
            .collect();
        let mut known: Vec<f32> = (0..W * H).map(|i| if i / W < 6 { 0.0 } else { 0.1 }).collect();
        let found: Vec<f32> = (0..W * H).map(|i| if i / W < 12 { 0.0 } else { 0.1 }).collect();
        for down_to in [9, 12, 12] {
            let sides = sides(&found, &known, &rgb, &[false; W * H], W);
            known
                .iter_mut()
                .zip(sides)
                .for_each(|(k, side)| *k = side.unwrap_or(*k));
            for row in 0..H {
                let expected = if row < down_to { 0.0 } else { 0.1 };
                assert_eq!(known[row * W + 40], expected, "row {row} of {down_to}");
            }
        }
    }

    #[test]
    fn what_is_far_away_is_told_apart_by_less_and_walks_that_know_nothing_have_no_sides() {
        // A far tree of 12 columns before the sky, one of them told to be sky and of its colour.
        let tree = |i: usize| (40..52).contains(&(i % W));
        let rgb: Vec<f32> = (0..W * H)
            .flat_map(|i| [if tree(i) && i % W != 51 { -0.5 } else { 0.6 }; 3])
            .collect();
        let known: Vec<f32> = (0..W * H).map(|i| if tree(i) { 0.014 } else { 0.0 }).collect();
        let found: Vec<f32> = (0..W * H)
            .map(|i| if tree(i) && i % W != 51 { 0.011 } else { 0.001 })
            .collect();
        let sides = sides(&found, &known, &rgb, &[false; W * H], W);
        let over: Vec<usize> = (0..W * H).filter(|i| sides[*i].is_some()).collect();
        assert_eq!(over, (0..H).map(|y| y * W + 51).collect::<Vec<_>>());
        assert!(over.iter().all(|i| sides[*i] == Some(0.0)));
        assert!(super::sides(&found, &[], &rgb, &[], W).is_empty());
    }

    #[test]
    fn a_thin_trunk_in_mist_that_is_told_softly_does_not_go_over_nor_does_anything_to_where_nobody_is() {
        // Of little contrast, four columns, and told half way to the sky.
        let trunk = |i: usize| (40..44).contains(&(i % W));
        let rgb: Vec<f32> = (0..W * H).flat_map(|i| [if trunk(i) { 0.5 } else { 0.6 }; 3]).collect();
        let known: Vec<f32> = (0..W * H).map(|i| if trunk(i) { 0.3 } else { 0.0 }).collect();
        let told = |k: f32| -> Vec<f32> { (0..W * H).map(|i| if trunk(i) { k } else { 0.0 }).collect() };
        let none = [false; W * H];
        let soft = sides(&told(0.1), &known, &rgb, &none, W);
        assert!(soft.iter().all(Option::is_none), "nobody is nearer to what was told");
        assert!(sides(&told(0.29), &known, &rgb, &none, W).iter().all(Option::is_none));
        // A tree that is taken for sky, and told: nobody else is a tree.
        let sky = vec![0.0; W * H];
        assert!(sides(&told(0.05), &sky, &rgb, &none, W).iter().all(Option::is_none));
        // Nothing is known anywhere.
        let unknown = [UNKNOWN; W * H];
        assert!(sides(&told(0.05), &unknown, &rgb, &none, W).iter().all(Option::is_none));
    }

    #[test]
    fn who_goes_elsewhere_or_is_not_known_has_no_say() {
        let (rgb, mut known) = scene();
        let found: Vec<f32> = (0..W * H)
            .map(|i| if (40..50).contains(&(i % W)) { TRUNK } else { 0.0 })
            .collect();
        let going: Vec<bool> = (0..W * H).map(|i| i % W < 38).collect();
        for (i, side) in sides(&found, &known, &rgb, &going, W).iter().enumerate() {
            // Of column 38, everybody on the sky's side.
            assert_eq!(*side, None, "column {}", i % W);
        }
        // As with column 36 alone; the rest of that side is not known, and 36 is not of this colour.
        (0..W * H)
            .filter(|i| i % W < 38 && i % W != 36)
            .for_each(|i| known[i] = UNKNOWN);
        let dark: Vec<f32> = (0..3 * W * H)
            .map(|v| if v / 3 % W == 36 { -0.7 } else { rgb[v] })
            .collect();
        let row = &sides(&found, &known, &dark, &[false; W * H], W)[..W];
        assert_eq!(row[38], Some(TRUNK), "nobody of its colour is for going over");
        assert_eq!(sides(&found, &known, &rgb, &[false; W * H], W)[38], Some(SKY));
    }
}

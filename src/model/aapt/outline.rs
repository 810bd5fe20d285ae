//! Outlines of things in a depth map. At its rim, a crown's pixels have some of its colour, and the depth of what is behind it or one between the two: whoever looks
//! from elsewhere sees a rim without a crown, where the crown would be if it were as far away. So near things get a rim of their own depth. Plain host code.

use rayon::prelude::*;

/// Share of the picture's width that rims are wide.
const WIDE: f32 = 0.0104;
/// What is nearer than its neighbour by this share,
const BEFORE: f32 = 0.25;
/// and by so much in 1/m, stands before it.
const BEFORE_NEAR: f32 = 0.01;

/// Gives each pixel beside something that stands before it the depth of that.
///
/// # Shapes
/// - `depths`: `[h * w]`, inverse, 1/m, 0 = sky
pub fn with_rims(depths: &[f32], width_px: usize) -> Vec<f32> {
    let w = width_px.max(1);
    let h = depths.len() / w;
    let wide = (WIDE * w as f32).round() as usize;
    let span = |at: usize, most: usize| at.saturating_sub(wide)..(at + wide + 1).min(most);
    let nearest = |a: f32, b: f32| a.max(b);
    let of_row = |i: usize| depths[i / w * w..][span(i % w, w)].iter().copied().fold(0.0, nearest);
    let rows: Vec<f32> = (0..h * w).into_par_iter().map(of_row).collect();
    let with_rim = |i: usize| {
        let column = span(i / w, h).map(|y| rows[y * w + i % w]);
        let (near, own) = (column.fold(0.0, nearest), depths[i]);
        if near > own * (1.0 + BEFORE) + BEFORE_NEAR {
            near
        } else {
            own
        }
    };
    (0..h * w).into_par_iter().map(with_rim).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_grow_over_what_is_behind_them_and_ground_does_not() {
        let (w, h) = (192, 12);
        let tree = |i: usize| (6..9).contains(&(i % w)) && i / w < 6;
        // A crown before the sky, with a rim between the two, over ground that comes nearer row by row.
        let depths: Vec<f32> = (0..w * h)
            .map(|i| match (tree(i), i / w) {
                (true, _) => 0.2,
                (false, y) if y < 8 => 0.0,
                (false, y) => 0.05 + 0.005 * (y - 8) as f32,
            })
            .collect();
        let out = with_rims(&depths, w);
        let row = |y: usize| &out[y * w..(y + 1) * w];
        assert_eq!(row(2)[4..11], [0.2; 7], "two more columns on each side");
        assert_eq!((row(2)[3], row(2)[11]), (0.0, 0.0));
        assert_eq!(row(7)[7], 0.2, "and rows");
        assert_eq!(row(6)[2], 0.05, "ground has a rim, too, over the sky");
        assert_eq!(out[8 * w..], depths[8 * w..], "and stays as it is");
    }
}

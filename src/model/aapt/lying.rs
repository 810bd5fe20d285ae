//! What lies: ground and slopes, told from what stands by how depth goes on from row to row. Plain host code.

use crate::control::{Lens, Walker};

/// Rows below that a slope is told from.
const ROWS: usize = 4;
/// Inverse depth grows downwards by at least this share of what it does on flat ground,
const LEAST_STEEP: f32 = 0.35;
/// and by at most this multiple.
const MOST_STEEP: f32 = 3.0;

/// Which pixels of these inverse depths (`[h * w]`, 1/m, below 0 where they are not known) show what lies. On a plane inverse depth grows by the same from row to row, however far away it
/// is and however the camera is pitched; on what stands hardly, and at what stands before something else by a jump. Told from the rows below, so that a crest lies, too.
pub fn lies(inverse_depth: &[f32], lens: &Lens) -> Vec<bool> {
    let (w, h) = (lens.width_px, lens.height_px);
    let flat = 1.0 / (lens.focal_px() * Walker::EYE_HEIGHT_M);
    let mut out = vec![false; w * h];
    for y in 0..h {
        let below = (y + ROWS).min(h - 1);
        let above = below - ROWS.min(below);
        let flat = flat * (below - above) as f32;
        for x in 0..w {
            let [here, a, b] = [y, above, below].map(|y| inverse_depth[y * w + x]);
            out[y * w + x] = a >= 0.0 && here > 0.0 && (LEAST_STEEP * flat..MOST_STEEP * flat).contains(&(b - a));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::aapt::depth::{flat_ground, inverse_depth};

    fn lens() -> Lens {
        Lens {
            width_px: 96,
            height_px: 56,
            fov_x_rad: 1.3,
        }
    }

    #[test]
    fn ground_lies_to_its_crest_and_what_stands_on_it_does_not() {
        let (l, w) = (lens(), 96);
        for pitch_rad in [-0.2, 0.0, 0.15] {
            let mut depths: Vec<f32> = (flat_ground(&l, pitch_rad).iter())
                .map(|near| if *near > 0.0 { inverse_depth(*near) } else { 0.0 })
                .collect();
            let horizon = depths.iter().position(|k| *k > 0.0).expect("there is ground") / w;
            // It ends at a crest, behind which is the sky.
            let crest = horizon + 4;
            depths[..crest * w].fill(0.0);
            let near = |rows: usize| depths[(crest + rows) * w];
            let (trunk, foot) = (near(9), crest + 9);
            for y in 0..foot {
                depths[y * w + 40..y * w + 44].fill(trunk);
            }
            let lying = lies(&depths, &l);
            for (i, lies) in lying.iter().enumerate() {
                let (x, y) = (i % w, i / w);
                let on_trunk = (40..44).contains(&x) && y < foot;
                if on_trunk && y + ROWS >= foot {
                    // The foot itself may count as either.
                    continue;
                }
                assert_eq!(*lies, y >= crest && !on_trunk, "pitch {pitch_rad}, column {x}, row {y}");
            }
        }
    }

    #[test]
    fn slopes_lie_and_walls_and_what_is_not_known_do_not() {
        let (l, w, h) = (lens(), 96, 56);
        let flat = 1.0 / (l.focal_px() * Walker::EYE_HEIGHT_M);
        let plane = |steep: f32| -> Vec<f32> { (0..w * h).map(|i| 0.02 + steep * flat * (i / w) as f32).collect() };
        let share = |depths: &[f32]| lies(depths, &l).iter().filter(|lies| **lies).count() as f32 / (w * h) as f32;
        assert_eq!([0.5, 1.0, 2.0].map(|steep| share(&plane(steep))), [1.0; 3]);
        assert_eq!([-1.0, 0.0, 0.1, 5.0].map(|steep| share(&plane(steep))), [0.0; 4]);
        assert_eq!(share(&vec![-1.0; w * h]), 0.0);
    }
}

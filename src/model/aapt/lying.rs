//! What lies: ground and slopes, told from what stands by how depth goes on from row to row. Plain host code.

use crate::control::{Lens, Walker};

/// Rows below that a slope is told from.
const ROWS: usize = 4;
/// Inverse depth grows downwards by at least this share of what it does on flat ground,
const LEAST_STEEP: f32 = 0.35;
/// and by at most this multiple,
const MOST_STEEP: f32 = 3.0;
/// from one row to the next by at most this: depths of far ground are rough.
const MOST_JUMP: f32 = 6.0;

/// Which pixels of these inverse depths (`[h * w]`, 1/m, below 0 where they are not known) show what lies. On a plane inverse depth grows by the same from row to row, however far away it
/// is; on what stands hardly (unless one looks steeply up or down at it from near by), and at what stands before something else by a jump, so the rows just above that do not lie either. Told from the rows below, so that a crest lies, too, and so may the
/// lowest rows of what stands; ground that lies much lower than one's feet does not.
pub fn lies(inverse_depth: &[f32], lens: &Lens) -> Vec<bool> {
    let (w, h) = (lens.width_px, lens.height_px);
    let flat = 1.0 / (lens.focal_px() * Walker::EYE_HEIGHT_M);
    let mut out = vec![false; w * h];
    for y in 0..h {
        let below = (y + ROWS).min(h - 1);
        let above = below - ROWS.min(below);
        let flat_grows = flat * (below - above) as f32;
        let grows = LEAST_STEEP * flat_grows..MOST_STEEP * flat_grows;
        for x in 0..w {
            let at = |y: usize| inverse_depth[y * w + x];
            let jumps = (above..below).any(|y| (at(y + 1) - at(y)).abs() > MOST_JUMP * flat);
            out[y * w + x] = at(above) >= 0.0 && at(y) > 0.0 && grows.contains(&(at(below) - at(above))) && !jumps;
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
            let (rock, top, foot) = (near(9) + 0.1, crest + 2, crest + 9);
            for y in top..foot {
                depths[y * w + 40..y * w + 44].fill(rock);
            }
            let lying = lies(&depths, &l);
            for (i, lies) in lying.iter().enumerate() {
                let (x, y) = (i % w, i / w);
                // Beside where a thing begins and ends there is a jump.
                let on_thing = (40..44).contains(&x) && (crest..foot).contains(&y);
                assert_eq!(*lies, y >= crest && !on_thing, "pitch {pitch_rad}, column {x}, row {y}");
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

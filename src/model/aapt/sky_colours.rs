//! Which colours a sky has, told by a picture of it. What has the sky's depth, none of its colours, and is darker is mostly no sky: a crown that one has passed, and whose leaves were taken
//! for sky while they filled the view, would hang there for good. Plain host code.

use super::uncovered::spread;
use super::warp::SKY;

/// Nothing nearer is found within this share of the picture's width of sky whose colour counts: an outline is of both sides.
const BESIDE: f32 = 0.0156;
/// A colour counts if so large a share of the sky has it,
const LEAST: f32 = 0.0005;
/// and the sky if it is so large a share of the picture.
const LEAST_SKY: f32 = 0.04;
/// Steps of each colour that are told apart, over the range from -1 to 1.
const STEPS: usize = 20;

/// Colours of a sky, and those a step beside them.
#[derive(Clone, Debug)]
pub struct SkyColours(Vec<bool>);

impl SkyColours {
    /// Those of a picture, if it shows enough of the sky.
    ///
    /// # Shapes
    /// - `rgb`: `[h * w * 3]` in -1..1
    /// - `inverse_depth`: `[h * w]` in 1/m
    pub fn of(rgb: &[f32], inverse_depth: &[f32], w: usize) -> Option<Self> {
        let beside = ((BESIDE * w as f32).round() as usize).max(1);
        let nearest = spread(inverse_depth, w, beside, f32::max);
        let mut counts = vec![0usize; STEPS * STEPS * STEPS];
        let skies = rgb.chunks_exact(3).zip(nearest).filter(|(_, near)| *near < SKY);
        skies.for_each(|(rgb, _)| counts[place(rgb)] += 1);
        let all: usize = counts.iter().sum();
        if (all as f32) < LEAST_SKY * inverse_depth.len() as f32 {
            return None;
        }
        let least = (LEAST * all as f32).max(1.0);
        let mut near_seen = vec![false; counts.len()];
        for (at, _) in counts.iter().enumerate().filter(|(_, n)| **n as f32 >= least) {
            let beside = |at: usize| at.saturating_sub(1)..=(at + 1).min(STEPS - 1);
            for r in beside(at / (STEPS * STEPS)) {
                for g in beside(at / STEPS % STEPS) {
                    beside(at % STEPS).for_each(|b| near_seen[(r * STEPS + g) * STEPS + b] = true);
                }
            }
        }
        Some(Self(near_seen))
    }

    /// Whether it has this colour, or one that is nearly the same.
    pub fn has(&self, rgb: &[f32]) -> bool {
        self.0[place(rgb)]
    }
}

/// Of a colour.
fn place(rgb: &[f32]) -> usize {
    rgb.iter().fold(0, |place, v| {
        place * STEPS + (((0.5 + 0.5 * v) * STEPS as f32) as usize).min(STEPS - 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sky_has_the_colours_that_were_seen_of_it_but_for_those_of_its_outlines() {
        const W: usize = 192;
        const H: usize = 40;
        // Blue to white over dark land, and a grey row that is of both.
        let rgb: Vec<f32> = (0..W * H)
            .flat_map(|i| match i / W {
                y @ 0..20 => [-0.5 + 0.06 * y as f32, 0.06 * y as f32 - 0.2, 0.9],
                20 => [0.0; 3],
                _ => [-0.8, -0.7, -0.9],
            })
            .collect();
        let near: Vec<f32> = (0..W * H).map(|i| if i / W > 20 { 0.1 } else { 0.0 }).collect();
        let sky = SkyColours::of(&rgb, &near, W).expect("half of it is sky");
        for y in 0..17 {
            assert!(sky.has(&rgb[3 * W * y..3 * W * y + 3]), "row {y}");
        }
        assert!(sky.has(&[-0.42, -0.12, 0.85]));
        for other in [[0.0; 3], [-0.8, -0.7, -0.9], [0.9, 0.9, -0.9], [1.0, -1.0, 1.0]] {
            assert!(!sky.has(&other), "{other:?}");
        }
        assert!(!sky.has(&[-0.42, -0.12, 0.65]), "two steps are too many");
        assert!(SkyColours::of(&rgb, &vec![0.1; W * H], W).is_none());
    }
}

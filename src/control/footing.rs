//! How the ground rises under a walker, told from the depth of what is seen: a generated world has no other ground.

use super::{Lens, Walker};

/// Slopes of the ground in the walker's own directions, metres up a metre.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Footing {
    /// Of the ground ahead.
    pub ahead: f32,
    /// Of the ground to the right.
    pub right: f32,
}

/// Ground nearer than this has hardly been seen, ground farther off says little about the next step.
const NEAR_M: f32 = 1.5;
const FAR_M: f32 = 12.0;
/// How far to the side ground is looked at.
const ASIDE_M: f32 = 4.0;
/// Points higher above a plane than this, a trunk's say, hardly count.
const OFF_M: f32 = 0.25;
/// Every so many pixels a point is taken.
const EVERY_PX: usize = 2;
/// Fewer points say nothing.
const LEAST_POINTS: usize = 12;
const ROUNDS: usize = 5;
/// Steeper ground is not walked on, nor is depth believed that says so.
const STEEPEST: f32 = 0.5;
/// What depth can't tell from level ground.
const LEVEL: f32 = 0.02;

impl Footing {
    /// Fits a plane through the walker's feet to the ground in view. `inverse_depth` is `[h * w]`, 1/m, 0 = sky. Where no ground
    /// is seen it is level.
    pub fn seen(lens: &Lens, inverse_depth: &[f32], pitch_rad: f32) -> Self {
        let (sin, cos) = (libm::sinf(pitch_rad), libm::cosf(pitch_rad));
        // (ahead, right, height over the feet) of each point, in metres.
        let mut points: Vec<[f32; 3]> = vec![];
        for y in (0..lens.height_px).step_by(EVERY_PX) {
            for x in (0..lens.width_px).step_by(EVERY_PX) {
                let Some(k) = inverse_depth.get(y * lens.width_px + x).filter(|k| **k > 0.0) else {
                    continue;
                };
                let [dx, dy, _] = lens.direction(x as f32 + 0.5, y as f32 + 0.5);
                let (ahead, right, up) = ((cos - sin * dy) / k, dx / k, (sin + cos * dy) / k);
                if (NEAR_M..FAR_M).contains(&ahead) && right.abs() < ASIDE_M && up < 0.0 {
                    points.push([ahead, right, up + Walker::EYE_HEIGHT_M]);
                }
            }
        }
        if points.len() < LEAST_POINTS {
            return Self::default();
        }
        let mut slopes: Vec<f32> = points.iter().map(|[ahead, _, height]| height / ahead).collect();
        slopes.sort_by(f32::total_cmp);
        let mut plane = [slopes[slopes.len() / 2], 0.0];
        for _ in 0..ROUNDS {
            plane = fitted(&points, plane);
        }
        let beyond_level = |slope: f32| (slope.abs() - LEVEL).clamp(0.0, STEEPEST).copysign(slope);
        Self {
            ahead: beyond_level(plane[0]),
            right: beyond_level(plane[1]),
        }
    }
}

/// Least squares through the origin, points weighted by how near they are to `plane`.
fn fitted(points: &[[f32; 3]], plane: [f32; 2]) -> [f32; 2] {
    let [mut aa, mut ar, mut rr, mut ah, mut rh] = [0.0f32; 5];
    for [a, r, h] in points {
        let off = (h - plane[0] * a - plane[1] * r) / OFF_M;
        let weight = 1.0 / (1.0 + off * off);
        aa += weight * a * a;
        ar += weight * a * r;
        rr += weight * r * r;
        ah += weight * a * h;
        rh += weight * r * h;
    }
    let det = aa * rr - ar * ar;
    if det <= 1e-6 * aa * rr {
        return [ah / aa, 0.0];
    }
    [(ah * rr - rh * ar) / det, (rh * aa - ah * ar) / det]
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENS: Lens = Lens {
        width_px: 96,
        height_px: 56,
        fov_x_rad: 1.3,
    };

    /// Inverse depth of a plane through the feet, with a trunk from the ground up at 3 m if asked for.
    fn plane(slope_ahead: f32, slope_right: f32, pitch_rad: f32, trunk: bool) -> Vec<f32> {
        let (sin, cos) = (libm::sinf(pitch_rad), libm::cosf(pitch_rad));
        let mut out = vec![];
        for y in 0..LENS.height_px {
            for x in 0..LENS.width_px {
                let [dx, dy, _] = LENS.direction(x as f32 + 0.5, y as f32 + 0.5);
                let (ahead, up) = (cos - sin * dy, sin + cos * dy);
                // eye + up / k = slopes * (ahead, right) / k
                let k = (slope_ahead * ahead + slope_right * dx - up) / Walker::EYE_HEIGHT_M;
                let behind = trunk && (20..30).contains(&x) && k < 1.0 / 3.0;
                out.push(if behind { 1.0 / 3.0 } else { k.max(0.0) });
            }
        }
        out
    }

    #[test]
    fn the_slope_of_a_plane_is_found_whatever_the_pitch() {
        for pitch_rad in [-0.3, 0.0, 0.1] {
            for (ahead, right) in [(0.2, 0.0), (-0.15, 0.1), (0.3, -0.2)] {
                let seen = Footing::seen(&LENS, &plane(ahead, right, pitch_rad, false), pitch_rad);
                assert!((seen.ahead.abs() - (f32::abs(ahead) - LEVEL)).abs() < 0.01, "{seen:?}");
                assert!((seen.right.abs() - (f32::abs(right) - LEVEL).max(0.0)).abs() < 0.01, "{seen:?}");
                assert!(seen.ahead * ahead > 0.0 && seen.right * right >= 0.0);
            }
        }
    }

    #[test]
    fn a_trunk_is_no_hill_and_level_ground_is_level() {
        let seen = Footing::seen(&LENS, &plane(0.0, 0.0, 0.0, true), 0.0);
        assert!(seen.ahead < 0.03, "{seen:?}");
        assert_eq!(Footing::seen(&LENS, &plane(0.0, 0.0, 0.0, false), 0.0), Footing::default());
    }

    #[test]
    fn where_no_ground_is_seen_it_is_level() {
        assert_eq!(Footing::seen(&LENS, &vec![0.0; 96 * 56], 0.0), Footing::default());
        assert_eq!(Footing::seen(&LENS, &[], 0.0), Footing::default());
        let wall = vec![2.0; 96 * 56];
        assert!(Footing::seen(&LENS, &wall, 0.0).ahead <= STEEPEST);
    }
}

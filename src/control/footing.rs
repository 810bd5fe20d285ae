//! How the ground rises under a walker and what stands in the way, told from the depth of what is seen: a generated world has
//! no other ground.

use super::{Lens, Walker};

/// The ground in the walker's own directions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Footing {
    /// Slope of the ground ahead, metres up a metre.
    pub ahead: f32,
    /// Slope of the ground to the right.
    pub right: f32,
    /// Metres to what stands in the way.
    pub free_m: f32,
    /// The side on which there is a way past it: 1 right, -1 left, 0 neither.
    pub past: f32,
}

impl Default for Footing {
    /// A plain.
    fn default() -> Self {
        Self {
            ahead: 0.0,
            right: 0.0,
            free_m: f32::INFINITY,
            past: 0.0,
        }
    }
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
/// Rows of points between which ground rises by less than [`UPRIGHT`] metres a metre: a wall is no ground.
const ROWS_APART: usize = 3;
const UPRIGHT: f32 = 0.7;
/// Steeper ground is not walked on, nor is depth believed that says so.
const STEEPEST: f32 = 0.5;
/// What depth can't tell from level ground.
const LEVEL: f32 = 0.02;

/// What stands in the way is this high over the ground, so that it is neither grass nor a crown to walk under,
const IN_THE_WAY_M: std::ops::Range<f32> = 0.5..2.2;
/// and no farther to the side.
const HALF_WIDTH_M: f32 = 0.45;
/// Nearer to that edge it goes on beyond it.
const EDGE_M: f32 = 0.08;
/// What is farther ahead is no matter yet.
const AHEAD_M: std::ops::Range<f32> = 0.2..2.5;
/// It stands upright: so many points above each other, a share of the picture's height,
const UPRIGHT_SHARE: f32 = 0.15;
/// are as far away as each other, but for this share.
const ALIKE: f32 = 0.15;
/// A walker keeps this far from it,
const ARM_M: f32 = 0.7;
/// slows down over this time,
const SLOWING_SECS: f32 = 0.5;
/// and begins to go past it from here,
const PAST_FROM_M: f32 = 2.0;
/// unless he walks to a side himself, by this share of his speed ahead.
const OWN_SIDE: f32 = 0.1;

impl Footing {
    /// Fits a plane through the walker's feet to the ground in view. `inverse_depth` is `[h * w]`, 1/m, 0 = sky. Where no ground
    /// is seen it is level.
    pub fn seen(lens: &Lens, inverse_depth: &[f32], pitch_rad: f32) -> Self {
        let (sin, cos) = (libm::sinf(pitch_rad), libm::cosf(pitch_rad));
        let point = |x: usize, y: usize| -> Option<[f32; 3]> {
            let k = inverse_depth.get(y * lens.width_px + x).filter(|k| **k > 0.0)?;
            let [dx, dy, _] = lens.direction(x as f32 + 0.5, y as f32 + 0.5);
            let up = (sin + cos * dy) / k + Walker::EYE_HEIGHT_M;
            Some([(cos - sin * dy) / k, dx / k, up])
        };
        let plane = plane(lens, point).unwrap_or([0.0; 2]);
        let beyond_level = |slope: f32| (slope.abs() - LEVEL).max(0.0).copysign(slope);
        let (free_m, past) = in_the_way(lens, point, plane).unwrap_or((f32::INFINITY, 0.0));
        Self {
            ahead: beyond_level(plane[0]),
            right: beyond_level(plane[1]),
            free_m,
            past,
        }
    }

    /// Speeds ahead and to the right, m/s, of a walker who wants to walk at these: nobody walks into a tree, and who only wants to go ahead
    /// is led past it.
    pub fn speeds_m_s(&self, ahead_m_s: f32, right_m_s: f32) -> [f32; 2] {
        let slow_m_s = ((self.free_m - ARM_M) / SLOWING_SECS).max(0.0);
        let near = ((PAST_FROM_M - self.free_m) / (PAST_FROM_M - ARM_M)).clamp(0.0, 1.0);
        let led_m_s = match right_m_s.abs() < OWN_SIDE * ahead_m_s {
            true => self.past * near * ahead_m_s,
            false => 0.0,
        };
        [ahead_m_s.min(slow_m_s), right_m_s + led_m_s]
    }
}

/// Slopes ahead and to the right of the ground in view; `point` says where a pixel's point lies: metres ahead, to the right, and over the feet.
fn plane(lens: &Lens, point: impl Fn(usize, usize) -> Option<[f32; 3]>) -> Option<[f32; 2]> {
    let mut points: Vec<[f32; 3]> = vec![];
    let above = ROWS_APART * EVERY_PX;
    for y in (above..lens.height_px).step_by(EVERY_PX) {
        for x in (0..lens.width_px).step_by(EVERY_PX) {
            let (Some(here), Some(beyond)) = (point(x, y), point(x, y - above)) else {
                continue;
            };
            let [ahead, right, over_m] = here;
            let in_view = (NEAR_M..FAR_M).contains(&ahead) && right.abs() < ASIDE_M && over_m < Walker::EYE_HEIGHT_M;
            let flat = (beyond[2] - over_m).abs() < UPRIGHT * (beyond[0] - ahead).abs();
            if in_view && flat {
                points.push(here);
            }
        }
    }
    if points.len() < LEAST_POINTS {
        return None;
    }
    let mut slopes: Vec<f32> = points.iter().map(|[ahead, _, over_m]| over_m / ahead).collect();
    slopes.sort_by(f32::total_cmp);
    let mut plane = [slopes[slopes.len() / 2], 0.0];
    for _ in 0..ROUNDS {
        plane = fitted(&points, plane);
    }
    plane.iter().all(|slope| slope.abs() < STEEPEST).then_some(plane)
}

/// How far the nearest upright thing in the way is, and the side on which there is a way past it.
fn in_the_way(lens: &Lens, point: impl Fn(usize, usize) -> Option<[f32; 3]>, plane: [f32; 2]) -> Option<(f32, f32)> {
    let least = (UPRIGHT_SHARE * lens.height_px as f32) as usize;
    let mut columns: Vec<(f32, f32)> = vec![];
    for x in (0..lens.width_px).step_by(EVERY_PX) {
        let mut found: Vec<(f32, f32)> = (0..lens.height_px)
            .filter_map(|y| point(x, y))
            .filter(|[ahead, right, over_m]| {
                let over_ground_m = over_m - plane[0] * ahead - plane[1] * right;
                AHEAD_M.contains(ahead) && right.abs() < HALF_WIDTH_M && IN_THE_WAY_M.contains(&over_ground_m)
            })
            .map(|[ahead, right, _]| (ahead, right))
            .collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        let Some(&(middle, right)) = found.get(found.len() / 2) else {
            continue;
        };
        let alike = found
            .iter()
            .filter(|(a, _)| (a - middle).abs() < ALIKE * middle)
            .count();
        if alike >= least {
            columns.push((middle, right));
        }
    }
    let nearest = columns.iter().map(|(ahead, _)| *ahead).fold(f32::INFINITY, f32::min);
    // The columns of the same thing.
    let of_it = columns.iter().filter(|(ahead, _)| *ahead < nearest * (1.0 + ALIKE));
    let (mut n, mut left_m, mut right_m) = (0, f32::INFINITY, f32::NEG_INFINITY);
    for (_, at) in of_it {
        (n, left_m, right_m) = (n + 1, left_m.min(*at), right_m.max(*at));
    }
    let in_view_m = nearest * libm::tanf(0.5 * lens.fov_x_rad);
    let edge_m = HALF_WIDTH_M.min(in_view_m) - EDGE_M;
    let past = match (left_m > -edge_m, right_m < edge_m) {
        (false, false) => 0.0,
        (true, true) => (-left_m - right_m).signum(),
        (left_is_free, _) => {
            if left_is_free {
                -1.0
            } else {
                1.0
            }
        }
    };
    (n > 1).then_some((nearest, past))
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
        let trunk = trunk.then_some((3.0, 20..30));
        with_trunk([slope_ahead, slope_right], pitch_rad, trunk)
    }

    /// The same with a trunk so many metres ahead in these columns.
    fn with_trunk(
        [slope_ahead, slope_right]: [f32; 2],
        pitch_rad: f32,
        trunk: Option<(f32, std::ops::Range<usize>)>,
    ) -> Vec<f32> {
        let (sin, cos) = (libm::sinf(pitch_rad), libm::cosf(pitch_rad));
        let mut out = vec![];
        for y in 0..LENS.height_px {
            for x in 0..LENS.width_px {
                let [dx, dy, _] = LENS.direction(x as f32 + 0.5, y as f32 + 0.5);
                let (ahead, up) = (cos - sin * dy, sin + cos * dy);
                // eye + up / k = slopes * (ahead, right) / k
                let k = (slope_ahead * ahead + slope_right * dx - up) / Walker::EYE_HEIGHT_M;
                let before = (trunk.as_ref()).filter(|(away_m, columns)| columns.contains(&x) && k < 1.0 / away_m);
                out.push(before.map_or(k.max(0.0), |(away_m, _)| 1.0 / away_m));
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
                assert!(
                    (seen.right.abs() - (f32::abs(right) - LEVEL).max(0.0)).abs() < 0.01,
                    "{seen:?}"
                );
                assert!(seen.ahead * ahead > 0.0 && seen.right * right >= 0.0);
            }
        }
    }

    #[test]
    fn a_trunk_is_no_hill_and_level_ground_is_level() {
        let seen = Footing::seen(&LENS, &plane(0.0, 0.0, 0.0, true), 0.0);
        assert!(seen.ahead < 0.03, "{seen:?}");
        assert_eq!(
            Footing::seen(&LENS, &plane(0.0, 0.0, 0.0, false), 0.0),
            Footing::default()
        );
    }

    #[test]
    fn a_trunk_in_the_way_is_walked_round_and_one_beside_it_is_not() {
        let seen = |slope: f32, away_m: f32, columns| {
            Footing::seen(&LENS, &with_trunk([slope, 0.0], 0.0, Some((away_m, columns))), 0.0)
        };
        for slope in [0.0, 0.2, -0.1] {
            let (right, left) = (seen(slope, 1.5, 50..60), seen(slope, 1.5, 36..46));
            assert!((right.free_m - 1.5).abs() < 0.1 && right.past == -1.0, "{right:?}");
            assert!((left.free_m - 1.5).abs() < 0.1 && left.past == 1.0, "{left:?}");
            assert_eq!(seen(slope, 1.5, 80..90).free_m, f32::INFINITY);
            assert_eq!(seen(slope, 4.0, 40..60).free_m, f32::INFINITY);
            // A hill is none, however near.
            assert_eq!(
                Footing::seen(&LENS, &plane(slope, 0.1, 0.0, false), 0.0).free_m,
                f32::INFINITY
            );
        }
        let near = seen(0.0, 0.7, 40..56);
        let [ahead, right] = near.speeds_m_s(2.0, 0.0);
        assert!(ahead < 0.05 && right.abs() > 1.5, "{ahead} {right}");
        assert_eq!(near.speeds_m_s(-2.0, 0.0), [-2.0, 0.0], "one can always go back");
        assert_eq!(near.speeds_m_s(2.0, -2.0)[1], -2.0, "one's own side counts");
        assert_eq!(near.speeds_m_s(0.0, 0.0), [0.0, 0.0], "nobody is pushed");
        assert_eq!(Footing::default().speeds_m_s(2.0, 0.3), [2.0, 0.3]);
    }

    #[test]
    fn where_no_ground_is_seen_it_is_level() {
        assert_eq!(Footing::seen(&LENS, &vec![0.0; 96 * 56], 0.0), Footing::default());
        assert_eq!(Footing::seen(&LENS, &[], 0.0), Footing::default());
        // A wall from side to side is neither a hill nor a way.
        for away_m in [0.5, 0.7, 1.0, 1.4, 2.0, 2.4, 3.0, 4.0] {
            let seen = Footing::seen(&LENS, &with_trunk([0.0, 0.0], 0.0, Some((away_m, 0..96))), 0.0);
            assert!(seen.ahead.abs() < 0.05, "wall at {away_m} m: {seen:?}");
            assert_eq!(seen.free_m < 2.5, away_m < 2.5, "wall at {away_m} m: {seen:?}");
            assert_eq!(seen.past, 0.0);
        }
    }
}

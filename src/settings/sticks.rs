//! How a stick answers to the hand: a dead zone, and a curve behind it.

/// How a stick answers.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct StickCurve {
    /// Share of the stick's way that counts as rest, in [`Self::DEAD_ZONES`].
    pub dead_zone: f32,
    /// Exponent of the curve behind the dead zone, in [`Self::EXPONENTS`]: 1 is a line, more is gentle at first.
    pub exponent: f32,
}

impl StickCurve {
    /// Range of the dead zone. Beyond, too little of the way would be left.
    pub const DEAD_ZONES: std::ops::RangeInclusive<f32> = 0.0..=0.6;
    /// Range of the exponent.
    pub const EXPONENTS: std::ops::RangeInclusive<f32> = 0.5..=4.0;

    /// The stick that walks: half the way is half the speed.
    pub const WALK: Self = Self {
        dead_zone: 0.15,
        exponent: 1.0,
    };
    /// The stick that looks: squared, so that small corrections are easy.
    pub const LOOK: Self = Self {
        dead_zone: 0.15,
        exponent: 2.0,
    };

    /// The answer along a line through the middle: odd, 0 at rest, 1 at the rim.
    pub fn answer(self, way: f32) -> f32 {
        self.bent(self.behind_dead_zone(way.abs())).copysign(way)
    }

    /// The answer of a stick that walks (right, forward). The curve is of its length: the direction stays.
    pub fn walk(self, (x, y): (f32, f32)) -> (f32, f32) {
        let length = x.hypot(y);
        let answer = self.answer(length);
        if answer == 0.0 {
            return (0.0, 0.0);
        }
        let scale = answer / length;
        (x * scale, y * scale)
    }

    /// The answer of a stick that looks (right, up). The dead zone is round, but the curve is of each axis, so that who
    /// turns does not also nod.
    pub fn look(self, (x, y): (f32, f32)) -> (f32, f32) {
        let length = x.hypot(y);
        let way = self.behind_dead_zone(length);
        if way == 0.0 {
            return (0.0, 0.0);
        }
        let scale = way / length;
        let axis = |v: f32| self.bent((v * scale).abs()).copysign(v);
        (axis(x), axis(y))
    }

    /// Removes the dead zone, without a step at its rim.
    fn behind_dead_zone(self, length: f32) -> f32 {
        if !length.is_finite() || length <= self.dead_zone {
            return 0.0;
        }
        ((length - self.dead_zone) / (1.0 - self.dead_zone)).min(1.0)
    }

    fn bent(self, way: f32) -> f32 {
        way.powf(self.exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curves() -> impl Iterator<Item = StickCurve> {
        let zones = [0.0, 0.15, 0.6];
        zones.into_iter().flat_map(|dead_zone| {
            [0.5, 1.0, 2.0, 4.0]
                .into_iter()
                .map(move |exponent| StickCurve { dead_zone, exponent })
        })
    }

    #[test]
    fn the_curve_is_odd_and_monotonic_and_goes_from_rest_to_the_rim() {
        for curve in curves() {
            assert_eq!(curve.answer(0.0), 0.0);
            assert_eq!(curve.answer(curve.dead_zone), 0.0);
            assert_eq!((curve.answer(1.0), curve.answer(1.4)), (1.0, 1.0));
            let mut last = 0.0;
            for i in 0..=100 {
                let way = i as f32 / 100.0;
                let answer = curve.answer(way);
                assert!(answer >= last, "{curve:?} falls at {way}");
                assert_eq!(curve.answer(-way), -answer);
                last = answer;
            }
            assert_eq!(curve.answer(f32::NAN).abs(), 0.0);
        }
    }

    #[test]
    fn the_dead_zone_is_round_and_has_no_step_at_its_rim() {
        let line = StickCurve::WALK;
        assert_eq!(line.walk((0.1, 0.1)), (0.0, 0.0));
        let (x, _) = line.walk((0.151, 0.0));
        assert!(x > 0.0 && x < 0.01);
        let (x, y) = line.walk((1.0, 1.0));
        assert!((x.hypot(y) - 1.0).abs() < 1e-6);
        for odd in [(0.0, 0.0), (f32::NAN, 0.0), (f32::INFINITY, 1.0)] {
            assert_eq!(line.walk(odd), (0.0, 0.0));
            assert_eq!(line.look(odd), (0.0, 0.0));
        }
    }

    #[test]
    fn walking_keeps_the_direction_and_looking_keeps_to_the_axes() {
        let curve = StickCurve {
            dead_zone: 0.1,
            exponent: 2.0,
        };
        let (x, y) = curve.walk((0.6, 0.3));
        assert!((x - 2.0 * y).abs() < 1e-6);
        let (turn, look) = curve.look((0.6, 0.3));
        assert!((turn - 4.0 * look).abs() < 1e-6);
        assert_eq!(curve.look((-1.0, 0.0)), (-1.0, 0.0));
    }
}

//! How fast a walk is played. It is no part of the walk: the same frames are made, only sooner or later, so that
//! recordings, replays and kept moments know nothing of it.

/// Video frames shown in a second, against the world's own rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlaySpeed {
    /// A quarter.
    Quarter,
    /// Half.
    Half,
    /// As the world was trained.
    #[default]
    Usual,
    /// Twice, or as fast as the device can.
    Double,
}

impl PlaySpeed {
    /// All of them, slow ones first.
    pub const ALL: &[Self] = &[Self::Quarter, Self::Half, Self::Usual, Self::Double];

    /// Times the world's own rate.
    pub fn factor(self) -> f64 {
        match self {
            Self::Quarter => 0.25,
            Self::Half => 0.5,
            Self::Usual => 1.0,
            Self::Double => 2.0,
        }
    }

    /// The name for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Quarter => "¼",
            Self::Half => "½",
            Self::Usual => "1",
            Self::Double => "2",
        }
    }

    /// The next slower one; the slowest stays.
    #[must_use]
    pub fn slower(self) -> Self {
        let before = Self::ALL.iter().rev().find(|other| other.factor() < self.factor());
        before.copied().unwrap_or(self)
    }

    /// The next faster one; the fastest stays.
    #[must_use]
    pub fn faster(self) -> Self {
        let after = Self::ALL.iter().find(|other| other.factor() > self.factor());
        after.copied().unwrap_or(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_a_ladder_with_two_ends() {
        let mut speed = PlaySpeed::Quarter;
        assert_eq!(speed.slower(), speed);
        let mut up = vec![speed];
        while speed.faster() != speed {
            assert_eq!(speed.faster().slower(), speed);
            speed = speed.faster();
            up.push(speed);
        }
        assert_eq!(up, PlaySpeed::ALL);
        assert_eq!(PlaySpeed::default().factor(), 1.0);
    }
}

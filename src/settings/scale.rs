//! Size of the interface, as it stands in the settings file: percent of the size that the system asks for.

/// Size of the interface in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Scale(u16);

impl Default for Scale {
    fn default() -> Self {
        Self::USUAL
    }
}

impl Scale {
    /// As large as the system's other programs.
    pub const USUAL: Self = Self(100);
    /// To be read from across a room.
    pub const SOFA: Self = Self(200);
    /// The smallest and the largest.
    pub const RANGE: std::ops::RangeInclusive<u16> = 50..=300;
    /// Where a key or a button stops on its way, as browsers do.
    const STEPS: [u16; 13] = [50, 60, 70, 80, 90, 100, 110, 125, 150, 175, 200, 250, 300];

    /// This many percent, or the nearest that is allowed.
    pub fn of_percent(percent: u16) -> Self {
        Self(percent.clamp(*Self::RANGE.start(), *Self::RANGE.end()))
    }

    /// In percent.
    pub fn percent(self) -> u16 {
        self.0
    }

    /// As a factor on every length.
    pub fn factor(self) -> f32 {
        f32::from(self.0) / 100.0
    }

    /// The next larger step; the largest stays.
    pub fn larger(self) -> Self {
        let next = Self::STEPS.into_iter().find(|step| *step > self.0);
        next.map_or(self, Self)
    }

    /// The next smaller step; the smallest stays.
    pub fn smaller(self) -> Self {
        let next = Self::STEPS.into_iter().rfind(|step| *step < self.0);
        next.map_or(self, Self)
    }

    /// Reads a value of the settings file; what is wrong comes back as a sentence.
    pub(super) fn read(value: Option<&toml::Value>, to: &mut Self) -> Option<String> {
        let value = value?;
        let percent = value.as_integer().and_then(|number| u16::try_from(number).ok());
        match percent.filter(|percent| Self::RANGE.contains(percent)) {
            Some(percent) => {
                *to = Self(percent);
                None
            }
            None => Some(format!(
                "Setting interface_percent must be a whole number from {} to {}, not {value}.",
                Self::RANGE.start(),
                Self::RANGE.end()
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_lead_from_the_smallest_to_the_largest_and_back() {
        let mut scale = Scale::of_percent(1);
        let mut seen = vec![scale.percent()];
        while scale.larger() != scale {
            assert_eq!(scale.larger().smaller(), scale);
            scale = scale.larger();
            seen.push(scale.percent());
        }
        assert_eq!(seen, Scale::STEPS);
        assert!(seen.contains(&Scale::SOFA.percent()) && seen.contains(&Scale::USUAL.percent()));
        // A size that somebody has written into the file is between two steps.
        let odd = Scale::of_percent(133);
        assert_eq!((odd.smaller().percent(), odd.larger().percent()), (125, 150));
    }

    #[test]
    fn a_size_that_cannot_be_is_a_sentence_and_the_usual_one_stands() {
        for text in ["20", "301", "-1", "\"large\"", "1.5"] {
            let table: toml::Table = format!("a = {text}").parse().unwrap();
            let mut scale = Scale::default();
            let what = Scale::read(table.get("a"), &mut scale).unwrap();
            assert!(
                what.contains("interface_percent") && what.contains("50 to 300"),
                "{what}"
            );
            assert_eq!(scale, Scale::USUAL);
        }
    }
}

//! How fine recordings are, as it stands in the settings file.

/// How fine recordings are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// Small files.
    Small,
    /// What is usual.
    #[default]
    Good,
    /// As fine as it gets.
    Best,
}

impl Quality {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Small, Self::Good, Self::Best];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Good => "good",
            Self::Best => "best",
        }
    }

    /// Reads a value of the settings file; what is wrong comes back as a sentence.
    pub(super) fn read(value: Option<&toml::Value>, to: &mut Self) -> Option<String> {
        let value = value?;
        let mut all = Self::ALL.into_iter();
        match all.find(|quality| value.as_str() == Some(quality.name())) {
            Some(quality) => {
                *to = quality;
                None
            }
            None => Some(format!(
                "Setting record_quality must be \"small\", \"good\" or \"best\", not {value}."
            )),
        }
    }
}

//! How the frames of a step are laid out in time, as it stands in the settings file.

/// How the frames of a step are laid out in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pacing {
    /// At even times.
    #[default]
    Smooth,
    /// As soon as they exist.
    Quick,
}

impl Pacing {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Smooth, Self::Quick];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Smooth => "smooth",
            Self::Quick => "quick",
        }
    }

    /// Reads a value of the settings file; what is wrong comes back as a sentence.
    pub(super) fn read(value: Option<&toml::Value>, to: &mut Self) -> Option<String> {
        let value = value?;
        match Self::ALL
            .into_iter()
            .find(|pacing| value.as_str() == Some(pacing.name()))
        {
            Some(pacing) => {
                *to = pacing;
                None
            }
            None => Some(format!("Setting pacing must be \"smooth\" or \"quick\", not {value}.")),
        }
    }
}

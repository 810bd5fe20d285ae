//! How a recording is made: how fine, and with the pressed keys in the picture or not.

/// How fine a recording is, by the encoder's quantiser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quality {
    /// For sending: soft in leaves and grass.
    Small,
    /// Pixel-sized leaves keep their edges.
    #[default]
    Good,
    /// For cutting and encoding again: hardly to be told from the frames.
    Best,
}

impl Quality {
    /// All of them, coarse to fine.
    pub const ALL: [Self; 3] = [Self::Small, Self::Good, Self::Best];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Good => "good",
            Self::Best => "best",
        }
    }

    /// The quality of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|quality| quality.name() == name)
    }

    /// Quantiser of every frame. At 20 luma has 46 to 48 dB on test patterns; 6 more halve the precision.
    pub(super) fn qp(self) -> u8 {
        match self {
            Self::Small => 30,
            Self::Good => 20,
            Self::Best => 12,
        }
    }
}

impl std::fmt::Display for Quality {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Quality {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::named(name).ok_or_else(|| "choose small, good or best".to_owned())
    }
}

/// How a recording is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// How fine it is.
    pub quality: Quality,
    /// The pressed keys stand in the picture.
    pub keys: bool,
}

//! How the camera shall answer to the hands, as it is chosen and kept.

/// How the camera answers to the hands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CameraFeel {
    /// Walks on legs.
    #[default]
    Person,
    /// Flies, with inertia.
    Drone,
    /// Goes by itself, in wide curves.
    Train,
}

impl CameraFeel {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Person, Self::Drone, Self::Train];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Drone => "drone",
            Self::Train => "train",
        }
    }

    /// The message that names it for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Person => "camera-person",
            Self::Drone => "camera-drone",
            Self::Train => "camera-train",
        }
    }

    /// The message that says what it is like.
    pub fn hint_word(self) -> &'static str {
        match self {
            Self::Person => "camera-person-hint",
            Self::Drone => "camera-drone-hint",
            Self::Train => "camera-train-hint",
        }
    }

    /// What has this name in files.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|feel| feel.name() == name)
    }
}

impl serde::Serialize for CameraFeel {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

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

    /// The name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Person => "Person",
            Self::Drone => "Drone",
            Self::Train => "Train",
        }
    }

    /// What it is like.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Person => "Walks and runs, and stands still at once",
            Self::Drone => "Twice as fast and smooth: it drifts when it turns, and takes its time to stop",
            Self::Train => "Goes by itself in wide curves: forward is faster, back is the brake",
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

//! What hands can ask for: one list with names for files, words for people and the part of the list it stands in.

/// Something that keys and buttons can be bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Deed {
    /// Held: walk forward.
    Forward,
    /// Held: walk backward.
    Back,
    /// Held: step left.
    Left,
    /// Held: step right.
    Right,
    /// Held: run.
    Run,
    /// Held: turn left.
    TurnLeft,
    /// Held: turn right.
    TurnRight,
    /// Held: look up.
    LookUp,
    /// Held: look down.
    LookDown,
    /// Held: go back in time.
    Rewind,
    /// The tree of branches.
    Branches,
    /// Pause or go on.
    Pause,
    /// One step while paused.
    Step,
    /// Play the walk slower.
    Slower,
    /// Play the walk faster.
    Faster,
    /// Begin again with a new seed.
    Restart,
    /// Keep this moment.
    SaveBookmark,
    /// Come back to the moment kept last.
    RestoreBookmark,
    /// Save the walk as a replay.
    SaveReplay,
    /// Save what the walk remembers of the world as a point cloud.
    SaveCloud,
    /// Begin or end a recording.
    Record,
    /// Save the picture.
    Screenshot,
    /// Show or hide the numbers.
    Hud,
    /// Show depth in place of colours, or colours again.
    Depth,
    /// Fill the screen or not.
    Fullscreen,
    /// Write what the world shall be.
    Prompt,
    /// The first screen.
    Home,
    /// The menu.
    Menu,
    /// Go to the bundled place of this number, counted from 0.
    Place(u8),
}

/// Parts of the list of deeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Walking.
    Walk,
    /// Looking round.
    Look,
    /// Time.
    Time,
    /// What is kept as files.
    Keep,
    /// The window and its panels.
    View,
    /// Going to places.
    Places,
}

impl Group {
    /// All of them, in the order of the list.
    pub const ALL: [Self; 6] = [Self::Walk, Self::Look, Self::Time, Self::Keep, Self::View, Self::Places];

    /// The caption over it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Walk => "Walking",
            Self::Look => "Looking without a mouse",
            Self::Time => "Time",
            Self::Keep => "Keeping",
            Self::View => "Window and panels",
            Self::Places => "Places",
        }
    }
}

const TABLE: [(Deed, &str, &str, Group); Deed::COUNT] = [
    (Deed::Forward, "forward", "Walk forward", Group::Walk),
    (Deed::Back, "back", "Walk backward", Group::Walk),
    (Deed::Left, "left", "Step left", Group::Walk),
    (Deed::Right, "right", "Step right", Group::Walk),
    (Deed::Run, "run", "Run", Group::Walk),
    (Deed::TurnLeft, "turn_left", "Turn left", Group::Look),
    (Deed::TurnRight, "turn_right", "Turn right", Group::Look),
    (Deed::LookUp, "look_up", "Look up", Group::Look),
    (Deed::LookDown, "look_down", "Look down", Group::Look),
    (Deed::Rewind, "rewind", "Go back (hold)", Group::Time),
    (Deed::Branches, "branches", "Branches", Group::Time),
    (Deed::Pause, "pause", "Pause, go on", Group::Time),
    (Deed::Step, "step", "One step while paused", Group::Time),
    (Deed::Slower, "slower", "Play slower", Group::Time),
    (Deed::Faster, "faster", "Play faster", Group::Time),
    (Deed::Restart, "restart", "Begin again, new seed", Group::Time),
    (Deed::SaveBookmark, "keep_moment", "Keep this moment", Group::Keep),
    (
        Deed::RestoreBookmark,
        "back_to_moment",
        "Come back to the moment",
        Group::Keep,
    ),
    (
        Deed::SaveReplay,
        "save_replay",
        "Save the walk as a replay",
        Group::Keep,
    ),
    (Deed::SaveCloud, "save_cloud", "Save a point cloud", Group::Keep),
    (Deed::Record, "record", "Record, end recording", Group::Keep),
    (Deed::Screenshot, "screenshot", "Screenshot", Group::Keep),
    (Deed::Hud, "numbers", "Show the numbers", Group::View),
    (Deed::Depth, "depth", "Depth in place of colours", Group::View),
    (Deed::Fullscreen, "full_screen", "Full screen", Group::View),
    (Deed::Prompt, "words", "Words", Group::View),
    (Deed::Home, "home", "All worlds", Group::View),
    (Deed::Menu, "menu", "Menu", Group::View),
    (Deed::Place(0), "place_1", "First place", Group::Places),
    (Deed::Place(1), "place_2", "Second place", Group::Places),
    (Deed::Place(2), "place_3", "Third place", Group::Places),
    (Deed::Place(3), "place_4", "Fourth place", Group::Places),
    (Deed::Place(4), "place_5", "Fifth place", Group::Places),
    (Deed::Place(5), "place_6", "Sixth place", Group::Places),
    (Deed::Place(6), "place_7", "Seventh place", Group::Places),
    (Deed::Place(7), "place_8", "Eighth place", Group::Places),
    (Deed::Place(8), "place_9", "Ninth place", Group::Places),
];

impl Deed {
    /// How many there are.
    pub const COUNT: usize = 37;

    /// All of them, in the order of the list.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.0)
    }

    /// Those of one part of the list.
    pub fn of(group: Group) -> impl Iterator<Item = Self> {
        TABLE.iter().filter(move |row| row.3 == group).map(|row| row.0)
    }

    /// The name in files.
    pub fn name(self) -> &'static str {
        self.row().map_or("", |row| row.1)
    }

    /// What it is, in a few words with a capital.
    pub fn title(self) -> &'static str {
        self.row().map_or("", |row| row.2)
    }

    /// What has this name in files.
    pub fn named(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    // Only a place beyond the ninth has no row, and nothing can be bound to that.
    fn row(self) -> Option<&'static (Self, &'static str, &'static str, Group)> {
        TABLE.iter().find(|row| row.0 == self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_deed_has_a_name_that_leads_back_and_stands_in_one_part() {
        for deed in Deed::all() {
            assert_eq!(Deed::named(deed.name()), Some(deed));
            assert!(!deed.title().is_empty());
        }
        let grouped: Vec<Deed> = Group::ALL.into_iter().flat_map(Deed::of).collect();
        assert_eq!(grouped, Deed::all().collect::<Vec<_>>());
        assert_eq!((Deed::Place(9).name(), Deed::named("fly")), ("", None));
    }
}

//! What hands can ask for: one list with names for files and for words, and the part of the list it stands in.

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
    /// Mark the picture on the screen as the first of a stretch to be saved.
    MarkIn,
    /// Mark it as the last.
    MarkOut,
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

    /// The message that is the caption over it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Walk => "group-walk",
            Self::Look => "group-look",
            Self::Time => "group-time",
            Self::Keep => "group-keep",
            Self::View => "group-view",
            Self::Places => "group-places",
        }
    }
}

const TABLE: [(Deed, &str, &str, Group); Deed::COUNT] = [
    (Deed::Forward, "forward", "deed-forward", Group::Walk),
    (Deed::Back, "back", "deed-back", Group::Walk),
    (Deed::Left, "left", "deed-left", Group::Walk),
    (Deed::Right, "right", "deed-right", Group::Walk),
    (Deed::Run, "run", "deed-run", Group::Walk),
    (Deed::TurnLeft, "turn_left", "deed-turn-left", Group::Look),
    (Deed::TurnRight, "turn_right", "deed-turn-right", Group::Look),
    (Deed::LookUp, "look_up", "deed-look-up", Group::Look),
    (Deed::LookDown, "look_down", "deed-look-down", Group::Look),
    (Deed::Rewind, "rewind", "deed-rewind", Group::Time),
    (Deed::Branches, "branches", "deed-branches", Group::Time),
    (Deed::Pause, "pause", "deed-pause", Group::Time),
    (Deed::Step, "step", "deed-step", Group::Time),
    (Deed::Slower, "slower", "deed-slower", Group::Time),
    (Deed::Faster, "faster", "deed-faster", Group::Time),
    (Deed::Restart, "restart", "deed-restart", Group::Time),
    (Deed::SaveBookmark, "keep_moment", "deed-keep-moment", Group::Keep),
    (
        Deed::RestoreBookmark,
        "back_to_moment",
        "deed-back-to-moment",
        Group::Keep,
    ),
    (Deed::SaveReplay, "save_replay", "deed-save-replay", Group::Keep),
    (Deed::SaveCloud, "save_cloud", "deed-save-cloud", Group::Keep),
    (Deed::MarkIn, "mark_in", "deed-mark-in", Group::Keep),
    (Deed::MarkOut, "mark_out", "deed-mark-out", Group::Keep),
    (Deed::Record, "record", "deed-record", Group::Keep),
    (Deed::Screenshot, "screenshot", "deed-screenshot", Group::Keep),
    (Deed::Hud, "numbers", "deed-numbers", Group::View),
    (Deed::Depth, "depth", "deed-depth", Group::View),
    (Deed::Fullscreen, "full_screen", "deed-full-screen", Group::View),
    (Deed::Prompt, "words", "deed-words", Group::View),
    (Deed::Home, "home", "deed-home", Group::View),
    (Deed::Menu, "menu", "deed-menu", Group::View),
    (Deed::Place(0), "place_1", "deed-place-1", Group::Places),
    (Deed::Place(1), "place_2", "deed-place-2", Group::Places),
    (Deed::Place(2), "place_3", "deed-place-3", Group::Places),
    (Deed::Place(3), "place_4", "deed-place-4", Group::Places),
    (Deed::Place(4), "place_5", "deed-place-5", Group::Places),
    (Deed::Place(5), "place_6", "deed-place-6", Group::Places),
    (Deed::Place(6), "place_7", "deed-place-7", Group::Places),
    (Deed::Place(7), "place_8", "deed-place-8", Group::Places),
    (Deed::Place(8), "place_9", "deed-place-9", Group::Places),
];

impl Deed {
    /// How many there are.
    pub const COUNT: usize = 39;

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

    /// The message that says what it is.
    pub fn word(self) -> &'static str {
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
            assert!(!deed.word().is_empty());
        }
        let grouped: Vec<Deed> = Group::ALL.into_iter().flat_map(Deed::of).collect();
        assert_eq!(grouped, Deed::all().collect::<Vec<_>>());
        assert_eq!((Deed::Place(9).name(), Deed::named("fly")), ("", None));
    }
}

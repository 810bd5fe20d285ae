//! What is bound to what before anybody changes it.

use super::deed::Deed;
use super::press::{Key, PadButton, Press};

/// What keyboard and mouse begin with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyPreset {
    /// W A S D and the mouse in the right hand.
    #[default]
    Usual,
    /// I J K L and the mouse in the left hand.
    LeftHanded,
}

/// What gamepads begin with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PadPreset {
    /// The left stick walks.
    #[default]
    Usual,
    /// The right stick walks, and what belongs to it moves with it.
    Southpaw,
}

impl KeyPreset {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Usual, Self::LeftHanded];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::LeftHanded => "left-handed",
        }
    }

    /// The message that names it for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Usual => "preset-usual",
            Self::LeftHanded => "preset-left-handed",
        }
    }

    /// What is bound to a deed.
    pub fn of(self, deed: Deed) -> Vec<Press> {
        let keys = match (self, deed) {
            // W A S D and the keys beside it move under the right hand; what can be reached from both stays.
            (Self::LeftHanded, Deed::Forward) => &[Key::KeyI, Key::ArrowUp][..],
            (Self::LeftHanded, Deed::Back) => &[Key::KeyK, Key::ArrowDown],
            (Self::LeftHanded, Deed::Left) => &[Key::KeyJ],
            (Self::LeftHanded, Deed::Right) => &[Key::KeyL],
            (Self::LeftHanded, Deed::TurnLeft) => &[Key::KeyU, Key::ArrowLeft],
            (Self::LeftHanded, Deed::TurnRight) => &[Key::KeyO, Key::ArrowRight],
            // I and O walk and turn here; these lie near them.
            (Self::LeftHanded, Deed::MarkIn) => &[Key::Comma],
            (Self::LeftHanded, Deed::MarkOut) => &[Key::Period],
            _ => usual_keys(deed),
        };
        keys.iter().map(|key| Press::Key(*key)).collect()
    }
}

impl PadPreset {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Usual, Self::Southpaw];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Southpaw => "southpaw",
        }
    }

    /// The message that names it for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Usual => "preset-usual",
            Self::Southpaw => "preset-southpaw",
        }
    }

    /// Whether the right stick walks.
    pub fn swaps_sticks(self) -> bool {
        self == Self::Southpaw
    }

    /// What is bound to a deed.
    pub fn of(self, deed: Deed) -> Vec<Press> {
        let buttons = match (self, deed) {
            (Self::Southpaw, Deed::Run) => &[PadButton::RightStick, PadButton::RightTrigger][..],
            (Self::Southpaw, Deed::Rewind) => &[PadButton::RightShoulder],
            _ => usual_buttons(deed),
        };
        buttons.iter().map(|button| Press::Pad(*button)).collect()
    }
}

fn usual_keys(deed: Deed) -> &'static [Key] {
    match deed {
        Deed::Forward => &[Key::KeyW, Key::ArrowUp],
        Deed::Back => &[Key::KeyS, Key::ArrowDown],
        Deed::Left => &[Key::KeyA],
        Deed::Right => &[Key::KeyD],
        Deed::Run => &[Key::ShiftLeft, Key::ShiftRight],
        Deed::TurnLeft => &[Key::KeyQ, Key::ArrowLeft],
        Deed::TurnRight => &[Key::KeyE, Key::ArrowRight],
        Deed::LookUp => &[Key::PageUp],
        Deed::LookDown => &[Key::PageDown],
        Deed::Rewind => &[Key::Backspace],
        Deed::Branches => &[Key::KeyV],
        Deed::Pause => &[Key::Space, Key::KeyP],
        Deed::Step => &[Key::KeyN],
        Deed::Slower => &[Key::BracketLeft, Key::NumpadSubtract],
        Deed::Faster => &[Key::BracketRight, Key::NumpadAdd],
        Deed::Restart => &[Key::KeyB],
        Deed::SaveBookmark => &[Key::F5],
        Deed::RestoreBookmark => &[Key::F9],
        Deed::SaveReplay => &[Key::F6],
        Deed::SaveCloud => &[Key::F7],
        Deed::MarkIn => &[Key::KeyI],
        Deed::MarkOut => &[Key::KeyO],
        Deed::Record => &[Key::KeyR],
        Deed::Screenshot => &[Key::F12],
        Deed::Hud => &[Key::KeyH, Key::F3],
        Deed::Depth => &[Key::KeyF],
        Deed::Fullscreen => &[Key::F11],
        Deed::Prompt => &[Key::KeyT],
        Deed::Home => &[Key::Home],
        Deed::Menu => &[Key::Escape],
        Deed::Place(0) => &[Key::Digit1, Key::Numpad1],
        Deed::Place(1) => &[Key::Digit2, Key::Numpad2],
        Deed::Place(2) => &[Key::Digit3, Key::Numpad3],
        Deed::Place(3) => &[Key::Digit4, Key::Numpad4],
        Deed::Place(4) => &[Key::Digit5, Key::Numpad5],
        Deed::Place(5) => &[Key::Digit6, Key::Numpad6],
        Deed::Place(6) => &[Key::Digit7, Key::Numpad7],
        Deed::Place(7) => &[Key::Digit8, Key::Numpad8],
        Deed::Place(8) => &[Key::Digit9, Key::Numpad9],
        Deed::Place(_) => &[],
    }
}

fn usual_buttons(deed: Deed) -> &'static [PadButton] {
    match deed {
        Deed::Run => &[PadButton::LeftStick, PadButton::LeftTrigger],
        Deed::Rewind => &[PadButton::LeftShoulder],
        Deed::Branches => &[PadButton::CrossLeft],
        Deed::Pause => &[PadButton::Start],
        Deed::Step => &[PadButton::CrossRight],
        Deed::Restart => &[PadButton::North],
        Deed::Record => &[PadButton::West],
        Deed::Hud => &[PadButton::CrossUp],
        Deed::Depth => &[PadButton::CrossDown],
        Deed::Menu => &[PadButton::Select],
        _ => &[],
    }
}

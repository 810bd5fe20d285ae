//! Which key does what.

use winit::keyboard::KeyCode;

use crate::control::Keys;

/// What a key or button does once when pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Pause or go on.
    Pause,
    /// While paused: one latent frame.
    Step,
    /// The same first frame with a new seed.
    Restart,
    /// Begin or end a recording.
    Record,
    /// Save the picture.
    Screenshot,
    /// Show or hide the numbers.
    Hud,
    /// Fill the screen or not.
    Fullscreen,
    /// Begin in the bundled first frame of this number, counted from 0.
    FirstFrame(usize),
    /// Keep this moment of the walk.
    SaveBookmark,
    /// Go back to the moment that was kept last.
    RestoreBookmark,
    /// Save how the walk came to be here, to be rendered again.
    SaveReplay,
    /// Free the mouse and open the menu, or close it.
    Menu,
    /// Write what the world shall be.
    Prompt,
    /// The first screen.
    Home,
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// Held: walking, turning, running.
    Held(Keys),
    /// Held: going back in time.
    Rewind,
    /// Pressed once.
    Once(Action),
}

/// What a key is for, by its place on the keyboard (so that WASD is a cross on every layout).
pub fn binding(key: KeyCode) -> Option<Binding> {
    use Binding::{Held, Once, Rewind};
    Some(match key {
        KeyCode::KeyW | KeyCode::ArrowUp => Held(Keys::FORWARD),
        KeyCode::KeyS | KeyCode::ArrowDown => Held(Keys::BACK),
        KeyCode::KeyA => Held(Keys::LEFT),
        KeyCode::KeyD => Held(Keys::RIGHT),
        KeyCode::ShiftLeft | KeyCode::ShiftRight => Held(Keys::RUN),
        KeyCode::KeyQ | KeyCode::ArrowLeft => Held(Keys::TURN_LEFT),
        KeyCode::KeyE | KeyCode::ArrowRight => Held(Keys::TURN_RIGHT),
        KeyCode::PageUp => Held(Keys::LOOK_UP),
        KeyCode::PageDown => Held(Keys::LOOK_DOWN),
        KeyCode::Space | KeyCode::KeyP => Once(Action::Pause),
        KeyCode::KeyN => Once(Action::Step),
        KeyCode::Backspace => Rewind,
        KeyCode::KeyB => Once(Action::Restart),
        KeyCode::F5 => Once(Action::SaveBookmark),
        KeyCode::F9 => Once(Action::RestoreBookmark),
        KeyCode::F6 => Once(Action::SaveReplay),
        KeyCode::KeyR => Once(Action::Record),
        KeyCode::F12 => Once(Action::Screenshot),
        KeyCode::F3 | KeyCode::KeyH => Once(Action::Hud),
        KeyCode::F11 => Once(Action::Fullscreen),
        KeyCode::Escape => Once(Action::Menu),
        KeyCode::KeyT => Once(Action::Prompt),
        KeyCode::Home => Once(Action::Home),
        KeyCode::Digit1 | KeyCode::Numpad1 => Once(Action::FirstFrame(0)),
        KeyCode::Digit2 | KeyCode::Numpad2 => Once(Action::FirstFrame(1)),
        KeyCode::Digit3 | KeyCode::Numpad3 => Once(Action::FirstFrame(2)),
        KeyCode::Digit4 | KeyCode::Numpad4 => Once(Action::FirstFrame(3)),
        KeyCode::Digit5 | KeyCode::Numpad5 => Once(Action::FirstFrame(4)),
        KeyCode::Digit6 | KeyCode::Numpad6 => Once(Action::FirstFrame(5)),
        KeyCode::Digit7 | KeyCode::Numpad7 => Once(Action::FirstFrame(6)),
        KeyCode::Digit8 | KeyCode::Numpad8 => Once(Action::FirstFrame(7)),
        KeyCode::Digit9 | KeyCode::Numpad9 => Once(Action::FirstFrame(8)),
        _ => return None,
    })
}

/// Keys and what they do, as the menu shows them.
pub const HELP: &[(&str, &str)] = &[
    ("W A S D", "walk"),
    ("Mouse", "look (click the picture first)"),
    ("Arrows, Q E", "walk and turn without a mouse"),
    ("Shift", "run"),
    ("Space", "pause"),
    ("N", "one step while paused"),
    ("Backspace", "hold: go back in time"),
    ("F5, F9", "keep this moment, come back to it"),
    ("F6", "save the walk as a replay"),
    ("B", "begin again, new seed"),
    ("1 … 9", "go to a world"),
    ("T", "words: what the world shall be"),
    ("Home", "all worlds"),
    ("R", "record"),
    ("F12", "screenshot"),
    ("H", "numbers"),
    ("F11", "full screen"),
    ("Esc", "free the mouse, menu"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_arrows_walk_and_digits_choose() {
        assert_eq!(binding(KeyCode::KeyW), Some(Binding::Held(Keys::FORWARD)));
        assert_eq!(binding(KeyCode::ArrowUp), binding(KeyCode::KeyW));
        assert_eq!(binding(KeyCode::ArrowLeft), Some(Binding::Held(Keys::TURN_LEFT)));
        assert_eq!(binding(KeyCode::Digit9), Some(Binding::Once(Action::FirstFrame(8))));
        assert_eq!(binding(KeyCode::Backspace), Some(Binding::Rewind));
        assert_eq!(binding(KeyCode::F7), None);
    }
}

//! What the deeds of the table of bindings mean in a walk, and what a gamepad's buttons do in panels.

use crate::control::Keys;
use crate::settings::{Deed, PadButton};

/// What a key or button does once when pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Show the branches of the walk.
    Branches,
    /// Pause or go on.
    Pause,
    /// While paused: one latent frame.
    Step,
    /// Play slower.
    Slower,
    /// Play faster.
    Faster,
    /// The same first frame with a new seed.
    Restart,
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
    /// Show depth or colours.
    Depth,
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
    /// Save what the walk remembers of the world as a point cloud.
    SaveCloud,
    /// Free the mouse and open the menu, or close it.
    Menu,
    /// Write what the world shall be.
    Prompt,
    /// The first screen.
    Home,
}

/// What a deed is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Held: walking, turning, running.
    Held(Keys),
    /// Held: going back in time.
    Rewind,
    /// Pressed once.
    Once(Action),
}

/// What a deed means.
pub fn meaning(deed: Deed) -> Meaning {
    use Meaning::{Held, Once, Rewind};
    match deed {
        Deed::Forward => Held(Keys::FORWARD),
        Deed::Back => Held(Keys::BACK),
        Deed::Left => Held(Keys::LEFT),
        Deed::Right => Held(Keys::RIGHT),
        Deed::Run => Held(Keys::RUN),
        Deed::TurnLeft => Held(Keys::TURN_LEFT),
        Deed::TurnRight => Held(Keys::TURN_RIGHT),
        Deed::LookUp => Held(Keys::LOOK_UP),
        Deed::LookDown => Held(Keys::LOOK_DOWN),
        Deed::Rewind => Rewind,
        Deed::Branches => Once(Action::Branches),
        Deed::Pause => Once(Action::Pause),
        Deed::Step => Once(Action::Step),
        Deed::Slower => Once(Action::Slower),
        Deed::Faster => Once(Action::Faster),
        Deed::Restart => Once(Action::Restart),
        Deed::SaveBookmark => Once(Action::SaveBookmark),
        Deed::RestoreBookmark => Once(Action::RestoreBookmark),
        Deed::SaveReplay => Once(Action::SaveReplay),
        Deed::SaveCloud => Once(Action::SaveCloud),
        Deed::MarkIn => Once(Action::MarkIn),
        Deed::MarkOut => Once(Action::MarkOut),
        Deed::Record => Once(Action::Record),
        Deed::Screenshot => Once(Action::Screenshot),
        Deed::Hud => Once(Action::Hud),
        Deed::Depth => Once(Action::Depth),
        Deed::Fullscreen => Once(Action::Fullscreen),
        Deed::Prompt => Once(Action::Prompt),
        Deed::Home => Once(Action::Home),
        Deed::Menu => Once(Action::Menu),
        Deed::Place(number) => Once(Action::FirstFrame(number.into())),
    }
}

/// What the cross and two buttons do in panels, whatever they are bound to in a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nav {
    /// To what is above.
    Up,
    /// To what is below.
    Down,
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// Choose.
    Accept,
    /// Leave.
    Back,
}

/// What a button does in a panel.
pub fn navigates(button: PadButton) -> Option<Nav> {
    Some(match button {
        PadButton::CrossUp => Nav::Up,
        PadButton::CrossDown => Nav::Down,
        PadButton::CrossLeft => Nav::Left,
        PadButton::CrossRight => Nav::Right,
        PadButton::South => Nav::Accept,
        PadButton::East => Nav::Back,
        _ => return None,
    })
}

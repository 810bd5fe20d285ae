//! What wakes the window's loop from other threads.

use std::path::PathBuf;

use crate::engine;
use crate::input::PadEvent;

/// Everything asynchronous comes back through this.
#[derive(Clone, Debug)]
pub(super) enum AppEvent {
    /// The engine tells something.
    Engine(engine::Event),
    /// A gamepad tells something.
    Pad(PadEvent),
    /// The user chose a picture file in the system's dialog.
    PictureChosen(PathBuf),
    /// The process was asked to end (Ctrl+C, termination signal).
    Quit,
}

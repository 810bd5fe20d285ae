//! What wakes the window's loop from other threads.

use std::path::PathBuf;

use crate::engine;
use crate::input::PadReport;
use crate::ui::Shelf;

/// Everything asynchronous comes back through this.
#[derive(Clone, Debug)]
pub(super) enum AppEvent {
    /// The engine tells something.
    Engine(engine::Event),
    /// A gamepad reports something.
    Pad(PadReport),
    /// The user chose a file in the system's dialog.
    FileChosen(PathBuf),
    /// What the first screen offers.
    Shelf(Box<Shelf>),
    /// The process was asked to end (Ctrl+C, termination signal).
    Quit,
}

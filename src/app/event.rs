//! What wakes the window's loop from other threads.

use std::path::PathBuf;

use egui_winit::accesskit_winit;

use crate::device::{DeviceChoice, Listed, Proof};
use crate::engine;
use crate::input::PadReport;
use crate::telemetry::CrashReport;
use crate::ui::Shelf;

/// Everything asynchronous comes back through this.
#[derive(Debug)]
pub(super) enum AppEvent {
    /// The engine tells something.
    Engine(engine::Event),
    /// A gamepad reports something.
    Pad(PadReport),
    /// The user chose a file in the system's dialog.
    FileChosen(PathBuf),
    /// What the first screen offers.
    Shelf(Box<Shelf>),
    /// What this machine can compute on.
    Devices(Vec<Listed>),
    /// Whether a device computes.
    DeviceTested(DeviceChoice, Result<Proof, String>),
    /// A thread has panicked.
    Crashed(CrashReport),
    /// A screen reader wants the interface described, or wants something done in it.
    Accessibility(accesskit_winit::WindowEvent),
    /// The process was asked to end (Ctrl+C, termination signal).
    Quit,
}

impl From<accesskit_winit::Event> for AppEvent {
    fn from(event: accesskit_winit::Event) -> Self {
        Self::Accessibility(event.window_event)
    }
}

//! Keyboard, mouse and gamepad to what the walker understands. Devices make reports (`report`, and `gamepad` with a thread
//! of its own); everything above is pure and is tested with reports that no device made.

mod bindings;
mod gamepad;
mod hands;
mod pads;
mod report;

pub use bindings::{Action, Meaning, Nav, meaning, navigates};
pub use gamepad::watch;
pub use hands::Hands;
pub use pads::Stick;
pub use report::{PadAxis, PadChange, PadKey, PadReport, Report, key, mouse_button};

//! Keyboard, mouse and gamepad to what the walker understands. The mapping is pure; only the gamepad has a thread.

mod bindings;
mod gamepad;
mod hands;

pub use bindings::{Action, Binding, HELP, binding};
pub use gamepad::{Nav, PadEvent, PadSticks, watch};
pub use hands::Hands;

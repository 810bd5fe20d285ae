//! What devices report, as plain data: the layer below everything else of `input`. Windows and gamepads are turned into
//! it; tests and recordings are it from the beginning. A gamepad's reports stand in the log as JSON
//! (`FARWANDER_LOG=farwander::input=trace`), so that a strange one can be recorded and played again.

use winit::event::MouseButton as WinitButton;
use winit::keyboard::KeyCode;

use crate::settings::{Key, MouseButton, PadButton, Press, for_every_key};

/// Something that a device reports.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// A key or a button of the mouse went down.
    Down(Press),
    /// A key is held so long that it repeats itself.
    Repeat(Press),
    /// A key or a button of the mouse went up.
    Up(Press),
    /// The window lost the keyboard: nobody will tell of what goes up.
    Away,
    /// The window has the keyboard again.
    Back,
    /// A gamepad reports.
    Pad(PadReport),
}

/// What one gamepad reports.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PadReport {
    /// Which gamepad, by a number that it keeps while it is connected.
    pub pad: usize,
    /// What about it.
    pub what: PadChange,
}

/// What changed about a gamepad.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PadChange {
    /// It is there; its name.
    Connected(String),
    /// It is gone, whatever was held on it.
    Gone,
    /// A button went down.
    Down(PadKey),
    /// A button went up.
    Up(PadKey),
    /// An axis moved to this position, -1 to 1.
    Moved(PadAxis, f32),
}

/// A button of a gamepad in a report, where only gamepads are spoken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PadKey(pub PadButton);

impl serde::Serialize for PadKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde::Serialize::serialize(&Press::Pad(self.0), serializer)
    }
}

impl<'de> serde::Deserialize<'de> for PadKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Press::deserialize(deserializer)? {
            Press::Pad(button) => Ok(Self(button)),
            other => Err(serde::de::Error::custom(format!("{} is no gamepad's", other.name()))),
        }
    }
}

/// An axis of a gamepad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PadAxis {
    /// Left stick, right positive.
    LeftX,
    /// Left stick, up positive.
    LeftY,
    /// Right stick, right positive.
    RightX,
    /// Right stick, up positive.
    RightY,
    /// The cross of gamepads that report it as an axis, right positive.
    CrossX,
    /// The cross, up positive.
    CrossY,
}

macro_rules! from_winit {
    ($($key:ident)*) => {
        /// The key at this place of the keyboard (so that W A S D is a cross on every layout).
        pub fn key(code: KeyCode) -> Option<Press> {
            Some(Press::Key(match code {
                $(KeyCode::$key => Key::$key,)*
                _ => return None,
            }))
        }
    };
}
for_every_key!(from_winit);

/// This button of the mouse.
pub fn mouse_button(button: WinitButton) -> Option<Press> {
    Some(Press::Mouse(match button {
        WinitButton::Left => MouseButton::Left,
        WinitButton::Right => MouseButton::Right,
        WinitButton::Middle => MouseButton::Middle,
        WinitButton::Back => MouseButton::Back,
        WinitButton::Forward => MouseButton::Forward,
        WinitButton::Other(_) => return None,
    }))
}

//! Everything that can be pressed, by names of our own: keys by their place on the keyboard, buttons of mice and of
//! gamepads. Each has a name in files and a label for people. Knows no device.

/// Hands a list of all keys, each with its label, to a macro. The names are those of the W3C (`KeyboardEvent.code`),
/// which the window library uses, too: so `input` can make its translation from the same list.
macro_rules! for_every_key {
    ($then:ident) => {
        $then! {
            KeyA "A", KeyB "B", KeyC "C", KeyD "D", KeyE "E", KeyF "F", KeyG "G", KeyH "H", KeyI "I", KeyJ "J",
            KeyK "K", KeyL "L", KeyM "M", KeyN "N", KeyO "O", KeyP "P", KeyQ "Q", KeyR "R", KeyS "S", KeyT "T",
            KeyU "U", KeyV "V", KeyW "W", KeyX "X", KeyY "Y", KeyZ "Z",
            Digit0 "0", Digit1 "1", Digit2 "2", Digit3 "3", Digit4 "4", Digit5 "5", Digit6 "6", Digit7 "7",
            Digit8 "8", Digit9 "9",
            Numpad0 "Num 0", Numpad1 "Num 1", Numpad2 "Num 2", Numpad3 "Num 3", Numpad4 "Num 4", Numpad5 "Num 5",
            Numpad6 "Num 6", Numpad7 "Num 7", Numpad8 "Num 8", Numpad9 "Num 9",
            NumpadAdd "Num +", NumpadSubtract "Num -", NumpadMultiply "Num *", NumpadDivide "Num /",
            NumpadDecimal "Num .", NumpadComma "Num ,", NumpadEqual "Num =", NumpadEnter "Num Enter",
            NumLock "Num Lock",
            F1 "F1", F2 "F2", F3 "F3", F4 "F4", F5 "F5", F6 "F6", F7 "F7", F8 "F8", F9 "F9", F10 "F10", F11 "F11",
            F12 "F12", F13 "F13", F14 "F14", F15 "F15", F16 "F16", F17 "F17", F18 "F18", F19 "F19", F20 "F20",
            F21 "F21", F22 "F22", F23 "F23", F24 "F24",
            ArrowUp "Up", ArrowDown "Down", ArrowLeft "Left", ArrowRight "Right",
            PageUp "Page Up", PageDown "Page Down", Home "Home", End "End", Insert "Insert", Delete "Delete",
            Space "Space", Enter "Enter", Tab "Tab", Backspace "Backspace", Escape "Esc",
            ShiftLeft "Left Shift", ShiftRight "Right Shift", ControlLeft "Left Ctrl", ControlRight "Right Ctrl",
            AltLeft "Left Alt", AltRight "Right Alt", SuperLeft "Left Super", SuperRight "Right Super",
            ContextMenu "Menu key", CapsLock "Caps Lock", ScrollLock "Scroll Lock", PrintScreen "Print", Pause "Break",
            Backquote "`", Minus "-", Equal "=", BracketLeft "[", BracketRight "]", Backslash "\\", Semicolon ";",
            Quote "'", Comma ",", Period ".", Slash "/", IntlBackslash "Intl \\", IntlRo "Intl Ro", IntlYen "Intl Yen",
            Convert "Convert", NonConvert "Non Convert", KanaMode "Kana", Lang1 "Lang 1", Lang2 "Lang 2",
            MediaPlayPause "Play", MediaStop "Stop", MediaTrackNext "Next track", MediaTrackPrevious "Last track",
            AudioVolumeUp "Volume up", AudioVolumeDown "Volume down", AudioVolumeMute "Mute",
        }
    };
}
pub(crate) use for_every_key;

/// An enum whose variants have a name in files and a label.
macro_rules! named {
    ($(#[$about:meta])* $type:ident { $($variant:ident $name:literal $label:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $type {
            $(#[doc = $label] $variant,)*
        }

        impl $type {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in files.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The name for people.
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }
        }
    };
}

macro_rules! keys {
    ($($key:ident $label:literal,)*) => {
        /// A key by its place on the keyboard; the labels are those of a US keyboard.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Key {
            $(#[doc = $label] $key,)*
        }

        impl Key {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$key,)*];

            /// The name in files.
            pub fn name(self) -> &'static str {
                match self { $(Self::$key => stringify!($key),)* }
            }

            /// The name for people.
            pub fn label(self) -> &'static str {
                match self { $(Self::$key => $label,)* }
            }
        }
    };
}
for_every_key!(keys);

named! {
    /// A button of a mouse.
    MouseButton {
        Left "Mouse.Left" "Mouse left",
        Right "Mouse.Right" "Mouse right",
        Middle "Mouse.Middle" "Mouse middle",
        Back "Mouse.Back" "Mouse back",
        Forward "Mouse.Forward" "Mouse forward",
    }
}

named! {
    /// A button of a gamepad, by its place; the labels are those of the most common kind.
    PadButton {
        South "Pad.South" "A",
        East "Pad.East" "B",
        West "Pad.West" "X",
        North "Pad.North" "Y",
        LeftShoulder "Pad.LeftShoulder" "Left shoulder",
        RightShoulder "Pad.RightShoulder" "Right shoulder",
        LeftTrigger "Pad.LeftTrigger" "Left trigger",
        RightTrigger "Pad.RightTrigger" "Right trigger",
        Select "Pad.Select" "Select",
        Start "Pad.Start" "Start",
        Guide "Pad.Guide" "Guide",
        LeftStick "Pad.LeftStick" "Left stick",
        RightStick "Pad.RightStick" "Right stick",
        CrossUp "Pad.CrossUp" "Cross up",
        CrossDown "Pad.CrossDown" "Cross down",
        CrossLeft "Pad.CrossLeft" "Cross left",
        CrossRight "Pad.CrossRight" "Cross right",
        C "Pad.C" "C",
        Z "Pad.Z" "Z",
    }
}

/// Something that can be pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Press {
    /// A key.
    Key(Key),
    /// A button of the mouse.
    Mouse(MouseButton),
    /// A button of any gamepad.
    Pad(PadButton),
}

impl Press {
    /// Esc and Select always open the menu, so that nobody can lock themselves out of it.
    pub const ALWAYS_MENU: [Self; 2] = [Self::Key(Key::Escape), Self::Pad(PadButton::Select)];

    /// Whether it cannot be bound to anything but the menu.
    pub fn is_fixed(self) -> bool {
        Self::ALWAYS_MENU.contains(&self)
    }

    /// Whether a gamepad has it.
    pub fn is_pad(self) -> bool {
        matches!(self, Self::Pad(_))
    }

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Key(key) => key.name(),
            Self::Mouse(button) => button.name(),
            Self::Pad(button) => button.name(),
        }
    }

    /// What has this name in files.
    pub fn named(name: &str) -> Option<Self> {
        let keys = Key::ALL.iter().map(|k| Self::Key(*k));
        let mouse = MouseButton::ALL.iter().map(|b| Self::Mouse(*b));
        let pad = PadButton::ALL.iter().map(|b| Self::Pad(*b));
        keys.chain(mouse).chain(pad).find(|press| press.name() == name)
    }

    /// The name for people, where it is clear which device is meant.
    pub fn label(self) -> &'static str {
        match self {
            Self::Key(key) => key.label(),
            Self::Mouse(button) => button.label(),
            Self::Pad(button) => button.label(),
        }
    }

    /// The name for people, in a sentence.
    pub fn said(self) -> String {
        match self {
            Self::Key(_) | Self::Mouse(_) => self.label().to_owned(),
            Self::Pad(button) => format!("{} of the gamepad", button.label()),
        }
    }
}

impl serde::Serialize for Press {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> serde::Deserialize<'de> for Press {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).ok_or_else(|| serde::de::Error::custom(format!("no key or button is called {name:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_lead_back() {
        let all = Key::ALL.len() + MouseButton::ALL.len() + PadButton::ALL.len();
        let names: std::collections::BTreeSet<&str> = Key::ALL
            .iter()
            .map(|k| k.name())
            .chain(MouseButton::ALL.iter().map(|b| b.name()))
            .chain(PadButton::ALL.iter().map(|b| b.name()))
            .collect();
        assert_eq!(names.len(), all);
        for name in names {
            assert_eq!(Press::named(name).map(Press::name), Some(name));
        }
        assert_eq!(Press::named("KeyW"), Some(Press::Key(Key::KeyW)));
        assert_eq!(Press::named("keyw"), None);
        assert_eq!(Press::Pad(PadButton::South).said(), "A of the gamepad");
    }
}

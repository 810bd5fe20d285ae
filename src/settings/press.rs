//! Everything that can be pressed, by names of our own: keys by their place on the keyboard, buttons of mice and of
//! gamepads. Each has a name in files, and one in the file of words. Knows no device.

/// Hands a list of all keys to a macro. The names are those of the W3C (`KeyboardEvent.code`), which the window library
/// uses, too: so `input` can make its translation from the same list.
macro_rules! for_every_key {
    ($then:ident) => {
        $then! {
            KeyA KeyB KeyC KeyD KeyE KeyF KeyG KeyH KeyI KeyJ KeyK KeyL KeyM KeyN KeyO KeyP KeyQ KeyR KeyS KeyT KeyU
            KeyV KeyW KeyX KeyY KeyZ
            Digit0 Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9
            Numpad0 Numpad1 Numpad2 Numpad3 Numpad4 Numpad5 Numpad6 Numpad7 Numpad8 Numpad9
            NumpadAdd NumpadSubtract NumpadMultiply NumpadDivide NumpadDecimal NumpadComma NumpadEqual NumpadEnter
            NumLock
            F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12 F13 F14 F15 F16 F17 F18 F19 F20 F21 F22 F23 F24
            ArrowUp ArrowDown ArrowLeft ArrowRight PageUp PageDown Home End Insert Delete
            Space Enter Tab Backspace Escape
            ShiftLeft ShiftRight ControlLeft ControlRight AltLeft AltRight SuperLeft SuperRight
            ContextMenu CapsLock ScrollLock PrintScreen Pause
            Backquote Minus Equal BracketLeft BracketRight Backslash Semicolon Quote Comma Period Slash
            IntlBackslash IntlRo IntlYen Convert NonConvert KanaMode Lang1 Lang2
            MediaPlayPause MediaStop MediaTrackNext MediaTrackPrevious
            AudioVolumeUp AudioVolumeDown AudioVolumeMute
        }
    };
}
pub(crate) use for_every_key;

/// An enum whose variants have a name in files and one in the file of words.
macro_rules! named {
    ($(#[$about:meta])* $type:ident { $($variant:ident $name:literal $word:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $type {
            $(#[doc = $name] $variant,)*
        }

        impl $type {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in files.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The message that names it for people.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

macro_rules! keys {
    ($($key:ident)*) => {
        /// A key by its place on the keyboard.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Key {
            $(#[doc = stringify!($key)] $key,)*
        }

        impl Key {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$key,)*];

            /// The name in files.
            pub fn name(self) -> &'static str {
                match self { $(Self::$key => stringify!($key),)* }
            }

            /// The message that names it for people.
            pub fn word(self) -> &'static str {
                match self { $(Self::$key => concat!("key-", stringify!($key)),)* }
            }
        }
    };
}
for_every_key!(keys);

named! {
    /// A button of a mouse.
    MouseButton {
        Left "Mouse.Left" "mouse-left",
        Right "Mouse.Right" "mouse-right",
        Middle "Mouse.Middle" "mouse-middle",
        Back "Mouse.Back" "mouse-back",
        Forward "Mouse.Forward" "mouse-forward",
    }
}

named! {
    /// A button of a gamepad, by its place.
    PadButton {
        South "Pad.South" "pad-south",
        East "Pad.East" "pad-east",
        West "Pad.West" "pad-west",
        North "Pad.North" "pad-north",
        LeftShoulder "Pad.LeftShoulder" "pad-left-shoulder",
        RightShoulder "Pad.RightShoulder" "pad-right-shoulder",
        LeftTrigger "Pad.LeftTrigger" "pad-left-trigger",
        RightTrigger "Pad.RightTrigger" "pad-right-trigger",
        Select "Pad.Select" "pad-select",
        Start "Pad.Start" "pad-start",
        Guide "Pad.Guide" "pad-guide",
        LeftStick "Pad.LeftStick" "pad-left-stick",
        RightStick "Pad.RightStick" "pad-right-stick",
        CrossUp "Pad.CrossUp" "pad-cross-up",
        CrossDown "Pad.CrossDown" "pad-cross-down",
        CrossLeft "Pad.CrossLeft" "pad-cross-left",
        CrossRight "Pad.CrossRight" "pad-cross-right",
        C "Pad.C" "pad-c",
        Z "Pad.Z" "pad-z",
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

    /// The message that names it for people, where it is clear which device is meant.
    pub fn word(self) -> &'static str {
        match self {
            Self::Key(key) => key.word(),
            Self::Mouse(button) => button.word(),
            Self::Pad(button) => button.word(),
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
    }
}

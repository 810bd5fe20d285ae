//! What the hands hold: keys, buttons, sticks; and how much a mouse move turns. Meaning comes from the table of bindings
//! each time it is asked for, so that a change of it counts at once.

use crate::control::{Feel, Keys, WalkInput};
use crate::settings::{Bindings, CameraFeel, PadButton, Press, Settings};

use super::bindings::{Meaning, meaning};
use super::pads::{Pads, Stick};
use super::report::Report;

/// Turning for one unit of mouse motion at sensitivity 1 (about 3 px a degree of a 1000 px wide window).
const MOUSE_RAD: f32 = 0.0025;

/// Everything that is held now.
#[derive(Clone, Debug, Default)]
pub struct Hands {
    /// Held keys and buttons of the mouse, since two of them can mean the same.
    held: Vec<Press>,
    pads: Pads,
    /// The window does not have the keyboard. Gamepads report all the same, but to whom is not known.
    away: bool,
}

impl Hands {
    /// Takes a report; what was pressed by it comes back. Whether a key is held from now on is for the caller to say
    /// ([`Self::hold`]): a panel may have it. What goes up is always let go.
    pub fn take(&mut self, report: &Report) -> Option<Press> {
        match report {
            Report::Down(press) => {
                // Keys come to who has the keyboard.
                self.away = false;
                Some(*press)
            }
            Report::Repeat(_) => None,
            Report::Up(press) => {
                self.held.retain(|p| p != press);
                None
            }
            Report::Away => {
                self.release_all();
                self.away = true;
                None
            }
            Report::Back => {
                self.away = false;
                None
            }
            Report::Pad(report) => {
                let pressed = self.pads.take(report).map(Press::Pad);
                pressed.filter(|_| !self.away)
            }
        }
    }

    /// A key or a button of the mouse is held for a walk.
    pub fn hold(&mut self, press: Press) {
        if !self.held.contains(&press) {
            self.held.push(press);
        }
    }

    /// Keys and buttons of the mouse count as let go.
    pub fn release_all(&mut self) {
        self.held.clear();
    }

    /// Names of the gamepads that are there.
    pub fn pad_names(&self) -> Vec<String> {
        self.pads.names().map(str::to_owned).collect()
    }

    /// Whether a button is held on any gamepad.
    pub fn holds(&self, button: PadButton) -> bool {
        !self.away && self.pads.held().any(|held| held == button)
    }

    /// Where the stick that walks and the stick that looks are, as the device reports them.
    pub fn sticks(&self, bindings: &Bindings) -> (Stick, Stick) {
        let (left, right) = self.pads.sticks();
        if bindings.sticks_swapped() {
            (right, left)
        } else {
            (left, right)
        }
    }

    /// What all that is held means.
    fn meanings<'a>(&'a self, bindings: &'a Bindings) -> impl Iterator<Item = Meaning> + 'a {
        let pads = self.pads.held().map(Press::Pad).filter(|_| !self.away);
        let held = self.held.iter().copied().chain(pads);
        held.flat_map(|press| bindings.deeds(press)).map(meaning)
    }

    /// The held keys as bits.
    pub fn keys(&self, bindings: &Bindings) -> Keys {
        self.meanings(bindings).fold(Keys::default(), |keys, m| match m {
            Meaning::Held(bit) => keys.with(bit),
            Meaning::Rewind | Meaning::Once(_) => keys,
        })
    }

    /// Whether the hands ask to go back in time.
    pub fn rewind(&self, bindings: &Bindings) -> bool {
        self.meanings(bindings).any(|m| m == Meaning::Rewind)
    }

    /// What the hands ask for: keys and sticks together. Mouse turning goes its own way, see [`Self::mouse`].
    pub fn walk(&self, settings: &Settings) -> WalkInput {
        let keys = WalkInput::from_keys(self.keys(&settings.bindings));
        let (walk, look) = match self.away {
            true => Default::default(),
            false => self.sticks(&settings.bindings),
        };
        let (strafe, forward) = settings.walk_stick.walk(walk);
        let (turn, look) = settings.look_stick.look(look);
        let up = if settings.invert_y { -1.0 } else { 1.0 };
        let both = |key: f32, stick: f32| (key + stick).clamp(-1.0, 1.0);
        WalkInput {
            forward: both(keys.forward, forward),
            strafe: both(keys.strafe, strafe),
            turn: both(keys.turn, turn * settings.stick_sensitivity),
            look: both(keys.look, up * look * settings.stick_sensitivity),
            feel: match settings.camera {
                CameraFeel::Person => Feel::Person,
                CameraFeel::Drone => Feel::Drone,
                CameraFeel::Train => Feel::Train,
            },
            ..keys
        }
    }

    /// Turning (right, up) in radians for a mouse motion (right, down).
    pub fn mouse(delta: (f64, f64), settings: &Settings) -> (f32, f32) {
        let factor = MOUSE_RAD * settings.mouse_sensitivity;
        let up = if settings.invert_y { 1.0 } else { -1.0 };
        (delta.0 as f32 * factor, delta.1 as f32 * factor * up)
    }
}

#[cfg(test)]
#[path = "hands_tests.rs"]
mod tests;

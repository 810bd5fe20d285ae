//! What the hands hold: keys, sticks; and how much a mouse move turns.

use winit::keyboard::KeyCode;

use crate::control::{Keys, WalkInput};
use crate::settings::Settings;

use super::bindings::{Binding, binding};
use super::gamepad::PadSticks;

/// Turning for one unit of mouse motion at sensitivity 1 (about 3 px a degree of a 1000 px wide window).
const MOUSE_RAD: f32 = 0.0025;

/// Everything that is held now.
#[derive(Clone, Debug, Default)]
pub struct Hands {
    /// Held keys by their place, since two of them can mean the same.
    held: Vec<KeyCode>,
    sticks: PadSticks,
}

impl Hands {
    /// A key went down; true if it is one that is held (and so is used up).
    pub fn press(&mut self, key: KeyCode) -> bool {
        let is_held = matches!(binding(key), Some(Binding::Held(_) | Binding::Rewind));
        if is_held && !self.held.contains(&key) {
            self.held.push(key);
        }
        is_held
    }

    /// A key went up.
    pub fn release(&mut self, key: KeyCode) {
        self.held.retain(|k| *k != key);
    }

    /// The window lost the keyboard: nobody will tell of keys that go up.
    pub fn release_all(&mut self) {
        self.held.clear();
    }

    /// The gamepad's sticks have moved.
    pub fn set_sticks(&mut self, sticks: PadSticks) {
        self.sticks = sticks;
    }

    /// The held keys as bits.
    pub fn keys(&self) -> Keys {
        self.held.iter().fold(Keys::default(), |keys, key| {
            if let Some(Binding::Held(bit)) = binding(*key) {
                keys.with(bit)
            } else {
                keys
            }
        })
    }

    /// Whether the hands ask to go back in time.
    pub fn rewind(&self) -> bool {
        self.sticks.rewind || self.held.iter().any(|key| binding(*key) == Some(Binding::Rewind))
    }

    /// What the hands ask for: keys and sticks together. Mouse turning goes its own way, see [`Self::mouse`].
    pub fn walk(&self, settings: &Settings) -> WalkInput {
        let keys = WalkInput::from_keys(self.keys());
        let sticks = &self.sticks;
        let up = if settings.invert_y { -1.0 } else { 1.0 };
        let both = |key: f32, stick: f32| (key + stick).clamp(-1.0, 1.0);
        WalkInput {
            forward: both(keys.forward, sticks.forward),
            strafe: both(keys.strafe, sticks.strafe),
            run: keys.run || sticks.run,
            turn: both(keys.turn, sticks.turn * settings.stick_sensitivity),
            look: both(keys.look, up * sticks.look * settings.stick_sensitivity),
            ..WalkInput::default()
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
mod tests {
    use super::*;

    #[test]
    fn two_keys_of_one_meaning_are_two_keys() {
        let mut hands = Hands::default();
        assert!(hands.press(KeyCode::KeyW));
        assert!(hands.press(KeyCode::ArrowUp));
        hands.release(KeyCode::KeyW);
        assert_eq!(hands.keys(), Keys::FORWARD);
        hands.release(KeyCode::ArrowUp);
        assert_eq!(hands.keys(), Keys::default());
        assert!(!hands.press(KeyCode::KeyR));
    }

    #[test]
    fn opposite_keys_cancel_and_losing_the_keyboard_stops() {
        let mut hands = Hands::default();
        hands.press(KeyCode::KeyA);
        hands.press(KeyCode::KeyD);
        hands.press(KeyCode::ShiftLeft);
        let walk = hands.walk(&Settings::default());
        assert_eq!((walk.strafe, walk.run), (0.0, true));
        hands.release_all();
        assert_eq!(hands.walk(&Settings::default()), WalkInput::default());
    }

    #[test]
    fn going_back_is_held_by_key_or_shoulder_and_is_no_walking_key() {
        let mut hands = Hands::default();
        assert!(hands.press(KeyCode::Backspace));
        assert!(hands.rewind());
        assert_eq!(hands.keys(), Keys::default());
        hands.release_all();
        assert!(!hands.rewind());
        hands.set_sticks(PadSticks {
            rewind: true,
            ..PadSticks::default()
        });
        assert!(hands.rewind());
    }

    #[test]
    fn the_mouse_turns_right_and_up_and_can_be_inverted() {
        let mut settings = Settings::default();
        let (yaw, pitch) = Hands::mouse((10.0, -10.0), &settings);
        assert!(yaw > 0.0 && pitch > 0.0);
        settings.invert_y = true;
        settings.mouse_sensitivity = 2.0;
        let inverted = Hands::mouse((10.0, -10.0), &settings);
        assert_eq!(inverted, (2.0 * yaw, -2.0 * pitch));
    }

    #[test]
    fn sticks_and_keys_add_up_to_one_at_most() {
        let mut hands = Hands::default();
        hands.press(KeyCode::KeyW);
        hands.set_sticks(PadSticks {
            forward: 0.7,
            turn: -0.5,
            look: 0.4,
            ..PadSticks::default()
        });
        let walk = hands.walk(&Settings::default());
        assert_eq!((walk.forward, walk.turn, walk.look), (1.0, -0.5, 0.4));
    }
}

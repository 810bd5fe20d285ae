//! Gamepads: a thread named `gamepad` sleeps until one of them reports something.

use std::time::Duration;

use gilrs::{Axis, Button, EventType, GilrsBuilder};

use super::bindings::Action;

/// Where the sticks are, dead zone removed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PadSticks {
    /// Left stick, forward positive.
    pub forward: f32,
    /// Left stick, right positive.
    pub strafe: f32,
    /// Right stick, right positive.
    pub turn: f32,
    /// Right stick, up positive.
    pub look: f32,
    /// The left stick or the left trigger is pressed.
    pub run: bool,
    /// The left shoulder button is held: going back in time.
    pub rewind: bool,
}

/// What the cross and two buttons do in panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nav {
    /// To what is above.
    Up,
    /// To what is below.
    Down,
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// Choose.
    Accept,
    /// Leave.
    Back,
}

/// What the gamepad thread tells.
#[derive(Clone, Debug)]
pub enum PadEvent {
    /// The sticks have moved.
    Sticks(PadSticks),
    /// A button was pressed that moves in panels; if it also does something in a walk, `Pressed` follows.
    Nav(Nav),
    /// A button was pressed.
    Pressed(Action),
    /// Gamepads cannot be used; one sentence.
    Unavailable(String),
}

/// Share of a stick's way that counts as rest.
const DEAD_ZONE: f32 = 0.15;

/// Removes the dead zone from a stick's position: round, and without a jump at its rim.
fn without_dead_zone(x: f32, y: f32) -> (f32, f32) {
    let length = x.hypot(y);
    if !length.is_finite() || length <= DEAD_ZONE {
        return (0.0, 0.0);
    }
    let scaled = ((length - DEAD_ZONE) / (1.0 - DEAD_ZONE)).min(1.0) / length;
    (x * scaled, y * scaled)
}

/// A look stick is squared, so that small corrections are easy.
fn eased(v: f32) -> f32 {
    v * v.abs()
}

/// Positions of the raw axes.
#[derive(Clone, Copy, Debug, Default)]
struct Axes {
    left: (f32, f32),
    right: (f32, f32),
    run: bool,
    rewind: bool,
}

impl Axes {
    fn set(&mut self, axis: Axis, value: f32) {
        match axis {
            Axis::LeftStickX => self.left.0 = value,
            Axis::LeftStickY => self.left.1 = value,
            Axis::RightStickX => self.right.0 = value,
            Axis::RightStickY => self.right.1 = value,
            _ => {}
        }
    }

    fn sticks(&self) -> PadSticks {
        let (strafe, forward) = without_dead_zone(self.left.0, self.left.1);
        let (turn, look) = without_dead_zone(self.right.0, self.right.1);
        PadSticks {
            forward,
            strafe,
            turn: eased(turn),
            look: eased(look),
            run: self.run,
            rewind: self.rewind,
        }
    }
}

/// What a button does once.
fn pressed(button: Button) -> Option<Action> {
    Some(match button {
        Button::Start => Action::Pause,
        Button::Select => Action::Menu,
        Button::North => Action::Restart,
        Button::West => Action::Record,
        Button::DPadUp => Action::Hud,
        Button::DPadRight => Action::Step,
        _ => return None,
    })
}

/// What a button does in a panel.
fn navigates(button: Button) -> Option<Nav> {
    Some(match button {
        Button::DPadUp => Nav::Up,
        Button::DPadDown => Nav::Down,
        Button::DPadLeft => Nav::Left,
        Button::DPadRight => Nav::Right,
        Button::South => Nav::Accept,
        Button::East => Nav::Back,
        _ => return None,
    })
}

fn is_run(button: Button) -> bool {
    matches!(button, Button::LeftThumb | Button::LeftTrigger2)
}

/// Starts the thread; it ends when `tell` returns false.
pub fn watch(tell: impl Fn(PadEvent) -> bool + Send + 'static) -> std::io::Result<()> {
    std::thread::Builder::new().name("gamepad".to_owned()).spawn(move || {
        // The library's own filters would add a second dead zone.
        let mut gilrs = match GilrsBuilder::new().with_default_filters(false).build() {
            Ok(gilrs) => gilrs,
            Err(error) => {
                tell(PadEvent::Unavailable(format!("Gamepads cannot be used: {error}.")));
                return;
            }
        };
        let mut axes = Axes::default();
        let mut last = PadSticks::default();
        loop {
            let Some(event) = gilrs.next_event_blocking(Some(Duration::from_millis(500))) else {
                continue;
            };
            let mut go_on = true;
            match event.event {
                EventType::AxisChanged(axis, value, _) => axes.set(axis, value),
                EventType::ButtonPressed(button, _) if is_run(button) => axes.run = true,
                EventType::ButtonReleased(button, _) if is_run(button) => axes.run = false,
                // The library calls shoulder buttons triggers, and triggers their second kind.
                EventType::ButtonPressed(Button::LeftTrigger, _) => axes.rewind = true,
                EventType::ButtonReleased(Button::LeftTrigger, _) => axes.rewind = false,
                EventType::ButtonPressed(button, _) => {
                    if let Some(nav) = navigates(button) {
                        go_on &= tell(PadEvent::Nav(nav));
                    }
                    if let Some(action) = pressed(button) {
                        go_on &= tell(PadEvent::Pressed(action));
                    }
                }
                EventType::Connected => {
                    let name = gilrs.gamepad(event.id).name().to_owned();
                    tracing::info!("gamepad connected: {name}");
                }
                EventType::Disconnected => axes = Axes::default(),
                _ => {}
            }
            let now = axes.sticks();
            if now != last {
                last = now;
                go_on &= tell(PadEvent::Sticks(now));
            }
            if !go_on {
                return;
            }
        }
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dead_zone_is_round_and_has_no_step_at_its_rim() {
        assert_eq!(without_dead_zone(0.1, 0.1), (0.0, 0.0));
        let (x, _) = without_dead_zone(0.151, 0.0);
        assert!(x > 0.0 && x < 0.01);
        assert_eq!(without_dead_zone(1.0, 0.0), (1.0, 0.0));
        let (x, y) = without_dead_zone(1.0, 1.0);
        assert!((x.hypot(y) - 1.0).abs() < 1e-6);
        assert_eq!(without_dead_zone(f32::NAN, 0.0), (0.0, 0.0));
    }

    #[test]
    fn the_left_stick_walks_and_the_right_one_looks() {
        let mut axes = Axes::default();
        axes.set(Axis::LeftStickY, 1.0);
        axes.set(Axis::RightStickX, -1.0);
        axes.set(Axis::RightStickY, 0.575);
        axes.rewind = true;
        let sticks = axes.sticks();
        assert_eq!((sticks.forward, sticks.strafe), (1.0, 0.0));
        assert!(sticks.rewind && !sticks.run);
        assert!(sticks.turn < -0.6 && sticks.look > 0.1);
        assert_eq!(pressed(Button::Start), Some(Action::Pause));
        assert_eq!(navigates(Button::South), Some(Nav::Accept));
    }
}

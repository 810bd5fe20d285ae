//! Gamepads: a thread named `gamepad` sleeps until one of them does something, and reports it as plain data.

use std::time::Duration;

use gilrs::{Axis, Button, EventType, Gilrs, GilrsBuilder};

use super::report::{PadAxis, PadChange, PadKey, PadReport, Report};
use crate::settings::PadButton;

/// Smallest move of an axis that is reported. A stick at rest trembles, hundreds of times a second, and every report
/// wakes the window.
const LEAST_MOVE: f32 = 1.0 / 256.0;

fn button(button: Button) -> Option<PadButton> {
    Some(match button {
        Button::South => PadButton::South,
        Button::East => PadButton::East,
        Button::North => PadButton::North,
        Button::West => PadButton::West,
        Button::C => PadButton::C,
        Button::Z => PadButton::Z,
        // The library calls shoulder buttons triggers, and triggers their second kind.
        Button::LeftTrigger => PadButton::LeftShoulder,
        Button::LeftTrigger2 => PadButton::LeftTrigger,
        Button::RightTrigger => PadButton::RightShoulder,
        Button::RightTrigger2 => PadButton::RightTrigger,
        Button::Select => PadButton::Select,
        Button::Start => PadButton::Start,
        Button::Mode => PadButton::Guide,
        Button::LeftThumb => PadButton::LeftStick,
        Button::RightThumb => PadButton::RightStick,
        Button::DPadUp => PadButton::CrossUp,
        Button::DPadDown => PadButton::CrossDown,
        Button::DPadLeft => PadButton::CrossLeft,
        Button::DPadRight => PadButton::CrossRight,
        Button::Unknown => return None,
    })
}

fn axis(axis: Axis) -> Option<PadAxis> {
    Some(match axis {
        Axis::LeftStickX => PadAxis::LeftX,
        Axis::LeftStickY => PadAxis::LeftY,
        Axis::RightStickX => PadAxis::RightX,
        Axis::RightStickY => PadAxis::RightY,
        Axis::DPadX => PadAxis::CrossX,
        Axis::DPadY => PadAxis::CrossY,
        Axis::LeftZ | Axis::RightZ | Axis::Unknown => return None,
    })
}

/// What an event of the library means; `name` is asked for the gamepad's name.
fn change(event: EventType, name: impl FnOnce() -> String) -> Option<PadChange> {
    Some(match event {
        EventType::AxisChanged(moved, to, _) => PadChange::Moved(axis(moved)?, to),
        EventType::ButtonPressed(pressed, _) => PadChange::Down(PadKey(button(pressed)?)),
        EventType::ButtonReleased(released, _) => PadChange::Up(PadKey(button(released)?)),
        EventType::Connected => PadChange::Connected(name()),
        EventType::Disconnected => PadChange::Gone,
        _ => return None,
    })
}

/// Leaves out the trembling of sticks.
#[derive(Debug, Default)]
struct Calm {
    /// Gamepad, axis, and the position that was reported last.
    last: Vec<(usize, PadAxis, f32)>,
}

impl Calm {
    /// Whether a report is worth its way.
    fn lets_through(&mut self, report: &PadReport) -> bool {
        match report.what {
            PadChange::Moved(axis, to) => {
                let known = self.last.iter_mut().find(|l| (l.0, l.1) == (report.pad, axis));
                match known {
                    None => self.last.push((report.pad, axis, to)),
                    // Rest and rim are told exactly.
                    Some(last) if (last.2 - to).abs() >= LEAST_MOVE || [-1.0, 0.0, 1.0].contains(&to) => {
                        if last.2 == to {
                            return false;
                        }
                        last.2 = to;
                    }
                    Some(_) => return false,
                }
            }
            PadChange::Gone => self.last.retain(|l| l.0 != report.pad),
            _ => {}
        }
        true
    }
}

/// Starts the thread; it ends when `tell` returns false. The error of a system without gamepads is one line in the log:
/// most machines have none.
pub fn watch(tell: impl Fn(PadReport) -> bool + Send + 'static) -> std::io::Result<()> {
    std::thread::Builder::new().name("gamepad".to_owned()).spawn(move || {
        // The library's own filters would add a second dead zone. The one of them that is missed, that for crosses
        // which are axes, is in `pads`.
        match GilrsBuilder::new().with_default_filters(false).build() {
            Ok(gilrs) => listen(gilrs, &tell),
            Err(error) => tracing::warn!("Gamepads cannot be used: {error}."),
        }
    })?;
    Ok(())
}

fn listen(mut gilrs: Gilrs, tell: &impl Fn(PadReport) -> bool) {
    // Not every system reports those that were there before the program.
    let present: Vec<PadReport> = gilrs
        .gamepads()
        .map(|(id, gamepad)| PadReport {
            pad: id.into(),
            what: PadChange::Connected(gamepad.name().to_owned()),
        })
        .collect();
    for report in present {
        if !told(report, tell) {
            return;
        }
    }
    let mut calm = Calm::default();
    loop {
        let Some(event) = gilrs.next_event_blocking(Some(Duration::from_millis(500))) else {
            continue;
        };
        let name = || gilrs.gamepad(event.id).name().to_owned();
        let Some(what) = change(event.event, name) else {
            continue;
        };
        let report = PadReport {
            pad: event.id.into(),
            what,
        };
        if calm.lets_through(&report) && !told(report, tell) {
            return;
        }
    }
}

/// Tells a report, and writes it to the log as recordings hold it; false when nobody listens any more.
fn told(report: PadReport, tell: &impl Fn(PadReport) -> bool) -> bool {
    if tracing::enabled!(tracing::Level::TRACE) {
        let json = serde_json::to_string(&Report::Pad(report.clone())).unwrap_or_default();
        tracing::trace!("gamepad report {json}");
    }
    tell(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_button_of_the_library_has_a_place() {
        assert_eq!(button(Button::LeftTrigger), Some(PadButton::LeftShoulder));
        assert_eq!(button(Button::LeftTrigger2), Some(PadButton::LeftTrigger));
        assert_eq!(button(Button::DPadUp), Some(PadButton::CrossUp));
        assert_eq!(button(Button::Unknown), None);
        assert_eq!((axis(Axis::DPadY), axis(Axis::LeftZ)), (Some(PadAxis::CrossY), None));
        assert_eq!(change(EventType::Disconnected, String::new), Some(PadChange::Gone));
        assert_eq!(
            change(EventType::Connected, || "Pad".to_owned()),
            Some(PadChange::Connected("Pad".to_owned()))
        );
        assert_eq!(change(EventType::Dropped, String::new), None);
    }

    #[test]
    fn trembling_is_left_out_and_rest_is_told_exactly() {
        let mut calm = Calm::default();
        let mut moved = |to| {
            calm.lets_through(&PadReport {
                pad: 0,
                what: PadChange::Moved(PadAxis::LeftX, to),
            })
        };
        let through: Vec<bool> = [0.003, 0.004, 0.002, 0.01, 0.011, 0.0, 0.0, 0.999, 1.0]
            .into_iter()
            .map(&mut moved)
            .collect();
        assert_eq!(through, [true, false, false, true, false, true, false, true, true]);
    }
}

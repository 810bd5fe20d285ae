//! Which gamepads there are, and what is held on them. What is torn out is let go.

use super::report::{PadAxis, PadChange, PadReport};
use crate::settings::PadButton;

/// A position of a stick: right and up, each -1 to 1, as the device reports it.
pub type Stick = (f32, f32);

/// Share of the way at which a cross that is an axis counts as pressed.
const CROSS_PRESSED: f32 = 0.5;

#[derive(Clone, Debug, Default, PartialEq)]
struct Pad {
    number: usize,
    name: String,
    held: Vec<PadButton>,
    left: Stick,
    right: Stick,
}

/// All gamepads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pads {
    pads: Vec<Pad>,
}

impl Pads {
    /// Takes a report; a button that went down by it comes back.
    pub fn take(&mut self, report: &PadReport) -> Option<PadButton> {
        if report.what == PadChange::Gone {
            self.pads.retain(|pad| pad.number != report.pad);
            return None;
        }
        let pad = self.pad(report.pad);
        match &report.what {
            PadChange::Connected(name) => {
                // Whatever was held on an earlier one of this number is not held on this one.
                *pad = Pad {
                    number: report.pad,
                    name: name.clone(),
                    ..Pad::default()
                };
                None
            }
            PadChange::Gone => None,
            PadChange::Down(button) => pad.down(button.0),
            PadChange::Up(button) => {
                pad.held.retain(|b| *b != button.0);
                None
            }
            PadChange::Moved(axis, to) => pad.moved(*axis, if to.is_finite() { *to } else { 0.0 }),
        }
    }

    /// The gamepad of a number. One that reports before it was announced is there all the same.
    fn pad(&mut self, number: usize) -> &mut Pad {
        let place = self.pads.iter().position(|pad| pad.number == number);
        let place = place.unwrap_or_else(|| {
            self.pads.push(Pad {
                number,
                name: "Gamepad".to_owned(),
                ..Pad::default()
            });
            self.pads.len() - 1
        });
        &mut self.pads[place]
    }

    /// Names of the gamepads that are there.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pads.iter().map(|pad| pad.name.as_str())
    }

    /// Buttons that are held, on whichever.
    pub fn held(&self) -> impl Iterator<Item = PadButton> {
        self.pads.iter().flat_map(|pad| pad.held.iter().copied())
    }

    /// The left and the right stick: of several gamepads that which is pushed farthest counts.
    pub fn sticks(&self) -> (Stick, Stick) {
        let farthest = |of: fn(&Pad) -> Stick| {
            let sticks = self.pads.iter().map(of);
            sticks.fold((0.0, 0.0), |far: Stick, stick| {
                if stick.0.hypot(stick.1) > far.0.hypot(far.1) {
                    stick
                } else {
                    far
                }
            })
        };
        (farthest(|pad| pad.left), farthest(|pad| pad.right))
    }
}

impl Pad {
    fn down(&mut self, button: PadButton) -> Option<PadButton> {
        if self.held.contains(&button) {
            return None;
        }
        self.held.push(button);
        Some(button)
    }

    fn moved(&mut self, axis: PadAxis, to: f32) -> Option<PadButton> {
        match axis {
            PadAxis::LeftX => self.left.0 = to,
            PadAxis::LeftY => self.left.1 = to,
            PadAxis::RightX => self.right.0 = to,
            PadAxis::RightY => self.right.1 = to,
            PadAxis::CrossX => return self.cross(to, PadButton::CrossLeft, PadButton::CrossRight),
            PadAxis::CrossY => return self.cross(to, PadButton::CrossDown, PadButton::CrossUp),
        }
        None
    }

    /// A cross that is an axis presses the buttons of one that is not.
    fn cross(&mut self, to: f32, minus: PadButton, plus: PadButton) -> Option<PadButton> {
        let mut pressed = None;
        for (button, way) in [(minus, -to), (plus, to)] {
            if way >= CROSS_PRESSED {
                pressed = self.down(button);
            } else {
                self.held.retain(|b| *b != button);
            }
        }
        pressed
    }
}

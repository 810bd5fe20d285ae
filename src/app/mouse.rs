//! Taking hold of the mouse, so that looking round never leaves the window.

use winit::dpi::PhysicalPosition;
use winit::window::{CursorGrabMode, Window};

/// How the mouse is held.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Hold {
    /// It is the user's.
    #[default]
    Free,
    /// Held; raw motion turns the view. Counts pointer moves since the last raw motion.
    Raw { moves: u32 },
    /// Raw motion or holding is impossible here: the pointer's own moves turn the view.
    Moves,
}

/// The mouse.
#[derive(Debug, Default)]
pub(super) struct Mouse {
    hold: Hold,
    last: Option<PhysicalPosition<f64>>,
}

impl Mouse {
    /// Pointer moves without raw motion after which the pointer's own moves are used.
    const MOVES_WITHOUT_RAW: u32 = 4;

    pub(super) fn is_captured(&self) -> bool {
        self.hold != Hold::Free
    }

    /// Hides the pointer and keeps it in the window.
    pub(super) fn capture(&mut self, window: &Window) {
        if self.is_captured() {
            return;
        }
        let grabbed = window
            .set_cursor_grab(CursorGrabMode::Locked)
            .or_else(|_| window.set_cursor_grab(CursorGrabMode::Confined));
        self.hold = match grabbed {
            Ok(()) => Hold::Raw { moves: 0 },
            Err(error) => {
                tracing::info!("the mouse cannot be held: {error}");
                Hold::Moves
            }
        };
        self.last = None;
        window.set_cursor_visible(false);
    }

    /// Gives the pointer back.
    pub(super) fn free(&mut self, window: &Window) {
        if !self.is_captured() {
            return;
        }
        self.hold = Hold::Free;
        let _ = window.set_cursor_grab(CursorGrabMode::None);
        window.set_cursor_visible(true);
    }

    /// Raw motion: how far to turn the view, if it does.
    pub(super) fn raw_motion(&mut self, delta: (f64, f64)) -> Option<(f64, f64)> {
        match &mut self.hold {
            Hold::Raw { moves } => {
                *moves = 0;
                Some(delta)
            }
            Hold::Free | Hold::Moves => None,
        }
    }

    /// The pointer has moved: how far to turn the view, if it does.
    pub(super) fn pointer_moved(&mut self, window: &Window, to: PhysicalPosition<f64>) -> Option<(f64, f64)> {
        let last = self.last.replace(to);
        match &mut self.hold {
            Hold::Free => return None,
            Hold::Raw { moves } => {
                *moves += 1;
                if *moves >= Self::MOVES_WITHOUT_RAW {
                    tracing::info!("no raw mouse motion here; the pointer's moves are used");
                    self.hold = Hold::Moves;
                }
                return None;
            }
            Hold::Moves => {}
        }
        let last = last?;
        let delta = (to.x - last.x, to.y - last.y);
        // Back to the middle before the pointer runs into the rim.
        let size = window.inner_size().cast::<f64>();
        let middle = PhysicalPosition::new(0.5 * size.width, 0.5 * size.height);
        let far = (to.x - middle.x).abs() > 0.25 * size.width || (to.y - middle.y).abs() > 0.25 * size.height;
        if far && window.set_cursor_position(middle).is_ok() {
            self.last = Some(middle);
        }
        Some(delta)
    }
}

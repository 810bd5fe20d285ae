//! What devices report becomes what the walk and its panels do; the panel of bindings opens and closes.

use std::time::{Duration, Instant};

use super::{Effect, Session, State};
use crate::input::{Meaning, Nav, Report, meaning, navigates};
use crate::settings::{Key, PadButton, Press};

/// A cross that is held moves again after this time, and then each time after that.
const FIRST_REPEAT: Duration = Duration::from_millis(400);
const NEXT_REPEAT: Duration = Duration::from_millis(90);

/// A cross that is held in a panel.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeldCross {
    button: PadButton,
    nav: Nav,
    due: Instant,
}

/// Whether a key moves the focus or chooses what has it.
fn moves_in_panels(press: Press) -> bool {
    use Key::{ArrowDown, ArrowLeft, ArrowRight, ArrowUp, Enter, Space, Tab};
    matches!(
        press,
        Press::Key(ArrowUp | ArrowDown | ArrowLeft | ArrowRight | Enter | Space | Tab)
    )
}

impl Session {
    /// Something that waits for a choice covers the walk.
    pub(in crate::app) fn panel_open(&self) -> bool {
        self.menu_open || self.home_open || self.branches_open || self.page_open() || self.crash.is_some()
    }

    /// A page lies over the menu or the first screen.
    pub(in crate::app) fn page_open(&self) -> bool {
        self.controls_open || self.devices.open
    }

    /// Back from it to what it was opened from.
    pub(in crate::app) fn close_page(&mut self) {
        self.close_controls();
        self.close_computing();
    }

    /// A device reports. What was pressed by it comes back: who listens for a new binding takes it, and otherwise
    /// [`Self::pressed`] does what it means.
    pub(in crate::app) fn report(&mut self, report: &Report) -> Option<Press> {
        if let Report::Repeat(press) = report {
            // Who closes a panel with a key already down walks on.
            self.hold(*press);
        }
        self.hands.take(report)
    }

    /// Does what a key or button is for.
    pub(in crate::app) fn pressed(&mut self, press: Press) {
        if let Press::Pad(button) = press
            && self.is_navigated()
            && let Some(nav) = navigates(button)
        {
            let moves = !matches!(nav, Nav::Accept | Nav::Back);
            self.held_cross = moves.then(|| HeldCross {
                button,
                nav,
                due: Instant::now() + FIRST_REPEAT,
            });
            self.effects.push(Effect::Navigate(nav));
            return;
        }
        // Words are being written: the interface has got it already.
        if self.prompt_open && !press.is_pad() {
            return;
        }
        // Keys that move and choose in these panels do nothing else there. In the menu, Space pauses.
        if (self.home_open || self.branches_open || self.page_open() || self.crash.is_some()) && moves_in_panels(press)
        {
            return;
        }
        self.hold(press);
        let deeds: Vec<_> = self.settings.bindings.deeds(press).collect();
        for deed in deeds {
            if let Meaning::Once(action) = meaning(deed) {
                self.act(action);
            }
        }
    }

    /// There is something that a gamepad can move in.
    fn is_navigated(&self) -> bool {
        self.panel_open() || self.prompt_open || matches!(self.state, State::Failed { .. })
    }

    /// Moves again if a cross is held, and says when it will the next time.
    pub(in crate::app) fn repeat_cross(&mut self, now: Instant) -> Option<Instant> {
        let mut cross = self.held_cross?;
        if !self.is_navigated() || !self.hands.holds(cross.button) {
            self.held_cross = None;
            return None;
        }
        if cross.due <= now {
            cross.due = now + NEXT_REPEAT;
            self.held_cross = Some(cross);
            self.effects.push(Effect::Navigate(cross.nav));
        }
        Some(cross.due)
    }

    /// Holds a key for the walk if that is what it is for. What is held on a gamepad is known to the hands anyway.
    fn hold(&mut self, press: Press) {
        if press.is_pad() || self.panel_open() || self.prompt_open {
            return;
        }
        let mut deeds = self.settings.bindings.deeds(press);
        if deeds.any(|deed| !matches!(meaning(deed), Meaning::Once(_))) {
            self.hands.hold(press);
            self.hint = false;
        }
    }

    /// Shows what is bound to what, over the menu or the first screen.
    pub(in crate::app) fn open_controls(&mut self) {
        self.prompt_open = false;
        if !self.home_open {
            self.set_menu(true);
        }
        self.hands.release_all();
        self.controls_open = true;
    }

    /// Back to what it was opened from.
    pub(in crate::app) fn close_controls(&mut self) {
        if std::mem::replace(&mut self.controls_open, false) {
            self.save_settings();
        }
    }
}

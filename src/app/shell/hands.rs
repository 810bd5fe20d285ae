//! Events of keyboard and mouse become reports, and reports go to who waits for them: a new binding, or the walk.

use winit::event::{ElementState, KeyEvent, MouseButton, WindowEvent};
use winit::keyboard::{Key, ModifiersState, PhysicalKey};

use crate::input::{PadChange, PadReport, Report, key, mouse_button};

use super::Shell;

/// Whether a key or button goes down.
pub(super) fn is_press(event: &WindowEvent) -> bool {
    match event {
        WindowEvent::KeyboardInput { event, .. } => event.state == ElementState::Pressed,
        WindowEvent::MouseInput { state, .. } => *state == ElementState::Pressed,
        _ => false,
    }
}

/// Whether the key of commands is held: Ctrl, and on a Mac its own.
pub(super) fn holds_command(modifiers: ModifiersState) -> bool {
    if cfg!(target_os = "macos") {
        modifiers.super_key()
    } else {
        modifiers.control_key()
    }
}

impl Shell {
    /// A device reports.
    pub(super) fn report(&mut self, report: &Report) {
        let pressed = self.session.report(report);
        let moved = matches!(
            report,
            Report::Pad(PadReport {
                what: PadChange::Moved(..),
                ..
            })
        );
        match pressed {
            Some(press) if self.is_listening() => self.bind(Some(press)),
            Some(press) => self.session.pressed(press),
            // Sticks move often, and only one panel shows them.
            None if moved && !self.session.controls_open => {
                self.session.sync();
                return;
            }
            None => {}
        }
        self.after_input();
    }

    fn is_listening(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.interface.is_listening())
    }

    /// Something was pressed for a new binding; nothing means that it has no name here.
    fn bind(&mut self, press: Option<crate::settings::Press>) {
        if let Some(live) = &mut self.live {
            live.interface.press(press);
        }
        self.interface_changed();
    }

    pub(super) fn key(&mut self, event: &KeyEvent) {
        // Ctrl with these changes the size of the interface, which has got them already.
        let sizes = matches!(event.logical_key.as_ref(), Key::Character("+" | "-" | "=" | "0"));
        let with_command = self.live.as_ref().is_some_and(|live| live.command_held);
        if sizes && with_command && event.state == ElementState::Pressed && !self.is_listening() {
            self.after_input();
            return;
        }
        let known = match event.physical_key {
            PhysicalKey::Code(code) => key(code),
            PhysicalKey::Unidentified(_) => None,
        };
        let pressed = event.state == ElementState::Pressed;
        let Some(press) = known else {
            if pressed && !event.repeat && self.is_listening() {
                self.bind(None);
            }
            return;
        };
        if !pressed {
            self.report(&Report::Up(press));
            return;
        }
        // In the menu there are fields to write in. The interface has got the key already.
        let writing = !press.is_fixed()
            && self.session.menu_open
            && !self.session.page_open()
            && self
                .live
                .as_ref()
                .is_some_and(|live| live.egui.egui_ctx().egui_wants_keyboard_input());
        if writing {
            return;
        }
        self.report(&if event.repeat {
            Report::Repeat(press)
        } else {
            Report::Down(press)
        });
    }

    pub(super) fn mouse(&mut self, state: ElementState, button: MouseButton) {
        let captured = self.live.as_ref().is_some_and(|live| live.mouse.is_captured());
        if state == ElementState::Pressed && !captured && !self.is_listening() {
            if button == MouseButton::Left {
                self.click();
            }
            return;
        }
        match (mouse_button(button), state) {
            (Some(press), ElementState::Pressed) => self.report(&Report::Down(press)),
            (Some(press), ElementState::Released) => self.report(&Report::Up(press)),
            (None, ElementState::Pressed) if self.is_listening() => self.bind(None),
            (None, _) => {}
        }
    }

    /// A click on the picture: the walk has the mouse from here on.
    fn click(&mut self) {
        let Some(live) = &self.live else { return };
        let over_interface =
            live.egui.egui_ctx().egui_wants_pointer_input() || live.egui.egui_ctx().is_pointer_over_egui();
        if over_interface || self.session.home_open || self.session.page_open() {
            return;
        }
        self.session.prompt_open = false;
        self.session.branches_open = false;
        self.session.set_menu(false);
        self.capture_mouse();
        self.after_input();
    }
}

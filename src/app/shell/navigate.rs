//! A gamepad's cross and buttons in panels: they become the keys that the interface already understands.

use crate::input::{Action, Nav};

use super::Shell;

impl Shell {
    /// The cross or a button was pressed while something is open.
    pub(super) fn navigate(&mut self, nav: Nav) {
        if nav == Nav::Back {
            if self.session.panel_open() || self.session.prompt_open {
                self.session.act(Action::Menu);
            }
            self.after_input();
            return;
        }
        let Some(live) = &mut self.live else { return };
        let nobody = live.egui.egui_ctx().memory(|m| m.focused().is_none());
        // Arrows need something to start from; these panels see to it themselves.
        let page = self.session.page_open() || self.session.crash().is_some();
        let starts = self.session.home_open || self.session.branches_open || page;
        let key = match nav {
            _ if nobody && !starts => egui::Key::Tab,
            Nav::Up => egui::Key::ArrowUp,
            Nav::Down => egui::Key::ArrowDown,
            Nav::Left => egui::Key::ArrowLeft,
            Nav::Right => egui::Key::ArrowRight,
            Nav::Accept | Nav::Back => egui::Key::Enter,
        };
        let events = &mut live.egui.egui_input_mut().events;
        for pressed in [true, false] {
            events.push(egui::Event::Key {
                key,
                physical_key: None,
                pressed,
                repeat: false,
                modifiers: egui::Modifiers::NONE,
            });
        }
        self.interface_changed();
    }
}

//! Screen readers and other helps: they ask for a description of the interface, and press its buttons. The interface describes
//! itself with every drawing, from when somebody asks until nobody listens any more.

use egui_winit::accesskit_winit::WindowEvent;

use super::Shell;

impl Shell {
    /// A screen reader has come, wants something done, or has gone.
    pub(super) fn on_accessibility(&mut self, event: WindowEvent) {
        let Some(live) = &mut self.live else { return };
        match event {
            WindowEvent::InitialTreeRequested => live.egui.egui_ctx().enable_accesskit(),
            WindowEvent::ActionRequested(request) => live.egui.on_accesskit_action_request(request),
            WindowEvent::AccessibilityDeactivated => live.egui.egui_ctx().disable_accesskit(),
        }
        self.interface_changed();
    }
}

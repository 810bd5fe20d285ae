//! Size of the interface: the keys that change it, and the buttons that do the same by mouse and gamepad.

use egui::gui_zoom::kb_shortcuts::{ZOOM_IN, ZOOM_IN_SECONDARY, ZOOM_OUT, ZOOM_RESET};
use egui::{RichText, vec2};

use super::{UiCommand, UiState, theme};
use crate::settings::Scale;
use crate::words::say;

/// Lays everything out in the chosen size from the next frame on, and listens to the keys that choose another.
pub(super) fn apply(context: &egui::Context, state: &UiState<'_>, commands: &mut Vec<UiCommand>) {
    let scale = state.settings.interface_percent;
    context.set_zoom_factor(scale.factor());
    let pressed = |shortcut| context.input_mut(|i| i.consume_shortcut(shortcut));
    let mut new = scale;
    if pressed(&ZOOM_IN) || pressed(&ZOOM_IN_SECONDARY) {
        new = new.larger();
    }
    if pressed(&ZOOM_OUT) {
        new = new.smaller();
    }
    if pressed(&ZOOM_RESET) {
        new = Scale::USUAL;
    }
    change(state, new, commands);
}

/// Smaller, the usual size, larger, and the size for a sofa.
pub(super) fn size_ui(ui: &mut egui::Ui, state: &UiState<'_>, commands: &mut Vec<UiCommand>) {
    let scale = state.settings.interface_percent;
    let percent = say!("unit-percent", number = scale.percent());
    let usual = say!("size-usual-name", size = percent);
    let sofa = scale == Scale::SOFA;
    // What it says, what it is called, the hint, where it leads to, whether it is pressed in.
    let mut buttons = [
        (
            "−",
            say!("size-smaller-name"),
            say!("size-smaller-hint"),
            scale.smaller(),
            None,
        ),
        (
            percent.as_str(),
            usual.as_str(),
            say!("size-usual-hint"),
            Scale::USUAL,
            None,
        ),
        (
            "+",
            say!("size-larger-name"),
            say!("size-larger-hint"),
            scale.larger(),
            None,
        ),
        (
            say!("size-sofa"),
            say!("size-sofa-name"),
            say!("size-sofa-hint"),
            Scale::SOFA,
            Some(sofa),
        ),
    ];
    // They are read from the left, whichever side they are laid out from.
    if ui.layout().prefer_right_to_left() {
        buttons.reverse();
    }
    ui.spacing_mut().button_padding.x = 9.0;
    ui.spacing_mut().item_spacing.x = 6.0;
    for (text, name, hint, to, pressed) in buttons {
        let lit = pressed == Some(true);
        let color = if lit { theme::ON_ACCENT } else { theme::TEXT };
        let mut button = egui::Button::new(RichText::new(text).size(14.0).color(color)).min_size(vec2(30.0, 30.0));
        if lit {
            button = button.fill(theme::ACCENT);
        }
        // The smallest cannot be made smaller; the other two also tell what is on.
        let leads_on = to != scale || !matches!(text, "−" | "+");
        let response = ui.add_enabled(leads_on, button).on_hover_text(hint);
        theme::named(&response, name, pressed);
        if response.clicked() {
            change(state, to, commands);
        }
    }
}

fn change(state: &UiState<'_>, to: Scale, commands: &mut Vec<UiCommand>) {
    if to != state.settings.interface_percent {
        let mut settings = state.settings.clone();
        settings.interface_percent = to;
        commands.push(UiCommand::Settings(settings));
    }
}

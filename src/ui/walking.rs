//! The part of the menu that says how one walks: how fast it is played, how the camera answers, what is seen of it.

use egui::{RichText, Sense, vec2};

use super::{UiCommand, UiState, keys, theme};
use crate::engine::PlaySpeed;
use crate::settings::{CameraFeel, Deed};
use crate::words::{self, say};

pub(super) fn walking_ui(ui: &mut egui::Ui, state: &UiState<'_>, commands: &mut Vec<UiCommand>) {
    let bindings = &state.settings.bindings;
    theme::section(ui, say!("walking-section"));
    row_ui(ui, say!("walking-speed"), |ui| {
        for speed in PlaySpeed::ALL {
            let hint = match speed {
                PlaySpeed::Usual => say!("walking-speed-usual-hint").to_owned(),
                PlaySpeed::Double => say!("walking-speed-double-hint").to_owned() + &keys::hint(bindings, Deed::Faster),
                _ => say!("walking-speed-slow-hint").to_owned() + &keys::hint(bindings, Deed::Slower),
            };
            let chosen = state.speed == *speed;
            let name = say!("walking-speed-name", speed = speed.label());
            let choice = choice_ui(ui, 4, speed.label(), &name, chosen);
            if choice.on_hover_text(hint).clicked() {
                commands.push(UiCommand::Speed(*speed));
            }
        }
    });
    row_ui(ui, say!("walking-camera"), |ui| {
        for feel in CameraFeel::ALL {
            let chosen = state.settings.camera == *feel;
            let text = words::text(feel.word());
            let name = say!("walking-camera-name", camera = text);
            let choice = choice_ui(ui, 3, text, &name, chosen);
            if choice.on_hover_text(words::text(feel.hint_word())).clicked() {
                let mut settings = state.settings.clone();
                settings.camera = *feel;
                commands.push(UiCommand::Settings(settings));
            }
        }
    });
    let mut depth = state.depth_view;
    let text = format!("{}{}", say!("walking-depth"), keys::hint(bindings, Deed::Depth));
    if theme::checkbox(ui, &mut depth, text).changed() {
        commands.push(UiCommand::ToggleDepth);
    }
}

const CAPTION_WIDTH: f32 = 72.0;
/// A menu that is less wide has the captions above.
const NARROW: f32 = 280.0;

pub(super) fn row_ui(ui: &mut egui::Ui, caption: &str, add: impl FnOnce(&mut egui::Ui)) {
    if ui.available_width() < NARROW {
        ui.label(caption);
        let width = ui.available_width();
        ui.horizontal(|ui| {
            ui.set_width(width);
            add(ui);
        });
        return;
    }
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(CAPTION_WIDTH, 32.0), Sense::hover());
        let font = egui::FontId::proportional(15.0);
        let at = egui::pos2(rect.left(), rect.center().y);
        ui.painter()
            .text(at, egui::Align2::LEFT_CENTER, caption, font, theme::TEXT);
        // All of them are as wide, whatever the first has taken already.
        let width = ui.available_width();
        ui.scope(|ui| {
            ui.set_width(width);
            add(ui);
        });
    });
}

/// One of `count` buttons in a row, of which one is pressed in; `name` is for those who do not see the caption.
pub(super) fn choice_ui(ui: &mut egui::Ui, count: usize, text: &str, name: &str, chosen: bool) -> egui::Response {
    let gap = ui.spacing().item_spacing.x;
    let width = (ui.max_rect().width() - gap * (count as f32 - 1.0)) / count as f32;
    let color = if chosen { theme::ON_ACCENT } else { theme::TEXT };
    let mut button = egui::Button::new(RichText::new(text).color(color)).min_size(vec2(width.floor(), 32.0));
    if chosen {
        button = button.fill(theme::ACCENT);
    }
    let response = ui.add(button);
    theme::named(&response, name, Some(chosen));
    response
}

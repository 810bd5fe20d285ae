//! The part of the menu that says how one walks: how fast it is played, how the camera answers, what is seen of it.

use egui::{RichText, Sense, vec2};

use super::{UiCommand, UiState, keys, theme};
use crate::engine::PlaySpeed;
use crate::settings::{CameraFeel, Deed};

pub(super) fn walking_ui(ui: &mut egui::Ui, state: &UiState<'_>, commands: &mut Vec<UiCommand>) {
    let bindings = &state.settings.bindings;
    theme::section(ui, "Walking");
    row_ui(ui, "Speed", |ui| {
        for speed in PlaySpeed::ALL {
            let hint = match speed {
                PlaySpeed::Usual => "As the world was trained".to_owned(),
                PlaySpeed::Double => format!(
                    "Twice as fast, if this device keeps up{}",
                    keys::hint(bindings, Deed::Faster)
                ),
                _ => format!(
                    "Slow motion; recordings keep the world's own rate{}",
                    keys::hint(bindings, Deed::Slower)
                ),
            };
            let chosen = state.speed == *speed;
            if choice_ui(ui, 4, speed.label(), chosen).on_hover_text(hint).clicked() {
                commands.push(UiCommand::Speed(*speed));
            }
        }
    });
    row_ui(ui, "Camera", |ui| {
        for feel in CameraFeel::ALL {
            let chosen = state.settings.camera == *feel;
            if choice_ui(ui, 3, feel.title(), chosen)
                .on_hover_text(feel.hint())
                .clicked()
            {
                let mut settings = state.settings.clone();
                settings.camera = *feel;
                commands.push(UiCommand::Settings(settings));
            }
        }
    });
    let mut depth = state.depth_view;
    let text = format!("Depth in place of colours{}", keys::hint(bindings, Deed::Depth));
    if ui.checkbox(&mut depth, text).changed() {
        commands.push(UiCommand::ToggleDepth);
    }
}

const CAPTION_WIDTH: f32 = 72.0;

pub(super) fn row_ui(ui: &mut egui::Ui, caption: &str, add: impl FnOnce(&mut egui::Ui)) {
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

/// One of `count` buttons in a row, of which one is pressed in.
pub(super) fn choice_ui(ui: &mut egui::Ui, count: usize, text: &str, chosen: bool) -> egui::Response {
    let gap = ui.spacing().item_spacing.x;
    let width = (ui.max_rect().width() - gap * (count as f32 - 1.0)) / count as f32;
    let color = if chosen { theme::ON_ACCENT } else { theme::TEXT };
    let mut button = egui::Button::new(RichText::new(text).color(color)).min_size(vec2(width.floor(), 32.0));
    if chosen {
        button = button.fill(theme::ACCENT);
    }
    ui.add(button)
}

//! What is said in the middle of things: loading, paused, how to begin, failures.

use egui::{Align2, RichText, vec2};

use super::{Phase, UiCommand, UiState, keys, theme};
use crate::settings::Deed;

pub(super) fn notices_ui(context: &egui::Context, state: &UiState<'_>, commands: &mut Vec<UiCommand>) {
    match state.phase {
        Phase::Loading => loading_ui(context, state),
        Phase::Failed { message } => failure_ui(context, message, commands),
        Phase::Ready => {}
        Phase::Walking if state.menu_open || state.prompt_open || state.branches_open => {}
        Phase::Walking if state.rewinding => note(
            context,
            "Going back    Let go to walk on from here",
            Align2::CENTER_TOP,
            14.0,
        ),
        Phase::Walking if state.paused => note(context, &paused(state), Align2::CENTER_TOP, 14.0),
        Phase::Walking if state.show_hint => note(context, &beginning(state), Align2::CENTER_BOTTOM, -28.0),
        Phase::Walking => {}
    }
}

fn paused(state: &UiState<'_>) -> String {
    let key = |deed| keys::label(&state.settings.bindings, deed);
    let ways = [
        key(Deed::Pause).map(|key| format!("{key} goes on")),
        key(Deed::Step).map(|key| format!("{key} makes one step")),
    ];
    let ways: Vec<String> = ways.into_iter().flatten().collect();
    format!("Paused    {}", ways.join(", "))
}

fn beginning(state: &UiState<'_>) -> String {
    let key = |deed| keys::label(&state.settings.bindings, deed);
    let walk = [Deed::Forward, Deed::Left, Deed::Back, Deed::Right]
        .into_iter()
        .filter_map(key);
    let walk: Vec<_> = walk.collect();
    let mut text = "Click to look around    ".to_owned();
    if !walk.is_empty() {
        text.push_str(&format!("{} to walk    ", walk.join(" ")));
    }
    text + "Esc for the menu"
}

fn note(context: &egui::Context, text: &str, align: Align2, y: f32) {
    egui::Area::new(egui::Id::unique("note"))
        .anchor(align, vec2(0.0, y))
        .interactable(false)
        .fade_in(false)
        .show(context, |ui| {
            theme::note_frame().show(ui, |ui| {
                ui.add(egui::Label::new(RichText::new(text).color(theme::TEXT)).extend());
            });
        });
}

fn loading_ui(context: &egui::Context, state: &UiState<'_>) {
    match state.world {
        Some(world) => {
            let text = match state.device {
                "" | "cpu" => format!("Loading {} …", world.title),
                device => format!("Loading {} and readying {device}, slower the first time …", world.title),
            };
            note(context, &text, Align2::CENTER_BOTTOM, -28.0);
        }
        None => note(context, "Opening the world …", Align2::CENTER_CENTER, 0.0),
    }
}

fn failure_ui(context: &egui::Context, message: &str, commands: &mut Vec<UiCommand>) {
    egui::Area::new(egui::Id::unique("failure"))
        .anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0))
        .fade_in(false)
        .show(context, |ui| {
            egui::Frame::new()
                .fill(theme::panel_fill())
                .corner_radius(12)
                .inner_margin(26)
                .show(ui, |ui| {
                    ui.set_width(440.0);
                    ui.label(RichText::new("The walk has stopped").heading());
                    ui.add_space(2.0);
                    ui.add(egui::Label::new(RichText::new(message).color(theme::DIM)).wrap());
                    ui.add_space(8.0);
                    ui.horizontal(|ui| {
                        if ui.add(theme::primary_button("Try again")).clicked() {
                            commands.push(UiCommand::Retry);
                        }
                        if ui.button("Quit").clicked() {
                            commands.push(UiCommand::Quit);
                        }
                    });
                });
        });
}

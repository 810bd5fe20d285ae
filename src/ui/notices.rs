//! What is said in the middle of things: loading, paused, how to begin, failures.

use egui::{Align2, RichText, vec2};

use super::{Phase, UiCommand, UiState, branches, keys, marks, page, theme};
use crate::settings::Deed;
use crate::words::say;

pub(super) fn notices_ui(context: &egui::Context, state: &UiState<'_>, commands: &mut Vec<UiCommand>) {
    match state.phase {
        Phase::Loading => loading_ui(context, state),
        Phase::Failed { message } => failure_ui(context, message, commands),
        Phase::Ready => {}
        Phase::Walking if state.menu_open || state.prompt_open || state.branches_open => {}
        // The bar of branches stands at the bottom then.
        Phase::Walking if state.rewinding => above(context, &going_back(state), BAR),
        Phase::Walking if state.paused && branches::shows_bar(state) => above(context, &paused(state), BAR),
        Phase::Walking if state.paused => above(context, &paused(state), 14.0),
        Phase::Walking if state.show_hint => note(context, &beginning(state), Align2::CENTER_BOTTOM, -28.0),
        Phase::Walking => {}
    }
}

/// A window that is less wide has no room above for a note between the numbers and the light of a recording.
pub(super) const NARROW: f32 = 900.0;
/// A note is so far up where the bar of branches stands below it.
const BAR: f32 = 92.0;

/// How much of the lower edge of a narrow window belongs to notes, or to the foot of the menu: messages stand above it.
pub(super) fn height(context: &egui::Context, state: &UiState<'_>) -> f32 {
    if context.content_rect().width() >= NARROW || page::is_low(context) || state.home_open {
        return 0.0;
    }
    let at_work = state.phase == Phase::Walking;
    match () {
        () if state.menu_open => 52.0,
        () if marks::are_shown(state) && branches::shows_bar(state) => 220.0,
        () if marks::are_shown(state) => 160.0,
        () if branches::shows_bar(state) => BAR + 44.0,
        () if at_work && (state.paused || state.show_hint) => 62.0,
        () => 0.0,
    }
}

/// The keys that mark, if both ends have one.
fn marking(state: &UiState<'_>) -> Option<String> {
    let key = |deed| keys::label(&state.settings.bindings, deed);
    let (first, last) = (key(Deed::MarkIn)?, key(Deed::MarkOut)?);
    Some(say!("notice-marking", first = first, last = last))
}

fn going_back(state: &UiState<'_>) -> String {
    let way = say!("notice-going-back");
    marking(state).map_or_else(|| way.to_owned(), |marking| format!("{way}    {marking}"))
}

fn paused(state: &UiState<'_>) -> String {
    let key = |deed| keys::label(&state.settings.bindings, deed);
    let ways = [
        key(Deed::Pause).map(|key| say!("notice-paused-go-on", key = key)),
        key(Deed::Step).map(|key| say!("notice-paused-step", key = key)),
        marking(state),
    ];
    let ways: Vec<String> = ways.into_iter().flatten().collect();
    say!("notice-paused", ways = ways.join(", "))
}

fn beginning(state: &UiState<'_>) -> String {
    let key = |deed| keys::label(&state.settings.bindings, deed);
    let walk = [Deed::Forward, Deed::Left, Deed::Back, Deed::Right]
        .into_iter()
        .filter_map(key);
    let walk: Vec<_> = walk.collect();
    match walk.is_empty() {
        true => say!("notice-beginning-without-keys").to_owned(),
        false => say!("notice-beginning", keys = walk.join(" ")),
    }
}

/// A note at the top; where the numbers leave no room for it, this far above the bottom.
fn above(context: &egui::Context, text: &str, up: f32) {
    if context.content_rect().width() < NARROW {
        note(context, text, Align2::CENTER_BOTTOM, -up);
    } else {
        note(context, text, Align2::CENTER_TOP, 14.0);
    }
}

fn note(context: &egui::Context, text: &str, align: Align2, y: f32) {
    let screen = context.content_rect();
    egui::Area::new(egui::Id::unique("note"))
        .anchor(align, vec2(0.0, y))
        .interactable(false)
        .fade_in(false)
        .show(context, |ui| {
            theme::note_frame().show(ui, |ui| {
                let words = RichText::new(text).color(theme::TEXT);
                let width = screen.width() - 60.0;
                let font = egui::TextStyle::Body.resolve(ui.style());
                let one_line = ui.painter().layout_no_wrap(text.to_owned(), font, theme::TEXT);
                if one_line.size().x <= width {
                    ui.add(egui::Label::new(words).extend());
                } else {
                    ui.set_width(width.max(1.0));
                    ui.vertical_centered(|ui| ui.add(egui::Label::new(words).wrap()));
                }
            });
        });
}

fn loading_ui(context: &egui::Context, state: &UiState<'_>) {
    match state.world {
        Some(world) => {
            let text = match state.device {
                "" | "cpu" => say!("notice-loading", world = world.title),
                device => say!("notice-readying", world = world.title, device = device),
            };
            note(context, &text, Align2::CENTER_BOTTOM, -28.0);
        }
        None => note(context, say!("opening-world"), Align2::CENTER_CENTER, 0.0),
    }
}

fn failure_ui(context: &egui::Context, message: &str, commands: &mut Vec<UiCommand>) {
    egui::Area::new(egui::Id::unique("failure"))
        .anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0))
        .fade_in(false)
        .show(context, |ui| {
            theme::sheet_frame(26).show(ui, |ui| {
                let screen = context.content_rect();
                ui.set_width((screen.width() - 80.0).clamp(40.0, 440.0));
                ui.label(RichText::new(say!("notice-failed")).heading());
                ui.add_space(2.0);
                let height = (screen.height() - 170.0).max(40.0);
                egui::ScrollArea::vertical()
                    .max_height(height)
                    .min_scrolled_height(height)
                    .show(ui, |ui| {
                        ui.add(egui::Label::new(RichText::new(message).color(theme::DIM)).wrap());
                    });
                ui.add_space(8.0);
                ui.horizontal_wrapped(|ui| {
                    if ui.add(theme::primary_button(say!("try-again"))).clicked() {
                        commands.push(UiCommand::Retry);
                    }
                    if ui.button(say!("quit")).clicked() {
                        commands.push(UiCommand::Quit);
                    }
                });
            });
        });
}

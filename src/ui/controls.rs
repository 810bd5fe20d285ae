//! The panel of controls: what is bound to what, and how mouse and sticks answer. A whole page, as the first screen is.

use egui::{Color32, RichText, vec2};

use super::focus::{FocusGrid, FocusMemory};
use super::page::{self, BAR};
use super::{Interface, UiCommand, UiState, theme};
use crate::settings::{Deed, Press, Settings};
use crate::words::say;

mod chips;
mod devices;
mod listen;
mod table;

/// A window at least this wide has the settings of the devices beside the table, not below it.
const TWO_COLUMNS: f32 = 1000.0;
const SIDE_WIDTH: f32 = 340.0;
const GAP: f32 = 40.0;

/// What the panel remembers between frames.
#[derive(Default)]
pub(super) struct Controls {
    listening: Option<Listening>,
    focus: FocusMemory,
}

/// A new binding is waited for.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Listening {
    deed: Deed,
    /// What it shall stand in place of.
    instead_of: Option<Press>,
    /// What was pressed since the last frame.
    heard: Option<Heard>,
    /// Something was pressed that cannot be used.
    nameless: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Heard {
    Press(Press),
    Nameless,
}

impl Controls {
    pub(super) fn closed(&mut self) {
        *self = Self::default();
    }

    pub(super) fn is_listening(&self) -> bool {
        self.listening.is_some()
    }

    pub(super) fn press(&mut self, press: Option<Press>) {
        if let Some(listening) = &mut self.listening {
            // Of two that are pressed at once the first counts.
            listening
                .heard
                .get_or_insert(press.map_or(Heard::Nameless, Heard::Press));
        }
    }

    pub(super) fn listen(&mut self, deed: Deed, instead_of: Option<Press>) {
        self.listening = Some(Listening {
            deed,
            instead_of,
            heard: None,
            nameless: false,
        });
    }
}

pub(super) fn controls_ui(
    interface: &mut Interface,
    context: &egui::Context,
    state: &UiState<'_>,
    commands: &mut Vec<UiCommand>,
) {
    let controls = &mut interface.controls;
    let mut settings = state.settings.clone();
    let mut grid = FocusGrid::default();
    listen::hear(controls, context, &mut settings);
    page::page_ui(context, "controls", |ui| {
        let low = page::is_low(context);
        if !low {
            head_ui(ui, &mut settings, &mut grid, commands);
            ui.add_space(14.0);
        }
        let (width, height) = (ui.available_width(), ui.available_height().max(1.0));
        if width >= TWO_COLUMNS && !low {
            let main = width - SIDE_WIDTH - GAP;
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                page::column(ui, "bindings", vec2(main, height), 8.0, |ui| {
                    table::table_ui(controls, ui, &mut settings, &mut grid);
                });
                ui.add_space(GAP - BAR);
                grid.next_column();
                // Its bar goes into the margin.
                page::column(ui, "devices", vec2(SIDE_WIDTH, height), 8.0, |ui| {
                    devices::devices_ui(ui, state, &mut settings, &mut grid);
                });
            });
        } else {
            page::column(ui, "all controls", vec2(width - BAR, height), 8.0, |ui| {
                if low {
                    head_ui(ui, &mut settings, &mut grid, commands);
                }
                devices::devices_ui(ui, state, &mut settings, &mut grid);
                ui.add_space(20.0);
                grid.next_row();
                table::table_ui(controls, ui, &mut settings, &mut grid);
            });
        }
    });
    if controls.is_listening() {
        listen::listen_ui(controls, context);
    } else {
        grid.finish(context, &mut controls.focus);
    }
    if settings != *state.settings {
        commands.push(UiCommand::Settings(settings));
    }
}

fn head_ui(ui: &mut egui::Ui, settings: &mut Settings, grid: &mut FocusGrid, commands: &mut Vec<UiCommand>) {
    page::name_ui(ui);
    let mut added = Vec::new();
    let mut buttons = |ui: &mut egui::Ui| {
        let done = ui.add(theme::primary_button(say!("done")).min_size(vec2(110.0, 36.0)));
        ring(ui, &done);
        added.push(done.clone());
        if done.on_hover_text(say!("key-Escape")).clicked() {
            commands.push(UiCommand::CloseControls);
        }
        let changed = settings.bindings.keys_differ() || settings.bindings.pad_differs();
        let reset = egui::Button::new(say!("controls-reset-all")).min_size(vec2(0.0, 36.0));
        let reset = ui.add_enabled(changed, reset);
        ring(ui, &reset);
        if changed {
            added.push(reset.clone());
        }
        if reset.on_hover_text(say!("controls-reset-all-hint")).clicked() {
            settings.bindings.reset_all();
        }
    };
    let title = RichText::new(say!("controls-title")).size(28.0).color(Color32::WHITE);
    let narrow = ui.available_width() < 480.0;
    if narrow {
        ui.label(title);
        ui.horizontal_wrapped(buttons);
    } else {
        ui.horizontal(|ui| {
            ui.label(title);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), &mut buttons);
        });
    }
    if !narrow {
        // They were laid out from the right.
        added.reverse();
    }
    added.iter().for_each(|response| grid.add(response));
    grid.next_row();
}

/// The line round what has the focus: who has no mouse sees by it where they are.
pub(super) fn ring(ui: &egui::Ui, response: &egui::Response) {
    if response.has_focus() {
        let stroke = egui::Stroke::new(2.0, theme::ACCENT);
        ui.painter()
            .rect_stroke(response.rect.expand(2.0), 8.0, stroke, egui::StrokeKind::Outside);
    }
}

//! What is about recordings: the light while one runs, how far an export is, and the part of the menu that says how recordings
//! are made and saves what was walked just now.

use egui::{Align2, RichText, vec2};

use super::hud::clock;
use super::shelf::size_text;
use super::walking::{choice_ui, row_ui};
use super::{UiCommand, UiState, keys, marks, theme};
use crate::engine::{ExportKind, ExportProgress, MarkEnd, RecordingStats, Stretch};
use crate::settings::{Deed, Quality};
use crate::words::say;

/// Stretches of the past that the menu offers, in seconds.
const STRETCHES_SECS: [f64; 4] = [5.0, 10.0, 30.0, f64::INFINITY];

/// What the menu remembers.
pub(super) struct Past {
    /// Which of [`STRETCHES_SECS`] is chosen.
    chosen: usize,
    /// What is marked is chosen in their place.
    marked: bool,
    /// There was a marked stretch when the menu was shown last.
    was_marked: bool,
}

impl Default for Past {
    fn default() -> Self {
        Self {
            chosen: 1,
            marked: false,
            was_marked: false,
        }
    }
}

impl Past {
    /// Who has just marked a stretch means that one; without one it cannot be meant.
    fn follow(&mut self, is_marked: bool) {
        self.marked = is_marked && (self.marked || !self.was_marked);
        self.was_marked = is_marked;
    }

    fn stretch(&self) -> Stretch {
        match self.marked {
            true => Stretch::Marked,
            false => Stretch::Last(STRETCHES_SECS[self.chosen.min(STRETCHES_SECS.len() - 1)]),
        }
    }
}

/// The corner that says what is being written.
pub(super) fn lights_ui(context: &egui::Context, state: &UiState<'_>) {
    let note = |name: &str, top: f32, add: &dyn Fn(&mut egui::Ui)| {
        egui::Area::new(egui::Id::unique(name))
            .anchor(Align2::RIGHT_TOP, vec2(-14.0, top))
            .interactable(false)
            .fade_in(false)
            .show(context, |ui| theme::note_frame().show(ui, add));
    };
    if let Some(recording) = state.recording {
        note("recording", 14.0, &|ui| light_ui(ui, recording));
    }
    if let Some(progress) = state.exporting {
        let below = if state.recording.is_some() { 70.0 } else { 14.0 };
        note("exporting", below, &|ui| {
            ui.add(egui::Label::new(RichText::new(saving(progress)).small().color(theme::TEXT)).extend());
        });
    }
}

/// A red dot, time, size and lost frames.
fn light_ui(ui: &mut egui::Ui, recording: &RecordingStats) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 10.0;
        theme::dot(ui, theme::RED);
        let mut tell =
            |text: String, color| ui.add(egui::Label::new(RichText::new(text).monospace().color(color)).extend());
        let time = clock(recording.seconds);
        let name = say!("recording-light-name", time = time);
        tell(time, egui::Color32::WHITE).widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &name));
        tell(size_text(recording.bytes), theme::DIM);
        // That nothing is lost is as it should be.
        if recording.dropped > 0 {
            tell(say!("recording-dropped", count = recording.dropped), theme::WARNING);
        }
    });
}

fn saving(progress: ExportProgress) -> String {
    let percent = 100 * progress.done / progress.total.max(1);
    say!("recording-saving", count = progress.total, percent = percent)
}

/// Marks the ends of a stretch, and chooses what lies between.
fn marks_ui(past: &mut Past, ui: &mut egui::Ui, state: &UiState<'_>, commands: &mut Vec<UiCommand>) {
    let bindings = &state.settings.bindings;
    ui.add_enabled_ui(state.can_go_back, |ui| {
        row_ui(ui, say!("recording-marks"), |ui| {
            for (end, deed, text, hint) in [
                (
                    MarkEnd::In,
                    Deed::MarkIn,
                    say!("recording-mark-in"),
                    say!("recording-mark-in-hint"),
                ),
                (
                    MarkEnd::Out,
                    Deed::MarkOut,
                    say!("recording-mark-out"),
                    say!("recording-mark-out-hint"),
                ),
            ] {
                let time = marks::time(state, end);
                let text = match (&time, end) {
                    (Some(time), MarkEnd::In) => say!("marks-in", time = time),
                    (Some(time), MarkEnd::Out) => say!("marks-out", time = time),
                    (None, _) => text.to_owned(),
                };
                let hint = format!("{hint}{}", keys::hint(bindings, deed));
                if choice_ui(ui, 2, &text, &text, false).on_hover_text(hint).clicked() {
                    commands.push(UiCommand::Mark(end));
                }
            }
        });
    });
    let length = marks::length(state);
    past.follow(length.is_some());
    if let Some(length) = length {
        row_ui(ui, "", |ui| {
            let text = say!("recording-marked", time = length);
            let choice = choice_ui(ui, 1, &text, &text, past.marked);
            if choice.on_hover_text(say!("recording-marked-hint")).clicked() {
                past.marked = true;
            }
        });
    }
}

pub(super) fn menu_ui(past: &mut Past, ui: &mut egui::Ui, state: &UiState<'_>, commands: &mut Vec<UiCommand>) {
    theme::section(ui, say!("recording-section"));
    let mut settings = state.settings.clone();
    row_ui(ui, say!("recording-quality"), |ui| {
        for (quality, text, hint) in [
            (Quality::Small, say!("recording-small"), say!("recording-small-hint")),
            (Quality::Good, say!("recording-good"), say!("recording-good-hint")),
            (Quality::Best, say!("recording-best"), say!("recording-best-hint")),
        ] {
            let chosen = settings.record_quality == quality;
            if choice_ui(ui, 3, text, &say!("recording-quality-name", quality = text), chosen)
                .on_hover_text(hint)
                .clicked()
            {
                settings.record_quality = quality;
            }
        }
    });
    theme::checkbox(ui, &mut settings.record_keys, say!("recording-keys")).on_hover_text(say!("recording-keys-hint"));
    if settings != *state.settings {
        commands.push(UiCommand::Settings(settings));
    }
    row_ui(ui, say!("recording-last"), |ui| {
        for (number, secs) in STRETCHES_SECS.into_iter().enumerate() {
            let (text, hint) = match secs.is_finite() {
                true => (say!("unit-seconds", number = secs), say!("recording-last-hint")),
                false => (say!("recording-all").to_owned(), say!("recording-all-hint")),
            };
            if choice_ui(
                ui,
                4,
                &text,
                &say!("recording-last-name", time = text),
                !past.marked && past.chosen == number,
            )
            .on_hover_text(hint)
            .clicked()
            {
                (past.chosen, past.marked) = (number, false);
            }
        }
    });
    marks_ui(past, ui, state, commands);
    let free = state.can_go_back && state.exporting.is_none();
    ui.add_enabled_ui(free, |ui| {
        row_ui(ui, "", |ui| {
            for (kind, text, hint) in [
                (
                    ExportKind::Gif,
                    say!("recording-save-gif"),
                    say!("recording-save-gif-hint"),
                ),
                (
                    ExportKind::Pictures,
                    say!("recording-save-pngs"),
                    say!("recording-save-pngs-hint"),
                ),
            ] {
                if choice_ui(ui, 2, text, text, false).on_hover_text(hint).clicked() {
                    commands.push(UiCommand::Export(past.stretch(), kind));
                }
            }
        });
    });
    if let Some(progress) = state.exporting {
        ui.label(RichText::new(saving(progress)).small().color(theme::DIM));
    }
}

//! What is said after a crash: one sentence, the report, and what can be done with it. Over everything, until it is closed.

use std::path::PathBuf;

use egui::{Color32, RichText, ScrollArea, vec2};

use super::controls::ring;
use super::focus::{self, FocusGrid, FocusMemory};
use super::{UiCommand, theme};
use crate::words::say;

/// A crash that the user is told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrashNote {
    /// What happened, in a sentence.
    pub what: String,
    /// The report, to be copied.
    pub report: String,
    /// The folder that it was written to, if it could be written.
    pub folder: Option<PathBuf>,
}

/// What the dialog remembers between frames.
#[derive(Debug, Default)]
pub(super) struct Dialog {
    focus: FocusMemory,
    copied: bool,
}

impl Dialog {
    pub(super) fn closed(&mut self) {
        *self = Self::default();
    }

    pub(super) fn show(&mut self, context: &egui::Context, note: &CrashNote, commands: &mut Vec<UiCommand>) {
        let screen = context.content_rect();
        let frame = egui::Frame::new().fill(theme::CARD).corner_radius(12).inner_margin(24);
        egui::Modal::new(egui::Id::unique("crash"))
            .backdrop_color(Color32::from_black_alpha(170))
            .frame(frame)
            .show(context, |ui| {
                ui.set_width((screen.width() - 76.0).clamp(40.0, 560.0));
                ui.set_max_height((screen.height() - 60.0).max(40.0));
                if screen.height() < 420.0 {
                    let height = (screen.height() - 90.0).max(40.0);
                    let all = ScrollArea::vertical().max_height(height).min_scrolled_height(height);
                    all.show(ui, |ui| {
                        self.body_ui(ui, note, commands);
                        focus::follow(ui);
                    });
                } else {
                    self.body_ui(ui, note, commands);
                }
            });
    }

    fn body_ui(&mut self, ui: &mut egui::Ui, note: &CrashNote, commands: &mut Vec<UiCommand>) {
        let mut grid = FocusGrid::default();
        ui.label(RichText::new(say!("crash-title")).heading().color(Color32::WHITE));
        ui.add(egui::Label::new(&note.what).wrap());
        let kept = match &note.folder {
            Some(_) => say!("crash-report-written"),
            None => say!("crash-report-not-written"),
        };
        ui.add(egui::Label::new(RichText::new(kept).size(13.5).color(theme::DIM)).wrap());
        ui.add_space(4.0);
        let box_ = egui::Frame::new().fill(theme::GROUND).corner_radius(8).inner_margin(10);
        box_.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ScrollArea::both()
                .max_height(180.0)
                .min_scrolled_height(180.0)
                .auto_shrink([false, true])
                .show(ui, |ui| {
                    let report = RichText::new(&note.report).monospace().size(12.0).color(theme::DIM);
                    ui.add(egui::Label::new(report).extend());
                });
        });
        ui.add_space(6.0);
        ui.horizontal_wrapped(|ui| {
            let mut button = |ui: &mut egui::Ui, button: egui::Button<'_>| {
                let response = ui.add(button.min_size(vec2(0.0, 36.0)));
                ring(ui, &response);
                grid.add(&response);
                response.clicked()
            };
            if button(ui, theme::primary_button(say!("close"))) {
                commands.push(UiCommand::CloseCrash);
            }
            let copy = match self.copied {
                true => say!("crash-copied"),
                false => say!("crash-copy"),
            };
            if button(ui, egui::Button::new(copy)) {
                ui.ctx().copy_text(note.report.clone());
                self.copied = true;
            }
            if let Some(folder) = &note.folder
                && button(ui, egui::Button::new(say!("crash-open-folder")))
            {
                commands.push(UiCommand::Show(folder.clone()));
            }
        });
        grid.finish(ui.ctx(), &mut self.focus);
    }
}

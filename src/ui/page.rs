//! What whole pages have in common: their ground, the program's name, columns that scroll.

use egui::{RichText, ScrollArea, vec2};

use super::{focus, theme};
use crate::words::say;

/// Room for a scroll bar; it lies outside of what is aligned.
pub(super) const BAR: f32 = 12.0;
/// Lines that are longer are hard to follow; a page in a wider window stands in its middle.
const MOST_WIDE: f32 = 1760.0;
/// A window that is lower has no room for what stays while the rest scrolls.
const LOW: f32 = 480.0;

/// Whether all of a page or sheet has to scroll, its head as well: the window is low, or the interface large.
pub(super) fn is_low(context: &egui::Context) -> bool {
    context.content_rect().height() < LOW
}

/// Covers the window, and lets a page be laid out within its margins.
pub(super) fn page_ui(context: &egui::Context, name: &str, add: impl FnOnce(&mut egui::Ui)) {
    let screen = context.content_rect();
    let margin = match screen.width() {
        narrow if narrow < 600.0 => 14.0,
        middling if middling < 800.0 => 24.0,
        _ => 36.0,
    };
    egui::Area::new(egui::Id::unique(name))
        .fixed_pos(screen.min)
        .constrain(false)
        .fade_in(false)
        .show(context, |ui| {
            ui.painter().rect_filled(screen, 0.0, theme::GROUND);
            let beside = (0.5 * (screen.width() - MOST_WIDE)).max(margin);
            let inner = screen.shrink2(vec2(beside, 0.0));
            let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(inner));
            ui.add_space(if is_low(context) { 10.0 } else { 26.0 });
            add(&mut ui);
        });
}

/// The program's name, over a title.
pub(super) fn name_ui(ui: &mut egui::Ui) {
    ui.label(
        RichText::new(say!("program-in-capitals"))
            .size(12.0)
            .extra_letter_spacing(3.0)
            .color(theme::ACCENT),
    );
}

/// Lays out below each other, no wider than this.
pub(super) fn of_width(ui: &mut egui::Ui, width: f32, add: impl FnOnce(&mut egui::Ui)) {
    ui.scope(|ui| {
        ui.set_max_width(width);
        add(ui);
    });
}

/// A column that scrolls; `size` is that of what is in it, `gap` lies between things side by side.
pub(super) fn column(ui: &mut egui::Ui, name: &str, size: egui::Vec2, gap: f32, add: impl FnOnce(&mut egui::Ui)) {
    let outer = size + vec2(BAR, 0.0);
    ui.allocate_ui_with_layout(outer, egui::Layout::top_down(egui::Align::Min), |ui| {
        ScrollArea::vertical()
            .id_salt(name)
            .auto_shrink([false, false])
            .show(ui, |ui| {
                ui.set_width(size.x.max(1.0));
                ui.spacing_mut().item_spacing = vec2(gap, 8.0);
                add(ui);
                ui.add_space(24.0);
                focus::follow(ui);
            });
    });
}

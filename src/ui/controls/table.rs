//! The table: a row for each deed with what is bound to it, and in words what is bound twice.

use egui::{Align, Layout, RichText, vec2};

use super::chips::{self, Clicked};
use super::{Controls, ring};
use crate::settings::{Bindings, Deed, Group, Press, Settings};
use crate::ui::focus::FocusGrid;
use crate::ui::{keys, theme};
use crate::words::{self, say};

/// Widths of the columns: words, keys, buttons, reset. Keys take what is left. In a narrow page there are no columns: all that is
/// bound stands below the words.
struct Widths {
    title: f32,
    keys: f32,
    pad: f32,
    stacked: bool,
}

/// A table that is less wide has no columns.
const STACKED: f32 = 520.0;
const RESET_WIDTH: f32 = 64.0;
const ROW_HEIGHT: f32 = 30.0;

impl Widths {
    fn of(width: f32) -> Self {
        if width < STACKED {
            return Self {
                title: width,
                keys: width,
                pad: 0.0,
                stacked: true,
            };
        }
        let title = (0.24 * width).clamp(90.0, 190.0);
        let rest = (width - title - RESET_WIDTH - 24.0).max(2.0);
        let pad = (0.46 * rest).floor();
        Self {
            title,
            keys: rest - pad,
            pad,
            stacked: false,
        }
    }
}

pub(super) fn table_ui(controls: &mut Controls, ui: &mut egui::Ui, settings: &mut Settings, grid: &mut FocusGrid) {
    let widths = Widths::of(ui.available_width());
    grid.start_here();
    for (number, group) in Group::ALL.into_iter().enumerate() {
        ui.add_space(if number == 0 { 0.0 } else { 14.0 });
        ui.horizontal(|ui| {
            let caption = |ui: &mut egui::Ui, text: &str, width: f32| {
                cell(ui, width, 18.0, |ui| {
                    ui.label(RichText::new(text).size(13.0).color(theme::DIM));
                });
            };
            caption(ui, words::text(group.word()), widths.title);
            if number == 0 && !widths.stacked {
                caption(ui, say!("controls-keyboard"), widths.keys);
                caption(ui, say!("controls-gamepad"), widths.pad);
            }
        });
        for deed in Deed::of(group) {
            row_ui(controls, ui, &mut settings.bindings, grid, deed, &widths);
            conflicts_ui(ui, &mut settings.bindings, grid, deed, &widths);
        }
    }
}

fn cell(ui: &mut egui::Ui, width: f32, height: f32, add: impl FnOnce(&mut egui::Ui)) {
    let layout = Layout::left_to_right(Align::Center).with_main_wrap(true);
    ui.allocate_ui_with_layout(vec2(width, height), layout, |ui| {
        ui.set_min_width(width);
        ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
        add(ui);
    });
}

fn row_ui(
    controls: &mut Controls,
    ui: &mut egui::Ui,
    bindings: &mut Bindings,
    grid: &mut FocusGrid,
    deed: Deed,
    widths: &Widths,
) {
    let what = keys::inside(deed);
    let columns: &[(&[bool], f32)] = match widths.stacked {
        true => &[(&[false, true], widths.keys)],
        false => &[(&[false], widths.keys), (&[true], widths.pad)],
    };
    let layout = match widths.stacked {
        true => Layout::top_down(Align::Min),
        false => Layout::left_to_right(Align::Min),
    };
    ui.with_layout(layout, |ui| {
        cell(ui, widths.title, ROW_HEIGHT, |ui| {
            ui.add(egui::Label::new(words::text(deed.word())).wrap());
        });
        for (kinds, width) in columns {
            cell(ui, *width, ROW_HEIGHT, |ui| {
                let of_kind = |pad: bool| bindings.of(deed).iter().copied().filter(move |p| p.is_pad() == pad);
                let presses: Vec<Press> = kinds.iter().copied().flat_map(of_kind).collect();
                for press in presses {
                    let label = words::text(press.word());
                    if press.is_fixed() {
                        chips::fixed(ui, label);
                        continue;
                    }
                    let id = egui::Id::unique(("bound", deed.name(), press.name()));
                    let warns = !bindings.others(deed, press).is_empty() && !bindings.is_shared(press);
                    match chips::chip(ui, grid, id, label, &what, warns) {
                        Some(Clicked::Chip) => controls.listen(deed, Some(press)),
                        Some(Clicked::Cross) => bindings.unbind(deed, press),
                        None => {}
                    }
                }
                let id = egui::Id::unique(("slot", deed.name(), kinds[0]));
                if chips::slot(ui, grid, id, &what) {
                    controls.listen(deed, None);
                }
            });
        }
        if bindings.differs(deed) {
            let text = RichText::new(say!("controls-reset")).size(13.0);
            let reset = ui.add(egui::Button::new(text).min_size(vec2(56.0, 28.0)));
            theme::named(&reset, &say!("controls-reset-name", what = what), None);
            ring(ui, &reset);
            grid.add(&reset);
            if reset.on_hover_text(say!("controls-reset-hint")).clicked() {
                bindings.reset(deed);
            }
        }
    });
    grid.next_row();
}

/// What else the keys of a row do, and the two ways out of it.
fn conflicts_ui(ui: &mut egui::Ui, bindings: &mut Bindings, grid: &mut FocusGrid, deed: Deed, widths: &Widths) {
    for press in bindings.of(deed).to_vec() {
        let others = bindings.others(deed, press);
        if others.is_empty() {
            continue;
        }
        let others: Vec<String> = others.into_iter().map(keys::inside).collect();
        let shared = bindings.is_shared(press);
        let color = if shared { theme::DIM } else { theme::WARNING };
        let press_said = keys::said(press);
        let text = say!("controls-also-does", press = press_said, deeds = others.join("; "));
        ui.horizontal_wrapped(|ui| {
            if !widths.stacked {
                ui.add_space(widths.title + 8.0);
            }
            ui.label(RichText::new(text).size(13.0).color(color));
            if shared {
                return;
            }
            for (text, hint, keep) in [
                (say!("controls-only-here"), say!("controls-only-here-hint"), false),
                (say!("controls-keep-both"), say!("controls-keep-both-hint"), true),
            ] {
                let button = egui::Button::new(RichText::new(text).size(13.0)).min_size(vec2(0.0, 26.0));
                let button = ui.add(button);
                let (label, what) = (words::text(press.word()), keys::inside(deed));
                let name = say!("controls-settle-name", button = text, press = label, deed = what);
                theme::named(&button, &name, None);
                ring(ui, &button);
                grid.add(&button);
                if button.on_hover_text(hint).clicked() {
                    if keep {
                        bindings.share(press);
                    } else {
                        bindings.keep_only(deed, press);
                    }
                }
            }
        });
        grid.next_row();
    }
}

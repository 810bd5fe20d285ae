//! Presets, the mouse, the sticks with their curves drawn live, and the gamepads that are there.

use egui::{Color32, RichText, Sense, Shape, Stroke, StrokeKind, pos2, vec2};

use super::ring;
use crate::settings::{KeyPreset, PadPreset, Settings, StickCurve};
use crate::ui::focus::FocusGrid;
use crate::ui::{UiState, theme};
use crate::words::{self, say};

/// Side of a plot.
const PLOT: f32 = 132.0;

pub(super) fn devices_ui(ui: &mut egui::Ui, state: &UiState<'_>, settings: &mut Settings, grid: &mut FocusGrid) {
    // As high as the captions of the table beside it.
    caption(ui, say!("controls-keyboard"), 8.0);
    let bindings = &settings.bindings;
    let names = KeyPreset::ALL.iter().map(|p| {
        let name = words::text(p.word());
        (name, say!("controls-preset-of-keyboard", preset = name))
    });
    let names: Vec<_> = names.collect();
    let now = KeyPreset::ALL.iter().position(|p| *p == bindings.key_preset());
    if let Some(chosen) = presets_ui(ui, grid, &names, now, bindings.keys_differ()) {
        settings.bindings.use_keys(KeyPreset::ALL[chosen]);
    }
    sensitivity_ui(ui, grid, say!("controls-mouse"), &mut settings.mouse_sensitivity);
    let invert = theme::checkbox(ui, &mut settings.invert_y, say!("controls-invert"));
    ring(ui, &invert);
    grid.add(&invert);
    grid.next_row();

    caption(ui, say!("controls-gamepad"), 18.0);
    let bindings = &settings.bindings;
    let names = PadPreset::ALL.iter().map(|p| {
        let name = words::text(p.word());
        (name, say!("controls-preset-of-gamepad", preset = name))
    });
    let names: Vec<_> = names.collect();
    let now = PadPreset::ALL.iter().position(|p| *p == bindings.pad_preset());
    if let Some(chosen) = presets_ui(ui, grid, &names, now, bindings.pad_differs()) {
        settings.bindings.use_pad(PadPreset::ALL[chosen]);
    }
    let mut swapped = settings.bindings.sticks_swapped();
    let swap = theme::checkbox(ui, &mut swapped, say!("controls-swap-sticks"));
    ring(ui, &swap);
    grid.add(&swap);
    grid.next_row();
    if swap.changed() {
        settings.bindings.swap_sticks(swapped);
    }
    pads_ui(ui, state.pads);

    let there = !state.pads.is_empty();
    let (left, right) = (say!("controls-left"), say!("controls-right"));
    let (walks, looks) = if swapped { (right, left) } else { (left, right) };
    caption(ui, &say!("controls-walk-stick-caption", side = walks), 18.0);
    let walk = settings.walk_stick.walk(state.sticks.walk);
    let dot = there.then(|| dot(state.sticks.walk, walk));
    let name = say!("controls-walk-stick");
    stick_ui(ui, grid, name, &mut settings.walk_stick, StickCurve::WALK, dot);

    caption(ui, &say!("controls-look-stick-caption", side = looks), 18.0);
    let look = settings.look_stick.look(state.sticks.look);
    let dot = there.then(|| self::dot(state.sticks.look, look));
    let name = say!("controls-look-stick");
    stick_ui(ui, grid, name, &mut settings.look_stick, StickCurve::LOOK, dot);
    sensitivity_ui(ui, grid, say!("controls-turning"), &mut settings.stick_sensitivity);
}

fn caption(ui: &mut egui::Ui, text: &str, space: f32) {
    ui.add_space(space);
    ui.label(RichText::new(text).size(13.0).color(theme::DIM));
}

/// Buttons of which one is pressed in; a click comes back. Clicking the present one takes changes to it back. Each has a
/// name, and a longer one for those who do not see the caption.
fn presets_ui(
    ui: &mut egui::Ui,
    grid: &mut FocusGrid,
    names: &[(&str, String)],
    now: Option<usize>,
    changed: bool,
) -> Option<usize> {
    let mut chosen = None;
    let width = (ui.available_width() - 8.0 * (names.len() as f32 - 1.0)) / names.len().max(1) as f32;
    ui.horizontal(|ui| {
        for (number, (name, long_name)) in names.iter().enumerate() {
            let is_now = now == Some(number);
            let text = match is_now && changed {
                true => say!("controls-preset-changed", preset = name),
                false => (*name).to_owned(),
            };
            let color = if is_now { theme::ON_ACCENT } else { theme::TEXT };
            let mut button = egui::Button::new(RichText::new(text).color(color)).min_size(vec2(width, 32.0));
            if is_now {
                button = button.fill(theme::ACCENT);
            }
            let button = ui.add(button);
            theme::named(&button, long_name, Some(is_now));
            ring(ui, &button);
            grid.add(&button);
            let hint = match is_now && changed {
                true => say!("controls-preset-back-hint"),
                false => say!("controls-preset-hint"),
            };
            if button.on_hover_text(hint).clicked() {
                chosen = Some(number);
            }
        }
    });
    grid.next_row();
    chosen
}

fn sensitivity_ui(ui: &mut egui::Ui, grid: &mut FocusGrid, text: &str, value: &mut f32) {
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(76.0, 24.0), Sense::hover());
        let font = egui::FontId::proportional(15.0);
        let at = pos2(rect.left(), rect.center().y);
        ui.painter()
            .text(at, egui::Align2::LEFT_CENTER, text, font, theme::TEXT);
        ui.spacing_mut().slider_width = (ui.available_width() - 40.0).max(20.0);
        let slider = egui::Slider::new(value, Settings::SENSITIVITY)
            .logarithmic(true)
            .step_by(0.05)
            .show_value(false);
        let slider = ui
            .add(slider)
            .accessible_name(say!("controls-sensitivity-name", of = text));
        ring(ui, &slider);
        grid.add_slider(&slider);
        ui.label(RichText::new(format!("{value:.2}")).color(theme::DIM));
    });
    grid.next_row();
}

fn pads_ui(ui: &mut egui::Ui, pads: &[String]) {
    if pads.is_empty() {
        let text = RichText::new(say!("controls-no-gamepad"));
        ui.add(egui::Label::new(text.size(13.5).color(theme::DIM)).wrap());
    }
    for name in pads {
        ui.horizontal(|ui| {
            theme::dot(ui, theme::ACCENT);
            ui.add(egui::Label::new(RichText::new(name).size(14.0)).truncate());
        });
    }
}

/// How far a stick is pushed, and how far that goes: a point of the plot.
fn dot(raw: (f32, f32), answer: (f32, f32)) -> [f32; 2] {
    [raw.0.hypot(raw.1).min(1.0), answer.0.hypot(answer.1).min(1.0)]
}

fn stick_ui(
    ui: &mut egui::Ui,
    grid: &mut FocusGrid,
    name: &str,
    curve: &mut StickCurve,
    usual: StickCurve,
    dot: Option<[f32; 2]>,
) {
    // Side by side if there is room for the words over the sliders.
    let beside = ui.available_width() - PLOT - 16.0;
    let (layout, width) = match beside >= 110.0 {
        true => (egui::Layout::left_to_right(egui::Align::Min), beside),
        false => (egui::Layout::top_down(egui::Align::Min), ui.available_width()),
    };
    ui.with_layout(layout, |ui| {
        ui.vertical(|ui| {
            ui.set_width(width);
            ui.spacing_mut().slider_width = width;
            ui.spacing_mut().item_spacing.y = 5.0;
            let zone = say!("unit-percent", number = format!("{:.0}", 100.0 * curve.dead_zone));
            slide_ui(
                ui,
                grid,
                (say!("controls-dead-zone"), name),
                &zone,
                &mut curve.dead_zone,
                StickCurve::DEAD_ZONES,
                0.01,
            );
            let exponent = format!("{:.1}", curve.exponent);
            slide_ui(
                ui,
                grid,
                (say!("controls-curve"), name),
                &exponent,
                &mut curve.exponent,
                StickCurve::EXPONENTS,
                0.1,
            );
            let reset = egui::Button::new(RichText::new(say!("controls-reset")).size(13.0)).min_size(vec2(56.0, 26.0));
            let reset = ui.add_enabled(*curve != usual, reset);
            theme::named(&reset, &say!("controls-reset-name", what = name), None);
            ring(ui, &reset);
            if reset.enabled() {
                grid.add(&reset);
                grid.next_row();
            }
            if reset.clicked() {
                *curve = usual;
            }
        });
        ui.add_space(8.0);
        plot_ui(ui, name, *curve, dot);
    });
}

fn slide_ui(
    ui: &mut egui::Ui,
    grid: &mut FocusGrid,
    (text, of): (&str, &str),
    shown: &str,
    value: &mut f32,
    range: std::ops::RangeInclusive<f32>,
    step: f64,
) {
    ui.horizontal(|ui| {
        ui.label(text);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.label(RichText::new(shown).color(theme::DIM));
        });
    });
    let slider = ui.add(egui::Slider::new(value, range).step_by(step).show_value(false));
    let slider = slider.accessible_name(say!("controls-slider-name", what = text, stick = of));
    ring(ui, &slider);
    grid.add_slider(&slider);
    grid.next_row();
}

/// The curve from rest (lower left) to the rim (upper right), and where the stick is now.
fn plot_ui(ui: &mut egui::Ui, name: &str, curve: StickCurve, dot: Option<[f32; 2]>) {
    let (rect, response) = ui.allocate_exact_size(vec2(PLOT, PLOT), Sense::hover());
    theme::pictured(&response, &say!("controls-plot-name", stick = name));
    if !ui.is_rect_visible(rect) {
        return;
    }
    let painter = ui.painter();
    painter.rect_filled(rect, 8.0, theme::CARD);
    let inner = rect.shrink(10.0);
    let at = |way: f32, answer: f32| {
        pos2(
            inner.left() + way * inner.width(),
            inner.bottom() - answer * inner.height(),
        )
    };
    // The dead zone.
    let zone = egui::Rect::from_min_max(at(0.0, 1.0), at(curve.dead_zone, 0.0));
    painter.rect_filled(zone, 0.0, theme::CARD_HOVERED);
    let faint = Stroke::new(1.0, theme::CHIP_LINE);
    painter.rect_stroke(inner, 0.0, faint, StrokeKind::Outside);
    painter.extend(Shape::dashed_line(&[at(0.0, 0.0), at(1.0, 1.0)], faint, 4.0, 4.0));
    let points = (0..=64).map(|i| i as f32 / 64.0).map(|way| at(way, curve.answer(way)));
    painter.add(Shape::line(points.collect(), Stroke::new(2.0, theme::ACCENT)));
    if let Some([way, answer]) = dot {
        painter.circle(at(way, answer), 5.0, Color32::WHITE, Stroke::new(2.0, theme::GROUND));
    }
    response.on_hover_text(say!("controls-plot-hint"));
}

//! Colours, sizes and the few shapes that every panel shares.

use egui::{Color32, CornerRadius, FontFamily, FontId, Margin, Stroke, TextStyle, vec2};

pub(super) const ACCENT: Color32 = Color32::from_rgb(232, 184, 107);
pub(super) const TEXT: Color32 = Color32::from_rgb(236, 234, 228);
pub(super) const DIM: Color32 = Color32::from_rgb(158, 160, 163);
pub(super) const RED: Color32 = Color32::from_rgb(232, 84, 78);
/// Words of warning: the red is too dark to be read at the size of text.
pub(super) const WARNING: Color32 = Color32::from_rgb(240, 140, 120);
/// Text on the accent.
pub(super) const ON_ACCENT: Color32 = Color32::from_rgb(26, 21, 12);
/// What lies behind the first screen, and the cards on it.
pub(super) const GROUND: Color32 = Color32::from_rgb(13, 15, 18);
pub(super) const CARD: Color32 = Color32::from_rgb(25, 28, 33);
pub(super) const CARD_HOVERED: Color32 = Color32::from_rgb(35, 39, 46);
/// The line round what is bound to a key.
pub(super) const CHIP_LINE: Color32 = Color32::from_rgb(58, 63, 72);
/// The edge of boxes to tick; three times as bright as panels.
const BOX_LINE: Color32 = Color32::from_rgb(112, 118, 128);
const BUTTON: Color32 = Color32::from_rgb(38, 42, 49);
const BUTTON_HOVERED: Color32 = Color32::from_rgb(52, 57, 66);
const BUTTON_PRESSED: Color32 = Color32::from_rgb(66, 72, 82);

/// Fill of panels that cover the picture.
pub(super) fn panel_fill() -> Color32 {
    Color32::from_rgba_unmultiplied(15, 17, 21, 242)
}

/// Fill of small notes through which the picture shows.
pub(super) fn note_fill() -> Color32 {
    Color32::from_rgba_unmultiplied(12, 14, 17, 190)
}

/// The edge of what lies over the picture: on the black bars beside the picture, and on a black sky, nothing else shows it.
pub(super) fn edge() -> Stroke {
    Stroke::new(1.0, Color32::from_white_alpha(26))
}

/// A small rounded box over the picture.
pub(super) fn note_frame() -> egui::Frame {
    egui::Frame::new()
        .fill(note_fill())
        .stroke(edge())
        .corner_radius(10)
        .inner_margin(Margin::symmetric(14, 9))
}

/// A larger box over the picture, with things to choose in it.
pub(super) fn sheet_frame(margin: impl Into<Margin>) -> egui::Frame {
    egui::Frame::new()
        .fill(panel_fill())
        .stroke(edge())
        .corner_radius(12)
        .inner_margin(margin)
}

/// Dresses a context.
pub(super) fn apply(context: &egui::Context) {
    context.set_theme(egui::ThemePreference::Dark);
    // The size of the interface is a setting, so its keys are read here.
    context.options_mut(|o| o.zoom_with_keyboard = false);
    context.all_styles_mut(|style| {
        let font = |size| FontId::new(size, FontFamily::Proportional);
        style.text_styles = [
            (TextStyle::Heading, font(25.0)),
            (TextStyle::Body, font(15.0)),
            (TextStyle::Button, font(15.0)),
            (TextStyle::Small, font(12.5)),
            (TextStyle::Monospace, FontId::new(13.0, FontFamily::Monospace)),
        ]
        .into();
        style.spacing.item_spacing = vec2(8.0, 8.0);
        style.spacing.button_padding = vec2(12.0, 7.0);
        style.spacing.interact_size.y = 30.0;
        style.spacing.slider_width = 150.0;
        style.interaction.selectable_labels = false;
        let visuals = &mut style.visuals;
        visuals.override_text_color = None;
        visuals.weak_text_color = Some(DIM);
        visuals.panel_fill = panel_fill();
        visuals.window_fill = panel_fill();
        visuals.extreme_bg_color = Color32::from_rgb(9, 10, 13);
        visuals.selection.bg_fill = Color32::from_rgb(104, 82, 44);
        visuals.selection.stroke = Stroke::new(1.0, ACCENT);
        visuals.slider_trailing_fill = true;
        let radius = CornerRadius::same(7);
        let widgets = &mut visuals.widgets;
        for (widget, fill, text) in [
            (&mut widgets.noninteractive, panel_fill(), TEXT),
            (&mut widgets.inactive, BUTTON, TEXT),
            (&mut widgets.hovered, BUTTON_HOVERED, Color32::WHITE),
            (&mut widgets.active, BUTTON_PRESSED, Color32::WHITE),
            (&mut widgets.open, BUTTON, TEXT),
        ] {
            widget.bg_fill = fill;
            widget.weak_bg_fill = fill;
            widget.bg_stroke = Stroke::NONE;
            widget.fg_stroke = Stroke::new(1.0, text);
            widget.corner_radius = radius;
            widget.expansion = 0.0;
        }
        widgets.noninteractive.bg_stroke = Stroke::new(1.0, Color32::from_rgb(40, 44, 51));
    });
}

/// The one button of a panel that is meant.
pub(super) fn primary_button(text: &str) -> egui::Button<'_> {
    egui::Button::new(egui::RichText::new(text).size(16.0).color(ON_ACCENT))
        .fill(ACCENT)
        .corner_radius(8)
}

/// A box to tick.
pub(super) fn checkbox<'a>(ui: &mut egui::Ui, on: &'a mut bool, text: impl egui::IntoAtoms<'a>) -> egui::Response {
    edged(ui, |ui| ui.checkbox(on, text))
}

/// One of several, of which one is chosen.
pub(super) fn radio<'a>(ui: &mut egui::Ui, chosen: bool, text: impl egui::IntoAtoms<'a>) -> egui::Response {
    edged(ui, |ui| ui.radio(chosen, text))
}

/// Edges are drawn where the ground alone of what is to be ticked would hardly be seen.
fn edged(ui: &mut egui::Ui, add: impl FnOnce(&mut egui::Ui) -> egui::Response) -> egui::Response {
    ui.scope(|ui| {
        let widgets = &mut ui.visuals_mut().widgets;
        for widget in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
            widget.bg_stroke = Stroke::new(1.0, BOX_LINE);
        }
        add(ui)
    })
    .inner
}

/// A small label over a picture: dark ground, white words. `right_top` is its corner.
pub(super) fn key_label(painter: &egui::Painter, right_top: egui::Pos2, text: &str) {
    let font = FontId::proportional(13.0);
    let text = painter.layout_no_wrap(text.to_owned(), font, Color32::WHITE);
    let width = (text.size().x + 12.0).max(24.0);
    let at = egui::Rect::from_min_size(right_top - vec2(width, 0.0), vec2(width, 22.0));
    painter.rect_filled(at, 6.0, Color32::from_black_alpha(150));
    painter.galley(at.center() - 0.5 * text.size(), text, Color32::WHITE);
}

/// The caption over a part of the menu.
pub(super) fn section(ui: &mut egui::Ui, text: &str) {
    ui.add_space(14.0);
    ui.label(egui::RichText::new(text).size(13.0).color(DIM));
}

/// A button for those who have the screen read to them: what it is called, and whether it is pressed in, if it can be.
pub(super) fn named(response: &egui::Response, name: &str, pressed: Option<bool>) {
    response.widget_info(|| egui::WidgetInfo {
        selected: pressed,
        ..egui::WidgetInfo::labeled(egui::Role::Button, response.enabled(), name)
    });
}

/// The same for a picture or chart.
pub(super) fn pictured(response: &egui::Response, name: &str) {
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, name));
}

/// A filled dot, as a light on a camera.
pub(super) fn dot(ui: &mut egui::Ui, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(11.0, 11.0), egui::Sense::hover());
    ui.painter().circle_filled(rect.center(), 5.5, color);
}

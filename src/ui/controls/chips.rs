//! What is bound, as small things that can be clicked: to change it, and with their cross to take it away.

use egui::{Align2, FontId, Rect, Sense, Stroke, StrokeKind, pos2, vec2};

use super::ring;
use crate::ui::focus::FocusGrid;
use crate::ui::theme;
use crate::words::say;

const HEIGHT: f32 = 28.0;
const CROSS_WIDTH: f32 = 24.0;
const PADDING: f32 = 10.0;
const RADIUS: f32 = 7.0;
const FONT: FontId = FontId::new(14.0, egui::FontFamily::Proportional);

/// What was clicked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Clicked {
    Chip,
    Cross,
}

/// Something that is bound to `what`. `warns`: it does something else as well, and nobody has said that it may.
pub(super) fn chip(
    ui: &mut egui::Ui,
    grid: &mut FocusGrid,
    id: egui::Id,
    label: &str,
    what: &str,
    warns: bool,
) -> Option<Clicked> {
    let width = text_width(ui, label);
    let size = vec2(PADDING + width + CROSS_WIDTH, HEIGHT);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let edge = rect.right() - CROSS_WIDTH;
    let face = ui.interact(
        Rect::from_min_max(rect.min, pos2(edge, rect.bottom())),
        id,
        Sense::click(),
    );
    let cross = ui.interact(
        Rect::from_min_max(pos2(edge, rect.top()), rect.max),
        id.with("cross"),
        Sense::click(),
    );
    theme::named(&face, &say!("controls-change-name", press = label, deed = what), None);
    theme::named(
        &cross,
        &say!("controls-take-away-name", press = label, deed = what),
        None,
    );
    grid.add(&face);
    grid.add(&cross);
    if ui.is_rect_visible(rect) {
        let lit = face.hovered() || face.has_focus();
        let fill = if lit { theme::CARD_HOVERED } else { theme::CARD };
        let line = if warns { theme::WARNING } else { theme::CHIP_LINE };
        let painter = ui.painter();
        painter.rect(rect, RADIUS, fill, Stroke::new(1.0, line), StrokeKind::Inside);
        let at = pos2(rect.left() + PADDING, rect.center().y);
        painter.text(at, Align2::LEFT_CENTER, label, FONT, theme::TEXT);
        let color = if cross.hovered() || cross.has_focus() {
            theme::WARNING
        } else {
            theme::DIM
        };
        let middle = cross.rect.center();
        for (a, b) in [(vec2(-3.5, -3.5), vec2(3.5, 3.5)), (vec2(-3.5, 3.5), vec2(3.5, -3.5))] {
            painter.line_segment([middle + a, middle + b], Stroke::new(1.2, color));
        }
        ring(ui, &face);
        ring(ui, &cross);
    }
    let cross = cross
        .on_hover_text(say!("controls-take-away-hint"))
        .on_hover_cursor(egui::CursorIcon::PointingHand);
    let face = face
        .on_hover_text(say!("controls-change-hint"))
        .on_hover_cursor(egui::CursorIcon::PointingHand);
    if cross.clicked() {
        Some(Clicked::Cross)
    } else {
        face.clicked().then_some(Clicked::Chip)
    }
}

/// Something that is bound and stays so.
pub(super) fn fixed(ui: &mut egui::Ui, label: &str) {
    let size = vec2(text_width(ui, label) + 2.0 * PADDING, HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    ui.painter()
        .text(rect.center(), Align2::CENTER_CENTER, label, FONT, theme::DIM);
    response.on_hover_text(say!("controls-fixed-hint"));
}

/// The place for one more.
pub(super) fn slot(ui: &mut egui::Ui, grid: &mut FocusGrid, id: egui::Id, what: &str) -> bool {
    let (rect, _) = ui.allocate_exact_size(vec2(HEIGHT, HEIGHT), Sense::hover());
    let response = ui.interact(rect, id, Sense::click());
    theme::named(&response, &say!("controls-add-name", deed = what), None);
    grid.add(&response);
    if ui.is_rect_visible(rect) {
        let lit = response.hovered() || response.has_focus();
        let color = if lit { theme::ACCENT } else { theme::DIM };
        let fill = if lit { theme::CARD_HOVERED } else { theme::GROUND };
        let painter = ui.painter();
        let line = Stroke::new(1.0, theme::CHIP_LINE);
        painter.rect(rect, RADIUS, fill, line, StrokeKind::Inside);
        let middle = rect.center();
        for arm in [vec2(4.5, 0.0), vec2(0.0, 4.5)] {
            painter.line_segment([middle - arm, middle + arm], Stroke::new(1.3, color));
        }
        ring(ui, &response);
    }
    response
        .on_hover_text(say!("controls-add-hint"))
        .on_hover_cursor(egui::CursorIcon::PointingHand)
        .clicked()
}

fn text_width(ui: &egui::Ui, text: &str) -> f32 {
    ui.painter().layout_no_wrap(text.to_owned(), FONT, theme::TEXT).size().x
}

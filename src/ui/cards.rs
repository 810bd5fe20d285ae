//! What the first screen is built of: large cards with a picture, and rows with a small one.

use egui::{Color32, CornerRadius, FontId, Rect, Sense, Stroke, StrokeKind, TextureId, Vec2, pos2, vec2};

use super::theme;
use crate::frame::Frame;

/// Height of the words under a card's picture.
const CAPTION_HEIGHT: f32 = 54.0;
/// Size of a row's picture.
const ROW_PICTURE: Vec2 = vec2(92.0, 54.0);
const ROW_MARGIN: f32 = 8.0;
const RADIUS: CornerRadius = CornerRadius::same(10);

/// Hands a picture to the graphics side.
pub(super) fn texture(context: &egui::Context, name: &str, frame: &Frame) -> egui::TextureHandle {
    let size = [frame.width_px, frame.height_px];
    let image = egui::ColorImage::from_rgba_unmultiplied(size, &frame.rgba);
    context.load_texture(name, image, egui::TextureOptions::LINEAR)
}

/// Height of a card of this width for pictures of this shape (height by width).
pub(super) fn card_height(width: f32, aspect: f32) -> f32 {
    (width * aspect).round() + CAPTION_HEIGHT
}

/// Where a card will be.
pub(super) fn empty_card_ui(ui: &mut egui::Ui, size: Vec2) {
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    ui.painter().rect_filled(rect, RADIUS, theme::CARD);
    let mut picture = rect;
    picture.set_bottom(rect.bottom() - CAPTION_HEIGHT);
    let top = CornerRadius { sw: 0, se: 0, ..RADIUS };
    ui.painter().rect_filled(picture, top, theme::CARD_HOVERED);
}

/// One place to begin in.
pub(super) struct Card<'a> {
    pub(super) texture: Option<TextureId>,
    pub(super) title: &'a str,
    pub(super) caption: &'a str,
    /// The key that chooses it.
    pub(super) key: Option<&'a str>,
    /// The walk that is on began in it.
    pub(super) chosen: bool,
}

impl Card<'_> {
    pub(super) fn ui(&self, ui: &mut egui::Ui, size: Vec2) -> egui::Response {
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        let name = match self.caption {
            "" => self.title.to_owned(),
            caption => format!("{}: {caption}", self.title),
        };
        theme::named(&response, &name, Some(self.chosen));
        if !ui.is_rect_visible(rect) {
            return response;
        }
        ground(ui, rect, &response, true);
        let mut picture = rect;
        picture.set_bottom(rect.bottom() - CAPTION_HEIGHT);
        let top = CornerRadius { sw: 0, se: 0, ..RADIUS };
        match self.texture {
            Some(texture) => cover(ui, picture, texture, top, Color32::WHITE),
            None => {
                ui.painter().rect_filled(picture, top, theme::CARD_HOVERED);
            }
        }
        let left = rect.left() + 14.0;
        let width = rect.width() - 28.0;
        let top = picture.bottom();
        line(ui, pos2(left, top + 9.0), self.title, 15.5, Color32::WHITE, width);
        line(ui, pos2(left, top + 31.0), self.caption, 12.5, theme::DIM, width);
        if let Some(key) = self.key {
            theme::key_label(ui.painter(), picture.right_top() + vec2(-8.0, 8.0), key);
        }
        ring(ui, rect, &response, self.chosen);
        response.on_hover_cursor(egui::CursorIcon::PointingHand)
    }
}

/// One file.
pub(super) struct Row<'a> {
    pub(super) texture: Option<TextureId>,
    pub(super) title: &'a str,
    pub(super) lines: &'a [String],
    /// Something can be done with it; otherwise it is greyed out.
    pub(super) enabled: bool,
    /// It can be chosen.
    pub(super) clickable: bool,
    pub(super) chosen: bool,
    /// A sign in place of the picture, or over it.
    pub(super) sign: Sign,
    /// Room at its end that the title leaves free.
    pub(super) tail: f32,
}

/// What stands for a file without a picture.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Sign {
    None,
    /// A video.
    Play,
    /// The same, over its picture.
    PlayOver,
    /// It is not there.
    Missing,
}

impl Row<'_> {
    pub(super) fn ui(&self, ui: &mut egui::Ui) -> egui::Response {
        let text_height = 24.0 + 17.0 * self.lines.len() as f32;
        let height = text_height.max(ROW_PICTURE.y) + 2.0 * ROW_MARGIN;
        let sense = if self.clickable { Sense::click() } else { Sense::hover() };
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), sense);
        let name = format!("{}. {}", self.title, self.lines.join(". "));
        if self.clickable {
            theme::named(&response, &name, None);
        } else {
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &name));
        }
        if !ui.is_rect_visible(rect) {
            return response;
        }
        ground(ui, rect, &response, self.clickable);
        let picture = Rect::from_min_size(rect.min + Vec2::splat(ROW_MARGIN), ROW_PICTURE);
        let tint = if self.enabled {
            Color32::WHITE
        } else {
            Color32::from_gray(90)
        };
        let radius = CornerRadius::same(6);
        match self.texture {
            Some(texture) => cover(ui, picture, texture, radius, tint),
            None => {
                ui.painter().rect_filled(picture, radius, theme::CARD_HOVERED);
            }
        }
        sign(ui, picture.center(), self.sign);
        let left = picture.right() + 12.0;
        let width = (rect.right() - 10.0 - left).max(10.0);
        let color = if self.enabled { Color32::WHITE } else { theme::DIM };
        let top = rect.top() + 0.5 * (height - text_height);
        let of_title = (width - self.tail).max(10.0);
        line(ui, pos2(left, top), self.title, 14.5, color, of_title);
        for (i, text) in self.lines.iter().enumerate() {
            let at = pos2(left, top + 22.0 + 17.0 * i as f32);
            line(ui, at, text, 12.5, theme::DIM, width);
        }
        ring(ui, rect, &response, self.chosen);
        if self.clickable {
            response.on_hover_cursor(egui::CursorIcon::PointingHand)
        } else {
            response
        }
    }
}

fn ground(ui: &egui::Ui, rect: Rect, response: &egui::Response, clickable: bool) {
    let lit = clickable && (response.hovered() || response.has_focus());
    let fill = if lit { theme::CARD_HOVERED } else { theme::CARD };
    ui.painter().rect_filled(rect, RADIUS, fill);
}

fn ring(ui: &egui::Ui, rect: Rect, response: &egui::Response, chosen: bool) {
    let stroke = if response.has_focus() {
        Stroke::new(2.5, theme::ACCENT)
    } else if chosen {
        Stroke::new(1.5, theme::ACCENT)
    } else {
        return;
    };
    ui.painter().rect_stroke(rect, RADIUS, stroke, StrokeKind::Inside);
}

/// Fills a rectangle with the middle of a picture.
fn cover(ui: &egui::Ui, rect: Rect, texture: TextureId, radius: CornerRadius, tint: Color32) {
    let size = ui.ctx().tex_manager().read().meta(texture).map_or([1, 1], |m| m.size);
    let (have, want) = (size[0] as f32 / size[1].max(1) as f32, rect.aspect_ratio());
    let part = if have > want {
        vec2(want / have, 1.0)
    } else {
        vec2(1.0, have / want)
    };
    let uv = Rect::from_center_size(pos2(0.5, 0.5), part);
    egui::Image::from_texture((texture, rect.size()))
        .uv(uv)
        .tint(tint)
        .corner_radius(radius)
        .paint_at(ui, rect);
}

fn sign(ui: &egui::Ui, at: egui::Pos2, sign: Sign) {
    let stroke = Stroke::new(2.0, theme::DIM);
    match sign {
        Sign::None => {}
        Sign::Play | Sign::PlayOver => {
            let over = sign == Sign::PlayOver;
            if over {
                ui.painter().circle_filled(at, 15.0, Color32::from_black_alpha(140));
            }
            let color = if over { Color32::WHITE } else { theme::DIM };
            let points = vec![at + vec2(-6.0, -8.0), at + vec2(9.0, 0.0), at + vec2(-6.0, 8.0)];
            ui.painter()
                .add(egui::Shape::convex_polygon(points, color, Stroke::NONE));
        }
        Sign::Missing => {
            for (a, b) in [(vec2(-6.0, -6.0), vec2(6.0, 6.0)), (vec2(-6.0, 6.0), vec2(6.0, -6.0))] {
                ui.painter().line_segment([at + a, at + b], stroke);
            }
        }
    }
}

/// One line of text, cut at a width.
fn line(ui: &egui::Ui, at: egui::Pos2, text: &str, size: f32, color: Color32, width: f32) {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), FontId::proportional(size), color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width);
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(at, galley, color);
}

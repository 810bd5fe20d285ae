//! The lower left corner: what is not as usual in the picture, so that nobody wonders. The scale of the depth view, another
//! speed when the numbers do not say it, and what is marked of the walk.

use egui::{Align2, Color32, Mesh, RichText, Sense, pos2, vec2};

use super::{Phase, UiState, branches, hud, notices, theme};
use crate::engine::{MarkEnd, PlaySpeed};
use crate::frame::DepthPicture;
use crate::words::say;

const SCALE_WIDTH: f32 = 190.0;
const SCALE_HEIGHT: f32 = 12.0;
/// Distances that the scale names; the first stands at the warm end.
const NAMED_M: [f32; 3] = [1.0, 10.0, 100.0];

pub(super) fn marks_ui(context: &egui::Context, state: &UiState<'_>) {
    if !are_shown(state) {
        return;
    }
    let speed = shows_speed(state);
    // In a narrow window a note may stand below, or the bar of branches with a note over it.
    let up = match context.content_rect().width() < notices::NARROW {
        true if branches::shows_bar(state) => 146.0,
        true => 84.0,
        false => 14.0,
    };
    egui::Area::new(egui::Id::unique("marks"))
        .anchor(Align2::LEFT_BOTTOM, vec2(14.0, -up))
        .interactable(false)
        .fade_in(false)
        .show(context, |ui| {
            theme::note_frame().show(ui, |ui| {
                ui.spacing_mut().interact_size.y = 0.0;
                ui.spacing_mut().item_spacing = vec2(10.0, 5.0);
                if speed {
                    let label = state.speed.label();
                    let text = match reached(state) {
                        Some(reached) => say!("marks-speed-reached", speed = label, reached = reached),
                        None => say!("marks-speed", speed = label),
                    };
                    ui.label(RichText::new(text).small().color(theme::TEXT));
                }
                if state.marked.is_any() {
                    marked_ui(ui, state);
                }
                if state.depth_shown {
                    ui.label(RichText::new(say!("marks-depth")).small().color(theme::TEXT));
                    scale_ui(ui);
                }
            });
        });
}

/// Whether anything stands in the corner.
pub(super) fn are_shown(state: &UiState<'_>) -> bool {
    let anything = shows_speed(state) || state.depth_shown || state.marked.is_any();
    // The sheet of branches takes the lower edge, and shows the marks itself.
    anything && state.phase == Phase::Walking && !state.menu_open && !state.branches_open
}

fn shows_speed(state: &UiState<'_>) -> bool {
    state.speed != PlaySpeed::Usual && !state.settings.hud
}

/// When a marked picture was seen, since the walk began.
pub(super) fn time(state: &UiState<'_>, end: MarkEnd) -> Option<String> {
    let frame = state.marked.at(end)?.frame;
    Some(hud::fine_clock(frame as f64 / state.world?.frames_per_sec))
}

/// How long the marked stretch is, if both its ends are marked.
pub(super) fn length(state: &UiState<'_>) -> Option<String> {
    let secs = state.marked.frames()? as f64 / state.world?.frames_per_sec;
    Some(say!("unit-seconds", number = format!("{secs:.1}")))
}

/// The marks, and how long it is from one to the other.
fn marked_ui(ui: &mut egui::Ui, state: &UiState<'_>) {
    ui.horizontal(|ui| {
        let ends = [
            time(state, MarkEnd::In).map(|time| say!("marks-in", time = time)),
            time(state, MarkEnd::Out).map(|time| say!("marks-out", time = time)),
        ];
        for text in ends.into_iter().flatten() {
            ui.label(RichText::new(text).small().color(theme::TEXT));
        }
        if let Some(length) = length(state) {
            ui.label(RichText::new(length).small().color(theme::ACCENT));
        }
    });
}

/// What comes of the speed, if the device does not keep up.
pub(super) fn reached(state: &UiState<'_>) -> Option<String> {
    let frames_per_sec = state.world?.frames_per_sec;
    let reached = 1e3 / (state.hud.stats.period_ms * frames_per_sec);
    (reached.is_finite() && reached < 0.93 * state.speed.factor()).then(|| format!("{reached:.1}"))
}

/// The colours from near to far, then the sky's.
fn scale_ui(ui: &mut egui::Ui) {
    let sky_width = 22.0;
    let (rect, response) = ui.allocate_exact_size(vec2(SCALE_WIDTH, SCALE_HEIGHT + 16.0), Sense::hover());
    theme::pictured(&response, say!("marks-scale-name"));
    let bar = egui::Rect::from_min_size(rect.min, vec2(SCALE_WIDTH - sky_width - 6.0, SCALE_HEIGHT));
    let nearest = u8::MAX;
    let x_of = |shade: u8| bar.left() + bar.width() * f32::from(nearest - shade) / f32::from(nearest - 1);
    let mut mesh = Mesh::default();
    for (i, shade) in (1..=nearest).rev().step_by(2).enumerate() {
        for y in [bar.top(), bar.bottom()] {
            mesh.colored_vertex(pos2(x_of(shade), y), color(shade));
        }
        if i > 0 {
            let at = 2 * i as u32;
            mesh.add_triangle(at - 2, at - 1, at);
            mesh.add_triangle(at - 1, at, at + 1);
        }
    }
    let painter = ui.painter();
    painter.add(mesh);
    let sky = egui::Rect::from_min_max(
        pos2(rect.right() - sky_width, bar.top()),
        pos2(rect.right(), bar.bottom()),
    );
    painter.rect_filled(sky, 0.0, color(0));
    let font = egui::FontId::proportional(11.5);
    for (i, distance_m) in NAMED_M.into_iter().enumerate() {
        let align = [Align2::LEFT_TOP, Align2::CENTER_TOP, Align2::CENTER_TOP][i];
        let at = pos2(x_of(DepthPicture::shade_of(distance_m)), bar.bottom() + 2.0);
        painter.text(at, align, format!("{distance_m:.0}"), font.clone(), theme::DIM);
    }
    let at = pos2(sky.center().x, bar.bottom() + 2.0);
    painter.text(at, Align2::CENTER_TOP, say!("marks-sky"), font, theme::DIM);
}

fn color(shade: u8) -> Color32 {
    let [r, g, b] = DepthPicture::colour(shade);
    Color32::from_rgb(r, g, b)
}

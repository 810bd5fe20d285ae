//! The branches of a walk: a panel to choose one in, and a bar that shows where one is while going back. Both paint the same
//! tree.

use std::collections::HashMap;

use egui::{Align2, Color32, CornerRadius, FontId, Pos2, Rect, RichText, Sense, Shape, Stroke, StrokeKind, pos2, vec2};

use super::focus::{FocusGrid, FocusMemory};
use super::hud::clock;
use super::tree::{Placed, TreeLayout};
use super::{Phase, UiCommand, UiState, cards, focus, keys, theme};
use crate::engine::{BranchLine, BranchTree, MarkEnd, Marked};
use crate::frame::FRAMES_PER_LATENT;
use crate::settings::Deed;
use crate::words::say;

/// The panel is no wider than this.
const WIDTH: f32 = 980.0;
const ROW_HEIGHT: f32 = 74.0;
const PICTURE_WIDTH: f32 = 100.0;
const BAR_WIDTH: f32 = 420.0;
const BAR_ROW: f32 = 13.0;
/// How a line turns into its row.
const BEND: f32 = 11.0;
const OTHER: Color32 = Color32::from_rgb(96, 101, 110);

/// What the panel remembers between frames.
#[derive(Default)]
pub(super) struct Branches {
    focus: FocusMemory,
    /// Small pictures, by line and frame.
    textures: HashMap<(u64, u64), egui::TextureHandle>,
}

impl Branches {
    /// Paints the pictures that are new, and lets those go that are not in the tree any more.
    fn see_to_pictures(&mut self, context: &egui::Context, tree: &BranchTree) {
        let key = |line: &BranchLine| line.picture.as_ref().map(|picture| (line.id, picture.index));
        let keys: Vec<_> = tree.lines.iter().filter_map(key).collect();
        self.textures.retain(|key, _| keys.contains(key));
        for line in &tree.lines {
            if let (Some(key), Some(picture)) = (key(line), &line.picture) {
                let texture = || cards::texture(context, &format!("branch {}", line.id), picture);
                self.textures.entry(key).or_insert_with(texture);
            }
        }
    }

    fn texture(&self, line: &BranchLine) -> Option<egui::TextureId> {
        let picture = line.picture.as_ref()?;
        self.textures
            .get(&(line.id, picture.index))
            .map(egui::TextureHandle::id)
    }
}

pub(super) fn branches_ui(
    branches: &mut Branches,
    context: &egui::Context,
    state: &UiState<'_>,
    commands: &mut Vec<UiCommand>,
) {
    if state.branches_open {
        panel_ui(branches, context, state, commands);
    } else if !branches.textures.is_empty() || branches.focus != FocusMemory::default() {
        *branches = Branches::default();
    }
    if shows_bar(state)
        && let Some(tree) = state.branches
    {
        bar_ui(context, state, tree);
    }
}

/// Whether a bar at the bottom shows where in the past one is: while one goes back, and at rest where something is marked.
pub(super) fn shows_bar(state: &UiState<'_>) -> bool {
    let panel = state.menu_open || state.prompt_open || state.branches_open;
    let at_rest = state.paused && state.marked.is_any();
    state.phase == Phase::Walking && !panel && (state.rewinding || at_rest) && state.branches.is_some()
}

/// Time since the walk began.
fn time(state: &UiState<'_>, latent: u64) -> String {
    let frames_per_sec = state.world.map_or(24.0, |world| world.frames_per_sec);
    clock((latent * FRAMES_PER_LATENT as u64) as f64 / frames_per_sec)
}

/// Where one is while going back.
fn bar_ui(context: &egui::Context, state: &UiState<'_>, tree: &BranchTree) {
    let width = BAR_WIDTH.min(context.content_rect().width() - 160.0).max(40.0);
    egui::Area::new(egui::Id::unique("going back"))
        .anchor(Align2::CENTER_BOTTOM, vec2(0.0, -22.0))
        .interactable(false)
        .fade_in(false)
        .show(context, |ui| {
            theme::note_frame().show(ui, |ui| {
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = 16.0;
                    let layout = TreeLayout::new(tree, width, 8.0);
                    let size = vec2(width + 8.0, BAR_ROW * layout.rows as f32 + 3.0);
                    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
                    let at =
                        |x: f32, row: usize| pos2(rect.left() + 4.0 + x, rect.top() + BAR_ROW * (row as f32 + 0.6));
                    lines_ui(ui, &layout, 2.5, 5.0, at);
                    for placed in layout.lines.iter().filter(|l| l.is_end) {
                        ui.painter()
                            .circle_filled(at(placed.to_x, placed.row), 3.0, color(placed));
                    }
                    marked_ui(ui.painter(), &layout, state.marked, 6.0, at);
                    if let Some((x, row)) = layout.here(tree) {
                        here_ui(ui.painter(), at(x, row));
                    }
                    let text = RichText::new(time(state, tree.at_latent))
                        .monospace()
                        .color(Color32::WHITE);
                    ui.label(text);
                });
            });
        });
}

fn color(placed: &Placed<'_>) -> Color32 {
    if placed.on_path { theme::ACCENT } else { OTHER }
}

/// All lines, those of the walk on top.
fn lines_ui(ui: &egui::Ui, layout: &TreeLayout<'_>, width: f32, bend: f32, at: impl Fn(f32, usize) -> Pos2) {
    let mut lines: Vec<&Placed<'_>> = layout.lines.iter().collect();
    lines.sort_by_key(|line| line.on_path);
    for placed in lines {
        let stroke = Stroke::new(width, color(placed));
        let (fork, begin) = (at(placed.from_x, placed.from_row), at(placed.from_x, placed.row));
        let end = at(placed.to_x, placed.row);
        if fork == begin {
            ui.painter().line_segment([begin, end], stroke);
            continue;
        }
        let bend = bend.min(0.5 * (end.x - begin.x)).max(0.0);
        let (down, on) = (begin - vec2(0.0, bend), begin + vec2(bend, 0.0));
        ui.painter().line_segment([fork, down], stroke);
        let curve = egui::epaint::QuadraticBezierShape::from_points_stroke(
            [down, begin, on],
            false,
            Color32::TRANSPARENT,
            stroke,
        );
        ui.painter().add(curve);
        ui.painter().line_segment([on, end], stroke);
    }
}

/// The marks as brackets of this half height, and what lies between them.
fn marked_ui(
    painter: &egui::Painter,
    layout: &TreeLayout<'_>,
    marked: Marked,
    half: f32,
    at: impl Fn(f32, usize) -> Pos2,
) {
    let place = |end| {
        let mark = marked.at(end)?;
        layout.on_line(mark.line, mark.frame.div_ceil(FRAMES_PER_LATENT as u64))
    };
    let (from, to) = (place(MarkEnd::In), place(MarkEnd::Out));
    if let (Some((from_x, _)), Some((to_x, _)), Some(out)) = (from, to, marked.to) {
        for (begin, end, row) in layout.stretch(out.line, from_x, to_x) {
            painter.line_segment([at(begin, row), at(end, row)], Stroke::new(4.0, Color32::WHITE));
        }
    }
    for (place, inward) in [(from, 4.0), (to, -4.0)] {
        let Some((x, row)) = place else { continue };
        let (upper, lower) = (at(x, row) - vec2(0.0, half), at(x, row) + vec2(0.0, half));
        let inward = vec2(inward, 0.0);
        let bracket = vec![upper + inward, upper, lower, lower + inward];
        painter.add(Shape::line(bracket, Stroke::new(2.0, Color32::WHITE)));
    }
}

/// The place where the walk stands.
fn here_ui(painter: &egui::Painter, at: Pos2) {
    painter.circle_filled(at, 7.0, theme::ACCENT);
    painter.circle_filled(at, 4.5, Color32::WHITE);
}

fn panel_ui(branches: &mut Branches, context: &egui::Context, state: &UiState<'_>, commands: &mut Vec<UiCommand>) {
    let screen = context.content_rect();
    let width = (screen.width() - 28.0).min(WIDTH) - 44.0;
    let mut grid = FocusGrid::default();
    egui::Area::new(egui::Id::unique("branches"))
        .anchor(Align2::CENTER_BOTTOM, vec2(0.0, -14.0))
        .fade_in(false)
        .show(context, |ui| {
            theme::sheet_frame(egui::Margin::symmetric(22, 16)).show(ui, |ui| {
                ui.set_width(width.max(60.0));
                ui.label(RichText::new(say!("branches-title")).size(20.0).color(Color32::WHITE));
                let said = match state.branches {
                    Some(tree) if !tree.lines.is_empty() => {
                        branches.see_to_pictures(context, tree);
                        let room = (screen.height() - 190.0).max(ROW_HEIGHT);
                        egui::ScrollArea::vertical()
                            .max_height(room)
                            .show(ui, |ui| {
                                let said = tree_ui(branches, ui, state, tree, &mut grid, commands);
                                focus::follow(ui);
                                said
                            })
                            .inner
                    }
                    Some(_) => say!("branches-none").to_owned(),
                    // It comes in a moment.
                    None => String::new(),
                };
                ui.horizontal(|ui| {
                    grid.next_row();
                    let close = ui.button(say!("close"));
                    grid.add(&close);
                    if close.clicked() {
                        commands.push(UiCommand::CloseBranches);
                    }
                    ui.add(egui::Label::new(RichText::new(said).color(theme::DIM)).wrap());
                });
            });
        });
    grid.finish(context, &mut branches.focus);
}

/// The tree; what it says of the place that is looked at.
fn tree_ui(
    branches: &Branches,
    ui: &mut egui::Ui,
    state: &UiState<'_>,
    tree: &BranchTree,
    grid: &mut FocusGrid,
    commands: &mut Vec<UiCommand>,
) -> String {
    let aspect = state
        .world
        .map_or(0.6, |w| w.lens.height_px as f32 / w.lens.width_px.max(1) as f32);
    let picture = vec2(PICTURE_WIDTH, (PICTURE_WIDTH * aspect).clamp(20.0, ROW_HEIGHT - 12.0));
    let width = (ui.available_width() - picture.x - 22.0).max(20.0);
    let layout = TreeLayout::new(tree, width, 34.0);
    let size = vec2(ui.available_width(), ROW_HEIGHT * layout.rows as f32 + 8.0);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let at = |x: f32, row: usize| {
        pos2(
            rect.left() + 10.0 + x,
            rect.top() + 4.0 + ROW_HEIGHT * (row as f32 + 0.5),
        )
    };
    lines_ui(ui, &layout, 3.0, BEND, at);
    let here = layout.here(tree);
    let mut said = None;
    let mut row = 0;
    for placed in &layout.lines {
        if placed.row != row {
            row = placed.row;
            grid.next_row();
        }
        let Some(texture) = branches.texture(placed.line) else {
            continue;
        };
        let end = at(placed.to_x, placed.row);
        let place = match placed.is_end {
            true => Rect::from_min_size(end - vec2(0.0, 0.5 * picture.y), picture),
            false => Rect::from_center_size(end, vec2(26.0, 26.0)),
        };
        let response = ui.interact(place, ui.scope_id().with(("branch", placed.line.id)), Sense::click());
        let is_here = here == Some((placed.to_x, placed.row));
        if placed.line.id == tree.current {
            grid.start_here();
        }
        grid.add(&response);
        let time = time(state, placed.line.to_latent);
        let what = match (is_here, placed.is_end) {
            (true, _) => say!("branches-here", time = time),
            (false, true) => say!("branches-end", time = time),
            (false, false) => say!("branches-fork", time = time),
        };
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &what));
        let lit = response.hovered() || response.has_focus();
        if placed.is_end {
            end_ui(ui, place, texture, &time, placed, &response);
        } else {
            fork_ui(ui, end, &time, placed, lit);
            if lit {
                preview_ui(ui, end, picture, texture);
            }
        }
        if lit && !(is_here && tree.lines.len() == 1) {
            said = Some(what);
        }
        if response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
            commands.push(match is_here {
                true => UiCommand::CloseBranches,
                false => UiCommand::GoToBranch(placed.line.id),
            });
        }
    }
    marked_ui(ui.painter(), &layout, state.marked, 11.0, at);
    if let Some((x, row)) = here {
        here_ui(ui.painter(), at(x, row));
    }
    said.unwrap_or_else(|| match layout.lines.len() {
        1 => first_steps(state),
        _ => say!("branches-choose", time = time(state, tree.at_latent)),
    })
}

/// How one comes to a second branch.
fn first_steps(state: &UiState<'_>) -> String {
    match keys::label(&state.settings.bindings, Deed::Rewind) {
        Some(key) => say!("branches-first-steps", key = key),
        None => say!("branches-first-steps-without-key").to_owned(),
    }
}

/// The end of a branch: its picture and its time.
fn end_ui(
    ui: &egui::Ui,
    rect: Rect,
    texture: egui::TextureId,
    time: &str,
    placed: &Placed<'_>,
    response: &egui::Response,
) {
    let radius = CornerRadius::same(7);
    egui::Image::from_texture((texture, rect.size()))
        .corner_radius(radius)
        .paint_at(ui, rect);
    let text = ui
        .painter()
        .layout_no_wrap(time.to_owned(), FontId::proportional(12.0), Color32::WHITE);
    let size = text.size() + vec2(10.0, 4.0);
    let label = Rect::from_min_size(rect.right_bottom() - size - vec2(5.0, 5.0), size);
    ui.painter().rect_filled(label, 5.0, Color32::from_black_alpha(160));
    ui.painter().galley(label.min + vec2(5.0, 2.0), text, Color32::WHITE);
    let stroke = if response.has_focus() {
        Stroke::new(3.0, Color32::WHITE)
    } else if response.hovered() {
        Stroke::new(2.0, Color32::WHITE)
    } else {
        Stroke::new(2.0, color(placed))
    };
    ui.painter().rect_stroke(rect, radius, stroke, StrokeKind::Outside);
}

/// A fork: a dot and its time.
fn fork_ui(ui: &egui::Ui, at: Pos2, time: &str, placed: &Placed<'_>, lit: bool) {
    let painter = ui.painter();
    painter.circle_filled(at, if lit { 8.0 } else { 6.0 }, color(placed));
    painter.circle_filled(at, if lit { 5.0 } else { 3.0 }, theme::GROUND);
    if lit {
        painter.circle_stroke(at, 10.0, Stroke::new(2.0, Color32::WHITE));
    }
    let above = at - vec2(0.0, 12.0);
    painter.text(
        above,
        Align2::CENTER_BOTTOM,
        time,
        FontId::proportional(12.0),
        theme::DIM,
    );
}

/// What was seen at a fork, over all else.
fn preview_ui(ui: &egui::Ui, fork: Pos2, size: egui::Vec2, texture: egui::TextureId) {
    let layer = egui::LayerId::new(egui::Order::Tooltip, ui.scope_id().with("preview"));
    let at = Rect::from_min_size(fork - vec2(0.5 * size.x, size.y + 34.0), size);
    let uv = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
    let painter = ui.ctx().layer_painter(layer);
    painter.add(Shape::image(texture, at, uv, Color32::WHITE));
    painter.rect_stroke(at, 2.0, Stroke::new(2.0, Color32::WHITE), StrokeKind::Outside);
}

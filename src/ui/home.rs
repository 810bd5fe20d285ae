//! The first screen: where to begin. Places of the opened world as cards; files beside them as rows.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use egui::{Color32, RichText, TextureHandle, TextureId, vec2};

use super::cards::{self, Card, Row, Sign};
use super::kept;
use super::page::{self, BAR};
use super::shelf::{name_of, size_text};
use super::{About, Interface, Phase, RecordingKind, Shelf, UiCommand, UiState, focus, keys, scale, theme};
use crate::engine::WorldInfo;
use crate::frame::Frame;
use crate::settings::Deed;
use crate::words::say;

/// A window at least this wide has the files beside the places, not below them.
const TWO_COLUMNS: f32 = 960.0;
const SIDE_WIDTH: f32 = 350.0;
const GAP: f32 = 16.0;
/// A page at least this wide has the program's name and the buttons for the size side by side.
const NAME_AND_SIZE: f32 = 370.0;
/// A card is at least this wide.
const CARD_WIDTH: f32 = 228.0;

/// What the first screen remembers between frames.
#[derive(Default)]
pub(super) struct Home {
    /// Small pictures of files.
    textures: HashMap<PathBuf, TextureHandle>,
    /// It has been shown and something has been focused, so that arrows have a place to start from.
    focused: bool,
    /// A file that is to be deleted if it is asked for again.
    pub(super) doomed: Option<PathBuf>,
}

impl Home {
    pub(super) fn closed(&mut self) {
        self.focused = false;
        self.doomed = None;
    }

    pub(super) fn set_shelf(&mut self, context: &egui::Context, shelf: &Shelf) {
        let of = |path: &PathBuf, frame: Option<&Frame>| {
            let frame = frame?;
            Some((
                path.clone(),
                cards::texture(context, &path.display().to_string(), frame),
            ))
        };
        let generators = shelf.generators.iter().filter_map(|g| {
            let about = g.about.as_ref().ok()?;
            of(&g.path, about.thumbnail.as_ref())
        });
        let pictures = shelf
            .pictures
            .iter()
            .filter_map(|p| of(&p.path, p.thumbnail.as_ref().ok()));
        let recordings = shelf.recordings.iter().filter_map(|r| match &r.kind {
            RecordingKind::Screenshot { thumbnail }
            | RecordingKind::Gif { thumbnail }
            | RecordingKind::Video { thumbnail, .. } => of(&r.path, thumbnail.as_ref()),
        });
        let moments = (shelf.moments.iter()).filter_map(|m| of(&m.path, Some(&m.about.as_ref().ok()?.picture)));
        let files = generators.chain(pictures).chain(recordings).chain(moments);
        self.textures = files.collect();
        self.doomed = None;
    }

    pub(super) fn texture(&self, path: &Path) -> Option<TextureId> {
        self.textures.get(path).map(TextureHandle::id)
    }
}

pub(super) fn home_ui(
    interface: &mut Interface,
    context: &egui::Context,
    state: &UiState<'_>,
    commands: &mut Vec<UiCommand>,
) {
    page::page_ui(context, "home", |ui| {
        let low = page::is_low(context);
        if !low {
            head_ui(ui, state, commands);
            ui.add_space(14.0);
        }
        let mut first = None;
        let width = ui.available_width();
        let height = ui.available_height().max(1.0);
        if width >= TWO_COLUMNS && !low {
            let places = width - SIDE_WIDTH - 2.0 * GAP - BAR;
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                page::column(ui, "places", vec2(places, height), GAP, |ui| {
                    places_ui(interface, ui, state, &mut first, commands);
                });
                ui.add_space(2.0 * GAP);
                // Its bar goes into the margin.
                page::column(ui, "files", vec2(SIDE_WIDTH, height), GAP, |ui| {
                    files_ui(interface, ui, state, commands);
                });
            });
        } else {
            // Its bar goes into the margin, too: cards end where the buttons above do.
            page::column(ui, "all", vec2(width, height), GAP, |ui| {
                if low {
                    ui.scope(|ui| head_ui(ui, state, commands));
                    ui.add_space(10.0);
                }
                places_ui(interface, ui, state, &mut first, commands);
                ui.add_space(20.0);
                files_ui(interface, ui, state, commands);
            });
        }
        keep_focus(interface, context, first);
    });
}

/// Arrows move what is focused; somebody has to begin.
fn keep_focus(interface: &mut Interface, context: &egui::Context, first: Option<egui::Id>) {
    let Some(first) = first else { return };
    let arrow = context.input(|i| {
        use egui::Key::{ArrowDown, ArrowLeft, ArrowRight, ArrowUp};
        [ArrowDown, ArrowLeft, ArrowRight, ArrowUp]
            .into_iter()
            .any(|k| i.key_pressed(k))
    });
    let nobody = context.memory(|m| m.focused().is_none());
    if !interface.home.focused || (nobody && arrow) {
        match std::mem::replace(&mut interface.home.focused, true) {
            true => context.memory_mut(|m| m.request_focus(first)),
            false => focus::give(context, first),
        }
        // The arrow has done its work: it shall not move on from here.
        context.memory_mut(|m| m.move_focus(egui::FocusDirection::None));
        context.request_repaint();
    } else if arrow {
        // The focus moves at the end of this frame and shows in the next.
        context.request_repaint();
    }
}

fn head_ui(ui: &mut egui::Ui, state: &UiState<'_>, commands: &mut Vec<UiCommand>) {
    // Not as far apart as cards, also where it scrolls with them.
    ui.spacing_mut().item_spacing.x = 8.0;
    if ui.available_width() < NAME_AND_SIZE {
        page::name_ui(ui);
        ui.horizontal(|ui| scale::size_ui(ui, state, commands));
    } else {
        ui.horizontal(|ui| {
            page::name_ui(ui);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                scale::size_ui(ui, state, commands);
            });
        });
    }
    // Title and buttons side by side.
    let enough = if state.can_go_back { 1070.0 } else { 910.0 };
    let narrow = ui.available_width() < enough;
    // In the order of reading; the one that is meant comes first.
    let mut buttons = vec![
        (
            say!("home-open-picture"),
            say!("home-open-picture-hint"),
            UiCommand::ChoosePicture,
        ),
        (
            say!("home-open-world"),
            say!("home-open-world-hint"),
            UiCommand::ChooseGenerator,
        ),
        (say!("controls-title"), say!("controls-hint"), UiCommand::Controls),
        (say!("computing-title"), say!("computing-hint"), UiCommand::Computing),
        (say!("quit"), say!("home-quit-hint"), UiCommand::Quit),
    ];
    if state.can_go_back {
        buttons.insert(0, (say!("home-back"), say!("key-Escape"), UiCommand::CloseHome));
    }
    let mut add = |ui: &mut egui::Ui, (text, hint, command): (&str, &str, UiCommand)| {
        let button = match command {
            UiCommand::CloseHome => theme::primary_button(text),
            _ => egui::Button::new(text),
        };
        let button = button.min_size(vec2(0.0, 36.0));
        if ui.add(button).on_hover_text(hint).clicked() {
            commands.push(command);
        }
    };
    let title = RichText::new(say!("home-title")).size(28.0).color(Color32::WHITE);
    if narrow {
        ui.add(egui::Label::new(title).wrap());
        ui.horizontal_wrapped(|ui| buttons.into_iter().for_each(|b| add(ui, b)));
    } else {
        ui.horizontal(|ui| {
            ui.label(title);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                buttons.into_iter().rev().for_each(|b| add(ui, b));
            });
        });
    }
}

/// The places of the opened world. The id of the card that arrows shall start from goes to `first`.
fn places_ui(
    interface: &Interface,
    ui: &mut egui::Ui,
    state: &UiState<'_>,
    first: &mut Option<egui::Id>,
    commands: &mut Vec<UiCommand>,
) {
    if let Phase::Failed { message } = state.phase {
        *first = Some(failure_ui(ui, message, commands));
        if state.world.is_none() {
            return;
        }
    }
    let Some(world) = state.world else {
        caption_ui(ui, say!("opening-world"), "");
        // Where the cards will be, so that nothing jumps.
        grid(ui, 6, 0.58, |ui, _, size| cards::empty_card_ui(ui, size));
        return;
    };
    caption_ui(ui, &world.title, &world_line(world, state));
    let aspect = world.lens.height_px as f32 / world.lens.width_px.max(1) as f32;
    grid(ui, world.pictures.len(), aspect, |ui, number, size| {
        let picture = &world.pictures[number];
        let card = Card {
            texture: interface.thumbnails.get(number).map(TextureHandle::id),
            title: &picture.name,
            caption: &picture.prompt,
            key: super::menu::place_key(state, number),
            chosen: state.can_go_back && state.bundled == Some(number),
        };
        let response = card.ui(ui, size);
        if number == 0 || card.chosen {
            *first = Some(response.id);
        }
        if response.clicked() {
            commands.push(UiCommand::FirstFrame(number));
        }
    });
}

fn world_line(world: &WorldInfo, state: &UiState<'_>) -> String {
    let lens = &world.lens;
    let line = say!(
        "home-world-line",
        width = lens.width_px,
        height = lens.height_px,
        rate = world.frames_per_sec,
    );
    match (state.phase, state.device) {
        (Phase::Loading, "" | "cpu") => say!("home-world-loading", line = line),
        (Phase::Loading, _) => say!("home-world-readying", line = line),
        _ => line,
    }
}

pub(super) fn caption_ui(ui: &mut egui::Ui, title: &str, line: &str) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(title).size(18.0).color(Color32::WHITE));
        ui.add(egui::Label::new(RichText::new(line).size(13.0).color(theme::DIM)).truncate());
    });
    ui.add_space(2.0);
}

/// Cards of one size, as many side by side as fit.
fn grid(ui: &mut egui::Ui, count: usize, aspect: f32, mut card: impl FnMut(&mut egui::Ui, usize, egui::Vec2)) {
    let width = ui.available_width();
    let columns = (((width + GAP) / (CARD_WIDTH + GAP)) as usize).max(1);
    let each = ((width - GAP * (columns - 1) as f32) / columns as f32).floor();
    let size = vec2(each.max(1.0), cards::card_height(each.max(1.0), aspect));
    for row in 0..count.div_ceil(columns) {
        ui.horizontal(|ui| {
            for number in (row * columns)..((row + 1) * columns).min(count) {
                card(ui, number, size);
            }
        });
        ui.add_space(GAP - 8.0);
    }
}

/// Says what failed; the id of its button comes back.
fn failure_ui(ui: &mut egui::Ui, message: &str, commands: &mut Vec<UiCommand>) -> egui::Id {
    caption_ui(ui, say!("home-failed"), "");
    ui.add(egui::Label::new(RichText::new(message).color(theme::DIM)).wrap());
    let again = ui.add(theme::primary_button(say!("try-again")));
    if again.clicked() {
        commands.push(UiCommand::Retry);
    }
    ui.add_space(14.0);
    again.id
}

/// Generator files, kept moments, pictures and recordings.
fn files_ui(interface: &mut Interface, ui: &mut egui::Ui, state: &UiState<'_>, commands: &mut Vec<UiCommand>) {
    let Some(shelf) = state.shelf else {
        caption_ui(ui, say!("home-worlds"), "");
        ui.label(RichText::new(say!("home-looking")).color(theme::DIM));
        return;
    };
    let home = &interface.home;
    caption_ui(ui, say!("home-worlds"), "");
    if shelf.generators.is_empty() {
        empty_ui(ui, say!("home-no-worlds"));
    }
    for card in &shelf.generators {
        let open = state.world.is_some() && state.generator == Some(card.path.as_path());
        let response = match &card.about {
            Ok(about) => Row {
                texture: home.texture(&card.path),
                title: &about.title,
                lines: &about_lines(about, &card.path, open),
                enabled: true,
                clickable: !open,
                chosen: open,
                sign: Sign::None,
                tail: 0.0,
            }
            .ui(ui),
            Err(why) => missing_ui(ui, &card.path, why, 0.0),
        };
        if response.on_hover_text(card.path.display().to_string()).clicked() {
            commands.push(UiCommand::Open(card.path.clone()));
        }
    }
    if !shelf.moments.is_empty() {
        ui.add_space(12.0);
        kept::moments_ui(&mut interface.home, ui, shelf, commands);
    }
    let home = &interface.home;
    ui.add_space(12.0);
    caption_ui(ui, say!("home-pictures"), "");
    if shelf.pictures.is_empty() {
        empty_ui(ui, say!("home-no-pictures"));
    }
    for card in &shelf.pictures {
        let response = match &card.thumbnail {
            Ok(_) => file_ui(ui, home.texture(&card.path), &card.path, card.folder.clone()),
            Err(why) => missing_ui(ui, &card.path, why, 0.0),
        };
        if response.on_hover_text(card.path.display().to_string()).clicked() {
            commands.push(UiCommand::Begin(card.path.clone()));
        }
    }
    ui.add_space(12.0);
    let hint = |deed| keys::hint(&state.settings.bindings, deed);
    let keys = [hint(Deed::Record), hint(Deed::Screenshot)];
    kept::recordings_ui(&mut interface.home, ui, shelf, &keys, commands);
}

/// A picture that can be begun in.
fn file_ui(ui: &mut egui::Ui, texture: Option<TextureId>, path: &Path, line: String) -> egui::Response {
    Row {
        texture,
        title: &name_of(path),
        lines: &[line],
        enabled: true,
        clickable: true,
        chosen: false,
        sign: Sign::None,
        tail: 0.0,
    }
    .ui(ui)
}

/// A file that cannot be used, with the reason.
pub(super) fn missing_ui(ui: &mut egui::Ui, path: &Path, why: &str, tail: f32) -> egui::Response {
    Row {
        texture: None,
        title: &name_of(path),
        lines: &[why.to_owned()],
        enabled: false,
        clickable: false,
        chosen: false,
        sign: Sign::Missing,
        tail,
    }
    .ui(ui)
}

pub(super) fn empty_ui(ui: &mut egui::Ui, text: &str) {
    ui.add(egui::Label::new(RichText::new(text).size(13.5).color(theme::DIM)).wrap());
}

/// What a generator file says of itself, in lines.
fn about_lines(about: &About, path: &Path, open: bool) -> Vec<String> {
    let [width, height] = about.frame_px;
    let rate = about.frames_per_sec;
    let name = name_of(path);
    vec![
        if open { say!("home-open-now", file = name) } else { name },
        say!("home-about-frames", width = width, height = height, rate = rate),
        format!("{}  ·  {}", size_text(about.size_bytes), about.licence),
        about.trained.clone(),
    ]
}

//! What a user has kept, on the first screen: moments of walks, recordings, screenshots. Rows that can be deleted.

use std::path::{Path, PathBuf};

use egui::{Rect, RichText, pos2, vec2};

use super::cards::{Row, Sign};
use super::home::{Home, caption_ui, empty_ui, missing_ui};
use super::hud::clock;
use super::shelf::{ago, name_of, size_text};
use super::{RecordingKind, Shelf, UiCommand, theme};
use crate::record::Length;
use crate::words::say;

/// Room at a row's end for the button that deletes it.
const TAIL: f32 = 34.0;

pub(super) fn moments_ui(home: &mut Home, ui: &mut egui::Ui, shelf: &Shelf, commands: &mut Vec<UiCommand>) {
    caption_ui(ui, say!("kept-moments"), "");
    for card in &shelf.moments {
        let age = ago(card.age_secs);
        let response = match &card.about {
            Ok(about) => {
                let length = clock(about.secs);
                let lines = [
                    say!("kept-moment-line", world = about.title, time = length),
                    format!("{age}  ·  {}", size_text(card.size_bytes)),
                ];
                Row {
                    texture: home.texture(&card.path),
                    title: &about.name,
                    lines: &lines,
                    enabled: true,
                    clickable: true,
                    chosen: false,
                    sign: Sign::None,
                    tail: TAIL,
                }
                .ui(ui)
            }
            Err(why) => missing_ui(ui, &card.path, why, TAIL),
        };
        let row = response.rect;
        let words = card.about.as_ref().map_or("", |about| about.prompt.as_str());
        let hint = format!("{words}\n{}", card.path.display());
        if response.on_hover_text(hint.trim()).clicked() {
            commands.push(UiCommand::TakeUp(card.path.clone()));
        }
        delete_ui(&mut home.doomed, ui, row, &card.path, commands);
    }
}

/// `keys` tell what records and what takes a screenshot.
pub(super) fn recordings_ui(
    home: &mut Home,
    ui: &mut egui::Ui,
    shelf: &Shelf,
    keys: &[String; 2],
    commands: &mut Vec<UiCommand>,
) {
    ui.horizontal(|ui| {
        caption_ui(ui, say!("kept-recordings"), "");
        if !shelf.recordings.is_empty() {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let text = RichText::new(say!("kept-open-folder")).size(13.0).color(theme::DIM);
                let button = egui::Button::new(text).frame(false);
                let response = ui.add(button).on_hover_text(&shelf.recordings_dir);
                theme::named(&response, say!("kept-open-folder-name"), None);
                if response.clicked() {
                    commands.push(UiCommand::Show(shelf.recordings_folder.clone()));
                }
            });
        }
    });
    if shelf.recordings.is_empty() {
        let [record, screenshot] = keys;
        let folder = &shelf.recordings_dir;
        let text = say!(
            "kept-no-recordings",
            record = record,
            screenshot = screenshot,
            folder = folder
        );
        empty_ui(ui, &text);
    }
    for card in &shelf.recordings {
        let size = size_text(card.size_bytes);
        let (line, sign, hint, command) = match &card.kind {
            RecordingKind::Screenshot { .. } => (
                say!("kept-screenshot", size = size),
                Sign::None,
                say!("kept-screenshot-hint"),
                UiCommand::Begin(card.path.clone()),
            ),
            RecordingKind::Gif { .. } => (
                say!("kept-gif", size = size),
                Sign::None,
                say!("kept-gif-hint"),
                UiCommand::Show(card.path.clone()),
            ),
            RecordingKind::Video { length, thumbnail } => {
                let length = match length {
                    Some(Length { secs, finished: true }) => clock(*secs),
                    Some(Length { secs, .. }) => say!("kept-cut-off", time = clock(*secs)),
                    None => say!("kept-nothing-to-play").to_owned(),
                };
                let sign = if thumbnail.is_some() {
                    Sign::PlayOver
                } else {
                    Sign::Play
                };
                (
                    format!("{length}  ·  {size}"),
                    sign,
                    say!("kept-video-hint"),
                    UiCommand::Show(card.path.clone()),
                )
            }
        };
        let response = Row {
            texture: home.texture(&card.path),
            title: &name_of(&card.path),
            lines: &[line],
            enabled: true,
            clickable: true,
            chosen: false,
            sign,
            tail: TAIL,
        }
        .ui(ui);
        let row = response.rect;
        if response
            .on_hover_text(format!("{hint}\n{}", card.path.display()))
            .clicked()
        {
            commands.push(command);
        }
        delete_ui(&mut home.doomed, ui, row, &card.path, commands);
    }
}

/// The button at a row's end that deletes its file; it asks once more.
fn delete_ui(doomed: &mut Option<PathBuf>, ui: &mut egui::Ui, row: Rect, path: &Path, commands: &mut Vec<UiCommand>) {
    let asked = doomed.as_deref() == Some(path);
    let size = vec2(if asked { 92.0 } else { 26.0 }, 26.0);
    let at = Rect::from_min_size(pos2(row.right() - size.x - 8.0, row.top() + 8.0), size);
    let (text, color, hint) = match asked {
        true => (say!("kept-delete-sure"), theme::RED, say!("kept-delete-sure-hint")),
        false => ("×", theme::DIM, say!("kept-delete-hint")),
    };
    // Over the row, not below it.
    let mut over = ui.new_child(egui::UiBuilder::new().id_salt(path).max_rect(at));
    let button = egui::Button::new(RichText::new(text).size(13.5).color(color)).frame(asked);
    let response = over.add_sized(size, button).on_hover_text(hint);
    let name = match asked {
        true => say!("kept-delete-sure-name", file = name_of(path)),
        false => say!("kept-delete-name", file = name_of(path)),
    };
    theme::named(&response, &name, None);
    if response.clicked() {
        if asked {
            *doomed = None;
            commands.push(UiCommand::Delete(path.to_owned()));
        } else {
            *doomed = Some(path.to_owned());
        }
    } else if asked && (response.clicked_elsewhere() || response.lost_focus()) {
        *doomed = None;
    }
}

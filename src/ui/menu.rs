//! The menu: a sheet over the left side of the picture, while the world waits.

use egui::{Color32, CornerRadius, FontId, RichText, Sense, Stroke, StrokeKind, vec2};

use super::{Interface, Phase, UiCommand, UiState, focus, keys, page, recording, scale, theme, walking};
use crate::settings::Deed;
use crate::words::say;

const WIDTH: f32 = 400.0;
const MARGIN: i8 = 24;

pub(super) fn menu_ui(
    interface: &mut Interface,
    context: &egui::Context,
    state: &UiState<'_>,
    commands: &mut Vec<UiCommand>,
) {
    let screen = context.content_rect();
    egui::Area::new(egui::Id::unique("menu"))
        .fixed_pos(screen.min)
        .constrain(false)
        .fade_in(false)
        .show(context, |ui| {
            egui::Frame::new()
                .fill(theme::panel_fill())
                .inner_margin(egui::Margin {
                    right: MARGIN - page::BAR as i8,
                    ..egui::Margin::symmetric(MARGIN, 20)
                })
                .show(ui, |ui| {
                    // The bar goes into the margin, so that what scrolls is as wide as head and foot.
                    let width = WIDTH.min(screen.width()) - 2.0 * f32::from(MARGIN);
                    ui.set_width(width + page::BAR);
                    ui.set_height(screen.height() - 40.0);
                    let low = page::is_low(context);
                    if !low {
                        page::of_width(ui, width, |ui| head_ui(ui, state, commands));
                    }
                    let foot = if low { 0.0 } else { 44.0 };
                    egui::ScrollArea::vertical()
                        .auto_shrink([false, false])
                        .max_height(ui.available_height() - foot)
                        .show(ui, |ui| {
                            ui.set_width(width);
                            if low {
                                head_ui(ui, state, commands);
                            }
                            actions_ui(ui, state, commands);
                            gallery_ui(interface, ui, state, commands);
                            interface.prompt.menu_ui(ui, state, commands);
                            seed_ui(interface, ui, state, commands);
                            walking::walking_ui(ui, state, commands);
                            recording::menu_ui(&mut interface.past, ui, state, commands);
                            settings_ui(ui, state, commands);
                            keys_ui(ui, state);
                            if low {
                                foot_ui(ui, state, commands);
                            }
                            focus::follow(ui);
                        });
                    if !low {
                        page::of_width(ui, width, |ui| foot_ui(ui, state, commands));
                    }
                });
        });
}

fn head_ui(ui: &mut egui::Ui, state: &UiState<'_>, commands: &mut Vec<UiCommand>) {
    page::name_ui(ui);
    let title = state.world.map_or(say!("menu-no-world"), |w| w.title.as_str());
    ui.label(RichText::new(title).heading().color(Color32::WHITE));
    if !state.place.is_empty() {
        ui.label(RichText::new(state.place).color(theme::DIM));
    }
    ui.add_space(8.0);
    let size = vec2(ui.available_width(), 40.0);
    if ui
        .add_sized(size, theme::primary_button(say!("menu-continue")))
        .clicked()
    {
        commands.push(UiCommand::CloseMenu);
    }
    ui.add_space(4.0);
}

fn actions_ui(ui: &mut egui::Ui, state: &UiState<'_>, commands: &mut Vec<UiCommand>) {
    let walking = state.phase == Phase::Walking;
    let width = button_width(ui);
    let mut button = |ui: &mut egui::Ui, enabled: bool, text: &str, hint: &str, deed, command| {
        let button = egui::Button::new(text).min_size(vec2(width, 34.0));
        let hint = format!("{hint}{}", keys::hint(&state.settings.bindings, deed));
        if ui.add_enabled(enabled, button).on_hover_text(hint).clicked() {
            commands.push(command);
        }
    };
    ui.horizontal_wrapped(|ui| {
        let text = match state.paused {
            true => say!("menu-go-on"),
            false => say!("menu-stay-paused"),
        };
        let hint = say!("menu-pause-hint");
        button(ui, walking, text, hint, Deed::Pause, UiCommand::TogglePause);
        let hint = say!("menu-step-hint");
        button(ui, walking, say!("menu-step"), hint, Deed::Step, UiCommand::Step);
    });
    ui.horizontal_wrapped(|ui| {
        let text = if state.recording.is_some() {
            say!("menu-end-recording")
        } else {
            say!("menu-record")
        };
        let hint = say!("menu-record-hint");
        button(ui, walking, text, hint, Deed::Record, UiCommand::ToggleRecording);
        let (text, hint) = (say!("menu-screenshot"), say!("menu-screenshot-hint"));
        button(ui, walking, text, hint, Deed::Screenshot, UiCommand::Screenshot);
    });
    let size = vec2(ui.available_width(), 34.0);
    let hint = format!(
        "{}{}",
        say!("menu-branches-hint"),
        keys::hint(&state.settings.bindings, Deed::Branches)
    );
    ui.add_enabled_ui(walking, |ui| {
        let branches = ui.add_sized(size, egui::Button::new(say!("menu-branches")));
        if branches.on_hover_text(hint).clicked() {
            commands.push(UiCommand::Branches);
        }
    });
}

/// Two buttons stand side by side if their words fit.
fn button_width(ui: &egui::Ui) -> f32 {
    let width = ui.available_width();
    if width < 260.0 {
        width
    } else {
        ((width - 8.0) / 2.0).floor()
    }
}

fn gallery_ui(interface: &Interface, ui: &mut egui::Ui, state: &UiState<'_>, commands: &mut Vec<UiCommand>) {
    let Some(world) = state.world else { return };
    theme::section(ui, say!("menu-begin-in"));
    let width = (ui.available_width() - 8.0) / 2.0;
    let aspect = world.lens.height_px as f32 / world.lens.width_px.max(1) as f32;
    let size = vec2(width, (width * aspect).round());
    let tiles: Vec<_> = interface.thumbnails.iter().zip(&world.pictures).collect();
    for (row, pair) in tiles.chunks(2).enumerate() {
        ui.horizontal(|ui| {
            for (column, (texture, picture)) in pair.iter().enumerate() {
                let number = 2 * row + column;
                let chosen = state.bundled == Some(number);
                let key = place_key(state, number);
                if tile_ui(ui, size, texture.id(), &picture.name, key, chosen).clicked() {
                    commands.push(UiCommand::FirstFrame(number));
                }
            }
        });
    }
    let hint = say!("menu-any-picture-hint");
    ui.horizontal_wrapped(|ui| {
        let size = vec2(button_width(ui), 34.0);
        let any = ui.add_sized(size, egui::Button::new(say!("menu-any-picture")));
        if any.on_hover_text(hint).clicked() {
            commands.push(UiCommand::ChoosePicture);
        }
        let all = ui.add_sized(size, egui::Button::new(say!("menu-all-worlds")));
        let key = keys::hint(&state.settings.bindings, Deed::Home);
        let hint = format!("{}{key}", say!("menu-all-worlds-hint"));
        if all.on_hover_text(hint).clicked() {
            commands.push(UiCommand::Home);
        }
    });
}

/// The key that goes to a bundled place.
pub(super) fn place_key(state: &UiState<'_>, number: usize) -> Option<&'static str> {
    let number = u8::try_from(number).ok()?;
    keys::label(&state.settings.bindings, Deed::Place(number))
}

/// One picture of the gallery with its name and key.
fn tile_ui(
    ui: &mut egui::Ui,
    size: egui::Vec2,
    texture: egui::TextureId,
    name: &str,
    key: Option<&str>,
    chosen: bool,
) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    theme::named(&response, name, Some(chosen));
    let radius = CornerRadius::same(8);
    let painter = ui.painter();
    egui::Image::from_texture((texture, size))
        .corner_radius(radius)
        .paint_at(ui, rect);
    // A dark band under the name.
    let mut band = rect;
    band.set_top(rect.bottom() - 24.0);
    let low = CornerRadius { nw: 0, ne: 0, ..radius };
    painter.rect_filled(band, low, Color32::from_black_alpha(150));
    let galley = {
        let mut job =
            egui::text::LayoutJob::simple_singleline(name.to_owned(), FontId::proportional(13.0), Color32::WHITE);
        job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width() - 16.0);
        painter.layout_job(job)
    };
    let middle = band.center().y - 0.5 * galley.size().y;
    painter.galley(egui::pos2(rect.left() + 8.0, middle), galley, Color32::WHITE);
    if let Some(text) = key {
        theme::key_label(painter, rect.right_top() + vec2(-6.0, 6.0), text);
    }
    let stroke = if response.has_focus() {
        Stroke::new(3.0, theme::ACCENT)
    } else if chosen {
        Stroke::new(2.0, theme::ACCENT)
    } else if response.hovered() {
        Stroke::new(2.0, Color32::WHITE)
    } else {
        Stroke::new(1.0, Color32::from_white_alpha(25))
    };
    painter.rect_stroke(rect, radius, stroke, StrokeKind::Inside);
    response.on_hover_cursor(egui::CursorIcon::PointingHand)
}

fn seed_ui(interface: &mut Interface, ui: &mut egui::Ui, state: &UiState<'_>, commands: &mut Vec<UiCommand>) {
    theme::section(ui, say!("menu-seed"));
    if interface.seed_shown != Some(state.seed) {
        interface.seed_shown = Some(state.seed);
        interface.seed_text = state.seed.to_string();
    }
    ui.horizontal_wrapped(|ui| {
        let field = egui::TextEdit::singleline(&mut interface.seed_text)
            .char_limit(20)
            .desired_width(130.0)
            .margin(egui::Margin::symmetric(10, 7));
        let field = ui.add(field).accessible_name(say!("menu-seed"));
        focus::leave_by_arrows(&field);
        let seed: Option<u64> = interface.seed_text.trim().parse().ok();
        let enter = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        let again = ui
            .add_enabled(seed.is_some(), egui::Button::new(say!("menu-begin-again")))
            .on_disabled_hover_text(say!("menu-seed-hint"));
        if seed.is_some() && (enter || again.clicked()) {
            commands.push(UiCommand::Restart(seed));
        }
        if ui.button(say!("menu-new-seed")).clicked() {
            commands.push(UiCommand::Restart(None));
        }
    });
}

fn settings_ui(ui: &mut egui::Ui, state: &UiState<'_>, commands: &mut Vec<UiCommand>) {
    theme::section(ui, say!("menu-settings"));
    let controls = ui.add_sized(
        vec2(ui.available_width(), 34.0),
        egui::Button::new(say!("menu-controls")),
    );
    if controls.on_hover_text(say!("controls-hint")).clicked() {
        commands.push(UiCommand::Controls);
    }
    let computing = ui.add_sized(
        vec2(ui.available_width(), 34.0),
        egui::Button::new(say!("menu-computing")),
    );
    if computing.on_hover_text(say!("computing-hint")).clicked() {
        commands.push(UiCommand::Computing);
    }
    walking::row_ui(ui, say!("menu-size"), |ui| scale::size_ui(ui, state, commands));
    let mut settings = state.settings.clone();
    let with_key = |text: &str, deed| format!("{text}{}", keys::hint(&state.settings.bindings, deed));
    theme::checkbox(ui, &mut settings.hud, with_key(say!("menu-numbers"), Deed::Hud));
    let mut fullscreen = settings.fullscreen;
    let fill = with_key(say!("menu-full-screen"), Deed::Fullscreen);
    if theme::checkbox(ui, &mut fullscreen, fill).changed() {
        commands.push(UiCommand::ToggleFullscreen);
    }
    if settings != *state.settings {
        commands.push(UiCommand::Settings(settings));
    }
}

fn keys_ui(ui: &mut egui::Ui, state: &UiState<'_>) {
    let bindings = &state.settings.bindings;
    theme::section(ui, say!("menu-keys"));
    let rows = keys::help(bindings).into_iter();
    ui.scope(|ui| list_ui(ui, rows.map(|(keys, what)| (keys, what.to_owned()))));
    if !state.pads.is_empty() {
        theme::section(ui, say!("menu-gamepad"));
        ui.scope(|ui| list_ui(ui, keys::pad_help(bindings)));
    }
    ui.add_space(10.0);
}

fn list_ui(ui: &mut egui::Ui, rows: impl IntoIterator<Item = (String, String)>) {
    ui.spacing_mut().item_spacing = vec2(14.0, 5.0);
    let keys_width = 0.38 * ui.available_width();
    for (keys, what) in rows {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().interact_size.y = 0.0;
            let left = egui::Layout::top_down(egui::Align::Min);
            ui.allocate_ui_with_layout(vec2(keys_width, 0.0), left, |ui| {
                ui.set_width(keys_width);
                ui.add(egui::Label::new(RichText::new(keys).size(14.0).color(theme::ACCENT)).wrap());
            });
            ui.add(egui::Label::new(RichText::new(what).size(14.0)).wrap());
        });
    }
}

fn foot_ui(ui: &mut egui::Ui, state: &UiState<'_>, commands: &mut Vec<UiCommand>) {
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        if ui.button(say!("quit")).clicked() {
            commands.push(UiCommand::Quit);
        }
        let about = say!(
            "menu-about",
            version = env!("CARGO_PKG_VERSION"),
            device = state.device,
            adapter = state.adapter,
        );
        ui.add(egui::Label::new(RichText::new(about).small().color(theme::DIM)).truncate());
    });
}

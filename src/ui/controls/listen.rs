//! Waiting for a key or button that shall be bound.

use egui::{Align2, Color32, RichText, Sense, vec2};

use super::{Controls, Heard};
use crate::settings::{MouseButton, Press, Settings};
use crate::ui::{keys, theme};
use crate::words::say;

/// The button that leaves everything as it is. The mouse could not say it otherwise: each of its buttons can be bound.
fn leave_id() -> egui::Id {
    egui::Id::unique("leave the binding")
}

/// Binds what was pressed since the last frame.
pub(super) fn hear(controls: &mut Controls, context: &egui::Context, settings: &mut Settings) {
    let Some(listening) = &mut controls.listening else {
        return;
    };
    match listening.heard.take() {
        None => {}
        Some(Heard::Nameless) => listening.nameless = true,
        Some(Heard::Press(press)) => {
            let leave = press.is_fixed() || (press == Press::Mouse(MouseButton::Left) && over_leave(context));
            if !leave {
                // One that was fixed would have been left alone, so neither can fail.
                match listening.instead_of {
                    Some(old) => settings.bindings.rebind(listening.deed, old, press),
                    None => settings.bindings.bind(listening.deed, press),
                };
            }
            controls.listening = None;
            context.request_repaint();
        }
    }
}

fn over_leave(context: &egui::Context) -> bool {
    let rect = context.read_response(leave_id()).map(|response| response.rect);
    let pointer = context.pointer_latest_pos();
    rect.zip(pointer).is_some_and(|(rect, at)| rect.contains(at))
}

/// Says what is waited for, over everything.
pub(super) fn listen_ui(controls: &Controls, context: &egui::Context) {
    let Some(listening) = controls.listening else { return };
    let screen = context.content_rect();
    egui::Area::new(egui::Id::unique("listening ground"))
        .order(egui::Order::Foreground)
        .fixed_pos(screen.min)
        .constrain(false)
        .fade_in(false)
        .show(context, |ui| {
            ui.allocate_rect(screen, Sense::click());
            ui.painter().rect_filled(screen, 0.0, Color32::from_black_alpha(170));
        });
    egui::Area::new(egui::Id::unique("listening"))
        .order(egui::Order::Tooltip)
        .anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0))
        .fade_in(false)
        .show(context, |ui| {
            egui::Frame::new()
                .fill(theme::CARD)
                .corner_radius(12)
                .inner_margin(egui::Margin::symmetric(34, 26))
                .show(ui, |ui| {
                    ui.set_width((screen.width() - 100.0).clamp(40.0, 380.0));
                    ui.vertical_centered(|ui| {
                        ui.label(RichText::new(say!("listen-title")).color(theme::DIM));
                        let what = keys::inside(listening.deed);
                        ui.label(RichText::new(what).heading().color(Color32::WHITE));
                        if let Some(old) = listening.instead_of {
                            let text = say!("listen-instead", press = keys::said(old));
                            ui.label(RichText::new(text).color(theme::DIM));
                        }
                        if listening.nameless {
                            ui.label(RichText::new(say!("listen-nameless")).color(theme::WARNING));
                        }
                        ui.add_space(12.0);
                        let button = egui::Button::new(say!("listen-leave")).min_size(vec2(0.0, 34.0));
                        let rect = ui.add(button.sense(Sense::hover())).rect;
                        ui.interact(rect, leave_id(), Sense::hover());
                    });
                });
        });
}

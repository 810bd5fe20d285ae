//! Files held over the window, and pictures pasted into it.

use egui::{Align2, Color32, FontId, Stroke, StrokeKind, vec2};

use super::{FileKind, UiCommand, theme};
use crate::frame::Frame;
use crate::words::say;

/// What a file over the window would do.
fn promise(paths: &[Option<std::path::PathBuf>]) -> Option<(&'static str, &'static str)> {
    let first = paths.first()?;
    Some(match first.as_deref().map(FileKind::of) {
        Some(FileKind::Generator) => (say!("drop-world"), say!("drop-world-hint")),
        _ => (say!("drop-picture"), say!("drop-picture-hint")),
    })
}

pub(super) fn drop_ui(context: &egui::Context, commands: &mut Vec<UiCommand>) {
    paste(context, commands);
    let hovered: Vec<_> = context.input(|i| i.raw.hovered_files.iter().map(|f| f.path.clone()).collect());
    let Some((title, what)) = promise(&hovered) else {
        return;
    };
    let screen = context.content_rect();
    let painter = context.layer_painter(egui::LayerId::new(
        egui::Order::Foreground,
        egui::Id::unique("held over the window"),
    ));
    painter.rect_filled(screen, 0.0, Color32::from_black_alpha(150));
    let frame = screen.shrink(28.0);
    painter.rect_stroke(frame, 18.0, Stroke::new(3.0, theme::ACCENT), StrokeKind::Inside);
    let middle = screen.center();
    // Words over pictures need a ground of their own.
    let plate = egui::Rect::from_center_size(middle, vec2(420.0, 150.0)).intersect(frame);
    painter.rect_filled(plate, 14.0, theme::panel_fill());
    let (large, small) = (FontId::proportional(34.0), FontId::proportional(16.0));
    painter.text(
        middle - vec2(0.0, 6.0),
        Align2::CENTER_BOTTOM,
        title,
        large,
        Color32::WHITE,
    );
    painter.text(middle + vec2(0.0, 10.0), Align2::CENTER_TOP, what, small, theme::TEXT);
}

/// A picture from the clipboard, unless somebody is writing.
fn paste(context: &egui::Context, commands: &mut Vec<UiCommand>) {
    if context.text_edit_focused() {
        return;
    }
    context.input(|i| {
        for event in &i.events {
            match event {
                egui::Event::PasteImage(image) => {
                    let [width_px, height_px] = image.size;
                    let rgba: Vec<u8> = image
                        .pixels
                        .iter()
                        // What is transparent in a pasted picture becomes black, as in a picture file.
                        .flat_map(|p| [p.r(), p.g(), p.b(), 255])
                        .collect();
                    commands.push(UiCommand::Paste(Frame {
                        width_px,
                        height_px,
                        rgba: rgba.into(),
                        index: 0,
                    }));
                }
                egui::Event::Paste(_) => commands.push(UiCommand::PasteNothing),
                _ => {}
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_over_the_window_is_told_apart() {
        assert_eq!(promise(&[]), None);
        assert_eq!(
            promise(&[Some("a.safetensors".into())]).map(|p| p.0),
            Some("Open this world")
        );
        assert_eq!(promise(&[Some("a.png".into())]).map(|p| p.0), Some("Begin here"));
        assert_eq!(promise(&[None]).map(|p| p.0), Some("Begin here"));
    }
}

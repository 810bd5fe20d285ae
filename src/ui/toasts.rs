//! Messages that come and go.

use egui::{Align2, Color32, RichText, vec2};

use super::theme;

/// What kind of message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToastKind {
    /// Something worked.
    Done,
    /// Something did not work, and the walk goes on.
    Warning,
}

impl ToastKind {
    fn color(self) -> Color32 {
        match self {
            Self::Done => theme::ACCENT,
            Self::Warning => theme::RED,
        }
    }

    /// How long a message stays: time to notice it, and to read its words.
    fn secs(self, text: &str) -> f64 {
        let base = match self {
            Self::Done => 3.0,
            Self::Warning => 5.0,
        };
        base + 0.05 * text.len() as f64
    }
}

struct Toast {
    kind: ToastKind,
    text: String,
    /// When it goes, on the context's clock; set when it is first shown.
    until_secs: Option<f64>,
}

/// The messages on the screen.
#[derive(Default)]
pub(super) struct Toasts {
    shown: Vec<Toast>,
}

impl Toasts {
    const MOST: usize = 4;

    pub(super) fn push(&mut self, kind: ToastKind, text: String) {
        // A message that is still there is only kept longer.
        self.shown.retain(|toast| toast.text != text);
        self.shown.push(Toast {
            kind,
            text,
            until_secs: None,
        });
        if self.shown.len() > Self::MOST {
            self.shown.remove(0);
        }
    }

    /// Shows them, so far above the lower edge.
    pub(super) fn show(&mut self, context: &egui::Context, above: f32) {
        let now = context.input(|input| input.time);
        for toast in &mut self.shown {
            toast.until_secs.get_or_insert(now + toast.kind.secs(&toast.text));
        }
        self.shown
            .retain(|toast| toast.until_secs.is_none_or(|until| until > now));
        let Some(next) = self.shown.iter().filter_map(|t| t.until_secs).min_by(f64::total_cmp) else {
            return;
        };
        context.request_repaint_after(std::time::Duration::from_secs_f64((next - now).max(0.02)));
        egui::Area::new(egui::Id::unique("toasts"))
            .anchor(Align2::RIGHT_BOTTOM, vec2(-16.0, -16.0 - above))
            .order(egui::Order::Foreground)
            .interactable(false)
            .fade_in(false)
            .show(context, |ui| {
                let width = (context.content_rect().width() - 72.0).clamp(40.0, 370.0);
                for toast in &self.shown {
                    toast_ui(ui, toast, width);
                }
            });
    }
}

fn toast_ui(ui: &mut egui::Ui, toast: &Toast, width: f32) {
    let shown = egui::Frame::new()
        .fill(theme::panel_fill())
        .stroke(theme::edge())
        .corner_radius(8)
        .inner_margin(egui::Margin {
            left: 18,
            right: 14,
            top: 10,
            bottom: 10,
        })
        .show(ui, |ui| {
            ui.set_width(width);
            let words = ui.add(egui::Label::new(RichText::new(&toast.text).color(theme::TEXT)).wrap());
            // A screen reader says it when it comes, and does not wait to be asked.
            ui.ctx()
                .accesskit_node_builder(words.id, |node| node.set_live(egui::accesskit::Live::Polite));
        });
    let mut bar = shown.response.rect;
    bar.set_width(4.0);
    ui.painter().rect_filled(bar, 2.0, toast.kind.color());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(toasts: &mut Toasts, context: &egui::Context, time_secs: f64) {
        let input = egui::RawInput {
            time: Some(time_secs),
            ..egui::RawInput::default()
        };
        context
            .run_ui(input, |ui| toasts.show(ui.ctx(), 0.0))
            .drop_without_applying_deltas();
    }

    #[test]
    fn messages_go_after_a_while_and_repeated_ones_are_shown_once() {
        let context = egui::Context::default();
        let mut toasts = Toasts::default();
        toasts.push(ToastKind::Done, "a".to_owned());
        toasts.push(ToastKind::Done, "a".to_owned());
        frame(&mut toasts, &context, 1.0);
        assert_eq!(toasts.shown.len(), 1);
        toasts.push(ToastKind::Warning, "b".to_owned());
        frame(&mut toasts, &context, 3.0);
        assert_eq!(toasts.shown.len(), 2);
        frame(&mut toasts, &context, 5.0);
        assert_eq!(toasts.shown.len(), 1);
        frame(&mut toasts, &context, 20.0);
        assert!(toasts.shown.is_empty());
    }
}

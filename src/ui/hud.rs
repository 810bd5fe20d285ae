//! The numbers in the corner.

use egui::{Align2, RichText, vec2};

use super::{HudNumbers, UiState, latency, marks, page, theme};
use crate::engine::PlaySpeed;
use crate::words::say;

/// A time to the millisecond.
pub(super) fn millis(ms: f64) -> String {
    say!("unit-milliseconds", number = format!("{ms:.0}"))
}

/// Lines of the corner: what and how much.
fn lines(hud: &HudNumbers) -> Vec<(&'static str, String)> {
    let stats = &hud.stats;
    let mut lines = vec![
        (say!("numbers-rate"), format!("{:.1}", hud.frames_per_sec)),
        (say!("numbers-network"), millis(stats.network_ms)),
        (say!("numbers-decode"), millis(stats.decode_ms)),
        (say!("numbers-recycle"), millis(stats.recycle_ms)),
    ];
    if let Some(latency) = hud.latency {
        lines.push((say!("numbers-latency"), millis(latency.median_ms)));
        lines.push((say!("numbers-latency-p95"), millis(latency.p95_ms)));
    }
    if let Some(bytes) = stats.resident_bytes {
        let megabytes = format!("{:.0}", bytes as f64 / 1e6);
        lines.push((say!("numbers-memory"), say!("unit-megabytes", number = megabytes)));
    }
    lines.push((say!("numbers-frame"), stats.frame.to_string()));
    lines
}

/// What speed is asked for and reached, if it is not the usual one.
fn speed_lines(state: &UiState<'_>) -> Vec<(&'static str, String)> {
    if state.speed == PlaySpeed::Usual {
        return vec![];
    }
    let mut lines = vec![(say!("numbers-speed"), state.speed.label().to_owned())];
    lines.extend(marks::reached(state).map(|reached| (say!("numbers-reached"), reached)));
    lines
}

pub(super) fn numbers_ui(context: &egui::Context, state: &UiState<'_>) {
    egui::Area::new(egui::Id::unique("hud"))
        .anchor(Align2::LEFT_TOP, vec2(14.0, 14.0))
        .interactable(false)
        .fade_in(false)
        .show(context, |ui| {
            theme::note_frame().show(ui, |ui| {
                ui.spacing_mut().interact_size.y = 0.0;
                egui::Grid::new("numbers")
                    .num_columns(2)
                    .spacing(vec2(16.0, 3.0))
                    .min_row_height(0.0)
                    .show(ui, |ui| {
                        for (what, how_much) in lines(state.hud).into_iter().chain(speed_lines(state)) {
                            ui.label(RichText::new(what).small().color(theme::DIM));
                            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                                ui.label(RichText::new(how_much).monospace().color(theme::TEXT));
                            });
                            ui.end_row();
                        }
                    });
                // A low window has no room for it.
                if state.settings.latency_chart && !page::is_low(context) && !state.hud.latency_course.is_empty() {
                    latency::chart_ui(ui, &state.hud.latency_course);
                }
            });
        });
}

/// `M:SS` of a number of seconds.
pub(super) fn clock(secs: f64) -> String {
    let secs = secs.max(0.0) as u64;
    format!("{}:{:02}", secs / 60, secs % 60)
}

/// The same to a tenth of a second, which is how fine one marks.
pub(super) fn fine_clock(secs: f64) -> String {
    let tenths = (10.0 * secs.max(0.0)).round() as u64;
    format!("{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::HudLatency;

    #[test]
    fn the_clock_counts_minutes() {
        assert_eq!(clock(0.9), "0:00");
        assert_eq!(clock(75.2), "1:15");
        assert_eq!(clock(-1.0), "0:00");
        assert_eq!(
            (fine_clock(75.24), fine_clock(59.97)),
            ("1:15.2".to_owned(), "1:00.0".to_owned())
        );
    }

    #[test]
    fn unknown_numbers_are_left_out() {
        let mut hud = HudNumbers::default();
        assert_eq!(lines(&hud).len(), 5);
        hud.latency = Some(HudLatency {
            median_ms: 123.4,
            p95_ms: 188.0,
        });
        hud.stats.resident_bytes = Some(512_000_000);
        let lines = lines(&hud);
        assert!(lines.contains(&("latency", "123 ms".to_owned())));
        assert!(lines.contains(&("latency p95", "188 ms".to_owned())));
        assert!(lines.contains(&("memory", "512 MB".to_owned())));
    }
}

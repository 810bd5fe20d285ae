//! A small chart of the last seconds' latencies: a line from left (earlier) to right (now), with the scale in words.

use egui::{Align2, FontId, Sense, Shape, Stroke, pos2, vec2};

use super::{hud, theme};
use crate::words::say;

/// How much time it shows.
const SPAN_SECS: f32 = 5.0;
const SIZE: egui::Vec2 = vec2(150.0, 54.0);
/// Room for the words over the line.
const WORDS: f32 = 13.0;
/// A pause leaves a gap in the line, not a bridge.
const GAP_SECS: f32 = 0.6;

/// The top of the scale: the next of a few round numbers, so that it does not move with every frame.
fn top_ms(course: &[[f32; 2]]) -> f32 {
    let most = course.iter().map(|[_, ms]| *ms).fold(0.0, f32::max);
    let steps = [50.0, 100.0, 200.0, 300.0, 500.0, 1000.0, 2000.0, 5000.0];
    steps.into_iter().find(|top| most <= *top).unwrap_or(most)
}

/// Pieces of line between pauses, each point from 0 to 1: to the right towards now, upward towards the top of the scale.
fn lines(course: &[[f32; 2]], top_ms: f32) -> Vec<Vec<[f32; 2]>> {
    let mut lines: Vec<Vec<[f32; 2]>> = Vec::new();
    let mut last: Option<f32> = None;
    for [ago_secs, ms] in course {
        let x = 1.0 - ago_secs / SPAN_SECS;
        if !(0.0..=1.0).contains(&x) {
            continue;
        }
        let point = [x, (ms / top_ms).clamp(0.0, 1.0)];
        match (lines.last_mut(), last) {
            (Some(line), Some(last)) if last - ago_secs < GAP_SECS => line.push(point),
            _ => lines.push(vec![point]),
        }
        last = Some(*ago_secs);
    }
    lines
}

/// Draws it. `course`: how many seconds ago each frame was shown, and how many milliseconds after its controls were read.
pub(super) fn chart_ui(ui: &mut egui::Ui, course: &[[f32; 2]]) {
    let (rect, response) = ui.allocate_exact_size(SIZE, Sense::hover());
    theme::pictured(&response, say!("latency-chart"));
    if !ui.is_rect_visible(rect) {
        return;
    }
    let painter = ui.painter();
    painter.rect_filled(rect, 4.0, theme::CARD);
    let top = top_ms(course);
    let words = rect.shrink(4.0);
    let mut inner = words;
    inner.set_top(words.top() + WORDS);
    for line in lines(course, top) {
        let points: Vec<_> = line
            .iter()
            .map(|[x, y]| pos2(inner.left() + x * inner.width(), inner.bottom() - y * inner.height()))
            .collect();
        painter.add(Shape::line(points, Stroke::new(1.0, theme::ACCENT)));
    }
    let font = FontId::proportional(10.5);
    let text = hud::millis(f64::from(top));
    painter.text(words.left_top(), Align2::LEFT_TOP, text, font, theme::DIM);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_the_next_round_number() {
        assert_eq!(top_ms(&[]), 50.0);
        assert_eq!(top_ms(&[[1.0, 120.0], [0.5, 90.0]]), 200.0);
        assert_eq!(top_ms(&[[1.0, 9000.0]]), 9000.0);
    }

    #[test]
    fn now_is_at_the_right_a_pause_is_a_gap_and_what_is_older_is_left_out() {
        let course = [[9.0, 10.0], [4.0, 50.0], [3.9, 100.0], [0.1, 25.0], [0.0, 400.0]];
        let found = lines(&course, 100.0);
        assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
        assert!((found[0][0][0] - 0.2).abs() < 1e-6 && found[0][0][1] == 0.5);
        assert_eq!(found[1][1], [1.0, 1.0]);
    }
}

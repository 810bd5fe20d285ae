//! The light of a recording, how recordings are made, and saving what was walked just now.

use super::*;
use crate::engine::MarkPlace;
use crate::settings::Quality;

fn recording(dropped: u64) -> RecordingStats {
    RecordingStats {
        path: "/videos/walk.mp4".into(),
        frames: 1800,
        seconds: 75.2,
        bytes: 3_400_000,
        dropped,
    }
}

#[test]
fn while_recording_time_size_and_lost_frames_are_told() {
    let recording_panel = |dropped: Option<u64>| panel(|scene| scene.recording = dropped.map(recording));
    assert!(!recording_panel(None).text().contains("dropped"));
    let panel = recording_panel(Some(0));
    panel.says(&["1:15\n3.4 MB\n"]);
    assert!(!panel.text().contains("dropped"));
    panel.get_by_label("Recording, 1:15");
    recording_panel(Some(3)).says(&["3 dropped"]);
}

#[test]
fn the_menu_chooses_how_recordings_are_made() {
    let mut panel = panel(|scene| scene.menu_open = true);
    for (name, quality) in [("Quality: Small", Quality::Small), ("Quality: Best", Quality::Best)] {
        panel.click(name);
        assert_eq!(panel.state().settings.record_quality, quality);
    }
    panel.click("Show the pressed keys in recordings");
    assert!(panel.state().settings.record_keys);
}

#[test]
fn the_menu_saves_the_stretch_that_is_chosen() {
    let mut panel = panel(|scene| scene.menu_open = true);
    assert_eq!(
        panel.click("Save as GIF"),
        [UiCommand::Export(Stretch::Last(10.0), ExportKind::Gif)]
    );
    assert_eq!(panel.click("The last: 30 s"), []);
    let pictures = [UiCommand::Export(Stretch::Last(30.0), ExportKind::Pictures)];
    assert_eq!(panel.click("Save as PNGs"), pictures);
    assert_eq!(panel.click("The last: All"), []);
    let all = [UiCommand::Export(Stretch::Last(f64::INFINITY), ExportKind::Gif)];
    assert_eq!(panel.click("Save as GIF"), all);
}

/// Marks on the first line and on another.
pub(super) fn marked(line: u64, from: u64, to: u64) -> Marked {
    let place = |line, frame| Some(MarkPlace { frame, line });
    Marked {
        from: place(1, from),
        to: place(line, to),
    }
}

#[test]
fn a_marked_stretch_is_told_and_chosen_to_be_saved() {
    let marked = marked(0, 240, 316);
    let mut panel = panel(|scene| scene.menu_open = true);
    assert_eq!(panel.click("In"), [UiCommand::Mark(MarkEnd::In)]);
    assert_eq!(panel.click("Out"), [UiCommand::Mark(MarkEnd::Out)]);
    panel.state_mut().marked = Marked { to: None, ..marked };
    panel.commands();
    assert!(panel.has("In 0:10.0") && panel.has("Out"));
    let ten_secs = [UiCommand::Export(Stretch::Last(10.0), ExportKind::Gif)];
    assert_eq!(panel.click("Save as GIF"), ten_secs);
    // Who has just marked a stretch means it.
    panel.state_mut().marked = marked;
    panel.commands();
    panel.says(&["Out 0:13.2", "The marked stretch, 3.2 s"]);
    let all_of_it = [UiCommand::Export(Stretch::Marked, ExportKind::Pictures)];
    assert_eq!(panel.click("Save as PNGs"), all_of_it);
    panel.click("The last: 10 s");
    assert_eq!(panel.click("Save as GIF"), ten_secs);
    panel.click("The marked stretch, 3.2 s");
    panel.state_mut().marked = Marked::default();
    panel.commands();
    assert_eq!(panel.click("Save as GIF"), ten_secs);
}

#[test]
fn marks_are_shown_while_walking_and_in_the_past() {
    let mut panel = panel(|scene| {
        scene.branches = Some(branches::two_ways());
        scene.marked = marked(2, 200, 280);
    });
    panel.says(&["In 0:08.3", "Out 0:11.7", "3.4 s"]);
    // The bar stands there at rest, too.
    assert!(!panel.text().contains("0:12\n"));
    panel.state_mut().paused = true;
    panel.commands();
    panel.says(&["0:12\n", "Paused", "I and O mark a stretch to save"]);
}

#[test]
fn an_export_tells_how_far_it_is_and_another_one_has_to_wait() {
    for menu_open in [false, true] {
        let panel = panel(|scene| {
            scene.menu_open = menu_open;
            scene.exporting = Some(ExportProgress { done: 60, total: 240 });
        });
        panel.says(&["Saving 240 pictures  ·  25 %"]);
        assert!(!panel.has("Save as GIF"));
    }
}

//! The light of a recording, how recordings are made, and saving what was walked just now.

use super::*;
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
    panel.says(&["1:15\n3.4 MB\n0 dropped\n"]);
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
    assert_eq!(panel.click("Save as GIF"), [UiCommand::Export(10.0, ExportKind::Gif)]);
    assert_eq!(panel.click("The last: 30 s"), []);
    let pictures = [UiCommand::Export(30.0, ExportKind::Pictures)];
    assert_eq!(panel.click("Save as PNGs"), pictures);
    assert_eq!(panel.click("The last: All"), []);
    let all = [UiCommand::Export(f64::INFINITY, ExportKind::Gif)];
    assert_eq!(panel.click("Save as GIF"), all);
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

//! The light of a recording, how recordings are made, and saving what was walked just now.

use super::*;
use crate::settings::Quality;

fn recording(dropped: u64) -> &'static RecordingStats {
    Box::leak(Box::new(RecordingStats {
        path: "/videos/walk.mp4".into(),
        frames: 1800,
        seconds: 75.2,
        bytes: 3_400_000,
        dropped,
    }))
}

#[test]
fn while_recording_time_size_and_lost_frames_are_told() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    let mut text = |recording: Option<&'static RecordingStats>| {
        with_state(
            |state| state.recording = recording,
            |state| run(&mut interface, &context, state, vec![vec![]; 2]).1,
        )
    };
    assert!(!text(None).contains("dropped"));
    let said = text(Some(recording(0)));
    assert!(said.contains("1:15\n3.4 MB\n0 dropped\n"), "{said}");
    assert!(text(Some(recording(3))).contains("3 dropped"));
}

#[test]
fn the_menu_chooses_how_recordings_are_made() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    with_state(
        |state| state.menu_open = true,
        |state| {
            run(&mut interface, &context, state, vec![vec![]; 3]);
            let mut clicked = |text: &str| {
                let at = place_of(&mut interface, &context, state, text);
                match run(&mut interface, &context, state, click(at)).0.as_slice() {
                    [UiCommand::Settings(settings)] => settings.clone(),
                    other => panic!("{other:?}"),
                }
            };
            assert_eq!(clicked("Small").record_quality, Quality::Small);
            assert_eq!(clicked("Best").record_quality, Quality::Best);
            assert!(clicked("Show the pressed keys in recordings").record_keys);
        },
    );
}

#[test]
fn the_menu_saves_the_stretch_that_is_chosen() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    with_state(
        |state| state.menu_open = true,
        |state| {
            run(&mut interface, &context, state, vec![vec![]; 3]);
            let mut clicked = |text: &str| {
                let at = place_of(&mut interface, &context, state, text);
                run(&mut interface, &context, state, click(at)).0
            };
            assert_eq!(clicked("Save as GIF"), [UiCommand::Export(10.0, ExportKind::Gif)]);
            assert_eq!(clicked("30 s"), []);
            assert_eq!(clicked("Save as PNGs"), [UiCommand::Export(30.0, ExportKind::Pictures)]);
            assert_eq!(clicked("All"), []);
            let all = clicked("Save as GIF");
            assert_eq!(all, [UiCommand::Export(f64::INFINITY, ExportKind::Gif)]);
        },
    );
}

#[test]
fn an_export_tells_how_far_it_is_and_another_one_has_to_wait() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    for menu_open in [false, true] {
        with_state(
            |state| {
                state.menu_open = menu_open;
                state.exporting = Some(ExportProgress { done: 60, total: 240 });
            },
            |state| {
                let (_, text) = run(&mut interface, &context, state, vec![vec![]; 3]);
                assert!(text.contains("Saving 240 pictures  ·  25 %"), "{text}");
                if menu_open {
                    let at = place_of(&mut interface, &context, state, "Save as GIF");
                    assert_eq!(run(&mut interface, &context, state, click(at)).0, []);
                }
            },
        );
    }
}

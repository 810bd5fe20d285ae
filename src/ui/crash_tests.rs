//! The dialog after a crash: what it says, what its buttons do, by mouse and by keyboard.

use super::*;

pub(super) fn note() -> CrashNote {
    CrashNote {
        what: "The part that generates the world hit a bug. The window goes on, and the walk can be tried again.".into(),
        report: "Farwander 0.1.0 has hit a bug\n\nwhat      index out of bounds\nwhere     src/a.rs:7\nthread    engine\nsystem    linux x86_64\n".into(),
        folder: Some("/logs".into()),
    }
}

fn copied(panel: &Panel) -> Vec<String> {
    let commands = panel.output().platform_output.commands.iter();
    let texts = commands.filter_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    texts.collect()
}

#[test]
fn it_says_what_happened_and_opens_copies_and_closes() {
    let mut panel = panel(|scene| scene.crash = Some(note()));
    panel.says(&[
        "hit a bug. The window goes on",
        "index out of bounds",
        "names no folders of yours",
    ]);
    assert_eq!(panel.click("Open its folder"), [UiCommand::Show("/logs".into())]);
    panel.buttons("Copy the report")[0].focus();
    panel.run();
    panel.key_down(egui::Key::Enter);
    // The clipboard gets it in this one frame.
    panel.step();
    assert_eq!(copied(&panel), [note().report]);
    panel.key_up(egui::Key::Enter);
    panel.run();
    assert!(panel.has("Copied"));
    assert_eq!(panel.click("Close"), [UiCommand::CloseCrash]);
}

#[test]
fn arrows_and_enter_are_enough() {
    let mut panel = panel(|scene| scene.crash = Some(note()));
    assert_eq!(panel.focused().as_deref(), Some("Close"));
    panel.keys([egui::Key::ArrowRight, egui::Key::ArrowRight]);
    assert_eq!(panel.focused().as_deref(), Some("Open its folder"));
    assert_eq!(panel.key(egui::Key::Enter), [UiCommand::Show("/logs".into())]);
    panel.keys([egui::Key::ArrowLeft, egui::Key::ArrowLeft]);
    assert_eq!(panel.key(egui::Key::Enter), [UiCommand::CloseCrash]);
}

#[test]
fn what_lies_below_it_is_out_of_reach_until_it_is_closed() {
    for open in [
        |scene: &mut Scene| scene.menu_open = true,
        |scene: &mut Scene| scene.home_open = true,
        |scene: &mut Scene| scene.controls_open = true,
        |scene: &mut Scene| scene.prompt_open = true,
    ] {
        let mut panel = panel(|scene| {
            open(scene);
            scene.crash = Some(note());
        });
        assert!(panel.has("Close"));
        for below in ["Continue", "Quit", "Done", "Controls"] {
            assert!(!panel.has(below), "{below}");
        }
        panel.state_mut().crash = None;
        panel.run();
        assert!(!panel.has("Copy the report"));
    }
}

#[test]
fn a_report_that_could_not_be_written_is_still_shown() {
    let panel = panel(|scene| {
        scene.crash = Some(CrashNote { folder: None, ..note() });
    });
    panel.says(&["could not be written", "index out of bounds"]);
    assert!(!panel.has("Open its folder") && panel.has("Copy the report"));
}

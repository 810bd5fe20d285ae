//! A crash reaches the user, holds the walk until it is read, and is not told twice.

use super::tests::{rig, walking};
use super::*;
use crate::input::{Action, Report};
use crate::settings::{Key, PadButton, Press};
use crate::telemetry::CrashReport;
use std::path::Path;

fn report(dir: &Path) -> CrashReport {
    let path = dir.join("crash-20260101-120000.txt");
    std::fs::write(&path, "Farwander has hit a bug\n").unwrap();
    std::fs::write(dir.join("crash-unseen"), "crash-20260101-120000.txt").unwrap();
    CrashReport::unseen(dir).unwrap()
}

fn press(session: &mut Session, press: Press) {
    if press.is_pad() {
        session.pressed(press);
    } else if let Some(press) = session.report(&Report::Down(press)) {
        session.pressed(press);
    }
    session.sync();
}

#[test]
fn a_report_of_the_run_before_is_told_at_the_start_and_only_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut rig = rig(u64::MAX, None);
    rig.session.on_crash(report(dir.path()));
    let note = rig.session.crash().unwrap();
    assert!(note.what.contains("when it ran last") && note.report.contains("hit a bug"));
    assert_eq!(note.folder.as_deref(), Some(dir.path()));
    press(&mut rig.session, Press::Key(Key::Escape));
    assert_eq!((rig.session.crash(), rig.session.menu_open), (None, false));
    assert_eq!(CrashReport::unseen(dir.path()), None);
}

#[test]
fn a_crash_of_the_engine_is_told_in_the_window_and_keys_do_nothing_below_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    rig.session.take_effects();
    rig.session.on_crash(CrashReport {
        thread: Some("engine".to_owned()),
        ..report(dir.path())
    });
    assert!(rig.session.take_effects().contains(&Effect::CaptureMouse(false)));
    let note = rig.session.crash().unwrap();
    assert!(note.what.contains("generates the world") && note.what.contains("The window goes on"));
    let seed = rig.session.seed;
    for key in [Key::Digit2, Key::KeyR, Key::Space, Key::KeyB] {
        press(&mut rig.session, Press::Key(key));
    }
    assert_eq!((rig.session.seed, rig.session.paused), (seed, false));
    assert!(rig.session.recording.is_none() && !rig.session.branches_open);
    // A gamepad moves in it, and leaves it.
    press(&mut rig.session, Press::Pad(PadButton::CrossRight));
    assert!(rig.session.take_effects().contains(&Effect::Navigate(Nav::Right)));
    rig.session.act(Action::Menu);
    assert_eq!(rig.session.crash(), None);
}

#[test]
fn the_walk_waits_while_a_crash_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    rig.session.on_crash(CrashReport {
        thread: Some("bookmark".to_owned()),
        ..report(dir.path())
    });
    rig.session.sync();
    assert!(rig.session.told_pause && rig.session.crash().unwrap().what.contains("bookmark"));
    rig.session.close_crash();
    rig.session.sync();
    assert!(!rig.session.told_pause);
}

//! Branches as the hands come to them: by key, by gamepad; the panel holds the walk; the camera comes back.

use super::tests::{rig, walking};
use super::*;
use crate::input::{Action, Report};
use crate::settings::{CameraFeel, Key, PadButton, Press};

fn ends(session: &Session) -> Vec<(u64, u64)> {
    let tree = session.branches().expect("the tree is known");
    let ends = tree
        .lines
        .iter()
        .filter(|l| tree.lines.iter().all(|c| c.parent != Some(l.id)));
    ends.map(|l| (l.id, l.to_latent)).collect()
}

#[test]
fn a_second_branch_is_made_with_backspace_and_the_first_is_come_back_to() {
    let mut rig = rig(u64::MAX, None);
    rig.until(|s| walking(s) && s.numbers.stats.latent > 30);
    rig.session.settings.camera = CameraFeel::Drone;
    rig.session.pressed(Press::Key(Key::Backspace));
    rig.until(|s| s.is_rewinding() && s.numbers.stats.latent < 25 && s.branches().is_some_and(|t| t.at_latent < 25));
    let end = rig.session.branches().unwrap().lines[0].to_latent;
    assert!(end > 30, "the bar knows how far the walk was");
    rig.session.settings.camera = CameraFeel::Person;
    rig.session.report(&Report::Up(Press::Key(Key::Backspace)));
    rig.session.sync();
    rig.until(|s| s.branches().is_some_and(|t| t.lines.len() == 3));
    rig.session.pressed(Press::Key(Key::KeyV));
    assert!(rig.session.branches_open && rig.session.panel_open());
    let held = rig.session.numbers.stats.latent;
    rig.until(|s| s.branches().is_some_and(|t| t.at_latent >= held));
    assert_eq!(ends(&rig.session).len(), 2);
    let first = ends(&rig.session).into_iter().find(|e| e.1 == end).expect("it is kept");
    // Keys that move in the panel do nothing else, and others wait for it.
    rig.session.pressed(Press::Key(Key::Space));
    rig.session.pressed(Press::Key(Key::KeyN));
    assert!(!rig.session.is_paused());
    rig.session.go_to_branch(first.0);
    rig.session.sync();
    assert!(!rig.session.branches_open);
    rig.until(|s| s.numbers.stats.latent == end);
    rig.until(|s| s.numbers.stats.latent > end + 3);
    assert_eq!(rig.session.settings.camera, CameraFeel::Drone, "as it was walked there");
}

#[test]
fn the_panel_opens_by_gamepad_holds_the_walk_and_closes_again() {
    let mut rig = rig(u64::MAX, None);
    rig.session.pressed(Press::Key(Key::KeyV));
    assert!(!rig.session.branches_open, "there is no walk yet");
    rig.until(walking);
    rig.session.pressed(Press::Pad(PadButton::CrossLeft));
    assert!(rig.session.branches_open);
    rig.until(|s| s.branches().is_some());
    std::thread::sleep(std::time::Duration::from_millis(100));
    let before = rig.seen.lock().controls.len();
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert_eq!(rig.seen.lock().controls.len(), before, "it waits");
    // Its buttons move in the panel now.
    rig.session.take_effects();
    rig.session.pressed(Press::Pad(PadButton::CrossLeft));
    rig.session.pressed(Press::Pad(PadButton::South));
    let effects = rig.session.take_effects();
    assert_eq!(effects, [Effect::Navigate(Nav::Left), Effect::Navigate(Nav::Accept)]);
    rig.session.act(Action::Menu);
    assert!(!rig.session.branches_open && !rig.session.menu_open);
    rig.session.sync();
    let latent = rig.session.numbers.stats.latent;
    rig.until(|s| s.numbers.stats.latent > latent + 3);
    // A new walk has no branches of the old one.
    rig.session.act(Action::Branches);
    rig.session.restart(Some(4));
    rig.until(|s| s.seed == 4 && s.numbers.stats.latent > 0);
    assert!(rig.session.branches().is_none_or(|tree| tree.lines.len() == 1));
}

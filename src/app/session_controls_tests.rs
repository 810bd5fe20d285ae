//! Devices without hardware: reports go into the session, and what comes of them in walks and panels.

use super::tests::*;
use super::*;
use crate::input::{Nav, PadChange, PadKey, PadReport, Report};
use crate::settings::{Deed, Key, PadButton, Press};

const W: Press = Press::Key(Key::KeyW);
const ESC: Press = Press::Key(Key::Escape);

impl Rig {
    /// What the window does with a report while nothing listens for a new binding.
    fn feed(&mut self, report: &Report) {
        if let Some(press) = self.session.report(report) {
            self.session.pressed(press);
        }
        self.session.sync();
    }

    fn tap(&mut self, press: Press) {
        match press {
            Press::Pad(button) => {
                let what = [PadChange::Down(PadKey(button)), PadChange::Up(PadKey(button))];
                for what in what {
                    self.feed(&Report::Pad(PadReport { pad: 0, what }));
                }
            }
            _ => {
                self.feed(&Report::Down(press));
                self.feed(&Report::Up(press));
            }
        }
    }

    fn navs(&mut self) -> Vec<Nav> {
        let effects = self.session.take_effects().into_iter();
        let navs = effects.filter_map(|effect| match effect {
            Effect::Navigate(nav) => Some(nav),
            _ => None,
        });
        navs.collect()
    }
}

fn pad(button: PadButton) -> Press {
    Press::Pad(button)
}

#[test]
fn a_recorded_gamepad_walks_and_stops_when_it_is_torn_out() {
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    let reports: Vec<Report> = serde_json::from_str(include_str!("../input/recordings/torn-out.json")).unwrap();
    let (gone, rest) = reports.split_last().unwrap();
    for report in &rest[..8] {
        rig.feed(report);
    }
    rig.until(|s| s.numbers.stats.pose.yaw_rad < -0.05);
    assert!(rig.session.hands.walk(&rig.session.settings).run);
    rig.feed(&rest[8]);
    assert!(rig.session.is_rewinding());
    rig.feed(gone);
    assert!(!rig.session.is_rewinding());
    assert_eq!(rig.session.hands.walk(&rig.session.settings), Default::default());
}

#[test]
fn losing_the_window_lets_go_and_nothing_is_pressed_behind_it() {
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    rig.feed(&Report::Down(W));
    assert_eq!(rig.session.hands.walk(&rig.session.settings).forward, 1.0);
    rig.feed(&Report::Away);
    assert_eq!(rig.session.hands.walk(&rig.session.settings).forward, 0.0);
    rig.tap(pad(PadButton::Start));
    assert!(!rig.session.is_paused());
    rig.feed(&Report::Back);
    rig.tap(pad(PadButton::Start));
    assert!(rig.session.is_paused());
}

#[test]
fn in_panels_the_cross_moves_and_in_a_walk_it_does_what_it_is_bound_to() {
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    rig.tap(pad(PadButton::CrossUp));
    assert!(!rig.session.settings.hud && rig.navs().is_empty());
    rig.tap(pad(PadButton::Select));
    assert!(rig.session.menu_open);
    rig.tap(pad(PadButton::CrossUp));
    rig.tap(pad(PadButton::South));
    rig.tap(pad(PadButton::East));
    assert!(!rig.session.settings.hud);
    assert_eq!(rig.navs(), [Nav::Up, Nav::Accept, Nav::Back]);
    // What does not move does what it is for.
    rig.tap(pad(PadButton::Start));
    assert!(rig.session.is_paused());
    rig.tap(pad(PadButton::Select));
    assert!(!rig.session.menu_open);
}

#[test]
fn a_cross_that_is_held_moves_on_until_it_is_let_go() {
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    rig.tap(pad(PadButton::Select));
    let hold = |what| Report::Pad(PadReport { pad: 0, what });
    rig.feed(&hold(PadChange::Down(PadKey(PadButton::CrossDown))));
    assert_eq!(rig.navs(), [Nav::Down]);
    let now = Instant::now();
    let due = rig.session.repeat_cross(now).unwrap();
    assert!(due > now && rig.navs().is_empty());
    let next = rig.session.repeat_cross(due).unwrap();
    assert_eq!((rig.navs(), next > due), (vec![Nav::Down], true));
    rig.feed(&hold(PadChange::Up(PadKey(PadButton::CrossDown))));
    assert_eq!((rig.session.repeat_cross(next), rig.navs()), (None, vec![]));
}

#[test]
fn a_failure_can_be_answered_with_a_gamepad() {
    let mut rig = rig(9, None);
    rig.until(|s| matches!(s.phase(), Phase::Failed { .. }));
    rig.tap(pad(PadButton::CrossDown));
    rig.tap(pad(PadButton::South));
    assert_eq!(rig.navs(), [Nav::Down, Nav::Accept]);
}

#[test]
fn keys_in_panels_and_words_are_not_held_but_those_that_go_on_are() {
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    rig.tap(ESC);
    rig.feed(&Report::Down(W));
    assert_eq!(rig.session.hands.walk(&rig.session.settings).forward, 0.0);
    rig.tap(ESC);
    assert!(!rig.session.menu_open);
    rig.feed(&Report::Repeat(W));
    assert_eq!(rig.session.hands.walk(&rig.session.settings).forward, 1.0);
    rig.feed(&Report::Up(W));
    rig.tap(Press::Key(Key::KeyT));
    assert!(rig.session.prompt_open);
    for report in [Report::Down(W), Report::Repeat(W), Report::Down(Press::Key(Key::KeyP))] {
        rig.feed(&report);
    }
    assert_eq!(rig.session.hands.walk(&rig.session.settings).forward, 0.0);
    assert!(rig.session.prompt_open && !rig.session.is_paused());
}

#[test]
fn other_bindings_count_and_one_key_may_do_two_things() {
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    let bindings = &mut rig.session.settings.bindings;
    bindings.rebind(Deed::Pause, Press::Key(Key::Space), Press::Key(Key::KeyG));
    bindings.bind(Deed::Hud, Press::Key(Key::KeyG));
    bindings.bind(Deed::Restart, pad(PadButton::CrossDown));
    rig.tap(Press::Key(Key::Space));
    assert!(!rig.session.is_paused());
    rig.tap(Press::Key(Key::KeyG));
    assert!(rig.session.is_paused() && !rig.session.settings.hud);
    let seed = rig.session.seed;
    rig.tap(pad(PadButton::CrossDown));
    assert_ne!(rig.session.seed, seed);
}

/// Whoever binds Enter to the menu must still be able to choose with it in the panel where that is undone.
#[test]
fn keys_that_choose_in_panels_do_nothing_else_there() {
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    let enter = Press::Key(Key::Enter);
    rig.session.settings.bindings.bind(Deed::Menu, enter);
    rig.session
        .settings
        .bindings
        .bind(Deed::Fullscreen, Press::Key(Key::ArrowDown));
    rig.tap(enter);
    assert!(rig.session.menu_open, "in a walk it opens the menu");
    rig.session.open_controls();
    rig.tap(enter);
    rig.tap(Press::Key(Key::ArrowDown));
    assert!(rig.session.controls_open && !rig.session.settings.fullscreen);
}

#[test]
fn the_panel_opens_over_menu_or_first_screen_and_closing_it_leads_back_and_saves() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("settings.toml");
    let mut rig = rig(u64::MAX, Some(path.clone()));
    rig.until(walking);
    rig.tap(ESC);
    rig.session.open_controls();
    rig.session.settings.bindings.bind(Deed::Record, W);
    // Nothing of the walk is done meanwhile.
    rig.tap(Press::Key(Key::Space));
    rig.tap(Press::Key(Key::Digit2));
    rig.tap(Press::Key(Key::Home));
    assert!(rig.session.controls_open && rig.session.menu_open && !rig.session.home_open);
    assert!(!rig.session.is_paused() && rig.session.bundled == Some(0));
    rig.tap(ESC);
    assert!(rig.session.menu_open && !rig.session.controls_open);
    assert_eq!(Settings::read(&path), (rig.session.settings.clone(), vec![]));
    rig.session.open_home();
    rig.session.open_controls();
    assert!(!rig.session.menu_open);
    rig.tap(pad(PadButton::Select));
    assert!(rig.session.home_open && !rig.session.controls_open);
    // Whatever begins a walk closes it.
    rig.session.open_controls();
    rig.session.walk_from(First::Bundled(1));
    assert!(!rig.session.panel_open());
}

#[test]
fn whatever_a_settings_file_says_the_menu_can_be_reached() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("settings.toml");
    let text = "[bindings]\nmenu = []\npause = [\"Escape\", \"Pad.Select\"]\nrecord = [\"KeyRR\"]";
    std::fs::write(&path, text).unwrap();
    let mut rig = rig(u64::MAX, Some(path));
    let told = rig.session.take_effects();
    let warned = told
        .iter()
        .any(|e| matches!(e, Effect::Toast(ToastKind::Warning, text) if text.contains("KeyRR")));
    assert!(warned, "{told:?}");
    rig.until(walking);
    rig.tap(ESC);
    assert!(rig.session.menu_open && !rig.session.is_paused());
    rig.tap(pad(PadButton::Select));
    assert!(!rig.session.menu_open);
}

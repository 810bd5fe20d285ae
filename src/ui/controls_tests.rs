//! The panel of controls: rebinding by pressing, conflicts, presets, sliders; by mouse and by keyboard.

use super::*;
use crate::settings::{Deed, Key, KeyPreset, MouseButton, PadButton, PadPreset, Press};

const W: Press = Press::Key(Key::KeyW);
const A: Press = Press::Key(Key::KeyA);
const G: Press = Press::Key(Key::KeyG);

/// What the chip of W is called.
const CHANGE_W: &str = "Change W for walk forward";

fn opened() -> Panel {
    panel(|scene| {
        scene.menu_open = true;
        scene.controls_open = true;
    })
}

impl Panel {
    fn interface(&mut self) -> &mut Interface {
        self.state_mut().interface.as_mut().unwrap()
    }

    /// What the window does with a key while the panel listens.
    fn press(&mut self, press: Press) {
        assert!(self.interface().is_listening());
        self.interface().press(Some(press));
        self.run();
    }

    fn of(&self, deed: Deed) -> &[Press] {
        self.state().settings.bindings.of(deed)
    }
}

#[test]
fn it_shows_what_is_bound_and_a_press_replaces_it() {
    let mut panel = opened();
    panel.says(&[
        "Walk forward",
        "W\n",
        "Left Shift",
        "Left trigger",
        "Left-handed",
        "Southpaw",
        "No gamepad",
    ]);
    panel.click(CHANGE_W);
    panel.says(&["Press a key or a button for", "walk forward", "instead of W"]);
    panel.press(G);
    assert!(!panel.interface().is_listening());
    assert_eq!(panel.of(Deed::Forward), [G, Press::Key(Key::ArrowUp)]);
    panel.says(&["Usual, changed"]);
    panel.click("Reset all bindings");
    assert_eq!(panel.state().settings, Settings::default());
}

#[test]
fn escape_select_and_the_button_leave_everything_as_it_is() {
    let mut panel = opened();
    for leave in Press::ALWAYS_MENU {
        panel.click(CHANGE_W);
        panel.press(leave);
        assert!(!panel.interface().is_listening());
    }
    panel.click(CHANGE_W);
    panel.interface().press(None);
    panel.run();
    panel.says(&["cannot be used"]);
    panel.get_by_label("Leave it  (Esc or Select)").hover();
    panel.run();
    panel.press(Press::Mouse(MouseButton::Left));
    assert_eq!(panel.state().settings, Settings::default());
    // Elsewhere that button is one like others.
    panel.click(CHANGE_W);
    panel.hover_at(egui::pos2(5.0, 5.0));
    panel.run();
    panel.press(Press::Mouse(MouseButton::Left));
    assert_eq!(panel.of(Deed::Forward)[0], Press::Mouse(MouseButton::Left));
}

#[test]
fn keyboard_alone_adds_a_key_and_settles_the_conflict() {
    use egui::Key::{ArrowDown, ArrowRight, Enter};
    let mut panel = opened();
    // From the first chip over its cross, the second chip and its cross to the place for one more.
    panel.keys([ArrowRight; 4]);
    assert_eq!(panel.focused().as_deref(), Some("Bind one more to walk forward"));
    panel.key(Enter);
    panel.press(A);
    assert_eq!(panel.of(Deed::Forward).last(), Some(&A));
    panel.says(&["A also does: step left", "A also does: walk forward"]);
    assert_eq!(panel.buttons("Take it away there").len(), 2);
    // Below the row stands the way out of it.
    panel.keys([ArrowDown, Enter]);
    assert!(!panel.text().contains("also does"), "{}", panel.text());
    assert_eq!(
        (panel.of(Deed::Left), panel.state().settings.bindings.is_shared(A)),
        (&[][..], false)
    );
}

#[test]
fn both_may_be_kept_and_that_is_still_told() {
    let mut panel = opened();
    panel.click(CHANGE_W);
    panel.press(A);
    panel.click("Keep both: A for walk forward");
    assert!(panel.state().settings.bindings.is_shared(A));
    panel.says(&["A also does: step left"]);
    assert!(!panel.has("Keep both"));
    // The row by itself goes back.
    panel.click("Reset walk forward");
    assert_eq!(panel.state().settings, Settings::default());
}

#[test]
fn a_cross_takes_away_and_a_button_of_a_gamepad_can_be_bound() {
    let mut panel = opened();
    panel.keys([egui::Key::ArrowRight, egui::Key::Enter]);
    assert_eq!(panel.of(Deed::Forward), [Press::Key(Key::ArrowUp)]);
    panel.click("Change Up for walk forward");
    panel.press(Press::Pad(PadButton::CrossUp));
    assert_eq!(panel.of(Deed::Forward), [Press::Pad(PadButton::CrossUp)]);
    panel.says(&["Cross up of the gamepad also does: show the numbers"]);
}

#[test]
fn presets_are_a_click_each_and_swap_the_sticks() {
    let mut panel = opened();
    panel.click("Left-handed");
    panel.click("Southpaw");
    let bindings = &panel.state().settings.bindings;
    assert_eq!(
        (bindings.key_preset(), bindings.pad_preset(), bindings.sticks_swapped()),
        (KeyPreset::LeftHanded, PadPreset::Southpaw, true)
    );
    assert_eq!(panel.of(Deed::Forward)[0], Press::Key(Key::KeyI));
    panel.says(&["The stick that walks (right)"]);
    assert!(!panel.text().contains("changed"));
    panel.click("The right stick walks, the left one looks");
    assert!(!panel.state().settings.bindings.sticks_swapped());
    panel.says(&["Southpaw, changed"]);
}

#[test]
fn arrows_reach_the_sliders_and_move_them() {
    use egui::Key::{ArrowDown, ArrowRight};
    let mut panel = opened();
    panel.keys([ArrowRight; 8]);
    let before = panel.state().settings.clone();
    for _ in 0..12 {
        panel.keys([ArrowDown, ArrowRight]);
    }
    let after = &panel.state().settings;
    assert!(after.mouse_sensitivity > before.mouse_sensitivity);
    assert!(after.walk_stick.dead_zone > before.walk_stick.dead_zone);
    assert!(after.walk_stick.exponent > before.walk_stick.exponent);
    assert!(after.look_stick.dead_zone > before.look_stick.dead_zone);
    assert_eq!(after.bindings, before.bindings);
}

#[test]
fn what_a_screen_reader_asks_of_a_slider_is_done() {
    let mut panel = opened();
    let before = panel.state().settings.walk_stick.dead_zone;
    panel
        .get_by_label("Dead zone of the stick that walks")
        .increment_accesskit();
    panel.run();
    assert!(panel.state().settings.walk_stick.dead_zone > before);
    panel.click("Reset the stick that walks");
    assert_eq!(panel.state().settings.walk_stick.dead_zone, before);
}

#[test]
fn what_the_arrows_reach_comes_into_view() {
    let mut panel = panel_of([1280.0, 800.0], |scene| scene.controls_open = true);
    assert!(!panel.text().contains("Ninth place"));
    panel.keys([egui::Key::ArrowDown; Deed::COUNT]);
    panel.says(&["Ninth place"]);
    assert!(!panel.text().contains("Walk forward"));
    // On the last row, by Enter, a key of it is replaced.
    panel.key(egui::Key::Enter);
    panel.press(G);
    assert_eq!(panel.of(Deed::Place(8))[0], G);
    panel.keys([egui::Key::ArrowUp; Deed::COUNT]);
    panel.says(&["Walk forward"]);
}

#[test]
fn gamepads_come_and_go_and_their_stick_is_a_dot() {
    let mut panel = opened();
    let dots = |panel: &Panel| {
        let white = |shape: &egui::Shape| matches!(shape, egui::Shape::Circle(c) if c.fill == egui::Color32::WHITE);
        panel.output().shapes.iter().filter(|s| white(&s.shape)).count()
    };
    panel.state_mut().pads = vec!["Some pad".to_owned()];
    panel.state_mut().sticks.walk = (0.5, 0.5);
    panel.run();
    panel.says(&["Some pad"]);
    assert!(dots(&panel) >= 1);
    panel.state_mut().pads.clear();
    panel.run();
    panel.says(&["No gamepad"]);
    assert_eq!(dots(&panel), 0);
}

#[test]
fn done_closes_it_and_closed_it_listens_no_more() {
    let mut panel = opened();
    assert_eq!(panel.click("Done"), [UiCommand::CloseControls]);
    panel.click(CHANGE_W);
    assert!(panel.interface().is_listening());
    panel.state_mut().controls_open = false;
    panel.run();
    assert!(!panel.interface().is_listening());
    assert_eq!(panel.of(Deed::Forward)[0], W);
}

#[test]
fn the_menu_and_the_hints_name_the_keys_that_are_bound() {
    let mut panel = panel(|scene| {
        let bindings = &mut scene.settings.bindings;
        bindings.use_keys(KeyPreset::LeftHanded);
        bindings.rebind(Deed::Pause, Press::Key(Key::Space), G);
    });
    panel.says(&["I J K L to walk"]);
    panel.state_mut().paused = true;
    panel.run();
    panel.says(&["Paused    G goes on, N makes one step"]);
}

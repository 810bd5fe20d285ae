//! The panel of controls: rebinding by pressing, conflicts, presets, sliders; by mouse and by keyboard.

use super::*;
use crate::settings::{Deed, Key, KeyPreset, MouseButton, PadButton, PadPreset, Press};

const W: Press = Press::Key(Key::KeyW);
const A: Press = Press::Key(Key::KeyA);
const G: Press = Press::Key(Key::KeyG);

/// The open panel, with settings that change as it says.
struct Panel {
    context: egui::Context,
    interface: Interface,
    settings: Settings,
    pads: Vec<String>,
    sticks: Sticks,
}

impl Panel {
    fn new() -> Self {
        let context = egui::Context::default();
        let interface = Interface::new(&context);
        let mut panel = Self {
            context,
            interface,
            settings: Settings::default(),
            pads: Vec::new(),
            sticks: Sticks::default(),
        };
        panel.frames(vec![vec![]; 3]);
        panel
    }

    fn with<R>(&mut self, then: impl FnOnce(&mut Interface, &egui::Context, &UiState<'_>) -> R) -> R {
        let Self {
            context,
            interface,
            settings,
            pads,
            sticks,
        } = self;
        with_state(
            |_| {},
            |state| {
                let state = UiState {
                    menu_open: true,
                    controls_open: true,
                    settings,
                    pads,
                    sticks: *sticks,
                    ..*state
                };
                then(interface, context, &state)
            },
        )
    }

    /// Shows frames, one by one, and does what they say to the settings; other commands and the last text come back.
    fn frames(&mut self, events: Vec<Vec<egui::Event>>) -> (Vec<UiCommand>, String) {
        let (mut others, mut text) = (Vec::new(), String::new());
        for events in events {
            let (commands, painted) =
                self.with(|interface, context, state| run(interface, context, state, vec![events]));
            text = painted;
            for command in commands {
                match command {
                    UiCommand::Settings(settings) => self.settings = settings,
                    other => others.push(other),
                }
            }
        }
        (others, text)
    }

    fn text(&mut self) -> String {
        self.frames(vec![vec![]; 2]).1
    }

    fn key(&mut self, which: egui::Key) {
        self.frames(vec![key(which), vec![], vec![]]);
    }

    fn place(&mut self, text: &str) -> egui::Pos2 {
        self.with(|interface, context, state| place_of(interface, context, state, text))
    }

    fn click(&mut self, text: &str) -> Vec<UiCommand> {
        let at = self.place(text);
        self.click_at(at)
    }

    fn click_at(&mut self, at: egui::Pos2) -> Vec<UiCommand> {
        let mut events = click(at);
        events.extend([vec![], vec![]]);
        self.frames(events).0
    }

    /// What the window does with a key while the panel listens.
    fn press(&mut self, press: Press) {
        assert!(self.interface.is_listening());
        self.interface.press(Some(press));
        self.frames(vec![vec![]; 2]);
    }

    fn of(&self, deed: Deed) -> &[Press] {
        self.settings.bindings.of(deed)
    }
}

#[test]
fn it_shows_what_is_bound_and_a_press_replaces_it() {
    let mut panel = Panel::new();
    let text = panel.text();
    for what in [
        "Walk forward",
        "W\n",
        "Left Shift",
        "Left trigger",
        "Left-handed",
        "Southpaw",
        "No gamepad",
    ] {
        assert!(text.contains(what), "{what} is missing in {text}");
    }
    panel.click("W");
    let text = panel.text();
    for what in ["Press a key or a button for", "walk forward", "instead of W"] {
        assert!(text.contains(what), "{what} is missing in {text}");
    }
    panel.press(G);
    assert!(!panel.interface.is_listening());
    assert_eq!(panel.of(Deed::Forward), [G, Press::Key(Key::ArrowUp)]);
    assert!(panel.text().contains("Usual, changed"));
    panel.click("Reset all bindings");
    assert_eq!(panel.settings, Settings::default());
}

#[test]
fn escape_select_and_the_button_leave_everything_as_it_is() {
    let mut panel = Panel::new();
    for leave in Press::ALWAYS_MENU {
        panel.click("W");
        panel.press(leave);
        assert!(!panel.interface.is_listening());
    }
    panel.click("W");
    panel.interface.press(None);
    assert!(panel.text().contains("cannot be used"));
    let at = panel.place("Leave it  (Esc or Select)");
    panel.frames(vec![vec![egui::Event::PointerMoved(at)], vec![]]);
    panel.press(Press::Mouse(MouseButton::Left));
    assert_eq!(panel.settings, Settings::default());
    // Elsewhere that button is one like others.
    panel.click("W");
    panel.frames(vec![vec![egui::Event::PointerMoved(egui::pos2(5.0, 5.0))], vec![]]);
    panel.press(Press::Mouse(MouseButton::Left));
    assert_eq!(panel.of(Deed::Forward)[0], Press::Mouse(MouseButton::Left));
}

#[test]
fn keyboard_alone_adds_a_key_and_settles_the_conflict() {
    let mut panel = Panel::new();
    // From the first chip over its cross, the second chip and its cross to the place for one more.
    for _ in 0..4 {
        panel.key(egui::Key::ArrowRight);
    }
    panel.key(egui::Key::Enter);
    panel.press(A);
    assert_eq!(panel.of(Deed::Forward).last(), Some(&A));
    let text = panel.text();
    assert!(text.contains("A also does: step left"), "{text}");
    assert!(text.contains("A also does: walk forward"), "{text}");
    assert_eq!(text.matches("Take it away there").count(), 2);
    // Below the row stands the way out of it.
    panel.key(egui::Key::ArrowDown);
    panel.key(egui::Key::Enter);
    let text = panel.text();
    assert!(!text.contains("also does"), "{text}");
    assert_eq!(
        (panel.of(Deed::Left), panel.settings.bindings.is_shared(A)),
        (&[][..], false)
    );
}

#[test]
fn both_may_be_kept_and_that_is_still_told() {
    let mut panel = Panel::new();
    panel.click("W");
    panel.press(A);
    panel.click("Keep both");
    assert!(panel.settings.bindings.is_shared(A));
    let text = panel.text();
    assert!(
        text.contains("A also does: step left") && !text.contains("Keep both"),
        "{text}"
    );
    // The row by itself goes back.
    panel.click("Reset");
    assert_eq!(panel.settings, Settings::default());
}

#[test]
fn a_cross_takes_away_and_a_button_of_a_gamepad_can_be_bound() {
    let mut panel = Panel::new();
    panel.key(egui::Key::ArrowRight);
    panel.key(egui::Key::Enter);
    assert_eq!(panel.of(Deed::Forward), [Press::Key(Key::ArrowUp)]);
    let at = panel.place("Up");
    panel.click_at(at);
    panel.press(Press::Pad(PadButton::CrossUp));
    assert_eq!(panel.of(Deed::Forward), [Press::Pad(PadButton::CrossUp)]);
    assert!(
        panel
            .text()
            .contains("Cross up of the gamepad also does: show the numbers")
    );
}

#[test]
fn presets_are_a_click_each_and_swap_the_sticks() {
    let mut panel = Panel::new();
    panel.click("Left-handed");
    panel.click("Southpaw");
    let bindings = &panel.settings.bindings;
    assert_eq!(
        (bindings.key_preset(), bindings.pad_preset(), bindings.sticks_swapped()),
        (KeyPreset::LeftHanded, PadPreset::Southpaw, true)
    );
    assert_eq!(panel.of(Deed::Forward)[0], Press::Key(Key::KeyI));
    let text = panel.text();
    assert!(
        text.contains("The stick that walks (right)") && !text.contains("changed"),
        "{text}"
    );
    panel.click("The right stick walks, the left one looks");
    assert!(!panel.settings.bindings.sticks_swapped());
    assert!(panel.text().contains("Southpaw, changed"));
}

#[test]
fn arrows_reach_the_sliders_and_move_them() {
    let mut panel = Panel::new();
    for _ in 0..8 {
        panel.key(egui::Key::ArrowRight);
    }
    let before = panel.settings.clone();
    for _ in 0..12 {
        panel.key(egui::Key::ArrowDown);
        panel.key(egui::Key::ArrowRight);
    }
    let after = &panel.settings;
    assert!(after.mouse_sensitivity > before.mouse_sensitivity);
    assert!(after.walk_stick.dead_zone > before.walk_stick.dead_zone);
    assert!(after.walk_stick.exponent > before.walk_stick.exponent);
    assert!(after.look_stick.dead_zone > before.look_stick.dead_zone);
    assert_eq!(after.bindings, before.bindings);
}

#[test]
fn what_the_arrows_reach_comes_into_view() {
    let mut panel = Panel::new();
    assert!(!panel.text().contains("Ninth place"));
    for _ in 0..Deed::COUNT {
        panel.key(egui::Key::ArrowDown);
    }
    panel.frames(vec![vec![]; 40]);
    let text = panel.text();
    assert!(text.contains("Ninth place") && !text.contains("Walk forward"), "{text}");
    // On the last row, by Enter, a key of it is replaced.
    panel.key(egui::Key::Enter);
    panel.press(G);
    assert_eq!(panel.of(Deed::Place(8))[0], G);
    for _ in 0..Deed::COUNT {
        panel.key(egui::Key::ArrowUp);
    }
    panel.frames(vec![vec![]; 40]);
    assert!(panel.text().contains("Walk forward"));
}

#[test]
fn gamepads_come_and_go_and_their_stick_is_a_dot() {
    let mut panel = Panel::new();
    panel.pads = vec!["Some pad".to_owned()];
    panel.sticks.walk = (0.5, 0.5);
    let dots = |panel: &mut Panel| {
        panel.with(|interface, context, state| {
            let input = egui::RawInput {
                screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, SIZE)),
                ..egui::RawInput::default()
            };
            let output = context.run_ui(input, |ui| {
                interface.show(ui.ctx(), state);
            });
            let white = |shape: &egui::Shape| matches!(shape, egui::Shape::Circle(c) if c.fill == egui::Color32::WHITE);
            let dots = output.shapes.iter().filter(|s| white(&s.shape)).count();
            output.drop_without_applying_deltas();
            dots
        })
    };
    assert!(panel.text().contains("Some pad"));
    assert!(dots(&mut panel) >= 1);
    panel.pads.clear();
    assert!(panel.text().contains("No gamepad"));
    assert_eq!(dots(&mut panel), 0);
}

#[test]
fn done_closes_it_and_closed_it_listens_no_more() {
    let mut panel = Panel::new();
    assert_eq!(panel.click("Done"), [UiCommand::CloseControls]);
    panel.click("W");
    assert!(panel.interface.is_listening());
    let Panel { context, interface, .. } = &mut panel;
    with_state(|_| {}, |state| run(interface, context, state, vec![vec![]]));
    assert!(!panel.interface.is_listening());
    assert_eq!(panel.of(Deed::Forward)[0], W);
}

#[test]
fn it_lays_out_in_windows_of_any_size() {
    let mut panel = Panel::new();
    for size in [[80.0, 40.0], [320.0, 200.0], [700.0, 900.0], [2560.0, 1440.0]] {
        for listening in [false, true] {
            panel.with(|interface, context, state| {
                if listening {
                    interface.controls.listen(Deed::Forward, None);
                }
                for _ in 0..2 {
                    let input = egui::RawInput {
                        screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, size.into())),
                        ..egui::RawInput::default()
                    };
                    context
                        .run_ui(input, |ui| {
                            interface.show(ui.ctx(), state);
                        })
                        .drop_without_applying_deltas();
                }
            });
        }
    }
}

#[test]
fn the_menu_and_the_hints_name_the_keys_that_are_bound() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    let mut settings = Settings::default();
    settings.bindings.use_keys(KeyPreset::LeftHanded);
    settings.bindings.rebind(Deed::Pause, Press::Key(Key::Space), G);
    with_state(
        |_| {},
        |state| {
            let state = UiState {
                settings: &settings,
                ..*state
            };
            let (_, text) = run(&mut interface, &context, &state, vec![vec![]; 2]);
            assert!(text.contains("I J K L to walk"), "{text}");
            let paused = UiState { paused: true, ..state };
            let (_, text) = run(&mut interface, &context, &paused, vec![vec![]; 2]);
            assert!(text.contains("Paused    G goes on, N makes one step"), "{text}");
        },
    );
}

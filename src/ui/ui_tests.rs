//! The interface without a window: it lays out, and clicks become commands.

use super::*;

#[path = "branches_tests.rs"]
mod branches;
#[path = "computing_tests.rs"]
mod computing;
#[path = "controls_tests.rs"]
mod controls;
#[path = "home_tests.rs"]
mod home;
#[path = "prompt_tests.rs"]
mod prompt;
#[path = "recording_tests.rs"]
mod recording;
#[path = "walking_tests.rs"]
mod walking;

use crate::control::Lens;
use crate::engine::Picture;
use crate::frame::Frame;

const SIZE: egui::Vec2 = egui::vec2(1280.0, 1500.0);

fn world() -> WorldInfo {
    WorldInfo {
        title: "Vale".to_owned(),
        lens: Lens {
            width_px: 160,
            height_px: 96,
            fov_x_rad: 1.2,
        },
        frames_per_sec: 24.0,
        pictures: (0..3)
            .map(|i| Picture {
                name: format!("place {i}"),
                prompt: format!("caption {i}"),
                frame: Frame::from_rgb(160, 96, &[90; 160 * 96 * 3], 0),
            })
            .collect(),
        vocabulary: ["snow", "forest", "at", "dusk"].map(str::to_owned).to_vec(),
        prompt_words: 3,
    }
}

/// Runs frames with these events and returns the commands and all text that was painted in the last one.
fn run(
    interface: &mut Interface,
    context: &egui::Context,
    state: &UiState<'_>,
    events: Vec<Vec<egui::Event>>,
) -> (Vec<UiCommand>, String) {
    let mut commands = Vec::new();
    let mut text = String::new();
    for events in events {
        let input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, SIZE)),
            events,
            ..egui::RawInput::default()
        };
        let output = context.run_ui(input, |ui| {
            commands.extend(interface.show(ui.ctx(), state));
        });
        text.clear();
        for shape in &output.shapes {
            collect_text(&shape.shape, &mut text);
        }
        output.drop_without_applying_deltas();
    }
    (commands, text)
}

fn collect_text(shape: &egui::Shape, to: &mut String) {
    match shape {
        egui::Shape::Text(text) => {
            to.push_str(text.galley.text());
            to.push('\n');
        }
        egui::Shape::Vec(shapes) => shapes.iter().for_each(|s| collect_text(s, to)),
        _ => {}
    }
}

fn key(key: egui::Key) -> Vec<egui::Event> {
    [true, false]
        .map(|pressed| egui::Event::Key {
            key,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers: egui::Modifiers::NONE,
        })
        .to_vec()
}

fn write(text: &str) -> Vec<egui::Event> {
    vec![egui::Event::Text(text.to_owned())]
}

/// Where a text was painted in the last frame.
fn place_of(interface: &mut Interface, context: &egui::Context, state: &UiState<'_>, text: &str) -> egui::Pos2 {
    fn find(shape: &egui::Shape, wanted: &str) -> Option<egui::Pos2> {
        match shape {
            egui::Shape::Text(text) if text.galley.text() == wanted => Some(text.visual_bounding_rect().center()),
            egui::Shape::Vec(shapes) => shapes.iter().find_map(|s| find(s, wanted)),
            _ => None,
        }
    }
    let input = egui::RawInput {
        screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, SIZE)),
        ..egui::RawInput::default()
    };
    let output = context.run_ui(input, |ui| {
        interface.show(ui.ctx(), state);
    });
    let found = output.shapes.iter().find_map(|s| find(&s.shape, text));
    output.drop_without_applying_deltas();
    found.unwrap_or_else(|| panic!("{text} was not painted"))
}

fn click(at: egui::Pos2) -> Vec<Vec<egui::Event>> {
    let button = |pressed| egui::Event::PointerButton {
        pos: at,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: egui::Modifiers::NONE,
    };
    vec![
        vec![],
        vec![egui::Event::PointerMoved(at)],
        vec![button(true)],
        vec![button(false)],
    ]
}

fn with_state<R>(change: impl FnOnce(&mut UiState<'_>), then: impl FnOnce(&UiState<'_>) -> R) -> R {
    let (world, hud, settings) = (world(), HudNumbers::default(), Settings::default());
    let computing = Computing::default();
    let mut state = UiState {
        world: Some(&world),
        phase: Phase::Walking,
        bundled: Some(0),
        place: "place 0",
        prompt: "snow at",
        prompt_open: false,
        home_open: false,
        branches_open: false,
        branches: None,
        controls_open: false,
        computing: &computing,
        pads: &[],
        sticks: Sticks::default(),
        can_go_back: true,
        shelf: None,
        generator: None,
        seed: 7,
        paused: false,
        speed: PlaySpeed::Usual,
        depth_view: false,
        depth_shown: false,
        rewinding: false,
        menu_open: false,
        show_hint: true,
        hud: &hud,
        recording: None,
        exporting: None,
        settings: &settings,
        adapter: "test",
        device: "cpu",
    };
    change(&mut state);
    then(&state)
}

#[test]
fn while_walking_the_numbers_and_the_hint_are_shown() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    let (commands, text) = with_state(|_| {}, |state| run(&mut interface, &context, state, vec![vec![]; 2]));
    assert!(commands.is_empty());
    assert!(
        text.contains("network") && text.contains("Click to look around"),
        "{text}"
    );
}

#[test]
fn the_menu_shows_the_gallery_and_a_click_on_it_chooses() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    interface.set_world(&context, &world());
    with_state(
        |state| state.menu_open = true,
        |state| {
            let (_, text) = run(&mut interface, &context, state, vec![vec![]; 3]);
            for what in ["Vale", "Continue", "place 2", "Seed", "Any picture"] {
                assert!(text.contains(what), "{what} is missing in {text}");
            }
            let (commands, _) = run(&mut interface, &context, state, click(egui::pos2(200.0, 130.0)));
            assert_eq!(commands, [UiCommand::CloseMenu]);
            let (commands, _) = run(&mut interface, &context, state, click(egui::pos2(100.0, 350.0)));
            assert_eq!(commands, [UiCommand::FirstFrame(0)]);
        },
    );
}

#[test]
fn a_failure_says_what_happened() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    let (_, text) = with_state(
        |state| {
            state.phase = Phase::Failed {
                message: "the lake is dry",
            };
            state.world = None;
        },
        |state| run(&mut interface, &context, state, vec![vec![]; 2]),
    );
    assert!(text.contains("the lake is dry") && text.contains("Try again"), "{text}");
}

#[test]
fn a_tiny_window_does_not_break_the_layout() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    interface.set_world(&context, &world());
    with_state(
        |state| state.menu_open = true,
        |state| {
            let input = egui::RawInput {
                screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(80.0, 40.0))),
                ..egui::RawInput::default()
            };
            context
                .run_ui(input, |ui| {
                    interface.show(ui.ctx(), state);
                })
                .drop_without_applying_deltas();
        },
    );
}

//! Speed, camera and depth view: what the menu offers and what stands over the picture.

use super::*;
use crate::settings::CameraFeel;
use crate::ui::HudLatency;

#[test]
fn the_menu_changes_speed_camera_and_what_is_seen() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    with_state(
        |state| state.menu_open = true,
        |state| {
            // The first frame of a scroll area is laid out before its size is known.
            run(&mut interface, &context, state, vec![vec![]; 3]);
            let mut clicked = |text: &str| {
                let at = place_of(&mut interface, &context, state, text);
                run(&mut interface, &context, state, click(at)).0
            };
            assert_eq!(clicked("½"), [UiCommand::Speed(PlaySpeed::Half)]);
            assert_eq!(clicked("2"), [UiCommand::Speed(PlaySpeed::Double)]);
            assert_eq!(clicked("Depth in place of colours (F)"), [UiCommand::ToggleDepth]);
            let drone = clicked("Drone");
            let [UiCommand::Settings(settings)] = &drone[..] else {
                panic!("{drone:?}")
            };
            assert_eq!(settings.camera, CameraFeel::Drone);
        },
    );
}

#[test]
fn the_numbers_say_the_speed_when_it_is_another_and_whether_it_is_reached() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    let mut text = |change: fn(&mut UiState<'_>)| {
        with_state(change, |state| run(&mut interface, &context, state, vec![vec![]; 2]).1)
    };
    assert!(!text(|_| {}).contains("speed"));
    assert!(text(|state| state.speed = PlaySpeed::Half).contains("speed\n½\n"));
    let mut slow = HudNumbers::default();
    // Frames of a latent at once, and then none for long.
    (slow.stats.interval_ms, slow.stats.period_ms) = (1e3 / 60.0, 1e3 / 36.0);
    let slow: &'static HudNumbers = Box::leak(Box::new(slow));
    let said = with_state(
        |state| (state.speed, state.hud) = (PlaySpeed::Double, slow),
        |state| run(&mut interface, &context, state, vec![vec![]; 2]).1,
    );
    assert!(said.contains("speed\n2\nreached\n1.5\n"), "{said}");
}

#[test]
fn without_numbers_the_corner_says_the_speed() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    let settings = Settings {
        hud: false,
        ..Settings::default()
    };
    for (speed, says) in [(PlaySpeed::Usual, false), (PlaySpeed::Quarter, true)] {
        let text = with_state(
            |state| {
                state.speed = speed;
                // Lives longer than the state.
                state.settings = Box::leak(Box::new(settings.clone()));
            },
            |state| run(&mut interface, &context, state, vec![vec![]; 2]).1,
        );
        assert_eq!(text.contains("Speed ¼"), says, "{text}");
    }
}

#[test]
fn the_depth_view_says_so_and_has_a_scale() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    for (shown, menu_open) in [(true, false), (false, false), (true, true)] {
        let text = with_state(
            |state| (state.depth_shown, state.menu_open) = (shown, menu_open),
            |state| run(&mut interface, &context, state, vec![vec![]; 2]).1,
        );
        let says = text.contains("Depth, in metres\n1\n10\n100\nsky");
        assert_eq!(says, shown && !menu_open, "{text}");
    }
}

#[test]
fn numbers_that_nobody_knows_are_left_out() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    let mut known = HudNumbers {
        latency: Some(HudLatency {
            median_ms: 123.4,
            p95_ms: 188.0,
        }),
        ..HudNumbers::default()
    };
    known.stats.resident_bytes = Some(512_000_000);
    for (hud, there) in [(HudNumbers::default(), false), (known, true)] {
        let text = with_state(
            |state| state.hud = Box::leak(Box::new(hud)),
            |state| run(&mut interface, &context, state, vec![vec![]; 2]).1,
        );
        for what in ["latency\n123 ms", "memory\n512 MB"] {
            assert_eq!(text.contains(what), there, "{text}");
        }
    }
}

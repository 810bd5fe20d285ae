//! The page about computing: what it says of devices, and what choosing and testing does.

use super::*;

fn row(device: &str, state: Option<DeviceState>) -> DeviceRow {
    DeviceRow {
        device: device.to_owned(),
        name: format!("name of {device}"),
        about: String::new(),
        memory_bytes: None,
        state,
        in_use: device == "cpu",
    }
}

fn computing() -> Computing {
    let fails = DeviceState::Fails("failed its self-test: its numbers are wrong by 3.0 %".to_owned());
    let computes = DeviceState::Computes {
        gflops: 41.6,
        secs: 0.3,
    };
    let mut processor = row("cpu", Some(computes));
    processor.memory_bytes = Some(8_000_000_000);
    Computing {
        open: true,
        devices: Some(vec![
            row("auto", None),
            processor,
            row("wgpu:0", Some(fails)),
            row("wgpu:1", Some(DeviceState::Untested)),
            row("wgpu:7", Some(DeviceState::Gone)),
        ]),
        forced: None,
        waits: true,
    }
}

fn on_page<R>(
    computing: &Computing,
    settings: &Settings,
    then: impl FnOnce(&mut Interface, &egui::Context, &UiState<'_>) -> R,
) -> R {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    let hud = HudNumbers {
        latency: Some(HudLatency {
            median_ms: 131.0,
            p95_ms: 204.0,
        }),
        latency_course: vec![[1.0, 131.0], [0.5, 204.0]],
        ..HudNumbers::default()
    };
    with_state(
        |_| {},
        |state| {
            let state = UiState {
                menu_open: true,
                computing,
                settings,
                hud: &hud,
                ..*state
            };
            then(&mut interface, &context, &state)
        },
    )
}

#[test]
fn every_device_is_shown_with_its_state_and_the_latency_in_words() {
    on_page(&computing(), &Settings::default(), |interface, context, state| {
        let (commands, text) = run(interface, context, state, vec![vec![]; 3]);
        assert!(commands.is_empty(), "{commands:?}");
        for what in [
            "name of cpu",
            "cpu  ·  8.0 GB",
            "in use",
            "computes: 42 GFLOP/s",
            "wrong by 3.0 %",
            "not tested",
            "is not there now",
            "Smooth",
            "Quick",
            "131 ms",
            "204 ms",
            "from the next world on",
        ] {
            assert!(text.contains(what), "{what} is missing in {text}");
        }
    });
}

#[test]
fn a_device_and_a_pacing_are_chosen_and_a_device_is_tested() {
    let settings = Settings::default();
    on_page(&computing(), &settings, |interface, context, state| {
        let clicked = |interface: &mut Interface, text: &str| {
            let at = place_of(interface, context, state, text);
            run(interface, context, state, click(at)).0
        };
        run(interface, context, state, vec![vec![]; 2]);
        let wgpu = Settings {
            device: "wgpu:1".to_owned(),
            ..settings.clone()
        };
        assert_eq!(clicked(interface, "name of wgpu:1"), [UiCommand::Settings(wgpu)]);
        let quick = Settings {
            pacing: crate::settings::Pacing::Quick,
            ..settings.clone()
        };
        assert_eq!(clicked(interface, "Quick"), [UiCommand::Settings(quick)]);
        let chart = Settings {
            latency_chart: true,
            ..settings.clone()
        };
        assert_eq!(
            clicked(interface, "Draw it below the numbers"),
            [UiCommand::Settings(chart)]
        );
        // The first of the buttons: `auto` is no device, and has none.
        assert_eq!(clicked(interface, "Test"), [UiCommand::TestDevice("cpu".to_owned())]);
        assert_eq!(clicked(interface, "Open this world again now"), [UiCommand::OpenAgain]);
        assert_eq!(clicked(interface, "Done"), [UiCommand::CloseComputing]);
    });
}

#[test]
fn arrows_and_enter_choose_a_device() {
    let settings = Settings::default();
    on_page(&computing(), &settings, |interface, context, state| {
        run(interface, context, state, vec![vec![]; 2]);
        let press =
            |interface: &mut Interface, which| run(interface, context, state, vec![key(which), vec![], vec![]]).0;
        // From Automatic to the processor.
        press(interface, egui::Key::ArrowDown);
        let commands = press(interface, egui::Key::Enter);
        let processor = Settings {
            device: "cpu".to_owned(),
            ..settings.clone()
        };
        assert_eq!(commands, [UiCommand::Settings(processor)]);
        press(interface, egui::Key::ArrowRight);
        let commands = press(interface, egui::Key::Enter);
        assert_eq!(commands, [UiCommand::TestDevice("cpu".to_owned())]);
    });
}

#[test]
fn a_device_of_the_command_line_is_told_and_a_machine_that_is_looked_at_as_well() {
    let computing = Computing {
        open: true,
        devices: None,
        forced: Some("cpu".to_owned()),
        waits: false,
    };
    on_page(&computing, &Settings::default(), |interface, context, state| {
        let (_, text) = run(interface, context, state, vec![vec![]; 3]);
        for what in ["Looking what this machine has", "--device cpu on the command line"] {
            assert!(text.contains(what), "{what} is missing in {text}");
        }
        assert!(!text.contains("Open this world again"), "{text}");
    });
}

#[test]
fn the_menu_leads_to_the_page() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    with_state(
        |state| state.menu_open = true,
        |state| {
            run(&mut interface, &context, state, vec![vec![]; 3]);
            let at = place_of(&mut interface, &context, state, "Computing …");
            let (commands, _) = run(&mut interface, &context, state, click(at));
            assert_eq!(commands, [UiCommand::Computing]);
        },
    );
}

#[test]
fn the_chart_stands_below_the_numbers_when_it_is_asked_for() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    let hud = HudNumbers {
        latency_course: vec![[1.0, 131.0], [0.5, 204.0]],
        ..HudNumbers::default()
    };
    let mut texts = Vec::new();
    for latency_chart in [false, true] {
        let settings = Settings {
            latency_chart,
            ..Settings::default()
        };
        with_state(
            |_| {},
            |state| {
                let state = UiState {
                    hud: &hud,
                    settings: &settings,
                    ..*state
                };
                texts.push(run(&mut interface, &context, &state, vec![vec![]; 3]).1);
            },
        );
    }
    // Its scale.
    assert!(!texts[0].contains("300 ms") && texts[1].contains("300 ms"), "{texts:?}");
}

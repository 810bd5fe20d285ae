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

/// A machine with devices in every state.
pub(super) fn machine() -> Computing {
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

fn on_page(scene: &mut Scene) {
    scenes::computing(scene);
}

#[test]
fn every_device_is_shown_with_its_state_and_the_latency_in_words() {
    let panel = panel(on_page);
    panel.says(&[
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
    ]);
    panel.get_by_role_and_label(egui::Role::Image, "Latency frame by frame, over the last five seconds");
}

#[test]
fn a_device_and_a_pacing_are_chosen_and_a_device_is_tested() {
    let mut panel = panel(on_page);
    panel.click("name of wgpu:1");
    assert_eq!(panel.state().settings.device, "wgpu:1");
    panel.click("Quick");
    assert_eq!(panel.state().settings.pacing, crate::settings::Pacing::Quick);
    let chart = panel.state().settings.latency_chart;
    panel.click("Draw it below the numbers");
    assert_ne!(panel.state().settings.latency_chart, chart);
    assert_eq!(
        panel.click("Test name of wgpu:1"),
        [UiCommand::TestDevice("wgpu:1".to_owned())]
    );
    // `auto` is no device, and what has gone cannot be tested.
    assert!(!panel.has("Test name of auto") && !panel.has("Test name of wgpu:7"));
    assert_eq!(panel.click("Open this world again now"), [UiCommand::OpenAgain]);
    assert_eq!(panel.click("Done"), [UiCommand::CloseComputing]);
}

#[test]
fn arrows_and_enter_choose_a_device() {
    use egui::Key::{ArrowDown, ArrowRight, Enter};
    let mut panel = panel(on_page);
    // From Automatic to the processor.
    panel.keys([ArrowDown, Enter]);
    assert_eq!(panel.state().settings.device, "cpu");
    assert_eq!(
        panel.keys([ArrowRight, Enter]),
        [UiCommand::TestDevice("cpu".to_owned())]
    );
}

#[test]
fn a_device_of_the_command_line_is_told_and_a_machine_that_is_looked_at_as_well() {
    let panel = panel(|scene| {
        on_page(scene);
        scene.computing = Computing {
            open: true,
            devices: None,
            forced: Some("cpu".to_owned()),
            waits: false,
        };
    });
    panel.says(&["Looking what this machine has", "--device cpu on the command line"]);
    assert!(!panel.has("Open this world again now"));
}

#[test]
fn the_chart_stands_below_the_numbers_when_it_is_asked_for() {
    for asked in [false, true] {
        let panel = panel(|scene| {
            scenes::walk(scene);
            scene.settings.latency_chart = asked;
        });
        // Its scale.
        assert_eq!(panel.text().contains("200 ms"), asked, "{}", panel.text());
    }
}

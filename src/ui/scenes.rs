//! Every panel with something in it, for tests that go through all of them.

use super::*;

/// A panel, by name, and what makes it.
pub(super) type Make = fn(&mut Scene);

pub(super) fn all() -> [(&'static str, Make); 16] {
    [
        ("walk", walk),
        ("first screen", home),
        ("empty first screen", empty_home),
        ("first screen after a failure", failed_home),
        ("menu", |scene| scene.menu_open = true),
        ("controls", controls),
        ("binding", binding),
        ("computing", computing),
        ("prompt", |scene| scene.prompt_open = true),
        ("branches", branches),
        ("rewind", rewind),
        ("pause", |scene| scene.paused = true),
        ("depth", depth),
        ("failure", failure),
        ("crash", crash),
        ("messages", messages),
    ]
}

/// Nothing in it can be pressed.
pub(super) fn is_only_looked_at(what: &str) -> bool {
    matches!(what, "walk" | "rewind" | "pause" | "depth" | "messages")
}

pub(super) fn walk(scene: &mut Scene) {
    scene.hud = HudNumbers {
        frames_per_sec: 24.0,
        latency: Some(HudLatency {
            median_ms: 131.0,
            p95_ms: 204.0,
        }),
        latency_course: (0..40)
            .map(|i| [0.12 * i as f32, 120.0 + 4.0 * (i % 9) as f32])
            .rev()
            .collect(),
        ..HudNumbers::default()
    };
    scene.settings.latency_chart = true;
    scene.recording = Some(RecordingStats {
        seconds: 75.0,
        ..RecordingStats::default()
    });
}

pub(super) fn home(scene: &mut Scene) {
    home::at_home(scene);
}

pub(super) fn empty_home(scene: &mut Scene) {
    scene.home_open = true;
    scene.can_go_back = false;
    scene.phase = Phase::Ready;
    scene.shelf = Some(Shelf {
        recordings_dir: "~/Videos/Farwander".into(),
        ..Shelf::default()
    });
}

fn failed_home(scene: &mut Scene) {
    empty_home(scene);
    scene.world = None;
    scene.phase = Phase::Failed {
        message: "The file vale.safetensors is cut off.",
    };
}

pub(super) fn controls(scene: &mut Scene) {
    scene.menu_open = true;
    scene.controls_open = true;
    scene.pads = vec!["Xbox Wireless Controller".to_owned()];
    scene.sticks.walk = (0.4, 0.4);
    let bindings = &mut scene.settings.bindings;
    // Bound twice, so that the way out of it is there.
    bindings.bind(crate::settings::Deed::Forward, Press::Key(crate::settings::Key::KeyA));
}

fn binding(scene: &mut Scene) {
    controls(scene);
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    interface.controls.listen(crate::settings::Deed::Forward, None);
    scene.interface = Some(interface);
}

pub(super) fn computing(scene: &mut Scene) {
    walk(scene);
    scene.menu_open = true;
    scene.computing = computing::machine();
}

pub(super) fn branches(scene: &mut Scene) {
    scene.branches_open = true;
    scene.branches = Some(branches::two_ways());
}

pub(super) fn rewind(scene: &mut Scene) {
    scene.rewinding = true;
    scene.branches = Some(branches::two_ways());
    scene.marked = recording::marked(2, 180, 256);
}

fn depth(scene: &mut Scene) {
    scene.depth_view = true;
    scene.depth_shown = true;
    scene.speed = PlaySpeed::Half;
}

pub(super) fn failure(scene: &mut Scene) {
    scene.phase = Phase::Failed {
        message: "The generator hit a bug: index out of bounds: the len is 3 but the index is 7",
    };
}

pub(super) fn crash(scene: &mut Scene) {
    scene.crash = Some(crash::note());
}

pub(super) fn messages(scene: &mut Scene) {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    interface.toast(ToastKind::Done, "Saved ~/Videos/Farwander/walk-20260101-120000.png");
    interface.toast(
        ToastKind::Warning,
        "The recording could not go on: no space is left on the device.",
    );
    scene.interface = Some(interface);
}

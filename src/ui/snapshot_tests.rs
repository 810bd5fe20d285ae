//! Pictures of every panel, drawn by a graphics driver (a software one where there is it) and compared with those that are kept
//! in `snapshots`. Small, because they are for the eye of who changes something. `UPDATE_SNAPSHOTS=1` keeps what is drawn now.

use super::*;
use crate::settings::Scale;

/// Whether anything here can draw. Where nothing can, the test says so; with `REQUIRE_GPU=1` that is a failure.
fn can_draw() -> bool {
    let instance = wgpu::Instance::default();
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    if adapters.is_empty() {
        let required = std::env::var("REQUIRE_GPU").is_ok_and(|value| value == "1");
        assert!(!required, "REQUIRE_GPU=1, and this machine has no graphics device");
        eprintln!("SKIPPED: pictures of panels are not compared, because this machine has no graphics device.");
    }
    !adapters.is_empty()
}

/// Draws a panel as in a window of this size at this scale, and compares.
fn compare(name: &str, window_px: [f32; 2], percent: u16, scene: scenes::Make) {
    if !can_draw() {
        return;
    }
    let scale = Scale::of_percent(percent);
    let mut panel = panel_of(window_px, |s| {
        scene(s);
        s.world = Some(painted_world());
        s.settings.interface_percent = scale;
    });
    panel.remove_cursor();
    panel.run();
    panel.snapshot(name);
}

/// Places with pictures that can be told apart.
fn painted_world() -> WorldInfo {
    let paint = |i: usize| {
        let (width, height) = (160, 96);
        let rgb = (0..width * height).flat_map(|at| {
            let (x, y) = (at % width, at / width);
            let hill = 48.0 + 14.0 * (0.03 * (1 + i) as f32 * x as f32).sin();
            let near = (y as f32 - hill).clamp(-1.0, 48.0) as i32;
            match (near < 0, i) {
                (true, 0) => [150, 180 + y as u8, 220],
                (true, 1) => [220, 130 + y as u8, 110],
                (true, _) => [200, 205, 210 + (y / 3) as u8],
                (false, 2) => [232, 236, 240 - 2 * near as u8],
                (false, _) => [70 + near as u8, 110 + near as u8 / 2, 60],
            }
        });
        Frame::from_rgb(width, height, &rgb.collect::<Vec<_>>(), 0)
    };
    let mut world = world();
    for (i, (name, words)) in [
        ("Meadow", "meadow, clear noon"),
        ("Savanna", "savanna at dusk, red sky"),
        ("Snow", "snow, overcast, fog"),
    ]
    .into_iter()
    .enumerate()
    {
        world.pictures[i].name = name.to_owned();
        world.pictures[i].prompt = words.to_owned();
        world.pictures[i].frame = paint(i);
    }
    world
}

const WINDOW: [f32; 2] = [960.0, 600.0];

#[test]
fn first_screen() {
    compare("first_screen", WINDOW, 75, scenes::home);
}

#[test]
fn first_screen_for_a_sofa_upright() {
    compare("first_screen_for_a_sofa_upright", [540.0, 760.0], 200, scenes::home);
}

#[test]
fn first_screen_empty() {
    compare("first_screen_empty", WINDOW, 75, scenes::empty_home);
}

#[test]
fn menu() {
    compare("menu", [420.0, 900.0], 75, |scene| scene.menu_open = true);
}

#[test]
fn controls() {
    compare("controls", WINDOW, 75, scenes::controls);
}

#[test]
fn computing() {
    compare("computing", WINDOW, 75, scenes::computing);
}

#[test]
fn prompt() {
    compare("prompt", [700.0, 260.0], 100, |scene| scene.prompt_open = true);
}

#[test]
fn walking() {
    compare("walking", [700.0, 360.0], 100, scenes::walk);
}

#[test]
fn going_back() {
    compare("going_back", [600.0, 300.0], 100, scenes::rewind);
}

#[test]
fn branches() {
    compare("branches", [760.0, 340.0], 100, scenes::branches);
}

#[test]
fn failure() {
    compare("failure", [600.0, 300.0], 100, scenes::failure);
}

#[test]
fn crash() {
    compare("crash", [640.0, 460.0], 100, scenes::crash);
}

#[test]
fn crash_at_300_percent() {
    compare("crash_at_300_percent", [960.0, 600.0], 300, scenes::crash);
}

#[test]
fn messages() {
    compare("messages", [460.0, 200.0], 100, scenes::messages);
}

/// All panels at several sizes into a folder, to be looked at: `LOOK_AT=folder cargo test look_at_panels`.
#[test]
fn look_at_panels() {
    let Some(dir) = std::env::var_os("LOOK_AT").map(PathBuf::from) else {
        return;
    };
    std::fs::create_dir_all(&dir).unwrap();
    for (what, scene) in scenes::all() {
        for percent in [50, 100, 200, 300] {
            for (window, window_px) in [
                ("usual", [1280.0, 768.0]),
                ("upright", [768.0, 1280.0]),
                ("wide", [2560.0, 800.0]),
            ] {
                let scale = Scale::of_percent(percent);
                let mut panel = panel_of(window_px, |s| {
                    s.world = Some(painted_world());
                    scene(s);
                    s.settings.interface_percent = scale;
                });
                panel.remove_cursor();
                panel.run();
                let picture = panel.render().unwrap();
                let name = format!("{}_{window}_{percent}.png", what.replace(' ', "_"));
                picture.save(dir.join(name)).unwrap();
            }
        }
    }
}

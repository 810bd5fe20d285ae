//! Speed, camera and depth view: what the menu offers and what stands over the picture.

use super::*;
use crate::settings::CameraFeel;

#[test]
fn the_menu_changes_speed_camera_and_what_is_seen() {
    let mut panel = panel(|scene| scene.menu_open = true);
    assert_eq!(panel.click("Speed ½"), [UiCommand::Speed(PlaySpeed::Half)]);
    assert_eq!(panel.click("Speed 2"), [UiCommand::Speed(PlaySpeed::Double)]);
    assert_eq!(panel.click("Depth in place of colours (F)"), [UiCommand::ToggleDepth]);
    panel.click("Camera: Drone");
    assert_eq!(panel.state().settings.camera, CameraFeel::Drone);
}

#[test]
fn the_numbers_say_the_speed_when_it_is_another_and_whether_it_is_reached() {
    let text = |change: fn(&mut Scene)| panel(change).text();
    assert!(!text(|_| {}).contains("speed"));
    assert!(text(|scene| scene.speed = PlaySpeed::Half).contains("speed\n½\n"));
    let slow = text(|scene| {
        scene.speed = PlaySpeed::Double;
        // Frames of a latent at once, and then none for long.
        scene.hud.stats.interval_ms = 1e3 / 60.0;
        scene.hud.stats.period_ms = 1e3 / 36.0;
    });
    assert!(slow.contains("speed\n2\nreached\n1.5\n"), "{slow}");
}

#[test]
fn without_numbers_the_corner_says_the_speed() {
    for (speed, says) in [(PlaySpeed::Usual, false), (PlaySpeed::Quarter, true)] {
        let text = panel(|scene| {
            scene.speed = speed;
            scene.settings.hud = false;
        })
        .text();
        assert_eq!(text.contains("Speed ¼"), says, "{text}");
    }
}

#[test]
fn the_depth_view_says_so_and_has_a_scale() {
    for (shown, menu_open) in [(true, false), (false, false), (true, true)] {
        let panel = panel(|scene| (scene.depth_shown, scene.menu_open) = (shown, menu_open));
        let says = panel.text().contains("Depth, in metres\n1\n10\n100\nsky");
        assert_eq!(says, shown && !menu_open, "{}", panel.text());
        let name = if shown {
            "The depth of the walk"
        } else {
            "The picture of the walk"
        };
        panel.get_by_label_contains(name);
    }
}

#[test]
fn numbers_that_nobody_knows_are_left_out() {
    for there in [false, true] {
        let text = panel(|scene| {
            if there {
                scene.hud.latency = Some(HudLatency {
                    median_ms: 123.4,
                    p95_ms: 188.0,
                });
                scene.hud.stats.resident_bytes = Some(512_000_000);
            }
        })
        .text();
        for what in ["latency\n123 ms", "memory\n512 MB"] {
            assert_eq!(text.contains(what), there, "{text}");
        }
    }
}

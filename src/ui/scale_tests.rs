//! The size of the interface: by keys anywhere, by buttons on the first screen and in the menu; what it does.

use super::*;
use crate::settings::Scale;

fn percent(panel: &Panel) -> u16 {
    panel.state().settings.interface_percent.percent()
}

fn command(panel: &mut Panel, key: egui::Key) {
    panel.key_press_modifiers(egui::Modifiers::COMMAND, key);
    panel.run();
}

#[test]
fn keys_change_it_in_every_panel() {
    for (what, scene) in scenes::all() {
        let mut panel = panel(scene);
        command(&mut panel, egui::Key::Plus);
        assert_eq!(percent(&panel), 110, "{what}");
        command(&mut panel, egui::Key::Equals);
        assert_eq!(percent(&panel), 125, "{what}");
        command(&mut panel, egui::Key::Num0);
        assert_eq!(percent(&panel), 100, "{what}");
        command(&mut panel, egui::Key::Minus);
        assert_eq!(percent(&panel), 90, "{what}");
        assert_eq!(panel.ctx.zoom_factor(), 0.9, "{what}");
    }
}

#[test]
fn keys_stop_at_the_ends() {
    let mut panel = panel(|_| {});
    for (key, end) in [(egui::Key::Minus, 50), (egui::Key::Plus, 300)] {
        for _ in 0..20 {
            command(&mut panel, key);
        }
        assert_eq!(percent(&panel), end);
    }
}

#[test]
fn the_first_screen_and_the_menu_have_buttons_for_it() {
    for open in [
        |scene: &mut Scene| scene.menu_open = true,
        |scene: &mut Scene| scene.home_open = true,
    ] {
        let mut panel = panel(open);
        panel.click("Larger interface");
        assert_eq!(percent(&panel), 110);
        panel.click("Smaller interface");
        panel.click("Smaller interface");
        assert_eq!(percent(&panel), 90);
        panel.click("Interface at 90 %, back to the usual size");
        assert_eq!(percent(&panel), 100);
        panel.click("Interface for a sofa");
        assert_eq!(panel.state().settings.interface_percent, Scale::SOFA);
        panel.state_mut().settings.interface_percent = Scale::of_percent(300);
        panel.run();
        assert!(!panel.has("Larger interface") && panel.has("Smaller interface"));
    }
}

/// What matters most in each panel can be reached by arrows or Tab, comes into view and can be pressed, in a window of
/// 1280 by 768 pixels, an upright and a very wide one, at the smallest size and the largest.
#[test]
fn panels_can_be_used_from_the_smallest_to_the_largest_size() {
    let panels: [(scenes::Make, &[&str]); 6] = [
        (
            scenes::home,
            &["place 1", "Open a world …", "Quit", "hill.jpg", "Interface for a sofa"],
        ),
        (
            |scene| scene.menu_open = true,
            &["Continue", "place 2", "New seed", "Quit", "Interface for a sofa"],
        ),
        (scenes::controls, &["Done", "Keep both: A for walk forward"]),
        (scenes::computing, &["Done", "Test name of wgpu:1", "Quick"]),
        (scenes::crash, &["Close", "Copy the report"]),
        (scenes::failure, &["Try again", "Quit"]),
    ];
    for window_px in [[1280.0, 768.0], [768.0, 1280.0], [3440.0, 800.0]] {
        for percent in [50, 100, 300] {
            let scale = Scale::of_percent(percent);
            for (number, (scene, names)) in panels.into_iter().enumerate() {
                let size = window_px.map(|px: f32| px / scale.factor());
                let mut panel = panel_of(window_px, |s| {
                    scene(s);
                    s.settings.interface_percent = scale;
                });
                for name in names {
                    let why = format!("{name} of panel {number} in {window_px:?} at {percent} %");
                    // What a screen reader or the Tab key does: focus it, and it comes into view.
                    let button = panel.buttons(name);
                    assert_eq!(button.len(), 1, "{why}");
                    button[0].focus();
                    panel.run();
                    let rect = panel.buttons(name)[0].rect();
                    let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, size.into());
                    assert!(screen.expand(1.0).contains(rect.center()), "{why}: {rect:?}");
                    assert!(rect.left() >= -1.0 && rect.right() <= size[0] + 1.0, "{why}: {rect:?}");
                    let at = rect.center();
                    let before = panel.state().settings.clone();
                    let commands = panel.click_at(at);
                    let copied = *name == "Copy the report";
                    assert!(!commands.is_empty() || copied, "{why} did nothing at {at:?}");
                    panel.state_mut().settings = before;
                    panel.run();
                }
            }
        }
    }
}

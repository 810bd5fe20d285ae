//! The interface without a window: panels are found by what they are called, clicked and walked through by keys, and what
//! they ask for is looked at.

use std::ops::{Deref, DerefMut};

use egui::accesskit::Action;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_kittest::{Harness, Node};

use super::*;
use crate::control::Lens;
use crate::engine::Picture;
use crate::frame::Frame;

// `tests/layering.rs` looks at one file at a time: each says that it is tests.
#[cfg(test)]
#[path = "branches_tests.rs"]
mod branches;
#[cfg(test)]
#[path = "computing_tests.rs"]
mod computing;
#[cfg(test)]
#[path = "controls_tests.rs"]
mod controls;
#[cfg(test)]
#[path = "crash_tests.rs"]
mod crash;
#[cfg(test)]
#[path = "home_tests.rs"]
mod home;
#[cfg(test)]
#[path = "prompt_tests.rs"]
mod prompt;
#[cfg(test)]
#[path = "recording_tests.rs"]
mod recording;
#[cfg(test)]
#[path = "scale_tests.rs"]
mod scale;
#[cfg(test)]
#[path = "scenes.rs"]
mod scenes;
#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod snapshots;
#[cfg(test)]
#[path = "walking_tests.rs"]
mod walking;

/// Large enough that nothing has to be scrolled to.
const SIZE: [f32; 2] = [1280.0, 1600.0];

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

/// Everything that the interface is shown with, and what it has asked for. New settings count, as in the player.
struct Scene {
    interface: Option<Interface>,
    world: Option<WorldInfo>,
    phase: Phase<'static>,
    bundled: Option<usize>,
    prompt: String,
    seed: u64,
    paused: bool,
    speed: PlaySpeed,
    depth_view: bool,
    depth_shown: bool,
    rewinding: bool,
    menu_open: bool,
    prompt_open: bool,
    home_open: bool,
    branches_open: bool,
    branches: Option<BranchTree>,
    controls_open: bool,
    computing: Computing,
    crash: Option<CrashNote>,
    pads: Vec<String>,
    sticks: Sticks,
    can_go_back: bool,
    shelf: Option<Shelf>,
    generator: Option<PathBuf>,
    show_hint: bool,
    hud: HudNumbers,
    recording: Option<RecordingStats>,
    marked: Marked,
    exporting: Option<ExportProgress>,
    settings: Settings,
    commands: Vec<UiCommand>,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            interface: None,
            world: Some(world()),
            phase: Phase::Walking,
            bundled: Some(0),
            prompt: "snow at".to_owned(),
            seed: 7,
            paused: false,
            speed: PlaySpeed::Usual,
            depth_view: false,
            depth_shown: false,
            rewinding: false,
            menu_open: false,
            prompt_open: false,
            home_open: false,
            branches_open: false,
            branches: None,
            controls_open: false,
            computing: Computing::default(),
            crash: None,
            pads: Vec::new(),
            sticks: Sticks::default(),
            can_go_back: true,
            shelf: None,
            generator: None,
            show_hint: true,
            hud: HudNumbers::default(),
            recording: None,
            marked: Marked::default(),
            exporting: None,
            settings: Settings::default(),
            commands: Vec::new(),
        }
    }
}

impl Scene {
    fn show(&mut self, ui: &mut egui::Ui) {
        let mut interface = self.interface.take().unwrap_or_else(|| {
            let mut interface = Interface::new(ui.ctx());
            if let Some(world) = &self.world {
                interface.set_world(ui.ctx(), world);
            }
            if let Some(shelf) = &self.shelf {
                interface.set_shelf(ui.ctx(), shelf);
            }
            interface
        });
        let commands = interface.show(
            ui,
            &UiState {
                world: self.world.as_ref(),
                phase: self.phase,
                bundled: self.bundled,
                place: "place 0",
                prompt: &self.prompt,
                seed: self.seed,
                paused: self.paused,
                speed: self.speed,
                depth_view: self.depth_view,
                depth_shown: self.depth_shown,
                rewinding: self.rewinding,
                menu_open: self.menu_open,
                prompt_open: self.prompt_open,
                home_open: self.home_open,
                branches_open: self.branches_open,
                branches: self.branches.as_ref(),
                controls_open: self.controls_open,
                computing: &self.computing,
                crash: self.crash.as_ref(),
                pads: &self.pads,
                sticks: self.sticks,
                can_go_back: self.can_go_back,
                shelf: self.shelf.as_ref(),
                generator: self.generator.as_deref(),
                show_hint: self.show_hint,
                hud: &self.hud,
                recording: self.recording.as_ref(),
                marked: self.marked,
                exporting: self.exporting,
                settings: &self.settings,
                adapter: "test",
                device: "cpu",
            },
        );
        for command in commands {
            if let UiCommand::Settings(settings) = &command {
                self.settings = settings.clone();
            }
            self.commands.push(command);
        }
        self.interface = Some(interface);
    }
}

/// The interface in a window.
struct Panel(Harness<'static, Scene>);

impl Deref for Panel {
    type Target = Harness<'static, Scene>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Panel {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

/// Shows a scene in a window of usual size.
fn panel(change: impl FnOnce(&mut Scene)) -> Panel {
    panel_of(SIZE, change)
}

/// Shows a scene in a window of this size, in points.
fn panel_of(size: [f32; 2], change: impl FnOnce(&mut Scene)) -> Panel {
    let mut scene = Scene::default();
    change(&mut scene);
    let harness = Harness::builder()
        .with_size(size)
        .with_max_steps(60)
        .with_context_setup(theme::apply)
        .build_ui_state(|ui, scene: &mut Scene| scene.show(ui), scene);
    let mut panel = Panel(harness);
    panel.commands();
    panel
}

impl Panel {
    /// Lets everything settle, and returns what was asked for.
    fn commands(&mut self) -> Vec<UiCommand> {
        self.0.run();
        std::mem::take(&mut self.0.state_mut().commands)
    }

    /// What can be clicked and is called this, or begins with it as a name with an explanation.
    fn buttons(&self, name: &str) -> Vec<Node<'_>> {
        let is_called = |node: &Node<'_>| {
            let node = node.accesskit_node();
            let label = node.label().unwrap_or_default();
            let rest = label.strip_prefix(name);
            node.data().supports_action(Action::Click)
                && !node.is_disabled()
                && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '.']))
        };
        self.0.root().children_recursive().filter(is_called).collect()
    }

    fn has(&self, name: &str) -> bool {
        !self.buttons(name).is_empty()
    }

    #[track_caller]
    fn click(&mut self, name: &str) -> Vec<UiCommand> {
        match &self.buttons(name)[..] {
            [button] => button.click(),
            found => panic!("{} buttons are called {name}", found.len()),
        }
        self.commands()
    }

    fn click_at(&mut self, at: egui::Pos2) -> Vec<UiCommand> {
        self.0.drag_at(at);
        self.0.drop_at(at);
        self.commands()
    }

    fn key(&mut self, key: egui::Key) -> Vec<UiCommand> {
        self.0.key_press(key);
        self.commands()
    }

    fn keys(&mut self, keys: impl IntoIterator<Item = egui::Key>) -> Vec<UiCommand> {
        keys.into_iter().flat_map(|key| self.key(key)).collect()
    }

    fn write(&mut self, text: &str) {
        self.0.event(egui::Event::Text(text.to_owned()));
        self.0.run();
    }

    /// What has the focus is called this.
    fn focused(&self) -> Option<String> {
        let mut nodes = self.0.root().children_recursive();
        nodes.find(Node::is_focused)?.accesskit_node().label()
    }

    /// All text that was painted last, for what only eyes see as well.
    fn text(&self) -> String {
        let mut text = String::new();
        let shapes = &self.0.output().shapes;
        shapes.iter().for_each(|shape| collect_text(&shape.shape, &mut text));
        text
    }

    #[track_caller]
    fn says(&self, all: &[&str]) {
        let text = self.text();
        for what in all {
            assert!(text.contains(what), "{what} is missing in {text}");
        }
    }
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

#[test]
fn while_walking_the_numbers_and_the_hint_are_shown_and_the_picture_has_a_name() {
    let mut panel = panel(|_| {});
    assert!(panel.commands().is_empty());
    panel.says(&["network", "Click to look around"]);
    panel.get_by_role_and_label(egui::Role::Image, "The picture of the walk. Vale, place 0: snow at");
    // The picture itself is the walk's: a click on it is not the interface's.
    panel.hover_at(egui::pos2(640.0, 600.0));
    panel.run();
    assert!(!panel.ctx.egui_wants_pointer_input());
}

#[test]
fn the_menu_shows_the_gallery_and_a_click_on_it_chooses() {
    let mut panel = panel(|scene| scene.menu_open = true);
    panel.says(&["Vale", "Continue", "place 2", "Seed", "Any picture"]);
    for (name, wanted) in [
        ("Continue", UiCommand::CloseMenu),
        ("place 0", UiCommand::FirstFrame(0)),
        ("place 2", UiCommand::FirstFrame(2)),
        ("Stay paused", UiCommand::TogglePause),
        ("One step", UiCommand::Step),
        ("Record", UiCommand::ToggleRecording),
        ("Screenshot", UiCommand::Screenshot),
        ("Any picture …", UiCommand::ChoosePicture),
        ("All worlds", UiCommand::Home),
        ("New seed", UiCommand::Restart(None)),
        ("Begin again", UiCommand::Restart(Some(7))),
        ("Controls …", UiCommand::Controls),
        ("Computing …", UiCommand::Computing),
        ("Fill the screen (F11)", UiCommand::ToggleFullscreen),
        ("Quit", UiCommand::Quit),
    ] {
        assert_eq!(panel.click(name), [wanted], "{name}");
    }
    panel.click("Show the numbers (H)");
    assert!(!panel.state().settings.hud);
}

#[test]
fn a_seed_is_written_and_enter_begins_with_it() {
    let mut panel = panel(|scene| scene.menu_open = true);
    panel.get_by_role_and_label(egui::Role::TextInput, "Seed").click();
    panel.run();
    panel.key_combination_modifiers(egui::Modifiers::COMMAND, &[egui::Key::A]);
    panel.write("4711");
    assert_eq!(panel.key(egui::Key::Enter), [UiCommand::Restart(Some(4711))]);
    panel.get_by_role_and_label(egui::Role::TextInput, "Seed").click();
    panel.run();
    panel.write("x");
    assert!(!panel.has("Begin again"), "x is no number");
}

#[test]
fn the_keyboard_alone_walks_through_the_menu() {
    let mut panel = panel(|scene| scene.menu_open = true);
    panel.key(egui::Key::Tab);
    assert_eq!(panel.focused().as_deref(), Some("Continue"));
    panel.keys([egui::Key::ArrowDown, egui::Key::ArrowDown]);
    assert_eq!(panel.focused().as_deref(), Some("Record"));
    assert_eq!(panel.key(egui::Key::Enter), [UiCommand::ToggleRecording]);
}

#[test]
fn a_failure_says_what_happened() {
    let mut panel = panel(|scene| {
        scene.phase = Phase::Failed {
            message: "the lake is dry",
        };
        scene.world = None;
    });
    panel.says(&["the lake is dry"]);
    assert_eq!(panel.click("Try again"), [UiCommand::Retry]);
    assert_eq!(panel.click("Quit"), [UiCommand::Quit]);
}

#[test]
fn messages_are_said_to_a_screen_reader_as_they_come() {
    let mut panel = panel(|_| {});
    let interface = panel.state_mut().interface.as_mut().unwrap();
    interface.toast(ToastKind::Warning, "The disk is nearly full.");
    panel.run();
    let message = panel.get_by_label("The disk is nearly full.");
    assert_eq!(
        message.accesskit_node().data().live(),
        Some(egui::accesskit::Live::Polite)
    );
}

#[test]
fn while_recording_its_time_is_told_by_name() {
    let panel = panel(|scene| {
        scene.recording = Some(RecordingStats {
            seconds: 75.2,
            ..RecordingStats::default()
        });
    });
    panel.get_by_label("Recording, 1:15");
}

#[test]
fn going_back_and_pausing_are_told() {
    panel(|scene| scene.rewinding = true).says(&["Going back    Let go to walk on from here"]);
    panel(|scene| scene.paused = true).says(&["Paused    Space goes on, N makes one step"]);
    panel(|scene| scene.phase = Phase::Loading).says(&["Loading Vale …"]);
}

/// Whoever cannot see knows everything that can be focused by its name, in every panel and in windows that cut it off.
#[test]
fn everything_that_can_be_focused_has_a_name() {
    for (what, scene) in scenes::all() {
        for size in [SIZE, [700.0, 500.0], [320.0, 240.0]] {
            let panel = panel_of(size, scene);
            let nodes: Vec<_> = panel.root().children_recursive().collect();
            let focusable = nodes.iter().filter(|node| {
                let data = node.accesskit_node().data();
                data.supports_action(Action::Focus) || data.supports_action(Action::Click)
            });
            let mut count = 0;
            for node in focusable {
                let node = node.accesskit_node();
                // What scrolls and what lies over everything to keep clicks away are no things to be named.
                if matches!(
                    node.role(),
                    egui::Role::ScrollView | egui::Role::ScrollBar | egui::Role::GenericContainer | egui::Role::Unknown
                ) {
                    continue;
                }
                let named = node.label().is_some_and(|label| !label.trim().is_empty());
                assert!(
                    named,
                    "in {what}, {size:?}: {:?} has no name: {:?}",
                    node.role(),
                    node.raw_bounds()
                );
                count += 1;
            }
            assert!(
                count > 0 || scenes::is_only_looked_at(what),
                "{what} has nothing to be focused"
            );
        }
    }
}

#[test]
fn every_panel_is_laid_out_in_windows_of_any_size() {
    for (what, scene) in scenes::all() {
        for size in [[80.0, 40.0], [107.0, 67.0], [256.0, 427.0], [6880.0, 2880.0]] {
            let panel = panel_of(size, scene);
            assert!(
                !panel.output().shapes.is_empty() || scenes::is_only_looked_at(what),
                "{what}"
            );
        }
    }
}

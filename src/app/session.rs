//! The walk as the player sees it: what was asked of the engine, what it told, what the interface shall show. No window.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::device::DeviceChoice;
use crate::engine::{
    BranchTree, Command, Engine, Event, ExportProgress, First, MarkEnd, Marked, Pacing, PlaySpeed, RecordingStats,
    Stats, TimedFrame, WorldInfo,
};
use crate::frame::Frame;
use crate::input::{Action, Hands, Nav};
use crate::settings::Settings;
use crate::ui::{HudNumbers, Phase, Shelf, ToastKind};
use crate::words::say;
use crate::{paths, record, telemetry};

use super::Options;

mod beginnings;
mod branches;
mod computing;
mod controls;
mod crash;
mod numbers;
mod recording;
mod restart;
mod view;

use numbers::Numbers;

/// How far the world is.
#[derive(Clone, Debug, PartialEq)]
enum State {
    Loading,
    /// Loaded, and nothing was asked for yet.
    Ready,
    Walking,
    Failed {
        message: String,
        can_restart: bool,
    },
}

/// What the window has to do itself.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Effect {
    /// Show a message.
    Toast(ToastKind, String),
    /// A world was opened: gallery, title.
    WorldOpened,
    /// Show this picture at once.
    Picture(Frame),
    /// Take hold of the mouse or give it back.
    CaptureMouse(bool),
    /// Apply the full-screen setting.
    Fullscreen,
    /// The first screen wants to know what there is.
    LookAtFiles,
    /// The page about computing wants to know what there is.
    LookAtDevices,
    /// Find out whether a device computes.
    TestDevice(DeviceChoice),
    /// A gamepad moves in what is open.
    Navigate(Nav),
}

/// The state of the player.
#[derive(Debug)]
pub(super) struct Session {
    engine: Engine,
    pub(super) options: Options,
    pub(super) settings: Settings,
    saved_settings: Settings,
    settings_file: Option<PathBuf>,
    pub(super) hands: Hands,
    pub(super) world: Option<WorldInfo>,
    state: State,
    ever_walked: bool,
    pub(super) place: String,
    pub(super) bundled: Option<usize>,
    pub(super) seed: u64,
    /// What the walk was asked to begin in.
    first: First,
    /// A walk was asked for: it begins as soon as a world is open.
    wanted: bool,
    /// When a walk was asked for last: by the start of the program or by a choice.
    pub(super) asked_at: Option<Instant>,
    /// The engine holds a walk that can go on.
    walk_lives: bool,
    /// Where the running walk began: what is begun again, whatever was refused since.
    walked: Option<First>,
    /// The generator file that is open.
    opened: Option<PathBuf>,
    /// A kept moment was asked for on the first screen.
    taking_up: bool,
    /// What computes, or is being readied to.
    pub(super) device: String,
    /// What the walk shall be.
    pub(super) prompt: String,
    pub(super) prompt_open: bool,
    pub(super) home_open: bool,
    /// The tree of branches is shown.
    pub(super) branches_open: bool,
    branches: Option<BranchTree>,
    /// When a bug has struck the engine last, and whether the walk shall go on as soon as the world is open again.
    crashed_at: Option<Instant>,
    resumes: bool,
    /// The keys and their settings are shown, over the menu or the first screen.
    pub(super) controls_open: bool,
    /// What is known of the machine's devices, and the page about them.
    devices: computing::Devices,
    /// A crash that the user has not been told of yet.
    crash: Option<crash::Crash>,
    held_cross: Option<controls::HeldCross>,
    pub(super) shelf: Option<Shelf>,
    paused: bool,
    pub(super) menu_open: bool,
    /// Depth shall be shown in place of colours.
    pub(super) depth_view: bool,
    speed: PlaySpeed,
    /// What the engine was last told.
    told_pause: bool,
    told_rewind: bool,
    told_speed: PlaySpeed,
    told_pacing: Pacing,
    pub(super) hint: bool,
    pub(super) recording: Option<RecordingStats>,
    /// What is marked of the walk.
    pub(super) marked: Marked,
    /// A stretch of the past is being saved.
    pub(super) exporting: Option<ExportProgress>,
    /// The newest frame on the screen.
    shown: Option<TimedFrame>,
    numbers: Numbers,
    effects: Vec<Effect>,
}

impl Session {
    /// Reads the settings and sets the engine to work.
    pub(super) fn new(engine: Engine, options: Options) -> Self {
        Self::with_settings_file(engine, options, paths::settings_file())
    }

    fn with_settings_file(engine: Engine, options: Options, settings_file: Option<PathBuf>) -> Self {
        let (settings, warnings) = settings_file.as_deref().map(Settings::read).unwrap_or_default();
        let effects = warnings
            .into_iter()
            .chain(options.notices.iter().cloned())
            .map(|text| Effect::Toast(ToastKind::Warning, text))
            .collect();
        let mut session = Self {
            engine,
            saved_settings: settings.clone(),
            settings,
            settings_file,
            hands: Hands::default(),
            world: None,
            state: State::Loading,
            ever_walked: false,
            place: String::new(),
            bundled: None,
            seed: options.seed,
            // Who records from the first frame on wants no questions.
            wanted: options.first.is_some() || options.record_to.is_some(),
            first: options.first.clone().unwrap_or(First::Bundled(0)),
            asked_at: None,
            walk_lives: false,
            walked: None,
            opened: None,
            taking_up: false,
            device: String::new(),
            prompt: String::new(),
            prompt_open: false,
            home_open: false,
            branches_open: false,
            branches: None,
            crashed_at: None,
            resumes: false,
            controls_open: false,
            devices: computing::Devices::default(),
            crash: None,
            held_cross: None,
            shelf: None,
            paused: false,
            menu_open: false,
            depth_view: false,
            speed: PlaySpeed::default(),
            told_pause: false,
            told_rewind: false,
            told_speed: PlaySpeed::default(),
            told_pacing: Pacing::default(),
            hint: true,
            recording: None,
            marked: Marked::default(),
            exporting: None,
            shown: None,
            numbers: Numbers::new(),
            effects,
            options,
        };
        session.check_saved_device();
        session.load();
        if !session.wanted {
            session.open_home();
        }
        session
    }

    fn load(&mut self) {
        self.state = State::Loading;
        let command = self.load_command();
        self.send(command);
    }

    /// Begins a walk in what was asked for last.
    fn begin(&mut self) {
        if self.state == State::Ready {
            self.state = State::Loading;
        }
        self.send(Command::Start {
            first: self.first.clone(),
            prompt: None,
            seed: self.seed,
        });
    }

    fn send(&mut self, command: Command) {
        if !self.engine.send(command) {
            self.warn(say!("told-too-busy"));
        }
    }

    pub(super) fn warn(&mut self, text: impl Into<String>) {
        self.effects.push(Effect::Toast(ToastKind::Warning, text.into()));
    }

    fn say(&mut self, text: impl Into<String>) {
        self.effects.push(Effect::Toast(ToastKind::Done, text.into()));
    }

    /// What the window has to do since the last call.
    pub(super) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Effects that could not be done yet.
    pub(super) fn put_back_effects(&mut self, mut early: Vec<Effect>) {
        early.append(&mut self.effects);
        self.effects = early;
    }

    /// How far the world is, for the interface.
    pub(super) fn phase(&self) -> Phase<'_> {
        match &self.state {
            State::Loading => Phase::Loading,
            State::Ready => Phase::Ready,
            State::Walking => Phase::Walking,
            State::Failed { message, .. } => Phase::Failed { message },
        }
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused
    }

    /// The numbers of the corner.
    pub(super) fn refresh_hud(&mut self) {
        self.numbers.hud();
    }

    pub(super) fn hud(&self) -> &HudNumbers {
        &self.numbers.hud
    }

    /// The newest picture whose time has come.
    pub(super) fn due_frame(&mut self, now: Instant) -> Option<Frame> {
        let timed = self.engine.frames().take_due(now, &mut self.numbers.skipped)?;
        self.numbers.taken(timed.controls_read);
        self.shown = Some(timed);
        self.picture()
    }

    /// The window was handed to the screen.
    pub(super) fn presented(&mut self, now: Instant) {
        self.numbers.presented(now);
    }

    /// When the next frame is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.engine.frames().next_due()
    }

    /// Tells the engine what the hands hold and whether to wait; called whenever either may have changed.
    pub(super) fn sync(&mut self) {
        let walk = self.hands.walk(&self.settings);
        self.engine
            .controls()
            .hold(walk, self.hands.keys(&self.settings.bindings));
        self.sync_pacing();
        let panel = self.menu_open || self.home_open || self.branches_open || self.crash.is_some();
        let pause = self.paused || panel;
        if pause != self.told_pause && self.engine.send(Command::Pause(pause)) {
            self.told_pause = pause;
        }
        self.tell_speed();
        // Going back that is held in a panel does not mean the walk behind it.
        let rewind = self.hands.rewind(&self.settings.bindings) && !self.panel_open() && !self.prompt_open;
        if rewind != self.told_rewind && self.engine.send(Command::Rewind(rewind)) {
            self.told_rewind = rewind;
        }
    }

    /// The mouse has moved (right, down) while it is held.
    pub(super) fn look(&mut self, delta: (f64, f64)) {
        let (yaw_rad, pitch_rad) = Hands::mouse(delta, &self.settings);
        self.engine.controls().turn(yaw_rad, pitch_rad);
    }

    /// Opens or closes the menu.
    pub(super) fn set_menu(&mut self, open: bool) {
        if !open {
            self.close_page();
        }
        if self.menu_open == open {
            return;
        }
        self.menu_open = open;
        if open {
            self.effects.push(Effect::CaptureMouse(false));
        } else {
            self.save_settings();
        }
    }

    /// A key or button was pressed.
    pub(super) fn act(&mut self, action: Action) {
        let anywhere = matches!(action, Action::Fullscreen | Action::FirstFrame(_));
        match action {
            Action::Menu if self.crash.is_some() => self.close_crash(),
            _ if self.crash.is_some() && action != Action::Fullscreen => {}
            Action::Menu if self.page_open() => self.close_page(),
            _ if self.page_open() && action != Action::Fullscreen => {}
            Action::Menu | Action::Branches if self.branches_open => self.branches_open = false,
            _ if self.branches_open && action != Action::Fullscreen => {}
            Action::Menu | Action::Home if self.home_open => self.close_home(),
            _ if self.home_open && !anywhere => {}
            Action::Home => self.open_home(),
            Action::Branches => self.open_branches(),
            Action::Prompt => self.open_prompt(),
            Action::Menu if self.prompt_open => self.prompt_open = false,
            Action::Pause => self.paused = !self.paused,
            Action::Step => self.step(),
            Action::Slower => self.set_speed(self.speed.slower()),
            Action::Faster => self.set_speed(self.speed.faster()),
            Action::Depth => self.toggle_depth(),
            Action::Restart => self.restart(None),
            Action::MarkIn => self.mark(MarkEnd::In),
            Action::MarkOut => self.mark(MarkEnd::Out),
            Action::Record => self.toggle_recording(),
            Action::SaveBookmark => self.save_bookmark(paths::bookmarks_dir()),
            Action::RestoreBookmark => self.restore_bookmark(paths::bookmarks_dir()),
            Action::SaveReplay => self.save_replay(paths::recordings_dir()),
            Action::SaveCloud => self.send(Command::SaveCloud {
                dir: paths::recordings_dir(),
            }),
            Action::Screenshot => self.screenshot(&paths::recordings_dir()),
            Action::Hud => {
                self.settings.hud = !self.settings.hud;
                self.save_settings();
            }
            Action::Fullscreen => {
                self.settings.fullscreen = !self.settings.fullscreen;
                self.effects.push(Effect::Fullscreen);
                self.save_settings();
            }
            Action::FirstFrame(number) => {
                let count = self.world.as_ref().map_or(0, |w| w.pictures.len());
                if number < count {
                    self.walk_from(First::Bundled(number));
                }
            }
            Action::Menu => self.set_menu(!self.menu_open),
        }
    }

    /// Begins in a bundled first frame or a file, with the seed in hand.
    pub(super) fn walk_from(&mut self, first: First) {
        self.first = first;
        self.asked_at = Some(Instant::now());
        self.wanted = true;
        self.prompt_open = false;
        self.home_open = false;
        self.set_menu(false);
        match (&self.state, &self.world, &self.first) {
            (State::Failed { can_restart: false, .. }, ..) => self.load(),
            // It begins when the world is open.
            (_, None, _) => {}
            (_, Some(world), First::Bundled(number)) => {
                let first = world.pictures.get(*number).map(|picture| picture.frame.clone());
                if let Some(first) = first {
                    self.show_still(first);
                }
                self.begin();
            }
            _ => self.begin(),
        }
    }

    /// Begins again in the same first frame.
    pub(super) fn restart(&mut self, seed: Option<u64>) {
        if matches!(self.state, State::Loading | State::Ready) {
            return;
        }
        self.seed = seed.unwrap_or_else(|| new_seed(self.seed));
        self.send(Command::Restart { seed: self.seed });
        self.set_menu(false);
    }

    /// One latent frame; the walk is paused by it.
    pub(super) fn step(&mut self) {
        if !self.paused && !self.menu_open {
            self.paused = true;
        }
        self.sync();
        self.send(Command::Step);
    }

    /// Tries again after a failure.
    pub(super) fn retry(&mut self) {
        let can_restart = matches!(self.state, State::Failed { can_restart: true, .. });
        if can_restart && self.wanted {
            self.begin();
        } else {
            self.load();
        }
    }

    /// Keeps this moment in the folder of bookmarks.
    pub(super) fn save_bookmark(&mut self, dir: Option<PathBuf>) {
        match dir {
            Some(dir) => self.send(Command::SaveBookmark { dir }),
            None => self.warn(say!("told-no-home-for-moments")),
        }
    }

    /// Goes back to the moment of this world that was kept last.
    pub(super) fn restore_bookmark(&mut self, dir: Option<PathBuf>) {
        match dir {
            Some(dir) => self.send(Command::RestoreBookmark { dir }),
            None => self.warn(say!("told-no-moment-without-home")),
        }
        self.set_menu(false);
    }

    /// Saves how the walk came to be here.
    pub(super) fn save_replay(&mut self, dir: PathBuf) {
        self.send(Command::SaveReplay { dir });
    }

    /// Whether the walk goes back in time.
    pub(super) fn is_rewinding(&self) -> bool {
        self.told_rewind
    }

    /// Saves the picture on the screen.
    pub(super) fn screenshot(&mut self, dir: &Path) {
        let Some(frame) = self.picture() else {
            self.warn(say!("told-no-picture"));
            return;
        };
        let path = paths::fresh_file(dir, "walk", "png");
        let saved = std::fs::create_dir_all(dir)
            .map_err(|error| say!("told-folder-not-made", folder = paths::short(dir), error = error))
            .and_then(|()| {
                record::save_png(&path, &frame)
                    .map_err(|error| say!("told-screenshot-not-saved", error = error.to_string()))
            });
        match saved {
            Ok(()) => self.say(say!("told-saved", file = paths::short(&path))),
            Err(what) => self.warn(what),
        }
    }

    /// Writes changed settings; trouble is a message.
    pub(super) fn save_settings(&mut self) {
        if self.settings == self.saved_settings {
            return;
        }
        let Some(path) = &self.settings_file else {
            self.saved_settings = self.settings.clone();
            self.warn(say!("told-no-home-for-settings"));
            return;
        };
        match self.settings.write(path) {
            Ok(()) => self.saved_settings = self.settings.clone(),
            // It is tried again with the next change, and at the end.
            Err(error) => {
                let text = say!("told-settings-not-saved", file = paths::short(path), error = error);
                self.warn(text);
            }
        }
    }

    /// The engine tells something.
    pub(super) fn on_engine(&mut self, event: Event) {
        match event {
            Event::Opened(world) => {
                let first = match self.first {
                    First::Bundled(number) => world
                        .pictures
                        .get(number)
                        .or_else(|| world.pictures.last())
                        .map(|picture| picture.frame.clone()),
                    First::File(_) | First::Pasted(_) => None,
                };
                self.world = Some(world);
                self.walk_lives = false;
                self.marked = Marked::default();
                self.bundled = None;
                self.effects.push(Effect::WorldOpened);
                self.remember_generator();
                if self.wanted {
                    if let Some(first) = first {
                        self.show_still(first);
                    }
                    if let Some(path) = self.options.record_to.take() {
                        self.record_to(path);
                    }
                    self.begin_or_resume();
                }
            }
            Event::Preparing { device } => self.device = device,
            Event::Loaded { device, .. } => {
                telemetry::set_context("device", &device);
                self.device = device;
                if !self.wanted {
                    self.state = State::Ready;
                }
            }
            Event::Frames => {}
            Event::Prompted(prompt) => self.on_prompted(prompt),
            Event::Branches(tree) => self.branches = Some(tree),
            Event::Camera(feel) => self.on_camera(feel),
            Event::Crashed { message, can_resume } => self.on_crashed(&message, can_resume),
            Event::Refused(what) => self.on_refused(what),
            Event::Started {
                name,
                bundled,
                prompt,
                seed,
            } => {
                self.state = State::Walking;
                if std::mem::take(&mut self.taking_up) {
                    self.wanted = true;
                    self.home_open = false;
                    self.set_menu(false);
                }
                self.ever_walked = true;
                self.walk_lives = true;
                self.branches = None;
                self.branches_open = false;
                self.marked = Marked::default();
                self.prompt = prompt;
                self.walked = Some(self.first.clone());
                self.remember_picture();
                self.place = name;
                self.bundled = bundled;
                if let Some(number) = bundled {
                    // A bookmark may have come from another place than was asked for last.
                    self.first = First::Bundled(number);
                    self.walked = Some(First::Bundled(number));
                }
                self.seed = seed;
                self.numbers.stats = Stats::default();
            }
            Event::Stats(stats) => {
                tracing::debug!(
                    "latent {}: network {:.1} ms, decode {:.1} ms, recycle {:.1} ms, step {:.1} ms, frame every \
                     {:.1} ms, skipped {}, pose {:?}",
                    stats.latent,
                    stats.network_ms,
                    stats.decode_ms,
                    stats.recycle_ms,
                    stats.step_ms,
                    stats.interval_ms,
                    self.numbers.skipped,
                    stats.pose
                );
                if stats.recording.is_some() {
                    self.recording.clone_from(&stats.recording);
                }
                self.follow_branch(stats.latent);
                self.numbers.stats = stats;
            }
            Event::RecordingStarted(path) => {
                self.recording = Some(RecordingStats {
                    path,
                    ..RecordingStats::default()
                });
            }
            Event::RecordingFinished { path, frames, dropped } => self.on_recorded(&path, frames, dropped),
            Event::Marked(marked) => self.marked = marked,
            Event::Exporting(progress) => self.exporting = progress,
            Event::RecordingFailed(what) => {
                self.recording = None;
                self.warn(what);
            }
            Event::Done(what) => self.say(what),
            Event::Warning(what) => self.warn(what),
            Event::Failed { message, can_restart } => self.fail(message, can_restart),
        }
    }

    /// The walk has ended by a failure.
    fn fail(&mut self, message: String, can_restart: bool) {
        self.effects.push(Effect::CaptureMouse(false));
        self.walk_lives &= can_restart;
        self.prompt_open = false;
        self.branches_open = false;
        self.state = State::Failed { message, can_restart };
    }

    /// Ends the engine (and with it a recording) and saves the settings. A world that never ran is an error.
    pub(super) fn close(mut self) -> anyhow::Result<()> {
        self.save_settings();
        match self.state {
            State::Failed { message, .. } if !self.ever_walked => Err(anyhow::anyhow!(message)),
            _ => Ok(()),
        }
    }
}

/// A seed short enough to remember, other than `last`.
fn new_seed(last: u64) -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
    let seed = random % 1_000_000;
    if seed == last { seed + 1 } else { seed }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "session_branches_tests.rs"]
mod branches_tests;

#[cfg(test)]
#[path = "session_home_tests.rs"]
mod home_tests;

#[cfg(test)]
#[path = "session_controls_tests.rs"]
mod controls_tests;

#[cfg(test)]
#[path = "session_computing_tests.rs"]
mod computing_tests;

#[cfg(test)]
#[path = "session_crash_tests.rs"]
mod crash_tests;

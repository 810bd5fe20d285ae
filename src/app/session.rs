//! The walk as the player sees it: what was asked of the engine, what it told, what the interface shall show. No window.

use std::path::PathBuf;
use std::time::Instant;

use crate::device::DeviceChoice;
use crate::engine::{
    BranchTree, Command, Engine, ExportProgress, First, Marked, Pacing, PlaySpeed, RecordingStats, TimedFrame,
    WorldInfo,
};
use crate::frame::Frame;
use crate::input::{Hands, Nav};
use crate::paths;
use crate::settings::Settings;
use crate::ui::{HudNumbers, Phase, Shelf, ToastKind};
use crate::words::say;

use super::Options;

mod beginnings;
mod branches;
mod computing;
mod controls;
mod crash;
mod deeds;
mod numbers;
mod recording;
mod restart;
mod told;
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

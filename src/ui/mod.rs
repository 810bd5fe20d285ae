//! The interface over the picture: state in, commands out. Knows nothing of windows, graphics devices or networks.

mod branches;
mod cards;
mod computing;
mod controls;
mod crash;
mod drop;
mod focus;
mod home;
mod hud;
mod kept;
mod keys;
mod latency;
mod marks;
mod menu;
mod notices;
mod page;
mod prompt;
mod recording;
mod scale;
mod shelf;
mod theme;
mod toasts;
mod tree;
mod walking;

use std::path::PathBuf;

use crate::engine::{
    BranchTree, ExportKind, ExportProgress, MarkEnd, Marked, PlaySpeed, RecordingStats, Stats, Stretch, WorldInfo,
};
use crate::frame::Frame;
use crate::settings::{Press, Settings};
use crate::words::say;

pub use computing::{Computing, DeviceRow, DeviceState};
pub use crash::CrashNote;
use prompt::PromptBox;
pub use shelf::{
    About, AboutMoment, FileKind, GeneratorCard, MomentCard, PictureCard, RecordingCard, RecordingKind, Shelf,
};
pub use toasts::ToastKind;
use toasts::Toasts;

/// How far the world is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Phase<'a> {
    /// The file is being opened or its networks loaded.
    Loading,
    /// The networks are loaded and no walk is on.
    Ready,
    /// A walk is on.
    Walking,
    /// Something failed.
    Failed {
        /// What, in a sentence.
        message: &'a str,
    },
}

/// Time from reading the hands to the screen, over the last few seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HudLatency {
    /// Half of the frames were sooner, in milliseconds.
    pub median_ms: f64,
    /// Nineteen frames of twenty were sooner, in milliseconds.
    pub p95_ms: f64,
}

/// Numbers for the corner of the screen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HudNumbers {
    /// Video frames a second that reached the screen.
    pub frames_per_sec: f64,
    /// How long after their controls frames were shown; `None` before the first.
    pub latency: Option<HudLatency>,
    /// The same frame by frame, oldest first: how many seconds ago, and how many milliseconds.
    pub latency_course: Vec<[f32; 2]>,
    /// What the engine measured.
    pub stats: Stats,
}

/// Where the sticks of a gamepad are: right and up, each -1 to 1, as the device reports them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sticks {
    /// The one that walks.
    pub walk: (f32, f32),
    /// The one that looks.
    pub look: (f32, f32),
}

/// Everything the interface shows.
#[derive(Clone, Copy, Debug)]
pub struct UiState<'a> {
    /// The opened world, once it is.
    pub world: Option<&'a WorldInfo>,
    /// How far it is.
    pub phase: Phase<'a>,
    /// Number of the bundled first frame that the walk began in.
    pub bundled: Option<usize>,
    /// Name of the first frame.
    pub place: &'a str,
    /// What the walk shall be.
    pub prompt: &'a str,
    /// Seed of the walk.
    pub seed: u64,
    /// The user has paused.
    pub paused: bool,
    /// How fast the walk is played.
    pub speed: PlaySpeed,
    /// The user wants to see depth.
    pub depth_view: bool,
    /// Depth is on the screen.
    pub depth_shown: bool,
    /// The walk goes back in time.
    pub rewinding: bool,
    /// The menu is open.
    pub menu_open: bool,
    /// The words are being written.
    pub prompt_open: bool,
    /// The first screen is open.
    pub home_open: bool,
    /// The tree of branches is open.
    pub branches_open: bool,
    /// The branches of the walk, once they are known.
    pub branches: Option<&'a BranchTree>,
    /// The keys and their settings are shown.
    pub controls_open: bool,
    /// The page about computing.
    pub computing: &'a Computing,
    /// A crash that the user has not been told of yet.
    pub crash: Option<&'a CrashNote>,
    /// Names of the gamepads that are there.
    pub pads: &'a [String],
    /// Where their sticks are.
    pub sticks: Sticks,
    /// There is a walk to go back to.
    pub can_go_back: bool,
    /// What the first screen offers, once it is known.
    pub shelf: Option<&'a Shelf>,
    /// The generator file that is open.
    pub generator: Option<&'a std::path::Path>,
    /// The keys should be told: nobody has used them yet.
    pub show_hint: bool,
    /// Numbers.
    pub hud: &'a HudNumbers,
    /// The recording, if one runs.
    pub recording: Option<&'a RecordingStats>,
    /// What is marked of the walk.
    pub marked: Marked,
    /// How far the saving of a stretch of the past is, if one is being saved.
    pub exporting: Option<ExportProgress>,
    /// Preferences.
    pub settings: &'a Settings,
    /// Name of the graphics adapter.
    pub adapter: &'a str,
    /// What computes, as the command line calls it, once that is known; while it is readied, too.
    pub device: &'a str,
}

/// What the user asked for by clicking.
#[derive(Clone, Debug, PartialEq)]
pub enum UiCommand {
    /// Back to the walk.
    CloseMenu,
    /// Pause or go on.
    TogglePause,
    /// One latent frame while paused.
    Step,
    /// Play the walk as fast as this.
    Speed(PlaySpeed),
    /// Depth in place of colours, or colours again.
    ToggleDepth,
    /// The same first frame with this seed, or a new one.
    Restart(Option<u64>),
    /// Begin or end a recording.
    ToggleRecording,
    /// Mark the picture on the screen as this end of a stretch to be saved.
    Mark(MarkEnd),
    /// Save a stretch of the past.
    Export(Stretch, ExportKind),
    /// Save the picture.
    Screenshot,
    /// Begin in this bundled first frame.
    FirstFrame(usize),
    /// Ask for a picture file to begin in.
    ChoosePicture,
    /// Ask for a generator file to open.
    ChooseGenerator,
    /// Begin in this picture file.
    Begin(PathBuf),
    /// Take the walk up at this kept moment.
    TakeUp(PathBuf),
    /// Open a recording or a folder with the system's program for it.
    Show(PathBuf),
    /// Delete a kept moment or a recording.
    Delete(PathBuf),
    /// Begin in a picture from the clipboard.
    Paste(Frame),
    /// Something was pasted that is no picture.
    PasteNothing,
    /// Open this generator file.
    Open(PathBuf),
    /// The walk shall be this from now on.
    Prompt(String),
    /// Leave the words as they are.
    ClosePrompt,
    /// Show the branches of the walk.
    Branches,
    /// Back from them.
    CloseBranches,
    /// Walk on from the end of this line of the tree of branches.
    GoToBranch(u64),
    /// Show the first screen.
    Home,
    /// Back from the first screen to the walk.
    CloseHome,
    /// Show the keys and their settings.
    Controls,
    /// Back from them.
    CloseControls,
    /// Show what computes and how soon it shows.
    Computing,
    /// Back from that.
    CloseComputing,
    /// The user has been told of the crash.
    CloseCrash,
    /// Find out whether this device computes.
    TestDevice(String),
    /// Open the world that is open once more, on the device that is chosen.
    OpenAgain,
    /// Fill the screen or not.
    ToggleFullscreen,
    /// New preferences.
    Settings(Settings),
    /// Try again after a failure.
    Retry,
    /// Leave.
    Quit,
}

/// What the interface remembers between frames.
pub struct Interface {
    thumbnails: Vec<egui::TextureHandle>,
    seed_text: String,
    seed_shown: Option<u64>,
    toasts: Toasts,
    prompt: PromptBox,
    past: recording::Past,
    home: home::Home,
    controls: controls::Controls,
    computing: computing::Page,
    branches: branches::Branches,
    crash: crash::Dialog,
}

impl Interface {
    /// Dresses `context` and starts empty.
    pub fn new(context: &egui::Context) -> Self {
        theme::apply(context);
        Self {
            thumbnails: Vec::new(),
            seed_text: String::new(),
            seed_shown: None,
            toasts: Toasts::default(),
            prompt: PromptBox::default(),
            past: recording::Past::default(),
            home: home::Home::default(),
            controls: controls::Controls::default(),
            computing: computing::Page::default(),
            branches: branches::Branches::default(),
            crash: crash::Dialog::default(),
        }
    }

    /// A world has been opened: its gallery is painted.
    pub fn set_world(&mut self, context: &egui::Context, world: &WorldInfo) {
        self.thumbnails = world
            .pictures
            .iter()
            .map(|picture| cards::texture(context, &picture.name, &picture.frame))
            .collect();
    }

    /// What the first screen offers is known: its pictures are painted.
    pub fn set_shelf(&mut self, context: &egui::Context, shelf: &Shelf) {
        self.home.set_shelf(context, shelf);
    }

    /// Shows a message for a while.
    pub fn toast(&mut self, kind: ToastKind, text: impl Into<String>) {
        self.toasts.push(kind, text.into());
    }

    /// Whether the next thing that is pressed is for a new binding, and for nothing else.
    pub fn is_listening(&self) -> bool {
        self.controls.is_listening()
    }

    /// Something was pressed while [`Self::is_listening`]; nothing if it has no name.
    pub fn press(&mut self, press: Option<Press>) {
        self.controls.press(press);
    }

    /// Lays the interface out for one frame.
    pub fn show(&mut self, ui: &mut egui::Ui, state: &UiState<'_>) -> Vec<UiCommand> {
        let mut commands = Vec::new();
        let context = &ui.ctx().clone();
        scale::apply(context, state, &mut commands);
        self.panels_ui(ui, state, &mut commands);
        match state.crash {
            Some(note) => self.crash.show(context, note, &mut commands),
            None => self.crash.closed(),
        }
        drop::drop_ui(context, &mut commands);
        self.toasts.show(context, notices::height(context, state));
        commands
    }

    /// The page that is open, or what lies over the picture.
    fn panels_ui(&mut self, ui: &egui::Ui, state: &UiState<'_>, commands: &mut Vec<UiCommand>) {
        let context = ui.ctx();
        // What is not seen forgets its focus, and gives it to something again when it is seen again. Below a dialog nothing
        // is to have it.
        let dialog = state.crash.is_some();
        let controls = state.controls_open && !dialog;
        let computing = state.computing.open && !controls && !dialog;
        let home = state.home_open && !controls && !computing && !dialog;
        if !controls {
            self.controls.closed();
        }
        if !computing {
            self.computing.closed();
        }
        if !home {
            self.home.closed();
        }
        if controls {
            return controls::controls_ui(self, context, state, commands);
        }
        if computing {
            return computing::computing_ui(self, context, state, commands);
        }
        if home {
            return home::home_ui(self, context, state, commands);
        }
        picture_ui(ui, state);
        if state.settings.hud && state.world.is_some() && !state.menu_open {
            hud::numbers_ui(context, state);
        }
        recording::lights_ui(context, state);
        marks::marks_ui(context, state);
        if dialog {
            return;
        }
        notices::notices_ui(context, state, commands);
        branches::branches_ui(&mut self.branches, context, state, commands);
        if state.menu_open {
            menu::menu_ui(self, context, state, commands);
        }
        self.prompt.overlay_ui(context, state, commands);
    }
}

/// The picture that the interface lies over, for those who have the screen read to them. The window draws it.
fn picture_ui(ui: &egui::Ui, state: &UiState<'_>) {
    let Some(world) = state.world else { return };
    let (title, place, words) = (&world.title, state.place, state.prompt);
    let name = match state.depth_shown {
        true => say!("picture-depth", world = title, place = place, words = words),
        false => say!("picture-colours", world = title, place = place, words = words),
    };
    let screen = ui.ctx().content_rect();
    let picture = ui.interact(screen, egui::Id::unique("picture"), egui::Sense::hover());
    theme::pictured(&picture, &name);
}

impl std::fmt::Debug for Interface {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Interface").finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "ui_tests.rs"]
mod tests;

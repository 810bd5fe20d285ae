//! What goes into the engine and what comes out.

use std::path::PathBuf;

use crate::control::{Feel, Lens};
use crate::device::DeviceChoice;
use crate::frame::Frame;
use crate::record::Style;

use super::branches::BranchTree;
use super::marks::{MarkEnd, Marked};
use super::pacing::Pacing;
use super::speed::PlaySpeed;
use super::stats::Stats;

/// Where a walk begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum First {
    /// The bundled first frame of this number, counted from 0; a number past the end is the last one.
    Bundled(usize),
    /// A picture file of any size.
    File(PathBuf),
    /// A picture that is no file, from the clipboard for instance.
    Pasted(Frame),
}

/// What the engine is told. Commands are served between two steps, in order.
#[derive(Clone, Debug)]
pub enum Command {
    /// Opens a generator file and puts its networks on a device. What ran before is dropped once the file has proved to
    /// be good; a file that is none is [`Event::Refused`], and what ran goes on.
    Load {
        /// The generator file.
        path: PathBuf,
        /// The device that shall compute.
        device: DeviceChoice,
        /// If it is not there or does not compute, the processor does, with an [`Event::Warning`]; a GPU is tested in a
        /// process of its own first, because a bad one would end this one. Otherwise the world fails to load.
        or_processor: bool,
    },
    /// How frames are laid out in time from the next latent frame on.
    Pace(Pacing),
    /// Begins a walk.
    Start {
        /// The picture to begin in.
        first: First,
        /// What the world shall be; `None` takes the caption of the bundled first frame.
        prompt: Option<String>,
        /// Seed of the noise.
        seed: u64,
    },
    /// Stops (true) or resumes (false) generating. The frames of the latent in hand are still shown.
    Pause(bool),
    /// While paused: generates one latent frame.
    Step,
    /// Shows frames faster or slower from the next latent frame on. What is made stays the same.
    Speed(PlaySpeed),
    /// After [`Event::Crashed`] and a load of the same world: takes up the walk that was interrupted, or is
    /// [`Event::Refused`].
    Resume,
    /// Begins the current walk again with another seed.
    Restart {
        /// Seed of the noise.
        seed: u64,
    },
    /// Changes what the running walk shall be, from its next latent frame on. It lasts over [`Command::Restart`].
    Prompt(String),
    /// Goes back in time along the pictures that were shown (true); stays there and walks on from there (false).
    Rewind(bool),
    /// Asks for [`Event::Branches`].
    Branches,
    /// Goes to the end of this line of the tree of branches, and walks on from there.
    GoToBranch(u64),
    /// Keeps this moment of the walk as a file.
    SaveBookmark {
        /// Folder of bookmarks.
        dir: PathBuf,
    },
    /// Takes the walk up at the latest bookmark of the loaded world.
    RestoreBookmark {
        /// Folder of bookmarks.
        dir: PathBuf,
    },
    /// Takes the walk up at a bookmark of the loaded world.
    TakeUp {
        /// The file.
        path: PathBuf,
    },
    /// Saves how the walk came to be here, to be rendered again.
    SaveReplay {
        /// Folder to write to.
        dir: PathBuf,
    },
    /// Saves what the walk remembers of the world as a point cloud.
    SaveCloud {
        /// Folder to write to.
        dir: PathBuf,
    },
    /// Marks an end of a stretch of the walk, or takes the mark away that is there already. [`Event::Marked`] follows.
    Mark {
        /// Which end.
        end: MarkEnd,
        /// The number of the video frame, which is one of the past.
        frame: u64,
    },
    /// Saves a stretch of the past.
    Export {
        /// Which.
        stretch: Stretch,
        /// As what.
        kind: ExportKind,
        /// Folder to write to.
        dir: PathBuf,
    },
    /// Records every frame that is shown from now on.
    Record {
        /// The MP4 file to write.
        path: PathBuf,
        /// How it is made.
        style: Style,
    },
    /// Ends the recording; [`Event::RecordingFinished`] follows when the file is complete.
    StopRecording,
    /// Ends the thread; a recording is finished first.
    Shutdown,
}

/// A stretch of the past.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stretch {
    /// So many seconds before the picture on the screen, as far back as they are known.
    Last(f64),
    /// What lies between the marks, those two pictures included.
    Marked,
}

/// What a stretch of the past is saved as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportKind {
    /// One moving picture.
    Gif,
    /// A folder of PNGs.
    Pictures,
}

/// How far such a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportProgress {
    /// Pictures done.
    pub done: usize,
    /// Of so many.
    pub total: usize,
}

/// A bundled first frame, decoded.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Name for the gallery.
    pub name: String,
    /// Caption.
    pub prompt: String,
    /// The picture.
    pub frame: Frame,
}

/// What a player shows of a generator file.
#[derive(Clone, Debug)]
pub struct WorldInfo {
    /// Title of the world.
    pub title: String,
    /// Frame size and field of view.
    pub lens: Lens,
    /// Video frames per second that the world was trained at.
    pub frames_per_sec: f64,
    /// The bundled first frames.
    pub pictures: Vec<Picture>,
    /// The words that it knows.
    pub vocabulary: Vec<String>,
    /// Known words of a prompt that count; what comes after them is not read.
    pub prompt_words: usize,
}

/// What the engine tells. Events are sent from the engine thread (and, for a finished recording, from the thread that
/// waits for its encoder).
#[derive(Clone, Debug)]
pub enum Event {
    /// The file has been opened and checked; its networks are being loaded.
    Opened(WorldInfo),
    /// A device other than the processor is being readied, which takes a while the first time: shaders are compiled.
    Preparing {
        /// What it is called on the command line.
        device: String,
    },
    /// The networks are on their device.
    Loaded {
        /// What it is called on the command line.
        device: String,
        /// Time since the command.
        load_ms: f64,
    },
    /// A walk has begun.
    Started {
        /// Name of the first frame or file.
        name: String,
        /// Number of the bundled first frame, if it is one.
        bundled: Option<usize>,
        /// What the world shall be.
        prompt: String,
        /// Seed of the noise.
        seed: u64,
    },
    /// The running walk has another prompt.
    Prompted(String),
    /// The walk has these branches.
    Branches(BranchTree),
    /// The walk that was taken up was walked with a camera that answers like this.
    Camera(Feel),
    /// New frames lie in the frame slot.
    Frames,
    /// What the last step cost.
    Stats(Stats),
    /// Frames are being recorded to this file.
    RecordingStarted(PathBuf),
    /// The recording is complete.
    RecordingFinished {
        /// The file.
        path: PathBuf,
        /// Frames in it.
        frames: u64,
        /// Frames that are missing in it.
        dropped: u64,
    },
    /// The recording could not begin, go on or be finished. One sentence.
    RecordingFailed(String),
    /// These frames of the walk are marked now.
    Marked(Marked),
    /// How far the saving of a stretch of the past is; `None` when it has ended.
    Exporting(Option<ExportProgress>),
    /// Something asked for has been done. One sentence.
    Done(String),
    /// Something asked for could not be done; the engine goes on. One sentence.
    Warning(String),
    /// A file that was to be opened or begun in is no good; what ran before goes on. One sentence.
    Refused(String),
    /// The engine hit a bug and has begun anew. A recording has been finished and told of before; no world is loaded.
    Crashed {
        /// What the bug says of itself.
        message: String,
        /// After a load of the same world [`Command::Resume`] takes the walk up.
        can_resume: bool,
    },
    /// The walk has ended by a failure. One sentence. A new `Start` or `Load` may help.
    Failed {
        /// What happened.
        message: String,
        /// The generator is still loaded, so that `Start` can be tried again; otherwise only `Load`.
        can_restart: bool,
    },
}

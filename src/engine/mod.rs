//! The generation thread: commands in, frames, stats and events out. Every tensor of play time is made, used and dropped
//! on this one thread, named `engine`.

mod begin;
mod branches;
mod command;
mod export;
mod generator;
mod history;
mod keep;
mod keeping_up;
mod marks;
mod moment;
mod pacing;
mod recording;
mod restart;
mod rewind;
mod slots;
mod speed;
mod stats;
#[cfg(test)]
pub(crate) mod testing;
mod thread;

pub use branches::{BranchLine, BranchTree};
pub use command::{Command, Event, ExportKind, ExportProgress, First, Picture, Stretch, WorldInfo};
pub use generator::{Generator, World};
pub(crate) use generator::{decode_picture, read_picture};
pub use marks::{MarkEnd, MarkPlace, Marked};
pub use pacing::{Pacer, Pacing, Schedule, UnknownPacing};
pub use recording::tags;
pub use slots::{ControlSlot, Controls, FrameSlot, TimedFrame};
pub use speed::PlaySpeed;
pub use stats::{RecordingStats, Stats};
pub use thread::Engine;

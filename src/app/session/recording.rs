//! Recordings and stretches of the past that are saved: what is asked of the engine, and what it tells.

use std::path::{Path, PathBuf};

use super::Session;
use crate::engine::{Command, ExportKind, MarkEnd, Stretch};
use crate::paths;
use crate::record::{Quality, Style};
use crate::words::say;

impl Session {
    pub(in crate::app) fn toggle_recording(&mut self) {
        if self.recording.is_some() {
            self.send(Command::StopRecording);
        } else {
            self.record_to(paths::fresh_file(&paths::recordings_dir(), "walk", "mp4"));
        }
    }

    pub(super) fn record_to(&mut self, path: PathBuf) {
        let style = self.record_style();
        self.send(Command::Record { path, style });
    }

    /// How recordings are made: as the command line says, else the settings.
    pub(super) fn record_style(&self) -> Style {
        let saved = Quality::named(self.settings.record_quality.name());
        Style {
            quality: self.options.record_quality.or(saved).unwrap_or_default(),
            keys: self.options.record_keys || self.settings.record_keys,
        }
    }

    pub(super) fn on_recorded(&mut self, path: &Path, frames: u64, dropped: u64) {
        self.recording = None;
        if dropped == 0 {
            return self.say(say!("told-recorded", count = frames, file = paths::short(path)));
        }
        self.warn(say!(
            "told-recorded-missing",
            count = frames,
            file = paths::short(path),
            missing = dropped,
        ));
    }

    /// Marks the picture on the screen as an end of a stretch to be saved.
    pub(in crate::app) fn mark(&mut self, end: MarkEnd) {
        let Some(shown) = self.shown.as_ref().filter(|_| self.walk_lives) else {
            return;
        };
        let frame = shown.frame.index;
        self.send(Command::Mark { end, frame });
    }

    /// Saves a stretch of the past.
    pub(in crate::app) fn export(&mut self, stretch: Stretch, kind: ExportKind, dir: PathBuf) {
        self.send(Command::Export { stretch, kind, dir });
    }
}

//! Recordings and stretches of the past that are saved: what is asked of the engine, and what it tells.

use std::path::{Path, PathBuf};

use super::Session;
use crate::engine::{Command, ExportKind};
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
            return self.say(say!("told-recorded", count = frames, file = path.display()));
        }
        self.warn(say!(
            "told-recorded-missing",
            count = frames,
            file = path.display(),
            missing = dropped,
        ));
    }

    /// Saves the last seconds before the picture on the screen.
    pub(in crate::app) fn export(&mut self, secs: f64, kind: ExportKind, dir: PathBuf) {
        self.send(Command::Export { secs, kind, dir });
    }
}

//! A crash of a thread of this run, or of the run before: the user is told once.

use super::{Effect, Session};
use crate::telemetry::CrashReport;
use crate::ui::CrashNote;
use crate::words::say;

/// A crash that is on the screen.
#[derive(Debug)]
pub(super) struct Crash {
    report: CrashReport,
    note: CrashNote,
}

/// What happened, for whoever does not know of threads.
fn sentence(thread: Option<&str>) -> String {
    match thread {
        None => say!("crash-last-run").to_owned(),
        Some("engine") => say!("crash-engine").to_owned(),
        Some(thread) => say!("crash-part", part = thread),
    }
}

impl Session {
    /// A thread has panicked, or the run before has.
    pub(in crate::app) fn on_crash(&mut self, report: CrashReport) {
        let note = CrashNote {
            what: sentence(report.thread.as_deref()),
            report: report.text.clone(),
            folder: report.path.as_deref().and_then(std::path::Path::parent).map(Into::into),
        };
        self.hands.release_all();
        self.effects.push(Effect::CaptureMouse(false));
        self.crash = Some(Crash { report, note });
    }

    /// What the dialog says.
    pub(in crate::app) fn crash(&self) -> Option<&CrashNote> {
        self.crash.as_ref().map(|crash| &crash.note)
    }

    /// The user has read it.
    pub(in crate::app) fn close_crash(&mut self) {
        if let Some(crash) = self.crash.take() {
            crash.report.seen();
        }
    }
}

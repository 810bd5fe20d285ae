//! A crash of a thread of this run, or of the run before: the user is told once.

use super::{Effect, Session};
use crate::telemetry::CrashReport;
use crate::ui::CrashNote;

/// A crash that is on the screen.
#[derive(Debug)]
pub(super) struct Crash {
    report: CrashReport,
    note: CrashNote,
}

/// What happened, for whoever does not know of threads.
fn sentence(thread: Option<&str>) -> String {
    match thread {
        None => {
            "Farwander ended in a bug when it ran last. What was recorded can be played up to its last second.".into()
        }
        Some("engine") => {
            "The part that generates the world hit a bug. The window goes on, and the world is started again.".into()
        }
        Some(thread) => format!("A part of Farwander ({thread}) hit a bug and has ended. The rest goes on."),
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

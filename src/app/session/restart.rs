//! After a bug in the engine: it has begun anew, and the session brings back the world and the walk. The window stays.

use std::time::{Duration, Instant};

use super::{Session, State};
use crate::engine::Command;
use crate::words::say;

/// A bug that strikes again within this time is left to the user: it may do so for ever.
const AT_MOST_EVERY: Duration = Duration::from_secs(60);

impl Session {
    /// The engine hit a bug and has begun anew.
    pub(super) fn on_crashed(&mut self, message: &str, can_resume: bool) {
        let now = Instant::now();
        let before = self.crashed_at.replace(now);
        self.prompt_open = false;
        self.branches_open = false;
        self.walk_lives = false;
        let again = before.is_some_and(|before| now - before < AT_MOST_EVERY);
        self.resumes = can_resume && self.wanted && !again;
        if self.opened.is_none() || again {
            self.fail(say!("told-engine-bug", error = message), false);
            return;
        }
        self.warn(say!("told-engine-restarted", error = message));
        self.state = State::Loading;
        // Another one may have been asked for and refused meanwhile.
        if let Some(opened) = &self.opened {
            self.options.model.clone_from(opened);
        }
        self.load();
    }

    /// The world is open: the walk begins, or goes on where a bug has interrupted it.
    pub(super) fn begin_or_resume(&mut self) {
        if std::mem::take(&mut self.resumes) {
            self.send(Command::Resume);
        } else {
            self.begin();
        }
    }
}

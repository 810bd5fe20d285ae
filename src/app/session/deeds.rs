//! What the person does: keys and buttons that were pressed, and choices made in panels.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::{Effect, Session, State, new_seed};
use crate::engine::{Command, First, MarkEnd};
use crate::input::Action;
use crate::words::say;
use crate::{paths, record};

impl Session {
    /// Opens or closes the menu.
    pub(in crate::app) fn set_menu(&mut self, open: bool) {
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
    pub(in crate::app) fn act(&mut self, action: Action) {
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
    pub(in crate::app) fn walk_from(&mut self, first: First) {
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
    pub(in crate::app) fn restart(&mut self, seed: Option<u64>) {
        if matches!(self.state, State::Loading | State::Ready) {
            return;
        }
        self.seed = seed.unwrap_or_else(|| new_seed(self.seed));
        self.send(Command::Restart { seed: self.seed });
        self.set_menu(false);
    }

    /// One latent frame; the walk is paused by it.
    pub(in crate::app) fn step(&mut self) {
        if !self.paused && !self.menu_open {
            self.paused = true;
        }
        self.sync();
        self.send(Command::Step);
    }

    /// Tries again after a failure.
    pub(in crate::app) fn retry(&mut self) {
        let can_restart = matches!(self.state, State::Failed { can_restart: true, .. });
        if can_restart && self.wanted {
            self.begin();
        } else {
            self.load();
        }
    }

    /// Keeps this moment in the folder of bookmarks.
    pub(in crate::app) fn save_bookmark(&mut self, dir: Option<PathBuf>) {
        match dir {
            Some(dir) => self.send(Command::SaveBookmark { dir }),
            None => self.warn(say!("told-no-home-for-moments")),
        }
    }

    /// Goes back to the moment of this world that was kept last.
    pub(in crate::app) fn restore_bookmark(&mut self, dir: Option<PathBuf>) {
        match dir {
            Some(dir) => self.send(Command::RestoreBookmark { dir }),
            None => self.warn(say!("told-no-moment-without-home")),
        }
        self.set_menu(false);
    }

    /// Saves how the walk came to be here.
    pub(in crate::app) fn save_replay(&mut self, dir: PathBuf) {
        self.send(Command::SaveReplay { dir });
    }

    /// Whether the walk goes back in time.
    pub(in crate::app) fn is_rewinding(&self) -> bool {
        self.told_rewind
    }

    /// Saves the picture on the screen.
    pub(in crate::app) fn screenshot(&mut self, dir: &Path) {
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
}

//! Where walks begin: the first screen, files that are opened or dropped, and the words of a walk.

use std::path::PathBuf;

use super::{Effect, Session, State};
use crate::app::library::Places;
use crate::engine::{Command, First};
use crate::paths;
use crate::settings::Settings;
use crate::ui::FileKind;
use crate::words::say;

impl Session {
    /// There is a walk that can go on.
    pub(in crate::app) fn can_go_back(&self) -> bool {
        self.walk_lives
    }

    /// The generator file that is open.
    pub(in crate::app) fn generator(&self) -> Option<&std::path::Path> {
        self.opened.as_deref()
    }

    /// Shows the first screen; the walk waits behind it.
    pub(in crate::app) fn open_home(&mut self) {
        self.set_menu(false);
        self.prompt_open = false;
        self.home_open = true;
        self.hands.release_all();
        self.effects.push(Effect::CaptureMouse(false));
        self.effects.push(Effect::LookAtFiles);
    }

    /// Back to the walk, if there is one.
    pub(in crate::app) fn close_home(&mut self) {
        if self.walk_lives {
            self.home_open = false;
        }
    }

    /// A file was dropped or chosen: a generator is opened, everything else is taken for a picture to begin in.
    pub(in crate::app) fn take_file(&mut self, path: PathBuf) {
        match FileKind::of(&path) {
            FileKind::Generator => self.open_generator(path),
            FileKind::Picture => self.walk_from(First::File(path)),
        }
    }

    /// Opens a generator file. On the first screen its places are shown; otherwise the walk begins in the first of them.
    pub(in crate::app) fn open_generator(&mut self, path: PathBuf) {
        self.options.model = path;
        self.first = First::Bundled(0);
        self.wanted = !self.home_open;
        self.prompt_open = false;
        self.set_menu(false);
        self.load();
    }

    /// The generator file or picture that was asked for is no good; what there was goes on.
    pub(super) fn on_refused(&mut self, what: String) {
        self.warn(what);
        if let Some(opened) = &self.opened {
            self.options.model.clone_from(opened);
        }
        if let Some(walked) = &self.walked {
            self.first = walked.clone();
        }
        if self.walk_lives {
            self.wanted = true;
            if self.state == State::Loading {
                self.state = State::Walking;
            }
        } else {
            self.wanted = false;
            if self.state == State::Loading {
                self.state = State::Ready;
            }
            if !self.home_open {
                self.open_home();
            }
        }
    }

    /// Takes the walk up at a kept moment; the first screen stays until that has come true.
    pub(in crate::app) fn take_up(&mut self, path: PathBuf) {
        self.taking_up = true;
        self.send(Command::TakeUp { path });
    }

    /// Deletes a file that the first screen offers as kept or recorded; no other.
    pub(in crate::app) fn delete(&mut self, path: &std::path::Path) {
        let offered = self.shelf.as_ref().is_some_and(|shelf| {
            shelf.moments.iter().any(|m| m.path == path) || shelf.recordings.iter().any(|r| r.path == path)
        });
        if !offered {
            return;
        }
        if self.recording.as_ref().is_some_and(|r| r.path == path) {
            return self.warn(say!("told-is-being-recorded"));
        }
        match std::fs::remove_file(path) {
            Ok(()) => self.say(say!("told-deleted", file = paths::short(path))),
            Err(error) => self.warn(say!("told-not-deleted", file = paths::short(path), error = error)),
        }
        self.effects.push(Effect::LookAtFiles);
    }

    /// Opens the field for the words of the walk.
    pub(in crate::app) fn open_prompt(&mut self) {
        if self.walk_lives && !self.menu_open && !self.home_open {
            self.prompt_open = true;
            self.effects.push(Effect::CaptureMouse(false));
        }
    }

    /// The walk shall be this from now on.
    pub(in crate::app) fn set_prompt(&mut self, prompt: String) {
        self.prompt_open = false;
        self.set_menu(false);
        self.send(Command::Prompt(prompt));
    }

    pub(super) fn on_prompted(&mut self, prompt: String) {
        if prompt.is_empty() {
            self.say(say!("told-no-words"));
        } else {
            self.say(say!("told-words", words = prompt));
        }
        self.prompt = prompt;
    }

    /// A generator was opened: it is remembered.
    pub(super) fn remember_generator(&mut self) {
        self.opened = Some(self.options.model.clone());
        Settings::remember(&mut self.settings.recent_generators, &self.options.model);
        self.keep_recent();
    }

    /// A walk has begun in what was asked for: a picture file is remembered.
    pub(super) fn remember_picture(&mut self) {
        if let First::File(path) = &self.first {
            Settings::remember(&mut self.settings.recent_pictures, path);
            self.keep_recent();
        }
    }

    /// Writes the lists of recent files down. Where nothing can be kept, that is no news each time.
    fn keep_recent(&mut self) {
        if self.settings_file.is_some() {
            self.save_settings();
        } else {
            let (kept, now) = (&mut self.saved_settings, &self.settings);
            kept.recent_generators.clone_from(&now.recent_generators);
            kept.recent_pictures.clone_from(&now.recent_pictures);
        }
    }

    /// Where the first screen has to look.
    pub(in crate::app) fn places(&self) -> Places {
        let open = std::iter::once(&self.options.model);
        let generators = open.chain(&self.settings.recent_generators).cloned();
        Places {
            generators: generators.chain(paths::find_model()).collect(),
            generator_dirs: paths::models_dir().into_iter().collect(),
            pictures: self.settings.recent_pictures.clone(),
            bookmarks_dir: paths::bookmarks_dir(),
            recordings_dir: paths::recordings_dir(),
        }
    }
}

//! Bookmarks and replay files, on the engine thread (a bookmark's bytes go to the disk in a thread of their own, `bookmark`,
//! so that the walk does not wait for it).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::command::Event;
use super::pacing::Schedule;
use super::thread::{Machine, Walk};
use crate::rollout::{Bookmark, Cloud, PictureFile, Replay};
use crate::{paths, record, telemetry};

/// The beginning of the names of a world's bookmarks.
fn stem(package_sha256: &str) -> &str {
    package_sha256.get(..16).unwrap_or(package_sha256)
}

/// Whether a file of this folder is named as a world's bookmarks are.
fn is_of(path: &Path, dir: &Path, package_sha256: &str) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let rest = name.strip_prefix(stem(package_sha256));
    path.parent() == Some(dir) && rest.is_some_and(|rest| rest.starts_with('-') && rest.ends_with(".safetensors"))
}

/// The newest bookmark of a world.
fn latest(dir: &Path, package_sha256: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(dir).ok()?.flatten();
    let files = entries.filter(|entry| is_of(&entry.path(), dir, package_sha256));
    let dated = files.map(|entry| {
        let modified = entry.metadata().and_then(|m| m.modified());
        (modified.unwrap_or(SystemTime::UNIX_EPOCH), entry.path())
    });
    dated.max().map(|(_, path)| path)
}

impl Machine {
    /// Waits until the last bookmark is on the disk.
    pub(super) fn finish_saving(&mut self) {
        if let Some(thread) = self.saving.take() {
            let _ = thread.join();
        }
    }

    pub(super) fn refuse(&self, what: impl Into<String>) {
        self.tell(Event::Warning(what.into()));
    }

    /// Keeps this moment as a file in `dir`.
    pub(super) fn save_bookmark(&mut self, dir: &Path) {
        self.finish_saving();
        if self.rewinding {
            return self.refuse("Let go of the key that goes back first, then keep the moment.");
        }
        if !self.settle() {
            return self.refuse("There is no walk to keep yet.");
        }
        let (Some(generator), Some(walk), Some(world)) = (&self.generator, &self.walk, &self.world) else {
            return;
        };
        let state = match generator.state() {
            Ok(state) => state,
            Err(error) => return self.refuse(format!("This moment cannot be kept: {error}.")),
        };
        let bookmark = Bookmark {
            track: walk.track.clone(),
            frames_per_sec: world.info().frames_per_sec,
            walker: walk.walker,
            feel: Some(self.feel()),
            first: walk.first.clone(),
            state,
        };
        let path = paths::fresh_file(dir, stem(&walk.track.package_sha256), "safetensors");
        self.kept_last = Some(path.clone());
        let events = Arc::clone(&self.events);
        let write = move || {
            events(match bookmark.write(&path) {
                Ok(()) => {
                    tracing::info!("bookmark written to {}", path.display());
                    Event::Done("This moment is kept.".to_owned())
                }
                Err(error) => Event::Warning(format!("This moment could not be kept: {error}.")),
            });
        };
        match std::thread::Builder::new().name("bookmark".to_owned()).spawn(write) {
            Ok(thread) => self.saving = Some(thread),
            Err(error) => self.refuse(format!("This moment could not be kept: {error}.")),
        }
    }

    /// Takes the walk up at the latest bookmark in `dir` of the loaded world. Whatever is wrong with it, the walk goes on.
    pub(super) fn restore_bookmark(&mut self, dir: &Path) {
        self.finish_saving();
        let Some(world) = &self.world else {
            return self.refuse("Wait until the world is loaded.");
        };
        // The clock may have been put back since: what was kept a moment ago is not asked for its date.
        let just_kept = self
            .kept_last
            .clone()
            .filter(|path| is_of(path, dir, world.sha256()) && path.exists());
        match just_kept.or_else(|| latest(dir, world.sha256())) {
            Some(path) => self.take_up_at(&path),
            None => self.refuse("No moment of this world has been kept yet."),
        }
    }

    /// Takes the walk up at a bookmark. Whatever is wrong with it, the walk goes on.
    pub(super) fn take_up_at(&mut self, path: &Path) {
        self.finish_saving();
        let (Some(generator), Some(world)) = (self.generator.as_mut(), self.world.as_ref()) else {
            return self.refuse("Wait until the world is loaded.");
        };
        let bookmark = match Bookmark::read(path, world.sha256()) {
            Ok(bookmark) => bookmark,
            Err(error) => return self.refuse(format!("{error}.")),
        };
        let lens = world.info().lens;
        if (bookmark.first.width_px, bookmark.first.height_px) != (lens.width_px, lens.height_px) {
            return self.refuse(format!(
                "{} cannot be used: its pictures have another size.",
                path.display()
            ));
        }
        let output = match generator.restore(&bookmark.state) {
            Ok(output) => output,
            Err(error) => return self.refuse(format!("{} cannot be used: {error}.", path.display())),
        };
        tracing::info!("walk taken up at {}", path.display());
        let (track, step, feel) = (bookmark.track, bookmark.state.step, bookmark.feel);
        telemetry::set_context("seed", track.seed.to_string());
        self.frames.clear();
        self.depth = None;
        self.pacer.interrupt();
        self.controls.take();
        self.steps_asked = 0;
        self.stopped = false;
        self.tell(Event::Started {
            name: track.name.clone(),
            bundled: track.bundled,
            prompt: track.prompt_now().to_owned(),
            seed: track.seed,
        });
        self.walk = Some(Walk {
            first: bookmark.first,
            prompt: track.prompt_now().to_owned(),
            name: track.name.clone(),
            bundled: track.bundled,
            walker: bookmark.walker,
            latent: step,
            made: step,
            track,
        });
        let schedule = Schedule {
            first_due_secs: self.now_secs(),
            interval_secs: 0.0,
        };
        self.publish(&output, schedule);
        self.begin_history(&output.frames);
        if let Some(feel) = feel {
            self.camera_becomes(feel);
        }
        self.tell(Event::Done("Back at the moment that was kept.".to_owned()));
    }

    /// Writes what the walk remembers of the world, and the way through it, to a PLY file in `dir`.
    pub(super) fn save_cloud(&mut self, dir: &Path) {
        self.finish_saving();
        if self.rewinding {
            return self.refuse("Let go of the key that goes back first, then save the point cloud.");
        }
        if !self.settle() {
            return self.refuse("There is no walk to save yet.");
        }
        let (Some(generator), Some(walk), Some(world)) = (&self.generator, &self.walk, &self.world) else {
            return;
        };
        let memory = match generator.state() {
            Ok(state) => state.memory,
            Err(error) => return self.refuse(format!("The point cloud cannot be made: {error}.")),
        };
        let Some(memory) = memory else {
            return self.refuse("This walk remembers no places, so there is no point cloud of it.");
        };
        let (lens, track) = (world.info().lens, walk.track.clone());
        let path = paths::fresh_file(dir, "walk", "ply");
        let events = Arc::clone(&self.events);
        let write = move || {
            let cloud = Cloud::of_walk(lens, &memory, &track);
            events(match cloud.write(&path) {
                Ok(()) => Event::Done(format!("Saved {} points to {}", cloud.points(), paths::short(&path))),
                Err(error) => Event::Warning(format!("The point cloud could not be saved: {error}.")),
            });
        };
        match std::thread::Builder::new().name("cloud".to_owned()).spawn(write) {
            Ok(thread) => self.saving = Some(thread),
            Err(error) => self.refuse(format!("The point cloud could not be saved: {error}.")),
        }
    }

    /// Writes how the walk came to be here to a file in `dir`.
    pub(super) fn save_replay(&mut self, dir: &Path) {
        let (Some(walk), Some(world)) = (&self.walk, &self.world) else {
            return self.refuse("There is no walk to save yet.");
        };
        let mut track = walk.track.clone();
        let origin = self.history.as_ref().map_or(0, |history| history.origin());
        // While going back: up to the picture on the screen.
        if walk.latent < track.latents() {
            track.truncate(walk.latent, origin + 1);
        }
        let path = paths::fresh_file(dir, "walk", "json");
        let info = world.info();
        let written = (|| {
            // A picture that the generator file does not hold is laid beside the replay, as it was walked.
            let picture = match track.bundled {
                Some(_) => None,
                None => {
                    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                    let picture = path.with_file_name(format!("{stem}-first.png"));
                    std::fs::create_dir_all(dir).map_err(|e| format!("{} cannot be made: {e}", dir.display()))?;
                    record::save_png(&picture, &walk.first).map_err(|e| e.to_string())?;
                    Some(PictureFile::beside(&picture).map_err(|e| e.to_string())?)
                }
            };
            let replay = Replay {
                track,
                lens: info.lens,
                frames_per_sec: info.frames_per_sec,
                picture,
            };
            replay.write(&path).map_err(|e| e.to_string())
        })();
        match written {
            Ok(()) => self.tell(Event::Done(format!("Saved the walk so far to {}", paths::short(&path)))),
            Err(what) => self.refuse(format!("The walk could not be saved: {}.", what.trim_end_matches('.'))),
        }
    }
}

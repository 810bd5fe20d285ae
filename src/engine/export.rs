//! A stretch of the walk's past as a GIF or as pictures, chosen on the engine thread and written by a thread of its own, `export`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use super::command::{Event, ExportKind, ExportProgress, Stretch};
use super::moment::Packed;
use super::thread::Machine;
use crate::paths;
use crate::record::GifWriter;

/// An export on its way. Dropping it gives it up, and it leaves nothing behind.
pub(super) struct Export {
    given_up: Arc<AtomicBool>,
    /// Set before anybody is told of the end.
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Export {
    fn drop(&mut self) {
        self.given_up.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Machine {
    /// Saves a stretch of the past to a new file or folder in `dir`.
    pub(super) fn export(&mut self, stretch: Stretch, kind: ExportKind, dir: &Path) {
        let running = |export: &Export| !export.ended.load(Ordering::Relaxed);
        if self.exporting.as_ref().is_some_and(running) {
            let what = "One stretch of the walk is being saved already; wait until it is done.";
            return self.tell(Event::Warning(what.to_owned()));
        }
        let (Some(walk), Some(world)) = (&self.walk, &self.world) else {
            return self.tell(Event::Warning("There is no walk to save yet.".to_owned()));
        };
        let Some(history) = &self.history else {
            let what = "This world is too large for its past to be kept, so there is nothing to save; record instead.";
            return self.tell(Event::Warning(what.to_owned()));
        };
        let frames_per_sec = world.info().frames_per_sec;
        let pictures = match stretch {
            Stretch::Last(secs) => {
                let most = (secs * frames_per_sec).round().max(1.0) as usize;
                Some(history.last_pictures(walk.latent, most))
            }
            Stretch::Marked => history.marked_pictures(),
        };
        let Some(pictures) = pictures else {
            let what = "Nothing is marked: an in mark and an out mark are needed.";
            return self.tell(Event::Warning(what.to_owned()));
        };
        let job = Job {
            pictures,
            frames_per_sec,
            kind,
            path: match kind {
                ExportKind::Gif => paths::fresh_file(dir, "walk", "gif"),
                ExportKind::Pictures => paths::fresh_dir(dir, "walk"),
            },
        };
        let [given_up, ended] = [false; 2].map(|flag| Arc::new(AtomicBool::new(flag)));
        let (stop, done, events) = (Arc::clone(&given_up), Arc::clone(&ended), Arc::clone(&self.events));
        let write = move || {
            let total = job.pictures.len();
            let mut told = None;
            let written = job.write(&stop, |done| {
                // Each two of a hundred are enough.
                if told.replace(50 * done / total) != Some(50 * done / total) {
                    events(Event::Exporting(Some(ExportProgress { done, total })));
                }
            });
            done.store(true, Ordering::Relaxed);
            events(Event::Exporting(None));
            match written {
                Ok(true) => {
                    let path = paths::short(&job.path);
                    let pictures = if total == 1 { "picture" } else { "pictures" };
                    events(Event::Done(format!("Saved {total} {pictures} to {path}")));
                }
                Ok(false) => {}
                Err(what) => events(Event::Warning(format!("The walk's past could not be saved: {what}."))),
            }
        };
        match std::thread::Builder::new().name("export".to_owned()).spawn(write) {
            Ok(thread) => {
                self.exporting = Some(Export {
                    given_up,
                    ended,
                    thread: Some(thread),
                });
            }
            Err(error) => self.tell(Event::Warning(format!("The walk's past could not be saved: {error}."))),
        }
    }
}

/// What the thread works on.
struct Job {
    pictures: Vec<Packed>,
    frames_per_sec: f64,
    kind: ExportKind,
    path: PathBuf,
}

impl Job {
    /// Writes all pictures; false if it was given up on the way. What is not whole is removed.
    fn write(&self, given_up: &AtomicBool, progress: impl FnMut(usize)) -> Result<bool, String> {
        let dir = self.path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(dir).map_err(|e| format!("{} cannot be made: {e}", dir.display()))?;
        match self.kind {
            ExportKind::Gif => self.write_gif(given_up, progress),
            ExportKind::Pictures => {
                std::fs::create_dir(&self.path).map_err(|e| format!("{} cannot be made: {e}", self.path.display()))?;
                let written = self.write_pictures(given_up, progress);
                if written != Ok(true) {
                    // It was made above, so nothing of anybody else is in it.
                    let _ = std::fs::remove_dir_all(&self.path);
                }
                written
            }
        }
    }

    fn write_gif(&self, given_up: &AtomicBool, mut progress: impl FnMut(usize)) -> Result<bool, String> {
        let mut gif = GifWriter::create(&self.path, self.frames_per_sec).map_err(|e| e.to_string())?;
        for (i, picture) in self.pictures.iter().enumerate() {
            if given_up.load(Ordering::Relaxed) {
                return Ok(false);
            }
            progress(i);
            let frame = picture.unpack().ok_or("a picture is damaged")?;
            gif.push(&frame).map_err(|e| e.to_string())?;
        }
        gif.finish().map_err(|e| e.to_string())?;
        Ok(true)
    }

    fn write_pictures(&self, given_up: &AtomicBool, mut progress: impl FnMut(usize)) -> Result<bool, String> {
        for (i, picture) in self.pictures.iter().enumerate() {
            if given_up.load(Ordering::Relaxed) {
                return Ok(false);
            }
            progress(i);
            let path = self.path.join(format!("{:06}.png", picture.index));
            std::fs::write(&path, &picture.png).map_err(|e| format!("{} cannot be written: {e}", path.display()))?;
        }
        Ok(true)
    }
}

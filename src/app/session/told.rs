//! What the engine tells, and what follows from it.

use super::{Effect, Session, State};
use crate::engine::{Event, First, Marked, RecordingStats, Stats};
use crate::telemetry;

impl Session {
    /// The engine tells something.
    pub(in crate::app) fn on_engine(&mut self, event: Event) {
        match event {
            Event::Opened(world) => {
                let first = match self.first {
                    First::Bundled(number) => world
                        .pictures
                        .get(number)
                        .or_else(|| world.pictures.last())
                        .map(|picture| picture.frame.clone()),
                    First::File(_) | First::Pasted(_) => None,
                };
                self.world = Some(world);
                self.walk_lives = false;
                self.marked = Marked::default();
                self.bundled = None;
                self.effects.push(Effect::WorldOpened);
                self.remember_generator();
                if self.wanted {
                    if let Some(first) = first {
                        self.show_still(first);
                    }
                    if let Some(path) = self.options.record_to.take() {
                        self.record_to(path);
                    }
                    self.begin_or_resume();
                }
            }
            Event::Preparing { device } => self.device = device,
            Event::Loaded { device, .. } => {
                telemetry::set_context("device", &device);
                self.device = device;
                if !self.wanted {
                    self.state = State::Ready;
                }
            }
            Event::Frames => {}
            Event::Prompted(prompt) => self.on_prompted(prompt),
            Event::Branches(tree) => self.branches = Some(tree),
            Event::Camera(feel) => self.on_camera(feel),
            Event::Crashed { message, can_resume } => self.on_crashed(&message, can_resume),
            Event::Refused(what) => self.on_refused(what),
            Event::Started {
                name,
                bundled,
                prompt,
                seed,
            } => {
                self.state = State::Walking;
                if std::mem::take(&mut self.taking_up) {
                    self.wanted = true;
                    self.home_open = false;
                    self.set_menu(false);
                }
                self.ever_walked = true;
                self.walk_lives = true;
                self.branches = None;
                self.branches_open = false;
                self.marked = Marked::default();
                self.prompt = prompt;
                self.walked = Some(self.first.clone());
                self.remember_picture();
                self.place = name;
                self.bundled = bundled;
                if let Some(number) = bundled {
                    // A bookmark may have come from another place than was asked for last.
                    self.first = First::Bundled(number);
                    self.walked = Some(First::Bundled(number));
                }
                self.seed = seed;
                self.numbers.stats = Stats::default();
            }
            Event::Stats(stats) => {
                tracing::debug!(
                    "latent {}: network {:.1} ms, decode {:.1} ms, recycle {:.1} ms, step {:.1} ms, frame every \
                     {:.1} ms, skipped {}, pose {:?}",
                    stats.latent,
                    stats.network_ms,
                    stats.decode_ms,
                    stats.recycle_ms,
                    stats.step_ms,
                    stats.interval_ms,
                    self.numbers.skipped,
                    stats.pose
                );
                if stats.recording.is_some() {
                    self.recording.clone_from(&stats.recording);
                }
                self.follow_branch(stats.latent);
                self.numbers.stats = stats;
            }
            Event::RecordingStarted(path) => {
                self.recording = Some(RecordingStats {
                    path,
                    ..RecordingStats::default()
                });
            }
            Event::RecordingFinished { path, frames, dropped } => self.on_recorded(&path, frames, dropped),
            Event::Marked(marked) => self.marked = marked,
            Event::Exporting(progress) => self.exporting = progress,
            Event::RecordingFailed(what) => {
                self.recording = None;
                self.warn(what);
            }
            Event::Done(what) => self.say(what),
            Event::Warning(what) => self.warn(what),
            Event::Failed { message, can_restart } => self.fail(message, can_restart),
        }
    }

    /// The walk has ended by a failure.
    pub(super) fn fail(&mut self, message: String, can_restart: bool) {
        self.effects.push(Effect::CaptureMouse(false));
        self.walk_lives &= can_restart;
        self.prompt_open = false;
        self.branches_open = false;
        self.state = State::Failed { message, can_restart };
    }
}

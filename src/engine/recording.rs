//! The recording of what is shown, on the engine thread: frames and the walk's track go to the recorder's own thread.

use std::path::PathBuf;
use std::sync::Arc;

use super::command::Event;
use super::stats::RecordingStats;
use super::thread::{Machine, sentence};
use crate::control::Keys;
use crate::frame::{FRAMES_PER_LATENT, Frame};
use crate::paths;
use crate::record::{RecordError, Recorder, Style, Tags};
use crate::rollout::{Tape, Track};

/// A recording that runs.
pub(super) struct Recording {
    recorder: Recorder,
    path: PathBuf,
    tape: Tape,
    /// The file has been told what it shows.
    tagged: bool,
}

impl Machine {
    /// Hands the frames of a step to the recorder, with the walk that led to them.
    pub(super) fn record_frames(&mut self, frames: &[Frame]) {
        let (Some(recording), Some(walk)) = (&mut self.recording, &self.walk) else {
            return;
        };
        // While going back: up to the picture that is shown.
        let mut shown = None;
        if walk.latent < walk.track.latents() {
            let origin = self.history.as_ref().map_or(0, |history| history.origin());
            let mut track = walk.track.clone();
            track.truncate(walk.latent, origin + 1);
            shown = Some(track);
        }
        let track = shown.as_ref().unwrap_or(&walk.track);
        if !recording.tagged {
            recording.tagged = true;
            recording.recorder.set_tags(tags(track));
        }
        let next = frames.first().map_or(0, |frame| frame.index);
        match recording.tape.catch_up(track, &walk.first, next) {
            Ok(lines) => recording.recorder.note(&lines),
            Err(error) => tracing::warn!("the track cannot be recorded: {error}"),
        }
        // First pictures and those of the past were made by no keys of now.
        let walked = frames.len() == FRAMES_PER_LATENT && !self.rewinding;
        let keys = track
            .control(walk.latent)
            .filter(|_| walked)
            .map_or(Keys(0), |control| control.keys);
        for frame in frames {
            recording.recorder.push(frame.clone(), keys);
        }
    }

    /// How the recording stands; one that has failed is ended and told.
    pub(super) fn recording_stats(&mut self) -> Option<RecordingStats> {
        let recording = self.recording.as_ref()?;
        let status = recording.recorder.status();
        if let Some(what) = status.failed {
            self.tell(Event::RecordingFailed(format!("The recording has stopped: {what}")));
            self.recording = None;
            return None;
        }
        Some(RecordingStats {
            path: recording.path.clone(),
            frames: status.frames,
            seconds: status.seconds,
            bytes: status.bytes,
            dropped: status.dropped,
        })
    }

    pub(super) fn record(&mut self, path: PathBuf, style: Style) {
        self.stop_recording();
        let Some(world) = &self.world else {
            let what = "Nothing can be recorded before a world is loaded.";
            self.tell(Event::RecordingFailed(what.to_owned()));
            return;
        };
        let info = world.info();
        if let Some(dir) = path.parent()
            && let Err(error) = std::fs::create_dir_all(dir)
        {
            let what = format!("The folder {} cannot be made: {error}.", paths::short(dir));
            self.tell(Event::RecordingFailed(what));
            return;
        }
        let (lens, rate) = (info.lens, info.frames_per_sec);
        match Recorder::start(path.clone(), lens.width_px, lens.height_px, rate, style) {
            Ok(recorder) => {
                self.recording = Some(Recording {
                    recorder,
                    path: path.clone(),
                    tape: Tape::new(lens, rate),
                    tagged: false,
                });
                self.tell(Event::RecordingStarted(path));
            }
            Err(error) => self.tell(Event::RecordingFailed(format!(
                "The recording could not begin: {error}"
            ))),
        }
    }

    /// Ends the recording. Its last frames are encoded while the walk goes on, in a thread of their own.
    pub(super) fn stop_recording(&mut self) {
        let Some(Recording { recorder, path, .. }) = self.recording.take() else {
            return;
        };
        self.finishing.retain(|thread| !thread.is_finished());
        let events = Arc::clone(&self.events);
        let finish = move || {
            events(match recorder.finish() {
                Ok(summary) => Event::RecordingFinished {
                    path,
                    frames: summary.frames,
                    dropped: summary.dropped,
                },
                Err(error @ RecordError::DiskNearlyFull { .. }) => {
                    Event::RecordingFailed(sentence(&format!("The recording has stopped: {error}")))
                }
                Err(error) => {
                    Event::RecordingFailed(format!("The recording {} is incomplete: {error}", paths::short(&path)))
                }
            });
        };
        match std::thread::Builder::new()
            .name("record-finish".to_owned())
            .spawn(finish)
        {
            Ok(thread) => self.finishing.push(thread),
            Err(error) => self.tell(Event::RecordingFailed(format!(
                "The recording could not be finished: {error}"
            ))),
        }
    }
}

/// What a recording of a walk says of itself.
pub fn tags(track: &Track) -> Tags {
    let Track {
        title,
        name,
        seed,
        package_sha256,
        ..
    } = track;
    let prompt = track.prompt_now();
    let words = if prompt.is_empty() { "none" } else { prompt };
    Tags {
        title: format!("{title}: {name}"),
        comment: format!("A walk in {title} (SHA-256 {package_sha256}), seed {seed}. Words: {words}"),
        fields: vec![
            ("seed", seed.to_string()),
            ("package_sha256", package_sha256.clone()),
            ("prompt", prompt.to_owned()),
        ],
    }
}

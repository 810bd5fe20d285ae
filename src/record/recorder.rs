//! The recorder thread: owns an [`Mp4Writer`], takes frames from a bounded queue, reports what it has done.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use parking_lot::Mutex;

use super::{Mp4Writer, RecordError};
use crate::frame::Frame;

/// Frames that may wait for the encoder: 2.7 seconds at 24 frames a second.
const QUEUE_FRAMES: usize = 64;
/// However slowly frames come, what has come is on its way to the disk after this time.
const CUT_INTERVAL: Duration = Duration::from_secs(1);

/// What a recording has done so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordStatus {
    /// Frames encoded.
    pub frames: u64,
    /// Length of the video so far.
    pub seconds: f64,
    /// Why the recording stopped, if it did: one sentence for the screen.
    pub failed: Option<String>,
}

/// A finished recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The file.
    pub path: PathBuf,
    /// Frames in it.
    pub frames: u64,
}

/// A recording on a thread of its own.
pub struct Recorder {
    path: PathBuf,
    frames: Option<Sender<Frame>>,
    thread: Option<JoinHandle<Result<u64, RecordError>>>,
    status: Arc<Mutex<RecordStatus>>,
}

impl Recorder {
    /// Makes the file and starts the thread. Trouble with the path or the size is told here, not later.
    pub fn start(path: PathBuf, width_px: usize, height_px: usize, frames_per_sec: f64) -> Result<Self, RecordError> {
        let writer = Mp4Writer::create(&path, width_px, height_px, frames_per_sec)?;
        let (sender, receiver) = bounded(QUEUE_FRAMES);
        let status = Arc::new(Mutex::new(RecordStatus::default()));
        let shared = Arc::clone(&status);
        let thread = std::thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || record(writer, &receiver, frames_per_sec, &shared))
            .map_err(|e| RecordError::Thread {
                path: path.clone(),
                what: e.to_string(),
            })?;
        Ok(Self {
            path,
            frames: Some(sender),
            thread: Some(thread),
            status,
        })
    }

    /// Hands over a frame; waits while the queue is full. After a failure frames are counted as lost and dropped; see
    /// [`Self::status`].
    pub fn push(&self, frame: Frame) {
        if let Some(frames) = &self.frames {
            // An error means that the thread has ended, which `status` and `finish` report.
            let _ = frames.send(frame);
        }
    }

    /// How far the recording is.
    pub fn status(&self) -> RecordStatus {
        let mut status = self.status.lock().clone();
        if status.failed.is_none() && self.thread.as_ref().is_some_and(JoinHandle::is_finished) {
            status.failed = Some(self.panicked().to_string());
        }
        status
    }

    /// Encodes what waits in the queue, completes the file and ends the thread.
    pub fn finish(mut self) -> Result<Summary, RecordError> {
        self.frames = None;
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(result)) => result.map(|frames| Summary {
                path: self.path.clone(),
                frames,
            }),
            Some(Err(_)) | None => Err(self.panicked()),
        }
    }

    fn panicked(&self) -> RecordError {
        RecordError::Thread {
            path: self.path.clone(),
            what: "its thread panicked".to_owned(),
        }
    }
}

impl Drop for Recorder {
    /// A recorder that is dropped completes its file too.
    fn drop(&mut self) {
        self.frames = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn record(
    mut writer: Mp4Writer,
    frames: &Receiver<Frame>,
    frames_per_sec: f64,
    status: &Mutex<RecordStatus>,
) -> Result<u64, RecordError> {
    let result = take_frames(&mut writer, frames, |taken| {
        let mut status = status.lock();
        status.frames = taken;
        status.seconds = taken as f64 / frames_per_sec;
    })
    .and_then(|()| writer.finish());
    if let Err(error) = &result {
        let message = error.to_string();
        status.lock().failed = Some(message.clone());
        // Goes on emptying the queue: whoever pushes must not hang on a recording that has failed.
        for lost in 1_u64.. {
            if frames.recv().is_err() {
                break;
            }
            status.lock().failed = Some(format!("{message} ({lost} frames lost)"));
        }
    }
    result
}

/// Encodes until the sender goes away; cuts a fragment when the frames come too slowly to fill one in time.
fn take_frames(
    writer: &mut Mp4Writer,
    frames: &Receiver<Frame>,
    mut report: impl FnMut(u64),
) -> Result<(), RecordError> {
    loop {
        let age = writer.pending_age();
        match frames.recv_timeout(CUT_INTERVAL.saturating_sub(age)) {
            Ok(frame) => {
                writer.push(&frame)?;
                report(writer.frames());
            }
            Err(RecvTimeoutError::Timeout) => writer.cut()?,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

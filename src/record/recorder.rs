//! The recorder thread: owns an [`Mp4Writer`], takes frames from a bounded queue, reports what it has done.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use parking_lot::Mutex;

use super::disk::{DiskWatch, FreeBytes};
use super::{Mp4Writer, RecordError, Style, Tags, draw_keys};
use crate::control::Keys;
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
    /// Size of the file so far.
    pub bytes: u64,
    /// Frames that found the queue full: encoder or disk are too slow. The ones before them stay longer.
    pub dropped: u64,
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
    /// Frames that are missing in it.
    pub dropped: u64,
}

/// A frame on its way to the encoder, with what belongs before it.
#[derive(Default)]
struct Item {
    /// Frames that are missing before it.
    missing: u32,
    tags: Option<Tags>,
    notes: String,
    /// None only at the end.
    frame: Option<(Frame, Keys)>,
}

/// A recording on a thread of its own.
pub struct Recorder {
    path: PathBuf,
    items: Option<Sender<Item>>,
    /// What goes with the next frame that finds room.
    next: Item,
    dropped: u64,
    thread: Option<JoinHandle<Result<u64, RecordError>>>,
    status: Arc<Mutex<RecordStatus>>,
}

impl Recorder {
    /// Makes the file and starts the thread. Trouble with the path, the size or the disk is told here, not later.
    pub fn start(
        path: PathBuf,
        width_px: usize,
        height_px: usize,
        frames_per_sec: f64,
        style: Style,
    ) -> Result<Self, RecordError> {
        Self::start_on(path, width_px, height_px, frames_per_sec, style, |path| {
            fs4::available_space(path)
        })
    }

    /// Like [`Self::start`], with another way to look at the disk.
    pub(super) fn start_on(
        path: PathBuf,
        width_px: usize,
        height_px: usize,
        frames_per_sec: f64,
        style: Style,
        free_bytes: FreeBytes,
    ) -> Result<Self, RecordError> {
        let disk = DiskWatch::begin(&path, free_bytes)?;
        let writer = Mp4Writer::create(&path, width_px, height_px, frames_per_sec, style.quality)?;
        let (sender, items) = bounded(QUEUE_FRAMES);
        let status = Arc::new(Mutex::new(RecordStatus::default()));
        let mut thread = Thread {
            writer,
            items,
            disk,
            keys: style.keys,
            status: Arc::clone(&status),
        };
        let thread = std::thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || {
                let result = thread.record();
                thread.end(result)
            })
            .map_err(|e| RecordError::Thread {
                path: path.clone(),
                what: e.to_string(),
            })?;
        Ok(Self {
            path,
            items: Some(sender),
            next: Item::default(),
            dropped: 0,
            thread: Some(thread),
            status,
        })
    }

    /// What the file says of itself; from the first frame on it is too late.
    pub fn set_tags(&mut self, tags: Tags) {
        self.next.tags = Some(tags);
    }

    /// Text that belongs to the next frame; it is never lost, even if that frame is.
    pub fn note(&mut self, text: &str) {
        self.next.notes.push_str(text);
    }

    /// Hands over a frame and the keys that were held in it. Never waits: a frame that finds the queue full is dropped and
    /// counted. After a failure frames are counted as lost; see [`Self::status`].
    pub fn push(&mut self, frame: Frame, keys: Keys) {
        let Some(items) = &self.items else { return };
        let item = Item {
            frame: Some((frame, keys)),
            ..std::mem::take(&mut self.next)
        };
        // A thread that has ended is told by `status` and `finish`.
        if let Err(TrySendError::Full(item)) = items.try_send(item) {
            self.dropped += 1;
            self.next = Item {
                missing: item.missing + 1,
                frame: None,
                ..item
            };
        }
    }

    /// How far the recording is.
    pub fn status(&self) -> RecordStatus {
        let mut status = self.status.lock().clone();
        status.dropped = self.dropped;
        if status.failed.is_none() && self.thread.as_ref().is_some_and(JoinHandle::is_finished) {
            status.failed = Some(self.panicked().to_string());
        }
        status
    }

    /// Encodes what waits in the queue, completes the file and ends the thread.
    pub fn finish(mut self) -> Result<Summary, RecordError> {
        match self.end().map(JoinHandle::join) {
            Some(Ok(result)) => result.map(|frames| Summary {
                path: self.path.clone(),
                frames,
                dropped: self.dropped,
            }),
            Some(Err(_)) | None => Err(self.panicked()),
        }
    }

    /// Lets the thread come to its end.
    fn end(&mut self) -> Option<JoinHandle<Result<u64, RecordError>>> {
        if let Some(items) = self.items.take() {
            // Notes and gaps whose frame found no room. An error means that the thread has ended.
            let _ = items.send(std::mem::take(&mut self.next));
        }
        self.thread.take()
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
        if let Some(thread) = self.end() {
            let _ = thread.join();
        }
    }
}

/// What the thread owns.
struct Thread {
    writer: Mp4Writer,
    items: Receiver<Item>,
    disk: DiskWatch,
    /// Keys are drawn into the pictures.
    keys: bool,
    status: Arc<Mutex<RecordStatus>>,
}

impl Thread {
    /// Encodes until the sender goes away; cuts a fragment when the frames come too slowly to fill one in time.
    fn record(&mut self) -> Result<(), RecordError> {
        loop {
            let age = self.writer.pending_age();
            match self.items.recv_timeout(CUT_INTERVAL.saturating_sub(age)) {
                Ok(item) => self.take(item)?,
                Err(RecvTimeoutError::Timeout) => self.writer.cut()?,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            let mut status = self.status.lock();
            status.frames = self.writer.frames();
            status.seconds = self.writer.seconds();
            status.bytes = self.writer.bytes();
            drop(status);
            self.disk.look()?;
        }
    }

    fn take(&mut self, item: Item) -> Result<(), RecordError> {
        if let Some(tags) = item.tags {
            self.writer.set_tags(tags);
        }
        if item.missing > 0 {
            self.writer.miss(item.missing);
        }
        self.writer.note(item.notes.as_bytes());
        match item.frame {
            Some((frame, keys)) if self.keys => self.writer.push(&draw_keys(&frame, keys)),
            Some((frame, _)) => self.writer.push(&frame),
            None => Ok(()),
        }
    }

    /// Completes the file and tells what went wrong.
    fn end(self, result: Result<(), RecordError>) -> Result<u64, RecordError> {
        let result = match result {
            Ok(()) => self.writer.finish(),
            // There is room enough for the end of the file.
            Err(full @ RecordError::DiskNearlyFull { .. }) => self.writer.finish().and(Err(full)),
            Err(error) => Err(error),
        };
        if let Err(error) = &result {
            let message = error.to_string();
            self.status.lock().failed = Some(message.clone());
            // Goes on emptying the queue, so that what comes until somebody looks is counted.
            let mut lost = 0_u64;
            while let Ok(item) = self.items.recv() {
                lost += u64::from(item.frame.is_some());
                if lost > 0 {
                    self.status.lock().failed = Some(format!("{message} ({lost} frames lost)"));
                }
            }
        }
        result
    }
}

//! An MP4 file in the making: frames in, fragments of half a second out to the disk. Runs on the thread of its owner.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::encoder::H264;
use super::mux::{self, Head, Shown, TimeBase};
use super::notes::note_box;
use super::yuv::even;
use super::{Quality, RecordError, Tags};
use crate::frame::Frame;

/// Video that a fragment holds, and so what a killed program loses at most.
const FRAGMENT_SECS: f64 = 0.5;
/// The disk is asked to keep what it has no more often than this.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// Writes one H.264 MP4 file, fragment by fragment.
///
/// Every fragment begins with a keyframe and is on its way to the disk as soon as its last frame has come, so a program
/// that is killed leaves a file that plays but for the last half second. Odd sizes grow to even ones by repeating the
/// last column or row.
pub struct Mp4Writer {
    path: PathBuf,
    file: File,
    width_px: usize,
    height_px: usize,
    time: TimeBase,
    encoder: H264,
    tags: Option<Tags>,
    head: Option<Head>,
    /// What goes into the file before the fragment in the making.
    notes: Vec<u8>,
    pending: Vec<Shown>,
    pending_since: Instant,
    frames_per_fragment: usize,
    /// When every fragment is due, in frame times, and its byte offset.
    fragments: Vec<(u64, u64)>,
    frames: u64,
    /// When the fragment in the making is due, in frame times.
    due: u64,
    bytes_good: u64,
    last_sync: Instant,
}

impl Mp4Writer {
    /// Makes the file (one of that name is replaced) and an encoder.
    pub fn create(
        path: &Path,
        width_px: usize,
        height_px: usize,
        frames_per_sec: f64,
        quality: Quality,
    ) -> Result<Self, RecordError> {
        let (w, h) = (even(width_px), even(height_px));
        // The encoder's own limits: 16 pixels at least, 3840x2160 in either orientation at most.
        if width_px.min(height_px) < 16 || w.max(h) > 3840 || w.min(h) > 2160 {
            return Err(RecordError::Size { width_px, height_px });
        }
        if !(0.1..=1000.0).contains(&frames_per_sec) {
            return Err(RecordError::Rate(frames_per_sec));
        }
        let encoder = H264::new(width_px, height_px, frames_per_sec, quality)?;
        let file = File::create(path).map_err(|e| RecordError::file(path, e))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            width_px,
            height_px,
            time: TimeBase::of(frames_per_sec),
            encoder,
            tags: None,
            head: None,
            notes: Vec::new(),
            pending: Vec::new(),
            pending_since: Instant::now(),
            frames_per_fragment: ((frames_per_sec * FRAGMENT_SECS).round() as usize).max(1),
            fragments: Vec::new(),
            frames: 0,
            due: 0,
            bytes_good: 0,
            last_sync: Instant::now(),
        })
    }

    /// What the file says of itself; from the first frame on it is too late.
    pub fn set_tags(&mut self, tags: Tags) {
        self.tags = Some(tags);
    }

    /// Text that belongs to the next frame: it comes to the disk together with it.
    pub fn note(&mut self, text: &[u8]) {
        self.notes.extend_from_slice(text);
    }

    /// So many frames are missing here: the one before them stays.
    pub(super) fn miss(&mut self, frames: u32) {
        match self.pending.last_mut() {
            Some(last) => last.frame_times += frames,
            None => self.due += u64::from(frames),
        }
    }

    /// Appends a frame of the recording's size.
    pub fn push(&mut self, frame: &Frame) -> Result<(), RecordError> {
        let size = (frame.width_px, frame.height_px);
        if size != (self.width_px, self.height_px) || frame.rgba.len() != 4 * size.0 * size.1 {
            return Err(RecordError::FrameSize {
                want_w: self.width_px,
                want_h: self.height_px,
                got_w: size.0,
                got_h: size.1,
            });
        }
        let sample = self.encoder.encode(frame, self.pending.is_empty())?;
        if self.head.is_none() {
            let sets = self.encoder.parameter_sets();
            let head = Head::new(even(size.0), even(size.1), self.time, sets, self.tags.as_ref())?;
            self.write(&head.bytes)?;
            self.head = Some(head);
        }
        if self.pending.is_empty() {
            self.pending_since = Instant::now();
        }
        self.pending.push(Shown { sample, frame_times: 1 });
        if self.pending.len() == self.frames_per_fragment {
            self.cut()?;
        }
        Ok(())
    }

    /// Frames taken so far.
    pub fn frames(&self) -> u64 {
        self.frames + self.pending.len() as u64
    }

    /// Length of the video so far.
    pub fn seconds(&self) -> f64 {
        let frame_times = self.due + self.pending_frame_times();
        frame_times as f64 * f64::from(self.time.frame) / f64::from(self.time.scale)
    }

    /// Bytes in the file so far.
    pub fn bytes(&self) -> u64 {
        self.bytes_good
    }

    fn pending_frame_times(&self) -> u64 {
        self.pending.iter().map(|shown| u64::from(shown.frame_times)).sum()
    }

    /// How long the oldest frame that is not in the file yet has waited.
    pub(super) fn pending_age(&self) -> Duration {
        match self.pending.is_empty() {
            true => Duration::ZERO,
            false => self.pending_since.elapsed(),
        }
    }

    /// Ends the fragment here: what has come so far goes to the disk, the next frame is a keyframe.
    pub(super) fn cut(&mut self) -> Result<(), RecordError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let number = self.fragments.len() as u32 + 1;
        let mut bytes = match self.notes.is_empty() {
            true => Vec::new(),
            false => note_box(&self.notes),
        };
        let place = (self.due, self.bytes_good + bytes.len() as u64);
        bytes.extend(mux::fragment(number, self.due, self.time, &self.pending)?);
        self.write(&bytes)?;
        self.notes.clear();
        self.fragments.push(place);
        self.frames += self.pending.len() as u64;
        self.due += self.pending_frame_times();
        self.pending.clear();
        if self.last_sync.elapsed() >= SYNC_INTERVAL {
            self.sync()?;
        }
        Ok(())
    }

    /// Writes the last frames, the index and the file's length, and returns the number of frames. A file without frames
    /// is removed.
    pub fn finish(mut self) -> Result<u64, RecordError> {
        self.cut()?;
        let Some(head) = &self.head else {
            // Best effort: an empty file that stays harms nobody. A device or a pipe is never removed.
            if self.file.metadata().is_ok_and(|m| m.is_file()) {
                let _ = std::fs::remove_file(&self.path);
            }
            return Ok(0);
        };
        let (at, patch) = head.length_patch(self.time, self.due);
        let mut end = match self.notes.is_empty() {
            true => Vec::new(),
            false => note_box(&self.notes),
        };
        end.extend(mux::index(self.time, &self.fragments)?);
        self.write(&end)?;
        self.file
            .seek(SeekFrom::Start(at))
            .and_then(|_| self.file.write_all(&patch))
            .map_err(|e| RecordError::file(&self.path, e))?;
        self.sync()?;
        Ok(self.frames)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), RecordError> {
        match self.file.write_all(bytes).and_then(|()| self.file.flush()) {
            Ok(()) => {
                self.bytes_good += bytes.len() as u64;
                Ok(())
            }
            Err(e) => {
                // Half a fragment (full disk) would trouble some players: end the file where it is whole.
                let _ = self.file.set_len(self.bytes_good);
                Err(RecordError::file(&self.path, e))
            }
        }
    }

    fn sync(&mut self) -> Result<(), RecordError> {
        self.last_sync = Instant::now();
        match self.file.sync_data() {
            // Pipes and some network disks know no sync.
            Err(e) if e.kind() != std::io::ErrorKind::InvalidInput => Err(RecordError::file(&self.path, e)),
            _ => Ok(()),
        }
    }
}

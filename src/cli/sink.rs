//! Where the frames of `farwander generate` go: an MP4, a GIF or a folder of PNGs, whole or a stretch of the walk.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::BadInput;
use crate::control::Keys;
use crate::engine;
use crate::frame::Frame;
use crate::package::Package;
use crate::record::{self, GifWriter, Mp4Writer, Quality, draw_keys};
use crate::rollout::{Tape, Track};

/// Options of what is written.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct SinkArgs {
    /// An .mp4 or .gif file, or a folder for PNGs.
    #[arg(long)]
    out: PathBuf,
    /// How fine an MP4 is: `small`, `good` or `best`.
    #[arg(long, default_value_t)]
    quality: Quality,
    /// Show the pressed keys in the pictures.
    #[arg(long)]
    record_keys: bool,
    /// Write nothing before this second of the walk.
    #[arg(long, value_name = "SECS")]
    from_secs: Option<f64>,
    /// Write nothing after this second of the walk.
    #[arg(long, value_name = "SECS")]
    to_secs: Option<f64>,
}

enum Kind {
    Mp4 {
        writer: Box<Mp4Writer>,
        tape: Tape,
        tagged: bool,
    },
    Gif(GifWriter),
    Folder(PathBuf),
}

/// Where frames go.
pub(super) struct Sink {
    kind: Kind,
    out: PathBuf,
    keys: bool,
    /// Numbers of the frames that are written.
    range: std::ops::Range<u64>,
    written: u64,
}

impl Sink {
    /// Opens it for walks through a generator; frames before `begin` are not written unless the user asks for them.
    pub(super) fn open(args: &SinkArgs, package: &Package, begin: u64) -> anyhow::Result<Self> {
        let (lens, rate) = (package.manifest.lens, package.manifest.frames_per_sec);
        let frame_of = |option: &str, secs: f64| match (secs * rate).round() {
            frame if (0.0..1e12).contains(&frame) => Ok(frame as u64),
            _ => Err(BadInput(format!("{option} {secs}: give seconds from 0 on"))),
        };
        let from = args.from_secs.map(|secs| frame_of("--from-secs", secs)).transpose()?;
        let to = args.to_secs.map(|secs| frame_of("--to-secs", secs)).transpose()?;
        let range = from.unwrap_or(begin)..to.unwrap_or(u64::MAX);
        if range.is_empty() {
            return Err(BadInput("--to-secs must be later than --from-secs".to_owned()).into());
        }
        let out = args.out.clone();
        let end = out.extension().and_then(|e| e.to_str()).map(str::to_lowercase);
        let kind = match end.as_deref() {
            Some("mp4") => Kind::Mp4 {
                writer: Mp4Writer::create(&out, lens.width_px, lens.height_px, rate, args.quality)?.into(),
                tape: Tape::new(lens, rate),
                tagged: false,
            },
            Some("gif") => Kind::Gif(GifWriter::create(&out, rate)?),
            _ => {
                std::fs::create_dir_all(&out).with_context(|| format!("can't make the folder {}", out.display()))?;
                Kind::Folder(out.clone())
            }
        };
        Ok(Self {
            kind,
            out,
            keys: args.record_keys,
            range,
            written: 0,
        })
    }

    /// Whether all has been written that shall be, before a frame of this number.
    pub(super) fn is_done(&self, next: u64) -> bool {
        next >= self.range.end
    }

    /// Frames that were made by `keys`, at the end of `track`, which begins in `first`.
    pub(super) fn push(&mut self, frames: &[Frame], keys: Keys, track: &Track, first: &Frame) -> anyhow::Result<()> {
        for frame in frames.iter().filter(|frame| self.range.contains(&frame.index)) {
            let drawn = self.keys.then(|| draw_keys(frame, keys));
            let drawn = drawn.as_ref().unwrap_or(frame);
            match &mut self.kind {
                Kind::Mp4 { writer, tape, tagged } => {
                    if !std::mem::replace(tagged, true) {
                        writer.set_tags(engine::tags(track));
                    }
                    writer.note(tape.catch_up(track, first, frame.index)?.as_bytes());
                    writer.push(drawn)?;
                }
                Kind::Gif(writer) => writer.push(drawn)?,
                Kind::Folder(dir) => record::save_png(&dir.join(format!("{:06}.png", frame.index)), drawn)?,
            }
            self.written += 1;
        }
        Ok(())
    }

    /// Completes the file and says what has been written.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        match self.kind {
            Kind::Mp4 { writer, .. } => drop(writer.finish()?),
            Kind::Gif(writer) => writer.finish()?,
            Kind::Folder(_) => {}
        }
        if self.written == 0 {
            anyhow::bail!("the walk ends before --from-secs, so nothing was written");
        }
        println!("{} frames written to {}", self.written, self.out.display());
        Ok(())
    }
}

/// The track of a walk that begins like this.
pub(super) fn track_of(package: &Package, first_frame: &str, prompt: &str, seed: u64) -> Track {
    let bundled = first_frame.parse::<usize>().ok();
    let name = match bundled.and_then(|k| package.first_frames.get(k)) {
        Some(first) => first.name.clone(),
        None => Path::new(first_frame)
            .file_name()
            .map_or_else(|| first_frame.to_owned(), |name| name.to_string_lossy().into_owned()),
    };
    Track {
        title: package.manifest.title.clone(),
        package_sha256: package.manifest.sha256.clone(),
        bundled,
        name,
        prompt: prompt.to_owned(),
        seed,
        ..Track::default()
    }
}

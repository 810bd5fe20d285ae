//! `farwander generate`: a walk without a window.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use super::BadInput;
use super::cloud::Growing;
use super::model_file;
use super::prompts::{PromptAt, Script, prompt_at};
use crate::control::{CameraPose, Keys, LatentControl, WalkInput, Walker};
use crate::device::DeviceChoice;
use crate::engine::{decode_picture, read_picture};
use crate::frame::{FRAMES_PER_LATENT, Frame};
use crate::package::Package;
use crate::record::{self, Mp4Writer};
use crate::rollout::{Rollout, Sampler};

/// Options of `farwander generate`.
#[derive(clap::Args, Debug)]
pub(crate) struct GenerateArgs {
    /// Generator file; without it, the bundled world.
    #[arg(long)]
    pub(super) model: Option<PathBuf>,
    /// Device to compute on.
    #[arg(long, default_value = "auto")]
    pub(super) device: DeviceChoice,
    /// Bundled first frame, by number from 0, or an image file.
    #[arg(long, default_value = "0")]
    first_frame: String,
    /// `walk`, `turn`, `look`, or a JSON file: a list of {"frames": n, "keys": ["forward", "turn_right", ...]}.
    #[arg(long, default_value = "walk")]
    path: String,
    /// Video frames, the first one included.
    #[arg(long, default_value_t = 241)]
    frames: usize,
    /// Seed of the noise.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Prompt; without it, the first frame's own.
    #[arg(long)]
    prompt: Option<String>,
    /// Another prompt from this second of the walk on; can be given several times.
    #[arg(long, value_name = "SECS=TEXT", value_parser = prompt_at)]
    prompt_at: Vec<PromptAt>,
    /// Network evaluations a latent frame.
    #[arg(long, default_value_t = 1)]
    steps: usize,
    /// Recycle the last picture alone: places out of sight are forgotten.
    #[arg(long)]
    no_memory: bool,
    /// Leave new places as the network draws them, without texture from known ones.
    #[arg(long)]
    no_quilt: bool,
    /// Leave soft what stands larger than when it was seen, without new detail.
    #[arg(long)]
    no_paint: bool,
    /// A replay saved in the player, to be rendered again.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["first_frame", "path", "frames", "seed", "prompt", "prompt_at", "steps", "no_memory", "no_quilt", "no_paint"])]
    replay: Option<PathBuf>,
    /// Also write the walked world as a coloured point cloud with the camera's way (PLY).
    #[arg(long, value_name = "FILE")]
    pub(super) cloud: Option<PathBuf>,
    /// An .mp4 or .gif file, or a folder for PNGs.
    #[arg(long)]
    pub(super) out: PathBuf,
}

/// One stretch of a path file.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Stretch {
    frames: usize,
    keys: Vec<String>,
}

/// Keys held in each video frame after the first.
fn keys_of_path(path: &str, frames: usize) -> Result<Vec<Keys>, BadInput> {
    let script: Vec<(usize, Keys)> = match path {
        "walk" => vec![
            (72, Keys::FORWARD),
            (24, Keys::FORWARD.with(Keys::TURN_RIGHT)),
            (72, Keys::FORWARD.with(Keys::RUN)),
            (36, Keys::FORWARD.with(Keys::TURN_LEFT)),
        ],
        "turn" => vec![
            (72, Keys::TURN_RIGHT),
            (24, Keys(0)),
            (72, Keys::FORWARD.with(Keys::TURN_LEFT)),
            (24, Keys(0)),
        ],
        "look" => vec![
            (36, Keys::TURN_RIGHT),
            (12, Keys::LOOK_UP),
            (36, Keys::TURN_LEFT),
            (12, Keys::LOOK_DOWN),
            (24, Keys(0)),
        ],
        file => {
            let text = std::fs::read_to_string(file).map_err(|e| {
                BadInput(format!(
                    "--path {file}: it is neither walk, turn nor look, and no file that can be read ({e})"
                ))
            })?;
            let stretches: Vec<Stretch> =
                serde_json::from_str(&text).map_err(|e| BadInput(format!("path file {file}: {e}")))?;
            let mut script = Vec::new();
            for stretch in stretches {
                let mut keys = Keys(0);
                for name in &stretch.keys {
                    let known = Keys::named(name)
                        .ok_or_else(|| BadInput(format!("path file {file}: no key is called `{name}`")))?;
                    keys = keys.with(known);
                }
                script.push((stretch.frames, keys));
            }
            if script.iter().map(|(n, _)| n).sum::<usize>() == 0 {
                return Err(BadInput(format!("path file {file}: it holds no frames")));
            }
            script
        }
    };
    let once = script
        .into_iter()
        .flat_map(|(n, k)| std::iter::repeat_n(k, n))
        .collect::<Vec<_>>();
    Ok(once.into_iter().cycle().take(frames.saturating_sub(1)).collect())
}

/// Where frames go.
pub(super) enum Sink {
    Mp4(Box<Mp4Writer>),
    Gif(PathBuf, Vec<Frame>),
    Folder(PathBuf),
}

impl Sink {
    pub(super) fn open(out: &Path, width_px: usize, height_px: usize, rate: f64) -> anyhow::Result<Self> {
        let kind = out.extension().and_then(|e| e.to_str()).map(str::to_lowercase);
        Ok(match kind.as_deref() {
            Some("mp4") => Self::Mp4(Box::new(Mp4Writer::create(out, width_px, height_px, rate)?)),
            Some("gif") => Self::Gif(out.to_owned(), vec![]),
            _ => {
                std::fs::create_dir_all(out).with_context(|| format!("can't make the folder {}", out.display()))?;
                Self::Folder(out.to_owned())
            }
        })
    }

    pub(super) fn push(&mut self, frame: &Frame) -> anyhow::Result<()> {
        match self {
            Self::Mp4(writer) => writer.push(frame)?,
            Self::Gif(_, frames) => frames.push(frame.clone()),
            Self::Folder(dir) => record::save_png(&dir.join(format!("{:06}.png", frame.index)), frame)?,
        }
        Ok(())
    }

    pub(super) fn finish(self, rate: f64) -> anyhow::Result<()> {
        match self {
            Self::Mp4(writer) => {
                writer.finish()?;
            }
            Self::Gif(path, frames) => record::save_gif(&path, &frames, rate)?,
            Self::Folder(_) => {}
        }
        Ok(())
    }
}

/// The picture and prompt that a walk begins with.
pub(super) fn first_frame(package: &Package, which: &str) -> Result<(Frame, String), BadInput> {
    let Ok(k) = which.parse::<usize>() else {
        let frame = read_picture(Path::new(which)).map_err(|what| BadInput(format!("the picture {which} {what}")))?;
        return Ok((frame, String::new()));
    };
    let n = package.first_frames.len();
    let f = package.first_frames.get(k).ok_or_else(|| {
        BadInput(format!(
            "--first-frame {k}: {} has {n} first frames, counted from 0",
            package.path.display()
        ))
    })?;
    let frame = decode_picture(&f.jpeg)
        .map_err(|what| BadInput(format!("first frame {k} of {} {what}", package.path.display())))?;
    Ok((frame, f.prompt.clone()))
}

/// Cameras of a walk on level ground, one [`LatentControl`] a latent frame.
pub(super) fn controls(keys: &[Keys], rate: f64) -> Vec<LatentControl> {
    let mut walker = Walker::at(CameraPose::default());
    keys.chunks_exact(FRAMES_PER_LATENT)
        .map(|chunk| {
            let before = walker.pose;
            let poses = std::array::from_fn(|i| walker.advance(&WalkInput::from_keys(chunk[i]), (1.0 / rate) as f32));
            LatentControl::new(&before, &poses, chunk[FRAMES_PER_LATENT - 1])
        })
        .collect()
}

/// A bar for so many frames.
pub(super) fn progress(frames: u64) -> ProgressBar {
    let bar = ProgressBar::new(frames);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} frames, {per_sec} [{elapsed} < {eta}]") {
        bar.set_style(style);
    }
    bar
}

pub(crate) fn run(args: GenerateArgs) -> anyhow::Result<()> {
    if let Some(file) = &args.replay {
        return super::replay::run(&args, file);
    }
    if args.frames == 0 || args.frames > 10_000_000 {
        return Err(BadInput(format!("--frames {}: give 1 to 10000000", args.frames)).into());
    }
    if !(1..=256).contains(&args.steps) {
        return Err(BadInput(format!("--steps {}: give 1 to 256", args.steps)).into());
    }
    // Whole latent frames; what is over is not written.
    let padded = args.frames.next_multiple_of(FRAMES_PER_LATENT) + FRAMES_PER_LATENT;
    let keys = keys_of_path(&args.path, padded)?;
    let package = Package::open(&model_file(args.model.as_deref())?)?;
    let (first, own_prompt) = first_frame(&package, &args.first_frame)?;
    let rate = package.manifest.frames_per_sec;
    let lens = package.manifest.lens;
    let mut rollout = Rollout::new(&package, &args.device)?;
    rollout.set_sampler(Sampler {
        steps: args.steps,
        memory: !args.no_memory,
        quilt: !args.no_quilt,
        paint: !args.no_paint,
        ..Sampler::default()
    });
    let mut sink = Sink::open(&args.out, lens.width_px, lens.height_px, rate)?;
    let bar = progress(args.frames as u64);
    let prompt = args.prompt.unwrap_or(own_prompt);
    let mut cloud = Growing::new(args.cloud, lens);
    let begun = rollout.start(&first, &prompt, args.seed)?;
    cloud.begin(&begun);
    for frame in begun.frames {
        sink.push(&frame)?;
    }
    let mut written = 1;
    let mut prompts = Script::new(args.prompt_at, rate);
    bar.inc(1);
    for control in controls(&keys, rate) {
        if written >= args.frames {
            break;
        }
        if let Some(prompt) = prompts.due(written) {
            rollout.change_prompt(&prompt)?;
        }
        let made = rollout.next(&control)?;
        cloud.step(&control, &made);
        for frame in made.frames.iter().take(args.frames - written) {
            sink.push(frame)?;
            written += 1;
            bar.inc(1);
        }
    }
    bar.finish();
    sink.finish(rate)?;
    println!("{written} frames written to {}", args.out.display());
    cloud.finish()
}

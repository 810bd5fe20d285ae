//! `farwander generate`: a walk without a window.

use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};

use super::BadInput;
use super::cloud::Growing;
use super::model_file;
use super::prompts::{PromptAt, Script, prompt_at};
use super::sink::{Sink, SinkArgs, track_of};
use crate::control::{CameraPose, Footing, Keys, LatentControl, WalkInput, Walker};
use crate::device::DeviceChoice;
use crate::engine::{decode_picture, read_picture};
use crate::flow::Evaluations;
use crate::frame::{FRAMES_PER_LATENT, Frame};
use crate::package::Package;
use crate::rollout::{Rollout, Track};

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
    /// Network evaluations a latent frame; without it, as many as the generator file says.
    #[arg(long)]
    steps: Option<usize>,
    /// Shift of their timesteps: with more than 1, more of them are early, where layout is decided.
    #[arg(long)]
    shift: Option<f32>,
    /// Recycle the last picture alone: places out of sight are forgotten.
    #[arg(long)]
    no_memory: bool,
    /// Leave new places as the network draws them, without texture from known ones.
    #[arg(long)]
    no_quilt: bool,
    /// Leave soft what stands larger than when it was seen, without new detail.
    #[arg(long)]
    no_paint: bool,
    /// A replay saved in the player, or a recording, to be rendered again: of a recording, what it shows.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["first_frame", "path", "frames", "seed", "prompt", "prompt_at", "steps", "shift", "no_memory", "no_quilt", "no_paint"])]
    replay: Option<PathBuf>,
    /// Also write the walked world as a coloured point cloud with the camera's way (PLY).
    #[arg(long, value_name = "FILE")]
    pub(super) cloud: Option<PathBuf>,
    #[command(flatten)]
    pub(super) sink: SinkArgs,
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
        .map(|keys| control(&mut walker, &Footing::default(), keys, rate))
        .collect()
}

/// The cameras of a walker's next latent frame.
pub(super) fn control(walker: &mut Walker, footing: &Footing, keys: &[Keys], rate: f64) -> LatentControl {
    let before = walker.pose;
    let dt_secs = (1.0 / rate) as f32;
    let poses = std::array::from_fn(|i| walker.advance_on(footing, &WalkInput::from_keys(keys[i]), dt_secs));
    LatentControl::new(&before, &poses, keys[FRAMES_PER_LATENT - 1])
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
    crate::telemetry::keep_memory_steady();
    if let Some(file) = &args.replay {
        return super::replay::run(&args, file);
    }
    if args.frames == 0 || args.frames > 10_000_000 {
        return Err(BadInput(format!("--frames {}: give 1 to 10000000", args.frames)).into());
    }
    // Whole latent frames; what is over is not written.
    let padded = args.frames.next_multiple_of(FRAMES_PER_LATENT) + FRAMES_PER_LATENT;
    let keys = keys_of_path(&args.path, padded)?;
    let package = Package::open(&model_file(args.model.as_deref())?)?;
    let (first, own_prompt) = first_frame(&package, &args.first_frame)?;
    let rate = package.manifest.frames_per_sec;
    let usual = package.manifest.generator.evaluations;
    let evaluations = Evaluations {
        steps: args.steps.unwrap_or(usual.steps),
        shift: args.shift.unwrap_or(usual.shift),
    };
    (evaluations.check()).map_err(|what| BadInput(format!("--steps and --shift ask for {what}")))?;
    let mut rollout = Rollout::new(&package, &args.device)?;
    let mut sink = Sink::open(&args.sink, &package, 0)?;
    let bar = progress(args.frames as u64);
    let prompt = args.prompt.unwrap_or(own_prompt);
    let mut cloud = Growing::new(args.cloud, package.manifest.lens);
    let mut track = Track {
        forgets: args.no_memory,
        plain: args.no_quilt,
        soft: args.no_paint,
        evaluations: (evaluations != usual).then_some(evaluations),
        ..track_of(&package, &args.first_frame, &prompt, args.seed)
    };
    rollout.set_sampler(track.sampler(usual));
    let begun = rollout.start(&first, &prompt, args.seed)?;
    cloud.begin(&begun);
    // As the generator took it.
    let first = begun.frames.first().cloned().unwrap_or(first);
    sink.push(&begun.frames, Keys(0), &track, &first)?;
    let mut made = 1;
    let mut prompts = Script::new(args.prompt_at, rate);
    bar.inc(1);
    let mut walker = Walker::at(CameraPose::default());
    for keys in keys.chunks_exact(FRAMES_PER_LATENT) {
        if made >= args.frames || sink.is_done(made as u64) {
            break;
        }
        if let Some(prompt) = prompts.due(made) {
            rollout.change_prompt(&prompt)?;
            track.change_prompt(&prompt);
        }
        let footing = rollout.footing(walker.pose.pitch_rad);
        let control = control(&mut walker, &footing, keys, rate);
        let output = rollout.next(&control)?;
        cloud.step(&control, &output);
        track.controls.push(control);
        let wanted = output.frames.len().min(args.frames - made);
        sink.push(&output.frames[..wanted], control.keys, &track, &first)?;
        made += wanted;
        bar.inc(wanted as u64);
    }
    bar.finish();
    sink.finish()?;
    cloud.finish()
}

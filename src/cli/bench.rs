//! `farwander bench`: speed and memory of a generator on this machine, by the rollout that plays it.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::json;

use super::bench_latency::{Plan, measure};
use super::bench_record;
use super::bench_steady::Steady;
use super::bench_train;
use super::bench_upscaling;
use super::generate::{controls, first_frame};
use super::{BadInput, model_file};
use crate::control::Keys;
use crate::device::DeviceChoice;
use crate::engine::Pacing;
use crate::frame::FRAMES_PER_LATENT;
use crate::package::Package;
use crate::rollout::Rollout;
use crate::telemetry::{keep_memory_steady, resident_bytes};

/// Options of `farwander bench`.
#[derive(clap::Args, Debug)]
pub(crate) struct BenchArgs {
    /// Generator file; without it, the bundled world.
    #[arg(long)]
    model: Option<PathBuf>,
    /// Device to measure.
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// Video frames to generate.
    #[arg(long, default_value_t = 1440)]
    frames: usize,
    /// Also play in real time, without a window, and measure the time from reading the controls to each frame.
    #[arg(long)]
    latency: bool,
    /// How the frames of a step are laid out in time: `smooth` or `quick`.
    #[arg(long, default_value = "smooth", requires = "latency")]
    pacing: Pacing,
    /// Also measure what a recording costs: frames a second with and without, by turns.
    #[arg(long)]
    record: bool,
    /// Also compare steps late in a walk with those early in a new one, by turns.
    #[arg(long)]
    steady: bool,
    /// Compare the window's upscaling with three filters instead, and write a picture of it into this folder.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["latency", "record", "steady", "json"])]
    upscaling: Option<PathBuf>,
    /// Measure how fast this recipe's stages train instead, on the latents of a finished run.
    #[arg(long, value_name = "RECIPE", requires = "run", conflicts_with_all = ["latency", "record", "steady", "upscaling", "model"])]
    train: Option<PathBuf>,
    /// The run that `--train` measures with.
    #[arg(long, value_name = "DIR", requires = "train")]
    run: Option<PathBuf>,
    /// Decode by the whole decoder and not by its linear part alone, whatever the generator file says.
    #[arg(long, conflicts_with_all = ["latency", "record", "upscaling", "train"])]
    whole_decoder: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Steps before those that are measured: graphics devices compile what they compute with, and try which way of a product is quickest, until the window is full.
const WARM_UP_STEPS: usize = 12;

/// How long each key is held, in video frames: a round of all keys is as long as what is called early and late, so that both
/// hold the same.
const FRAMES_PER_KEY: usize = 60;

fn resident_mb() -> f64 {
    resident_bytes().map_or(f64::NAN, |b| b as f64 / 1e6)
}

pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

pub(crate) fn run(args: BenchArgs) -> anyhow::Result<()> {
    if let Some(dir) = &args.upscaling {
        return bench_upscaling::run(dir);
    }
    if let (Some(recipe), Some(dir)) = (&args.train, &args.run) {
        return bench_train::run(recipe, dir, args.device, args.json);
    }
    keep_memory_steady();
    if args.frames < 4 * 16 {
        return Err(BadInput(format!("--frames {}: at least 64 are needed for a median", args.frames)).into());
    }
    let model = model_file(args.model.as_deref())?;
    let package = Package::open(&model)?;
    let (first, prompt) = first_frame(&package, "0")?;
    let open = || -> anyhow::Result<Rollout> {
        let mut rollout = Rollout::new(&package, &args.device)?;
        if args.whole_decoder {
            rollout.decode_whole();
        }
        Ok(rollout)
    };
    let mut rollout = open()?;
    let held = [
        Keys::FORWARD,
        Keys::FORWARD.with(Keys::TURN_RIGHT),
        Keys::TURN_LEFT,
        Keys(0),
    ];
    let keys: Vec<Keys> = held
        .iter()
        .flat_map(|k| std::iter::repeat_n(*k, FRAMES_PER_KEY))
        .cycle()
        .take(args.frames)
        .collect();
    let (mut step, mut network, mut decode, mut recycle) = (vec![], vec![], vec![], vec![]);
    // Frames 120-360 and 1,200-1,440 of the full run; the same shares of a shorter one.
    let n = args.frames / FRAMES_PER_LATENT;
    let early = n / 12..n / 4;
    let late = n * 5 / 6..n;
    let mut rss_mb = vec![];
    let controls = controls(&keys, package.manifest.frames_per_sec);
    rollout.start(&first, &prompt, 0)?;
    for control in controls.iter().take(WARM_UP_STEPS) {
        rollout.next(control)?;
    }
    rollout.start(&first, &prompt, 0)?;
    let clock = Instant::now();
    for control in &controls {
        let begin = Instant::now();
        let out = rollout.next(control)?;
        step.push(begin.elapsed().as_secs_f64() * 1e3);
        network.push(out.network_ms);
        decode.push(out.decode_ms);
        recycle.push(out.recycle_ms);
        rss_mb.push(resident_mb());
    }
    let total = clock.elapsed().as_secs_f64();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let steady = (args.steady)
        .then(|| -> anyhow::Result<Steady> {
            let mut new = open()?;
            let start = |walk: &mut Rollout| walk.start(&first, &prompt, 0).map(drop);
            Ok(Steady::measure(&mut rollout, &mut new, start, &controls)?)
        })
        .transpose()?;
    let precision = rollout.precision();
    // One generator at a time: two would share the processor's caches.
    drop(rollout);
    let recorded = (args.record)
        .then(|| bench_record::run(&package, &args.device, &controls))
        .transpose()?;
    let latency = args.latency.then(|| Plan {
        model,
        device: args.device,
        pacing: args.pacing,
        frames: args.frames,
        keys: held.to_vec(),
        frames_per_key: FRAMES_PER_KEY,
    });
    let latency = latency.map(|plan| measure(&plan)).transpose()?;
    let mut report = json!({
        "video_fps": step.len() as f64 * FRAMES_PER_LATENT as f64 / total,
        "step_ms_median": median(&step),
        "network_ms": median(&network),
        "decode_ms": median(&decode),
        "recycle_ms": median(&recycle),
        "step_ms_early": median(&step[early.clone()]),
        "step_ms_late": median(&step[late.clone()]),
        "rss_mb_early": median(&rss_mb[early.clone()]),
        "rss_mb_late": median(&rss_mb[late.clone()]),
        "device": args.device.settled().to_string(),
        "precision": precision,
        "threads": threads,
        "frames": step.len() * FRAMES_PER_LATENT,
        "model": package.manifest.title,
        "decoder": if args.whole_decoder || !package.manifest.autoencoder.light { "whole" } else { "light" },
    });
    if let Some(latency) = &latency {
        latency.add_to(&mut report, args.pacing);
    }
    if let Some(recorded) = &recorded {
        recorded.add_to(&mut report);
    }
    if let Some(steady) = &steady {
        steady.add_to(&mut report);
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
        return Ok(());
    }
    let value = |key: &str| report.get(key).and_then(serde_json::Value::as_f64).unwrap_or(f64::NAN);
    println!(
        "{} on {} with {threads} threads",
        package.manifest.title,
        args.device.settled()
    );
    println!(
        "  {:.1} video frames a second over {} frames",
        value("video_fps"),
        step.len() * FRAMES_PER_LATENT
    );
    println!(
        "  latent frame {:.1} ms = network {:.1} + decode {:.1} + recycle {:.1} (medians)",
        value("step_ms_median"),
        value("network_ms"),
        value("decode_ms"),
        value("recycle_ms")
    );
    println!(
        "  early {:.1} ms, late {:.1} ms",
        value("step_ms_early"),
        value("step_ms_late")
    );
    println!(
        "  memory early {:.0} MB, late {:.0} MB",
        value("rss_mb_early"),
        value("rss_mb_late")
    );
    if let Some(steady) = &steady {
        steady.print();
    }
    if let Some(latency) = &latency {
        latency.print(args.pacing);
    }
    if let Some(recorded) = &recorded {
        recorded.print();
    }
    Ok(())
}

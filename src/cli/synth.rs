//! `farwander synth`: renders clips into shards, or a contact sheet of worlds.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use parking_lot::Mutex;
use rayon::prelude::*;

use super::BadInput;
use crate::control::Lens;
use crate::data::{CaptionChange, Clip, ClipHead, ShardHead, ShardReader, ShardWriter, Split, format_version};
use crate::frame::Frame;
use crate::record::{self, Mp4Writer, Quality};
use crate::synth::{self, Attributes, Biome, Kind, Light, Weather, World};
use crate::train::{CHANGING, DataRecipe};

/// Options of `farwander synth`.
#[derive(clap::Args, Debug)]
pub(crate) struct SynthArgs {
    /// Folder to write to; made if missing.
    #[arg(long)]
    out: PathBuf,
    /// Number of clips.
    #[arg(long, default_value_t = 64)]
    clips: usize,
    /// Frames of each clip.
    #[arg(long, default_value_t = 97)]
    frames: usize,
    /// Frame size in pixels, WIDTHxHEIGHT.
    #[arg(long, default_value = "192x112")]
    size: String,
    /// Horizontal field of view in degrees.
    #[arg(long, default_value_t = 75.0)]
    fov_deg: f32,
    /// Frames a second.
    #[arg(long, default_value_t = 24.0)]
    fps: f32,
    /// Seed of the whole set.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Worlds to learn from (train) or to measure with (test); they share none.
    #[arg(long, default_value = "train")]
    split: String,
    /// Clips in a file.
    #[arg(long, default_value_t = 16)]
    clips_per_shard: usize,
    /// How people walk: person, walk, turn or look.
    #[arg(long, default_value = "person")]
    walk: String,
    /// Only these biomes, comma-separated.
    #[arg(long, value_delimiter = ',')]
    biome: Vec<String>,
    /// Only these lights, comma-separated.
    #[arg(long, value_delimiter = ',')]
    light: Vec<String>,
    /// Only this weather.
    #[arg(long, value_delimiter = ',')]
    weather: Vec<String>,
    /// Let each world become something else on the way: another light, season or weather, and another caption.
    #[arg(long)]
    changing: bool,
    /// Write a contact sheet (PNG) and a film (MP4) of worlds instead of shards.
    #[arg(long)]
    preview: bool,
}

/// Worlds in the film of a preview, and how long each is walked through.
const FILM_WORLDS: usize = 8;
const FILM_SECS: f32 = 4.0;

/// Checked options.
struct Plan {
    lens: Lens,
    split: Split,
    kind: Kind,
    biomes: Vec<Biome>,
    lights: Vec<Light>,
    weathers: Vec<Weather>,
}

pub(crate) fn run(args: SynthArgs) -> anyhow::Result<()> {
    let plan = check(&args)?;
    std::fs::create_dir_all(&args.out).with_context(|| format!("cannot make the folder {}", args.out.display()))?;
    if args.preview {
        return preview(&args, &plan);
    }
    let shards = args.clips.div_ceil(args.clips_per_shard);
    let bar = progress(args.clips);
    for shard in 0..shards {
        let first = shard * args.clips_per_shard;
        let count = args.clips_per_shard.min(args.clips - first);
        write_shard(&args, &plan, shard, first, count, &bar)?;
    }
    bar.finish();
    Ok(())
}

fn check(args: &SynthArgs) -> Result<Plan, BadInput> {
    let bad = |text: String| Err(BadInput(text));
    let size = args
        .size
        .split_once('x')
        .and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    let Some((width_px, height_px)) = size.filter(|&(w, h)| (8..=4096).contains(&w) && (8..=4096).contains(&h)) else {
        return bad(format!(
            "--size {}: give WIDTHxHEIGHT in pixels, 8 to 4096 each, e.g. 192x112",
            args.size
        ));
    };
    if !(10.0..=150.0).contains(&args.fov_deg) {
        return bad(format!("--fov-deg {}: give 10 to 150 degrees", args.fov_deg));
    }
    if !(1.0..=240.0).contains(&args.fps) {
        return bad(format!("--fps {}: give 1 to 240 frames a second", args.fps));
    }
    if args.clips == 0 || args.frames == 0 || args.clips_per_shard == 0 {
        return bad("--clips, --frames and --clips-per-shard must be at least 1".into());
    }
    let split = match args.split.as_str() {
        "train" => Split::Train,
        "test" => Split::Test,
        other => return bad(format!("--split {other}: give train or test")),
    };
    let Some(kind) = Kind::ALL.into_iter().find(|k| k.word() == args.walk) else {
        return bad(format!("--walk {}: give person, walk, turn or look", args.walk));
    };
    Ok(Plan {
        lens: Lens {
            width_px,
            height_px,
            fov_x_rad: args.fov_deg.to_radians(),
        },
        split,
        kind,
        biomes: choose("--biome", &args.biome, Biome::ALL, Biome::word)?,
        lights: choose("--light", &args.light, Light::ALL, Light::word)?,
        weathers: choose("--weather", &args.weather, Weather::ALL, Weather::word)?,
    })
}

/// The choices named in `words`; none named means no constraint, told by an empty list.
fn choose<T: Copy>(option: &str, words: &[String], all: &[T], word: fn(T) -> &'static str) -> Result<Vec<T>, BadInput> {
    words
        .iter()
        .map(|w| {
            let names = || all.iter().map(|&v| word(v)).collect::<Vec<_>>().join(", ");
            all.iter()
                .copied()
                .find(|&v| word(v) == w)
                .ok_or_else(|| BadInput(format!("{option} {w}: give some of {}", names())))
        })
        .collect()
}

impl Plan {
    fn attributes(&self, world_seed: u64) -> Attributes {
        let mut a = Attributes::from_seed(world_seed);
        // Other bits of the seed than those that drew the attributes pick among the allowed ones.
        let pick = |n: usize, shift: u32| (world_seed >> shift) as usize % n;
        if !self.biomes.is_empty() {
            a.biome = self.biomes[pick(self.biomes.len(), 3)];
        }
        if !self.lights.is_empty() {
            a.light = self.lights[pick(self.lights.len(), 17)];
        }
        if !self.weathers.is_empty() {
            a.weather = self.weathers[pick(self.weathers.len(), 31)];
        }
        a
    }
}

/// Renders the clip of a world; with a change if there is to be one.
fn render_clip(args: &SynthArgs, plan: &Plan, world_seed: u64, frames: usize) -> Clip {
    let attributes = plan.attributes(world_seed);
    let world = World::new(world_seed, Some(attributes));
    if !args.changing {
        return synth::clip_of(&world, &plan.lens, plan.kind, world_seed, frames, args.fps);
    }
    let after = World::dressed(world_seed, &attributes, attributes.changed(world_seed));
    let from_frame = synth::change_frame(world_seed, frames);
    let worlds = [&world, &after];
    synth::changing_clip(worlds, from_frame, &plan.lens, plan.kind, world_seed, frames, args.fps)
}

fn write_shard(
    args: &SynthArgs,
    plan: &Plan,
    shard: usize,
    first: usize,
    count: usize,
    bar: &ProgressBar,
) -> anyhow::Result<()> {
    let path = args
        .out
        .join(format!("{}-{}-{shard:05}.safetensors", plan.split.word(), args.seed));
    let seeds: Vec<u64> = (first..first + count)
        .map(|i| plan.split.world_seed(args.seed, i as u64))
        .collect();
    let clips: Vec<ClipHead> = seeds
        .iter()
        .map(|&world_seed| {
            let attributes = plan.attributes(world_seed);
            let change = args.changing.then(|| CaptionChange {
                from_frame: synth::change_frame(world_seed, args.frames),
                caption: attributes.changed(world_seed).caption(),
            });
            ClipHead {
                world_seed,
                caption: attributes.caption(),
                change,
            }
        })
        .collect();
    let head = ShardHead {
        format_version: format_version(&clips),
        split: plan.split,
        fps: args.fps,
        lens: plan.lens,
        frames: args.frames,
        clips,
    };
    if path.exists() {
        // What was rendered with these very options is kept; anything else is the user's, and stays.
        let same = ShardReader::open(&path).is_ok_and(|r| *r.head() == head);
        if !same {
            let text = format!(
                "{} exists and was made with other options; choose another --out",
                path.display()
            );
            return Err(BadInput(text).into());
        }
        bar.inc(count as u64);
        return Ok(());
    }
    let writer = Mutex::new(ShardWriter::create(&path, head)?);
    seeds.par_iter().enumerate().try_for_each(|(i, &seed)| {
        let clip = render_clip(args, plan, seed, args.frames);
        let done = writer.lock().write(i, &clip);
        bar.inc(1);
        done
    })?;
    writer.into_inner().finish()?;
    Ok(())
}

/// A sheet of every biome (rows) in every light (columns), the last column in mist.
fn preview(args: &SynthArgs, plan: &Plan) -> anyhow::Result<()> {
    let pick = |chosen: &[Biome]| {
        if chosen.is_empty() {
            Biome::ALL.to_vec()
        } else {
            chosen.to_vec()
        }
    };
    let biomes = pick(&plan.biomes);
    let lights = if plan.lights.is_empty() {
        Light::ALL.to_vec()
    } else {
        plan.lights.clone()
    };
    let columns = lights.len() + 1;
    let (w, h) = (plan.lens.width_px, plan.lens.height_px);
    let mut sheet = image::RgbImage::new((columns * w) as u32, (biomes.len() * h) as u32);
    let bar = progress(columns * biomes.len());
    for (row, &biome) in biomes.iter().enumerate() {
        for column in 0..columns {
            let seed = plan.split.world_seed(args.seed, (row * columns + column) as u64);
            let mut attributes = Attributes::from_seed(seed);
            attributes.biome = biome;
            attributes.light = lights[if column < lights.len() {
                column
            } else {
                row % lights.len()
            }];
            attributes.weather = if column < lights.len() {
                Weather::Clear
            } else {
                Weather::Mist
            };
            let world = World::new(seed, Some(attributes));
            let clip = synth::clip_of(&world, &plan.lens, plan.kind, seed, 1, args.fps);
            for (i, p) in clip.rgb.chunks_exact(3).enumerate() {
                let (x, y) = (column * w + i % w, row * h + i / w);
                sheet.put_pixel(x as u32, y as u32, image::Rgb([p[0], p[1], p[2]]));
            }
            bar.inc(1);
        }
    }
    bar.finish();
    let path = args.out.join("worlds.png");
    sheet
        .save(&path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    if args.changing {
        changes(args, plan, &args.out.join("changes.png"))?;
    }
    film(args, plan, &args.out.join("worlds.mp4"))
}

/// Times of [`changes`], in seconds after the change.
const CHANGE_SECS: [f32; 5] = [0.17, 0.33, 0.67, 1.0, 2.0];

/// A sheet of the first worlds that change: a row each, the first frame, then how it goes on after the change.
fn changes(args: &SynthArgs, plan: &Plan, path: &Path) -> anyhow::Result<()> {
    let (w, h) = (plan.lens.width_px, plan.lens.height_px);
    let frames = (args.fps * FILM_SECS) as usize;
    let mut tiles = vec![];
    for i in 0..args.clips.min(FILM_WORLDS) {
        let clip = render_clip(args, plan, plan.split.world_seed(args.seed, i as u64), frames);
        let Some(change) = clip.change else { continue };
        println!("row {}: {} -> {}", i + 1, clip.caption, change.caption);
        let later = CHANGE_SECS.map(|secs| change.from_frame - 1 + (args.fps * secs).round() as usize);
        for at in std::iter::once(0).chain(later.map(|f| f.min(frames - 1))) {
            let rgb = &clip.rgb[at * w * h * 3..(at + 1) * w * h * 3];
            tiles.push(Frame::from_rgb(w, h, rgb, at as u64));
        }
    }
    record::save_png(path, &record::contact_sheet(&tiles, 1 + CHANGE_SECS.len(), 1))?;
    Ok(())
}

/// A film of walks through the first worlds of the set, a few seconds each.
fn film(args: &SynthArgs, plan: &Plan, path: &Path) -> anyhow::Result<()> {
    let (w, h) = (plan.lens.width_px, plan.lens.height_px);
    let worlds = args.clips.min(FILM_WORLDS);
    let frames = (args.fps * FILM_SECS).round().max(1.0) as usize;
    let mut writer = Mp4Writer::create(path, w, h, f64::from(args.fps), Quality::default())?;
    let bar = progress(worlds);
    for i in 0..worlds {
        let seed = plan.split.world_seed(args.seed, i as u64);
        let clip = render_clip(args, plan, seed, frames);
        for (rgb, index) in clip.rgb.chunks_exact(w * h * 3).zip((i * frames) as u64..) {
            writer.push(&Frame::from_rgb(w, h, rgb, index))?;
        }
        bar.inc(1);
    }
    bar.finish();
    writer.finish()?;
    Ok(())
}

fn progress(clips: usize) -> ProgressBar {
    let bar = ProgressBar::new(clips as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} clips, {elapsed} gone, {eta} to go") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

/// One part of a recipe's clips.
pub(super) struct Part {
    /// Below the recipe's folder.
    pub(super) folder: &'static str,
    pub(super) split: Split,
    pub(super) kind: Kind,
    pub(super) clips: usize,
    pub(super) seed: u64,
}

/// Renders one part of a recipe's clips; shards that are whole already stay.
pub(super) fn render_part(data: &DataRecipe, part: &Part) -> anyhow::Result<()> {
    let Part {
        split,
        kind,
        clips,
        seed,
        ..
    } = *part;
    let changing = part.folder == CHANGING;
    run(SynthArgs {
        out: data.dir.join(part.folder),
        clips,
        frames: data.frames,
        size: format!("{}x{}", data.size_px[0], data.size_px[1]),
        fov_deg: data.fov_x_deg,
        fps: 24.0,
        seed,
        split: split.word().into(),
        clips_per_shard: 16,
        walk: kind.word().into(),
        biome: vec![],
        light: vec![],
        weather: vec![],
        changing,
        preview: false,
    })
}

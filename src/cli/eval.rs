//! `farwander eval`: PSNR and SSIM along walks through held-out worlds, beside the baselines; contact sheets.

use std::path::PathBuf;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::eval_quality::{Looks, TOGETHER};
use super::{BadInput, model_file};
use crate::device::DeviceChoice;
use crate::eval::by_hand::{self, hands};
use crate::eval::report::{LATENTS_PER_SEC, plot, table};
use crate::eval::worlds::{Curve, Walk, curve, held, roll_out, truth};
use crate::flow::Evaluations;
use crate::frame::Frame;
use crate::model::aapt::codec;
use crate::package::Package;
use crate::record;
use crate::rollout::{Networks, Sampler};
use crate::synth::{Biome, Kind};

/// Options of `farwander eval`.
#[derive(clap::Args, Debug)]
pub(crate) struct EvalArgs {
    /// Generator file; without it, the bundled world.
    #[arg(long)]
    model: Option<PathBuf>,
    /// Device to compute on.
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// Folder for tables, plots and sheets.
    #[arg(long, default_value = "docs/results")]
    out: PathBuf,
    /// Held-out worlds a kind of walk; biomes take turns.
    #[arg(long, default_value_t = 14)]
    worlds: usize,
    /// Length of the walks.
    #[arg(long, default_value_t = 5.0)]
    secs: f64,
    /// Network evaluations a latent frame to compare, comma-separated, on short walks and on long ones; without it, as many as the generator file says.
    #[arg(long, value_delimiter = ',')]
    steps: Vec<usize>,
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
    /// Decode by the whole decoder and not by its linear part alone, whatever the generator file says.
    #[arg(long)]
    whole_decoder: bool,
    /// Seed of the held-out worlds.
    #[arg(long, default_value_t = 77)]
    seed: u64,
    /// The probe that measures what pixels don't tell; without it, the one beside the bundled world.
    #[arg(long)]
    probe: Option<PathBuf>,
    /// Length of the long walks that show what becomes of the world; under 20 leaves them out.
    #[arg(long, default_value_t = 60.0)]
    long_secs: f64,
    /// Held-out worlds that get new words in the middle of a walk; 0 leaves them out.
    #[arg(long, default_value_t = 14)]
    word_worlds: usize,
    /// Length of the walks on the contact sheets; 0 leaves them out.
    #[arg(long, default_value_t = 10.0)]
    sheet_secs: f64,
}

pub(super) fn bar(what: &'static str, n: usize) -> ProgressBar {
    let bar = ProgressBar::new(n as u64);
    if let Ok(style) = ProgressStyle::with_template("{prefix:16} {wide_bar} {pos}/{len} [{elapsed} < {eta}]") {
        bar.set_style(style);
    }
    bar.set_prefix(what);
    bar
}

pub(crate) fn run(args: EvalArgs) -> anyhow::Result<()> {
    let latents = (args.secs * LATENTS_PER_SEC).round() as usize;
    if !(0.0..=120.0).contains(&args.sheet_secs) {
        return Err(BadInput("--sheet-secs must be 0 to 120".into()).into());
    }
    if !(0.0..=300.0).contains(&args.long_secs) {
        return Err(BadInput("--long-secs must be 0 to 300".into()).into());
    }
    if args.worlds == 0 || !(2..=360).contains(&latents) {
        let what = "--worlds must be positive, --secs 0.34 to 60";
        return Err(BadInput(what.into()).into());
    }
    let package = Package::open(&model_file(args.model.as_deref())?)?;
    let usual = package.manifest.generator.evaluations;
    let shift = args.shift.unwrap_or(usual.shift);
    let steps = match args.steps.as_slice() {
        [] => vec![usual.steps],
        asked => asked.to_vec(),
    };
    for steps in &steps {
        let asked = Evaluations { steps: *steps, shift };
        (asked.check()).map_err(|what| BadInput(format!("--steps and --shift ask for {what}")))?;
    }
    let mut networks = Networks::from_package(&package, args.device)?;
    networks.light &= !args.whole_decoder;
    std::fs::create_dir_all(&args.out).with_context(|| format!("can't make the folder {}", args.out.display()))?;
    let lens = networks.lens;
    let mut looks = match probe_file(&args) {
        Some(path) => match Looks::open(&path, &networks) {
            Ok(looks) => Some(looks),
            Err(error) if args.probe.is_some() => return Err(BadInput(format!("{error:#}")).into()),
            Err(error) => {
                eprintln!("{error:#}; Fréchet distances and camera errors are left out");
                None
            }
        },
        None => {
            eprintln!("no probe (models/probe.safetensors): Fréchet distances and camera errors are left out");
            None
        }
    };
    let left_out: String = [
        (" --no-memory", args.no_memory),
        (" --no-quilt", args.no_quilt),
        (" --no-paint", args.no_paint),
        (" --whole-decoder", args.whole_decoder),
    ]
    .iter()
    .filter_map(|(flag, given)| given.then_some((*flag).to_owned()))
    .chain((!args.steps.is_empty()).then(|| {
        format!(
            " --steps {}",
            args.steps.iter().map(usize::to_string).collect::<Vec<_>>().join(",")
        )
    }))
    .chain(args.shift.map(|shift| format!(" --shift {shift}")))
    .collect();
    let mut text = format!(
        "# Against the renderer's truth\n\n{} held-out worlds a row; generator {}, sha256 {}.\n\
         Made by `farwander eval --worlds {} --secs {} --seed {}{}`. The two warps are the same rollout with a network that \
         adds nothing, each picture sampled from the one before: \"alone\" leaves grey what the picture before does not show, \"and soft fill\" continues known places \
         into it, as this program does before its network is asked, and looks into the walk's memory if that is not left out.\n\n",
        args.worlds,
        package.manifest.title,
        &package.manifest.sha256[..12],
        args.worlds,
        args.secs,
        args.seed,
        left_out
    );
    let sampler = |steps| Sampler {
        steps,
        shift,
        memory: !args.no_memory,
        quilt: !args.no_quilt,
        paint: !args.no_paint,
        // The baselines are warps of pictures, as they ever were.
        keep_drawn: steps > 0,
        keep_apart: steps > 0,
        ..Sampler::default()
    };
    let mut all = serde_json::Map::new();
    for (kind, title) in [
        (Kind::Walk, "Walking"),
        (Kind::Turn, "Turning"),
        (Kind::Person, "A person at the keys"),
    ] {
        let progress = bar("rendering truth", args.worlds);
        let walks = truth(&lens, kind, args.worlds, latents, args.seed, || progress.inc(1));
        progress.finish();
        let mut curves: Vec<Curve> = vec![curve("first frame held", &lens, &walks, &held(&walks))];
        let mut pictures: Vec<(String, Vec<Vec<Vec<f32>>>)> = vec![];
        let roll = |sampler: Sampler| {
            let progress = bar("rolling out", walks.len().div_ceil(4) * latents);
            let made = roll_out(&networks, &walks, sampler, || progress.inc(1))?;
            progress.finish();
            anyhow::Ok(made)
        };
        let bare = Sampler {
            memory: false,
            fill: false,
            ..sampler(0)
        };
        curves.push(curve("warp alone, new places grey", &lens, &walks, &roll(bare)?));
        for steps in std::iter::once(0).chain(steps.iter().copied()) {
            let made = roll(sampler(steps))?;
            let name = name_of(steps);
            curves.push(curve(&name, &lens, &walks, &made));
            pictures.push((name, made));
        }
        text.push_str(&table(title, &curves));
        let word = kind.word();
        plot(&args.out.join(format!("psnr-{word}.png")), title, &curves)?;
        all.insert(word.into(), json!(curves));
        comparison(&args, &lens, &walks, &pictures, word)?;
        if let Some(looks) = &mut looks {
            looks.add(&networks, walks, &pictures);
        }
    }
    std::fs::write(args.out.join("psnr.md"), &text).context("can't write the table")?;
    let file = json!({"sha256": package.manifest.sha256, "worlds": args.worlds, "curves": all});
    std::fs::write(args.out.join("psnr.json"), serde_json::to_string_pretty(&file)?)
        .context("can't write the numbers")?;
    print!("{text}");
    if let Some(looks) = &looks {
        let (mut text, short) = looks.report();
        let samplers: Vec<Sampler> = steps.iter().map(|steps| sampler(*steps)).collect();
        let (long_text, long) = looks.long(&networks, &samplers, args.worlds, args.long_secs, args.seed, &args.out)?;
        text.push_str(&long_text);
        std::fs::write(args.out.join("quality.md"), &text).context("can't write the table")?;
        let file = json!({"sha256": package.manifest.sha256, "short": short, "long": long});
        std::fs::write(args.out.join("quality.json"), serde_json::to_string_pretty(&file)?)
            .context("can't write the numbers")?;
        print!("{text}");
    }
    if args.word_worlds > 0 {
        let worlds = (args.word_worlds, args.seed);
        let sha256 = &package.manifest.sha256;
        super::eval_words::run(
            &networks,
            sampler(usual.steps),
            looks.as_ref(),
            worlds,
            sha256,
            &args.out,
        )?;
    }
    if args.sheet_secs > 0.0 {
        sheets(&args, &networks, sampler(usual.steps))?;
    }
    Ok(())
}

pub(super) fn picture(lens: &crate::control::Lens, rgb: &[f32]) -> Frame {
    Frame::from_rgb(lens.width_px, lens.height_px, &codec::to_bytes(rgb), 0)
}

/// What walks with so many network evaluations a latent frame are called in tables.
pub(super) fn name_of(steps: usize) -> String {
    match steps {
        0 => "warp and soft fill".to_owned(),
        1 => "one evaluation".to_owned(),
        n => format!("{n} evaluations"),
    }
}

/// Truth, warp with soft fill and one evaluation below each other, at 0.5, 1, 2, 3, 5 s.
fn comparison(
    args: &EvalArgs,
    lens: &crate::control::Lens,
    walks: &[Walk],
    made: &[(String, Vec<Vec<Vec<f32>>>)],
    word: &str,
) -> anyhow::Result<()> {
    let times: Vec<usize> = [3, 6, 12, 18, 30]
        .into_iter()
        .filter(|k| *k <= walks[0].controls.len())
        .collect();
    let mut tiles = vec![];
    for (i, walk) in walks.iter().enumerate().take(4) {
        tiles.extend(times.iter().map(|&k| picture(lens, &walk.truth[k])));
        for (_, rollout) in made.iter().take(2) {
            tiles.extend(times.iter().map(|&k| picture(lens, &rollout[i][k - 1])));
        }
    }
    if !times.is_empty() {
        let sheet = record::contact_sheet(&tiles, times.len(), 1);
        record::save_png(&args.out.join(format!("compare-{word}.png")), &sheet)?;
    }
    Ok(())
}

/// The named probe, or the one beside the bundled world if there is one.
fn probe_file(args: &EvalArgs) -> Option<PathBuf> {
    args.probe.clone().or_else(|| {
        let beside = crate::paths::find_model()?.with_file_name("probe.safetensors");
        beside.exists().then_some(beside)
    })
}

/// A walk in every biome: a picture a second.
fn sheets(args: &EvalArgs, networks: &Networks, sampler: Sampler) -> anyhow::Result<()> {
    let latents = (args.sheet_secs * LATENTS_PER_SEC).round() as usize;
    for (kind, word) in [(Kind::Walk, "walk"), (Kind::Turn, "turn")] {
        let seed = args.seed.wrapping_add(1);
        let hands = hands(&networks.lens, kind, Biome::ALL.len(), latents, seed);
        let progress = bar("contact sheets", hands.len().div_ceil(TOGETHER) * latents);
        let mut tiles = vec![];
        let mut rows = 0;
        for group in hands.chunks(TOGETHER) {
            for (walk, made) in by_hand::walk(networks, group, sampler, || progress.inc(1))? {
                rows += 1;
                tiles.push(picture(&networks.lens, &walk.truth[0]));
                let each_second = made
                    .iter()
                    .skip(LATENTS_PER_SEC as usize - 1)
                    .step_by(LATENTS_PER_SEC as usize);
                tiles.extend(each_second.map(|f| picture(&networks.lens, f)));
            }
        }
        progress.finish();
        let columns = tiles.len() / rows.max(1);
        let sheet = record::contact_sheet(&tiles, columns, 1);
        record::save_png(&args.out.join(format!("sheet-{word}.png")), &sheet)?;
    }
    Ok(())
}

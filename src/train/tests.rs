//! A whole training run, small: stopped after every step it gives the same file, byte for byte, as an uninterrupted one.

#[cfg(test)]
mod batches;
#[cfg(test)]
mod speed;
#[cfg(test)]
mod trouble;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tempfile::TempDir;

use super::clips::Clips;
use super::{CHANGING, Recipe, Run, Stage, TrainError, train};
use crate::control::{CameraPose, Keys, LatentControl, WalkInput, Walker};
use crate::data::{CaptionChange, Clip, ClipHead, ShardHead, ShardWriter, Split, format_version};
use crate::device::{DeviceChoice, Gaussian};
use crate::frame::Frame;
use crate::package::Package;
use crate::rollout::Rollout;

const FRAMES: usize = 13;

fn recipe(dir: &Path) -> Recipe {
    let stage = "batch = 2\nlatents = 3\nlr = 1e-3\nwarmup = 1\nweight_decay = 0.01\nshift = 4.0\nema = 0.9\n\
                 channel_power = 1.0\nstudent_share = 0.5\nstudent_from = 1\nstudent_every = 2\nstudent_latents = 6\nstudent_clips = 2\n";
    let text = format!(
        "title = \"Test\"\nlicence = \"CC0-1.0\"\n\
         [data]\ndir = {:?}\ntrain_clips = 6\nchanging_clips = 2\ntest_clips = 2\nframes = {FRAMES}\nsize_px = [32, 32]\nfov_x_deg = 75.0\nseed = 1\n\
         [autoencoder]\nlatent_channels = 6\nencoder_blocks = 0\ndecoder_blocks = 1\nwidth = 16\n\
         [generator]\nwidth = 16\ndepth = 2\nheads = 2\nmlp_ratio = 2\nwindow = 1\nrecycle = \"reproject\"\ntext_tokens = 3\n\
         [generator.local_head]\nwidth = 8\nblocks = 1\n\
         [generator.painter]\nwidth = 8\ndeep_width = 12\nblocks = 1\n\
         [generator.depth_net]\nwidth = 8\ndeep_width = 8\nblocks = 1\n\
         [train_autoencoder]\nsteps = 3\nbatch = 2\nlr = 1e-3\npca_clips = 4\ndepth_weight = 0.2\nema = 0.9\n\
         [pretrain]\nsteps = 3\nbatch = 1\naccumulate = 2\nrecompute = true\nlatents = 2\nlr = 1e-3\nwarmup = 1\nweight_decay = 0.01\n\
         shift = 4.0\nema = 0.9\nchannel_power = 1.0\n\
         [adapt]\nsteps = 5\n{stage}[distill]\nsteps = 3\naccumulate = 2\ntimesteps = 4\n{stage}\
         [adversarial]\nsteps = 4\ndiscriminator_first = 1\nbatch = 2\nlatents = 3\nlr = 1e-4\nlr_discriminator = 1e-4\n\
         ema = 0.9\npenalty = 1.0\nsigma = 0.1\nweight = 0.1\nanchor = 1.0\n\
         rollout_every = 2\nrollout_clips = 2\nrollout_latents = 6\npenalty_clips = 1\n\
         [depth]\nsteps = 3\nbatch = 2\nlr = 1e-3\nema = 0.9\n\
         [paint]\nsteps = 4\ncritic_first = 1\nbatch = 2\ncrop_px = 16\nlr = 1e-3\nlr_critic = 1e-3\ncritic_width = 8\n\
         critic_deep_width = 12\nema = 0.9\nweight = 1.0\nanchor = 1.0\ncolour = 1.0\npenalty = 1.0\nsigma = 0.1\n\
         [probe]\nsteps = 4\nbatch = 2\nlr = 1e-3\n",
        dir.join("data")
    );
    let path = dir.join("recipe.toml");
    std::fs::write(&path, text).unwrap();
    Recipe::read(&path).unwrap()
}

/// A patterned wall 5 m away that somebody walks and turns past.
fn clip(seed: u64, recipe: &Recipe) -> Clip {
    let lens = recipe.lens();
    let mut rng = Gaussian::new(seed, 0);
    let phases: [f32; 6] = std::array::from_fn(|_| 6.0 * rng.uniform());
    let turn = 0.03 * (rng.uniform() - 0.5);
    let poses: Vec<CameraPose> = (0..FRAMES)
        .map(|f| CameraPose {
            yaw_rad: turn * f as f32,
            position_m: [0.0, 0.0, -0.05 * f as f32],
            ..CameraPose::default()
        })
        .collect();
    let mut rgb = Vec::new();
    for pose in &poses {
        for y in 0..lens.height_px {
            for x in 0..lens.width_px {
                let u = (x as f32 - 15.5) / 20.0 + pose.yaw_rad;
                let v = (y as f32 - 15.5) / 20.0;
                for c in 0..3 {
                    let wave = (7.0 * u + phases[c]).sin() * (5.0 * v + phases[c + 3]).cos();
                    let fine = ((29.0 + c as f32) * u + 23.0 * v * phases[c]).sin();
                    rgb.push((128.0 + 70.0 * wave + 30.0 * fine) as u8);
                }
            }
        }
    }
    Clip {
        lens,
        fps: 24.0,
        world_seed: seed,
        caption: if seed.is_multiple_of(2) {
            "meadow at noon"
        } else {
            "snow at dusk"
        }
        .into(),
        change: None,
        inverse_depth: vec![half::f16::from_f32(0.2); FRAMES * 32 * 32],
        keys: vec![Keys::FORWARD; FRAMES],
        rgb,
        poses,
    }
}

/// The same wall; from a frame on it is night.
fn darkening(seed: u64, from_frame: usize, recipe: &Recipe) -> Clip {
    let mut clip = clip(seed, recipe);
    let dark = &mut clip.rgb[from_frame * 32 * 32 * 3..];
    dark.iter_mut().for_each(|v| *v /= 2);
    clip.change = Some(CaptionChange {
        from_frame,
        caption: "snow at night".into(),
    });
    clip
}

fn write_data(recipe: &Recipe) {
    let parts = [
        (Split::Train, "train", 4),
        (Split::Train, CHANGING, 2),
        (Split::Test, "test", 2),
    ];
    for (split, folder, count) in parts {
        let dir = recipe.data.dir.join(folder);
        std::fs::create_dir_all(&dir).unwrap();
        let of = |i: u64| match folder {
            CHANGING => darkening(split.world_seed(3, i), 1 + 4 * i as usize, recipe),
            _ => clip(split.world_seed(1, i), recipe),
        };
        let clips: Vec<Clip> = (0..count).map(of).collect();
        let heads = clips.iter().map(|c| ClipHead {
            world_seed: c.world_seed,
            caption: c.caption.clone(),
            change: c.change.clone(),
        });
        let heads: Vec<ClipHead> = heads.collect();
        let head = ShardHead {
            format_version: format_version(&heads),
            split,
            fps: 24.0,
            lens: recipe.lens(),
            frames: FRAMES,
            clips: heads,
        };
        let mut writer = ShardWriter::create(&dir.join("shard.safetensors"), head).unwrap();
        for (i, clip) in clips.iter().enumerate() {
            writer.write(i, clip).unwrap();
        }
        writer.finish().unwrap();
    }
}

fn run(recipe: &Recipe, dir: &Path, stop: bool) -> Run {
    Run {
        from: None,
        recipe: recipe.clone(),
        dir: dir.to_owned(),
        device: DeviceChoice::Cpu,
        stop: Arc::new(AtomicBool::new(stop)),
        checkpoint_secs: 1e9,
        sample_secs: 1e9,
    }
}

fn walk(package: &Package) -> Vec<Frame> {
    let first = image::load_from_memory(&package.first_frames[0].jpeg)
        .unwrap()
        .to_rgb8();
    let first = Frame::from_rgb(32, 32, first.as_raw(), 0);
    let mut rollout = Rollout::new(package, &DeviceChoice::Cpu).unwrap();
    rollout.start(&first, "snow at dusk", 7).unwrap();
    let mut walker = Walker::default();
    let mut frames = Vec::new();
    for _ in 0..6 {
        let before = walker.pose;
        let poses = std::array::from_fn(|_| walker.advance(&WalkInput::from_keys(Keys::FORWARD), 1.0 / 24.0));
        let out = rollout
            .next(&LatentControl::new(&before, &poses, Keys::FORWARD))
            .unwrap();
        frames.extend(out.frames);
    }
    frames
}

#[test]
fn a_run_that_stops_after_every_step_gives_the_same_file() {
    let dir = TempDir::new().unwrap();
    let recipe = recipe(dir.path());
    write_data(&recipe);

    let whole = dir.path().join("whole.safetensors");
    train(&run(&recipe, &dir.path().join("whole"), false), Stage::All, &whole).unwrap();

    let pieces = dir.path().join("pieces.safetensors");
    let folder = dir.path().join("pieces");
    // Only Linux tells the peak memory, which alone some of these stages log when they are so short.
    #[cfg(target_os = "linux")]
    {
        let log = std::fs::read_to_string(dir.path().join("whole/log.jsonl")).unwrap();
        let mut order: Vec<String> = vec![];
        for line in log.lines() {
            let entry: serde_json::Value = serde_json::from_str(line).unwrap();
            if let Some(peak) = entry.get("peak_mib") {
                assert!(peak.as_f64().unwrap() > 1.0);
                order.push(entry["stage"].as_str().unwrap().into());
            }
        }
        order.dedup();
        let all = "autoencoder latents pretrain adapt distill adversarial depth paint";
        assert_eq!(order.join(" "), all);
    }
    for stage in [
        Stage::Autoencoder,
        Stage::Latents,
        Stage::Pretrain,
        Stage::Adapt,
        Stage::Distill,
        Stage::Adversarial,
        Stage::Depth,
        Stage::Paint,
        Stage::Export,
    ] {
        let stop = !matches!(stage, Stage::Latents | Stage::Export);
        let mut stops = 0;
        loop {
            match train(&run(&recipe, &folder, stop), stage, &pieces) {
                Ok(()) => break,
                Err(TrainError::Stopped(step)) => {
                    stops += 1;
                    assert_eq!(step, stops);
                }
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(stops > 0, stop);
    }
    assert!(
        std::fs::read(&whole).unwrap() == std::fs::read(&pieces).unwrap(),
        "the files differ"
    );

    // The exported file walks the same every time, also after being opened and saved again.
    let package = Package::open(&whole).unwrap();
    assert_eq!(package.manifest.training.steps["pretrain"], 3);
    assert_eq!(package.manifest.training.steps["adversarial"], 4);
    assert_eq!(package.manifest.training.steps["paint"], 4);
    for net in ["painter", "depth_net"] {
        let learnt = &package.weights[&format!("generator.{net}.head.weight")].values;
        assert!(learnt.iter().any(|v| *v != 0.0), "the {net} has learnt nothing");
    }
    let frames = walk(&package);
    assert_eq!(frames.len(), 24);
    assert_eq!(walk(&package), frames);
    let again = dir.path().join("again.safetensors");
    crate::package::save(&again, &package.manifest, &package.weights, &package.first_frames).unwrap();
    assert_eq!(walk(&Package::open(&again).unwrap()), frames);
}

#[test]
fn a_probe_is_trained_and_its_errors_are_in_its_file() {
    let dir = TempDir::new().unwrap();
    let recipe = recipe(dir.path());
    write_data(&recipe);
    let files = ["whole", "pieces"].map(|name| {
        let (folder, out) = (dir.path().join(name), dir.path().join(format!("{name}.probe")));
        while let Err(error) = train(&run(&recipe, &folder, name == "pieces"), Stage::Probe, &out) {
            assert!(matches!(error, TrainError::Stopped(_)), "{error}");
        }
        out
    });
    assert!(std::fs::read(&files[0]).unwrap() == std::fs::read(&files[1]).unwrap());
    let (head, _) = crate::model::probe::load(&files[0], &burn::tensor::Device::flex()).unwrap();
    assert_eq!(head.words, ["at", "dusk", "meadow", "night", "noon", "snow"]);
    assert!(head.accuracy.words > 0.0 && head.accuracy.yaw_deg > 0.0, "{head:?}");
}

/// Clips that change come last, so that all others keep their numbers (and what was made of them), and recipes that do not
/// ask for them do not see them.
#[test]
fn changing_clips_are_added_behind_all_others() {
    let dir = TempDir::new().unwrap();
    let with = recipe(dir.path());
    write_data(&with);
    let mut without = with.clone();
    (without.data.train_clips, without.data.changing_clips) = (4, 0);
    let open = |recipe: &Recipe| Clips::open(&run(recipe, dir.path(), false), Split::Train).unwrap();
    let (with, without) = (open(&with), open(&without));
    assert_eq!((with.len(), without.len()), (6, 4));
    for clip in 0..4 {
        assert_eq!(with.frame(clip, 7), without.frame(clip, 7));
        assert_eq!(
            (with.change(clip), with.caption_at(clip, 2)),
            (None, without.caption(clip))
        );
    }
    assert_eq!(
        [3, 4, 5].map(|c| with.name(c)),
        ["train-00003", "changing-00000", "changing-00001"]
    );
    assert_eq!(with.change(4), Some((0, "snow at night")));
    assert_eq!(with.change(5), Some((1, "snow at night")));
    assert_eq!(with.caption_at(5, 0), with.caption(5));
    assert_eq!(with.caption_at(5, 1), "snow at night");
    // A walk is begun with the first step's words; later ones change them.
    assert_eq!(with.changed_captions(&[3, 4, 5], 0), None);
    let now = [with.caption(3), "snow at night", "snow at night"];
    let new = vec![false, false, true];
    assert_eq!(with.changed_captions(&[3, 4, 5], 1), Some((now.to_vec(), new)));
    assert_eq!(with.changed_captions(&[3, 4, 5], 2), None);
}

#[test]
fn a_missing_stage_and_missing_clips_are_sentences() {
    let dir = TempDir::new().unwrap();
    let recipe = recipe(dir.path());
    let out = dir.path().join("out.safetensors");
    let error = train(&run(&recipe, &dir.path().join("run"), false), Stage::Autoencoder, &out).unwrap_err();
    assert!(error.to_string().contains("synth"), "{error}");
    write_data(&recipe);
    let error = train(&run(&recipe, &dir.path().join("run"), false), Stage::Adapt, &out).unwrap_err();
    assert!(error.to_string().contains("train autoencoder"), "{error}");
    assert!(!out.exists());
}

#[test]
fn every_recipe_of_the_project_reads() {
    let recipes = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/recipes");
    let mut folders = vec![recipes];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            Recipe::read(&path).unwrap_or_else(|error| panic!("{error}"));
            read += 1;
        }
    }
    assert!(read >= 7, "{read}");
}

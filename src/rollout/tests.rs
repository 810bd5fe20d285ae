//! Equalities of a walk: restored = uninterrupted, replayed = original, byte for byte, on a tiny generator.

use std::path::{Path, PathBuf};

use super::held::Held;
use super::*;
use crate::control::{CameraPose, Feel, Keys, LatentControl, WalkInput, Walker};
use crate::device::{DeviceChoice, Gaussian};
use crate::frame::Frame;
use crate::model::aapt::codec;
use crate::model::aapt::drawn::NOWHERE;
use crate::model::nn::tensor;
use crate::model::weights::to_host;
use crate::package::Package;

/// A generator in which everything matters: fresh ones have zero heads. `seed` makes different ones of the same sizes.
pub(super) fn package(seed: u64) -> Package {
    let (mut manifest, mut weights, first_frames) = crate::package::tests::tiny();
    let mut rng = Gaussian::new(seed, 0);
    for array in weights.values_mut() {
        array.values.iter_mut().for_each(|v| *v += 0.1 * rng.normal());
    }
    manifest.autoencoder.detail_gain = 0.5;
    manifest.generator.doubt = 0.3;
    manifest.sha256 = format!("{seed:064}");
    Package {
        path: "tiny.safetensors".into(),
        manifest,
        first_frames,
        weights,
    }
}

pub(super) fn rollout(package: &Package) -> Rollout {
    Rollout::new(package, &DeviceChoice::Cpu).unwrap()
}

pub(super) fn first() -> Frame {
    let mut rng = Gaussian::new(3, 3);
    let rgb: Vec<u8> = (0..40 * 20 * 3).map(|_| (255.0 * rng.uniform()) as u8).collect();
    Frame::from_rgb(40, 20, &rgb, 0)
}

/// Somebody who walks, turns and looks about.
pub(super) fn controls(n: usize) -> Vec<LatentControl> {
    let mut walker = Walker::at(CameraPose::default());
    (0..n)
        .map(|i| {
            let keys = [Keys::FORWARD, Keys::TURN_LEFT, Keys::LOOK_UP.with(Keys::RIGHT)][i / 2 % 3];
            let input = WalkInput {
                mouse_yaw_rad: 0.01,
                ..WalkInput::from_keys(keys)
            };
            let before = walker.pose;
            let poses = std::array::from_fn(|_| walker.advance(&input, 1.0 / 24.0));
            LatentControl::new(&before, &poses, keys)
        })
        .collect()
}

fn track(package: &Package, n: usize) -> Track {
    Track {
        title: package.manifest.title.clone(),
        package_sha256: package.manifest.sha256.clone(),
        bundled: None,
        name: "noise".to_owned(),
        prompt: "snow".to_owned(),
        prompt_changes: vec![PromptChange {
            from_latent: 4,
            prompt: "nothing that it knows".to_owned(),
        }],
        seed: 7,
        forgets: false,
        plain: false,
        soft: false,
        evaluations: None,
        controls: controls(n),
    }
}

/// Everything that a walk shows: bytes and depths.
fn shown(output: &StepOutput) -> (Vec<Frame>, Vec<f32>) {
    (output.frames.clone(), output.inverse_depth.clone())
}

/// Latents `from..=to` of a walk that has come to `from`.
fn go(rollout: &mut Rollout, track: &Track, from: u64, to: u64) -> Vec<(Vec<Frame>, Vec<f32>)> {
    (from..=to)
        .map(|k| shown(&rollout.follow(track, k).unwrap().unwrap()))
        .collect()
}

#[test]
fn what_is_added_at_known_places_is_colour_and_at_new_ones_everything() {
    let networks = Networks::from_package(&package(1), DeviceChoice::Cpu).unwrap();
    let [h, w] = networks.generator.config().grid;
    let plane = h * w;
    let data = tensor::<4>(vec![2.0; 3 * plane], [1, 3, h, w], &networks.device);
    // Two of four pictures know the first place, none the others.
    let known: Vec<f32> = (0..4 * plane)
        .map(|i| f32::from(u8::from(i % plane == 0)) * [1.0, 0.0][i / plane % 2])
        .collect();
    let known = tensor::<4>(known, [1, 4, h, w], &networks.device);
    let shares = [1.0, 0.0, 0.5];
    let left = to_host(networks.colour_alone(data.clone(), known.clone(), &[1.0], &shares));
    for (i, left) in left.iter().enumerate() {
        let expected = if i % plane == 0 {
            [2.0, 1.0, 1.5][i / plane]
        } else {
            2.0
        };
        assert!(
            (left - expected).abs() < 1e-6,
            "channel {}, place {}: {left}",
            i / plane,
            i % plane
        );
    }
    // New words may change everything.
    let all = to_host(networks.colour_alone(data, known, &[0.9], &shares));
    assert!(all.iter().all(|v| *v == 2.0));
}

/// Two walks in one batch, of which the second has new words.
#[test]
fn new_words_are_light_on_what_is_known() {
    let networks = Networks::from_package(&package(1), DeviceChoice::Cpu).unwrap();
    let config = networks.generator.config();
    let ([h, w], c) = (config.grid, config.latent_channels);
    let wave = |n: usize| -> Vec<f32> { (0..n).map(|i| (0.37 * i as f32).sin()).collect() };
    let latent = tensor::<4>(wave(2 * c * h * w), [2, c, h, w], &networks.device);
    let pixels = 2 * h * w * 768;
    let held = Held {
        decoded: wave(pixels),
        counts: vec![1.0; pixels / 3],
        known: vec![1.0; pixels / 3],
    };
    let nothing = vec![0.0; pixels];
    let plain = networks.decode(latent.clone(), latent.clone(), &nothing);
    let made = networks.decode_held(latent.clone(), latent, &nothing, Some((&held, &[1.0, 0.7])));
    let apart = |walk: usize| {
        let frames = plain[walk]
            .frames
            .iter()
            .flatten()
            .zip(made[walk].frames.iter().flatten());
        frames.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    };
    assert!(apart(0) < 1e-5 && apart(1) > 0.01, "{} {}", apart(0), apart(1));
}

/// Two small turns: every place lies as far beside its pixel as both together have moved it, in the first frame itself.
#[test]
fn pictures_are_sampled_where_they_were_drawn() {
    let package = package(1);
    let mut walk = rollout(&package);
    walk.set_sampler(Sampler {
        memory: false,
        paint: false,
        ..Sampler::default()
    });
    walk.start(&first(), "snow", 7).unwrap();
    let drawn = |walk: &Rollout| walk.state().unwrap().arrays["drawn.rgb"].clone();
    let begun = drawn(&walk);
    let lens = package.manifest.lens;
    let turn_rad = 1.0 / lens.focal_px();
    for step in 0..2 {
        let at = |i: usize| CameraPose {
            yaw_rad: turn_rad * i as f32 / 4.0,
            ..CameraPose::default()
        };
        let control = LatentControl::new(&at(4 * step), &std::array::from_fn(|i| at(4 * step + i + 1)), Keys(0));
        walk.next(&control).unwrap();
    }
    assert_eq!(drawn(&walk), begun);
    let shift = walk.state().unwrap().arrays["drawn.shift"].clone();
    let [h, w] = [lens.height_px, lens.width_px];
    let middle = (h / 2 * w + w / 2) * 2;
    let [right, down] = [shift.values[middle], shift.values[middle + 1]];
    // To the right: what was to the right of the middle is there now.
    assert!((right - 2.0).abs() < 0.1 && down.abs() < 0.1, "{right}, {down}");
    // What came into view was never drawn.
    assert_eq!(shift.values[(h / 2 * w + w - 1) * 2..][..2], NOWHERE);
}

/// A generator that has learnt to doubt keeps no picture of what the world looked like before new words, nor of what is half
/// changed; others remember as ever.
#[test]
fn new_words_make_a_walk_forget_until_it_has_changed() {
    for doubt in [0.0, 0.3] {
        let mut package = package(1);
        package.manifest.generator.doubt = doubt;
        let mut walk = rollout(&package);
        walk.start(&first(), "snow", 7).unwrap();
        let kept = |walk: &Rollout| walk.state().unwrap().memory.unwrap().keyframes.len();
        for (k, control) in controls(12).iter().enumerate() {
            if k == 3 {
                walk.change_prompt("nothing that it knows").unwrap();
            }
            let changing = doubt > 0.0 && (3..11).contains(&k);
            walk.next(control).unwrap();
            assert_eq!(kept(&walk) == 0, changing, "doubt {doubt}, step {}", k + 1);
        }
    }
}

#[test]
fn a_kept_state_walks_on_as_if_nothing_had_been_from_every_moment() {
    let package = package(1);
    let track = track(&package, 9);
    let mut walk = rollout(&package);
    walk.start(&first(), &track.prompt, track.seed).unwrap();
    let mut states = vec![walk.state().unwrap()];
    let mut whole = Vec::new();
    // A window of two: the ring wraps twice.
    for k in 1..=9 {
        whole.extend(go(&mut walk, &track, k, k));
        states.push(walk.state().unwrap());
    }
    assert!(whole[3].0 != whole[4].0);
    for (k, state) in states.iter().enumerate() {
        assert_eq!(
            state.bytes(),
            walk.state_bytes() - if k == 0 { pinned_bytes(&states[1]) } else { 0 }
        );
        let picture = walk.restore(state).unwrap();
        if k > 0 {
            assert_eq!(picture.frames[0], whole[k - 1].0[3], "the picture of moment {k}");
            assert_eq!(picture.inverse_depth, whole[k - 1].1);
        }
        assert!(walk.state().unwrap() == *state, "moment {k} is not what was kept");
        let rest = go(&mut walk, &track, k as u64 + 1, 9);
        assert!(rest == whole[k..], "another walk from moment {k} on");
    }
    assert!(walk.follow(&track, 10).unwrap().is_none());
}

fn pinned_bytes(state: &WalkState) -> usize {
    let pinned = state.arrays.iter().filter(|(name, _)| name.ends_with(".pinned"));
    pinned.map(|(_, a)| 4 * a.values.len()).sum()
}

pub(super) fn bookmark(package: &Package, dir: &Path) -> (Bookmark, PathBuf, Rollout, Track) {
    let full = track(package, 10);
    let mut walk = rollout(package);
    let start = walk.start(&first(), &full.prompt, full.seed).unwrap();
    go(&mut walk, &full, 1, 5);
    let mut so_far = full.clone();
    so_far.truncate(5, 0);
    let bookmark = Bookmark {
        track: so_far,
        frames_per_sec: 20.0,
        walker: Walker::at(CameraPose {
            yaw_rad: 0.1,
            ..CameraPose::default()
        }),
        feel: Some(Feel::Drone),
        first: start.frames[0].clone(),
        state: walk.state().unwrap(),
    };
    let path = dir.join("made/new/a.safetensors");
    bookmark.write(&path).unwrap();
    (bookmark, path, walk, full)
}

#[test]
fn a_bookmark_is_taken_up_in_another_program_run_bit_for_bit() {
    let dir = tempfile::tempdir().unwrap();
    let package = package(1);
    let (kept, path, mut walk, track) = bookmark(&package, dir.path());
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    let on = go(&mut walk, &track, 6, 10);
    drop(walk);

    let read = Bookmark::read(&path, &package.manifest.sha256).unwrap();
    let moment = Moment::peek(&path).unwrap();
    assert_eq!(moment.secs, 4.0 * read.state.step as f64 / 20.0);
    assert_eq!(
        (moment.title, moment.name),
        (read.track.title.clone(), read.track.name.clone())
    );
    assert_eq!(moment.prompt, read.track.prompt_now());
    let seen = codec::to_bytes(&read.state.arrays["last.rgb"].values);
    assert_eq!(moment.picture.to_rgb(), seen);
    assert!(read == kept);
    let mut again = rollout(&package);
    let picture = again.restore(&read.state).unwrap();
    assert_eq!(picture.frames[0].index, 20);
    assert!(go(&mut again, &track, 6, 10) == on);
    // Begun anew from the kept first frame it is the same walk, too.
    again.start(&read.first, &read.track.prompt, read.track.seed).unwrap();
    go(&mut again, &track, 1, 5);
    assert!(go(&mut again, &track, 6, 10) == on);
}

#[test]
fn a_bad_bookmark_is_one_sentence_and_the_walk_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let tiny = package(1);
    let (kept, path, mut walk, track) = bookmark(&tiny, dir.path());
    let sha = tiny.manifest.sha256.as_str();
    let refused = |path: &Path, sha: &str| {
        let error = Bookmark::read(path, sha).expect_err("must be refused").to_string();
        // A glance may pass over what it does not look at, but it never panics.
        let _ = Moment::peek(path);
        assert!(
            !error.contains('\n') && error.contains(&path.display().to_string()),
            "{error}"
        );
        error
    };
    let said = refused(&path, &package(2).manifest.sha256);
    assert!(said.contains("another world (Tiny)"), "{said}");
    refused(&dir.path().join("missing"), sha);

    let bytes = std::fs::read(&path).unwrap();
    let other = dir.path().join("other.safetensors");
    for len in [0, 5, 8, 100, 2000, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&other, &bytes[..len]).unwrap();
        refused(&other, sha);
    }
    let mut flipped = bytes.clone();
    *flipped.last_mut().unwrap() ^= 1;
    std::fs::write(&other, &flipped).unwrap();
    assert!(refused(&other, sha).contains("damaged"));
    std::fs::write(&other, b"Whose woods these are I think I know".repeat(30)).unwrap();
    refused(&other, sha);
    std::fs::File::create(&other).unwrap().set_len(40_000_000_000).unwrap();
    refused(&other, sha);
    crate::package::save(&other, &tiny.manifest, &tiny.weights, &tiny.first_frames).unwrap();
    assert!(refused(&other, sha).contains("no bookmark"));

    // A state of other sizes.
    let before = walk.state().unwrap();
    let mut state = kept.state.clone();
    state.arrays.get_mut("ring.0.1.keys").unwrap().shape[2] += 1;
    let error = walk.restore(&state).unwrap_err().to_string();
    assert!(error.contains("ring.0.1.keys"), "{error}");
    state.arrays.remove("latent");
    assert!(walk.restore(&state).is_err());
    assert!(walk.state().unwrap() == before);
    walk.follow(&track, 6).unwrap();
}

pub(super) fn replay(package: &Package) -> Replay {
    Replay {
        track: track(package, 8),
        lens: package.manifest.lens,
        frames_per_sec: 24.0,
        picture: Some(PictureFile {
            file: "walk.png".into(),
            sha256: String::new(),
        }),
    }
}

#[test]
fn a_replay_walks_the_original_walk() {
    let dir = tempfile::tempdir().unwrap();
    let package = package(1);
    let mut replay = replay(&package);
    let mut walk = rollout(&package);
    let fitted = walk.start(&first(), "snow", 7).unwrap().frames;
    let original = go(&mut walk, &replay.track, 1, 8);

    let picture = dir.path().join("walk.png");
    save_png(&picture, &fitted[0]);
    replay.picture = Some(PictureFile::beside(&picture).unwrap());
    let path = dir.path().join("walk.json");
    replay.write(&path).unwrap();
    let read = Replay::read(&path).unwrap();
    assert!(read == replay, "{}", std::fs::read_to_string(&path).unwrap());
    assert_eq!(read.check(&package), Ok(None));

    let bytes = read.picture_bytes(&path).unwrap().unwrap();
    let decoded = image::load_from_memory(&bytes).unwrap().to_rgb8();
    let begin = Frame::from_rgb(32, 16, decoded.as_raw(), 0);
    let mut again = rollout(&package);
    assert_eq!(
        again.start(&begin, &read.track.prompt, read.track.seed).unwrap().frames,
        fitted
    );
    assert!(go(&mut again, &read.track, 1, 8) == original);

    std::fs::write(&picture, b"another").unwrap();
    let error = read.picture_bytes(&path).unwrap_err().to_string();
    assert!(
        error.contains("walk.png") && error.contains("another picture"),
        "{error}"
    );
}

/// A PNG, without the module that saves them for users.
fn save_png(path: &Path, frame: &Frame) {
    image::save_buffer(path, &frame.to_rgb(), 32, 16, image::ExtendedColorType::Rgb8).unwrap();
}

#[test]
fn a_replay_of_another_generator_warns_when_it_fits_and_is_refused_when_not() {
    let (one, two) = (package(1), package(2));
    let mut replay = replay(&one);
    assert!(replay.check(&two).unwrap().unwrap().contains("another generator"));
    replay.track.bundled = Some(1);
    assert!(replay.check(&two).unwrap_err().contains("has 1"));
    replay.lens.width_px = 64;
    assert!(replay.check(&two).unwrap_err().contains("64x16"));
}

#[test]
fn a_bad_replay_is_one_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("walk.json");
    let replay = replay(&package(1));
    replay.write(&path).unwrap();
    let good = std::fs::read_to_string(&path).unwrap();
    let refused = |text: &str, what: &str| {
        std::fs::write(&path, text).unwrap();
        let error = Replay::read(&path).expect_err(what).to_string();
        assert!(!error.contains('\n') && error.contains(what), "{error}");
    };
    refused("", "no replay");
    refused(&good[..good.len() / 2], "damaged");
    refused("[1, 2]", "no replay");
    refused(
        "{\"format\": \"farwander-replay\", \"format_version\": 9}",
        "format_version is 9",
    );
    refused(&good.replacen("\"forward\"", "\"fly\"", 1), "`fly`");
    refused(
        &good.replacen("\"pitch_from_rad\":", "\"pitch_from_rad\":1e300,\"x\":", 1),
        "`x`",
    );
    refused(
        &good.replacen("\"pitch_from_rad\":0.0", "\"pitch_from_rad\":1e300", 1),
        "controls[0]",
    );
    refused(&good.replacen("\"seed\": 7", "\"seed\": -7", 1), "-7");
    refused(&good.replacen("\"file\"", "\"bundled\": 0, \"file\"", 1), "either");
}

/// The light decoder is the whole one without what its branch adds to pixels; depth is the same, told later.
#[test]
fn light_walks_are_whole_ones_where_the_branch_adds_nothing() {
    let mut package = package(1);
    let sampler = Sampler {
        // What is painted where nothing is known is carried over by depths that a light step has not told yet.
        paint: false,
        ..Sampler::default()
    };
    let controls = controls(5);
    let walk = |package: &Package, light: bool| -> Vec<StepOutput> {
        let mut rollout = rollout(package);
        rollout.set_sampler(sampler);
        if !light {
            rollout.decode_whole();
        }
        let mut made = vec![rollout.start(&first(), "snow", 3).unwrap()];
        made.extend(controls.iter().map(|c| rollout.next(c).unwrap()));
        made
    };
    let apart = |package: &Package| -> (bool, bool) {
        let (light, whole) = (walk(package, true), walk(package, false));
        assert_eq!(light[0].inverse_depth, whole[0].inverse_depth, "a first frame's depth");
        let pictures = light.iter().zip(&whole).all(|(l, w)| l.frames == w.frames);
        (
            pictures,
            light
                .iter()
                .zip(&whole)
                .all(|(l, w)| l.inverse_depth == w.inverse_depth),
        )
    };
    assert_eq!(apart(&package), (false, false), "a branch that adds something");
    for (_, array) in package
        .weights
        .iter_mut()
        .filter(|(name, _)| name.starts_with("autoencoder.decoder.head"))
    {
        array.values.fill(0.0);
    }
    assert_eq!(apart(&package), (true, true));
}

//! `farwander generate --replay`: a walk that somebody has walked, again, without a window.

use std::path::Path;

use super::cloud::Growing;
use super::generate::{self, GenerateArgs};
use super::sink::Sink;
use super::{BadInput, model_file};
use crate::control::Keys;
use crate::engine::decode_picture;
use crate::frame::FRAMES_PER_LATENT;
use crate::package::Package;
use crate::record;
use crate::rollout::{Recorded, Replay, Rollout};

/// Renders the frames of a replay, or those that a recording shows.
pub(super) fn run(args: &GenerateArgs, file: &Path) -> anyhow::Result<()> {
    let (replay, own_picture, begin) = match record::is_mp4(file) {
        true => read_recording(file)?,
        false => (
            Replay::read(file).map_err(|error| BadInput(error.to_string()))?,
            None,
            0,
        ),
    };
    let package = Package::open(&model_file(args.model.as_deref())?)?;
    let warning = (replay.check(&package)).map_err(|what| BadInput(format!("{}: {what}", file.display())))?;
    if let Some(warning) = warning {
        eprintln!("farwander: {warning}");
    }
    let picture = (replay.picture_bytes(file)).map_err(|error| BadInput(error.to_string()))?;
    let first = match (own_picture.or(picture), replay.track.bundled) {
        (Some(bytes), _) => {
            decode_picture(&bytes).map_err(|what| BadInput(format!("the picture that the replay began in {what}")))?
        }
        (None, number) => generate::first_frame(&package, &number.unwrap_or(0).to_string())?.0,
    };
    let track = &replay.track;
    let mut rollout = Rollout::new(&package, &args.device)?;
    rollout.set_sampler(track.sampler(package.manifest.generator.evaluations));
    let mut sink = Sink::open(&args.sink, &package, begin)?;
    let bar = generate::progress(1 + FRAMES_PER_LATENT as u64 * track.latents());
    let mut so_far = track.clone();
    so_far.truncate(0, 0);
    let begun = rollout.start(&first, &track.prompt, track.seed)?;
    let mut cloud = Growing::new(args.cloud.clone(), package.manifest.lens);
    cloud.begin(&begun);
    // As the generator took it.
    let first = begun.frames.first().cloned().unwrap_or(first);
    sink.push(&begun.frames, Keys(0), &so_far, &first)?;
    bar.inc(1);
    for (latent, control) in (1..).zip(&track.controls) {
        if sink.is_done(bar.position()) {
            break;
        }
        let Some(made) = rollout.follow(track, latent)? else {
            break;
        };
        cloud.step(control, &made);
        if let Some(prompt) = track.prompt_change(latent) {
            so_far.change_prompt(prompt);
        }
        so_far.controls.push(*control);
        sink.push(&made.frames, control.keys, &so_far, &first)?;
        bar.inc(made.frames.len() as u64);
    }
    bar.finish();
    sink.finish()?;
    cloud.finish()
}

/// The walk in a recording, the picture that it began in if it is not the generator's, and the first frame that it shows.
fn read_recording(file: &Path) -> anyhow::Result<(Replay, Option<Vec<u8>>, u64)> {
    let notes = record::notes(file)?;
    let recorded = Recorded::read(&notes)
        .map_err(|what| BadInput(format!("{} cannot be rendered again: {what}", file.display())))?;
    if recorded.walks > 1 {
        eprintln!(
            "farwander: {} walks were begun in this recording; the last one is rendered.",
            recorded.walks
        );
    }
    Ok((recorded.replay, recorded.picture, recorded.from_frame))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};
    use crate::control::LatentControl;
    use crate::control::Walker;
    use crate::device::DeviceChoice;
    use crate::device::Gaussian;
    use crate::rollout::Track;

    /// A tiny generator file; `seed` names its weights.
    fn package(dir: &Path, seed: u64) -> Package {
        let (manifest, mut weights, first_frames) = crate::package::tests::tiny();
        let mut rng = Gaussian::new(seed, 0);
        for array in weights.values_mut() {
            array.values.iter_mut().for_each(|v| *v += 0.1 * rng.normal());
        }
        let path = dir.join(format!("tiny{seed}.safetensors"));
        crate::package::save(&path, &manifest, &weights, &first_frames).unwrap();
        Package::open(&path).unwrap()
    }

    fn run(args: &[&str]) -> anyhow::Result<()> {
        let args = ["farwander", "generate"].iter().chain(args);
        match Cli::try_parse_from(args)?.command {
            Some(Command::Generate(args)) => generate::run(args),
            other => panic!("{other:?}"),
        }
    }

    fn replay(package: &Package, controls: Vec<LatentControl>) -> Replay {
        Replay {
            track: Track {
                title: package.manifest.title.clone(),
                package_sha256: package.manifest.sha256.clone(),
                bundled: Some(0),
                prompt: package.first_frames[0].prompt.clone(),
                seed: 5,
                controls,
                ..Track::default()
            },
            lens: package.manifest.lens,
            frames_per_sec: 24.0,
            picture: None,
        }
    }

    #[test]
    fn a_replay_renders_the_same_files_as_the_walk() {
        let dir = tempfile::tempdir().unwrap();
        let package = package(dir.path(), 1);
        let at = |name: &str| dir.path().join(name).display().to_string();
        let model = package.path.display().to_string();
        let walk = at("walk");
        let mut args = vec!["--model", &model, "--seed", "5", "--frames", "13"];
        run(&[&args[..], &["--out", &walk]].concat()).unwrap();
        let file = at("walk.json");
        replay(&package, walked(&package, 3)).write(Path::new(&file)).unwrap();
        let again = at("again");
        run(&["--model", &model, "--replay", &file, "--out", &again]).unwrap();
        assert_eq!(pictures(&walk).len(), 13);
        assert!(pictures(&walk) == pictures(&again), "other pictures");

        // One from before walks had a memory is walked without.
        let text = std::fs::read_to_string(&file).unwrap();
        let old = text
            .replace("  \"memory\": true,\n", "")
            .replace("  \"quilt\": true,\n", "")
            .replace(",\n  \"paint\": true", "");
        assert_ne!(old, text);
        std::fs::write(&file, old).unwrap();
        assert!(Replay::read(Path::new(&file)).unwrap().track.forgets);
        assert!(Replay::read(Path::new(&file)).unwrap().track.plain);
        assert!(Replay::read(Path::new(&file)).unwrap().track.soft);
        std::fs::write(&file, text).unwrap();

        // What a replay says itself can't be said beside it.
        args.extend(["--replay", &file, "--out", &again]);
        assert!(run(&args).unwrap_err().to_string().contains("--replay"));
    }

    /// Cameras of a walk ahead, over the ground that it shows.
    fn walked(package: &Package, latents: usize) -> Vec<LatentControl> {
        let mut rollout = Rollout::new(package, &DeviceChoice::Cpu).unwrap();
        let (first, prompt) = generate::first_frame(package, "0").unwrap();
        rollout.start(&first, &prompt, 5).unwrap();
        let (mut walker, mut controls) = (Walker::default(), vec![]);
        for _ in 0..latents {
            let footing = rollout.footing(walker.pose.pitch_rad);
            let control = generate::control(&mut walker, &footing, &[Keys::FORWARD; 4], 24.0);
            rollout.next(&control).unwrap();
            controls.push(control);
        }
        controls
    }

    /// The pictures of a folder, in order.
    fn pictures(dir: &str) -> Vec<Vec<u8>> {
        let mut files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|f| f.unwrap().path()).collect();
        files.sort();
        files.iter().map(|f| std::fs::read(f).unwrap()).collect()
    }

    #[test]
    fn a_recording_is_rendered_again_picture_by_picture_also_when_it_was_cut_off() {
        let dir = tempfile::tempdir().unwrap();
        let package = package(dir.path(), 1);
        let at = |name: &str| dir.path().join(name).display().to_string();
        let model = package.path.display().to_string();
        let hill = at("hill.png");
        image::RgbImage::from_fn(70, 50, |x, y| image::Rgb([(3 * x) as u8, (5 * y) as u8, 40]))
            .save(&hill)
            .unwrap();
        for (n, first) in ["0", hill.as_str()].into_iter().enumerate() {
            let at = |name: &str| at(&format!("{name}{n}"));
            let walk = [
                "--model",
                &model,
                "--first-frame",
                first,
                "--seed",
                "5",
                "--frames",
                "33",
                "--prompt-at",
                "0.5=snow",
                "--steps",
                ["1", "3"][n],
            ];
            let (png, mp4) = (at("walk"), at("walk") + ".mp4");
            run(&[&walk[..], &["--out", &png]].concat()).unwrap();
            run(&[&walk[..], &["--out", &mp4]].concat()).unwrap();
            if first == hill {
                std::fs::write(&hill, b"the user's own file is another").unwrap();
            }
            let again = at("again");
            run(&["--model", &model, "--replay", &mp4, "--out", &again]).unwrap();
            assert!(pictures(&again) == pictures(&png), "other pictures");
            assert_eq!(pictures(&png).len(), 33);
            // What was cut off has the walk of all that plays.
            let bytes = std::fs::read(&mp4).unwrap();
            let cut = at("cut") + ".mp4";
            let tapes: Vec<usize> = (0..bytes.len() - 4).filter(|i| &bytes[*i..*i + 4] == b"uuid").collect();
            std::fs::write(&cut, &bytes[..tapes[2] + 20]).unwrap();
            let part = at("part");
            run(&["--model", &model, "--replay", &cut, "--out", &part]).unwrap();
            assert!(pictures(&part) == pictures(&png)[..25], "{}", pictures(&part).len());
        }
    }

    #[test]
    fn a_stretch_of_a_walk_is_written_and_a_recording_of_it_is_rendered_as_that_stretch() {
        let dir = tempfile::tempdir().unwrap();
        let package = package(dir.path(), 1);
        let at = |name: &str| dir.path().join(name).display().to_string();
        let model = package.path.display().to_string();
        let walk = ["--model", &model, "--frames", "25"];
        let stretch = [&walk[..], &["--from-secs", "0.25", "--to-secs", "0.75"]].concat();
        let (all, part, mp4, again) = (at("all"), at("part"), at("part.mp4"), at("again"));
        run(&[&walk[..], &["--out", &all]].concat()).unwrap();
        run(&[&stretch[..], &["--out", &part]].concat()).unwrap();
        assert!(pictures(&part) == pictures(&all)[6..18]);
        run(&[&stretch[..], &["--out", &mp4]].concat()).unwrap();
        run(&["--model", &model, "--replay", &mp4, "--out", &again]).unwrap();
        // To the end of the step that the last frame is of.
        assert!(pictures(&again) == pictures(&all)[6..21]);
        let told = |args: &[&str]| run(args).unwrap_err().to_string();
        let end = [&walk[..], &["--to-secs", "0", "--out", &part]].concat();
        assert!(told(&end).contains("--to-secs"), "{}", told(&end));
        let late = [&walk[..], &["--from-secs", "9", "--out", &part]].concat();
        assert!(told(&late).contains("nothing was written"));
        let other = at("other.mp4");
        std::fs::write(&other, b"\0\0\0\x08ftyp").unwrap();
        let foreign = told(&["--model", &model, "--replay", &other, "--out", &part]);
        assert!(
            foreign.contains("other.mp4") && foreign.contains("no track"),
            "{foreign}"
        );
    }

    #[test]
    fn another_generator_is_a_warning_or_bad_input() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (package(dir.path(), 1), package(dir.path(), 2));
        let at = |name: &str| dir.path().join(name).display().to_string();
        let (file, out, model) = (at("walk.json"), at("out"), two.path.display().to_string());
        let args = ["--model", &model, "--replay", &file, "--out", &out];
        let mut replay = replay(&one, generate::controls(&[Keys::FORWARD; 4], 24.0));
        replay.write(Path::new(&file)).unwrap();
        run(&args).unwrap();
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), 5);
        replay.lens.height_px = 64;
        replay.write(Path::new(&file)).unwrap();
        let error = run(&args).unwrap_err();
        assert!(
            error.is::<BadInput>() && error.to_string().contains("walk.json"),
            "{error}"
        );
    }
}

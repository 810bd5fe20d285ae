//! `farwander generate --replay`: a walk that somebody has walked, again, without a window.

use std::path::Path;

use super::cloud::Growing;
use super::generate::{self, GenerateArgs, Sink};
use super::{BadInput, model_file};
use crate::engine::decode_picture;
use crate::frame::FRAMES_PER_LATENT;
use crate::package::Package;
use crate::rollout::{Replay, Rollout, Sampler};

/// Renders every frame of the replay `file`.
pub(super) fn run(args: &GenerateArgs, file: &Path) -> anyhow::Result<()> {
    let replay = Replay::read(file).map_err(|error| BadInput(error.to_string()))?;
    let package = Package::open(&model_file(args.model.as_deref())?)?;
    let warning = (replay.check(&package)).map_err(|what| BadInput(format!("{}: {what}", file.display())))?;
    if let Some(warning) = warning {
        eprintln!("farwander: {warning}");
    }
    let picture = (replay.picture_bytes(file)).map_err(|error| BadInput(error.to_string()))?;
    let first = match (picture, replay.track.bundled) {
        (Some(bytes), _) => {
            decode_picture(&bytes).map_err(|what| BadInput(format!("the picture that the replay began in {what}")))?
        }
        (None, number) => generate::first_frame(&package, &number.unwrap_or(0).to_string())?.0,
    };
    let (lens, rate) = (package.manifest.lens, package.manifest.frames_per_sec);
    let track = &replay.track;
    let mut rollout = Rollout::new(&package, &args.device)?;
    rollout.set_sampler(Sampler {
        memory: !track.forgets,
        quilt: !track.plain,
        paint: !track.soft,
        ..Sampler::default()
    });
    let mut sink = Sink::open(&args.out, lens.width_px, lens.height_px, rate)?;
    let bar = generate::progress(1 + FRAMES_PER_LATENT as u64 * track.latents());
    let mut written = 0_u64;
    let begun = rollout.start(&first, &track.prompt, track.seed)?;
    let mut cloud = Growing::new(args.cloud.clone(), lens);
    cloud.begin(&begun);
    let mut output = Some(begun);
    let mut latent = 0;
    while let Some(made) = output {
        for frame in &made.frames {
            sink.push(frame)?;
            written += 1;
            bar.inc(1);
        }
        latent += 1;
        output = rollout.follow(track, latent)?;
        if let (Some(control), Some(made)) = (track.control(latent), &output) {
            cloud.step(control, made);
        }
    }
    bar.finish();
    sink.finish(rate)?;
    println!("{written} frames written to {}", args.out.display());
    cloud.finish()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};
    use crate::control::{Keys, LatentControl};
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
        let controls = generate::controls(&[Keys::FORWARD; 12], 24.0);
        let file = at("walk.json");
        replay(&package, controls).write(Path::new(&file)).unwrap();
        let again = at("again");
        run(&["--model", &model, "--replay", &file, "--out", &again]).unwrap();
        let pictures = |dir: &str| {
            let mut files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|f| f.unwrap().path()).collect();
            files.sort();
            files.iter().map(|f| std::fs::read(f).unwrap()).collect::<Vec<_>>()
        };
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

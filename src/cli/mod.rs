//! Command line: one file a subcommand, dispatch and exit codes (0 done, 1 failed while working, 2 bad input or usage).

mod bench;
mod bench_latency;
mod bench_record;
mod bench_steady;
mod bench_train;
mod bench_upscaling;
mod cloud;
mod devices;
mod eval;
mod eval_quality;
mod eval_words;
mod generate;
mod inspect;
mod play;
mod plot;
mod prompts;
mod replay;
mod sink;
mod synth;
mod train;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::device::DeviceError;
use crate::package::PackageError;
use crate::rollout::RolloutError;
use crate::train::TrainError;

/// Walk through a world that a neural network generates as you move, and make such worlds.
#[derive(Parser, Debug)]
#[command(version, about, args_conflicts_with_subcommands = true)]
struct Cli {
    /// A generator file to open, or a picture to begin in.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Open the player (also what happens without a subcommand).
    Play(play::PlayArgs),
    /// Walk without a window: write an MP4 or a folder of PNGs.
    Generate(generate::GenerateArgs),
    /// Measure speed and memory of a generator on this machine.
    Bench(bench::BenchArgs),
    /// List what this machine can compute on, and test it.
    Devices(devices::DevicesArgs),
    /// Test one device in this process (what `devices` and the player start).
    #[command(name = crate::device::SUBCOMMAND, hide = true)]
    TestDevice(devices::TestArgs),
    /// Print what a generator file holds.
    Inspect(inspect::InspectArgs),
    /// Render training worlds.
    Synth(synth::SynthArgs),
    /// Train a generator.
    Train(train::TrainArgs),
    /// Measure a generator against the renderer's truth.
    Eval(eval::EvalArgs),
    /// Draw the curves of a training run.
    Plot(plot::PlotArgs),
}

/// The user's input is at fault (exit code 2): one sentence that says what, where and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadInput(pub(crate) String);

/// The generator file named on the command line, or the bundled one.
fn model_file(named: Option<&Path>) -> Result<PathBuf, BadInput> {
    if let Some(path) = named {
        return Ok(path.to_owned());
    }
    crate::paths::find_model().ok_or_else(|| {
        BadInput("no bundled world was found (models/vale.safetensors); name a generator file with --model".into())
    })
}

/// An error and its causes; a cause that the error has named already is not told twice.
fn sentence(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |told, cause| {
        let cause = cause.to_string();
        match told.as_str() {
            "" => cause,
            before if before.contains(&cause) => told,
            before => format!("{before}: {cause}"),
        }
    })
}

/// Whether the user asked for a device that is not there.
fn names_no_device(error: &(dyn std::error::Error + 'static)) -> bool {
    let wrapped = match error.downcast_ref() {
        Some(RolloutError::Device(device)) => Some(device),
        _ => match error.downcast_ref() {
            Some(TrainError::Device(device)) => Some(device),
            _ => None,
        },
    };
    let device = wrapped.or_else(|| error.downcast_ref());
    matches!(
        device,
        Some(DeviceError::NotBuilt(..) | DeviceError::NoAdapter { .. } | DeviceError::NoCuda { .. })
    )
}

/// Runs the program and returns its exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse(); // clap itself exits with 2 on bad usage
    crate::telemetry::end_with_the_reader();
    if let Ok(program) = std::env::current_exe() {
        crate::device::tested_by(program);
    }
    if let Some(file) = cli.file.as_ref().filter(|file| !file.exists()) {
        // A subcommand that is none ends up here, too.
        let what = format!("{} is neither a file nor a subcommand", file.display());
        Cli::command()
            .error(clap::error::ErrorKind::InvalidSubcommand, what)
            .exit();
    }
    let command = cli
        .command
        .unwrap_or_else(|| Command::Play(play::PlayArgs::of(cli.file)));
    let result = match command {
        Command::Play(args) => play::run(args),
        Command::Generate(args) => generate::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Devices(args) => devices::run(&args),
        Command::TestDevice(args) => devices::test_device(&args),
        Command::Inspect(args) => inspect::run(args),
        Command::Synth(args) => synth::run(args),
        Command::Train(args) => train::run(args),
        Command::Eval(args) => eval::run(args),
        Command::Plot(args) => plot::run(args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("farwander: {}", sentence(&error));
            let bad_input = error
                .chain()
                .any(|e| e.is::<BadInput>() || e.is::<PackageError>() || names_no_device(e));
            ExitCode::from(if bad_input { 2 } else { 1 })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let cause = std::io::Error::other("disk full");
        let error = anyhow::Error::new(cause)
            .context("can't write a.mp4: disk full")
            .context("no walk");
        assert_eq!(sentence(&error), "no walk: can't write a.mp4: disk full");
    }
}

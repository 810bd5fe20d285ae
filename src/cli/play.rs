//! `farwander play`.

use std::path::PathBuf;
use std::time::Duration;

use super::BadInput;
use crate::device::DeviceChoice;
use crate::engine::First;
use crate::record::Quality;
use crate::ui::FileKind;
use crate::{app, paths, telemetry};

/// Options of `farwander play`.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct PlayArgs {
    /// A generator file to open, or a picture to begin in.
    file: Option<PathBuf>,
    /// Generator file [default: models/vale.safetensors near the program].
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// What computes [default: what is chosen in the player, else auto].
    #[arg(long)]
    device: Option<DeviceChoice>,
    /// Bundled first frame to begin in at once, counted from 1 [default: the first screen asks].
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
    first_frame: Option<u32>,
    /// Seed of the noise.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Leave by itself after this many seconds.
    #[arg(long, value_name = "S")]
    exit_after_secs: Option<f64>,
    /// Record to this MP4 file from the first frame on.
    #[arg(long, value_name = "FILE")]
    record_to: Option<PathBuf>,
    /// Show the pressed keys in recordings [default: what is chosen in the player].
    #[arg(long)]
    record_keys: bool,
    /// How fine recordings are: `small`, `good` or `best` [default: what is chosen in the player].
    #[arg(long, value_name = "QUALITY")]
    record_quality: Option<Quality>,
    /// Say on stderr what is going on.
    #[arg(long, short)]
    verbose: bool,
}

impl PlayArgs {
    /// Nothing but a file, as a double-click on it gives.
    pub(super) fn of(file: Option<PathBuf>) -> Self {
        Self {
            file,
            ..Self::default()
        }
    }
}

pub(crate) fn run(args: PlayArgs) -> anyhow::Result<()> {
    telemetry::keep_memory_steady();
    telemetry::since_process_start(); // sets the clock where the system keeps none
    let (_log, trouble) = telemetry::init(args.verbose, paths::log_dir().as_deref());
    telemetry::install_panic_hook();
    let exit_after = args
        .exit_after_secs
        .map(Duration::try_from_secs_f64)
        .transpose()
        .map_err(|_| BadInput("--exit-after-secs must be a number of seconds from 0 on".into()))?;
    let (mut named, mut first) = (args.model, None);
    if let Some(file) = args.file {
        if !file.is_file() {
            return Err(BadInput(format!("{}: there is no such file", file.display())).into());
        }
        match FileKind::of(&file) {
            FileKind::Generator if named.is_some() => {
                return Err(BadInput(format!("{}: --model names another generator file", file.display())).into());
            }
            FileKind::Generator => named = Some(file),
            FileKind::Picture => first = Some(First::File(file)),
        }
    }
    if let Some(k) = args.first_frame {
        if first.is_some() {
            return Err(BadInput("--first-frame and a picture cannot both be begun in".into()).into());
        }
        first = Some(First::Bundled(k.saturating_sub(1) as usize));
    }
    let model = match named {
        Some(path) if path.is_file() => path,
        Some(path) => {
            return Err(BadInput(format!("--model {}: there is no such file", path.display())).into());
        }
        None => paths::find_model().ok_or_else(|| {
            let also = paths::models_dir().map_or_else(String::new, |dir| format!(" or in {}", dir.display()));
            BadInput(format!(
                "no world to walk in: models/{} is neither beside the program nor in this folder{also}; \
                 name a generator file with --model FILE",
                paths::BUNDLED_MODEL
            ))
        })?,
    };
    app::run(app::Options {
        model,
        device: args.device,
        first,
        seed: args.seed,
        exit_after,
        record_to: args.record_to,
        record_keys: args.record_keys,
        record_quality: args.record_quality,
        notices: trouble.into_iter().collect(),
    })
}

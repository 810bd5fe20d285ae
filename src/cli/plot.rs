//! `farwander plot`.

use std::path::PathBuf;

use anyhow::Context as _;

use super::BadInput;
use crate::eval::plot::{PlotError, read_run_log, run_curves};

/// Options of `farwander plot`.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct PlotArgs {
    /// Folder of a training run (it holds `log.jsonl`).
    run_dir: PathBuf,
    /// Picture to write [default: RUN_DIR/curves.png].
    #[arg(long, value_name = "FILE.png")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: PlotArgs) -> anyhow::Result<()> {
    let PlotArgs { run_dir, out } = args;
    if !run_dir.is_dir() {
        let what = format!(
            "{} is not a folder: name the folder of a training run",
            run_dir.display()
        );
        return Err(BadInput(what).into());
    }
    let log = run_dir.join("log.jsonl");
    let records = match read_run_log(&log) {
        Ok(records) if records.is_empty() => {
            return Err(BadInput(PlotError::Empty(log).to_string()).into());
        }
        Ok(records) => records,
        Err(error @ PlotError::Read { .. }) => return Err(BadInput(error.to_string()).into()),
        Err(error) => return Err(error.into()),
    };
    let out = out.unwrap_or_else(|| run_dir.join("curves.png"));
    let title = run_dir
        .canonicalize()
        .ok()
        .and_then(|p| Some(p.file_name()?.to_string_lossy().into_owned()))
        .unwrap_or_default();
    run_curves(&out, &title, &records).context("no plot was made")?;
    println!("{}", out.display());
    Ok(())
}

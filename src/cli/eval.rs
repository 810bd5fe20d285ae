//! `farwander eval`.

/// Options of `farwander eval`.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct EvalArgs {}

pub(crate) fn run(_args: EvalArgs) -> anyhow::Result<()> {
    todo!()
}

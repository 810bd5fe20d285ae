//! `farwander play`.

/// Options of `farwander play`.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct PlayArgs {}

pub(crate) fn run(_args: PlayArgs) -> anyhow::Result<()> {
    todo!()
}

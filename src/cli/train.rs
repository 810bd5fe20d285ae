//! `farwander train`.

/// Options of `farwander train`.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct TrainArgs {}

pub(crate) fn run(_args: TrainArgs) -> anyhow::Result<()> {
    todo!()
}

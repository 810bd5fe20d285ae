//! `farwander plot`.

/// Options of `farwander plot`.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct PlotArgs {}

pub(crate) fn run(_args: PlotArgs) -> anyhow::Result<()> {
    todo!()
}

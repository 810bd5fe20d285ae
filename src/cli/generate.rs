//! `farwander generate`.

/// Options of `farwander generate`.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct GenerateArgs {}

pub(crate) fn run(_args: GenerateArgs) -> anyhow::Result<()> {
    todo!()
}

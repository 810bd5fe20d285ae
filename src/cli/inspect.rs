//! `farwander inspect`.

/// Options of `farwander inspect`.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct InspectArgs {}

pub(crate) fn run(_args: InspectArgs) -> anyhow::Result<()> {
    todo!()
}

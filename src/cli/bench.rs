//! `farwander bench`.

/// Options of `farwander bench`.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct BenchArgs {}

pub(crate) fn run(_args: BenchArgs) -> anyhow::Result<()> {
    todo!()
}

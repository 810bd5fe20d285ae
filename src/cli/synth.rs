//! `farwander synth`.

/// Options of `farwander synth`.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct SynthArgs {}

pub(crate) fn run(_args: SynthArgs) -> anyhow::Result<()> {
    todo!()
}

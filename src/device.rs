//! `--device`: which burn device computes.

/// What the user asked for with `--device`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum DeviceChoice {
    /// The best device that has proved that it works.
    #[default]
    Auto,
    /// This machine's processor (burn-flex).
    Cpu,
    /// This machine's processor through libtorch (feature `libtorch`, for training).
    #[cfg(feature = "libtorch")]
    Libtorch,
}

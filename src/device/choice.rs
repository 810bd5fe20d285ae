//! What `--device` can say.

use std::fmt;
use std::str::FromStr;

/// A graphics interface that GPUs are reached through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Api {
    /// The system's own: Vulkan, Metal or Direct3D 12.
    Any,
    /// Vulkan.
    Vulkan,
    /// Metal.
    Metal,
}

/// What the user asked for with `--device`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DeviceChoice {
    /// The first real GPU that has proved that it computes, else the processor.
    #[default]
    Auto,
    /// This machine's processor (burn-flex).
    Cpu,
    /// A graphics device, by its place in the list of `farwander devices`, or the best one.
    Gpu(Api, Option<usize>),
    /// A CUDA device by number (feature `cuda`).
    Cuda(usize),
    /// libtorch (feature `libtorch`, for training): on this machine's processor, or on the CUDA device of a number.
    Libtorch(Option<usize>),
}

/// A name that is none.
#[derive(Debug, thiserror::Error)]
#[error(
    "there is no device `{0}`; say auto, cpu, libtorch, wgpu, vulkan, metal or cuda (these five also with a number, like wgpu:1)"
)]
pub struct UnknownDevice(String);

impl FromStr for DeviceChoice {
    type Err = UnknownDevice;

    fn from_str(text: &str) -> Result<Self, UnknownDevice> {
        let unknown = || UnknownDevice(text.to_owned());
        let (name, number) = match text.split_once(':') {
            Some((name, number)) => (name, Some(number.parse().map_err(|_| unknown())?)),
            None => (text, None),
        };
        Ok(match (name, number) {
            ("auto", None) => Self::Auto,
            ("cpu", None) => Self::Cpu,
            ("libtorch", index) => Self::Libtorch(index),
            ("wgpu", index) => Self::Gpu(Api::Any, index),
            ("vulkan", index) => Self::Gpu(Api::Vulkan, index),
            ("metal", index) => Self::Gpu(Api::Metal, index),
            ("cuda", index) => Self::Cuda(index.unwrap_or(0)),
            _ => return Err(unknown()),
        })
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, number) = match self {
            Self::Auto => ("auto", None),
            Self::Cpu => ("cpu", None),
            Self::Libtorch(index) => ("libtorch", *index),
            Self::Gpu(Api::Any, index) => ("wgpu", *index),
            Self::Gpu(Api::Vulkan, index) => ("vulkan", *index),
            Self::Gpu(Api::Metal, index) => ("metal", *index),
            Self::Cuda(index) => ("cuda", Some(*index).filter(|i| *i > 0)),
        };
        match number {
            Some(number) => write!(f, "{name}:{number}"),
            None => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_and_others_are_told() {
        for name in [
            "auto",
            "cpu",
            "libtorch",
            "libtorch:0",
            "wgpu",
            "wgpu:2",
            "vulkan",
            "metal:0",
            "cuda",
            "cuda:3",
        ] {
            let choice: DeviceChoice = name.parse().unwrap();
            assert_eq!(choice.to_string(), name);
        }
        for name in ["", "gpu", "cpu:1", "wgpu:", "wgpu:x", "cuda:-1"] {
            let error = name.parse::<DeviceChoice>().unwrap_err().to_string();
            assert!(error.contains("say auto"), "{name}: {error}");
        }
        assert_eq!("cuda:0".parse::<DeviceChoice>().unwrap().to_string(), "cuda");
    }
}

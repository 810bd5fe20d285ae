//! `--device`: which burn device computes, how it proved that it does, and the one source of Gaussian noise.

mod choice;
#[cfg(feature = "gpu")]
mod gpu;
mod half;
mod list;
mod noise;
mod selftest;

use std::sync::OnceLock;

use burn::tensor::Device;

pub use choice::{Api, DeviceChoice, UnknownDevice};
#[cfg(feature = "gpu")]
pub use gpu::{Adapter, adapters};
pub use half::{PRECISION_VARIABLE, inference_dtype, name as dtype_name};
pub use list::{Listed, list};
pub use noise::Gaussian;
pub use selftest::{Proof, SUBCOMMAND, test, test_here, test_once, tested_by};

/// Why a device can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The program was built without it.
    #[error(
        "this program was built without `--device {0}`; build it with `cargo build --release --features {1}`, or say `--device cpu`"
    )]
    NotBuilt(DeviceChoice, &'static str),
    /// The machine has no such graphics device.
    #[error(
        "this machine has no graphics device number {index} ({found} found); `farwander devices` lists them, and `--device cpu` always works"
    )]
    NoAdapter {
        /// What was asked for.
        index: usize,
        /// How many there are.
        found: usize,
    },
    /// The machine has no such CUDA device, or no driver.
    #[error(
        "this machine has no CUDA device number {index} ({found} found; it needs an NVIDIA GPU and its driver, and libtorch one with CUDA); say `--device cpu`"
    )]
    NoCuda {
        /// What was asked for.
        index: usize,
        /// How many there are.
        found: usize,
    },
    /// It can't be started.
    #[error("the graphics device {name} can't be used ({what}); say `--device cpu`")]
    Failed {
        /// Its name.
        name: String,
        /// The driver's reason.
        what: String,
    },
}

impl DeviceChoice {
    /// The burn device of this choice.
    pub fn open(self) -> Result<Device, DeviceError> {
        match self {
            Self::Auto => self.settled().open(),
            Self::Cpu => Ok(Device::flex()),
            #[cfg(feature = "gpu")]
            Self::Gpu(api, index) => gpu::open(api, index),
            #[cfg(not(feature = "gpu"))]
            Self::Gpu(..) => Err(DeviceError::NotBuilt(self, "gpu")),
            #[cfg(feature = "cuda")]
            Self::Cuda(index) => {
                // The library panics at the first tensor if there is no driver.
                let found = Device::enumerate(burn::tensor::DeviceType::Cuda).len();
                if index >= found {
                    return Err(DeviceError::NoCuda { index, found });
                }
                Ok(Device::cuda(index))
            }
            #[cfg(not(feature = "cuda"))]
            Self::Cuda(_) => Err(DeviceError::NotBuilt(self, "cuda")),
            #[cfg(feature = "libtorch")]
            #[expect(
                deprecated,
                reason = "nothing else trains in bf16 on processors; burn drops it in 0.23"
            )]
            Self::Libtorch(None) => Ok(Device::libtorch()),
            #[cfg(feature = "libtorch")]
            #[expect(deprecated, reason = "as above")]
            Self::Libtorch(Some(index)) => {
                // These are its CUDA devices; the processor is none of them.
                let found = Device::enumerate(burn::tensor::DeviceType::LibTorch).len();
                if index >= found {
                    return Err(DeviceError::NoCuda { index, found });
                }
                Ok(Device::libtorch_cuda(index))
            }
            #[cfg(not(feature = "libtorch"))]
            Self::Libtorch(_) => Err(DeviceError::NotBuilt(self, "libtorch")),
        }
    }

    /// The device that is meant: [`Self::Auto`] settles, once in a process, on the first real GPU that passes its test, else
    /// on the processor.
    pub fn settled(self) -> Self {
        static BEST: OnceLock<DeviceChoice> = OnceLock::new();
        match self {
            Self::Auto => *BEST.get_or_init(best),
            other => other,
        }
    }
}

#[cfg(feature = "gpu")]
fn best() -> DeviceChoice {
    let real = adapters(Api::Any).into_iter().take_while(|a| a.real).enumerate();
    for (i, adapter) in real {
        let choice = DeviceChoice::Gpu(Api::Any, Some(i));
        match test(choice) {
            Ok(proof) => {
                tracing::info!("computing on {} ({:.0} GFLOP/s)", adapter.name, proof.gflops);
                return choice;
            }
            Err(what) => tracing::warn!("{} {what}", adapter.name),
        }
    }
    DeviceChoice::Cpu
}

#[cfg(not(feature = "gpu"))]
fn best() -> DeviceChoice {
    DeviceChoice::Cpu
}

//! Half precision: which devices compute in it, and compute right. On any thread; the answer is found once for each device and process.

use burn::tensor::{DType, Device};
use parking_lot::Mutex;

use super::DeviceChoice;
use super::selftest::{WORK, work};

/// Environment variable: `f32` keeps graphics devices from computing in half precision.
pub const PRECISION_VARIABLE: &str = "FARWANDER_PRECISION";

/// Largest relative error: ten bits, some of which sums lose.
const TOLERANCE: f64 = 1e-2;

/// Whether a device that has passed its test computes in half precision, too.
pub(super) fn is_right_in_half(device: &Device) -> bool {
    if !device.supports_dtype(DType::F16) {
        return false;
    }
    let found = work(device, DType::F16);
    found.len() == WORK && super::selftest::relative_error(&found, &work(&Device::flex(), DType::F32)) <= TOLERANCE
}

/// Type that an opened device computes a generator in: half precision on graphics devices and CUDA that do it right, as it is
/// half as much to read and up to twice as fast; else single, which is also what the processor is quickest in.
pub fn inference_dtype(choice: DeviceChoice, device: &Device) -> DType {
    static FOUND: Mutex<Vec<(DeviceChoice, DType)>> = Mutex::new(Vec::new());
    let choice = choice.settled();
    let wanted = std::env::var(PRECISION_VARIABLE).unwrap_or_default();
    if !matches!(choice, DeviceChoice::Gpu(..) | DeviceChoice::Cuda(_)) || wanted == "f32" {
        return DType::F32;
    }
    if !wanted.is_empty() && wanted != "f16" {
        tracing::warn!("{PRECISION_VARIABLE} says `{wanted}`; it can say f32 or f16, and nothing else counts");
    }
    let mut known = FOUND.lock();
    if let Some((_, dtype)) = known.iter().find(|(of, _)| *of == choice) {
        return *dtype;
    }
    let dtype = match is_right_in_half(device) {
        true => DType::F16,
        false => DType::F32,
    };
    tracing::info!("{choice} computes in {}", name(dtype));
    known.push((choice, dtype));
    dtype
}

/// What such a type is called.
pub fn name(dtype: DType) -> &'static str {
    match dtype {
        DType::F16 => "f16",
        DType::BF16 => "bf16",
        _ => "f32",
    }
}

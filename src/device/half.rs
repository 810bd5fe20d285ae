//! Half precision on graphics devices: whether it is wanted, and whether a device computes right in it. On any thread.

use burn::tensor::{DType, Device};

use super::DeviceChoice;
use super::selftest::{WORK, relative_error, work};

/// Environment variable: `f16` lets graphics devices and CUDA compute in half precision.
pub const PRECISION_VARIABLE: &str = "FARWANDER_PRECISION";

/// Largest relative error: ten bits, some of which sums lose.
const TOLERANCE: f64 = 1e-2;

/// Whether a device computes in half precision. A driver may die of it: nobody gets this unasked.
fn is_right_in_half(device: &Device) -> bool {
    if !device.supports_dtype(DType::F16) {
        return false;
    }
    let found = work(device, DType::F16);
    found.len() == WORK && relative_error(&found, &work(&Device::flex(), DType::F32)) <= TOLERANCE
}

/// Whether half precision is wanted by what the variable says.
fn is_wanted(says: &str) -> bool {
    let says = says.trim();
    if !["", "f32", "f16"].iter().any(|known| says.eq_ignore_ascii_case(known)) {
        tracing::warn!("{PRECISION_VARIABLE} says `{says}`; it can say f32 or f16, so f32 is taken");
    }
    says.eq_ignore_ascii_case("f16")
}

/// Type that an opened device computes a generator in: single precision, or half if [`PRECISION_VARIABLE`] asks for it and a graphics device or CUDA does
/// it right. Whether that is faster has not been measured on a quiet machine, and the processor is quickest in single.
pub fn inference_dtype(choice: DeviceChoice, device: &Device) -> DType {
    dtype_for(
        choice.settled(),
        device,
        &std::env::var(PRECISION_VARIABLE).unwrap_or_default(),
    )
}

/// The same, by what the variable says.
fn dtype_for(choice: DeviceChoice, device: &Device, says: &str) -> DType {
    if !is_wanted(says) || !matches!(choice, DeviceChoice::Gpu(..) | DeviceChoice::Cuda(_)) {
        return DType::F32;
    }
    if is_right_in_half(device) {
        tracing::info!("{choice} computes in half precision");
        return DType::F16;
    }
    tracing::warn!("{choice} does not compute right in half precision, so it computes in single");
    DType::F32
}

/// What such a type is called.
pub fn name(dtype: DType) -> &'static str {
    match dtype {
        DType::F16 => "f16",
        DType::BF16 => "bf16",
        _ => "f32",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_is_for_who_asks_and_never_for_the_processor() {
        assert!(is_wanted("f16") && is_wanted(" F16 "));
        for other in ["", "f32", "half", "fp16", "16"] {
            assert!(!is_wanted(other), "{other}");
        }
        let flex = Device::flex();
        assert_eq!(dtype_for(DeviceChoice::Cpu, &flex, "f16"), DType::F32);
        let gpu = "wgpu".parse().unwrap();
        assert_eq!(dtype_for(gpu, &flex, "f32"), DType::F32);
        // What counts is what the device computes, and this one knows half precision.
        assert_eq!(name(dtype_for(gpu, &flex, "f16")), "f16");
    }
}

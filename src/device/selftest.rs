//! Whether a device computes: the same small numbers as the processor, and how fast.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use burn::tensor::{DType, Device, Distribution, Tensor, TensorData, activation};

use parking_lot::Mutex;

use super::choice::DeviceChoice;
use super::noise::Gaussian;

/// What a self-test found.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Proof {
    /// Largest difference from the processor, over the largest number.
    pub relative_error: f64,
    /// Speed of a matrix product in 10^9 operations a second.
    pub gflops: f64,
    /// How long the test took, compiling included.
    pub secs: f64,
}

/// Largest relative error of a device that computes.
const TOLERANCE: f64 = 1e-3;
/// A driver that hangs has failed.
const PATIENCE: Duration = Duration::from_secs(90);

/// Subcommand of the program that tests a device and prints its [`Proof`].
pub const SUBCOMMAND: &str = "test-device";

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Names the program whose [`SUBCOMMAND`] tests devices in a process of their own: a bad driver ends a process instead of
/// answering. Until that is known, no device but the processor is chosen by itself.
pub fn tested_by(program: PathBuf) {
    let _ = PROGRAM.set(program);
}

fn to_host(x: Tensor<2>) -> Vec<f32> {
    x.into_data_dtype(DType::F32).try_into_vec().unwrap_or_default()
}

/// Numbers that [`work`] makes.
pub(super) const WORK: usize = 96 * 128;

/// The same small numbers on every device: a matrix product, gelu, softmax and an exponential.
pub(super) fn work(device: &Device, dtype: DType) -> Vec<f32> {
    let random = |shape: [usize; 2], stream: u64| -> Tensor<2> {
        let mut values = vec![0.0; shape[0] * shape[1]];
        Gaussian::new(11, stream).fill(&mut values);
        Tensor::<2>::from_data(TensorData::new(values, shape), device).cast(dtype)
    };
    let x = random([96, 160], 0).matmul(random([160, 128], 1)).mul_scalar(0.1);
    let x = activation::gelu(x.clone()) + activation::softmax(x, 1).exp();
    to_host(x)
}

/// Largest difference over the largest number expected; infinite if there are numbers that are none.
pub(super) fn relative_error(found: &[f32], expected: &[f32]) -> f64 {
    if found.iter().any(|v| !v.is_finite()) {
        return f64::INFINITY;
    }
    let largest = expected.iter().fold(0.0f32, |a, v| a.max(v.abs()));
    let error = (found.iter().zip(expected)).fold(0.0f32, |a, (f, e)| a.max((f - e).abs()));
    f64::from(error / largest)
}

/// Tests a device here, in this process.
pub fn test_here(device: &Device) -> Result<Proof, String> {
    let began = Instant::now();
    let found = work(device, DType::F32);
    if found.len() != WORK {
        return Err("it gave no numbers back".to_owned());
    }
    let relative_error = relative_error(&found, &work(&Device::flex(), DType::F32));
    if relative_error.is_infinite() {
        return Err("it makes numbers that are none".to_owned());
    }
    if relative_error > TOLERANCE {
        return Err(format!("its numbers are wrong by {:.1} %", 100.0 * relative_error));
    }
    let n = 512;
    let square = || Tensor::<2>::random([n, n], Distribution::Default, device);
    let (a, b) = (square(), square());
    let product = |times: usize| {
        let clock = Instant::now();
        let mut x = a.clone();
        for _ in 0..times {
            x = x.matmul(b.clone()).mul_scalar(1.0 / n as f32);
        }
        // Until its numbers are here, a graphics device may not even have begun.
        std::hint::black_box(to_host(x));
        clock.elapsed().as_secs_f64()
    };
    product(1);
    let times = 8;
    let secs = product(times);
    Ok(Proof {
        relative_error,
        gflops: times as f64 * 2.0 * (n as f64).powi(3) / secs / 1e9,
        secs: began.elapsed().as_secs_f64(),
    })
}

/// Tests a device in a process of its own; what went wrong as the end of a sentence that begins with its name.
pub fn test(choice: DeviceChoice) -> Result<Proof, String> {
    let Some(program) = PROGRAM.get() else {
        return Err("can't be tested: the program does not know where it is".to_owned());
    };
    let mut child = Command::new(program)
        .arg(SUBCOMMAND)
        .arg(choice.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("can't be tested: {e}"))?;
    let began = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if began.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(5)),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("did not answer its self-test within {} s", PATIENCE.as_secs()));
            }
            Err(e) => return Err(format!("can't be tested: {e}")),
        }
    };
    let mut text = String::new();
    if let Some(mut out) = child.stdout.take() {
        let _ = out.read_to_string(&mut text);
    }
    let answer = text.lines().last().unwrap_or_default();
    match serde_json::from_str::<Result<Proof, String>>(answer) {
        Ok(answer) => answer.map_err(|what| format!("failed its self-test: {what}")),
        Err(_) => Err(format!(
            "ended its self-test without an answer ({status}); its driver is at fault"
        )),
    }
}

/// Devices that have passed [`test`] in this process.
static PROVEN: Mutex<Vec<(DeviceChoice, Proof)>> = Mutex::new(Vec::new());

/// Like [`test()`], but a device that has passed [`test_once()`] before is not tested again.
pub fn test_once(choice: DeviceChoice) -> Result<Proof, String> {
    let proven = PROVEN
        .lock()
        .iter()
        .find(|(c, _)| *c == choice)
        .map(|(_, proof)| *proof);
    if let Some(proof) = proven {
        return Ok(proof);
    }
    let proof = test(choice)?;
    PROVEN.lock().push((choice, proof));
    Ok(proof)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_computes() {
        let proof = test_here(&Device::flex()).unwrap();
        assert_eq!(proof.relative_error, 0.0);
        assert!(proof.gflops > 0.01 && proof.secs > 0.0);
        assert_eq!(relative_error(&[1.0, 2.5], &[1.0, 2.0]), 0.25);
        assert!(relative_error(&[1.0, f32::NAN], &[1.0, 2.0]).is_infinite());
    }

    #[test]
    fn without_a_program_no_device_is_tested() {
        for error in [test(DeviceChoice::Cpu), test_once(DeviceChoice::Cpu)] {
            let error = error.unwrap_err();
            assert!(error.contains("can't be tested"), "{error}");
        }
    }
}

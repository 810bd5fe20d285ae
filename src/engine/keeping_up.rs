//! Whether a graphics device that was chosen by itself keeps up with real time, and the processor in its place if that does better: a step of a small
//! network is hundreds of small products, and to begin each of them can cost a graphics device more than the product itself. On the engine thread, before a
//! world counts as loaded.

use std::time::Instant;

use super::generator::{Generator, World};
use crate::control::{CameraPose, Keys, LatentControl};
use crate::device::DeviceChoice;
use crate::frame::FRAMES_PER_LATENT;

/// Steps of a trial. The first one warms up and is not counted.
const STEPS: usize = 5;
/// What a video frame of a trial moves the camera by: a walk.
const FRAME_M: f32 = 0.08;
/// The processor must need at most this share of the device's time, so that chance does not decide between two that are alike.
const CLEARLY: f64 = 0.8;

/// A generator where it computes best.
pub(super) struct Settled {
    pub(super) generator: Box<dyn Generator>,
    pub(super) device: DeviceChoice,
    /// Why that is not the device that was chosen: the end of a sentence.
    pub(super) because: Option<String>,
}

/// Milliseconds of a latent frame in a short walk from the world's first picture: the median of a few.
fn step_ms(generator: &mut dyn Generator, world: &dyn World) -> anyhow::Result<f64> {
    let picture = &world.info().pictures[0];
    generator.start(&picture.frame, &picture.prompt, 0)?;
    let poses = std::array::from_fn::<_, FRAMES_PER_LATENT, _>(|i| CameraPose {
        position_m: [0.0, 0.0, -FRAME_M * (i + 1) as f32],
        ..CameraPose::default()
    });
    let control = LatentControl::new(&CameraPose::default(), &poses, Keys(0));
    let mut times_ms = Vec::with_capacity(STEPS);
    for _ in 0..STEPS {
        let clock = Instant::now();
        generator.next(&control)?;
        times_ms.push(clock.elapsed().as_secs_f64() * 1e3);
    }
    let counted = &mut times_ms[1..];
    counted.sort_by(f64::total_cmp);
    Ok(counted[counted.len() / 2])
}

/// Whether the processor takes the place of a device that is slower than real time.
fn is_better(processor_ms: f64, here_ms: f64) -> bool {
    processor_ms < CLEARLY * here_ms
}

/// Tries a device that was chosen by itself, and the processor only where that device is slower than real time.
pub(super) fn settle(
    world: &dyn World,
    mut generator: Box<dyn Generator>,
    device: DeviceChoice,
) -> anyhow::Result<Settled> {
    let real_time_ms = 1e3 * FRAMES_PER_LATENT as f64 / world.info().frames_per_sec;
    let here_ms = step_ms(generator.as_mut(), world)?;
    tracing::info!("a step takes {here_ms:.0} ms on {device}, {real_time_ms:.0} ms are real time");
    if here_ms > real_time_ms {
        let mut other = world.load(DeviceChoice::Cpu)?;
        let processor_ms = step_ms(other.as_mut(), world)?;
        tracing::info!("and {processor_ms:.0} ms on the processor");
        if is_better(processor_ms, here_ms) {
            return Ok(Settled {
                generator: other,
                device: DeviceChoice::Cpu,
                because: Some(format!(
                    "it makes four frames in {processor_ms:.0} ms and {device} in {here_ms:.0} ms"
                )),
            });
        }
    }
    Ok(Settled {
        generator,
        device,
        because: None,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::testing::slow_world;
    use super::*;

    #[test]
    fn the_processor_takes_over_from_a_device_that_is_slower_than_real_time_and_than_it() {
        let device: DeviceChoice = "wgpu:0".parse().unwrap();
        let settled = |graphics_ms: u64, processor_ms: u64| {
            let world = slow_world(Duration::from_millis(graphics_ms), Duration::from_millis(processor_ms));
            settle(world.as_ref(), world.load(device).unwrap(), device).unwrap()
        };
        // Real time is 20 ms here.
        let it = settled(80, 2);
        assert_eq!(it.device, DeviceChoice::Cpu);
        let because = it.because.unwrap();
        assert!(because.contains("and wgpu:0 in "), "{because}");
        let it = settled(30, 120);
        assert_eq!(it.device, device);
        assert_eq!(it.because, None);
        assert!(is_better(79.0, 100.0) && !is_better(81.0, 100.0));
    }
}

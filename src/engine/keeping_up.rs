//! Whether a graphics device that was chosen by itself keeps up with real time, and the processor in its place if that does better: a step of a small
//! network is hundreds of small products, and to begin each of them can cost a graphics device more than the product itself. On the engine thread, before a
//! world counts as loaded.

use std::time::Instant;

use parking_lot::Mutex;

use super::generator::{Generator, World};
use crate::control::{CameraPose, Keys, LatentControl};
use crate::device::DeviceChoice;
use crate::frame::FRAMES_PER_LATENT;

/// Steps of a trial. The first one warms up and is not counted.
const STEPS: usize = 4;
/// A step of so many times real time ends a trial: more of them would tell nothing new.
const HOPELESS: f64 = 4.0;
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

/// What trials of this process have found: the world's hash, and the device. Chance must not decide anew at each load, because the same bytes come from
/// the same device alone.
static FOUND: Mutex<Vec<(String, DeviceChoice)>> = Mutex::new(Vec::new());

/// The device that an earlier trial with this world has found.
pub(super) fn found(world: &dyn World) -> Option<DeviceChoice> {
    let found = FOUND.lock();
    found
        .iter()
        .find(|(sha256, _)| sha256 == world.sha256())
        .map(|(_, device)| *device)
}

fn real_time_ms(world: &dyn World) -> f64 {
    1e3 * FRAMES_PER_LATENT as f64 / world.info().frames_per_sec
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
    generator.next(&control)?;
    for _ in 1..STEPS {
        let clock = Instant::now();
        generator.next(&control)?;
        let ms = clock.elapsed().as_secs_f64() * 1e3;
        times_ms.push(ms);
        if ms > HOPELESS * real_time_ms(world) {
            break;
        }
    }
    let counted = &mut times_ms;
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
    let here_ms = step_ms(generator.as_mut(), world)?;
    let real_time_ms = real_time_ms(world);
    tracing::info!("a step takes {here_ms:.0} ms on {device}, {real_time_ms:.0} ms are real time");
    let mut settled = Settled {
        generator,
        device,
        because: None,
    };
    if here_ms > real_time_ms {
        match on_processor(world) {
            Ok((other, ms)) if is_better(ms, here_ms) => {
                settled = Settled {
                    generator: other,
                    device: DeviceChoice::Cpu,
                    because: Some(format!(
                        "it makes four frames in {ms:.0} ms and {device} in {here_ms:.0} ms"
                    )),
                };
            }
            Ok((_, ms)) => tracing::info!("and {ms:.0} ms on the processor"),
            // The device computes, if slowly.
            Err(error) => tracing::warn!("the processor can't be tried: {error:#}"),
        }
    }
    FOUND.lock().push((world.sha256().to_owned(), settled.device));
    Ok(settled)
}

/// The world on the processor, and the milliseconds of a latent frame there.
fn on_processor(world: &dyn World) -> anyhow::Result<(Box<dyn Generator>, f64)> {
    let mut generator = world.load(DeviceChoice::Cpu)?;
    let ms = step_ms(generator.as_mut(), world)?;
    Ok((generator, ms))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::testing::slow_world;
    use super::*;

    #[test]
    fn the_processor_takes_over_from_a_device_that_is_slower_than_real_time_and_than_it() {
        let device: DeviceChoice = "wgpu:0".parse().unwrap();
        let settled = |graphics_ms: u64, processor_ms: u64, frames_per_sec: f64| {
            let steps = [graphics_ms, processor_ms].map(Duration::from_millis);
            let world = slow_world(steps, frames_per_sec);
            settle(world.as_ref(), world.load(device).unwrap(), device).unwrap()
        };
        // Real time is 20 ms.
        let it = settled(80, 2, 200.0);
        assert_eq!(it.device, DeviceChoice::Cpu);
        let because = it.because.unwrap();
        assert!(because.contains("and wgpu:0 in "), "{because}");
        // What was found stays.
        assert_eq!(
            found(slow_world([Duration::ZERO; 2], 200.0).as_ref()),
            Some(DeviceChoice::Cpu)
        );
        let slower_still = settled(30, 120, 200.0);
        // Real time is 40 s: it keeps up, and how quick the processor is does not matter.
        let quick_enough = settled(80, 2, 0.1);
        for it in [slower_still, quick_enough] {
            assert_eq!((it.device, it.because), (device, None));
        }
        assert!(is_better(79.0, 100.0) && !is_better(81.0, 100.0));
    }
}

//! A cheap generator for tests: it paints its frame number and remembers what it was told.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::Receiver;
use parking_lot::Mutex;

use super::{Engine, Event, Generator, Picture, World, WorldInfo};
use crate::control::{Footing, LatentControl, Lens};
use crate::device::DeviceChoice;
use crate::frame::{FRAMES_PER_LATENT, Frame};
use crate::model::weights::{Array, Arrays};
use crate::rollout::{RolloutError, Sampler, StepOutput, WalkState};

pub(crate) const FRAMES_PER_SEC: f64 = 200.0;
pub(crate) const SHA256: &str = "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0";

#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) controls: Vec<LatentControl>,
    pub(crate) seeds: Vec<u64>,
    /// Every prompt, of starts and of changes, in order.
    pub(crate) prompts: Vec<String>,
    /// Every frame that was made, in order: its number and what it shows.
    pub(crate) made: Vec<(u64, Vec<u8>)>,
    /// The ground that the generator tells of.
    pub(crate) footing: Footing,
}

struct Counter {
    seen: Arc<Mutex<Seen>>,
    /// What a step takes at least.
    at_least: Duration,
    index: u64,
    panic_at: u64,
    seed: u64,
    /// Of seed, prompts and all controls so far, so that two equal frames mean two equal walks.
    mix: u64,
}

impl Counter {
    fn output(&mut self, n: usize) -> StepOutput {
        let frames: Vec<_> = (0..n)
            .map(|_| {
                let frame = paint(self.mix, self.index);
                self.seen.lock().made.push((self.index, frame.rgba[..64].to_vec()));
                self.index += 1;
                frame
            })
            .collect();
        let last = frames.last().map_or(0, |frame| frame.index);
        StepOutput {
            frames,
            inverse_depth: depth_of(last),
            network_ms: 1.0,
            decode_ms: 2.0,
            recycle_ms: 3.0,
        }
    }
}

/// Everything is as far as the frame's number says: a metre more with each latent frame.
pub(crate) fn depth_of(index: u64) -> Vec<f32> {
    let latent = index / FRAMES_PER_LATENT as u64;
    vec![1.0 / (1 + latent % 100) as f32; 16 * 16]
}

/// A frame that shows what led to it.
fn paint(mix: u64, index: u64) -> Frame {
    let bytes = (mix ^ index).to_le_bytes();
    let rgb: Vec<u8> = bytes.iter().copied().cycle().take(16 * 16 * 3).collect();
    Frame::from_rgb(16, 16, &rgb, index)
}

impl Counter {
    fn mix_in(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.mix = (self.mix ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl Generator for Counter {
    fn start(&mut self, _: &Frame, prompt: &str, seed: u64) -> Result<StepOutput, RolloutError> {
        let mut seen = self.seen.lock();
        seen.seeds.push(seed);
        seen.prompts.push(prompt.to_owned());
        drop(seen);
        self.index = 0;
        (self.mix, self.seed) = (0xcbf2_9ce4_8422_2325, seed);
        self.mix_in(&seed.to_le_bytes());
        self.mix_in(prompt.as_bytes());
        Ok(self.output(1))
    }

    fn footing(&self, _: f32) -> Footing {
        self.seen.lock().footing
    }

    fn change_prompt(&mut self, prompt: &str) -> Result<(), RolloutError> {
        self.seen.lock().prompts.push(prompt.to_owned());
        self.mix_in(prompt.as_bytes());
        Ok(())
    }

    fn next_showing(
        &mut self,
        control: &LatentControl,
        show: &mut dyn FnMut(&[Frame]),
    ) -> Result<StepOutput, RolloutError> {
        assert!(self.index < self.panic_at, "counted too far");
        std::thread::sleep(self.at_least);
        self.seen.lock().controls.push(*control);
        self.mix_in(bytemuck::bytes_of(&control.numbers()));
        let output = self.output(FRAMES_PER_LATENT);
        show(&output.frames);
        Ok(output)
    }

    fn state_bytes(&self) -> usize {
        16
    }

    fn state(&self) -> Result<WalkState, RolloutError> {
        let values = (0..4).map(|i| f32::from((self.mix >> (16 * i)) as u16)).collect();
        Ok(WalkState {
            seed: self.seed,
            step: (self.index - 1) / FRAMES_PER_LATENT as u64,
            memory: None,
            sampler: Sampler::default(),
            arrays: Arrays::from([("mix".to_owned(), Array { shape: vec![4], values })]),
        })
    }

    fn restore(&mut self, state: &WalkState) -> Result<StepOutput, RolloutError> {
        let values = &state.arrays["mix"].values;
        self.mix = (0..4).map(|i| (values[i] as u64) << (16 * i)).sum();
        self.seed = state.seed;
        self.index = state.step * FRAMES_PER_LATENT as u64;
        Ok(self.output(1))
    }
}

struct CounterWorld {
    info: WorldInfo,
    seen: Arc<Mutex<Seen>>,
    panic_at: u64,
    /// What a step takes at least on a device that is not the processor, and on the processor.
    at_least: [Duration; 2],
}

impl World for CounterWorld {
    fn info(&self) -> &WorldInfo {
        &self.info
    }

    fn sha256(&self) -> &str {
        SHA256
    }

    fn load(&self, device: DeviceChoice) -> anyhow::Result<Box<dyn Generator>> {
        Ok(Box::new(Counter {
            at_least: self.at_least[usize::from(device == DeviceChoice::Cpu)],
            seen: self.seen.clone(),
            index: 0,
            seed: 0,
            mix: 0,
            panic_at: self.panic_at,
        }))
    }
}

fn world_info(frames_per_sec: f64) -> WorldInfo {
    let picture = |name: &str| Picture {
        name: name.to_owned(),
        prompt: format!("caption of {name}"),
        frame: Frame::from_rgb(16, 16, &[7; 16 * 16 * 3], 0),
    };
    WorldInfo {
        title: "Counter".to_owned(),
        lens: Lens {
            width_px: 16,
            height_px: 16,
            fov_x_rad: 1.0,
        },
        frames_per_sec,
        pictures: vec![picture("a"), picture("b")],
        vocabulary: vec!["snow".to_owned(), "forest".to_owned()],
        prompt_words: 4,
    }
}

/// A world whose steps take so long at least on a device that is not the processor, and on the processor.
pub(crate) fn slow_world(at_least: [Duration; 2], frames_per_sec: f64) -> Box<dyn World> {
    Box::new(CounterWorld {
        info: world_info(frames_per_sec),
        seen: Arc::default(),
        panic_at: u64::MAX,
        at_least,
    })
}

/// An engine whose generator panics once it has counted to `panic_at`; its events; what the generator has seen.
pub(crate) fn engine(panic_at: u64) -> (Engine, Receiver<Event>, Arc<Mutex<Seen>>) {
    engine_at_rate(panic_at, FRAMES_PER_SEC)
}

/// The same in a world of another rate.
pub(crate) fn engine_at_rate(panic_at: u64, frames_per_sec: f64) -> (Engine, Receiver<Event>, Arc<Mutex<Seen>>) {
    let seen = Arc::new(Mutex::new(Seen::default()));
    let (sender, events) = crossbeam_channel::bounded(10_000);
    let world_seen = seen.clone();
    let engine = Engine::spawn_with(
        move |path| {
            anyhow::ensure!(path == Path::new("counter"), "no such world");
            let world: Box<dyn World> = Box::new(CounterWorld {
                info: world_info(frames_per_sec),
                seen: world_seen.clone(),
                panic_at,
                at_least: [Duration::ZERO; 2],
            });
            Ok(world)
        },
        move |event| {
            let _ = sender.send(event);
        },
    )
    .unwrap();
    (engine, events, seen)
}

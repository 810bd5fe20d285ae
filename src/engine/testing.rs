//! A cheap generator for tests: it paints its frame number and remembers what it was told.

use std::path::Path;
use std::sync::Arc;

use crossbeam_channel::Receiver;
use parking_lot::Mutex;

use super::{Engine, Event, Generator, Picture, World, WorldInfo};
use crate::control::{LatentControl, Lens};
use crate::device::DeviceChoice;
use crate::frame::{FRAMES_PER_LATENT, Frame};
use crate::rollout::{RolloutError, StepOutput};

pub(crate) const FRAMES_PER_SEC: f64 = 200.0;

#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) controls: Vec<LatentControl>,
    pub(crate) seeds: Vec<u64>,
    /// Every prompt, of starts and of changes, in order.
    pub(crate) prompts: Vec<String>,
}

struct Counter {
    seen: Arc<Mutex<Seen>>,
    index: u64,
    panic_at: u64,
}

impl Counter {
    fn output(&mut self, n: usize) -> StepOutput {
        let frames = (0..n)
            .map(|_| {
                let frame = Frame::from_rgb(16, 16, &[self.index as u8; 16 * 16 * 3], self.index);
                self.index += 1;
                frame
            })
            .collect();
        StepOutput {
            frames,
            inverse_depth: Vec::new(),
            network_ms: 1.0,
            decode_ms: 2.0,
            recycle_ms: 3.0,
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
        Ok(self.output(1))
    }

    fn change_prompt(&mut self, prompt: &str) -> Result<(), RolloutError> {
        self.seen.lock().prompts.push(prompt.to_owned());
        Ok(())
    }

    fn next(&mut self, control: &LatentControl) -> Result<StepOutput, RolloutError> {
        assert!(self.index < self.panic_at, "counted too far");
        self.seen.lock().controls.push(*control);
        Ok(self.output(FRAMES_PER_LATENT))
    }
}

struct CounterWorld {
    info: WorldInfo,
    seen: Arc<Mutex<Seen>>,
    panic_at: u64,
}

impl World for CounterWorld {
    fn info(&self) -> &WorldInfo {
        &self.info
    }

    fn load(&self, _: DeviceChoice) -> anyhow::Result<Box<dyn Generator>> {
        Ok(Box::new(Counter {
            seen: self.seen.clone(),
            index: 0,
            panic_at: self.panic_at,
        }))
    }
}

/// An engine whose generator panics once it has counted to `panic_at`; its events; what the generator has seen.
pub(crate) fn engine(panic_at: u64) -> (Engine, Receiver<Event>, Arc<Mutex<Seen>>) {
    let seen = Arc::new(Mutex::new(Seen::default()));
    let (sender, events) = crossbeam_channel::bounded(10_000);
    let world_seen = seen.clone();
    let engine = Engine::spawn_with(
        move |path| {
            anyhow::ensure!(path == Path::new("counter"), "no such world");
            let picture = |name: &str| Picture {
                name: name.to_owned(),
                prompt: format!("caption of {name}"),
                frame: Frame::from_rgb(16, 16, &[7; 16 * 16 * 3], 0),
            };
            let world: Box<dyn World> = Box::new(CounterWorld {
                info: WorldInfo {
                    title: "Counter".to_owned(),
                    lens: Lens {
                        width_px: 16,
                        height_px: 16,
                        fov_x_rad: 1.0,
                    },
                    frames_per_sec: FRAMES_PER_SEC,
                    pictures: vec![picture("a"), picture("b")],
                    vocabulary: vec!["snow".to_owned(), "forest".to_owned()],
                    prompt_words: 4,
                },
                seen: world_seen.clone(),
                panic_at,
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

//! Worlds are opened and walks begin, on the engine thread.

use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;

use super::command::{Event, First};
use super::generator::{Generator, World, read_picture};
use super::keeping_up;
use super::pacing::{Pacer, Schedule};
use super::thread::{Machine, Walk, sentence};
use crate::control::Walker;
use crate::device::{DeviceChoice, test_once};
use crate::frame::FRAMES_PER_LATENT;
use crate::rollout::{LEAST_PICTURE_PX, Track};
use crate::telemetry;

impl Machine {
    pub(super) fn unload(&mut self) {
        self.walk = None;
        self.history = None;
        self.depth = None;
        self.rewinding = false;
        self.generator = None;
        self.world = None;
    }

    pub(super) fn load(&mut self, path: &Path, device: DeviceChoice, or_processor: bool) -> anyhow::Result<()> {
        let began = Instant::now();
        let world = (self.open)(path)?;
        let info = world.info().clone();
        if info.pictures.is_empty() {
            anyhow::bail!("{} holds no first frame to begin in", path.display());
        }
        // Only now: a file that is none costs nobody a walk.
        self.stop_recording();
        self.unload();
        self.frames.clear();
        self.stopped = false;
        tracing::info!(
            "opened {} in {:.0} ms",
            path.display(),
            began.elapsed().as_secs_f64() * 1e3
        );
        let pacing = self.pacer.pacing();
        self.pacer = Pacer::new(info.frames_per_sec, FRAMES_PER_LATENT);
        self.pacer.set_speed(self.speed.factor());
        self.pacer.set_pacing(pacing);
        telemetry::set_context("world", format!("{}, package {}", info.title, world.sha256()));
        self.tell(Event::Opened(info));
        let (generator, device) = self
            .load_onto(world.as_ref(), device, or_processor)
            .with_context(|| format!("{} could not be loaded", path.display()))?;
        self.generator = Some(generator);
        self.world = Some(world);
        let load_ms = began.elapsed().as_secs_f64() * 1e3;
        tracing::info!("generator ready on {device} after {load_ms:.0} ms");
        self.tell(Event::Loaded {
            device: device.to_string(),
            load_ms,
        });
        Ok(())
    }

    /// Puts a world on the device that is meant. One that was not named for this very start (chosen by itself, or in the
    /// settings of another day) and can't do it costs a warning.
    fn load_onto(
        &self,
        world: &dyn World,
        asked: DeviceChoice,
        or_processor: bool,
    ) -> anyhow::Result<(Box<dyn Generator>, DeviceChoice)> {
        let device = asked.settled();
        if device != DeviceChoice::Cpu {
            self.tell(Event::Preparing {
                device: device.to_string(),
            });
        }
        let may_fall_back = device != DeviceChoice::Cpu && (or_processor || asked == DeviceChoice::Auto);
        let what = match may_fall_back && asked != DeviceChoice::Auto {
            // What `auto` means has been tested already.
            true => test_once(device).err().map(|what| format!("{device} {what}")),
            false => None,
        };
        let what = match what {
            Some(what) => what,
            None => match self.ready(world, asked, device) {
                Ok(ready) => return Ok(ready),
                Err(error) if may_fall_back => format!("{device} could not be used: {error:#}"),
                Err(error) => return Err(error),
            },
        };
        self.tell(Event::Warning(format!(
            "The processor computes, because {}",
            sentence(&what)
        )));
        Ok((world.load(DeviceChoice::Cpu)?, DeviceChoice::Cpu))
    }

    /// Puts a world on a device. One that was chosen by itself gives way to the processor if it doesn't keep up and the processor does better.
    fn ready(
        &self,
        world: &dyn World,
        asked: DeviceChoice,
        device: DeviceChoice,
    ) -> anyhow::Result<(Box<dyn Generator>, DeviceChoice)> {
        let found = match asked {
            DeviceChoice::Auto => keeping_up::found(world),
            _ => Some(device),
        };
        let generator = world.load(found.unwrap_or(device))?;
        if let Some(device) = found.or((device == DeviceChoice::Cpu).then_some(device)) {
            return Ok((generator, device));
        }
        let settled = keeping_up::settle(world, generator, device)?;
        if let Some(because) = settled.because {
            self.tell(Event::Warning(format!("The processor computes, because {because}.")));
        }
        Ok((settled.generator, settled.device))
    }

    /// The picture that a walk shall begin in, or a sentence.
    pub(super) fn first_frame(&self, first: First, prompt: Option<String>) -> Result<Walk, String> {
        let world = self.world.as_ref().ok_or("No world is loaded, so no walk can begin.")?;
        let pictures = &world.info().pictures;
        let (name, caption, frame, bundled) = match first {
            First::Bundled(number) => {
                let number = number.min(pictures.len() - 1);
                let picture = &pictures[number];
                (
                    picture.name.clone(),
                    picture.prompt.clone(),
                    picture.frame.clone(),
                    Some(number),
                )
            }
            First::File(path) => {
                let name = path.file_name().map_or_else(
                    || path.display().to_string(),
                    |name| name.to_string_lossy().into_owned(),
                );
                let frame = read_picture(&path).map_err(|what| format!("{name} {what}."))?;
                (name, String::new(), frame, None)
            }
            First::Pasted(frame) => ("a pasted picture".to_owned(), String::new(), frame, None),
        };
        // The generator would refuse it too, but only when the walk that runs has gone.
        if bundled.is_none() && frame.width_px.min(frame.height_px) < LEAST_PICTURE_PX {
            return Err(format!(
                "{name} has {}x{} pixels; at least {LEAST_PICTURE_PX}x{LEAST_PICTURE_PX} are needed.",
                frame.width_px, frame.height_px
            ));
        }
        Ok(Walk {
            first: frame,
            prompt: prompt.unwrap_or(caption),
            name,
            bundled,
            walker: Walker::default(),
            latent: 0,
            made: 0,
            track: Track::default(),
        })
    }

    pub(super) fn start(&mut self, mut walk: Walk, seed: u64) {
        let (Some(generator), Some(world)) = (self.generator.as_mut(), self.world.as_ref()) else {
            return;
        };
        telemetry::set_context("seed", seed.to_string());
        self.frames.clear();
        self.pacer.interrupt();
        self.controls.take();
        self.steps_asked = 0;
        walk.walker = Walker::default();
        (walk.latent, walk.made) = (0, 0);
        walk.track = Track {
            title: world.info().title.clone(),
            package_sha256: world.sha256().to_owned(),
            bundled: walk.bundled,
            name: walk.name.clone(),
            prompt: walk.prompt.clone(),
            seed,
            ..Track::default()
        };
        self.history = None;
        self.interrupted = None;
        self.depth = None;
        match generator.start(&walk.first, &walk.prompt, seed) {
            Ok(output) => {
                if let Some(fitted) = output.frames.first() {
                    walk.first = fitted.clone();
                }
                self.tell(Event::Started {
                    name: walk.name.clone(),
                    bundled: walk.bundled,
                    prompt: walk.prompt.clone(),
                    seed,
                });
                self.walk = Some(walk);
                self.stopped = false;
                let now = self.now_secs();
                let schedule = Schedule {
                    first_due_secs: now,
                    interval_secs: 0.0,
                };
                self.publish(&output, schedule);
                self.begin_history(&output.frames);
            }
            Err(error) => {
                self.walk = Some(walk);
                self.fail(format!("The walk could not begin: {error}"));
            }
        }
    }
}

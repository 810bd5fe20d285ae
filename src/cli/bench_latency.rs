//! `farwander bench --latency`: how long after their controls frames reach a window, measured on the engine as it plays, with
//! its thread and its pacing. There is no window: the main thread takes frames when a screen with 60 pictures a second would.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use crossbeam_channel::{Receiver, TryRecvError};

use crate::control::{Keys, WalkInput};
use crate::device::DeviceChoice;
use crate::engine::{Command, Engine, Event, First, Pacing};
use crate::telemetry::Latency;

/// Pictures a second of the screen that is not there.
const SCREEN_PER_SEC: f64 = 60.0;
/// The pacing has to learn how long steps take; until then nothing counts.
const WARM_UP_FRAMES: usize = 48;
/// Events that wait: between two looks the engine tells a handful.
const EVENTS: usize = 256;

/// What is measured.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) model: PathBuf,
    pub(super) device: DeviceChoice,
    pub(super) pacing: Pacing,
    /// Frames that count.
    pub(super) frames: usize,
    /// Keys to hold, one after the other, as many frames each.
    pub(super) keys: Vec<Keys>,
    pub(super) frames_per_key: usize,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Found {
    /// Of all frames.
    pub(super) latency: Latency,
    /// Of each step's first frame that is taken: when what the hands do begins to show.
    pub(super) first: Latency,
    /// From one frame on the screen to the next.
    pub(super) gap: Latency,
    /// Frames that were measured.
    pub(super) frames: usize,
    /// Frames that gave way to newer ones and were never taken, from the warm-up on.
    pub(super) skipped: u64,
}

/// Measures a generator file.
pub(super) fn measure(plan: &Plan) -> anyhow::Result<Found> {
    let (sender, events) = crossbeam_channel::bounded(EVENTS);
    // Whoever looks away for long loses numbers, but no frames.
    let engine = Engine::spawn(move |event| drop(sender.try_send(event)));
    let engine = engine.context("the engine thread cannot be started")?;
    watch(&engine, &events, plan)
}

/// Plays the window.
fn watch(engine: &Engine, events: &Receiver<Event>, plan: &Plan) -> anyhow::Result<Found> {
    let sent = engine.send(Command::Load {
        path: plan.model.clone(),
        // By name, so that nothing else computes than what the report says.
        device: plan.device.settled(),
        or_processor: false,
    }) && engine.send(Command::Pace(plan.pacing))
        && engine.send(Command::Start {
            first: First::Bundled(0),
            prompt: None,
            seed: 0,
        });
    anyhow::ensure!(sent, "the engine takes no commands");
    let mut seen = Seen::default();
    let mut skipped_before = 0;
    let mut skipped = 0;
    let mut next = Instant::now();
    while seen.latencies_ms.len() < plan.frames {
        loop {
            match events.try_recv() {
                Ok(Event::Failed { message, .. } | Event::Crashed { message, .. } | Event::Refused(message)) => {
                    anyhow::bail!(message)
                }
                Ok(_) => {}
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => anyhow::bail!("the engine has ended"),
            }
        }
        let held = seen.shown / plan.frames_per_key.max(1);
        let keys = plan
            .keys
            .get(held % plan.keys.len().max(1))
            .copied()
            .unwrap_or_default();
        engine.controls().hold(WalkInput::from_keys(keys), keys);
        // A screen shows a picture at its own times; one that is missed is missed.
        let now = Instant::now();
        while next <= now {
            next += Duration::from_secs_f64(1.0 / SCREEN_PER_SEC);
        }
        std::thread::sleep(next - now);
        let now = Instant::now();
        if let Some(frame) = engine.frames().take_due(now, &mut skipped) {
            if seen.shown < WARM_UP_FRAMES {
                skipped_before = skipped;
            }
            seen.frame(frame.controls_read, now);
        }
    }
    seen.found(skipped - skipped_before)
}

/// What the window that is not there has shown.
#[derive(Debug, Default)]
struct Seen {
    shown: usize,
    latencies_ms: Vec<f64>,
    first_ms: Vec<f64>,
    /// When the controls of the last frame were read.
    read: Option<Instant>,
    gaps_ms: Vec<f64>,
    last: Option<Instant>,
}

impl Seen {
    fn frame(&mut self, controls_read: Option<Instant>, now: Instant) {
        self.shown += 1;
        let last = self.last.replace(now);
        let begins = controls_read != self.read;
        self.read = controls_read;
        if self.shown <= WARM_UP_FRAMES {
            return;
        }
        if let Some(read) = controls_read {
            let ms = (now - read).as_secs_f64() * 1e3;
            self.latencies_ms.push(ms);
            self.first_ms.extend(begins.then_some(ms));
            self.gaps_ms.extend(last.map(|last| (now - last).as_secs_f64() * 1e3));
        }
    }

    fn found(self, skipped: u64) -> anyhow::Result<Found> {
        let frames = self.latencies_ms.len();
        let latency = Latency::of(self.latencies_ms).context("no frame was shown")?;
        Ok(Found {
            latency,
            first: Latency::of(self.first_ms).context("no step began")?,
            gap: Latency::of(self.gaps_ms).context("only one frame was shown")?,
            frames,
            skipped,
        })
    }
}

impl Found {
    /// Adds its numbers to those of the rest of the bench.
    pub(super) fn add_to(&self, report: &mut serde_json::Value, pacing: Pacing) {
        for (key, value) in [
            ("latency_ms_median", self.latency.median_ms),
            ("latency_ms_p95", self.latency.p95_ms),
            ("latency_ms_max", self.latency.max_ms),
            ("latency_first_ms_median", self.first.median_ms),
            ("latency_first_ms_p95", self.first.p95_ms),
            ("latency_first_ms_max", self.first.max_ms),
            ("frame_gap_ms_median", self.gap.median_ms),
            ("frame_gap_ms_p95", self.gap.p95_ms),
            ("frame_gap_ms_max", self.gap.max_ms),
        ] {
            report[key] = value.into();
        }
        report["latency_frames"] = self.frames.into();
        report["latency_frames_skipped"] = self.skipped.into();
        report["latency_pacing"] = pacing.to_string().into();
        report["latency_window"] = "none: frames taken 60 times a second".into();
    }

    /// The same for people.
    pub(super) fn print(&self, pacing: Pacing) {
        let Self {
            latency,
            first,
            gap,
            frames,
            skipped,
        } = self;
        println!(
            "  latency, {pacing} pacing: median {:.0} ms, p95 {:.0} ms, max {:.0} ms over {frames} frames",
            latency.median_ms, latency.p95_ms, latency.max_ms
        );
        println!(
            "    until what the hands do begins to show (a step's first frame): median {:.0} ms, p95 {:.0} ms, max {:.0} ms",
            first.median_ms, first.p95_ms, first.max_ms
        );
        println!(
            "    from one frame to the next: median {:.0} ms, p95 {:.0} ms, max {:.0} ms; {skipped} frames skipped",
            gap.median_ms, gap.p95_ms, gap.max_ms
        );
        println!(
            "    from the reading of the controls to the frame. No window was open: frames were taken as a window at \
             60 Hz would take them; drawing them and the screen itself come on top."
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::engine;

    fn plan(model: &str) -> Plan {
        Plan {
            model: model.into(),
            device: DeviceChoice::Cpu,
            pacing: Pacing::Quick,
            frames: 30,
            keys: vec![Keys::FORWARD, Keys::TURN_LEFT],
            frames_per_key: 24,
        }
    }

    #[test]
    fn every_frame_that_is_taken_is_measured_and_the_hands_move_meanwhile() {
        let (engine, events, told) = engine(u64::MAX);
        let found = watch(&engine, &events, &plan("counter")).unwrap();
        assert_eq!(found.frames, 30);
        let Latency {
            median_ms,
            p95_ms,
            max_ms,
        } = found.latency;
        assert!(0.0 < median_ms && median_ms <= p95_ms && p95_ms <= max_ms, "{found:?}");
        assert!(found.gap.median_ms > 0.0, "{found:?}");
        let controls = &told.lock().controls;
        for keys in [Keys::FORWARD, Keys::TURN_LEFT] {
            assert!(controls.iter().any(|control| control.keys == keys), "{keys:?}");
        }
    }

    #[test]
    fn a_world_that_is_none_and_one_that_fails_are_sentences() {
        for (model, what) in [("other", "no such world"), ("counter", "counted too far")] {
            let (engine, events, _) = engine(9);
            let error = watch(&engine, &events, &plan(model)).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        }
    }

    #[test]
    fn frames_of_the_warm_up_and_frames_without_controls_do_not_count() {
        let mut seen = Seen::default();
        let begin = Instant::now();
        let at = |ms: u64| begin + Duration::from_millis(ms);
        for i in 0..WARM_UP_FRAMES as u64 {
            seen.frame(Some(at(i)), at(i + 500));
        }
        seen.frame(None, at(1000));
        seen.frame(Some(at(1000)), at(1070));
        seen.frame(Some(at(1000)), at(1110));
        seen.frame(Some(at(1100)), at(1150));
        let found = seen.found(2).unwrap();
        assert_eq!((found.frames, found.skipped), (3, 2));
        assert_eq!((found.latency.median_ms, found.latency.max_ms), (70.0, 110.0));
        assert_eq!((found.first.median_ms, found.first.max_ms), (50.0, 70.0));
        assert_eq!((found.gap.median_ms, found.gap.max_ms), (40.0, 70.0));
        assert!(Seen::default().found(0).is_err());
    }
}

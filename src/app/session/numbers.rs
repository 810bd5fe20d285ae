//! Meters behind the numbers on the screen.

use std::time::Instant;

use crate::engine::Stats;
use crate::telemetry::{LatencyMeter, RateMeter};
use crate::ui::{HudLatency, HudNumbers};

/// Meters behind the numbers on the screen.
#[derive(Debug)]
pub(super) struct Numbers {
    pub(super) epoch: Instant,
    pub(super) rate: RateMeter,
    pub(super) latency: LatencyMeter,
    /// A frame that was taken to be shown and has not been handed to the screen yet: when its controls were read.
    taken: Option<Option<Instant>>,
    pub(super) stats: Stats,
    pub(super) skipped: u64,
    /// What the interface shows, renewed a few times a second so that it can be read.
    pub(super) hud: HudNumbers,
    pub(super) hud_secs: f64,
}

impl Numbers {
    const HUD_PERIOD_SECS: f64 = 0.25;

    pub(super) fn new() -> Self {
        Self {
            epoch: Instant::now(),
            rate: RateMeter::default(),
            latency: LatencyMeter::default(),
            taken: None,
            stats: Stats::default(),
            skipped: 0,
            hud: HudNumbers::default(),
            hud_secs: f64::NEG_INFINITY,
        }
    }

    /// A frame goes to the window, with the time at which its controls were read. One that waits there still was never seen.
    pub(super) fn taken(&mut self, controls_read: Option<Instant>) {
        self.taken = Some(controls_read);
    }

    /// The window has been handed to the screen. It is drawn for the interface, too: a frame counts the first time.
    pub(super) fn presented(&mut self, now: Instant) {
        let Some(controls_read) = self.taken.take() else {
            return;
        };
        let now_secs = now.saturating_duration_since(self.epoch).as_secs_f64();
        self.rate.tick(now_secs);
        // First frames and those of the past have no controls of now.
        if let Some(read) = controls_read {
            let latency = now.saturating_duration_since(read);
            self.latency.add(now_secs, latency.as_secs_f64() * 1e3);
        }
    }

    pub(super) fn hud(&mut self) -> &HudNumbers {
        let now_secs = self.epoch.elapsed().as_secs_f64();
        if now_secs - self.hud_secs > Self::HUD_PERIOD_SECS {
            self.hud_secs = now_secs;
            let latency = self.latency.latency(now_secs);
            self.hud = HudNumbers {
                frames_per_sec: self.rate.per_sec(now_secs),
                latency: latency.map(|latency| HudLatency {
                    median_ms: latency.median_ms,
                    p95_ms: latency.p95_ms,
                }),
                latency_course: self.latency.course(now_secs),
                stats: self.stats.clone(),
            };
        }
        &self.hud
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_frame_counts_when_it_is_handed_over_and_only_once() {
        let mut numbers = Numbers::new();
        let epoch = numbers.epoch;
        let at = |ms| epoch + Duration::from_millis(ms);
        let course = |numbers: &mut Numbers| {
            let course = numbers.latency.course(0.5);
            course.iter().map(|[_, ms]| ms.round()).collect::<Vec<_>>()
        };
        // The interface is drawn before there is a frame.
        numbers.presented(at(10));
        numbers.taken(Some(at(100)));
        assert!(course(&mut numbers).is_empty(), "it is not on the screen yet");
        numbers.presented(at(170));
        numbers.presented(at(190));
        assert_eq!(course(&mut numbers), [70.0]);
        // One gave way to another before it was drawn; a frame of the past has no latency.
        numbers.taken(Some(at(200)));
        numbers.taken(Some(at(210)));
        numbers.presented(at(300));
        numbers.taken(None);
        numbers.presented(at(320));
        assert_eq!(course(&mut numbers), [70.0, 90.0]);
    }
}

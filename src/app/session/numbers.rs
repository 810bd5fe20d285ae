//! Meters behind the numbers on the screen.

use std::time::Instant;

use crate::engine::{Stats, TimedFrame};
use crate::frame::FRAMES_PER_LATENT;
use crate::telemetry::{Average, RateMeter};
use crate::ui::HudNumbers;

/// Meters behind the numbers on the screen.
#[derive(Debug)]
pub(super) struct Numbers {
    pub(super) epoch: Instant,
    pub(super) rate: RateMeter,
    pub(super) latency_secs: Average,
    pub(super) last_read: Option<Instant>,
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
            latency_secs: Average::default(),
            last_read: None,
            stats: Stats::default(),
            skipped: 0,
            hud: HudNumbers::default(),
            hud_secs: f64::NEG_INFINITY,
        }
    }

    pub(super) fn shown(&mut self, frame: &TimedFrame, now: Instant) {
        self.rate.tick((now - self.epoch).as_secs_f64());
        if frame.controls_read.is_some() && frame.controls_read != self.last_read {
            self.last_read = frame.controls_read;
            let age = frame.controls_read.map_or(0.0, |read| (now - read).as_secs_f64());
            // A hand moves at any time between two readings: half a latent on average before it is read.
            let wait = 0.5 * FRAMES_PER_LATENT as f64 * self.stats.interval_ms * 1e-3;
            self.latency_secs.add(age + wait, 0.1);
        }
    }

    pub(super) fn hud(&mut self) -> &HudNumbers {
        let now_secs = self.epoch.elapsed().as_secs_f64();
        if now_secs - self.hud_secs > Self::HUD_PERIOD_SECS {
            self.hud_secs = now_secs;
            self.hud = HudNumbers {
                frames_per_sec: self.rate.per_sec(now_secs),
                latency_ms: self.latency_secs.get().map(|secs| secs * 1e3),
                stats: self.stats.clone(),
            };
        }
        &self.hud
    }
}

//! Time from the hands to the screen, frame by frame: what its median and its slowest frames are.

use std::collections::VecDeque;

/// What the latencies of many frames come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latency {
    /// Half of the frames were sooner.
    pub median_ms: f64,
    /// Nineteen frames of twenty were sooner.
    pub p95_ms: f64,
    /// The slowest frame.
    pub max_ms: f64,
}

impl Latency {
    /// Of these frames; `None` if there are none.
    pub fn of(values_ms: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values_ms.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        // The smallest value that at least this share of all does not exceed.
        let at = |share: f64| {
            let rank = (share * sorted.len() as f64).ceil() as usize;
            sorted.get(rank.saturating_sub(1)).copied()
        };
        Some(Self {
            median_ms: at(0.5)?,
            p95_ms: at(0.95)?,
            max_ms: at(1.0)?,
        })
    }
}

/// Latencies of the frames of the last few seconds.
#[derive(Clone, Debug, Default)]
pub struct LatencyMeter {
    /// When a frame was shown, and how long after its controls were read.
    frames: VecDeque<(f64, f64)>,
}

impl LatencyMeter {
    /// How far back it looks.
    pub const WINDOW_SECS: f64 = 5.0;

    /// Notes a frame that was shown just now.
    pub fn add(&mut self, now_secs: f64, latency_ms: f64) {
        self.frames.push_back((now_secs, latency_ms));
        self.trim(now_secs);
    }

    fn trim(&mut self, now_secs: f64) {
        while self
            .frames
            .front()
            .is_some_and(|(at, _)| now_secs - at > Self::WINDOW_SECS)
        {
            self.frames.pop_front();
        }
    }

    /// What the frames in the window come to; `None` if there are none.
    pub fn latency(&mut self, now_secs: f64) -> Option<Latency> {
        self.trim(now_secs);
        Latency::of(self.frames.iter().map(|(_, ms)| *ms))
    }

    /// The frames in the window, oldest first: how many seconds ago each was shown, and its latency in milliseconds.
    pub fn course(&mut self, now_secs: f64) -> Vec<[f32; 2]> {
        self.trim(now_secs);
        let frames = self.frames.iter();
        frames.map(|(at, ms)| [(now_secs - at) as f32, *ms as f32]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_slow_and_slowest_are_frames_that_were_there() {
        assert_eq!(Latency::of([]), None);
        let one = Latency::of([7.0]).unwrap();
        assert_eq!((one.median_ms, one.p95_ms, one.max_ms), (7.0, 7.0, 7.0));
        // 1 to 100 in a scrambled order.
        let all = Latency::of((0..100).map(|i| f64::from(i * 37 % 100 + 1))).unwrap();
        assert_eq!((all.median_ms, all.p95_ms, all.max_ms), (50.0, 95.0, 100.0));
    }

    #[test]
    fn the_meter_forgets_what_is_older_than_its_window() {
        let mut meter = LatencyMeter::default();
        meter.add(0.0, 900.0);
        for i in 0..10 {
            meter.add(4.0 + f64::from(i) * 0.1, 100.0 + f64::from(i));
        }
        assert_eq!(meter.latency(4.9).unwrap().max_ms, 900.0);
        assert_eq!(meter.latency(5.5).unwrap().max_ms, 109.0);
        let course = meter.course(5.5);
        assert_eq!(course.len(), 10);
        assert!((course[0][0] - 1.5).abs() < 1e-3 && course[0][1] == 100.0);
        assert_eq!(meter.latency(20.0), None);
    }
}

//! When to begin a step and when to show its frames: pure arithmetic on timestamps (seconds on any one clock).
//!
//! Smooth: the frames of a latent are shown evenly. The step for the next latent begins so late that it ends just when the
//! last of them has been shown: sooner, and its controls would be older than they need be; later, and the picture would
//! stand still. When a step takes longer than its frames last, the frames are spread over the time that steps take.
//!
//! Quick: the frames of a latent all exist at once, so they are shown one right after the other, and the last one stays
//! until the next latent is there. Each comes sooner after its controls, and the motion is uneven for it. Steps begin at
//! the world's own pace, as in the smooth way: a walk covers the same ground in the same time.

/// When the frames of one latent are due.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// The first frame.
    pub first_due_secs: f64,
    /// From one frame to the next.
    pub interval_secs: f64,
}

impl Schedule {
    /// When frame `i` is due.
    pub fn due_secs(&self, i: usize) -> f64 {
        self.first_due_secs + self.interval_secs * i as f64
    }
}

/// How the frames of a latent are laid out in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pacing {
    /// At even times.
    #[default]
    Smooth,
    /// As soon as they exist.
    Quick,
}

/// A way of pacing that is none.
#[derive(Debug, thiserror::Error)]
#[error("there is no pacing `{0}`; say smooth or quick")]
pub struct UnknownPacing(String);

impl std::str::FromStr for Pacing {
    type Err = UnknownPacing;

    fn from_str(text: &str) -> Result<Self, UnknownPacing> {
        match text {
            "smooth" => Ok(Self::Smooth),
            "quick" => Ok(Self::Quick),
            other => Err(UnknownPacing(other.to_owned())),
        }
    }
}

impl std::fmt::Display for Pacing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Smooth => "smooth",
            Self::Quick => "quick",
        })
    }
}

/// Decides when steps begin and frames are due.
#[derive(Clone, Debug)]
pub struct Pacer {
    pacing: Pacing,
    /// At the world's own rate.
    own_frame_secs: f64,
    speed: f64,
    frames_per_step: usize,
    /// Running mean of what a step takes until its frames are there.
    step_secs: f64,
    /// Running mean of what a step goes on for after its frames are there.
    rest_secs: f64,
    /// Running mean of how far steps are from that mean.
    deviation_secs: f64,
    samples: u32,
    /// What the last step took until its frames were there.
    last_step_secs: f64,
    /// When the frames in hand have all been shown.
    shown_out_secs: Option<f64>,
    /// Quick: when the next step is to begin by the world's own pace.
    next_begin_secs: Option<f64>,
}

impl Pacer {
    /// Weight of a new step time once the pacer has settled: about the last ten steps count.
    const SHARE: f64 = 0.2;
    /// Smallest safety margin: what a thread may oversleep.
    const MIN_MARGIN_SECS: f64 = 0.003;
    /// Quick: from one frame to the next. Screens show at least sixty pictures a second, so that none is left out.
    const QUICK_SECS: f64 = 1.0 / 60.0;

    /// A pacer for a world of `frames_per_sec` whose steps make `frames_per_step` frames.
    pub fn new(frames_per_sec: f64, frames_per_step: usize) -> Self {
        Self {
            pacing: Pacing::default(),
            own_frame_secs: 1.0 / frames_per_sec.clamp(1.0, 1000.0),
            speed: 1.0,
            frames_per_step: frames_per_step.max(1),
            step_secs: 0.0,
            rest_secs: 0.0,
            deviation_secs: 0.0,
            samples: 0,
            last_step_secs: 0.0,
            shown_out_secs: None,
            next_begin_secs: None,
        }
    }

    /// How frames are laid out in time.
    pub fn pacing(&self) -> Pacing {
        self.pacing
    }

    /// Lays the coming frames out in another way.
    pub fn set_pacing(&mut self, pacing: Pacing) {
        if self.pacing == pacing {
            return;
        }
        self.pacing = pacing;
        // The last quick frame stays until the next latent is there: the smooth way goes on from then.
        if let (Some(begin), Some(shown_out)) = (self.next_begin_secs.take(), &mut self.shown_out_secs) {
            *shown_out = shown_out.max(begin + self.step_secs);
        }
    }

    /// From now on frames are shown `speed` times as fast as at the world's own rate, if steps are quick enough. Frames
    /// that are scheduled already stay so.
    pub fn set_speed(&mut self, speed: f64) {
        self.speed = speed.clamp(0.01, 100.0);
    }

    fn frame_secs(&self) -> f64 {
        self.own_frame_secs / self.speed
    }

    /// Forgets what is on the screen (a new walk, a pause), but not how long steps take.
    pub fn interrupt(&mut self) {
        self.shown_out_secs = None;
        self.next_begin_secs = None;
    }

    /// When the frames in hand have all been shown, if any were since the last interruption.
    pub fn shown_out_secs(&self) -> Option<f64> {
        self.shown_out_secs
    }

    /// Schedules `n` frames that cost no step, after those in hand.
    pub fn append(&mut self, n: usize, now_secs: f64) -> Schedule {
        let first_due_secs = self
            .shown_out_secs
            .map_or(now_secs, |shown_out| shown_out.max(now_secs));
        self.shown_out_secs = Some(first_due_secs + n as f64 * self.frame_secs());
        self.next_begin_secs = None;
        Schedule {
            first_due_secs,
            interval_secs: self.frame_secs(),
        }
    }

    /// From one frame to the next on average, as steps follow each other.
    pub fn period_secs(&self) -> f64 {
        // The first step says little. No margin here: a generator that is too slow must not wait as well.
        let possible = if self.samples > 1 {
            self.step_secs + self.rest_secs
        } else {
            0.0
        };
        self.frame_secs().max(possible / self.frames_per_step as f64)
    }

    /// What a step takes until its frames are there, on average.
    pub fn step_secs(&self) -> f64 {
        self.step_secs
    }

    fn margin_secs(&self) -> f64 {
        (2.0 * self.deviation_secs).clamp(Self::MIN_MARGIN_SECS, (0.3 * self.step_secs).max(Self::MIN_MARGIN_SECS))
    }

    /// When the next step should begin; `None` means at once.
    pub fn begin_secs(&self) -> Option<f64> {
        let shown_out = self.shown_out_secs?;
        Some(match self.pacing {
            Pacing::Smooth => shown_out - self.step_secs - self.margin_secs(),
            // No margin: a latent that comes late is a still picture for a moment, which is how the quick way looks anyway.
            Pacing::Quick => {
                let soonest = shown_out - self.step_secs;
                self.next_begin_secs.map_or(soonest, |begin| begin.max(soonest))
            }
        })
    }

    /// Takes note that a step that began then has ended; its frames may have been there before ([`Self::finished`]).
    pub fn ended(&mut self, began_secs: f64, ended_secs: f64) {
        let rest = (ended_secs - began_secs - self.last_step_secs).max(0.0);
        let share = Self::SHARE.max(1.0 / f64::from(self.samples.saturating_sub(1).max(1)));
        self.rest_secs += share * (rest - self.rest_secs);
    }

    /// Takes note of a step whose frames are there and says when they are due.
    pub fn finished(&mut self, began_secs: f64, finished_secs: f64) -> Schedule {
        let took = (finished_secs - began_secs).max(0.0);
        self.last_step_secs = took;
        self.samples = self.samples.saturating_add(1);
        // The first step warms caches up and says little: the second replaces it.
        let share = Self::SHARE.max(1.0 / f64::from(self.samples.saturating_sub(1).max(1)));
        if self.samples > 2 {
            let off = (took - self.step_secs).abs();
            self.deviation_secs += share * (off - self.deviation_secs);
        }
        self.step_secs += share * (took - self.step_secs);

        let first_due_secs = match self.shown_out_secs {
            Some(shown_out) => shown_out.max(finished_secs),
            None => finished_secs,
        };
        let n = self.frames_per_step as f64;
        let interval_secs = match self.pacing {
            Pacing::Smooth => self.period_secs(),
            Pacing::Quick => {
                self.next_begin_secs = Some(began_secs + n * self.frame_secs());
                Self::QUICK_SECS.min(self.frame_secs())
            }
        };
        self.shown_out_secs = Some(first_due_secs + n * interval_secs);
        Schedule {
            first_due_secs,
            interval_secs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs steps that take `took(i)` and returns (begin, end, schedule) of each.
    fn simulate(pacer: &mut Pacer, steps: usize, took: impl Fn(usize) -> f64) -> Vec<(f64, f64, Schedule)> {
        let mut now = 100.0;
        (0..steps)
            .map(|i| {
                let begin = pacer.begin_secs().unwrap_or(now).max(now);
                now = begin + took(i);
                (begin, now, pacer.finished(begin, now))
            })
            .collect()
    }

    #[test]
    fn a_fast_generator_shows_exactly_the_frame_rate_without_gaps() {
        let mut pacer = Pacer::new(24.0, 4);
        let run = simulate(&mut pacer, 50, |_| 0.06);
        for pair in run[5..].windows(2) {
            let (a, b) = (pair[0].2, pair[1].2);
            assert!((a.interval_secs - 1.0 / 24.0).abs() < 1e-9);
            assert!((b.first_due_secs - a.due_secs(4)).abs() < 1e-9);
        }
    }

    #[test]
    fn a_fast_generator_reads_its_controls_as_late_as_it_can() {
        let mut pacer = Pacer::new(24.0, 4);
        let run = simulate(&mut pacer, 50, |_| 0.06);
        let (begin, end, schedule) = run[49];
        let wait = schedule.first_due_secs - end;
        assert!((0.0..0.006).contains(&wait), "frames wait {wait} s");
        assert!(schedule.first_due_secs - begin < 0.07);
    }

    #[test]
    fn what_a_step_does_after_its_frames_makes_none_of_them_later_and_counts_for_the_pace() {
        let run = |ready_secs: f64, rest_secs: f64| {
            let (mut pacer, mut now, mut steps) = (Pacer::new(24.0, 4), 100.0, vec![]);
            for _ in 0..60 {
                let begin = pacer.begin_secs().unwrap_or(now).max(now);
                steps.push((begin, pacer.finished(begin, begin + ready_secs)));
                // The first step warms caches up.
                now = begin + ready_secs + if steps.len() == 1 { 2.0 } else { rest_secs };
                pacer.ended(begin, now);
            }
            (pacer, steps)
        };
        let (pacer, _) = run(0.2, 0.0);
        assert!((pacer.period_secs() - 0.05).abs() < 1e-6, "{}", pacer.period_secs());
        // Fast: the rest is done while the frames are shown.
        let (_, steps) = run(0.05, 0.02);
        let (begin, schedule) = &steps[59];
        assert!(schedule.first_due_secs - begin < 0.056, "{schedule:?}");
        assert!((schedule.interval_secs - 1.0 / 24.0).abs() < 1e-9);
        // Slow: frames are spread over all that a step takes.
        let (pacer, steps) = run(0.2, 0.1);
        assert!((pacer.period_secs() - 0.075).abs() < 1e-3, "{}", pacer.period_secs());
        let (before, after) = (steps[58].1, steps[59].1);
        assert!(
            (after.first_due_secs - before.due_secs(4)).abs() < 5e-3,
            "no gap: {before:?} {after:?}"
        );
    }

    #[test]
    fn a_slow_generator_spreads_its_frames_and_never_waits() {
        let mut pacer = Pacer::new(24.0, 4);
        let run = simulate(&mut pacer, 60, |_| 0.4);
        let (_, end, before) = run[58];
        let (begin, _, schedule) = run[59];
        assert!((begin - end).abs() < 1e-6, "the generator idles");
        assert!((schedule.interval_secs - 0.1).abs() < 1e-6);
        let gap = schedule.first_due_secs - before.due_secs(3);
        assert!((gap - schedule.interval_secs).abs() < 0.01, "uneven: {gap}");
    }

    #[test]
    fn a_slow_first_step_is_forgotten_within_a_second() {
        let mut pacer = Pacer::new(24.0, 4);
        let run = simulate(&mut pacer, 12, |i| if i == 0 { 1.5 } else { 0.06 });
        let last = run[11];
        assert!((last.2.interval_secs - 1.0 / 24.0).abs() < 1e-9);
        assert!(last.2.first_due_secs - run[0].2.first_due_secs < 2.2);
    }

    #[test]
    fn unsteady_steps_rarely_come_late() {
        let mut pacer = Pacer::new(24.0, 4);
        // A fixed pseudo-random sequence between 60 and 90 ms.
        let run = simulate(&mut pacer, 400, |i| 0.06 + 0.03 * ((i * 7919 % 101) as f64 / 100.0));
        let late = run[20..]
            .windows(2)
            .filter(|pair| pair[1].2.first_due_secs > pair[0].2.due_secs(4) + 1e-9)
            .count();
        assert!(late < 20, "{late} of 380 latents came late");
    }

    /// Mean time from reading the controls to a frame's due time, and the longest time from one frame to the next.
    fn delay_and_gap(run: &[(f64, f64, Schedule)]) -> (f64, f64) {
        let due: Vec<(f64, f64)> = run
            .iter()
            .flat_map(|(begin, _, schedule)| (0..4).map(move |i| (*begin, schedule.due_secs(i))))
            .collect();
        let delay = due.iter().map(|(begin, due)| due - begin).sum::<f64>() / due.len() as f64;
        let gap = due.windows(2).map(|w| w[1].1 - w[0].1).fold(0.0, f64::max);
        assert!(due.windows(2).all(|w| w[1].1 >= w[0].1), "out of order");
        (delay, gap)
    }

    fn quick() -> Pacer {
        let mut pacer = Pacer::new(24.0, 4);
        pacer.set_pacing(Pacing::Quick);
        pacer
    }

    #[test]
    fn quick_frames_come_sooner_less_evenly_and_at_the_same_pace() {
        for took in [0.02, 0.06, 0.12, 0.4] {
            let smooth = simulate(&mut Pacer::new(24.0, 4), 60, |_| took);
            let quick = simulate(&mut quick(), 60, |_| took);
            let ((smooth_delay, smooth_gap), (quick_delay, quick_gap)) =
                (delay_and_gap(&smooth[10..]), delay_and_gap(&quick[10..]));
            assert!(
                quick_delay < smooth_delay - 0.02,
                "{quick_delay} against {smooth_delay}"
            );
            assert!(quick_gap > smooth_gap + 0.02, "{quick_gap} against {smooth_gap}");
            let secs = |run: &[(f64, f64, Schedule)]| run[59].0 - run[19].0;
            assert!((secs(&quick) / secs(&smooth) - 1.0).abs() < 0.01, "another pace");
        }
    }

    #[test]
    fn the_period_is_that_of_the_steps_in_either_pacing() {
        for pacing in [Pacing::Smooth, Pacing::Quick] {
            for (speed, took) in [(1.0, 0.06), (2.0, 0.06), (2.0, 0.1), (1.0, 0.4)] {
                let mut pacer = Pacer::new(24.0, 4);
                pacer.set_pacing(pacing);
                pacer.set_speed(speed);
                let run = simulate(&mut pacer, 60, |_| took);
                let real = (run[59].0 - run[19].0) / 160.0;
                let told = pacer.period_secs();
                assert!(
                    (told / real - 1.0).abs() < 0.01,
                    "{pacing} {speed} {took}: {told} for {real}"
                );
            }
        }
    }

    #[test]
    fn quick_frames_are_due_as_soon_as_they_exist() {
        let run = simulate(&mut quick(), 30, |_| 0.06);
        for (_, end, schedule) in &run[3..] {
            assert_eq!(schedule.first_due_secs, *end);
            assert!(schedule.interval_secs <= 1.0 / 60.0);
        }
        // A world with more pictures than that a second keeps its own rate.
        let mut fast = Pacer::new(200.0, 4);
        fast.set_pacing(Pacing::Quick);
        assert_eq!(fast.finished(1.0, 1.001).interval_secs, 1.0 / 200.0);
    }

    #[test]
    fn another_pacing_on_the_way_keeps_the_order_and_the_pace() {
        let mut pacer = quick();
        let mut now = 100.0;
        let mut run = Vec::new();
        for i in 0..60 {
            if i % 10 == 0 {
                pacer.set_pacing(if i % 20 == 0 { Pacing::Quick } else { Pacing::Smooth });
            }
            let begin = pacer.begin_secs().unwrap_or(now).max(now);
            now = begin + 0.06;
            run.push((begin, now, pacer.finished(begin, now)));
        }
        let (_, gap) = delay_and_gap(&run);
        assert!(gap < 0.2, "the picture stood still for {gap} s");
        let secs = run[59].0 - run[9].0;
        assert!((secs / (50.0 / 6.0) - 1.0).abs() < 0.05, "50 latents in {secs} s");
    }

    #[test]
    fn pictures_of_the_past_come_after_quick_ones_and_the_walk_goes_on_after_them() {
        let mut pacer = quick();
        let schedule = pacer.finished(100.0, 100.06);
        let past = pacer.append(4, 100.07);
        assert!(past.first_due_secs >= schedule.due_secs(4) - 1e-9);
        assert!((pacer.begin_secs().unwrap() - (past.due_secs(4) - pacer.step_secs())).abs() < 1e-9);
    }

    #[test]
    fn names_of_pacings_survive_and_others_are_told() {
        for pacing in [Pacing::Smooth, Pacing::Quick] {
            assert_eq!(pacing.to_string().parse::<Pacing>().unwrap(), pacing);
        }
        let error = "hasty".parse::<Pacing>().unwrap_err().to_string();
        assert!(error.contains("`hasty`") && error.contains("quick"), "{error}");
    }

    #[test]
    fn after_an_interruption_frames_are_due_at_once() {
        let mut pacer = Pacer::new(24.0, 4);
        simulate(&mut pacer, 10, |_| 0.05);
        pacer.interrupt();
        assert_eq!(pacer.begin_secs(), None);
        let schedule = pacer.finished(500.0, 500.05);
        assert_eq!(schedule.first_due_secs, 500.05);
    }

    #[test]
    fn at_another_speed_frames_are_even_and_controls_are_read_as_late() {
        for (speed, took, interval) in [
            (0.25, 0.06, 4.0 / 24.0),
            (0.5, 0.06, 2.0 / 24.0),
            (2.0, 0.06, 0.5 / 24.0),
        ] {
            let mut pacer = Pacer::new(24.0, 4);
            simulate(&mut pacer, 20, |_| took);
            pacer.set_speed(speed);
            let run = simulate(&mut pacer, 20, |_| took);
            for pair in run[5..].windows(2) {
                assert!((pair[1].2.interval_secs - interval).abs() < 1e-9);
                assert!((pair[1].2.first_due_secs - pair[0].2.due_secs(4)).abs() < 1e-9);
            }
            let (begin, _, schedule) = run[19];
            assert!(
                schedule.first_due_secs - begin < took + 0.01,
                "read too early at {speed}"
            );
            // Going back keeps to it, too.
            assert_eq!(pacer.append(4, 1e3).interval_secs, interval);
        }
        // A device that cannot do twice the rate does what it can.
        let mut pacer = Pacer::new(24.0, 4);
        pacer.set_speed(2.0);
        let run = simulate(&mut pacer, 40, |_| 0.1);
        assert!((run[39].2.interval_secs - 0.025).abs() < 1e-6);
    }
}

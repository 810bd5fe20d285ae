//! `farwander bench --record`: what a recording costs. The same walk goes on as fast as it can, a stretch with a recording beside
//! it and a stretch without by turns, so that both meet the same machine.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::control::LatentControl;
use crate::package::Package;
use crate::record::{Recorder, Style};
use crate::rollout::Rollout;

/// Steps of a stretch: two seconds of the walk.
const STEPS: usize = 12;
/// Steps before the first stretch.
const WARM_UP: usize = 6;

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    /// Frames a second of each stretch without and with a recording.
    without: Vec<f64>,
    with: Vec<f64>,
    /// Frames that the recorder did not take in time.
    dropped: u64,
}

/// Walks along these controls.
pub(super) fn measure(rollout: &mut Rollout, package: &Package, controls: &[LatentControl]) -> anyhow::Result<Found> {
    let (lens, rate) = (package.manifest.lens, package.manifest.frames_per_sec);
    let file = TemporaryFile::new();
    let mut found = Found {
        without: Vec::new(),
        with: Vec::new(),
        dropped: 0,
    };
    let (warm_up, rest) = controls.split_at(WARM_UP.min(controls.len()));
    for control in warm_up {
        rollout.next(control)?;
    }
    for (number, stretch) in rest.chunks_exact(STEPS).enumerate() {
        let recorded = number % 2 == 1;
        let style = Style {
            keys: true,
            ..Style::default()
        };
        let recorder = recorded.then(|| Recorder::start(file.0.clone(), lens.width_px, lens.height_px, rate, style));
        let mut recorder = recorder.transpose()?;
        let clock = Instant::now();
        let mut frames = 0;
        for control in stretch {
            let made = rollout.next(control)?;
            frames += made.frames.len() as u64;
            if let Some(recorder) = &mut recorder {
                made.frames
                    .into_iter()
                    .for_each(|frame| recorder.push(frame, control.keys));
            }
        }
        // What waits in the queue is part of the cost.
        if let Some(recorder) = recorder {
            while recorder.status().frames + recorder.status().dropped < frames {
                if let Some(what) = recorder.status().failed {
                    anyhow::bail!(what);
                }
                std::thread::sleep(Duration::from_micros(200));
            }
            found.with.push(frames as f64 / clock.elapsed().as_secs_f64());
            found.dropped += recorder.finish()?.dropped;
        } else {
            found.without.push(frames as f64 / clock.elapsed().as_secs_f64());
        }
    }
    anyhow::ensure!(!found.with.is_empty(), "too few frames for a stretch with a recording");
    Ok(found)
}

impl Found {
    /// Frames a second without and with a recording, and what share of them it costs: of each stretch with one against the
    /// mean of those before and after it, the median.
    fn figures(&self) -> [f64; 3] {
        let shares: Vec<f64> = (self.with.iter().enumerate())
            .filter_map(|(i, with)| {
                let before = self.without.get(i)?;
                let after = self.without.get(i + 1).unwrap_or(before);
                Some(1.0 - with / (0.5 * (before + after)))
            })
            .collect();
        [&self.without, &self.with, &shares].map(|values| super::bench::median(values))
    }

    /// Adds its numbers to those of the rest of the bench.
    pub(super) fn add_to(&self, report: &mut serde_json::Value) {
        let [without, with, share] = self.figures();
        report["fps_without_recording"] = without.into();
        report["fps_with_recording"] = with.into();
        report["recording_cost_percent"] = (100.0 * share).into();
        report["recording_dropped"] = self.dropped.into();
        report["recording_stretches"] = self.with.len().into();
    }

    /// The same for people.
    pub(super) fn print(&self) {
        let [without, with, share] = self.figures();
        println!(
            "  recording: {with:.1} frames a second, {without:.1} without: costs {:.1} % (median of {} stretches); {} dropped",
            100.0 * share,
            self.with.len(),
            self.dropped
        );
    }
}

/// A file of this process that goes with it.
struct TemporaryFile(PathBuf);

impl TemporaryFile {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("farwander-bench-{}.mp4", std::process::id())))
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        // Not there if nothing was recorded.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Loads a generator anew and measures.
pub(super) fn run(
    package: &Package,
    device: &crate::device::DeviceChoice,
    controls: &[LatentControl],
) -> anyhow::Result<Found> {
    let mut rollout = Rollout::new(package, device)?;
    let (first, prompt) = super::generate::first_frame(package, "0")?;
    rollout.start(&first, &prompt, 0)?;
    measure(&mut rollout, package, controls).context("the recording could not be measured")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Keys;
    use crate::device::DeviceChoice;

    #[test]
    fn stretches_with_and_without_a_recording_take_turns_and_no_file_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let (manifest, weights, first_frames) = crate::package::tests::tiny();
        let path = dir.path().join("tiny.safetensors");
        crate::package::save(&path, &manifest, &weights, &first_frames).unwrap();
        let package = Package::open(&path).unwrap();
        let controls = super::super::generate::controls(&[Keys::FORWARD; 4 * (WARM_UP + 5 * STEPS)], 24.0);
        let found = run(&package, &DeviceChoice::Cpu, &controls).unwrap();
        assert_eq!((found.without.len(), found.with.len()), (3, 2));
        let mut report = serde_json::json!({});
        found.add_to(&mut report);
        assert!(report["fps_with_recording"].as_f64().unwrap() > 0.0, "{report}");
        assert!(!TemporaryFile::new().0.exists());
        assert!(run(&package, &DeviceChoice::Cpu, &controls[..WARM_UP + STEPS]).is_err());
    }

    #[test]
    fn the_cost_is_told_against_the_stretches_beside() {
        let found = Found {
            without: vec![20.0, 40.0, 40.0],
            with: vec![27.0, 38.0],
            dropped: 0,
        };
        let [without, with, share] = found.figures();
        assert_eq!((without, with), (40.0, 38.0));
        // 27 against 30 and 38 against 40; the upper of two is the median.
        assert!((share - 0.1).abs() < 1e-9, "{share}");
    }
}

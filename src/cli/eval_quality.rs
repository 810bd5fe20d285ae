//! The second half of `farwander eval`: what pixels don't tell of the same walks, and what becomes of long ones.

use std::path::Path;

use anyhow::Context as _;
use burn::tensor::Device;
use serde_json::json;

use super::eval::{bar, picture};
use crate::eval::by_hand::{self, hands};
use crate::eval::quality::{Seen, WINDOW, motion_error, see};
use crate::eval::report::{LATENTS_PER_SEC, Quality, quality, quality_table};
use crate::eval::worlds::{Walk, stretch};
use crate::frame::Frame;
use crate::model::probe::{Probe, ProbeHead};
use crate::record;
use crate::rollout::{Networks, Sampler};
use crate::synth::Kind;

/// Walks rolled out side by side on the long run and for sheets: their pictures are dropped before the next ones.
pub(super) const TOGETHER: usize = 4;
/// Name of the truth's row.
const REAL: &str = "the renderer";
/// Length of the windows at both ends of a long walk.
const END_SECS: f64 = 10.0;

/// Everything that was seen of the short walks.
pub(super) struct Looks {
    pub(super) head: ProbeHead,
    probe: Probe,
    device: Device,
    /// The truth's walks and looks, then those of each way of generating, in the order of the kinds.
    walks: Vec<Walk>,
    truth: Vec<Seen>,
    made: Vec<(String, Vec<Seen>)>,
}

impl Looks {
    /// Opens the probe.
    pub(super) fn open(path: &Path, networks: &Networks) -> anyhow::Result<Self> {
        // The probe is small: the processor does.
        let device = Device::flex();
        let (head, probe) = crate::model::probe::load(path, &device)?;
        let size = [networks.lens.width_px, networks.lens.height_px];
        anyhow::ensure!(
            head.size_px == size,
            "the probe {} looks at pictures of {:?} pixels, the generator makes {:?}; train one with `farwander train probe`",
            path.display(),
            head.size_px,
            size
        );
        Ok(Self {
            head,
            probe,
            device,
            walks: vec![],
            truth: vec![],
            made: vec![],
        })
    }

    pub(super) fn see(&self, networks: &Networks, walk: &Walk, made: &[Vec<f32>]) -> Seen {
        see(&self.probe, networks, walk, made, &self.device)
    }

    /// Looks at the walks of a kind and at what was generated along them.
    pub(super) fn add(&mut self, networks: &Networks, walks: Vec<Walk>, made: &[(String, Vec<Vec<Vec<f32>>>)]) {
        for walk in &walks {
            let seen = self.see(networks, walk, &walk.truth[1..]);
            self.truth.push(seen);
        }
        for (name, rollouts) in made {
            let seen: Vec<Seen> = walks
                .iter()
                .zip(rollouts)
                .map(|(walk, made)| self.see(networks, walk, made))
                .collect();
            match self.made.iter_mut().find(|(n, _)| n == name) {
                Some((_, all)) => all.extend(seen),
                None => self.made.push((name.clone(), seen)),
            }
        }
        // The pictures are not needed any more.
        self.walks
            .extend(walks.into_iter().map(|w| Walk { truth: vec![], ..w }));
    }

    /// The table of the short walks, and its numbers.
    pub(super) fn report(&self) -> (String, serde_json::Value) {
        let latents = self.truth.first().map_or(0, |s| s.pictures.len());
        let half = latents / 2;
        let mut rows: Vec<(String, [Quality; 2])> = vec![];
        let windows = [0..half, half..latents];
        let all = std::iter::once((REAL, &self.truth)).chain(self.made.iter().map(|(n, s)| (n.as_str(), s)));
        for (name, seen) in all {
            // The renderer against itself: how far two sets of real pictures lie apart.
            let itself = name == REAL;
            let of = |i: usize| {
                let reference = windows[if itself { 1 - i } else { i }].clone();
                quality(seen, &self.truth, &self.walks, windows[i].clone(), reference)
            };
            rows.push((name.to_owned(), [of(0), of(1)]));
        }
        let error = motion_error(&self.truth, &self.walks);
        let secs = |latents: usize| latents as f64 / LATENTS_PER_SEC;
        let text = format!(
            "# What pixels don't tell\n\nThe probe names {:.1} % of caption words right on held-out worlds of the renderer. A camera's motion is told by laying each picture on the next, with the depths that the \
             generator's own networks tell of it; of the renderer's walks below: yaw wrong by {:.2}° a latent frame ({:.1} % of what was turned), the way over ground by {:.3} m ({:.1} %).\n\n\
             Short walks, {} of them, first {:.1} s and the next {:.1} s. Fréchet distances are to the renderer's pictures of the same time (its own: between the two times); \
             sharpness and liveliness are shares of the renderer's; camera errors are shares of what was commanded in the window's last {} s.\n\n{}",
            100.0 * self.head.accuracy.words,
            error.yaw_deg,
            100.0 * error.yaw_share,
            error.way_m,
            100.0 * error.way_share,
            self.walks.len(),
            secs(half),
            secs(latents - half),
            secs(WINDOW.min(half)),
            quality_table(&["begin", "end"], &rows)
        );
        (
            text,
            json!({"probe": self.head.accuracy, "motion": error, "short": rows}),
        )
    }

    /// Long walks of a person at the keys, by each of `samplers`: the first seconds against the last, and contact sheets.
    pub(super) fn long(
        &self,
        networks: &Networks,
        samplers: &[Sampler],
        worlds: usize,
        secs: f64,
        seed: u64,
        out: &Path,
    ) -> anyhow::Result<(String, serde_json::Value)> {
        let latents = (secs * LATENTS_PER_SEC).round() as usize;
        let end = (END_SECS * LATENTS_PER_SEC) as usize;
        if latents < 2 * end {
            return Ok((String::new(), json!(null)));
        }
        // The same worlds as the short walks: other ones would lie far away by themselves.
        let hands = hands(&networks.lens, Kind::Person, worlds, latents, seed);
        let all = 0..self.truth.first().map_or(0, |s| s.pictures.len());
        // What is real is no nearer there: other places than those of the short walks.
        let real = [0..=end, latents - end..=latents].map(|shown| {
            let of_world = |i: usize| {
                let walk = stretch(&networks.lens, Kind::Person, latents, &shown, seed, i);
                let seen = self.see(networks, &walk, &walk.truth[1..]);
                (seen, Walk { truth: vec![], ..walk })
            };
            let (seen, walks): (Vec<Seen>, Vec<Walk>) = (0..worlds).map(of_world).unzip();
            quality(&seen, &self.truth, &walks, 0..end, all.clone())
        });
        let mut rows = vec![(REAL.to_owned(), real)];
        for (i, sampler) in samplers.iter().enumerate() {
            let progress = bar("long walks", hands.len().div_ceil(TOGETHER) * latents);
            let (mut seen, mut tiles): (Vec<Seen>, Vec<Frame>) = (vec![], vec![]);
            let mut walks = vec![];
            for group in hands.chunks(TOGETHER) {
                for (walk, made) in by_hand::walk(networks, group, *sampler, || progress.inc(1))? {
                    seen.push(self.see(networks, &walk, &made));
                    tiles.push(picture(&networks.lens, &walk.truth[0]));
                    let columns = (0..10).map(|i| (i + 1) * latents / 10 - 1);
                    tiles.extend(columns.map(|k| picture(&networks.lens, &made[k])));
                    walks.push(walk);
                }
            }
            progress.finish();
            let sheet = record::contact_sheet(&tiles, 11, 1);
            let name = match i {
                0 => "sheet-long.png".to_owned(),
                _ => format!("sheet-long-{}.png", sampler.steps),
            };
            record::save_png(&out.join(name), &sheet).context("can't write the long sheet")?;
            let ends = [0..end, latents - end..latents].map(|w| quality(&seen, &self.truth, &walks, w, all.clone()));
            rows.push((super::eval::name_of(sampler.steps), ends));
        }
        let text = format!(
            "\n## Long walks\n\n{worlds} walks of {secs} s ({} frames) of a person at the keys who begins in the same worlds and walks on the ground that is generated: their first {END_SECS} s and their last. \
             Distances and shares are to all of the renderer's pictures above, for what is generated and for the renderer's own walks of the same hands. Pictures: sheet-long.png (and sheet-long-N.png for further numbers of evaluations).\n\n{}",
            latents * crate::frame::FRAMES_PER_LATENT,
            quality_table(&["first", "last"], &rows)
        );
        Ok((text, json!({"secs": secs, "worlds": worlds, "rows": rows})))
    }
}

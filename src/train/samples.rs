//! Looks at a network in training: rollouts on held-out worlds, a contact sheet and a few numbers.

use super::adapt::Setup;
use super::autoencoder::compute_dtype;
use super::clips::Clips;
use super::latents::encoder_networks;
use super::run::{Run, TrainError};
use super::start;
use crate::data::Split;
use crate::frame::{FRAMES_PER_LATENT, Frame, psnr_db};
use crate::model::aapt::codec;
use crate::model::aapt::config::GeneratorConfig;
use crate::model::weights::{Arrays, import};
use crate::record;
use crate::rollout::{Networks, Sampler, Walks};

/// Held-out clips in a look.
const CLIPS: usize = 6;
/// Latent frames rolled out: two seconds.
const LATENTS: usize = 12;
/// Those that are logged and shown, counted from 1.
const SHOWN: [usize; 5] = [1, 3, 6, 9, 12];

/// What looks share.
pub(super) struct Samples {
    clips: Clips,
    base: Networks,
    /// [`start::depth_net`]
    depth_net: Arrays,
}

impl Samples {
    /// Prepares looks at generators of these sizes.
    pub(super) fn new(run: &Run, setup: &Setup, config: &GeneratorConfig) -> Result<Self, TrainError> {
        let mut base = encoder_networks(run, config)?;
        base.residual_std.clone_from(&setup.residual_std);
        base.dtype = compute_dtype(run.device);
        Ok(Self {
            clips: Clips::open(run, Split::Test)?,
            base,
            depth_net: start::depth_net(run)?,
        })
    }

    /// The networks with the given generator weights.
    pub(super) fn networks(&self, weights: &Arrays) -> Result<Networks, TrainError> {
        let mut weights = weights.clone();
        weights.extend(self.depth_net.clone());
        let generator = import(self.base.generator.clone(), &weights, &self.base.device)?;
        Ok(Networks {
            generator,
            ..self.base.clone()
        })
    }

    /// Rolls out, logs PSNR after some latent frames (and that of holding the first frame), and writes a sheet: for each
    /// clip, a row of truth and a row of what was generated.
    pub(super) fn take(&self, run: &Run, stage: &'static str, step: u64, weights: &Arrays) -> Result<(), TrainError> {
        let networks = self.networks(weights)?;
        let lens = networks.lens;
        let n = CLIPS.min(self.clips.len());
        let steps = LATENTS.min(self.clips.latents());
        let first: Vec<Vec<f32>> = (0..n).map(|c| self.clips.frame(c, 0)).collect();
        let prompts: Vec<&str> = (0..n).map(|c| self.clips.caption(c)).collect();
        let seeds: Vec<u64> = (0..n as u64).collect();
        let controls: Vec<_> = (0..n).map(|c| self.clips.controls(c)).collect();
        // The network itself is looked at, and its numbers go on from those of earlier runs.
        let sampler = Sampler {
            quilt: false,
            paint: false,
            keep_drawn: false,
            keep_apart: false,
            colour_alone: false,
            hold_colours: false,
            ..Sampler::with(networks.generator.config().evaluations)
        };
        let (mut walks, _) = Walks::start(networks, sampler, &first, &prompts, &seeds);
        let mut rows: Vec<Vec<Frame>> = vec![vec![]; 2 * n];
        let mut fields: Vec<(String, f64)> = Vec::new();
        let picture = |rgb: &[f32]| Frame::from_rgb(lens.width_px, lens.height_px, &codec::to_bytes(rgb), 0);
        for k in 1..=steps {
            let now: Vec<_> = controls.iter().map(|c| c[k - 1]).collect();
            let (decoded, _) = walks.next(&now)?;
            if !SHOWN.contains(&k) {
                continue;
            }
            let (mut made, mut held) = (0.0, 0.0);
            for (c, d) in decoded.iter().enumerate() {
                let truth = self.clips.frame(c, k * FRAMES_PER_LATENT);
                made += psnr_db(&d.frames[FRAMES_PER_LATENT - 1], &truth) / n as f64;
                held += psnr_db(&first[c], &truth) / n as f64;
                rows[2 * c].push(picture(&truth));
                rows[2 * c + 1].push(picture(&d.frames[FRAMES_PER_LATENT - 1]));
            }
            fields.push((format!("psnr_{k}_db"), made));
            fields.push((format!("psnr_{k}_over_held_db"), made - held));
        }
        let fields: Vec<(&str, f64)> = fields.iter().map(|(n, v)| (n.as_str(), *v)).collect();
        run.log(stage, step, &fields)?;
        sheet(run, stage, step, &rows)
    }
}

/// Writes rows of pictures as a sheet of a stage's step.
pub(super) fn sheet(run: &Run, stage: &str, step: u64, rows: &[Vec<Frame>]) -> Result<(), TrainError> {
    let columns = rows.first().map_or(0, Vec::len);
    let sheet = record::contact_sheet(&rows.concat(), columns, 1);
    let dir = run.stage_dir("samples")?;
    Ok(record::save_png(&dir.join(format!("{stage}-{step:06}.png")), &sheet)?)
}

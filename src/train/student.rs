//! Student forcing: clips whose recycled latents come from the network's own rollouts, exactly as at play time, while the
//! target stays the truth. The recycled latent carries no gradient (AAPT §2.2 detaches it).

use std::collections::HashMap;

use half::f16;

use super::adapt::Setup;
use super::clips::Clips;
use super::latents::LatentClip;
use super::recipe::{AdversarialRecipe, StageRecipe};
use super::run::{Run, TrainError};
use super::samples::Samples;
use crate::control::{Keys, LatentControl};
use crate::data::Split;
use crate::device::Gaussian;
use crate::frame::FRAMES_PER_LATENT;
use crate::model::weights::{Arrays, prefixed, to_host, under};
use crate::rollout::{Networks, Sampler, Walks};

/// Clips rolled out together: their warps share the processor's cores.
const GROUP: usize = 8;

/// How often, how many, how far.
#[derive(Clone, Copy, Debug)]
pub(super) struct StudentPlan {
    /// Share of the steps that take their clips from here.
    share: f32,
    /// First step that does.
    from: u64,
    /// Steps between refreshes.
    every: u64,
    /// Longest rollout in latent frames.
    latents: usize,
    /// Clips of a refresh.
    clips: usize,
}

impl From<&StageRecipe> for StudentPlan {
    fn from(r: &StageRecipe) -> Self {
        Self {
            share: r.student_share,
            from: r.student_from,
            every: r.student_every.max(1),
            latents: r.student_latents,
            clips: r.student_clips.max(1),
        }
    }
}

impl From<&AdversarialRecipe> for StudentPlan {
    fn from(r: &AdversarialRecipe) -> Self {
        Self {
            share: 1.0,
            from: 0,
            every: r.rollout_every.max(1),
            latents: r.rollout_latents,
            clips: r.rollout_clips.max(1),
        }
    }
}

/// The clips of the last refresh, and what they were made with: a resumed run rolls them out again.
pub(super) struct StudentPool {
    source: Clips,
    clips: Vec<LatentClip>,
    plan: StudentPlan,
    /// Step and weights of the refresh.
    from: Option<(u64, Arrays)>,
}

impl StudentPool {
    pub(super) fn new(run: &Run, plan: StudentPlan) -> Result<Self, TrainError> {
        Ok(Self {
            source: Clips::open(run, Split::Train)?,
            clips: vec![],
            plan,
            from: None,
        })
    }

    /// What a checkpoint keeps of it.
    pub(super) fn save(&self, arrays: &mut Arrays, meta: &mut Vec<(&'static str, String)>) {
        if let Some((step, weights)) = &self.from {
            arrays.extend(prefixed(weights.clone(), "pool"));
            meta.push(("pool_step", step.to_string()));
        }
    }

    /// Takes up what [`Self::save`] kept.
    pub(super) fn restore(
        &mut self,
        arrays: &Arrays,
        meta: &HashMap<String, String>,
        samples: &Samples,
        setup: &Setup,
    ) -> Result<(), TrainError> {
        match meta.get("pool_step").and_then(|s| s.parse().ok()) {
            Some(step) => self.fill(step, under(arrays, "pool"), samples, setup),
            None => Ok(()),
        }
    }

    /// Rolls out anew if it is time: at the first step with a share, and every so many steps.
    pub(super) fn refresh(
        &mut self,
        step: u64,
        weights: impl FnOnce() -> Arrays,
        samples: &Samples,
        setup: &Setup,
    ) -> Result<(), TrainError> {
        let r = &self.plan;
        if r.share <= 0.0 || step < r.from {
            return Ok(());
        }
        if self.from.as_ref().is_some_and(|(last, _)| step < last + r.every) {
            return Ok(());
        }
        self.fill(step, weights(), samples, setup)
    }

    fn fill(&mut self, step: u64, weights: Arrays, samples: &Samples, setup: &Setup) -> Result<(), TrainError> {
        let networks = samples.networks(&weights)?;
        let mut rng = Gaussian::new(step, 0x900);
        let r = &self.plan;
        let chosen: Vec<usize> = (0..r.clips).map(|_| rng.below(self.source.len())).collect();
        // Short walks first: a young network's long ones teach nothing.
        let lap = self.source.latents();
        let refreshes = step.saturating_sub(r.from) / r.every;
        let steps = (lap * (1 + refreshes as usize)).min(r.latents.max(lap));
        self.clips.clear();
        // Back along a clip that changes its world would be before its change, and its words would not be true.
        let (steady, changing): (Vec<usize>, Vec<usize>) =
            chosen.into_iter().partition(|&c| self.source.change(c).is_none());
        for (chosen, steps) in [(steady, steps), (changing, lap)] {
            for group in chosen.chunks(GROUP) {
                self.clips
                    .extend(roll_out(&networks, &self.source, &setup.clips, group, steps, step)?);
            }
        }
        self.from = Some((step, weights));
        Ok(())
    }

    /// The pool, as often as the recipe says.
    pub(super) fn choose(&self, rng: &mut Gaussian) -> Option<&Vec<LatentClip>> {
        (!self.clips.is_empty() && rng.uniform() < self.plan.share).then_some(&self.clips)
    }
}

/// Video frames of step `k` (from 0) of a walk to and fro along a clip of `latents` latent frames, and the frame before
/// them. However long the walk, every picture of it is in the clip.
fn to_and_fro(k: usize, latents: usize) -> (usize, [usize; FRAMES_PER_LATENT]) {
    let (lap, place) = (k / latents, k % latents);
    if lap.is_multiple_of(2) {
        let before = place * FRAMES_PER_LATENT;
        (before, std::array::from_fn(|i| before + 1 + i))
    } else {
        let before = (latents - place) * FRAMES_PER_LATENT;
        (before, std::array::from_fn(|i| before - 1 - i))
    }
}

/// The truth of `steps` steps to and fro along a clip, with nothing recycled yet.
fn truth_of(networks: &Networks, source: &Clips, truth: &LatentClip, clip: usize, steps: usize) -> LatentClip {
    let latents = source.latents();
    let poses = source.poses(clip);
    let each = truth.latents.len() / (latents + 1);
    let mut out = LatentClip {
        latents: truth.latents[..each].to_vec(),
        recycled: vec![],
        validity: vec![],
        controls: vec![],
        prompts: truth.prompts.clone(),
        noise_seed: None,
    };
    let mut back: Vec<f16> = vec![];
    if steps > latents {
        let frames: Vec<_> = (latents..2 * latents)
            .map(|k| to_and_fro(k, latents).1.map(|f| source.frame(clip, f)))
            .collect();
        let views: Vec<[&[f32]; FRAMES_PER_LATENT]> = frames
            .iter()
            .map(|f| std::array::from_fn(|i| f[i].as_slice()))
            .collect();
        back = to_host(networks.encode(&views))
            .into_iter()
            .map(f16::from_f32)
            .collect();
    }
    for k in 0..steps {
        let place = k % latents;
        out.latents.extend_from_slice(if (k / latents).is_multiple_of(2) {
            &truth.latents[(place + 1) * each..(place + 2) * each]
        } else {
            &back[place * each..(place + 1) * each]
        });
        let (before, frames) = to_and_fro(k, latents);
        out.controls
            .push(LatentControl::new(&poses[before], &frames.map(|f| poses[f]), Keys(0)));
    }
    out
}

/// Rolls out `steps` latent frames of the chosen clips.
fn roll_out(
    networks: &Networks,
    source: &Clips,
    truth: &[LatentClip],
    chosen: &[usize],
    steps: usize,
    seed: u64,
) -> Result<Vec<LatentClip>, TrainError> {
    let first: Vec<Vec<f32>> = chosen.iter().map(|&c| source.frame(c, 0)).collect();
    let prompts: Vec<&str> = chosen.iter().map(|&c| source.caption_at(c, 0)).collect();
    let seeds: Vec<u64> = chosen
        .iter()
        .map(|&c| seed.wrapping_mul(1_000_003) + c as u64)
        .collect();
    // To learn along: what is recycled is all that the network's answer is added to.
    let sampler = Sampler {
        quilt: false,
        paint: false,
        even_sky: false,
        keep_drawn: false,
        keep_apart: false,
        colour_alone: false,
        hold_colours: false,
        ..Sampler::with(networks.generator.config().evaluations)
    };
    let (mut walks, _) = Walks::start(networks.clone(), sampler, &first, &prompts, &seeds);
    let mut out: Vec<LatentClip> = chosen
        .iter()
        .zip(&seeds)
        .map(|(&c, &seed)| LatentClip {
            noise_seed: Some(seed),
            ..truth_of(networks, source, &truth[c], c, steps)
        })
        .collect();
    for k in 0..steps {
        let controls: Vec<_> = out.iter().map(|clip| clip.controls[k]).collect();
        if let Some((prompts, new)) = source.changed_captions(chosen, k) {
            walks.change_prompts(&prompts, &new);
        }
        walks.next(&controls)?;
        let Some((recycled, validity)) = walks.recycled() else {
            continue;
        };
        for (tensor, which) in [(recycled, 0), (validity, 1)] {
            let values = to_host(tensor.clone());
            let each = values.len() / chosen.len();
            for (clip, part) in out.iter_mut().zip(values.chunks_exact(each)) {
                let to = match which {
                    0 => &mut clip.recycled,
                    _ => &mut clip.validity,
                };
                to.extend(part.iter().map(|v| f16::from_f32(*v)));
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_to_and_fro_is_continuous_and_stays_in_the_clip() {
        let latents = 3;
        let mut last = 0;
        for k in 0..4 * latents {
            let (before, frames) = to_and_fro(k, latents);
            assert_eq!(before, last, "step {k}");
            let mut at = before;
            for frame in frames {
                assert_eq!(at.abs_diff(frame), 1);
                at = frame;
            }
            last = at;
            assert!(last <= latents * FRAMES_PER_LATENT);
        }
        assert_eq!(last, 0);
    }
}

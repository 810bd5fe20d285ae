//! Student forcing: clips whose recycled latents come from the network's own rollouts, exactly as at play time, while the
//! target stays the truth. The recycled latent carries no gradient (AAPT §2.2 detaches it).

use std::collections::HashMap;

use half::f16;

use super::adapt::Setup;
use super::clips::Clips;
use super::latents::LatentClip;
use super::optim::Optimizer;
use super::recipe::StageRecipe;
use super::run::{Run, TrainError};
use super::samples::Samples;
use crate::data::Split;
use crate::device::Gaussian;
use crate::model::weights::{Arrays, prefixed, to_host, under};
use crate::rollout::{Networks, Sampler, Walks};

/// Clips rolled out together: their warps share the processor's cores.
const GROUP: usize = 8;

/// The clips of the last refresh, and what they were made with: a resumed run rolls them out again.
pub(super) struct StudentPool {
    source: Clips,
    clips: Vec<LatentClip>,
    recipe: StageRecipe,
    /// Step and weights of the refresh.
    from: Option<(u64, Arrays)>,
}

impl StudentPool {
    pub(super) fn new(run: &Run, recipe: &StageRecipe) -> Result<Self, TrainError> {
        Ok(Self {
            source: Clips::open(run, Split::Train)?,
            clips: vec![],
            recipe: recipe.clone(),
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
        optimizer: &Optimizer,
        samples: &Samples,
        setup: &Setup,
    ) -> Result<(), TrainError> {
        let r = &self.recipe;
        if r.student_share <= 0.0 || step < r.student_from {
            return Ok(());
        }
        if self
            .from
            .as_ref()
            .is_some_and(|(last, _)| step < last + r.student_every.max(1))
        {
            return Ok(());
        }
        self.fill(step, optimizer.average(), samples, setup)
    }

    fn fill(&mut self, step: u64, weights: Arrays, samples: &Samples, setup: &Setup) -> Result<(), TrainError> {
        let networks = samples.networks(&weights)?;
        let mut rng = Gaussian::new(step, 0x900);
        let chosen: Vec<usize> = (0..self.recipe.student_clips.max(1))
            .map(|_| rng.below(self.source.len()))
            .collect();
        self.clips.clear();
        for group in chosen.chunks(GROUP) {
            self.clips
                .extend(roll_out(&networks, &self.source, &setup.clips, group, step)?);
        }
        self.from = Some((step, weights));
        Ok(())
    }

    /// The pool, as often as the recipe says.
    pub(super) fn choose(&self, rng: &mut Gaussian) -> Option<&Vec<LatentClip>> {
        (!self.clips.is_empty() && rng.uniform() < self.recipe.student_share).then_some(&self.clips)
    }
}

fn roll_out(
    networks: &Networks,
    source: &Clips,
    truth: &[LatentClip],
    chosen: &[usize],
    seed: u64,
) -> Result<Vec<LatentClip>, TrainError> {
    let first: Vec<Vec<f32>> = chosen.iter().map(|&c| source.frame(c, 0)).collect();
    let prompts: Vec<&str> = chosen.iter().map(|&c| source.caption(c)).collect();
    let seeds: Vec<u64> = (0..chosen.len() as u64).map(|i| seed * 1000 + i).collect();
    let (mut walks, _) = Walks::start(networks.clone(), Sampler::default(), &first, &prompts, &seeds);
    let mut out: Vec<LatentClip> = chosen
        .iter()
        .map(|&c| LatentClip {
            recycled: vec![],
            validity: vec![],
            ..truth[c].clone()
        })
        .collect();
    for k in 0..source.latents() {
        let controls: Vec<_> = chosen.iter().map(|&c| truth[c].controls[k]).collect();
        walks.next(&controls)?;
        let Some((recycled, validity)) = walks.recycled() else {
            continue;
        };
        for (tensor, which) in [(recycled, 0), (validity, 1)] {
            let values = to_host(tensor.clone());
            let each = values.len() / chosen.len();
            for (clip, part) in out.iter_mut().zip(values.chunks_exact(each)) {
                let to = if which == 0 {
                    &mut clip.recycled
                } else {
                    &mut clip.validity
                };
                to.extend(part.iter().map(|v| f16::from_f32(*v)));
            }
        }
    }
    Ok(out)
}

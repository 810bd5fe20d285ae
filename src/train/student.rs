//! Student forcing: clips whose recycled latents come from the network's own rollouts, exactly as at play time, while the
//! target stays the truth. The recycled latent carries no gradient (AAPT §2.2 detaches it).

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
use crate::model::weights::to_host;
use crate::rollout::{Networks, Sampler, Walks};

/// Clips rolled out together: their warps share the processor's cores.
const GROUP: usize = 8;

/// The clips of the last refresh.
pub(super) struct StudentPool {
    source: Clips,
    clips: Vec<LatentClip>,
    recipe: StageRecipe,
}

impl StudentPool {
    pub(super) fn new(run: &Run, recipe: &StageRecipe) -> Result<Self, TrainError> {
        Ok(Self {
            source: Clips::open(run, Split::Train)?,
            clips: vec![],
            recipe: recipe.clone(),
        })
    }

    /// Rolls out anew if it is time: at the first step with a share, and every so many steps.
    pub(super) fn refresh(
        &mut self,
        run: &Run,
        step: u64,
        optimizer: &Optimizer,
        samples: &Samples,
        setup: &Setup,
        rng: &mut Gaussian,
    ) -> Result<(), TrainError> {
        let r = &self.recipe;
        if r.student_share <= 0.0 || step < r.student_from {
            return Ok(());
        }
        if !self.clips.is_empty() && (step - r.student_from) % r.student_every.max(1) != 0 {
            return Ok(());
        }
        let networks = samples.networks(run, &optimizer.average())?;
        let chosen: Vec<usize> = (0..r.student_clips.max(1))
            .map(|_| rng.below(self.source.len()))
            .collect();
        self.clips.clear();
        for group in chosen.chunks(GROUP) {
            self.clips
                .extend(roll_out(&networks, &self.source, &setup.clips, group, step)?);
        }
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

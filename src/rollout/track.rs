//! What a walk was made of: enough to walk it again, byte for byte, on the same device. Plain data, no thread.

use serde::{Deserialize, Serialize};

use super::{Rollout, RolloutError, Sampler, StepOutput};
use crate::control::LatentControl;
use crate::flow::Evaluations;

/// A prompt that took over in the middle of a walk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromptChange {
    /// The first latent frame (counted from 1) that was made with it.
    pub from_latent: u64,
    /// The prompt.
    pub prompt: String,
}

/// A walk from its first frame on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Track {
    /// Title of the world.
    pub title: String,
    /// SHA-256 of the generator's tensors, as its manifest says, in hexadecimal.
    pub package_sha256: String,
    /// Number of the bundled first frame, counted from 0, if it is one.
    pub bundled: Option<usize>,
    /// Name of the first frame.
    pub name: String,
    /// The prompt that it began with.
    pub prompt: String,
    /// Later prompts, in order.
    pub prompt_changes: Vec<PromptChange>,
    /// Seed of the noise.
    pub seed: u64,
    /// Whether it was walked without a memory of places, as all walks once were.
    pub forgets: bool,
    /// Whether new places were left without texture, as they once were.
    pub plain: bool,
    /// Whether what was walked up to was left soft, as it once was.
    pub soft: bool,
    /// How its latent frames were sampled, if not as the package says.
    pub evaluations: Option<Evaluations>,
    /// What made latent frame 1, 2, and so on.
    pub controls: Vec<LatentControl>,
}

impl Track {
    /// Latent frames made so far.
    pub fn latents(&self) -> u64 {
        self.controls.len() as u64
    }

    /// What made latent frame `latent`, counted from 1.
    pub fn control(&self, latent: u64) -> Option<&LatentControl> {
        self.controls.get(latent.checked_sub(1)? as usize)
    }

    /// The prompt that takes over with latent frame `latent`, if one does.
    pub fn prompt_change(&self, latent: u64) -> Option<&str> {
        let mut changes = self.prompt_changes.iter().rev();
        changes.find(|c| c.from_latent == latent).map(|c| c.prompt.as_str())
    }

    /// The prompt of the latest latent frames.
    pub fn prompt_now(&self) -> &str {
        self.prompt_changes.last().map_or(&self.prompt, |c| &c.prompt)
    }

    /// From the next latent frame on, another prompt.
    pub fn change_prompt(&mut self, prompt: &str) {
        self.prompt_changes.push(PromptChange {
            from_latent: self.latents() + 1,
            prompt: prompt.to_owned(),
        });
    }

    /// Forgets all after `latents` latent frames, prompts that came after `kept_prompts` of them too.
    pub fn truncate(&mut self, latents: u64, kept_prompts: u64) {
        self.controls.truncate(latents as usize);
        self.prompt_changes
            .retain(|c| c.from_latent <= latents.max(kept_prompts));
    }
}

impl Track {
    /// How a generator that samples like `usual` walks it again.
    pub fn sampler(&self, usual: Evaluations) -> Sampler {
        Sampler {
            memory: !self.forgets,
            quilt: !self.plain,
            paint: !self.soft,
            ..Sampler::with(self.evaluations.unwrap_or(usual))
        }
    }
}

impl Rollout {
    /// Makes latent frame `latent` (counted from 1) of `track`; the ones before it have been made. `None` after its end.
    pub fn follow(&mut self, track: &Track, latent: u64) -> Result<Option<StepOutput>, RolloutError> {
        let Some(control) = track.control(latent) else {
            return Ok(None);
        };
        if let Some(prompt) = track.prompt_change(latent) {
            self.change_prompt(prompt)?;
        }
        self.next(control).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Keys;

    #[test]
    fn prompts_go_with_the_latent_frames_that_they_made() {
        let change = |from_latent, prompt: &str| PromptChange {
            from_latent,
            prompt: prompt.to_owned(),
        };
        let control = LatentControl::from_numbers(&[0.0; LatentControl::NUMBERS], Keys(0));
        let mut track = Track {
            prompt: "snow".to_owned(),
            prompt_changes: vec![change(2, "dusk"), change(2, "dawn"), change(4, "rain")],
            controls: vec![control; 3],
            ..Track::default()
        };
        assert_eq!(track.prompt_change(2), Some("dawn"));
        assert_eq!(
            (track.prompt_change(3), track.control(0), track.control(4)),
            (None, None, None)
        );
        assert_eq!(track.prompt_now(), "rain");
        track.truncate(3, 0);
        assert_eq!((track.latents(), track.prompt_now()), (3, "dawn"));
        track.truncate(1, 2);
        assert_eq!((track.latents(), track.prompt_now()), (1, "dawn"));
        track.truncate(1, 0);
        assert_eq!(track.prompt_now(), "snow");
        track.change_prompt("dusk");
        assert_eq!(track.prompt_change(2), Some("dusk"));
    }
}

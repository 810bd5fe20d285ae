//! The clips of a split, as the stages read them: floats and controls, straight from the mapped shards.

use std::path::{Path, PathBuf};

use super::run::{Run, TrainError};
use crate::control::{CameraPose, Keys, LatentControl, Lens};
use crate::data::{ClipHead, ShardReader, Split, list_shards};
use crate::frame::FRAMES_PER_LATENT;
use crate::model::aapt::codec;
use crate::model::aapt::config::GeneratorConfig;
use crate::model::aapt::text::{Prompts, words};

/// Folder, beside those of the splits, of the training clips whose world changes on the way.
pub const CHANGING: &str = "changing";

/// The shard before one of a numbered set, as `farwander synth` names them: of `train-1-00012`, `train-1-00011`.
fn one_before(shard: &Path) -> Option<PathBuf> {
    let (set, number) = shard.file_stem()?.to_str()?.rsplit_once('-')?;
    let before = number.parse::<usize>().ok()?.checked_sub(1)?;
    let digits = number.len();
    Some(shard.with_file_name(format!("{set}-{before:0digits$}.safetensors")))
}

/// All clips of a split, in the order of their shards.
pub(super) struct Clips {
    shards: Vec<ShardReader>,
    /// Shard and place in it, by clip.
    places: Vec<(usize, usize)>,
    /// Folder of each shard.
    folders: Vec<&'static str>,
    lens: Lens,
}

impl Clips {
    /// Opens the recipe's shards of a split.
    pub(super) fn open(run: &Run, split: Split) -> Result<Self, TrainError> {
        let data = &run.recipe.data;
        let parts = match split {
            Split::Train => vec![
                (split.word(), data.train_clips - data.changing_clips),
                // Last, so that all others keep their numbers.
                (CHANGING, data.changing_clips),
            ],
            Split::Test => vec![(split.word(), data.test_clips)],
        };
        let lens = run.recipe.lens();
        let mut out = Self {
            shards: vec![],
            places: vec![],
            folders: vec![],
            lens,
        };
        for (folder, most) in parts.into_iter().filter(|(_, most)| *most > 0) {
            out.add(run, split, folder, most)?;
        }
        Ok(out)
    }

    /// Adds the first `most` clips of a folder.
    fn add(&mut self, run: &Run, split: Split, folder: &'static str, most: usize) -> Result<(), TrainError> {
        let dir = &run.recipe.data.dir.join(folder);
        let none = || TrainError::NoClips { dir: dir.clone() };
        if !dir.is_dir() {
            return Err(none());
        }
        let before = self.places.len();
        let paths = list_shards(dir)?;
        // Clips are known by their number, which a missing shard changes.
        if let Some(gap) = paths.iter().filter_map(|p| one_before(p)).find(|p| !paths.contains(p)) {
            let what = format!("there is no {}", gap.display());
            return Err(TrainError::MissingClips { dir: dir.clone(), what });
        }
        for path in paths {
            let shard = ShardReader::open(&path)?;
            let head = shard.head();
            let wrong = |what: String| TrainError::Checkpoint {
                path: path.clone(),
                what,
            };
            if head.split != split {
                return Err(wrong(format!(
                    "it holds {} clips where {} clips should be",
                    head.split.word(),
                    split.word()
                )));
            }
            if head.lens != self.lens || head.frames != run.recipe.data.frames {
                return Err(wrong(
                    "its frame size, field of view or clip length is not the recipe's".into(),
                ));
            }
            let wanted = most.saturating_sub(self.places.len() - before);
            for place in 0..shard.len().min(wanted) {
                self.places.push((self.shards.len(), place));
            }
            self.shards.push(shard);
            self.folders.push(folder);
        }
        if self.places.len() == before {
            return Err(none());
        }
        let found = self.places.len() - before;
        if found < most {
            let what = format!("there are {found} of the recipe's {most}");
            return Err(TrainError::MissingClips { dir: dir.clone(), what });
        }
        Ok(())
    }

    /// Number of clips, at least one.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// What files that are made of a clip are called: its folder and its number there.
    pub(super) fn name(&self, clip: usize) -> String {
        let folder = |clip: usize| self.folders[self.places[clip].0];
        let before = (0..clip).filter(|c| folder(*c) != folder(clip)).count();
        format!("{}-{:05}", folder(clip), clip - before)
    }

    /// Their lens.
    pub(super) fn lens(&self) -> &Lens {
        &self.lens
    }

    /// Latent frames of a clip after its first frame.
    pub(super) fn latents(&self) -> usize {
        (self.shards[0].head().frames - 1) / FRAMES_PER_LATENT
    }

    fn head(&self, clip: usize) -> &ClipHead {
        let (shard, place) = self.places[clip];
        &self.shards[shard].head().clips[place]
    }

    /// A clip's caption, as it begins.
    pub(super) fn caption(&self, clip: usize) -> &str {
        &self.head(clip).caption
    }

    /// The caption that takes over on the way, and the first step (from 0) that is all made with it.
    pub(super) fn change(&self, clip: usize) -> Option<(usize, &str)> {
        let change = self.head(clip).change.as_ref()?;
        let step = change.from_frame.saturating_sub(1).div_ceil(FRAMES_PER_LATENT);
        Some((step, &change.caption))
    }

    /// The caption that holds for a step, counted from 0.
    pub(super) fn caption_at(&self, clip: usize, step: usize) -> &str {
        match self.change(clip) {
            Some((from, caption)) if step >= from => caption,
            _ => self.caption(clip),
        }
    }

    /// The captions of some clips at a step and which of them are new, if one is new there in a walk that has begun.
    pub(super) fn changed_captions(&self, clips: &[usize], step: usize) -> Option<(Vec<&str>, Vec<bool>)> {
        let changes = |c: &usize| step > 0 && self.change(*c).is_some_and(|(from, _)| from == step);
        let now = || clips.iter().map(|c| (self.caption_at(*c, step), changes(c))).unzip();
        clips.iter().any(changes).then(now)
    }

    /// The captions as a generator of this configuration reads them.
    pub(super) fn prompts(&self, clip: usize, config: &GeneratorConfig) -> Prompts {
        let read = |caption: &str| words(caption, &config.vocabulary, config.text_tokens);
        Prompts {
            first: read(self.caption(clip)),
            then: self.change(clip).map(|(step, caption)| (step, read(caption))),
        }
    }

    /// One video frame in -1..1, `[h * w * 3]`.
    pub(super) fn frame(&self, clip: usize, frame: usize) -> Vec<f32> {
        let (shard, place) = self.places[clip];
        codec::from_bytes(self.shards[shard].frames(place, frame..frame + 1).rgb)
    }

    /// The four video frames of a latent frame; of latent frame 0, four times the first.
    pub(super) fn latent_frames(&self, clip: usize, latent: usize) -> [Vec<f32>; FRAMES_PER_LATENT] {
        std::array::from_fn(|i| {
            let frame = if latent == 0 {
                0
            } else {
                (latent - 1) * FRAMES_PER_LATENT + 1 + i
            };
            self.frame(clip, frame)
        })
    }

    /// Inverse depth of one video frame, `[h * w]` in 1/m.
    pub(super) fn inverse_depth(&self, clip: usize, frame: usize) -> Vec<f32> {
        let (shard, place) = self.places[clip];
        let view = self.shards[shard].frames(place, frame..frame + 1);
        view.inverse_depth().map(half::f16::to_f32).collect()
    }

    /// Camera of every latent frame from 1 on.
    pub(super) fn controls(&self, clip: usize) -> Vec<LatentControl> {
        let (shard, place) = self.places[clip];
        let reader = &self.shards[shard];
        let view = reader.frames(place, 0..reader.head().frames);
        (0..self.latents())
            .map(|k| {
                let at = k * FRAMES_PER_LATENT;
                let poses: [CameraPose; FRAMES_PER_LATENT] = std::array::from_fn(|i| view.poses[at + 1 + i]);
                let keys = view.keys[at + 1..=at + FRAMES_PER_LATENT]
                    .iter()
                    .fold(Keys(0), |a, k| a.with(*k));
                LatentControl::new(&view.poses[at], &poses, keys)
            })
            .collect()
    }

    /// Camera of every video frame.
    pub(super) fn poses(&self, clip: usize) -> Vec<CameraPose> {
        let (shard, place) = self.places[clip];
        let reader = &self.shards[shard];
        reader.frames(place, 0..reader.head().frames).poses
    }

    /// Every word of the captions, sorted: a generator's vocabulary.
    pub(super) fn vocabulary(&self) -> Vec<String> {
        let mut words: Vec<String> = self
            .shards
            .iter()
            .flat_map(|s| &s.head().clips)
            .flat_map(|c| std::iter::once(&c.caption).chain(c.change.as_ref().map(|c| &c.caption)))
            .flat_map(|caption| caption.split(|ch: char| !ch.is_alphanumeric()))
            .filter(|w| !w.is_empty())
            .map(str::to_lowercase)
            .collect();
        words.sort();
        words.dedup();
        words
    }
}

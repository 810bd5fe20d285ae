//! The clips of a split, as the stages read them: floats and controls, straight from the mapped shards.

use std::path::{Path, PathBuf};

use super::run::{Run, TrainError};
use crate::control::{CameraPose, Keys, LatentControl, Lens};
use crate::data::{ShardReader, Split, list_shards};
use crate::frame::FRAMES_PER_LATENT;
use crate::model::aapt::codec;

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
    lens: Lens,
}

impl Clips {
    /// Opens the recipe's shards of a split.
    pub(super) fn open(run: &Run, split: Split) -> Result<Self, TrainError> {
        let dir = run.recipe.data.dir.join(split.word());
        let lens = run.recipe.lens();
        let most = if split == Split::Train {
            run.recipe.data.train_clips
        } else {
            run.recipe.data.test_clips
        };
        let (mut shards, mut places) = (Vec::new(), Vec::new());
        if !dir.is_dir() {
            return Err(TrainError::NoClips { dir });
        }
        let paths = list_shards(&dir)?;
        // Clips are known by their number, which a missing shard changes.
        if let Some(gap) = paths.iter().filter_map(|p| one_before(p)).find(|p| !paths.contains(p)) {
            let what = format!("there is no {}", gap.display());
            return Err(TrainError::MissingClips { dir, what });
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
                    "it holds {} clips in the {} folder",
                    head.split.word(),
                    split.word()
                )));
            }
            if head.lens != lens || head.frames != run.recipe.data.frames {
                return Err(wrong(
                    "its frame size, field of view or clip length is not the recipe's".into(),
                ));
            }
            for place in 0..shard.len().min(most.saturating_sub(places.len())) {
                places.push((shards.len(), place));
            }
            shards.push(shard);
        }
        if places.is_empty() {
            return Err(TrainError::NoClips { dir });
        }
        if places.len() < most {
            let what = format!("there are {} of the recipe's {most}", places.len());
            return Err(TrainError::MissingClips { dir, what });
        }
        Ok(Self { shards, places, lens })
    }

    /// Number of clips, at least one.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Their lens.
    pub(super) fn lens(&self) -> &Lens {
        &self.lens
    }

    /// Latent frames of a clip after its first frame.
    pub(super) fn latents(&self) -> usize {
        (self.shards[0].head().frames - 1) / FRAMES_PER_LATENT
    }

    /// A clip's caption.
    pub(super) fn caption(&self, clip: usize) -> &str {
        let (shard, place) = self.places[clip];
        &self.shards[shard].head().clips[place].caption
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
            .flat_map(|c| c.caption.split(|ch: char| !ch.is_alphanumeric()))
            .filter(|w| !w.is_empty())
            .map(str::to_lowercase)
            .collect();
        words.sort();
        words.dedup();
        words
    }
}

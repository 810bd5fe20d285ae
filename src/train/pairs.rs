//! Pictures that walks decode beside their truth, on disk and in memory: what the networks after the decoder learn from.
//!
//! The generator walks clips once, with the truth put into each picture where it is due to be drawn, and the true depth
//! everywhere (teacher forcing).

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use half::f16;

use super::TrainError;
use super::adapt::{Setup, finished};
use super::checkpoint;
use super::clips::Clips;
use super::run::{Run, bar};
use super::samples::Samples;
use super::start;
use crate::control::Lens;
use crate::data::Split;
use crate::frame::FRAMES_PER_LATENT;
use crate::model::aapt::codec;
use crate::model::aapt::config::AutoencoderConfig;
use crate::model::aapt::depth::{flat_ground, inverse_depth, nearness};
use crate::model::aapt::painter::{is_due, maps};
use crate::model::aapt::warp::{NEW, RgbDepth};
use crate::model::weights::Arrays;
use crate::rollout::{Sampler, Walks, planes};

/// Clips that walk side by side: their warps share the processor's cores.
const GROUP: usize = 8;
/// A smaller share of a picture that is due is not worth a pair.
const LEAST_DUE: f32 = 0.02;
/// Bytes of one step of staleness.
const STALE_STEPS: f32 = 32.0;
/// Byte of what is new.
const NEW_BYTE: u8 = 255;

/// One picture with its truth.
struct Pair {
    /// `[h * w * 3]`.
    seen: Vec<u8>,
    /// `[h * w * 3]`.
    truth: Vec<u8>,
    /// `[h * w]`.
    stale: Vec<u8>,
    /// `[h * w]`: nearness as the decoder has it, 0 to 255.
    near: Vec<u8>,
    /// `[h * w]`: true nearness.
    true_near: Vec<f16>,
    /// The camera's.
    pitch_rad: f32,
}

impl Pair {
    /// `seen` is what was decoded, with the decoder's depth.
    fn new(seen: &RgbDepth, truth: &[f32], depth: &[f32], pitch_rad: f32) -> Self {
        let staleness = |s: &f32| if *s == NEW { NEW_BYTE } else { (s * STALE_STEPS) as u8 };
        Self {
            seen: codec::to_bytes(&seen.rgb),
            truth: codec::to_bytes(truth),
            stale: seen.stale.iter().map(staleness).collect(),
            near: (seen.inverse_depth.iter())
                .map(|k| (255.0 * nearness(*k)).round() as u8)
                .collect(),
            true_near: depth.iter().map(|k| f16::from_f32(nearness(*k))).collect(),
            pitch_rad,
        }
    }
}

/// All pairs of a split.
pub(super) struct Pairs {
    pairs: Vec<Pair>,
    /// Of their pictures.
    pub(super) lens: Lens,
}

fn folder(run: &Run, split: Split) -> std::path::PathBuf {
    run.dir.join("pairs").join(split.word())
}

/// The generator that walks: the last one trained, without what comes after its decoder.
pub(super) fn generator(run: &Run) -> Result<Arrays, TrainError> {
    finished(run, "adversarial").or_else(|_| finished(run, "distill"))
}

/// Changes when the same weights would walk otherwise.
const VERSION: u32 = 3;

/// Walks clips, of each split at most so many, that have not been walked by these weights.
fn make(run: &Run, most: usize) -> Result<(), TrainError> {
    let weights = &generator(run)?;
    let hash = checkpoint::hash(weights);
    let depth = checkpoint::hash(&start::depth_net(run)?);
    let AutoencoderConfig { light, detail_gain, .. } = &run.recipe.autoencoder;
    let now = format!(
        "version {VERSION}, weights {hash}, depth {depth}, light {light}, detail {detail_gain}, {most} clips\n"
    );
    let made_with = run.dir.join("pairs").join("made-with.txt");
    let known = std::fs::read_to_string(&made_with).is_ok_and(|then| then == now);
    let all = run.dir.join("pairs");
    if !known {
        // All of them, before the new ones are begun: a stop must not leave old ones beside new.
        let io = |source| TrainError::Io {
            path: all.clone(),
            source,
        };
        if all.exists() {
            std::fs::remove_dir_all(&all).map_err(io)?;
        }
        std::fs::create_dir_all(&all).map_err(io)?;
        std::fs::write(&made_with, &now).map_err(io)?;
    }
    let mut walker = None;
    for split in [Split::Test, Split::Train] {
        let dir = folder(run, split);
        let io = |source| TrainError::Io {
            path: dir.clone(),
            source,
        };
        std::fs::create_dir_all(&dir).map_err(io)?;
        let clips = Clips::open(run, split)?;
        let some = clips.len().min(most);
        let numbers: Vec<usize> = (0..some).map(|i| i * clips.len() / some).collect();
        let progress = bar("pairs", 0, numbers.len() as u64);
        let mut made = false;
        for (i, group) in numbers.chunks(GROUP).enumerate() {
            let file = dir.join(format!("pairs-{i:05}.safetensors"));
            if !file.exists() {
                // At least one group each time, however often one is stopped.
                if run.stopping() && made {
                    return Err(TrainError::Stopped(group[0] as u64));
                }
                made = true;
                let samples = match &walker {
                    Some(samples) => samples,
                    None => {
                        let setup = Setup::new(run)?;
                        walker.insert(Samples::new(run, &setup, &run.generator_config()?)?)
                    }
                };
                write(&file, &walk(samples, weights, &clips, group)?, clips.lens())?;
            }
            progress.inc(group.len() as u64);
        }
        progress.finish();
    }
    Ok(())
}

/// Walks a group of clips, the truth put into each picture where it is due to be drawn, and its depth everywhere.
fn walk(samples: &Samples, weights: &Arrays, clips: &Clips, group: &[usize]) -> Result<Vec<Pair>, TrainError> {
    let networks = samples.networks(weights)?;
    let first: Vec<Vec<f32>> = group.iter().map(|&c| clips.frame(c, 0)).collect();
    let prompts: Vec<&str> = group.iter().map(|&c| clips.caption_at(c, 0)).collect();
    let seeds: Vec<u64> = group.iter().map(|&c| c as u64).collect();
    let controls: Vec<_> = group.iter().map(|&c| clips.controls(c)).collect();
    let sampler = Sampler {
        paint: false,
        // What is kept beside the truth is what a step finds by itself.
        keep_depth: false,
        keep_drawn: false,
        keep_apart: false,
        colour_alone: false,
        hold_colours: false,
        ..Sampler::with(networks.generator.config().evaluations)
    };
    let (mut walks, _) = Walks::start(networks, sampler, &first, &prompts, &seeds);
    let mut out = Vec::new();
    for (last, &clip) in walks.last_mut().iter_mut().zip(group) {
        last.stale = vec![0.0; last.inverse_depth.len()];
        let (truth, depth) = (clips.frame(clip, 0), clips.inverse_depth(clip, 0));
        out.push(Pair::new(last, &truth, &depth, clips.poses(clip)[0].pitch_rad));
        last.inverse_depth = depth;
    }
    for k in 0..clips.latents() {
        let now: Vec<_> = controls.iter().map(|c| c[k]).collect();
        if let Some((prompts, new)) = clips.changed_captions(group, k) {
            walks.change_prompts(&prompts, &new);
        }
        walks.next(&now)?;
        for ((last, &clip), poses) in walks.last_mut().iter_mut().zip(group).zip(&now) {
            let frame = (k + 1) * FRAMES_PER_LATENT;
            let (truth, depth) = (clips.frame(clip, frame), clips.inverse_depth(clip, frame));
            let due = last.stale.iter().filter(|s| is_due(**s)).count();
            if due as f32 > LEAST_DUE * last.stale.len() as f32 {
                let pitch_rad = poses.poses[FRAMES_PER_LATENT - 1].pitch_rad;
                out.push(Pair::new(last, &truth, &depth, pitch_rad));
            }
            for (i, stale) in last.stale.iter_mut().enumerate().filter(|(_, s)| is_due(**s)) {
                last.rgb[3 * i..3 * i + 3].copy_from_slice(&truth[3 * i..3 * i + 3]);
                *stale = 0.0;
            }
            last.inverse_depth = depth;
        }
    }
    Ok(out)
}

const NAMES: [&str; 6] = ["seen", "truth", "stale", "near", "true_near", "pitch_rad"];

fn write(file: &std::path::Path, pairs: &[Pair], lens: &Lens) -> Result<(), TrainError> {
    let (h, w, n) = (lens.height_px, lens.width_px, pairs.len());
    let of: [fn(&Pair) -> &[u8]; 6] = [
        |p| &p.seen,
        |p| &p.truth,
        |p| &p.stale,
        |p| &p.near,
        |p| bytemuck::cast_slice(&p.true_near),
        |p| bytemuck::bytes_of(&p.pitch_rad),
    ];
    let all = of.map(|f| pairs.iter().flat_map(f).copied().collect::<Vec<u8>>());
    let colours = || vec![n, h, w, 3];
    let plane = || vec![n, h, w];
    let shapes = [colours(), colours(), plane(), plane(), plane(), vec![n]];
    let views = NAMES.iter().zip(shapes).zip(&all);
    let views: Vec<_> = views
        .filter_map(|((name, shape), bytes)| {
            let dtype = match *name {
                "true_near" => Dtype::F16,
                "pitch_rad" => Dtype::F32,
                _ => Dtype::U8,
            };
            Some((*name, TensorView::new(dtype, shape, bytes).ok()?))
        })
        .collect();
    let io = |source| TrainError::Io {
        path: file.to_owned(),
        source,
    };
    let bytes = safetensors::serialize(views, None).map_err(|e| io(std::io::Error::other(e)))?;
    let partial = file.with_extension("partial");
    std::fs::write(&partial, bytes).map_err(io)?;
    std::fs::rename(&partial, file).map_err(io)
}

impl Pairs {
    /// Those to learn from and those held out, of at most so many clips each; clips that have not been walked are.
    pub(super) fn both(run: &Run, most: usize) -> Result<(Self, Self), TrainError> {
        make(run, most)?;
        Ok((Self::load(run, Split::Train)?, Self::load(run, Split::Test)?))
    }

    /// Whether something is to be drawn in any of them.
    pub(super) fn any_due(&self) -> bool {
        (0..self.len()).any(|pair| self.stale(pair).into_iter().any(is_due))
    }

    /// Reads what [`make`] wrote.
    fn load(run: &Run, split: Split) -> Result<Self, TrainError> {
        let lens = run.recipe.lens();
        let pixels = lens.width_px * lens.height_px;
        let dir = folder(run, split);
        let io = |source| TrainError::Io {
            path: dir.clone(),
            source,
        };
        let mut files: Vec<_> = (std::fs::read_dir(&dir).map_err(io)?)
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|e| e == "safetensors"))
            .collect();
        files.sort();
        let mut pairs = Vec::new();
        for path in files {
            let bad = |what: String| TrainError::Checkpoint {
                path: path.clone(),
                what,
            };
            let bytes = std::fs::read(&path).map_err(io)?;
            let file = SafeTensors::deserialize(&bytes).map_err(|e| bad(e.to_string()))?;
            let tensors = NAMES.map(|name| file.tensor(name));
            let [Ok(seen), Ok(truth), Ok(stale), Ok(near), Ok(true_near), Ok(pitch_rad)] = tensors else {
                return Err(bad("a tensor is missing".into()));
            };
            let (seen, truth) = (
                seen.data().chunks_exact(3 * pixels),
                truth.data().chunks_exact(3 * pixels),
            );
            let (stale, near) = (stale.data().chunks_exact(pixels), near.data().chunks_exact(pixels));
            let depths = near.zip(true_near.data().chunks_exact(2 * pixels));
            let all = seen.zip(truth).zip(stale.zip(depths));
            let pitches = pitch_rad.data().chunks_exact(4);
            let pitches = pitches.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
            pairs.extend(
                all.zip(pitches)
                    .map(|(((seen, truth), (stale, (near, true_near))), pitch_rad)| Pair {
                        pitch_rad,
                        seen: seen.to_vec(),
                        truth: truth.to_vec(),
                        stale: stale.to_vec(),
                        near: near.to_vec(),
                        true_near: (true_near.chunks_exact(2))
                            .map(|b| f16::from_le_bytes([b[0], b[1]]))
                            .collect(),
                    }),
            );
        }
        Ok(Self { pairs, lens })
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Staleness of a pair's picture, `[h * w]`.
    pub(super) fn stale(&self, pair: usize) -> Vec<f32> {
        let bytes = self.pairs[pair].stale.iter();
        bytes
            .map(|s| {
                if *s == NEW_BYTE {
                    NEW
                } else {
                    f32::from(*s) / STALE_STEPS
                }
            })
            .collect()
    }

    /// Planes of what was seen (3) and the truth (3), and the maps with the decoder's depth, each `[channels * h * w]`.
    pub(super) fn planes(&self, pair: usize) -> [Vec<f32>; 3] {
        let Pair { seen, truth, .. } = &self.pairs[pair];
        let depth: Vec<f32> = self.near(pair).into_iter().map(inverse_depth).collect();
        [
            planes(&codec::from_bytes(seen)),
            planes(&codec::from_bytes(truth)),
            maps(&self.stale(pair), &depth),
        ]
    }

    /// The decoder's nearness, `[h * w]`.
    fn near(&self, pair: usize) -> Vec<f32> {
        self.pairs[pair].near.iter().map(|v| f32::from(*v) / 255.0).collect()
    }

    /// Nearness of flat ground, `[h * w]`.
    pub(super) fn ground(&self, pair: usize) -> Vec<f32> {
        flat_ground(&self.lens, self.pairs[pair].pitch_rad)
    }

    /// Planes of what was seen (3), the decoder's nearness, flat ground's and the true one, each `[channels * h * w]`.
    pub(super) fn depths(&self, pair: usize) -> [Vec<f32>; 4] {
        let Pair { seen, true_near, .. } = &self.pairs[pair];
        let truth = true_near.iter().map(|v| v.to_f32()).collect();
        [
            planes(&codec::from_bytes(seen)),
            self.near(pair),
            self.ground(pair),
            truth,
        ]
    }
}

//! Encode every clip once: latents, and what is recycled into each step under teacher forcing. The generator's stages
//! then need neither pictures nor the autoencoder.

use burn::tensor::{DType, Tensor};
use half::f16;
use sha2::{Digest as _, Sha256};

use super::autoencoder::trained;
use super::checkpoint;
use super::clips::Clips;
use super::run::{Run, TrainError, bar};
use super::start;
use crate::control::LatentControl;
use crate::data::Split;
use crate::device::Gaussian;
use crate::frame::FRAMES_PER_LATENT;
use crate::model::aapt::config::{GeneratorConfig, Recycle};
use crate::model::aapt::generator::Generator;
use crate::model::aapt::residual::{DOUBT_STEPS, ResidualStd};
use crate::model::aapt::text::Prompts;
use crate::model::aapt::warp::RgbDepth;
use crate::model::weights::{Array, Arrays, export, import, to_host};
use crate::rollout::{Networks, go_on};
use crate::telemetry;

/// One clip as the generator's stages see it.
#[derive(Clone, Debug)]
pub(super) struct LatentClip {
    /// `[latents + 1, channels, h, w]`; 0 is the first frame's.
    pub(super) latents: Vec<f16>,
    /// `[latents, channels, h, w]`: recycled into steps 1.. .
    pub(super) recycled: Vec<f16>,
    /// `[latents, 4, h, w]`, undoubted.
    pub(super) validity: Vec<f16>,
    /// Camera of each step.
    pub(super) controls: Vec<LatentControl>,
    /// The captions' words, by step.
    pub(super) prompts: Prompts,
    /// The noise of the walk that what is recycled comes from; none if that is the truth.
    pub(super) noise_seed: Option<u64>,
}

impl LatentClip {
    /// How sure known places are in a step, as in a walk ([`crate::rollout::Walks::change_prompts`]): in one that begins with
    /// the new words nothing has changed.
    pub(super) fn sureness(&self, step: usize, doubt: f32) -> f32 {
        match &self.prompts.then {
            Some((from, _)) if *from > 0 && (*from..*from + DOUBT_STEPS as usize).contains(&step) => 1.0 - doubt,
            _ => 1.0,
        }
    }
}

/// The networks as far as they are needed to encode: the trained autoencoder, and a generator without weights but for those of
/// [`start::depth_net`].
pub(super) fn encoder_networks(run: &Run, config: &GeneratorConfig) -> Result<Networks, TrainError> {
    let device = run.device.open()?;
    let (autoencoder, _) = trained(run, &device)?;
    let depth_net = start::depth_net(run)?;
    let config = GeneratorConfig {
        depth_net: run.recipe.generator.depth_net.filter(|_| !depth_net.is_empty()),
        ..config.clone()
    };
    let generator = Generator::new(&config, &mut Gaussian::silent(), &device);
    let mut weights = export(&generator);
    weights.extend(depth_net);
    Ok(Networks {
        autoencoder,
        residual_std: ResidualStd::uniform(vec![1.0; config.latent_channels]),
        generator: import(generator, &weights, &device)?,
        lens: run.recipe.lens(),
        dtype: DType::F32,
        device,
        detail_gain: run.recipe.autoencoder.detail_gain,
        light: run.recipe.autoencoder.light,
    })
}

/// Encodes clips side by side. What is recycled into their steps is what a walk would recycle whose every latent frame
/// is the truth: the same warp, decoder and detail as at play time, without a memory of earlier pictures.
pub(super) fn encode(networks: &Networks, clips: &Clips, group: &[usize]) -> Vec<LatentClip> {
    let config = networks.generator.config();
    let steps = clips.latents();
    let half = |v: Vec<f32>| v.into_iter().map(f16::from_f32);
    let mut first = Vec::with_capacity(group.len());
    let mut latents = Vec::with_capacity(group.len());
    let mut out: Vec<LatentClip> = Vec::with_capacity(group.len());
    for &clip in group {
        let frames: Vec<_> = (0..=steps).map(|k| clips.latent_frames(clip, k)).collect();
        let views: Vec<[&[f32]; FRAMES_PER_LATENT]> = frames
            .iter()
            .map(|f| std::array::from_fn(|i| f[i].as_slice()))
            .collect();
        let z = networks.encode(&views);
        out.push(LatentClip {
            latents: half(to_host(z.clone())).collect(),
            recycled: vec![],
            validity: vec![],
            controls: clips.controls(clip),
            prompts: clips.prompts(clip, config),
            noise_seed: None,
        });
        latents.push(z);
        first.push(clips.frame(clip, 0));
    }
    let at = |k: usize| Tensor::cat(latents.iter().map(|z| z.clone().narrow(0, k, 1)).collect(), 0);
    let mut decoded = networks.decode(at(0), at(0), &[]);
    // Clips begin as their first step says.
    let pitches: Vec<f32> = out.iter().map(|clip| clip.controls[0].pitch_from_rad).collect();
    networks.sharpen_depth(&mut decoded, Some(&first), &pitches);
    let mut last = networks.first_sources(&first, &decoded);
    for k in 0..steps {
        let controls: Vec<LatentControl> = out.iter().map(|clip| clip.controls[k]).collect();
        let recycled = networks.recycle(&at(k), &last, &[], &controls, None, true, None);
        if config.recycle == Recycle::Reproject {
            let (detail, _) = networks.detail(recycled.beyond, &at(k), &vec![1.0; group.len()]);
            let mut decoded = networks.decode(at(k + 1), at(k), &detail);
            let pitches: Vec<f32> = (controls.iter())
                .map(|c| c.poses[FRAMES_PER_LATENT - 1].pitch_rad)
                .collect();
            networks.sharpen_depth(&mut decoded, None, &pitches);
            for (d, known) in decoded.iter_mut().zip(&recycled.inverse_depth) {
                go_on(&mut d.inverse_depth, known);
            }
            for (source, d) in last.iter_mut().zip(decoded) {
                let [.., rgb] = d.frames;
                *source = RgbDepth {
                    rgb,
                    inverse_depth: d.inverse_depth,
                    stale: vec![],
                    drawn: None,
                };
            }
        }
        let (latent, validity) = (to_host(recycled.latent), to_host(recycled.validity));
        let (each, masks) = (latent.len() / group.len(), validity.len() / group.len());
        for (i, clip) in out.iter_mut().enumerate() {
            clip.recycled.extend(half(latent[i * each..(i + 1) * each].to_vec()));
            clip.validity
                .extend(half(validity[i * masks..(i + 1) * masks].to_vec()));
        }
    }
    out
}

fn path(run: &Run, clips: &Clips, clip: usize) -> std::path::PathBuf {
    let name = clips.name(clip);
    run.dir.join("latents").join(name).with_extension("safetensors")
}

/// Clips encoded side by side: their warps share the processor's cores.
const GROUP: usize = 8;

fn write(file: &std::path::Path, l: &LatentClip) -> Result<(), TrainError> {
    let io = |source| TrainError::Io {
        path: file.to_owned(),
        source,
    };
    let parts: [&[u8]; 3] = [
        bytemuck::cast_slice(&l.latents),
        bytemuck::cast_slice(&l.recycled),
        bytemuck::cast_slice(&l.validity),
    ];
    let names = ["latents", "recycled", "validity"];
    let views = names.iter().zip(parts).filter_map(|(n, b)| {
        let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F16, vec![b.len() / 2], b);
        view.ok().map(|v| (*n, v))
    });
    let bytes = safetensors::serialize(views, None).map_err(|e| TrainError::Checkpoint {
        path: file.to_owned(),
        what: e.to_string(),
    })?;
    checkpoint::replace(file, &bytes).map_err(io)
}

/// What the latents depend on beside the clips, in words and a hash.
fn stamp(run: &Run) -> Result<String, TrainError> {
    let path = run.dir.join("autoencoder").join("final.safetensors");
    let bytes = std::fs::read(&path).map_err(|_| TrainError::Missing {
        needs: "autoencoder",
        run: run.dir.clone(),
    })?;
    let hash: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
    let (of_pixels, recycle) = (&run.recipe.autoencoder, run.recipe.generator.recycle);
    let depth = match start::depth_net(run)? {
        weights if weights.is_empty() => "the decoder".into(),
        weights => checkpoint::hash(&weights),
    };
    Ok(format!(
        "version {VERSION}, autoencoder {hash}, detail {}, light {}, recycling {recycle:?}, depth from {depth}\n",
        of_pixels.detail_gain, of_pixels.light
    ))
}

/// Changes when the same autoencoder would recycle otherwise.
const VERSION: u32 = 3;

/// Encodes all clips that have not been, and all anew if they were encoded otherwise.
pub(super) fn make(run: &Run) -> Result<(), TrainError> {
    let dir = run.stage_dir("latents")?;
    let (made_with, now) = (dir.join("made-with.txt"), stamp(run)?);
    if std::fs::read_to_string(&made_with).is_ok_and(|then| then != now) || !made_with.exists() {
        let io = |source| TrainError::Io {
            path: dir.clone(),
            source,
        };
        std::fs::remove_dir_all(&dir).map_err(io)?;
        std::fs::create_dir_all(&dir).map_err(io)?;
        std::fs::write(&made_with, &now).map_err(io)?;
    }
    for split in [Split::Train, Split::Test] {
        let clips = Clips::open(run, split)?;
        if (0..clips.len()).all(|c| path(run, &clips, c).exists()) {
            continue;
        }
        // Statistics of other latents would give wrong scales.
        let statistics = run.dir.join("latents").join("statistics.safetensors");
        if statistics.exists() {
            std::fs::remove_file(&statistics).map_err(|source| TrainError::Io {
                path: statistics,
                source,
            })?;
        }
        telemetry::forget_peak();
        let networks = encoder_networks(run, &run.generator_config()?)?;
        let progress = bar("latents", 0, clips.len() as u64);
        let missing: Vec<usize> = (0..clips.len()).filter(|c| !path(run, &clips, *c).exists()).collect();
        progress.set_position((clips.len() - missing.len()) as u64);
        for group in missing.chunks(GROUP) {
            if run.stopping() {
                return Err(TrainError::Stopped(group[0] as u64));
            }
            for (clip, l) in group.iter().zip(encode(&networks, &clips, group)) {
                write(&path(run, &clips, *clip), &l)?;
                progress.inc(1);
            }
        }
        progress.finish();
        run.log_peak("latents", clips.len() as u64)?;
    }
    Ok(())
}

/// All clips of a split, in memory.
pub(super) fn load(run: &Run, split: Split) -> Result<Vec<LatentClip>, TrainError> {
    let clips = Clips::open(run, split)?;
    let config = run.generator_config()?;
    let [h, w] = config.grid;
    let (steps, plane) = (clips.latents(), h * w);
    (0..clips.len())
        .map(|clip| {
            let file = path(run, &clips, clip);
            if !file.exists() {
                return Err(TrainError::Missing {
                    needs: "latents",
                    run: run.dir.clone(),
                });
            }
            let bytes = std::fs::read(&file).map_err(|source| TrainError::Io {
                path: file.clone(),
                source,
            })?;
            let bad = |what: String| TrainError::Checkpoint {
                path: file.clone(),
                what,
            };
            let tensors = safetensors::SafeTensors::deserialize(&bytes).map_err(|e| bad(e.to_string()))?;
            let get = |name: &str, n: usize| -> Result<Vec<f16>, TrainError> {
                let view = tensors.tensor(name).map_err(|e| bad(e.to_string()))?;
                let values: Vec<f16> = view
                    .data()
                    .chunks_exact(2)
                    .map(|b| f16::from_le_bytes([b[0], b[1]]))
                    .collect();
                if values.len() == n {
                    Ok(values)
                } else {
                    Err(bad(format!("`{name}` has another size")))
                }
            };
            let c = config.latent_channels;
            Ok(LatentClip {
                latents: get("latents", (steps + 1) * c * plane)?,
                recycled: get("recycled", steps * c * plane)?,
                validity: get("validity", steps * FRAMES_PER_LATENT * plane)?,
                controls: clips.controls(clip),
                prompts: clips.prompts(clip, &config),
                noise_seed: None,
            })
        })
        .collect()
}

/// Statistics of the latents, per channel.
pub(super) struct Statistics {
    pub(super) mean: Vec<f32>,
    pub(super) std: Vec<f32>,
    /// Of what a step adds to what is recycled.
    pub(super) residual_std: ResidualStd,
}

/// Sums of one channel's values.
#[derive(Clone, Copy, Default)]
struct Sums {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Sums {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    fn mean(&self) -> f32 {
        (self.sum / self.count.max(1.0)) as f32
    }

    fn deviation(&self) -> f32 {
        let n = self.count.max(1.0);
        (self.squares / n - (self.sum / n).powi(2)).max(1e-8).sqrt() as f32
    }
}

/// Positions with a smaller share of known pixels count as new.
const NEW_BELOW: f32 = 0.5;
/// Fewest new positions that give a deviation; with less, that of known ones serves for both.
const MIN_NEW: f64 = 1000.0;

/// Computes the statistics, or takes those of an earlier call.
pub(super) fn statistics(run: &Run, clips: &[LatentClip]) -> Result<Statistics, TrainError> {
    let file = run.stage_dir("latents")?.join("statistics.safetensors");
    let taken_over = run.dir.join(start::STATISTICS);
    let file = if taken_over.exists() { taken_over } else { file };
    if file.exists() {
        let (mut arrays, _) = checkpoint::load(&file)?;
        let mut take = |name: &str| arrays.remove(name).map(|a| a.values).unwrap_or_default();
        return Ok(Statistics {
            mean: take("mean"),
            std: take("std"),
            residual_std: ResidualStd {
                known: take("residual_known"),
                new: take("residual_new"),
            },
        });
    }
    let config = run.generator_config()?;
    let (c, plane) = (config.latent_channels, config.grid[0] * config.grid[1]);
    // Per channel: latents, residuals in known and in new places.
    let mut sums = vec![[Sums::default(); 3]; c];
    for clip in clips {
        for k in 0..clip.controls.len() {
            let masks = &clip.validity[k * FRAMES_PER_LATENT * plane..][..FRAMES_PER_LATENT * plane];
            let known: Vec<f32> = (0..plane)
                .map(|i| {
                    (0..FRAMES_PER_LATENT)
                        .map(|f| masks[f * plane + i].to_f32())
                        .sum::<f32>()
                })
                .map(|sum| sum / FRAMES_PER_LATENT as f32)
                .collect();
            for (channel, sums) in sums.iter_mut().enumerate() {
                let now = &clip.latents[((k + 1) * c + channel) * plane..][..plane];
                let recycled = &clip.recycled[(k * c + channel) * plane..][..plane];
                for ((z, r), known) in now.iter().zip(recycled).zip(&known) {
                    let (z, r) = (f64::from(z.to_f32()), f64::from(r.to_f32()));
                    let d = if config.recycle == Recycle::Reproject { z - r } else { z };
                    sums[0].add(z);
                    if *known > 0.995 {
                        sums[1].add(d);
                    } else if *known < NEW_BELOW {
                        sums[2].add(d);
                    }
                }
            }
        }
    }
    let known: Vec<f32> = sums.iter().map(|s| s[1].deviation()).collect();
    let new = sums
        .iter()
        .zip(&known)
        .map(|(s, known)| if s[2].count < MIN_NEW { *known } else { s[2].deviation() })
        .collect();
    let out = Statistics {
        mean: sums.iter().map(|s| s[0].mean()).collect(),
        std: sums.iter().map(|s| s[0].deviation()).collect(),
        residual_std: ResidualStd { known, new },
    };
    let arrays: Arrays = [
        ("mean", &out.mean),
        ("std", &out.std),
        ("residual_known", &out.residual_std.known),
        ("residual_new", &out.residual_std.new),
    ]
    .into_iter()
    .map(|(name, values)| {
        let array = Array {
            shape: vec![c],
            values: values.clone(),
        };
        (name.to_owned(), array)
    })
    .collect();
    checkpoint::save(&file, &arrays, &[])?;
    Ok(out)
}

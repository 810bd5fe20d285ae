//! Encode every clip once: latents, and what is recycled into each step under teacher forcing. The generator's stages
//! then need neither pictures nor the autoencoder.

use burn::tensor::DType;
use half::f16;

use super::autoencoder::trained;
use super::checkpoint;
use super::clips::Clips;
use super::run::{Run, TrainError, bar};
use crate::control::LatentControl;
use crate::data::Split;
use crate::device::Gaussian;
use crate::frame::FRAMES_PER_LATENT;
use crate::model::aapt::config::Recycle;
use crate::model::aapt::generator::Generator;
use crate::model::aapt::text::words;
use crate::model::aapt::warp::RgbDepth;
use crate::model::weights::{Array, Arrays, to_host};
use crate::rollout::Networks;

/// One clip as the generator's stages see it.
#[derive(Clone, Debug)]
pub(super) struct LatentClip {
    /// `[latents + 1, channels, h, w]`; 0 is the first frame's.
    pub(super) latents: Vec<f16>,
    /// `[latents, channels, h, w]`: recycled into steps 1.. .
    pub(super) recycled: Vec<f16>,
    /// `[latents, 4, h, w]`.
    pub(super) validity: Vec<f16>,
    /// Camera of each step.
    pub(super) controls: Vec<LatentControl>,
    /// The caption's words.
    pub(super) words: Vec<i32>,
}

/// The networks as far as they are needed to encode: the trained autoencoder and a generator without weights.
pub(super) fn encoder_networks(run: &Run) -> Result<Networks, TrainError> {
    let device = run.device.open()?;
    let (autoencoder, _) = trained(run, &device)?;
    let config = run.generator_config()?;
    Ok(Networks {
        autoencoder,
        residual_std: vec![1.0; config.latent_channels],
        generator: Generator::new(&config, &mut Gaussian::silent(), &device),
        lens: run.recipe.lens(),
        dtype: DType::F32,
        device,
        detail_gain: run.recipe.autoencoder.detail_gain,
        training: false,
    })
}

/// Encodes one clip.
pub(super) fn encode(networks: &Networks, clips: &Clips, clip: usize) -> Result<LatentClip, TrainError> {
    let config = networks.generator.config();
    let steps = clips.latents();
    let frames: Vec<_> = (0..=steps).map(|k| clips.latent_frames(clip, k)).collect();
    let views: Vec<[&[f32]; FRAMES_PER_LATENT]> = frames
        .iter()
        .map(|f| std::array::from_fn(|i| f[i].as_slice()))
        .collect();
    let latents = networks.encode(&views);
    let controls = clips.controls(clip);
    let recycled = match config.recycle {
        Recycle::Raw => {
            let before = latents.clone().narrow(0, 0, steps);
            networks.recycle(&before, &[], &controls)
        }
        Recycle::Reproject => {
            let now = latents.clone().narrow(0, 0, steps);
            let before = burn::tensor::Tensor::cat(
                vec![latents.clone().narrow(0, 0, 1), latents.clone().narrow(0, 0, steps - 1)],
                0,
            );
            let mut sources: Vec<RgbDepth> = networks
                .decode(now.clone(), before, &[])
                .into_iter()
                .map(|d| {
                    let [.., rgb] = d.frames;
                    RgbDepth {
                        rgb,
                        inverse_depth: d.inverse_depth,
                    }
                })
                .collect();
            // A walk begins with the real first frame.
            sources[0].rgb.clone_from(&frames[0][0]);
            networks.recycle(&now, &sources, &controls)
        }
    };
    let half = |v: Vec<f32>| v.into_iter().map(f16::from_f32).collect();
    Ok(LatentClip {
        latents: half(to_host(latents)),
        recycled: half(to_host(recycled.latent)),
        validity: half(to_host(recycled.validity)),
        controls,
        words: words(clips.caption(clip), &config.vocabulary, config.text_tokens),
    })
}

fn path(run: &Run, split: Split, clip: usize) -> std::path::PathBuf {
    run.dir
        .join("latents")
        .join(format!("{}-{clip:05}.safetensors", split.word()))
}

/// Encodes all clips that have not been.
pub(super) fn make(run: &Run) -> Result<(), TrainError> {
    run.stage_dir("latents")?;
    for split in [Split::Train, Split::Test] {
        let clips = Clips::open(run, split)?;
        if (0..clips.len()).all(|c| path(run, split, c).exists()) {
            continue;
        }
        let networks = encoder_networks(run)?;
        let progress = bar("latents", 0, clips.len() as u64);
        for clip in 0..clips.len() {
            if run.stopping() {
                return Err(TrainError::Stopped(clip as u64));
            }
            let file = path(run, split, clip);
            if !file.exists() {
                let l = encode(&networks, &clips, clip)?;
                let io = |source| TrainError::Io {
                    path: file.clone(),
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
                    path: file.clone(),
                    what: e.to_string(),
                })?;
                let partial = file.with_extension("partial");
                std::fs::write(&partial, bytes).map_err(io)?;
                std::fs::rename(&partial, &file).map_err(io)?;
            }
            progress.inc(1);
        }
        progress.finish();
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
            let file = path(run, split, clip);
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
                words: words(clips.caption(clip), &config.vocabulary, config.text_tokens),
            })
        })
        .collect()
}

/// Deviations per channel: of the latents, and of what a step adds to what is recycled; and the latents' means.
pub(super) fn statistics(run: &Run, clips: &[LatentClip]) -> Result<[Vec<f32>; 3], TrainError> {
    let file = run.stage_dir("latents")?.join("statistics.safetensors");
    let names = ["mean", "std", "residual_std"];
    if file.exists() {
        let (mut arrays, _) = checkpoint::load(&file)?;
        return Ok(names.map(|n| arrays.remove(n).map(|a| a.values).unwrap_or_default()));
    }
    let config = run.generator_config()?;
    let (c, plane) = (config.latent_channels, config.grid[0] * config.grid[1]);
    let mut sums = vec![[0.0f64; 4]; c];
    let mut count = 0.0;
    for clip in clips {
        let steps = clip.controls.len();
        count += (steps * plane) as f64;
        for k in 0..steps {
            for (channel, s) in sums.iter_mut().enumerate() {
                let now = &clip.latents[((k + 1) * c + channel) * plane..][..plane];
                let recycled = &clip.recycled[(k * c + channel) * plane..][..plane];
                for (z, r) in now.iter().zip(recycled) {
                    let (z, r) = (f64::from(z.to_f32()), f64::from(r.to_f32()));
                    let d = if config.recycle == Recycle::Reproject { z - r } else { z };
                    s[0] += z;
                    s[1] += z * z;
                    s[2] += d;
                    s[3] += d * d;
                }
            }
        }
    }
    let deviation = |sum: f64, squares: f64| ((squares / count - (sum / count).powi(2)).max(1e-8)).sqrt() as f32;
    let out = [
        sums.iter().map(|s| (s[0] / count) as f32).collect::<Vec<_>>(),
        sums.iter().map(|s| deviation(s[0], s[1])).collect(),
        sums.iter().map(|s| deviation(s[2], s[3])).collect(),
    ];
    let arrays: Arrays = names
        .iter()
        .zip(&out)
        .map(|(n, v)| {
            (
                (*n).to_owned(),
                Array {
                    shape: vec![c],
                    values: v.clone(),
                },
            )
        })
        .collect();
    checkpoint::save(&file, &arrays, &[])?;
    Ok(out)
}

//! The whole state of one walk as plain numbers on the host: for going back, and for bookmarks. Lives on the thread that
//! the walk lives on; the numbers themselves may go anywhere.

use super::RolloutError;
use super::memory::Memory;
use super::networks::Networks;
use super::walks::{Sampler, Walks};
use crate::model::aapt::drawn::{Drawn, valid_shift};
use crate::model::aapt::warp::RgbDepth;
use crate::model::nn::tensor;
use crate::model::weights::{Array, Arrays, WeightsError, to_host};

/// A moment of one walk. Whoever restores it and walks the same controls gets the same bytes, because noise is named by
/// seed and step and everything else stands here.
#[derive(Clone, Debug, PartialEq)]
pub struct WalkState {
    /// Seed of the noise.
    pub seed: u64,
    /// Latent frames made so far.
    pub step: u64,
    /// How latent frames are sampled.
    pub sampler: Sampler,
    /// `latent` `[1, channels, h, w]`; `last.rgb` `[h_px, w_px, 3]` in -1..1 and `last.inverse_depth` `[h_px, w_px]` in
    /// 1/m, `last.stale` of the same shape; `drawn.rgb` `[h_px, w_px, 3]` and `drawn.shift` `[h_px, w_px, 2]` in pixels; `doubt` `[1]`, the coming steps that doubt what is known, because words are new; for evaluation `E` and block `B` the ring `ring.E.B.keys` and `.values` `[1, heads, slots, head_width]`,
    /// `.pinned` (from the first latent frame on) and `.text`.
    pub arrays: Arrays,
    /// What the walk remembers, if it does. Its pictures are shared with the walk and with other states of it.
    pub memory: Option<Memory>,
}

impl WalkState {
    /// Memory that it takes, without what it shares with others.
    pub fn bytes(&self) -> usize {
        self.arrays.values().map(|a| 4 * a.values.len()).sum()
    }
}

impl Walks {
    /// Bytes of [`Self::state`].
    pub(super) fn state_bytes(&self) -> usize {
        let [_, channels, h, w] = self.latent.dims();
        let pixels: usize = self
            .last
            .iter()
            .map(|l| {
                let drawn = l.drawn.as_ref().map_or(0, |d| d.rgb.len() + 2 * d.shift.len());
                l.rgb.len() + l.inverse_depth.len() + l.stale.len() + drawn
            })
            .sum();
        4 * (channels * h * w + pixels + 1) + self.states.iter().map(|s| s.bytes()).sum::<usize>()
    }

    /// The state of a single walk.
    pub(super) fn state(&self) -> WalkState {
        let lens = &self.networks.lens;
        let mut arrays = Arrays::new();
        let mut put = |name: &str, shape: Vec<usize>, values: Vec<f32>| {
            arrays.insert(name.to_owned(), Array { shape, values });
        };
        put("latent", self.latent.dims().to_vec(), to_host(self.latent.clone()));
        if let Some(last) = self.last.first() {
            let (h, w) = (lens.height_px, lens.width_px);
            put("last.rgb", vec![h, w, 3], last.rgb.clone());
            put("last.inverse_depth", vec![h, w], last.inverse_depth.clone());
            if !last.stale.is_empty() {
                put("last.stale", vec![h, w], last.stale.clone());
            }
            if let Some(drawn) = &last.drawn {
                put("drawn.rgb", vec![h, w, 3], drawn.rgb.to_vec());
                put("drawn.shift", vec![h, w, 2], drawn.shift.as_flattened().to_vec());
            }
        }
        let doubt = self.doubt.first().copied().unwrap_or_default();
        put("doubt", vec![1], vec![doubt as f32]);
        for (i, state) in self.states.iter().enumerate() {
            state.export(&format!("ring.{i}"), &mut arrays);
        }
        WalkState {
            seed: self.seeds.first().copied().unwrap_or_default(),
            step: self.step,
            sampler: self.sampler,
            arrays,
            memory: self.memories.first().cloned(),
        }
    }

    /// A single walk at the moment of `state`.
    pub(super) fn from_state(networks: Networks, state: &WalkState) -> Result<Self, RolloutError> {
        let config = networks.generator.config();
        let [h, w] = config.grid;
        let (h_px, w_px) = (networks.lens.height_px, networks.lens.width_px);
        let values = |name: &str, shape: &[usize]| -> Result<Vec<f32>, RolloutError> {
            let missing = || RolloutError::State(WeightsError::Missing(name.to_owned()));
            let array = state.arrays.get(name).ok_or_else(missing)?;
            if array.shape != shape {
                return Err(RolloutError::State(WeightsError::Shape {
                    name: name.to_owned(),
                    found: array.shape.clone(),
                    expected: shape.to_vec(),
                }));
            }
            Ok(array.values.clone())
        };
        let shape = [1, config.latent_channels, h, w];
        let latent = tensor(values("latent", &shape)?, shape, &networks.device);
        let last = RgbDepth {
            rgb: values("last.rgb", &[h_px, w_px, 3])?,
            inverse_depth: values("last.inverse_depth", &[h_px, w_px])?,
            stale: match state.arrays.contains_key("last.stale") {
                true => values("last.stale", &[h_px, w_px])?,
                false => vec![],
            },
            drawn: match state.arrays.contains_key("drawn.rgb") {
                true => Some(Drawn {
                    rgb: values("drawn.rgb", &[h_px, w_px, 3])?.into(),
                    shift: (values("drawn.shift", &[h_px, w_px, 2])?.chunks_exact(2))
                        .map(|s| valid_shift([s[0], s[1]]))
                        .collect(),
                }),
                false => None,
            },
        };
        if let Some(memory) = &state.memory
            && !memory.fits(&networks.lens)
        {
            return Err(RolloutError::State(WeightsError::Missing(
                "memory.rgb of this frame size".to_owned(),
            )));
        }
        let no_text = vec![0.0; config.text_tokens * config.width];
        let text = tensor(no_text, [1, config.text_tokens, config.width], &networks.device);
        let mut states = Vec::with_capacity(state.sampler.steps);
        for i in 0..state.sampler.steps {
            let mut rings = networks.generator.begin(text.clone(), networks.dtype);
            rings
                .import(&format!("ring.{i}"), &state.arrays, state.step)
                .map_err(RolloutError::State)?;
            states.push(rings);
        }
        let modulations = networks.modulations(state.sampler, 1, &networks.device);
        let colour_shares = networks.autoencoder.decoder.colour_shares();
        Ok(Self {
            networks,
            colour_shares,
            sampler: state.sampler,
            states,
            modulations,
            latent,
            last: vec![last],
            memories: state.memory.iter().cloned().collect(),
            seeds: vec![state.seed],
            doubt: vec![match state.arrays.contains_key("doubt") {
                true => values("doubt", &[1])?[0] as u64,
                false => 0,
            }],
            step: state.step,
            recycled: None,
        })
    }

    /// The newest picture of a single walk, `[h * w * 3]` in -1..1, and its inverse depth.
    pub(super) fn picture(&self) -> (&[f32], &[f32]) {
        self.last.first().map_or((&[], &[]), |l| (&l.rgb, &l.inverse_depth))
    }
}

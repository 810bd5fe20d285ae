//! The probe: small networks that look at pictures, for measuring only. One names what a picture shows (the words of its
//! caption), the other tells how the camera moved between two pictures that lie a latent frame apart. The layer before
//! each answer gives the features in which Fréchet distances are taken.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::tensor::{Device, Tensor, activation};
use half::f16;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};

use super::nn::{Conv, Linear, rms_norm, tensor};
use super::weights::{Array, Arrays, WeightsError, export, import};
use crate::device::Gaussian;

/// Features of a picture or of a pair.
pub const FEATURES: usize = 64;
/// Numbers of a motion: yaw and pitch in rad, right and forward in m.
pub const MOTION: usize = 4;
/// What one unit of the network's answer means, in those units.
pub const MOTION_UNITS: [f32; MOTION] = [0.1, 0.05, 0.2, 0.4];
/// Widths of the levels; each halves both sides.
const WIDTHS: [usize; 3] = [32, 64, 64];
/// Largest file that is read.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// Trouble with a probe file.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The file can't be read or written.
    #[error("can't use the probe {path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// It is not a probe.
    #[error("{path} is no probe of this version: {what}; make one with `farwander train probe RECIPE`")]
    Format {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

/// Sizes and words of a probe, and how good it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeHead {
    /// Size of the pictures, before they are halved.
    pub size_px: [usize; 2],
    /// Words that it tells apart.
    pub words: Vec<String>,
    /// Its own errors on held-out worlds.
    pub accuracy: ProbeAccuracy,
}

/// Errors on held-out truth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeAccuracy {
    /// Share of caption words (there or not) named rightly.
    pub words: f64,
    /// Mean error of the yaw of a latent frame, in degrees.
    pub yaw_deg: f64,
    /// That over the mean yaw.
    pub yaw_share: f64,
    /// Mean error of the forward motion of a latent frame, in metres.
    pub forward_m: f64,
    /// That over the mean motion.
    pub forward_share: f64,
}

#[derive(Module, Debug)]
struct Level {
    mix: Linear,
    conv: Conv,
}

#[derive(Module, Debug)]
struct Eye {
    levels: Vec<Level>,
    last: Linear,
}

/// Finds for every place of a picture where it is in another one, and tells the camera's motion from that.
#[derive(Module, Debug)]
struct Matcher {
    levels: Vec<Level>,
    /// What places are compared by.
    key: Linear,
    place: Linear,
    last: Linear,
    answer: Linear,
    /// Rows and columns of places.
    #[module(skip)]
    grid: [usize; 2],
}

/// The networks.
#[derive(Module, Debug)]
pub struct Probe {
    picture: Eye,
    pair: Matcher,
    words: Linear,
}

impl Eye {
    fn new(channels: usize, [w, h]: [usize; 2], rng: &mut Gaussian, device: &Device) -> Self {
        let mut inputs = channels;
        let levels = WIDTHS.map(|width| {
            let level = Level {
                mix: Linear::usual(inputs * 4, width, rng, device),
                conv: Conv::new(width, width, 3, 1, 1.0, rng, device),
            };
            inputs = width;
            level
        });
        Self {
            levels: levels.into(),
            last: Linear::usual((w / 16) * (h / 16) * inputs, FEATURES, rng, device),
        }
    }

    /// `[n, channels, h, w]` -> `[n, FEATURES]`.
    fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let x = climb(&self.levels, x);
        let [n, c, h, w] = x.dims();
        self.last.forward(x.reshape([n, c * h * w]))
    }
}

/// Each level halves both sides: `[n, c, h, w]` -> `[n, width, h / 2^levels, w / 2^levels]`.
fn climb(levels: &[Level], mut x: Tensor<4>) -> Tensor<4> {
    for level in levels {
        let [n, c, h, w] = x.dims();
        let folded = x
            .reshape([n, c, h / 2, 2, w / 2, 2])
            .permute([0, 2, 4, 1, 3, 5])
            .reshape([n, h / 2 * (w / 2), c * 4]);
        let mixed = activation::relu(level.mix.forward(folded));
        let [_, _, width] = mixed.dims();
        let y = mixed.swap_dims(1, 2).reshape([n, width, h / 2, w / 2]);
        x = y.clone() + activation::relu(level.conv.forward(y));
    }
    x
}

/// Places that make one unit of a flow.
const CELLS: f32 = 4.0;
/// Width of what is known of a place when its flow is judged.
const PLACE: usize = 16;
/// Sharpness of a match: scores of normalised keys, times this over the root of their width.
const MATCH: f64 = 2.5;

impl Matcher {
    fn new([w, h]: [usize; 2], rng: &mut Gaussian, device: &Device) -> Self {
        let mut inputs = 3;
        let levels = [WIDTHS[0], WIDTHS[1]].map(|width| {
            let level = Level {
                mix: Linear::usual(inputs * 4, width, rng, device),
                conv: Conv::new(width, width, 3, 1, 1.0, rng, device),
            };
            inputs = width;
            level
        });
        let grid = [h / 8, w / 8];
        Self {
            levels: levels.into(),
            key: Linear::usual(inputs, inputs, rng, device),
            place: Linear::usual(3 + inputs, PLACE, rng, device),
            last: Linear::usual(grid[0] * grid[1] * PLACE, FEATURES, rng, device),
            answer: Linear::usual(FEATURES, MOTION, rng, device),
            grid,
        }
    }

    /// Two pictures `[n, 3, h, w]`: features `[n, FEATURES]`, motion `[n, MOTION]`.
    fn forward(&self, before: Tensor<4>, after: Tensor<4>) -> (Tensor<2>, Tensor<2>) {
        let [n, ..] = before.dims();
        let dtype = before.dtype();
        let [rows, columns] = self.grid;
        let places = rows * columns;
        // One pass for both pictures.
        let seen = climb(&self.levels, Tensor::cat(vec![before, after], 0));
        let [_, width, _, _] = seen.dims();
        let seen: Tensor<3> = seen.reshape([2 * n, width, places]).swap_dims(1, 2);
        // What all places have in common says nothing of where one went.
        let keys = self.key.forward(seen.clone());
        let keys = rms_norm(keys.clone() - keys.mean_dim(1));
        let part = |x: &Tensor<3>, i: usize| x.clone().narrow(0, i * n, n);
        let scores = part(&keys, 0)
            .mul_scalar(MATCH / (width as f64).sqrt())
            .matmul(part(&keys, 1).swap_dims(1, 2));
        let weights = activation::softmax(scores, 2);
        let coordinates: Vec<f32> = (0..places)
            .flat_map(|i| [(i % columns) as f32 / CELLS, (i / columns) as f32 / CELLS, 1.0])
            .collect();
        let coordinates = tensor::<3>(coordinates, [1, places, 3], &weights.device()).cast(dtype);
        // Where each place went, and how sure that is: the weights' squares sum to one if they are at one place.
        let there = weights
            .clone()
            .matmul(coordinates.clone().repeat_dim(0, n))
            .narrow(2, 0, 2);
        let sure = weights.powi_scalar(2).sum_dim(2);
        let flow = there - coordinates.narrow(2, 0, 2);
        let known = Tensor::cat(vec![flow, sure, part(&seen, 0)], 2);
        let judged = activation::relu(self.place.forward(known));
        let features = self.last.forward(judged.reshape([n, places * PLACE]));
        let motion = self.answer.forward(activation::relu(features.clone()));
        (features, motion)
    }
}

/// A picture `[h * w * 3]` in -1..1 at half its size, planar: `[3 * h/2 * w/2]`.
pub fn halved(rgb: &[f32], width_px: usize) -> Vec<f32> {
    let height_px = rgb.len() / 3 / width_px;
    let (w, h) = (width_px / 2, height_px / 2);
    let at = |x: usize, y: usize, c: usize| rgb[(y * width_px + x) * 3 + c];
    (0..3 * h * w)
        .map(|i| {
            let (c, y, x) = (i / (h * w), i / w % h * 2, i % w * 2);
            0.25 * (at(x, y, c) + at(x + 1, y, c) + at(x, y + 1, c) + at(x + 1, y + 1, c))
        })
        .collect()
}

impl Probe {
    /// A new network for pictures of `size_px` (multiples of 16) and a number of words.
    pub fn new(size_px: [usize; 2], words: usize, rng: &mut Gaussian, device: &Device) -> Self {
        Self {
            picture: Eye::new(3, size_px, rng, device),
            pair: Matcher::new(size_px, rng, device),
            words: Linear::usual(FEATURES, words, rng, device),
        }
    }

    /// Features `[n, FEATURES]` and word logits `[n, words]` of halved pictures `[n, 3, h, w]`.
    pub fn look(&self, pictures: Tensor<4>) -> (Tensor<2>, Tensor<2>) {
        let features = self.picture.forward(pictures);
        let words = self.words.forward(activation::relu(features.clone()));
        (features, words)
    }

    /// Features `[n, FEATURES]` of pairs of halved pictures and the motion between them, `[n, MOTION]` in
    /// [`MOTION_UNITS`].
    pub fn compare(&self, before: Tensor<4>, after: Tensor<4>) -> (Tensor<2>, Tensor<2>) {
        self.pair.forward(before, after)
    }
}

/// Writes a probe: f16 weights, the head as JSON. Replaced at once or not at all.
pub fn save(path: &Path, head: &ProbeHead, weights: &Arrays) -> Result<(), ProbeError> {
    let io = |source| ProbeError::Io {
        path: path.to_owned(),
        source,
    };
    let format = |what: String| ProbeError::Format {
        path: path.to_owned(),
        what,
    };
    let halves: Vec<(&String, &[usize], Vec<f16>)> = weights
        .iter()
        .map(|(n, a)| (n, &a.shape[..], a.values.iter().map(|v| f16::from_f32(*v)).collect()))
        .collect();
    let views = halves
        .iter()
        .map(|(n, shape, v)| TensorView::new(Dtype::F16, shape.to_vec(), bytemuck::cast_slice(v)).map(|v| (n, v)))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| format(e.to_string()))?;
    let head = serde_json::to_string(head).map_err(|e| format(e.to_string()))?;
    let meta = HashMap::from([("farwander_probe".to_owned(), head)]);
    let bytes = safetensors::serialize(views, Some(meta)).map_err(|e| format(e.to_string()))?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(io)?;
    }
    let partial = path.with_extension("partial");
    std::fs::write(&partial, bytes).map_err(io)?;
    std::fs::rename(&partial, path).map_err(io)
}

/// Reads what [`save`] wrote, onto a device.
pub fn load(path: &Path, device: &Device) -> Result<(ProbeHead, Probe), ProbeError> {
    let io = |source| ProbeError::Io {
        path: path.to_owned(),
        source,
    };
    let format = |what: String| ProbeError::Format {
        path: path.to_owned(),
        what,
    };
    let size = std::fs::metadata(path).map_err(io)?.len();
    if size > MAX_FILE_BYTES {
        return Err(format(format!("{size} bytes are too many")));
    }
    let bytes = std::fs::read(path).map_err(io)?;
    let (_, meta) = SafeTensors::read_metadata(&bytes).map_err(|e| format(e.to_string()))?;
    let head = meta.metadata().as_ref().and_then(|m| m.get("farwander_probe"));
    let head = head.ok_or_else(|| format("it has no `farwander_probe` entry".into()))?;
    let head: ProbeHead = serde_json::from_str(head).map_err(|e| format(e.to_string()))?;
    let sane = head.size_px.iter().all(|v| v % 16 == 0 && (16..=1024).contains(v)) && head.words.len() <= 4096;
    if !sane {
        return Err(format("its sizes are out of range".into()));
    }
    let tensors = SafeTensors::deserialize(&bytes).map_err(|e| format(e.to_string()))?;
    let mut arrays = Arrays::new();
    for (name, view) in tensors.iter() {
        if view.dtype() != Dtype::F16 {
            return Err(format(format!("`{name}` is not F16")));
        }
        let values = view
            .data()
            .chunks_exact(2)
            .map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32());
        let array = Array {
            shape: view.shape().to_vec(),
            values: values.collect(),
        };
        arrays.insert(name.to_owned(), array);
    }
    let blank = Probe::new(head.size_px, head.words.len(), &mut Gaussian::silent(), device);
    let probe = import(blank, &arrays, device).map_err(|e: WeightsError| format(e.to_string()))?;
    Ok((head, probe))
}

/// All weights of a probe.
pub fn weights(probe: &Probe) -> Arrays {
    export(probe)
}

#[cfg(test)]
mod tests {
    use super::super::weights::to_host;
    use super::*;

    #[test]
    fn a_probe_survives_its_file_and_trouble_is_a_sentence() {
        let device = Device::flex();
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("probe.safetensors");
        let head = ProbeHead {
            size_px: [48, 32],
            words: vec!["snow".into(), "dusk".into()],
            accuracy: ProbeAccuracy::default(),
        };
        let probe = Probe::new(head.size_px, 2, &mut Gaussian::new(1, 0), &device);
        // Weights that f16 holds exactly.
        let exact: Arrays = weights(&probe)
            .into_iter()
            .map(|(n, mut a)| {
                a.values.iter_mut().for_each(|v| *v = f16::from_f32(*v).to_f32());
                (n, a)
            })
            .collect();
        let probe = import(probe, &exact, &device).unwrap();
        save(&path, &head, &exact).unwrap();
        let (found, again) = load(&path, &device).unwrap();
        assert_eq!(found, head);
        let rgb: Vec<f32> = (0..48 * 32 * 3).map(|i| (i as f32 * 0.37).sin()).collect();
        let x: Tensor<4> = tensor(halved(&rgb, 48), [1, 3, 16, 24], &device);
        let answers = |p: &Probe| {
            let (f, w) = p.look(x.clone());
            let (g, m) = p.compare(x.clone(), x.clone());
            [to_host(f), to_host(w), to_host(g), to_host(m)]
        };
        assert_eq!(answers(&probe), answers(&again));
        assert_eq!(answers(&probe).map(|a| a.len()), [FEATURES, 2, FEATURES, MOTION]);

        std::fs::write(&path, b"hello").unwrap();
        let error = load(&path, &device).unwrap_err().to_string();
        assert!(error.contains("no probe") && error.contains("train probe"), "{error}");
    }

    #[test]
    fn halving_takes_means() {
        let rgb: Vec<f32> = (0..4 * 2).flat_map(|i| [i as f32, 0.0, 1.0]).collect();
        assert_eq!(halved(&rgb, 4), [2.5, 4.5, 0.0, 0.0, 1.0, 1.0]);
    }
}

//! AdamW with global-norm clipping and an averaged copy of the weights, in one pass over host memory.
//!
//! The masters live here as plain f32: a checkpoint is these arrays and nothing else, and resuming is exact.

use std::path::Path;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Bytes, DType, Device, Gradients, Tensor, TensorData};
use rayon::prelude::*;

use super::{TrainError, checkpoint};
use crate::model::weights::{Array, Arrays, export, to_host};

/// Settings of a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct AdamW {
    pub(super) lr: f32,
    pub(super) weight_decay: f32,
    /// Decay of the mean gradient; 0 for adversarial training (RMSProp, as AAPT).
    pub(super) beta1: f32,
    /// Decay of the mean squared gradient.
    pub(super) beta2: f32,
    /// Decay of the average.
    pub(super) ema: f32,
    /// Gradients are scaled down to this global norm.
    pub(super) clip: f32,
}

const EPSILON: f32 = 1e-8;

impl Default for AdamW {
    fn default() -> Self {
        Self {
            lr: 1e-3,
            weight_decay: 0.0,
            beta1: 0.9,
            beta2: 0.99,
            ema: 0.99,
            clip: 1.0,
        }
    }
}

/// One parameter's row of the state.
struct Slot {
    name: String,
    shape: Vec<usize>,
    value: Vec<f32>,
    first: Vec<f32>,
    second: Vec<f32>,
    average: Vec<f32>,
    /// Gathered for the next update; empty if nothing was.
    grad: Vec<f32>,
}

/// Masters, moments and averages of a module.
pub(super) struct Optimizer {
    slots: Vec<Slot>,
    /// Steps done.
    pub(super) step: u64,
}

struct Grads<'a> {
    grads: &'a Gradients,
    slots: std::slice::IterMut<'a, Slot>,
}

impl ModuleVisitor for Grads<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(slot) = self.slots.next() else { return };
        let Some(grad) = param.val().grad(self.grads).map(to_host) else {
            return;
        };
        if slot.grad.is_empty() {
            slot.grad = grad;
        } else {
            slot.grad.iter_mut().zip(grad).for_each(|(sum, g)| *sum += g);
        }
    }
}

struct Names {
    path: Vec<String>,
    out: Vec<String>,
}

impl ModuleVisitor for Names {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }
    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }
    fn visit_float<const D: usize>(&mut self, _param: &Param<Tensor<D>>) {
        self.out.push(self.path.join("."));
    }
}

struct Update<'a> {
    slots: std::slice::Iter<'a, Slot>,
    device: Device,
}

impl ModuleMapper for Update<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(slot) = self.slots.next() else { return param };
        let data = TensorData::from_bytes(Bytes::from_elems(slot.value.clone()), slot.shape.clone(), DType::F32);
        let id = param.id;
        Param::initialized(id, Tensor::from_data(data, &self.device).require_grad())
    }
}

impl Optimizer {
    /// Takes a module's weights as masters and as the average.
    pub(super) fn new<M: Module>(module: &M) -> Self {
        let mut names = Names {
            path: vec![],
            out: vec![],
        };
        module.visit(&mut names);
        let mut arrays = export(module);
        let slots = names
            .out
            .into_iter()
            .filter_map(|name| {
                let Array { shape, values } = arrays.remove(&name)?;
                let n = values.len();
                let (first, second, average) = (vec![0.0; n], vec![0.0; n], values.clone());
                Some(Slot {
                    name,
                    shape,
                    value: values,
                    first,
                    second,
                    average,
                    grad: vec![],
                })
            })
            .collect();
        Self { slots, step: 0 }
    }

    /// One update along these gradients, and what was gathered before them. Returns the module with the new weights and
    /// the gradients' global norm before clipping.
    pub(super) fn update<M: Module>(&mut self, module: M, grads: &Gradients, with: AdamW, device: &Device) -> (M, f64) {
        self.gather(&module, grads);
        self.advance(module, with, device)
    }

    /// Adds gradients to those of the next update: a batch may come in parts.
    pub(super) fn gather<M: Module>(&mut self, module: &M, grads: &Gradients) {
        module.visit(&mut Grads {
            grads,
            slots: self.slots.iter_mut(),
        });
    }

    /// One update along what was gathered; as [`Self::update`].
    pub(super) fn advance<M: Module>(&mut self, module: M, with: AdamW, device: &Device) -> (M, f64) {
        let norm = self
            .slots
            .par_iter()
            .map(|s| s.grad.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>())
            .collect::<Vec<_>>();
        // Summed in order: the result must not depend on which thread was first.
        let norm = norm.iter().sum::<f64>().sqrt();
        if !norm.is_finite() {
            self.slots.iter_mut().for_each(|s| s.grad.clear());
            return (module, norm);
        }
        let scale = (f64::from(with.clip) / norm.max(1e-12)).min(1.0) as f32;
        self.step += 1;
        let t = self.step as i32;
        let (beta1, beta2) = (with.beta1, with.beta2);
        let (c1, c2) = (1.0 - beta1.powi(t), 1.0 - beta2.powi(t));
        // A young average follows faster, or it would remember its random start for long.
        let ema = with.ema.min((1.0 + t as f32) / (10.0 + t as f32));
        self.slots.par_iter_mut().for_each(|s| {
            // Biases, gains and tables are not decayed.
            let decay = if s.shape.len() >= 2 {
                with.lr * with.weight_decay
            } else {
                0.0
            };
            for (i, g) in s.grad.iter().enumerate() {
                let g = g * scale;
                s.first[i] += (1.0 - beta1) * (g - s.first[i]);
                s.second[i] += (1.0 - beta2) * (g * g - s.second[i]);
                let v = s.value[i];
                s.value[i] = v - decay * v - with.lr * (s.first[i] / c1) / ((s.second[i] / c2).sqrt() + EPSILON);
            }
            for (a, v) in s.average.iter_mut().zip(&s.value) {
                *a += (1.0 - ema) * (v - *a);
            }
            s.grad.clear();
        });
        (self.apply(module, device), norm)
    }

    /// The module with the masters as its weights, ready to be trained.
    pub(super) fn apply<M: Module>(&self, module: M, device: &Device) -> M {
        module.map(&mut Update {
            slots: self.slots.iter(),
            device: device.clone(),
        })
    }

    /// The averaged weights.
    pub(super) fn average(&self) -> Arrays {
        self.named(|s| &s.average)
    }

    /// The weights as they are.
    pub(super) fn current(&self) -> Arrays {
        self.named(|s| &s.value)
    }

    fn named(&self, which: fn(&Slot) -> &Vec<f32>) -> Arrays {
        let array = |s: &Slot| {
            let (shape, values) = (s.shape.clone(), which(s).clone());
            (s.name.clone(), Array { shape, values })
        };
        self.slots.iter().map(array).collect()
    }

    /// Everything, for a checkpoint.
    pub(super) fn arrays(&self) -> Arrays {
        let mut out = Arrays::new();
        for s in &self.slots {
            for (kind, values) in [
                ("value", &s.value),
                ("first", &s.first),
                ("second", &s.second),
                ("average", &s.average),
            ] {
                out.insert(
                    format!("{kind}.{}", s.name),
                    Array {
                        shape: s.shape.clone(),
                        values: values.clone(),
                    },
                );
            }
        }
        out
    }

    /// Takes up a checkpoint that holds this optimiser's state and nothing else.
    pub(super) fn resume(&mut self, saved: &Path) -> Result<(), TrainError> {
        let (arrays, meta) = checkpoint::load(saved)?;
        let step = meta.get("step").and_then(|s| s.parse().ok()).unwrap_or(0);
        self.restore(arrays, step).map_err(|what| TrainError::Checkpoint {
            path: saved.to_owned(),
            what,
        })
    }

    /// Takes up [`Self::arrays`] again; names what does not fit.
    pub(super) fn restore(&mut self, mut arrays: Arrays, step: u64) -> Result<(), String> {
        for s in &mut self.slots {
            for (kind, values) in [
                ("value", &mut s.value),
                ("first", &mut s.first),
                ("second", &mut s.second),
                ("average", &mut s.average),
            ] {
                let name = format!("{kind}.{}", s.name);
                let array = arrays.remove(&name).ok_or_else(|| format!("`{name}` is missing"))?;
                if array.shape != s.shape {
                    return Err(format!("`{name}` has shape {:?}, expected {:?}", array.shape, s.shape));
                }
                *values = array.values;
            }
        }
        self.step = step;
        Ok(())
    }
}

/// Warm-up, then a cosine down to a tenth.
pub(super) fn learning_rate(peak: f32, step: u64, warmup: u64, steps: u64) -> f32 {
    if step < warmup {
        return peak * (step + 1) as f32 / warmup as f32;
    }
    let share = (step - warmup) as f32 / (steps.saturating_sub(warmup)).max(1) as f32;
    peak * (0.1 + 0.45 * (1.0 + (std::f32::consts::PI * share.min(1.0)).cos()))
}

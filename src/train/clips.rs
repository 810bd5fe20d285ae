//! stub
use super::run::{Run, TrainError};
use crate::control::{LatentControl, Lens};
use crate::data::Split;
pub(super) struct Clips { lens: Lens }
impl Clips {
    pub(super) fn open(_run: &Run, _split: Split) -> Result<Self, TrainError> { todo!() }
    pub(super) fn len(&self) -> usize { 0 }
    pub(super) fn lens(&self) -> &Lens { &self.lens }
    pub(super) fn latents(&self) -> usize { 0 }
    pub(super) fn caption(&self, _clip: usize) -> &str { "" }
    pub(super) fn frame(&self, _clip: usize, _frame: usize) -> Result<Vec<f32>, TrainError> { todo!() }
    pub(super) fn latent_frames(&self, _clip: usize, _latent: usize) -> Result<[Vec<f32>; 4], TrainError> { todo!() }
    pub(super) fn inverse_depth(&self, _clip: usize, _frame: usize) -> Result<Vec<f32>, TrainError> { todo!() }
    pub(super) fn controls(&self, _clip: usize) -> Result<Vec<LatentControl>, TrainError> { todo!() }
}

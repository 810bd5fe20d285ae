//! Networks: layers, weight names, and one sub-folder a family.

pub mod aapt;
mod conv;
pub mod nn;
pub mod pointwise;
pub mod probe;
pub mod weights;

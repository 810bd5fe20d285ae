//! The workshop: recipe in, generator file out. One file a stage; every stage reads top to bottom.

mod adapt;
mod adversarial;
mod autoencoder;
mod checkpoint;
mod clips;
mod depth;
mod distill;
mod duel;
mod export;
mod inherit;
mod latents;
mod losses;
mod optim;
mod paint;
mod pairs;
mod pretrain;
mod probe;
mod recipe;
#[cfg(test)]
mod recipe_tests;
mod run;
mod samples;
mod sequence;
mod start;
mod steps;
mod student;
mod student_batch;
#[cfg(test)]
mod tests;
mod throughput;

pub use clips::CHANGING;
pub use export::export;
pub use recipe::{DataRecipe, Recipe};
pub use run::{Run, Stage, TrainError, train};
pub use throughput::{StageRate, Throughput, throughput};

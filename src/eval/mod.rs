//! How good a generator is: measured against the renderer's own truth for worlds and walks it has never seen.

pub mod by_hand;
pub mod motion;
pub mod plot;
pub mod quality;
pub mod report;
pub mod words;
pub mod worlds;

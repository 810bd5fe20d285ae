//! Recording: H.264 in fragmented MP4 (a killed program leaves a file that plays), PNG screenshots, contact sheets, GIFs.
//!
//! [`Mp4Writer`] runs on the caller's thread; [`Recorder`] puts one on a thread of its own, named "recorder".

mod encoder;
mod error;
mod first;
#[cfg(test)]
mod fuzz_tests;
mod length;
mod mux;
mod picture;
mod recorder;
#[cfg(test)]
mod tests;
mod writer;
mod yuv;

pub use error::RecordError;
pub use first::first_picture;
pub use length::length_secs;
pub use picture::{contact_sheet, save_gif, save_png};
pub use recorder::{RecordStatus, Recorder, Summary};
pub use writer::Mp4Writer;

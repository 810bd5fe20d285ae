//! Recording: H.264 in fragmented MP4 (a killed program leaves a file that plays), PNG screenshots, contact sheets, GIFs.
//!
//! [`Mp4Writer`] runs on the caller's thread; [`Recorder`] puts one on a thread of its own, named "recorder".

mod boxes;
mod disk;
mod encoder;
mod error;
mod first;
#[cfg(test)]
mod fuzz_tests;
mod gif;
mod keys;
mod length;
mod mux;
mod notes;
mod picture;
mod quality;
mod recorder;
mod tags;
#[cfg(test)]
mod tests;
mod writer;
mod yuv;

pub use error::RecordError;
pub use first::first_picture;
pub use gif::GifWriter;
pub use keys::draw_keys;
pub use length::{Length, length};
pub use notes::{is_mp4, notes};
pub use picture::{contact_sheet, save_png};
pub use quality::{Quality, Style};
pub use recorder::{RecordStatus, Recorder, Summary};
pub use tags::Tags;
pub use writer::Mp4Writer;

//! Notes in a recording: text that goes into boxes of its own between the fragments, so that a file that ends anywhere holds
//! the notes of all that it shows. What they say is not this module's business.

use std::path::Path;

use super::RecordError;
use super::boxes::{Boxes, whole};

/// What marks our boxes among all `uuid` boxes: 7f2543b9-a8b6-439f-9251-1727fcc5e204.
const UUID: [u8; 16] = 0x7f25_43b9_a8b6_439f_9251_1727_fcc5_e204_u128.to_be_bytes();
/// Notes of a walk of days; more is a sign of another kind of file.
const MOST_BYTES: u64 = 1 << 30;

/// A box that holds this text.
pub(super) fn note_box(text: &[u8]) -> Vec<u8> {
    whole(b"uuid", &[&UUID, text])
}

/// Whether a file is an MP4, by its beginning.
pub fn is_mp4(path: &Path) -> bool {
    let first = Boxes::open(path).and_then(|mut boxes| boxes.next());
    first.is_ok_and(|first| first.is_some_and(|first| &first.kind == b"ftyp"))
}

/// All notes of a recording in order; empty for an MP4 of somebody else.
pub fn notes(path: &Path) -> Result<Vec<u8>, RecordError> {
    let read = || {
        let mut boxes = Boxes::open(path)?;
        let mut text = Vec::new();
        while let Some(found) = boxes.next()? {
            if &found.kind == b"uuid" && found.bytes >= UUID.len() as u64 {
                let body = boxes.body(&found, MOST_BYTES - text.len() as u64)?;
                text.extend_from_slice(body.strip_prefix(&UUID).unwrap_or_default());
            }
        }
        Ok(text)
    };
    read().map_err(|source| RecordError::Read {
        path: path.to_owned(),
        source,
    })
}

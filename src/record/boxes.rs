//! The boxes of an MP4 file one after the other, without reading what is in them, and the boxes that we write by hand.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// A box at the top of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TopBox {
    pub(super) kind: [u8; 4],
    /// Where its body begins in the file.
    at: u64,
    /// Length of its body.
    pub(super) bytes: u64,
}

/// Goes through a file box by box; one that is cut off is the end.
pub(super) struct Boxes {
    file: File,
    at: u64,
    end: u64,
}

impl Boxes {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let end = file.metadata()?.len();
        Ok(Self { file, at: 0, end })
    }

    pub(super) fn next(&mut self) -> io::Result<Option<TopBox>> {
        if self.end - self.at < 8 {
            return Ok(None);
        }
        let mut head = [0; 8];
        self.file.seek(SeekFrom::Start(self.at))?;
        self.file.read_exact(&mut head)?;
        let [a, b, c, d, kind @ ..] = head;
        let bytes = u64::from(u32::from_be_bytes([a, b, c, d]));
        // Ours are never so large that their length needs 64 bits.
        if bytes < 8 || bytes > self.end - self.at {
            return Ok(None);
        }
        let found = TopBox {
            kind,
            at: self.at + 8,
            bytes: bytes - 8,
        };
        self.at += bytes;
        Ok(Some(found))
    }

    /// The body of a box; one of more than `most` bytes is an error.
    pub(super) fn body(&mut self, of: &TopBox, most: u64) -> io::Result<Vec<u8>> {
        if of.bytes > most {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a box is too large"));
        }
        let mut body = vec![0; of.bytes as usize];
        self.file.seek(SeekFrom::Start(of.at))?;
        self.file.read_exact(&mut body)?;
        Ok(body)
    }
}

/// A whole box.
pub(super) fn whole(kind: &[u8; 4], body: &[&[u8]]) -> Vec<u8> {
    let bytes = 8 + body.iter().map(|part| part.len()).sum::<usize>();
    let mut whole = Vec::with_capacity(bytes);
    whole.extend((bytes as u32).to_be_bytes());
    whole.extend(kind);
    body.iter().for_each(|part| whole.extend_from_slice(part));
    whole
}

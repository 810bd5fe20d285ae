//! How long a finished recording is, from the head of its file.

use std::io::Read as _;
use std::path::Path;

/// The head of a recording is well below this.
const HEAD_BYTES: u64 = 16 << 10;

/// Seconds of a recording that was finished; `None` for one that was cut off, or no recording of ours.
pub fn length_secs(path: &Path) -> Option<f64> {
    let mut head = Vec::new();
    std::fs::File::open(path)
        .ok()?
        .take(HEAD_BYTES)
        .read_to_end(&mut head)
        .ok()?;
    // Of the box `mvhd`: version and flags, two dates (of 8 bytes in version 1), ticks a second. Of `mehd`: version and
    // flags, the length in ticks.
    let scale = field(&head, b"mvhd", 1, 20).or_else(|| field(&head, b"mvhd", 0, 12))?;
    let scale = u32::from_be_bytes(scale);
    let ticks = u64::from_be_bytes(field(&head, b"mehd", 1, 4)?);
    (scale > 0).then(|| ticks as f64 / f64::from(scale))
}

/// Bytes of a box that lie `offset` bytes after its name, if its version is the expected one.
fn field<const N: usize>(head: &[u8], name: &[u8; 4], version: u8, offset: usize) -> Option<[u8; N]> {
    let at = head.windows(4).position(|w| w == name)? + 4;
    if *head.get(at)? != version {
        return None;
    }
    head.get(at + offset..at + offset + N)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Frame;
    use crate::record::Mp4Writer;

    #[test]
    fn a_finished_recording_tells_its_length_and_other_files_tell_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("walk.mp4");
        let mut writer = Mp4Writer::create(&path, 32, 32, 24.0).unwrap();
        for i in 0..36 {
            writer.push(&Frame::from_rgb(32, 32, &[40; 32 * 32 * 3], i)).unwrap();
        }
        assert_eq!(length_secs(&path), None, "it is not finished");
        writer.finish().unwrap();
        let secs = length_secs(&path).unwrap();
        assert!((secs - 1.5).abs() < 1e-6, "{secs}");
        std::fs::write(&path, b"mvhd mehd").unwrap();
        assert_eq!(length_secs(&path), None);
        assert_eq!(length_secs(&dir.path().join("none.mp4")), None);
    }
}

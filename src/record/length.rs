//! How long a recording is. A finished one says so in its head; of one that was cut off the fragments tell.

use std::path::Path;

use mp4_atom::{Atom as _, Moof, Moov};

use super::boxes::Boxes;

/// The head of a recording, or of a fragment of it, is well below this.
const MOST_HEAD_BYTES: u64 = 1 << 20;

/// The length of a recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Length {
    /// Seconds that play.
    pub secs: f64,
    /// It was ended, not cut off.
    pub finished: bool,
}

/// Length of a recording; `None` for one that was cut off before its first picture, or no recording at all.
pub fn length(path: &Path) -> Option<Length> {
    let mut boxes = Boxes::open(path).ok()?;
    let mut scale = None;
    let mut end = None;
    while let Some(found) = boxes.next().ok()? {
        match &found.kind {
            b"moov" => {
                let body = boxes.body(&found, MOST_HEAD_BYTES).ok()?;
                let moov = Moov::decode_body(&mut body.as_slice()).ok()?;
                let track = moov.trak.first()?;
                let ticks_per_sec = f64::from(track.mdia.mdhd.timescale);
                let told = moov.mvex.as_ref().and_then(|mvex| mvex.mehd.as_ref());
                if let Some(mehd) = told {
                    return seconds(mehd.fragment_duration, ticks_per_sec, true);
                }
                let step = moov.mvex.as_ref()?.trex.first()?.default_sample_duration;
                scale = Some((ticks_per_sec, step));
            }
            b"moof" => {
                let body = boxes.body(&found, MOST_HEAD_BYTES).ok()?;
                let moof = Moof::decode_body(&mut body.as_slice()).ok()?;
                let fragment = moof.traf.first()?;
                let (_, step) = scale?;
                let run = fragment.trun.first()?.samples.iter();
                let ticks: u64 = run.map(|entry| u64::from(entry.duration.unwrap_or(step))).sum();
                end = fragment.tfdt.as_ref()?.base_media_decode_time.checked_add(ticks);
            }
            _ => {}
        }
    }
    seconds(end?, scale?.0, false)
}

fn seconds(ticks: u64, ticks_per_sec: f64, finished: bool) -> Option<Length> {
    (ticks_per_sec > 0.0).then(|| Length {
        secs: ticks as f64 / ticks_per_sec,
        finished,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Frame;
    use crate::record::{Mp4Writer, Quality};

    #[test]
    fn a_recording_tells_its_length_also_when_it_was_cut_off_and_other_files_tell_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("walk.mp4");
        let mut writer = Mp4Writer::create(&path, 32, 32, 24.0, Quality::Good).unwrap();
        for i in 0..30 {
            writer.push(&Frame::from_rgb(32, 32, &[40; 32 * 32 * 3], i)).unwrap();
        }
        let told = |finished, secs| Some(Length { secs, finished });
        assert_eq!(length(&path), told(false, 1.0), "two fragments are on the disk");
        writer.finish().unwrap();
        assert_eq!(length(&path), told(true, 1.25));
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..200]).unwrap();
        assert_eq!(length(&path), None, "cut off in its head");
        std::fs::write(&path, b"mvhd mehd").unwrap();
        assert_eq!(length(&path), None);
        assert_eq!(length(&dir.path().join("none.mp4")), None);
    }
}

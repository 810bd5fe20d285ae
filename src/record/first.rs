//! The first picture of a recording, for its card on the first screen.

use std::path::Path;

use mp4_atom::{Atom as _, Codec, Moof, Moov};
use openh264::decoder::Decoder;
use openh264::formats::YUVSource as _;

use super::boxes::Boxes;
use super::yuv;
use crate::frame::Frame;

/// A second of a recording is well below this.
const MOST_BYTES: u64 = 32 << 20;
/// Larger pictures are not of ours.
const LARGEST_PX: usize = 4096;

/// The first picture of a recording; `None` for one that was cut off before it, or no recording of ours.
pub fn first_picture(path: &Path) -> Option<Frame> {
    let mut boxes = Boxes::open(path).ok()?;
    let (mut stream, mut first_bytes) = (Vec::new(), None);
    while let Some(found) = boxes.next().ok()? {
        let mut body = || boxes.body(&found, MOST_BYTES).ok();
        match &found.kind {
            b"moov" => {
                let moov = Moov::decode_body(&mut body()?.as_slice()).ok()?;
                let media = &moov.trak.first()?.mdia;
                let Codec::Avc1(avc1) = media.minf.stbl.stsd.codecs.first()? else {
                    return None;
                };
                if media.hdlr.name != "Farwander" {
                    return None;
                }
                let sets = [&avc1.avcc.sequence_parameter_sets, &avc1.avcc.picture_parameter_sets];
                for set in sets {
                    stream.extend([0, 0, 0, 1]);
                    stream.extend(set.first()?);
                }
            }
            b"moof" => {
                let moof = Moof::decode_body(&mut body()?.as_slice()).ok()?;
                let run = moof.traf.first()?.trun.first()?;
                first_bytes = run.samples.iter().next()?.size;
            }
            b"mdat" => {
                let body = body()?;
                let mut sample = body.get(..first_bytes? as usize)?;
                while let Some((length, tail)) = sample.split_first_chunk::<4>() {
                    let (unit, tail) = tail.split_at_checked(u32::from_be_bytes(*length) as usize)?;
                    stream.extend([0, 0, 0, 1]);
                    stream.extend(unit);
                    sample = tail;
                }
                return decode(&stream);
            }
            _ => {}
        }
    }
    None
}

fn decode(stream: &[u8]) -> Option<Frame> {
    let mut decoder = Decoder::new().ok()?;
    let picture = decoder.decode(stream).ok()??;
    let (width_px, height_px) = picture.dimensions();
    (width_px <= LARGEST_PX && height_px <= LARGEST_PX)
        .then(|| Frame::from_rgb(width_px, height_px, &yuv::to_rgb(&picture), 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Mp4Writer, Quality};

    #[test]
    fn a_recording_shows_its_first_picture_and_other_files_show_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("walk.mp4");
        let mut writer = Mp4Writer::create(&path, 48, 32, 24.0, Quality::Good).unwrap();
        for i in 0..30u8 {
            let rgb: Vec<u8> = [200 - 4 * i, 90, 30 + i].repeat(48 * 32);
            writer.push(&Frame::from_rgb(48, 32, &rgb, u64::from(i))).unwrap();
        }
        writer.finish().unwrap();
        let first = first_picture(&path).unwrap();
        assert_eq!((first.width_px, first.height_px), (48, 32));
        for (found, expected) in first.rgba[..3].iter().zip([200u8, 90, 30]) {
            assert!(found.abs_diff(expected) < 6, "{:?}", &first.rgba[..3]);
        }
        let whole = std::fs::read(&path).unwrap();
        for length in [0, 7, 300, whole.len().min(900)] {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(first_picture(&path).is_none(), "cut at {length}");
        }
        std::fs::write(&path, b"moov mdat").unwrap();
        assert!(first_picture(&path).is_none());
        assert!(first_picture(&dir.path().join("none.mp4")).is_none());
    }
}

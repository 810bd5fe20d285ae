//! The boxes of a fragmented MP4 with one H.264 track: `ftyp` + `moov` first, then `moof` + `mdat` again and again.
//! Every fragment stands alone, so a file that ends anywhere plays up to its last whole fragment. A complete file ends in
//! an index (`mfra`).

use mp4_atom::{
    Avc1, Avcc, Codec, Colr, Dinf, Dref, DrefEntry, Encode, FourCC, FragmentInfo, Ftyp, Hdlr, Mdhd, Mdia, Mehd, Mfhd,
    Mfra, Mfro, Minf, Moof, Moov, Mvex, Mvhd, Pasp, Stbl, Stco, Stsd, Tfdt, Tfhd, Tfra, Tkhd, Traf, Trak, Trex, Trun,
    TrunEntry, Url, Visual, Vmhd,
};

use super::encoder::{ParameterSets, Sample};
use super::{RecordError, Tags};

const TRACK: u32 = 1;
// ISO/IEC 14496-12, 8.8.3.1: "depends on nothing" and "depends on others, not a sync sample".
const KEYFRAME_FLAGS: u32 = 0x0200_0000;
const DELTA_FLAGS: u32 = 0x0101_0000;
// Both BT.709 entries of ISO/IEC 23091-2, as in the stream's own headers.
const BT709: u16 = 1;

/// Time units: `scale` units are a second, a frame lasts `frame` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeBase {
    pub(super) scale: u32,
    pub(super) frame: u32,
}

impl TimeBase {
    /// Exact for whole and thousandth rates and for the television rates (24000/1001 and so on).
    pub(super) fn of(frames_per_sec: f64) -> Self {
        let television = (frames_per_sec * 1.001).round() * 1000.0;
        if frames_per_sec.fract() != 0.0 && (television / 1001.0 - frames_per_sec).abs() < 5e-3 {
            return Self {
                scale: television as u32,
                frame: 1001,
            };
        }
        Self {
            scale: (frames_per_sec * 1000.0).round() as u32,
            frame: 1000,
        }
    }
}

/// The head of a file, and where in it the length of the whole can be filled in at the end.
pub(super) struct Head {
    pub(super) bytes: Vec<u8>,
    /// Offset of the box that says `free` and becomes `mehd` once the length is known.
    mehd_at: usize,
}

impl Head {
    pub(super) fn new(
        width_px: usize,
        height_px: usize,
        time: TimeBase,
        sets: &ParameterSets,
        tags: Option<&Tags>,
    ) -> Result<Self, RecordError> {
        let mut bytes = Vec::new();
        Ftyp {
            major_brand: FourCC::new(b"iso5"),
            minor_version: 512,
            compatible_brands: [b"iso5", b"iso6", b"avc1", b"mp41"].map(FourCC::new).into(),
        }
        .encode(&mut bytes)
        .map_err(mux)?;
        let mut moov_bytes = Vec::new();
        moov(width_px, height_px, time, sets)?
            .encode(&mut moov_bytes)
            .map_err(mux)?;
        if let Some(tags) = tags {
            moov_bytes.extend(tags.udta());
            let size = (moov_bytes.len() as u32).to_be_bytes();
            moov_bytes[..4].copy_from_slice(&size);
        }
        let mehd_at = bytes.len()
            + moov_bytes
                .windows(4)
                .position(|w| w == b"mehd")
                .ok_or_else(|| RecordError::Mux("no mehd box".to_owned()))?;
        bytes.extend(moov_bytes);
        bytes[mehd_at..mehd_at + 4].copy_from_slice(b"free");
        Ok(Self { bytes, mehd_at })
    }

    /// What to write, and at which offset, once the length is known: the box's name, version and duration.
    pub(super) fn length_patch(&self, time: TimeBase, frame_times: u64) -> (u64, Vec<u8>) {
        let mut patch = b"mehd".to_vec();
        patch.extend([1, 0, 0, 0]); // version 1: a duration of 64 bits
        patch.extend((frame_times * u64::from(time.frame)).to_be_bytes());
        (self.mehd_at as u64, patch)
    }
}

fn moov(width_px: usize, height_px: usize, time: TimeBase, sets: &ParameterSets) -> Result<Moov, RecordError> {
    let (width, height) = (width_px as u16, height_px as u16);
    let avc1 = Avc1 {
        visual: Visual {
            data_reference_index: 1,
            width,
            height,
            ..Visual::default()
        },
        avcc: Avcc::new(&sets.sps, &sets.pps).map_err(mux)?,
        colr: Some(Colr::new(BT709, BT709, BT709, false).map_err(mux)?),
        pasp: Some(Pasp {
            h_spacing: 1,
            v_spacing: 1,
        }),
        ..Avc1::default()
    };
    let stbl = Stbl {
        stsd: Stsd {
            codecs: vec![Codec::Avc1(avc1)],
        },
        stco: Some(Stco::default()),
        ..Stbl::default()
    };
    let mdia = Mdia {
        mdhd: Mdhd {
            timescale: time.scale,
            language: "und".to_owned(),
            ..Mdhd::default()
        },
        hdlr: Hdlr {
            handler: FourCC::new(b"vide"),
            name: "Farwander".to_owned(),
        },
        minf: Minf {
            vmhd: Some(Vmhd::default()),
            dinf: Dinf {
                dref: Dref {
                    entries: vec![DrefEntry::Url(Url::default())],
                },
            },
            stbl,
            ..Minf::default()
        },
    };
    Ok(Moov {
        mvhd: Mvhd {
            timescale: time.scale,
            rate: 1.into(),
            volume: 1.into(),
            next_track_id: TRACK + 1,
            ..Mvhd::default()
        },
        trak: vec![Trak {
            tkhd: Tkhd {
                track_id: TRACK,
                enabled: true,
                in_movie: true,
                width: width.into(),
                height: height.into(),
                ..Tkhd::default()
            },
            mdia,
            ..Trak::default()
        }],
        mvex: Some(Mvex {
            // Version 1 is always written, so that the patch of `Head::length_patch` fits.
            mehd: Some(Mehd::default()),
            trex: vec![Trex {
                track_id: TRACK,
                default_sample_description_index: 1,
                default_sample_duration: time.frame,
                default_sample_size: 0,
                default_sample_flags: DELTA_FLAGS,
            }],
        }),
        ..Moov::default()
    })
}

/// One encoded frame and how long it stays, in frame times: more than one where frames after it are missing.
pub(super) struct Shown {
    pub(super) sample: Sample,
    pub(super) frame_times: u32,
}

/// `moof` + `mdat` of consecutive frames. `number` counts fragments from 1; the first frame is due after so many frame times.
pub(super) fn fragment(number: u32, due: u64, time: TimeBase, frames: &[Shown]) -> Result<Vec<u8>, RecordError> {
    // All samples have a duration of their own or none has.
    let gaps = frames.iter().any(|shown| shown.frame_times != 1);
    let samples = || frames.iter().map(|shown| &shown.sample);
    let entries = |Shown { sample: s, frame_times }: &Shown| TrunEntry {
        duration: gaps.then_some(frame_times * time.frame),
        size: Some(s.bytes.len() as u32),
        flags: Some(if s.keyframe { KEYFRAME_FLAGS } else { DELTA_FLAGS }),
        ..TrunEntry::default()
    };
    let moof = |data_offset: i32| Moof {
        mfhd: Mfhd {
            sequence_number: number,
        },
        traf: vec![Traf {
            tfhd: Tfhd {
                track_id: TRACK,
                default_base_is_moof: true,
                ..Tfhd::default()
            },
            tfdt: Some(Tfdt {
                base_media_decode_time: due * u64::from(time.frame),
            }),
            trun: vec![Trun {
                data_offset: Some(data_offset),
                samples: frames.iter().map(entries).collect::<Vec<_>>().into(),
            }],
            ..Traf::default()
        }],
    };
    // The offset's own size does not depend on its value: measure, then write.
    let mut bytes = Vec::new();
    moof(0).encode(&mut bytes).map_err(mux)?;
    let head = bytes.len();
    bytes.clear();
    moof((head + 8) as i32).encode(&mut bytes).map_err(mux)?;

    let data: usize = samples().map(|s| s.bytes.len()).sum();
    bytes.extend(((data + 8) as u32).to_be_bytes());
    bytes.extend(b"mdat");
    for sample in samples() {
        bytes.extend_from_slice(&sample.bytes);
    }
    Ok(bytes)
}

/// The index at the end of a complete file: where each fragment begins, by frame times and by byte. Players seek with it.
pub(super) fn index(time: TimeBase, fragments: &[(u64, u64)]) -> Result<Vec<u8>, RecordError> {
    let entry = |&(due, moof_offset): &(u64, u64)| FragmentInfo {
        time: due * u64::from(time.frame),
        moof_offset,
        traf_number: 1,
        trun_number: 1,
        sample_delta: 1,
    };
    let mut mfra = Mfra {
        tfra: vec![Tfra {
            track_id: TRACK,
            entries: fragments.iter().map(entry).collect(),
        }],
        mfro: Mfro::default(),
    };
    // The last field is the length of the whole.
    let mut bytes = Vec::new();
    mfra.encode(&mut bytes).map_err(mux)?;
    mfra.mfro.parent_size = bytes.len() as u32;
    bytes.clear();
    mfra.encode(&mut bytes).map_err(mux)?;
    Ok(bytes)
}

fn mux(error: mp4_atom::Error) -> RecordError {
    RecordError::Mux(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_rates_are_exact() {
        let of = |rate| {
            let t = TimeBase::of(rate);
            (t.scale, t.frame)
        };
        assert_eq!(of(24.0), (24_000, 1000));
        assert_eq!(of(12.5), (12_500, 1000));
        assert_eq!(of(24_000.0 / 1001.0), (24_000, 1001));
        assert_eq!(of(29.97), (30_000, 1001));
        assert_eq!(of(0.5), (500, 1000));
        assert_eq!(of(60.0), (60_000, 1000));
    }
}

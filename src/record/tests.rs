//! The recording as a whole: what is written plays back in the right colours, at the right rate, and after a kill.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mp4_atom::{Any, Codec, DecodeMaybe as _, Mfra, Moov};
use openh264::decoder::Decoder;
use openh264::formats::YUVSource as _;

use super::*;
use crate::control::Keys;
use crate::frame::Frame;

#[cfg(test)] // as the file is
#[path = "recorder_tests.rs"]
mod recorder_tests;

const W: usize = 192;
const H: usize = 112;
const RATE: f64 = 24.0;

/// A smooth colour picture that moves and has every hue in it.
fn picture(width_px: usize, height_px: usize, index: u64) -> Frame {
    let mut rgb = Vec::with_capacity(3 * width_px * height_px);
    let t = index as f32 / 24.0;
    for y in 0..height_px {
        for x in 0..width_px {
            let (u, v) = (x as f32 / width_px as f32, y as f32 / height_px as f32);
            for shift in [0.0, 2.1, 4.2] {
                let wave = libm::sinf(6.0 * u + shift + t) * libm::cosf(2.5 * v + 0.5 * t);
                rgb.push((127.5 + 120.0 * wave) as u8);
            }
        }
    }
    Frame::from_rgb(width_px, height_px, &rgb, index)
}

struct Video {
    moov: Moov,
    /// Annex B samples in order, each with its decode time and whether it is a keyframe.
    samples: Vec<(u64, bool, Vec<u8>)>,
    index: Option<Mfra>,
}

/// Reads a file as a player does: whole boxes only, whatever stands at its end is ignored. `None` without a header.
fn read(bytes: &[u8]) -> Option<Video> {
    let mut rest = bytes;
    let mut video: Option<Video> = None;
    let mut run = Vec::new();
    let mut sets = Vec::new();
    while let Ok(Some(atom)) = Any::decode_maybe(&mut rest) {
        match atom {
            Any::Moov(moov) => {
                let Codec::Avc1(avc1) = &moov.trak[0].mdia.minf.stbl.stsd.codecs[0] else {
                    panic!("not H.264");
                };
                for set in [
                    &avc1.avcc.sequence_parameter_sets[0],
                    &avc1.avcc.picture_parameter_sets[0],
                ] {
                    sets.extend([0, 0, 0, 1]);
                    sets.extend(set);
                }
                let samples = Vec::new();
                video = Some(Video {
                    moov,
                    samples,
                    index: None,
                });
            }
            Any::Moof(moof) => {
                let traf = &moof.traf[0];
                let mut time = traf.tfdt.as_ref().unwrap().base_media_decode_time;
                let step = video.as_ref()?.moov.mvex.as_ref().unwrap().trex[0].default_sample_duration;
                run.clear();
                for entry in &traf.trun[0].samples {
                    let keyframe = entry.flags.unwrap() & 0x0001_0000 == 0;
                    run.push((time, keyframe, entry.size.unwrap() as usize));
                    time += u64::from(step);
                }
                assert!(run[0].1, "a fragment begins without a keyframe");
            }
            Any::Mdat(mdat) => {
                let mut data = mdat.data.as_slice();
                for &(time, keyframe, size) in &run {
                    let (mut sample, after) = data.split_at(size);
                    data = after;
                    let mut nals = if keyframe { sets.clone() } else { Vec::new() };
                    while let Some((length, tail)) = sample.split_first_chunk::<4>() {
                        let (nal, tail) = tail.split_at(u32::from_be_bytes(*length) as usize);
                        nals.extend([0, 0, 0, 1]);
                        nals.extend(nal);
                        sample = tail;
                    }
                    video.as_mut()?.samples.push((time, keyframe, nals));
                }
                assert!(data.is_empty(), "mdat holds more than its moof says");
            }
            Any::Mfra(index) => video.as_mut()?.index = Some(index),
            _ => {}
        }
    }
    video
}

/// Decodes every sample to RGB; panics if one fails.
fn decode(video: &Video) -> Vec<Vec<u8>> {
    let mut decoder = Decoder::new().unwrap();
    let one = |(_, _, nals): &(u64, bool, Vec<u8>)| {
        let picture = decoder.decode(nals).unwrap().expect("a picture");
        assert_eq!(picture.dimensions().0 % 2, 0);
        yuv::to_rgb(&picture)
    };
    video.samples.iter().map(one).collect()
}

fn psnr_db(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    let square = |(a, b): (&u8, &u8)| (f64::from(*a) - f64::from(*b)).powi(2);
    let mse = a.iter().zip(b).map(square).sum::<f64>() / a.len() as f64;
    10.0 * (255.0 * 255.0 / mse.max(1e-9)).log10()
}

fn write(path: &Path, frames: u64) {
    let mut writer = Mp4Writer::create(path, W, H, RATE, Quality::Good).unwrap();
    for i in 0..frames {
        writer.push(&picture(W, H, i)).unwrap();
    }
    assert_eq!(writer.finish().unwrap(), frames);
}

#[test]
fn colours_survive_and_times_are_exact() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("walk.mp4");
    write(&path, 31);
    let video = read(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(video.samples.len(), 31);
    assert_eq!(video.moov.trak[0].mdia.mdhd.timescale, 24_000);
    assert!(video.samples.iter().enumerate().all(|(i, s)| s.0 == 1000 * i as u64));
    let keyframes: Vec<_> = (0..31).filter(|&i| video.samples[i].1).collect();
    assert_eq!(keyframes, [0, 12, 24]);
    let mehd = video.moov.mvex.as_ref().unwrap().mehd.as_ref();
    assert_eq!(mehd.unwrap().fragment_duration, 31_000);
    let index = video.index.as_ref().expect("an index");
    let bytes = std::fs::read(&path).unwrap();
    for (entry, keyframe) in index.tfra[0].entries.iter().zip([0, 12, 24]) {
        assert_eq!(entry.time, 1000 * keyframe);
        assert_eq!(&bytes[entry.moof_offset as usize + 4..][..4], b"moof");
    }
    let tail = u32::from_be_bytes(*bytes.last_chunk().unwrap()) as usize;
    assert_eq!(&bytes[bytes.len() - tail + 4..][..4], b"mfra");
    for (i, rgb) in decode(&video).iter().enumerate() {
        let db = psnr_db(rgb, &picture(W, H, i as u64).to_rgb());
        assert!(db > 35.0, "frame {i}: {db:.1} dB");
    }
}

#[test]
fn the_same_frames_make_the_same_file() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (dir.path().join("a.mp4"), dir.path().join("b.mp4"));
    write(&a, 26);
    write(&b, 26);
    assert!(std::fs::read(a).unwrap() == std::fs::read(b).unwrap());
}

#[test]
fn a_file_cut_off_anywhere_plays_up_to_its_last_whole_fragment() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("walk.mp4");
    write(&path, 60);
    let whole = std::fs::read(&path).unwrap();
    let header_end = whole.windows(4).position(|w| w == b"moof").unwrap() - 4;
    let mut before = 0;
    for cut in (header_end..=whole.len()).step_by(97).chain([whole.len()]) {
        let count = read(&whole[..cut]).expect("a header").samples.len();
        assert!(count.is_multiple_of(12) && count >= before, "{count} at {cut}");
        before = count;
    }
    assert_eq!(before, 60);
    let half = read(&whole[..whole.len() / 2]).unwrap();
    assert_eq!(decode(&half).len(), half.samples.len());
}

#[test]
fn noise_is_recorded_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("noise.mp4");
    let (w, h) = (640, 360);
    let mut writer = Mp4Writer::create(&path, w, h, RATE, Quality::Good).unwrap();
    // Noise in the middle of a fragment, and a calm picture again in the one after the next.
    for i in 0..30 {
        let noisy = (5..14).contains(&i);
        let mut frame = picture(w, h, i);
        if noisy {
            let mut state = i + 1;
            let mut byte = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 56) as u8
            };
            let rgb: Vec<u8> = (0..3 * w * h).map(|_| byte()).collect();
            frame = Frame::from_rgb(w, h, &rgb, i);
        }
        writer.push(&frame).unwrap();
    }
    assert_eq!(writer.finish().unwrap(), 30);
    let video = read(&std::fs::read(&path).unwrap()).unwrap();
    let frames = decode(&video);
    assert_eq!(frames.len(), 30);
    for i in [0, 4, 29] {
        let db = psnr_db(&frames[i], &picture(w, h, i as u64).to_rgb());
        assert!(db > 35.0, "frame {i}: {db:.1} dB");
    }
}

#[test]
fn odd_sizes_grow_by_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("odd.mp4");
    let mut writer = Mp4Writer::create(&path, 33, 17, 10.0, Quality::Good).unwrap();
    writer.push(&picture(33, 17, 0)).unwrap();
    writer.finish().unwrap();
    let video = read(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(decode(&video)[0].len(), 3 * 34 * 18);
}

#[test]
fn trouble_is_one_sentence_that_names_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, b"x").unwrap();
    let create = |p: &Path| {
        Mp4Writer::create(p, W, H, RATE, Quality::Good)
            .err()
            .unwrap()
            .to_string()
    };
    let missing = create(&dir.path().join("no/walk.mp4"));
    assert!(missing.contains("no does not exist; create it"), "{missing}");
    let folder = create(dir.path());
    assert!(folder.contains("choose a file name"), "{folder}");
    let below = create(&file.join("walk.mp4"));
    assert!(below.contains("is not a folder"), "{below}");
    let size = Mp4Writer::create(&dir.path().join("a.mp4"), 8, 8, RATE, Quality::Good)
        .err()
        .unwrap();
    assert!(matches!(size, RecordError::Size { .. }), "{size}");
    let rate = Mp4Writer::create(&dir.path().join("a.mp4"), W, H, f64::NAN, Quality::Good)
        .err()
        .unwrap();
    assert!(matches!(rate, RecordError::Rate(_)), "{rate}");
    let mut writer = Mp4Writer::create(&dir.path().join("a.mp4"), W, H, RATE, Quality::Good).unwrap();
    let other = writer.push(&picture(W + 2, H, 0)).err().unwrap();
    assert!(matches!(other, RecordError::FrameSize { .. }), "{other}");
    assert_eq!(writer.finish().unwrap(), 0);
    assert!(!dir.path().join("a.mp4").exists());
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_stops_the_recording_but_not_the_walk() {
    let mut recorder = Recorder::start("/dev/full".into(), W, H, RATE, Style::default()).unwrap();
    // More frames than the queue holds: none of these calls may hang.
    for i in 0..100 {
        recorder.push(picture(W, H, i), Keys(0));
    }
    let start = Instant::now();
    while recorder.status().failed.is_none() && start.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let failed = recorder.status().failed.unwrap();
    assert!(
        failed.contains("/dev/full") && failed.contains("disk is full"),
        "{failed}"
    );
    assert!(matches!(recorder.finish(), Err(RecordError::File { .. })));
}

#[test]
fn the_recorder_writes_what_it_is_given() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("walk.mp4");
    let mut recorder = Recorder::start(path.clone(), W, H, RATE, Style::default()).unwrap();
    for i in 0..30 {
        recorder.push(picture(W, H, i), Keys(0));
    }
    let summary = recorder.finish().unwrap();
    assert_eq!((summary.frames, &summary.path), (30, &path));
    assert_eq!(read(&std::fs::read(&path).unwrap()).unwrap().samples.len(), 30);
}

#[test]
fn slow_frames_reach_the_disk_within_about_a_second() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("slow.mp4");
    let mut recorder = Recorder::start(path.clone(), W, H, RATE, Style::default()).unwrap();
    recorder.push(picture(W, H, 0), Keys(0));
    let start = Instant::now();
    let on_disk = || read(&std::fs::read(&path).unwrap()).map_or(0, |v| v.samples.len());
    while on_disk() == 0 && start.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(on_disk(), 1);
    recorder.push(picture(W, H, 1), Keys(0));
    recorder.finish().unwrap();
    let video = read(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(video.samples.iter().map(|s| s.1).collect::<Vec<_>>(), [true, true]);
    assert_eq!(decode(&video).len(), 2);
}

const CHILD_VARIABLE: &str = "FARWANDER_TEST_RECORD_TO";

#[test]
#[ignore = "runs only as the child of a_killed_program_leaves_a_file_that_plays"]
fn child_that_records_until_it_is_killed() {
    let Some(path) = std::env::var_os(CHILD_VARIABLE) else {
        return;
    };
    let mut recorder = Recorder::start(path.into(), W, H, RATE, Style::default()).unwrap();
    for i in 0.. {
        recorder.push(picture(W, H, i), Keys(0));
        println!("pushed {}", i + 1);
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
#[cfg(unix)]
fn a_killed_program_leaves_a_file_that_plays() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("walk.mp4");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture"])
        .arg("record::tests::child_that_records_until_it_is_killed")
        .env(CHILD_VARIABLE, &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let pushed = |line: String| line.split("pushed ").nth(1)?.trim().parse::<usize>().ok();
    let last = lines.map_while(Result::ok).filter_map(pushed).find(|&n| n >= 100);
    child.kill().unwrap(); // SIGKILL
    child.wait().unwrap();
    let video = read(&std::fs::read(&path).unwrap()).expect("a header");
    let (pushed, played) = (last.expect("the child pushed"), decode(&video).len());
    assert!(played + 24 >= pushed, "{played} of {pushed} frames survived the kill");
    assert!(
        video.moov.mvex.unwrap().mehd.is_none(),
        "no length is better than a wrong one"
    );
}

//! Recordings beyond their pictures: tags, notes, lost frames, quality, keys, a disk that fills up.

use std::sync::atomic::{AtomicU64, Ordering};

use mp4_atom::TrunSamples;

use super::*;

fn tags() -> Tags {
    Tags {
        title: "Vale: autumn".to_owned(),
        comment: "mehd moof mvhd ümläut".to_owned(),
        fields: vec![("seed", "7".to_owned()), ("package_sha256", "c0c0".to_owned())],
    }
}

#[test]
fn tags_stand_in_the_head_and_trouble_no_reader() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("walk.mp4");
    let mut writer = Mp4Writer::create(&path, W, H, RATE, Quality::Good).unwrap();
    writer.set_tags(tags());
    for i in 0..30 {
        writer.push(&picture(W, H, i)).unwrap();
    }
    writer.finish().unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let head = &bytes[..bytes.windows(4).position(|w| w == b"moov").unwrap() + 2000];
    for text in ["Vale: autumn", "ümläut", "seed", "c0c0", "Farwander "] {
        assert!(head.windows(text.len()).any(|w| w == text.as_bytes()), "{text}");
    }
    let video = read(&bytes).unwrap();
    let items = video.moov.udta.as_ref().unwrap().meta.as_ref().unwrap();
    assert!(format!("{items:?}").contains("Farwander "), "{items:?}");
    assert_eq!(decode(&video).len(), 30);
    assert!(first_picture(&path).is_some());
    assert_eq!(
        length(&path),
        Some(Length {
            secs: 1.25,
            finished: true
        })
    );
}

#[test]
fn notes_come_to_the_disk_with_the_frames_that_they_belong_to() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("walk.mp4");
    let mut writer = Mp4Writer::create(&path, W, H, RATE, Quality::Good).unwrap();
    for i in 0..60_u64 {
        writer.note(format!("{i}\n").as_bytes());
        writer.push(&picture(W, H, i)).unwrap();
    }
    writer.note(b"end\n");
    writer.finish().unwrap();
    let text = |path: &Path| String::from_utf8(notes(path).unwrap()).unwrap();
    let whole: String = (0..60).map(|i| format!("{i}\n")).collect();
    assert_eq!(text(&path), whole.clone() + "end\n");
    let bytes = std::fs::read(&path).unwrap();
    let cut = dir.path().join("cut.mp4");
    for end in (1000..bytes.len()).step_by(1237) {
        std::fs::write(&cut, &bytes[..end]).unwrap();
        let frames = read(&bytes[..end]).map_or(0, |video| video.samples.len());
        let lines = text(&cut).lines().filter(|line| *line != "end").count();
        assert!(
            lines >= frames && lines <= frames + 12,
            "{lines} notes of {frames} frames"
        );
        assert!(whole.starts_with(text(&cut).trim_end_matches("end\n")));
    }
    // The index still finds the fragments behind the notes.
    let video = read(&bytes).unwrap();
    for entry in &video.index.as_ref().unwrap().tfra[0].entries {
        assert_eq!(&bytes[entry.moof_offset as usize + 4..][..4], b"moof");
    }
    assert!(is_mp4(&path) && !is_mp4(dir.path()));
    std::fs::write(&cut, b"{}").unwrap();
    assert!(!is_mp4(&cut) && notes(&cut).unwrap().is_empty());
    assert!(
        notes(&dir.path().join("none"))
            .unwrap_err()
            .to_string()
            .contains("none")
    );
}

#[test]
fn where_frames_are_missing_the_ones_before_them_stay() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("walk.mp4");
    let mut writer = Mp4Writer::create(&path, W, H, RATE, Quality::Good).unwrap();
    for i in 0..30 {
        // In the middle of a fragment, and between two.
        match i {
            5 => writer.miss(3),
            12 => writer.miss(7),
            _ => {}
        }
        writer.push(&picture(W, H, i)).unwrap();
    }
    assert!((writer.seconds() - 40.0 / RATE).abs() < 1e-9);
    assert_eq!(writer.finish().unwrap(), 30);
    let bytes = std::fs::read(&path).unwrap();
    let mut rest = bytes.as_slice();
    let mut dues = Vec::new();
    while let Ok(Some(atom)) = Any::decode_maybe(&mut rest) {
        let Any::Moof(moof) = atom else { continue };
        let mut due = moof.traf[0].tfdt.as_ref().unwrap().base_media_decode_time;
        let samples: &TrunSamples = &moof.traf[0].trun[0].samples;
        for entry in samples.iter() {
            dues.push(due / 1000);
            due += u64::from(entry.duration.unwrap_or(1000));
        }
    }
    let expected: Vec<u64> = (0..5).chain(8..15).chain(22..40).collect();
    assert_eq!(dues, expected);
    assert_eq!(length(&path).unwrap().secs, 40.0 / RATE);
}

#[test]
fn a_recorder_that_is_too_slow_drops_frames_counts_them_and_keeps_time_and_notes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("walk.mp4");
    let mut recorder = Recorder::start(path.clone(), 640, 360, RATE, Style::default()).unwrap();
    let frame = picture(640, 360, 0);
    let began = Instant::now();
    for i in 0..200 {
        recorder.note(&format!("{i}\n"));
        recorder.push(frame.clone(), Keys(0));
    }
    assert!(began.elapsed() < Duration::from_secs(2), "the walk waits");
    assert!(recorder.status().dropped > 50);
    let summary = recorder.finish().unwrap();
    assert_eq!(summary.frames + summary.dropped, 200);
    assert!(summary.frames >= 64);
    let secs = length(&path).unwrap().secs;
    assert!((secs - 200.0 / RATE).abs() < 1e-9, "{secs}");
    let lines: Vec<_> = (0..200).map(|i| i.to_string()).collect();
    let text = String::from_utf8(notes(&path).unwrap()).unwrap();
    assert_eq!(text.lines().collect::<Vec<_>>(), lines);
}

#[test]
fn finer_qualities_are_nearer_to_the_picture_and_larger() {
    let dir = tempfile::tempdir().unwrap();
    let mut last = (0.0, 0);
    for quality in Quality::ALL {
        assert_eq!(quality.to_string().parse(), Ok(quality));
        let path = dir.path().join(quality.name());
        let mut writer = Mp4Writer::create(&path, W, H, RATE, quality).unwrap();
        for i in 0..24 {
            writer.push(&picture(W, H, i)).unwrap();
        }
        writer.finish().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let decoded = decode(&read(&bytes).unwrap());
        let db = psnr_db(&decoded[20], &picture(W, H, 20).to_rgb());
        assert!(
            db > last.0 + 1.0 && bytes.len() > last.1,
            "{quality}: {db:.1} dB, {} bytes",
            bytes.len()
        );
        last = (db, bytes.len());
    }
    assert!("huge".parse::<Quality>().is_err());
}

#[test]
fn keys_are_drawn_if_that_is_wanted() {
    let dir = tempfile::tempdir().unwrap();
    let shown = |keys: bool| {
        let path = dir.path().join("walk.mp4");
        let style = Style {
            keys,
            ..Style::default()
        };
        let mut recorder = Recorder::start(path.clone(), W, H, RATE, style).unwrap();
        recorder.push(Frame::from_rgb(W, H, &[90; 3 * W * H], 0), Keys::FORWARD);
        recorder.finish().unwrap();
        first_picture(&path).unwrap().to_rgb()
    };
    let lit = |rgb: Vec<u8>| rgb.iter().filter(|v| **v > 200).count();
    assert_eq!(lit(shown(false)), 0);
    // The cap of one key.
    assert!((100..300).contains(&lit(shown(true))), "{}", lit(shown(true)));
}

/// Room on a disk that is not there.
static ROOM: AtomicU64 = AtomicU64::new(u64::MAX);

#[test]
fn a_disk_that_is_nearly_full_ends_the_recording_with_the_file_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("walk.mp4");
    let room = |_: &Path| Ok(ROOM.load(Ordering::Relaxed));
    let mut recorder = Recorder::start_on(path.clone(), W, H, RATE, Style::default(), room).unwrap();
    let began = Instant::now();
    let mut pushed = 0;
    while recorder.status().failed.is_none() && began.elapsed() < Duration::from_secs(20) {
        if pushed == 20 {
            ROOM.store(99_900_000, Ordering::Relaxed);
        }
        recorder.push(picture(W, H, pushed), Keys(0));
        pushed += 1;
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(began.elapsed() > Duration::from_millis(900), "it looks once a second");
    let error = recorder.finish().unwrap_err();
    assert!(
        matches!(error, RecordError::DiskNearlyFull { free_mb: 99, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("complete up to here"), "{error}");
    let bytes = std::fs::read(&path).unwrap();
    let video = read(&bytes).unwrap();
    assert!(video.index.is_some() && video.samples.len() >= 20);
    assert_eq!(decode(&video).len(), video.samples.len());
    assert!(length(&path).unwrap().finished);
    // And another one does not even begin.
    let other = dir.path().join("other.mp4");
    let refused = Recorder::start_on(other.clone(), W, H, RATE, Style::default(), room)
        .err()
        .unwrap();
    assert!(matches!(refused, RecordError::DiskLow { .. }), "{refused}");
    assert!(!other.exists());
}

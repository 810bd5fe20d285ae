//! What goes into a recording besides pictures, and stretches of the past that are saved, with the cheap generator.

use std::path::{Path, PathBuf};

use super::past_tests::{Rig, rig};
use super::*;
use crate::control::Keys;
use crate::engine::testing::SHA256;
use crate::engine::{ExportKind, MarkEnd, Stretch};
use crate::record::{self, Style};
use crate::rollout::{Recorded, Replay};

fn record(rig: &Rig, path: &Path) {
    rig.engine.send(Command::Record {
        path: path.to_owned(),
        style: Style::default(),
    });
}

/// Ends the recording; returns how many frames it has.
fn stop(rig: &Rig) -> u64 {
    rig.engine.send(Command::StopRecording);
    rig.wait(|event| match event {
        Event::RecordingFinished { frames, dropped: 0, .. } => Some(*frames),
        Event::RecordingFailed(what) => panic!("{what}"),
        _ => None,
    })
}

/// The replay that the player saves now.
fn replay(rig: &Rig, dir: &Path) -> Replay {
    rig.engine.send(Command::SaveReplay { dir: dir.to_owned() });
    let done = rig.done();
    Replay::read(Path::new(done.strip_prefix("Saved the walk so far to ").unwrap())).unwrap()
}

fn recorded(path: &Path) -> Recorded {
    Recorded::read(&record::notes(path).unwrap()).unwrap()
}

#[test]
fn a_recording_holds_the_same_walk_as_a_replay_saved_at_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("walk.mp4");
    let rig = rig(Keys::FORWARD.with(Keys::TURN_LEFT));
    rig.walk_until(|s| s.latent == 6);
    record(&rig, &path);
    rig.walk_until(|s| s.latent == 12);
    rig.engine.send(Command::Prompt("snow".to_owned()));
    rig.walk_until(|s| s.latent == 20);
    rig.pause();
    let frames = stop(&rig);
    let (found, saved) = (recorded(&path), replay(&rig, dir.path()));
    assert_eq!(found.replay, saved);
    assert_eq!(found.replay.track.prompt_changes.len(), 1);
    assert_eq!((found.walks, found.picture), (1, None));
    // It began in the middle of the walk, and shows all from there on.
    assert!(found.from_frame > 20 && found.from_frame + frames == 1 + 4 * saved.track.latents());
    let head = std::fs::read(&path).unwrap();
    for text in ["Counter: b", "seed 5", SHA256, "caption of b"] {
        let head = &head[..head.len().min(4000)];
        assert!(head.windows(text.len()).any(|w| w == text.as_bytes()), "{text}");
    }
}

#[test]
fn going_back_and_other_walks_are_in_the_track_of_a_recording() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("walk.mp4");
    let rig = rig(Keys::FORWARD);
    rig.walk_until(|s| s.latent == 16);
    record(&rig, &path);
    rig.walk_until(|s| s.latent == 24);
    // Ended while going back: the walk up to the picture on the screen.
    rig.engine.send(Command::Rewind(true));
    rig.walk_until(|s| s.latent <= 10);
    stop(&rig);
    let found = recorded(&path);
    assert!(
        found.replay.track.latents() <= 10 && found.from_frame <= 40,
        "{}",
        found.from_frame
    );
    // Another way from there, then another walk altogether.
    rig.engine.send(Command::Rewind(false));
    record(&rig, &path);
    rig.engine.controls().hold(WalkInput::from_keys(Keys::BACK), Keys::BACK);
    rig.walk_until(|s| s.latent == 18);
    rig.pause();
    stop(&rig);
    assert_eq!(recorded(&path).replay, replay(&rig, dir.path()));
    rig.engine.send(Command::Pause(false));
    record(&rig, &path);
    rig.walk_until(|s| s.recording.as_ref().is_some_and(|r| r.frames > 8));
    rig.engine.send(Command::Restart { seed: 77 });
    rig.walk_until(|s| s.latent == 4);
    rig.pause();
    stop(&rig);
    let found = recorded(&path);
    assert_eq!((found.walks, found.from_frame, found.replay.track.seed), (2, 0, 77));
    assert_eq!(found.replay, replay(&rig, dir.path()));
}

#[test]
fn a_recording_tells_how_large_it_is_and_that_nothing_was_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let rig = rig(Keys::FORWARD);
    record(&rig, &dir.path().join("walk.mp4"));
    let told = rig.walk_until(|s| s.recording.as_ref().is_some_and(|r| r.bytes > 2000));
    let recording = told.recording.unwrap();
    assert!(recording.dropped == 0 && recording.seconds > 0.0, "{recording:?}");
}

/// Saves a stretch; returns the path that was told.
fn export(rig: &Rig, stretch: Stretch, kind: ExportKind, dir: &Path) -> PathBuf {
    rig.engine.send(Command::Export {
        stretch,
        kind,
        dir: dir.to_owned(),
    });
    let mut told = (false, false);
    let done = rig.wait(|event| match event {
        Event::Exporting(Some(_)) => {
            told.0 = true;
            None
        }
        Event::Exporting(None) => {
            told.1 = true;
            None
        }
        Event::Done(what) => Some(what.clone()),
        Event::Warning(what) => panic!("{what}"),
        _ => None,
    });
    assert_eq!(told, (true, true));
    done.split_once(" to ").unwrap().1.into()
}

#[test]
fn the_last_seconds_are_saved_as_pictures_just_as_they_were_shown() {
    let dir = tempfile::tempdir().unwrap();
    let rig = rig(Keys::FORWARD);
    rig.walk_until(|s| s.latent == 30);
    let here = rig.pause();
    let folder = export(&rig, Stretch::Last(0.1), ExportKind::Pictures, dir.path());
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    // A tenth of a second of 200 frames a second.
    assert_eq!(files.len(), 20);
    let pictures = rig.pictures();
    for (file, index) in files.iter().zip(here.frame - 19..) {
        assert_eq!(file.file_name().unwrap().to_str().unwrap(), format!("{index:06}.png"));
        let found = image::open(file).unwrap().to_rgba8().into_raw();
        assert_eq!(found[..64], pictures[&index][0]);
    }
    // Where the walk has gone back to, the seconds before that place count.
    rig.engine.send(Command::Rewind(true));
    rig.walk_until(|s| s.latent <= 20);
    rig.engine.send(Command::Rewind(false));
    let back = rig.settle();
    let folder = export(&rig, Stretch::Last(0.02), ExportKind::Pictures, dir.path());
    let last = format!("{:06}.png", back.frame);
    assert!(folder.join(last).is_file() && std::fs::read_dir(&folder).unwrap().count() == 4);
    let gif = export(&rig, Stretch::Last(f64::INFINITY), ExportKind::Gif, dir.path());
    use image::AnimationDecoder as _;
    let file = std::io::BufReader::new(std::fs::File::open(gif).unwrap());
    let frames = image::codecs::gif::GifDecoder::new(file).unwrap().into_frames();
    assert_eq!(frames.count() as u64, 1 + back.frame);
}

/// Marks a frame; returns what frames are marked then.
fn mark(rig: &Rig, end: MarkEnd, frame: u64) -> [Option<u64>; 2] {
    rig.engine.send(Command::Mark { end, frame });
    rig.wait(|event| match event {
        Event::Marked(marked) => Some(MarkEnd::ALL.map(|end| Some(marked.at(end)?.frame))),
        Event::Warning(what) => panic!("{what}"),
        _ => None,
    })
}

#[test]
fn exactly_what_lies_between_the_marks_is_saved() {
    let dir = tempfile::tempdir().unwrap();
    let rig = rig(Keys::FORWARD);
    rig.walk_until(|s| s.latent == 30);
    rig.pause();
    rig.engine.send(Command::Export {
        stretch: Stretch::Marked,
        kind: ExportKind::Gif,
        dir: dir.path().to_owned(),
    });
    assert!(rig.warning().contains("Nothing is marked"));
    // Who goes back comes to the end of a stretch first.
    assert_eq!(mark(&rig, MarkEnd::Out, 62), [None, Some(62)]);
    assert_eq!(mark(&rig, MarkEnd::In, 43), [Some(43), Some(62)]);
    let pictures = rig.pictures();
    let saved = |rig: &Rig| {
        let folder = export(rig, Stretch::Marked, ExportKind::Pictures, dir.path());
        for index in 43..=62 {
            let found = image::open(folder.join(format!("{index:06}.png"))).unwrap();
            assert_eq!(found.to_rgba8().into_raw()[..64], pictures[&index][0]);
        }
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 20);
    };
    saved(&rig);
    // Who goes back before it and walks another way saves what was marked all the same.
    rig.engine.send(Command::Rewind(true));
    rig.walk_until(|s| s.latent <= 9);
    rig.engine.controls().hold(WalkInput::from_keys(Keys::BACK), Keys::BACK);
    rig.engine.send(Command::Rewind(false));
    rig.engine.send(Command::Pause(false));
    rig.walk_until(|s| s.latent > 25);
    rig.pause();
    assert_ne!(rig.pictures()[&50][0], rig.pictures()[&50][1]);
    saved(&rig);
    // On the new way another stretch begins; a mark that is set once more is taken away.
    assert_eq!(mark(&rig, MarkEnd::In, 70), [Some(70), None]);
    assert_eq!(mark(&rig, MarkEnd::Out, 70), [Some(70), Some(70)]);
    assert_eq!(mark(&rig, MarkEnd::In, 70), [None, Some(70)]);
    rig.engine.send(Command::Mark {
        end: MarkEnd::In,
        frame: 5000,
    });
    assert!(rig.warning().contains("not kept"));
}

#[test]
fn an_export_that_cannot_be_written_is_a_sentence_and_one_that_is_given_up_leaves_nothing() {
    let rig = rig(Keys::FORWARD);
    rig.walk_until(|s| s.latent == 3);
    let ask = |dir: &Path, kind| {
        rig.engine.send(Command::Export {
            stretch: Stretch::Last(1e9),
            kind,
            dir: dir.to_owned(),
        });
    };
    for kind in [ExportKind::Gif, ExportKind::Pictures] {
        ask(Path::new("/proc/nowhere"), kind);
        let told = rig.warning();
        assert!(
            told.contains("could not be saved") && told.contains("/proc/nowhere"),
            "{told}"
        );
    }
    rig.walk_until(|s| s.latent == 200);
    let dir = tempfile::tempdir().unwrap();
    ask(dir.path(), ExportKind::Gif);
    rig.wait(|event| matches!(event, Event::Exporting(Some(_))).then_some(()));
    drop(rig);
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().collect();
    // Given up, or whole if it was quick enough: never a part.
    assert!(
        left.iter()
            .all(|f| f.as_ref().unwrap().path().extension().is_some_and(|e| e == "gif")),
        "{left:?}"
    );
}

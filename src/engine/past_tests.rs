//! Going back, bookmarks and replays, with the cheap generator whose frames show all that led to them.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::*;
use crate::control::{Feel, Keys};
use crate::device::DeviceChoice;
use crate::engine::First;
use crate::engine::testing::{FRAMES_PER_SEC, SHA256, Seen, depth_of, engine};
use crate::record::Style;
use crate::rollout::Replay;
use crossbeam_channel::Receiver;
use parking_lot::Mutex;

pub(super) struct Rig {
    pub(super) engine: Engine,
    events: Receiver<Event>,
    pub(super) seen: Arc<Mutex<Seen>>,
    /// The last numbers that came.
    pub(super) last: RefCell<Stats>,
}

/// An engine with a loaded world, in which somebody has begun to walk in picture 1 with seed 5 and holds `keys`.
pub(super) fn rig(keys: Keys) -> Rig {
    let (engine, events, seen) = engine(u64::MAX);
    engine.send(Command::Load {
        path: "counter".into(),
        device: DeviceChoice::Auto,
        or_processor: false,
    });
    engine.controls().hold(WalkInput::from_keys(keys), keys);
    engine.send(Command::Start {
        first: First::Bundled(1),
        prompt: None,
        seed: 5,
    });
    Rig {
        engine,
        events,
        seen,
        last: RefCell::default(),
    }
}

impl Rig {
    /// The next event that `pick` wants; panics after a minute, and when the walk fails.
    pub(super) fn wait<T>(&self, mut pick: impl FnMut(&Event) -> Option<T>) -> T {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let event = self.events.recv_deadline(deadline).expect("the event came");
            if let Event::Failed { message, .. } = &event {
                panic!("{message}");
            }
            self.note(&event);
            if let Some(found) = pick(&event) {
                return found;
            }
        }
    }

    fn note(&self, event: &Event) {
        if let Event::Stats(stats) = event {
            *self.last.borrow_mut() = stats.clone();
        }
    }

    /// Waits for numbers that `wanted` says yes to.
    pub(super) fn walk_until(&self, wanted: impl Fn(&Stats) -> bool) -> Stats {
        self.wait(|event| match event {
            Event::Stats(stats) if wanted(stats) => Some(stats.clone()),
            _ => None,
        })
    }

    /// Waits until nothing happens; returns the last numbers.
    pub(super) fn settle(&self) -> Stats {
        while let Ok(event) = self.events.recv_timeout(Duration::from_millis(250)) {
            self.note(&event);
        }
        self.last.borrow().clone()
    }

    /// Pauses; returns where the walk stands.
    pub(super) fn pause(&self) -> Stats {
        self.engine.send(Command::Pause(true));
        self.settle()
    }

    pub(super) fn done(&self) -> String {
        self.wait(|event| match event {
            Event::Done(what) => Some(what.clone()),
            Event::Warning(what) => panic!("{what}"),
            _ => None,
        })
    }

    pub(super) fn warning(&self) -> String {
        self.wait(|event| match event {
            Event::Warning(what) => Some(what.clone()),
            Event::Done(what) => panic!("{what}"),
            _ => None,
        })
    }

    /// All pictures that were ever made of each frame number.
    pub(super) fn pictures(&self) -> BTreeMap<u64, Vec<Vec<u8>>> {
        let mut pictures: BTreeMap<u64, Vec<Vec<u8>>> = BTreeMap::new();
        for (index, picture) in &self.seen.lock().made {
            pictures.entry(*index).or_default().push(picture.clone());
        }
        pictures
    }

    /// Asserts that frames were made again and came out as before, and returns how many were.
    pub(super) fn assert_same(&self, up_to: u64) -> usize {
        let mut again = 0;
        for (index, pictures) in self.pictures().range(..=up_to) {
            again += pictures.len() - 1;
            assert!(pictures.iter().all(|p| *p == pictures[0]), "frame {index} differs");
        }
        again
    }
}

#[test]
fn going_back_and_walking_on_with_the_same_hands_is_the_same_walk() {
    let rig = rig(Keys::FORWARD.with(Keys::TURN_LEFT));
    rig.walk_until(|s| s.latent == 45);
    let far = rig.pause();
    for (target, paused) in [(30, true), (21, false), (3, true)] {
        rig.engine.send(Command::Rewind(true));
        let back = rig.walk_until(|s| s.latent <= target);
        rig.engine.send(Command::Rewind(false));
        assert_eq!(back.frame, 4 * back.latent);
        if paused {
            rig.settle();
        }
        rig.engine.send(Command::Pause(false));
        rig.walk_until(|s| s.latent > far.latent + 2);
        let end = rig.pause();
        assert!(end.latent > far.latent);
    }
    assert!(rig.assert_same(u64::MAX) > 4 * (15 + 24 + 42));
}

#[test]
fn other_hands_walk_another_way_and_the_pose_goes_back_too() {
    let rig = rig(Keys::FORWARD);
    let there = rig.walk_until(|s| s.latent == 20);
    rig.walk_until(|s| s.latent == 30);
    rig.pause();
    rig.engine.send(Command::Rewind(true));
    let back = rig.walk_until(|s| s.latent == 20);
    assert_eq!(back.pose, there.pose);
    // At the beginning it stays there, and the walk does not go on by itself.
    let begin = rig.settle();
    assert_eq!((begin.latent, begin.frame, begin.pose), (0, 0, Default::default()));
    rig.engine.controls().hold(WalkInput::from_keys(Keys::BACK), Keys::BACK);
    rig.engine.controls().turn(0.3, 0.0);
    rig.engine.send(Command::Rewind(false));
    rig.engine.send(Command::Pause(false));
    let on = rig.walk_until(|s| s.latent == 10);
    assert!(on.pose.position_m[2] > 0.01 && on.pose.yaw_rad == 0.0, "{:?}", on.pose);
    let pictures = rig.pictures();
    assert_ne!(pictures[&40][0], pictures[&40][1]);
}

#[test]
fn pictures_go_back_one_by_one_and_the_recording_holds_what_was_shown() {
    let dir = tempfile::tempdir().unwrap();
    let rig = rig(Keys::FORWARD);
    rig.walk_until(|s| s.latent == 12);
    let here = rig.pause();
    while rig.engine.frames().next_due().is_some() {
        rig.engine.frames().take_due(Instant::now(), &mut 0);
    }
    let path = dir.path().join("walk.mp4");
    rig.engine.send(Command::Record {
        path,
        style: Style::default(),
    });
    rig.engine.send(Command::Rewind(true));
    let (mut shown, mut skipped) = (Vec::new(), 0);
    while shown.len() < 20 {
        match rig.engine.frames().next_due() {
            Some(due) => {
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                shown.extend(rig.engine.frames().take_due(due, &mut skipped));
            }
            None => std::thread::sleep(Duration::from_micros(200)),
        }
    }
    rig.engine.send(Command::Rewind(false));
    let end = rig.settle();
    rig.engine.send(Command::StopRecording);
    let recorded = rig.wait(|event| match event {
        Event::RecordingFinished { frames, .. } => Some(*frames),
        _ => None,
    });
    assert_eq!((skipped, recorded), (0, here.frame - end.frame));
    let pictures = rig.pictures();
    for (i, timed) in shown.iter().enumerate() {
        assert_eq!(timed.frame.index, here.frame - 1 - i as u64);
        assert_eq!(timed.frame.rgba[..64], pictures[&timed.frame.index][0]);
        let depth = DepthPicture::of_inverse_depth(16, 16, &depth_of(timed.frame.index));
        assert_eq!(timed.depth, depth, "depth of frame {}", timed.frame.index);
    }
    let secs = (shown[19].due - shown[0].due).as_secs_f64();
    let play = 19.0 / FRAMES_PER_SEC;
    assert!(secs > 0.9 * play, "20 frames in {secs} s");
}

#[test]
fn a_kept_moment_is_come_back_to_in_this_and_in_another_run() {
    let dir = tempfile::tempdir().unwrap();
    let keep = || dir.path().to_owned();
    let keys = Keys::FORWARD.with(Keys::TURN_RIGHT);
    let rig = rig(keys);
    rig.walk_until(|s| s.latent == 13);
    let kept = rig.pause();
    rig.engine.send(Command::SaveBookmark { dir: keep() });
    assert!(rig.done().contains("is kept"));
    rig.engine.send(Command::Pause(false));
    rig.walk_until(|s| s.latent > kept.latent + 6);
    rig.engine.send(Command::RestoreBookmark { dir: keep() });
    let (name, bundled, seed) = rig.wait(|event| match event {
        Event::Started {
            name, bundled, seed, ..
        } => Some((name.clone(), *bundled, *seed)),
        _ => None,
    });
    assert_eq!((name.as_str(), bundled, seed), ("b", Some(1), 5));
    let back = rig.walk_until(|_| true);
    assert_eq!(
        (back.latent, back.frame, back.pose),
        (kept.latent, kept.frame, kept.pose)
    );
    rig.done();
    // Going back stops at the moment that the walk was taken up at.
    rig.walk_until(|s| s.latent > kept.latent + 6);
    rig.engine.send(Command::Rewind(true));
    assert_eq!(rig.settle().latent, kept.latent);
    rig.engine.send(Command::Rewind(false));
    rig.walk_until(|s| s.latent > kept.latent + 6);
    assert!(rig.assert_same(u64::MAX) >= 4 * 10);

    let other = self::rig(keys);
    other.walk_until(|s| s.latent == 3);
    other.engine.send(Command::RestoreBookmark { dir: keep() });
    assert!(other.done().contains("kept"));
    other.walk_until(|s| s.latent > kept.latent + 5);
    let (ours, theirs) = (rig.pictures(), other.pictures());
    for index in kept.frame..kept.frame + 20 {
        assert_eq!(ours[&index][0], theirs[&index][0], "frame {index}");
    }
    // The whole walk can be saved and begun again, as if it had never been interrupted.
    other.pause();
    other.engine.send(Command::SaveReplay { dir: keep() });
    other.done();
    other.engine.send(Command::Restart { seed: 5 });
    other.engine.send(Command::Pause(false));
    other.walk_until(|s| s.latent == 10);
    assert!(other.pictures()[&40].iter().all(|p| *p == ours[&40][0]));
    let replay = replay_in(dir.path());
    assert!(replay.track.latents() > kept.latent + 5);
    assert_eq!(replay.track.controls[..10], rig.seen.lock().controls[..10]);
}

/// The clock was put back between two moments: the one that was kept last is still the one to come back to.
#[test]
fn a_clock_that_jumps_does_not_hide_the_moment_that_was_kept_last() {
    let dir = tempfile::tempdir().unwrap();
    let keep = || dir.path().to_owned();
    let rig = rig(Keys::FORWARD);
    rig.walk_until(|s| s.latent == 3);
    rig.engine.send(Command::SaveBookmark { dir: keep() });
    rig.done();
    let first = std::fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap().path();
    let tomorrow = std::time::SystemTime::now() + Duration::from_secs(86_400);
    std::fs::File::options()
        .write(true)
        .open(&first)
        .unwrap()
        .set_modified(tomorrow)
        .unwrap();
    rig.walk_until(|s| s.latent == 9);
    let kept = rig.pause();
    rig.engine.send(Command::SaveBookmark { dir: keep() });
    rig.done();
    rig.engine.send(Command::RestoreBookmark { dir: keep() });
    assert_eq!(rig.walk_until(|_| true).latent, kept.latent);
    rig.done();
    // Deleted, it is no more than any other.
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        if path != first {
            std::fs::remove_file(path).unwrap();
        }
    }
    rig.engine.send(Command::RestoreBookmark { dir: keep() });
    assert_eq!(rig.walk_until(|_| true).latent, 3);
}

#[test]
fn a_flight_and_a_ride_are_taken_up_and_gone_back_through_as_exactly_as_a_walk() {
    for feel in [Feel::Drone, Feel::Train] {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keys::FORWARD.with(Keys::TURN_RIGHT);
        let rig = rig(keys);
        let input = WalkInput {
            feel,
            ..WalkInput::from_keys(keys)
        };
        rig.engine.controls().hold(input, keys);
        // In the middle of getting faster, where every number of the walker counts.
        rig.walk_until(|s| s.latent == 13);
        let kept = rig.pause();
        rig.engine.send(Command::SaveBookmark {
            dir: dir.path().to_owned(),
        });
        rig.done();
        rig.engine.send(Command::Pause(false));
        rig.walk_until(|s| s.latent > kept.latent + 8);
        rig.engine.send(Command::RestoreBookmark {
            dir: dir.path().to_owned(),
        });
        rig.done();
        rig.walk_until(|s| s.latent > kept.latent + 8);
        assert!(rig.assert_same(kept.frame + 32) >= 32);
        rig.engine.send(Command::Rewind(true));
        rig.walk_until(|s| s.latent <= kept.latent + 2);
        rig.engine.send(Command::Rewind(false));
        rig.walk_until(|s| s.latent > kept.latent + 8);
        assert!(rig.assert_same(kept.frame + 32) >= 32 + 4 * 5);
    }
}

#[test]
fn a_step_that_is_asked_for_while_going_back_is_none() {
    let rig = rig(Keys::FORWARD);
    rig.walk_until(|s| s.latent == 20);
    rig.pause();
    rig.engine.send(Command::Rewind(true));
    rig.walk_until(|s| s.latent <= 12);
    rig.engine.send(Command::Step);
    rig.engine.send(Command::Rewind(false));
    let here = rig.settle().latent;
    assert!(here <= 12, "stepped on to {here}");
    rig.engine.send(Command::Step);
    rig.walk_until(|s| s.latent == here + 1);
    assert_eq!(rig.settle().latent, here + 1);
}

pub(super) fn replay_in(dir: &Path) -> Replay {
    let mut files = std::fs::read_dir(dir).unwrap().flatten().map(|f| f.path());
    let file = files
        .find(|f| f.extension().is_some_and(|e| e == "json"))
        .expect("a replay");
    Replay::read(&file).unwrap()
}

#[test]
fn a_bad_bookmark_and_none_at_all_are_sentences_and_the_walk_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let keep = || dir.path().join("new");
    let rig = rig(Keys::FORWARD);
    rig.walk_until(|s| s.latent == 2);
    rig.engine.send(Command::RestoreBookmark { dir: keep() });
    assert!(rig.warning().contains("has been kept"));
    rig.engine.send(Command::SaveBookmark { dir: keep() });
    rig.done();
    let file = std::fs::read_dir(keep()).unwrap().next().unwrap().unwrap().path();
    let bytes = std::fs::read(&file).unwrap();
    for bad in [&bytes[..bytes.len() - 3], &bytes[..30], b"hello"] {
        std::fs::write(&file, bad).unwrap();
        rig.engine.send(Command::RestoreBookmark { dir: keep() });
        let said = rig.warning();
        assert!(
            said.contains(&SHA256[..16]) && said.ends_with('.') && !said.contains('\n'),
            "{said}"
        );
    }
    let there = rig.walk_until(|s| s.latent > 0).latent;
    rig.walk_until(|s| s.latent > there + 5);
    rig.engine.send(Command::SaveCloud { dir: "/proc".into() });
    assert!(rig.warning().contains("remembers no places"));
    rig.engine.send(Command::SaveBookmark {
        dir: "/proc/nowhere".into(),
    });
    assert!(rig.warning().contains("/proc/nowhere"));
    rig.walk_until(|s| s.latent > there + 10);
    assert_eq!(rig.assert_same(u64::MAX), 0);
}

#[test]
fn a_replay_holds_every_control_also_after_going_back_and_the_picture_of_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let picture = dir.path().join("mine.png");
    image::RgbImage::from_pixel(16, 16, image::Rgb([10, 20, 30]))
        .save(&picture)
        .unwrap();
    let rig = rig(Keys::FORWARD);
    rig.engine.send(Command::Start {
        first: First::File(picture),
        prompt: Some("snow".to_owned()),
        seed: 9,
    });
    rig.wait(|e| matches!(e, Event::Started { seed: 9, .. }).then_some(()));
    rig.walk_until(|s| s.latent == 20);
    rig.pause();
    rig.seen.lock().controls.clear();
    rig.engine.send(Command::Rewind(true));
    rig.walk_until(|s| s.latent <= 11);
    rig.engine.send(Command::Rewind(false));
    let here = rig.settle().latent;
    let out = dir.path().join("out");
    rig.engine.send(Command::SaveReplay { dir: out.clone() });
    assert!(rig.done().contains(&out.display().to_string()));
    let replay = replay_in(&out);
    assert_eq!(replay.track.latents(), here);
    assert_eq!((replay.track.seed, replay.track.prompt.as_str()), (9, "snow"));
    assert_eq!((replay.track.bundled, replay.track.name.as_str()), (None, "mine.png"));
    assert_eq!(replay.track.package_sha256, SHA256);
    // What was made again on the way is the end of it.
    let again = rig.seen.lock().controls.clone();
    assert!(replay.track.controls.ends_with(&again));
    let file = replay.picture.as_ref().expect("a picture").file.clone();
    assert!(out.join(file).is_file());
    assert!(replay.picture_bytes(&out.join("walk.json")).unwrap().is_some());
}

#[test]
fn going_back_before_a_change_of_words_undoes_it_and_a_replay_knows_it() {
    let rig = rig(Keys::FORWARD);
    rig.walk_until(|stats| stats.latent >= 4);
    rig.engine.send(Command::Prompt("snow at dusk".into()));
    rig.wait(|event| matches!(event, Event::Prompted(words) if words == "snow at dusk").then_some(()));
    let changed = rig.walk_until(|_| true).latent;
    rig.walk_until(|stats| stats.latent >= changed + 6);
    let dir = tempfile::TempDir::new().unwrap();
    rig.engine.send(Command::SaveReplay {
        dir: dir.path().to_owned(),
    });
    rig.done();
    let file = std::fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap();
    let replay = std::fs::read_to_string(file.path()).unwrap();
    assert!(replay.contains("snow at dusk"), "{replay}");
    // Back to the beginning: the old words are told again, and those frames come as they came.
    rig.engine.send(Command::Rewind(true));
    rig.settle();
    rig.engine.send(Command::Prompt("fog".into()));
    assert!(rig.warning().contains("go of the key"));
    rig.engine.send(Command::Rewind(false));
    let words = rig.wait(|event| match event {
        Event::Prompted(words) => Some(words.clone()),
        _ => None,
    });
    assert_ne!(words, "snow at dusk");
    rig.walk_until(|stats| stats.latent >= 3);
    assert!(rig.assert_same(4 * 3) > 0);
}

#[test]
fn words_changed_before_the_first_step_hold_after_going_back_to_the_beginning() {
    let rig = rig(Keys::FORWARD);
    rig.pause();
    rig.engine.send(Command::Start {
        first: First::Bundled(0),
        prompt: None,
        seed: 8,
    });
    rig.settle();
    rig.seen.lock().made.clear();
    rig.engine.send(Command::Prompt("snow".into()));
    rig.engine.send(Command::Pause(false));
    rig.walk_until(|stats| stats.latent == 6);
    rig.pause();
    rig.engine.send(Command::Rewind(true));
    assert_eq!(rig.walk_until(|stats| stats.latent == 0).frame, 0);
    rig.engine.send(Command::Rewind(false));
    rig.engine.send(Command::Pause(false));
    rig.walk_until(|stats| stats.latent == 6);
    rig.pause();
    assert!(rig.assert_same(u64::MAX) >= 4 * 6);
}

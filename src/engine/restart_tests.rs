//! A generator that panics: the thread begins anew, the recording is whole, the walk can go on.

use super::*;
use crate::control::Keys;
use crate::device::DeviceChoice;
use crate::engine::First;
use crate::engine::testing::{FRAMES_PER_SEC, SHA256, engine};
use crossbeam_channel::Receiver;

fn load(engine: &Engine) {
    engine.send(Command::Load {
        path: "counter".into(),
        device: DeviceChoice::Auto,
        or_processor: false,
    });
}

fn start(engine: &Engine, seed: u64) {
    engine.send(Command::Start {
        first: First::Bundled(0),
        prompt: None,
        seed,
    });
}

fn wait<T>(events: &Receiver<Event>, mut pick: impl FnMut(&Event) -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let event = events.recv_deadline(deadline).expect("the event came");
        if let Some(found) = pick(&event) {
            return found;
        }
    }
}

fn crashed(event: &Event) -> Option<(String, bool)> {
    match event {
        Event::Crashed { message, can_resume } => Some((message.clone(), *can_resume)),
        _ => None,
    }
}

#[test]
fn a_panic_is_told_the_recording_is_whole_and_the_walk_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("walk.mp4");
    let (engine, events, seen) = engine(81);
    load(&engine);
    engine
        .controls()
        .hold(WalkInput::from_keys(Keys::FORWARD), Keys::FORWARD);
    engine.send(Command::Speed(PlaySpeed::Half));
    engine.send(Command::Record {
        path: path.clone(),
        style: crate::record::Style::default(),
    });
    start(&engine, 5);
    // The recording is finished before the crash is told.
    let recorded = wait(&events, |event| match event {
        Event::RecordingFinished { path, frames, .. } => Some((path.clone(), *frames)),
        Event::Crashed { .. } => panic!("the recording is still open"),
        _ => None,
    });
    assert_eq!(recorded, (path.clone(), 81));
    let secs = crate::record::length(&path).expect("a whole file").secs;
    assert!((secs - 81.0 / FRAMES_PER_SEC).abs() < 0.01, "{secs} s");
    let (message, can_resume) = wait(&events, crashed);
    assert!(message.contains("counted too far") && can_resume, "{message}");

    load(&engine);
    engine.send(Command::Resume);
    let (seed, bundled) = wait(&events, |event| match event {
        Event::Started { seed, bundled, .. } => Some((*seed, *bundled)),
        _ => None,
    });
    assert_eq!((seed, bundled), (5, Some(0)));
    let back = wait(&events, |event| match event {
        Event::Stats(stats) => Some(stats.clone()),
        _ => None,
    });
    assert_eq!((back.latent, back.frame), (20, 80));
    // It has taken no other way: the bug strikes again at the same place.
    wait(&events, crashed);
    let seen = seen.lock();
    assert_eq!(seen.seeds, [5]);
    for (index, picture) in &seen.made {
        assert_eq!(picture, &seen.made[*index as usize].1, "frame {index}");
    }
}

#[test]
fn what_was_set_before_a_panic_holds_after_it_and_the_past_is_still_there() {
    let (engine, events, _) = engine(81);
    load(&engine);
    engine.send(Command::Speed(PlaySpeed::Half));
    start(&engine, 5);
    wait(&events, crashed);
    load(&engine);
    engine.send(Command::Pause(true));
    engine.send(Command::Resume);
    engine.send(Command::Rewind(true));
    let back = wait(&events, |event| match event {
        Event::Stats(stats) if stats.latent == 12 => Some(stats.clone()),
        _ => None,
    });
    assert!((back.interval_ms - 2e3 / FRAMES_PER_SEC).abs() < 1e-6);
    engine.send(Command::Rewind(false));
    engine.send(Command::Step);
    wait(&events, |event| match event {
        Event::Stats(stats) if stats.latent == 13 => Some(()),
        Event::Crashed { .. } => panic!("not here"),
        _ => None,
    });
}

#[test]
fn another_world_or_none_is_nothing_to_resume_in() {
    assert_eq!(SHA256.len(), 64);
    let (engine, events, _) = engine(u64::MAX);
    engine.send(Command::Resume);
    let refused = |events: &Receiver<Event>| {
        wait(events, |event| match event {
            Event::Refused(what) => Some(what.clone()),
            _ => None,
        })
    };
    assert!(refused(&events).contains("cannot be taken up"));
    load(&engine);
    engine.send(Command::Resume);
    refused(&events);
    start(&engine, 1);
    wait(&events, |event| {
        matches!(event, Event::Stats(s) if s.latent == 3).then_some(())
    });
}

#[test]
fn dropping_the_engine_after_a_panic_ends_it_soon() {
    let (engine, events, _) = engine(9);
    load(&engine);
    start(&engine, 1);
    wait(&events, crashed);
    let began = Instant::now();
    drop(engine);
    assert!(began.elapsed() < Duration::from_secs(1));
}

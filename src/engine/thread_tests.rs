//! The engine with a cheap generator that paints its frame number.

use super::*;
use crate::control::{Footing, Keys};
use crate::device::DeviceChoice;
use crate::engine::testing::{FRAMES_PER_SEC, Seen, depth_of, engine, engine_at_rate};
use crate::engine::{First, Pacing};
use crate::record::Style;
use crossbeam_channel::Receiver;
use parking_lot::Mutex;

fn load(engine: &Engine) {
    assert!(engine.send(Command::Load {
        path: "counter".into(),
        device: DeviceChoice::Auto,
        or_processor: false,
    }));
}

fn start(engine: &Engine, seed: u64) {
    assert!(engine.send(Command::Start {
        first: First::Bundled(1),
        prompt: None,
        seed,
    }));
}

/// The next event that `pick` wants; panics after a minute: a disk that is still busy with what was compiled holds tests up for seconds.
fn wait_for<T>(events: &Receiver<Event>, mut pick: impl FnMut(&Event) -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let event = events.recv_deadline(deadline).expect("the event came");
        if let Some(found) = pick(&event) {
            return found;
        }
    }
}

fn stats(event: &Event) -> Option<Stats> {
    match event {
        Event::Stats(stats) => Some(stats.clone()),
        _ => None,
    }
}

/// Latents generated once nothing has come for a while.
fn settled(events: &Receiver<Event>, seen: &Mutex<Seen>) -> usize {
    while events.recv_timeout(Duration::from_millis(250)).is_ok() {}
    seen.lock().controls.len()
}

#[test]
fn a_walk_begins_and_the_keys_reach_the_generator() {
    let (engine, events, seen) = engine(u64::MAX);
    engine
        .controls()
        .hold(WalkInput::from_keys(Keys::FORWARD), Keys::FORWARD);
    load(&engine);
    start(&engine, 5);
    let title = wait_for(&events, |e| match e {
        Event::Opened(info) => Some(info.title.clone()),
        _ => None,
    });
    assert_eq!(title, "Counter");
    let started = wait_for(&events, |e| match e {
        Event::Started {
            name, bundled, seed, ..
        } => Some((name.clone(), *bundled, *seed)),
        _ => None,
    });
    assert_eq!(started, ("b".to_owned(), Some(1), 5));
    let far = wait_for(&events, |e| stats(e).filter(|s| s.latent == 10));
    assert_eq!(far.frame, 40);
    assert!(far.pose.position_m[2] < -0.01, "{:?}", far.pose);
    let seen = seen.lock();
    assert_eq!(seen.seeds, [5]);
    assert!(seen.controls[5].poses[3].position_m[2] < seen.controls[5].poses[0].position_m[2]);
    assert_eq!(seen.controls[0].keys, Keys::FORWARD);
}

#[test]
fn the_walker_follows_the_ground_and_stops_before_what_is_in_the_way() {
    let (engine, events, seen) = engine(u64::MAX);
    engine
        .controls()
        .hold(WalkInput::from_keys(Keys::FORWARD), Keys::FORWARD);
    seen.lock().footing.ahead = 0.25;
    load(&engine);
    start(&engine, 5);
    let on_the_hill = wait_for(&events, |e| stats(e).filter(|s| s.latent == 20))
        .pose
        .position_m;
    let [_, up_m, ahead_m] = on_the_hill;
    assert!(
        ahead_m < -0.1 && (up_m + 0.25 * ahead_m).abs() < 1e-3,
        "{on_the_hill:?}"
    );
    seen.lock().footing = Footing {
        free_m: 0.5,
        ..Footing::default()
    };
    let stopped = wait_for(&events, |e| stats(e).filter(|s| s.latent >= 80))
        .pose
        .position_m;
    let later = wait_for(&events, |e| stats(e).filter(|s| s.latent >= 90))
        .pose
        .position_m;
    assert!((stopped[2] - later[2]).abs() < 0.01, "{stopped:?} {later:?}");
}

#[test]
fn frames_come_in_order_and_evenly() {
    let (engine, events, _) = engine(u64::MAX);
    load(&engine);
    start(&engine, 5);
    wait_for(&events, |e| stats(e).filter(|s| s.latent == 1));
    let mut seen: Vec<TimedFrame> = Vec::new();
    let mut skipped = 0;
    while seen.len() < 30 {
        match engine.frames().next_due() {
            Some(due) => {
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                seen.extend(engine.frames().take_due(due, &mut skipped));
            }
            None => std::thread::sleep(Duration::from_micros(200)),
        }
    }
    assert_eq!(skipped, 0);
    for pair in seen.windows(2) {
        assert_eq!(pair[1].frame.index, pair[0].frame.index + 1);
        assert!(pair[1].due >= pair[0].due);
    }
    for timed in &seen {
        // A latent frame's depth is that of its last frame; until then the one before is the newest.
        let depth = DepthPicture::of_inverse_depth(16, 16, &depth_of(timed.frame.index));
        assert!(depth.is_some() && timed.depth == depth);
    }
    let secs = (seen[29].due - seen[5].due).as_secs_f64();
    assert!(secs > 0.9 * 24.0 / FRAMES_PER_SEC, "a burst: 24 frames in {secs} s");
}

/// At 200 frames a second a screen's sixty are no limit, so that the interval tells nothing; this world is slower.
#[test]
fn quick_frames_come_close_together_also_in_the_next_world() {
    let (engine, events, _) = engine_at_rate(u64::MAX, 24.0);
    for _ in 0..2 {
        load(&engine);
        start(&engine, 5);
        // The second step on: the first may have begun before the command.
        wait_for(&events, |e| stats(e).filter(|s| s.latent == 1));
        engine.send(Command::Pace(Pacing::Quick));
        let quick = wait_for(&events, |e| stats(e).filter(|s| s.latent == 4));
        assert!(quick.interval_ms < 20.0, "{}", quick.interval_ms);
    }
    load(&engine);
    start(&engine, 5);
    let still = wait_for(&events, |e| stats(e).filter(|s| s.latent == 1));
    assert!(still.interval_ms < 20.0, "{}", still.interval_ms);
    engine.send(Command::Pace(Pacing::Smooth));
    let smooth = wait_for(&events, |e| stats(e).filter(|s| s.latent == 5));
    assert!(smooth.interval_ms > 41.0, "{}", smooth.interval_ms);
}

#[test]
fn frames_carry_when_their_controls_were_read() {
    let (engine, events, _) = engine(u64::MAX);
    let before = Instant::now();
    load(&engine);
    start(&engine, 5);
    wait_for(&events, |e| stats(e).filter(|s| s.latent == 2));
    let mut skipped = 0;
    let mut reads = Vec::new();
    while let Some(frame) = engine
        .frames()
        .next_due()
        .and_then(|due| engine.frames().take_due(due, &mut skipped))
    {
        reads.push((frame.frame.index, frame.controls_read));
        if let Some(read) = frame.controls_read {
            assert!(before < read && read <= frame.due);
        }
        if reads.len() == 9 {
            break;
        }
    }
    // All frames of a latent show the same reading, and each latent a later one.
    for pair in reads.windows(2) {
        let ([(a, read_a), (b, read_b)], latent) = ([pair[0], pair[1]], |i: u64| i.div_ceil(4));
        assert_eq!(latent(a) == latent(b), read_a == read_b, "{a} {b}");
        assert!(read_a <= read_b);
    }
}

#[test]
fn a_device_that_may_be_gone_is_replaced_and_one_that_was_named_is_not() {
    let (engine, events, seen) = engine(u64::MAX);
    // Nobody tests devices here, so that none but the processor proves itself.
    for (or_processor, device) in [(true, "cpu"), (false, "vulkan:77")] {
        engine.send(Command::Load {
            path: "counter".into(),
            device: "vulkan:77".parse().unwrap(),
            or_processor,
        });
        let mut warnings = Vec::new();
        let loaded = wait_for(&events, |e| match e {
            Event::Warning(what) => {
                warnings.push(what.clone());
                None
            }
            Event::Loaded { device, .. } => Some(device.clone()),
            _ => None,
        });
        assert_eq!(loaded, device);
        assert_eq!(warnings.len(), usize::from(or_processor), "{warnings:?}");
        assert!(
            warnings
                .iter()
                .all(|what| what.contains("vulkan:77") && what.ends_with('.'))
        );
    }
    // Only what was chosen by itself has to show how quick it is.
    assert!(seen.lock().seeds.is_empty());
}

#[test]
fn a_pause_stops_generation_and_a_step_makes_one_latent() {
    let (engine, events, seen) = engine(u64::MAX);
    load(&engine);
    start(&engine, 5);
    wait_for(&events, |e| stats(e).filter(|s| s.latent == 2));
    engine.send(Command::Pause(true));
    let before = settled(&events, &seen);
    engine.send(Command::Step);
    assert_eq!(settled(&events, &seen), before + 1);
    engine.send(Command::Pause(false));
    wait_for(&events, |e| stats(e).filter(|s| s.latent as usize > before + 3));
}

#[test]
fn a_step_in_a_pause_walks_with_the_keys_that_are_held() {
    let (engine, events, seen) = engine(u64::MAX);
    load(&engine);
    start(&engine, 5);
    wait_for(&events, |e| stats(e).filter(|s| s.latent == 2));
    engine.send(Command::Pause(true));
    let before = settled(&events, &seen);
    for (i, keys) in [Keys::FORWARD, Keys::BACK.with(Keys::TURN_LEFT), Keys::default()]
        .into_iter()
        .enumerate()
    {
        engine.controls().hold(WalkInput::from_keys(keys), keys);
        engine.send(Command::Step);
        let latents = before + i + 1;
        let made = wait_for(&events, stats);
        assert_eq!(made.latent as usize, latents);
        assert_eq!(made.frame as usize, latents * FRAMES_PER_LATENT);
        assert_eq!(settled(&events, &seen), latents);
        assert_eq!(seen.lock().controls[latents - 1].keys, keys);
    }
    let seen = seen.lock();
    let gone = |latent: usize| seen.controls[latent].poses[FRAMES_PER_LATENT - 1].position_m[2];
    assert!(gone(before) < 0.0 && gone(before + 1) > gone(before));
}

#[test]
fn another_speed_shows_the_same_walk_slower_or_faster_and_records_it_at_its_own_rate() {
    let dir = tempfile::tempdir().unwrap();
    let keys = Keys::FORWARD.with(Keys::TURN_RIGHT);
    let mut walks = Vec::new();
    for speed in PlaySpeed::ALL {
        let (engine, events, seen) = engine(u64::MAX);
        engine.controls().hold(WalkInput::from_keys(keys), keys);
        // Before a world is open: it holds for that, too.
        engine.send(Command::Speed(*speed));
        load(&engine);
        let path = dir.path().join(format!("{}.mp4", speed.factor()));
        engine.send(Command::Record {
            path,
            style: Style::default(),
        });
        start(&engine, 5);
        let shown = wait_for(&events, |e| stats(e).filter(|s| s.latent == 10));
        let interval_ms = 1e3 / FRAMES_PER_SEC / speed.factor();
        let off = shown.interval_ms / interval_ms - 1.0;
        // A busy machine may be late with a step of twice the rate, but is never early.
        assert!((-1e-6..2.0).contains(&off), "{speed:?}: {} ms", shown.interval_ms);
        assert!(*speed == PlaySpeed::Double || off < 1e-6 || shown.step_ms > 4.0 * interval_ms);
        engine.send(Command::Pause(true));
        let latents = settled(&events, &seen);
        engine.send(Command::StopRecording);
        let frames = wait_for(&events, |e| match e {
            Event::RecordingFinished { frames, .. } => Some(*frames),
            _ => None,
        });
        assert_eq!(frames as usize, 1 + latents * FRAMES_PER_LATENT);
        if let Some(recording) = shown.recording {
            assert_eq!(recording.seconds, recording.frames as f64 / FRAMES_PER_SEC);
        }
        walks.push(seen.lock().controls[..10].to_vec());
    }
    assert!(walks.iter().all(|walk| *walk == walks[0]), "speed is part of the walk");
}

#[test]
fn after_a_panic_a_new_walk_can_begin() {
    let (engine, events, seen) = engine(9);
    load(&engine);
    start(&engine, 1);
    let message = wait_for(&events, |e| match e {
        Event::Crashed { message, .. } => Some(message.clone()),
        _ => None,
    });
    assert!(message.contains("counted too far"), "{message}");
    load(&engine);
    start(&engine, 2);
    wait_for(&events, |e| stats(e).filter(|s| s.latent == 1));
    assert_eq!(seen.lock().seeds, [1, 2]);
}

#[test]
fn a_missing_world_and_a_bad_picture_are_sentences() {
    let (engine, events, _) = engine(u64::MAX);
    engine.send(Command::Load {
        path: "other".into(),
        device: DeviceChoice::Auto,
        or_processor: false,
    });
    let message = wait_for(&events, |e| match e {
        Event::Failed { message, .. } => Some(message.clone()),
        _ => None,
    });
    assert_eq!(message, "no such world");
    load(&engine);
    engine.send(Command::Start {
        first: First::File("/nonexistent/a.png".into()),
        prompt: None,
        seed: 1,
    });
    let message = wait_for(&events, |e| match e {
        Event::Refused(message) => Some(message.clone()),
        _ => None,
    });
    assert!(
        message.starts_with("a.png cannot be read") && message.ends_with('.'),
        "{message}"
    );
}

#[test]
fn a_world_that_cannot_be_opened_is_refused_and_the_walk_goes_on() {
    let (engine, events, seen) = engine(u64::MAX);
    load(&engine);
    start(&engine, 5);
    wait_for(&events, |e| stats(e).filter(|s| s.latent == 2));
    engine.send(Command::Load {
        path: "other".into(),
        device: DeviceChoice::Auto,
        or_processor: false,
    });
    let message = wait_for(&events, |e| match e {
        Event::Refused(message) => Some(message.clone()),
        Event::Failed { .. } => panic!("the walk ended"),
        _ => None,
    });
    assert_eq!(message, "no such world.");
    let before = seen.lock().controls.len();
    wait_for(&events, |e| stats(e).filter(|s| s.latent as usize > before + 3));
}

#[test]
fn a_picture_that_is_too_small_is_refused_and_the_walk_goes_on() {
    let (engine, events, seen) = engine(u64::MAX);
    load(&engine);
    start(&engine, 5);
    wait_for(&events, |e| stats(e).filter(|s| s.latent == 2));
    engine.send(Command::Start {
        first: First::Pasted(Frame::from_rgb(400, 15, &vec![9; 18_000], 0)),
        prompt: None,
        seed: 1,
    });
    let message = wait_for(&events, |e| match e {
        Event::Refused(message) => Some(message.clone()),
        Event::Started { .. } | Event::Failed { .. } => panic!("the walk ended"),
        _ => None,
    });
    assert_eq!(
        message,
        "a pasted picture has 400x15 pixels; at least 16x16 are needed."
    );
    let before = seen.lock().controls.len();
    wait_for(&events, |e| stats(e).filter(|s| s.latent as usize > before + 3));
}

#[test]
fn another_prompt_reaches_the_running_walk_and_lasts_over_a_restart() {
    let (engine, events, seen) = engine(u64::MAX);
    load(&engine);
    engine.send(Command::Prompt("too early".to_owned()));
    start(&engine, 5);
    wait_for(&events, |e| stats(e).filter(|s| s.latent == 2));
    engine.send(Command::Prompt("snow".to_owned()));
    wait_for(&events, |e| {
        matches!(e, Event::Prompted(p) if p == "snow").then_some(())
    });
    engine.send(Command::Restart { seed: 6 });
    let prompt = wait_for(&events, |e| match e {
        Event::Started { prompt, .. } => Some(prompt.clone()),
        _ => None,
    });
    assert_eq!(prompt, "snow");
    assert_eq!(seen.lock().prompts, ["caption of b", "snow", "snow"]);
}

#[test]
fn every_frame_generated_while_recording_is_in_the_recording() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("new/walk.mp4");
    let (engine, events, seen) = engine(u64::MAX);
    load(&engine);
    engine.send(Command::Record {
        path: path.clone(),
        style: Style::default(),
    });
    start(&engine, 5);
    wait_for(&events, |e| stats(e).filter(|s| s.latent == 5 && s.recording.is_some()));
    engine.send(Command::Pause(true));
    let latents = settled(&events, &seen);
    engine.send(Command::StopRecording);
    let (finished, frames) = wait_for(&events, |e| match e {
        Event::RecordingFinished { path, frames, .. } => Some((path.clone(), *frames)),
        _ => None,
    });
    assert_eq!(finished, path);
    assert_eq!(frames as usize, 1 + latents * FRAMES_PER_LATENT);
    assert!(path.is_file());
}

#[test]
fn a_recording_that_cannot_be_written_is_a_sentence() {
    let (engine, events, _) = engine(u64::MAX);
    load(&engine);
    engine.send(Command::Record {
        path: "/proc/nowhere/walk.mp4".into(),
        style: Style::default(),
    });
    wait_for(&events, |e| match e {
        Event::RecordingFailed(message) => {
            assert!(message.contains("/proc/nowhere"));
            Some(())
        }
        _ => None,
    });
}

#[test]
fn dropping_the_engine_in_the_middle_of_a_walk_ends_it_soon() {
    let (engine, events, _) = engine(u64::MAX);
    load(&engine);
    start(&engine, 5);
    wait_for(&events, |e| stats(e).filter(|s| s.latent == 2));
    let began = Instant::now();
    drop(engine);
    assert!(began.elapsed() < Duration::from_secs(1));
}

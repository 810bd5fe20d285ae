//! The session with a cheap generator behind the engine.

use std::time::Duration;

use super::*;

use crate::engine::testing::{FRAMES_PER_SEC, Seen, engine};
use crate::engine::{Event, ExportKind, Stretch};
use crate::frame::FRAMES_PER_LATENT;
use crate::input::{Action, Report};
use crate::settings::{CameraFeel, Key, Press};
use crossbeam_channel::Receiver;
use parking_lot::Mutex;
use std::path::Path;
use std::sync::Arc;

pub(super) fn options() -> Options {
    Options {
        model: "counter".into(),
        device: None,
        first: Some(First::Bundled(0)),
        seed: 3,
        exit_after: None,
        record_to: None,
        record_keys: false,
        record_quality: None,
        notices: vec!["a notice".to_owned()],
    }
}

pub(super) struct Rig {
    pub(super) session: Session,
    pub(super) events: Receiver<Event>,
    pub(super) seen: Arc<Mutex<Seen>>,
}

pub(super) fn rig(panic_at: u64, settings_file: Option<PathBuf>) -> Rig {
    let (engine, events, seen) = engine(panic_at);
    Rig {
        session: Session::with_settings_file(engine, options(), settings_file),
        events,
        seen,
    }
}

pub(super) fn rig_with(options: Options) -> Rig {
    let (engine, events, seen) = engine(u64::MAX);
    Rig {
        session: Session::with_settings_file(engine, options, None),
        events,
        seen,
    }
}

impl Rig {
    /// Feeds events until `done`.
    pub(super) fn until(&mut self, done: impl Fn(&Session) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !done(&self.session) {
            let event = self.events.recv_deadline(deadline).expect("it came to pass");
            self.session.on_engine(event);
            self.session.sync();
        }
    }
}

pub(super) fn walking(session: &Session) -> bool {
    session.phase() == Phase::Walking && session.numbers.stats.latent > 1
}

#[test]
fn the_walk_begins_by_itself_and_the_first_picture_is_shown_before_it() {
    let mut rig = rig(u64::MAX, None);
    rig.until(|s| s.world.is_some());
    let effects = rig.session.take_effects();
    assert_eq!(effects[0], Effect::Toast(ToastKind::Warning, "a notice".to_owned()));
    assert!(effects.contains(&Effect::WorldOpened));
    assert!(matches!(effects[2], Effect::Picture(_)));
    rig.until(walking);
    assert_eq!((rig.session.place.as_str(), rig.session.seed), ("a", 3));
    let frame = rig.session.due_frame(Instant::now() + Duration::from_secs(1));
    assert!(frame.is_some());
}

#[test]
fn the_menu_holds_the_world_and_closing_it_goes_on() {
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    rig.session.act(Action::Menu);
    rig.session.sync();
    std::thread::sleep(Duration::from_millis(100));
    let before = rig.seen.lock().controls.len();
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(rig.seen.lock().controls.len(), before);
    assert!(rig.session.take_effects().contains(&Effect::CaptureMouse(false)));
    rig.session.act(Action::Menu);
    rig.session.sync();
    std::thread::sleep(Duration::from_millis(200));
    assert!(rig.seen.lock().controls.len() > before);
}

#[test]
fn looking_and_keys_reach_the_generator() {
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    rig.session.pressed(Press::Key(Key::KeyD));
    rig.session.look((40.0, 0.0));
    rig.until(|s| s.numbers.stats.pose.yaw_rad > 0.05);
    assert!(rig.session.numbers.stats.pose.position_m[0] > 0.0);
}

#[test]
fn a_restart_takes_another_seed_and_a_digit_another_picture() {
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    rig.session.act(Action::Restart);
    let seed = rig.session.seed;
    assert_ne!(seed, 3);
    rig.session.act(Action::FirstFrame(1));
    rig.until(|s| s.bundled == Some(1));
    rig.session.act(Action::FirstFrame(8));
    assert_eq!(rig.seen.lock().seeds, [3, seed, seed]);
}

#[test]
fn a_bug_costs_a_warning_and_the_walk_goes_on_and_one_that_comes_again_is_shown() {
    let mut rig = rig(81, None);
    rig.until(walking);
    rig.session.take_effects();
    // It strikes at latent frame 20, and the walk is taken up there.
    rig.until(|s| told(&s.effects, ToastKind::Warning, "was started again: counted too far"));
    assert_eq!(rig.session.phase(), Phase::Loading);
    rig.until(|s| told(&s.effects, ToastKind::Done, "goes on where"));
    assert_eq!(rig.seen.lock().seeds, [3]);
    rig.until(|s| matches!(s.phase(), Phase::Failed { .. }));
    assert!(!rig.session.can_go_back());
    // Whoever tries again begins again.
    rig.session.retry();
    rig.until(walking);
    assert_eq!(rig.seen.lock().seeds, [3, 3]);
}

#[test]
fn a_world_that_never_ran_is_an_error_at_the_end() {
    let (engine, events, _) = engine(u64::MAX);
    let options = Options {
        model: "other".into(),
        ..options()
    };
    let mut session = Session::with_settings_file(engine, options, None);
    while !matches!(session.phase(), Phase::Failed { .. }) {
        session.on_engine(events.recv_timeout(Duration::from_secs(60)).unwrap());
    }
    assert_eq!(session.close().unwrap_err().to_string(), "no such world");
}

#[test]
fn settings_that_cannot_be_saved_are_a_sentence_and_those_that_can_are_kept() {
    let mut rig = rig(u64::MAX, Some("/proc/nowhere/settings.toml".into()));
    rig.session.act(Action::Hud);
    rig.session.save_settings();
    let effects = rig.session.take_effects();
    assert!(told(&effects, ToastKind::Warning, "could not be saved"), "{effects:?}");

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("settings.toml");
    let mut rig = self::rig(u64::MAX, Some(path.clone()));
    rig.session.act(Action::Hud);
    rig.session.close().unwrap();
    assert!(!Settings::read(&path).0.hud);

    // What there was no room for is saved at the end, when there is.
    let full = dir.path().join("full");
    std::fs::write(&full, "").unwrap();
    let path = full.join("settings.toml");
    let mut rig = self::rig(u64::MAX, Some(path.clone()));
    rig.session.act(Action::Hud);
    let effects = rig.session.take_effects();
    assert!(told(&effects, ToastKind::Warning, "could not be saved"), "{effects:?}");
    std::fs::remove_file(&full).unwrap();
    rig.session.close().unwrap();
    assert!(!Settings::read(&path).0.hud);
}

fn told(effects: &[Effect], kind: ToastKind, what: &str) -> bool {
    effects
        .iter()
        .any(|effect| matches!(effect, Effect::Toast(k, text) if *k == kind && text.contains(what)))
}

#[test]
fn a_moment_is_kept_and_come_back_to_and_a_replay_is_saved() {
    let dir = tempfile::tempdir().unwrap();
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    rig.session.take_effects();
    for (ask, what) in [(0, "is kept"), (1, "Back at"), (2, "Saved the walk")] {
        match ask {
            0 => rig.session.save_bookmark(Some(dir.path().to_owned())),
            1 => rig.session.restore_bookmark(Some(dir.path().to_owned())),
            _ => rig.session.save_replay(dir.path().to_owned()),
        }
        rig.until(|s| told(&s.effects, ToastKind::Done, what));
    }
    assert_eq!(rig.session.phase(), Phase::Walking);
    rig.session.save_bookmark(None);
    assert!(told(&rig.session.take_effects(), ToastKind::Warning, "no home folder"));
}

#[test]
fn holding_backspace_goes_back_and_letting_go_walks_on() {
    let mut rig = rig(u64::MAX, None);
    rig.until(|s| walking(s) && s.numbers.stats.latent > 30);
    rig.session.pressed(Press::Key(Key::Backspace));
    rig.until(|s| s.is_rewinding() && s.numbers.stats.latent < 25);
    rig.session.report(&Report::Up(Press::Key(Key::Backspace)));
    rig.session.sync();
    assert!(!rig.session.is_rewinding());
    rig.until(|s| s.numbers.stats.latent > 40);
}

#[test]
fn depth_is_shown_at_once_also_at_rest_and_saved_as_it_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let mut rig = rig(u64::MAX, None);
    rig.session.pressed(Press::Key(Key::KeyF));
    assert!(!rig.session.shows_depth(), "nothing to show yet");
    rig.session.act(Action::Depth);
    rig.until(walking);
    rig.session.act(Action::Pause);
    rig.session.sync();
    let later = Instant::now() + Duration::from_secs(1);
    let colours = rig.session.due_frame(later).expect("a picture");
    rig.session.take_effects();
    rig.session.pressed(Press::Key(Key::KeyF));
    let effects = rig.session.take_effects();
    let [Effect::Picture(depth)] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert!(rig.session.shows_depth());
    assert_eq!(depth.index, colours.index);
    // The cheap generator's depth is the same everywhere, its colours are not.
    assert!(depth.rgba.chunks(4).all(|p| p == &depth.rgba[..4]) && depth.rgba != colours.rgba);
    rig.session.screenshot(dir.path());
    let file = std::fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap();
    let saved = image::open(file.path()).unwrap().to_rgb8();
    assert_eq!(saved.into_raw(), depth.to_rgb());
    rig.session.take_effects();
    rig.session.act(Action::Depth);
    assert_eq!(rig.session.take_effects(), [Effect::Picture(colours)]);
    // And while walking every picture is one of depth.
    rig.session.act(Action::Depth);
    rig.session.act(Action::Pause);
    rig.session.sync();
    let latent = rig.session.numbers.stats.latent;
    rig.until(|s| s.numbers.stats.latent > latent + 2);
    let later = Instant::now() + Duration::from_secs(1);
    let picture = rig.session.due_frame(later).expect("a picture");
    assert!(picture.rgba.chunks(4).all(|p| p == &picture.rgba[..4]));
    // The picture of a place that is gone to comes before anybody knows its depth.
    rig.session.act(Action::FirstFrame(1));
    assert!(!rig.session.shows_depth());
    rig.until(|s| s.bundled == Some(1) && s.numbers.stats.latent > 1);
    rig.session.due_frame(Instant::now() + Duration::from_secs(1));
    assert!(rig.session.shows_depth());
}

#[test]
fn a_step_pauses_the_walk_and_makes_four_frames_each_time() {
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    rig.session.pressed(Press::Key(Key::Space));
    rig.session.sync();
    std::thread::sleep(Duration::from_millis(300));
    let before = rig.seen.lock().controls.len();
    for steps in 1..=3 {
        rig.session.pressed(Press::Key(Key::KeyN));
        rig.session.report(&Report::Up(Press::Key(Key::KeyN)));
        rig.until(|s| s.numbers.stats.latent as usize == before + steps);
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(rig.seen.lock().controls.len(), before + steps);
    }
    assert!(rig.session.is_paused());
    let frames = rig.seen.lock().made.len();
    assert_eq!(frames, 1 + FRAMES_PER_LATENT * (before + 3));
}

#[test]
fn two_keys_go_through_the_speeds() {
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    let interval_ms = |factor: f64| 1e3 / FRAMES_PER_SEC / factor;
    for _ in 0..4 {
        rig.session.pressed(Press::Key(Key::BracketLeft));
    }
    assert_eq!(rig.session.speed(), PlaySpeed::Quarter);
    rig.until(|s| (s.numbers.stats.interval_ms - interval_ms(0.25)).abs() < 1e-6);
    rig.session.pressed(Press::Key(Key::BracketRight));
    assert_eq!(rig.session.speed(), PlaySpeed::Half);
    rig.until(|s| (s.numbers.stats.interval_ms - interval_ms(0.5)).abs() < 1e-6);
    for _ in 0..2 {
        rig.session.pressed(Press::Key(Key::BracketRight));
    }
    rig.until(|s| s.numbers.stats.interval_ms < interval_ms(1.0));
}

#[test]
fn the_chosen_camera_takes_the_walk_and_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("settings.toml");
    let mut rig = rig(u64::MAX, Some(path.clone()));
    rig.until(walking);
    assert_eq!(rig.session.numbers.stats.pose.position_m, [0.0; 3]);
    rig.session.settings.camera = CameraFeel::Train;
    rig.session.sync();
    rig.until(|s| s.numbers.stats.pose.position_m[2] < -0.1);
    rig.session.close().unwrap();
    assert_eq!(Settings::read(&path).0.camera, CameraFeel::Train);
}

#[test]
fn a_screenshot_is_saved_or_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    rig.session.due_frame(Instant::now() + Duration::from_secs(1));
    rig.session.screenshot(dir.path());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    rig.session.take_effects();
    rig.session.screenshot(Path::new("/proc/nowhere"));
    assert!(matches!(
        rig.session.take_effects()[..],
        [Effect::Toast(ToastKind::Warning, _)]
    ));
}

#[test]
fn recordings_are_made_as_the_settings_say_unless_the_command_line_says_otherwise() {
    use crate::record::{Quality, Style};
    let style = |change: fn(&mut Options, &mut Settings)| {
        let mut rig = rig(u64::MAX, None);
        change(&mut rig.session.options, &mut rig.session.settings);
        rig.session.record_style()
    };
    assert_eq!(style(|_, _| {}), Style::default());
    let chosen = style(|_, settings| {
        settings.record_quality = crate::settings::Quality::Small;
        settings.record_keys = true;
    });
    let (quality, keys) = (Quality::Small, true);
    assert_eq!(chosen, Style { quality, keys });
    let named = style(|options, settings| {
        settings.record_quality = crate::settings::Quality::Small;
        options.record_quality = Some(Quality::Best);
        options.record_keys = true;
    });
    let quality = Quality::Best;
    assert_eq!(named, Style { quality, keys });
}

#[test]
fn what_was_walked_just_now_is_saved_and_what_was_lost_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut rig = rig(u64::MAX, None);
    rig.until(|s| s.numbers.stats.latent > 8);
    rig.session
        .export(Stretch::Last(0.05), ExportKind::Pictures, dir.path().to_owned());
    rig.until(|s| told(&s.effects, ToastKind::Done, "Saved 10 pictures"));
    assert_eq!(rig.session.exporting, None);
    // What is on the screen is marked by keys.
    rig.session.act(Action::Pause);
    rig.session.sync();
    std::thread::sleep(Duration::from_millis(100));
    let shown = rig.session.due_frame(Instant::now() + Duration::from_secs(1)).unwrap();
    rig.session.pressed(Press::Key(Key::KeyI));
    rig.session.pressed(Press::Key(Key::KeyO));
    rig.until(|s| s.marked.frames() == Some(1));
    assert_eq!(rig.session.marked.from.map(|mark| mark.frame), Some(shown.index));
    rig.session
        .export(Stretch::Marked, ExportKind::Gif, dir.path().to_owned());
    rig.until(|s| told(&s.effects, ToastKind::Done, "Saved 1 picture"));
    rig.session.act(Action::FirstFrame(1));
    rig.until(|s| !s.marked.is_any());
    let event = |dropped| Event::RecordingFinished {
        path: "/a.mp4".into(),
        frames: 90,
        dropped,
    };
    rig.session.take_effects();
    rig.session.on_engine(event(0));
    assert!(told(&rig.session.take_effects(), ToastKind::Done, "90 frames"));
    rig.session.on_engine(event(2));
    assert!(told(&rig.session.take_effects(), ToastKind::Warning, "2 are missing"));
}

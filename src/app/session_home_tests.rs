//! Where walks begin: the first screen, opened files, and the words of a walk.

use std::time::Duration;

use super::tests::*;
use super::*;
use crate::input::Action;

#[test]
fn without_a_first_frame_the_first_screen_asks_and_a_choice_walks() {
    let mut rig = rig_with(Options {
        first: None,
        ..options()
    });
    rig.until(|s| s.phase() == Phase::Ready);
    assert!(rig.session.home_open && !rig.session.can_go_back());
    let effects = rig.session.take_effects();
    assert!(effects.contains(&Effect::LookAtFiles) && effects.contains(&Effect::WorldOpened));
    assert!(rig.seen.lock().seeds.is_empty(), "it walked without being asked");
    // Nothing to go back to, and nothing to record or to step.
    rig.session.act(Action::Menu);
    rig.session.act(Action::Record);
    rig.session.act(Action::Restart);
    assert!(rig.session.home_open && !rig.session.menu_open);
    rig.session.walk_from(First::Bundled(1));
    assert!(matches!(rig.session.take_effects().last(), Some(Effect::Picture(_))));
    rig.until(walking);
    assert_eq!((rig.session.home_open, rig.session.bundled), (false, Some(1)));
    assert_eq!(rig.session.prompt, "caption of b");
}

#[test]
fn a_choice_made_before_the_world_is_open_is_kept() {
    let mut rig = rig_with(Options {
        first: None,
        ..options()
    });
    assert!(rig.session.world.is_none());
    rig.session.walk_from(First::Bundled(1));
    rig.until(walking);
    assert_eq!(rig.session.bundled, Some(1));
}

#[test]
fn the_first_screen_holds_the_walk_and_escape_goes_back_to_it() {
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    rig.session.act(Action::Home);
    rig.session.sync();
    std::thread::sleep(Duration::from_millis(100));
    let before = rig.seen.lock().controls.len();
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(rig.seen.lock().controls.len(), before);
    rig.session.act(Action::Menu);
    assert!(!rig.session.home_open && !rig.session.menu_open);
    rig.session.sync();
    std::thread::sleep(Duration::from_millis(200));
    assert!(rig.seen.lock().controls.len() > before);
}

#[test]
fn a_wrong_file_is_a_sentence_and_the_walk_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    let opened = rig.session.options.model.clone();
    for (name, words) in [
        ("broken.safetensors", "no such world"),
        ("poem.png", "not in a format"),
        ("gone.jpg", "cannot be read"),
    ] {
        let path = dir.path().join(name);
        if !name.starts_with("gone") {
            std::fs::write(&path, b"Whose woods these are").unwrap();
        }
        rig.session.take_effects();
        rig.session.take_file(path);
        let told = loop {
            let event = rig.events.recv_timeout(Duration::from_secs(60)).unwrap();
            rig.session.on_engine(event);
            let effects = rig.session.take_effects();
            let toast = effects.into_iter().find_map(|effect| match effect {
                Effect::Toast(ToastKind::Warning, text) => Some(text),
                _ => None,
            });
            if let Some(text) = toast {
                break text;
            }
        };
        assert!(told.contains(words), "{told}");
        assert_eq!(rig.session.phase(), Phase::Walking);
        assert_eq!(rig.session.options.model, opened);
        let latent = rig.session.numbers.stats.latent;
        rig.until(|s| s.numbers.stats.latent > latent + 1);
    }
    assert!(rig.session.settings.recent_pictures.is_empty());
}

#[test]
fn a_bad_picture_at_the_start_leads_to_the_first_screen() {
    let mut rig = rig_with(Options {
        first: Some(First::File("/nonexistent/a.png".into())),
        ..options()
    });
    rig.until(|s| s.home_open);
    assert_eq!(rig.session.phase(), Phase::Ready);
    rig.session.walk_from(First::Bundled(0));
    rig.until(walking);
}

#[test]
fn pictures_and_generators_are_remembered_once_they_have_proved_good() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hill.png");
    image::RgbImage::new(40, 30).save(&path).unwrap();
    let mut rig = rig(u64::MAX, Some(dir.path().join("settings.toml")));
    rig.until(walking);
    rig.session.take_file(path.clone());
    rig.until(|s| s.place == "hill.png");
    let settings = Settings::read(&dir.path().join("settings.toml")).0;
    assert_eq!(settings.recent_pictures, [path]);
    assert_eq!(settings.recent_generators.len(), 1);
}

#[test]
fn a_generator_opened_on_the_first_screen_shows_its_places_and_elsewhere_walks() {
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    rig.session.open_home();
    rig.session.open_generator("counter".into());
    rig.until(|s| s.phase() == Phase::Ready);
    assert!(rig.session.home_open && !rig.session.can_go_back());
    rig.session.walk_from(First::Bundled(1));
    rig.until(walking);
    rig.session.take_effects();
    rig.session.open_generator("counter".into());
    rig.until(|s| s.bundled == Some(0) && s.phase() == Phase::Walking);
}

#[test]
fn words_reach_the_walk_while_it_goes_on() {
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    rig.session.act(Action::Prompt);
    assert!(rig.session.prompt_open);
    let latent = rig.session.numbers.stats.latent;
    rig.until(|s| s.numbers.stats.latent > latent + 1);
    rig.session.set_prompt("snow".to_owned());
    rig.until(|s| s.prompt == "snow");
    assert!(!rig.session.prompt_open);
    assert_eq!(rig.seen.lock().prompts.last().unwrap(), "snow");
    rig.session.act(Action::Prompt);
    rig.session.act(Action::Menu);
    assert!(!rig.session.prompt_open && !rig.session.menu_open);
}

#[test]
fn a_pasted_picture_is_a_beginning() {
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    rig.session
        .walk_from(First::Pasted(Frame::from_rgb(20, 20, &[9; 1200], 0)));
    rig.until(|s| s.place == "a pasted picture" && s.bundled.is_none());
}

#[test]
fn a_kept_moment_is_taken_up_from_the_first_screen() {
    let dir = tempfile::tempdir().unwrap();
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    rig.session.save_bookmark(Some(dir.path().to_owned()));
    let kept = || {
        std::fs::read_dir(dir.path())
            .unwrap()
            .flatten()
            .map(|e| e.path())
            .next()
    };
    let deadline = Instant::now() + Duration::from_secs(60);
    while kept().is_none_or(|path| path.extension().is_none_or(|e| e != "safetensors")) {
        assert!(Instant::now() < deadline, "nothing was kept");
        std::thread::sleep(Duration::from_millis(5));
    }
    let path = kept().unwrap();
    rig.session.act(Action::Home);
    rig.session.take_up(dir.path().join("none.safetensors"));
    rig.until(|s| {
        s.effects
            .iter()
            .any(|e| matches!(e, Effect::Toast(_, what) if what.contains("none.safetensors")))
    });
    assert!(rig.session.home_open, "a moment that is gone changes nothing");
    rig.session.take_up(path);
    rig.until(|s| !s.home_open);
    assert_eq!(rig.session.phase(), Phase::Walking);
}

#[test]
fn only_what_is_offered_can_be_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let (mine, other) = (dir.path().join("walk.mp4"), dir.path().join("thesis.txt"));
    std::fs::write(&mine, b"").unwrap();
    std::fs::write(&other, b"").unwrap();
    let mut rig = rig(u64::MAX, None);
    rig.session.shelf = Some(Shelf {
        recordings: vec![crate::ui::RecordingCard {
            path: mine.clone(),
            size_bytes: 0,
            kind: crate::ui::RecordingKind::Screenshot { thumbnail: None },
        }],
        ..Shelf::default()
    });
    rig.session.delete(&other);
    assert!(other.exists() && !rig.session.take_effects().contains(&Effect::LookAtFiles));
    rig.session.delete(&mine);
    assert!(!mine.exists() && rig.session.take_effects().contains(&Effect::LookAtFiles));
    rig.session.delete(&mine);
    let told = |e: &Effect| matches!(e, Effect::Toast(ToastKind::Warning, what) if what.contains("walk.mp4"));
    assert!(rig.session.take_effects().iter().any(told), "it is gone already");
}

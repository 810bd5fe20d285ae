//! What happens to the real program from outside: it is killed, its screen goes, its world's file goes. Nothing that was kept
//! is lost, and nothing is left that does not read.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use desk::{Desk, Home, Key, Player, bundled_world, signal};
use farwander::record;
use farwander::rollout::Moment;

mod desk;

fn set_up() -> Option<(Desk, tempfile::TempDir, Home)> {
    let desk = Desk::set_up()?;
    let dir = tempfile::tempdir().unwrap();
    let home = Home(dir.path().to_owned());
    Some((desk, dir, home))
}

/// A walk that is recorded, two seconds and more of it.
fn recorded_walk<'a>(desk: &'a Desk, home: &Home, log: &str) -> Player<'a> {
    let mut player = Player::start(desk, home, log, &["--first-frame", "1"]);
    player.wait_for_latents(2);
    let before = home.recordings().len();
    desk.tap(Key::of('r'));
    player.wait("a recording to begin", |_| {
        (home.recordings().len() > before).then_some(())
    });
    player.wait_for_latents(14);
    player
}

#[track_caller]
fn assert_all_play(home: &Home, count: usize) {
    assert_eq!(home.recordings().len(), count);
    for path in home.recordings() {
        let picture = record::first_picture(&path).expect("a picture");
        assert_eq!((picture.width_px, picture.height_px), (192, 112));
        assert!(std::fs::metadata(&path).unwrap().len() > 10_000);
    }
}

#[test]
fn a_killed_program_keeps_what_it_had_and_starts_again() {
    let Some((desk, _dir, home)) = set_up() else { return };
    let player = &mut recorded_walk(&desk, &home, "killed.log");
    desk.tap(Key::of('h'));
    player.wait("the setting to be kept", |_| {
        home.settings().contains("hud = false").then_some(())
    });
    desk.tap(Key::F5);
    // As early as a file is there, whole or not.
    player.wait("a bookmark in the making", |_| {
        let made = home.files(|name| name.contains("partial") || name.ends_with(".safetensors"));
        (!made.is_empty()).then_some(())
    });
    signal("KILL", player.pid());
    assert!(!player.wait_for_end().success());
    assert_all_play(&home, 1);
    for path in home.bookmarks() {
        Moment::peek(&path).unwrap();
    }

    let mut player = Player::start(&desk, &home, "again.log", &["--first-frame", "2"]);
    player.wait_for_latents(2);
    assert!(home.settings().contains("hud = false"));
    assert_eq!(player.complaints(), [""; 0]);
}

#[test]
fn a_screen_that_goes_ends_the_program_and_the_recording_plays() {
    let Some((desk, _dir, home)) = set_up() else { return };
    let mut player = recorded_walk(&desk, &home, "screen.log");
    desk.unplug();
    let ended = player.wait_for_end();
    // Not a crash, and not a process that hangs about without a window.
    assert_eq!(ended.code(), Some(1), "{ended:?} {}", player.log());
    assert!(!player.log().contains("panicked"), "{}", player.log());
    assert_all_play(&home, 1);
}

#[test]
fn a_worlds_file_may_go_or_change_while_one_walks_in_it() {
    let Some((desk, _dir, home)) = set_up() else { return };
    let world = home.0.join("mine.safetensors");
    std::fs::copy(bundled_world(), &world).unwrap();
    let mut player = Player::start_in(&desk, &home, "gone.log", &world, &["--first-frame", "1"]);
    player.wait_for_latents(2);
    std::fs::remove_file(&world).unwrap();
    player.wait_for_latents(3);
    // A walk begins in another place, is kept and come back to.
    desk.tap(Key::of('2'));
    player.wait_to_say("after it was chosen", 0);
    player.wait_for_latents(2);
    desk.tap(Key::F5);
    player.wait_to_say("This moment is kept.", 0);
    std::fs::write(&world, "Whose woods these are I think I know").unwrap();
    desk.tap(Key::F9);
    player.wait_to_say("Back at the moment that was kept.", 0);
    player.wait_for_latents(2);
    // The first screen looks at the file and says what is wrong; the walk waits behind it.
    desk.tap(Key::HOME);
    player.wait_for_rest();
    desk.tap(Key::ESCAPE);
    player.wait_for_latents(2);
    assert_eq!(player.complaints(), [""; 0]);
    signal("TERM", player.pid());
    assert!(player.wait_for_end().success(), "{}", player.log());
}

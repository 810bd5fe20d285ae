//! The real program in a real window, from outside: keys go in by an X server without a screen, pixels and files are looked
//! at. Start, choose a world, walk, record, go back, keep the moment, quit, start again, take the moment up.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use std::path::Path;
use std::process::Command;

use desk::{Desk, Home, Key, Player, difference, signal};
use farwander::record;
use farwander::rollout::Moment;

mod desk;

/// Goes from the first screen into a walk, by arrows and Enter.
fn choose_a_world(desk: &Desk, player: &mut Player<'_>) {
    player.wait_to_say("generator ready on", 0);
    player.wait("the first screen to show places", |_| {
        let seen = desk.look();
        let colours: std::collections::HashSet<_> = seen.pixels().step_by(101).map(|p| p.0).collect();
        (colours.len() > 500).then_some(())
    });
    let before = desk.look();
    desk.tap(Key::RIGHT);
    player.wait("the arrow to move the choice", |_| {
        (desk.look() != before).then_some(())
    });
    desk.tap(Key::ENTER);
    player.wait_to_say("first generated frame", 0);
    player.wait_for_latents(3);
}

fn walk(desk: &Desk, player: &mut Player<'_>) {
    let (standing, begun) = (desk.look_ahead(), player.place().unwrap().1);
    player.wait_for_latents(3);
    let still_standing = desk.look_ahead();
    desk.hold(Key::of('w'));
    player.wait("W to lead forwards", |player| {
        let at = player.place()?.1;
        let way_m = begun.iter().zip(at).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        (way_m > 1.5).then_some(())
    });
    player.wait_for_latents(2);
    let (rest, motion) = (
        difference(&standing, &still_standing),
        difference(&still_standing, &desk.look_ahead()),
    );
    desk.let_go(Key::of('w'));
    assert!(
        motion > 3.0 && motion > 2.0 * rest,
        "W changed {motion:.2}, standing {rest:.2}"
    );
}

/// Returns the number of frames that the program says it has recorded.
fn record_a_little(desk: &Desk, player: &mut Player<'_>, home: &Home) -> u64 {
    desk.tap(Key::of('r'));
    player.wait("a recording to begin", |_| {
        (!home.recordings().is_empty()).then_some(())
    });
    desk.hold(Key::of('e'));
    player.wait_for_latents(12);
    desk.let_go(Key::of('e'));
    desk.tap(Key::of('r'));
    let said = player.wait_to_say("Recorded ", 0);
    said.split(' ').nth(1).unwrap().parse().unwrap()
}

fn go_back(desk: &Desk, player: &mut Player<'_>) {
    let (from, _) = player.place().unwrap();
    desk.hold(Key::BACKSPACE);
    player.wait("the walk to go back", |player| {
        (player.place()?.0 + 4 <= from).then_some(())
    });
    desk.let_go(Key::BACKSPACE);
    player.wait_for_latents(2);
}

/// The picture on the screen, and the same as the program saves it.
fn take_picture(desk: &Desk, player: &mut Player<'_>, home: &Home) -> (image::RgbImage, image::RgbImage) {
    let before = home.screenshots().len();
    let seen = player.wait_for_rest();
    desk.tap(Key::F12);
    let saved = player.wait("a screenshot", |_| {
        let all = home.screenshots();
        (all.len() > before).then(|| image::open(all.last()?).ok())?
    });
    (seen, saved.to_rgb8())
}

fn assert_recording(path: &Path, frames: u64) {
    assert!(frames >= 40, "{frames} frames of 12 latent frames");
    let secs = record::length(path).expect("a finished recording").secs;
    assert!(
        (secs - frames as f64 / 24.0).abs() < 1e-3,
        "{secs} s of {frames} frames"
    );
    let first = record::first_picture(path).expect("a first picture");
    assert_eq!((first.width_px, first.height_px), (192, 112));
    // Another's opinion, where there is one.
    let probe = Command::new("ffprobe")
        .args(["-v", "error", "-count_frames", "-select_streams", "v", "-of", "csv=p=0"])
        .args(["-show_entries", "stream=codec_name,nb_read_frames"])
        .arg(path)
        .output();
    match probe {
        Ok(output) => assert_eq!(
            String::from_utf8_lossy(&output.stdout).trim(),
            format!("h264,{frames}"),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        ),
        Err(error) => println!("ffprobe is not asked about the recording ({error})."),
    }
}

#[test]
fn a_walk_is_recorded_gone_back_through_kept_and_taken_up_in_another_run() {
    let Some(desk) = Desk::set_up() else { return };
    let dir = tempfile::tempdir().unwrap();
    let home = Home(dir.path().to_owned());

    let mut player = Player::start(&desk, &home, "first.log", &[]);
    choose_a_world(&desk, &mut player);
    desk.tap(Key::of('h')); // no numbers: a setting, and nothing that changes in the picture
    walk(&desk, &mut player);
    let frames = record_a_little(&desk, &mut player, &home);
    assert_recording(&home.recordings()[0], frames);
    go_back(&desk, &mut player);
    desk.tap(Key::of('p'));
    desk.tap(Key::F5);
    player.wait_to_say("This moment is kept.", 0);
    let kept = take_picture(&desk, &mut player, &home);
    desk.close(player.window);
    assert!(player.wait_for_end().success(), "{}", player.log());
    assert_eq!(player.complaints(), [""; 0]);

    assert!(home.settings().contains("hud = false"), "{}", home.settings());
    let bookmarks = home.bookmarks();
    assert_eq!(bookmarks.len(), 1);
    let moment = Moment::peek(&bookmarks[0]).unwrap();
    assert!(moment.secs > 1.0 && !moment.name.is_empty(), "{moment:?}");

    let mut player = Player::start(&desk, &home, "second.log", &[]);
    choose_a_world(&desk, &mut player);
    desk.tap(Key::of('p'));
    let elsewhere = player.wait_for_rest();
    desk.tap(Key::F9);
    player.wait_to_say("Back at the moment that was kept.", 0);
    let restored = take_picture(&desk, &mut player, &home);
    assert!(
        difference(&elsewhere, &kept.0) > 2.0,
        "the moment is to be another picture"
    );
    assert!(
        restored.1 == kept.1,
        "the saved pictures differ by {}",
        difference(&restored.1, &kept.1)
    );
    assert!(
        restored.0 == kept.0,
        "the windows differ by {}",
        difference(&restored.0, &kept.0)
    );
    assert_eq!(
        (moment.picture.width_px, moment.picture.to_rgb()),
        (192, kept.1.into_raw()),
        "the picture in the file is the one that was seen"
    );
    // The walk goes on from there.
    desk.tap(Key::of('p'));
    player.wait_for_latents(2);
    signal("TERM", player.pid());
    assert!(player.wait_for_end().success(), "{}", player.log());
    assert_eq!(player.complaints(), [""; 0]);
    let left = home.files(|name| name.contains("partial"));
    assert!(left.is_empty(), "half-written: {left:?}");
}

//! The first screen: what it shows, by mouse and by keyboard; files over the window and pasted pictures.

use super::*;
use crate::record::Length;

pub(super) fn shelf() -> Shelf {
    let frame = Frame::from_rgb(20, 10, &[80; 600], 0);
    Shelf {
        generators: vec![
            GeneratorCard {
                path: "/worlds/vale.safetensors".into(),
                about: Ok(about("Vale")),
            },
            GeneratorCard {
                path: "/worlds/moor.safetensors".into(),
                about: Ok(about("Moor")),
            },
            GeneratorCard {
                path: "/worlds/lost.safetensors".into(),
                about: Err("is not there any more".to_owned()),
            },
        ],
        pictures: vec![
            PictureCard {
                path: "/pictures/hill.jpg".into(),
                folder: "~/pictures".to_owned(),
                thumbnail: Ok(frame.clone()),
            },
            PictureCard {
                path: "/pictures/torn.jpg".into(),
                folder: "~/pictures".to_owned(),
                thumbnail: Err("cannot be decoded".to_owned()),
            },
        ],
        recordings: vec![
            RecordingCard {
                path: "/videos/walk-1.png".into(),
                size_bytes: 45_000,
                kind: RecordingKind::Screenshot { thumbnail: Some(frame) },
            },
            RecordingCard {
                path: "/videos/walk-2.mp4".into(),
                size_bytes: 3_400_000,
                kind: RecordingKind::Video {
                    length: Some(Length {
                        secs: 75.0,
                        finished: true,
                    }),
                    thumbnail: None,
                },
            },
        ],
        moments: vec![
            MomentCard {
                path: "/kept/a.safetensors".into(),
                size_bytes: 12_000_000,
                age_secs: 300,
                about: Ok(AboutMoment {
                    title: "Vale".to_owned(),
                    name: "snow at dusk".to_owned(),
                    prompt: "snow at dusk, clear".to_owned(),
                    secs: 95.0,
                    picture: Frame::from_rgb(20, 10, &[60; 600], 0),
                }),
            },
            MomentCard {
                path: "/kept/b.safetensors".into(),
                size_bytes: 10,
                age_secs: 90_000,
                about: Err("it is no bookmark".to_owned()),
            },
        ],
        recordings_folder: "/videos".into(),
        recordings_dir: "/videos".into(),
    }
}

fn about(title: &str) -> About {
    About {
        title: title.to_owned(),
        licence: "CC0-1.0".to_owned(),
        size_bytes: 16_900_000,
        frame_px: [192, 112],
        frames_per_sec: 24.0,
        trained: "autoencoder 2600, adapt 240 steps".to_owned(),
        thumbnail: None,
    }
}

/// The first screen with something of every kind.
pub(super) fn at_home(scene: &mut Scene) {
    scene.home_open = true;
    scene.can_go_back = false;
    scene.phase = Phase::Ready;
    scene.shelf = Some(shelf());
    scene.generator = Some("/worlds/vale.safetensors".into());
}

#[test]
fn places_and_files_are_shown_with_what_they_are() {
    let panel = panel(at_home);
    panel.says(&[
        "place 2",
        "caption 2",
        "160 × 96 at 24 frames a second",
        "vale.safetensors  ·  open now",
        "Moor",
        "192 × 112  ·  24 a second",
        "16.9 MB  ·  CC0-1.0",
        "autoencoder 2600, adapt 240 steps",
        "is not there any more",
        "hill.jpg",
        "~/pictures",
        "cannot be decoded",
        "Screenshot  ·  45 kB",
        "1:15  ·  3.4 MB",
        "Kept moments",
        "Vale  ·  1:35 into the walk",
        "5 minutes ago  ·  12.0 MB",
        "it is no bookmark",
    ]);
    let text = panel.text();
    assert!(
        !text.contains("Back to the walk") && !text.contains("network"),
        "{text}"
    );
}

#[test]
fn a_kept_moment_is_taken_up_and_deleting_is_asked_twice() {
    let mut panel = panel(at_home);
    assert_eq!(
        panel.click("snow at dusk"),
        [UiCommand::TakeUp("/kept/a.safetensors".into())]
    );
    assert_eq!(panel.click("Delete a.safetensors"), []);
    panel.says(&["Delete it?"]);
    // Elsewhere: it is kept.
    assert_eq!(panel.click_at(egui::pos2(3.0, 3.0)), []);
    assert!(!panel.text().contains("Delete it?"));
    panel.click("Delete a.safetensors");
    assert_eq!(
        panel.click("Delete a.safetensors for good"),
        [UiCommand::Delete("/kept/a.safetensors".into())]
    );
}

#[test]
fn clicks_choose_and_what_is_missing_cannot_be_chosen() {
    let mut panel = panel(at_home);
    for (name, wanted) in [
        ("place 1", UiCommand::FirstFrame(1)),
        ("Moor", UiCommand::Open("/worlds/moor.safetensors".into())),
        ("hill.jpg", UiCommand::Begin("/pictures/hill.jpg".into())),
        ("walk-1.png", UiCommand::Begin("/videos/walk-1.png".into())),
        ("walk-2.mp4", UiCommand::Show("/videos/walk-2.mp4".into())),
        ("Open the folder of recordings", UiCommand::Show("/videos".into())),
        ("Open a picture …", UiCommand::ChoosePicture),
        ("Open a world …", UiCommand::ChooseGenerator),
        ("Controls", UiCommand::Controls),
        ("Computing", UiCommand::Computing),
        ("Quit", UiCommand::Quit),
    ] {
        assert_eq!(panel.click(name), [wanted], "{name}");
    }
    // They are there to be read. The last one is open already.
    for name in ["lost.safetensors", "torn.jpg", "Vale"] {
        assert!(!panel.has(name), "{name}");
        panel.get_by_label_contains(&format!("{name}. "));
    }
}

#[test]
fn arrows_and_enter_choose_and_reach_the_files() {
    use egui::Key::{ArrowRight, Enter, Escape};
    let mut panel = panel(at_home);
    assert_eq!(panel.key(Enter), [UiCommand::FirstFrame(0)]);
    panel.key(ArrowRight);
    assert_eq!(panel.key(Enter), [UiCommand::FirstFrame(1)]);
    // On over the last card to the files; whatever is there is a file that can be opened.
    panel.keys([ArrowRight; 3]);
    let commands = panel.key(Enter);
    assert!(
        matches!(commands[..], [UiCommand::Open(_) | UiCommand::Begin(_)]),
        "{commands:?}"
    );
    // Who has lost the focus gets it back with the first arrow.
    panel.keys([Escape, ArrowRight]);
    assert_eq!(panel.key(Enter), [UiCommand::FirstFrame(0)]);
}

#[test]
fn what_the_arrows_reach_comes_into_view_in_a_low_window() {
    let mut panel = panel_of([700.0, 320.0], at_home);
    assert!(!panel.text().contains("hill.jpg"));
    panel.keys([egui::Key::ArrowDown; 16]);
    panel.says(&["walk-1.png"]);
}

#[test]
fn behind_it_a_walk_can_wait() {
    let mut panel = panel(|scene| {
        at_home(scene);
        scene.can_go_back = true;
    });
    assert_eq!(panel.click("Back to the walk"), [UiCommand::CloseHome]);
}

#[test]
fn before_anything_is_known_it_says_so_and_a_failure_is_told() {
    let mut panel = panel(|scene| {
        scene.home_open = true;
        scene.can_go_back = false;
        scene.world = None;
        scene.phase = Phase::Loading;
    });
    panel.says(&["Opening the world", "Looking"]);
    panel.state_mut().phase = Phase::Failed {
        message: "the lake is dry",
    };
    panel.run();
    panel.says(&["the lake is dry"]);
    assert_eq!(panel.click("Try again"), [UiCommand::Retry]);
}

#[test]
fn an_empty_shelf_says_how_to_fill_it() {
    panel(scenes::empty_home).says(&["Drop any picture", "kept in ~/Videos/Farwander"]);
}

#[test]
fn a_file_over_the_window_is_promised_a_walk() {
    let mut panel = panel(|_| {});
    panel.input_mut().hovered_files = vec![egui::HoveredFile {
        path: Some("/pictures/hill.jpg".into()),
        ..egui::HoveredFile::default()
    }];
    panel.step();
    panel.says(&["Begin here"]);
}

#[test]
fn a_pasted_picture_is_a_beginning_and_other_things_are_told() {
    let mut panel = panel(|_| {});
    let image = egui::ColorImage::filled([3, 2], egui::Color32::from_rgb(1, 2, 3));
    panel.event(egui::Event::PasteImage(std::sync::Arc::new(image)));
    panel.event(egui::Event::Paste("words".to_owned()));
    assert_eq!(
        panel.commands(),
        [
            UiCommand::Paste(Frame::from_rgb(3, 2, &[1, 2, 3].repeat(6), 0)),
            UiCommand::PasteNothing
        ]
    );
}

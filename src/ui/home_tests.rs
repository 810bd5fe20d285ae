//! The first screen: what it shows, by mouse and by keyboard; files over the window and pasted pictures.

use super::*;
use crate::record::Length;

fn shelf() -> Shelf {
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

fn at_home<R>(
    change: impl FnOnce(&mut UiState<'_>),
    then: impl FnOnce(&mut Interface, &egui::Context, &UiState<'_>) -> R,
) -> R {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    interface.set_world(&context, &world());
    let shelf = shelf();
    interface.set_shelf(&context, &shelf);
    with_state(
        |state| {
            state.home_open = true;
            state.can_go_back = false;
            state.phase = Phase::Ready;
            change(state);
        },
        |state| {
            let state = UiState {
                shelf: Some(&shelf),
                generator: Some(std::path::Path::new("/worlds/vale.safetensors")),
                ..*state
            };
            run(&mut interface, &context, &state, vec![vec![]; 3]);
            then(&mut interface, &context, &state)
        },
    )
}

#[test]
fn places_and_files_are_shown_with_what_they_are() {
    at_home(
        |_| {},
        |interface, context, state| {
            let (commands, text) = run(interface, context, state, vec![vec![]; 2]);
            assert!(commands.is_empty());
            for what in [
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
            ] {
                assert!(text.contains(what), "{what} is missing in {text}");
            }
            assert!(
                !text.contains("Back to the walk") && !text.contains("network"),
                "{text}"
            );
        },
    );
}

#[test]
fn a_kept_moment_is_taken_up_and_deleting_is_asked_twice() {
    at_home(
        |_| {},
        |interface, context, state| {
            let at = place_of(interface, context, state, "snow at dusk");
            let (commands, _) = run(interface, context, state, click(at));
            assert_eq!(commands, [UiCommand::TakeUp("/kept/a.safetensors".into())]);
            let at = place_of(interface, context, state, "×");
            let (commands, _) = run(interface, context, state, click(at));
            assert!(commands.is_empty(), "{commands:?}");
            let (_, text) = run(interface, context, state, vec![vec![]; 2]);
            assert!(text.contains("Delete it?"), "{text}");
            // Elsewhere: it is kept.
            let (commands, _) = run(interface, context, state, click(egui::pos2(3.0, 3.0)));
            assert!(commands.is_empty(), "{commands:?}");
            let (_, text) = run(interface, context, state, vec![vec![]; 2]);
            assert!(!text.contains("Delete it?"));
            let at = place_of(interface, context, state, "×");
            run(interface, context, state, click(at));
            let at = place_of(interface, context, state, "Delete it?");
            let (commands, _) = run(interface, context, state, click(at));
            assert_eq!(commands, [UiCommand::Delete("/kept/a.safetensors".into())]);
        },
    );
}

#[test]
fn clicks_choose_and_what_is_missing_cannot_be_chosen() {
    at_home(
        |_| {},
        |interface, context, state| {
            for (text, wanted) in [
                ("place 1", Some(UiCommand::FirstFrame(1))),
                ("Moor", Some(UiCommand::Open("/worlds/moor.safetensors".into()))),
                ("hill.jpg", Some(UiCommand::Begin("/pictures/hill.jpg".into()))),
                ("walk-1.png", Some(UiCommand::Begin("/videos/walk-1.png".into()))),
                ("walk-2.mp4", Some(UiCommand::Show("/videos/walk-2.mp4".into()))),
                ("Open folder", Some(UiCommand::Show("/videos".into()))),
                ("Open a picture …", Some(UiCommand::ChoosePicture)),
                ("Open a world …", Some(UiCommand::ChooseGenerator)),
                ("Controls", Some(UiCommand::Controls)),
                ("lost.safetensors", None),
                ("torn.jpg", None),
                // It is open already.
                ("vale.safetensors  ·  open now", None),
            ] {
                let at = place_of(interface, context, state, text);
                let (commands, _) = run(interface, context, state, click(at));
                assert_eq!(commands, Vec::from_iter(wanted), "{text}");
            }
        },
    );
}

#[test]
fn arrows_and_enter_choose_and_reach_the_files() {
    at_home(
        |_| {},
        |interface, context, state| {
            let (commands, _) = run(interface, context, state, vec![key(egui::Key::Enter), vec![]]);
            assert_eq!(commands, [UiCommand::FirstFrame(0)]);
            let right = || vec![key(egui::Key::ArrowRight), vec![], vec![]];
            run(interface, context, state, right());
            let (commands, _) = run(interface, context, state, vec![key(egui::Key::Enter), vec![]]);
            assert_eq!(commands, [UiCommand::FirstFrame(1)]);
            // On over the last card to the files; whatever is there is a file that can be opened.
            for _ in 0..3 {
                run(interface, context, state, right());
            }
            let (commands, _) = run(interface, context, state, vec![key(egui::Key::Enter), vec![]]);
            assert!(
                matches!(commands[..], [UiCommand::Open(_) | UiCommand::Begin(_)]),
                "{commands:?}"
            );
            // Who has lost the focus gets it back with the first arrow.
            run(interface, context, state, vec![key(egui::Key::Escape), vec![]]);
            run(interface, context, state, right());
            let (commands, _) = run(interface, context, state, vec![key(egui::Key::Enter), vec![]]);
            assert_eq!(commands, [UiCommand::FirstFrame(0)]);
        },
    );
}

#[test]
fn what_the_arrows_reach_comes_into_view_in_a_low_window() {
    at_home(
        |_| {},
        |interface, context, state| {
            let mut frame = |events| {
                let input = egui::RawInput {
                    screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(700.0, 320.0))),
                    events,
                    ..egui::RawInput::default()
                };
                let mut text = String::new();
                let output = context.run_ui(input, |ui| {
                    interface.show(ui.ctx(), state);
                });
                output.shapes.iter().for_each(|s| collect_text(&s.shape, &mut text));
                output.drop_without_applying_deltas();
                text
            };
            frame(vec![]);
            assert!(!frame(vec![]).contains("hill.jpg"));
            for _ in 0..12 {
                frame(key(egui::Key::ArrowDown));
                frame(vec![]);
            }
            let text = (0..40).map(|_| frame(vec![])).last().unwrap_or_default();
            assert!(text.contains("walk-1.png"), "{text}");
        },
    );
}

#[test]
fn behind_it_a_walk_can_wait() {
    at_home(
        |state| state.can_go_back = true,
        |interface, context, state| {
            let at = place_of(interface, context, state, "Back to the walk");
            let (commands, _) = run(interface, context, state, click(at));
            assert_eq!(commands, [UiCommand::CloseHome]);
        },
    );
}

#[test]
fn before_anything_is_known_it_says_so_and_a_failure_is_told() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    let show = |interface: &mut Interface, phase| {
        with_state(
            |state| {
                state.home_open = true;
                state.can_go_back = false;
                state.world = None;
                state.phase = phase;
            },
            |state| run(interface, &context, state, vec![vec![]; 2]).1,
        )
    };
    let text = show(&mut interface, Phase::Loading);
    assert!(text.contains("Opening the world") && text.contains("Looking"), "{text}");
    let message = "the lake is dry";
    let text = show(&mut interface, Phase::Failed { message });
    assert!(text.contains(message) && text.contains("Try again"), "{text}");
}

#[test]
fn an_empty_shelf_says_how_to_fill_it() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    let shelf = Shelf {
        recordings_dir: "/videos".into(),
        ..Shelf::default()
    };
    let (_, text) = with_state(
        |state| state.home_open = true,
        |state| {
            let state = UiState {
                shelf: Some(&shelf),
                ..*state
            };
            run(&mut interface, &context, &state, vec![vec![]; 2])
        },
    );
    assert!(
        text.contains("Drop any picture") && text.contains("kept in /videos"),
        "{text}"
    );
}

#[test]
fn it_lays_out_in_windows_of_any_size() {
    at_home(
        |_| {},
        |interface, context, state| {
            for size in [[80.0, 40.0], [320.0, 200.0], [700.0, 900.0], [2560.0, 1440.0]] {
                for _ in 0..2 {
                    let input = egui::RawInput {
                        screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, size.into())),
                        ..egui::RawInput::default()
                    };
                    context
                        .run_ui(input, |ui| {
                            interface.show(ui.ctx(), state);
                        })
                        .drop_without_applying_deltas();
                }
            }
        },
    );
}

#[test]
fn a_file_over_the_window_is_promised_a_walk() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    let mut text = String::new();
    with_state(
        |_| {},
        |state| {
            let input = egui::RawInput {
                screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, SIZE)),
                hovered_files: vec![egui::HoveredFile {
                    path: Some("/pictures/hill.jpg".into()),
                    ..egui::HoveredFile::default()
                }],
                ..egui::RawInput::default()
            };
            let output = context.run_ui(input, |ui| {
                interface.show(ui.ctx(), state);
            });
            output.shapes.iter().for_each(|s| collect_text(&s.shape, &mut text));
            output.drop_without_applying_deltas();
        },
    );
    assert!(text.contains("Begin here"), "{text}");
}

#[test]
fn a_pasted_picture_is_a_beginning_and_other_things_are_told() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    let image = egui::ColorImage::filled([3, 2], egui::Color32::from_rgb(1, 2, 3));
    let events = vec![
        vec![egui::Event::PasteImage(std::sync::Arc::new(image))],
        vec![egui::Event::Paste("words".to_owned())],
    ];
    let (commands, _) = with_state(|_| {}, |state| run(&mut interface, &context, state, events));
    assert_eq!(
        commands,
        [
            UiCommand::Paste(Frame::from_rgb(3, 2, &[1, 2, 3].repeat(6), 0)),
            UiCommand::PasteNothing
        ]
    );
}

//! The tree of branches: chosen by mouse and by keyboard; the bar while going back.

use super::*;
use crate::engine::{BranchLine, BranchTree};

fn line(id: u64, parent: Option<u64>, from_latent: u64, to_latent: u64) -> BranchLine {
    BranchLine {
        id,
        parent,
        from_latent,
        to_latent,
        picture: Some(Frame::from_rgb(16, 10, &[90; 480], 4 * to_latent)),
    }
}

/// The state of the interface borrows for longer than a test knows.
fn leak(tree: &BranchTree) -> &'static BranchTree {
    Box::leak(Box::new(tree.clone()))
}

/// From latent frame 60, ten seconds into the walk, one way goes on to 0:17 and one to 0:12, where the walk is.
fn two_ways() -> BranchTree {
    BranchTree {
        lines: vec![
            line(0, Some(1), 60, 102),
            line(1, None, 0, 60),
            line(2, Some(1), 60, 72),
        ],
        current: 2,
        at_latent: 72,
    }
}

#[test]
fn ends_and_forks_are_chosen_by_mouse() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    let tree = two_ways();
    with_state(
        |state| (state.branches_open, state.branches) = (true, Some(leak(&tree))),
        |state| {
            let (commands, text) = run(&mut interface, &context, state, vec![vec![]; 3]);
            assert!(commands.is_empty());
            for what in ["Branches", "0:17", "0:12", "0:10", "You are here, 0:12", "Close"] {
                assert!(text.contains(what), "{what} is missing in {text}");
            }
            let mut clicked = |text: &str, down: f32| {
                let at = place_of(&mut interface, &context, state, text) + egui::vec2(0.0, down);
                run(&mut interface, &context, state, click(at)).0
            };
            assert_eq!(clicked("0:17", 0.0), [UiCommand::GoToBranch(0)]);
            // The time of a fork stands over its dot.
            assert_eq!(clicked("0:10", 20.0), [UiCommand::GoToBranch(1)]);
            // Where one is already one only walks on.
            assert_eq!(clicked("0:12", 0.0), [UiCommand::CloseBranches]);
            assert_eq!(clicked("Close", 0.0), [UiCommand::CloseBranches]);
        },
    );
}

#[test]
fn arrows_go_from_the_current_end_to_all_others() {
    use egui::Key::{ArrowDown, ArrowRight, ArrowUp, Enter};
    let tree = two_ways();
    for (keys, command) in [
        (&[][..], UiCommand::CloseBranches),
        (&[ArrowUp], UiCommand::GoToBranch(1)),
        (&[ArrowUp, ArrowRight], UiCommand::GoToBranch(0)),
        (&[ArrowDown], UiCommand::CloseBranches),
    ] {
        let context = egui::Context::default();
        let mut interface = Interface::new(&context);
        with_state(
            |state| (state.branches_open, state.branches) = (true, Some(leak(&tree))),
            |state| {
                run(&mut interface, &context, state, vec![vec![]; 3]);
                for pressed in keys {
                    run(&mut interface, &context, state, vec![key(*pressed), vec![]]);
                }
                let (commands, _) = run(&mut interface, &context, state, vec![key(Enter), vec![]]);
                assert_eq!(commands, std::slice::from_ref(&command), "{keys:?}");
            },
        );
    }
}

#[test]
fn one_way_and_no_past_are_explained_and_what_cannot_be_gone_to_is_no_button() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    let mut text = |tree: &BranchTree| {
        with_state(
            |state| (state.branches_open, state.branches) = (true, Some(leak(tree))),
            |state| run(&mut interface, &context, state, vec![vec![]; 3]).1,
        )
    };
    let mut one = BranchTree {
        lines: vec![line(0, None, 0, 72)],
        current: 0,
        at_latent: 72,
    };
    assert!(text(&one).contains("Hold Backspace to go back"));
    assert!(text(&one).contains("0:12"));
    one.lines[0].picture = None;
    assert!(!text(&one).contains("0:12"));
    assert!(text(&BranchTree::default()).contains("too large"));
}

#[test]
fn going_back_shows_the_time_and_what_is_focused_says_where_it_leads() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    let mut tree = two_ways();
    tree.at_latent = 66;
    let (_, text) = with_state(
        |state| (state.rewinding, state.branches) = (true, Some(leak(&tree))),
        |state| run(&mut interface, &context, state, vec![vec![]; 2]),
    );
    assert!(text.contains("0:11") && text.contains("Going back"), "{text}");
    let (_, text) = with_state(
        |state| state.branches = Some(leak(&tree)),
        |state| run(&mut interface, &context, state, vec![vec![]; 2]),
    );
    assert!(!text.contains("0:11"), "{text}");
}

#[test]
fn a_small_window_and_many_branches_do_not_break_the_layout() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    let mut lines = vec![line(0, None, 0, 5)];
    lines.extend((1..8).map(|id| line(id, Some(0), 5, 5 + id)));
    let tree = BranchTree {
        lines,
        current: 7,
        at_latent: 5,
    };
    with_state(
        |state| (state.branches_open, state.branches) = (true, Some(leak(&tree))),
        |state| {
            for size in [
                egui::vec2(320.0, 200.0),
                egui::vec2(80.0, 40.0),
                egui::vec2(3000.0, 300.0),
            ] {
                for _ in 0..3 {
                    let input = egui::RawInput {
                        screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, size)),
                        ..egui::RawInput::default()
                    };
                    let output = context.run_ui(input, |ui| {
                        interface.show(ui.ctx(), state);
                    });
                    output.drop_without_applying_deltas();
                }
            }
        },
    );
}

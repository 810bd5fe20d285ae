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

/// From latent frame 60, ten seconds into the walk, one way goes on to 0:17 and one to 0:12, where the walk is.
pub(super) fn two_ways() -> BranchTree {
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

fn opened(tree: BranchTree) -> Panel {
    panel(|scene| {
        scene.branches_open = true;
        scene.branches = Some(tree);
    })
}

#[test]
fn ends_and_forks_are_chosen_by_mouse() {
    let mut panel = opened(two_ways());
    panel.says(&["Branches", "0:17", "0:12", "0:10", "You are here, 0:12", "Close"]);
    for (name, wanted) in [
        (
            "Go to the end of this branch, 0:17, and walk on",
            UiCommand::GoToBranch(0),
        ),
        ("Go to this fork, 0:10, and walk on", UiCommand::GoToBranch(1)),
        // Where one is already one only walks on.
        ("You are here, 0:12", UiCommand::CloseBranches),
        ("Close", UiCommand::CloseBranches),
    ] {
        assert_eq!(panel.click(name), [wanted], "{name}");
    }
}

#[test]
fn arrows_go_from_the_current_end_to_all_others() {
    use egui::Key::{ArrowDown, ArrowRight, ArrowUp, Enter};
    for (keys, command) in [
        (&[][..], UiCommand::CloseBranches),
        (&[ArrowUp], UiCommand::GoToBranch(1)),
        (&[ArrowUp, ArrowRight], UiCommand::GoToBranch(0)),
        (&[ArrowDown], UiCommand::CloseBranches),
    ] {
        let mut panel = opened(two_ways());
        panel.keys(keys.iter().copied());
        assert_eq!(panel.key(Enter), [command], "{keys:?}");
    }
}

#[test]
fn one_way_and_no_past_are_explained_and_what_cannot_be_gone_to_is_no_button() {
    let mut one = BranchTree {
        lines: vec![line(0, None, 0, 72)],
        current: 0,
        at_latent: 72,
    };
    let panel = opened(one.clone());
    panel.says(&["Hold Backspace to go back", "0:12"]);
    one.lines[0].picture = None;
    assert!(!opened(one).has("You are here, 0:12"));
    opened(BranchTree::default()).says(&["too large"]);
}

#[test]
fn going_back_shows_the_time() {
    let mut panel = panel(|scene| {
        scenes::rewind(scene);
        scene.branches.as_mut().unwrap().at_latent = 66;
    });
    panel.says(&["0:11", "Going back"]);
    panel.state_mut().rewinding = false;
    panel.run();
    assert!(!panel.text().contains("0:11"));
}

#[test]
fn a_small_window_and_many_branches_do_not_break_the_layout() {
    let mut lines = vec![line(0, None, 0, 5)];
    lines.extend((1..8).map(|id| line(id, Some(0), 5, 5 + id)));
    let tree = BranchTree {
        lines,
        current: 7,
        at_latent: 5,
    };
    for size in [[320.0, 200.0], [80.0, 40.0], [3000.0, 300.0]] {
        panel_of(size, |scene| {
            scene.branches_open = true;
            scene.branches = Some(tree.clone());
        });
    }
}

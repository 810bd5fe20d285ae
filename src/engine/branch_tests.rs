//! Going back, walking on another way, and coming back, with the cheap generator whose frames show all that led to them.

use super::past_tests::{Rig, replay_in, rig};
use super::*;
use crate::control::{Feel, Keys};
use crate::engine::BranchTree;

impl Rig {
    fn branches(&self) -> BranchTree {
        self.engine.send(Command::Branches);
        self.wait(|event| match event {
            Event::Branches(tree) => Some(tree.clone()),
            _ => None,
        })
    }

    fn hands(&self, keys: Keys) {
        self.engine.controls().hold(WalkInput::from_keys(keys), keys);
    }

    /// Goes back to `latent` or before and lets go there; the walk is paused.
    fn back_to(&self, latent: u64) -> u64 {
        self.engine.send(Command::Rewind(true));
        self.walk_until(|s| s.latent <= latent);
        self.engine.send(Command::Rewind(false));
        self.settle().latent
    }

    /// Walks on until `latent` is shown; the walk is paused then.
    fn on_to(&self, latent: u64) -> Stats {
        self.engine.send(Command::Pause(false));
        self.walk_until(|s| s.latent >= latent);
        self.pause()
    }

    /// The track, as a replay has it.
    fn track(&self) -> Track {
        let dir = tempfile::tempdir().unwrap();
        self.engine.send(Command::SaveReplay {
            dir: dir.path().to_owned(),
        });
        self.done();
        replay_in(dir.path()).track
    }

    /// What was made of each frame from `first` on.
    fn frames_from(&self, first: u64, upto: u64) -> Vec<Vec<u8>> {
        let made = &self.seen.lock().made;
        let newest = |index: u64| made.iter().rev().find(|(i, _)| *i == index).map(|(_, p)| p.clone());
        (first..=upto).map(|i| newest(i).expect("it was made")).collect()
    }
}

/// The ends that are not the current one.
fn others(tree: &BranchTree) -> Vec<(u64, u64)> {
    let ends = tree
        .lines
        .iter()
        .filter(|l| tree.lines.iter().all(|c| c.parent != Some(l.id)));
    let others = ends.filter(|l| l.id != tree.current);
    others.map(|l| (l.id, l.to_latent)).collect()
}

#[test]
fn who_comes_back_to_a_branch_walks_on_as_if_it_had_never_been_left() {
    let (first, then) = (Keys::FORWARD.with(Keys::TURN_LEFT), Keys::RIGHT);
    // A without a break.
    let whole = rig(first);
    whole.walk_until(|s| s.latent >= 45);
    let end = whole.pause().latent;
    whole.hands(then);
    let to = end + 30;
    whole.on_to(to);

    let rig = rig(first);
    rig.walk_until(|s| s.latent >= end - 1);
    rig.pause();
    while rig.last.borrow().latent < end {
        rig.engine.send(Command::Step);
        rig.settle();
    }
    assert_eq!(rig.last.borrow().latent, end);
    let a = rig.track();
    // B from somewhere in the middle, with other hands; and C from the middle of B.
    rig.hands(Keys::BACK);
    let fork = rig.back_to(27);
    rig.on_to(50);
    let b = rig.track();
    assert_eq!(a.controls[..fork as usize], b.controls[..fork as usize]);
    assert_ne!(a.controls[fork as usize], b.controls[fork as usize]);
    rig.hands(Keys::LEFT);
    rig.back_to(38);
    rig.on_to(60);
    let tree = rig.branches();
    assert_eq!(tree.lines.len(), 5);
    let ends = others(&tree);
    let of_a = ends.iter().find(|(_, latent)| *latent == end).expect("A is kept").0;

    rig.hands(then);
    rig.engine.send(Command::GoToBranch(of_a));
    let back = rig.walk_until(|s| s.latent == end);
    assert_eq!(back.frame, 4 * end);
    rig.settle();
    assert_eq!(rig.track(), a, "A's track from its beginning");
    rig.on_to(to);
    assert_eq!(rig.frames_from(4 * end, 4 * to), whole.frames_from(4 * end, 4 * to));
    let (ours, theirs) = (rig.track(), whole.track());
    assert_eq!(ours.controls[..to as usize], theirs.controls[..to as usize]);
    // And B is there as it was left.
    let of_b = others(&rig.branches())
        .iter()
        .find(|(_, l)| *l == b.latents())
        .expect("B is kept")
        .0;
    rig.engine.send(Command::GoToBranch(of_b));
    rig.walk_until(|s| s.latent == b.latents());
    rig.settle();
    assert_eq!(rig.track(), b);
}

#[test]
fn going_back_alone_begins_no_branch_and_the_old_end_can_be_gone_to() {
    let rig = rig(Keys::FORWARD);
    rig.walk_until(|s| s.latent >= 30);
    let end = rig.pause().latent;
    let at = rig.back_to(20);
    rig.back_to(at - 4);
    let tree = rig.branches();
    assert_eq!((tree.lines.len(), tree.lines[0].to_latent), (1, end));
    assert!(tree.at_latent < at);
    assert_eq!(rig.track().latents(), tree.at_latent);
    rig.engine.send(Command::GoToBranch(tree.current));
    rig.walk_until(|s| s.latent == end);
    rig.settle();
    assert_eq!(rig.track().latents(), end);
    rig.on_to(end + 10);
    assert_eq!(rig.branches().lines.len(), 1);
    rig.assert_same(u64::MAX);
}

#[test]
fn a_fork_is_gone_to_and_a_third_way_begins_there() {
    let rig = rig(Keys::FORWARD);
    rig.walk_until(|s| s.latent >= 40);
    rig.pause();
    rig.hands(Keys::LEFT);
    let fork = rig.back_to(25);
    rig.on_to(fork + 12);
    let tree = rig.branches();
    let trunk = tree.lines.iter().find(|l| l.parent.is_none()).unwrap();
    assert_eq!(trunk.to_latent, fork);
    let there = trunk.picture.as_ref().expect("it can be gone to").rgba[..64].to_vec();
    assert_eq!(there, rig.pictures()[&(4 * fork)][0]);
    rig.hands(Keys::RIGHT);
    rig.engine.send(Command::GoToBranch(trunk.id));
    rig.walk_until(|s| s.latent == fork);
    rig.on_to(fork + 6);
    let tree = rig.branches();
    assert_eq!((tree.lines.len(), others(&tree).len()), (4, 2));
    let from_the_fork = tree.lines.iter().filter(|l| l.parent == Some(trunk.id)).count();
    assert_eq!(from_the_fork, 3);
    rig.assert_same(4 * fork);
}

#[test]
fn words_belong_to_their_branch_also_those_that_wait_for_its_next_step() {
    let rig = rig(Keys::FORWARD);
    rig.walk_until(|s| s.latent >= 30);
    let end = rig.pause().latent;
    rig.engine.send(Command::Prompt("snow".into()));
    rig.settle();
    let a = rig.track();
    assert_eq!(a.prompt_now(), "snow");
    rig.back_to(20);
    let tree = rig.branches();
    rig.on_to(24);
    assert_eq!(rig.track().prompt_now(), "caption of b");
    rig.engine.send(Command::GoToBranch(tree.current));
    let words = rig.wait(|event| match event {
        Event::Prompted(words) => Some(words.clone()),
        _ => None,
    });
    assert_eq!(words, "snow");
    rig.settle();
    assert_eq!(rig.track(), a);
    rig.on_to(end + 5);
    let ours = rig.frames_from(4 * end, 4 * (end + 5));
    // The same walk again from its replay's beginning.
    let other = self::rig(Keys::FORWARD);
    other.walk_until(|s| s.latent >= end - 1);
    other.pause();
    while other.last.borrow().latent < end {
        other.engine.send(Command::Step);
        other.settle();
    }
    other.engine.send(Command::Prompt("snow".into()));
    other.on_to(end + 5);
    assert_eq!(ours, other.frames_from(4 * end, 4 * (end + 5)));
}

#[test]
fn the_camera_comes_back_with_the_branch_and_with_the_bookmark() {
    let dir = tempfile::tempdir().unwrap();
    let keys = Keys::FORWARD.with(Keys::TURN_LEFT);
    let as_drone = WalkInput {
        feel: Feel::Drone,
        ..WalkInput::from_keys(keys)
    };
    let camera = |rig: &Rig| {
        rig.wait(|event| match event {
            Event::Camera(feel) => Some(*feel),
            _ => None,
        })
    };
    let rig = rig(keys);
    rig.engine.controls().hold(as_drone, keys);
    rig.walk_until(|s| s.latent >= 30);
    let end = rig.pause().latent;
    rig.engine.send(Command::SaveBookmark {
        dir: dir.path().to_owned(),
    });
    rig.done();
    rig.on_to(end + 8);
    let flown = rig.frames_from(4 * end, 4 * (end + 8));
    // Another way on foot.
    rig.back_to(end - 10);
    rig.hands(keys);
    rig.on_to(end + 3);
    let tree = rig.branches();
    rig.engine.send(Command::GoToBranch(others(&tree)[0].0));
    assert_eq!(camera(&rig), Feel::Drone);
    rig.engine.send(Command::RestoreBookmark {
        dir: dir.path().to_owned(),
    });
    assert_eq!(camera(&rig), Feel::Drone);
    rig.settle();
    // Also if the window has not heard of it yet.
    rig.on_to(end + 8);
    assert_eq!(rig.frames_from(4 * end, 4 * (end + 8)), flown);
    // A camera that is chosen counts from then on.
    let on_rails = WalkInput {
        feel: Feel::Train,
        ..WalkInput::from_keys(keys)
    };
    rig.engine.controls().hold(on_rails, keys);
    rig.on_to(end + 12);
    rig.hands(keys);
    rig.engine.send(Command::SaveBookmark {
        dir: dir.path().join("later"),
    });
    rig.done();
    rig.engine.send(Command::RestoreBookmark {
        dir: dir.path().join("later"),
    });
    assert_eq!(camera(&rig), Feel::Person);
}

#[test]
fn a_branch_that_is_not_there_is_a_sentence() {
    let rig = rig(Keys::FORWARD);
    rig.walk_until(|s| s.latent >= 10);
    rig.engine.send(Command::GoToBranch(77));
    assert!(rig.warning().contains("not kept"));
    rig.engine.send(Command::Rewind(true));
    rig.walk_until(|s| s.latent <= 7);
    rig.engine.send(Command::GoToBranch(0));
    assert!(rig.warning().contains("go of the key"));
}

#[test]
fn the_oldest_of_many_branches_is_forgotten_and_that_is_told() {
    let rig = rig(Keys::FORWARD);
    rig.walk_until(|s| s.latent >= 20);
    rig.pause();
    for n in 0..7 {
        let at = rig.back_to(18 - n);
        rig.engine.send(Command::Pause(false));
        if n == 6 {
            assert!(rig.done().contains("oldest branch"), "it is told");
        }
        rig.walk_until(|s| s.latent > at + 2);
        rig.pause();
    }
    assert_eq!(others(&rig.branches()).len(), 6);
}

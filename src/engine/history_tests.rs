//! The past and its branches, with states that are small.

use super::*;
use crate::control::{CameraPose, Keys};
use crate::engine::MarkEnd;
use crate::rollout::Sampler;

fn state(step: u64) -> WalkState {
    WalkState {
        seed: 1,
        step,
        memory: None,
        sampler: Sampler::default(),
        arrays: crate::model::weights::Arrays::from([(
            "x".to_owned(),
            crate::model::weights::Array {
                shape: vec![250],
                values: vec![step as f32; 250],
            },
        )]),
    }
}

fn walker(latent: u64) -> Walker {
    Walker::at(CameraPose {
        yaw_rad: latent as f32,
        ..CameraPose::default()
    })
}

fn frame(index: u64) -> Frame {
    let rgb: Vec<u8> = (0..16 * 16 * 3).map(|i| (i * 7 + index as usize * 13) as u8).collect();
    Frame::from_rgb(16, 16, &rgb, index)
}

fn depth(latent: u64) -> DepthPicture {
    DepthPicture {
        width_px: 16,
        height_px: 8,
        shades: (0..128).map(|i| (i * 5 + latent) as u8).collect(),
    }
}

fn shown<'a>(latent: u64, pictures: &'a [Frame], depth: &'a DepthPicture) -> Shown<'a> {
    Shown {
        walker: walker(latent),
        pictures,
        depth: Some(depth),
    }
}

fn history(from: u64, to: u64) -> History {
    let begin = [frame(4 * from)];
    let mut history = History::new(from, shown(from, &begin, &depth(from)), state(from), 6.0);
    for latent in from + 1..=to {
        let frames: Vec<_> = (4 * latent - 3..=4 * latent).map(frame).collect();
        let state = history.wants_state().then(|| state(latent));
        history.push(shown(latent, &frames, &depth(latent)), state);
    }
    history
}

#[test]
fn pictures_come_back_in_reverse_and_exact() {
    let history = history(3, 6);
    let back: Vec<_> = [6, 5, 4].iter().flat_map(|l| history.backwards(*l)).collect();
    let expected: Vec<_> = (12..24).rev().map(frame).collect();
    assert!(back == expected);
    assert_eq!(history.backwards(3), []);
    assert_eq!(history.walker(5), Some(walker(5)));
    assert_eq!(history.walker(2), None);
    assert_eq!((history.depth(5), history.depth(2)), (Some(depth(5)), None));
}

#[test]
fn every_moment_has_a_state_not_far_before_it() {
    let history = history(5, 600);
    assert_eq!(history.newest(), 600);
    assert_eq!((history.oldest(), history.origin()), (5, 5));
    for latent in 5..=600 {
        let step = history.state_before(latent).unwrap().step;
        assert!(step <= latent && latent - step < SPARSEST);
        let age = 600 - latent;
        assert!(latent - step <= STATE_EVERY.max(age + 4), "{latent} from {step}");
    }
    let kept = history
        .moments(history.current)
        .filter(|(_, m)| m.state().is_some())
        .count();
    assert!(kept < 20, "{kept}");
    assert!(history.state_before(4).is_none());
}

#[test]
fn time_and_memory_are_bounded_and_the_oldest_moment_holds_a_state() {
    let mut history = history(0, 2000);
    assert!(history.moments(history.current).count() <= 720);
    assert!(history.oldest() >= 1280 && history.origin() == 0);
    assert!(history.moments(history.current).last().unwrap().1.state().is_some());
    let bytes: usize = history.lines.iter().map(Line::bytes).sum();
    history.bounds.path_bytes = bytes / 3;
    history.push(shown(2001, &[frame(1)], &depth(2001)), None);
    assert!(history.lines.iter().map(Line::bytes).sum::<usize>() <= bytes / 3);
    assert!(history.moments(history.current).last().unwrap().1.state().is_some());
    assert_eq!(history.newest(), 2001);
}

#[test]
fn marks_of_forgotten_pictures_are_dropped() {
    let mut history = history(0, 40);
    let mark = |history: &mut History, end, frame| {
        let picture = history.picture_of_frame(frame).cloned().unwrap();
        history.mark(end, picture)
    };
    for frame in [0, 1, 4, 5, 160] {
        assert_eq!(history.picture_of_frame(frame).map(|p| p.index), Some(frame));
    }
    assert!(history.picture_of_frame(161).is_none());
    mark(&mut history, MarkEnd::In, 3);
    mark(&mut history, MarkEnd::Out, 150);
    assert!(history.drop_lost_marks().is_empty());
    assert_eq!(history.marked_pictures().unwrap().len(), 148);
    history.bounds.path_moments = 20;
    history.push(shown(41, &[frame(161)], &depth(41)), None);
    assert_eq!(history.drop_lost_marks(), [MarkEnd::In]);
    assert!(history.marked_pictures().is_none() && history.drop_lost_marks().is_empty());
}

#[test]
fn marks_last_on_branches_and_never_lead_from_one_to_another() {
    let mut history = history(0, 40);
    let mark = |history: &mut History, end, frame| {
        let picture = history.picture_of_frame(frame).cloned().unwrap();
        history.mark(end, picture)
    };
    mark(&mut history, MarkEnd::Out, 150);
    mark(&mut history, MarkEnd::In, 100);
    let stretch = history.marked_pictures().unwrap();
    // Who goes back before the stretch and walks on leaves it on the old branch.
    branch_off(&mut history, 20, 40);
    assert!(history.drop_lost_marks().is_empty());
    let same = history.marked_pictures().unwrap();
    assert!(same.iter().zip(&stretch).all(|(a, b)| is_same(a, b)) && same.len() == 51);
    let lines = |history: &History| {
        let marked = history.marked();
        (marked.from.map(|mark| mark.line), marked.to.map(|mark| mark.line))
    };
    assert_eq!(lines(&history), (Some(0), Some(0)));
    // From before the fork a way leads to it.
    assert!(!mark(&mut history, MarkEnd::In, 60));
    assert_eq!(lines(&history), (Some(1), Some(0)));
    assert_eq!(history.marked_pictures().unwrap().len(), 91);
    // From the new branch none does.
    assert!(mark(&mut history, MarkEnd::In, 120));
    assert_eq!(lines(&history), (Some(2), None));
    mark(&mut history, MarkEnd::Out, 120);
    // A branch that is forgotten takes its marks along.
    history.choose(0);
    history.remove(2);
    assert_eq!(history.drop_lost_marks(), MarkEnd::ALL);
}

/// The hands of a walk of so many latent frames.
fn track(latents: u64) -> Track {
    let control = LatentControl::from_numbers(&[0.0; LatentControl::NUMBERS], Keys(0));
    Track {
        controls: vec![control; latents as usize],
        ..Track::default()
    }
}

/// Goes back to `at` and walks on to `to` on a new branch, from a branch that was walked to its end.
fn branch_off(history: &mut History, at: u64, to: u64) -> Vec<u64> {
    let end = history.newest();
    history.note(&track(end), Feel::Drone);
    history.keep_state(end, state(end));
    let forgotten = history.fork(at, Some(state(at)));
    for latent in at + 1..=to {
        let state = history.wants_state().then(|| state(latent));
        history.push(shown(latent, &[frame(4 * latent)], &depth(latent)), state);
    }
    forgotten
}

/// Each line: its name, its parent, where it begins and ends.
fn lines(history: &History) -> Vec<(u64, Option<u64>, u64, u64)> {
    let tree = history.tree(0);
    let mut lines: Vec<_> = tree
        .lines
        .iter()
        .map(|l| (l.id, l.parent, l.from_latent, l.to_latent))
        .collect();
    lines.sort_unstable();
    lines
}

#[test]
fn who_goes_back_and_walks_on_begins_a_branch_and_the_other_stays() {
    let mut history = history(0, 100);
    assert!(branch_off(&mut history, 60, 90).is_empty());
    // The end keeps its name; the part before the fork has a new one.
    assert_eq!(
        lines(&history),
        [(0, Some(1), 60, 100), (1, None, 0, 60), (2, Some(1), 60, 90)]
    );
    assert_eq!((history.newest(), history.oldest()), (90, 0));
    branch_off(&mut history, 30, 40);
    branch_off(&mut history, 30, 35);
    let all = [
        (0, Some(1), 60, 100),
        (1, Some(3), 30, 60),
        (2, Some(1), 60, 90),
        (3, None, 0, 30),
        (4, Some(3), 30, 40),
        (5, Some(3), 30, 35),
    ];
    assert_eq!(lines(&history), all);
    history.keep_state(35, state(35));
    // Every end and every fork can be gone to, with the pictures and the walker of its own way.
    for (id, end) in [(0, 100), (1, 60), (2, 90), (3, 30), (4, 40), (5, 35)] {
        let (leaf, latent) = history.place(id).unwrap();
        assert_eq!(latent, end, "line {id}");
        let (track, feel, forgotten) = history.choose(leaf).unwrap();
        assert!(forgotten.is_empty() && history.current() == leaf);
        assert_eq!(track.latents(), if leaf == 5 { 0 } else { history.newest() });
        assert_eq!(feel, if leaf == 5 { Feel::Person } else { Feel::Drone });
        assert_eq!(history.walker(latent), Some(walker(latent)));
        assert_eq!(history.picture(latent), Some(frame(4 * latent)));
        assert_eq!(history.state_before(latent).unwrap().step, latent, "line {id}");
    }
    // A fork on the way to where the walk stands belongs to it; another one to what was left last beyond it.
    history.choose(0);
    assert_eq!((history.place(1), history.place(3)), (Some((0, 60)), Some((0, 30))));
    history.choose(4);
    assert_eq!((history.place(1), history.place(3)), (Some((0, 60)), Some((4, 30))));
}

#[test]
fn an_end_is_only_noted_by_who_stands_at_it() {
    let mut history = history(0, 20);
    history.note(&track(20), Feel::Train);
    history.note(&track(12), Feel::Drone);
    assert_eq!(history.line(0).unwrap().track.latents(), 20);
    assert_eq!(history.line(0).unwrap().feel, Feel::Train);
}

#[test]
fn branches_are_few_and_the_one_left_first_goes_first() {
    let mut history = history(0, 100);
    let mut forgotten = Vec::new();
    for n in 0..10 {
        forgotten.extend(branch_off(&mut history, 60 - n, 101 + n));
    }
    assert_eq!(forgotten, [100, 101, 102, 103]);
    assert_eq!(history.others().count(), MAX_BESIDE);
    // Where one way is left, there is no fork; and of every fork at least two ways go on.
    for line in &history.lines {
        let on = history.lines.iter().filter(|l| l.parent == Some(line.id)).count();
        assert_ne!(on, 1, "line {}", line.id);
        assert!(line.parent.is_none() || history.line(line.parent.unwrap()).unwrap().end() == line.from);
    }
    // What is kept leads back to the beginning as before.
    assert_eq!(history.oldest(), 0);
    assert_eq!(history.moments(history.current).count(), 1 + history.newest() as usize);
}

#[test]
fn what_lies_beside_is_bounded_and_its_ends_can_be_gone_to() {
    let mut history = history(0, 400);
    let all: usize = history.lines.iter().map(Line::bytes).sum();
    history.bounds.beside_bytes = all / 8;
    branch_off(&mut history, 100, 110);
    let beside = |h: &History| {
        let path: Vec<u64> = h.path(h.current).map(|l| l.id).collect();
        let lines = h.lines.iter().filter(|l| !path.contains(&l.id));
        lines.map(Line::bytes).sum::<usize>()
    };
    // The last one is shortened from its front, not forgotten.
    assert!(beside(&history) <= all / 8);
    assert_eq!(history.place(0), Some((0, 400)));
    history.choose(0);
    assert!(history.oldest() > 110 && history.state_before(400).unwrap().step == 400);
    // A long one pushes the others out.
    history.bounds.beside_bytes = all;
    let short = history.place(2).unwrap();
    assert_eq!(short, (2, 110));
    history.choose(2);
    branch_off(&mut history, 105, 300);
    history.bounds.beside_bytes = all / 16;
    assert_eq!(branch_off(&mut history, 295, 296).first(), Some(&400));
    assert!(beside(&history) <= all / 16);
}

#[test]
fn a_branch_outlives_the_past_that_it_came_from() {
    let mut history = history(0, 100);
    branch_off(&mut history, 60, 2000);
    assert!(history.oldest() > 1200);
    assert_eq!(history.place(0), Some((0, 100)));
    // The fork itself is gone, and nobody can go there.
    assert_eq!(history.place(1), None);
    assert!(
        history
            .tree(2000)
            .lines
            .iter()
            .any(|l| l.id == 1 && l.picture.is_none())
    );
    history.choose(0);
    assert_eq!((history.newest(), history.picture(100)), (100, Some(frame(400))));
    assert!(history.oldest() > 60);
    history.push(shown(101, &[frame(404)], &depth(101)), None);
    assert_eq!(history.newest(), 101);
}

//! The recent past of a walk with its branches, bounded: pictures to show while going back, and states to take the walk up
//! from. Lives on the engine thread.
//!
//! It is a tree of lines. A line has no fork within it: who goes back and walks on from the middle of one splits it there. The
//! walk is on the *path* from the root to the current line; all else lies beside it and waits to be come back to.
//!
//! A state is large, so it is kept for a few latent frames only, the farther back the fewer; what lies between is made
//! again from the controls, which gives the same bytes.

use std::collections::VecDeque;

use super::branches::{BranchLine, BranchTree};
use super::marks::{Marks, is_same};
use super::moment::{Moment, Packed, Shown};
use crate::control::{Feel, LatentControl, Walker};
use crate::frame::{DepthPicture, FRAMES_PER_LATENT, Frame};
use crate::rollout::{Track, WalkState};

/// Memory of the path. Of Vale a state takes 11.5 MB and the pictures of a latent frame 0.1 MB: a good minute.
const MAX_PATH_BYTES: usize = 192 << 20;
/// Memory of all that lies beside the path.
const MAX_BESIDE_BYTES: usize = 128 << 20;
/// Ends of branches that are kept beside the current one.
const MAX_BESIDE: usize = 6;
/// Longest past.
const MAX_SECS: f64 = 120.0;
/// A state is kept at every latent frame whose number this divides; older ones are thinned out.
pub(super) const STATE_EVERY: u64 = 8;
/// Largest distance between two kept states.
const SPARSEST: u64 = 64;

/// A stretch of a walk without a fork.
struct Line {
    id: u64,
    parent: Option<u64>,
    /// The latent frame that it begins at: its parent's last; of the root its own first.
    from: u64,
    /// Number of its first moment, which may have been forgotten up to here.
    base: u64,
    moments: VecDeque<Moment>,
    /// What led to its end, if nothing branches off there; known once it was left.
    track: Track,
    /// How the camera answered when it was left.
    feel: Feel,
    /// It was left after those with smaller numbers.
    left: u64,
}

impl Line {
    fn end(&self) -> u64 {
        (self.base + self.moments.len() as u64).saturating_sub(1)
    }

    fn moment(&self, latent: u64) -> Option<&Moment> {
        self.moments.get(latent.checked_sub(self.base)? as usize)
    }

    fn moment_mut(&mut self, latent: u64) -> Option<&mut Moment> {
        self.moments.get_mut(latent.checked_sub(self.base)? as usize)
    }

    fn picture(&self, latent: u64, frame: u64) -> Option<&Packed> {
        let pictures = self.moment(latent)?.pictures();
        pictures.iter().find(|picture| picture.index == frame)
    }

    fn bytes(&self) -> usize {
        let track = self.track.controls.len() * size_of::<LatentControl>();
        track + self.moments.iter().map(Moment::bytes).sum::<usize>()
    }

    /// Forgets its oldest moments up to the next one that holds a state; false when there is none.
    fn shorten(&mut self) -> bool {
        let Some(n) = self.moments.iter().skip(1).position(|m| m.state().is_some()) else {
            return false;
        };
        self.moments.drain(..=n);
        self.base += n as u64 + 1;
        true
    }
}

/// What is kept at most.
#[derive(Clone, Copy)]
struct Bounds {
    path_moments: usize,
    path_bytes: usize,
    beside_bytes: usize,
}

/// The past.
pub(super) struct History {
    lines: Vec<Line>,
    /// The line whose end the walk belongs to.
    current: u64,
    next_id: u64,
    /// Counts how often a branch was left.
    clock: u64,
    bounds: Bounds,
    /// Where the walk was taken up or begun: before that nothing was ever known.
    origin: u64,
    /// What is marked of it, to be saved.
    pub(super) marks: Marks,
}

impl History {
    /// The past of a walk that begins, or is taken up, at latent frame `latent` in this state.
    pub(super) fn new(latent: u64, shown: Shown<'_>, state: WalkState, latents_per_sec: f64) -> Self {
        let mut history = Self {
            lines: Vec::new(),
            current: 0,
            next_id: 0,
            clock: 0,
            bounds: Bounds {
                path_moments: (MAX_SECS * latents_per_sec) as usize,
                path_bytes: MAX_PATH_BYTES,
                beside_bytes: MAX_BESIDE_BYTES,
            },
            origin: latent,
            marks: Marks::default(),
        };
        let moment = Moment::new(shown, Some(state));
        history.current = history.add_line(None, latent, latent, VecDeque::from([moment]));
        history
    }

    /// Whether states of this size can be kept in number.
    pub(super) fn can_hold(state_bytes: usize) -> bool {
        state_bytes <= MAX_PATH_BYTES / 8
    }

    fn add_line(&mut self, parent: Option<u64>, from: u64, base: u64, moments: VecDeque<Moment>) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.lines.push(Line {
            id,
            parent,
            from,
            base,
            moments,
            track: Track::default(),
            feel: Feel::default(),
            left: 0,
        });
        id
    }

    fn line(&self, id: u64) -> Option<&Line> {
        self.lines.iter().find(|line| line.id == id)
    }

    fn line_mut(&mut self, id: u64) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.id == id)
    }

    /// A line and all that led to it, the newest first.
    fn path(&self, id: u64) -> impl Iterator<Item = &Line> {
        std::iter::successors(self.line(id), |line| line.parent.and_then(|id| self.line(id)))
    }

    fn is_leaf(&self, id: u64) -> bool {
        self.lines.iter().all(|line| line.parent != Some(id))
    }

    /// Ends of branches beside the current one.
    fn others(&self) -> impl Iterator<Item = &Line> {
        let others = self.lines.iter().filter(|line| line.id != self.current);
        others.filter(|line| self.is_leaf(line.id))
    }

    /// The line on the path to `id` that holds `latent`.
    fn holder(&self, id: u64, latent: u64) -> Option<&Line> {
        self.path(id).find(|line| line.moment(latent).is_some())
    }

    fn moment(&self, latent: u64) -> Option<&Moment> {
        self.holder(self.current, latent)?.moment(latent)
    }

    /// Moments that lead to the end of the line `id` without a gap, the newest first.
    fn moments(&self, id: u64) -> impl Iterator<Item = (u64, &Moment)> {
        let end = self.line(id).map_or(0, Line::end);
        (0..=end).rev().map_while(move |latent| {
            let moment = self.holder(id, latent)?.moment(latent)?;
            Some((latent, moment))
        })
    }

    /// Number of the newest latent frame of the current branch.
    pub(super) fn newest(&self) -> u64 {
        self.line(self.current).map_or(0, Line::end)
    }

    /// Number of the oldest latent frame that can be gone back to.
    pub(super) fn oldest(&self) -> u64 {
        let with_states = self.moments(self.current).filter(|(_, m)| m.state().is_some());
        with_states.last().map_or_else(|| self.newest(), |(latent, _)| latent)
    }

    /// Number of the latent frame that the walk was begun or taken up at.
    pub(super) fn origin(&self) -> u64 {
        self.origin
    }

    /// Whether the next latent frame should come with its state.
    pub(super) fn wants_state(&self) -> bool {
        (self.newest() + 1).is_multiple_of(STATE_EVERY)
    }

    /// Adds the next latent frame of the current branch.
    pub(super) fn push(&mut self, shown: Shown<'_>, state: Option<WalkState>) {
        let moment = Moment::new(shown, state);
        let thin = moment.state().is_some();
        if let Some(line) = self.line_mut(self.current) {
            line.moments.push_back(moment);
        }
        if thin {
            self.thin();
        }
        while self.path_is_too_large() && self.forget_oldest() {}
    }

    /// Gives a moment of the path a state, if it has none.
    pub(super) fn keep_state(&mut self, latent: u64, state: WalkState) {
        let holder = self.holder(self.current, latent).map(|line| line.id);
        if let Some(moment) = holder.and_then(|id| self.line_mut(id)?.moment_mut(latent)) {
            moment.keep_state(state);
        }
    }

    /// Whether a moment of the path has a state.
    pub(super) fn has_state(&self, latent: u64) -> bool {
        self.moment(latent).is_some_and(|m| m.state().is_some())
    }

    /// Drops states of the path that stand too close for their age. The oldest and those of forks stay.
    fn thin(&mut self) {
        let newest = self.newest();
        let path: Vec<u64> = self.path(self.current).map(|line| line.id).collect();
        let oldest = self.moments(self.current).last().map_or(newest, |(latent, _)| latent);
        for line in &mut self.lines {
            if !path.contains(&line.id) {
                continue;
            }
            let end = line.end();
            for (latent, moment) in (line.base..).zip(&mut line.moments) {
                let forks = latent == end && line.id != self.current;
                if latent != oldest && !forks && !latent.is_multiple_of(spacing(newest - latent)) {
                    moment.forget_state();
                }
            }
        }
    }

    fn path_is_too_large(&self) -> bool {
        let bytes: usize = self.path(self.current).map(Line::bytes).sum();
        bytes > self.bounds.path_bytes || self.moments(self.current).count() > self.bounds.path_moments
    }

    /// Forgets the oldest latent frames of the path up to the next one that holds a state; false when there is none.
    fn forget_oldest(&mut self) -> bool {
        let run: Vec<(u64, bool)> = self
            .moments(self.current)
            .map(|(l, m)| (l, m.state().is_some()))
            .collect();
        let Some(first) = run.last().map(|(latent, _)| *latent) else {
            return false;
        };
        let next = run.iter().rev().skip(1).find(|(_, state)| *state);
        let Some((next, _)) = next else { return false };
        for latent in first..*next {
            let holder = self.holder(self.current, latent).map(|line| line.id);
            if let Some(line) = holder.and_then(|id| self.line_mut(id)) {
                line.moments.pop_front();
                line.base += 1;
            }
        }
        true
    }

    /// Takes note of all that led to the current branch's end, before it is gone back on or left. A track that stops
    /// before the end is none of it.
    pub(super) fn note(&mut self, track: &Track, feel: Feel) {
        let newest = self.newest();
        if let Some(line) = self.line_mut(self.current)
            && track.latents() == newest
        {
            line.track = track.clone();
            line.feel = feel;
        }
    }

    /// Begins a branch at `latent` of the path, in `state` if it is known; what came after `latent` lies beside from now
    /// on. Returns the ends of branches that had to be forgotten for it.
    pub(super) fn fork(&mut self, latent: u64, state: Option<WalkState>) -> Vec<u64> {
        let Some(holder) = self.holder(self.current, latent) else {
            return Vec::new();
        };
        let (id, parent, from, base) = (holder.id, holder.parent, holder.from, holder.base);
        let trunk = if latent == holder.end() {
            id
        } else {
            // The part before the fork gets another name: whoever knows the line means its end.
            let trunk = self.add_line(parent, from, base, VecDeque::new());
            let mut before = VecDeque::new();
            if let Some(line) = self.line_mut(id) {
                let after = line.moments.split_off((latent + 1 - base) as usize);
                before = std::mem::replace(&mut line.moments, after);
                (line.parent, line.from, line.base) = (Some(trunk), latent, latent + 1);
            }
            if let Some(line) = self.line_mut(trunk) {
                line.moments = before;
            }
            trunk
        };
        if let Some(state) = state {
            self.keep_state(latent, state);
        }
        self.leave();
        self.current = self.add_line(Some(trunk), latent, latent + 1, VecDeque::new());
        self.forget_branches()
    }

    /// The current branch is left: of its states the last one stays, and few others.
    fn leave(&mut self) {
        self.clock += 1;
        let clock = self.clock;
        let Some(line) = self.line_mut(self.current) else {
            return;
        };
        line.left = clock;
        let end = line.end();
        for (latent, moment) in (line.base..).zip(&mut line.moments) {
            if latent != end && !latent.is_multiple_of(SPARSEST) {
                moment.forget_state();
            }
        }
    }

    /// Forgets branches until what lies beside the path is within its bounds, those first that were left first. The one
    /// that was left last stays, if with a shorter past.
    fn forget_branches(&mut self) -> Vec<u64> {
        let mut forgotten = Vec::new();
        loop {
            let path: Vec<u64> = self.path(self.current).map(|line| line.id).collect();
            let beside = self.lines.iter().filter(|line| !path.contains(&line.id));
            let bytes: usize = beside.map(Line::bytes).sum();
            let ends = self.others().count();
            if ends <= MAX_BESIDE && bytes <= self.bounds.beside_bytes {
                break;
            }
            let Some((id, end)) = self.others().min_by_key(|l| l.left).map(|l| (l.id, l.end())) else {
                break;
            };
            if ends > 1 {
                self.remove(id);
                forgotten.push(end);
            } else if !self.line_mut(id).is_some_and(Line::shorten) {
                break;
            }
        }
        forgotten
    }

    /// Forgets an end. Where only one way goes on, there is no fork any more.
    fn remove(&mut self, id: u64) {
        let Some(n) = self.lines.iter().position(|line| line.id == id) else {
            return;
        };
        let Some(parent) = self.lines.remove(n).parent else {
            return;
        };
        let mut children = self.lines.iter().filter(|line| line.parent == Some(parent));
        let (Some(only), None) = (children.next().map(|line| line.id), children.next()) else {
            return;
        };
        let Some(n) = self.lines.iter().position(|line| line.id == parent) else {
            return;
        };
        let mut trunk = self.lines.remove(n);
        if let Some(line) = self.line_mut(only) {
            (line.parent, line.from) = (trunk.parent, trunk.from);
            if line.base == trunk.end() + 1 {
                trunk.moments.append(&mut line.moments);
                (line.base, line.moments) = (trunk.base, trunk.moments);
            }
        }
    }

    /// Where a choice of the line `id` leads: to the end that it belongs to, and how far along it. A fork belongs to the
    /// current branch if it lies on its path, else to the branch beyond it that was left last.
    pub(super) fn place(&self, id: u64) -> Option<(u64, u64)> {
        let latent = self.line(id)?.end();
        let beyond = |line: &Line| self.path(line.id).any(|l| l.id == id);
        let current = self.line(self.current).filter(|line| beyond(line));
        let leaf = current.or_else(|| self.others().filter(|line| beyond(line)).max_by_key(|l| l.left))?;
        let there = self.holder(leaf.id, latent).is_some() && self.state_on(leaf.id, latent).is_some();
        there.then_some((leaf.id, latent))
    }

    /// The walk belongs to another branch from now on; what led to its end, and how the camera answered there. Also the ends
    /// of branches that had to be forgotten.
    pub(super) fn choose(&mut self, id: u64) -> Option<(Track, Feel, Vec<u64>)> {
        if id != self.current {
            self.leave();
            self.current = id;
        }
        let (track, feel) = self.line(id).map(|line| (line.track.clone(), line.feel))?;
        Some((track, feel, self.forget_branches()))
    }

    /// The end that the walk belongs to.
    pub(super) fn current(&self) -> u64 {
        self.current
    }

    /// The whole of it for a window; the walk stands at `at_latent`.
    pub(super) fn tree(&self, at_latent: u64) -> BranchTree {
        let lines = self.lines.iter().map(|line| {
            let place = self.place(line.id);
            let picture = place.and_then(|(leaf, latent)| self.holder(leaf, latent)?.moment(latent)?.last());
            BranchLine {
                id: line.id,
                parent: line.parent,
                from_latent: line.from,
                to_latent: line.end(),
                picture,
            }
        });
        BranchTree {
            lines: lines.collect(),
            current: self.current,
            at_latent,
        }
    }

    /// The pictures that lead back from the last one of `latent` (which is on the screen) to the last one of the latent
    /// frame before, in that order. Empty at the end of the past.
    pub(super) fn backwards(&self, latent: u64) -> Vec<Frame> {
        let Some(before) = latent.checked_sub(1).and_then(|l| self.moment(l)) else {
            return Vec::new();
        };
        let own = self.moment(latent).into_iter().flat_map(Moment::backwards_to_first);
        own.chain(before.last()).collect()
    }

    /// The last picture of `latent`.
    pub(super) fn picture(&self, latent: u64) -> Option<Frame> {
        self.moment(latent)?.last()
    }

    /// The pictures of the path up to the last one of `latent`, at most so many, in the order of the walk.
    pub(super) fn last_pictures(&self, latent: u64, most: usize) -> Vec<Packed> {
        let known = self.moments(self.current).skip_while(|(number, _)| *number > latent);
        let backwards = known.flat_map(|(_, moment)| moment.pictures().iter().rev());
        let mut pictures: Vec<Packed> = backwards.take(most).cloned().collect();
        pictures.reverse();
        pictures
    }

    /// The picture of this number on the path.
    pub(super) fn picture_of_frame(&self, frame: u64) -> Option<&Packed> {
        self.picture_on(self.current, frame)
    }

    /// The picture of this number on the way to the end of the line `id`.
    pub(super) fn picture_on(&self, id: u64, frame: u64) -> Option<&Packed> {
        let latent = frame.div_ceil(FRAMES_PER_LATENT as u64);
        self.holder(id, latent)?.picture(latent, frame)
    }

    /// The line that this very picture is kept on.
    pub(super) fn line_of(&self, picture: &Packed) -> Option<u64> {
        let latent = picture.index.div_ceil(FRAMES_PER_LATENT as u64);
        let holds = |line: &&Line| {
            line.picture(latent, picture.index)
                .is_some_and(|kept| is_same(kept, picture))
        };
        self.lines.iter().find(holds).map(|line| line.id)
    }

    /// The walker after `latent`.
    pub(super) fn walker(&self, latent: u64) -> Option<Walker> {
        self.moment(latent).map(|m| m.walker)
    }

    /// How far everything was in the last picture of `latent`.
    pub(super) fn depth(&self, latent: u64) -> Option<DepthPicture> {
        self.moment(latent)?.depth()
    }

    /// The last kept state of the path at or before `latent`.
    pub(super) fn state_before(&self, latent: u64) -> Option<&WalkState> {
        self.state_on(self.current, latent)
    }

    fn state_on(&self, id: u64, latent: u64) -> Option<&WalkState> {
        self.path(id).find_map(|line| {
            let n = ((latent + 1).checked_sub(line.base)?) as usize;
            line.moments.iter().take(n).rev().find_map(Moment::state)
        })
    }
}

/// Distance of kept states that are `age` latent frames old. It grows with the age, so that taking the walk up again is
/// quick after a short way back.
fn spacing(age: u64) -> u64 {
    (age / 4 + 1).next_power_of_two().clamp(STATE_EVERY, SPARSEST)
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;

//! Going back in time, on the engine thread: shows the pictures of the recent past in reverse, and takes the walk up again
//! where the user lets go. What a step made once it makes again, so the same hands walk the same walk from there.

use std::time::Duration;

use super::command::Event;
use super::generator::Generator;
use super::history::History;
use super::moment::Shown;
use super::thread::{Machine, Wait, Walk};
use crate::frame::{FRAMES_PER_LATENT, Frame};
use crate::rollout::{RolloutError, StepOutput, WalkState};
use crate::telemetry;

/// How long before the frames in hand are shown out the next ones are unpacked.
const EARLY_SECS: f64 = 0.005;

impl Machine {
    /// Begins the history of a walk that has just begun or been taken up, with its picture.
    pub(super) fn begin_history(&mut self, pictures: &[Frame]) {
        self.history = None;
        telemetry::give_memory_back();
        let (Some(generator), Some(walk), Some(world)) = (&self.generator, &self.walk, &self.world) else {
            return;
        };
        if !History::can_hold(generator.state_bytes()) {
            tracing::info!("a state takes {} bytes: no going back", generator.state_bytes());
            return;
        }
        let latents_per_sec = world.info().frames_per_sec / FRAMES_PER_LATENT as f64;
        match generator.state() {
            Ok(state) => {
                let shown = Shown {
                    walker: walk.walker,
                    pictures,
                    depth: self.depth.as_ref(),
                };
                self.history = Some(History::new(walk.latent, shown, state, latents_per_sec));
            }
            Err(error) => tracing::warn!("the walk's state cannot be kept: {error}"),
        }
    }

    /// Keeps the latent frame that has just been made.
    pub(super) fn remember(&mut self, pictures: &[Frame]) {
        let (Some(generator), Some(walk), Some(history)) = (&self.generator, &self.walk, &mut self.history) else {
            return;
        };
        let state = history.wants_state().then(|| generator.state());
        let state = state.transpose().unwrap_or_else(|error| {
            tracing::warn!("the walk's state cannot be kept: {error}");
            None
        });
        let shown = Shown {
            walker: walk.walker,
            pictures,
            depth: self.depth.as_ref(),
        };
        history.push(shown, state);
    }

    /// The key to go back was pressed or let go.
    pub(super) fn rewind(&mut self, back: bool) {
        if self.walk.is_none() || self.generator.is_none() || self.stopped {
            return;
        }
        if back && self.history.is_none() {
            let what = "This world is too large for its past to be kept, so there is no going back.";
            self.tell(Event::Warning(what.to_owned()));
        } else if back {
            self.prepare_to_leave();
            self.rewinding = true;
            self.tell_branches();
        } else if self.rewinding {
            self.rewinding = false;
            self.take_up();
        }
    }

    /// The walk may go another way from somewhere before: its end is kept so that it can be come back to at once.
    pub(super) fn prepare_to_leave(&mut self) {
        let (state, feel) = (self.state_here(), self.feel());
        let (Some(walk), Some(history)) = (&self.walk, &mut self.history) else {
            return;
        };
        if walk.latent == history.newest() {
            history.note(&walk.track, feel);
            if let Some(state) = state {
                history.keep_state(walk.latent, state);
            }
        }
    }

    /// What to wait for while going back, and before the generator has come to where the user let go; `None` when neither
    /// is the case.
    pub(super) fn wait_in_the_past(&self) -> Option<Wait> {
        let (walk, history) = (self.walk.as_ref()?, self.history.as_ref()?);
        if self.generator.is_none() || self.stopped {
            return None;
        }
        if self.rewinding {
            if walk.latent <= history.oldest() {
                return Some(Wait::Command);
            }
            let shown_out = self.pacer.shown_out_secs();
            let secs = shown_out.map_or(0.0, |at| at - EARLY_SECS - self.now_secs());
            return Some(Wait::Until(Duration::from_secs_f64(secs.clamp(0.0, 10.0))));
        }
        (walk.made < walk.latent).then_some(Wait::Until(Duration::ZERO))
    }

    /// One latent frame back, or one made again; false when neither is to be done.
    pub(super) fn step_in_the_past(&mut self) -> bool {
        if self.rewinding {
            self.go_back();
            return true;
        }
        let behind = self.walk.as_ref().is_some_and(|walk| walk.made < walk.latent);
        if behind {
            self.make_again();
        }
        behind
    }

    /// Shows the pictures from the latent frame on the screen to the one before it.
    fn go_back(&mut self) {
        let (Some(walk), Some(history)) = (&mut self.walk, &self.history) else {
            return;
        };
        if walk.latent <= history.oldest() {
            return;
        }
        let frames = history.backwards(walk.latent);
        walk.latent -= 1;
        walk.walker = history.walker(walk.latent).unwrap_or(walk.walker);
        // It is the newest depth of all four pictures.
        self.depth = history.depth(walk.latent);
        let schedule = self.pacer.append(frames.len(), self.now_secs());
        let output = StepOutput {
            frames,
            inverse_depth: Vec::new(),
            network_ms: 0.0,
            decode_ms: 0.0,
            recycle_ms: 0.0,
        };
        self.publish(&output, schedule);
    }

    /// The walk goes on from the latent frame on the screen.
    fn take_up(&mut self) {
        // Whatever was turned meanwhile is not meant for the walk.
        self.controls.take();
        let (Some(walk), Some(history)) = (&self.walk, &self.history) else {
            return;
        };
        if walk.latent < history.newest() {
            self.stand_here();
        }
    }

    /// The walk stands at the latent frame on the screen, and the generator sets out to it. What the branch holds after that
    /// is kept, but no part of the walk any more.
    pub(super) fn stand_here(&mut self) {
        let (Some(generator), Some(walk), Some(history)) = (&mut self.generator, &mut self.walk, &self.history) else {
            return;
        };
        if walk.latent < walk.track.latents() {
            walk.track.truncate(walk.latent, history.origin() + 1);
        }
        if walk.track.prompt_now() != walk.prompt {
            walk.track.prompt_now().clone_into(&mut walk.prompt);
            (self.events)(Event::Prompted(walk.prompt.clone()));
        }
        let Some(state) = history.state_before(walk.latent) else {
            return;
        };
        // A generator that is on its way to here already may be nearer than the kept state.
        if walk.made > walk.latent || walk.made < state.step {
            match generator
                .restore(state)
                .and_then(|_| pending_words(generator.as_mut(), walk, state.step))
            {
                Ok(()) => walk.made = state.step,
                Err(error) => self.fail(format!("The walk cannot be taken up again: {error}")),
            }
        }
    }

    /// Before a step: the state that a new branch begins in, if the step begins one.
    pub(super) fn state_of_fork(&self) -> Option<Option<WalkState>> {
        let (walk, history) = (self.walk.as_ref()?, self.history.as_ref()?);
        (walk.latent < history.newest()).then(|| self.state_here())
    }

    /// After a step: it has begun a new branch.
    pub(super) fn fork(&mut self, state: Option<Option<WalkState>>) {
        let (Some(state), Some(walk), Some(history)) = (state, &self.walk, &mut self.history) else {
            return;
        };
        let forgotten = history.fork(walk.latent, state);
        self.tell_forgotten(&forgotten);
        self.tell_branches();
    }

    /// The generator's state, if that is needed: it stands where the walk does, no state is kept of that place, and there are no
    /// words in it that belong to the next step.
    fn state_here(&self) -> Option<WalkState> {
        let (generator, walk, history) = (self.generator.as_ref()?, self.walk.as_ref()?, self.history.as_ref()?);
        let pure = walk.made == walk.latent && walk.track.prompt_change(walk.latent + 1).is_none();
        if !pure || history.has_state(walk.latent) {
            return None;
        }
        let state = generator.state();
        state
            .inspect_err(|error| tracing::warn!("the walk's state cannot be kept: {error}"))
            .ok()
    }

    /// One latent frame between a kept state and where the walk goes on. It is not shown: it has been.
    fn make_again(&mut self) {
        let (Some(generator), Some(walk)) = (&mut self.generator, &mut self.walk) else {
            return;
        };
        let next = walk.made + 1;
        let Some(control) = walk.track.control(next) else {
            walk.made = walk.latent;
            return;
        };
        let changed = walk
            .track
            .prompt_change(next)
            .map_or(Ok(()), |prompt| generator.change_prompt(prompt));
        let made = changed.and_then(|()| generator.next(control));
        match made.and_then(|_| pending_words(generator.as_mut(), walk, next)) {
            Ok(()) => {
                walk.made = next;
                if walk.made == walk.latent {
                    self.controls.take();
                }
            }
            Err(error) => self.fail(format!("The walk cannot be taken up again: {error}")),
        }
    }

    /// Brings the generator to the latent frame on the screen; false when it can't be there now.
    pub(super) fn settle(&mut self) -> bool {
        while !self.rewinding && !self.stopped && self.walk.as_ref().is_some_and(|walk| walk.made < walk.latent) {
            self.make_again();
        }
        !self.rewinding && !self.stopped && self.generator.is_some() && self.walk.is_some()
    }
}

/// Words that were changed where the walk stands are not in the state of that place: they are for what comes after it.
fn pending_words(generator: &mut dyn Generator, walk: &Walk, made: u64) -> Result<(), RolloutError> {
    let words = walk
        .track
        .prompt_change(walk.latent + 1)
        .filter(|_| made == walk.latent);
    words.map_or(Ok(()), |words| generator.change_prompt(words))
}

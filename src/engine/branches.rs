//! Branches of a walk, on the engine thread: what a window is told of them, and going from one to another. Whoever comes
//! back to a branch walks on as if it had never been left.

use super::command::Event;
use super::pacing::Schedule;
use super::thread::Machine;
use crate::control::Feel;
use crate::frame::{FRAMES_PER_LATENT, Frame};
use crate::rollout::StepOutput;

/// A stretch of a walk without a fork.
#[derive(Clone, Debug, PartialEq)]
pub struct BranchLine {
    /// Its name.
    pub id: u64,
    /// The line that it goes on from; several that go on from one are a fork.
    pub parent: Option<u64>,
    /// The latent frame that it begins at.
    pub from_latent: u64,
    /// Its last latent frame.
    pub to_latent: u64,
    /// What its last latent frame showed, if the walk can be taken up there.
    pub picture: Option<Frame>,
}

/// The branches of a walk that are kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BranchTree {
    /// In no order; none where no past is kept.
    pub lines: Vec<BranchLine>,
    /// The line whose end the walk belongs to.
    pub current: u64,
    /// Where on the way to that end it stands.
    pub at_latent: u64,
}

impl Machine {
    /// Tells what branches there are; none if no past is kept.
    pub(super) fn tell_branches(&self) {
        let tree = match (&self.history, &self.walk) {
            (Some(history), Some(walk)) => history.tree(walk.latent),
            _ => BranchTree::default(),
        };
        self.tell(Event::Branches(tree));
    }

    /// Tells which ends had to be forgotten, if any.
    pub(super) fn tell_forgotten(&self, ends: &[u64]) {
        let Some(world) = self.world.as_ref().filter(|_| !ends.is_empty()) else {
            return;
        };
        let clock = |latent: &u64| {
            let secs = (*latent * FRAMES_PER_LATENT as u64) as f64 / world.info().frames_per_sec;
            format!("{}:{:02}", secs as u64 / 60, secs as u64 % 60)
        };
        let ends: Vec<String> = ends.iter().map(clock).collect();
        let what = match ends.len() {
            1 => "The oldest branch, which ended at",
            _ => "The oldest branches, which ended at",
        };
        let text = format!("{what} {}, had to be forgotten to make room.", ends.join(" and "));
        self.tell(Event::Done(text));
    }

    /// Goes to the end of a line, that is, to the end of a branch or to a fork, and walks on from there.
    pub(super) fn go_to_branch(&mut self, id: u64) {
        if self.rewinding {
            return self.refuse("Let go of the key that goes back first, then choose a branch.");
        }
        self.prepare_to_leave();
        let (Some(_), Some(walk), Some(history)) = (&self.generator, &mut self.walk, &mut self.history) else {
            return self.refuse("There are no branches to go to.");
        };
        let Some((leaf, latent)) = history.place(id) else {
            return self.refuse("That branch is not kept any more.");
        };
        if (leaf, latent) == (history.current(), walk.latent) {
            return;
        }
        let Some((track, feel, forgotten)) = history.choose(leaf) else {
            return;
        };
        // How the camera answered is known of the end alone.
        let whole = latent == track.latents();
        walk.track = track;
        walk.latent = latent;
        walk.walker = history.walker(latent).unwrap_or(walk.walker);
        self.show_kept();
        if whole {
            self.camera_becomes(feel);
        }
        self.tell_forgotten(&forgotten);
    }

    /// Shows the latent frame at which the walk stands now, as it is kept, and sets the generator out to it from anywhere.
    pub(super) fn show_kept(&mut self) {
        let (Some(walk), Some(history)) = (&mut self.walk, &self.history) else {
            return;
        };
        // Wherever the generator is, it is not on this way.
        walk.made = u64::MAX;
        let picture = history.picture(walk.latent);
        self.depth = history.depth(walk.latent);
        self.frames.clear();
        self.pacer.interrupt();
        self.controls.take();
        self.steps_asked = 0;
        self.stand_here();
        let output = StepOutput {
            frames: picture.into_iter().collect(),
            inverse_depth: Vec::new(),
            network_ms: 0.0,
            decode_ms: 0.0,
            recycle_ms: 0.0,
        };
        let schedule = Schedule {
            first_due_secs: self.now_secs(),
            interval_secs: 0.0,
        };
        self.publish(&output, schedule);
        self.tell_branches();
    }

    /// How the camera answers now.
    pub(super) fn feel(&self) -> Feel {
        self.controls.peek().walk.feel
    }

    /// The camera shall answer as in the walk that is taken up.
    pub(super) fn camera_becomes(&self, feel: Feel) {
        self.controls.answer_as(feel);
        self.tell(Event::Camera(feel));
    }
}

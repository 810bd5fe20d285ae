//! What happens when a bug strikes the engine thread: it ends in order, its recording whole, and another begins. What the old
//! one's tensors hold can't be trusted, nor what the tensor library keeps for its thread; of the walk all is plain numbers and
//! is handed on.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crossbeam_channel::Receiver;

use super::command::{Command, Event};
use super::history::History;
use super::pacing::Pacing;
use super::slots::{ControlSlot, FrameSlot};
use super::speed::PlaySpeed;
use super::thread::{Machine, OpenWorld, SendEvent, Walk};
use crate::control::Feel;

/// What an engine thread begins with.
pub(super) struct Beginning {
    pub(super) open: Box<OpenWorld>,
    pub(super) events: Arc<SendEvent>,
    pub(super) controls: Arc<ControlSlot>,
    pub(super) frames: Arc<FrameSlot>,
    pub(super) paused: bool,
    pub(super) speed: PlaySpeed,
    pub(super) pacing: Pacing,
    /// The walk that a bug has interrupted.
    pub(super) interrupted: Option<Interrupted>,
}

/// A walk without its generator.
pub(super) struct Interrupted {
    walk: Walk,
    history: History,
    feel: Feel,
}

/// Runs the engine until it is told to end, in a new thread after each bug. This one waits.
pub(super) fn keep_running(mut beginning: Beginning, inbox: &Receiver<Command>, quit: &Arc<AtomicBool>) {
    let events = Arc::clone(&beginning.events);
    let lost = |what: String| {
        events(Event::Failed {
            message: format!("The engine has ended and cannot be started again: {what}."),
            can_restart: false,
        });
    };
    loop {
        let (inbox, quit) = (inbox.clone(), Arc::clone(quit));
        let thread = std::thread::Builder::new()
            .name("engine".to_owned())
            .spawn(move || Machine::new(beginning).run(&inbox, &quit));
        match thread.map(std::thread::JoinHandle::join) {
            Ok(Ok(None)) => return,
            Ok(Ok(Some(next))) => beginning = next,
            Ok(Err(payload)) => return lost(crate::telemetry::panic_message(&*payload)),
            Err(error) => return lost(error.to_string()),
        }
    }
}

impl Machine {
    /// The walk as it was before the step in which the bug struck, if it can be taken up.
    pub(super) fn interrupted(&mut self) -> Option<Interrupted> {
        // Whoever was interrupted twice before the walk went on loses nothing.
        if self.walk.is_none() {
            return self.interrupted.take();
        }
        let feel = self.feel();
        let (mut walk, history) = (self.walk.take()?, self.history.take()?);
        walk.walker = history.walker(walk.latent)?;
        history.state_before(walk.latent)?;
        Some(Interrupted { walk, history, feel })
    }

    /// Takes the walk up that was interrupted.
    pub(super) fn resume(&mut self) {
        let sha256 = self.world.as_ref().map(|world| world.sha256());
        let same = |i: &Interrupted| sha256 == Some(i.walk.track.package_sha256.as_str());
        let Some(Interrupted { walk, history, feel }) = self.interrupted.take().filter(same) else {
            self.tell(Event::Refused(
                "The walk that was interrupted cannot be taken up.".to_owned(),
            ));
            return;
        };
        self.tell(Event::Started {
            name: walk.name.clone(),
            bundled: walk.bundled,
            prompt: walk.prompt.clone(),
            seed: walk.track.seed,
        });
        self.walk = Some(walk);
        self.history = Some(history);
        self.stopped = false;
        self.show_kept();
        self.forget_told_marks();
        self.camera_becomes(feel);
        self.tell(Event::Done("The walk goes on where it was interrupted.".to_owned()));
    }
}

//! How the walk is shown: in colours or by its depth, and how fast.

use std::time::Instant;

use super::{Effect, Session};
use crate::engine::{Command, PlaySpeed, TimedFrame};
use crate::frame::Frame;

impl Session {
    /// The picture on the screen, as it is looked at.
    pub(super) fn picture(&self) -> Option<Frame> {
        let shown = self.shown.as_ref()?;
        let depth = shown.depth.as_ref().filter(|_| self.depth_view);
        Some(depth.map_or_else(|| shown.frame.clone(), |depth| depth.to_frame(shown.frame.index)))
    }

    /// Shows a picture that the engine has not made yet: what a walk will begin in. Its depth is not known.
    pub(super) fn show_still(&mut self, frame: Frame) {
        self.effects.push(Effect::Picture(frame.clone()));
        self.shown = Some(TimedFrame {
            frame,
            depth: None,
            due: Instant::now(),
            controls_read: None,
        });
    }

    /// Whether depth is on the screen: it is wanted and known.
    pub(in crate::app) fn shows_depth(&self) -> bool {
        self.depth_view && self.shown.as_ref().is_some_and(|shown| shown.depth.is_some())
    }

    /// Depth in place of colours, or colours again; at once, also where nothing moves.
    pub(in crate::app) fn toggle_depth(&mut self) {
        self.depth_view = !self.depth_view;
        self.effects.extend(self.picture().map(Effect::Picture));
    }

    /// How fast the walk is played.
    pub(in crate::app) fn speed(&self) -> PlaySpeed {
        self.speed
    }

    /// Plays the walk as fast as this from the next latent frame on.
    pub(in crate::app) fn set_speed(&mut self, speed: PlaySpeed) {
        self.speed = speed;
        self.tell_speed();
    }

    /// Tells the engine how fast to play, if it does not know; one that is too busy to listen is told later.
    pub(super) fn tell_speed(&mut self) {
        if self.speed != self.told_speed && self.engine.send(Command::Speed(self.speed)) {
            self.told_speed = self.speed;
        }
    }
}

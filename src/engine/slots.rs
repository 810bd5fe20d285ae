//! Latest-wins slots between the window and the engine: controls in, frames out.

use std::collections::VecDeque;
use std::time::Instant;

use parking_lot::Mutex;

use crate::control::{Feel, Keys, WalkInput};
use crate::frame::{DepthPicture, Frame};

/// What the hands do: held keys and sticks as they are now, mouse turning summed since it was last read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Controls {
    /// Axes held now; its mouse fields hold the sum.
    pub walk: WalkInput,
    /// Keys held now.
    pub keys: Keys,
}

/// The newest controls, written by the window and read by the engine right before each step.
#[derive(Debug, Default)]
pub struct ControlSlot {
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    controls: Controls,
    /// How the window wants the camera to answer.
    wanted: Feel,
    /// How it answers in a walk that was taken up, until the window wants something else than before.
    taken_up: Option<Feel>,
}

impl ControlSlot {
    /// Replaces what is held; mouse turning that was not read yet stays.
    pub fn hold(&self, walk: WalkInput, keys: Keys) {
        let mut held = self.held.lock();
        if walk.feel != held.wanted {
            held.wanted = walk.feel;
            held.taken_up = None;
        }
        let before = held.controls.walk;
        held.controls.walk = WalkInput {
            mouse_yaw_rad: before.mouse_yaw_rad,
            mouse_pitch_rad: before.mouse_pitch_rad,
            feel: held.taken_up.unwrap_or(walk.feel),
            ..walk
        };
        held.controls.keys = keys;
    }

    /// A walk is taken up in which the camera answered like this.
    pub fn answer_as(&self, feel: Feel) {
        let mut held = self.held.lock();
        held.taken_up = Some(feel);
        held.controls.walk.feel = feel;
    }

    /// Adds mouse turning.
    pub fn turn(&self, yaw_rad: f32, pitch_rad: f32) {
        let controls = &mut self.held.lock().controls;
        controls.walk.mouse_yaw_rad += yaw_rad;
        controls.walk.mouse_pitch_rad += pitch_rad;
    }

    /// Reads the controls and leaves all as it is.
    pub fn peek(&self) -> Controls {
        self.held.lock().controls
    }

    /// Reads the controls and takes the mouse turning out.
    pub fn take(&self) -> Controls {
        let controls = &mut self.held.lock().controls;
        let taken = *controls;
        controls.walk.mouse_yaw_rad = 0.0;
        controls.walk.mouse_pitch_rad = 0.0;
        taken
    }
}

/// A frame and when to show it.
#[derive(Clone, Debug)]
pub struct TimedFrame {
    /// The frame.
    pub frame: Frame,
    /// How far everything is: the newest depth that is not from after this frame. There is one a latent frame, for its
    /// last frame.
    pub depth: Option<DepthPicture>,
    /// When it is due on the screen.
    pub due: Instant,
    /// When the controls that made it were read; `None` for a first frame.
    pub controls_read: Option<Instant>,
}

/// Frames that wait to be shown. Frames whose time has passed give way to newer ones, so that they never pile up.
#[derive(Debug, Default)]
pub struct FrameSlot {
    frames: Mutex<VecDeque<TimedFrame>>,
}

impl FrameSlot {
    /// Most frames that wait: two latents and a first frame. A window that is not drawn takes none out.
    const CAPACITY: usize = 9;

    /// Adds frames in order of their due times.
    pub fn push(&self, new: impl IntoIterator<Item = TimedFrame>) {
        let mut frames = self.frames.lock();
        frames.extend(new);
        while frames.len() > Self::CAPACITY {
            frames.pop_front();
        }
    }

    /// Tells the depth of a frame that waits.
    pub fn deepen(&self, index: u64, depth: &DepthPicture) {
        for waiting in self.frames.lock().iter_mut().filter(|f| f.frame.index == index) {
            waiting.depth = Some(depth.clone());
        }
    }

    /// Drops all frames: a new walk begins.
    pub fn clear(&self) {
        self.frames.lock().clear();
    }

    /// The newest frame that is due, if one is; older ones are dropped. `skipped` counts those.
    pub fn take_due(&self, now: Instant, skipped: &mut u64) -> Option<TimedFrame> {
        let mut frames = self.frames.lock();
        let mut newest = None;
        while frames.front().is_some_and(|f| f.due <= now) {
            *skipped += u64::from(newest.is_some());
            newest = frames.pop_front();
        }
        newest
    }

    /// When the next frame is due.
    pub fn next_due(&self) -> Option<Instant> {
        self.frames.lock().front().map(|f| f.due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn mouse_turning_is_summed_and_read_once_while_keys_stay() {
        let slot = ControlSlot::default();
        slot.turn(0.1, 0.0);
        slot.turn(0.2, -0.1);
        slot.hold(WalkInput::from_keys(Keys::FORWARD), Keys::FORWARD);
        let first = slot.take();
        assert!((first.walk.mouse_yaw_rad - 0.3).abs() < 1e-6);
        assert_eq!(first.walk.forward, 1.0);
        let second = slot.take();
        assert_eq!(second.walk.mouse_yaw_rad, 0.0);
        assert_eq!(second.keys, Keys::FORWARD);
    }

    #[test]
    fn the_camera_of_a_walk_that_is_taken_up_stays_until_another_is_wanted() {
        let slot = ControlSlot::default();
        let hold = |feel| {
            slot.hold(
                WalkInput {
                    feel,
                    ..WalkInput::default()
                },
                Keys::default(),
            );
            slot.peek().walk.feel
        };
        assert_eq!(hold(Feel::Train), Feel::Train);
        slot.answer_as(Feel::Drone);
        // The window has not heard of it yet; then it has; then somebody goes back to what there was.
        let after = [Feel::Train, Feel::Train, Feel::Drone, Feel::Train].map(hold);
        assert_eq!(after, [Feel::Drone, Feel::Drone, Feel::Drone, Feel::Train]);
    }

    #[test]
    fn the_newest_due_frame_is_shown_and_later_ones_wait() {
        let slot = FrameSlot::default();
        let t0 = Instant::now();
        let ms = Duration::from_millis;
        slot.push((0..4).map(|i| TimedFrame {
            frame: Frame::from_rgb(1, 1, &[0, 0, 0], i),
            depth: None,
            due: t0 + ms(40 * i),
            controls_read: None,
        }));
        let depth = DepthPicture::of_inverse_depth(1, 1, &[0.5]).unwrap();
        slot.deepen(1, &depth);
        let mut skipped = 0;
        let shown = slot.take_due(t0 + ms(50), &mut skipped).unwrap();
        assert_eq!(shown.depth, Some(depth), "it came while the frame waited");
        assert_eq!((shown.frame.index, skipped), (1, 1));
        assert!(slot.take_due(t0 + ms(60), &mut skipped).is_none());
        assert_eq!(slot.next_due(), Some(t0 + ms(80)));
    }
}

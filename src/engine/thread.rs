//! The engine thread itself.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use crate::control::{Footing, LatentControl, WalkInput, Walker};
use crate::frame::{DepthPicture, FRAMES_PER_LATENT, Frame};
use crate::rollout::{StepOutput, Track};
use crate::telemetry;

use super::command::{Command, Event};
use super::export::Export;
use super::generator::{Generator, PackageWorld, World};
use super::history::History;
use super::pacing::{Pacer, Pacing, Schedule};
use super::recording::Recording;
use super::restart::{Beginning, Interrupted, keep_running};
use super::slots::{ControlSlot, FrameSlot, TimedFrame};
use super::speed::PlaySpeed;
use super::stats::Stats;

pub(super) type OpenWorld = dyn FnMut(&Path) -> anyhow::Result<Box<dyn World>> + Send;
pub(super) type SendEvent = dyn Fn(Event) + Send + Sync;

/// Handle of the engine thread. Dropping it shuts the thread down and waits for it.
pub struct Engine {
    commands: Sender<Command>,
    controls: Arc<ControlSlot>,
    frames: Arc<FrameSlot>,
    quit: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Commands that may wait. More than that in one step means that nobody serves them.
    const QUEUE: usize = 32;
    /// How long a shutdown waits for the step in hand and for the encoder.
    const SHUTDOWN_LIMIT: Duration = Duration::from_secs(20);

    /// Starts the thread. `events` is called from it for everything it has to tell, and must not block.
    pub fn spawn(events: impl Fn(Event) + Send + Sync + 'static) -> std::io::Result<Self> {
        Self::spawn_with(PackageWorld::open, events)
    }

    /// Like [`Self::spawn`], with another way to open generator files.
    pub fn spawn_with(
        open: impl FnMut(&Path) -> anyhow::Result<Box<dyn World>> + Send + 'static,
        events: impl Fn(Event) + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let (commands, inbox) = crossbeam_channel::bounded(Self::QUEUE);
        let controls = Arc::new(ControlSlot::default());
        let frames = Arc::new(FrameSlot::default());
        let quit = Arc::new(AtomicBool::new(false));
        let beginning = Beginning {
            open: Box::new(open),
            events: Arc::new(events),
            controls: Arc::clone(&controls),
            frames: Arc::clone(&frames),
            paused: false,
            speed: PlaySpeed::default(),
            pacing: Pacing::default(),
            interrupted: None,
        };
        let thread = {
            let quit = Arc::clone(&quit);
            let keeper = std::thread::Builder::new().name("engine-keeper".to_owned());
            keeper.spawn(move || keep_running(beginning, &inbox, &quit))?
        };
        Ok(Self {
            commands,
            controls,
            frames,
            quit,
            thread: Some(thread),
        })
    }

    /// Hands a command over; false when the engine is too far behind to take it (or gone).
    pub fn send(&self, command: Command) -> bool {
        self.commands.try_send(command).is_ok()
    }

    /// Where the window puts what the hands do.
    pub fn controls(&self) -> &ControlSlot {
        &self.controls
    }

    /// Where the window takes frames from.
    pub fn frames(&self) -> &FrameSlot {
        &self.frames
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.quit.store(true, Ordering::Relaxed);
        // Wakes the thread; when the queue is full it wakes anyway and sees `quit`.
        let _ = self.commands.try_send(Command::Shutdown);
        let Some(thread) = self.thread.take() else {
            return;
        };
        // A device that hangs must not keep the window's process alive for ever.
        let deadline = Instant::now() + Self::SHUTDOWN_LIMIT;
        while !thread.is_finished() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(2));
        }
        if thread.is_finished() {
            let _ = thread.join();
        } else {
            tracing::warn!("The engine did not end in time and is left behind.");
        }
    }
}

/// A walk that has begun.
pub(super) struct Walk {
    /// The first frame; once the walk has begun, as the generator took it.
    pub(super) first: Frame,
    /// The prompt now.
    pub(super) prompt: String,
    pub(super) name: String,
    pub(super) bundled: Option<usize>,
    /// Where the walker is in the picture of `latent`.
    pub(super) walker: Walker,
    /// The latent frame that is shown (or will be in a moment).
    pub(super) latent: u64,
    /// The latent frame that the generator stands at; another one than `latent` while going back and right after it.
    pub(super) made: u64,
    /// How it came to be here.
    pub(super) track: Track,
}

/// Everything the thread owns.
pub(super) struct Machine {
    pub(super) open: Box<OpenWorld>,
    pub(super) events: Arc<SendEvent>,
    pub(super) controls: Arc<ControlSlot>,
    pub(super) frames: Arc<FrameSlot>,
    epoch: Instant,
    pub(super) world: Option<Box<dyn World>>,
    pub(super) generator: Option<Box<dyn Generator>>,
    pub(super) walk: Option<Walk>,
    /// The walk's recent past; `None` when the world is too large to keep one.
    pub(super) history: Option<History>,
    /// The walk that a bug has interrupted, until it or another one is begun.
    pub(super) interrupted: Option<Interrupted>,
    /// The user is going back.
    pub(super) rewinding: bool,
    /// How far everything is in the newest frame that was shown whose depth is known.
    pub(super) depth: Option<DepthPicture>,
    paused: bool,
    /// The walk has failed and waits for a new start.
    pub(super) stopped: bool,
    pub(super) steps_asked: u32,
    pub(super) pacer: Pacer,
    pub(super) speed: PlaySpeed,
    pub(super) recording: Option<Recording>,
    pub(super) finishing: Vec<JoinHandle<()>>,
    /// Saves a stretch of the past.
    pub(super) exporting: Option<Export>,
    /// Writes a bookmark.
    pub(super) saving: Option<JoinHandle<()>>,
    /// The bookmark that this run has written last, or tried to.
    pub(super) kept_last: Option<PathBuf>,
}

/// Whether the thread goes on.
enum Next {
    Go,
    End,
}

impl Machine {
    pub(super) fn new(beginning: Beginning) -> Self {
        let mut pacer = Pacer::new(24.0, FRAMES_PER_LATENT);
        pacer.set_speed(beginning.speed.factor());
        pacer.set_pacing(beginning.pacing);
        Self {
            open: beginning.open,
            events: beginning.events,
            controls: beginning.controls,
            frames: beginning.frames,
            epoch: Instant::now(),
            world: None,
            generator: None,
            walk: None,
            history: None,
            interrupted: beginning.interrupted,
            rewinding: false,
            depth: None,
            paused: beginning.paused,
            stopped: false,
            steps_asked: 0,
            pacer,
            speed: beginning.speed,
            recording: None,
            finishing: Vec::new(),
            exporting: None,
            saving: None,
            kept_last: None,
        }
    }

    pub(super) fn tell(&self, event: Event) {
        (self.events)(event);
    }

    pub(super) fn now_secs(&self) -> f64 {
        self.epoch.elapsed().as_secs_f64()
    }

    /// Serves commands and steps until told to end; or until a bug strikes, and then tells what another machine begins with.
    pub(super) fn run(mut self, inbox: &Receiver<Command>, quit: &AtomicBool) -> Option<Beginning> {
        let bug = loop {
            if quit.load(Ordering::Relaxed) {
                break None;
            }
            // A bug in a network must neither freeze the window nor close it.
            match catch_unwind(AssertUnwindSafe(|| self.turn(inbox))) {
                Ok(Next::Go) => {}
                Ok(Next::End) => break None,
                Err(payload) => break Some(telemetry::panic_message(&*payload)),
            }
        };
        self.stop_recording();
        for thread in self.finishing.drain(..) {
            let _ = thread.join();
        }
        self.finish_saving();
        self.exporting = None;
        let interrupted = bug.as_ref().and_then(|_| self.interrupted());
        // Destructors may panic as well.
        let _ = catch_unwind(AssertUnwindSafe(|| self.unload()));
        let message = bug?;
        self.tell(Event::Crashed {
            message,
            can_resume: interrupted.is_some(),
        });
        Some(Beginning {
            open: self.open,
            events: self.events,
            controls: self.controls,
            frames: self.frames,
            paused: self.paused,
            speed: self.speed,
            pacing: self.pacer.pacing(),
            interrupted,
        })
    }

    /// Waits for a command or for the time of the next step, and does it.
    fn turn(&mut self, inbox: &Receiver<Command>) -> Next {
        let command = match self.wait() {
            Wait::Command => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Wait::Until(limit) => inbox.recv_timeout(limit),
        };
        let next = match command {
            Ok(command) => self.serve(command),
            Err(RecvTimeoutError::Timeout) => {
                self.step();
                Next::Go
            }
            Err(RecvTimeoutError::Disconnected) => Next::End,
        };
        // Whatever it was, it may have changed what is kept of the past.
        self.see_to_marks();
        next
    }

    /// What to wait for before the next step.
    fn wait(&self) -> Wait {
        if let Some(wait) = self.wait_in_the_past() {
            return wait;
        }
        let steps =
            self.generator.is_some() && self.walk.is_some() && !self.stopped && (!self.paused || self.steps_asked > 0);
        if !steps {
            return Wait::Command;
        }
        let secs = self.pacer.begin_secs().map_or(0.0, |begin| begin - self.now_secs());
        Wait::Until(Duration::from_secs_f64(secs.clamp(0.0, 10.0)))
    }

    fn serve(&mut self, command: Command) -> Next {
        match command {
            Command::Load {
                path,
                device,
                or_processor,
            } => {
                if let Err(error) = self.load(&path, device, or_processor) {
                    if self.generator.is_some() {
                        self.tell(Event::Refused(sentence(&format!("{error:#}"))));
                    } else {
                        self.unload();
                        self.fail(format!("{error:#}"));
                    }
                }
            }
            Command::Pace(pacing) => self.pacer.set_pacing(pacing),
            Command::Start { first, prompt, seed } => match self.first_frame(first, prompt) {
                Ok(walk) => self.start(walk, seed),
                Err(what) => self.tell(Event::Refused(what)),
            },
            Command::Prompt(prompt) => self.change_prompt(prompt),
            Command::Resume => self.resume(),
            Command::Restart { seed } => {
                if let Some(walk) = self.walk.take() {
                    self.start(walk, seed);
                }
            }
            Command::Pause(paused) => {
                if self.paused && !paused {
                    // Whatever was turned while nothing moved is not meant for the walk.
                    self.controls.take();
                    self.pacer.interrupt();
                    self.steps_asked = 0;
                }
                self.paused = paused;
            }
            Command::Step => {
                // While going back there is no picture to step on from.
                if self.paused && !self.rewinding {
                    self.steps_asked = (self.steps_asked + 1).min(8);
                }
            }
            Command::Speed(speed) => {
                self.speed = speed;
                self.pacer.set_speed(speed.factor());
            }
            Command::Rewind(back) => self.rewind(back),
            Command::Branches => self.tell_branches(),
            Command::GoToBranch(id) => self.go_to_branch(id),
            Command::SaveBookmark { dir } => self.save_bookmark(&dir),
            Command::RestoreBookmark { dir } => self.restore_bookmark(&dir),
            Command::TakeUp { path } => self.take_up_at(&path),
            Command::SaveReplay { dir } => self.save_replay(&dir),
            Command::SaveCloud { dir } => self.save_cloud(&dir),
            Command::Mark { end, frame } => self.mark(end, frame),
            Command::Export { stretch, kind, dir } => self.export(stretch, kind, &dir),
            Command::Record { path, style } => self.record(path, style),
            Command::StopRecording => self.stop_recording(),
            Command::Shutdown => return Next::End,
        }
        Next::Go
    }

    /// The running walk shall become something else.
    fn change_prompt(&mut self, prompt: String) {
        if self.rewinding {
            let what = "Let go of the key that goes back first, then change the words.";
            return self.tell(Event::Warning(what.to_owned()));
        }
        // The words are for what comes after the picture on the screen.
        if !self.settle() {
            return;
        }
        let (Some(generator), Some(walk)) = (self.generator.as_mut(), self.walk.as_mut()) else {
            return;
        };
        match generator.change_prompt(&prompt) {
            Ok(()) => {
                walk.prompt.clone_from(&prompt);
                walk.track.change_prompt(&prompt);
                self.tell(Event::Prompted(prompt));
            }
            Err(error) => self.tell(Event::Warning(format!("The words could not be changed: {error}."))),
        }
    }

    /// One latent frame: reads the controls as late as possible, generates, schedules.
    fn step(&mut self) {
        if self.step_in_the_past() {
            return;
        }
        let began = self.epoch.elapsed().as_secs_f64();
        let fork = self.state_of_fork();
        let controls = self.controls.take();
        let (Some(generator), Some(walk), Some(world)) =
            (self.generator.as_mut(), self.walk.as_mut(), self.world.as_ref())
        else {
            return;
        };
        self.steps_asked = self.steps_asked.saturating_sub(1);
        let dt_secs = (1.0 / world.info().frames_per_sec) as f32;
        let footing = generator.footing(walk.walker.pose.pitch_rad);
        let control = integrate(&mut walk.walker, &footing, &controls.walk, controls.keys, dt_secs);
        // The window gets the frames before the step has ended.
        let (epoch, slot, pacer, depth) = (self.epoch, &self.frames, &mut self.pacer, &self.depth);
        let mut schedule = None;
        let events = &self.events;
        let made = generator.next_showing(&control, &mut |frames| {
            let when = pacer.finished(began, epoch.elapsed().as_secs_f64());
            slot.push(timed(frames, &when, epoch, depth.as_ref(), Some(at(epoch, began))));
            events(Event::Frames);
            schedule = Some(when);
        });
        match (made, schedule) {
            (Ok(output), Some(schedule)) => {
                self.fork(fork);
                let Some(walk) = &mut self.walk else { return };
                walk.latent += 1;
                walk.made = walk.latent;
                walk.track.controls.push(control);
                self.deepen(&output);
                self.account(&output, schedule, true);
                self.remember(&output.frames);
                let now = self.now_secs();
                self.pacer.ended(began, now);
            }
            (Ok(_), None) => self.fail("The walk has stopped: a step made no frames.".to_owned()),
            (Err(error), _) => self.fail(format!("The walk has stopped: {error}")),
        }
    }

    /// Hands frames that cost no step to the window and to the recorder.
    pub(super) fn publish(&mut self, output: &StepOutput, schedule: Schedule) {
        let before = self.depth.clone();
        self.deepen(output);
        let mut frames = timed(&output.frames, &schedule, self.epoch, before.as_ref(), None);
        if let Some(last) = frames.last_mut() {
            last.depth.clone_from(&self.depth);
        }
        self.frames.push(frames);
        self.tell(Event::Frames);
        self.account(output, schedule, false);
    }

    /// The depth of a step's last frame has come. Where the window has the frame already (quick pacing on a slow device), it shows with the next one.
    fn deepen(&mut self, output: &StepOutput) {
        let Some(last) = output.frames.last() else { return };
        if let Some(depth) = DepthPicture::of_inverse_depth(last.width_px, last.height_px, &output.inverse_depth) {
            self.frames.deepen(last.index, &depth);
            self.depth = Some(depth);
        }
    }

    /// Hands frames to the recorder, and tells their numbers.
    fn account(&mut self, output: &StepOutput, schedule: Schedule, of_step: bool) {
        self.record_frames(&output.frames);
        let recording = self.recording_stats();
        let walk = self.walk.as_ref();
        let period_secs = if of_step {
            self.pacer.period_secs()
        } else {
            schedule.interval_secs
        };
        let stats = Stats {
            network_ms: output.network_ms,
            decode_ms: output.decode_ms,
            recycle_ms: output.recycle_ms,
            step_ms: self.pacer.step_secs() * 1e3,
            interval_ms: schedule.interval_secs * 1e3,
            period_ms: period_secs * 1e3,
            frame: output.frames.last().map_or(0, |f| f.index),
            latent: walk.map_or(0, |w| w.latent),
            resident_bytes: telemetry::resident_bytes(),
            pose: walk.map_or_else(Default::default, |w| w.walker.pose),
            recording,
        };
        self.tell(Event::Stats(stats));
    }

    /// The walk ends with a message.
    pub(super) fn fail(&mut self, message: String) {
        tracing::error!("{message}");
        let can_restart = self.generator.is_some() && self.walk.is_some();
        // The walk is kept for a restart, but does not step.
        self.stopped = true;
        self.rewinding = false;
        self.steps_asked = 0;
        self.tell(Event::Failed { message, can_restart });
    }
}

/// A time of the thread's own clock.
fn at(epoch: Instant, secs: f64) -> Instant {
    epoch + Duration::from_secs_f64(secs.max(0.0))
}

/// Frames with their times, and the newest depth that there is.
fn timed(
    frames: &[Frame],
    schedule: &Schedule,
    epoch: Instant,
    depth: Option<&DepthPicture>,
    controls_read: Option<Instant>,
) -> Vec<TimedFrame> {
    let one = |(i, frame): (usize, &Frame)| TimedFrame {
        frame: frame.clone(),
        depth: depth.cloned(),
        due: at(epoch, schedule.due_secs(i)),
        controls_read,
    };
    frames.iter().enumerate().map(one).collect()
}

/// With a full stop.
pub(super) fn sentence(what: &str) -> String {
    format!("{}.", what.trim_end_matches('.'))
}

pub(super) enum Wait {
    /// Nothing to do before the next command.
    Command,
    /// A step is due after this time.
    Until(Duration),
}

/// Walks through the video frames of one latent frame. Mouse turning is spread over them evenly: it was made over about
/// that time, and spent at once it would be four unequal jumps.
fn integrate(
    walker: &mut Walker,
    footing: &Footing,
    input: &WalkInput,
    keys: crate::control::Keys,
    dt_secs: f32,
) -> LatentControl {
    let before = walker.pose;
    let n = FRAMES_PER_LATENT as f32;
    let per_frame = WalkInput {
        mouse_yaw_rad: input.mouse_yaw_rad / n,
        mouse_pitch_rad: input.mouse_pitch_rad / n,
        ..*input
    };
    let poses = std::array::from_fn(|_| walker.advance_on(footing, &per_frame, dt_secs));
    LatentControl::new(&before, &poses, keys)
}

#[cfg(test)]
#[path = "branch_tests.rs"]
mod branch_tests;
#[cfg(test)]
#[path = "past_tests.rs"]
mod past_tests;
#[cfg(test)]
#[path = "record_tests.rs"]
mod record_tests;
#[cfg(test)]
#[path = "restart_tests.rs"]
mod restart_tests;
#[cfg(test)]
#[path = "thread_tests.rs"]
mod tests;

//! The window: events in, pictures out. Draws when a frame is due or the interface has changed, and sleeps otherwise.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use winit::application::ApplicationHandler;
use winit::dpi::LogicalSize;
use winit::event::{DeviceEvent, DeviceId, WindowEvent};
use winit::event_loop::{ActiveEventLoop, ControlFlow, EventLoopProxy};
use winit::window::{Fullscreen, Icon, Window, WindowId};

use crate::engine::First;
use crate::gpu::{Drawn, OverlayPaint, Screen};
use crate::input::{Action, Report};
use crate::ui::{FileKind, Interface, Sticks, ToastKind, UiCommand, UiState};
use crate::words::say;
use crate::{paths, telemetry};

use super::event::AppEvent;
use super::mouse::Mouse;
use super::session::{Effect, Session};

mod accessibility;
mod computing;
mod files;
mod hands;
mod navigate;

/// Shortest time between two drawings for the interface alone. Frames of the walk are drawn when they are due.
const INTERFACE_PERIOD: Duration = Duration::from_millis(33);
/// The hint about the keys goes away by itself.
const HINT_TIME: Duration = Duration::from_secs(20);

/// The player's window and everything it shows.
pub(super) struct Shell {
    session: Session,
    proxy: EventLoopProxy<AppEvent>,
    live: Option<Live>,
    began: Instant,
    exit_at: Option<Instant>,
    /// When the interface wants to be drawn again.
    interface_due: Option<Instant>,
    first_frame_told: bool,
    failure: Option<anyhow::Error>,
}

/// What exists while there is a window.
struct Live {
    // The screen goes before the window it draws to.
    screen: Screen,
    egui: egui_winit::State,
    interface: Interface,
    mouse: Mouse,
    window: Arc<Window>,
    occluded: bool,
    /// Ctrl, or on a Mac its own key for commands.
    command_held: bool,
    last_draw: Instant,
    /// Number of the frame that was uploaded last.
    frame_index: u64,
}

impl Shell {
    pub(super) fn new(session: Session, proxy: EventLoopProxy<AppEvent>) -> Self {
        let began = Instant::now();
        Self {
            exit_at: session.options.exit_after.map(|after| began + after),
            session,
            proxy,
            live: None,
            began,
            interface_due: None,
            first_frame_told: false,
            failure: None,
        }
    }

    /// Window first, then the engine: it may have a recording to finish.
    pub(super) fn close(mut self) -> anyhow::Result<()> {
        self.live = None;
        let closed = self.session.close();
        match self.failure {
            Some(error) => Err(error),
            None => closed,
        }
    }

    fn open(&mut self, event_loop: &ActiveEventLoop) -> anyhow::Result<Live> {
        let attributes = Window::default_attributes()
            .with_title(say!("program"))
            .with_window_icon(icon())
            .with_inner_size(LogicalSize::new(1280.0, 768.0))
            .with_min_inner_size(LogicalSize::new(320.0, 200.0))
            // A screen reader has to be met before the window is seen.
            .with_visible(false)
            .with_fullscreen(self.session.settings.fullscreen.then_some(Fullscreen::Borderless(None)));
        let window = Arc::new(
            event_loop
                .create_window(attributes)
                .context("the window could not be opened")?,
        );
        let size = window.inner_size();
        let display = event_loop.owned_display_handle();
        let screen = Screen::new(|| Box::new(display.clone()), window.clone(), [size.width, size.height])?;
        telemetry::set_context("adapter", screen.gpu().name());
        let context = egui::Context::default();
        let interface = Interface::new(&context);
        let mut egui = egui_winit::State::new(
            context,
            egui::ViewportId::ROOT,
            event_loop,
            Some(window.scale_factor() as f32),
            Some(winit::window::Theme::Dark),
            Some(screen.max_texture_side()),
        );
        egui.init_accesskit(event_loop, &window, self.proxy.clone());
        window.set_visible(true);
        tracing::info!(
            "window open after {:.0} ms",
            telemetry::since_process_start().as_secs_f64() * 1e3
        );
        Ok(Live {
            screen,
            egui,
            interface,
            mouse: Mouse::default(),
            window,
            occluded: false,
            command_held: false,
            last_draw: Instant::now(),
            frame_index: 0,
        })
    }

    /// The interface has to be drawn again, but not more often than its period.
    fn interface_changed(&mut self) {
        let soonest = self
            .live
            .as_ref()
            .map_or_else(Instant::now, |live| live.last_draw + INTERFACE_PERIOD);
        self.interface_due = Some(self.interface_due.map_or(soonest, |due| due.min(soonest)));
    }

    /// Does what the session cannot do itself.
    fn apply_effects(&mut self) {
        let effects = self.session.take_effects();
        if effects.is_empty() {
            return;
        }
        let Some(live) = &mut self.live else {
            // Before the window is open: keep them for it.
            self.session.put_back_effects(effects);
            return;
        };
        let (mut look_at_files, mut look_at_devices) = (false, false);
        let mut tests = Vec::new();
        let mut navs = Vec::new();
        for effect in effects {
            match effect {
                Effect::Navigate(nav) => navs.push(nav),
                Effect::LookAtFiles => look_at_files = true,
                Effect::LookAtDevices => look_at_devices = true,
                Effect::TestDevice(choice) => tests.push(choice),
                Effect::Toast(kind, text) => {
                    match kind {
                        ToastKind::Done => tracing::info!("{text}"),
                        ToastKind::Warning => tracing::warn!("{text}"),
                    }
                    live.interface.toast(kind, text);
                }
                Effect::WorldOpened => {
                    if let Some(world) = &self.session.world {
                        live.window.set_title(&say!("window-title", world = world.title));
                        live.interface.set_world(live.egui.egui_ctx(), world);
                    }
                }
                Effect::Picture(frame) => {
                    live.frame_index = frame.index;
                    live.screen.show_frame(&frame);
                }
                Effect::CaptureMouse(true) => live.mouse.capture(&live.window),
                Effect::CaptureMouse(false) => live.mouse.free(&live.window),
                Effect::Fullscreen => {
                    let fullscreen = self.session.settings.fullscreen;
                    live.window
                        .set_fullscreen(fullscreen.then_some(Fullscreen::Borderless(None)));
                }
            }
        }
        if look_at_files {
            self.look_at_files();
        }
        if look_at_devices {
            self.look_at_devices();
        }
        for choice in tests {
            self.test_device(choice);
        }
        for nav in navs {
            self.navigate(nav);
        }
        self.interface_changed();
    }

    /// Lays the interface out and draws everything.
    fn draw(&mut self, event_loop: &ActiveEventLoop) -> anyhow::Result<()> {
        let Some(live) = &mut self.live else {
            return Ok(());
        };
        if !live.is_visible() {
            return Ok(());
        }
        self.session.refresh_hud();
        let input = live.egui.take_egui_input(&live.window);
        let context = live.egui.egui_ctx().clone();
        let mut commands = Vec::new();
        let (walk, look) = self.session.hands.sticks(&self.session.settings.bindings);
        let computing = self.session.computing();
        let state = UiState {
            world: self.session.world.as_ref(),
            phase: self.session.phase(),
            bundled: self.session.bundled,
            place: &self.session.place,
            prompt: &self.session.prompt,
            prompt_open: self.session.prompt_open,
            home_open: self.session.home_open,
            branches_open: self.session.branches_open,
            branches: self.session.branches(),
            controls_open: self.session.controls_open,
            computing: &computing,
            crash: self.session.crash(),
            pads: &self.session.hands.pad_names(),
            sticks: Sticks { walk, look },
            can_go_back: self.session.can_go_back(),
            shelf: self.session.shelf.as_ref(),
            generator: self.session.generator(),
            seed: self.session.seed,
            paused: self.session.is_paused(),
            speed: self.session.speed(),
            depth_view: self.session.depth_view,
            depth_shown: self.session.shows_depth(),
            rewinding: self.session.is_rewinding(),
            menu_open: self.session.menu_open,
            show_hint: self.session.hint && !live.mouse.is_captured(),
            hud: self.session.hud(),
            recording: self.session.recording.as_ref(),
            marked: self.session.marked,
            exporting: self.session.exporting,
            settings: &self.session.settings,
            adapter: live.screen.gpu().name(),
            device: &self.session.device,
        };
        let output = context.run_ui(input, |ui| {
            commands.extend(live.interface.show(ui, &state));
        });
        let mut platform = output.platform_output;
        if live.mouse.is_captured() {
            platform.cursor_icon = egui::CursorIcon::None;
        }
        live.egui.handle_platform_output(&live.window, platform);
        let primitives = context.tessellate(output.shapes, output.pixels_per_point);
        live.screen.show_overlay(OverlayPaint {
            textures: output.textures_delta,
            primitives,
            pixels_per_point: output.pixels_per_point,
        });
        let now = Instant::now();
        live.last_draw = now;
        self.interface_due = output
            .viewport_output
            .get(&egui::ViewportId::ROOT)
            .and_then(|viewport| now.checked_add(viewport.repaint_delay.max(INTERFACE_PERIOD)));
        let drawn = live.screen.draw(|| live.window.pre_present_notify())?;
        tracing::trace!("drawn in {:.1} ms", now.elapsed().as_secs_f64() * 1e3);
        match drawn {
            Drawn::Presented => {
                self.session.presented(Instant::now());
                if live.frame_index > 0 && !self.first_frame_told {
                    self.first_frame_told = true;
                    tracing::info!(
                        "first generated frame after {:.0} ms",
                        telemetry::since_process_start().as_secs_f64() * 1e3
                    );
                }
                if live.frame_index > 0
                    && let Some(asked) = self.session.asked_at.take()
                {
                    let ms = asked.elapsed().as_secs_f64() * 1e3;
                    tracing::info!("first generated frame {ms:.0} ms after it was chosen");
                }
            }
            Drawn::Skipped => {}
            Drawn::Again => live.window.request_redraw(),
        }
        for command in commands {
            self.command(command, event_loop);
        }
        Ok(())
    }

    fn command(&mut self, command: UiCommand, event_loop: &ActiveEventLoop) {
        match command {
            UiCommand::CloseMenu => {
                self.session.set_menu(false);
                self.capture_mouse();
            }
            UiCommand::TogglePause => self.session.act(Action::Pause),
            UiCommand::Step => self.session.step(),
            UiCommand::Speed(speed) => self.session.set_speed(speed),
            UiCommand::ToggleDepth => self.session.toggle_depth(),
            UiCommand::Restart(seed) => self.session.restart(seed),
            UiCommand::ToggleRecording => self.session.toggle_recording(),
            UiCommand::Mark(end) => self.session.mark(end),
            UiCommand::Export(stretch, kind) => self.session.export(stretch, kind, paths::recordings_dir()),
            UiCommand::Screenshot => self.session.act(Action::Screenshot),
            UiCommand::FirstFrame(number) => self.session.walk_from(First::Bundled(number)),
            UiCommand::ChoosePicture => self.choose_file(FileKind::Picture),
            UiCommand::ChooseGenerator => self.choose_file(FileKind::Generator),
            UiCommand::Begin(path) => self.session.walk_from(First::File(path)),
            UiCommand::TakeUp(path) => self.session.take_up(path),
            UiCommand::Show(path) => self.show(&path),
            UiCommand::Delete(path) => self.session.delete(&path),
            UiCommand::Paste(frame) => self.session.walk_from(First::Pasted(frame)),
            UiCommand::PasteNothing => self.session.warn(say!("told-nothing-to-paste")),
            UiCommand::Open(path) => self.session.open_generator(path),
            UiCommand::Prompt(prompt) => {
                self.session.set_prompt(prompt);
                self.capture_mouse();
            }
            UiCommand::ClosePrompt => {
                self.session.prompt_open = false;
                self.capture_mouse();
            }
            UiCommand::Branches => self.session.open_branches(),
            UiCommand::CloseBranches => {
                self.session.branches_open = false;
                self.capture_mouse();
            }
            UiCommand::GoToBranch(id) => {
                self.session.go_to_branch(id);
                self.capture_mouse();
            }
            UiCommand::Home => self.session.open_home(),
            UiCommand::CloseHome => self.session.close_home(),
            UiCommand::Controls => self.session.open_controls(),
            UiCommand::CloseControls => self.session.close_controls(),
            UiCommand::Computing => self.session.open_computing(),
            UiCommand::CloseCrash => self.session.close_crash(),
            UiCommand::CloseComputing => self.session.close_computing(),
            UiCommand::TestDevice(name) => self.session.test_device(&name),
            UiCommand::OpenAgain => self.session.open_again(),
            UiCommand::ToggleFullscreen => self.session.act(Action::Fullscreen),
            UiCommand::Settings(settings) => self.session.settings = settings,
            UiCommand::Retry => self.session.retry(),
            UiCommand::Quit => event_loop.exit(),
        }
        self.after_input();
    }

    fn capture_mouse(&mut self) {
        if let Some(live) = &mut self.live {
            live.egui.egui_input_mut().events.push(egui::Event::PointerGone);
            live.mouse.capture(&live.window);
        }
        self.session.hint = false;
    }

    /// Whatever the hands did: the engine and the screen shall know.
    fn after_input(&mut self) {
        self.session.sync();
        self.apply_effects();
        self.interface_changed();
    }

    fn fail(&mut self, event_loop: &ActiveEventLoop, error: anyhow::Error) {
        self.failure = Some(error);
        event_loop.exit();
    }
}

impl Live {
    fn is_visible(&self) -> bool {
        !self.occluded && self.window.is_minimized() != Some(true)
    }
}

impl ApplicationHandler<AppEvent> for Shell {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        if self.live.is_some() {
            return;
        }
        match self.open(event_loop) {
            Ok(live) => {
                live.window.request_redraw();
                self.live = Some(live);
                self.apply_effects();
            }
            Err(error) => self.fail(event_loop, error),
        }
    }

    fn user_event(&mut self, event_loop: &ActiveEventLoop, event: AppEvent) {
        match event {
            AppEvent::Engine(event) => {
                let quiet = matches!(event, crate::engine::Event::Frames | crate::engine::Event::Stats(_));
                self.session.on_engine(event);
                self.apply_effects();
                // Frames and numbers are drawn when the frames are due.
                if !quiet {
                    self.interface_changed();
                }
            }
            AppEvent::Pad(report) => self.report(&Report::Pad(report)),
            AppEvent::FileChosen(path) => {
                self.session.take_file(path);
                self.after_input();
            }
            AppEvent::Shelf(shelf) => {
                if let Some(live) = &mut self.live {
                    live.interface.set_shelf(live.egui.egui_ctx(), &shelf);
                }
                self.session.shelf = Some(*shelf);
                self.interface_changed();
            }
            AppEvent::Devices(listed) => {
                self.session.on_devices(listed);
                self.interface_changed();
            }
            AppEvent::DeviceTested(choice, answer) => {
                self.session.on_tested(choice, answer);
                self.interface_changed();
            }
            AppEvent::Crashed(report) => {
                self.session.on_crash(report);
                self.after_input();
            }
            AppEvent::Accessibility(event) => self.on_accessibility(event),
            AppEvent::Quit => event_loop.exit(),
        }
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, _: WindowId, event: WindowEvent) {
        let Some(live) = &mut self.live else { return };
        if matches!(event, WindowEvent::RedrawRequested) {
            // Nothing else for this event, or the interface would ask for the next drawing by being drawn.
            if let Err(error) = self.draw(event_loop) {
                self.fail(event_loop, error);
            }
            return;
        }
        let pointer = matches!(
            event,
            WindowEvent::CursorMoved { .. } | WindowEvent::MouseInput { .. } | WindowEvent::MouseWheel { .. }
        );
        // What is pressed for a new binding is for nothing else.
        let listened_for = live.interface.is_listening() && hands::is_press(&event);
        let for_the_walk = pointer && live.mouse.is_captured();
        if !listened_for && !for_the_walk {
            let response = live.egui.on_window_event(&live.window, &event);
            if response.repaint {
                self.interface_changed();
            }
        }
        match event {
            WindowEvent::CloseRequested => event_loop.exit(),
            WindowEvent::Resized(size) => {
                if let Some(live) = &mut self.live {
                    live.screen.resize([size.width, size.height]);
                    live.window.request_redraw();
                }
            }
            WindowEvent::Occluded(occluded) => {
                if let Some(live) = &mut self.live {
                    live.occluded = occluded;
                    live.window.request_redraw();
                }
            }
            WindowEvent::ModifiersChanged(modifiers) => {
                if let Some(live) = &mut self.live {
                    live.command_held = hands::holds_command(modifiers.state());
                }
            }
            WindowEvent::Focused(true) => self.report(&Report::Back),
            WindowEvent::Focused(false) => {
                if let Some(live) = &mut self.live {
                    live.mouse.free(&live.window);
                }
                self.report(&Report::Away);
            }
            WindowEvent::KeyboardInput {
                event,
                is_synthetic: false,
                ..
            } => self.key(&event),
            WindowEvent::CursorMoved { position, .. } => {
                if let Some(live) = &mut self.live
                    && let Some(delta) = live.mouse.pointer_moved(&live.window, position)
                {
                    self.session.look(delta);
                }
            }
            WindowEvent::MouseInput { state, button, .. } => self.mouse(state, button),
            WindowEvent::DroppedFile(path) => {
                self.session.take_file(path);
                self.after_input();
            }
            _ => {}
        }
    }

    fn device_event(&mut self, _: &ActiveEventLoop, _: DeviceId, event: DeviceEvent) {
        if let DeviceEvent::MouseMotion { delta } = event
            && let Some(live) = &mut self.live
            && let Some(delta) = live.mouse.raw_motion(delta)
        {
            self.session.look(delta);
        }
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        let now = Instant::now();
        if self.exit_at.is_some_and(|at| at <= now) {
            event_loop.exit();
            return;
        }
        if self.session.hint && now - self.began > HINT_TIME {
            self.session.hint = false;
        }
        self.session.sync();
        let repeat = self.session.repeat_cross(now);
        self.apply_effects();
        let frame = self.session.due_frame(now);
        let mut wake = [self.session.next_due(), self.exit_at, repeat]
            .into_iter()
            .flatten()
            .min();
        if let Some(live) = &mut self.live {
            if let Some(frame) = &frame {
                live.frame_index = frame.index;
                live.screen.show_frame(frame);
            }
            if live.is_visible() {
                let due = self.interface_due.is_some_and(|due| due <= now);
                if frame.is_some() || due {
                    self.interface_due = None;
                    live.window.request_redraw();
                }
                wake = [wake, self.interface_due].into_iter().flatten().min();
            }
        }
        event_loop.set_control_flow(wake.map_or(ControlFlow::Wait, ControlFlow::WaitUntil));
    }
}

impl std::fmt::Debug for Shell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shell").finish_non_exhaustive()
    }
}

/// The program's picture for the task bar.
fn icon() -> Option<Icon> {
    let bytes = include_bytes!("../../assets/icon.png");
    let picture = image::load_from_memory(bytes).ok()?.to_rgba8();
    let (width, height) = picture.dimensions();
    Icon::from_rgba(picture.into_raw(), width, height).ok()
}

//! The player: window, wiring and the order of shutdown. Everything here runs on the main thread.

mod event;
mod library;
mod mouse;
mod session;
mod shell;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use winit::event_loop::EventLoop;

use crate::device::DeviceChoice;
use crate::engine::{Engine, First};
use crate::record::Quality;
use crate::{input, telemetry};

use event::AppEvent;
use session::Session;
use shell::Shell;

/// How the player is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The generator file.
    pub model: PathBuf,
    /// The device that the command line names; otherwise the settings do.
    pub device: Option<DeviceChoice>,
    /// Where to begin at once; otherwise the first screen asks.
    pub first: Option<First>,
    /// Seed of the noise.
    pub seed: u64,
    /// Leave by itself after this time.
    pub exit_after: Option<Duration>,
    /// Record from the first frame on.
    pub record_to: Option<PathBuf>,
    /// Shows the pressed keys in recordings, whatever the settings say.
    pub record_keys: bool,
    /// How fine recordings are; otherwise the settings say.
    pub record_quality: Option<Quality>,
    /// Sentences to show at the start, for instance about a log that cannot be written.
    pub notices: Vec<String>,
}

/// Opens the window and returns when it is closed.
pub fn run(options: Options) -> anyhow::Result<()> {
    if !has_display() {
        anyhow::bail!(
            "there is no display to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set); \
             `farwander generate` walks without a window"
        );
    }
    let event_loop = EventLoop::<AppEvent>::with_user_event().build().map_err(|error| {
        anyhow::anyhow!(
            "the display cannot be reached, so no window can be opened: {} \
             (`farwander generate` walks without a window)",
            without_place(&error.to_string())
        )
    })?;
    telemetry::set_context("model", options.model.display().to_string());
    // The networks load while the window opens.
    let engine = {
        let proxy = event_loop.create_proxy();
        Engine::spawn(move |event| {
            // Fails only when the window has gone, and then nobody listens.
            let _ = proxy.send_event(AppEvent::Engine(event));
        })
        .context("the engine thread cannot be started")?
    };
    let session = Session::new(engine, options);
    let proxy = event_loop.create_proxy();
    if let Err(error) = input::watch({
        let proxy = proxy.clone();
        move |report| proxy.send_event(AppEvent::Pad(report)).is_ok()
    }) {
        tracing::warn!("Gamepads cannot be used: {error}");
    }
    let quit = proxy.clone();
    if let Err(error) = ctrlc::set_handler(move || {
        let _ = quit.send_event(AppEvent::Quit);
    }) {
        tracing::info!("no handler for signals: {error}");
    }
    let mut shell = Shell::new(session, proxy);
    let ran = event_loop.run_app(&mut shell);
    let outcome = shell.close();
    ran.context("the window system ended the program")?;
    outcome
}

/// The window library's errors begin with the place in its source that made them, which tells a user nothing.
fn without_place(error: &str) -> &str {
    match error.split_once(".rs:").and_then(|(_, rest)| rest.split_once(": ")) {
        Some((_, words)) => words,
        None => error,
    }
}

/// Whether a window can be hoped for.
fn has_display() -> bool {
    if cfg!(any(target_os = "windows", target_os = "macos")) {
        return true;
    }
    ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn errors_are_told_without_their_place_in_a_library() {
        let error = "os error at /somewhere/x11/mod.rs:788: Failed to open connection to X server";
        assert_eq!(super::without_place(error), "Failed to open connection to X server");
        assert_eq!(super::without_place("not supported"), "not supported");
    }
}

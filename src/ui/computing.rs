//! The page about computing: which device does it, how soon its frames are shown, and how soon they were. A whole page, as
//! the controls are. Main thread; what it shows of devices is found out and tested elsewhere.

use egui::{Color32, RichText, vec2};

use super::controls::ring;
use super::focus::{FocusGrid, FocusMemory};
use super::page::{self, BAR};
use super::{Interface, UiCommand, UiState, latency, theme};
use crate::settings::{Pacing, Settings};

/// Longer lines are hard to read.
const WIDTH: f32 = 760.0;
/// A card that is less wide has the button below the device's name.
const NARROW: f32 = 420.0;

/// What its button says.
pub(super) const HINT: &str = "The device that draws the world, and how soon its frames are shown";

/// What is known of a device.
#[derive(Clone, Debug, PartialEq)]
pub enum DeviceState {
    /// Nobody has asked yet.
    Untested,
    /// A process tests it.
    Testing,
    /// It computes.
    Computes {
        /// Speed in 10^9 operations a second.
        gflops: f64,
        /// How long the test took.
        secs: f64,
    },
    /// It does not. What follows its name in a sentence.
    Fails(String),
    /// It is chosen, and this machine does not have it now.
    Gone,
}

/// A device that can be chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceRow {
    /// What it is called on the command line and in the settings.
    pub device: String,
    /// Its name.
    pub name: String,
    /// Kind, interface and driver.
    pub about: String,
    /// Memory in bytes, where the system tells.
    pub memory_bytes: Option<u64>,
    /// What is known of it; `None` for a choice that is no device, `auto`.
    pub state: Option<DeviceState>,
    /// It computes now.
    pub in_use: bool,
}

/// What the page shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Computing {
    /// The page is open.
    pub open: bool,
    /// What can be chosen; `None` while the machine is asked.
    pub devices: Option<Vec<DeviceRow>>,
    /// The device that the command line has named; it counts more than what is chosen here.
    pub forced: Option<String>,
    /// Something else is chosen than what the world was opened for.
    pub waits: bool,
}

/// What the page remembers between frames.
#[derive(Debug, Default)]
pub(super) struct Page {
    focus: FocusMemory,
}

impl Page {
    pub(super) fn closed(&mut self) {
        *self = Self::default();
    }
}

pub(super) fn computing_ui(
    interface: &mut Interface,
    context: &egui::Context,
    state: &UiState<'_>,
    commands: &mut Vec<UiCommand>,
) {
    let mut settings = state.settings.clone();
    let mut grid = FocusGrid::default();
    page::page_ui(context, "computing", |ui| {
        let low = page::is_low(context);
        if !low {
            head_ui(ui, &mut grid, commands);
            ui.add_space(14.0);
        }
        let size = vec2((ui.available_width() - BAR).min(WIDTH), ui.available_height().max(1.0));
        page::column(ui, "all computing", size, 8.0, |ui| {
            if low {
                head_ui(ui, &mut grid, commands);
            }
            // Who goes down from the button at the right would come by the tests, not by the devices.
            grid.start_here();
            devices_ui(ui, state, &mut settings, &mut grid, commands);
            pacing_ui(ui, &mut settings, &mut grid);
            latency_ui(ui, state, &mut settings, &mut grid);
        });
    });
    grid.finish(context, &mut interface.computing.focus);
    if settings != *state.settings {
        commands.push(UiCommand::Settings(settings));
    }
}

fn head_ui(ui: &mut egui::Ui, grid: &mut FocusGrid, commands: &mut Vec<UiCommand>) {
    page::name_ui(ui);
    let mut done = |ui: &mut egui::Ui| {
        let done = ui.add(theme::primary_button("Done").min_size(vec2(110.0, 36.0)));
        ring(ui, &done);
        grid.add(&done);
        if done.on_hover_text("Esc").clicked() {
            commands.push(UiCommand::CloseComputing);
        }
    };
    let title = RichText::new("Computing").size(28.0).color(Color32::WHITE);
    if ui.available_width() < 280.0 {
        ui.label(title);
        done(ui);
    } else {
        ui.horizontal(|ui| {
            ui.label(title);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), done);
        });
    }
    grid.next_row();
}

fn devices_ui(
    ui: &mut egui::Ui,
    state: &UiState<'_>,
    settings: &mut Settings,
    grid: &mut FocusGrid,
    commands: &mut Vec<UiCommand>,
) {
    theme::section(ui, "Device");
    let computing = state.computing;
    match &computing.devices {
        None => note_ui(ui, "Looking what this machine has …"),
        Some(rows) => {
            for row in rows {
                row_ui(ui, row, settings, grid, commands);
            }
        }
    }
    if let Some(forced) = &computing.forced {
        note_ui(
            ui,
            &format!(
                "--device {forced} on the command line counts in this run. What is chosen here is kept for the next."
            ),
        );
    } else if computing.waits {
        note_ui(
            ui,
            "What is chosen here computes from the next world on that is opened.",
        );
        let again = ui.add(egui::Button::new("Open this world again now").min_size(vec2(0.0, 32.0)));
        ring(ui, &again);
        grid.add(&again);
        grid.next_row();
        if again.on_hover_text("A walk begins anew").clicked() {
            commands.push(UiCommand::OpenAgain);
        }
    }
}

fn row_ui(
    ui: &mut egui::Ui,
    row: &DeviceRow,
    settings: &mut Settings,
    grid: &mut FocusGrid,
    commands: &mut Vec<UiCommand>,
) {
    let card = egui::Frame::new()
        .fill(theme::CARD)
        .corner_radius(8)
        .inner_margin(egui::Margin::symmetric(14, 9));
    card.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 3.0;
        let name = |ui: &mut egui::Ui, settings: &mut Settings, grid: &mut FocusGrid| {
            let chosen = settings.device == row.device;
            let radio = ui.radio(chosen, RichText::new(&row.name).color(Color32::WHITE));
            ring(ui, &radio);
            grid.add(&radio);
            if radio.clicked() {
                settings.device.clone_from(&row.device);
            }
        };
        if ui.available_width() < NARROW {
            name(ui, settings, grid);
            if row.in_use || can_be_tested(row) {
                ui.horizontal(|ui| test_ui(ui, row, grid, commands));
            }
        } else {
            ui.horizontal(|ui| {
                name(ui, settings, grid);
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    test_ui(ui, row, grid, commands);
                });
            });
        }
        grid.next_row();
        dim_ui(ui, &about(row));
        if let Some(known) = &row.state {
            let (text, color) = state_text(known);
            ui.add(egui::Label::new(RichText::new(text).size(13.5).color(color)).wrap());
        }
    });
}

fn can_be_tested(row: &DeviceRow) -> bool {
    !matches!(row.state, None | Some(DeviceState::Gone))
}

/// The button that tests a device, and whether it is in use.
fn test_ui(ui: &mut egui::Ui, row: &DeviceRow, grid: &mut FocusGrid, commands: &mut Vec<UiCommand>) {
    if can_be_tested(row) {
        let idle = row.state != Some(DeviceState::Testing);
        let test = ui.push_id(&row.device, |ui| ui.add_enabled(idle, egui::Button::new("Test")));
        let test = test.inner;
        theme::named(&test, &format!("Test {}", row.name), None);
        ring(ui, &test);
        if idle {
            grid.add(&test);
        }
        let hint = "It computes a little in a process of its own, and is compared with the processor";
        if test.on_hover_text(hint).clicked() {
            commands.push(UiCommand::TestDevice(row.device.clone()));
        }
    }
    if row.in_use {
        ui.label(RichText::new("in use").size(13.0).color(theme::ACCENT));
    }
}

/// Name on the command line, kind, driver, memory.
fn about(row: &DeviceRow) -> String {
    let memory = row.memory_bytes.map(|bytes| format!("{:.1} GB", bytes as f64 / 1e9));
    let about = Some(row.about.clone()).filter(|about| !about.is_empty());
    let parts = [Some(row.device.clone()), about, memory];
    parts.into_iter().flatten().collect::<Vec<_>>().join("  ·  ")
}

fn state_text(state: &DeviceState) -> (String, Color32) {
    match state {
        DeviceState::Untested => ("not tested".to_owned(), theme::DIM),
        DeviceState::Testing => ("is being tested …".to_owned(), theme::TEXT),
        DeviceState::Computes { gflops, secs } => (
            format!("computes: {gflops:.0} GFLOP/s, tested in {secs:.1} s"),
            theme::TEXT,
        ),
        DeviceState::Fails(what) => (what.clone(), theme::WARNING),
        DeviceState::Gone => (
            "is not there now; the processor computes instead".to_owned(),
            theme::WARNING,
        ),
    }
}

fn pacing_ui(ui: &mut egui::Ui, settings: &mut Settings, grid: &mut FocusGrid) {
    theme::section(ui, "Frames");
    for (pacing, name, what) in [
        (
            Pacing::Smooth,
            "Smooth",
            "The four frames of a step come at even times.",
        ),
        (
            Pacing::Quick,
            "Quick",
            "They come as soon as they exist: what your hands do shows sooner, and the motion is less even.",
        ),
    ] {
        let radio = ui.radio(settings.pacing == pacing, name);
        ring(ui, &radio);
        grid.add(&radio);
        grid.next_row();
        if radio.clicked() {
            settings.pacing = pacing;
        }
        dim_ui(ui, what);
    }
}

fn latency_ui(ui: &mut egui::Ui, state: &UiState<'_>, settings: &mut Settings, grid: &mut FocusGrid) {
    theme::section(ui, "Latency");
    let text = match state.hud.latency {
        Some(latency) => format!(
            "In the last seconds of the walk: {:.0} ms from the hands to the screen for half of the frames, {:.0} ms for nineteen of twenty.",
            latency.median_ms, latency.p95_ms
        ),
        None => {
            "It is measured while you walk: from the reading of the hands to the screen, frame by frame.".to_owned()
        }
    };
    note_ui(ui, &text);
    if !state.hud.latency_course.is_empty() {
        latency::chart_ui(ui, &state.hud.latency_course);
    }
    let chart = ui.checkbox(&mut settings.latency_chart, "Draw it below the numbers");
    ring(ui, &chart);
    grid.add(&chart);
    grid.next_row();
}

fn note_ui(ui: &mut egui::Ui, text: &str) {
    ui.add(egui::Label::new(RichText::new(text).size(14.0)).wrap());
}

fn dim_ui(ui: &mut egui::Ui, text: &str) {
    ui.add(egui::Label::new(RichText::new(text).size(13.5).color(theme::DIM)).wrap());
}

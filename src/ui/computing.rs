//! The page about computing: which device does it, how soon its frames are shown, and how soon they were. A whole page, as
//! the controls are. Main thread; what it shows of devices is found out and tested elsewhere.

use egui::{Color32, RichText, vec2};

use super::controls::ring;
use super::focus::{FocusGrid, FocusMemory};
use super::page::{self, BAR};
use super::{Interface, UiCommand, UiState, latency, theme};
use crate::settings::{Pacing, Settings};
use crate::words::say;

/// Longer lines are hard to read.
const WIDTH: f32 = 760.0;
/// A card that is less wide has the button below the device's name.
const NARROW: f32 = 420.0;

/// Height of a device's name and its button.
const ROW_HEIGHT: f32 = 34.0;

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
        let done = ui.add(theme::primary_button(say!("done")).min_size(vec2(110.0, 36.0)));
        ring(ui, &done);
        grid.add(&done);
        if done.on_hover_text(say!("key-Escape")).clicked() {
            commands.push(UiCommand::CloseComputing);
        }
    };
    let title = RichText::new(say!("computing-title")).size(28.0).color(Color32::WHITE);
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
    theme::section(ui, say!("computing-device"));
    let computing = state.computing;
    match &computing.devices {
        None => note_ui(ui, say!("computing-looking")),
        Some(rows) => {
            for row in rows {
                row_ui(ui, row, settings, grid, commands);
            }
        }
    }
    if let Some(forced) = &computing.forced {
        ui.add_space(4.0);
        note_ui(ui, &say!("computing-forced", device = forced));
    } else if computing.waits {
        ui.add_space(4.0);
        note_ui(ui, say!("computing-waits"));
        let again = ui.add(egui::Button::new(say!("computing-open-again")).min_size(vec2(0.0, 32.0)));
        ring(ui, &again);
        grid.add(&again);
        grid.next_row();
        if again.on_hover_text(say!("computing-open-again-hint")).clicked() {
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
            let radio = theme::radio(ui, chosen, RichText::new(&row.name).color(Color32::WHITE));
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
                // Rows with and without a button are as high.
                ui.set_min_height(ROW_HEIGHT);
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
        let button = egui::Button::new(say!("computing-test"));
        let test = ui.push_id(&row.device, |ui| ui.add_enabled(idle, button)).inner;
        theme::named(&test, &say!("computing-test-name", device = row.name), None);
        ring(ui, &test);
        if idle {
            grid.add(&test);
        }
        if test.on_hover_text(say!("computing-test-hint")).clicked() {
            commands.push(UiCommand::TestDevice(row.device.clone()));
        }
    }
    if row.in_use {
        ui.label(RichText::new(say!("computing-in-use")).size(13.0).color(theme::ACCENT));
    }
}

/// Name on the command line, kind, driver, memory.
fn about(row: &DeviceRow) -> String {
    let memory = row.memory_bytes.map(|bytes| format!("{:.1}", bytes as f64 / 1e9));
    let memory = memory.map(|number| say!("unit-gigabytes", number = number));
    let about = Some(row.about.clone()).filter(|about| !about.is_empty());
    let parts = [Some(row.device.clone()), about, memory];
    parts.into_iter().flatten().collect::<Vec<_>>().join("  ·  ")
}

fn state_text(state: &DeviceState) -> (String, Color32) {
    match state {
        DeviceState::Untested => (say!("computing-untested").to_owned(), theme::DIM),
        DeviceState::Testing => (say!("computing-testing").to_owned(), theme::TEXT),
        DeviceState::Computes { gflops, secs } => (
            say!(
                "computing-computes",
                speed = format!("{gflops:.0}"),
                secs = format!("{secs:.1}")
            ),
            theme::TEXT,
        ),
        DeviceState::Fails(what) => (what.clone(), theme::WARNING),
        DeviceState::Gone => (say!("computing-gone").to_owned(), theme::WARNING),
    }
}

fn pacing_ui(ui: &mut egui::Ui, settings: &mut Settings, grid: &mut FocusGrid) {
    theme::section(ui, say!("computing-frames"));
    for (pacing, name, what) in [
        (Pacing::Smooth, say!("computing-smooth"), say!("computing-smooth-hint")),
        (Pacing::Quick, say!("computing-quick"), say!("computing-quick-hint")),
    ] {
        let radio = theme::radio(ui, settings.pacing == pacing, name);
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
    theme::section(ui, say!("computing-latency"));
    let text = match state.hud.latency {
        Some(latency) => say!(
            "computing-latency-measured",
            half = format!("{:.0}", latency.median_ms),
            slow = format!("{:.0}", latency.p95_ms),
        ),
        None => say!("computing-latency-unknown").to_owned(),
    };
    note_ui(ui, &text);
    if !state.hud.latency_course.is_empty() {
        latency::chart_ui(ui, &state.hud.latency_course);
    }
    let chart = theme::checkbox(ui, &mut settings.latency_chart, say!("computing-latency-chart"));
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

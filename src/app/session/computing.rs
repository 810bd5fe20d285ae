//! What computes: the device that is chosen, what is known of others, and how frames are paced. The looking and testing is
//! done in threads of their own; what they found comes back here.

use super::{Effect, Session};
use crate::device::{DeviceChoice, Listed, Proof};
use crate::engine::{Command, Pacing};
use crate::settings::{self, Settings};
use crate::ui::{Computing, DeviceRow, DeviceState};
use crate::words::say;

/// What is known of the devices of this machine.
#[derive(Debug, Default)]
pub(super) struct Devices {
    /// The page is open.
    pub(super) open: bool,
    /// What there is; `None` before anybody has looked.
    listed: Option<Vec<Listed>>,
    tested: Vec<(DeviceChoice, DeviceState)>,
    /// What the world was opened for.
    loaded_for: Option<DeviceChoice>,
}

impl Session {
    /// The device that the settings name; a name that is none counts as `auto`.
    fn saved_device(&self) -> DeviceChoice {
        self.settings.device.parse().unwrap_or_default()
    }

    /// Says so if the settings name a device that cannot be meant.
    pub(super) fn check_saved_device(&mut self) {
        if let Err(error) = self.settings.device.parse::<DeviceChoice>() {
            self.warn(say!("told-bad-device", error = error.to_string()));
            Settings::AUTO_DEVICE.clone_into(&mut self.settings.device);
            // Nothing is written for that alone: the file stays as its owner left it until something is chosen.
            self.saved_settings.device.clone_from(&self.settings.device);
        }
    }

    /// What a world is opened with: the command line counts more than what is saved. A device that is saved may have gone
    /// since, and then the processor takes its place.
    pub(super) fn load_command(&mut self) -> Command {
        let device = self.options.device.unwrap_or_else(|| self.saved_device());
        self.devices.loaded_for = Some(device);
        Command::Load {
            path: self.options.model.clone(),
            device,
            or_processor: self.options.device.is_none(),
        }
    }

    /// Tells the engine how frames are to be paced, if it does not know.
    pub(super) fn sync_pacing(&mut self) {
        let pacing = match self.settings.pacing {
            settings::Pacing::Smooth => Pacing::Smooth,
            settings::Pacing::Quick => Pacing::Quick,
        };
        if pacing != self.told_pacing && self.engine.send(Command::Pace(pacing)) {
            self.told_pacing = pacing;
        }
    }

    /// Shows what computes, over the menu or the first screen.
    pub(in crate::app) fn open_computing(&mut self) {
        self.prompt_open = false;
        if !self.home_open {
            self.set_menu(true);
        }
        self.hands.release_all();
        self.devices.open = true;
        // Each time: a device may have been plugged in.
        self.effects.push(Effect::LookAtDevices);
    }

    /// Back to what it was opened from.
    pub(in crate::app) fn close_computing(&mut self) {
        if std::mem::replace(&mut self.devices.open, false) {
            self.save_settings();
        }
    }

    /// The machine has been looked at.
    pub(in crate::app) fn on_devices(&mut self, listed: Vec<Listed>) {
        self.devices.listed = Some(listed);
    }

    /// A device shall be tested.
    pub(in crate::app) fn test_device(&mut self, name: &str) {
        let Ok(choice) = name.parse::<DeviceChoice>() else {
            return;
        };
        let known = self.devices.known(choice);
        if known != DeviceState::Testing {
            self.devices.learn(choice, DeviceState::Testing);
            self.effects.push(Effect::TestDevice(choice));
        }
    }

    /// A device has been tested.
    pub(in crate::app) fn on_tested(&mut self, choice: DeviceChoice, answer: Result<Proof, String>) {
        let state = match answer {
            Ok(proof) => DeviceState::Computes {
                gflops: proof.gflops,
                secs: proof.secs,
            },
            Err(what) => DeviceState::Fails(what),
        };
        self.devices.learn(choice, state);
    }

    /// Opens the world that is open once more, so that a chosen device counts at once. A walk begins where it began.
    pub(in crate::app) fn open_again(&mut self) {
        if let Some(opened) = &self.opened {
            self.options.model.clone_from(opened);
        }
        if let Some(walked) = &self.walked {
            self.first = walked.clone();
        }
        self.wanted = self.walk_lives && !self.home_open;
        self.close_computing();
        self.set_menu(false);
        self.load();
    }

    /// What the page about computing shows.
    pub(in crate::app) fn computing(&self) -> Computing {
        if !self.devices.open {
            return Computing::default();
        }
        let forced = self.options.device;
        Computing {
            open: true,
            devices: self.devices.listed.as_ref().map(|listed| self.rows(listed)),
            forced: forced.map(|device| device.to_string()),
            waits: forced.is_none() && self.opened.is_some() && self.devices.loaded_for != Some(self.saved_device()),
        }
    }

    fn rows(&self, listed: &[Listed]) -> Vec<DeviceRow> {
        let used: Option<DeviceChoice> = self.device.parse().ok();
        let mut rows = vec![DeviceRow {
            device: Settings::AUTO_DEVICE.to_owned(),
            name: say!("device-auto").to_owned(),
            about: say!("device-auto-about").to_owned(),
            memory_bytes: None,
            state: None,
            in_use: false,
        }];
        rows.extend(listed.iter().map(|listed| DeviceRow {
            // Another name of it may stand in the settings.
            device: match listed.is(self.saved_device()) {
                true => self.settings.device.clone(),
                false => listed.choice.to_string(),
            },
            // Others are called what their drivers call them.
            name: match listed.choice {
                DeviceChoice::Cpu => capitalized(&listed.name),
                _ => listed.name.clone(),
            },
            about: listed.about.clone(),
            memory_bytes: listed.memory_bytes,
            state: Some(self.devices.known(listed.choice)),
            in_use: used.is_some_and(|used| listed.is(used)),
        }));
        if !rows.iter().any(|row| row.device == self.settings.device) {
            rows.push(DeviceRow {
                device: self.settings.device.clone(),
                name: self.settings.device.clone(),
                about: say!("device-gone-about").to_owned(),
                memory_bytes: None,
                state: Some(DeviceState::Gone),
                in_use: false,
            });
        }
        rows
    }
}

impl Devices {
    fn known(&self, choice: DeviceChoice) -> DeviceState {
        let known = self.tested.iter().find(|(device, _)| *device == choice);
        known.map_or(DeviceState::Untested, |(_, state)| state.clone())
    }

    fn learn(&mut self, choice: DeviceChoice, state: DeviceState) {
        self.tested.retain(|(device, _)| *device != choice);
        self.tested.push((choice, state));
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

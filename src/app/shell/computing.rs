//! The machine's devices are looked at and tested in threads of their own: a graphics driver must not hold the window.

use crate::app::event::AppEvent;
use crate::device::{self, DeviceChoice};
use crate::words::say;

use super::Shell;

impl Shell {
    /// Looks what this machine can compute on; what was found comes back as an event.
    pub(super) fn look_at_devices(&self) {
        let proxy = self.proxy.clone();
        let look = move || {
            let _ = proxy.send_event(AppEvent::Devices(device::list()));
        };
        if let Err(error) = std::thread::Builder::new().name("devices".to_owned()).spawn(look) {
            tracing::warn!("The machine's devices could not be looked at: {error}");
        }
    }

    /// Tests a device in a process of its own; the answer comes back as an event.
    pub(super) fn test_device(&mut self, choice: DeviceChoice) {
        let proxy = self.proxy.clone();
        let test = move || {
            let _ = proxy.send_event(AppEvent::DeviceTested(choice, device::test(choice)));
        };
        let thread = std::thread::Builder::new().name("device-test".to_owned());
        if let Err(error) = thread.spawn(test) {
            let what = say!("device-not-tested", error = error);
            self.session.on_tested(choice, Err(what));
        }
    }
}

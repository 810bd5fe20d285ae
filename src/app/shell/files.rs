//! Files that come from outside the window's thread: the system's dialogs, and what the first screen offers.

use crate::app::event::AppEvent;
use crate::app::library;
use crate::ui::FileKind;
use crate::words::say;

use super::Shell;

impl Shell {
    /// The system's dialog, in a thread of its own; the answer comes back as an event.
    pub(super) fn choose_file(&mut self, kind: FileKind) {
        let Some(live) = &self.live else { return };
        let dialog = match kind {
            FileKind::Picture => rfd::AsyncFileDialog::new()
                .set_title(say!("dialog-picture"))
                .add_filter(say!("dialog-pictures"), &["png", "jpg", "jpeg", "webp", "gif", "bmp"]),
            FileKind::Generator => rfd::AsyncFileDialog::new()
                .set_title(say!("dialog-world"))
                .add_filter(say!("dialog-worlds"), &["safetensors"]),
        };
        let dialog = dialog.set_parent(&live.window).pick_file();
        let proxy = self.proxy.clone();
        let spawned = std::thread::Builder::new()
            .name("file-dialog".to_owned())
            .spawn(move || {
                if let Some(file) = pollster::block_on(dialog) {
                    let _ = proxy.send_event(AppEvent::FileChosen(file.path().to_path_buf()));
                }
            });
        if let Err(error) = spawned {
            tracing::warn!("The file dialog could not be opened: {error}");
        }
    }

    /// Opens a file or folder with the system's program for it.
    pub(super) fn show(&mut self, path: &std::path::Path) {
        let shown = match path.try_exists() {
            Ok(true) => open::that_detached(path),
            Ok(false) => Err(std::io::Error::other(say!("told-not-there"))),
            Err(error) => Err(error),
        };
        if let Err(error) = shown {
            let what = say!("told-not-opened", file = crate::paths::short(path), error = error);
            self.session.warn(what);
        }
    }

    /// Looks at the files of the first screen; what was found comes back as an event.
    pub(super) fn look_at_files(&self) {
        let places = self.session.places();
        let proxy = self.proxy.clone();
        let spawned = std::thread::Builder::new().name("library".to_owned()).spawn(move || {
            let _ = proxy.send_event(AppEvent::Shelf(Box::new(library::gather(&places))));
        });
        if let Err(error) = spawned {
            tracing::warn!("The folders could not be looked at: {error}");
        }
    }
}

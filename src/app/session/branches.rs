//! The branches of a walk: their tree is opened and closed, and the walk goes from one to another.

use super::{Effect, Session};
use crate::control::Feel;
use crate::engine::{BranchTree, Command};
use crate::settings::CameraFeel;
use crate::words::{self, say};

impl Session {
    /// Shows the tree of branches; the walk waits behind it.
    pub(in crate::app) fn open_branches(&mut self) {
        if !self.walk_lives || self.home_open {
            return;
        }
        self.set_menu(false);
        self.prompt_open = false;
        self.branches_open = true;
        self.hands.release_all();
        self.effects.push(Effect::CaptureMouse(false));
        self.sync();
        self.send(Command::Branches);
    }

    /// The branches that there are, once they are known.
    pub(in crate::app) fn branches(&self) -> Option<&BranchTree> {
        self.branches.as_ref()
    }

    /// Walks on from the end of this line of the tree.
    pub(in crate::app) fn go_to_branch(&mut self, id: u64) {
        self.branches_open = false;
        self.send(Command::GoToBranch(id));
    }

    /// The walk has come to this latent frame.
    pub(super) fn follow_branch(&mut self, latent: u64) {
        let Some(tree) = &mut self.branches else { return };
        tree.at_latent = latent;
        if let Some(line) = tree.lines.iter_mut().find(|line| line.id == tree.current) {
            line.to_latent = line.to_latent.max(latent);
        }
    }

    /// The walk that was taken up was walked with this camera: so it goes on.
    pub(super) fn on_camera(&mut self, feel: Feel) {
        let camera = match feel {
            Feel::Person => CameraFeel::Person,
            Feel::Drone => CameraFeel::Drone,
            Feel::Train => CameraFeel::Train,
        };
        if camera != self.settings.camera {
            self.settings.camera = camera;
            self.say(say!("told-camera", camera = words::text(camera.word())));
        }
    }
}

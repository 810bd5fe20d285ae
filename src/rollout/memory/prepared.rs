//! Keyframes made ready to be looked into. Steps look into the same few again and again, so the last ones are kept ready.

use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use super::colours::Bands;
use super::{Kept, Keyframe};
use crate::control::{CameraPose, Lens};
use crate::model::aapt::grain;
use crate::model::aapt::sky_colours::SkyColours;
use crate::model::aapt::standing::stands;
use crate::model::aapt::warp::RgbDepth;

/// Most keyframes kept ready: those of a step, and those that detail is taken from. Of Vale 0.4 MB each, and its detail 1.2 MB more.
const MOST: usize = 7;

/// A keyframe ready to be looked into.
#[derive(Debug)]
pub(super) struct Ready {
    /// The picture for looks from elsewhere.
    pub(super) picture: RgbDepth,
    /// The camera.
    pub(super) pose: CameraPose,
    lens: Lens,
    things: OnceLock<Vec<bool>>,
    bands: OnceLock<Bands>,
    grain: OnceLock<Arc<grain::Bands>>,
    sky: OnceLock<Option<Arc<SkyColours>>>,
}

impl Ready {
    pub(super) fn new(keyframe: &Keyframe, lens: &Lens) -> Self {
        Self {
            picture: keyframe.for_looks(lens),
            lens: *lens,
            pose: keyframe.pose,
            things: OnceLock::new(),
            bands: OnceLock::new(),
            grain: OnceLock::new(),
            sky: OnceLock::new(),
        }
    }

    // What is found here is found by one thread alone: one that lent another a hand meanwhile might come to wait for itself.

    /// Which of its pixels show something that stands.
    pub(super) fn things(&self) -> &[bool] {
        let find = || stands(&self.picture.inverse_depth, &self.lens, self.pose.pitch_rad);
        self.things.get_or_init(find)
    }

    /// Its median colours, found by `find` the first time.
    pub(super) fn bands(&self, find: impl FnOnce() -> Bands) -> &Bands {
        self.bands.get_or_init(find)
    }

    /// Its detail.
    pub(super) fn grain(&self) -> Arc<grain::Bands> {
        let find = || {
            Arc::new(grain::Bands::new(
                &self.picture.rgb,
                &self.picture.inverse_depth,
                &self.lens,
            ))
        };
        self.grain.get_or_init(find).clone()
    }
}

impl Ready {
    /// The colours of its sky, if it shows enough of that.
    pub(super) fn sky(&self) -> Option<Arc<SkyColours>> {
        let RgbDepth { rgb, inverse_depth, .. } = &self.picture;
        let find = || SkyColours::of(rgb, inverse_depth, self.lens.width_px).map(Arc::new);
        self.sky.get_or_init(find).clone()
    }
}

/// The keyframes that were looked into last, the newest at the end. No part of what a memory is: copies begin without, and all are equal.
#[derive(Debug, Default)]
pub(super) struct Prepared(Mutex<Vec<(Arc<Kept>, Arc<Ready>)>>);

impl Prepared {
    /// A keyframe made ready, now or before.
    pub(super) fn of(&self, keyframe: &Keyframe, lens: &Lens) -> Arc<Ready> {
        let found = {
            let mut all = self.0.lock();
            let at = all.iter().position(|(kept, _)| Arc::ptr_eq(kept, &keyframe.picture));
            at.map(|at| all.remove(at).1)
        };
        // Not under the lock: other threads lend a hand.
        let ready = found.unwrap_or_else(|| Arc::new(Ready::new(keyframe, lens)));
        let mut all = self.0.lock();
        all.push((keyframe.picture.clone(), ready.clone()));
        if all.len() > MOST {
            all.remove(0);
        }
        ready
    }

    /// Drops a keyframe that will not be looked into again.
    pub(super) fn forget(&mut self, gone: &Keyframe) {
        self.0.get_mut().retain(|(kept, _)| !Arc::ptr_eq(kept, &gone.picture));
    }
}

impl Clone for Prepared {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Prepared {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyframe(near: f32) -> Keyframe {
        let picture = RgbDepth {
            rgb: vec![0.0; 32 * 16 * 3],
            inverse_depth: vec![near; 32 * 16],
            stale: vec![],
            drawn: None,
        };
        let depths = picture.inverse_depth.clone();
        Keyframe {
            pose: CameraPose::default(),
            picture: Arc::new(Kept::new(&picture, &depths)),
        }
    }

    #[test]
    fn those_used_last_are_kept_ready_and_no_more() {
        let lens = Lens {
            width_px: 32,
            height_px: 16,
            fov_x_rad: 1.3,
        };
        let prepared = Prepared::default();
        let keyframes: Vec<Keyframe> = (1..=MOST + 2).map(|i| keyframe(i as f32 / 16.0)).collect();
        let first = prepared.of(&keyframes[0], &lens);
        for k in &keyframes {
            assert_eq!(prepared.of(k, &lens).picture, k.for_looks(&lens));
            // The first is used all the time.
            assert!(Arc::ptr_eq(&prepared.of(&keyframes[0], &lens), &first));
        }
        assert_eq!(prepared.0.lock().len(), MOST);
        let before = prepared.0.lock()[0].1.clone();
        prepared.of(&keyframes[1], &lens);
        assert!(!prepared.0.lock().iter().any(|(_, ready)| Arc::ptr_eq(ready, &before)));
        assert_eq!(prepared.clone().0.lock().len(), 0);
        assert!(!Arc::ptr_eq(&prepared.clone().of(&keyframes[0], &lens), &first));
    }
}

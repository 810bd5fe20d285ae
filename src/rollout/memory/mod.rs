//! What a walk remembers of places that are out of sight: keyframes, pictures with depth and the cameras that saw them.
//!
//! The last picture alone is recycled in the paper's way of working, so whatever leaves the view is gone, and whoever turns
//! round finds another world. Here, what the last picture does not know is looked up in keyframes by the same warp, before
//! the network is asked to invent it. Plain host data; lives on the walk's thread.

mod arrays;
mod colours;
mod distant;
mod evened;
mod eye;
mod look;
mod prepared;
mod room;

use std::collections::VecDeque;
use std::sync::Arc;

use half::f16;

use self::evened::evened;
use self::eye::Eye;
use self::look::{Earlier, look};
use self::prepared::Prepared;
use self::room::Room;
use crate::control::{CameraPose, LatentControl, Lens};
use crate::frame::FRAMES_PER_LATENT;
use crate::model::aapt::codec;
use crate::model::aapt::drawn::Sharp;
use crate::model::aapt::grain::Bands;
use crate::model::aapt::outline::with_rims;
use crate::model::aapt::painter::STALE_LIMIT;
use crate::model::aapt::quilt::Source;
use crate::model::aapt::sky_colours::SkyColours;
use crate::model::aapt::warp::{NEW, RgbDepth, Warped};

/// Most keyframes: a turn on the spot and a good way on. Of Vale 0.1 MB each.
const MOST: usize = 24;
/// Of these, the first ones, which stay for as long as the walk's words do: textures are theirs, and the first says what colours the world has.
const LASTING: usize = 3;
/// New view since the last keyframe that makes another, as a share of a picture.
const NEW_SHARE: f32 = 0.3;
/// Way since the nearest keyframe that makes another.
const FAR_M: f32 = 2.5;
/// A keyframe within this distance comes before the last picture. Farther off, its depth is worth less than the last
/// picture's: at 1 m, walks lost 0.7 dB.
const NEAR_M: f32 = 0.3;
/// A view turned less than this from a keyframe's is the same.
const SAME_VIEW_RAD: f32 = 0.15;
/// Keyframes from farther away are not looked into: their depth is too coarse for this view.
const REACH_M: f32 = 7.0;
/// A keyframe whose horizon lies farther from the view's than this share of its height gives no texture.
const MOST_SHIFT: f32 = 0.3;
/// Most keyframes looked into in a step.
const LOOKS: usize = 3;
/// A smaller unknown share of the picture is not worth a look.
const LEAST_SHARE: f32 = 0.01;
/// Pixels between the places that are tried when keyframes are chosen.
const TRIAL_PX: usize = 8;

/// A picture and where its camera stood, in the walk's own coordinates: the first frame's place is the origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Keyframe {
    /// The camera.
    pub pose: CameraPose,
    /// What it saw. Shared, because every kept state of a walk holds the same ones.
    pub picture: Arc<Kept>,
}

impl Keyframe {
    /// The picture for looks from elsewhere: things have a rim that goes with them. The depths of a walk's first picture were told as it was shown; later ones come in large part
    /// from looks into earlier ones and have those rims: with two more pixels for each, a trunk would grow over the sky beside it.
    fn for_looks(&self, lens: &Lens) -> RgbDepth {
        let mut picture = self.picture.picture();
        if distance_m(&self.pose, &CameraPose::default()) < SAME_PLACE && self.pose.yaw_rad.abs() < SAME_PLACE {
            picture.inverse_depth = with_rims(&picture.inverse_depth, lens);
        }
        picture
    }
}

/// A picture with depth, as small as it can be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// `[h * w * 3]`, 0 to 255.
    pub rgb: Vec<u8>,
    /// `[h * w]`, 1/m, 0 = sky.
    pub inverse_depth: Vec<f16>,
    /// `[h * w]`: [`RgbDepth::stale`] in steps of a thirty-second, or nothing.
    pub stale: Vec<u8>,
}

/// In metres and radians: closer to the origin there is the first picture.
const SAME_PLACE: f32 = 1e-3;
/// See [`Kept`].
const STALE_STEP: f32 = 1.0 / 32.0;

impl Kept {
    /// `inverse_depth` is that of the picture.
    #[cfg(test)]
    fn new(picture: &RgbDepth, inverse_depth: &[f32]) -> Self {
        let mut kept = Self::blank(inverse_depth.len());
        kept.becomes(picture, inverse_depth);
        kept
    }

    /// Nothing to be seen.
    fn blank(pixels: usize) -> Self {
        Self {
            rgb: vec![1; 3 * pixels],
            inverse_depth: vec![f16::ONE; pixels],
            stale: vec![1; pixels],
        }
    }

    /// In place of what it was, `picture`, whose depth shall be `inverse_depth`.
    fn becomes(&mut self, picture: &RgbDepth, inverse_depth: &[f32]) {
        let Self {
            rgb,
            inverse_depth: depth,
            stale,
        } = self;
        rgb.clear();
        rgb.extend(picture.rgb.iter().map(|v| codec::to_byte(*v)));
        depth.clear();
        depth.extend(inverse_depth.iter().map(|v| f16::from_f32(*v)));
        stale.clear();
        let steps = |v: &f32| if *v == NEW { u8::MAX } else { (v / STALE_STEP) as u8 };
        stale.extend(picture.stale.iter().map(steps));
    }

    fn picture(&self) -> RgbDepth {
        RgbDepth {
            rgb: codec::from_bytes(&self.rgb),
            inverse_depth: self.inverse_depth.iter().map(|v| v.to_f32()).collect(),
            stale: (self.stale.iter())
                .map(|v| if *v == u8::MAX { NEW } else { f32::from(*v) * STALE_STEP })
                .collect(),
            drawn: None,
        }
    }
}

/// The memory of one walk.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    /// Oldest first.
    pub(super) keyframes: VecDeque<Keyframe>,
    /// The camera now.
    pub(super) here: CameraPose,
    /// New view since the last keyframe, in pictures.
    pub(super) new_share: f32,
    prepared: Prepared,
    room: Room,
}

impl Memory {
    /// Before a step: keeps the last picture if there is enough new in it, or if the walker rests where none was kept yet.
    /// `control` says how its camera was pitched.
    pub(super) fn keep(&mut self, last: &RgbDepth, lens: &Lens, control: &LatentControl) {
        self.here.pitch_rad = control.pitch_from_rad;
        let nearest_m = (self.keyframes.iter())
            .map(|k| distance_m(&k.pose, &self.here))
            .fold(f32::INFINITY, f32::min);
        let rests_anew = rests(control) && !self.knows_this_view();
        if self.new_share < NEW_SHARE && nearest_m < FAR_M && !rests_anew {
            return;
        }
        self.new_share = 0.0;
        if self.keyframes.len() == MOST {
            // The first ones stay: they are the sharpest, and strips of them can be gone on with.
            if let Some(gone) = self.keyframes.remove(LASTING) {
                self.prepared.forget(&gone);
                self.room.give_back(gone.picture);
            }
        }
        let mut picture = self.room.take(last.inverse_depth.len(), MOST - self.keyframes.len());
        picture.becomes(last, &evened(last, lens, self.here.pitch_rad));
        self.keyframes.push_back(Keyframe {
            pose: self.here,
            picture: Arc::new(picture),
        });
    }

    /// Drops every picture: the world is to look otherwise.
    pub(super) fn forget(&mut self) {
        self.prepared = Prepared::default();
        for gone in self.keyframes.drain(..) {
            self.room.give_back(gone.picture);
        }
    }

    /// Whether there is a keyframe of what is seen from here.
    fn knows_this_view(&self) -> bool {
        self.keyframes.iter().any(|k| {
            let (yaw_rad, pitch_rad) = (
                k.pose.yaw_rad - self.here.yaw_rad,
                k.pose.pitch_rad - self.here.pitch_rad,
            );
            let turned_rad = libm::sinf(0.5 * yaw_rad).abs().max(libm::sinf(0.5 * pitch_rad).abs()) * 2.0;
            distance_m(&k.pose, &self.here) < NEAR_M && turned_rad < SAME_VIEW_RAD
        })
    }

    /// What the walk knows of a step's four pictures: of a keyframe that was seen from nearly here, then of the last
    /// picture (of distant places: of a keyframe that was seen from farther away), then of other keyframes. `control` leads there from `last`; for `apart` see
    /// [`super::Sampler::keep_apart`].
    pub(super) fn recall(
        &self,
        lens: &Lens,
        last: &RgbDepth,
        control: &LatentControl,
        apart: bool,
    ) -> [Warped; FRAMES_PER_LATENT] {
        let poses = control.poses.map(|p| p.absolute_from(&self.here));
        let nothing = || Warped::unknown(lens);
        let mut warped = std::array::from_fn(|_| nothing());
        let mut tried = vec![false; self.keyframes.len()];
        let end = &poses[FRAMES_PER_LATENT - 1];
        let mut earlier = vec![];
        if let Some(near) = self.best(lens, end, &warped[0], &tried, NEAR_M) {
            tried[near] = true;
            let ready = self.prepared.of(&self.keyframes[near], lens);
            earlier.push(look(lens, &ready, &poses, &mut warped, &[], apart));
            // Who rests starts from it at every step: what is drawn now would be drawn otherwise each time.
            for picture in &mut warped {
                for (stale, _) in picture.stale.iter_mut().zip(&picture.valid).filter(|(_, v)| **v > 0.0) {
                    *stale = stale.min(STALE_LIMIT);
                }
            }
        }
        let sure = warped.each_ref().map(|picture| picture.valid.clone());
        let before = control.before();
        let source = Sharp::new(lens, last, apart);
        for (picture, pose) in warped.iter_mut().zip(&control.poses) {
            picture.add(source.reproject(lens, &before, pose, Some(&picture.valid)));
        }
        self.far(lens, &poses, &mut warped, &sure, &tried, apart);
        let before = before.absolute_from(&self.here);
        earlier.push(Earlier::new(lens, before, last.inverse_depth.clone()));
        self.complete(lens, &poses, &mut warped, &mut tried, earlier, apart);
        warped
    }

    /// Puts what keyframes know into the unknown parts of a step's four pictures, seen from `poses`, after those `earlier`.
    fn complete(
        &self,
        lens: &Lens,
        poses: &[CameraPose; FRAMES_PER_LATENT],
        warped: &mut [Warped; FRAMES_PER_LATENT],
        tried: &mut [bool],
        mut earlier: Vec<Earlier>,
        apart: bool,
    ) {
        for _ in 0..LOOKS {
            // The farther a step goes the more is new: the last or the first picture lacks most.
            let unknown = warped.each_ref().map(unknown_share);
            let worst = if unknown[0] > unknown[FRAMES_PER_LATENT - 1] {
                0
            } else {
                FRAMES_PER_LATENT - 1
            };
            if unknown[worst] < LEAST_SHARE {
                return;
            }
            let Some(best) = self.best(lens, &poses[worst], &warped[worst], tried, REACH_M) else {
                return;
            };
            tried[best] = true;
            let ready = self.prepared.of(&self.keyframes[best], lens);
            let looked = look(lens, &ready, poses, warped, &earlier, apart);
            earlier.push(looked);
        }
    }

    /// Pictures that new places of a step may take texture from: the first ones, always the same, so that a strip that was begun can be gone
    /// on with.
    pub(super) fn textures(&self, lens: &Lens, control: &LatentControl) -> Vec<Source> {
        let source = |(k, down): (&Keyframe, isize)| Source {
            rgb: codec::from_bytes(&k.picture.rgb),
            inverse_depth: k.picture.inverse_depth.iter().map(|v| v.to_f32()).collect(),
            pitch_rad: k.pose.pitch_rad,
            down,
        };
        self.lasting(lens, control).map(source).collect()
    }

    /// The detail of at most so many of the same pictures, and by how many rows each has to be shifted down.
    pub(super) fn grains(&self, lens: &Lens, control: &LatentControl, most: usize) -> Vec<(Arc<Bands>, isize)> {
        let of = self.lasting(lens, control).take(most);
        of.map(|(k, down)| (self.prepared.of(k, lens).grain(), down)).collect()
    }

    /// The colours of the sky in the first keyframe, if that shows enough of it.
    pub(super) fn sky(&self, lens: &Lens) -> Option<Arc<SkyColours>> {
        self.prepared.of(self.keyframes.front()?, lens).sky()
    }

    /// The first keyframes, as far as they are pitched about as the end of a step is, and by how many rows each has to be shifted down, so that its horizon is there.
    fn lasting(&self, lens: &Lens, control: &LatentControl) -> impl Iterator<Item = (&Keyframe, isize)> {
        let (focal_px, height_px) = (lens.focal_px(), lens.height_px as f32);
        let slope = libm::tanf(control.poses[FRAMES_PER_LATENT - 1].pitch_rad);
        self.keyframes.iter().take(LASTING).filter_map(move |k| {
            let lower = focal_px * (slope - libm::tanf(k.pose.pitch_rad));
            (lower.abs() < MOST_SHIFT * height_px).then_some((k, lower.round() as isize))
        })
    }

    /// After a step: where its camera ended, and how much of its last picture nobody knew.
    pub(super) fn moved(&mut self, control: &LatentControl, unknown_share: f32) {
        self.here = control.end_from(&self.here);
        self.new_share += unknown_share;
    }

    /// The keyframe that shows most of what `picture` lacks; near ones are worth more.
    fn best(&self, lens: &Lens, pose: &CameraPose, picture: &Warped, tried: &[bool], reach_m: f32) -> Option<usize> {
        let eye = Eye::new(lens, pose);
        let unknown: Vec<[f32; 3]> = (0..lens.height_px)
            .step_by(TRIAL_PX)
            .flat_map(|y| (0..lens.width_px).step_by(TRIAL_PX).map(move |x| (x, y)))
            .filter(|(x, y)| picture.valid[y * lens.width_px + x] == 0.0)
            .map(|(x, y)| eye.point_m(x, y))
            .collect();
        let score = |k: &Keyframe| {
            let away_m = distance_m(&k.pose, pose);
            if away_m > reach_m {
                return 0.0;
            }
            let eye = Eye::new(lens, &k.pose);
            let seen = unknown.iter().filter(|p| eye.sees(p)).count();
            seen as f32 / (1.0 + 0.5 * away_m)
        };
        let scores = self.keyframes.iter().map(score);
        let (best, score) = scores
            .enumerate()
            .filter(|(i, _)| !tried[*i])
            .max_by(|a, b| a.1.total_cmp(&b.1))?;
        (score >= 1.0).then_some(best)
    }
}

/// Whether a step leaves the camera where it was, to a millimetre and a thousandth.
fn rests(control: &LatentControl) -> bool {
    let (from, to) = (control.before(), &control.poses[FRAMES_PER_LATENT - 1]);
    let turned_rad = (to.yaw_rad - from.yaw_rad)
        .abs()
        .max((to.pitch_rad - from.pitch_rad).abs());
    distance_m(&from, to) < 1e-3 && turned_rad < 1e-3
}

fn unknown_share(picture: &Warped) -> f32 {
    picture.valid.iter().filter(|v| **v == 0.0).count() as f32 / picture.valid.len().max(1) as f32
}

/// The share of a walk's last picture of a step that nobody knows.
pub(super) fn unknown_at_the_end(warped: &[Warped; FRAMES_PER_LATENT]) -> f32 {
    unknown_share(&warped[FRAMES_PER_LATENT - 1])
}

fn distance_m(a: &CameraPose, b: &CameraPose) -> f32 {
    let d: [f32; 3] = std::array::from_fn(|i| a.position_m[i] - b.position_m[i]);
    d.iter().map(|v| v * v).sum::<f32>().sqrt()
}

#[cfg(test)]
mod tests;

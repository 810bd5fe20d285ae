//! What a walk remembers of places that are out of sight: keyframes, pictures with depth and the cameras that saw them.
//!
//! The last picture alone is recycled in the paper's way of working, so whatever leaves the view is gone, and whoever turns
//! round finds another world. Here, what the last picture does not know is looked up in keyframes by the same warp, before
//! the network is asked to invent it. Plain host data; lives on the walk's thread.

use std::collections::VecDeque;
use std::sync::Arc;

use half::f16;

use crate::control::{CameraPose, LatentControl, Lens};
use crate::frame::FRAMES_PER_LATENT;
use crate::model::aapt::codec;
use crate::model::aapt::warp::{RgbDepth, Warped, reproject};
use crate::model::weights::{Array, Arrays};

/// Most keyframes: a turn on the spot and a good way on. Of Vale 0.1 MB each.
const MOST: usize = 24;
/// New view since the last keyframe that makes another, as a share of a picture.
const NEW_SHARE: f32 = 0.3;
/// Way since the nearest keyframe that makes another.
const FAR_M: f32 = 2.5;
/// Keyframes from farther away are not looked into: their depth is too coarse for this view.
const REACH_M: f32 = 7.0;
/// Most keyframes looked into in a step.
const LOOKS: usize = 3;
/// A smaller unknown share of the picture is not worth a look.
const LEAST_SHARE: f32 = 0.01;
/// Pixels between the places that are tried when keyframes are chosen.
const TRIAL_PX: usize = 8;
/// Inverse depth (1/m) at which they are tried.
const TRIAL_INVERSE_DEPTH: f32 = 0.1;

/// A picture and where its camera stood, in the walk's own coordinates: the first frame's place is the origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Keyframe {
    /// The camera.
    pub pose: CameraPose,
    /// What it saw. Shared, because every kept state of a walk holds the same ones.
    pub picture: Arc<Kept>,
}

/// A picture with depth, as small as it can be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// `[h * w * 3]`, 0 to 255.
    pub rgb: Vec<u8>,
    /// `[h * w]`, 1/m, 0 = sky.
    pub inverse_depth: Vec<f16>,
}

impl Kept {
    fn new(picture: &RgbDepth) -> Self {
        Self {
            rgb: codec::to_bytes(&picture.rgb),
            inverse_depth: picture.inverse_depth.iter().map(|v| f16::from_f32(*v)).collect(),
        }
    }

    fn picture(&self) -> RgbDepth {
        RgbDepth {
            rgb: codec::from_bytes(&self.rgb),
            inverse_depth: self.inverse_depth.iter().map(|v| v.to_f32()).collect(),
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
}

impl Memory {
    /// Before a step: keeps the last picture if there is enough new in it. `control` says how its camera was pitched.
    pub(super) fn keep(&mut self, last: &RgbDepth, control: &LatentControl) {
        self.here.pitch_rad = control.pitch_from_rad;
        let nearest_m = (self.keyframes.iter())
            .map(|k| distance_m(&k.pose, &self.here))
            .fold(f32::INFINITY, f32::min);
        if self.new_share < NEW_SHARE && nearest_m < FAR_M {
            return;
        }
        self.new_share = 0.0;
        if self.keyframes.len() == MOST {
            self.keyframes.pop_front();
        }
        self.keyframes.push_back(Keyframe {
            pose: self.here,
            picture: Arc::new(Kept::new(last)),
        });
    }

    /// Puts what keyframes know into the unknown parts of `warped`, the step's four pictures.
    pub(super) fn complete(&self, lens: &Lens, control: &LatentControl, warped: &mut [Warped; FRAMES_PER_LATENT]) {
        let poses = control.poses.map(|p| p.absolute_from(&self.here));
        let mut tried = vec![false; self.keyframes.len()];
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
            let Some(best) = self.best(lens, &poses[worst], &warped[worst], &tried) else {
                return;
            };
            tried[best] = true;
            let keyframe = &self.keyframes[best];
            let source = keyframe.picture.picture();
            for (picture, pose) in warped.iter_mut().zip(&poses) {
                let seen = reproject(lens, &source, &keyframe.pose, pose, Some(&picture.valid));
                for (i, valid) in picture.valid.iter_mut().enumerate() {
                    if *valid == 0.0 && seen.valid[i] > 0.0 {
                        *valid = seen.valid[i];
                        picture.rgb[3 * i..3 * i + 3].copy_from_slice(&seen.rgb[3 * i..3 * i + 3]);
                    }
                }
            }
        }
    }

    /// After a step: where its camera ended, and how much of its last picture nobody knew.
    pub(super) fn moved(&mut self, control: &LatentControl, unknown_share: f32) {
        self.here = control.poses[FRAMES_PER_LATENT - 1].absolute_from(&self.here);
        self.new_share += unknown_share;
    }

    /// The keyframe that shows most of what `picture` lacks; near ones are worth more.
    fn best(&self, lens: &Lens, pose: &CameraPose, picture: &Warped, tried: &[bool]) -> Option<usize> {
        let unknown: Vec<[f32; 3]> = (0..lens.height_px)
            .step_by(TRIAL_PX)
            .flat_map(|y| (0..lens.width_px).step_by(TRIAL_PX).map(move |x| (x, y)))
            .filter(|(x, y)| picture.valid[y * lens.width_px + x] == 0.0)
            .map(|(x, y)| point_m(lens, pose, x, y))
            .collect();
        let score = |k: &Keyframe| {
            let away_m = distance_m(&k.pose, pose);
            if away_m > REACH_M {
                return 0.0;
            }
            let seen = unknown.iter().filter(|p| sees(lens, &k.pose, p)).count();
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

/// Numbers of [`Memory::arrays`] beside the pictures: place, heading, pitch.
const POSE: usize = 5;

impl Memory {
    /// As arrays: `here` `[6]` (the camera, new share), `poses` `[n, 5]`, `rgb` `[n, h, w, 3]` (0 to 255), `inverse_depth` `[n, h, w]`.
    pub(super) fn arrays(&self, [h, w]: [usize; 2]) -> Arrays {
        let numbers = |p: &CameraPose| [&p.position_m[..], &[p.yaw_rad, p.pitch_rad]].concat();
        let n = self.keyframes.len();
        let all = |f: &dyn Fn(&Keyframe) -> Vec<f32>| self.keyframes.iter().flat_map(f).collect();
        let array = |shape: Vec<usize>, values: Vec<f32>| Array { shape, values };
        Arrays::from([
            (
                "here".to_owned(),
                array(vec![POSE + 1], [numbers(&self.here), vec![self.new_share]].concat()),
            ),
            ("poses".to_owned(), array(vec![n, POSE], all(&|k| numbers(&k.pose)))),
            (
                "rgb".to_owned(),
                array(
                    vec![n, h, w, 3],
                    all(&|k| k.picture.rgb.iter().map(|v| f32::from(*v)).collect()),
                ),
            ),
            (
                "inverse_depth".to_owned(),
                array(
                    vec![n, h, w],
                    all(&|k| k.picture.inverse_depth.iter().map(|v| v.to_f32()).collect()),
                ),
            ),
        ])
    }

    /// Inverse of [`Self::arrays`]; nothing if they contradict each other.
    pub(super) fn from_arrays(arrays: &Arrays) -> Option<Self> {
        let pose = |v: &[f32]| CameraPose {
            position_m: [v[0], v[1], v[2]],
            yaw_rad: v[3],
            pitch_rad: v[4],
        };
        let (here, poses) = (arrays.get("here")?, arrays.get("poses")?);
        let (rgb, depth) = (arrays.get("rgb")?, arrays.get("inverse_depth")?);
        let n = *poses.shape.first()?;
        let [_, h, w] = depth.shape[..] else { return None };
        let whole = here.shape == [POSE + 1] && poses.shape == [n, POSE] && n <= MOST;
        if !whole || rgb.shape != [n, h, w, 3] || depth.shape[0] != n || h * w == 0 {
            return None;
        }
        let pictures = rgb.values.chunks_exact(h * w * 3).zip(depth.values.chunks_exact(h * w));
        let keyframes = (poses.values.chunks_exact(POSE).zip(pictures))
            .map(|(p, (rgb, depth))| Keyframe {
                pose: pose(p),
                picture: Arc::new(Kept {
                    rgb: rgb.iter().map(|v| *v as u8).collect(),
                    inverse_depth: depth.iter().map(|v| f16::from_f32(*v)).collect(),
                }),
            })
            .collect();
        Some(Self {
            keyframes,
            here: pose(&here.values),
            new_share: here.values[POSE],
        })
    }

    /// Whether its pictures are of this size.
    pub(super) fn fits(&self, lens: &Lens) -> bool {
        let n = lens.width_px * lens.height_px;
        (self.keyframes.iter()).all(|k| k.picture.inverse_depth.len() == n && k.picture.rgb.len() == 3 * n)
    }
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

/// The point behind a pixel at the trial depth.
fn point_m(lens: &Lens, pose: &CameraPose, x: usize, y: usize) -> [f32; 3] {
    let f = lens.focal_px();
    let d = [
        (x as f32 + 0.5 - 0.5 * lens.width_px as f32) / f,
        (0.5 * lens.height_px as f32 - y as f32 - 0.5) / f,
        -1.0,
    ];
    let r = pose.world_from_camera();
    std::array::from_fn(|i| pose.position_m[i] + (0..3).map(|j| r[i][j] * d[j]).sum::<f32>() / TRIAL_INVERSE_DEPTH)
}

/// Whether a camera has a point in view.
fn sees(lens: &Lens, pose: &CameraPose, point_m: &[f32; 3]) -> bool {
    let r = pose.world_from_camera();
    let d: [f32; 3] = std::array::from_fn(|i| point_m[i] - pose.position_m[i]);
    let camera: [f32; 3] = std::array::from_fn(|j| (0..3).map(|i| r[i][j] * d[i]).sum());
    let depth = -camera[2];
    let f = lens.focal_px();
    depth > 0.1
        && (f * camera[0] / depth).abs() < 0.5 * lens.width_px as f32
        && (f * camera[1] / depth).abs() < 0.5 * lens.height_px as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Keys;

    fn lens() -> Lens {
        Lens {
            width_px: 96,
            height_px: 56,
            fov_x_rad: 1.3,
        }
    }

    /// A ball of colours round the origin, far away, seen by a camera there.
    fn far_away(pose: &CameraPose) -> RgbDepth {
        let l = lens();
        let (f, r) = (l.focal_px(), pose.world_from_camera());
        let mut out = RgbDepth {
            rgb: vec![],
            inverse_depth: vec![0.0; l.width_px * l.height_px],
        };
        for y in 0..l.height_px {
            for x in 0..l.width_px {
                let d = [(x as f32 + 0.5 - 48.0) / f, (28.0 - y as f32 - 0.5) / f, -1.0];
                let n = d.iter().map(|v| v * v).sum::<f32>().sqrt();
                let world: [f32; 3] = std::array::from_fn(|i| (0..3).map(|j| r[i][j] * d[j]).sum::<f32>() / n);
                out.rgb.extend(world.map(|v| 0.8 * (3.0 * v).sin()));
            }
        }
        out
    }

    fn turn(from: &CameraPose, by_rad: f32) -> LatentControl {
        let poses = std::array::from_fn(|i| CameraPose {
            yaw_rad: from.yaw_rad + by_rad * (i + 1) as f32 / 4.0,
            ..*from
        });
        LatentControl::new(from, &poses, Keys(0))
    }

    #[test]
    fn who_turns_away_and_back_sees_what_was_there() {
        let l = lens();
        let mut memory = Memory::default();
        let mut pose = CameraPose::default();
        let back: Vec<f32> = [0.25; 6].into_iter().chain([-0.25; 6]).collect();
        for (step, by_rad) in back.into_iter().enumerate() {
            let control = turn(&pose, by_rad);
            let last = far_away(&pose);
            memory.keep(&last, &control);
            let mut warped = control
                .poses
                .map(|to| reproject(&l, &last, &control.before(), &to, None));
            let before = unknown_at_the_end(&warped);
            memory.complete(&l, &control, &mut warped);
            let after = unknown_at_the_end(&warped);
            assert!(before > 0.1, "a turn shows something new: {before}");
            memory.moved(&control, after);
            pose = control.poses[3].absolute_from(&pose);
            if step < 6 {
                assert_eq!(after, before, "nobody knows it yet");
            } else {
                assert!(after < 0.02, "step {step}: {after} unknown");
                let truth = far_away(&pose);
                for (i, valid) in warped[3].valid.iter().enumerate() {
                    for c in 0..3 {
                        let error = (warped[3].rgb[3 * i + c] - truth.rgb[3 * i + c]).abs();
                        assert!(*valid == 0.0 || error < 0.03, "step {step}, pixel {i}: {error}");
                    }
                }
            }
        }
        let kept = memory.keyframes.len();
        assert!((3..=6).contains(&kept), "{kept}");
        assert!((memory.here.yaw_rad).abs() < 1e-5);
    }

    #[test]
    fn it_is_bounded_and_forgets_the_oldest() {
        let mut memory = Memory::default();
        let picture = far_away(&CameraPose::default());
        for _ in 0..2 * MOST {
            let poses = std::array::from_fn(|i| CameraPose {
                position_m: [0.0, 0.0, -(i as f32 + 1.0)],
                ..CameraPose::default()
            });
            let control = LatentControl::new(&CameraPose::default(), &poses, Keys(0));
            memory.keep(&picture, &control);
            memory.moved(&control, 0.0);
        }
        assert_eq!(memory.keyframes.len(), MOST);
        let oldest = memory.keyframes[0].pose.position_m[2];
        assert_eq!(oldest, -4.0 * MOST as f32);
    }
}

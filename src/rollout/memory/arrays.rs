//! A memory as plain arrays, for bookmarks, and back.

use std::sync::Arc;

use half::f16;

use super::prepared::Prepared;
use super::room::Room;
use super::{Kept, Keyframe, MOST, Memory};
use crate::control::{CameraPose, Lens};
use crate::model::weights::{Array, Arrays};

/// Numbers of [`Memory::arrays`] beside the pictures: place, heading, pitch.
const POSE: usize = 5;

impl Memory {
    /// As arrays: `here` `[6]` (the camera, new share), `poses` `[n, 5]`, `rgb` `[n, h, w, 3]` (0 to 255), `inverse_depth`
    /// `[n, h, w]`, and `stale` `[n, h, w]` (0 to 255) if the walk knows that.
    pub(in crate::rollout) fn arrays(&self, [h, w]: [usize; 2]) -> Arrays {
        let numbers = |p: &CameraPose| [&p.position_m[..], &[p.yaw_rad, p.pitch_rad]].concat();
        let n = self.keyframes.len();
        let all = |f: &dyn Fn(&Keyframe) -> Vec<f32>| self.keyframes.iter().flat_map(f).collect();
        let array = |shape: Vec<usize>, values: Vec<f32>| Array { shape, values };
        let mut out = Arrays::from([
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
        ]);
        let stale = all(&|k| k.picture.stale.iter().map(|v| f32::from(*v)).collect());
        if !stale.is_empty() {
            out.insert("stale".to_owned(), array(vec![n, h, w], stale));
        }
        out
    }

    /// Inverse of [`Self::arrays`]; nothing if they contradict each other.
    pub(in crate::rollout) fn from_arrays(arrays: &Arrays) -> Option<Self> {
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
        let nothing = Array {
            shape: vec![n, h, w],
            values: vec![],
        };
        let stale = arrays.get("stale").unwrap_or(&nothing);
        if stale.shape != nothing.shape {
            return None;
        }
        let mut stale = stale.values.chunks_exact(h * w);
        let pictures = rgb.values.chunks_exact(h * w * 3).zip(depth.values.chunks_exact(h * w));
        let keyframes = (poses.values.chunks_exact(POSE).zip(pictures))
            .map(|(p, (rgb, depth))| Keyframe {
                pose: pose(p),
                picture: Arc::new(Kept {
                    rgb: rgb.iter().map(|v| *v as u8).collect(),
                    inverse_depth: depth.iter().map(|v| f16::from_f32(*v)).collect(),
                    stale: stale.next().unwrap_or_default().iter().map(|v| *v as u8).collect(),
                }),
            })
            .collect();
        Some(Self {
            keyframes,
            here: pose(&here.values),
            new_share: here.values[POSE],
            prepared: Prepared::default(),
            room: Room::default(),
        })
    }

    /// Whether its pictures are of this size.
    pub(in crate::rollout) fn fits(&self, lens: &Lens) -> bool {
        let n = lens.width_px * lens.height_px;
        (self.keyframes.iter()).all(|k| {
            let Kept {
                rgb,
                inverse_depth,
                stale,
            } = &*k.picture;
            inverse_depth.len() == n && rgb.len() == 3 * n && [0, n].contains(&stale.len())
        })
    }
}

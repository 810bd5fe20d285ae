//! What was walked through as a coloured point cloud, with the camera's way through it: a PLY file that point and mesh
//! viewers open. Plain data; may be built and written on any thread.

use std::collections::HashSet;
use std::path::Path;

use super::files::{FileError, write_whole};
use super::memory::Memory;
use super::track::Track;
use crate::control::{CameraPose, Lens};

/// Places farther away are sky, or too uncertain to be put anywhere.
const FARTHEST_M: f32 = 120.0;
/// Points closer together than this share of their distance to the camera are one.
const GRAIN: f32 = 0.008;
/// Where depth changes by more than this share from one pixel to the next there is an edge, and depth between two things is
/// nobody's.
const EDGE: f32 = 0.12;
/// More points than this are more than viewers show.
const MOST_POINTS: usize = 8_000_000;
/// Colour of the camera's way.
const WAY_RGB: [u8; 3] = [255, 150, 40];

#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    place_m: [f32; 3],
    rgb: [u8; 3],
}

/// A growing point cloud in a walk's own coordinates: the first camera stands at the origin and looks along -z, y is up.
#[derive(Clone, Debug)]
pub struct Cloud {
    lens: Lens,
    points: Vec<Point>,
    taken: HashSet<(i32, [i32; 3])>,
    way_m: Vec<[f32; 3]>,
}

impl Cloud {
    /// Nothing yet.
    pub fn new(lens: Lens) -> Self {
        Self {
            lens,
            points: vec![],
            taken: HashSet::new(),
            way_m: vec![],
        }
    }

    /// What a walk remembers of its surroundings, and its whole way.
    pub fn of_walk(lens: Lens, memory: &Memory, track: &Track) -> Self {
        let mut cloud = Self::new(lens);
        for keyframe in &memory.keyframes {
            let depth: Vec<f32> = keyframe.picture.inverse_depth.iter().map(|v| v.to_f32()).collect();
            cloud.add(&keyframe.pose, &keyframe.picture.rgb, &depth);
        }
        let mut here = CameraPose::default();
        cloud.pass(&here);
        for control in &track.controls {
            here = control.end_from(&here);
            cloud.pass(&here);
        }
        cloud
    }

    /// Adds a picture (`[h * w * 3]` bytes, inverse depth `[h * w]` in 1/m, 0 = sky) seen from `pose`. Places that are
    /// there already stay as they are.
    pub fn add(&mut self, pose: &CameraPose, rgb: &[u8], inverse_depth: &[f32]) {
        let (w, h) = (self.lens.width_px, self.lens.height_px);
        let world_from_camera = pose.world_from_camera();
        for y in 1..h.saturating_sub(1) {
            for x in 1..w.saturating_sub(1) {
                let i = y * w + x;
                let k = inverse_depth[i];
                let edge = [i - 1, i + 1, i - w, i + w]
                    .iter()
                    .any(|j| (inverse_depth[*j] - k).abs() > EDGE * k);
                if k * FARTHEST_M < 1.0 || edge || self.points.len() >= MOST_POINTS {
                    continue;
                }
                let d = self.lens.direction(x as f32 + 0.5, y as f32 + 0.5);
                let place_m: [f32; 3] = std::array::from_fn(|a| {
                    pose.position_m[a] + (0..3).map(|b| world_from_camera[a][b] * d[b]).sum::<f32>() / k
                });
                // Grains grow with distance in steps of two, so that the same place falls into the same one.
                let level = (GRAIN / k).log2().ceil();
                let grain_m = level.exp2();
                let cell = (level as i32, place_m.map(|v| (v / grain_m).floor() as i32));
                if self.taken.insert(cell) {
                    let rgb = [rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]];
                    self.points.push(Point { place_m, rgb });
                }
            }
        }
    }

    /// The camera passes here.
    pub fn pass(&mut self, pose: &CameraPose) {
        self.way_m.push(pose.position_m);
    }

    /// Points so far.
    pub fn points(&self) -> usize {
        self.points.len()
    }

    /// Writes a binary PLY file: the points, then the camera's places as points of their own, joined by edges.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        let vertices = self.points.len() + self.way_m.len();
        let edges = self.way_m.len().saturating_sub(1);
        let mut bytes = format!(
            "ply\nformat binary_little_endian 1.0\ncomment metres; y is up; the first camera stands at the origin and looks along -z\n\
             element vertex {vertices}\nproperty float x\nproperty float y\nproperty float z\n\
             property uchar red\nproperty uchar green\nproperty uchar blue\n\
             element edge {edges}\nproperty int vertex1\nproperty int vertex2\nend_header\n"
        )
        .into_bytes();
        let way = self.way_m.iter().map(|place_m| Point {
            place_m: *place_m,
            rgb: WAY_RGB,
        });
        for point in self.points.iter().copied().chain(way) {
            bytes.extend(point.place_m.iter().flat_map(|v| v.to_le_bytes()));
            bytes.extend(point.rgb);
        }
        for i in 0..edges {
            let from = (self.points.len() + i) as i32;
            bytes.extend(from.to_le_bytes());
            bytes.extend((from + 1).to_le_bytes());
        }
        write_whole(path, &bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lens() -> Lens {
        Lens {
            width_px: 32,
            height_px: 16,
            fov_x_rad: 1.3,
        }
    }

    #[test]
    fn a_wall_stands_where_it_is_and_is_there_once() {
        let (rgb, wall) = ([9u8, 8, 7].repeat(512), vec![0.25f32; 512]);
        let mut cloud = Cloud::new(lens());
        cloud.add(&CameraPose::default(), &rgb, &wall);
        let seen = cloud.points();
        assert!(seen > 300, "{seen}");
        assert!(
            cloud
                .points
                .iter()
                .all(|p| (p.place_m[2] + 4.0).abs() < 1e-4 && p.rgb == [9, 8, 7])
        );
        // Half a metre on, the same wall is half a metre nearer: hardly a new place but between the old ones.
        cloud.add(&CameraPose::default(), &rgb, &wall);
        assert_eq!(cloud.points(), seen);
        let ahead = CameraPose {
            position_m: [0.0, 0.0, -0.5],
            ..CameraPose::default()
        };
        cloud.add(&ahead, &rgb, &vec![1.0 / 3.5; 512]);
        assert!(cloud.points.iter().all(|p| (p.place_m[2] + 4.0).abs() < 1e-4));
    }

    #[test]
    fn a_walk_leaves_what_it_remembers_and_its_whole_way() {
        use crate::control::{Keys, LatentControl};
        use crate::model::aapt::warp::RgbDepth;
        let ahead = std::array::from_fn(|i| CameraPose {
            position_m: [0.0, 0.0, -0.2 * (i + 1) as f32],
            ..CameraPose::default()
        });
        let control = LatentControl::new(&CameraPose::default(), &ahead, Keys(0));
        let mut memory = Memory::default();
        memory.keep(
            &RgbDepth {
                rgb: vec![0.5; 1536],
                inverse_depth: vec![0.25; 512],
                stale: vec![],
                drawn: None,
            },
            &lens(),
            &control,
        );
        let track = Track {
            controls: vec![control; 3],
            ..Track::default()
        };
        let cloud = Cloud::of_walk(lens(), &memory, &track);
        assert!(cloud.points() > 300);
        assert_eq!(cloud.way_m.len(), 4);
        assert!((cloud.way_m[3][2] + 2.4).abs() < 1e-5, "{:?}", cloud.way_m);
    }

    #[test]
    fn sky_and_edges_are_left_out() {
        let mut depth = vec![0.0f32; 512];
        let mut cloud = Cloud::new(lens());
        cloud.add(&CameraPose::default(), &[0; 1536], &depth);
        assert_eq!(cloud.points(), 0);
        // A post of one pixel before the sky is all edge.
        depth[8 * 32 + 16] = 0.5;
        cloud.add(&CameraPose::default(), &[0; 1536], &depth);
        assert_eq!(cloud.points(), 0);
    }

    #[test]
    fn the_file_holds_what_its_head_says() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/walk.ply");
        let mut cloud = Cloud::new(lens());
        cloud.add(&CameraPose::default(), &[100; 1536], &[0.25; 512]);
        let mut here = CameraPose::default();
        cloud.pass(&here);
        for _ in 0..2 {
            here.position_m[0] += 1.0;
            cloud.pass(&here);
        }
        cloud.write(&path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let end = bytes.windows(11).position(|w| w == b"end_header\n").unwrap() + 11;
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let vertices = cloud.points() + 3;
        assert!(head.contains(&format!("element vertex {vertices}\n")) && head.contains("element edge 2\n"));
        assert_eq!(bytes.len() - end, vertices * 15 + 2 * 8);
        let last = &bytes[end + (vertices - 1) * 15..][..15];
        assert_eq!(f32::from_le_bytes(last[..4].try_into().unwrap()), 2.0);
        assert_eq!(last[12..], WAY_RGB);
    }
}

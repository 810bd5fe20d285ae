//! Finds what a ray meets: a grid of object lists over the periodic world, walked cell by cell.

use super::math::{V3, floor_i, larger, lesser, saturate, v3};
use super::noise::Volume;
use super::shape::{Object, Shape};
use super::terrain::SIZE_M;

/// Nothing is drawn beyond this planar distance; the air has hidden it before.
pub(super) const FAR_M: f32 = 340.0;
const CELLS: i32 = 64;
const CELL_M: f32 = SIZE_M / CELLS as f32;

pub(super) struct Grid {
    /// First entry of each cell, and one past the last.
    starts: Vec<u32>,
    entries: Vec<Entry>,
    /// Highest top in each cell.
    tops_m: Vec<f32>,
    /// Highest top of all.
    top_m: f32,
}

#[derive(Clone, Copy)]
struct Entry {
    object: u32,
    /// Object's foot relative to the cell's corner.
    x: f32,
    z: f32,
}

/// What a ray met.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub t: f32,
    pub normal: V3,
    pub object: u32,
    pub shape: u32,
    /// Where, relative to the object's foot (height absolute).
    pub local: V3,
}

impl Grid {
    pub fn new(objects: &[Object]) -> Self {
        let mut lists: Vec<Vec<Entry>> = vec![Vec::new(); (CELLS * CELLS) as usize];
        let mut tops_m = vec![f32::MIN; lists.len()];
        for (index, o) in objects.iter().enumerate() {
            let r = o.reach_m + 0.05;
            for cz in floor_i((o.z - r) / CELL_M)..=floor_i((o.z + r) / CELL_M) {
                for cx in floor_i((o.x - r) / CELL_M)..=floor_i((o.x + r) / CELL_M) {
                    let cell = cell_index(cx, cz);
                    lists[cell].push(Entry {
                        object: index as u32,
                        x: o.x - cx as f32 * CELL_M,
                        z: o.z - cz as f32 * CELL_M,
                    });
                    tops_m[cell] = tops_m[cell].max(o.top_m);
                }
            }
        }
        let (mut starts, mut entries) = (vec![0], Vec::new());
        for list in lists {
            entries.extend(list);
            starts.push(entries.len() as u32);
        }
        let top_m = tops_m.iter().copied().fold(f32::MIN, f32::max);
        Self {
            starts,
            entries,
            tops_m,
            top_m,
        }
    }

    /// Objects whose bounding cylinder may reach (x, z), with their foot relative to that place.
    pub fn near(&self, x: f32, z: f32) -> impl Iterator<Item = (u32, f32, f32)> + '_ {
        let (cx, cz) = (floor_i(x / CELL_M), floor_i(z / CELL_M));
        let (ox, oz) = (x - cx as f32 * CELL_M, z - cz as f32 * CELL_M);
        self.list(cell_index(cx, cz))
            .iter()
            .map(move |e| (e.object, e.x - ox, e.z - oz))
    }

    fn list(&self, cell: usize) -> &[Entry] {
        &self.entries[self.starts[cell] as usize..self.starts[cell + 1] as usize]
    }

    /// Nearest object along `o + d t` before `t_max`.
    pub fn hit(&self, objects: &[Object], shapes: &[Shape], volume: &Volume, o: V3, d: V3, t_max: f32) -> Option<Hit> {
        let mut best: Option<Hit> = None;
        let mut limit = t_max;
        if d.y > 0.0 {
            limit = lesser(limit, (self.top_m - o.y) / d.y);
        }
        let (mut cx, mut cz) = (floor_i(o.x / CELL_M), floor_i(o.z / CELL_M));
        let inv = |v: f32| if v.abs() < 1e-9 { 1e12 } else { 1.0 / v };
        let (ix, iz) = (inv(d.x), inv(d.z));
        let next = |c: i32, o: f32, d: f32, inv: f32| {
            let edge = (c + i32::from(d > 0.0)) as f32 * CELL_M;
            (edge - o) * inv
        };
        let (step_x, step_z) = (if d.x > 0.0 { 1 } else { -1 }, if d.z > 0.0 { 1 } else { -1 });
        let (mut next_x, mut next_z) = (next(cx, o.x, d.x, ix).abs(), next(cz, o.z, d.z, iz).abs());
        let (dx, dz) = (CELL_M * ix.abs(), CELL_M * iz.abs());
        let mut t_in = 0.0f32;
        while t_in < limit {
            let t_out = lesser(next_x, next_z);
            let cell = cell_index(cx, cz);
            let lowest = o.y + d.y * if d.y < 0.0 { lesser(t_out, limit) } else { t_in };
            if lowest < self.tops_m[cell] {
                let (ax, az) = (o.x - cx as f32 * CELL_M, o.z - cz as f32 * CELL_M);
                for e in self.list(cell) {
                    let from = v3(ax - e.x, o.y, az - e.z);
                    let object = &objects[e.object as usize];
                    if let Some(hit) = touch(object, e.object, shapes, volume, from, d, limit) {
                        limit = hit.t;
                        best = Some(hit);
                    }
                }
            }
            t_in = t_out;
            if next_x < next_z {
                cx += step_x;
                next_x += dx;
            } else {
                cz += step_z;
                next_z += dz;
            }
        }
        best
    }
}

fn cell_index(cx: i32, cz: i32) -> usize {
    ((cz & (CELLS - 1)) * CELLS + (cx & (CELLS - 1))) as usize
}

#[inline]
fn touch(object: &Object, index: u32, shapes: &[Shape], volume: &Volume, o: V3, d: V3, t_max: f32) -> Option<Hit> {
    // The bounding cylinder first.
    let a = d.x * d.x + d.z * d.z;
    let b = o.x * d.x + o.z * d.z;
    let c = o.x * o.x + o.z * o.z - object.reach_m * object.reach_m;
    let disc = b * b - a * c;
    if disc <= 0.0 {
        return None;
    }
    let (root, inv) = (disc.sqrt(), 1.0 / larger(a, 1e-9));
    let (t0, t1) = (larger((-b - root) * inv, 0.0), lesser((-b + root) * inv, t_max));
    if t0 >= t1 {
        return None;
    }
    let (y0, y1) = (o.y + d.y * t0, o.y + d.y * t1);
    if larger(y0, y1) < object.bottom_m || lesser(y0, y1) > object.top_m {
        return None;
    }
    let detail = saturate(1.0 - t0 * (1.0 / 90.0));
    let (mut limit, mut best) = (t_max, None);
    for shape in object.first..object.first + object.count {
        if let Some(touch) = shapes[shape as usize].touch(o, d, limit, volume, detail) {
            limit = touch.t;
            best = Some(Hit {
                t: touch.t,
                normal: touch.normal,
                object: index,
                shape,
                local: o + d * touch.t,
            });
        }
    }
    best
}

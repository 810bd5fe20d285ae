//! The ground: a periodic height field, its water level and its paths, and where a ray meets it.

use super::attributes::{Attributes, Biome};
use super::math::{V3, floor_i, larger, lesser, smoothstep, v3};
use super::noise::{Rng, bilinear, field};

/// Side of the periodic world in metres.
pub(super) const SIZE_M: f32 = 512.0;
/// Samples a side of height and ground maps.
pub(super) const N: usize = 1024;
/// Distance between samples.
pub(super) const TEXEL_M: f32 = SIZE_M / N as f32;
const PER_M: f32 = 1.0 / TEXEL_M;

pub(super) struct Terrain {
    heights_m: Vec<f32>,
    /// Height of the water surface; far below the ground where there is no lake.
    pub water_m: f32,
    max_m: f32,
    low_m: f32,
    /// Bounds of the ground over cells of 8 m and blocks of 32 m.
    cells: Vec<Bound>,
    blocks: Vec<Bound>,
    paths: Vec<Path>,
}

/// What the ground keeps to over a square.
#[derive(Clone, Copy)]
struct Bound {
    max_m: f32,
    slope: f32,
}

/// Cells a side, and blocks a side.
const CELLS: i32 = 64;
const CELL_M: f32 = SIZE_M / CELLS as f32;
const BLOCKS: i32 = 16;
const BLOCK_M: f32 = SIZE_M / BLOCKS as f32;

/// A periodic path: across = f(along).
struct Path {
    along_x: bool,
    across_m: Vec<f32>,
    stretch: Vec<f32>,
}

impl Path {
    fn new(rng: &mut Rng, along_x: bool) -> Self {
        let middle = rng.range(0.0, SIZE_M);
        let waves: Vec<(f32, f32, f32)> = (1..=5)
            .map(|k| {
                let amplitude = rng.range(0.4, 1.0) * [34.0, 20.0, 10.0, 6.0, 3.5][k - 1];
                (k as f32, amplitude, rng.range(0.0, std::f32::consts::TAU))
            })
            .collect();
        let (mut across_m, mut stretch) = (Vec::with_capacity(N), Vec::with_capacity(N));
        for i in 0..N {
            let a = std::f32::consts::TAU * i as f32 / N as f32;
            let (mut f, mut slope) = (middle, 0.0);
            for &(k, amplitude, phase) in &waves {
                f += amplitude * libm::sinf(k * a + phase);
                slope += amplitude * k * std::f32::consts::TAU / SIZE_M * libm::cosf(k * a + phase);
            }
            across_m.push(f);
            stretch.push(1.0 / (1.0 + slope * slope).sqrt());
        }
        Self {
            along_x,
            across_m,
            stretch,
        }
    }

    fn distance_m(&self, x: f32, z: f32) -> f32 {
        let (along, across) = if self.along_x { (x, z) } else { (z, x) };
        let i = floor_i(along * PER_M) as usize & (N - 1);
        let d = across - self.across_m[i];
        let d = d - SIZE_M * floor_i(d / SIZE_M + 0.5) as f32;
        d.abs() * self.stretch[i]
    }
}

impl Terrain {
    pub fn new(seed: u64, attributes: &Attributes) -> Self {
        let mut rng = Rng::new(seed, 2);
        let relief = rng.range(0.75, 1.25)
            * match attributes.biome {
                Biome::Savanna => 0.6,
                Biome::Desert => 0.9,
                Biome::Heath | Biome::Snow => 1.15,
                _ => 1.0,
            };
        let rough = if attributes.biome == Biome::Desert { 0.4 } else { 1.0 };
        let octaves = [
            (2, 26.0 * relief),
            (4, 17.0 * relief),
            (8, 8.0 * relief),
            (16, 3.0 * relief),
            (32, 1.0 * rough),
            (64, 0.4 * rough),
            (128, 0.14 * rough),
        ];
        let mut heights_m = field(N, seed ^ 0x6865_6967, &octaves);
        let mut sorted: Vec<f32> = heights_m.iter().step_by(97).copied().collect();
        sorted.sort_by(f32::total_cmp);
        let share = rng.range(0.1, 0.2);
        let level = sorted[(sorted.len() as f32 * share) as usize];
        let water_m = if attributes.lake { level } else { sorted[0] - 60.0 };
        if attributes.lake {
            // A beach: flatten what lies just above the water, so that shores are wide and gentle.
            for h in &mut heights_m {
                let above = *h - level;
                if above > 0.0 {
                    *h = level + above * (0.35 + 0.65 * smoothstep(0.0, 4.0, above));
                }
            }
        }
        let mut paths = Vec::new();
        if attributes.path {
            paths.push(Path::new(&mut rng, true));
            paths.push(Path::new(&mut rng, false));
        }
        let max_m = heights_m.iter().copied().fold(f32::MIN, f32::max);
        let cells: Vec<Bound> = (0..CELLS * CELLS)
            .map(|i| bound(&heights_m, (i % CELLS) as usize, (i / CELLS) as usize))
            .collect();
        let blocks = (0..BLOCKS * BLOCKS)
            .map(|i| {
                let (bx, bz) = ((i % BLOCKS) * 4, (i / BLOCKS) * 4);
                (0..16).fold(
                    Bound {
                        max_m: f32::MIN,
                        slope: 0.0,
                    },
                    |b, k| {
                        let c = cells[((bz + k / 4) * CELLS + bx + k % 4) as usize];
                        Bound {
                            max_m: b.max_m.max(c.max_m),
                            slope: b.slope.max(c.slope),
                        }
                    },
                )
            })
            .collect();
        Self {
            heights_m,
            water_m,
            max_m,
            low_m: level,
            cells,
            blocks,
            paths,
        }
    }

    #[inline(always)]
    pub fn height_m(&self, x: f32, z: f32) -> f32 {
        bilinear(&self.heights_m, N, x * PER_M, z * PER_M)
    }

    pub fn sample_m(&self, ix: usize, iz: usize) -> f32 {
        self.heights_m[(iz & (N - 1)) * N + (ix & (N - 1))]
    }

    /// All samples, in rows of constant z.
    pub fn samples_m(&self) -> &[f32] {
        &self.heights_m
    }

    /// Sample by index, rows of constant z.
    pub fn sample_flat_m(&self, index: usize) -> f32 {
        self.heights_m[index]
    }

    /// Height that a small share of the ground lies under: where lakes and mist gather.
    pub fn low_m(&self) -> f32 {
        self.low_m
    }

    /// Upward unit normal over a baseline of `2 * e` metres.
    pub fn normal(&self, x: f32, z: f32, e: f32) -> V3 {
        let dx = self.height_m(x + e, z) - self.height_m(x - e, z);
        let dz = self.height_m(x, z + e) - self.height_m(x, z - e);
        v3(-dx, 2.0 * e, -dz).unit()
    }

    /// Distance to the middle of the nearest path (large without paths).
    pub fn path_distance_m(&self, x: f32, z: f32) -> f32 {
        self.paths.iter().map(|p| p.distance_m(x, z)).fold(1e9, lesser)
    }

    /// First `t` in (`t_min`, `t_max`) at which `o + d t` is on or under the ground.
    pub fn hit(&self, o: V3, d: V3, t_min: f32, t_max: f32) -> Option<f32> {
        let flat = (d.x * d.x + d.z * d.z).sqrt();
        let mut t = t_min;
        if o.y > self.max_m {
            if d.y >= 0.0 {
                return None;
            }
            t = t.max((self.max_m - o.y) / d.y);
        }
        let inv = |v: f32| if v.abs() < 1e-9 { 1e9 } else { 1.0 / v };
        let (inv_x, inv_z) = (inv(d.x), inv(d.z));
        let (ahead_x, ahead_z) = (i32::from(d.x > 0.0), i32::from(d.z > 0.0));
        // Where the ray leaves the square of side `side` that holds (x, z): the square and t.
        let leave = |x: f32, z: f32, side: f32| {
            let (cx, cz) = (floor_i(x * (1.0 / side)), floor_i(z * (1.0 / side)));
            let tx = ((cx + ahead_x) as f32 * side - o.x) * inv_x;
            let tz = ((cz + ahead_z) as f32 * side - o.z) * inv_z;
            (cx, cz, lesser(tx, tz) + 0.003)
        };
        let (mut t_before, mut gap_before) = (t, f32::MAX);
        while t < t_max {
            let (x, y, z) = (o.x + d.x * t, o.y + d.y * t, o.z + d.z * t);
            if d.y >= 0.0 && y > self.max_m {
                return None;
            }
            let (bx, bz, t_block) = leave(x, z, BLOCK_M);
            let block = &self.blocks[((bz & (BLOCKS - 1)) * BLOCKS + (bx & (BLOCKS - 1))) as usize];
            if lesser(y, o.y + d.y * t_block) > block.max_m {
                (t, gap_before) = (larger(t_block, t + 0.003), f32::MAX);
                continue;
            }
            let (cx, cz, t_cell) = leave(x, z, CELL_M);
            let cell = &self.cells[((cz & (CELLS - 1)) * CELLS + (cx & (CELLS - 1))) as usize];
            if lesser(y, o.y + d.y * t_cell) > cell.max_m {
                (t, gap_before) = (larger(t_cell, t + 0.003), f32::MAX);
                continue;
            }
            let gap = y - self.height_m(x, z);
            if gap < 0.0 {
                if gap_before == f32::MAX {
                    return Some(t);
                }
                return Some(t_before + (t - t_before) * gap_before / (gap_before - gap));
            }
            (t_before, gap_before) = (t, gap);
            let closing = cell.slope * flat - d.y;
            let free = if closing > 1e-4 { gap / closing } else { f32::MAX };
            let exit = larger(t_cell, t + 0.003);
            t = lesser(t + larger(free, 0.02 + 0.005 * t), exit);
        }
        None
    }
}

/// Bound of the ground over one cell, its rim included.
fn bound(heights_m: &[f32], cx: usize, cz: usize) -> Bound {
    let span = N / CELLS as usize;
    let at = |x: usize, z: usize| heights_m[(z & (N - 1)) * N + (x & (N - 1))];
    let (mut max_m, mut steepest) = (f32::MIN, 0.0f32);
    for z in cz * span..=cz * span + span {
        for x in cx * span..=cx * span + span {
            let h = at(x, z);
            let (dx, dz) = (at(x + 1, z) - h, at(x, z + 1) - h);
            max_m = max_m.max(h);
            steepest = steepest.max(dx * dx + dz * dz);
        }
    }
    Bound {
        max_m: max_m + 1e-3,
        slope: 1.1 * steepest.sqrt() * PER_M,
    }
}

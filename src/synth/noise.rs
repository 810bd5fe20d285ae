//! Random numbers, periodic gradient noise, a small noise volume and mip-mapped tiles. All exactly reproducible.

use std::sync::OnceLock;

use rayon::prelude::*;

use super::math::{floor_i, fract, larger, lesser};

/// SplitMix64: a tiny generator whose every seed gives a good stream.
pub(super) struct Rng(u64);

impl Rng {
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut r = Self(seed ^ stream.wrapping_mul(0xd134_2543_de82_ef95));
        r.next();
        Self(r.next() ^ stream)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / 16_777_216.0
    }

    pub fn range(&mut self, a: f32, b: f32) -> f32 {
        a + (b - a) * self.unit()
    }

    pub fn chance(&mut self, p: f32) -> bool {
        self.unit() < p
    }

    /// Uniform in 0..n.
    pub fn below(&mut self, n: usize) -> usize {
        ((self.next() >> 32) as usize * n) >> 32
    }
}

/// 32 well-mixed bits of a lattice point.
#[inline(always)]
pub(super) fn hash2(seed: u32, x: i32, y: i32) -> u32 {
    let mut h = seed ^ (x as u32).wrapping_mul(0x85eb_ca6b) ^ (y as u32).wrapping_mul(0xc2b2_ae35);
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
    h ^ (h >> 15)
}

const GRADIENTS: [[f32; 2]; 8] = [
    [1.0, 0.0],
    [0.707, 0.707],
    [0.0, 1.0],
    [-0.707, 0.707],
    [-1.0, 0.0],
    [-0.707, -0.707],
    [0.0, -1.0],
    [0.707, -0.707],
];

fn gradient(seed: u32, x: i32, y: i32, period: i32) -> [f32; 2] {
    GRADIENTS[(hash2(seed, x.rem_euclid(period), y.rem_euclid(period)) >> 7) as usize & 7]
}

/// A square periodic field of `n` x `n` samples: a sum of gradient-noise octaves `(cells per period, amplitude)`.
/// Every cell count divides `n`. An octave's values stay within about 0.7 of its amplitude.
pub(super) fn field(n: usize, seed: u64, octaves: &[(usize, f32)]) -> Vec<f32> {
    let mut out = vec![0.0f32; n * n];
    out.par_chunks_mut(n).enumerate().for_each(|(y, row)| {
        for (k, &(cells, amplitude)) in octaves.iter().enumerate() {
            let seed = hash2(seed as u32 ^ (seed >> 32) as u32, k as i32, 77);
            octave_row(row, n, y, cells, amplitude, seed);
        }
    });
    out
}

fn octave_row(row: &mut [f32], n: usize, y: usize, cells: usize, amplitude: f32, seed: u32) {
    let span = n / cells;
    let (iy, v) = ((y / span) as i32, (y % span) as f32 / span as f32);
    let fade = |t: f32| t * t * t * (t * (t * 6.0 - 15.0) + 10.0);
    let (fv, period) = (fade(v), cells as i32);
    for (ix, part) in row.chunks_mut(span).enumerate() {
        let ix = ix as i32;
        let g00 = gradient(seed, ix, iy, period);
        let g10 = gradient(seed, ix + 1, iy, period);
        let g01 = gradient(seed, ix, iy + 1, period);
        let g11 = gradient(seed, ix + 1, iy + 1, period);
        for (k, out) in part.iter_mut().enumerate() {
            let u = k as f32 / span as f32;
            let fu = fade(u);
            let a = g00[0] * u + g00[1] * v;
            let b = g10[0] * (u - 1.0) + g10[1] * v;
            let c = g01[0] * u + g01[1] * (v - 1.0);
            let d = g11[0] * (u - 1.0) + g11[1] * (v - 1.0);
            let (top, bottom) = (a + (b - a) * fu, c + (d - c) * fu);
            *out += amplitude * (top + (bottom - top) * fv);
        }
    }
}

/// Fields that every world shares, each shifting them its own way: making them once is what keeps a new world cheap.
pub(super) struct Shared {
    /// [`SHARED_N`] squared; wide variation of colour, and patches.
    pub broad: Vec<f32>,
    pub patch: Vec<f32>,
    /// [`SHARED_N`] / 2 squared: clouds.
    pub clouds: Vec<f32>,
    /// Rows of [`SHARED_N`] samples: outlines of mountains.
    pub ridges: Vec<f32>,
    pub volume: Volume,
}

/// Side of the shared fields in samples.
pub(super) const SHARED_N: usize = 1024;

pub(super) fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        let n = SHARED_N;
        let broad = [(16, 1.0), (32, 0.6), (64, 0.4), (128, 0.3), (256, 0.25), (512, 0.2)];
        let patch = [(32, 1.0), (64, 0.7), (128, 0.5), (256, 0.35), (512, 0.25)];
        let clouds = [(4, 1.0), (8, 0.55), (16, 0.3), (32, 0.16), (64, 0.09), (128, 0.04)];
        let ridges = [(8, 1.0), (16, 0.6), (32, 0.4), (64, 0.2), (128, 0.12), (256, 0.06)];
        Shared {
            broad: field(n, 0x6272_6f61, &broad),
            patch: field(n, 0x7061_7463, &patch),
            clouds: field(n / 2, 0x636c_6f75, &clouds),
            ridges: field(n, 0x7269_6467, &ridges),
            volume: Volume::new(0x766f_6c75),
        }
    })
}

/// Bilinear look-up in a periodic `n` x `n` field; `u` and `v` in samples, sample (0, 0) at the origin.
#[inline(always)]
pub(super) fn bilinear(field: &[f32], n: usize, u: f32, v: f32) -> f32 {
    let (iu, iv) = (floor_i(u), floor_i(v));
    let (fu, fv) = (u - iu as f32, v - iv as f32);
    let mask = n - 1;
    let (x0, y0) = (iu as usize & mask, iv as usize & mask);
    let (x1, y1) = ((x0 + 1) & mask, (y0 + 1) & mask);
    let a = field[y0 * n + x0];
    let b = field[y0 * n + x1];
    let c = field[y1 * n + x0];
    let d = field[y1 * n + x1];
    let (top, bottom) = (a + (b - a) * fu, c + (d - c) * fu);
    top + (bottom - top) * fv
}

/// Periodic 32^3 volume of value noise in [0, 1], one lattice point a unit.
pub(super) struct Volume(Vec<u8>);

impl Volume {
    const N: usize = 32;

    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed, 0x766f_6c75);
        Self((0..Self::N.pow(3)).map(|_| (rng.next() >> 56) as u8).collect())
    }

    #[inline]
    pub fn at(&self, x: f32, y: f32, z: f32) -> f32 {
        let (ix, iy, iz) = (floor_i(x), floor_i(y), floor_i(z));
        let ease = |t: f32| t * t * (3.0 - 2.0 * t);
        let (fx, fy, fz) = (ease(x - ix as f32), ease(y - iy as f32), ease(z - iz as f32));
        let index = |x: i32, y: i32, z: i32| ((x & 31) + ((y & 31) << 5) + ((z & 31) << 10)) as usize & 0x7fff;
        let get = |dx, dy, dz| f32::from(self.0[index(ix + dx, iy + dy, iz + dz)]);
        let line = |dy, dz| {
            let a = get(0, dy, dz);
            a + (get(1, dy, dz) - a) * fx
        };
        let plane = |dz| {
            let a = line(0, dz);
            a + (line(1, dz) - a) * fy
        };
        let a = plane(0);
        (a + (plane(1) - a) * fz) * (1.0 / 255.0)
    }
}

/// A periodic square texture of four channels in 16 bits with all its mip levels.
pub(super) struct Tile {
    levels: Vec<(usize, Vec<[u16; 4]>)>,
}

impl Tile {
    /// Stored value of 1.0; values reach just below 4.
    pub const ONE: f32 = 16384.0;

    pub fn pack(v: [f32; 4]) -> [u16; 4] {
        v.map(|c| floor_i(lesser(larger(c * Self::ONE + 0.5, 0.0), 65535.0)) as u16)
    }

    /// Builds the mip levels over `base`, `n` x `n` texels (`n` a power of two).
    pub fn new(n: usize, base: Vec<[u16; 4]>) -> Self {
        let mut levels = vec![(n, base)];
        let mut size = n;
        while size > 1 {
            let half = size / 2;
            let above = &levels[levels.len() - 1].1;
            let mut next = vec![[0u16; 4]; half * half];
            next.par_chunks_mut(half).enumerate().for_each(|(y, row)| {
                for (x, out) in row.iter_mut().enumerate() {
                    let i = 2 * y * size + 2 * x;
                    for (c, o) in out.iter_mut().enumerate() {
                        let sum = u32::from(above[i][c])
                            + u32::from(above[i + 1][c])
                            + u32::from(above[i + size][c])
                            + u32::from(above[i + size + 1][c]);
                        *o = ((sum + 2) / 4) as u16;
                    }
                }
            });
            levels.push((half, next));
            size = half;
        }
        Self { levels }
    }

    /// Trilinear look-up at (`u`, `v`) in periods; `lod` 0 is the finest level.
    #[inline]
    pub fn sample(&self, u: f32, v: f32, lod: f32) -> [f32; 4] {
        let (u, v) = (fract(u), fract(v));
        let lod = lesser(larger(lod, 0.0), (self.levels.len() - 1) as f32 - 0.001);
        let level = floor_i(lod) as usize;
        let f = lod - level as f32;
        let a = self.level(level, u, v);
        if f < 0.02 {
            return a;
        }
        let b = self.level(level + 1, u, v);
        std::array::from_fn(|c| a[c] + (b[c] - a[c]) * f)
    }

    #[inline(always)]
    fn level(&self, level: usize, u: f32, v: f32) -> [f32; 4] {
        let (n, texels) = &self.levels[level];
        let n = *n;
        let (x, y) = (u * n as f32 - 0.5, v * n as f32 - 0.5);
        let (ix, iy) = (floor_i(x), floor_i(y));
        let (fx, fy) = (x - ix as f32, y - iy as f32);
        let mask = n - 1;
        let (x0, y0) = (ix as usize & mask, iy as usize & mask);
        let (x1, y1) = ((x0 + 1) & mask, (y0 + 1) & mask);
        let w = [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy];
        let t = [
            texels[y0 * n + x0],
            texels[y0 * n + x1],
            texels[y1 * n + x0],
            texels[y1 * n + x1],
        ];
        std::array::from_fn(|c| {
            (w[0] * f32::from(t[0][c])
                + w[1] * f32::from(t[1][c])
                + w[2] * f32::from(t[2][c])
                + w[3] * f32::from(t[3][c]))
                * (1.0 / Self::ONE)
        })
    }
}

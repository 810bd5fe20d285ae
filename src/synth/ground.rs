//! The ground's colour with all its light baked in: albedo, sun, cast shadows, sky. One mip-mapped map a world.

use std::sync::OnceLock;

use rayon::prelude::*;

use super::attributes::Attributes;
use super::flora::Flora;
use super::lighting::Lighting;
use super::math::{V3, floor_i, mix, smoothstep, v3};
use super::noise::{Rng, SHARED_N, Tile, bilinear, field, shared};

use super::palette::{Soil, soil};
use super::terrain::{N, SIZE_M, TEXEL_M, Terrain};

// The shared fields lie over the ground sample by sample.
const _: () = assert!(SHARED_N == N);

/// Longest cast shadow.
const SHADOW_M: f32 = 50.0;

pub(super) struct Ground {
    /// Radiance, and in the fourth channel how much fine structure shows.
    map: Tile,
    /// Fine structure: grain, ripple, and two kinds of speck.
    detail: &'static Tile,
    soil: Soil,
}

const DETAIL_M: f32 = 5.0;
const DETAIL_N: usize = 512;

impl Ground {
    /// Bakes the ground and tells every object of `flora` how much sun it gets.
    pub fn new(seed: u64, attributes: &Attributes, terrain: &Terrain, flora: &mut Flora, light: &Lighting) -> Self {
        let soil = soil(attributes.biome);
        let hills = hill_shadow(terrain, light);
        for o in &mut flora.objects {
            let edge = bilinear(&hills, N, o.x / TEXEL_M, o.z / TEXEL_M);
            o.lit = smoothstep(edge - 2.0, edge + 2.0, mix(o.bottom_m, o.top_m, 0.6));
        }
        let (cast, closeness) = object_shadow(terrain, flora, light);
        let mut rng = Rng::new(seed, 8);
        let (shift_x, shift_z) = (rng.below(N), rng.below(N));
        let mut base = vec![[0u16; 4]; N * N];
        base.par_chunks_mut(N).enumerate().for_each(|(iz, row)| {
            for (ix, texel) in row.iter_mut().enumerate() {
                let i = iz * N + ix;
                let j = ((iz + shift_z) & (N - 1)) * N + ((ix + shift_x) & (N - 1));
                let (x, z) = (ix as f32 * TEXEL_M, iz as f32 * TEXEL_M);
                let h = terrain.sample_m(ix, iz);
                let n = sample_normal(terrain, ix, iz);
                let (colour, detail) = albedo(&soil, terrain, x, z, h, n.y, shared().broad[j], shared().patch[j]);
                let lit = cast[i] * smoothstep(-1.2, 1.2, h + 0.4 - hills[i]);
                let sky = 1.0 - 0.55 * closeness[i];
                let sun = light.sun * (n.dot(light.sun_dir).max(0.0) * lit);
                let ambient = light.ground_light.lerp(light.sky_light, 0.5 + 0.5 * n.y) * sky;
                let c = colour.times(sun + ambient);
                *texel = Tile::pack([c.x, c.y, c.z, detail]);
            }
        });
        Self { map: Tile::new(N, base), detail: detail_tile(), soil }
    }

    /// Radiance at (x, z) for a pixel that covers `footprint_m` of ground.
    #[inline]
    pub fn colour(&self, x: f32, z: f32, footprint_m: f32) -> V3 {
        let lod = super::math::log2_rough((footprint_m * (1.0 / TEXEL_M)).max(1.0));
        let m = self.map.sample((x + 0.5 * TEXEL_M) * (1.0 / SIZE_M), (z + 0.5 * TEXEL_M) * (1.0 / SIZE_M), lod);
        let mut c = v3(m[0], m[1], m[2]);
        let texel = DETAIL_M / DETAIL_N as f32;
        let lod = super::math::log2_rough((footprint_m * (1.0 / texel)).max(1.0));
        if m[3] > 0.01 && lod < 8.0 {
            let d = self.detail.sample(x * (1.0 / DETAIL_M), z * (1.0 / DETAIL_M), lod);
            let wide = 0.31 / DETAIL_M;
            let e = self.detail.sample(x * wide + z * 0.11 * wide, z * wide - x * 0.11 * wide, lod - 1.7);
            let grain = self.soil.grain * ((d[0] - 0.5) * 1.1 + (e[0] - 0.5) * 0.9);
            let ripple = self.soil.ripple * (e[1] - 0.5 + 0.4 * (d[1] - 0.5));
            // Light carried by this place, for specks of another colour.
            let light = c.luminance();
            c = c * (1.0 + m[3] * (grain + ripple)).max(0.15);
            let patchy = smoothstep(0.42, 0.62, e[0]) * self.soil.speck_share * m[3];
            for (speck, share) in self.soil.specks.iter().zip([d[2], d[3]]) {
                let tint = *speck * (light / self.soil.high.luminance());
                c = c.lerp(tint, (share * patchy).min(1.0));
            }
        }
        c
    }
}

fn sample_normal(t: &Terrain, ix: usize, iz: usize) -> V3 {
    let dx = t.sample_m(ix + 1, iz) - t.sample_m(ix + N - 1, iz);
    let dz = t.sample_m(ix, iz + 1) - t.sample_m(ix, iz + N - 1);
    v3(-dx, 2.0 * TEXEL_M, -dz).unit()
}

#[expect(clippy::too_many_arguments, reason = "One texel's worth of inputs, used in one place.")]
fn albedo(soil: &Soil, t: &Terrain, x: f32, z: f32, h: f32, up: f32, broad: f32, patch: f32) -> (V3, f32) {
    let mut c = soil.low.lerp(soil.high, (0.5 + 0.9 * broad).clamp(0.0, 1.0));
    c = c.lerp(soil.patch, smoothstep(0.05, 0.45, patch) * soil.patches);
    c = c * (1.0 + 0.22 * patch);
    let mut detail = 1.0;
    let steep = smoothstep(0.90, 0.82, up + 0.05 * broad);
    c = c.lerp(soil.rock * (1.0 + 0.5 * patch), steep);
    detail = mix(detail, 0.6, steep);
    let way = t.path_distance_m(x, z) + 0.9 * patch;
    let trodden = smoothstep(1.75, 0.9, way);
    c = c.lerp(soil.path * (1.0 + 0.35 * broad), trodden);
    detail = mix(detail, 0.45, trodden);
    let shore = smoothstep(1.1, 0.25, h - t.water_m + 0.35 * patch);
    c = c.lerp(soil.shore, shore);
    detail = mix(detail, 0.35, shore);
    let under = smoothstep(0.0, -0.4, h - t.water_m);
    (c * (1.0 - 0.5 * under), detail * (1.0 - under))
}

/// For every sample, the height below which hills keep the sun away.
fn hill_shadow(terrain: &Terrain, light: &Lighting) -> Vec<f32> {
    let l = light.sun_dir;
    let along_x = l.x.abs() > l.z.abs();
    let (major, minor) = if along_x { (l.x, l.z) } else { (l.z, l.x) };
    let drop = l.y / major.abs().max(1e-3) * TEXEL_M;
    let shift = minor / major.abs().max(1e-3);
    let at = |m: usize, k: usize| if along_x { k * N + m } else { m * N + k };
    let height = |m: usize, k: usize| {
        if along_x { terrain.sample_m(m, k) } else { terrain.sample_m(k, m) }
    };
    let mut edge = vec![f32::MIN; N * N];
    let mut before: Vec<f32> = (0..N).map(|k| height(0, k)).collect();
    // Twice round the periodic world, away from the sun.
    for step in 0..2 * N {
        let m = if major > 0.0 { (2 * N - step) % N } else { step % N };
        let mut now = vec![0.0; N];
        for (k, out) in now.iter_mut().enumerate() {
            let from = k as f32 + shift;
            let i = floor_i(from);
            let f = from - i as f32;
            let cast = mix(before[i as usize & (N - 1)], before[(i + 1) as usize & (N - 1)], f) - drop;
            edge[at(m, k)] = cast;
            *out = cast.max(height(m, k));
        }
        before = now;
    }
    edge
}

/// Sun that objects leave to the ground (1 all), and how closely objects stand above it (0 open).
fn object_shadow(terrain: &Terrain, flora: &Flora, light: &Lighting) -> (Vec<f32>, Vec<f32>) {
    let (mut cast, mut close) = (vec![1.0f32; N * N], vec![0.0f32; N * N]);
    let l = light.sun_dir;
    let flat = (l.x * l.x + l.z * l.z).sqrt().max(1e-4);
    for o in &flora.objects {
        let ground = terrain.height_m(o.x, o.z);
        let length = ((o.top_m - ground + 2.0) * flat / l.y).min(SHADOW_M);
        let (ex, ez) = (-l.x / flat * length, -l.z / flat * length);
        let r = o.reach_m * 1.15 + 0.5;
        let span = |a: f32, e: f32| {
            (floor_i((a + e.min(0.0) - r) / TEXEL_M), floor_i((a + e.max(0.0) + r) / TEXEL_M) + 1)
        };
        let ((x0, x1), (z0, z1)) = (span(o.x, ex), span(o.z, ez));
        let shapes = &flora.shapes[o.first as usize..(o.first + o.count) as usize];
        for iz in z0..=z1 {
            // Of the row, what lies within `r` of the shadow's middle line.
            let dz = iz as f32 * TEXEL_M - o.z;
            let (mut lo, mut hi) = (x0, x1);
            if l.z.abs() > 0.05 {
                let (a, b) = ((dz * l.x - r * flat) / l.z, (dz * l.x + r * flat) / l.z);
                lo = lo.max(floor_i((o.x + a.min(b)) / TEXEL_M));
                hi = hi.min(floor_i((o.x + a.max(b)) / TEXEL_M) + 1);
            }
            for ix in lo..=hi {
                let dx = ix as f32 * TEXEL_M - o.x;
                // Distance from the shadow's middle line.
                let s = -(dx * l.x + dz * l.z) / flat;
                let across = (dx * l.z - dz * l.x) / flat;
                if across.abs() > r || s < -r || s > length + r {
                    continue;
                }
                let i = (iz as usize & (N - 1)) * N + (ix as usize & (N - 1));
                let h = terrain.sample_m(ix as usize & (N - 1), iz as usize & (N - 1));
                let p = v3(dx, h + 0.05, dz);
                let mut open = 1.0f32;
                for shape in shapes {
                    open = open.min(1.0 - shape.form.shade(p, l));
                }
                let fade = smoothstep(SHADOW_M, 0.5 * SHADOW_M, s);
                cast[i] = cast[i].min(1.0 - (1.0 - open) * 0.93 * fade);
                let d2 = (dx * dx + dz * dz) / (r * r);
                close[i] = close[i].max(smoothstep(1.0, 0.0, d2));
            }
        }
    }
    (cast, close)
}

fn detail_tile() -> &'static Tile {
    static TILE: OnceLock<Tile> = OnceLock::new();
    TILE.get_or_init(make_detail)
}

fn make_detail() -> Tile {
    let seed = 0x6465_7461;
    let n = DETAIL_N;
    let grain = field(n, seed ^ 0x6772_6169, &[(16, 0.25), (32, 0.35), (64, 0.5), (128, 0.6), (256, 0.6)]);
    let warp = field(n, seed ^ 0x7761_7270, &[(4, 1.0), (8, 0.6), (16, 0.25)]);
    let mut rng = Rng::new(seed, 6);
    let mut specks = [vec![0.0f32; n * n], vec![0.0f32; n * n]];
    for map in &mut specks {
        for _ in 0..260 {
            let (cx, cz, r) = (rng.below(n) as i32, rng.below(n) as i32, rng.range(1.6, 4.2));
            let reach = r as i32 + 1;
            for dz in -reach..=reach {
                for dx in -reach..=reach {
                    let d = ((dx * dx + dz * dz) as f32).sqrt();
                    let i = ((cz + dz) as usize & (n - 1)) * n + ((cx + dx) as usize & (n - 1));
                    map[i] = map[i].max(smoothstep(r + 0.5, r - 0.7, d));
                }
            }
        }
    }
    let texels = (0..n * n)
        .map(|i| {
            let (x, y) = (i % n, i / n);
            let phase = std::f32::consts::TAU * (12.0 * y as f32 / n as f32 + 3.0 * x as f32 / n as f32)
                + 5.0 * warp[i];
            let ripple = 0.5 + 0.5 * libm::sinf(phase);
            Tile::pack([(0.5 + grain[i]).clamp(0.0, 1.0), ripple, specks[0][i], specks[1][i]])
        })
        .collect();
    Tile::new(n, texels)
}

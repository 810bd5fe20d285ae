//! The ground's colour with all its light baked in: albedo, sun, cast shadows, sky. One mip-mapped map a world.

use std::sync::OnceLock;

use rayon::prelude::*;

use super::attributes::Attributes;
use super::flora::Flora;
use super::lighting::Lighting;
use super::math::{V3, floor_i, larger, mix, saturate, smoothstep, v3};
use super::noise::{Rng, SHARED_N, Tile, bilinear, field, shared};

use super::palette::{Soil, soil};
use super::shape::{Form, Object};
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
        let shared = shared();
        let (shift_x, shift_z) = (rng.below(N), rng.below(N));
        let mut base = vec![[0u16; 4]; N * N];
        base.par_chunks_mut(N).enumerate().for_each(|(iz, row)| {
            for (ix, texel) in row.iter_mut().enumerate() {
                let i = iz * N + ix;
                let j = ((iz + shift_z) & (N - 1)) * N + ((ix + shift_x) & (N - 1));
                let (x, z) = (ix as f32 * TEXEL_M, iz as f32 * TEXEL_M);
                let h = terrain.sample_m(ix, iz);
                let n = sample_normal(terrain, ix, iz);
                let (colour, detail) = albedo(&soil, terrain, x, z, h, n.y, shared.broad[j], shared.patch[j]);
                let lit = cast[i] * smoothstep(-1.2, 1.2, h + 0.4 - hills[i]);
                let sky = 1.0 - 0.55 * closeness[i];
                let sun = light.sun * (larger(n.dot(light.sun_dir), 0.0) * lit);
                let ambient = light.ground_light.lerp(light.sky_light, 0.5 + 0.5 * n.y) * sky;
                let c = colour.times(sun + ambient);
                *texel = Tile::pack([c.x, c.y, c.z, detail]);
            }
        });
        Self {
            map: Tile::new(N, base),
            detail: detail_tile(),
            soil,
        }
    }

    /// Radiance at (x, z) for a pixel that covers `footprint_m` of ground.
    #[inline]
    pub fn colour(&self, x: f32, z: f32, footprint_m: f32) -> V3 {
        let lod = super::math::log2_rough((footprint_m * (1.0 / TEXEL_M)).max(1.0));
        let m = self.map.sample(
            (x + 0.5 * TEXEL_M) * (1.0 / SIZE_M),
            (z + 0.5 * TEXEL_M) * (1.0 / SIZE_M),
            lod,
        );
        let mut c = v3(m[0], m[1], m[2]);
        let texel = DETAIL_M / DETAIL_N as f32;
        let lod = super::math::log2_rough((footprint_m * (1.0 / texel)).max(1.0));
        if m[3] > 0.01 && lod < 8.0 {
            let d = self.detail.sample(x * (1.0 / DETAIL_M), z * (1.0 / DETAIL_M), lod);
            let wide = 0.31 / DETAIL_M;
            let e = self
                .detail
                .sample(x * wide + z * 0.11 * wide, z * wide - x * 0.11 * wide, lod - 1.7);
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

#[expect(
    clippy::too_many_arguments,
    reason = "One texel's worth of inputs, used in one place."
)]
fn albedo(soil: &Soil, t: &Terrain, x: f32, z: f32, h: f32, up: f32, broad: f32, patch: f32) -> (V3, f32) {
    let mut c = soil.low.lerp(soil.high, saturate(0.5 + 0.9 * broad));
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
    // Rows run across the direction in which shadows fall.
    let turned;
    let heights = if along_x {
        turned = transposed(terrain.samples_m());
        &turned
    } else {
        terrain.samples_m()
    };
    let skip = floor_i(shift);
    let part = shift - skip as f32;
    let mut edge = vec![f32::MIN; N * N];
    let mut now = vec![0.0; N];
    let mut before = heights[..N].to_vec();
    // Once round the periodic world, away from the sun, after a run-up that the longest shadows need.
    for step in 0..N + 320 {
        let m = if major > 0.0 {
            (2 * N - step) & (N - 1)
        } else {
            step & (N - 1)
        };
        let (row, from) = (m * N..(m + 1) * N, skip as usize);
        for (k, (out, (edge, height))) in now
            .iter_mut()
            .zip(edge[row.clone()].iter_mut().zip(&heights[row]))
            .enumerate()
        {
            let i = k.wrapping_add(from) & (N - 1);
            let cast = mix(before[i], before[(i + 1) & (N - 1)], part) - drop;
            *edge = cast;
            *out = larger(cast, *height);
        }
        std::mem::swap(&mut before, &mut now);
    }
    if along_x { transposed(&edge) } else { edge }
}

fn transposed(field: &[f32]) -> Vec<f32> {
    const BLOCK: usize = 16;
    let mut out = vec![0.0; N * N];
    for by in (0..N).step_by(BLOCK) {
        for bx in (0..N).step_by(BLOCK) {
            for y in by..by + BLOCK {
                for x in bx..bx + BLOCK {
                    out[x * N + y] = field[y * N + x];
                }
            }
        }
    }
    out
}

/// Sun that objects leave to the ground (1 all), and how closely objects stand above it (0 open).
fn object_shadow(terrain: &Terrain, flora: &Flora, light: &Lighting) -> (Vec<f32>, Vec<f32>) {
    let (mut cast, mut close) = (vec![1.0f32; N * N], vec![0.0f32; N * N]);
    for o in &flora.objects {
        let r = o.reach_m * 1.15 + 0.5;
        for_texels((o.x, o.z), (0.0, 0.0), r, |i, dx, dz| {
            close[i] = close[i].max(smoothstep(1.0, 0.0, (dx * dx + dz * dz) / (r * r)));
        });
        let foot_m = terrain.height_m(o.x, o.z);
        for shape in &flora.shapes[o.first as usize..(o.first + o.count) as usize] {
            cast_shadow(&mut cast, terrain, o, &shape.form, foot_m, light.sun_dir);
        }
    }
    (cast, close)
}

fn cast_shadow(cast: &mut [f32], terrain: &Terrain, o: &Object, form: &Form, foot_m: f32, l: V3) {
    let flat = (l.x * l.x + l.z * l.z).sqrt().max(1e-4);
    let b = form.bounds();
    let r = b.reach_m * 1.15 + 0.4;
    // How far down-sun the shadow begins and ends, the ground being a little higher or lower there.
    let reach = |y: f32, slack: f32| ((y + slack - foot_m) * flat / l.y).clamp(0.0, SHADOW_M);
    let far = reach(b.top_m, 1.5 + 0.12 * (b.top_m - foot_m) * flat / l.y) + r;
    let near = reach(b.bottom_m, -1.5 - 0.12 * (b.bottom_m - foot_m).max(0.0) * flat / l.y) - r;
    let (ux, uz) = (-l.x / flat, -l.z / flat);
    let from = (o.x + b.x + ux * near, o.z + b.z + uz * near);
    let along = (ux * (far - near), uz * (far - near));
    for_texels(from, along, r, |i, dx, dz| {
        if cast[i] < 0.14 {
            return;
        }
        let p = v3(
            dx + b.x + ux * near,
            terrain.sample_flat_m(i) + 0.05,
            dz + b.z + uz * near,
        );
        let s = p.x * ux + p.z * uz;
        let fade = smoothstep(SHADOW_M, 0.5 * SHADOW_M, s);
        cast[i] = cast[i].min(1.0 - form.shade(p, l) * 0.9 * fade);
    });
}

/// Calls `f(index, dx, dz)` for the map's samples within about `r` of the line from `from` along `along`; `dx` and `dz`
/// are relative to `from`.
fn for_texels(from: (f32, f32), along: (f32, f32), r: f32, mut f: impl FnMut(usize, f32, f32)) {
    let length = (along.0 * along.0 + along.1 * along.1).sqrt();
    let (ux, uz) = if length > 1e-3 {
        (along.0 / length, along.1 / length)
    } else {
        (0.0, 0.0)
    };
    let span = |a: f32, e: f32| {
        (
            floor_i((a + e.min(0.0) - r) / TEXEL_M) + 1,
            floor_i((a + e.max(0.0) + r) / TEXEL_M),
        )
    };
    let ((x0, x1), (z0, z1)) = (span(from.0, along.0), span(from.1, along.1));
    for iz in z0..=z1 {
        let dz = iz as f32 * TEXEL_M - from.1;
        let (mut lo, mut hi) = (x0, x1);
        if uz.abs() > 0.05 {
            // |across| = |dx uz - dz ux| <= r.
            let (a, b) = ((dz * ux - r) / uz, (dz * ux + r) / uz);
            lo = lo.max(floor_i((from.0 + a.min(b)) / TEXEL_M) + 1);
            hi = hi.min(floor_i((from.0 + a.max(b)) / TEXEL_M));
        }
        let row = (iz as usize & (N - 1)) * N;
        for ix in lo..=hi {
            f(row + (ix as usize & (N - 1)), ix as f32 * TEXEL_M - from.0, dz);
        }
    }
}

fn detail_tile() -> &'static Tile {
    static TILE: OnceLock<Tile> = OnceLock::new();
    TILE.get_or_init(make_detail)
}

fn make_detail() -> Tile {
    let seed = 0x6465_7461;
    let n = DETAIL_N;
    let grain = field(
        n,
        seed ^ 0x6772_6169,
        &[(16, 0.25), (32, 0.35), (64, 0.5), (128, 0.6), (256, 0.6)],
    );
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
            let phase =
                std::f32::consts::TAU * (12.0 * y as f32 / n as f32 + 3.0 * x as f32 / n as f32) + 5.0 * warp[i];
            let ripple = 0.5 + 0.5 * libm::sinf(phase);
            Tile::pack([(0.5 + grain[i]).clamp(0.0, 1.0), ripple, specks[0][i], specks[1][i]])
        })
        .collect();
    Tile::new(n, texels)
}

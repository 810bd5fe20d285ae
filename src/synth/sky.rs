//! The sky as a panorama baked once a world: gradient, sun, clouds, stars and far mountains.

use rayon::prelude::*;

use super::attributes::{Attributes, Biome, Weather};
use super::lighting::Lighting;
use super::math::{V3, angle_turns, floor_i, mix, smoothstep, v3};
use super::noise::{Rng, SHARED_N, Tile, bilinear, shared};

const WIDTH: usize = 1024;
const ROWS: usize = 224;
/// Sine of the lowest elevation that the panorama holds.
const LOWEST: f32 = -0.05;

pub(super) struct Sky {
    texels: Vec<[u16; 4]>,
}

impl Sky {
    pub fn new(seed: u64, attributes: &Attributes, light: &Lighting) -> Self {
        let painter = Painter::new(seed, attributes, light);
        let mut texels = vec![[0u16; 4]; WIDTH * ROWS];
        let round: Vec<(f32, f32)> = (0..WIDTH)
            .map(|column| std::f32::consts::TAU * column as f32 / WIDTH as f32)
            .map(|a| (libm::cosf(a), libm::sinf(a)))
            .collect();
        texels.par_chunks_mut(WIDTH).enumerate().for_each(|(row, out)| {
            let v = row as f32 / (ROWS - 1) as f32;
            let up = LOWEST + v * v * (1.0 - LOWEST);
            let flat = (1.0 - up * up).max(0.0).sqrt();
            for (column, texel) in out.iter_mut().enumerate() {
                let (cos, sin) = round[column];
                let dir = v3(cos * flat, up, sin * flat);
                let c = painter.colour(dir, column as f32 / WIDTH as f32);
                *texel = Tile::pack([c.x, c.y, c.z, 0.0]);
            }
        });
        let mut sky = Self { texels };
        sky.scatter_stars(seed, light);
        sky
    }

    /// Colour towards the unit direction `dir`.
    #[inline]
    pub fn colour(&self, dir: V3) -> V3 {
        let up = ((dir.y - LOWEST) * (1.0 / (1.0 - LOWEST))).clamp(0.0, 1.0);
        let v = up.sqrt() * (ROWS - 1) as f32;
        let u = angle_turns(dir.x, dir.z) * WIDTH as f32;
        let (iu, iv) = (floor_i(u), floor_i(v).min(ROWS as i32 - 2));
        let (fu, fv) = (u - iu as f32, v - iv as f32);
        let x0 = iu as usize % WIDTH;
        let x1 = if x0 + 1 == WIDTH { 0 } else { x0 + 1 };
        let row = iv as usize * WIDTH;
        let t = [
            self.texels[row + x0],
            self.texels[row + x1],
            self.texels[row + WIDTH + x0],
            self.texels[row + WIDTH + x1],
        ];
        let w = [(1.0 - fu) * (1.0 - fv), fu * (1.0 - fv), (1.0 - fu) * fv, fu * fv];
        let c: [f32; 4] = std::array::from_fn(|c| {
            (w[0] * f32::from(t[0][c])
                + w[1] * f32::from(t[1][c])
                + w[2] * f32::from(t[2][c])
                + w[3] * f32::from(t[3][c]))
                * (1.0 / Tile::ONE)
        });
        v3(c[0], c[1], c[2])
    }

    fn scatter_stars(&mut self, seed: u64, light: &Lighting) {
        if light.stars <= 0.0 {
            return;
        }
        let mut rng = Rng::new(seed, 5);
        for _ in 0..900 {
            let x = rng.below(WIDTH);
            let up = 0.12 + 0.88 * rng.unit();
            let row = (((up - LOWEST) / (1.0 - LOWEST)).sqrt() * (ROWS - 1) as f32) as usize;
            let size = rng.unit();
            let bright = light.stars * (0.06 + 0.6 * size * size * size * size);
            let tint = v3(0.85 + 0.15 * rng.unit(), 0.92, 0.85 + 0.3 * rng.unit());
            let here = &mut self.texels[row.min(ROWS - 1) * WIDTH + x];
            // Clouds are brighter than the clear sky and hide stars.
            let hidden = smoothstep(0.035, 0.06, f32::from(here[1]) / Tile::ONE);
            for (c, add) in [tint.x, tint.y, tint.z].into_iter().enumerate() {
                let add = (add * bright * (1.0 - hidden) * Tile::ONE) as u16;
                here[c] = here[c].saturating_add(add);
            }
        }
    }
}

struct Painter<'a> {
    light: &'a Lighting,
    clouds: &'static [f32],
    /// This world's place in the shared clouds.
    shift: (f32, f32),
    ridges: Option<[Vec<f32>; 2]>,
    rock: V3,
    snow_line: f32,
    misty: bool,
}

const CLOUDS: usize = SHARED_N / 2;

impl<'a> Painter<'a> {
    fn new(seed: u64, attributes: &Attributes, light: &'a Lighting) -> Self {
        let mut rng = Rng::new(seed, 7);
        let shift = (rng.range(0.0, CLOUDS as f32), rng.range(0.0, CLOUDS as f32));
        let ridges = attributes.mountains.then(|| {
            [0.115, 0.070].map(|height| {
                let row = rng.below(SHARED_N) * SHARED_N;
                let line = &shared().ridges[row..row + SHARED_N];
                line.iter().map(|h| height * (1.0 + 1.3 * h - 0.6 * h.abs())).collect()
            })
        });
        let (rock, snow_line) = match attributes.biome {
            Biome::Desert => (v3(0.42, 0.24, 0.15), 1.0),
            Biome::Savanna => (v3(0.30, 0.24, 0.17), 1.0),
            Biome::Snow => (v3(0.55, 0.58, 0.63), 0.02),
            Biome::Autumn => (v3(0.22, 0.19, 0.17), 0.115),
            _ => (v3(0.17, 0.20, 0.20), 0.100),
        };
        let misty = attributes.weather == Weather::Mist;
        Self {
            light,
            clouds: &shared().clouds,
            shift,
            ridges,
            rock,
            snow_line,
            misty,
        }
    }

    fn colour(&self, dir: V3, turn: f32) -> V3 {
        let l = self.light;
        let up = dir.y.max(0.0);
        let haze = l.haze(dir);
        let climb = 1.0 - (1.0 - up) * (1.0 - up) * (1.0 - up);
        let mut c = haze.lerp(l.zenith, smoothstep(0.0, 1.0, climb.sqrt() * 0.5 + climb * 0.5));
        let facing = dir.dot(l.sun_dir).max(0.0);
        let f4 = facing * facing * facing * facing;
        let f32_ = f4 * f4 * f4 * f4 * f4 * f4 * f4 * f4;
        c = c + l.glow * (0.25 * f4 + 0.5 * f32_);
        let disc = smoothstep(0.99945, 0.99975, facing);
        let halo = smoothstep(0.985, 1.0, facing);
        c = c + l.disc * (disc + 0.12 * halo * halo);
        c = self.add_clouds(c, haze, dir, facing);
        self.add_ridges(c, haze, dir, turn)
    }

    fn add_clouds(&self, c: V3, haze: V3, dir: V3, facing: f32) -> V3 {
        if dir.y < 0.02 {
            return c;
        }
        let l = self.light;
        // A plane of clouds; its curvature keeps the pattern from shrinking to nothing at the horizon.
        let s = 150.0 / (dir.y + 0.12);
        let at = |x: f32, z: f32| bilinear(self.clouds, CLOUDS, x + self.shift.0, z + self.shift.1);
        let (x, z) = (dir.x * s * 0.32, dir.z * s * 0.32);
        let n = at(x, z) * 0.75 + 0.35 * at(x * 2.7 + 91.0, z * 2.7 + 13.0);
        let edge = mix(0.62, -0.75, l.cloud_cover);
        let cover = smoothstep(edge, edge + 0.5, n);
        // Light comes from the sun's side: thinner cloud on that side is brighter.
        let n2 = at(x + l.sun_dir.x * 7.0, z + l.sun_dir.z * 7.0) * 0.75;
        let lit = (0.55 + 0.9 * (n * 0.72 - n2) - 0.25 * (n - edge - 0.3)).clamp(0.0, 1.0);
        let f8 = facing * facing * facing * facing;
        let cloud = l.cloud_dark.lerp(l.cloud_lit, lit) + l.glow * (0.35 * f8 * f8);
        let fade = smoothstep(0.02, 0.22, dir.y);
        c.lerp(haze.lerp(cloud, 0.25 + 0.75 * fade), cover * fade * 0.94)
    }

    fn add_ridges(&self, mut c: V3, haze: V3, dir: V3, turn: f32) -> V3 {
        let Some(ridges) = &self.ridges else {
            let below = smoothstep(0.03, -0.005, dir.y);
            return c.lerp(haze, below);
        };
        for (k, ridge) in ridges.iter().enumerate() {
            let u = turn * 1024.0;
            let i = floor_i(u);
            let at = |i: i32| ridge[(i & 1023) as usize];
            let top = mix(at(i), at(i + 1), u - i as f32);
            // Spurs run down aslant from the crest.
            let j = i + floor_i((top - dir.y) * 300.0);
            let slope = (at(j + 3) - at(j - 3)) * 40.0;
            let inside = smoothstep(0.0016, -0.0016, dir.y - top);
            let veil = if self.misty { 0.93 } else { [0.62, 0.46][k] };
            let side = self.light.sun_dir.x * -dir.z + self.light.sun_dir.z * dir.x;
            let lit = (0.5 + slope * side).clamp(0.0, 1.0);
            let wiggle = 0.012 * at((u * 3.0) as i32) / ridge[0].abs().max(0.01);
            let snow = smoothstep(
                self.snow_line,
                self.snow_line + 0.012,
                dir.y + wiggle.clamp(-0.01, 0.01),
            );
            let rock = self.rock.lerp(v3(0.85, 0.87, 0.92), snow);
            let colour = rock.times(self.light.sun * (0.35 * lit) + self.light.sky_light * 0.7);
            // Their feet drown in the haze.
            let foot = smoothstep(0.05, 0.0, dir.y);
            c = c.lerp(colour.lerp(haze, veil + (1.0 - veil) * foot), inside);
        }
        c.lerp(haze, smoothstep(0.004, -0.004, dir.y))
    }
}

//! Sets the world's objects: trees, bushes, rocks and huts, each a stable function of the seed.

use super::attributes::{Attributes, Biome};
use super::math::{V3, mix, smoothstep, v3};
use super::noise::{Rng, bilinear, field};
use super::palette::{Growth, Plant, growth};
use super::shape::{Form, Material, Object, Shape};
use super::terrain::{SIZE_M, Terrain};

pub(super) struct Flora {
    pub objects: Vec<Object>,
    pub shapes: Vec<Shape>,
}

/// Tree slots a side; one slot is about 6 m.
const SLOTS: usize = 85;
const GROVES: usize = 64;

struct Planter<'a> {
    terrain: &'a Terrain,
    growth: Growth,
    out: Flora,
}

impl Flora {
    /// What grows and stands in the land of `attributes`, in the colours and under the snow of the biome `look`.
    pub fn new(seed: u64, attributes: &Attributes, look: Biome, terrain: &Terrain) -> Self {
        let dress = growth(look);
        let mut p = Planter {
            terrain,
            growth: Growth {
                leaf: dress.leaf,
                needle: dress.needle,
                bush_colour: dress.bush_colour,
                snow: dress.snow,
                ..growth(attributes.biome)
            },
            out: Self {
                objects: Vec::new(),
                shapes: Vec::new(),
            },
        };
        if attributes.huts {
            p.huts(seed, attributes.path);
        }
        let huts: Vec<(f32, f32)> = p.out.objects.iter().map(|o| (o.x, o.z)).collect();
        let groves = field(GROVES, seed ^ 0x6772_6f76, &[(4, 1.0), (8, 0.7), (16, 0.4)]);
        let pitch = SIZE_M / SLOTS as f32;
        for slot in 0..SLOTS * SLOTS {
            let mut rng = Rng::new(seed, 0x7472_0000 + slot as u64);
            let x = ((slot % SLOTS) as f32 + rng.range(0.12, 0.88)) * pitch;
            let z = ((slot / SLOTS) as f32 + rng.range(0.12, 0.88)) * pitch;
            let to_grove = GROVES as f32 / SIZE_M;
            let grove = smoothstep(-0.1, 0.35, bilinear(&groves, GROVES, x * to_grove, z * to_grove));
            let roll = rng.unit();
            let trees = mix(p.growth.open, p.growth.grove, grove);
            let (bushes, rocks) = (p.growth.bush * (0.5 + grove), p.growth.rock);
            if !p.free(x, z, &huts) {
                continue;
            }
            if roll < trees {
                if p.terrain.path_distance_m(x, z) > 3.4 {
                    p.tree(&mut rng, x, z);
                }
            } else if roll < trees + bushes {
                p.bush(&mut rng, x, z);
            } else if roll < trees + bushes + rocks {
                p.rock(&mut rng, x, z);
            }
        }
        p.out
    }
}

impl Planter<'_> {
    fn free(&self, x: f32, z: f32, huts: &[(f32, f32)]) -> bool {
        let clear = |&(hx, hz): &(f32, f32)| {
            let (dx, dz) = (x - hx, z - hz);
            dx * dx + dz * dz > 81.0
        };
        self.terrain.height_m(x, z) > self.terrain.water_m + 0.35
            && self.terrain.path_distance_m(x, z) > 2.0
            && huts.iter().all(clear)
    }

    fn shape(&mut self, form: Form, material: Material, colour: V3) {
        let snow = if material == Material::Cactus {
            0.0
        } else {
            self.growth.snow
        };
        self.out.shapes.push(Shape {
            form,
            material,
            colour,
            snow,
        });
    }

    fn trunk(&mut self, foot: f32, top: f32, radius: f32, colour: V3) {
        let form = Form::Frustum {
            x: 0.0,
            z: 0.0,
            y0: foot - 0.6,
            y1: top,
            r0: radius,
            r1: radius * 0.6,
        };
        self.shape(form, Material::Bark, colour);
    }

    fn crown(&mut self, centre: V3, radii: V3, colour: V3) {
        self.shape(Form::ellipsoid(centre, radii), Material::Leaves, colour);
    }

    /// Closes an object over the shapes pushed since `first`.
    fn close(&mut self, first: usize, x: f32, z: f32, solid_m: f32) {
        let (mut reach, mut bottom, mut top) = (0.0f32, f32::MAX, f32::MIN);
        for s in &self.out.shapes[first..] {
            let b = s.form.bounds();
            reach = reach.max((b.x * b.x + b.z * b.z).sqrt() + b.reach_m);
            bottom = bottom.min(b.bottom_m);
            top = top.max(b.top_m);
        }
        self.out.objects.push(Object {
            x,
            z,
            reach_m: reach,
            bottom_m: bottom,
            top_m: top,
            solid_m,
            first: first as u32,
            count: (self.out.shapes.len() - first) as u32,
            lit: 1.0,
        });
    }

    fn tree(&mut self, rng: &mut Rng, x: f32, z: f32) {
        let roll = rng.unit();
        let plant = self
            .growth
            .mixture
            .iter()
            .find(|(_, upto)| roll < *upto)
            .map_or(Plant::Broadleaf, |m| m.0);
        let evergreen = matches!(plant, Plant::Conifer | Plant::Pine);
        let leaves = if evergreen {
            &self.growth.needle
        } else {
            &self.growth.leaf
        };
        let leaf = leaves[rng.below(3)] * rng.range(0.8, 1.25);
        let leaf = leaf.times(v3(rng.range(0.88, 1.14), 1.0, rng.range(0.85, 1.15)));
        let g = self.terrain.height_m(x, z);
        let first = self.out.shapes.len();
        let bark = v3(0.115, 0.080, 0.052) * rng.range(0.8, 1.3);
        match plant {
            Plant::Broadleaf => {
                let h = rng.range(7.0, 12.0);
                let r = 0.24 + 0.02 * (h - 7.0);
                self.trunk(g, g + 0.62 * h, r, bark);
                let c = v3(0.0, g + 0.67 * h, 0.0);
                self.crown(c, v3(0.27 * h, 0.31 * h, 0.27 * h), leaf);
                let turn = rng.range(0.0, std::f32::consts::TAU);
                for k in 0..4 {
                    let a = turn + k as f32 * 1.57 + rng.range(-0.35, 0.35);
                    let out = rng.range(0.15, 0.22) * h;
                    let lift = rng.range(-0.13, 0.08) * h;
                    let s = rng.range(0.14, 0.2) * h;
                    let at = c + v3(libm::cosf(a) * out, lift, libm::sinf(a) * out);
                    self.crown(at, v3(s, s * 0.85, s), leaf * rng.range(0.88, 1.14));
                }
                self.close(first, x, z, r + 0.35);
            }
            Plant::Birch => {
                let h = rng.range(7.0, 11.0);
                self.trunk(g, g + 0.85 * h, 0.15, v3(0.55, 0.53, 0.50));
                self.crown(
                    v3(0.0, g + 0.66 * h, 0.0),
                    v3(0.16 * h, 0.30 * h, 0.16 * h),
                    leaf * 1.15,
                );
                for _ in 0..2 {
                    let a = rng.range(0.0, std::f32::consts::TAU);
                    let at = v3(
                        libm::cosf(a) * 0.1 * h,
                        g + rng.range(0.48, 0.72) * h,
                        libm::sinf(a) * 0.1 * h,
                    );
                    self.crown(at, v3(0.12 * h, 0.13 * h, 0.12 * h), leaf * rng.range(1.0, 1.3));
                }
                self.close(first, x, z, 0.5);
            }
            Plant::Conifer => {
                let h = rng.range(6.0, 14.0);
                let wide = rng.range(0.17, 0.23) * h;
                self.trunk(g, g + 0.5 * h, 0.12 + 0.012 * h, bark * 0.8);
                let layers = 4;
                for k in 0..layers {
                    let s = k as f32 / layers as f32;
                    let y0 = g + h * (0.10 + 0.74 * s);
                    let y1 = (y0 + h * mix(0.42, 0.20, s)).min(g + h);
                    let r0 = wide * (1.0 - 0.80 * s) * rng.range(0.93, 1.07);
                    let form = Form::Frustum {
                        x: 0.0,
                        z: 0.0,
                        y0,
                        y1,
                        r0,
                        r1: 0.0,
                    };
                    self.shape(form, Material::Needles, leaf * (0.9 + 0.3 * s));
                }
                self.close(first, x, z, wide * 0.92 + 0.3);
            }
            Plant::Pine => {
                let h = rng.range(8.0, 13.0);
                self.trunk(g, g + 0.86 * h, 0.22, v3(0.19, 0.10, 0.055));
                for k in 0..4 {
                    let a = rng.range(0.0, std::f32::consts::TAU);
                    let s = k as f32 / 3.0;
                    let out = (1.0 - s) * 0.09 * h;
                    let at = v3(libm::cosf(a) * out, g + h * (0.58 + 0.34 * s), libm::sinf(a) * out);
                    let r = h * mix(0.17, 0.10, s);
                    self.crown(at, v3(r, r * 0.5, r), leaf);
                }
                self.close(first, x, z, 0.6);
            }
            Plant::Acacia => {
                let h = rng.range(4.6, 6.6);
                self.trunk(g, g + h, 0.2, bark);
                let r = rng.range(2.2, 3.4);
                self.crown(v3(0.0, g + h, 0.0), v3(r, 0.62, r), leaf);
                for _ in 0..3 {
                    let a = rng.range(0.0, std::f32::consts::TAU);
                    let at = v3(
                        libm::cosf(a) * 0.6 * r,
                        g + h + rng.range(-0.5, 0.35),
                        libm::sinf(a) * 0.6 * r,
                    );
                    self.crown(at, v3(0.6 * r, 0.45, 0.6 * r), leaf * rng.range(0.9, 1.15));
                }
                self.close(first, x, z, 0.55);
            }
            Plant::Cactus => self.cactus(rng, x, z, leaf),
        }
    }

    fn cactus(&mut self, rng: &mut Rng, x: f32, z: f32, colour: V3) {
        let g = self.terrain.height_m(x, z);
        let first = self.out.shapes.len();
        let h = rng.range(2.2, 4.6);
        let r = rng.range(0.22, 0.32);
        self.column(0.0, 0.0, g - 0.3, g + h, r, colour);
        let a = rng.range(0.0, std::f32::consts::TAU);
        for side in [1.0, -1.0] {
            if rng.chance(0.25) {
                continue;
            }
            let (out, y) = (rng.range(0.55, 0.85), g + h * rng.range(0.35, 0.55));
            let (dx, dz) = (libm::cosf(a) * side, libm::sinf(a) * side);
            let elbow = v3(dx * out * 0.55, y, dz * out * 0.55);
            let radii = v3(0.2 + 0.4 * dx.abs(), 0.19, 0.2 + 0.4 * dz.abs());
            self.shape(Form::ellipsoid(elbow, radii), Material::Cactus, colour);
            self.column(
                dx * out,
                dz * out,
                y - 0.05,
                y + h * rng.range(0.22, 0.4),
                r * 0.72,
                colour,
            );
        }
        self.close(first, x, z, 1.1);
    }

    fn column(&mut self, x: f32, z: f32, y0: f32, y1: f32, r: f32, colour: V3) {
        self.shape(
            Form::Frustum {
                x,
                z,
                y0,
                y1,
                r0: r,
                r1: r * 0.94,
            },
            Material::Cactus,
            colour,
        );
        let cap = Form::ellipsoid(v3(x, y1, z), v3(r * 0.94, r * 0.8, r * 0.94));
        self.shape(cap, Material::Cactus, colour);
    }

    fn bush(&mut self, rng: &mut Rng, x: f32, z: f32) {
        let g = self.terrain.height_m(x, z);
        let first = self.out.shapes.len();
        let colour = self.growth.bush_colour * rng.range(0.8, 1.25);
        let r = rng.range(0.45, 0.95);
        self.crown(v3(0.0, g + 0.25 * r, 0.0), v3(r, r * 0.75, r), colour);
        for _ in 0..2 {
            let a = rng.range(0.0, std::f32::consts::TAU);
            let at = v3(libm::cosf(a) * r * 0.6, g + 0.2 * r, libm::sinf(a) * r * 0.6);
            self.crown(at, v3(r * 0.65, r * 0.55, r * 0.65), colour * rng.range(0.9, 1.12));
        }
        self.close(first, x, z, r + 0.45);
    }

    fn rock(&mut self, rng: &mut Rng, x: f32, z: f32) {
        let g = self.terrain.height_m(x, z);
        let first = self.out.shapes.len();
        let size = self.growth.rock_size_m * rng.range(0.5, 1.7);
        let tint = if self.growth.rock_size_m > 1.5 {
            v3(0.36, 0.19, 0.11)
        } else {
            v3(0.25, 0.24, 0.23)
        };
        let colour = tint * rng.range(0.8, 1.2);
        let mut widest = 0.0f32;
        for k in 0..3 {
            let s = size * [1.0, 0.7, 0.5][k];
            let a = rng.range(0.0, std::f32::consts::TAU);
            let out = if k == 0 { 0.0 } else { size * 0.7 };
            let radii = v3(
                s * rng.range(0.8, 1.2),
                s * rng.range(0.55, 0.95),
                s * rng.range(0.8, 1.2),
            );
            let centre = v3(libm::cosf(a) * out, g + 0.15 * s, libm::sinf(a) * out);
            widest = widest.max(out + radii.x.max(radii.z));
            self.shape(
                Form::ellipsoid(centre, radii),
                Material::Stone,
                colour * rng.range(0.9, 1.1),
            );
        }
        self.close(first, x, z, widest + 0.35);
    }

    fn huts(&mut self, seed: u64, by_path: bool) {
        let mut rng = Rng::new(seed, 0x6875_7473);
        let wanted = 10;
        for _ in 0..600 {
            let (x, z) = (rng.range(0.0, SIZE_M), rng.range(0.0, SIZE_M));
            let path = self.terrain.path_distance_m(x, z);
            let near = |o: &Object| {
                let (dx, dz) = (o.x - x, o.z - z);
                dx * dx + dz * dz < 16.0 * 16.0
            };
            let level = self.terrain.normal(x, z, 3.0).y > 0.985;
            let dry = self.terrain.height_m(x, z) > self.terrain.water_m + 0.8;
            if !(level && dry) || by_path && !(7.0..14.0).contains(&path) || self.out.objects.iter().any(near) {
                continue;
            }
            self.hut(&mut rng, x, z);
            if self.out.objects.len() >= wanted {
                break;
            }
        }
    }

    fn hut(&mut self, rng: &mut Rng, x: f32, z: f32) {
        let g = self.terrain.height_m(x, z);
        let a = rng.range(0.0, std::f32::consts::TAU);
        let (half_l, half_w) = (rng.range(2.6, 3.8), rng.range(2.0, 2.6));
        let eaves = g + rng.range(2.3, 2.7);
        let form = Form::House {
            half_l,
            half_w,
            foot: g - 1.5,
            eaves,
            ridge: eaves + rng.range(1.7, 2.3),
            cos: libm::cosf(a),
            sin: libm::sinf(a),
        };
        let first = self.out.shapes.len();
        let colour = [v3(0.26, 0.16, 0.09), v3(0.42, 0.36, 0.28), v3(0.34, 0.12, 0.08)][rng.below(3)];
        self.shape(form, Material::Wall, colour);
        let reach = (half_l * half_l + half_w * half_w).sqrt();
        self.close(first, x, z, reach + 0.4);
    }
}

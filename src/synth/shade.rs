//! The colour of what a ray meets: ground, plants, huts, water, and the air between.

use super::math::{V3, exp_neg, fract, mix, saturate, smoothstep, v3};
use super::shape::Material;
use super::trace::{FAR_M, Hit};
use super::world::World;

/// One ray's worth of picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    /// Linear radiance.
    pub colour: V3,
    /// Planar depth; infinite for sky.
    pub depth_m: f32,
    /// What was met; neighbours that differ need finer sampling.
    pub id: u32,
    /// Where the ray meets the ground; infinite if it does not.
    pub ground_t: f32,
}

const SKY: u32 = 0;
const GROUND: u32 = 1;
const SHAPES: u32 = 16;
const WATER_BIT: u32 = 1 << 31;

impl World {
    /// Follows `o + d t`; `d` is scaled so that `t` is planar depth, `spread` is the angle of a pixel. The ground is
    /// looked for from `t_min` on only.
    #[inline]
    pub(super) fn sample(&self, o: V3, d: V3, spread: f32, t_min: f32) -> Sample {
        if d.y < 0.0 && o.y > self.terrain.water_m {
            let t = (self.terrain.water_m - o.y) / d.y;
            if t < FAR_M {
                let p = o + d * t;
                if self.terrain.height_m(p.x, p.z) < self.terrain.water_m {
                    return self.over_water(o, d, t_min, t, spread);
                }
            }
        }
        self.dry(o, d, t_min, FAR_M, spread)
    }

    /// A ray that can meet water at `t`: something may stand before it.
    fn over_water(&self, o: V3, d: V3, t_min: f32, t: f32, spread: f32) -> Sample {
        let length = d.length();
        let first = self.dry_before(o, d, t_min, t, spread);
        if let Some(sample) = first {
            return sample;
        }
        let p = o + d * t;
        let dir = d * (1.0 / length);
        let bottom = self.terrain.height_m(p.x, p.z);
        let cos = -dir.y;
        let footprint = t * spread / cos.max(0.05).sqrt();
        // Small fixed ripples, fading out as they shrink below a pixel.
        let strength = 0.022 / (1.0 + footprint * 2.0);
        let ripple = |s: f32| {
            let v = self.volume;
            v3(
                v.at(p.x * s, 3.0, p.z * s) - v.at(p.x * s + 0.5, 3.0, p.z * s),
                0.0,
                v.at(p.x * s, 9.0, p.z * s * 1.7) - v.at(p.x * s, 9.0, p.z * s * 1.7 + 0.5),
            )
        };
        let n = (v3(0.0, 1.0, 0.0) + (ripple(0.8) + ripple(2.1)) * strength).unit();
        let mut r = dir - n * (2.0 * dir.dot(n));
        r.y = r.y.max(0.012);
        let mirror = self.dry(p + v3(0.0, 0.02, 0.0), r, 0.0, 220.0, spread);
        let c = 1.0 - cos;
        let fresnel = (0.03 + 0.97 * c * c * c * c * c).min(0.92);
        let depth = (self.terrain.water_m - bottom).max(0.0);
        let clear = exp_neg(depth * 0.9 / cos.max(0.25));
        let bed = self.ground.colour(p.x, p.z, footprint);
        let below = self.water_colour.lerp(bed, clear);
        let edge = smoothstep(0.0, 0.12, depth);
        let colour = bed.lerp(below.lerp(mirror.colour, fresnel), 0.25 + 0.75 * edge);
        let distance = t * length;
        let fog = self.light.fog(distance, o.y, p.y);
        Sample {
            colour: colour.lerp(self.light.haze(dir), fog),
            depth_m: t,
            id: WATER_BIT | mirror.id,
            ground_t: t,
        }
    }

    fn dry_before(&self, o: V3, d: V3, t_min: f32, t_max: f32, spread: f32) -> Option<Sample> {
        let ground = self.terrain.hit(o, d, t_min, t_max);
        let ground_t = ground.unwrap_or(f32::INFINITY);
        let f = &self.flora;
        let limit = ground_t.min(t_max);
        if let Some(hit) = self.grid.hit(&f.objects, &f.shapes, self.volume, o, d, limit) {
            // Before water there is ground no nearer than the water.
            return Some(Sample {
                ground_t: limit,
                ..self.shade_object(&hit, o, d)
            });
        }
        ground.map(|t| self.shade_ground(o, d, t, spread))
    }

    fn dry(&self, o: V3, d: V3, t_min: f32, t_max: f32, spread: f32) -> Sample {
        self.dry_before(o, d, t_min, t_max, spread).unwrap_or_else(|| Sample {
            colour: self.sky.colour(d.unit()),
            depth_m: f32::INFINITY,
            id: SKY,
            ground_t: f32::INFINITY,
        })
    }

    fn shade_ground(&self, o: V3, d: V3, t: f32, spread: f32) -> Sample {
        let length = d.length();
        let p = o + d * t;
        let dir = d * (1.0 / length);
        // Grazing rays cover more ground; how much comes from the height over the local slope.
        let normal = self.terrain.normal(p.x, p.z, 0.6 + 0.01 * t);
        let cos = (-dir.dot(normal)).max(0.04);
        let footprint = t * spread / cos.sqrt();
        let colour = self.ground.colour(p.x, p.z, footprint);
        self.through_air(colour, o, p, dir, t, length, GROUND)
    }

    #[expect(clippy::too_many_arguments, reason = "A ray and its end, unpacked for speed.")]
    fn through_air(&self, colour: V3, o: V3, p: V3, dir: V3, t: f32, length: f32, id: u32) -> Sample {
        let fog = self.light.fog(t * length, o.y, p.y);
        Sample {
            colour: colour.lerp(self.light.haze(dir), fog),
            depth_m: t,
            id,
            ground_t: t,
        }
    }

    fn shade_object(&self, hit: &Hit, o: V3, d: V3) -> Sample {
        let length = d.length();
        let object = &self.flora.objects[hit.object as usize];
        let shape = &self.flora.shapes[hit.shape as usize];
        let (p, n) = (hit.local, hit.normal);
        let near = saturate(1.0 - hit.t * (1.0 / 70.0));
        let low = smoothstep(0.0, 1.6, p.y - object.bottom_m - 0.3);
        let sun = self.light.sun_dir;
        let mut glow = V3::default();
        let colour = match shape.material {
            Material::Leaves | Material::Needles => {
                let s = if shape.material == Material::Leaves { 1.6 } else { 2.3 };
                let v = self.volume;
                let at = |q: V3, s: f32| v.at(q.x * s, q.y * s, q.z * s);
                let clump = at(p, s);
                let toward = at(p + sun * 0.35, s);
                let mut relief = (clump - toward) * 1.1 + (clump - 0.5) * 0.55;
                if near > 0.02 {
                    let fine = at(p, s * 4.3);
                    relief += near * ((fine - at(p + sun * 0.1, s * 4.3)) * 0.7 + (fine - 0.5) * 0.55);
                }
                // Inner and lower leaves are darker; a little light comes through.
                let depth = 0.5 + 0.5 * (0.5 + 0.5 * n.y);
                let wrap = ((n.dot(sun) + 0.35) * (1.0 / 1.35)).max(0.0);
                let through = 0.18 * (1.0 - n.dot(sun).abs());
                let lit = self.light.sun * ((wrap * 0.9 + through) * object.lit);
                let sky = self.light.ground_light.lerp(self.light.sky_light, 0.5 + 0.5 * n.y);
                let settle = shape.snow * smoothstep(0.15, 0.75, n.y + relief * 0.8);
                let albedo = shape.colour.lerp(v3(0.78, 0.81, 0.86), settle);
                albedo.times(lit + sky) * (depth * (1.0 + relief).max(0.2) * mix(0.65, 1.0, low))
            }
            Material::Bark => {
                let v = self.volume.at(p.x * 9.0, p.y * 1.6, p.z * 9.0);
                let c = shape.colour * (1.0 + (v - 0.5) * near);
                c.times(self.light.on(n, object.lit * 0.8)) * mix(0.6, 1.0, low)
            }
            Material::Stone => {
                let v = self.volume;
                let rough = v.at(p.x * 2.3, p.y * 2.3, p.z * 2.3) - 0.5;
                let fine = (v.at(p.x * 8.0, p.y * 8.0, p.z * 8.0) - 0.5) * near;
                let tilt = v3(rough, fine * 0.5, v.at(p.z * 2.3, p.x * 2.3, p.y * 2.3) - 0.5);
                let n = (n + tilt * 0.9).unit();
                let settle = shape.snow * smoothstep(0.35, 0.75, n.y);
                let albedo = (shape.colour * (1.0 + 0.5 * rough + 0.5 * fine)).lerp(v3(0.78, 0.81, 0.86), settle);
                albedo.times(self.light.on(n, object.lit)) * mix(0.6, 1.0, low)
            }
            Material::Cactus => {
                // Ribs run up and down.
                let a = super::math::angle_turns(n.x, n.z) * 14.0;
                let rib = (fract(a) - 0.5).abs() * 2.0;
                let c = shape.colour * (1.0 + (rib - 0.5) * 0.7 * near);
                c.times(self.light.on(n, object.lit))
            }
            Material::Wall => {
                let (c, lamp) = self.hut_face(hit, near);
                glow = lamp;
                c.times(self.light.on(n, object.lit))
            }
        };
        let world = o + d * hit.t;
        self.through_air(
            colour + glow,
            o,
            world,
            d * (1.0 / length),
            hit.t,
            length,
            SHAPES + hit.shape,
        )
    }

    /// Albedo and own light of a hut at a touch: planks, roof, a door and windows.
    fn hut_face(&self, hit: &Hit, near: f32) -> (V3, V3) {
        let shape = &self.flora.shapes[hit.shape as usize];
        let super::shape::Form::House {
            half_l,
            half_w,
            foot,
            eaves,
            ridge,
            cos,
            sin,
        } = shape.form
        else {
            return (shape.colour, V3::default());
        };
        let (p, n) = (hit.local, hit.normal);
        let along = cos * p.x + sin * p.z;
        let across = -sin * p.x + cos * p.z;
        if n.y > 0.2 {
            let down = (ridge - p.y) / (ridge - eaves).max(0.1);
            let tile = (fract(down * 7.0) - 0.5) * 0.30 * near;
            let worn = self.volume.at(along * 2.0, down * 5.0, across * 2.0) - 0.5;
            let roof = shape.colour.times(v3(0.55, 0.45, 0.45)) + v3(0.05, 0.03, 0.025);
            let c = roof * (1.0 + tile + 0.35 * worn);
            return (c.lerp(v3(0.78, 0.81, 0.86), shape.snow * 0.92), V3::default());
        }
        let gable = (cos * n.x + sin * n.z).abs() > 0.7;
        let (u, half) = if gable { (across, half_w) } else { (along, half_l) };
        let floor = foot + 1.5;
        let y = p.y - floor;
        let plank = (fract(y * 3.2) - 0.5) * 0.22 * near;
        let mut c = shape.colour * (1.0 + plank + 0.3 * (self.volume.at(u * 3.0, y * 1.2, 5.0) - 0.5));
        let mut lamp = V3::default();
        let window = |centre: f32| (u - centre).abs() < 0.42 && (y - 1.45).abs() < 0.42;
        if gable && u.abs() < 0.48 && y < 2.0 {
            c = shape.colour.times(v3(0.35, 0.3, 0.3));
        } else if !gable && (window(half * 0.45) || window(-half * 0.45)) {
            let bar = |v: f32| v.abs() < 0.05;
            let centre = if u > 0.0 { half * 0.45 } else { -half * 0.45 };
            if bar(u - centre) || bar(y - 1.45) {
                c = v3(0.3, 0.27, 0.23);
            } else {
                c = v3(0.05, 0.06, 0.075);
                lamp = v3(1.25, 0.72, 0.26) * self.light.lamp;
            }
        } else if (half - u.abs()) < 0.16 {
            c = c * 0.6;
        }
        (c, lamp)
    }
}

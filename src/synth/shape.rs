//! Solid shapes and where rays meet them. Shapes are upright; an object is a small group of them.

use super::math::{V3, v3};
use super::noise::Volume;

/// What a shape is made of; decides structure and shading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Material {
    Leaves,
    Needles,
    Bark,
    Stone,
    Cactus,
    Wall,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// Centre relative to the object's foot (height absolute), radii and their inverses ([`Form::ellipsoid`]).
    Ellipsoid { centre: V3, radii: V3, inverse: V3 },
    /// Upright round solid: radius `r0` at height `y0`, `r1` at `y1`.
    Frustum {
        x: f32,
        z: f32,
        y0: f32,
        y1: f32,
        r0: f32,
        r1: f32,
    },
    /// House with a gable roof: half length, half width, foot, eaves and ridge heights, heading (cos, sin).
    House {
        half_l: f32,
        half_w: f32,
        foot: f32,
        eaves: f32,
        ridge: f32,
        cos: f32,
        sin: f32,
    },
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub form: Form,
    pub material: Material,
    /// Linear albedo.
    pub colour: V3,
    /// Share of snow that settles on what faces up.
    pub snow: f32,
}

/// Shapes that stand together, inside an upright cylinder.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub x: f32,
    pub z: f32,
    /// Radius of the bounding cylinder.
    pub reach_m: f32,
    pub bottom_m: f32,
    pub top_m: f32,
    /// Radius that a walker may not enter (0: none).
    pub solid_m: f32,
    pub first: u32,
    pub count: u32,
    /// Share of sunlight that hills let through to it.
    pub lit: f32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Touch {
    pub t: f32,
    pub normal: V3,
}

/// Upright cylinder round a form: axis relative to the object's foot, heights absolute.
pub(super) struct Bounds {
    pub x: f32,
    pub z: f32,
    pub reach_m: f32,
    pub bottom_m: f32,
    pub top_m: f32,
}

impl Form {
    /// An ellipsoid, which knows the inverses of its radii because rays ask for them all the time.
    pub fn ellipsoid(centre: V3, radii: V3) -> Self {
        let inverse = v3(1.0 / radii.x, 1.0 / radii.y, 1.0 / radii.z);
        Self::Ellipsoid { centre, radii, inverse }
    }

    pub fn bounds(&self) -> Bounds {
        let (x, z, reach_m, bottom_m, top_m) = match *self {
            Self::Ellipsoid {
                centre: c, radii: r, ..
            } => (c.x, c.z, r.x.max(r.z), c.y - r.y, c.y + r.y),
            Self::Frustum { x, z, y0, y1, r0, r1 } => (x, z, r0.max(r1), y0, y1),
            Self::House {
                half_l,
                half_w,
                foot,
                ridge,
                ..
            } => (0.0, 0.0, (half_l * half_l + half_w * half_w).sqrt(), foot, ridge),
        };
        Bounds {
            x,
            z,
            reach_m,
            bottom_m,
            top_m,
        }
    }

    /// Whether a point (relative to the object's foot, height absolute) is inside the form; houses by their bounds.
    #[cfg(test)]
    pub fn holds(&self, x: f32, y: f32, z: f32) -> bool {
        let b = self.bounds();
        match *self {
            Self::Ellipsoid {
                centre: c, radii: r, ..
            } => {
                let (ex, ey, ez) = ((x - c.x) / r.x, (y - c.y) / r.y, (z - c.z) / r.z);
                ex * ex + ey * ey + ez * ez < 1.0
            }
            Self::Frustum { y0, y1, r0, r1, .. } => {
                let r = r0 + (r1 - r0) * (y - y0) / (y1 - y0);
                let (dx, dz) = (x - b.x, z - b.z);
                y > y0 && y < y1 && dx * dx + dz * dz < r * r
            }
            Self::House { .. } => y < b.top_m && x * x + z * z < b.reach_m * b.reach_m,
        }
    }

    /// First touch of `o + d t` beyond 0 and before `t_max`; `o` relative to the object's foot, height absolute.
    #[inline]
    pub fn touch(&self, o: V3, d: V3, t_max: f32) -> Option<Touch> {
        match *self {
            Self::Ellipsoid {
                centre, inverse: inv, ..
            } => {
                let (p, q) = ((o - centre).times(inv), d.times(inv));
                let b = p.dot(q);
                // Away from its middle, whether from outside or from inside.
                if b >= 0.0 {
                    return None;
                }
                let (a, c) = (q.dot(q), p.dot(p) - 1.0);
                let disc = b * b - a * c;
                if disc <= 0.0 {
                    return None;
                }
                let t = (-b - disc.sqrt()) / a;
                if t <= 0.0 || t >= t_max {
                    return None;
                }
                let normal = (p + q * t).times(inv).unit();
                Some(Touch { t, normal })
            }
            Self::Frustum { x, z, y0, y1, r0, r1 } => {
                let k = (r1 - r0) / (y1 - y0);
                let (px, pz) = (o.x - x, o.z - z);
                let r = r0 + k * (o.y - y0);
                let kd = k * d.y;
                let a = d.x * d.x + d.z * d.z - kd * kd;
                let b = px * d.x + pz * d.z - kd * r;
                let c = px * px + pz * pz - r * r;
                let disc = b * b - a * c;
                let mut best: Option<Touch> = None;
                if disc > 0.0 && a > 1e-8 {
                    let t = (-b - disc.sqrt()) / a;
                    let y = o.y + d.y * t;
                    if t > 0.0 && t < t_max && y >= y0 && y <= y1 {
                        let (hx, hz) = (px + d.x * t, pz + d.z * t);
                        let radius = (r + kd * t).max(1e-4);
                        let normal = v3(hx, -k * radius, hz).unit();
                        best = Some(Touch { t, normal });
                    }
                }
                // The underside, seen from below.
                if d.y > 0.0 && o.y < y0 {
                    let t = (y0 - o.y) / d.y;
                    let (hx, hz) = (px + d.x * t, pz + d.z * t);
                    if t < best.map_or(t_max, |b| b.t) && hx * hx + hz * hz < r0 * r0 {
                        best = Some(Touch {
                            t,
                            normal: v3(0.0, -1.0, 0.0),
                        });
                    }
                }
                best
            }
            Self::House {
                half_l,
                half_w,
                foot,
                eaves,
                ridge,
                cos,
                sin,
            } => {
                let turn = |p: V3| v3(cos * p.x + sin * p.z, p.y, -sin * p.x + cos * p.z);
                let (p, q) = (turn(o), turn(d));
                let (rise, run) = (ridge - eaves, half_w + 0.35);
                let inv = 1.0 / (rise * rise + run * run).sqrt();
                let planes = [
                    (v3(1.0, 0.0, 0.0), half_l),
                    (v3(-1.0, 0.0, 0.0), half_l),
                    (v3(0.0, 0.0, 1.0), half_w),
                    (v3(0.0, 0.0, -1.0), half_w),
                    (v3(0.0, run * inv, rise * inv), ridge * run * inv),
                    (v3(0.0, run * inv, -rise * inv), ridge * run * inv),
                    (v3(0.0, -1.0, 0.0), -foot),
                ];
                let (mut t_in, mut t_out, mut face) = (0.0f32, t_max, None);
                for (n, w) in planes {
                    let (gap, speed) = (n.dot(p) - w, n.dot(q));
                    if speed.abs() < 1e-9 {
                        if gap > 0.0 {
                            return None;
                        }
                        continue;
                    }
                    let t = -gap / speed;
                    if speed < 0.0 {
                        if t > t_in {
                            (t_in, face) = (t, Some(n));
                        }
                    } else {
                        t_out = t_out.min(t);
                    }
                }
                let n = face.filter(|_| t_in < t_out)?;
                Some(Touch {
                    t: t_in,
                    normal: v3(cos * n.x - sin * n.z, n.y, sin * n.x + cos * n.z),
                })
            }
        }
    }

    /// How much of a thin beam through `o` along unit `l` the form stops: 0 to 1, soft at its rim.
    pub fn shade(&self, o: V3, l: V3) -> f32 {
        match *self {
            Self::Ellipsoid {
                centre, inverse: inv, ..
            } => {
                let (p, q) = ((centre - o).times(inv), l.times(inv));
                let along = p.dot(q);
                if along < 0.0 {
                    return 0.0;
                }
                let d2 = p.dot(p) - along * along / q.dot(q);
                1.0 - super::math::smoothstep(0.45, 1.15, d2)
            }
            Self::Frustum { x, z, y0, y1, r0, r1 } => {
                let (dx, dz) = (x - o.x, z - o.z);
                let s = (dx * l.x + dz * l.z) / (l.x * l.x + l.z * l.z).max(1e-6);
                let y = o.y + l.y * s;
                if s < 0.0 && r0 * r0 < dx * dx + dz * dz || y < y0 || y > y1 + 0.3 {
                    return 0.0;
                }
                let (ex, ez) = (dx - l.x * s, dz - l.z * s);
                let r = (r0 + (r1 - r0) * (y - y0) / (y1 - y0)).max(0.0) + 0.1;
                1.0 - super::math::smoothstep(0.4, 1.3, (ex * ex + ez * ez) / (r * r))
            }
            Self::House { .. } => f32::from(u8::from(self.touch(o, l, 1e3).is_some())),
        }
    }
}

impl Shape {
    /// Like [`Form::touch`], with the ragged outline of foliage. `detail` fades the rag with distance (1 near, 0 far).
    #[inline]
    pub fn touch(&self, o: V3, d: V3, t_max: f32, volume: &Volume, detail: f32) -> Option<Touch> {
        let touch = self.form.touch(o, d, t_max)?;
        let rag = match self.material {
            Material::Leaves => 0.62,
            Material::Needles => 0.55,
            _ => return Some(touch),
        };
        if detail <= 0.0 {
            return Some(touch);
        }
        let facing = -touch.normal.dot(d) / d.length();
        if facing < rag && touch.normal.y > -0.98 {
            let p = o + d * touch.t;
            let n = volume.at(p.x * 3.1, p.y * 3.1, p.z * 3.1) * 0.65
                + volume.at(p.x * 7.3 + 9.0, p.y * 7.3, p.z * 7.3) * 0.35;
            if facing < rag * detail * (n * 1.5 - 0.2) {
                return None;
            }
        }
        Some(touch)
    }
}

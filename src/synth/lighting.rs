//! Sun, sky and air of a light and a weather. Colours are linear; 1 is about white on screen.

use super::attributes::{Attributes, Biome, Light, Weather};
use super::math::{V3, exp_neg, mix, smoothstep, v3};
use super::noise::Rng;

pub(super) struct Lighting {
    /// Unit direction towards the sun or moon.
    pub sun_dir: V3,
    /// Light that falls on a surface facing the sun.
    pub sun: V3,
    /// Light from above and from below.
    pub sky_light: V3,
    pub ground_light: V3,
    pub zenith: V3,
    pub horizon: V3,
    /// Added around the sun.
    pub glow: V3,
    pub cloud_lit: V3,
    pub cloud_dark: V3,
    /// 0 none to 1 closed.
    pub cloud_cover: f32,
    pub stars: f32,
    /// Brightness of the disc.
    pub disc: V3,
    /// Light in windows.
    pub lamp: f32,
    fog_per_m: f32,
    /// Extra fog near the ground, and its height.
    low_fog_per_m: f32,
    low_fog_top_m: f32,
}

impl Lighting {
    pub fn new(seed: u64, attributes: &Attributes, low_m: f32) -> Self {
        let mut rng = Rng::new(seed, 3);
        let azimuth = rng.range(0.0, std::f32::consts::TAU);
        let lift = rng.range(0.85, 1.15);
        let mut l = match attributes.light {
            Light::Dawn => Self::of(
                14.0 * lift,
                v3(2.7, 1.75, 1.05),
                v3(0.34, 0.40, 0.60),
                v3(0.13, 0.25, 0.52),
                v3(0.92, 0.68, 0.52),
            ),
            Light::Noon => Self::of(
                48.0 * lift,
                v3(2.75, 2.5, 2.1),
                v3(0.42, 0.56, 0.80),
                v3(0.09, 0.24, 0.62),
                v3(0.56, 0.72, 0.90),
            ),
            Light::Dusk => Self::of(
                9.0 * lift,
                v3(2.7, 1.15, 0.45),
                v3(0.30, 0.28, 0.44),
                v3(0.09, 0.11, 0.30),
                v3(0.92, 0.44, 0.23),
            ),
            Light::Overcast => Self::of(
                55.0,
                v3(0.5, 0.5, 0.48),
                v3(0.86, 0.91, 1.0),
                v3(0.46, 0.51, 0.58),
                v3(0.70, 0.73, 0.77),
            ),
            Light::Night => Self::of(
                36.0 * lift,
                v3(0.20, 0.27, 0.42),
                v3(0.055, 0.08, 0.15),
                v3(0.010, 0.018, 0.052),
                v3(0.05, 0.08, 0.14),
            ),
        };
        let (s, c) = (libm::sinf(azimuth), libm::cosf(azimuth));
        let flat = (1.0 - l.sun_dir.y * l.sun_dir.y).sqrt();
        l.sun_dir = v3(s * flat, l.sun_dir.y, c * flat);
        l.cloud_cover = rng.range(0.2, 0.6);
        match attributes.light {
            Light::Dawn => {
                l.glow = v3(0.9, 0.55, 0.25);
                l.cloud_lit = v3(1.1, 0.78, 0.62);
                l.cloud_dark = v3(0.50, 0.46, 0.56);
            }
            Light::Noon => {
                l.glow = v3(0.30, 0.27, 0.2);
                l.cloud_lit = v3(1.15, 1.13, 1.1);
                l.cloud_dark = v3(0.62, 0.69, 0.80);
            }
            Light::Dusk => {
                l.glow = v3(1.1, 0.42, 0.12);
                l.cloud_lit = v3(1.15, 0.50, 0.30);
                l.cloud_dark = v3(0.28, 0.20, 0.30);
            }
            Light::Overcast => {
                l.cloud_cover = 0.95;
                l.cloud_lit = v3(0.82, 0.84, 0.87);
                l.cloud_dark = v3(0.46, 0.49, 0.54);
                l.disc = V3::default();
            }
            Light::Night => {
                l.glow = v3(0.05, 0.07, 0.11);
                l.cloud_lit = v3(0.10, 0.125, 0.18);
                l.cloud_dark = v3(0.03, 0.04, 0.07);
                l.stars = 1.0;
                l.disc = v3(1.6, 1.7, 1.8);
                l.cloud_cover *= 0.7;
            }
        }
        l.lamp = match attributes.light {
            Light::Dusk => 0.8,
            Light::Night => 1.0,
            Light::Overcast | Light::Dawn => 0.3,
            Light::Noon => 0.0,
        };
        l.fog_per_m = 1.0 / 420.0;
        if attributes.biome == Biome::Desert {
            l.horizon = l.horizon.lerp(l.horizon.times(v3(1.1, 0.95, 0.78)), 0.7);
        }
        if attributes.weather == Weather::Mist {
            let haze = l.horizon.lerp(l.sky_light + l.sun * 0.12, 0.35);
            l.horizon = haze;
            l.zenith = l.zenith.lerp(haze, 0.62);
            l.sun = l.sun * 0.55;
            l.sky_light = l.sky_light * 1.1;
            l.glow = l.glow * 0.8;
            l.disc = l.disc * 0.5;
            l.stars *= 0.25;
            l.fog_per_m = 1.0 / rng.range(75.0, 130.0);
            l.low_fog_per_m = 1.0 / 160.0;
            l.low_fog_top_m = low_m + 5.0;
        }
        let bounce = l.sun * (0.5 * l.sun_dir.y.max(0.2)) + l.sky_light;
        l.ground_light = bounce.times(v3(0.22, 0.2, 0.15));
        l
    }

    fn of(elevation_deg: f32, sun: V3, sky_light: V3, zenith: V3, horizon: V3) -> Self {
        let e = elevation_deg.to_radians();
        Self {
            sun_dir: v3(0.0, libm::sinf(e), 0.0),
            sun,
            sky_light,
            ground_light: V3::default(),
            zenith,
            horizon,
            glow: V3::default(),
            cloud_lit: V3::default(),
            cloud_dark: V3::default(),
            cloud_cover: 0.0,
            stars: 0.0,
            disc: sun * 1.6,
            lamp: 0.0,
            fog_per_m: 0.0,
            low_fog_per_m: 0.0,
            low_fog_top_m: 0.0,
        }
    }

    /// Colour of far air towards the unit direction `dir`.
    #[inline]
    pub fn haze(&self, dir: V3) -> V3 {
        let towards =
            (dir.x * self.sun_dir.x + dir.z * self.sun_dir.z).max(0.0) * 0.9 + 0.1 * dir.dot(self.sun_dir).max(0.0);
        let t2 = towards * towards;
        let t6 = t2 * t2 * t2;
        self.horizon + self.glow * (0.28 * t6 + 0.06 * towards)
    }

    /// Light that a diffuse surface with unit `normal` gets, `lit` being the share of sun that reaches it.
    #[inline]
    pub fn on(&self, normal: V3, lit: f32) -> V3 {
        let sky = 0.5 + 0.5 * normal.y;
        self.sun * (normal.dot(self.sun_dir).max(0.0) * lit) + self.ground_light.lerp(self.sky_light, sky)
    }

    /// Share of `distance_m` of air that hides what lies behind; `y0` eye height, `y1` height of the thing.
    #[inline]
    pub fn fog(&self, distance_m: f32, y0: f32, y1: f32) -> f32 {
        let k = distance_m * self.fog_per_m;
        let mut depth = k * k / (0.35 + k) * 0.8;
        if self.low_fog_per_m > 0.0 {
            let inside = |y: f32| smoothstep(4.0, -5.0, y - self.low_fog_top_m);
            depth += distance_m * self.low_fog_per_m * mix(inside(y0), inside(y1), 0.6);
        }
        // Everything has melted into the air where the world ends.
        (1.0 - exp_neg(depth)).max(smoothstep(190.0, super::trace::FAR_M - 10.0, distance_m))
    }
}

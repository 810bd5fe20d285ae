//! Small vectors and fast, exactly reproducible scalar functions: only + - * / and sqrt, which every machine rounds alike.

use std::ops::{Add, Mul, Neg, Sub};

/// Three floats: a place in metres, a direction or a linear RGB colour.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct V3 {
    pub x: f32,
    pub y: f32,
    pub z: f32,
}

pub(super) const fn v3(x: f32, y: f32, z: f32) -> V3 {
    V3 { x, y, z }
}

impl V3 {
    pub fn dot(self, b: Self) -> f32 {
        self.x * b.x + self.y * b.y + self.z * b.z
    }

    pub fn length(self) -> f32 {
        self.dot(self).sqrt()
    }

    pub fn unit(self) -> Self {
        self * (1.0 / self.length().max(1e-12))
    }

    pub fn lerp(self, b: Self, t: f32) -> Self {
        self + (b - self) * t
    }

    /// Product channel by channel.
    pub fn times(self, b: Self) -> Self {
        v3(self.x * b.x, self.y * b.y, self.z * b.z)
    }

    /// Brightness as the eye weighs it.
    pub fn luminance(self) -> f32 {
        0.2126 * self.x + 0.7152 * self.y + 0.0722 * self.z
    }
}

impl Add for V3 {
    type Output = Self;
    fn add(self, b: Self) -> Self {
        v3(self.x + b.x, self.y + b.y, self.z + b.z)
    }
}

impl Sub for V3 {
    type Output = Self;
    fn sub(self, b: Self) -> Self {
        v3(self.x - b.x, self.y - b.y, self.z - b.z)
    }
}

impl Mul<f32> for V3 {
    type Output = Self;
    fn mul(self, s: f32) -> Self {
        v3(self.x * s, self.y * s, self.z * s)
    }
}

impl Neg for V3 {
    type Output = Self;
    fn neg(self) -> Self {
        v3(-self.x, -self.y, -self.z)
    }
}

/// Largest whole number not above `x` (|x| < 2^22). Adding 1.5 * 2^23 leaves the nearest whole number in the low bits;
/// that is several times faster than a saturating cast.
#[inline(always)]
pub(super) fn floor_i(x: f32) -> i32 {
    const MAGIC: f32 = 12_582_912.0;
    let shifted = x + MAGIC;
    let nearest = shifted.to_bits() as i32 - MAGIC.to_bits() as i32;
    nearest - i32::from(shifted - MAGIC > x)
}

/// The smaller; unlike `f32::min` it does not care about NaN, and is one instruction.
#[inline(always)]
pub(super) fn lesser(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// The larger, like [`lesser`].
#[inline(always)]
pub(super) fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// `x` brought into [0, 1].
#[inline(always)]
pub(super) fn saturate(x: f32) -> f32 {
    lesser(larger(x, 0.0), 1.0)
}

/// Part of `x` after the point, in [0, 1).
#[inline(always)]
pub(super) fn fract(x: f32) -> f32 {
    x - floor_i(x) as f32
}

/// Smooth step from 0 at `a` to 1 at `b`.
#[inline(always)]
pub(super) fn smoothstep(a: f32, b: f32, x: f32) -> f32 {
    let t = saturate((x - a) / (b - a));
    t * t * (3.0 - 2.0 * t)
}

#[inline(always)]
pub(super) fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// e^-x for x >= 0, to about 2e-5.
#[inline(always)]
pub(super) fn exp_neg(x: f32) -> f32 {
    let y = larger(-x * std::f32::consts::LOG2_E, -100.0);
    let i = floor_i(y);
    let f = y - i as f32;
    let p = 1.0 + f * (0.695_98 + f * (0.224_94 + f * 0.079_02));
    p * f32::from_bits(((i + 127) as u32) << 23)
}

/// Binary logarithm of x > 0, to about 0.01.
#[inline(always)]
pub(super) fn log2_rough(x: f32) -> f32 {
    let bits = x.to_bits();
    let e = ((bits >> 23) as i32 - 127) as f32;
    let m = f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000);
    e + (m - 1.0) * (5.0 / 3.0 - m * (1.0 / 3.0))
}

/// Angle of (x, y) from the x axis, in turns, in [0, 1); to about 2e-5 turns.
#[inline(always)]
pub(super) fn angle_turns(x: f32, y: f32) -> f32 {
    let (ax, ay) = (x.abs(), y.abs());
    let (lo, hi) = if ax < ay { (ax, ay) } else { (ay, ax) };
    let q = lo / hi.max(1e-20);
    let s = q * q;
    // atan(q) / tau on [0, 1].
    let mut a = q * (0.159_150_8 + s * (-0.052_57 + s * (0.028_66 + s * (-0.013_55 + s * 0.003_32))));
    if ax < ay {
        a = 0.25 - a;
    }
    if x < 0.0 {
        a = 0.5 - a;
    }
    if y < 0.0 {
        a = 1.0 - a;
    }
    if a >= 1.0 { a - 1.0 } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn approximations_stay_near_the_functions() {
        for i in 0..2000 {
            let x = i as f32 * 0.01;
            assert!((exp_neg(x) - libm::expf(-x)).abs() < 3e-4, "{x}");
            assert!((log2_rough(x + 0.01) - libm::log2f(x + 0.01)).abs() < 0.02, "{x}");
            let a = x * 0.314;
            let turns = fract(a / std::f32::consts::TAU);
            let got = angle_turns(libm::cosf(a), libm::sinf(a));
            let d = (got - turns).abs();
            assert!(d.min(1.0 - d) < 1e-4, "{a} {got} {turns}");
        }
        assert_eq!(floor_i(-0.5), -1);
        assert_eq!(floor_i(2.0), 2);
    }
}

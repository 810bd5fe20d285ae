//! Ground colours and plant mixtures of each biome (linear albedo).

use super::attributes::Biome;
use super::math::{V3, v3};

/// How the ground looks.
pub(super) struct Soil {
    pub low: V3,
    pub high: V3,
    /// Large patches of another kind, and their share.
    pub patch: V3,
    pub patches: f32,
    pub path: V3,
    pub shore: V3,
    pub rock: V3,
    /// Two flower (or pebble, or sparkle) colours and how many there are.
    pub specks: [V3; 2],
    pub speck_share: f32,
    /// Strength of fine grain, and of ripples.
    pub grain: f32,
    pub ripple: f32,
}

pub(super) fn soil(biome: Biome) -> Soil {
    let base = Soil {
        low: v3(0.085, 0.150, 0.030),
        high: v3(0.160, 0.215, 0.050),
        patch: v3(0.200, 0.200, 0.070),
        patches: 0.45,
        path: v3(0.270, 0.190, 0.115),
        shore: v3(0.330, 0.270, 0.170),
        rock: v3(0.230, 0.215, 0.200),
        specks: [v3(0.75, 0.62, 0.08), v3(0.72, 0.70, 0.75)],
        speck_share: 0.9,
        grain: 0.75,
        ripple: 0.0,
    };
    match biome {
        Biome::Meadow => base,
        Biome::Forest => Soil {
            low: v3(0.060, 0.095, 0.028),
            high: v3(0.105, 0.135, 0.040),
            patch: v3(0.130, 0.085, 0.045),
            patches: 0.6,
            specks: [v3(0.30, 0.22, 0.10), v3(0.20, 0.28, 0.08)],
            speck_share: 0.5,
            ..base
        },
        Biome::Autumn => Soil {
            low: v3(0.150, 0.125, 0.035),
            high: v3(0.220, 0.165, 0.050),
            patch: v3(0.270, 0.115, 0.030),
            patches: 0.7,
            specks: [v3(0.62, 0.22, 0.03), v3(0.66, 0.44, 0.05)],
            speck_share: 1.3,
            ..base
        },
        Biome::Snow => Soil {
            low: v3(0.62, 0.66, 0.72),
            high: v3(0.76, 0.78, 0.81),
            patch: v3(0.66, 0.70, 0.76),
            patches: 0.5,
            path: v3(0.46, 0.44, 0.43),
            shore: v3(0.50, 0.54, 0.60),
            rock: v3(0.25, 0.25, 0.27),
            specks: [v3(0.9, 0.9, 0.92), v3(0.45, 0.47, 0.5)],
            speck_share: 0.35,
            grain: 0.28,
            ripple: 0.12,
        },
        Biome::Desert => Soil {
            low: v3(0.420, 0.270, 0.140),
            high: v3(0.520, 0.360, 0.200),
            patch: v3(0.400, 0.215, 0.110),
            patches: 0.5,
            path: v3(0.330, 0.230, 0.150),
            shore: v3(0.240, 0.240, 0.100),
            rock: v3(0.330, 0.160, 0.090),
            specks: [v3(0.25, 0.14, 0.08), v3(0.22, 0.22, 0.08)],
            speck_share: 0.5,
            grain: 0.32,
            ripple: 0.32,
        },
        Biome::Savanna => Soil {
            low: v3(0.260, 0.195, 0.070),
            high: v3(0.340, 0.265, 0.105),
            patch: v3(0.185, 0.165, 0.055),
            patches: 0.5,
            path: v3(0.320, 0.175, 0.090),
            shore: v3(0.280, 0.210, 0.120),
            specks: [v3(0.42, 0.34, 0.16), v3(0.16, 0.17, 0.05)],
            speck_share: 0.9,
            ..base
        },
        Biome::Heath => Soil {
            low: v3(0.110, 0.105, 0.050),
            high: v3(0.170, 0.150, 0.065),
            patch: v3(0.190, 0.075, 0.150),
            patches: 0.95,
            specks: [v3(0.50, 0.16, 0.42), v3(0.55, 0.35, 0.52)],
            speck_share: 1.4,
            ..base
        },
    }
}

/// Kinds of plant a tree slot may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plant {
    Broadleaf,
    Birch,
    Conifer,
    Pine,
    Acacia,
    Cactus,
}

/// What grows: how many slots hold a tree (in groves, in the open), the mixture, bushes and rocks a slot.
pub(super) struct Growth {
    pub grove: f32,
    pub open: f32,
    pub mixture: [(Plant, f32); 3],
    pub leaf: [V3; 3],
    /// Leaves of conifers.
    pub needle: [V3; 3],
    pub bush: f32,
    pub bush_colour: V3,
    pub rock: f32,
    pub rock_size_m: f32,
    pub snow: f32,
}

pub(super) fn growth(biome: Biome) -> Growth {
    let green = [
        v3(0.075, 0.150, 0.028),
        v3(0.110, 0.180, 0.035),
        v3(0.055, 0.120, 0.035),
    ];
    let needle = [
        v3(0.040, 0.090, 0.035),
        v3(0.060, 0.115, 0.040),
        v3(0.050, 0.100, 0.035),
    ];
    let base = Growth {
        grove: 0.34,
        open: 0.025,
        mixture: [(Plant::Broadleaf, 0.75), (Plant::Birch, 0.9), (Plant::Conifer, 1.0)],
        leaf: green,
        needle,
        bush: 0.05,
        bush_colour: v3(0.075, 0.140, 0.035),
        rock: 0.02,
        rock_size_m: 0.7,
        snow: 0.0,
    };
    match biome {
        Biome::Meadow => base,
        Biome::Forest => Growth {
            grove: 0.58,
            open: 0.12,
            mixture: [(Plant::Conifer, 0.75), (Plant::Pine, 0.88), (Plant::Broadleaf, 1.0)],
            leaf: [
                v3(0.040, 0.090, 0.035),
                v3(0.060, 0.115, 0.040),
                v3(0.050, 0.100, 0.025),
            ],
            bush: 0.09,
            rock: 0.03,
            rock_size_m: 0.9,
            ..base
        },
        Biome::Autumn => Growth {
            grove: 0.44,
            open: 0.06,
            mixture: [(Plant::Broadleaf, 0.68), (Plant::Birch, 0.9), (Plant::Conifer, 1.0)],
            leaf: [v3(0.50, 0.150, 0.025), v3(0.56, 0.310, 0.040), v3(0.36, 0.060, 0.025)],
            bush: 0.05,
            bush_colour: v3(0.28, 0.140, 0.040),
            ..base
        },
        Biome::Snow => Growth {
            grove: 0.40,
            open: 0.03,
            mixture: [(Plant::Conifer, 0.85), (Plant::Pine, 1.0), (Plant::Pine, 1.0)],
            leaf: [
                v3(0.045, 0.085, 0.050),
                v3(0.055, 0.100, 0.055),
                v3(0.040, 0.075, 0.045),
            ],
            needle,
            bush: 0.02,
            bush_colour: v3(0.12, 0.12, 0.09),
            rock: 0.03,
            rock_size_m: 1.0,
            snow: 0.85,
        },
        Biome::Desert => Growth {
            grove: 0.10,
            open: 0.012,
            mixture: [(Plant::Cactus, 1.0), (Plant::Cactus, 1.0), (Plant::Cactus, 1.0)],
            leaf: [
                v3(0.095, 0.150, 0.060),
                v3(0.120, 0.165, 0.075),
                v3(0.080, 0.140, 0.060),
            ],
            needle,
            bush: 0.03,
            bush_colour: v3(0.19, 0.175, 0.08),
            rock: 0.05,
            rock_size_m: 1.7,
            snow: 0.0,
        },
        Biome::Savanna => Growth {
            grove: 0.14,
            open: 0.02,
            mixture: [(Plant::Acacia, 0.9), (Plant::Broadleaf, 1.0), (Plant::Acacia, 1.0)],
            leaf: [
                v3(0.120, 0.140, 0.035),
                v3(0.150, 0.160, 0.045),
                v3(0.100, 0.125, 0.035),
            ],
            needle,
            bush: 0.07,
            bush_colour: v3(0.18, 0.155, 0.055),
            rock: 0.02,
            rock_size_m: 1.1,
            snow: 0.0,
        },
        Biome::Heath => Growth {
            grove: 0.16,
            open: 0.015,
            mixture: [(Plant::Pine, 0.65), (Plant::Birch, 1.0), (Plant::Pine, 1.0)],
            leaf: [
                v3(0.060, 0.110, 0.045),
                v3(0.080, 0.125, 0.050),
                v3(0.055, 0.100, 0.050),
            ],
            bush: 0.13,
            bush_colour: v3(0.170, 0.085, 0.130),
            rock: 0.05,
            rock_size_m: 1.0,
            ..base
        },
    }
}

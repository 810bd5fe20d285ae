//! What kind of world it is: biome, light, weather, features; drawn from a seed or forced; and its caption.

use super::noise::Rng;

/// Every word a caption may hold.
pub const VOCABULARY: &[&str] = &[
    "meadow",
    "forest",
    "autumn",
    "snow",
    "desert",
    "savanna",
    "heath",
    "at",
    "dawn",
    "noon",
    "dusk",
    "night",
    "overcast",
    "clear",
    "mist",
    "lake",
    "huts",
    "path",
    "flowers",
    "mountains",
    "rocks",
];

macro_rules! choices {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its word in captions and options.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The one called `word`.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.word() == word)
            }
        }
    };
}

choices! {
    /// Land and what grows on it.
    Biome {
        /// Green grass, flowers, broadleaf trees.
        Meadow = "meadow",
        /// Dense conifers.
        Forest = "forest",
        /// Trees in red and gold.
        Autumn = "autumn",
        /// Snow on ground and conifers.
        Snow = "snow",
        /// Sand, cacti, red rocks.
        Desert = "desert",
        /// Dry gold grass, umbrella trees.
        Savanna = "savanna",
        /// Purple heather and pines.
        Heath = "heath",
    }
}

choices! {
    /// Time of day and sky.
    Light {
        /// Low, cool-warm sun.
        Dawn = "dawn",
        /// High sun.
        Noon = "noon",
        /// Low, red sun.
        Dusk = "dusk",
        /// Closed clouds.
        Overcast = "overcast",
        /// Moon and stars.
        Night = "night",
    }
}

choices! {
    /// What is in the air.
    Weather {
        /// Far sight.
        Clear = "clear",
        /// White air, near sight.
        Mist = "mist",
    }
}

/// What a world is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// Land.
    pub biome: Biome,
    /// Time of day.
    pub light: Light,
    /// Air.
    pub weather: Weather,
    /// There is water.
    pub lake: bool,
    /// People live here.
    pub huts: bool,
    /// Trodden paths.
    pub path: bool,
    /// Mountains on the horizon.
    pub mountains: bool,
}

impl Attributes {
    /// The attributes of a world seed.
    pub fn from_seed(world_seed: u64) -> Self {
        let mut rng = Rng::new(world_seed, 1);
        let biome = Biome::ALL[rng.below(Biome::ALL.len())];
        let light = Light::ALL[rng.below(Light::ALL.len())];
        let weather = if rng.chance(0.22) {
            Weather::Mist
        } else {
            Weather::Clear
        };
        let dry = matches!(biome, Biome::Desert | Biome::Savanna);
        Self {
            biome,
            light,
            weather,
            lake: rng.chance(if dry { 0.25 } else { 0.55 }),
            huts: rng.chance(0.4),
            path: rng.chance(0.6),
            mountains: rng.chance(0.7),
        }
    }

    /// Caption of lower-case words out of [`VOCABULARY`] and commas, e.g. "autumn forest at dusk, mist, lake, huts".
    pub fn caption(&self) -> String {
        let land = match self.biome {
            Biome::Autumn => "autumn forest",
            Biome::Meadow => "meadow, flowers",
            Biome::Desert => "desert, rocks",
            other => other.word(),
        };
        let mut parts = match self.light {
            Light::Overcast => format!("{land}, overcast"),
            light => format!("{land} at {}", light.word()),
        };
        let mut add = |on: bool, word: &str| {
            if on {
                parts.push_str(", ");
                parts.push_str(word);
            }
        };
        add(true, self.weather.word());
        add(self.lake, "lake");
        add(self.huts, "huts");
        add(self.path, "path");
        add(self.mountains, "mountains");
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_use_the_vocabulary_only() {
        assert!(VOCABULARY.len() <= 64);
        for seed in 0..500 {
            let caption = Attributes::from_seed(seed).caption();
            for word in caption.split([' ', ',']).filter(|w| !w.is_empty()) {
                assert!(VOCABULARY.contains(&word), "{caption}");
            }
        }
    }
}

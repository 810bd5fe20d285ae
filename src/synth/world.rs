//! A world: everything that a seed decides, baked and ready to be looked at.

use super::attributes::{Attributes, Biome, Light};
use super::flora::Flora;
use super::ground::Ground;
use super::lighting::Lighting;
use super::math::{V3, v3};
use super::noise::{Volume, shared};
use super::sky::Sky;
use super::terrain::Terrain;
use super::trace::Grid;

/// A renderable world; a pure function of its seed and attributes.
pub struct World {
    seed: u64,
    attributes: Attributes,
    pub(super) terrain: Terrain,
    pub(super) flora: Flora,
    pub(super) grid: Grid,
    pub(super) light: Lighting,
    pub(super) sky: Sky,
    pub(super) ground: Ground,
    pub(super) volume: &'static Volume,
    pub(super) water_colour: V3,
    pub(super) exposure: f32,
}

impl World {
    /// Builds the world of a seed; `attributes` replaces those that the seed would draw.
    pub fn new(seed: u64, attributes: Option<Attributes>) -> Self {
        let attributes = attributes.unwrap_or_else(|| Attributes::from_seed(seed));
        Self::dressed(seed, &attributes, attributes)
    }

    /// Builds the land of `shape` as it is in the season, light and weather of `attributes`: every hill, tree and hut
    /// stands where it stands in the world of `shape`, and has its form.
    pub fn dressed(seed: u64, shape: &Attributes, attributes: Attributes) -> Self {
        let terrain = Terrain::new(seed, shape);
        let light = Lighting::new(seed, &attributes, terrain.low_m());
        let mut flora = Flora::new(seed, shape, attributes.biome, &terrain);
        let grid = Grid::new(&flora.objects);
        let ground = Ground::new(seed, &attributes, &terrain, &mut flora, &light);
        let sky = Sky::new(seed, &attributes, &light);
        let water_colour = v3(0.035, 0.075, 0.085).times(light.sky_light + light.sun * 0.3);
        let exposure = match attributes.light {
            Light::Night => 1.5,
            Light::Overcast => 0.95,
            Light::Noon => 0.75,
            Light::Dawn | Light::Dusk => 0.95,
        };
        // White ground would drown in its own light.
        let exposure = if attributes.biome == Biome::Snow {
            0.78 * exposure
        } else {
            exposure
        };
        Self {
            seed,
            attributes,
            terrain,
            flora,
            grid,
            light,
            sky,
            ground,
            volume: &shared().volume,
            water_colour,
            exposure,
        }
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// What the world is like.
    pub fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    /// Lower-case words that describe the world.
    pub fn caption(&self) -> String {
        self.attributes.caption()
    }
}

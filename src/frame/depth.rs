//! How far everything in a picture is, as it is shown: one byte a pixel, and the colours of those bytes. No thread.

use std::sync::{Arc, LazyLock};

use super::Frame;

/// Distances of a picture in [`DepthPicture::SHADES`] shades: 0 is sky, then from far to near in equal ratios, so that a
/// step is as easy to see on the ground in front of one as on the hills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepthPicture {
    /// Width in pixels.
    pub width_px: usize,
    /// Height in pixels.
    pub height_px: usize,
    /// `width_px * height_px` shades, rows from the top.
    pub shades: Arc<[u8]>,
}

/// Colours from far to near; between them they are mixed.
const RAMP: [[u8; 3]; 7] = [
    [44, 44, 122],
    [44, 94, 186],
    [52, 158, 190],
    [124, 196, 138],
    [236, 206, 98],
    [240, 134, 58],
    [204, 46, 44],
];
const SKY: [u8; 3] = [10, 11, 18];

static COLOURS: LazyLock<Vec<[u8; 3]>> = LazyLock::new(|| (0..=u8::MAX).map(mix).collect());

fn mix(shade: u8) -> [u8; 3] {
    let Some(rank) = shade.checked_sub(1) else {
        return SKY;
    };
    let place = f32::from(rank) / f32::from(u8::MAX - 1) * (RAMP.len() - 1) as f32;
    let below = (place as usize).min(RAMP.len() - 2);
    let share = place - below as f32;
    std::array::from_fn(|c| {
        let (a, b) = (f32::from(RAMP[below][c]), f32::from(RAMP[below + 1][c]));
        (a + share * (b - a)).round() as u8
    })
}

impl DepthPicture {
    /// Shades that there are.
    pub const SHADES: usize = 256;
    /// What is nearer has the warmest colour.
    pub const NEAREST_M: f32 = 1.0;
    /// What is farther has the coolest colour, up to twice that; beyond it counts as sky.
    pub const FARTHEST_M: f32 = 120.0;

    /// Of inverse depths (1/m, 0 = sky), rows from the top; `None` if that is not one a pixel.
    pub fn of_inverse_depth(width_px: usize, height_px: usize, inverse_depth: &[f32]) -> Option<Self> {
        let whole = !inverse_depth.is_empty() && inverse_depth.len() == width_px * height_px;
        whole.then(|| Self {
            width_px,
            height_px,
            shades: inverse_depth.iter().map(|k| shade(*k)).collect(),
        })
    }

    /// The colour of a shade.
    pub fn colour(shade: u8) -> [u8; 3] {
        COLOURS[usize::from(shade)]
    }

    /// The shade of a distance.
    pub fn shade_of(distance_m: f32) -> u8 {
        shade(1.0 / distance_m.max(1e-6))
    }

    /// The picture in colours: near things warm, far ones cool, the sky dark.
    pub fn to_frame(&self, index: u64) -> Frame {
        let colours = &*COLOURS;
        let rgb: Vec<u8> = (self.shades.iter())
            .flat_map(|shade| colours[usize::from(*shade)])
            .collect();
        Frame::from_rgb(self.width_px, self.height_px, &rgb, index)
    }
}

/// The shade of an inverse depth in 1/m. What is no number is sky.
fn shade(inverse_depth: f32) -> u8 {
    let far = 1.0 / DepthPicture::FARTHEST_M;
    // A decoder never says 0 exactly.
    if inverse_depth.is_nan() || inverse_depth < 0.5 * far {
        return 0;
    }
    let share = (inverse_depth / far).ln() / (DepthPicture::FARTHEST_M / DepthPicture::NEAREST_M).ln();
    1 + (share.clamp(0.0, 1.0) * f32::from(u8::MAX - 1)).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_is_warm_far_is_cool_and_the_sky_is_dark() {
        let distances_m = [0.5, 1.0, 3.0, 10.0, 40.0, 120.0];
        let shades = distances_m.map(DepthPicture::shade_of);
        assert_eq!((shades[0], shades[1], shades[5]), (255, 255, 1));
        assert!(shades[1..].windows(2).all(|pair| pair[0] > pair[1]), "{shades:?}");
        let warmth = |shade| {
            let [r, _, b] = DepthPicture::colour(shade).map(i32::from);
            r - b
        };
        assert!(warmth(255) > 100 && warmth(1) < -60);
        let sum = |shade| DepthPicture::colour(shade).map(u32::from).iter().sum::<u32>();
        assert!(
            (1..=255).all(|shade| sum(shade) > 4 * sum(0)),
            "nothing is as dark as the sky"
        );
        // No two neighbours look alike over a tenth of the way.
        assert!((1..=230).all(|shade| DepthPicture::colour(shade) != DepthPicture::colour(shade + 25)));
    }

    #[test]
    fn a_depth_map_becomes_a_picture_and_what_is_none_becomes_nothing() {
        let depth = [0.0, 0.001, f32::NAN, -1.0, 1.0, 4.0];
        let picture = DepthPicture::of_inverse_depth(3, 2, &depth).unwrap();
        assert_eq!(&picture.shades[..], [0, 0, 0, 0, 255, 255]);
        let frame = picture.to_frame(7);
        assert_eq!((frame.width_px, frame.height_px, frame.index), (3, 2, 7));
        assert_eq!(frame.to_rgb()[..3], SKY);
        assert_eq!(frame.to_rgb()[12..15], RAMP[6]);
        assert_eq!(DepthPicture::of_inverse_depth(3, 2, &depth[1..]), None);
        assert_eq!(DepthPicture::of_inverse_depth(0, 0, &[]), None);
    }
}

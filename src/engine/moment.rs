//! One latent frame of the past: what it showed, where the walker was, and perhaps the state to take the walk up from.
//! Lives on the engine thread. Pictures are kept as PNG, which loses nothing.

use std::sync::Arc;

use image::ImageEncoder as _;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};

use crate::control::Walker;
use crate::frame::{DepthPicture, Frame};
use crate::rollout::WalkState;

/// What a latent frame showed.
pub(super) struct Shown<'a> {
    /// The walker in the last picture.
    pub(super) walker: Walker,
    pub(super) pictures: &'a [Frame],
    /// Of the last picture.
    pub(super) depth: Option<&'a DepthPicture>,
}

/// A picture as a PNG.
#[derive(Clone)]
pub(super) struct Packed {
    pub(super) index: u64,
    pub(super) png: Arc<[u8]>,
}

/// One latent frame as it was shown.
pub(super) struct Moment {
    pub(super) walker: Walker,
    pictures: Vec<Packed>,
    /// The depth of the last picture as a grey PNG.
    depth: Option<Vec<u8>>,
    state: Option<WalkState>,
}

impl Moment {
    pub(super) fn new(shown: Shown<'_>, state: Option<WalkState>) -> Self {
        Self {
            walker: shown.walker,
            pictures: shown.pictures.iter().filter_map(pack).collect(),
            depth: shown.depth.and_then(pack_depth),
            state,
        }
    }

    /// Memory that it takes.
    pub(super) fn bytes(&self) -> usize {
        let pictures: usize = self.pictures.iter().map(|p| p.png.len()).sum();
        let depth = self.depth.as_ref().map_or(0, Vec::len);
        size_of::<Self>() + pictures + depth + self.state.as_ref().map_or(0, WalkState::bytes)
    }

    pub(super) fn pictures(&self) -> &[Packed] {
        &self.pictures
    }

    pub(super) fn state(&self) -> Option<&WalkState> {
        self.state.as_ref()
    }

    /// Gives it a state, if it has none.
    pub(super) fn keep_state(&mut self, state: WalkState) {
        self.state.get_or_insert(state);
    }

    pub(super) fn forget_state(&mut self) {
        self.state = None;
    }

    /// Its pictures but for the last one, in reverse order.
    pub(super) fn backwards_to_first(&self) -> impl Iterator<Item = Frame> + '_ {
        self.pictures.iter().rev().skip(1).filter_map(Packed::unpack)
    }

    /// Its last picture.
    pub(super) fn last(&self) -> Option<Frame> {
        self.pictures.last().and_then(Packed::unpack)
    }

    /// How far everything was in its last picture.
    pub(super) fn depth(&self) -> Option<DepthPicture> {
        let png = self.depth.as_ref()?;
        let grey = image::load_from_memory_with_format(png, image::ImageFormat::Png).ok()?;
        let grey = grey.to_luma8();
        Some(DepthPicture {
            width_px: grey.width() as usize,
            height_px: grey.height() as usize,
            shades: grey.into_raw().into(),
        })
    }
}

fn pack(frame: &Frame) -> Option<Packed> {
    let size_px = [frame.width_px, frame.height_px];
    Some(Packed {
        index: frame.index,
        png: png(&frame.to_rgb(), size_px, image::ExtendedColorType::Rgb8)?.into(),
    })
}

fn pack_depth(depth: &DepthPicture) -> Option<Vec<u8>> {
    let size_px = [depth.width_px, depth.height_px];
    png(&depth.shades, size_px, image::ExtendedColorType::L8)
}

fn png(bytes: &[u8], [width_px, height_px]: [usize; 2], color: image::ExtendedColorType) -> Option<Vec<u8>> {
    let mut png = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Up);
    if let Err(error) = encoder.write_image(bytes, width_px as u32, height_px as u32, color) {
        tracing::warn!("a picture cannot be kept: {error}");
        return None;
    }
    png.shrink_to_fit();
    Some(png)
}

impl Packed {
    pub(super) fn unpack(&self) -> Option<Frame> {
        let picture = image::load_from_memory_with_format(&self.png, image::ImageFormat::Png).ok()?;
        let rgb = picture.to_rgb8();
        let (width_px, height_px) = (rgb.width() as usize, rgb.height() as usize);
        Some(Frame::from_rgb(width_px, height_px, rgb.as_raw(), self.index))
    }
}

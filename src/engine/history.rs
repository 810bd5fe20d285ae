//! The recent past of a walk, bounded: pictures to show while going back, and states to take the walk up from. Lives on
//! the engine thread.
//!
//! A state is large, so it is kept for a few latent frames only, the farther back the fewer; what lies between is made
//! again from the controls, which gives the same bytes. Pictures are kept as PNG, which loses nothing.

use std::collections::VecDeque;

use image::ImageEncoder as _;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};

use crate::control::Walker;
use crate::frame::{DepthPicture, Frame};
use crate::rollout::WalkState;

/// Memory of all that is kept. Of Vale a state takes 11.5 MB and the pictures of a latent frame 0.1 MB: a good minute.
const MAX_BYTES: usize = 192 << 20;
/// Longest past.
const MAX_SECS: f64 = 120.0;
/// A state is kept at every latent frame whose number this divides; older ones are thinned out.
pub(super) const STATE_EVERY: u64 = 8;
/// Largest distance between two kept states.
const SPARSEST: u64 = 64;

/// What a latent frame showed.
pub(super) struct Shown<'a> {
    /// The walker in the last picture.
    pub(super) walker: Walker,
    pub(super) pictures: &'a [Frame],
    /// Of the last picture.
    pub(super) depth: Option<&'a DepthPicture>,
}

/// A picture as a PNG.
struct Packed {
    index: u64,
    png: Vec<u8>,
}

/// One latent frame as it was shown.
struct Moment {
    walker: Walker,
    pictures: Vec<Packed>,
    /// The depth of the last picture as a grey PNG.
    depth: Option<Vec<u8>>,
    state: Option<WalkState>,
    bytes: usize,
}

/// The past, oldest latent frame first; the oldest one always holds a state.
pub(super) struct History {
    moments: VecDeque<Moment>,
    /// Number of the oldest latent frame.
    base: u64,
    /// Where the walk was taken up or begun: before that nothing was ever known.
    origin: u64,
    max_moments: usize,
    max_bytes: usize,
    bytes: usize,
}

impl History {
    /// The past of a walk that begins, or is taken up, at latent frame `latent` in this state.
    pub(super) fn new(latent: u64, shown: Shown<'_>, state: WalkState, latents_per_sec: f64) -> Self {
        let mut history = Self {
            moments: VecDeque::new(),
            base: latent,
            origin: latent,
            max_moments: (MAX_SECS * latents_per_sec) as usize,
            max_bytes: MAX_BYTES,
            bytes: 0,
        };
        history.push(shown, Some(state));
        history
    }

    /// Whether states of this size can be kept in number.
    pub(super) fn can_hold(state_bytes: usize) -> bool {
        state_bytes <= MAX_BYTES / 8
    }

    /// Whether the next latent frame should come with its state.
    pub(super) fn wants_state(&self) -> bool {
        (self.newest() + 1).is_multiple_of(STATE_EVERY)
    }

    /// Number of the newest latent frame.
    pub(super) fn newest(&self) -> u64 {
        self.base + self.moments.len() as u64 - u64::from(!self.moments.is_empty())
    }

    /// Number of the oldest latent frame that can be gone back to.
    pub(super) fn oldest(&self) -> u64 {
        self.base
    }

    /// Number of the latent frame that the walk was begun or taken up at.
    pub(super) fn origin(&self) -> u64 {
        self.origin
    }

    /// Adds the next latent frame.
    pub(super) fn push(&mut self, shown: Shown<'_>, state: Option<WalkState>) {
        let mut moment = Moment {
            walker: shown.walker,
            pictures: shown.pictures.iter().filter_map(pack).collect(),
            depth: shown.depth.and_then(pack_depth),
            state,
            bytes: 0,
        };
        moment.bytes = moment.count();
        self.bytes += moment.bytes;
        self.moments.push_back(moment);
        if self.moments.back().is_some_and(|m| m.state.is_some()) {
            self.thin();
        }
        while self.moments.len() > self.max_moments || self.bytes > self.max_bytes {
            if !self.drop_oldest() {
                break;
            }
        }
    }

    /// Drops states that stand too close for their age.
    fn thin(&mut self) {
        let newest = self.newest();
        for (latent, moment) in (self.base..).zip(&mut self.moments).skip(1) {
            if !latent.is_multiple_of(spacing(newest - latent)) && moment.state.take().is_some() {
                self.bytes -= moment.bytes;
                moment.bytes = moment.count();
                self.bytes += moment.bytes;
            }
        }
    }

    /// Drops the oldest latent frames up to the next one that holds a state; false when there is none.
    fn drop_oldest(&mut self) -> bool {
        let Some(n) = self.moments.iter().skip(1).position(|m| m.state.is_some()) else {
            return false;
        };
        let dropped = n + 1;
        self.bytes -= self.moments.drain(..dropped).map(|m| m.bytes).sum::<usize>();
        self.base += dropped as u64;
        true
    }

    fn moment(&self, latent: u64) -> Option<&Moment> {
        self.moments.get(latent.checked_sub(self.base)? as usize)
    }

    /// The pictures that lead back from the last one of `latent` (which is on the screen) to the last one of the latent
    /// frame before, in that order. Empty at the end of the past.
    pub(super) fn backwards(&self, latent: u64) -> Vec<Frame> {
        let Some(before) = latent.checked_sub(1).and_then(|l| self.moment(l)) else {
            return Vec::new();
        };
        let own = self.moment(latent).map_or(&[][..], |m| &m.pictures);
        let own = own.iter().rev().skip(1);
        own.chain(before.pictures.last()).filter_map(unpack).collect()
    }

    /// The walker after `latent`.
    pub(super) fn walker(&self, latent: u64) -> Option<Walker> {
        self.moment(latent).map(|m| m.walker)
    }

    /// How far everything was in the last picture of `latent`.
    pub(super) fn depth(&self, latent: u64) -> Option<DepthPicture> {
        let png = self.moment(latent)?.depth.as_ref()?;
        let grey = image::load_from_memory_with_format(png, image::ImageFormat::Png).ok()?;
        let grey = grey.to_luma8();
        Some(DepthPicture {
            width_px: grey.width() as usize,
            height_px: grey.height() as usize,
            shades: grey.into_raw().into(),
        })
    }

    /// The last kept state at or before `latent`.
    pub(super) fn state_before(&self, latent: u64) -> Option<&WalkState> {
        let n = (latent.checked_sub(self.base)? + 1) as usize;
        self.moments.iter().take(n).rev().find_map(|m| m.state.as_ref())
    }

    /// Forgets all after `latent`.
    pub(super) fn truncate(&mut self, latent: u64) {
        let n = (latent.saturating_sub(self.base) + 1) as usize;
        if n < self.moments.len() {
            self.bytes -= self.moments.drain(n..).map(|m| m.bytes).sum::<usize>();
        }
    }
}

impl Moment {
    fn count(&self) -> usize {
        let pictures: usize = self.pictures.iter().map(|p| p.png.len()).sum();
        let depth = self.depth.as_ref().map_or(0, Vec::len);
        size_of::<Self>() + pictures + depth + self.state.as_ref().map_or(0, WalkState::bytes)
    }
}

/// Distance of kept states that are `age` latent frames old. It grows with the age, so that taking the walk up again is
/// quick after a short way back.
fn spacing(age: u64) -> u64 {
    (age / 4 + 1).next_power_of_two().clamp(STATE_EVERY, SPARSEST)
}

fn pack(frame: &Frame) -> Option<Packed> {
    let size_px = [frame.width_px, frame.height_px];
    Some(Packed {
        index: frame.index,
        png: png(&frame.to_rgb(), size_px, image::ExtendedColorType::Rgb8)?,
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

fn unpack(packed: &Packed) -> Option<Frame> {
    let picture = image::load_from_memory_with_format(&packed.png, image::ImageFormat::Png).ok()?;
    let rgb = picture.to_rgb8();
    let (width_px, height_px) = (rgb.width() as usize, rgb.height() as usize);
    Some(Frame::from_rgb(width_px, height_px, rgb.as_raw(), packed.index))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::CameraPose;
    use crate::rollout::Sampler;

    fn state(step: u64) -> WalkState {
        WalkState {
            seed: 1,
            step,
            memory: None,
            sampler: Sampler::default(),
            arrays: crate::model::weights::Arrays::from([(
                "x".to_owned(),
                crate::model::weights::Array {
                    shape: vec![250],
                    values: vec![step as f32; 250],
                },
            )]),
        }
    }

    fn walker(latent: u64) -> Walker {
        Walker::at(CameraPose {
            yaw_rad: latent as f32,
            ..CameraPose::default()
        })
    }

    fn frame(index: u64) -> Frame {
        let rgb: Vec<u8> = (0..16 * 16 * 3).map(|i| (i * 7 + index as usize * 13) as u8).collect();
        Frame::from_rgb(16, 16, &rgb, index)
    }

    fn depth(latent: u64) -> DepthPicture {
        DepthPicture {
            width_px: 16,
            height_px: 8,
            shades: (0..128).map(|i| (i * 5 + latent) as u8).collect(),
        }
    }

    fn shown<'a>(latent: u64, pictures: &'a [Frame], depth: &'a DepthPicture) -> Shown<'a> {
        Shown {
            walker: walker(latent),
            pictures,
            depth: Some(depth),
        }
    }

    fn history(from: u64, to: u64) -> History {
        let begin = [frame(4 * from)];
        let mut history = History::new(from, shown(from, &begin, &depth(from)), state(from), 6.0);
        for latent in from + 1..=to {
            let frames: Vec<_> = (4 * latent - 3..=4 * latent).map(frame).collect();
            let state = history.wants_state().then(|| state(latent));
            history.push(shown(latent, &frames, &depth(latent)), state);
        }
        history
    }

    #[test]
    fn pictures_come_back_in_reverse_and_exact() {
        let history = history(3, 6);
        let back: Vec<_> = [6, 5, 4].iter().flat_map(|l| history.backwards(*l)).collect();
        let expected: Vec<_> = (12..24).rev().map(frame).collect();
        assert!(back == expected);
        assert_eq!(history.backwards(3), []);
        assert_eq!(history.walker(5), Some(walker(5)));
        assert_eq!(history.walker(2), None);
        assert_eq!((history.depth(5), history.depth(2)), (Some(depth(5)), None));
    }

    #[test]
    fn every_moment_has_a_state_not_far_before_it() {
        let history = history(5, 600);
        assert_eq!(history.newest(), 600);
        assert_eq!((history.oldest(), history.origin()), (5, 5));
        for latent in 5..=600 {
            let step = history.state_before(latent).unwrap().step;
            assert!(step <= latent && latent - step < SPARSEST);
            let age = 600 - latent;
            assert!(latent - step <= STATE_EVERY.max(age + 4), "{latent} from {step}");
        }
        let kept = history.moments.iter().filter(|m| m.state.is_some()).count();
        assert!(kept < 20, "{kept}");
        assert!(history.state_before(4).is_none());
    }

    #[test]
    fn time_and_memory_are_bounded_and_the_oldest_moment_holds_a_state() {
        let mut history = history(0, 2000);
        assert!(history.moments.len() <= 720);
        assert!(history.oldest() >= 1280 && history.origin() == 0);
        assert!(history.moments[0].state.is_some());
        let count: usize = history.moments.iter().map(Moment::count).sum();
        assert_eq!(count, history.bytes);
        history.max_bytes = history.bytes / 3;
        history.push(shown(2001, &[frame(1)], &depth(2001)), None);
        assert!(history.bytes <= history.max_bytes);
        assert!(history.moments[0].state.is_some());
        let (oldest, newest) = (history.oldest(), history.newest());
        history.truncate(oldest + 3);
        assert_eq!(history.newest(), oldest + 3);
        assert!(newest == 2001 && history.state_before(oldest + 3).is_some());
        let count: usize = history.moments.iter().map(Moment::count).sum();
        assert_eq!(count, history.bytes);
    }
}

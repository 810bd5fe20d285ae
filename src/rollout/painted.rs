//! What comes after the decoder: depth to the pixel, and a step's last picture painted where it is due, with what was drawn
//! carried over to the step's other three.

use burn::tensor::Tensor;

use super::memory::Memory;
use super::networks::{Decoded, Networks};
use crate::control::LatentControl;
use crate::device::Gaussian;
use crate::frame::FRAMES_PER_LATENT;
use crate::model::aapt::depth::{flat_ground, inverse_depth, nearness, sharpen};
use crate::model::aapt::grain::{Bands, grain};
use crate::model::aapt::painter::{MAPS, draw, is_due, maps};
use crate::model::aapt::sides::sides;
use crate::model::aapt::skyward::skyward;
use crate::model::aapt::warp::{RgbDepth, UNKNOWN, reproject};
use crate::model::nn::tensor;
use crate::model::weights::to_host;

const END: usize = FRAMES_PER_LATENT - 1;
/// A smaller share of a picture that is due can wait.
const LEAST_DUE: f32 = 0.005;
/// How much of what was known of a depth stays in a step.
const GO_ON: f32 = 0.5;
/// The same where things are kept apart from what they stand before ([`super::Sampler::keep_apart`]): a trunk stays a trunk. What is told of a pixel beside it may put it on the other side ([`sides`]).
const GO_ON_APART: f32 = 0.95;
/// The same of what is sky by now ([`skyward`]).
const GO_ON_SKY: f32 = 0.1;
/// Pictures that grain is taken from.
const GRAIN_SOURCES: usize = 2;
/// Of the seeds of the painter's noise.
const NOISE: u64 = 0x9a14_7e6d;

impl Networks {
    /// The depth of what walks have decoded, to the pixel of their last pictures or of those given, if there is a network
    /// for it.
    pub fn sharpen_depth(&self, decoded: &mut [Decoded], pictures: Option<&[Vec<f32>]>, pitches_rad: &[f32]) {
        let Some(net) = self.generator.depth_net() else { return };
        let (h, w, n) = (self.lens.height_px, self.lens.width_px, decoded.len());
        let (mut colours, mut near, mut ground) = (vec![], vec![], vec![]);
        for ((i, d), pitch_rad) in decoded.iter().enumerate().zip(pitches_rad) {
            ground.extend(flat_ground(&self.lens, *pitch_rad));
            colours.extend(planes(pictures.map_or(&d.frames[END], |p| &p[i])));
            near.extend(d.inverse_depth.iter().map(|k| nearness(*k)));
        }
        let of = |values: Vec<f32>, channels: usize| -> Tensor<4> { tensor(values, [n, channels, h, w], &self.device) };
        let found = to_host(sharpen(net, of(colours, 3), of(near, 1), of(ground, 1), self.dtype));
        for (d, found) in decoded.iter_mut().zip(found.chunks_exact(h * w)) {
            d.inverse_depth = found.iter().map(|near| inverse_depth(*near)).collect();
        }
    }

    /// Draws into what walks have decoded where it is due: the painter, if there is one, else grain out of the walks'
    /// `memories`, if they have any. `last` says how stale their last pictures are, and is told what is not any more. `known` are
    /// depths as the warp has them ([`UNKNOWN`] elsewhere): those of the pictures themselves come later.
    pub(super) fn paint(
        &self,
        decoded: &mut [Decoded],
        known: &[Vec<f32>],
        last: &mut [RgbDepth],
        memories: &[Memory],
        controls: &[LatentControl],
        seeds: &[u64],
        step: u64,
    ) {
        let least = (LEAST_DUE * (self.lens.width_px * self.lens.height_px) as f32) as usize;
        let due: Vec<usize> = (0..last.len())
            .filter(|i| last[*i].stale.iter().filter(|s| is_due(**s)).count() > least)
            .collect();
        if due.is_empty() {
            return;
        }
        let Some(painter) = self.generator.painter() else {
            for i in due.into_iter().filter(|i| *i < memories.len()) {
                let sources = memories[i].grains(&self.lens, &controls[i], GRAIN_SOURCES);
                let sources: Vec<(&Bands, isize)> = sources.iter().map(|(bands, down)| (&**bands, *down)).collect();
                let seed = seeds[i].wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ step;
                let depth = self.completed(&decoded[i], known.get(i), &controls[i]);
                let (added, done) = grain(
                    &decoded[i].frames[END],
                    &depth,
                    &last[i].stale,
                    &self.lens,
                    &sources,
                    seed,
                );
                self.carry_over(&mut decoded[i], depth, &mut last[i], &done, &added, &controls[i]);
            }
            return;
        };
        let (h, w, n) = (self.lens.height_px, self.lens.width_px, due.len());
        let (mut pictures, mut told, mut noise) = (vec![], vec![], vec![0.0; n * h * w]);
        for (i, noise) in due.iter().zip(noise.chunks_exact_mut(h * w)) {
            pictures.extend(planes(&decoded[*i].frames[END]));
            told.extend(maps(
                &last[*i].stale,
                &self.completed(&decoded[*i], known.get(*i), &controls[*i]),
            ));
            Gaussian::new(seeds[*i] ^ NOISE, step).fill(noise);
        }
        let of = |values: Vec<f32>, channels: usize| -> Tensor<4> { tensor(values, [n, channels, h, w], &self.device) };
        let drawn = draw(painter, of(pictures, 3), of(told, MAPS), of(noise, 1), self.dtype);
        let drawn = to_host(drawn.permute([0, 2, 3, 1]));
        for (i, drawn) in due.into_iter().zip(drawn.chunks_exact(3 * h * w)) {
            let done: Vec<bool> = last[i].stale.iter().map(|s| is_due(*s)).collect();
            let depth = self.completed(&decoded[i], known.get(i), &controls[i]);
            self.carry_over(&mut decoded[i], depth, &mut last[i], &done, drawn, &controls[i]);
        }
    }

    /// Depths as far as the warp knows them; elsewhere the decoder's, if they have been told, else those of flat ground.
    fn completed(&self, decoded: &Decoded, known: Option<&Vec<f32>>, control: &LatentControl) -> Vec<f32> {
        let mut depth = decoded.inverse_depth.clone();
        if depth.is_empty() {
            let ground = flat_ground(&self.lens, control.poses[END].pitch_rad);
            depth = ground.into_iter().map(inverse_depth).collect();
        }
        let known = known.map_or(&[][..], Vec::as_slice);
        for (depth, known) in depth.iter_mut().zip(known).filter(|(_, known)| **known != UNKNOWN) {
            *depth = *known;
        }
        depth
    }

    /// Adds `drawn` (`[h * w * 3]`) to the last picture where it is `done`, and the same, seen from their cameras, to the
    /// others.
    fn carry_over(
        &self,
        decoded: &mut Decoded,
        inverse_depth: Vec<f32>,
        last: &mut RgbDepth,
        done: &[bool],
        drawn: &[f32],
        control: &LatentControl,
    ) {
        let picture = &mut decoded.frames[END];
        let mut change = vec![0.0; drawn.len()];
        for i in (0..done.len()).filter(|i| done[*i]) {
            for at in 3 * i..3 * i + 3 {
                let before = picture[at];
                picture[at] = (before + drawn[at]).clamp(-1.0, 1.0);
                change[at] = picture[at] - before;
            }
            last.stale[i] = 0.0;
            last.drawn_anew(i);
        }
        let change = RgbDepth {
            rgb: change,
            inverse_depth,
            stale: vec![],
            drawn: None,
        };
        // A step moves things 5 m away half so far: farther off nothing is looked for.
        let reach = 2 * control.motion_px(&self.lens).min(1e3) as usize + 8;
        let untouched = far_from(done, self.lens.width_px, reach);
        let (end, others) = (&control.poses[END], &mut decoded.frames[..END]);
        for (picture, pose) in others.iter_mut().zip(&control.poses) {
            let seen = reproject(&self.lens, &change, end, pose, Some(&untouched));
            let valid = seen.rgb.iter().zip(seen.valid.iter().flat_map(|v| [*v; 3]));
            for (pixel, (change, valid)) in picture.iter_mut().zip(valid) {
                *pixel = (*pixel + change * valid).clamp(-1.0, 1.0);
            }
        }
    }
}

/// Moves what a step found of depths towards what was `known` of the same places: a look at a picture that is a little soft by now tells less
/// than all looks before it together, and a scene whose depths change at every step loses its shape.
pub fn go_on(found: &mut [f32], known: &[f32]) {
    go_on_by(found, known, |_| GO_ON);
}

/// The same where things are kept apart from what they stand before, in a picture of these colours: what has become sky goes there; who is beside an outline and told to be on its other side goes over, or stays exactly as it was.
pub(super) fn go_on_apart(found: &mut [f32], known: &[f32], rgb: &[f32], w: usize) {
    let sky = skyward(found, known, rgb, w);
    let decided = sides(found, known, rgb, &sky, w);
    go_on_by(found, known, |i| if sky[i] { GO_ON_SKY } else { GO_ON_APART });
    let settled = found.iter_mut().zip(decided).zip(sky);
    for ((k, side), _) in settled.filter(|(_, sky)| !sky) {
        *k = side.unwrap_or(*k);
    }
}

/// [`go_on`] by each pixel's share of the way.
fn go_on_by(found: &mut [f32], known: &[f32], share: impl Fn(usize) -> f32) {
    let pairs = found.iter_mut().zip(known).enumerate();
    for (i, (found, known)) in pairs.filter(|(_, (_, known))| **known != UNKNOWN) {
        let near = nearness(*found);
        *found = inverse_depth(near + share(i) * (nearness(*known) - near));
    }
}

/// 1 where nothing is `done` within `reach` pixels across or down, else 0.
fn far_from(done: &[bool], w: usize, reach: usize) -> Vec<f32> {
    let h = done.len() / w.max(1);
    let mut rows = vec![false; done.len()];
    for (near, line) in rows.chunks_exact_mut(w).zip(done.chunks_exact(w)) {
        for x in (0..w).filter(|x| line[*x]) {
            near[x.saturating_sub(reach)..(x + reach + 1).min(w)].fill(true);
        }
    }
    let mut far = vec![1.0; done.len()];
    for (y, line) in far.chunks_exact_mut(w).enumerate() {
        let near = &rows[y.saturating_sub(reach) * w..(y + reach + 1).min(h) * w];
        for row in near.chunks_exact(w) {
            for (far, near) in line.iter_mut().zip(row) {
                *far = if *near { 0.0 } else { *far };
            }
        }
    }
    far
}

/// Interleaved colours `[h * w * 3]` as planes `[3 * h * w]`.
pub fn planes(rgb: &[f32]) -> Vec<f32> {
    let colour = |c: usize| rgb.iter().skip(c).step_by(3).copied();
    (0..3).flat_map(colour).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{CameraPose, Keys};
    use crate::device::DeviceChoice;
    use crate::model::aapt::drawn::{Drawn, is_somewhere};
    use crate::model::aapt::warp::NEW;
    use crate::model::weights::{Arrays, export, import};
    use crate::package::tests::tiny;

    /// The tiny generator of the package's tests, whose painter has something to say.
    fn networks() -> Networks {
        let (manifest, mut weights, first_frames) = tiny();
        let mut rng = Gaussian::new(3, 0);
        let head = weights.get_mut("generator.painter.head.bias").expect("a painter");
        rng.fill(&mut head.values);
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("tiny.safetensors");
        crate::package::save(&file, &manifest, &weights, &first_frames).expect("saved");
        let package = crate::package::Package::open(&file).expect("opened");
        Networks::from_package(&package, DeviceChoice::Cpu).expect("networks")
    }

    #[test]
    fn depths_go_on_from_what_was_known_and_begin_anew_elsewhere() {
        let mut found = vec![0.2, 0.2, 0.0, 0.1];
        go_on(&mut found, &[0.0, UNKNOWN, 0.0, 0.1]);
        assert!(
            found[0] > 0.0 && found[0] < 0.1,
            "half way, as a warp counts it: {found:?}"
        );
        assert!(
            (found[1] - 0.2).abs() < 1e-6 && (found[3] - 0.1).abs() < 1e-6,
            "{found:?}"
        );
        assert_eq!(found[2], 0.0);
        // Each by its own share: what is sky by now goes nearly there.
        let mut both = vec![0.0, 0.0];
        go_on_by(&mut both, &[0.2, 0.2], |i| [GO_ON_SKY, GO_ON_APART][i]);
        assert!(both[0] < 0.02 && both[1] > 0.15, "{both:?}");
        // Walks that are not warped know nothing.
        go_on(&mut found, &[]);
        assert_eq!(found[2], 0.0);
    }

    #[test]
    fn beside_a_trunk_the_sky_goes_over_at_once_what_became_sky_nearly_and_the_trunk_hardly_moves() {
        // A dark trunk whose depths have two columns of the sky beside it, and light far away that was thought near.
        const W: usize = 192;
        const H: usize = 40;
        let (trunk, rim) = (|x: usize| (90..100).contains(&x), |x: usize| (88..90).contains(&x));
        let gone = |i: usize| (30..50).contains(&(i % W)) && (10..30).contains(&(i / W));
        let rgb: Vec<f32> = (0..W * H)
            .flat_map(|i| [if trunk(i % W) { -0.7 } else { 0.6 }; 3])
            .collect();
        let before = |i: usize| match i % W {
            x if trunk(x) || rim(x) => 0.15,
            _ if gone(i) => 0.1,
            _ => 0.0,
        };
        let known: Vec<f32> = (0..W * H).map(before).collect();
        let mut found: Vec<f32> = (0..W * H).map(|i| if trunk(i % W) { 0.16 } else { 0.0 }).collect();
        go_on_apart(&mut found, &known, &rgb, W);
        for (i, k) in found.iter().enumerate() {
            match i % W {
                x if trunk(x) => assert!((0.15..0.151).contains(k), "trunk, {x}: {k}"),
                x if rim(x) => assert_eq!(*k, 0.0, "sky beside it, {x}"),
                // By nearly all of the way, and no more.
                x if gone(i) => assert!(*k > 0.0 && *k < 0.02, "gone, {x}: {k}"),
                x => assert_eq!(*k, 0.0, "{x}"),
            }
        }
        let mut unknown = vec![0.05; W * H];
        go_on_apart(&mut unknown, &[UNKNOWN; W * H], &rgb, W);
        assert!(unknown.iter().all(|k| *k == 0.05));
    }

    #[test]
    fn what_is_due_is_drawn_once_and_on_all_four_pictures() {
        let n = networks();
        let pixels = n.lens.width_px * n.lens.height_px;
        let rests = LatentControl::new(&CameraPose::default(), &[CameraPose::default(); 4], Keys(0));
        let grey = Decoded {
            frames: std::array::from_fn(|_| vec![0.0; 3 * pixels]),
            inverse_depth: vec![0.2; pixels],
        };
        let due = |i: usize| i % n.lens.width_px >= n.lens.width_px / 2;
        let stale: Vec<f32> = (0..pixels).map(|i| if due(i) { NEW } else { 0.25 }).collect();
        let mut decoded = vec![grey.clone()];
        let mut last = vec![RgbDepth {
            rgb: vec![],
            inverse_depth: vec![],
            stale,
            drawn: Some(Drawn::now(&vec![0.0; 3 * pixels])),
        }];
        n.paint(&mut decoded, &[], &mut last, &[], &[rests], &[1], 1);
        for frame in &decoded[0].frames {
            for (i, pixel) in frame.chunks_exact(3).enumerate() {
                assert_eq!(pixel.iter().any(|v| *v != 0.0), due(i), "pixel {i}");
            }
        }
        let [first, .., end] = &decoded[0].frames;
        assert!(
            first.iter().zip(end).all(|(a, b)| (a - b).abs() < 1e-4),
            "nothing moves"
        );
        for (i, stale) in last[0].stale.iter().enumerate() {
            assert_eq!(*stale, if due(i) { 0.0 } else { 0.25 });
        }
        let drawn = last[0].drawn.as_ref().expect("it is known");
        for (i, shift) in drawn.shift.iter().enumerate() {
            assert_eq!(is_somewhere(*shift), !due(i), "pixel {i}");
        }
        // Nothing is due any more.
        let before = decoded.clone();
        n.paint(&mut decoded, &[], &mut last, &[], &[rests], &[1], 2);
        assert_eq!(before[0].frames, decoded[0].frames);
    }

    #[test]
    fn where_depth_is_not_known_and_not_told_yet_ground_is_flat() {
        let n = networks();
        let (w, pixels) = (n.lens.width_px, n.lens.width_px * n.lens.height_px);
        let rests = LatentControl::new(&CameraPose::default(), &[CameraPose::default(); 4], Keys(0));
        let known: Vec<f32> = (0..pixels).map(|i| if i % 2 == 0 { 0.7 } else { UNKNOWN }).collect();
        let told = |inverse_depth: Vec<f32>| Decoded {
            frames: std::array::from_fn(|_| vec![0.0; 3 * pixels]),
            inverse_depth,
        };
        let not_yet = n.completed(&told(vec![]), Some(&known), &rests);
        let by_then = n.completed(&told(vec![0.3; pixels]), Some(&known), &rests);
        assert!(
            not_yet
                .iter()
                .zip(&by_then)
                .step_by(2)
                .all(|(a, b)| *a == 0.7 && *b == 0.7)
        );
        assert!(by_then.iter().skip(1).step_by(2).all(|k| *k == 0.3));
        assert_eq!((not_yet.len(), not_yet[1]), (pixels, 0.0), "the sky");
        let (above, last) = (not_yet[pixels - w - 1], not_yet[pixels - 1]);
        assert!(
            0.0 < above && above < last,
            "ground comes nearer row by row: {above}, {last}"
        );
    }

    #[test]
    fn what_is_far_from_all_that_was_drawn_is_not_looked_for() {
        let (w, h) = (12, 9);
        let done: Vec<bool> = (0..w * h).map(|i| i == 4 * w + 6).collect();
        let far = far_from(&done, w, 2);
        for (i, far) in far.iter().enumerate() {
            let near = (i % w).abs_diff(6) <= 2 && (i / w).abs_diff(4) <= 2;
            assert_eq!(*far == 0.0, near, "{i}");
        }
        assert!(far_from(&vec![false; w * h], w, 3).iter().all(|v| *v == 1.0));
    }

    #[test]
    fn without_a_painter_and_without_memory_what_is_decoded_is_shown() {
        let mut n = networks();
        let mut config = n.generator.config().clone();
        config.painter = None;
        let plain = crate::model::aapt::generator::Generator::new(&config, &mut Gaussian::silent(), &n.device);
        let weights: Arrays = (export(&n.generator).into_iter())
            .filter(|(name, _)| !name.starts_with("painter"))
            .collect();
        n.generator = import(plain, &weights, &n.device).expect("the same without a painter");
        let pixels = n.lens.width_px * n.lens.height_px;
        let mut decoded = vec![Decoded {
            frames: std::array::from_fn(|_| vec![0.0; 3 * pixels]),
            inverse_depth: vec![0.2; pixels],
        }];
        let mut last = vec![RgbDepth {
            rgb: vec![],
            inverse_depth: vec![],
            stale: vec![NEW; pixels],
            drawn: None,
        }];
        let rests = LatentControl::new(&CameraPose::default(), &[CameraPose::default(); 4], Keys(0));
        n.paint(&mut decoded, &[], &mut last, &[], &[rests], &[1], 1);
        assert!(decoded[0].frames.iter().flatten().all(|v| *v == 0.0));
    }
}

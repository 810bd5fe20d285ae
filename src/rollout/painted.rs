//! A step's last picture painted where it is due, and what was drawn carried over to the step's other three.

use burn::tensor::Tensor;

use super::walks::{Decoded, Networks};
use crate::control::LatentControl;
use crate::device::Gaussian;
use crate::frame::FRAMES_PER_LATENT;
use crate::model::aapt::painter::{MAPS, is_due, maps};
use crate::model::aapt::warp::{RgbDepth, reproject};
use crate::model::nn::tensor;
use crate::model::weights::to_host;

const END: usize = FRAMES_PER_LATENT - 1;
/// Of the seeds of the painter's noise.
const NOISE: u64 = 0x9a14_7e6d;

impl Networks {
    /// Paints what walks have decoded, if there is a painter and something is due: `last` says how stale their last
    /// pictures are, and is told what is not any more.
    pub(super) fn paint(
        &self,
        decoded: &mut [Decoded],
        last: &mut [RgbDepth],
        controls: &[LatentControl],
        seeds: &[u64],
        step: u64,
    ) {
        let Some(painter) = self.generator.painter() else { return };
        let due: Vec<usize> = (0..last.len())
            .filter(|i| last[*i].stale.iter().any(|s| is_due(*s)))
            .collect();
        if due.is_empty() {
            return;
        }
        let (h, w, n) = (self.lens.height_px, self.lens.width_px, due.len());
        let (mut pictures, mut told, mut noise) = (vec![], vec![], vec![0.0; n * h * w]);
        for (i, noise) in due.iter().zip(noise.chunks_exact_mut(h * w)) {
            pictures.extend(planes(&decoded[*i].frames[END]));
            told.extend(maps(&last[*i].stale, &decoded[*i].inverse_depth));
            Gaussian::new(seeds[*i] ^ NOISE, step).fill(noise);
        }
        let of = |values: Vec<f32>, channels: usize| -> Tensor<4> {
            tensor(values, [n, channels, h, w], &self.device)
        };
        let drawn = to_host(painter.forward(of(pictures, 3), of(told, MAPS), of(noise, 1), self.dtype));
        for (i, drawn) in due.into_iter().zip(drawn.chunks_exact(3 * h * w)) {
            self.carry_over(&mut decoded[i], &mut last[i].stale, drawn, &controls[i]);
        }
    }

    /// Adds `drawn` (`[3 * h * w]`) to the last picture where it is due, and the same, seen from their cameras, to the others.
    fn carry_over(&self, decoded: &mut Decoded, stale: &mut [f32], drawn: &[f32], control: &LatentControl) {
        let pixels = stale.len();
        let picture = &mut decoded.frames[END];
        let mut change = vec![0.0; 3 * pixels];
        for (i, stale) in stale.iter_mut().enumerate().filter(|(_, s)| is_due(**s)) {
            for c in 0..3 {
                let (at, before) = (3 * i + c, picture[3 * i + c]);
                picture[at] = (before + drawn[c * pixels + i]).clamp(-1.0, 1.0);
                change[at] = picture[at] - before;
            }
            *stale = 0.0;
        }
        let change = RgbDepth {
            rgb: change,
            inverse_depth: decoded.inverse_depth.clone(),
            stale: vec![],
        };
        let (end, others) = (&control.poses[END], &mut decoded.frames[..END]);
        for (picture, pose) in others.iter_mut().zip(&control.poses) {
            let seen = reproject(&self.lens, &change, end, pose, None);
            let valid = seen.rgb.iter().zip(seen.valid.iter().flat_map(|v| [*v; 3]));
            for (pixel, (change, valid)) in picture.iter_mut().zip(valid) {
                *pixel = (*pixel + change * valid).clamp(-1.0, 1.0);
            }
        }
    }
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
        }];
        n.paint(&mut decoded, &mut last, &[rests], &[1], 1);
        for frame in &decoded[0].frames {
            for (i, pixel) in frame.chunks_exact(3).enumerate() {
                assert_eq!(pixel.iter().any(|v| *v != 0.0), due(i), "pixel {i}");
            }
        }
        assert_eq!(decoded[0].frames[0], decoded[0].frames[END], "nothing moves");
        for (i, stale) in last[0].stale.iter().enumerate() {
            assert_eq!(*stale, if due(i) { 0.0 } else { 0.25 });
        }
        // Nothing is due any more.
        let before = decoded.clone();
        n.paint(&mut decoded, &mut last, &[rests], &[1], 2);
        assert_eq!(before[0].frames, decoded[0].frames);
    }

    #[test]
    fn a_generator_without_a_painter_shows_what_it_decodes() {
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
        }];
        let rests = LatentControl::new(&CameraPose::default(), &[CameraPose::default(); 4], Keys(0));
        n.paint(&mut decoded, &mut last, &[rests], &[1], 1);
        assert!(decoded[0].frames.iter().flatten().all(|v| *v == 0.0));
    }
}

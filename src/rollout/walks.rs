//! Several walks side by side: recycle, evaluate, decode.

use std::time::Instant;

use burn::tensor::{DType, Device, Tensor};

use super::RolloutError;
use super::memory::Memory;
use super::networks::{Decoded, Networks, Recycled};
use super::painted::{go_on, go_on_apart};
use crate::control::{Footing, LatentControl};
use crate::device::Gaussian;
use crate::flow::{self, Evaluations};
use crate::frame::FRAMES_PER_LATENT;
use crate::model::aapt::config::Recycle;
use crate::model::aapt::drawn::Drawn;
use crate::model::aapt::generator::{GeneratorState, Modulations};
use crate::model::aapt::outline::with_outlines;
use crate::model::aapt::residual::DOUBT_STEPS;
use crate::model::aapt::standing::stand;
use crate::model::aapt::warp::RgbDepth;
use crate::model::nn::tensor;
use crate::model::weights::to_host;

/// A latent frame's last picture.
const END: usize = FRAMES_PER_LATENT - 1;

/// What a walk that failed in half precision can do.
const HALF_HINT: &str = ", or start without FARWANDER_PRECISION=f16: half precision ends at 65,504";

/// How a latent frame is sampled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampler {
    /// Network evaluations a latent frame. 0 adds nothing to what is recycled: a baseline.
    pub steps: usize,
    /// Timestep shift.
    pub shift: f32,
    /// Whether what the last picture does not know is looked up in the walk's [`Memory`] (reprojection only).
    pub memory: bool,
    /// Whether new places get texture that the walk remembers under the colours that the network gives them (with memory
    /// only).
    pub quilt: bool,
    /// Whether what stands larger than when it was drawn gets new detail: from the painter, if the generator has one, else
    /// grain out of the walk's memory (reprojection only).
    pub paint: bool,
    /// Whether what nobody knows is softly filled from its surroundings before it is encoded; else it is grey, which only
    /// serves to compare with (reprojection only).
    pub fill: bool,
    /// Whether depths go on from step to step ([`super::go_on`]); else each step tells them anew (reprojection only).
    pub keep_depth: bool,
    /// Whether pictures are sampled where they were drawn ([`crate::model::aapt::drawn`]); else each is a resampling of the one before (reprojection only).
    pub keep_drawn: bool,
    /// Whether things are kept apart from what they stand before: surfaces are not stretched from the one to the other, what comes out from behind goes on from
    /// what is farther away ([`crate::model::aapt::uncovered`]), known pixels beside it are held to what they were (`rollout/held.rs`), what is known takes new words as light ([`crate::model::aapt::relight`]), and depths, of which the first picture's
    /// follow its outlines, hardly change (reprojection only). Walks to learn along do without.
    pub keep_apart: bool,
    /// Whether skies are evened (`rollout/sky.rs`): what is laid on them is then not the network's answer alone, so walks to learn along do without.
    pub even_sky: bool,
    /// Whether what the network adds to known places counts as colour alone (`Networks::colour_alone`), for the same reason not where one learns
    /// (reprojection only).
    pub colour_alone: bool,
    /// Whether colours of sky and ground are held to what they were (`rollout/memory/colours.rs`): for the same reason not where one learns.
    pub hold_colours: bool,
}

impl Sampler {
    /// The usual one with so many evaluations.
    pub fn with(evaluations: Evaluations) -> Self {
        let Evaluations { steps, shift } = evaluations;
        Self {
            steps,
            shift,
            ..Self::default()
        }
    }

    /// Whether [`Self::keep_apart`] matters.
    fn keeps_apart(&self) -> bool {
        self.keep_apart && self.steps > 0
    }
}

impl Default for Sampler {
    fn default() -> Self {
        Self {
            steps: 1,
            shift: 1.0,
            memory: true,
            quilt: true,
            paint: true,
            fill: true,
            keep_depth: true,
            keep_drawn: true,
            keep_apart: true,
            even_sky: true,
            colour_alone: true,
            hold_colours: true,
        }
    }
}

/// Milliseconds of one step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StepTimes {
    /// In the generator, and at the same time or after it (on a graphics device) in finding what latents can't hold.
    pub network_ms: f64,
    /// In the decoder.
    pub decode_ms: f64,
    /// In warping and encoding what is recycled.
    pub recycle_ms: f64,
}

/// A step's frames, and what is needed to go on from them.
struct Made {
    decoded: Vec<Decoded>,
    /// The last pictures, not painted yet.
    plain: Vec<Vec<f32>>,
    /// As [`Recycled::known_depth`].
    known_depths: Vec<Vec<f32>>,
    /// As [`Networks::sureness`].
    sure: Vec<f32>,
    /// The latent frames before.
    before: Tensor<4>,
}

/// Work whose many small parts are for all threads: on the processor one of those does it, so that nobody has to be woken for each part.
fn at_work<T: Send>(on_host: bool, work: impl FnOnce() -> T + Send) -> T {
    match on_host {
        true => rayon::scope(|_| work()),
        false => work(),
    }
}

/// Walks in step with each other.
pub struct Walks {
    pub(super) networks: Networks,
    pub(super) sampler: Sampler,
    /// One state (with its own rings) for each evaluation of the sampler: keys made at one noise level are read at it.
    pub(super) states: Vec<GeneratorState>,
    pub(super) modulations: Vec<Modulations>,
    /// `[batch, channels, h, w]`: the last latent frame.
    pub(super) latent: Tensor<4>,
    pub(super) last: Vec<RgbDepth>,
    /// One a walk, or none.
    pub(super) memories: Vec<Memory>,
    pub(super) seeds: Vec<u64>,
    /// Coming steps of each walk in which known places are less sure, because its words are new.
    pub(super) doubt: Vec<u64>,
    /// See [`crate::model::aapt::autoencoder::Decoder::colour_shares`].
    pub(super) colour_shares: Vec<f32>,
    pub(super) step: u64,
    /// What the last step recycled, and its validity, undoubted.
    pub(super) recycled: Option<(Tensor<4>, Tensor<4>)>,
}

/// The noise of a walk's step (from 1). Named by seed and step: a walk can be taken up anywhere.
pub fn fill_noise(seed: u64, step: u64, out: &mut [f32]) {
    Gaussian::new(seed, step).fill(out);
}

impl Walks {
    /// Begins walks at first frames (`[h * w * 3]` in -1..1), one prompt and seed each.
    pub fn start(
        networks: Networks,
        sampler: Sampler,
        first: &[Vec<f32>],
        prompts: &[&str],
        seeds: &[u64],
    ) -> (Self, Vec<Decoded>) {
        let clips: Vec<[&[f32]; FRAMES_PER_LATENT]> = first.iter().map(|f| [f.as_slice(); FRAMES_PER_LATENT]).collect();
        let latent = networks.encode(&clips);
        let mut decoded = networks.decode(latent.clone(), latent.clone(), &[]);
        // Who begins looks level.
        networks.sharpen_depth(&mut decoded, Some(first), &vec![0.0; first.len()]);
        let reprojects = networks.generator.config().recycle == Recycle::Reproject;
        for (d, rgb) in decoded
            .iter_mut()
            .zip(first)
            .filter(|_| sampler.keeps_apart() && reprojects)
        {
            d.inverse_depth = with_outlines(rgb, &d.inverse_depth, networks.lens.width_px);
            stand(&mut d.inverse_depth, &networks.lens, 0.0);
        }
        let text = networks.text(prompts);
        let states: Vec<GeneratorState> = (0..sampler.steps)
            .map(|_| networks.generator.begin(text.clone(), networks.dtype))
            .collect();
        let modulations = networks.modulations(sampler, first.len(), &text.device());
        let mut last = networks.first_sources(first, &decoded);
        for (last, rgb) in last.iter_mut().zip(first).filter(|_| sampler.keep_drawn && reprojects) {
            last.drawn = Some(Drawn::now(rgb));
        }
        let remembers = sampler.memory && reprojects;
        let colour_shares = networks.autoencoder.decoder.colour_shares();
        let memories = vec![Memory::default(); if remembers { first.len() } else { 0 }];
        (
            Self {
                networks,
                sampler,
                states,
                modulations,
                latent,
                last,
                memories,
                seeds: seeds.to_vec(),
                doubt: vec![0; seeds.len()],
                colour_shares,
                step: 0,
                recycled: None,
            },
            decoded,
        )
    }

    /// Gives running walks their prompts from now on, and says which of them are new. A walk with new ones forgets how places
    /// looked, which would be put back before what is made of them; a generator that has learnt to doubt does so, too.
    pub fn change_prompts(&mut self, prompts: &[&str], new: &[bool]) {
        let doubts = self.networks.generator.config().doubt > 0.0;
        for (walk, _) in new.iter().enumerate().filter(|(_, new)| **new) {
            self.doubt[walk] = if doubts { DOUBT_STEPS } else { 0 };
            if let Some(memory) = self.memories.get_mut(walk) {
                memory.forget();
            }
        }
        let text = self.networks.text(prompts);
        for state in &mut self.states {
            self.networks.generator.change_text(state, text.clone());
        }
    }

    /// The last latent frames `[batch, channels, h, w]`.
    pub fn latent(&self) -> Tensor<4> {
        self.latent.clone()
    }

    /// What the last step recycled `[batch, channels, h, w]`, and its validity `[batch, 4, h, w]`.
    pub fn recycled(&self) -> Option<&(Tensor<4>, Tensor<4>)> {
        self.recycled.as_ref()
    }

    /// Latent frames made so far.
    pub fn steps_done(&self) -> u64 {
        self.step
    }

    /// What the next step of the first walk is recycled from.
    pub fn seen(&self) -> Option<&RgbDepth> {
        self.last.first()
    }

    /// How the ground rises under a walker and what is in the way, told from the last picture's depth, the camera pitched so. A plain in a walk that there is not.
    pub fn footing(&self, walk: usize, pitch_rad: f32) -> Footing {
        let last = self.last.get(walk);
        last.map_or_else(Footing::default, |seen| {
            Footing::seen(&self.networks.lens, &seen.inverse_depth, pitch_rad)
        })
    }

    /// What the next step is recycled from, one picture a walk. Training puts the truth there.
    pub fn last_mut(&mut self) -> &mut [RgbDepth] {
        &mut self.last
    }

    /// One latent frame of every walk.
    pub fn next(&mut self, controls: &[LatentControl]) -> Result<(Vec<Decoded>, StepTimes), RolloutError> {
        self.next_showing(controls, &mut |_| {})
    }

    /// The same. `show` is given the frames as soon as there is nothing to be changed in them any more; what comes after is
    /// their depth, which only the next step needs.
    pub fn next_showing(
        &mut self,
        controls: &[LatentControl],
        show: &mut dyn FnMut(&[Decoded]),
    ) -> Result<(Vec<Decoded>, StepTimes), RolloutError> {
        let on_host = self.networks.device == Device::flex();
        let (mut made, mut times) = at_work(on_host, || self.make(controls))?;
        show(&made.decoded);
        let clock = Instant::now();
        at_work(on_host, || self.go_on_from(&mut made, controls));
        times.decode_ms += clock.elapsed().as_secs_f64() * 1e3;
        Ok((made.decoded, times))
    }

    /// The frames of a step.
    fn make(&mut self, controls: &[LatentControl]) -> Result<(Made, StepTimes), RolloutError> {
        let mut times = StepTimes::default();
        let clock = Instant::now();
        let n = &self.networks;
        let [_, channels, h, w] = self.latent.dims();
        let batch = controls.len();
        let sure = n.sureness(&self.doubt);
        if self.sampler.hold_colours && self.sampler.steps > 0 {
            let lasts = self.last.iter_mut().zip(&self.memories).zip(controls);
            lasts.for_each(|((last, memory), control)| memory.hold_colours(&n.lens, last, control));
        }
        let kept = self.memories.iter_mut().zip(&self.last).zip(controls).zip(&sure);
        // What is half changed is not worth being remembered.
        for (((memory, last), control), _) in kept.filter(|(_, sure)| **sure == 1.0) {
            memory.keep(last, &n.lens, control);
        }
        let quilts: Vec<u64> = (self.seeds.iter())
            .map(|seed| seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ self.step)
            .collect();
        let quilts = (self.sampler.quilt && self.sampler.steps > 0).then_some(quilts.as_slice());
        let Recycled {
            latent: recycled,
            textured,
            validity,
            beyond,
            unknown,
            stale,
            inverse_depth: warped_depths,
            known_depth: known_depths,
            shift,
        } = n.recycle(
            &self.latent,
            &self.last,
            &self.memories,
            controls,
            quilts,
            self.sampler.fill,
            self.sampler.keeps_apart().then_some(self.colour_shares.as_slice()),
        );
        for ((memory, control), unknown) in self.memories.iter_mut().zip(controls).zip(unknown) {
            memory.moved(control, unknown);
        }
        self.recycled = Some((recycled.clone(), validity.clone()));
        let validity = n.doubted(validity, &sure);
        self.doubt.iter_mut().for_each(|left| *left = left.saturating_sub(1));
        let condition = Networks::condition(recycled.clone(), validity.clone(), n.rays(controls)).cast(n.dtype);
        times.recycle_ms = clock.elapsed().as_secs_f64() * 1e3;

        let clock = Instant::now();
        self.step += 1;
        let plane = channels * h * w;
        let mut noise = vec![0.0; batch * plane];
        let seeds = if self.sampler.steps == 0 {
            &[][..]
        } else {
            &self.seeds[..]
        };
        for (seed, part) in seeds.iter().zip(noise.chunks_exact_mut(plane)) {
            fill_noise(*seed, self.step, part);
        }
        let noise: Tensor<4> = tensor(noise, [batch, channels, h, w], &n.device);
        let mut x = noise;
        let prediction = n.generator.config().prediction;
        let t = flow::timesteps(self.sampler.steps, self.sampler.shift);
        let (states, modulations) = (&mut self.states, &self.modulations);
        let evaluate = || {
            for (i, (state, modulations)) in states.iter_mut().zip(modulations).enumerate() {
                let output = n
                    .generator
                    .step(state, modulations, x.clone().cast(n.dtype), condition.clone());
                let (from, to) = (vec![t[i]; batch], vec![t[i + 1]; batch]);
                let v = prediction.velocity(x.clone(), output.cast(DType::F32), &from);
                x = flow::euler(x, v, &from, &to);
            }
            x
        };
        let decode = || n.detail(beyond, &self.latent, &sure);
        // The one does not wait for the other, and threads that lack work in the one have some in the other. Elsewhere a device does one thing after the other.
        let (x, (detail, held)) = match n.device == Device::flex() {
            true => rayon::join(evaluate, decode),
            false => (evaluate(), decode()),
        };
        let motion_px = n.motion_px(controls);
        let latent = match self.sampler.steps {
            0 => recycled,
            _ => {
                let x = match self.sampler.colour_alone && n.generator.config().recycle == Recycle::Reproject {
                    true => n.colour_alone(x, validity.clone(), &sure, &self.colour_shares),
                    false => x,
                };
                let latent = n.latent_from_data(x, recycled.clone(), validity, &motion_px);
                let latent = match self.sampler.even_sky {
                    true => n.softened(latent, recycled, &warped_depths),
                    false => latent,
                };
                n.quilted(latent, textured, &self.colour_shares)
            }
        };
        if to_host(latent.clone()).iter().any(|v| !v.is_finite()) {
            let or = match n.dtype {
                DType::F16 => HALF_HINT,
                _ => "",
            };
            return Err(RolloutError::NotFinite(self.step, or));
        }
        times.network_ms = clock.elapsed().as_secs_f64() * 1e3;

        let clock = Instant::now();
        let mut decoded = n.decode_held(
            latent.clone(),
            self.latent.clone(),
            &detail,
            held.as_ref().map(|held| (held, &sure[..])),
        );
        let before = std::mem::replace(&mut self.latent, latent);
        let plain: Vec<Vec<f32>> = decoded.iter().map(|d| d.frames[END].clone()).collect();
        for ((last, stale), shift) in self.last.iter_mut().zip(stale).zip(shift) {
            last.stale = stale;
            last.lies_at(shift);
        }
        if self.sampler.paint && self.sampler.steps > 0 {
            let (last, memories) = (&mut self.last, &self.memories);
            n.paint(
                &mut decoded,
                &known_depths,
                last,
                memories,
                controls,
                &self.seeds,
                self.step,
            );
        }
        times.decode_ms = clock.elapsed().as_secs_f64() * 1e3;
        let made = Made {
            decoded,
            plain,
            known_depths,
            sure,
            before,
        };
        Ok((made, times))
    }

    /// What the next step starts from.
    fn go_on_from(&mut self, made: &mut Made, controls: &[LatentControl]) {
        let n = &self.networks;
        let Made {
            decoded,
            plain,
            known_depths,
            sure,
            before,
        } = made;
        n.tell_depth(decoded, self.latent.clone(), before.clone());
        let pitches_rad: Vec<f32> = controls.iter().map(|c| c.poses[END].pitch_rad).collect();
        n.sharpen_depth(decoded, Some(plain), &pitches_rad);
        let going_on = decoded.iter_mut().zip(&*known_depths).zip(&*sure);
        for ((d, known), sure) in going_on.filter(|_| self.sampler.keep_depth) {
            // New words bring other things.
            if self.sampler.keeps_apart() && *sure == 1.0 {
                go_on_apart(&mut d.inverse_depth, known, &d.frames[END], n.lens.width_px);
            } else {
                go_on(&mut d.inverse_depth, known);
            }
        }
        for ((last, d), sure) in self.last.iter_mut().zip(&*decoded).zip(&*sure) {
            last.rgb.clone_from(&d.frames[END]);
            last.inverse_depth.clone_from(&d.inverse_depth);
            match self.sampler.keep_drawn && !known_depths.is_empty() {
                true => last.keep_drawn(self.step, *sure < 1.0),
                false => last.drawn = None,
            }
        }
    }
}

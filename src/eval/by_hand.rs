//! Walks by keys and mouse, as at play: the ground and what stands in the way are told from what is generated. For walks that are too long to be compared picture by
//! picture: a camera that keeps to the renderer's ground is soon below the generator's, which is another after some metres, and walks through its trees.

use super::worlds::{Pictures, Walk, held_out};
use crate::control::{CameraPose, Keys, LatentControl, Lens, WalkInput, Walker};
use crate::frame::FRAMES_PER_LATENT;
use crate::model::aapt::codec;
use crate::rollout::{Networks, RolloutError, Sampler, Walks};
use crate::synth::{self, Kind, Pace};

/// Video frames a second.
const FPS: f32 = 24.0;

/// What somebody does who begins in a held-out world.
pub struct Hands {
    /// `[h * w * 3]` in -1..1.
    pub first: Vec<f32>,
    /// Caption of the world.
    pub prompt: String,
    /// Of the walk's noise.
    pub seed: u64,
    /// The first frame's camera.
    pub pose: CameraPose,
    /// Keys and mouse at each video frame of the latent frames.
    pub inputs: Vec<[(Keys, WalkInput); FRAMES_PER_LATENT]>,
}

/// Hands for `count` walks of `latents` latent frames, each in a held-out world of its own. Biomes take turns.
pub fn hands(lens: &Lens, kind: Kind, count: usize, latents: usize, seed: u64) -> Vec<Hands> {
    let of_world = |i: usize| {
        let (world_seed, world) = held_out(seed, i);
        let paces = synth::paces(&world, kind, world_seed, 1 + latents * FRAMES_PER_LATENT, FPS);
        let pose = paces[0].pose;
        let pixels = lens.width_px * lens.height_px;
        let (mut rgb, mut depth_m) = (vec![0u8; pixels * 3], vec![0.0; pixels]);
        synth::render(&world, lens, &pose, &mut rgb, &mut depth_m);
        let of = |pace: &Pace| (pace.keys, pace.input);
        let latents = paces[1..].chunks_exact(FRAMES_PER_LATENT);
        Hands {
            first: codec::from_bytes(&rgb),
            prompt: world.caption(),
            seed: i as u64,
            pose,
            inputs: latents.map(|four| std::array::from_fn(|i| of(&four[i]))).collect(),
        }
    };
    (0..count).map(of_world).collect()
}

/// Walks side by side, as many latent frames as the shortest hands have; `done` after each. Each walk with the cameras that it came to have (and no truth but the first frame), and the last video
/// frame of every latent frame.
pub fn walk(
    networks: &Networks,
    hands: &[Hands],
    sampler: Sampler,
    mut done: impl FnMut(),
) -> Result<Vec<(Walk, Pictures)>, RolloutError> {
    let first: Vec<Vec<f32>> = hands.iter().map(|h| h.first.clone()).collect();
    let prompts: Vec<&str> = hands.iter().map(|h| h.prompt.as_str()).collect();
    let seeds: Vec<u64> = hands.iter().map(|h| h.seed).collect();
    let (mut running, _) = Walks::start(networks.clone(), sampler, &first, &prompts, &seeds);
    let mut walkers: Vec<Walker> = hands.iter().map(|h| Walker::at(h.pose)).collect();
    let mut walks: Vec<(Walk, Pictures)> = (hands.iter())
        .map(|h| {
            let walk = Walk {
                truth: vec![h.first.clone()],
                new: vec![],
                controls: vec![],
                prompt: h.prompt.clone(),
            };
            (walk, vec![])
        })
        .collect();
    let latents = hands.iter().map(|h| h.inputs.len()).min().unwrap_or(0);
    for k in 0..latents {
        let controls: Vec<LatentControl> = (walkers.iter_mut().zip(hands).enumerate())
            .map(|(i, (walker, hands))| {
                let footing = running.footing(i, walker.pose.pitch_rad);
                let before = walker.pose;
                let four = &hands.inputs[k];
                let poses = std::array::from_fn(|j| walker.advance_on(&footing, &four[j].1, 1.0 / FPS));
                let keys = four.iter().fold(Keys(0), |all, (keys, _)| all.with(*keys));
                LatentControl::new(&before, &poses, keys)
            })
            .collect();
        let (decoded, _) = running.next(&controls)?;
        for (((walk, made), control), decoded) in walks.iter_mut().zip(controls).zip(decoded) {
            walk.controls.push(control);
            let [.., last] = decoded.frames;
            made.push(last);
        }
        done();
    }
    Ok(walks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::DeviceChoice;
    use crate::frame::Frame;
    use crate::package::{Package, tests::tiny};
    use crate::rollout::Rollout;

    /// A walk of a measurement is the walk that a player with the same hands would have, in picture and camera.
    #[test]
    fn hands_lead_here_as_they_do_at_play() {
        const LATENTS: usize = 5;
        let (manifest, weights, first_frames) = tiny();
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("tiny.safetensors");
        crate::package::save(&file, &manifest, &weights, &first_frames).expect("saved");
        let package = Package::open(&file).expect("opened");
        let networks = Networks::from_package(&package, DeviceChoice::Cpu).expect("networks");
        let lens = networks.lens;
        let hands = hands(&lens, Kind::Person, 2, LATENTS, 77);
        let walked = walk(&networks, &hands, Sampler::default(), || {}).expect("walked");
        for (hands, (walk, made)) in hands.iter().zip(&walked) {
            let seed = hands.seed;
            assert_eq!((walk.controls.len(), made.len()), (LATENTS, LATENTS));
            let mut rollout = Rollout::new(&package, &DeviceChoice::Cpu).expect("rollout");
            let bytes: Vec<u8> = hands.first.iter().map(|v| codec::to_byte(*v)).collect();
            let first = Frame::from_rgb(lens.width_px, lens.height_px, &bytes, 0);
            rollout.start(&first, &hands.prompt, seed).expect("started");
            let mut walker = Walker::at(hands.pose);
            for (k, four) in hands.inputs.iter().enumerate() {
                let (footing, before) = (rollout.footing(walker.pose.pitch_rad), walker.pose);
                let poses: [CameraPose; FRAMES_PER_LATENT] =
                    std::array::from_fn(|i| walker.advance_on(&footing, &four[i].1, 1.0 / FPS));
                let keys = four.iter().fold(0, |all, (keys, _)| all | keys.0);
                let control = LatentControl::new(&before, &poses, Keys(keys));
                assert_eq!(control.keys, walk.controls[k].keys);
                // Two walks side by side and one alone may differ in the last bit.
                let both = control.numbers().into_iter().zip(walk.controls[k].numbers());
                for (a, b) in both {
                    assert!((a - b).abs() < 1e-4, "walk {seed}, latent frame {k}: {a}, {b}");
                }
                let output = rollout.next(&control).expect("a step");
                let shown = output.frames[FRAMES_PER_LATENT - 1].to_rgb();
                let worst = (shown.iter().zip(&made[k]))
                    .map(|(a, b)| a.abs_diff(codec::to_byte(*b)))
                    .max();
                assert!(worst <= Some(1), "walk {seed}, latent frame {k}: {worst:?} of 255");
            }
        }
        assert!(
            walked
                .iter()
                .any(|(walk, _)| walk.controls.iter().any(|c| c.keys != Keys(0)))
        );
    }
}

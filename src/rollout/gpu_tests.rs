//! Golden tests: every graphics device that this machine can run, and every CUDA device, against the processor, a module at a time and for 64 steps
//! of a walk. Where there is none the test says so; with `REQUIRE_GPU=1` that is a failure.

#![cfg(feature = "gpu")]

use burn::module::Module;
use burn::tensor::{DType, Device, Tensor, activation};

use super::tests::{controls, first, package, rollout};
use super::*;
use crate::device::{Api, DeviceChoice, Gaussian, adapters, test_here};
use crate::model::aapt::autoencoder::Autoencoder;
use crate::model::aapt::config::{AutoencoderConfig, GeneratorConfig, Recycle};
use crate::model::aapt::generator::Generator;
use crate::model::aapt::local_head::LocalHeadConfig;
use crate::model::aapt::pca::Components;
use crate::model::aapt::pixel_net::{PixelNet, PixelNetConfig};
use crate::model::nn::{Conv, Linear, rms_norm, tensor};
use crate::model::weights::{export, import, to_host};

/// Largest difference, over the largest number.
const TOLERANCE: f32 = 2e-4;
/// The same where products may be made in 19 bits (TF32), as CUDA's tensor cores do.
const ROUGH_TOLERANCE: f32 = 2e-3;

/// The devices to hold against the processor.
fn devices() -> Vec<(String, DeviceChoice)> {
    let found: Vec<(String, DeviceChoice)> = (adapters(Api::Any).into_iter().enumerate())
        .map(|(i, a)| (a.name, DeviceChoice::Gpu(Api::Any, Some(i))))
        .chain(cuda_devices())
        .collect();
    if found.is_empty() {
        let required = std::env::var("REQUIRE_GPU").is_ok_and(|v| v == "1");
        assert!(!required, "REQUIRE_GPU=1, and this machine has no graphics device");
        eprintln!("SKIPPED: this machine has no graphics device");
    }
    found
}

#[cfg(feature = "cuda")]
fn cuda_devices() -> Vec<(String, DeviceChoice)> {
    let found = Device::enumerate(burn::tensor::DeviceType::Cuda)
        .into_iter()
        .enumerate();
    found
        .map(|(i, _)| (format!("CUDA device {i}"), DeviceChoice::Cuda(i)))
        .collect()
}

#[cfg(not(feature = "cuda"))]
fn cuda_devices() -> Vec<(String, DeviceChoice)> {
    Vec::new()
}

#[track_caller]
fn assert_near(what: &str, tolerance: f32, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(1e-6f32, |a, v| a.max(v.abs()));
    let worst = (found.iter().zip(expected)).fold(0.0f32, |a, (f, e)| a.max((f - e).abs()));
    eprintln!("{what}: off by {:.1e}", worst / largest);
    assert!(worst <= tolerance * largest, "{what}: off by {worst} of {largest}");
}

fn random<const D: usize>(shape: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
    let mut values = vec![0.0; shape.iter().product()];
    Gaussian::new(seed, 1).fill(&mut values);
    tensor(values, shape, device)
}

/// The same module on two devices, its weights stirred.
fn stirred<M: Module>(make: impl Fn(&Device) -> M, on: &Device) -> M {
    let mut weights = export(&make(&Device::flex()));
    let mut rng = Gaussian::new(5, 5);
    for array in weights.values_mut() {
        array.values.iter_mut().for_each(|v| *v += 0.1 * rng.normal());
    }
    import(make(on), &weights, on).unwrap()
}

fn config() -> GeneratorConfig {
    GeneratorConfig {
        grid: [6, 8],
        latent_channels: 12,
        width: 64,
        depth: 2,
        heads: 4,
        mlp_ratio: 4,
        window: 3,
        recycle: Recycle::Reproject,
        text_tokens: 3,
        vocabulary: vec!["snow".into()],
        local_head: Some(LocalHeadConfig { width: 8, blocks: 1 }),
        painter: None,
        depth_net: None,
        doubt: 0.0,
        prediction: crate::flow::Prediction::default(),
        evaluations: crate::flow::Evaluations::default(),
    }
}

#[test]
fn every_module_computes_on_every_device_what_it_computes_on_the_processor() {
    for (name, choice) in devices() {
        let device = choice.open().unwrap();
        let proof = test_here(&device).unwrap();
        eprintln!("{name}: {proof:?}");
        let both = |what: &str, run: &dyn Fn(&Device) -> Vec<f32>| {
            let tolerance = if is_rough(choice) { ROUGH_TOLERANCE } else { TOLERANCE };
            let what = format!("{name}, {what}");
            assert_near(&what, tolerance, &run(&device), &run(&Device::flex()));
        };
        let silent = Gaussian::silent;
        both("linear", &|d| {
            let linear = stirred(|d| Linear::usual(48, 40, &mut silent(), d), d);
            to_host(linear.forward(random([2, 30, 48], 1, d)))
        });
        both("convolution", &|d| {
            let conv = stirred(|d| Conv::new(12, 20, 3, 2, 1.0, &mut silent(), d), d);
            to_host(conv.forward(random([2, 12, 6, 8], 2, d)))
        });
        both("norm, gelu, silu, softmax", &|d| {
            let x = rms_norm(random([3, 10, 64], 4, d));
            let x = activation::gelu(x.clone()) + activation::silu(x);
            to_host(activation::softmax(x, 2))
        });
        both("autoencoder", &|d| {
            let c = AutoencoderConfig {
                latent_channels: 12,
                encoder_blocks: 1,
                decoder_blocks: 2,
                width: 16,
                detail_gain: 0.0,
                light: true,
            };
            let a = stirred(|d| Autoencoder::new(&c, &Components::blank(12), &mut silent(), d), d);
            let z = a.encoder.forward(random([1, 48, 768], 6, d), 6, 8);
            let (pixels, depth) = a.decoder.forward(z.clone(), z.clone(), DType::F32);
            let light = a.decoder.light(z.clone());
            let alone = a.decoder.depth(z.clone(), z.clone(), DType::F32);
            [
                to_host(z),
                to_host(pixels),
                to_host(depth),
                to_host(light),
                to_host(alone),
            ]
            .concat()
        });
        both("network on pixels", &|d| {
            let sizes = PixelNetConfig {
                width: 12,
                deep_width: 20,
                blocks: 4,
            };
            let net = stirred(|d| PixelNet::new(&sizes, [5, 3], &mut silent(), d), d);
            to_host(net.forward(random([2, 5, 16, 24], 9, d), DType::F32))
        });
        both("generator, a whole clip", &|d| {
            let g = stirred(|d| Generator::new(&config(), &mut silent(), d), d);
            let text = g.encode_text(&[vec![1, 0, 0]], d);
            let condition = random([1, 5, config().condition_channels(), 6, 8], 7, d);
            to_host(g.sequence(random([1, 5, 12, 6, 8], 8, d), condition, &[0.8], text))
        });
        both("generator, nine steps through the ring", &|d| {
            let g = stirred(|d| Generator::new(&config(), &mut silent(), d), d);
            let mut state = g.begin(g.encode_text(&[vec![1, 0, 0]], d), DType::F32);
            let modulations = g.modulations(1.0, 1, DType::F32, d);
            let steps = (0..9).map(|k| {
                let condition = random([1, config().condition_channels(), 6, 8], 20 + k, d);
                let noise = random([1, 12, 6, 8], 40 + k, d);
                to_host(g.step(&mut state, &modulations, noise, condition))
            });
            steps.collect::<Vec<_>>().concat()
        });
    }
}

/// Whether a device makes products in 19 bits. A free walk of the tiny network's goes its own way then, because in a world of noise any difference grows.
fn is_rough(choice: DeviceChoice) -> bool {
    matches!(choice, DeviceChoice::Cuda(_))
}

/// A walk feeds on what it made, so differences could grow; on a tiny network they must not. With memory more is allowed: in a world of noise, which of
/// two surfaces is the nearer one at a pixel, and where the quilt finds its strip, can hang on the last digit, and what is known is kept as it is.
#[test]
fn a_walk_of_sixty_four_steps_is_the_same_on_every_device() {
    for memory in [false, true] {
        walk_everywhere(Sampler {
            memory,
            ..Sampler::default()
        });
    }
}

/// Holds a walk on all devices against the processor's, by mean differences in grey levels: without memory a quarter at every step; with it, on average
/// a third of what the same walk of other noise differs by.
fn walk_everywhere(sampler: Sampler) {
    let package = package(3);
    let walk = |choice: DeviceChoice, seed: u64| -> Vec<Vec<f32>> {
        let mut rollout = Rollout::new(&package, &choice).unwrap();
        rollout.compute_in(DType::F32);
        rollout.set_sampler(sampler);
        rollout.start(&first(), "snow", seed).unwrap();
        let latents = controls(64).into_iter().map(|control| {
            let out = rollout.next(&control).unwrap();
            let bytes = out.frames.iter().flat_map(|f| f.to_rgb());
            bytes.map(f32::from).chain(out.inverse_depth).collect()
        });
        latents.collect()
    };
    let (rough, exact): (Vec<_>, Vec<_>) = devices().into_iter().partition(|(_, choice)| is_rough(*choice));
    for (name, _) in rough {
        eprintln!("SKIPPED: {name} is held to the processor a step at a time, by the next test");
    }
    if exact.is_empty() {
        return;
    }
    let expected = walk(DeviceChoice::Cpu, 7);
    let means = |walk: &[Vec<f32>]| -> Vec<f64> {
        let off = |(found, expected): (&Vec<f32>, &Vec<f32>)| {
            let off = found.iter().zip(expected).map(|(f, e)| f64::from((f - e).abs()));
            off.sum::<f64>() / found.len() as f64
        };
        walk.iter().zip(&expected).map(off).collect()
    };
    let mean = |means: &[f64]| means.iter().sum::<f64>() / means.len() as f64;
    let other = mean(&means(&walk(DeviceChoice::Cpu, 8)));
    assert!(other > 4.0, "the noise matters: {other}");
    for (name, choice) in exact {
        let means = means(&walk(choice, 7));
        eprintln!("{name}: {means:.3?} of 255 off on average, step by step, {sampler:?}");
        assert!(
            match sampler.memory {
                false => means.iter().all(|mean| *mean < 0.25),
                true => mean(&means) < other / 3.0,
            },
            "{name}: so much of 255 off on average, step by step: {means:.2?}, {sampler:?}"
        );
    }
}

/// A step at a time from where the processor's walk is, in single precision and in half. A whole walk in half precision goes its own way within a second,
/// so it would tell nothing.
#[test]
fn each_step_is_the_processors_step_and_nearly_so_in_half_precision() {
    let package = package(3);
    let mut tried = 0;
    for (name, choice) in devices() {
        // Mean differences of the steps' pictures in grey levels, and of their depths in 1/m; and what share of the pictures is off by more than 16 levels.
        let off = |dtype: DType| -> [f64; 3] {
            let (mut exact, mut other) = (rollout(&package), Rollout::new(&package, &choice).unwrap());
            other.compute_in(dtype);
            exact.start(&first(), "snow", 7).unwrap();
            other.start(&first(), "snow", 7).unwrap();
            let mut worst = [0.0f64; 3];
            for control in controls(24) {
                other.restore(&exact.state().unwrap()).unwrap();
                let step = |rollout: &mut Rollout| {
                    let out = rollout.next(&control).unwrap();
                    let bytes: Vec<f64> = out.frames.iter().flat_map(|f| f.to_rgb()).map(f64::from).collect();
                    (bytes, out.inverse_depth)
                };
                let ((found, found_depth), (expected, depth)) = (step(&mut other), step(&mut exact));
                let off: Vec<f64> = found.iter().zip(&expected).map(|(f, e)| (f - e).abs()).collect();
                let n = off.len() as f64;
                let far = off.iter().filter(|off| **off > 16.0).count() as f64 / n;
                let depths: f64 = found_depth
                    .iter()
                    .zip(&depth)
                    .map(|(f, e)| f64::from((f - e).abs()))
                    .sum();
                let all = [off.iter().sum::<f64>() / n, depths / depth.len() as f64, far];
                worst.iter_mut().zip(all).for_each(|(worst, v)| *worst = worst.max(v));
            }
            worst
        };
        let single = off(DType::F32);
        eprintln!("{name}: single {single:?}");
        let most = if is_rough(choice) {
            [2e-2, 1e-5, 1e-4]
        } else {
            [2e-3, 1e-7, 1e-4]
        };
        assert!(single.iter().zip(most).all(|(v, most)| *v < most), "{name}: {single:?}");
        if !choice.open().unwrap().supports_dtype(DType::F16) {
            eprintln!("SKIPPED: {name} does not compute in half precision");
            continue;
        }
        tried += 1;
        let half = off(DType::F16);
        eprintln!("{name}: half {half:?}");
        assert!(
            half[0] > 2.0 * single[0],
            "{name}: half precision rounds: {half:?}, {single:?}"
        );
        // Depths go over to the other side of an outline or not at all: what is rounded decides some.
        assert!(half[0] < 0.2 && half[1] < 3e-3 && half[2] < 1e-3, "{name}: {half:?}");
    }
    let required = std::env::var("REQUIRE_GPU").is_ok_and(|v| v == "1");
    assert!(
        tried > 0 || !required,
        "REQUIRE_GPU=1, and no device computes in half precision"
    );
}

//! `cargo bench`: the parts of a step at play time, at the bundled world's sizes, on the processor. Weights are random:
//! time does not depend on them. `farwander bench` measures the whole step of a real generator file.

use burn::tensor::{DType, Device, Tensor};
use divan::Bencher;
use farwander::control::{CameraPose, Lens};
use farwander::device::Gaussian;
use farwander::flow::{Evaluations, Prediction};
use farwander::model::aapt::autoencoder::Autoencoder;
use farwander::model::aapt::config::{AutoencoderConfig, GeneratorConfig, Recycle};
use farwander::model::aapt::generator::Generator;
use farwander::model::aapt::pca::Components;
use farwander::model::aapt::warp::{RgbDepth, warp};
use farwander::model::weights::to_host;
use farwander::synth::{self, Kind, World};

const LENS: Lens = Lens {
    width_px: 192,
    height_px: 112,
    fov_x_rad: 1.309,
};
const CHANNELS: usize = 96;
const GRID: [usize; 2] = [14, 24];

fn main() {
    divan::main();
}

/// One latent frame through the generator, against a full KV ring of `window` latent frames.
#[divan::bench(args = [4, 8, 16])]
fn generator_step(bencher: Bencher<'_, '_>, window: usize) {
    let device = Device::flex();
    let config = GeneratorConfig {
        grid: GRID,
        latent_channels: CHANNELS,
        width: 256,
        depth: 6,
        heads: 4,
        mlp_ratio: 4,
        window,
        recycle: Recycle::Reproject,
        text_tokens: 12,
        vocabulary: vec!["meadow".into()],
        local_head: None,
        painter: None,
        depth_net: None,
        doubt: 0.0,
        prediction: Prediction::default(),
        evaluations: Evaluations::default(),
    };
    let model = Generator::new(&config, &mut Gaussian::new(1, 0), &device);
    let text = model.encode_text(&[vec![1; 12]], &device);
    let modulations = model.modulations(1.0, 1, DType::F32, &device);
    let mut state = model.begin(text, DType::F32);
    let noisy: Tensor<4> = Tensor::zeros([1, CHANNELS, GRID[0], GRID[1]], &device);
    let condition: Tensor<4> = Tensor::zeros([1, config.condition_channels(), GRID[0], GRID[1]], &device);
    for _ in 0..window + 2 {
        model.step(&mut state, &modulations, noisy.clone(), condition.clone());
    }
    bencher.bench_local(|| to_host(model.step(&mut state, &modulations, noisy.clone(), condition.clone())));
}

/// Four video frames and depth out of a latent frame, by the width of the decoder and whether it is the light one.
#[divan::bench(args = [(96, true), (160, true), (160, false), (256, true)])]
fn decode(bencher: Bencher<'_, '_>, (width, light): (usize, bool)) {
    let device = Device::flex();
    let config = AutoencoderConfig {
        latent_channels: CHANNELS,
        encoder_blocks: 0,
        decoder_blocks: 4,
        width,
        light,
        detail_gain: 0.0,
    };
    let model = Autoencoder::new(&config, &Components::blank(CHANNELS), &mut Gaussian::new(1, 0), &device);
    let latent: Tensor<4> = Tensor::zeros([1, CHANNELS, GRID[0], GRID[1]], &device);
    bencher.bench_local(|| {
        let (pixels, depth) = match light {
            true => (
                model.decoder.light(latent.clone()),
                model.decoder.depth(latent.clone(), latent.clone(), DType::F32),
            ),
            false => model.decoder.forward(latent.clone(), latent.clone(), DType::F32),
        };
        (to_host(pixels), to_host(depth))
    });
}

/// One video frame warped to another camera.
#[divan::bench]
fn warp_one_frame(bencher: Bencher<'_, '_>) {
    let pixels = LENS.width_px * LENS.height_px;
    let source = RgbDepth {
        rgb: (0..pixels * 3).map(|i| (i as f32 * 0.01).sin()).collect(),
        inverse_depth: vec![0.2; pixels],
        stale: vec![],
        drawn: None,
    };
    let from = CameraPose::default();
    let to = CameraPose {
        position_m: [0.1, 0.0, -0.2],
        yaw_rad: 0.1,
        ..from
    };
    bencher.bench_local(|| warp(&LENS, &source, &from, &to));
}

/// One frame of a training world.
#[divan::bench]
fn render_one_frame(bencher: Bencher<'_, '_>) {
    let world = World::new(5, None);
    let path = synth::trajectory(&world, Kind::Walk, 5, 24, 24.0);
    let pixels = LENS.width_px * LENS.height_px;
    let (mut rgb, mut depth_m) = (vec![0u8; pixels * 3], vec![0.0f32; pixels]);
    let mut frame = 0;
    bencher.bench_local(|| {
        frame = (frame + 1) % path.len();
        synth::render(&world, &LENS, &path[frame].0, &mut rgb, &mut depth_m);
    });
}

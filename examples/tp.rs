use burn::tensor::*;
use farwander::device::*;
use farwander::model::aapt::{config::*, generator::Generator, autoencoder::Autoencoder, pca::Components, warp::*};
use farwander::model::nn::tensor;
use std::time::Instant;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let dev = if a[1] == "lt" { DeviceChoice::Libtorch } else { DeviceChoice::Cpu }.open().unwrap();
    let dt = if a[1] == "lt" { DType::BF16 } else { DType::F32 };
    let width: usize = a[2].parse().unwrap(); let depth: usize = a[3].parse().unwrap();
    let c = GeneratorConfig { grid: [14, 24], latent_channels: 64, width, depth, heads: width / 64, mlp_ratio: 4, window: 8, recycle: Recycle::Reproject, text_tokens: 12, vocabulary: vec!["x".into(); 40] };
    let mut rng = Gaussian::new(0, 0);
    if a[1] == "lt" {
        let tr = dev.clone().autodiff();
        let g = Generator::new(&c, &mut rng, &tr);
        println!("params {}", burn::module::Module::num_params(&g));
        for (b, k) in [(8usize, 12usize), (16, 6)] {
            let n = b * k * 64 * 336;
            let noisy: Tensor<5> = tensor(vec![0.1; n], [b, k, 64, 14, 24], &tr).cast(dt);
            let cc = c.condition_channels();
            let cond: Tensor<5> = tensor(vec![0.1; b * k * cc * 336], [b, k, cc, 14, 24], &tr).cast(dt);
            for _ in 0..3 {
                let t0 = Instant::now();
                let text = g.encode_text(&vec![vec![1; 12]; b], &tr);
                let y = g.sequence(noisy.clone(), cond.clone(), &vec![0.5; b], text).cast(DType::F32);
                let t1 = t0.elapsed();
                let l = y.powi_scalar(2).mean();
                let gr = l.backward();
                let _ = l.into_data();
                println!("b {b} k {k} fwd {:?} total {:?} -> {:.1} latents/s", t1, t0.elapsed(), (b * k) as f64 / t0.elapsed().as_secs_f64());
                drop(gr);
            }
        }
    }
    // step
    let g = Generator::new(&c, &mut rng, &dev);
    let m = g.modulations(1.0, 1, dt, &dev);
    let mut s = g.begin(g.encode_text(&[vec![1; 12]], &dev), dt);
    let x: Tensor<4> = tensor(vec![0.1; 64 * 336], [1, 64, 14, 24], &dev).cast(dt);
    let cond: Tensor<4> = tensor(vec![0.1; c.condition_channels() * 336], [1, c.condition_channels(), 14, 24], &dev).cast(dt);
    let mut t = vec![];
    for _ in 0..30 { let t0 = Instant::now(); let y = g.step(&mut s, &m, x.clone(), cond.clone()); let _ = y.into_data(); t.push(t0.elapsed().as_secs_f64()*1e3); }
    t.sort_by(f64::total_cmp); println!("step median {:.1} ms", t[15]);
    let ac = AutoencoderConfig { latent_channels: 64, encoder_blocks: 0, decoder_blocks: 5, width: 160 };
    let ae = Autoencoder::new(&ac, &Components::blank(64), &mut rng, &dev);
    let z: Tensor<4> = tensor(vec![0.1; 64 * 336], [1, 64, 14, 24], &dev);
    let mut t = vec![];
    for _ in 0..20 { let t0 = Instant::now(); let (y, d) = ae.decoder.forward(z.clone(), z.clone(), dt); let _ = y.into_data(); let _ = d.into_data(); t.push(t0.elapsed().as_secs_f64()*1e3); }
    t.sort_by(f64::total_cmp); println!("decode median {:.1} ms", t[10]);
    let lens = farwander::control::Lens { width_px: 192, height_px: 112, fov_x_rad: 1.3 };
    let src = RgbDepth { rgb: vec![0.1; 192*112*3], inverse_depth: (0..192*112).map(|i| (i / 192) as f32 / 112.0 * 0.4).collect() };
    let from = Default::default(); let to = farwander::control::CameraPose { position_m: [0.05, 0.0, -0.5], yaw_rad: 0.1, pitch_rad: 0.0 };
    let mut t = vec![];
    for _ in 0..20 { let t0 = Instant::now(); for _ in 0..4 { let _ = warp(&lens, &src, &from, &to); } t.push(t0.elapsed().as_secs_f64()*1e3); }
    t.sort_by(f64::total_cmp); println!("warp x4 median {:.1} ms", t[10]);
}

use burn::tensor::*;
use farwander::device::*;
use farwander::model::nn::*;
use std::time::Instant;
fn bench(name: &str, f: impl Fn() -> Tensor<3>) {
    let _ = f();
    let mut t = vec![];
    for _ in 0..5 { let t0 = Instant::now(); let y = f(); let _ = y.narrow(0, 0, 1).narrow(1, 0, 1).into_data(); t.push(t0.elapsed().as_secs_f64() * 1e3); }
    t.sort_by(f64::total_cmp);
    println!("{name}: {:.2} ms", t[1]);
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let dev = if a[1] == "lt" { DeviceChoice::Libtorch } else { DeviceChoice::Cpu }.open().unwrap();
    let dt = if a[1] == "lt" { DType::BF16 } else { DType::F32 };
    let rows: usize = a[2].parse().unwrap();
    let r = |s: [usize; 3]| { let mut v = vec![0.0; s.iter().product()]; Gaussian::new(1, 1).fill(&mut v); tensor::<3>(v, s, &dev).cast(dt) };
    let x = r([1, rows, 384]); let h = r([1, rows, 1536]);
    let mut rng = Gaussian::new(0, 0);
    let l = Linear::usual(384, 1536, &mut rng, &dev);
    let l2 = Linear::usual(1536, 384, &mut rng, &dev);
    bench("linear 384-1536", || l.forward(x.clone()));
    bench("linear 1536-384", || l2.forward(h.clone()));
    bench("cast w", || l.weight.val().cast(dt).unsqueeze());
    bench("gelu 1536", || activation::gelu(h.clone()));
    bench("silu 1536", || activation::silu(h.clone()));
    bench("rms", || rms_norm(x.clone()));
    bench("mul", || x.clone() * x.clone());
    bench("powi", || x.clone().powi_scalar(2));
    bench("mean", || x.clone().mean_dim(2));
    bench("bcast mul", || x.clone() * x.clone().narrow(1, 0, 1));
    bench("neg", || x.clone().neg());
    bench("cat", || Tensor::cat(vec![x.clone(), x.clone()], 1));
    bench("softmax 1536", || activation::softmax(h.clone(), 2));
    let q = r([6, 84, 64]); let k = r([6, 856, 64]);
    bench("qk", || q.clone().matmul(k.clone().swap_dims(1, 2)));
    let s = r([6, 84, 856]);
    bench("softmax s", || activation::softmax(s.clone(), 2));
    bench("pv", || s.clone().matmul(k.clone()));
}

//! Equalities of the generator: cached = uncached, positions bounded, causality.

use burn::tensor::{DType, Device, Tensor};

use super::config::{GeneratorConfig, Recycle};
use super::generator::{Generator, patchify, unpatchify};
use super::local_head::LocalHeadConfig;
use super::text::Prompts;
use crate::device::Gaussian;
use crate::model::nn::tensor;
use crate::model::weights::to_host;

fn config(window: usize) -> GeneratorConfig {
    GeneratorConfig {
        grid: [4, 6],
        latent_channels: 4,
        width: 32,
        depth: 3,
        heads: 2,
        mlp_ratio: 2,
        window,
        recycle: Recycle::Reproject,
        text_tokens: 3,
        vocabulary: vec!["snow".into(), "dusk".into()],
        local_head: Some(LocalHeadConfig { width: 8, blocks: 1 }),
        painter: None,
        depth_net: None,
        doubt: 0.0,
        prediction: crate::flow::Prediction::default(),
        evaluations: crate::flow::Evaluations::default(),
    }
}

/// A network whose every part matters: fresh ones have zero heads and tables.
fn stirred(config: &GeneratorConfig, device: &Device) -> Generator {
    let mut rng = Gaussian::new(5, 0);
    let model = Generator::new(config, &mut rng, device);
    let mut arrays = crate::model::weights::export(&model);
    for array in arrays.values_mut() {
        array.values.iter_mut().for_each(|v| *v += 0.1 * rng.normal());
    }
    crate::model::weights::import(model, &arrays, device).expect("same shapes")
}

fn random<const D: usize>(shape: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
    let mut values = vec![0.0; shape.iter().product()];
    Gaussian::new(seed, 1).fill(&mut values);
    tensor(values, shape, device)
}

fn relative_error(a: &[f32], b: &[f32]) -> f64 {
    let difference: f64 = a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum();
    let size: f64 = b.iter().map(|b| f64::from(*b).powi(2)).sum();
    (difference / size).sqrt()
}

#[test]
fn the_ring_equals_the_whole_sequence_while_it_wraps_three_times() {
    let device = Device::flex();
    for window in [1, 2, 4] {
        let config = config(window);
        let model = stirred(&config, &device);
        let frames = 1 + 3 * (window + 1) + 2;
        let [h, w] = config.grid;
        let noisy = random([2, frames, 4, h, w], 11, &device);
        let condition = random([2, frames, config.condition_channels(), h, w], 12, &device);
        let text = model.encode_text(&[vec![1, 2, 0], vec![2, 0, 0]], &device);
        let t = [0.7, 0.7];
        let whole = model.sequence(noisy.clone(), condition.clone(), &t, text.clone());
        let modulations = model.modulations(0.7, 2, DType::F32, &device);
        let mut state = model.begin(text, DType::F32);
        for k in 0..frames {
            let step = model.step(
                &mut state,
                &modulations,
                noisy.clone().narrow(1, k, 1).squeeze_dim(1),
                condition.clone().narrow(1, k, 1).squeeze_dim(1),
            );
            let expected: Tensor<4> = whole.clone().narrow(1, k, 1).squeeze_dim(1);
            let error = relative_error(&to_host(step), &to_host(expected));
            assert!(error < 1e-4, "window {window}, step {}: {error}", k + 1);
        }
    }
}

/// Training gives each latent frame the text that play gives it: after a change the ring's text is another one, and keys and
/// values of earlier frames stay as they were made.
#[test]
fn the_ring_equals_the_whole_sequence_when_the_prompt_changes() {
    let device = Device::flex();
    let config = config(2);
    let model = stirred(&config, &device);
    let [h, w] = config.grid;
    let frames = 9;
    let noisy = random([3, frames, 4, h, w], 41, &device);
    let condition = random([3, frames, config.condition_channels(), h, w], 42, &device);
    let prompts = [Some(0), Some(4), None].map(|at| Prompts {
        first: vec![1, 0, 0],
        then: at.map(|at| (at, vec![2, 1, 0])),
    });
    let t = [0.9; 3];
    let text = model.encode_prompts(&prompts, &device);
    let whole = model.sequence(noisy.clone(), condition.clone(), &t, text);
    let at_step = |k: usize| {
        let words = prompts.iter().map(|p| match &p.then {
            Some((at, words)) if k >= *at => words.clone(),
            _ => p.first.clone(),
        });
        model.encode_text(&words.collect::<Vec<_>>(), &device)
    };
    let modulations = model.modulations(0.9, 3, DType::F32, &device);
    let mut state = model.begin(at_step(0), DType::F32);
    let unchanged = model.sequence(noisy.clone(), condition.clone(), &t, at_step(0));
    for k in 0..frames {
        if k == 4 {
            model.change_text(&mut state, at_step(k));
        }
        let step = model.step(
            &mut state,
            &modulations,
            noisy.clone().narrow(1, k, 1).squeeze_dim(1),
            condition.clone().narrow(1, k, 1).squeeze_dim(1),
        );
        let of = |x: &Tensor<5>| to_host(x.clone().narrow(1, k, 1));
        let error = relative_error(&to_host(step), &of(&whole));
        assert!(error < 1e-4, "step {}: {error}", k + 1);
        let same = relative_error(&of(&whole), &of(&unchanged));
        assert_eq!(same > 1e-3, k >= 4, "step {}: the change moves it by {same}", k + 1);
    }
}

#[test]
fn positions_stay_bounded_and_a_late_step_is_exact() {
    let device = Device::flex();
    let config = config(3);
    let model = stirred(&config, &device);
    let [h, w] = config.grid;
    let text = model.encode_text(&[vec![1, 0, 0]], &device);
    let modulations = model.modulations(1.0, 1, DType::F32, &device);
    // Two equal walks; then one of them is 100,000 steps older: a whole number of the ring's and the rotation's periods.
    let period = (config.window as u64 + 1) * 2 * (config.window as u64 + 2);
    let jump = 100_000 / period * period;
    let mut young = model.begin(text.clone(), DType::F32);
    let mut old = model.begin(text, DType::F32);
    for k in 0..12u64 {
        if k == 8 {
            old.pretend_step(old.step + jump);
        }
        let noisy = random([1, 4, h, w], 100 + k, &device);
        let condition = random([1, config.condition_channels(), h, w], 200 + k, &device);
        let a = model.step(&mut young, &modulations, noisy.clone(), condition.clone());
        let b = model.step(&mut old, &modulations, noisy, condition);
        assert_eq!(to_host(a), to_host(b), "step {k}");
        assert!(old.position() < 2 * (config.window as u64 + 2));
    }
    assert!(old.step > 99_000);
}

#[test]
fn a_frame_sees_no_later_frame_and_nothing_older_than_the_window_but_the_first() {
    let device = Device::flex();
    // One block: a deeper stack sees further through its layers.
    let config = GeneratorConfig { depth: 1, ..config(2) };
    let model = stirred(&config, &device);
    let [h, w] = config.grid;
    let frames = 6;
    let noisy = random([1, frames, 4, h, w], 21, &device);
    let condition = random([1, frames, config.condition_channels(), h, w], 22, &device);
    let text = model.encode_text(&[vec![1, 0, 0]], &device);
    let base = to_host(model.sequence(noisy.clone(), condition.clone(), &[1.0], text.clone()));
    let each = base.len() / frames;
    for changed in 0..frames {
        let other = noisy.clone().slice_assign(
            [0..1, changed..changed + 1, 0..4, 0..h, 0..w],
            random([1, 1, 4, h, w], 23, &device),
        );
        let out = to_host(model.sequence(other, condition.clone(), &[1.0], text.clone()));
        for k in 0..frames {
            let differs = out[k * each..(k + 1) * each] != base[k * each..(k + 1) * each];
            let sees = changed <= k && (changed == 0 || k - changed <= config.window);
            assert_eq!(differs, sees, "frame {k} after a change of frame {changed}");
        }
    }
}

#[test]
fn patches_are_inverse() {
    let device = Device::flex();
    let x: Tensor<4> = random([2, 3, 4, 6], 3, &device);
    let back = unpatchify(patchify(x.clone()), 3, 4, 6);
    assert_eq!(to_host(back), to_host(x));
}

/// Sum of squares of the third latent frame's output, made step by step through the ring.
fn through_the_ring(model: &Generator, noisy: &Tensor<5>, condition: &Tensor<5>, device: &Device) -> Tensor<1> {
    let text = model.encode_text(&[vec![1, 2, 0]], device);
    let modulations = model.modulations(1.0, 1, DType::F32, device);
    let mut state = model.begin(text, DType::F32);
    let mut last = None;
    for k in 0..3 {
        last = Some(model.step(
            &mut state,
            &modulations,
            noisy.clone().narrow(1, k, 1).squeeze_dim(1),
            condition.clone().narrow(1, k, 1).squeeze_dim(1),
        ));
    }
    last.expect("three steps").powi_scalar(2).sum()
}

#[test]
fn the_gradient_through_the_ring_is_that_of_finite_differences() {
    use crate::model::weights::{export, import};
    use burn::module::{Module, ModuleVisitor, Param};

    struct Grads<'a>(&'a burn::tensor::Gradients, Vec<Vec<f32>>);
    impl ModuleVisitor for Grads<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.1.push(param.val().grad(self.0).map(to_host).unwrap_or_default());
        }
    }

    let device = Device::flex();
    let training = device.clone().autodiff();
    let config = config(2);
    let [h, w] = config.grid;
    let model = stirred(&config, &device);
    let arrays = export(&model);
    let noisy = random([1, 3, 4, h, w], 31, &device);
    let condition = random([1, 3, config.condition_channels(), h, w], 32, &device);

    let blank = Generator::new(&config, &mut Gaussian::silent(), &training);
    let differentiated = import(blank, &arrays, &training).expect("same shapes");
    let loss = through_the_ring(
        &differentiated,
        &Tensor::from_inner(noisy.clone()),
        &Tensor::from_inner(condition.clone()),
        &training,
    );
    let grads = loss.backward();
    let mut found = Grads(&grads, vec![]);
    differentiated.visit(&mut found);
    let names: Vec<String> = crate::model::weights::shapes(&model)
        .into_iter()
        .map(|(n, _)| n)
        .collect();

    // Keys and values of earlier steps reach the loss through the ring only.
    let mut rng = Gaussian::new(8, 8);
    for name in [
        "blocks.0.qkv.weight",
        "blocks.1.text_kv.weight",
        "embed.weight",
        "text.words",
        "blocks.2.down.weight",
    ] {
        let gradient = &found.1[names.iter().position(|n| n == name).expect(name)];
        // Along a random direction: one number, far above the rounding of f32.
        let direction: Vec<f32> = gradient.iter().map(|_| rng.normal()).collect();
        let expected: f64 = gradient.iter().zip(&direction).map(|(g, d)| f64::from(g * d)).sum();
        let at = |step: f32| {
            let mut moved = arrays.clone();
            let values = &mut moved.get_mut(name).expect(name).values;
            values.iter_mut().zip(&direction).for_each(|(v, d)| *v += step * d);
            let model = import(model.clone(), &moved, &device).expect("same shapes");
            f64::from(to_host(through_the_ring(&model, &noisy, &condition, &device))[0])
        };
        let step = 2e-4;
        let difference = (at(step) - at(-step)) / (2.0 * f64::from(step));
        let error = (difference - expected).abs() / expected.abs().max(difference.abs()).max(1.0);
        assert!(
            error < 0.03,
            "{name}: gradient {expected}, finite difference {difference}"
        );
    }
}

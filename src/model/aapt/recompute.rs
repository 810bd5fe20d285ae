//! Gradients of a whole clip's pass, at will with gradient checkpointing: block by block backwards, each block computed
//! again from its kept input. Then the activations of one block are in memory at a time instead of those of all, for one
//! more forward pass.

use burn::module::Module;
use burn::tensor::{Device, Gradients, Tensor};

use super::block::{SequenceRotations, Sight};
use super::generator::Generator;
use super::text::{ClipText, Prompts};

/// What a pass over whole clips takes, on a device without differentiation; shapes as in [`Generator::sequence`].
pub struct ClipInput<'a> {
    /// Noisy latent frames, in the type to compute in.
    pub noisy: Tensor<5>,
    /// What stands beside them.
    pub condition: Tensor<5>,
    /// A timestep a batch entry.
    pub t: &'a [f32],
    /// Each batch entry's prompts.
    pub prompts: &'a [Prompts],
    /// What a token attends to.
    pub sight: Sight,
}

/// A tensor to be differentiated by, from one without a graph.
fn leaf<const D: usize>(x: &Tensor<D>) -> Tensor<D> {
    Tensor::from_inner(x.clone()).require_grad()
}

/// A number whose gradient by `y` is `gradient`.
fn towards<const D: usize>(y: Tensor<D>, gradient: Tensor<D>) -> Tensor<1> {
    (y * Tensor::from_inner(gradient)).sum()
}

/// `sum + x`, where there may be either.
fn plus<const D: usize>(sum: Option<Tensor<D>>, x: Option<Tensor<D>>) -> Option<Tensor<D>> {
    match (sum, x) {
        (Some(sum), Some(x)) => Some(sum + x),
        (sum, x) => sum.or(x),
    }
}

impl Generator {
    /// The `loss` of what this network, whose weights are on the autodiff device `training`, makes of `input`. Its gradients
    /// go to `gather` in parts that add up: one, or with `recompute` one for each block and a few more.
    pub fn gradients(
        &self,
        input: ClipInput<'_>,
        recompute: bool,
        training: &Device,
        loss: impl FnOnce(Tensor<5>) -> Tensor<1>,
        mut gather: impl FnMut(&Gradients),
    ) -> Tensor<1> {
        let ClipInput {
            noisy,
            condition,
            t,
            prompts,
            sight,
        } = input;
        let lift = |x: &Tensor<5>| Tensor::from_inner(x.clone());
        if !recompute {
            let text = self.encode_prompts(prompts, training);
            let loss = loss(self.clip(lift(&noisy), lift(&condition), t, text, sight));
            gather(&loss.backward());
            return loss.detach();
        }

        // Forwards without a graph; every block's input is kept.
        let ([_, frames, ..], device, dtype) = (noisy.dims(), noisy.device(), noisy.dtype());
        let fixed = self.valid();
        let ClipText {
            tokens: text,
            second_from,
        } = fixed.encode_prompts(prompts, &device);
        let changes = second_from.as_deref();
        let rotations =
            |device| SequenceRotations::new(&self.rope(), frames, self.config(), sight, changes, dtype, device);
        let here = rotations(&device);
        let shared = fixed.time(t, &device);
        let text = text.cast(dtype);
        let mut x = fixed.embedded(noisy.clone(), condition.clone());
        let mut inputs = Vec::with_capacity(self.blocks.len());
        for block in &fixed.blocks {
            inputs.push(x.clone());
            x = block.sequence(x, &block.modulation(&shared, dtype), text.clone(), &here);
        }
        drop(here);

        // Backwards: the head, the blocks from the last to the first, and what they all begin with.
        let last = leaf(&x);
        let loss = loss(self.unembedded(last.clone(), lift(&noisy), lift(&condition), t));
        let grads = loss.backward();
        gather(&grads);
        let mut gradient = last.grad(&grads);
        let there = rotations(training);
        let (mut of_shared, mut of_text) = (None, None);
        for (block, x) in self.blocks.iter().zip(inputs).rev() {
            let Some(above) = gradient else { break };
            let (x, shared, text) = (leaf(&x), leaf(&shared), leaf(&text));
            let y = block.sequence(x.clone(), &block.modulation(&shared, dtype), text.clone(), &there);
            let grads = towards(y, above).backward();
            gather(&grads);
            gradient = x.grad(&grads);
            of_shared = plus(of_shared, shared.grad(&grads));
            of_text = plus(of_text, text.grad(&grads));
        }
        let embedded = |g| towards(self.embedded(lift(&noisy), lift(&condition)), g);
        let timed = |g| towards(self.time(t, training), g);
        let told = |g| towards(self.encode_prompts(prompts, training).tokens.cast(dtype), g);
        let parts = [gradient.map(embedded), of_shared.map(timed), of_text.map(told)];
        for part in parts.into_iter().flatten() {
            gather(&part.backward());
        }
        loss.detach()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Gaussian;
    use crate::model::aapt::config::{GeneratorConfig, Recycle};
    use crate::model::aapt::local_head::LocalHeadConfig;
    use crate::model::nn::tensor;
    use crate::model::weights::{export, import, to_host};
    use burn::module::{ModuleVisitor, Param};

    /// Sums of gradients, parameter by parameter.
    struct Sums<'a>(&'a Gradients, std::slice::IterMut<'a, Vec<f32>>);
    impl ModuleVisitor for Sums<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let sum = self.1.next().unwrap();
            let Some(grad) = param.val().grad(self.0).map(to_host) else {
                return;
            };
            sum.resize(grad.len(), 0.0);
            sum.iter_mut().zip(grad).for_each(|(s, g)| *s += g);
        }
    }

    #[test]
    fn blocks_computed_again_give_the_same_loss_and_gradients() {
        let device = Device::flex();
        let training = device.clone().autodiff();
        let config = GeneratorConfig {
            grid: [4, 6],
            latent_channels: 4,
            width: 32,
            depth: 3,
            heads: 2,
            mlp_ratio: 2,
            window: 2,
            recycle: Recycle::Reproject,
            text_tokens: 3,
            vocabulary: vec!["snow".into(), "dusk".into()],
            local_head: Some(LocalHeadConfig { width: 8, blocks: 1 }),
            painter: None,
            depth_net: None,
            doubt: 0.0,
            prediction: crate::flow::Prediction::default(),
            evaluations: crate::flow::Evaluations::default(),
        };
        // Fresh networks have zero heads and tables, which pass nothing on.
        let mut rng = Gaussian::new(5, 0);
        let blank = Generator::new(&config, &mut rng, &training);
        let mut arrays = export(&blank);
        for array in arrays.values_mut() {
            array.values.iter_mut().for_each(|v| *v += 0.1 * rng.normal());
        }
        let model = import(blank, &arrays, &training).unwrap();
        let mut random = |channels: usize| -> Tensor<5> {
            let mut values = vec![0.0; 2 * 4 * channels * 24];
            rng.fill(&mut values);
            tensor(values, [2, 4, channels, 4, 6], &device)
        };
        let (noisy, condition, target) = (random(4), random(config.condition_channels()), random(4));
        for sight in [Sight::Causal, Sight::Full] {
            let found = [false, true].map(|recompute| {
                let input = ClipInput {
                    noisy: noisy.clone(),
                    condition: condition.clone(),
                    t: &[0.7, 0.2],
                    prompts: &[
                        vec![1, 2, 0].into(),
                        Prompts {
                            first: vec![2, 0, 0],
                            then: Some((2, vec![1, 0, 0])),
                        },
                    ],
                    sight,
                };
                let mut sums = vec![vec![]; arrays.len()];
                let mut parts = 0;
                let loss = model.gradients(
                    input,
                    recompute,
                    &training,
                    |out| (out - Tensor::from_inner(target.clone())).powi_scalar(2).mean(),
                    |grads| {
                        parts += 1;
                        model.visit(&mut Sums(grads, sums.iter_mut()));
                    },
                );
                assert_eq!(parts, if recompute { config.depth + 4 } else { 1 });
                (to_host(loss)[0], sums)
            });
            let [(loss, whole), (again, in_parts)] = found;
            assert!((loss - again).abs() < 1e-6 * loss, "{loss} {again}");
            for (a, b) in whole.iter().zip(&in_parts) {
                let size = a.iter().map(|v| v.abs()).fold(0.0, f32::max);
                assert!(size > 0.0 && a.len() == b.len(), "a parameter without a gradient");
                let apart = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(apart < 1e-5 * size, "{apart} of {size}");
            }
        }
    }
}

//! A picture in the light that a network gives it. Right after new words the network's answer differs from what it was given everywhere, and what it says is coarse: a
//! token's edges show in it, and things are soft. So an answer is read as what becomes of colours: near every pixel, new colours are a linear function of the old
//! ones (He, Sun and Tang, "Guided image filtering", ECCV 2010, equations 14 to 19; found at half the size, as in He and Sun, "Fast guided filter", 2015), and that function is what the picture itself,
//! with all its detail, is put through. Plain host code.

use nalgebra::{Matrix3, Vector3};
use rayon::prelude::*;

/// Functions are found of pixels so many times as wide.
const SMALL: usize = 2;
/// Such pixels to each side that say together what becomes of a colour: a window is more than two tokens wide.
const REACH: usize = 5;
/// Variance of colours (-1..1) below which they are taken for one colour: some eight grey levels.
const ONE_COLOUR: f32 = 0.004;
/// Where what becomes of differences can't be told, they grow or shrink as over the whole picture, by a factor between these in a step.
const CONTRAST: [f32; 2] = [0.5, 1.2];
/// A place's own detail, what differs from a mean over so many wide pixels to each side, is no less light against dark than the place has become lighter or darker, between these factors in a step: light
/// falls on texture as on all else, and a soft answer, taken eight times, would leave none of it.
const OWN: usize = 2;
const LIGHTER: [f32; 2] = [0.5, 1.2];
/// What differs by more than this is an edge, whose light the answer tells.
const EDGE: f32 = 0.2;
/// Share of each colour in light.
const LUMA: [f32; 3] = [0.299, 0.587, 0.114];
/// Fewer known pixels than this, in wide ones, say nothing.
const LEAST_KNOWN: f32 = 0.25;

/// The light of a colour.
pub(super) fn luma(colour: &[f32]) -> f32 {
    colour.iter().zip(LUMA).map(|(v, share)| v * share).sum()
}

/// What [`relit`] takes, `[h * w * 3]` each but for `known`.
#[derive(Clone, Copy, Debug)]
pub struct Light<'a> {
    /// The picture, as the network's latents can hold it.
    pub was: &'a [f32],
    /// The same with all its detail.
    pub detailed: &'a [f32],
    /// The network's answer.
    pub answer: &'a [f32],
    /// `[h * w]`: how much of each pixel was known; the others are the answer's.
    pub known: &'a [f32],
}

/// A picture `[h * w * 3]` of wide pixels: means over what is known of them. `of_all` is how much of each is known, `[h * w]`.
fn shrunk(picture: &[f32], known: &[f32], of_all: &[f32], w: usize) -> Vec<f32> {
    let small = w.div_ceil(SMALL);
    let mut out = vec![0.0; 3 * of_all.len()];
    for (i, (pixel, known)) in picture.chunks_exact(3).zip(known).enumerate() {
        let to = i / w / SMALL * small + i % w / SMALL;
        (0..3).for_each(|c| out[3 * to + c] += known * pixel[c]);
    }
    for (pixel, known) in out.chunks_exact_mut(3).zip(of_all).filter(|(_, known)| **known > 0.0) {
        pixel.iter_mut().for_each(|v| *v /= known * (SMALL * SMALL) as f32);
    }
    out
}

/// Sums over a window around every pixel, of so many to each side.
fn window_sums(plane: &[f32], [h, w]: [usize; 2], reach: usize) -> Vec<f32> {
    let within = |at: usize, end: usize| at.saturating_sub(reach)..(at + reach + 1).min(end);
    let mut rows = vec![0.0; h * w];
    for (line, out) in plane.chunks_exact(w).zip(rows.chunks_exact_mut(w)) {
        let mut sums = vec![0.0; w + 1];
        for (x, v) in line.iter().enumerate() {
            sums[x + 1] = sums[x] + f64::from(*v);
        }
        for (x, out) in out.iter_mut().enumerate() {
            let of = within(x, w);
            *out = (sums[of.end] - sums[of.start]) as f32;
        }
    }
    let (mut out, mut column) = (vec![0.0; h * w], vec![0.0f64; w]);
    let line = |y: usize| rows[y * w..(y + 1) * w].iter();
    let mut have = 0..0;
    for (y, out) in out.chunks_exact_mut(w).enumerate() {
        let of = within(y, h);
        for y in have.end..of.end {
            column
                .iter_mut()
                .zip(line(y))
                .for_each(|(sum, v)| *sum += f64::from(*v));
        }
        for y in have.start..of.start {
            column
                .iter_mut()
                .zip(line(y))
                .for_each(|(sum, v)| *sum -= f64::from(*v));
        }
        have = of;
        out.iter_mut().zip(&column).for_each(|(out, sum)| *out = *sum as f32);
    }
    out
}

/// What becomes of a difference between colours from `was` to `answer`, over all that is known: a regression's slope within [`CONTRAST`].
fn contrast(was: &[f32], answer: &[f32], known: &[f32]) -> f32 {
    let sum = |value: &dyn Fn(usize, usize) -> f32, c: usize| -> f64 {
        let known = known.iter().enumerate();
        known.map(|(i, known)| f64::from(known * value(i, c))).sum()
    };
    let was = |i: usize, c: usize| was[3 * i + c];
    let answer = |i: usize, c: usize| answer[3 * i + c];
    let all = sum(&|_, _| 1.0, 0).max(1.0);
    let (mut among, mut with) = (0.0, 0.0);
    for c in 0..3 {
        let (of_old, of_new) = (sum(&was, c) / all, sum(&answer, c) / all);
        among += sum(&|i, c| was(i, c).powi(2), c) / all - of_old * of_old;
        with += sum(&|i, c| was(i, c) * answer(i, c), c) / all - of_old * of_new;
    }
    match among > f64::from(3.0 * ONE_COLOUR) {
        true => ((with / among) as f32).clamp(CONTRAST[0], CONTRAST[1]),
        false => 1.0,
    }
}

/// The picture in the answer's light, `[h * w * 3]`. Where it is of one colour nearly, what becomes of its detail can't be told from the answer: it changes with all others.
pub fn relit(light: Light<'_>, size @ [_, w]: [usize; 2]) -> Vec<f32> {
    let small @ [small_h, small_w] = size.map(|side| side.div_ceil(SMALL));
    let narrow = |i: usize| i / w / SMALL * small_w + i % w / SMALL;
    let mut known = vec![0.0; small_h * small_w];
    for (i, v) in light.known.iter().enumerate() {
        known[narrow(i)] += v / (SMALL * SMALL) as f32;
    }
    let [was, answer] = [light.was, light.answer].map(|picture| shrunk(picture, light.known, &known, w));
    let weights = window_sums(&known, small, REACH);
    let colour = |of: &[f32], i: usize| Vector3::new(of[3 * i], of[3 * i + 1], of[3 * i + 2]);
    let at = |of: &[f32], i: usize, c: usize| of[3 * i + c];
    // Means of what was and of the answer, and of their products: the upper half of the former's among themselves, and all with the latter's.
    let pairs: Vec<(usize, usize)> = (0..3).flat_map(|a| (a..3).map(move |b| (a, b))).collect();
    let means: Vec<Vec<f32>> = (0..21)
        .into_par_iter()
        .map(|what| {
            let value = |i: usize| match what {
                0..3 => at(&was, i, what),
                3..6 => at(&answer, i, what - 3),
                6..12 => at(&was, i, pairs[what - 6].0) * at(&was, i, pairs[what - 6].1),
                _ => at(&was, i, (what - 12) / 3) * at(&answer, i, (what - 12) % 3),
            };
            let plane: Vec<f32> = (0..small_h * small_w).map(|i| known[i] * value(i)).collect();
            let mut sums = window_sums(&plane, small, REACH);
            sums.iter_mut()
                .zip(&weights)
                .for_each(|(sum, of)| *sum /= of.max(LEAST_KNOWN));
            sums
        })
        .collect();
    let usual = ONE_COLOUR * contrast(&was, &answer, &known);
    let functions: Vec<(Matrix3<f32>, Vector3<f32>)> = (0..small_h * small_w)
        .into_par_iter()
        .map(|i| {
            let mean = |first: usize| Vector3::from_fn(|c, _| means[first + c][i]);
            let (of_old, of_new) = (mean(0), mean(3));
            let mut among = Matrix3::zeros();
            for (product, (a, b)) in pairs.iter().enumerate() {
                among[(*a, *b)] = means[6 + product][i];
                among[(*b, *a)] = among[(*a, *b)];
            }
            among += Matrix3::from_diagonal_element(ONE_COLOUR) - of_old * of_old.transpose();
            let with = Matrix3::from_fn(|a, b| means[12 + 3 * a + b][i]) - of_old * of_new.transpose()
                + Matrix3::from_diagonal_element(usual);
            let becomes = among
                .try_inverse()
                .map_or_else(Matrix3::zeros, |inverse| inverse * with)
                .transpose();
            (becomes, of_new - becomes * of_old)
        })
        .collect();
    // Each pixel lies in many windows, whose functions are averaged.
    let smooth: Vec<Vec<f32>> = (0..12)
        .into_par_iter()
        .map(|what| {
            let value = |(becomes, beside): &(Matrix3<f32>, Vector3<f32>)| match what {
                0..9 => becomes[(what / 3, what % 3)],
                _ => beside[what - 9],
            };
            let plane: Vec<f32> = functions
                .iter()
                .zip(&known)
                .map(|(f, known)| known * value(f))
                .collect();
            window_sums(&plane, small, REACH)
        })
        .collect();
    let wide = {
        let detailed = shrunk(light.detailed, light.known, &known, w);
        let plane: Vec<f32> = (detailed.chunks_exact(3).zip(&known))
            .map(|(c, known)| known * luma(c))
            .collect();
        let of = window_sums(&known, small, OWN);
        let sums = window_sums(&plane, small, OWN);
        sums.into_iter()
            .zip(of)
            .map(|(sum, of)| sum / of.max(LEAST_KNOWN))
            .collect::<Vec<f32>>()
    };
    let mean_luma = |first: usize, i: usize| (0..3).map(|c| LUMA[c] * means[first + c][i]).sum::<f32>();
    let mut out = light.answer.to_vec();
    out.par_chunks_exact_mut(3).enumerate().for_each(|(i, out)| {
        let (known, near) = (light.known[i], narrow(i));
        if known == 0.0 || weights[near] < LEAST_KNOWN {
            return;
        }
        let old = colour(light.detailed, i);
        // What becomes of light against dark, and what should at least.
        let becomes = (0..9).map(|at| LUMA[at / 3] * smooth[at][near]).sum::<f32>() / weights[near];
        let lighter = (1.0 + mean_luma(3, near)) / (1.0 + mean_luma(0, near)).max(0.05);
        let lacks = (lighter.clamp(LIGHTER[0], LIGHTER[1]) - becomes).max(0.0);
        let own = luma(old.as_slice()) - wide[near];
        let own = lacks * own / (1.0 + (own / EDGE).powi(2));
        for (c, out) in out.iter_mut().enumerate() {
            let new = (0..3).map(|b| smooth[3 * c + b][near] * old[b]).sum::<f32>() + smooth[9 + c][near];
            *out += known * (new / weights[near] + own - *out);
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: [usize; 2] = [32, 48];

    /// Grass of two greens under a blue sky.
    fn picture(x: usize, y: usize) -> [f32; 3] {
        match (y < 12, (x / 2 + y).is_multiple_of(2)) {
            (true, _) => [0.1, 0.3, 0.8],
            (false, true) => [-0.4, 0.3, -0.5],
            (false, false) => [-0.6, 0.0, -0.7],
        }
    }

    fn of(colour: impl Fn(usize, usize) -> [f32; 3]) -> Vec<f32> {
        let [h, w] = SIZE;
        (0..h * w).flat_map(|i| colour(i % w, i / w)).collect()
    }

    /// Greens become browns and blue becomes grey, which no channel by itself tells.
    fn autumn([r, g, b]: [f32; 3]) -> [f32; 3] {
        [0.3 * r + 0.8 * g - 0.1 * b - 0.1, 0.5 * g, 0.2 * g + 0.2 * b - 0.2]
    }

    /// Of pictures that are known whole.
    fn all_relit(was: &[f32], detailed: &[f32], answer: &[f32]) -> Vec<f32> {
        let known = &vec![1.0; was.len() / 3];
        let light = Light {
            was,
            detailed,
            answer,
            known,
        };
        relit(light, SIZE)
    }

    fn apart(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>() / a.len() as f32
    }

    #[test]
    fn what_becomes_of_colours_is_taken_over_and_edges_of_tokens_are_not() {
        let [_, w] = SIZE;
        let detailed = of(picture);
        let wanted = of(|x, y| autumn(picture(x, y)));
        // The answer has lost the grass's texture, and every token has its own mistake.
        let mistake = |x: usize, y: usize| if (x / 8 + y / 8).is_multiple_of(2) { 0.1 } else { -0.1 };
        let soft = |x: usize, y: usize| match y < 12 {
            true => picture(x, y),
            false => [-0.5, 0.15, -0.6],
        };
        let answer = of(|x, y| autumn(soft(x, y)).map(|v| v + mistake(x, y)));
        let was = of(soft);
        let made = all_relit(&was, &detailed, &answer);
        let (before, after) = (apart(&answer, &wanted), apart(&made, &wanted));
        assert!(after < 0.5 * before, "{after}, the answer itself {before}");
        // A sky of one colour has no edges left.
        let row = &made[3 * w * 4..3 * w * 5];
        let jump = row.windows(4).map(|p| (p[3] - p[0]).abs()).fold(0.0, f32::max);
        assert!(jump < 0.05, "{jump}, of 0.2 in the answer");
    }

    #[test]
    fn texture_keeps_its_share_of_the_light_whatever_a_soft_answer_says() {
        let grass = |x: usize, y: usize, by: f32| if (x + y).is_multiple_of(2) { by } else { -by };
        // Half as light, from 0 (of -1..1) to -0.5, and without any texture.
        let was = of(|_, _| [0.0; 3]);
        let detailed = of(|x, y| [grass(x, y, 0.1); 3]);
        let answer = of(|_, _| [-0.5; 3]);
        // Nothing was there to tell what becomes of it.
        let made = all_relit(&was, &detailed, &answer);
        let contrast = |made: &[f32]| made.iter().map(|v| (v + 0.5).abs()).sum::<f32>() / made.len() as f32;
        assert!((0.05..0.11).contains(&contrast(&made)), "{}", contrast(&made));
        // An answer that makes nothing of a texture that it was shown leaves it its half all the same.
        let shown = of(|x, y| [grass(x / 4, y / 4, 0.1); 3]);
        let made = all_relit(&shown, &shown, &answer);
        assert!((0.02..0.07).contains(&contrast(&made)), "{}", contrast(&made));
    }

    #[test]
    fn sums_are_those_of_the_window() {
        let [h, w] = SIZE;
        let plane: Vec<f32> = (0..h * w).map(|i| (i * 7 % 13) as f32).collect();
        let sums = window_sums(&plane, SIZE, REACH);
        for (x, y) in [(0, 0), (5, 20), (24, 16), (47, 31), (40, 3)] {
            let near = |a: usize, b: usize| a.abs_diff(b) <= REACH;
            let expected: f32 = (0..h * w)
                .filter(|i| near(i % w, x) && near(i / w, y))
                .map(|i| plane[i])
                .sum();
            assert_eq!(sums[y * w + x], expected, "{x} {y}");
        }
    }

    #[test]
    fn what_is_not_known_is_the_answers_and_says_nothing() {
        let [h, w] = SIZE;
        let was = of(picture);
        let known: Vec<f32> = (0..h * w).map(|i| f32::from(u8::from(i % w < 24))).collect();
        let answer = of(|x, y| if x < 24 { autumn(picture(x, y)) } else { [0.9; 3] });
        let light = Light {
            was: &was,
            detailed: &was,
            answer: &answer,
            known: &known,
        };
        let made = relit(light, SIZE);
        for (i, (made, answer)) in made.chunks_exact(3).zip(answer.chunks_exact(3)).enumerate() {
            let off = apart(made, answer);
            // What autumn makes of light against dark is less than what it makes of light.
            assert!(if i % w < 24 { off < 0.08 } else { off == 0.0 }, "pixel {i}: {off}");
        }
        let nothing = vec![0.0; h * w];
        let light = Light {
            known: &nothing,
            ..light
        };
        assert_eq!(relit(light, SIZE), answer);
    }
}

//! Measures that do not compare pixel by pixel, because a new place may look otherwise than the truth and still be a good
//! one: Fréchet distances in the probe's features, camera motion (`motion.rs`), sharpness, liveliness.

use std::ops::Range;

use burn::tensor::{Device, Tensor};
use nalgebra::{DMatrix, DVector};

use super::motion::{Motion, along};
use super::worlds::Walk;
use crate::control::LatentControl;
use crate::model::nn::tensor;
use crate::model::probe::{FEATURES, Probe, halved};
use crate::model::weights::to_host;
use crate::rollout::Networks;

/// Latent frames a window of the camera's error: 2 s.
pub const WINDOW: usize = 12;
/// Rotation in rad and translation in m below which a walk says nothing of the camera's error.
const LEAST: [f64; 2] = [0.05, 0.2];
/// Pictures looked at together.
const BATCH: usize = 16;

/// A walk as it was seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Features of the pictures after latent frames 1, 2, ...
    pub pictures: Vec<Vec<f32>>,
    /// How surely each of the probe's words is said of them: from 0 on it is.
    pub words: Vec<Vec<f32>>,
    /// Features of the pairs that end there.
    pub pairs: Vec<Vec<f32>>,
    /// Motion in those latent frames.
    pub motion: Vec<Motion>,
    /// Mean luma gradient of each picture, in 1/px of the range 0 to 1.
    pub sharpness: Vec<f64>,
    /// Mean luma change over each latent frame, of the range 0 to 1.
    pub liveliness: Vec<f64>,
}

fn luma(rgb: &[f32]) -> Vec<f32> {
    rgb.chunks_exact(3)
        .map(|c| 0.5 * (0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2]))
        .collect()
}

/// Mean size of the luma's gradient.
pub fn sharpness(rgb: &[f32], width_px: usize) -> f64 {
    let y = luma(rgb);
    let rows = y.len() / width_px;
    let (mut sum, mut n) = (0.0f64, 0.0);
    for row in 0..rows.saturating_sub(1) {
        for x in 0..width_px - 1 {
            let at = row * width_px + x;
            sum += f64::from((y[at + 1] - y[at]).hypot(y[at + width_px] - y[at]));
            n += 1.0;
        }
    }
    sum / f64::max(n, 1.0)
}

fn change(a: &[f32], b: &[f32]) -> f64 {
    let (a, b) = (luma(a), luma(b));
    a.iter().zip(&b).map(|(a, b)| f64::from((a - b).abs())).sum::<f64>() / a.len().max(1) as f64
}

/// Looks at what was `made` along a walk: the last picture of every latent frame, `[h * w * 3]` in -1..1, after its first frame. The probe lies on `device`.
pub fn see(probe: &Probe, networks: &Networks, walk: &Walk, made: &[Vec<f32>], device: &Device) -> Seen {
    let (lens, first) = (&networks.lens, walk.truth[0].as_slice());
    let (w, h) = (lens.width_px / 2, lens.height_px / 2);
    let all: Vec<&[f32]> = std::iter::once(first).chain(made.iter().map(Vec::as_slice)).collect();
    let small: Vec<Vec<f32>> = all.iter().map(|p| halved(p, lens.width_px)).collect();
    let stack = |pictures: &[Vec<f32>]| -> Tensor<4> { tensor(pictures.concat(), [pictures.len(), 3, h, w], device) };
    let rows =
        |x: Tensor<2>, width: usize| -> Vec<Vec<f32>> { to_host(x).chunks_exact(width).map(<[f32]>::to_vec).collect() };
    let mut out = Seen {
        sharpness: made.iter().map(|p| sharpness(p, lens.width_px)).collect(),
        liveliness: all.windows(2).map(|p| change(p[0], p[1])).collect(),
        motion: along(networks, first, made, &walk.controls),
        ..Seen::default()
    };
    for from in (0..made.len()).step_by(BATCH) {
        let to = (from + BATCH).min(made.len());
        let (before, after) = (stack(&small[from..to]), stack(&small[from + 1..to + 1]));
        let (features, words) = probe.look(after.clone());
        let [_, known] = words.dims();
        out.pictures.extend(rows(features, FEATURES));
        out.words.extend(rows(words, known));
        let (features, _) = probe.compare(before, after);
        out.pairs.extend(rows(features, FEATURES));
    }
    out
}

/// Fréchet distance between two sets of feature rows: `|m1 - m2|² + tr(C1 + C2 - 2 (C1 C2)^½)` (Heusel et al. 2017).
///
/// Not a number if a set is empty.
pub fn frechet(a: &[&[f32]], b: &[&[f32]]) -> f64 {
    if a.is_empty() || b.is_empty() {
        return f64::NAN;
    }
    let ((m1, c1), (m2, c2)) = (moments(a), moments(b));
    let root = {
        let eigen = c1.clone().symmetric_eigen();
        let roots = DMatrix::from_diagonal(&eigen.eigenvalues.map(|v| v.max(0.0).sqrt()));
        &eigen.eigenvectors * roots * eigen.eigenvectors.transpose()
    };
    // (C1 C2)^½ has the trace of the symmetric (C1^½ C2 C1^½)^½.
    let product = (&root * &c2 * &root).symmetric_eigen();
    let cross: f64 = product.eigenvalues.iter().map(|v| v.max(0.0).sqrt()).sum();
    (m1 - m2).norm_squared() + c1.trace() + c2.trace() - 2.0 * cross
}

fn moments(rows: &[&[f32]]) -> (DVector<f64>, DMatrix<f64>) {
    let n = rows.len().max(1);
    let width = rows.first().map_or(0, |r| r.len());
    let x = DMatrix::from_fn(rows.len(), width, |i, j| f64::from(rows[i][j]));
    let mean = x.row_mean().transpose();
    let centred = DMatrix::from_fn(rows.len(), width, |i, j| x[(i, j)] - mean[j]);
    let covariance = centred.transpose() * &centred / (n as f64 - 1.0).max(1.0);
    (mean, covariance)
}

/// Error of the camera over a window of latent frames, over what was commanded: rotation (yaw) and translation. Walks in
/// which nearly nothing was commanded are left out; none left gives nothing.
pub fn camera_error<'a>(
    seen: &[Seen],
    walks: impl IntoIterator<Item = &'a Walk>,
    window: Range<usize>,
) -> [Option<f64>; 2] {
    let (mut wrong, mut asked) = ([0.0f64; 2], [0.0f64; 2]);
    for (seen, walk) in seen.iter().zip(walks) {
        let window = window.start..window.end.min(seen.motion.len());
        if window.is_empty() {
            continue;
        }
        let found = seen.motion[window.clone()].iter().fold([0.0f64; 3], |s, m| {
            [s[0] + f64::from(m[0]), s[1] + f64::from(m[2]), s[2] + f64::from(m[3])]
        });
        let wanted = walk.controls[window]
            .iter()
            .map(commanded)
            .fold([0.0; 3], |s, m| [s[0] + m[0], s[1] + m[1], s[2] + m[2]]);
        let of_wrong = [
            (found[0] - wanted[0]).abs(),
            (found[1] - wanted[1]).hypot(found[2] - wanted[2]),
        ];
        let of_asked = [wanted[0].abs(), wanted[1].hypot(wanted[2])];
        for i in 0..2 {
            if of_asked[i] > LEAST[i] {
                wrong[i] += of_wrong[i];
                asked[i] += of_asked[i];
            }
        }
    }
    std::array::from_fn(|i| (asked[i] > 0.0).then(|| wrong[i] / asked[i]))
}

/// How well the camera's motion is told of single latent frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct MotionError {
    /// Mean error of the yaw, in degrees.
    pub yaw_deg: f64,
    /// That over the mean yaw.
    pub yaw_share: f64,
    /// Mean error of the way over ground, in metres.
    pub way_m: f64,
    /// That over the mean way.
    pub way_share: f64,
}

/// Means over all latent frames of walks whose cameras moved as commanded, because they are the renderer's.
pub fn motion_error<'a>(seen: &[Seen], walks: impl IntoIterator<Item = &'a Walk>) -> MotionError {
    let (mut wrong, mut asked, mut n) = ([0.0f64; 2], [0.0f64; 2], 0.0f64);
    for (seen, walk) in seen.iter().zip(walks) {
        for (found, control) in seen.motion.iter().zip(&walk.controls) {
            let [yaw_rad, right_m, forward_m] = commanded(control);
            wrong[0] += (f64::from(found[0]) - yaw_rad).abs();
            wrong[1] += (f64::from(found[2]) - right_m).hypot(f64::from(found[3]) - forward_m);
            asked[0] += yaw_rad.abs();
            asked[1] += right_m.hypot(forward_m);
            n += 1.0;
        }
    }
    let (n, share) = (n.max(1.0), |i: usize| wrong[i] / asked[i].max(1e-9));
    MotionError {
        yaw_deg: (wrong[0] / n).to_degrees(),
        yaw_share: share(0),
        way_m: wrong[1] / n,
        way_share: share(1),
    }
}

/// Yaw in rad, right and forward in m of a latent frame.
fn commanded(control: &LatentControl) -> [f64; 3] {
    let [.., last] = &control.poses;
    let [right_m, _, back_m] = last.position_m;
    [last.yaw_rad, right_m, -back_m].map(f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Gaussian;

    #[test]
    fn frechet_is_nothing_for_the_same_rows_and_the_formula_for_shifted_and_scaled_ones() {
        let mut rng = Gaussian::new(4, 0);
        let a: Vec<Vec<f32>> = (0..4000).map(|_| (0..3).map(|_| rng.normal()).collect()).collect();
        let rows = |x: &[Vec<f32>]| -> f64 {
            let x: Vec<&[f32]> = x.iter().map(Vec::as_slice).collect();
            let a: Vec<&[f32]> = a.iter().map(Vec::as_slice).collect();
            frechet(&a, &x)
        };
        assert!(rows(&a).abs() < 1e-6);
        let moved: Vec<Vec<f32>> = a.iter().map(|r| vec![r[0] + 2.0, r[1], 3.0 * r[2]]).collect();
        // 2² from the mean, (3 - 1)² from the deviation.
        assert!((rows(&moved) - 8.0).abs() < 0.4, "{}", rows(&moved));
    }

    #[test]
    fn sharpness_falls_with_blur() {
        let w = 32;
        let stripes: Vec<f32> = (0..w * 8)
            .flat_map(|i| [if i % w % 4 < 2 { 0.8 } else { -0.8 }; 3])
            .collect();
        let soft: Vec<f32> = (0..stripes.len())
            .map(|i| 0.5 * (stripes[i] + stripes[(i + 6) % stripes.len()]))
            .collect();
        assert!(sharpness(&soft, w) < 0.6 * sharpness(&stripes, w));
        assert!(change(&stripes, &stripes) == 0.0 && change(&stripes, &soft) > 0.1);
    }

    #[test]
    fn the_camera_error_is_what_is_missing_of_what_was_asked() {
        use crate::control::{CameraPose, Keys};
        let poses = std::array::from_fn(|i| CameraPose {
            yaw_rad: 0.05 * (i + 1) as f32,
            position_m: [0.0, 0.0, -0.1 * (i + 1) as f32],
            pitch_rad: 0.0,
        });
        let control = LatentControl::new(&CameraPose::default(), &poses, Keys(0));
        let walks = [Walk {
            new: vec![],
            truth: vec![],
            controls: vec![control; WINDOW],
            prompt: String::new(),
        }];
        let seen = Seen {
            motion: vec![[0.15, 0.0, 0.0, 0.4]; WINDOW],
            ..Seen::default()
        };
        let [rotation, translation] = camera_error(&[seen], &walks, 0..WINDOW);
        assert!((rotation.unwrap() - 0.25).abs() < 1e-5 && translation.unwrap() < 1e-5);
        assert_eq!(camera_error(&[], &walks, 0..WINDOW), [None, None]);
        let seen = Seen {
            motion: vec![[0.15, 0.0, 0.0, 0.3]; WINDOW],
            ..Seen::default()
        };
        let error = motion_error(&[seen], &walks);
        assert!(
            (error.yaw_share - 0.25).abs() < 1e-5 && (error.way_share - 0.25).abs() < 1e-5,
            "{error:?}"
        );
        assert!((error.yaw_deg - f64::to_degrees(0.05)).abs() < 1e-4 && (error.way_m - 0.1).abs() < 1e-5);
    }
}

//! Strips on canvases of noise: found again, gone on with, cut.

use super::*;

const W: usize = 160;
const H: usize = 48;

/// Noise that is smooth over a few places, all land.
fn noise(seed: u64) -> Canvas {
    let mut rng = Gaussian::new(seed, 0);
    let coarse: Vec<f32> = (0..(H / 3 + 2) * (W / 3 + 2) * 3).map(|_| 0.4 * rng.normal()).collect();
    let at = |x: usize, y: usize, c: usize| {
        let (fx, fy) = ((x % 3) as f32 / 3.0, (y % 3) as f32 / 3.0);
        let v = |x: usize, y: usize| coarse[((y / 3) * (W / 3 + 2) + x / 3) * 3 + c];
        let top = v(x, y) * (1.0 - fx) + v(x + 3, y) * fx;
        top * (1.0 - fy) + (v(x, y + 3) * (1.0 - fx) + v(x + 3, y + 3) * fx) * fy
    };
    let places = (0..H * W).flat_map(|i| (0..3).map(move |c| (i % W, i / W, c)));
    Canvas {
        width: W,
        height: H,
        rgb: places.map(|(x, y, c)| at(x, y, c).clamp(-0.8, 0.8)).collect(),
        near: vec![0.1; H * W],
        known: vec![true; H * W],
        drawn: vec![false; H * W],
    }
}

/// `of` moved so that its column `from` is the first; nothing is known from `seam` on.
fn moved(of: &Canvas, from: usize, seam: usize, light: f32) -> Canvas {
    let mut out = of.clone();
    for i in 0..H * W {
        let (x, y) = (i % W, i / W);
        out.known[i] = x < seam;
        for c in 0..3 {
            let there = (y * W + (x + from).min(W - 1)) * 3 + c;
            out.rgb[3 * i + c] = if x < seam { of.rgb[there] + light } else { 0.0 };
        }
    }
    out
}

#[test]
fn a_strip_that_was_begun_is_found_again_and_gone_on_with() {
    let sources = [noise(1), noise(2)];
    for mirrored in [false, true] {
        // In another light, as the network leaves it. A side counts from the other edge when mirrored.
        let mut canvas = moved(&sources[1], 20, 70, 0.1);
        if mirrored {
            let flip = |i: usize| i / W * W + (W - 1 - i % W);
            let rgb = canvas.rgb.clone();
            for i in 0..H * W {
                canvas.rgb[3 * i..3 * i + 3].copy_from_slice(&rgb[3 * flip(i)..3 * flip(i) + 3]);
                canvas.known[i] = i % W > W - 1 - 70;
            }
        }
        let mut side = Side {
            canvas: &mut canvas,
            sources: &sources,
            mirrored,
        };
        side.go_on(70, &mut Gaussian::new(5, 0));
        assert_eq!(canvas.drawn.iter().filter(|d| **d).count(), H * (W - 70));
        // The source has 70 columns more, of which the last may be cut over.
        for y in 0..H {
            for column in 0..70 - CUT[0] {
                let x = 70 + column;
                let i = y * W + if mirrored { W - 1 - x } else { x };
                let expected = sources[1].rgb[3 * (y * W + 20 + x)] + 0.1 * libm::expf(-(column as f32) / FADE);
                assert!(
                    (canvas.rgb[3 * i] - expected).abs() < 0.02,
                    "{x}, {y}: {} {expected}",
                    canvas.rgb[3 * i]
                );
            }
        }
    }
}

#[test]
fn what_nobody_knows_beside_the_seam_neither_hides_a_strip_nor_stays() {
    let sources = [noise(1), noise(2)];
    let mut canvas = moved(&sources[1], 20, 70, 0.0);
    // A slanting edge, as that of a picture that looks up: four places in ten of the overlap are a soft nothing.
    for y in 0..H {
        for x in 70 - y * 13 / H..70 {
            let i = y * W + x;
            canvas.known[i] = false;
            canvas.near[i] = UNKNOWN;
            canvas.rgb[3 * i..3 * i + 3].copy_from_slice(&[0.0; 3]);
        }
    }
    let mut side = Side {
        canvas: &mut canvas,
        sources: &sources,
        mirrored: false,
    };
    side.go_on(70, &mut Gaussian::new(5, 0));
    for y in 0..H {
        for x in 58..90 {
            let (i, expected) = (y * W + x, sources[1].rgb[3 * (y * W + 20 + x)]);
            assert!((canvas.rgb[3 * i] - expected).abs() < 0.02, "{x}, {y}");
        }
    }
}

#[test]
fn a_few_known_columns_are_left_alone() {
    let sources = [noise(1)];
    let mut canvas = moved(&sources[0], 20, OVERLAP - 1, 0.0);
    let before = canvas.rgb.clone();
    let mut side = Side {
        canvas: &mut canvas,
        sources: &sources,
        mirrored: false,
    };
    side.go_on(OVERLAP - 1, &mut Gaussian::new(5, 0));
    assert_eq!(canvas.rgb, before);
}

#[test]
fn a_cut_follows_the_line_on_which_both_are_alike() {
    let (mut canvas, mut source) = (noise(1), noise(2));
    // Alike on a slanting line alone.
    let line = |y: usize| 110 + y / 3;
    for y in 0..H {
        for x in line(y) - 1..line(y) + 2 {
            let i = 3 * (y * W + x);
            source.rgb[i..i + 3].copy_from_slice(&canvas.rgb[i..i + 3]);
        }
    }
    let sources = [source];
    let side = Side {
        canvas: &mut canvas,
        sources: &sources,
        mirrored: false,
    };
    let strip = Strip {
        source: 0,
        from: 100,
        rightwards: true,
        down: 0,
    };
    let cut = side.cut(&strip, 140, 40, &vec![[0.0; 3]; H]);
    for (y, cut) in cut.iter().enumerate() {
        assert!((100 + cut).abs_diff(line(y)) <= 1, "row {y}: {cut}");
    }
}

#[test]
fn of_strips_that_fit_alike_those_that_can_be_gone_on_with_are_taken() {
    let sources = [noise(1), noise(1)];
    let mut canvas = noise(3);
    let side = Side {
        canvas: &mut canvas,
        sources: &sources,
        mirrored: false,
    };
    let (seam, width) = (70, 16);
    let most = W - OVERLAP - width;
    let (mut room, mut first) = (0, 0);
    for seed in 0..40 {
        let mut rng = Gaussian::new(seed, 0);
        let strip = side.best(seam, OVERLAP, width, &mut rng).expect("there are many");
        room += side.room(&strip, OVERLAP + width);
        first += usize::from(strip.source == 0);
    }
    assert!(room > 40 * most * 6 / 10, "{room} of {}", 40 * most);
    assert!(first > 30, "{first} of 40 from the older picture");
}

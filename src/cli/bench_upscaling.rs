//! `farwander bench --upscaling DIR`: the window's upscaling against well-known filters, on worlds whose truth in the large is
//! known because they are rendered.

use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;
use image::imageops::{self, FilterType};
use image::{RgbImage, RgbaImage};

use super::bench::median;
use crate::control::Lens;
use crate::data::Split;
use crate::eval::quality::sharpness;
use crate::eval::worlds::ssim;
use crate::frame::{Frame, psnr_db};
use crate::gpu::upscale;
use crate::model::aapt::codec;
use crate::record;
use crate::synth::{Kind, World, render, trajectory};

/// The small frame.
const SMALL_PX: [usize; 2] = [192, 112];
/// How many times as large the window is.
const TIMES: usize = 4;
/// Of the held-out worlds.
const SEED: u64 = 77;
const WORLDS: u64 = 16;
/// World that is shown, and where the shown part of it begins, as shares of the large picture.
const SHOWN: u64 = 2;
const CROP: [f32; 2] = [0.3, 0.2];
const CROP_PX: [u32; 2] = [288, 224];

/// What is compared.
const FILTERS: [&str; 4] = ["bilinear", "Catmull-Rom", "Lanczos 3", "the window's"];

#[derive(Default)]
struct Row {
    psnr_db: f64,
    ssim: f64,
    sharpness: f64,
    took_ms: Vec<f64>,
}

fn large_lens() -> Lens {
    Lens {
        width_px: TIMES * SMALL_PX[0],
        height_px: TIMES * SMALL_PX[1],
        fov_x_rad: 75f32.to_radians(),
    }
}

/// Means of squares of `TIMES` pixels a side: what a camera with so few pixels would see.
fn small(large: &RgbImage) -> RgbImage {
    imageops::thumbnail(large, SMALL_PX[0] as u32, SMALL_PX[1] as u32)
}

fn scaled(small: &RgbImage, filter: &str, [w, h]: [u32; 2]) -> RgbImage {
    let known = match filter {
        "bilinear" => FilterType::Triangle,
        "Catmull-Rom" => FilterType::CatmullRom,
        "Lanczos 3" => FilterType::Lanczos3,
        _ => {
            let rgba: RgbaImage = image::DynamicImage::ImageRgb8(small.clone()).into_rgba8();
            let size = [small.width(), small.height()];
            let pixels = upscale(size, rgba.as_raw(), [w, h]);
            return RgbImage::from_fn(w, h, |x, y| {
                let i = 4 * (y * w + x) as usize;
                image::Rgb([pixels[i], pixels[i + 1], pixels[i + 2]])
            });
        }
    };
    imageops::resize(small, w, h, known)
}

/// Compares, prints a table and writes `upscaling.png`: from the left bilinear, Catmull-Rom, Lanczos, the window's, the truth.
pub(super) fn run(dir: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    let lens = large_lens();
    let (w, h) = (lens.width_px as u32, lens.height_px as u32);
    let mut rows: [Row; 4] = Default::default();
    let mut shown = vec![];
    for number in 0..WORLDS {
        let world = World::new(Split::Test.world_seed(SEED, number), None);
        let Some((pose, _)) = trajectory(&world, Kind::Look, number, 1, 24.0).pop() else {
            continue;
        };
        let (mut rgb, mut depth_m) = (vec![0; 3 * (w * h) as usize], vec![0.0; (w * h) as usize]);
        render(&world, &lens, &pose, &mut rgb, &mut depth_m);
        let truth = RgbImage::from_raw(w, h, rgb).context("a picture of that size")?;
        let small = small(&truth);
        let values = codec::from_bytes(truth.as_raw());
        let crop = |picture: &RgbImage| {
            let [x, y] = [(CROP[0] * w as f32) as u32, (CROP[1] * h as f32) as u32];
            let part = imageops::crop_imm(picture, x, y, CROP_PX[0], CROP_PX[1]).to_image();
            Frame::from_rgb(CROP_PX[0] as usize, CROP_PX[1] as usize, part.as_raw(), 0)
        };
        for (row, filter) in rows.iter_mut().zip(FILTERS) {
            let clock = Instant::now();
            let made = scaled(&small, filter, [w, h]);
            row.took_ms.push(clock.elapsed().as_secs_f64() * 1e3);
            let made_values = codec::from_bytes(made.as_raw());
            let share = 1.0 / WORLDS as f64;
            row.psnr_db += share * psnr_db(&made_values, &values);
            row.ssim += share * ssim(&made_values, &values, lens.width_px);
            let all = sharpness(&values, lens.width_px).max(1e-12);
            row.sharpness += share * sharpness(&made_values, lens.width_px) / all;
            if number == SHOWN {
                shown.push(crop(&made));
            }
        }
        if number == SHOWN {
            shown.push(crop(&truth));
        }
    }
    println!(
        "{}x{} to {w}x{h}, {WORLDS} rendered worlds, one thread",
        SMALL_PX[0], SMALL_PX[1]
    );
    println!("| filter | PSNR, dB | SSIM | sharpness over the truth's | ms |\n|---|---|---|---|---|");
    for (row, filter) in rows.iter().zip(FILTERS) {
        println!(
            "| {filter} | {:.2} | {:.4} | {:.2} | {:.1} |",
            row.psnr_db,
            row.ssim,
            row.sharpness,
            median(&row.took_ms)
        );
    }
    let file = dir.join("upscaling.png");
    let columns = shown.len();
    record::save_png(&file, &record::contact_sheet(&shown, columns, 1))?;
    println!("{}", file.display());
    Ok(())
}

//! Damaged and foreign files: one sentence each, naming what is wrong.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

use super::*;
use crate::control::Lens;
use crate::device::{DeviceChoice, Gaussian};
use crate::model::aapt::autoencoder::Autoencoder;
use crate::model::aapt::config::{AutoencoderConfig, GeneratorConfig, Recycle};
use crate::model::aapt::generator::Generator;
use crate::model::aapt::local_head::LocalHeadConfig;
use crate::model::aapt::pca::Components;
use crate::model::aapt::pixel_net::PixelNetConfig;
use crate::model::aapt::residual::ResidualStd;
use crate::model::weights::{export, prefixed, under};

/// A tiny generator with random weights.
pub(crate) fn tiny() -> (Manifest, Arrays, Vec<FirstFrame>) {
    let generator = GeneratorConfig {
        grid: [2, 4],
        latent_channels: 4,
        width: 16,
        depth: 2,
        heads: 2,
        mlp_ratio: 2,
        window: 2,
        recycle: Recycle::Reproject,
        text_tokens: 2,
        vocabulary: vec!["snow".into()],
        doubt: 0.0,
        prediction: crate::flow::Prediction::default(),
        evaluations: crate::flow::Evaluations::default(),
        local_head: Some(LocalHeadConfig { width: 8, blocks: 1 }),
        painter: Some(PixelNetConfig {
            width: 8,
            deep_width: 12,
            blocks: 1,
        }),
        depth_net: Some(PixelNetConfig {
            width: 4,
            deep_width: 8,
            blocks: 1,
        }),
    };
    let autoencoder = AutoencoderConfig {
        latent_channels: 4,
        encoder_blocks: 1,
        decoder_blocks: 1,
        width: 8,
        detail_gain: 0.0,
        light: true,
    };
    let device = DeviceChoice::Cpu.open().expect("the processor");
    let mut rng = Gaussian::new(1, 1);
    let a = Autoencoder::new(&autoencoder, &Components::blank(4), &mut rng, &device);
    let g = export(&Generator::new(&generator, &mut rng, &device));
    let mut weights = prefixed(export(&a), "autoencoder");
    weights.extend(prefixed(under(&g, "text"), "text"));
    weights.extend(
        prefixed(g, "generator")
            .into_iter()
            .filter(|(n, _)| !n.starts_with("generator.text.")),
    );
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new(&mut jpeg)
        .encode(&[100; 32 * 16 * 3], 32, 16, image::ExtendedColorType::Rgb8)
        .expect("a picture");
    let manifest = Manifest {
        format_version: FORMAT_VERSION,
        family: "aapt".into(),
        title: "Tiny".into(),
        licence: "CC0-1.0".into(),
        lens: Lens {
            width_px: 32,
            height_px: 16,
            fov_x_rad: 1.3,
        },
        frames_per_sec: 24.0,
        temporal_factor: 4,
        control: "camera".into(),
        control_units: "metres and radians".into(),
        autoencoder,
        generator,
        latent_mean: vec![0.0; 4],
        latent_std: vec![1.0; 4],
        residual_std: ResidualStd::uniform(vec![1.0; 4]),
        first_frames: vec![],
        training: Training::default(),
        sha256: String::new(),
    };
    (
        manifest,
        weights,
        vec![FirstFrame {
            name: "grey".into(),
            prompt: "snow".into(),
            jpeg,
        }],
    )
}

struct Scratch {
    _dir: tempfile::TempDir,
    path: PathBuf,
}

fn saved(change: impl FnOnce(&mut Manifest, &mut Arrays)) -> Scratch {
    let (mut manifest, mut weights, frames) = tiny();
    change(&mut manifest, &mut weights);
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("tiny.safetensors");
    save(&path, &manifest, &weights, &frames).expect("saved");
    Scratch { _dir: dir, path }
}

fn refusal(scratch: &Scratch) -> String {
    let error = Package::open(&scratch.path).expect_err("must be refused").to_string();
    assert!(!error.contains('\n'), "one line: {error}");
    error
}

#[track_caller]
fn assert_says(error: &str, what: &str) {
    assert!(error.contains(what), "`{error}` does not say `{what}`");
}

#[test]
fn a_saved_file_opens_with_the_same_weights_and_saves_to_the_same_bytes() {
    let s = saved(|_, _| {});
    let p = Package::open(&s.path).expect("opens");
    let again = s.path.with_file_name("again.safetensors");
    save(&again, &p.manifest, &p.weights, &p.first_frames).expect("saved");
    assert_eq!(
        std::fs::read(&s.path).expect("bytes"),
        std::fs::read(again).expect("bytes")
    );
    assert_eq!(p.first_frames[0].name, "grey");
}

#[test]
fn the_written_down_tensor_list_is_the_modules_own() {
    let (manifest, weights, _) = tiny();
    let real: std::collections::BTreeMap<_, _> = weights.iter().map(|(n, a)| (n.clone(), a.shape.clone())).collect();
    assert_eq!(expected::weights(&manifest), real);
}

#[test]
fn truncated() {
    let s = saved(|_, _| {});
    let len = std::fs::metadata(&s.path).expect("there").len();
    for (keep, what) in [
        (len - 100, "cut short"),
        (300, "cut short"),
        (4, "4 bytes"),
        (0, "0 bytes"),
    ] {
        std::fs::OpenOptions::new()
            .write(true)
            .open(&s.path)
            .expect("there")
            .set_len(keep)
            .expect("cut");
        assert_says(&refusal(&s), what);
    }
}

#[test]
fn a_flipped_bit() {
    let s = saved(|_, _| {});
    let mut bytes = std::fs::read(&s.path).expect("bytes");
    let n = bytes.len();
    bytes[n - 1000] ^= 4;
    std::fs::write(&s.path, bytes).expect("written");
    assert_says(&refusal(&s), "SHA-256");
}

#[test]
fn another_version() {
    let s = saved(|_, _| {});
    let bytes = std::fs::read(&s.path).expect("bytes");
    let text = String::from_utf8_lossy(&bytes[8..]).into_owned();
    assert!(text.contains(r#"\"format_version\":1"#));
    let key: &[u8] = br#"\"format_version\":"#;
    let at = bytes.windows(key.len()).position(|w| w == key).expect("there");
    let mut changed = bytes.clone();
    let digit = at + key.len();
    assert_eq!(changed[digit], b'1');
    changed[digit] = b'9';
    std::fs::write(&s.path, changed).expect("written");
    assert_says(&refusal(&s), "format_version is 9");
}

#[test]
fn a_wrong_shape_a_missing_and_a_foreign_tensor() {
    let s = saved(|_, w| {
        w.get_mut("generator.embed.bias").expect("there").shape = vec![4, 4];
    });
    assert_says(&refusal(&s), "`generator.embed.bias` has shape [4, 4]");
    let s = saved(|_, w| {
        w.remove("text.words");
    });
    assert_says(&refusal(&s), "`text.words` is missing");
    let s = saved(|_, w| {
        let a = w["text.words"].clone();
        w.insert("text.wrods".into(), a);
    });
    assert_says(&refusal(&s), "`text.wrods` does not belong");
}

#[test]
fn weights_that_are_no_numbers() {
    let s = saved(|_, w| w.get_mut("generator.head.weight").expect("there").values[7] = f32::NAN);
    assert_says(&refusal(&s), "`generator.head.weight` holds NaN at element 7");
}

#[test]
fn manifests_that_contradict_themselves() {
    let s = saved(|m, _| m.generator.window = 0);
    assert_says(&refusal(&s), "window");
    let s = saved(|m, _| m.lens.width_px = 40);
    assert_says(&refusal(&s), "40x16");
    let s = saved(|m, _| m.family = "waypoint".into());
    assert_says(&refusal(&s), "`waypoint`");
    let s = saved(|m, _| m.residual_std.new = vec![1.0]);
    assert_says(&refusal(&s), "residual_std.new has 1 values");
}

#[test]
fn things_that_are_no_generator_file() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| Scratch {
        _dir: tempfile::tempdir().expect("a folder"),
        path: dir.path().join(name),
    };
    assert_says(&refusal(&at("missing.safetensors")), "can't read");
    assert_says(&refusal(&at("")), "is a directory");
    let text = at("notes.txt");
    std::fs::write(&text.path, "Dear diary, today I walked through a valley.").expect("written");
    assert_says(&refusal(&text), "no generator file");
    let other = at("other.safetensors");
    let header = br#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes.push(0);
    std::fs::write(&other.path, bytes).expect("written");
    assert_says(&refusal(&other), "without a `farwander` manifest");
}

#[test]
fn forty_sparse_gigabytes_cost_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let s = Scratch {
        path: dir.path().join("huge.safetensors"),
        _dir: dir,
    };
    let mut file = std::fs::File::create(&s.path).expect("made");
    file.set_len(40 << 30).expect("sparse");
    assert_says(&refusal(&s), "no generator file");
    // And with a header length that would fill the memory.
    file.seek(SeekFrom::Start(0)).expect("start");
    file.write_all(&(30u64 << 30).to_le_bytes()).expect("written");
    assert_says(&refusal(&s), "no generator file");
}

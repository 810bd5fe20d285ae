//! Which tensors a manifest's networks consist of: written down from the sizes alone, so that a file can be checked
//! without building a network. A test holds this list against the real modules.

use std::collections::BTreeMap;

use super::Manifest;
use crate::model::aapt::autoencoder::DEPTH_BLOCK;
use crate::model::aapt::config::{BLOCK, PATCH};
use crate::model::aapt::{depth, painter};

/// Name -> shape of every weight.
pub(super) fn weights(m: &Manifest) -> BTreeMap<String, Vec<usize>> {
    let mut out = BTreeMap::new();
    let mut put = |name: String, shape: &[usize]| {
        out.insert(name, shape.to_vec());
    };
    let (c, aw) = (m.autoencoder.latent_channels, m.autoencoder.width);
    let linear = |put: &mut dyn FnMut(String, &[usize]), name: &str, i: usize, o: usize| {
        put(format!("{name}.weight"), &[i, o]);
        put(format!("{name}.bias"), &[o]);
    };
    let conv = |put: &mut dyn FnMut(String, &[usize]), name: &str, i: usize, o: usize, k: usize| {
        put(format!("{name}.weight"), &[o, i, k, k]);
        put(format!("{name}.bias"), &[o]);
    };
    let trunk = |put: &mut dyn FnMut(String, &[usize]), name: &str, i: usize, blocks: usize| {
        conv(put, &format!("{name}.stem"), i, aw, 3);
        for b in 0..blocks {
            conv(put, &format!("{name}.blocks.{b}.spread"), aw, aw, 3);
            conv(put, &format!("{name}.blocks.{b}.mix"), aw, aw, 1);
        }
    };
    linear(&mut put, "autoencoder.encoder.shortcut", BLOCK, c);
    if m.autoencoder.encoder_blocks > 0 {
        trunk(
            &mut put,
            "autoencoder.encoder.trunk",
            BLOCK,
            m.autoencoder.encoder_blocks,
        );
        conv(&mut put, "autoencoder.encoder.head", aw, c, 1);
    }
    linear(&mut put, "autoencoder.decoder.shortcut", c, BLOCK);
    trunk(
        &mut put,
        "autoencoder.decoder.trunk",
        2 * c,
        m.autoencoder.decoder_blocks,
    );
    conv(&mut put, "autoencoder.decoder.head", aw, BLOCK, 1);
    conv(&mut put, "autoencoder.decoder.depth", aw, DEPTH_BLOCK, 1);

    let g = &m.generator;
    let w = g.width;
    put("text.words".into(), &[g.vocabulary.len() + 1, w]);
    put("text.places".into(), &[g.text_tokens, w]);
    for (name, i, o) in [("qkv", w, 3 * w), ("out", w, w), ("up", w, 2 * w), ("down", 2 * w, w)] {
        linear(&mut put, &format!("text.{name}"), i, o);
    }
    linear(
        &mut put,
        "generator.embed",
        (c + g.condition_channels()) * PATCH * PATCH,
        w,
    );
    linear(&mut put, "generator.time_in", 64, w);
    linear(&mut put, "generator.time_out", w, 6 * w);
    linear(&mut put, "generator.head", w, c * PATCH * PATCH);
    put("generator.final_table".into(), &[2, w]);
    for (name, i, o, k) in (g.local_head.iter()).flat_map(|l| l.convolutions(c, g.condition_channels())) {
        conv(&mut put, &format!("generator.local_head.{name}"), i, o, k);
    }
    if let Some(local) = g.local_head {
        linear(&mut put, "generator.local_head.time", 64, 2 * local.width);
    }
    for (net, config, planes) in [
        ("painter", &g.painter, painter::PLANES),
        ("depth_net", &g.depth_net, depth::PLANES),
    ] {
        for (name, i, o, k) in config.iter().flat_map(|c| c.convolutions(planes)) {
            conv(&mut put, &format!("generator.{net}.{name}"), i, o, k);
        }
    }
    for b in 0..g.depth {
        let name = format!("generator.blocks.{b}");
        for (part, i, o) in [
            ("qkv", w, 3 * w),
            ("out", w, w),
            ("up", w, g.mlp_ratio * w),
            ("down", g.mlp_ratio * w, w),
            ("text_kv", w, 2 * w),
        ] {
            linear(&mut put, &format!("{name}.{part}"), i, o);
        }
        put(format!("{name}.qk_gain"), &[2, g.head_width()]);
        put(format!("{name}.table"), &[6, w]);
    }
    out
}

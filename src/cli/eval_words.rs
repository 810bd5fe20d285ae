//! The part of `farwander eval` that changes the words in the middle of walks.

use std::path::Path;

use anyhow::Context as _;
use serde_json::json;

use super::eval::{bar, picture};
use super::eval_quality::Looks;
use crate::eval::report::LATENTS_PER_SEC;
use crate::eval::words::{AFTER, BEFORE, Way, measure, table};
use crate::eval::worlds::{Pictures, changes, roll_out_with};
use crate::record;
use crate::rollout::{Networks, Sampler};

/// Walks on the contact sheet, and its pictures in latent frames after the change.
const SHEET_WALKS: usize = 7;
const SHEET_LATENTS: [usize; 5] = [3, 6, 12, 18, 30];

/// Walks through held-out worlds, with new words after two seconds and without: tables, numbers and a sheet.
pub(super) fn run(
    networks: &Networks,
    sampler: Sampler,
    looks: Option<&Looks>,
    (worlds, seed): (usize, u64),
    sha256: &str,
    out: &Path,
) -> anyhow::Result<()> {
    let progress = bar("changing worlds", worlds);
    let changes = changes(&networks.lens, worlds, [BEFORE, AFTER], seed, || progress.inc(1));
    progress.finish();
    let walks: Vec<_> = changes.iter().map(|c| &c.walk).collect();
    let words: Vec<&str> = changes.iter().map(|c| c.prompt.as_str()).collect();
    let roll = |change: Option<(usize, &[&str])>| {
        let progress = bar("new words", walks.len().div_ceil(4) * (BEFORE + AFTER));
        let made = roll_out_with(networks, &walks, sampler, change, || progress.inc(1))?;
        progress.finish();
        anyhow::Ok(made)
    };
    let way = |name: &'static str, made: Vec<Pictures>| {
        let see = |looks: &Looks| {
            let seen = walks.iter().zip(&made);
            seen.map(|(walk, made)| looks.see(networks, walk, made)).collect()
        };
        let seen = looks.map(see);
        Way { name, made, seen }
    };
    let new = way("new words", roll(Some((BEFORE, &words)))?);
    let kept = way("old words kept", roll(None)?);
    let real = changes
        .iter()
        .map(|c| [&c.walk.truth[1..=BEFORE], &c.changed[1..]].concat());
    let real = way("the renderer, changed", real.collect());
    sheet(networks, [&new.made, &real.made], out)?;
    let known = looks.map_or(&[][..], |l| &l.head.words);
    let rows = measure(&changes, &[real, new], &kept, known, networks.lens.width_px);
    let captions: Vec<[&str; 2]> = changes.iter().map(|c| [c.walk.prompt.as_str(), &c.prompt]).collect();
    let text = format!(
        "# New words in mid-walk\n\n{worlds} walks of a person at the keys through held-out worlds; after {} s other words, another light, \
         season or weather, then {} s more. The renderer shows the same walk in the same land as the new words have it. \
         Generator sha256 {}. Pictures: sheet-words.png, for each world what was generated (at the change, then after {} s) and below it the renderer's.\n\n{}",
        BEFORE as f64 / LATENTS_PER_SEC,
        AFTER as f64 / LATENTS_PER_SEC,
        &sha256[..sha256.len().min(12)],
        SHEET_LATENTS
            .map(|k| (k as f64 / LATENTS_PER_SEC).to_string())
            .join(", "),
        table(&rows)
    );
    std::fs::write(out.join("words.md"), &text).context("can't write the table")?;
    let file = json!({"sha256": sha256, "worlds": worlds, "captions": captions, "rows": rows});
    std::fs::write(out.join("words.json"), serde_json::to_string_pretty(&file)?).context("can't write the numbers")?;
    print!("{text}");
    Ok(())
}

fn sheet(networks: &Networks, rows: [&[Pictures]; 2], out: &Path) -> anyhow::Result<()> {
    let mut tiles = vec![];
    for i in 0..rows[0].len().min(SHEET_WALKS) {
        for made in rows {
            let times = std::iter::once(0).chain(SHEET_LATENTS);
            tiles.extend(times.map(|k| picture(&networks.lens, &made[i][BEFORE + k - 1])));
        }
    }
    let sheet = record::contact_sheet(&tiles, 1 + SHEET_LATENTS.len(), 1);
    record::save_png(&out.join("sheet-words.png"), &sheet).context("can't write the sheet of words")
}

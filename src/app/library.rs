//! Gathers what the first screen offers: looks at generator files, pictures and recordings. Runs on a thread named
//! `library`, because a sleeping disk must not hold the window.

use std::path::{Path, PathBuf};

use crate::engine::{decode_picture, read_picture};
use crate::frame::Frame;
use crate::package::{Manifest, Package};
use crate::rollout::{FileError, Moment};
use crate::ui::{About, AboutMoment, GeneratorCard, MomentCard, PictureCard, RecordingCard, RecordingKind, Shelf};
use crate::words::say;
use crate::{paths, record};

/// Width of the small pictures: twice what they are drawn with, for dense screens.
const THUMBNAIL_PX: u32 = 240;
/// Kept moments that are shown.
const MOST_MOMENTS: usize = 12;
/// Recordings that are shown.
const MOST_RECORDINGS: usize = 12;
/// Larger pictures are not decoded for a thumbnail.
const LARGEST_PICTURE: u64 = 64 << 20;

/// Where to look.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    /// Generator files, the ones to name first in front. Files that are there twice are shown once.
    pub(super) generators: Vec<PathBuf>,
    /// Folders of generator files.
    pub(super) generator_dirs: Vec<PathBuf>,
    /// Pictures that were begun in.
    pub(super) pictures: Vec<PathBuf>,
    /// Where kept moments go.
    pub(super) bookmarks_dir: Option<PathBuf>,
    /// Where recordings go.
    pub(super) recordings_dir: PathBuf,
}

/// Looks at everything.
pub(super) fn gather(places: &Places) -> Shelf {
    let mut files = places.generators.clone();
    for dir in &places.generator_dirs {
        let mut found: Vec<PathBuf> = entries(dir)
            .filter(|path| path.extension().is_some_and(|e| e.eq_ignore_ascii_case("safetensors")))
            .collect();
        found.sort();
        files.extend(found);
    }
    let mut seen = Vec::new();
    files.retain(|path| {
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        let new = !seen.contains(&real);
        seen.push(real);
        new
    });
    Shelf {
        generators: files.into_iter().map(generator).collect(),
        pictures: places.pictures.iter().map(|path| picture(path)).collect(),
        moments: places.bookmarks_dir.as_deref().map(moments).unwrap_or_default(),
        recordings: recordings(&places.recordings_dir),
        recordings_folder: places.recordings_dir.clone(),
        recordings_dir: paths::short(&places.recordings_dir),
    }
}

fn entries(dir: &Path) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
}

fn generator(path: PathBuf) -> GeneratorCard {
    let about = if path.exists() {
        Package::peek(&path)
            .map(|peek| About {
                title: peek.manifest.title.clone(),
                licence: peek.manifest.licence.clone(),
                size_bytes: peek.size_bytes,
                frame_px: [peek.manifest.lens.width_px, peek.manifest.lens.height_px],
                frames_per_sec: peek.manifest.frames_per_sec,
                trained: trained(&peek.manifest),
                thumbnail: decode_picture(&peek.first_jpeg).ok().map(|frame| small(&frame)),
            })
            .map_err(|error| match error {
                // The row names the file already.
                crate::package::PackageError::Refused { what, .. } => what,
                crate::package::PackageError::Io { source, .. } => say!("file-unreadable", error = source),
            })
    } else {
        Err(say!("file-gone").to_owned())
    };
    GeneratorCard { path, about }
}

/// `2840 training steps: autoencoder, adapt`, in the order of training.
fn trained(manifest: &Manifest) -> String {
    let order = ["autoencoder", "latents", "adapt", "distill", "adversarial"];
    let place = |stage: &str| order.iter().position(|o| *o == stage).unwrap_or(order.len());
    let mut steps: Vec<_> = manifest.training.steps.iter().collect();
    steps.sort_by_key(|(stage, _)| place(stage));
    if steps.is_empty() {
        return say!("world-training-unknown").to_owned();
    }
    let total: u64 = steps.iter().map(|(_, n)| **n).sum();
    let stages: Vec<&str> = steps.iter().map(|(stage, _)| stage.as_str()).collect();
    say!("world-training", count = total, stages = stages.join(", "))
}

fn picture(path: &Path) -> PictureCard {
    PictureCard {
        path: path.to_owned(),
        folder: path.parent().map_or_else(String::new, paths::short),
        thumbnail: thumbnail(path),
    }
}

fn thumbnail(path: &Path) -> Result<Frame, String> {
    let meta = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => say!("file-gone").to_owned(),
        _ => say!("file-unreadable", error = error),
    })?;
    if meta.len() > LARGEST_PICTURE {
        return Err(say!("file-too-large").to_owned());
    }
    read_picture(path).map(|frame| small(&frame))
}

fn small(frame: &Frame) -> Frame {
    let (width, height) = (frame.width_px as u32, frame.height_px as u32);
    let wanted = image::RgbaImage::from_raw(width, height, frame.rgba.to_vec()).filter(|_| width > THUMBNAIL_PX);
    let Some(picture) = wanted else {
        return frame.clone();
    };
    let small = image::imageops::thumbnail(&picture, THUMBNAIL_PX, (height * THUMBNAIL_PX / width).max(1));
    Frame {
        width_px: small.width() as usize,
        height_px: small.height() as usize,
        rgba: small.into_raw().into(),
        index: 0,
    }
}

/// The newest kept moments of a folder.
fn moments(dir: &Path) -> Vec<MomentCard> {
    let card = |(modified, path, size_bytes): Dated| {
        let about = Moment::peek(&path).map(|moment| AboutMoment {
            title: moment.title,
            name: moment.name,
            prompt: moment.prompt,
            secs: moment.secs,
            picture: small(&moment.picture),
        });
        let about = about.map_err(|error| match error {
            // The row names the file already.
            FileError::Refused { what, .. } => what,
            FileError::Read { source, .. } | FileError::Write { source, .. } => say!("file-unreadable", error = source),
        });
        MomentCard {
            path,
            size_bytes,
            age_secs: modified.and_then(|at| at.elapsed().ok()).map_or(0, |age| age.as_secs()),
            about,
        }
    };
    newest(dir, &["safetensors"], MOST_MOMENTS)
        .into_iter()
        .map(card)
        .collect()
}

/// A file with the time of its last change and its size.
type Dated = (Option<std::time::SystemTime>, PathBuf, u64);

/// The newest files of a folder whose names end so.
fn newest(dir: &Path, ends: &[&str], most: usize) -> Vec<Dated> {
    let mut found: Vec<Dated> = entries(dir)
        .filter(|path| {
            let end = path.extension().unwrap_or_default();
            ends.iter().any(|e| end.eq_ignore_ascii_case(e))
        })
        .filter_map(|path| {
            let meta = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
            Some((meta.modified().ok(), path, meta.len()))
        })
        .collect();
    found.sort();
    found.reverse();
    found.truncate(most);
    found
}

/// The newest recordings, GIFs and screenshots of a folder.
fn recordings(dir: &Path) -> Vec<RecordingCard> {
    let card = |(_, path, size_bytes): Dated| {
        let is = |end: &str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(end));
        let kind = if is("mp4") {
            RecordingKind::Video {
                length: record::length(&path),
                thumbnail: record::first_picture(&path).map(|frame| small(&frame)),
            }
        } else if is("gif") {
            RecordingKind::Gif {
                thumbnail: thumbnail(&path).ok(),
            }
        } else {
            RecordingKind::Screenshot {
                thumbnail: thumbnail(&path).ok(),
            }
        };
        RecordingCard { path, size_bytes, kind }
    };
    let found = newest(dir, &["mp4", "gif", "png"], MOST_RECORDINGS);
    found.into_iter().map(card).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_shown_and_what_is_not_has_a_reason() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        image::RgbImage::new(600, 300).save(at("walk-1.png")).unwrap();
        std::fs::write(at("walk-2.mp4"), b"nothing much").unwrap();
        let mut gif = record::GifWriter::create(&at("walk-3.gif"), 24.0).unwrap();
        gif.push(&Frame::from_rgb(600, 300, &[90; 600 * 300 * 3], 0)).unwrap();
        gif.finish().unwrap();
        std::fs::write(at("notes.txt"), b"").unwrap();
        std::fs::write(at("bad.safetensors"), b"Whose woods these are").unwrap();
        let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/vale.safetensors");
        let shelf = gather(&Places {
            generators: vec![bundled.clone(), at("gone.safetensors"), bundled],
            generator_dirs: vec![dir.path().to_owned(), "/nonexistent".into()],
            pictures: vec![at("walk-1.png"), at("gone.png"), at("notes.txt")],
            bookmarks_dir: Some(dir.path().to_owned()),
            recordings_dir: dir.path().to_owned(),
        });
        assert_eq!(shelf.moments.len(), 1);
        let why = shelf.moments[0].about.as_ref().unwrap_err();
        assert!(why.contains("no bookmark"), "{why}");
        assert_eq!(shelf.generators.len(), 3);
        let about = shelf.generators[0].about.as_ref().unwrap();
        assert_eq!((about.title.as_str(), about.frame_px), ("Vale", [192, 112]));
        assert!(about.thumbnail.is_some() && about.trained.contains("training steps: autoencoder"));
        assert_eq!(shelf.generators[1].about, Err("is not there any more".to_owned()));
        let why = shelf.generators[2].about.as_ref().unwrap_err();
        assert!(why.contains("no generator file"), "{why}");
        let picture = shelf.pictures[0].thumbnail.as_ref().unwrap();
        assert_eq!((picture.width_px, picture.height_px), (240, 120));
        assert_eq!(shelf.pictures[1].thumbnail, Err("is not there any more".to_owned()));
        assert!(shelf.pictures[2].thumbnail.is_err());
        assert_eq!(shelf.recordings.len(), 3);
        let gif = |kind: &RecordingKind| match kind {
            RecordingKind::Gif { thumbnail } => thumbnail.as_ref().map(|t| t.width_px),
            _ => None,
        };
        assert!(shelf.recordings.iter().any(|r| gif(&r.kind) == Some(240)));
        assert!(shelf.recordings.iter().any(|r| r.kind
            == RecordingKind::Video {
                length: None,
                thumbnail: None
            }));
    }
}

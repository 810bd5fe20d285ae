//! The track of a walk written down while it grows, as lines of JSON: what a recording keeps, so that it can be rendered
//! again however it ended. Plain data, no thread.
//!
//! `{"walk": {"head", "from_frame", "picture"}}` begins a walk: `head` is a replay without its controls, `from_frame` the number of
//! the first frame that was recorded, `picture` a PNG in base64 if the generator file does not hold the first frame. Then
//! `{"step": …}` is one more of a replay's `controls`, `{"back_to": n}` takes back all but the first n of them, and
//! `{"prompt_changes": […]}` are all changes from now on.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use image::ImageEncoder as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Head, Replay, Row};
use crate::control::Lens;
use crate::frame::{FRAMES_PER_LATENT, Frame};
use crate::rollout::track::{PromptChange, Track};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    Walk {
        head: Value,
        from_frame: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        picture: Option<String>,
    },
    Step(Row),
    BackTo(usize),
    PromptChanges(Vec<PromptChange>),
}

/// Writes lines for what is new in a walk.
#[derive(Debug)]
pub struct Tape {
    lens: Lens,
    frames_per_sec: f64,
    written: Option<(Track, Frame)>,
}

impl Tape {
    /// An empty tape for walks in a world.
    pub fn new(lens: Lens, frames_per_sec: f64) -> Self {
        Self {
            lens,
            frames_per_sec,
            written: None,
        }
    }

    /// The lines that lead from what was written to `track`, which begins in `first`. Frame `next` is recorded next.
    pub fn catch_up(&mut self, track: &Track, first: &Frame, next: u64) -> serde_json::Result<String> {
        let mut text = String::new();
        let mut write = |line: &Line| {
            text.push_str(&serde_json::to_string(line)?);
            text.push('\n');
            serde_json::Result::Ok(())
        };
        let goes_on =
            (self.written.as_ref()).is_some_and(|(written, begun)| begins_alike(written, track) && begun == first);
        if !goes_on {
            let head = Head::of(track, &[], self.lens, self.frames_per_sec, None);
            let picture = track.bundled.is_none().then(|| png(first)).flatten();
            write(&Line::Walk {
                head: serde_json::to_value(head)?,
                from_frame: next,
                picture: picture.map(|png| BASE64_STANDARD.encode(png)),
            })?;
            let begun = Track {
                prompt_changes: Vec::new(),
                controls: Vec::new(),
                ..track.clone()
            };
            self.written = Some((begun, first.clone()));
        }
        let Some((written, _)) = &mut self.written else {
            return Ok(text);
        };
        let same = written
            .controls
            .iter()
            .zip(&track.controls)
            .take_while(|(a, b)| a == b)
            .count();
        if same < written.controls.len() {
            write(&Line::BackTo(same))?;
            written.controls.truncate(same);
        }
        if written.prompt_changes != track.prompt_changes {
            write(&Line::PromptChanges(track.prompt_changes.clone()))?;
            written.prompt_changes.clone_from(&track.prompt_changes);
        }
        for control in &track.controls[same..] {
            write(&Line::Step(Row::new(control)))?;
            written.controls.push(*control);
        }
        Ok(text)
    }
}

/// Whether two tracks are the same but for what was walked.
fn begins_alike(a: &Track, b: &Track) -> bool {
    let facts = |t: &Track| (t.bundled, t.seed, t.forgets, t.plain, t.soft, t.evaluations);
    let words = |t: &Track| [&t.title, &t.package_sha256, &t.name, &t.prompt].map(String::clone);
    facts(a) == facts(b) && words(a) == words(b)
}

fn png(frame: &Frame) -> Option<Vec<u8>> {
    let mut png = Vec::new();
    let (width, height) = (frame.width_px as u32, frame.height_px as u32);
    let encoder = image::codecs::png::PngEncoder::new(&mut png);
    let encoded = encoder.write_image(&frame.to_rgb(), width, height, image::ExtendedColorType::Rgb8);
    encoded.ok().map(|()| png)
}

/// The walk that a tape ends with.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The walk from its beginning.
    pub replay: Replay,
    /// The picture that it began in, if the generator file does not hold it.
    pub picture: Option<Vec<u8>>,
    /// Number of the first of its frames that was recorded.
    pub from_frame: u64,
    /// Walks on the tape; all but the last came to nothing.
    pub walks: usize,
}

impl Recorded {
    /// Reads the lines of a tape; what is wrong comes back as half a sentence.
    pub fn read(text: &[u8]) -> Result<Self, String> {
        let mut walks = 0;
        let mut last: Option<(Value, u64, Option<String>)> = None;
        let (mut steps, mut changes): (Vec<Row>, Vec<PromptChange>) = (Vec::new(), Vec::new());
        for (number, line) in text.split(|b| *b == b'\n').filter(|line| !line.is_empty()).enumerate() {
            let line = serde_json::from_slice(line)
                .map_err(|e| format!("line {} of its track does not read: {e}", number + 1))?;
            match line {
                Line::Walk {
                    head,
                    from_frame,
                    picture,
                } => {
                    walks += 1;
                    last = Some((head, from_frame, picture));
                    steps.clear();
                    changes.clear();
                }
                Line::Step(row) => steps.push(row),
                Line::BackTo(count) => {
                    steps.truncate(count);
                    if let Some((_, from_frame, _)) = &mut last {
                        *from_frame = (*from_frame).min((count * FRAMES_PER_LATENT) as u64);
                    }
                }
                Line::PromptChanges(all) => changes = all,
            }
        }
        let (mut head, from_frame, picture) = last.ok_or("it holds no track of a walk")?;
        let wrong = |e: serde_json::Error| e.to_string();
        if let Some(head) = head.as_object_mut() {
            head.insert(
                "prompt_changes".to_owned(),
                serde_json::to_value(changes).map_err(wrong)?,
            );
            head.insert("controls".to_owned(), serde_json::to_value(steps).map_err(wrong)?);
        }
        let picture = picture.map(|text| BASE64_STANDARD.decode(text)).transpose();
        let picture = picture.map_err(|e| format!("the picture that it began in is damaged: {e}"))?;
        Ok(Self {
            replay: Replay::parse(head, picture.is_some())?,
            picture,
            from_frame,
            walks,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{Keys, LatentControl};

    fn control(n: usize) -> LatentControl {
        let numbers = std::array::from_fn(|i| (n as f32 + 0.1) / (i as f32 + 3.0));
        LatentControl::from_numbers(&numbers, if n.is_multiple_of(2) { Keys::RUN } else { Keys(0) })
    }

    fn lens() -> Lens {
        Lens {
            width_px: 16,
            height_px: 16,
            fov_x_rad: 1.1,
        }
    }

    fn track(bundled: Option<usize>, steps: usize) -> Track {
        Track {
            title: "Vale".to_owned(),
            package_sha256: "c0".repeat(32),
            bundled,
            name: "a \"b\"\nc".to_owned(),
            prompt: "snow".to_owned(),
            seed: u64::MAX,
            controls: (0..steps).map(control).collect(),
            ..Track::default()
        }
    }

    fn first() -> Frame {
        let rgb: Vec<u8> = (0..16 * 16 * 3).map(|i| (i * 7) as u8).collect();
        Frame::from_rgb(16, 16, &rgb, 0)
    }

    #[test]
    fn a_tape_read_anywhere_is_the_track_of_then() {
        let mut tape = Tape::new(lens(), 24.0);
        let mut text = String::new();
        let mut seen = Vec::new();
        let mut now = track(Some(2), 3);
        for change in 0..6 {
            match change {
                0 => {}
                1 => now.controls.push(control(3)),
                2 => {
                    now.change_prompt("dusk");
                    now.controls.push(control(4));
                }
                // Went back and walked on another way, to the same length.
                3 => {
                    now.truncate(2, 0);
                    now.controls.extend([control(30), control(31), control(32)]);
                }
                4 => {}
                _ => now.change_prompt("rain"),
            }
            let more = tape.catch_up(&now, &first(), 12).unwrap();
            assert_eq!(more.is_empty(), change == 4);
            text.push_str(&more);
            seen.push((text.len(), now.clone()));
        }
        for (bytes, then) in seen {
            let recorded = Recorded::read(&text.as_bytes()[..bytes]).unwrap();
            assert_eq!(recorded.replay.track, then);
            assert_eq!((recorded.replay.lens, recorded.replay.frames_per_sec), (lens(), 24.0));
            assert_eq!((recorded.walks, recorded.picture.as_ref()), (1, None));
            assert_eq!(
                recorded.from_frame,
                if then.controls[2] == control(30) { 8 } else { 12 }
            );
        }
        assert!(text.matches("\"step\"").count() == 3 + 1 + 1 + 3, "{text}");
    }

    #[test]
    fn the_last_walk_counts_and_brings_the_picture_that_only_the_user_has() {
        let mut tape = Tape::new(lens(), 24.0);
        let mut text = tape.catch_up(&track(Some(0), 5), &first(), 0).unwrap();
        let own = track(None, 0);
        text.push_str(&tape.catch_up(&own, &first(), 0).unwrap());
        let recorded = Recorded::read(text.as_bytes()).unwrap();
        assert_eq!((recorded.walks, &recorded.replay.track), (2, &own));
        let picture = image::load_from_memory(&recorded.picture.unwrap()).unwrap().to_rgb8();
        assert_eq!(picture.into_raw(), first().to_rgb());
        // Another picture of the same name is another walk.
        let grey = Frame::from_rgb(16, 16, &[9; 768], 0);
        assert!(tape.catch_up(&own, &grey, 0).unwrap().contains("walk"));
    }

    #[test]
    fn what_is_no_tape_is_told() {
        let read = |text: &str| Recorded::read(text.as_bytes()).unwrap_err();
        assert!(read("").contains("no track"));
        assert!(read("{\"back_to\": 3}\n").contains("no track"));
        assert!(read("{\"step\": 1}\n").contains("line 1"));
        assert!(read("{\"walk\": {\"head\": {}, \"from_frame\": 0}}\n").contains("no replay"));
        let whole = Tape::new(lens(), 24.0).catch_up(&track(None, 1), &first(), 0).unwrap();
        let without = whole.replace("\"picture\":\"", "\"picture\":\"?");
        assert!(read(&without).contains("damaged"), "{}", read(&without));
    }
}

//! Saved preferences. Precedence: command line > saved > default. Reading never fails: what cannot be understood is a
//! warning for the user, and the default stands.

use std::path::{Path, PathBuf};

use crate::paths;

mod bindings;
mod deed;
mod feel;
mod pacing;
mod presets;
mod press;
mod quality;
mod sticks;

pub use bindings::Bindings;
pub use deed::{Deed, Group};
pub use feel::CameraFeel;
pub use pacing::Pacing;
pub use presets::{KeyPreset, PadPreset};
pub(crate) use press::for_every_key;
pub use press::{Key, MouseButton, PadButton, Press};
pub use quality::Quality;
pub use sticks::StickCurve;

/// Preferences of the player.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Settings {
    /// Factor on mouse turning, in [`Settings::SENSITIVITY`].
    pub mouse_sensitivity: f32,
    /// Factor on turning with the stick that looks, in [`Settings::SENSITIVITY`].
    pub stick_sensitivity: f32,
    /// Pulling the mouse or the stick back looks up.
    pub invert_y: bool,
    /// Show speed, cost and frame number.
    pub hud: bool,
    /// Draw the course of the latency below the numbers.
    pub latency_chart: bool,
    /// Fill the screen.
    pub fullscreen: bool,
    /// How the camera answers to the hands.
    pub camera: CameraFeel,
    /// How the frames of a step are laid out in time.
    pub pacing: Pacing,
    /// How fine recordings are.
    pub record_quality: Quality,
    /// The pressed keys stand in recordings.
    pub record_keys: bool,
    /// What computes, as the command line calls it; a device that is not there is the business of who opens it.
    pub device: String,
    /// Generator files that were opened, newest first.
    pub recent_generators: Vec<PathBuf>,
    /// Pictures that a walk began in, newest first.
    pub recent_pictures: Vec<PathBuf>,
    /// How the stick that walks answers.
    pub walk_stick: StickCurve,
    /// How the stick that looks answers.
    pub look_stick: StickCurve,
    /// Which key or button does what.
    pub bindings: Bindings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mouse_sensitivity: 1.0,
            stick_sensitivity: 1.0,
            invert_y: false,
            hud: true,
            latency_chart: false,
            fullscreen: false,
            camera: CameraFeel::Person,
            pacing: Pacing::default(),
            record_quality: Quality::default(),
            record_keys: false,
            device: Self::AUTO_DEVICE.to_owned(),
            recent_generators: Vec::new(),
            recent_pictures: Vec::new(),
            walk_stick: StickCurve::WALK,
            look_stick: StickCurve::LOOK,
            bindings: Bindings::default(),
        }
    }
}

impl Settings {
    /// Range of the sensitivities.
    pub const SENSITIVITY: std::ops::RangeInclusive<f32> = 0.1..=4.0;
    /// The program chooses the device itself.
    pub const AUTO_DEVICE: &str = "auto";
    /// Files of a kind that are remembered.
    pub const MOST_RECENT: usize = 8;

    /// Puts a file in front of a list of recent ones. A name that is no Unicode could not be written down, and is not
    /// remembered.
    pub fn remember(recent: &mut Vec<PathBuf>, path: &Path) {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        if path.to_str().is_none() {
            return;
        }
        recent.retain(|p| *p != path);
        recent.insert(0, path);
        recent.truncate(Self::MOST_RECENT);
    }

    /// Reads a settings file; a missing file is the default. Returns what was wrong as sentences.
    pub fn read(path: &Path) -> (Self, Vec<String>) {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => (Self::default(), Vec::new()),
            Err(error) => (
                Self::default(),
                vec![format!("Settings could not be read from {}: {error}.", path.display())],
            ),
        }
    }

    /// Reads field by field, so that one bad value does not cost the others.
    fn parse(text: &str) -> (Self, Vec<String>) {
        let mut settings = Self::default();
        let table = match text.parse::<toml::Table>() {
            Ok(table) => table,
            Err(error) => {
                let what = error.message().to_owned();
                return (
                    settings,
                    vec![format!(
                        "The settings file is not valid TOML ({what}); defaults are used."
                    )],
                );
            }
        };
        let mut warnings = Vec::new();
        let mut flag = |key: &str, to: &mut bool| match table.get(key) {
            None => {}
            Some(toml::Value::Boolean(value)) => *to = *value,
            Some(other) => {
                warnings.push(format!("Setting {key} must be true or false, not {other}."));
            }
        };
        flag("invert_y", &mut settings.invert_y);
        flag("hud", &mut settings.hud);
        flag("latency_chart", &mut settings.latency_chart);
        flag("fullscreen", &mut settings.fullscreen);
        flag("record_keys", &mut settings.record_keys);
        warnings.extend(Pacing::read(table.get("pacing"), &mut settings.pacing));
        warnings.extend(Quality::read(table.get("record_quality"), &mut settings.record_quality));
        match table.get("device") {
            None => {}
            Some(toml::Value::String(name)) => settings.device.clone_from(name),
            Some(other) => warnings.push(format!(
                "Setting device must be a name like \"auto\" or \"cpu\", not {other}."
            )),
        }
        let sensitivity = |key: &str, to: &mut f32| number(&table, "", key, &Self::SENSITIVITY, to);
        warnings.extend(sensitivity("mouse_sensitivity", &mut settings.mouse_sensitivity));
        warnings.extend(sensitivity("stick_sensitivity", &mut settings.stick_sensitivity));
        if let Some(value) = table.get("camera") {
            match value.as_str().and_then(CameraFeel::named) {
                Some(camera) => settings.camera = camera,
                None => {
                    let names: Vec<_> = CameraFeel::ALL.iter().map(|feel| feel.name()).collect();
                    warnings.push(format!("Setting camera must be one of {}.", names.join(", ")));
                }
            }
        }
        for (key, stick) in [
            ("walk_stick", &mut settings.walk_stick),
            ("look_stick", &mut settings.look_stick),
        ] {
            match table.get(key) {
                None => {}
                Some(toml::Value::Table(table)) => {
                    let prefix = format!("{key}.");
                    let (zones, exponents) = (&StickCurve::DEAD_ZONES, &StickCurve::EXPONENTS);
                    warnings.extend(number(table, &prefix, "dead_zone", zones, &mut stick.dead_zone));
                    warnings.extend(number(table, &prefix, "exponent", exponents, &mut stick.exponent));
                }
                Some(_) => warnings.push(format!("Setting {key} must be a table with dead_zone and exponent.")),
            }
        }
        if let Some(value) = table.get("bindings") {
            let (bindings, mut wrong) = Bindings::read(value);
            settings.bindings = bindings;
            warnings.append(&mut wrong);
        }
        let mut files = |key: &str, to: &mut Vec<PathBuf>| {
            let Some(value) = table.get(key) else { return };
            let list = value.as_array().and_then(|list| {
                let names: Option<Vec<PathBuf>> = list.iter().map(|v| Some(v.as_str()?.into())).collect();
                names
            });
            match list {
                Some(list) => *to = list.into_iter().take(Self::MOST_RECENT).collect(),
                None => warnings.push(format!("Setting {key} must be a list of file names.")),
            }
        };
        files("recent_generators", &mut settings.recent_generators);
        files("recent_pictures", &mut settings.recent_pictures);
        (settings, warnings)
    }

    /// Writes the file whole or not at all.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        let text = toml::to_string_pretty(self).map_err(std::io::Error::other)?;
        paths::write_whole(path, text.as_bytes())
    }
}

/// Reads a number within a range; what is wrong comes back as a sentence.
fn number(
    table: &toml::Table,
    prefix: &str,
    key: &str,
    range: &std::ops::RangeInclusive<f32>,
    to: &mut f32,
) -> Option<String> {
    let value = match table.get(key)? {
        toml::Value::Float(value) => *value as f32,
        toml::Value::Integer(value) => *value as f32,
        _ => f32::NAN,
    };
    if range.contains(&value) {
        *to = value;
        return None;
    }
    let (least, most) = (range.start(), range.end());
    Some(format!(
        "Setting {prefix}{key} must be a number from {least} to {most}."
    ))
}

#[cfg(test)]
mod fuzz_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_settings_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/settings.toml");
        let settings = Settings {
            mouse_sensitivity: 1.5,
            invert_y: true,
            camera: CameraFeel::Train,
            latency_chart: true,
            pacing: Pacing::Quick,
            record_quality: Quality::Best,
            record_keys: true,
            device: "wgpu:1".to_owned(),
            recent_pictures: vec!["/a/b \"c\".png".into()],
            ..Settings::default()
        };
        settings.write(&path).unwrap();
        assert_eq!(Settings::read(&path), (settings, vec![]));
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn one_bad_value_keeps_the_others() {
        let (settings, warnings) = Settings::parse("invert_y = true\nmouse_sensitivity = 900\nhud = \"yes\"\nnew = 1");
        assert!(settings.invert_y && settings.hud);
        assert_eq!(settings.mouse_sensitivity, 1.0);
        assert_eq!(warnings.len(), 2, "{warnings:?}");
    }

    #[test]
    fn a_camera_that_nobody_knows_is_a_sentence_and_a_person_walks() {
        for text in ["camera = \"submarine\"", "camera = 1"] {
            let (settings, warnings) = Settings::parse(text);
            assert_eq!(settings, Settings::default());
            assert_eq!(warnings, ["Setting camera must be one of person, drone, train."]);
        }
        assert_eq!(Settings::parse("camera = \"drone\"").0.camera, CameraFeel::Drone);
    }

    #[test]
    fn a_bad_pacing_or_device_is_a_sentence_and_the_default_stands() {
        let (settings, warnings) = Settings::parse("pacing = \"hasty\"\ndevice = 3\nlatency_chart = true");
        assert_eq!((settings.pacing, settings.device.as_str()), (Pacing::Smooth, "auto"));
        assert!(settings.latency_chart);
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        assert!(
            warnings[0].contains("pacing") && warnings[0].contains("hasty"),
            "{warnings:?}"
        );
        assert!(warnings[1].contains("device"), "{warnings:?}");
    }

    #[test]
    fn a_quality_that_nobody_knows_is_a_sentence_and_the_usual_one_stands() {
        for text in ["record_quality = \"huge\"", "record_quality = 3"] {
            let (settings, warnings) = Settings::parse(text);
            assert_eq!((settings, warnings.len()), (Settings::default(), 1));
            assert!(warnings[0].contains("small"), "{warnings:?}");
        }
        assert_eq!(
            Settings::parse("record_quality = \"small\"").0.record_quality,
            Quality::Small
        );
    }

    #[test]
    fn sticks_are_read_number_by_number() {
        let text = "[walk_stick]\ndead_zone = 0.9\nexponent = 3\n[look_stick]\ndead_zone = 0\n";
        let (settings, warnings) = Settings::parse(text);
        assert_eq!(
            warnings,
            ["Setting walk_stick.dead_zone must be a number from 0 to 0.6."]
        );
        let StickCurve { dead_zone, exponent } = settings.walk_stick;
        assert_eq!((dead_zone, exponent), (StickCurve::WALK.dead_zone, 3.0));
        assert_eq!(settings.look_stick.dead_zone, 0.0);
        let (settings, warnings) = Settings::parse("walk_stick = 1\nbindings = 2");
        assert_eq!((settings, warnings.len()), (Settings::default(), 2));
    }

    #[test]
    fn recent_files_are_few_and_each_is_there_once() {
        let mut recent = Vec::new();
        for i in 0..12 {
            Settings::remember(&mut recent, Path::new(&format!("/p/{i}.png")));
        }
        Settings::remember(&mut recent, Path::new("/p/9.png"));
        assert_eq!(recent.len(), Settings::MOST_RECENT);
        assert_eq!(recent[..2], [PathBuf::from("/p/9.png"), PathBuf::from("/p/11.png")]);
        let (settings, warnings) = Settings::parse("recent_pictures = [1]\nrecent_generators = [\"/a\"]");
        assert_eq!((settings.recent_generators.len(), warnings.len()), (1, 1));
    }

    #[test]
    fn garbage_is_a_warning_and_a_missing_file_is_silence() {
        assert_eq!(Settings::parse("\u{0}{{").1.len(), 1);
        let (settings, warnings) = Settings::read(Path::new("/nonexistent/settings.toml"));
        assert_eq!((settings, warnings), (Settings::default(), vec![]));
    }
}

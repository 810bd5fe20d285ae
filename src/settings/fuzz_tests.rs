//! Settings files that were damaged or written by hand in the dark: warnings in sentences, and always settings that work.

use rand::{Rng as _, SeedableRng as _};

use super::*;

#[test]
fn damaged_settings_are_sentences_and_what_is_left_works() {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(5);
    let mut below = |n: usize| rng.random_range(0..n);
    let mut bindings = Bindings::default();
    bindings.bind(Deed::Pause, Press::Key(Key::KeyG));
    let settings = Settings {
        mouse_sensitivity: 1.5,
        recent_pictures: vec!["/a/b \"c\".png".into()],
        bindings,
        ..Settings::default()
    };
    let whole = toml::to_string_pretty(&settings).unwrap().into_bytes();
    let odd = [
        "-1",
        "1e999",
        "nan",
        "\"\"",
        "[]",
        "{}",
        "true",
        "99999999999999999999",
        "'''",
    ];
    for i in 0..1500 {
        let mut bytes = whole.clone();
        match i % 3 {
            0 => bytes[below(whole.len())] ^= 1 << below(8),
            1 => bytes.truncate(below(whole.len())),
            _ => {
                // A value of another kind.
                let mut lines: Vec<String> = String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect();
                let at = below(lines.len());
                if let Some((key, _)) = lines[at].clone().split_once('=') {
                    lines[at] = format!("{key}= {}", odd[below(odd.len())]);
                }
                bytes = lines.join("\n").into_bytes();
            }
        }
        let (read, warnings) = Settings::parse(&String::from_utf8_lossy(&bytes));
        assert!(warnings.iter().all(|text| text.lines().count() == 1), "{warnings:?}");
        for value in [read.mouse_sensitivity, read.stick_sensitivity] {
            assert!(Settings::SENSITIVITY.contains(&value), "{value}");
        }
        for stick in [read.walk_stick, read.look_stick] {
            assert!(
                StickCurve::DEAD_ZONES.contains(&stick.dead_zone) && StickCurve::EXPONENTS.contains(&stick.exponent)
            );
        }
        assert!(read.bindings.of(Deed::Menu).contains(&Press::Key(Key::Escape)));
        // What was understood can be kept.
        toml::to_string_pretty(&read).unwrap();
    }
}

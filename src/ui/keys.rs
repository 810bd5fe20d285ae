//! Keys in words: the list in the menu and the hints at buttons, made from the table of bindings.

use crate::settings::{Bindings, Deed, Key, Press};
use crate::words::{self, say};

/// ` (Space)` for the first key of a deed, for the end of a hint; nothing if it has no key.
pub(super) fn hint(bindings: &Bindings, deed: Deed) -> String {
    label(bindings, deed).map_or_else(String::new, |label| say!("key-hint", key = label))
}

/// The first key of a deed.
pub(super) fn label(bindings: &Bindings, deed: Deed) -> Option<&'static str> {
    bindings.first_key(deed).map(|press| words::text(press.word()))
}

/// Deeds that stand in a row of the list together, and what they do; none is the mouse.
fn rows() -> [(&'static [Deed], &'static str); 24] {
    [
        (&[Deed::Forward, Deed::Left, Deed::Back, Deed::Right], say!("help-walk")),
        (&[], say!("help-look")),
        (&[Deed::TurnLeft, Deed::TurnRight], say!("help-turn")),
        (&[Deed::LookUp, Deed::LookDown], say!("help-look-up-down")),
        (&[Deed::Run], say!("help-run")),
        (&[Deed::Pause], say!("help-pause")),
        (&[Deed::Step], say!("help-step")),
        (&[Deed::Slower, Deed::Faster], say!("help-speed")),
        (&[Deed::Rewind], say!("help-rewind")),
        (&[Deed::Branches], say!("help-branches")),
        (&[Deed::SaveBookmark, Deed::RestoreBookmark], say!("help-moment")),
        (&[Deed::SaveReplay], say!("help-replay")),
        (&[Deed::SaveCloud], say!("help-cloud")),
        (&[Deed::Restart], say!("help-restart")),
        (&PLACES, say!("help-places")),
        (&[Deed::Prompt], say!("help-prompt")),
        (&[Deed::Home], say!("help-home")),
        (&[Deed::MarkIn, Deed::MarkOut], say!("help-marks")),
        (&[Deed::Record], say!("help-record")),
        (&[Deed::Screenshot], say!("help-screenshot")),
        (&[Deed::Hud], say!("help-numbers")),
        (&[Deed::Depth], say!("help-depth")),
        (&[Deed::Fullscreen], say!("help-full-screen")),
        (&[Deed::Menu], say!("help-menu")),
    ]
}

/// Keys and what they do.
pub(super) fn help(bindings: &Bindings) -> Vec<(String, &'static str)> {
    let rows = rows().into_iter().map(|(deeds, what)| {
        let keys = match deeds {
            [] => say!("help-mouse").to_owned(),
            _ if deeds == PLACES => places(bindings),
            _ => keys_of(bindings, deeds),
        };
        (keys, what)
    });
    rows.filter(|(keys, _)| !keys.is_empty()).collect()
}

/// Buttons of a gamepad and what they do.
pub(super) fn pad_help(bindings: &Bindings) -> Vec<(String, String)> {
    let (left, right) = (say!("pad-left-stick"), say!("pad-right-stick"));
    let (walks, looks) = if bindings.sticks_swapped() {
        (right, left)
    } else {
        (left, right)
    };
    let mut rows = vec![
        (walks.to_owned(), say!("help-walk").to_owned()),
        (looks.to_owned(), say!("help-pad-look").to_owned()),
    ];
    for deed in Deed::all() {
        let labels: Vec<_> = bindings
            .of(deed)
            .iter()
            .filter(|p| p.is_pad())
            .map(|p| words::text(p.word()))
            .collect();
        if !labels.is_empty() {
            rows.push((labels.join(", "), inside(deed)));
        }
    }
    rows
}

/// What a deed is, for the middle of a sentence.
pub(super) fn inside(deed: Deed) -> String {
    say!("deed-inside", deed = words::text(deed.word()))
}

/// What was pressed, in a sentence.
pub(super) fn said(press: Press) -> String {
    let label = words::text(press.word());
    match press {
        Press::Key(_) | Press::Mouse(_) => label.to_owned(),
        Press::Pad(_) => say!("pad-inside", button = label),
    }
}

const PLACES: [Deed; 9] = [
    Deed::Place(0),
    Deed::Place(1),
    Deed::Place(2),
    Deed::Place(3),
    Deed::Place(4),
    Deed::Place(5),
    Deed::Place(6),
    Deed::Place(7),
    Deed::Place(8),
];

/// Keys of the same rank stand together: `W A S D, Up, Down`.
fn keys_of(bindings: &Bindings, deeds: &[Deed]) -> String {
    let of: Vec<Vec<&str>> = deeds.iter().map(|deed| labels(bindings, *deed)).collect();
    let ranks = of.iter().map(Vec::len).max().unwrap_or(0);
    let ranks = (0..ranks).map(|rank| {
        let labels: Vec<&str> = of.iter().filter_map(|labels| labels.get(rank).copied()).collect();
        let short = labels.iter().all(|label| label.chars().count() == 1);
        labels.join(if short { " " } else { ", " })
    });
    ranks.collect::<Vec<_>>().join(", ")
}

/// What is bound to a deed on keyboard and mouse; a key that is there twice, left and right, is one.
fn labels(bindings: &Bindings, deed: Deed) -> Vec<&'static str> {
    let presses = bindings.of(deed);
    let keys = presses.iter().filter(|p| !p.is_pad());
    let labels = keys.filter_map(|press| match press {
        Press::Key(key) => match twin(*key) {
            Some((_, right, both)) if presses.contains(&Press::Key(right)) && *key != right => Some(both),
            Some((left, right, _)) if presses.contains(&Press::Key(left)) && *key == right => None,
            _ => Some(words::text(key.word())),
        },
        other => Some(words::text(other.word())),
    });
    labels.collect()
}

/// Left, right, and the name of both.
fn twin(key: Key) -> Option<(Key, Key, &'static str)> {
    let twins = [
        (Key::ShiftLeft, Key::ShiftRight, say!("key-Shift")),
        (Key::ControlLeft, Key::ControlRight, say!("key-Control")),
        (Key::AltLeft, Key::AltRight, say!("key-Alt")),
        (Key::SuperLeft, Key::SuperRight, say!("key-Super")),
    ];
    twins.into_iter().find(|t| t.0 == key || t.1 == key)
}

fn places(bindings: &Bindings) -> String {
    let first: Vec<_> = PLACES.iter().filter_map(|deed| label(bindings, *deed)).collect();
    if first == ["1", "2", "3", "4", "5", "6", "7", "8", "9"] {
        return say!("help-digits").to_owned();
    }
    first.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{KeyPreset, PadButton, PadPreset};

    fn keys_for(bindings: &Bindings, what: &str) -> Option<String> {
        help(bindings).into_iter().find(|row| row.1 == what).map(|row| row.0)
    }

    #[test]
    fn no_deed_is_left_out_of_the_list() {
        for deed in Deed::all() {
            assert!(rows().iter().any(|(deeds, _)| deeds.contains(&deed)), "{deed:?}");
        }
    }

    #[test]
    fn the_list_says_what_the_table_says() {
        let mut bindings = Bindings::default();
        let of = |bindings: &Bindings, what| keys_for(bindings, what).unwrap_or_default();
        assert_eq!(of(&bindings, "walk"), "W A S D, Up, Down");
        assert_eq!(of(&bindings, "turn"), "Q E, Left, Right");
        assert_eq!(of(&bindings, "run"), "Shift");
        assert_eq!(of(&bindings, "go to a world"), "1 … 9");
        assert_eq!(of(&bindings, "keep this moment, come back to it"), "F5, F9");
        assert_eq!(hint(&bindings, Deed::Pause), " (Space)");
        bindings.use_keys(KeyPreset::LeftHanded);
        assert_eq!(of(&bindings, "walk"), "I J K L, Up, Down");
        bindings.unbind(Deed::Run, Press::Key(Key::ShiftLeft));
        assert_eq!(of(&bindings, "run"), "Right Shift");
        bindings.rebind(Deed::Place(0), Press::Key(Key::Digit1), Press::Key(Key::KeyX));
        assert_eq!(of(&bindings, "go to a world"), "X 2 3 4 5 6 7 8 9");
        bindings.unbind(Deed::Record, Press::Key(Key::KeyR));
        assert_eq!(
            (keys_for(&bindings, "record"), hint(&bindings, Deed::Record)),
            (None, String::new())
        );
    }

    #[test]
    fn deeds_and_presses_fit_into_sentences() {
        assert_eq!(inside(Deed::Record), "record, end recording");
        assert_eq!(said(Press::Pad(PadButton::South)), "A of the gamepad");
        assert_eq!(said(Press::Key(Key::BracketLeft)), "[");
    }

    #[test]
    fn the_list_of_a_gamepad_follows_its_preset() {
        let mut bindings = Bindings::default();
        assert!(pad_help(&bindings).contains(&("Left stick, Left trigger".to_owned(), "run".to_owned())));
        bindings.use_pad(PadPreset::Southpaw);
        assert_eq!(pad_help(&bindings)[0], ("Right stick".to_owned(), "walk".to_owned()));
    }
}

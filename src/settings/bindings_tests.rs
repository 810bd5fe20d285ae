//! The table of bindings: presets, changes, conflicts, files.

use super::super::press::{Key, MouseButton, PadButton};
use super::super::{Group, Settings};
use super::*;

const W: Press = Press::Key(Key::KeyW);
const R: Press = Press::Key(Key::KeyR);
const ESC: Press = Press::Key(Key::Escape);

fn read(text: &str) -> (Bindings, Vec<String>) {
    Bindings::read(&toml::Value::Table(text.parse().unwrap()))
}

fn written(bindings: &Bindings) -> String {
    toml::to_string(bindings).unwrap()
}

#[test]
fn presets_are_without_conflicts_and_bind_what_every_walk_needs() {
    for keys in KeyPreset::ALL {
        for pad in PadPreset::ALL {
            let bindings = Bindings::of_presets(*keys, *pad);
            for deed in Deed::all() {
                for press in bindings.of(deed) {
                    assert_eq!(
                        bindings.deeds(*press).collect::<Vec<_>>(),
                        [deed],
                        "{press:?} of {keys:?} {pad:?}"
                    );
                }
                assert!(bindings.first_key(deed).is_some(), "{deed:?} has no key in {keys:?}");
            }
            assert!(!bindings.keys_differ() && !bindings.pad_differs());
        }
    }
    let left = Bindings::of_presets(KeyPreset::LeftHanded, PadPreset::Southpaw);
    let walk: Vec<_> = Deed::of(Group::Walk).filter_map(|d| left.first_key(d)).collect();
    assert_eq!(
        walk.iter().map(|p| p.name()).collect::<Vec<_>>(),
        ["KeyI", "KeyK", "KeyJ", "KeyL", "ShiftLeft"]
    );
    assert!(left.sticks_swapped() && left.deeds(W).next().is_none());
}

#[test]
fn one_press_can_be_bound_twice_and_that_is_a_conflict_until_it_is_settled() {
    let mut bindings = Bindings::default();
    assert!(bindings.bind(Deed::Forward, R));
    assert!(bindings.bind(Deed::Forward, R), "twice is once");
    assert_eq!(bindings.others(Deed::Forward, R), [Deed::Record]);
    assert_eq!(bindings.others(Deed::Record, R), [Deed::Forward]);
    assert_eq!(bindings.of(Deed::Forward).len(), 3);
    bindings.share(R);
    assert!(bindings.is_shared(R));
    // A third meaning was not spoken of.
    bindings.bind(Deed::Home, R);
    assert!(!bindings.is_shared(R));
    bindings.share(R);
    bindings.keep_only(Deed::Record, R);
    assert_eq!(bindings.deeds(R).collect::<Vec<_>>(), [Deed::Record]);
    assert!(!bindings.is_shared(R));
    assert_eq!(bindings, Bindings::default());
}

#[test]
fn rebinding_keeps_the_place_and_nobody_is_locked_out() {
    let mut bindings = Bindings::default();
    assert!(bindings.rebind(Deed::Forward, W, Press::Mouse(MouseButton::Right)));
    assert_eq!(
        bindings.of(Deed::Forward),
        [Press::Mouse(MouseButton::Right), Press::Key(Key::ArrowUp)]
    );
    // In place of another one that was bound to the same.
    assert!(bindings.rebind(
        Deed::Forward,
        Press::Key(Key::ArrowUp),
        Press::Mouse(MouseButton::Right)
    ));
    assert_eq!(bindings.of(Deed::Forward), [Press::Mouse(MouseButton::Right)]);
    for fixed in Press::ALWAYS_MENU {
        assert!(!bindings.bind(Deed::Forward, fixed));
        assert!(!bindings.rebind(Deed::Menu, fixed, W));
        bindings.unbind(Deed::Menu, fixed);
        bindings.keep_only(Deed::Forward, fixed);
        assert_eq!(bindings.deeds(fixed).collect::<Vec<_>>(), [Deed::Menu]);
    }
    bindings.unbind(Deed::Forward, Press::Mouse(MouseButton::Right));
    assert!(bindings.of(Deed::Forward).is_empty() && bindings.differs(Deed::Forward));
    bindings.reset(Deed::Forward);
    assert_eq!(bindings, Bindings::default());
}

#[test]
fn a_preset_of_one_device_leaves_the_other_alone() {
    let mut bindings = Bindings::default();
    let start = Press::Pad(PadButton::Start);
    bindings.bind(Deed::Home, start);
    bindings.bind(Deed::Home, R);
    bindings.use_keys(KeyPreset::LeftHanded);
    assert_eq!(bindings.of(Deed::Home), [Press::Key(Key::Home), start]);
    assert!(!bindings.keys_differ() && bindings.pad_differs());
    bindings.use_pad(PadPreset::Southpaw);
    assert!(bindings.sticks_swapped() && !bindings.pad_differs());
    assert_eq!(bindings.key_preset(), KeyPreset::LeftHanded);
    bindings.swap_sticks(false);
    assert!(bindings.pad_differs());
    bindings.reset_all();
    assert_eq!(
        bindings,
        Bindings::of_presets(KeyPreset::LeftHanded, PadPreset::Southpaw)
    );
}

#[test]
fn files_hold_the_differences_and_read_back() {
    assert_eq!(
        written(&Bindings::default()),
        "keyboard = \"usual\"\ngamepad = \"usual\"\n"
    );
    let mut bindings = Bindings::of_presets(KeyPreset::LeftHanded, PadPreset::Southpaw);
    bindings.bind(Deed::Prompt, R);
    bindings.share(R);
    bindings.unbind(Deed::Place(4), Press::Key(Key::Numpad5));
    bindings.bind(Deed::Menu, Press::Pad(PadButton::Guide));
    bindings.swap_sticks(false);
    let text = written(&bindings);
    assert!(text.contains("place_5 = [\"Digit5\"]"), "{text}");
    assert_eq!(read(&text), (bindings.clone(), vec![]));
    // And among the other settings.
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("settings.toml");
    let settings = Settings {
        bindings,
        ..Settings::default()
    };
    settings.write(&path).unwrap();
    assert_eq!(Settings::read(&path), (settings, vec![]));
}

#[test]
fn what_a_file_says_wrongly_is_a_sentence_each_and_the_rest_counts() {
    let (bindings, warnings) = read(
        "keyboard = \"upside down\"\nforward = [\"KeyZ\", \"KeyZ\"]\nback = [\"KeyWW\"]\nleft = \"KeyA\"\nright = [7]\n\
         fly = [\"KeyF\"]\nsticks_swapped = 1\nshared = [\"KeyZ\", \"Mouse\"]",
    );
    assert_eq!(warnings.len(), 7, "{warnings:#?}");
    assert_eq!(bindings.of(Deed::Forward), [Press::Key(Key::KeyZ)]);
    for deed in [Deed::Back, Deed::Left, Deed::Right] {
        assert!(!bindings.differs(deed));
    }
    assert!(warnings.iter().any(|w| w.contains("fly")) && warnings.iter().any(|w| w.contains("KeyWW")));
    assert_eq!(Bindings::read(&toml::Value::Integer(3)).1.len(), 1);
}

#[test]
fn a_file_cannot_take_the_menu_away() {
    let (bindings, warnings) = read("menu = []\nforward = [\"Escape\", \"KeyW\"]");
    assert!(warnings.is_empty());
    assert_eq!(bindings.deeds(ESC).collect::<Vec<_>>(), [Deed::Menu]);
    assert_eq!(bindings.of(Deed::Forward), [W]);
}

//! Hands without hardware: reports as recorded from devices, and what comes of them.

use super::*;
use crate::input::{Action, PadChange, PadKey, PadReport};
use crate::settings::{Deed, Key, KeyPreset, MouseButton, PadButton, PadPreset, StickCurve};

const TORN_OUT: &str = include_str!("recordings/torn-out.json");
const CROSS: &str = include_str!("recordings/cross-is-an-axis.json");
const KEYS: &str = include_str!("recordings/keys-and-focus.json");
const TWO_PADS: &str = include_str!("recordings/two-pads.json");

fn recorded(json: &str) -> Vec<Report> {
    serde_json::from_str(json).unwrap()
}

/// Plays reports into hands that walk: what is pressed is held. Comes back with the hands after each report, and what
/// was pressed.
fn played(reports: &[Report]) -> (Vec<Hands>, Vec<Press>) {
    let mut hands = Hands::default();
    let (mut states, mut pressed) = (Vec::new(), Vec::new());
    for report in reports {
        if let Some(press) = hands.take(report) {
            pressed.push(press);
            if !press.is_pad() {
                hands.hold(press);
            }
        }
        states.push(hands.clone());
    }
    (states, pressed)
}

fn pressing(keys: &[Key]) -> Hands {
    let reports: Vec<Report> = keys.iter().map(|key| Report::Down(Press::Key(*key))).collect();
    played(&reports).0.pop().unwrap_or_default()
}

#[test]
fn recordings_read_and_write_the_same() {
    for json in [TORN_OUT, CROSS, KEYS, TWO_PADS] {
        let reports = recorded(json);
        let again: Vec<Report> = recorded(&serde_json::to_string(&reports).unwrap());
        assert_eq!(again, reports);
    }
    assert!(serde_json::from_str::<Report>("{\"down\": \"KeyWW\"}").is_err());
    assert!(serde_json::from_str::<PadKey>("\"KeyW\"").is_err());
}

#[test]
fn a_gamepad_walks_turns_and_runs_until_it_is_torn_out() {
    let settings = Settings::default();
    let (states, pressed) = played(&recorded(TORN_OUT));
    let walks: Vec<WalkInput> = states.iter().map(|hands| hands.walk(&settings)).collect();
    // A stick that trembles at rest is at rest.
    assert_eq!(walks[2], WalkInput::default());
    assert!(walks[3].forward > 0.25 && walks[3].forward < walks[4].forward);
    assert_eq!((walks[5].forward, walks[5].run), (walks[6].forward, false));
    assert!((walks[6].turn + 1.0).abs() < 1e-6 && walks[7].run);
    assert_eq!(states[7].keys(&settings.bindings), Keys::RUN);
    assert!(states[8].rewind(&settings.bindings));
    let torn = states.last().unwrap();
    assert_eq!(torn.walk(&settings), WalkInput::default());
    assert!(!torn.rewind(&settings.bindings) && torn.pad_names().is_empty());
    assert_eq!(states[0].pad_names(), ["Xbox Wireless Controller"]);
    let buttons = [PadButton::LeftTrigger, PadButton::LeftShoulder];
    assert_eq!(pressed, buttons.map(Press::Pad));
}

#[test]
fn a_cross_that_is_an_axis_presses_like_one_of_buttons() {
    let (states, pressed) = played(&recorded(CROSS));
    use PadButton::{CrossLeft, CrossRight, CrossUp, South};
    assert_eq!(pressed, [CrossUp, CrossRight, CrossLeft, South].map(Press::Pad));
    assert_eq!(states[4].pads.held().collect::<Vec<_>>(), [CrossLeft]);
    assert_eq!(states.last().unwrap().pads.held().count(), 0);
}

#[test]
fn of_two_gamepads_the_stick_pushed_farther_counts_and_each_lets_go_of_its_own() {
    let settings = Settings::default();
    let (states, _) = played(&recorded(TWO_PADS));
    assert!(states[2].walk(&settings).forward > 0.4);
    assert_eq!(states[3].walk(&settings).forward, -1.0);
    let left = &states[6];
    assert!(left.walk(&settings).forward > 0.4 && left.walk(&settings).run);
    assert_eq!(left.pad_names(), ["One"]);
    assert!(!states[7].walk(&settings).run);
}

#[test]
fn one_that_comes_back_has_nothing_held_and_strange_numbers_are_rest() {
    let mut hands = Hands::default();
    let settings = Settings::default();
    let mut pad = |what| {
        hands.take(&Report::Pad(PadReport { pad: 3, what }));
        hands.clone()
    };
    // It reports before it was announced.
    pad(PadChange::Down(PadKey(PadButton::LeftTrigger)));
    let walking = pad(PadChange::Moved(super::super::PadAxis::LeftY, f32::NAN));
    assert!(walking.walk(&settings).run);
    assert_eq!(walking.walk(&settings).forward, 0.0);
    let again = pad(PadChange::Connected("Again".to_owned()));
    assert_eq!(again.walk(&settings), WalkInput::default());
    assert_eq!(again.pad_names(), ["Again"]);
}

#[test]
fn losing_the_keyboard_lets_go_of_everything() {
    let mut settings = Settings::default();
    settings.bindings.bind(Deed::Rewind, Press::Mouse(MouseButton::Right));
    let (states, _) = played(&recorded(KEYS));
    let walk = |at: usize| states[at].walk(&settings);
    assert_eq!((walk(0).forward, walk(1).forward, walk(3).forward), (1.0, 1.0, 1.0));
    assert!(walk(4).run && states[5].rewind(&settings.bindings));
    for at in [6, 7] {
        assert_eq!(walk(at), WalkInput::default());
        assert!(!states[at].rewind(&settings.bindings));
    }
}

#[test]
fn while_the_window_is_away_a_gamepad_is_somebody_elses() {
    let settings = Settings::default();
    let mut reports = recorded(TORN_OUT);
    reports.truncate(8);
    reports.insert(1, Report::Away);
    let (mut states, pressed) = played(&reports);
    let mut hands = states.pop().unwrap();
    assert_eq!((hands.walk(&settings), pressed), (WalkInput::default(), vec![]));
    hands.take(&Report::Back);
    assert!(hands.walk(&settings).run && hands.walk(&settings).forward > 0.999);
}

#[test]
fn two_keys_of_one_meaning_are_two_keys_and_opposite_ones_cancel() {
    let settings = Settings::default();
    let mut hands = pressing(&[Key::KeyW, Key::ArrowUp]);
    hands.take(&Report::Up(Press::Key(Key::KeyW)));
    assert_eq!(hands.keys(&settings.bindings), Keys::FORWARD);
    hands.take(&Report::Up(Press::Key(Key::ArrowUp)));
    assert_eq!(hands.keys(&settings.bindings), Keys::default());
    let both = pressing(&[Key::KeyA, Key::KeyD, Key::ShiftLeft]).walk(&settings);
    assert_eq!((both.strafe, both.run), (0.0, true));
    // Going back is no walking key.
    let back = pressing(&[Key::Backspace]);
    assert!(back.rewind(&settings.bindings) && back.keys(&settings.bindings) == Keys::default());
}

#[test]
fn a_new_binding_counts_at_once_also_for_what_is_held() {
    let mut settings = Settings::default();
    let hands = pressing(&[Key::KeyI]);
    assert_eq!(hands.walk(&settings), WalkInput::default());
    settings.bindings.use_keys(KeyPreset::LeftHanded);
    assert_eq!(hands.walk(&settings).forward, 1.0);
    settings.bindings.bind(Deed::TurnLeft, Press::Key(Key::KeyI));
    let keys = hands.keys(&settings.bindings);
    assert_eq!(keys, Keys::FORWARD.with(Keys::TURN_LEFT), "both of what it is bound to");
    settings.bindings.unbind(Deed::Forward, Press::Key(Key::KeyI));
    assert_eq!(hands.keys(&settings.bindings), Keys::TURN_LEFT);
}

#[test]
fn southpaw_swaps_the_sticks_and_curves_follow_the_deed() {
    let mut settings = Settings::default();
    let (states, _) = played(&recorded(TORN_OUT)[..7]);
    let hands = states.last().unwrap();
    settings.bindings.use_pad(PadPreset::Southpaw);
    let walk = hands.walk(&settings);
    assert_eq!((walk.forward, walk.strafe), (0.0, -1.0));
    assert!(walk.look > 0.999 && walk.turn < 1e-3);
    settings.invert_y = true;
    assert!(hands.walk(&settings).look < -0.999);
    settings.look_stick = StickCurve {
        dead_zone: 0.0,
        exponent: 1.0,
    };
    settings.stick_sensitivity = 0.5;
    let half = &states[3];
    assert!((half.walk(&settings).look + 0.5 * 0.4118).abs() < 1e-3);
}

#[test]
fn the_mouse_turns_right_and_up_and_can_be_inverted() {
    let mut settings = Settings::default();
    let (yaw, pitch) = Hands::mouse((10.0, -10.0), &settings);
    assert!(yaw > 0.0 && pitch > 0.0);
    settings.invert_y = true;
    settings.mouse_sensitivity = 2.0;
    let inverted = Hands::mouse((10.0, -10.0), &settings);
    assert_eq!(inverted, (2.0 * yaw, -2.0 * pitch));
}

#[test]
fn every_deed_has_a_meaning_of_its_own() {
    let meanings: Vec<Meaning> = Deed::all().map(meaning).collect();
    for (i, one) in meanings.iter().enumerate() {
        assert!(!meanings[..i].contains(one), "{one:?} is there twice");
    }
    assert_eq!(meaning(Deed::Place(8)), Meaning::Once(Action::FirstFrame(8)));
}

#[test]
fn keys_of_the_window_library_have_their_places() {
    use winit::event::MouseButton as WinitButton;
    use winit::keyboard::KeyCode;
    assert_eq!(crate::input::key(KeyCode::KeyW), Some(Press::Key(Key::KeyW)));
    assert_eq!(crate::input::key(KeyCode::Digit9), Some(Press::Key(Key::Digit9)));
    assert_eq!(crate::input::key(KeyCode::Power), None);
    let right = crate::input::mouse_button(WinitButton::Right);
    assert_eq!(right, Some(Press::Mouse(MouseButton::Right)));
    assert_eq!(crate::input::mouse_button(WinitButton::Other(9)), None);
}

#[test]
fn the_camera_that_was_chosen_goes_with_the_hands() {
    use crate::control::Feel;
    use crate::settings::CameraFeel;
    let hands = pressing(&[Key::KeyW]);
    let feels = CameraFeel::ALL.iter().map(|camera| {
        let settings = Settings {
            camera: *camera,
            ..Settings::default()
        };
        let walk = hands.walk(&settings);
        assert_eq!(walk.forward, 1.0);
        walk.feel
    });
    assert_eq!(feels.collect::<Vec<_>>(), [Feel::Person, Feel::Drone, Feel::Train]);
}

//! Which device a world is opened with, what the page about computing knows, and how pacing reaches the engine.

use super::tests::*;
use super::*;
use crate::device::{self, DeviceChoice, Proof};
use crate::engine::testing::engine;
use crate::input::Action;
use crate::settings;
use crate::ui::DeviceState;

fn file_with(text: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("settings.toml");
    std::fs::write(&path, text).unwrap();
    (dir, path)
}

fn warned(session: &Session, what: &str) -> bool {
    session
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::Toast(ToastKind::Warning, text) if text.contains(what)))
}

#[test]
fn a_saved_device_that_is_gone_is_a_warning_and_the_processor_computes() {
    // No program is known here that could test a device, so none but the processor proves itself.
    let (_dir, path) = file_with("device = \"wgpu:77\"\n");
    let mut rig = rig(u64::MAX, Some(path.clone()));
    rig.until(walking);
    assert_eq!(rig.session.device, "cpu");
    assert!(warned(&rig.session, "The processor computes, because wgpu:77"));
    // It may be back another day.
    rig.session.close().unwrap();
    assert_eq!(Settings::read(&path).0.device, "wgpu:77");
}

#[test]
fn the_command_line_counts_more_than_what_is_saved_and_that_more_than_the_default() {
    for (named, text, device, or_processor) in [
        (None, "", DeviceChoice::Auto, true),
        (None, "device = \"cpu\"\n", DeviceChoice::Cpu, true),
        (
            Some(DeviceChoice::Cuda(1)),
            "device = \"cpu\"\n",
            DeviceChoice::Cuda(1),
            false,
        ),
    ] {
        let (_dir, path) = file_with(text);
        let (engine, _events, _) = engine(u64::MAX);
        let options = Options {
            device: named,
            ..options()
        };
        let mut session = Session::with_settings_file(engine, options, Some(path));
        let Command::Load {
            device: told,
            or_processor: told_or,
            ..
        } = session.load_command()
        else {
            panic!("another command");
        };
        assert_eq!((told, told_or), (device, or_processor), "{text}");
        assert_eq!(session.settings.device == "cpu", !text.is_empty());
    }
}

#[test]
fn a_saved_name_that_is_no_device_is_a_sentence_and_the_program_chooses_itself() {
    let (_dir, path) = file_with("device = \"abacus\"\n");
    let mut rig = rig(u64::MAX, Some(path));
    assert!(warned(&rig.session, "there is no device `abacus`"));
    assert_eq!(rig.session.settings.device, "auto");
    rig.until(walking);
}

#[test]
fn the_page_opens_over_the_menu_shows_what_there_is_and_escape_closes_it() {
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    rig.session.take_effects();
    rig.session.open_computing();
    assert!(rig.session.menu_open && rig.session.page_open());
    assert!(rig.session.take_effects().contains(&Effect::LookAtDevices));
    assert_eq!(rig.session.computing().devices, None);
    // Nothing is done behind it.
    rig.session.act(Action::Pause);
    assert!(!rig.session.is_paused());

    rig.session.on_devices(device::list());
    let shown = rig.session.computing().devices.unwrap();
    assert_eq!((shown[0].device.as_str(), &shown[0].state), ("auto", &None));
    let processor = &shown[1];
    assert_eq!(processor.device, "cpu");
    assert_eq!(processor.in_use, rig.session.device == "cpu");
    assert_eq!(processor.state, Some(DeviceState::Untested));

    rig.session.act(Action::Menu);
    assert!(rig.session.menu_open && !rig.session.page_open());
    assert!(!rig.session.computing().open);
}

#[test]
fn a_device_is_tested_once_at_a_time_and_its_answer_stands() {
    let mut rig = rig(u64::MAX, None);
    rig.session.open_computing();
    rig.session.on_devices(device::list());
    rig.session.take_effects();
    rig.session.test_device("cpu");
    rig.session.test_device("cpu");
    assert_eq!(rig.session.take_effects(), [Effect::TestDevice(DeviceChoice::Cpu)]);
    let state = |session: &Session| session.computing().devices.unwrap()[1].state.clone();
    assert_eq!(state(&rig.session), Some(DeviceState::Testing));
    rig.session.on_tested(DeviceChoice::Cpu, Err("ended".to_owned()));
    assert_eq!(state(&rig.session), Some(DeviceState::Fails("ended".to_owned())));
    rig.session.test_device("cpu");
    let proof = Proof {
        relative_error: 0.0,
        gflops: 12.0,
        secs: 0.5,
    };
    rig.session.on_tested(DeviceChoice::Cpu, Ok(proof));
    let computes = DeviceState::Computes {
        gflops: 12.0,
        secs: 0.5,
    };
    assert_eq!(state(&rig.session), Some(computes));
}

#[test]
fn a_choice_waits_for_the_next_world_and_opening_it_again_takes_it() {
    let mut rig = rig(u64::MAX, None);
    rig.until(walking);
    rig.session.open_computing();
    rig.session.on_devices(device::list());
    assert!(!rig.session.computing().waits);
    // One that is chosen and not there has a row of its own.
    rig.session.settings.device = "wgpu:77".to_owned();
    let shown = rig.session.computing();
    assert!(shown.waits);
    let last = shown.devices.unwrap().pop().unwrap();
    assert_eq!((last.device.as_str(), last.state), ("wgpu:77", Some(DeviceState::Gone)));

    rig.session.settings.device = "cpu".to_owned();
    assert!(rig.session.computing().waits);
    rig.session.open_again();
    assert!(!rig.session.page_open() && !rig.session.menu_open);
    rig.until(|session| session.phase() == Phase::Loading);
    rig.until(walking);
    assert_eq!((rig.session.device.as_str(), rig.seen.lock().seeds.len()), ("cpu", 2));
    rig.session.open_computing();
    assert!(!rig.session.computing().waits);
}

#[test]
fn pacing_reaches_the_engine_when_it_is_chosen_and_outlives_another_world() {
    let (_dir, path) = file_with("pacing = \"quick\"\n");
    let mut rig = rig(u64::MAX, Some(path.clone()));
    // Frames of the walk that is begun in are due at 200 a second either way: the command is what is seen.
    rig.until(walking);
    assert_eq!(rig.session.told_pacing, Pacing::Quick);
    rig.session.settings.pacing = settings::Pacing::Smooth;
    rig.session.sync();
    assert_eq!(rig.session.told_pacing, Pacing::Smooth);
    rig.session.close().unwrap();
    assert_eq!(Settings::read(&path).0.pacing, settings::Pacing::Smooth);
}

//! A panic in a thread leaves a report, which is found once by the next run.

use super::*;

/// Panics in a thread while the hook writes to a folder, and returns what it told. One at a time: the hook is the process's.
fn crash(dir: &Path, message: &'static str) -> CrashReport {
    static ONE: Mutex<()> = Mutex::new(());
    static TOLD: Mutex<Option<crossbeam_channel::Sender<CrashReport>>> = Mutex::new(None);
    let _one = ONE.lock();
    let (told, telling) = crossbeam_channel::bounded(1);
    *TOLD.lock() = Some(told);
    // Other tests may panic in between.
    on_crash(|crash| {
        if crash.thread.as_deref() == Some("crashing")
            && let Some(told) = &*TOLD.lock()
        {
            let _ = told.try_send(crash);
        }
    });
    let usual = std::panic::take_hook();
    install_panic_hook(Some(dir.to_owned()));
    let thread = std::thread::Builder::new().name("crashing".to_owned());
    let died = thread.spawn(move || std::panic::panic_any(message)).unwrap().join();
    std::panic::set_hook(usual);
    assert!(died.is_err());
    telling.try_recv().unwrap()
}

#[test]
fn a_panic_leaves_a_report_that_the_next_run_finds_once() {
    let dir = tempfile::tempdir().unwrap();
    let logs = dir.path().join("new/logs");
    assert_eq!(CrashReport::unseen(&logs), None);
    let crash = crash(&logs, "the lake is dry");
    let path = crash.path.clone().unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), crash.text);
    for what in [
        "the lake is dry",
        "thread    crashing",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
    ] {
        assert!(crash.text.contains(what), "{what} is missing in {}", crash.text);
    }
    let found = CrashReport::unseen(&logs).unwrap();
    assert_eq!(
        (found.path.as_deref(), &found.text),
        (Some(path.as_path()), &crash.text)
    );
    found.seen();
    assert_eq!(CrashReport::unseen(&logs), None);
    assert!(path.exists(), "the report stays");
}

#[test]
fn only_the_newest_reports_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    for day in 1..=KEPT + 5 {
        std::fs::write(dir.path().join(format!("crash-200001{day:02}-120000.txt")), "x").unwrap();
    }
    std::fs::write(dir.path().join("farwander.log"), "x").unwrap();
    let newest = crash(dir.path(), "again").path.unwrap();
    let left = std::fs::read_dir(dir.path())
        .unwrap()
        .filter_map(|e| Some(e.ok()?.path()));
    let left: Vec<PathBuf> = left
        .filter(|path| path.extension().is_some_and(|e| e == "txt"))
        .collect();
    assert_eq!(left.len(), KEPT);
    assert!(left.contains(&newest));
    assert!(dir.path().join("farwander.log").exists());
}

#[test]
fn a_folder_that_cannot_be_made_is_no_second_panic() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let crash = crash(&file.join("logs"), "no room");
    assert!(crash.path.is_none() && crash.text.contains("no room"));
}

#[test]
fn a_report_holds_the_parts_and_the_last_lines_and_no_place_of_the_user() {
    let mut last = LastLines;
    for i in 0..LINES + 3 {
        io::Write::write_all(&mut last, format!("line {i}.\n").as_bytes()).unwrap();
    }
    let log: Vec<String> = LOG.lock().iter().cloned().collect();
    assert!(log.len() <= LINES);
    let context = [("device", "wgpu:1".to_owned()), ("world", "Vale, 0123".to_owned())];
    let log = [log, vec!["Saved /media/ada/walk.png".to_owned()]].concat();
    let place = "/build/ada/src/a.rs:7";
    let text = report("engine", "out of luck", place, &context, &log, &["a::b".to_owned()]);
    for what in [
        "what      out of luck\n",
        "where     …/a.rs:7\n",
        "device    wgpu:1\n",
        "world     Vale, 0123\n",
        "  Saved …/walk.png\n",
        "  a::b\n",
    ] {
        assert!(text.contains(what), "{what} is missing in {text}");
    }
    assert!(
        text.contains(&format!("line {}.", LINES + 2)) && !text.contains("ada"),
        "{text}"
    );
}

#[test]
fn a_backtrace_is_its_names_from_the_place_of_the_panic_on() {
    let trace = "   0: std::backtrace::create\n             at /rustc/1/a.rs:9\n   1: core::panicking::panic_fmt\n   2: far::step\n   3: <unknown>\n";
    assert_eq!(functions(trace), ["far::step"]);
}

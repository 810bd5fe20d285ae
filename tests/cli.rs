//! The program from outside: exit codes (0 done, 1 failed while working, 2 bad input or usage) and one sentence, not a
//! panic, for everything that is wrong with a file.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

fn farwander<S: AsRef<OsStr>>(args: &[S]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_farwander"))
        .args(args)
        // A test must not find a display, a saved setting or a log folder of the person who runs it.
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env("HOME", std::env::temp_dir())
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The program refused its input: exit code 2 and one sentence that names the culprit.
#[track_caller]
fn assert_refused(output: &Output, culprit: &Path) {
    let said = stderr(output);
    assert!(!said.contains("panicked"), "{said}");
    assert_eq!(output.status.code(), Some(2), "{said}");
    let sentence = said
        .strip_prefix("farwander: ")
        .unwrap_or_else(|| panic!("does not begin with the program's name: {said}"));
    assert_eq!(sentence.trim_end().lines().count(), 1, "{said}");
    assert!(
        said.contains(&culprit.display().to_string()),
        "does not name {}: {said}",
        culprit.display()
    );
}

#[test]
fn help_lists_every_subcommand() {
    let output = farwander(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    for command in [
        "play", "generate", "bench", "devices", "inspect", "synth", "train", "eval", "plot",
    ] {
        assert!(stdout(&output).contains(command), "{command}");
        let help = farwander(&[command, "--help"]);
        assert_eq!(help.status.code(), Some(0), "{}", stderr(&help));
    }
}

#[test]
fn the_version_is_told() {
    let output = farwander(&["--version"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn bad_usage_is_exit_code_2() {
    for args in [&["fly"][..], &["--no-such-option"], &["plot"], &["plot", "a", "b"]] {
        let output = farwander(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stderr(&output).contains("Usage"), "{args:?}");
    }
}

/// The processor always computes; a device that is not there is bad input, and one that is there has been tested.
#[test]
fn devices_are_listed_tested_and_refused_by_name() {
    let output = farwander(&["devices", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let told: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let list = told["devices"].as_array().unwrap();
    assert_eq!(list[0]["device"], "cpu");
    assert!(list[0]["proof"]["Ok"]["gflops"].as_f64().unwrap() > 0.0, "{told}");
    for device in &list[1..] {
        let proof = &device["proof"];
        assert!(
            proof["Ok"]["relative_error"].as_f64().is_some_and(|e| e < 1e-3),
            "{device}"
        );
    }
    let model = bundled();
    for (device, says) in [
        ("wgpu:9", "no graphics device number 9"),
        ("cuda", "without `--device cuda`"),
        ("libtorch", "without `--device libtorch`"),
        ("abacus", "there is no device `abacus`"),
    ] {
        let model = model.to_str().unwrap();
        let output = farwander(&["bench", "--model", model, "--frames", "96", "--device", device]);
        let said = stderr(&output);
        let built =
            (device == "libtorch" && cfg!(feature = "libtorch")) || (device == "cuda" && cfg!(feature = "cuda"));
        assert!(built || output.status.code() == Some(2), "{device}: {said}");
        assert!(built || said.contains(says), "{device}: {said}");
    }
}

#[test]
fn plot_draws_a_run_log() {
    let dir = TempDir::new().unwrap();
    let line = |i: u32| {
        format!(
            "{{\"stage\":\"adapt\",\"step\":{i},\"secs\":{i},\"loss\":{}}}\n",
            1.0 / f64::from(i + 1)
        )
    };
    let mut log: String = (0..50).map(line).collect();
    log.push_str("{\"stage\":\"adapt\",\"st"); // the trainer is writing this one
    std::fs::write(dir.path().join("log.jsonl"), log).unwrap();
    let output = farwander(&[OsStr::new("plot"), dir.path().as_os_str()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let picture = image::open(dir.path().join("curves.png")).unwrap();
    assert!(picture.width() >= 400);
}

#[test]
fn plot_refuses_what_is_no_run() {
    let dir = TempDir::new().unwrap();
    let missing = dir.path().join("missing");
    assert_refused(&farwander(&[OsStr::new("plot"), missing.as_os_str()]), &missing);
    assert_refused(&farwander(&[OsStr::new("plot"), dir.path().as_os_str()]), dir.path());
    std::fs::write(dir.path().join("log.jsonl"), "no json\n").unwrap();
    assert_refused(&farwander(&[OsStr::new("plot"), dir.path().as_os_str()]), dir.path());
}

/// Files that are no generators.
struct BadFiles {
    dir: TempDir,
}

impl BadFiles {
    fn new() -> Self {
        Self {
            dir: TempDir::new().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn with(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Looks like 40 GB and takes no room: whoever reads it whole before checking will not come back.
    fn sparse(&self) -> PathBuf {
        let path = self.path("sparse.safetensors");
        File::create(&path).unwrap().set_len(40_000_000_000).unwrap();
        path
    }
}

/// How each subcommand is given a generator file.
fn commands(bad: &BadFiles, file: &Path) -> Vec<Vec<PathBuf>> {
    let out = bad.path("out.mp4");
    let args = |list: &[&Path]| list.iter().map(|p| p.to_path_buf()).collect();
    vec![
        args(&["inspect".as_ref(), file]),
        args(&[
            "generate".as_ref(),
            "--model".as_ref(),
            file,
            "--frames".as_ref(),
            "4".as_ref(),
            "--out".as_ref(),
            &out,
        ]),
        args(&["bench".as_ref(), "--model".as_ref(), file]),
    ]
}

#[track_caller]
fn assert_every_command_refuses(bad: &BadFiles, file: &Path) {
    for args in commands(bad, file) {
        assert_refused(&farwander(&args), file);
        assert!(!bad.path("out.mp4").exists(), "{args:?} left a file behind");
    }
}

#[test]
fn a_missing_generator_is_refused() {
    let bad = BadFiles::new();
    assert_every_command_refuses(&bad, &bad.path("missing.safetensors"));
}

#[test]
fn a_folder_is_no_generator() {
    let bad = BadFiles::new();
    let folder = bad.path("folder.safetensors");
    std::fs::create_dir(&folder).unwrap();
    assert_every_command_refuses(&bad, &folder);
}

#[test]
fn a_huge_empty_file_is_refused_at_once() {
    let bad = BadFiles::new();
    let start = std::time::Instant::now();
    assert_every_command_refuses(&bad, &bad.sparse());
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn a_renamed_text_file_is_refused() {
    let bad = BadFiles::new();
    let text = bad.with("poem.safetensors", &b"Whose woods these are\n".repeat(40));
    assert_every_command_refuses(&bad, &text);
}

#[test]
fn an_empty_and_a_cut_off_file_are_refused() {
    let bad = BadFiles::new();
    assert_every_command_refuses(&bad, &bad.with("empty.safetensors", b""));
    // A header that promises more than there is.
    let mut cut = 1000_u64.to_le_bytes().to_vec();
    cut.extend(b"{\"generator.a\":{\"dtype\":\"F32\",\"shape\":[9],\"data_offsets\":[0,36]}}");
    assert_every_command_refuses(&bad, &bad.with("cut.safetensors", &cut));
    // A header longer than any memory.
    let mut long = u64::MAX.to_le_bytes().to_vec();
    long.extend(b"{}");
    assert_every_command_refuses(&bad, &bad.with("long.safetensors", &long));
}

fn bundled() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/vale.safetensors")
}

#[test]
fn the_bundled_world_walks_the_same_twice() {
    let dir = TempDir::new().unwrap();
    let walk = |name: &str| {
        let out = dir.path().join(name);
        let mut args: Vec<&OsStr> = ["generate", "--path", "turn", "--frames", "21", "--seed", "5", "--model"]
            .map(OsStr::new)
            .to_vec();
        let model = bundled();
        args.extend([model.as_os_str(), OsStr::new("--out"), out.as_os_str()]);
        let output = farwander(&args);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let mut files: Vec<PathBuf> = std::fs::read_dir(&out).unwrap().map(|f| f.unwrap().path()).collect();
        files.sort();
        files.iter().map(|f| std::fs::read(f).unwrap()).collect::<Vec<_>>()
    };
    let frames = walk("a");
    assert_eq!(frames.len(), 21);
    assert!(frames == walk("b"), "the same seed and path gave other pictures");
    assert_ne!(frames[0], frames[20], "nothing moves");
}

#[test]
fn prompts_on_the_way_change_what_follows_and_only_that_and_the_same_ones_give_the_same() {
    let dir = TempDir::new().unwrap();
    let model = bundled();
    let walk = |name: &str, prompts: &[&str]| {
        let out = dir.path().join(name);
        let mut args: Vec<&OsStr> = ["generate", "--path", "turn", "--frames", "17", "--seed", "5", "--model"]
            .map(OsStr::new)
            .to_vec();
        args.extend([model.as_os_str(), OsStr::new("--out"), out.as_os_str()]);
        args.extend(prompts.iter().map(OsStr::new));
        let output = farwander(&args);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        (0..17)
            .map(|i| std::fs::read(out.join(format!("{i:06}.png"))).unwrap())
            .collect::<Vec<_>>()
    };
    let plain = walk("plain", &["--prompt", "snow at dusk"]);
    // 0.375 s is video frame 9, with which the third latent frame begins.
    let prompts = ["--prompt", "snow at dusk", "--prompt-at", "0.375=desert at noon"];
    let changed = walk("changed", &prompts);
    assert!(plain[..9] == changed[..9], "it changed before its time");
    assert_ne!(plain[9], changed[9], "it did not change");
    assert!(
        changed == walk("again", &prompts),
        "the same prompts gave other pictures"
    );
    let output = farwander(&["generate", "--prompt-at", "soon=snow", "--out", "x"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("number of seconds"), "{}", stderr(&output));
    assert!(!stderr(&output).contains("panicked"));
}

#[test]
fn bench_and_inspect_tell_of_the_bundled_world_in_json() {
    let model = bundled();
    let model = model.to_str().unwrap();
    let output = farwander(&[
        "bench", "--json", "--steady", "--frames", "96", "--device", "cpu", "--model", model,
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    for key in [
        "video_fps",
        "step_ms_median",
        "network_ms",
        "decode_ms",
        "step_ms_early",
        "step_ms_late",
        "rss_mb_early",
        "rss_mb_late",
        "threads",
        "by_turns_ms_early",
        "by_turns_ms_late",
        "by_turns_late_over_early",
    ] {
        assert!(report[key].as_f64().is_some_and(|v| v > 0.0), "{key}: {report}");
    }
    assert_eq!(report["device"], "cpu");
    let output = farwander(&["inspect", model]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(
        stdout(&output).contains("frames decoded by its linear part"),
        "{}",
        stdout(&output)
    );
    let output = farwander(&["inspect", "--json", model]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let manifest: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert!(manifest.to_string().contains("Vale"));
}

/// `farwander inspect --json | head -0`.
#[test]
fn a_reader_that_leaves_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_farwander"))
        .args(["inspect", "--json", bundled().to_str().unwrap()])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(stderr(&output), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_replay_that_is_none_is_refused() {
    let bad = BadFiles::new();
    let (model, out) = (bundled(), bad.path("out.mp4"));
    for file in [
        bad.path("missing.json"),
        bad.with("poem.json", b"Whose woods these are"),
        bad.with("other.json", b"{\"format\": \"something\", \"controls\": []}"),
        bad.with(
            "later.json",
            b"{\"format\": \"farwander-replay\", \"format_version\": 99}",
        ),
        bad.sparse(),
    ] {
        let mut args: Vec<&OsStr> = ["generate", "--replay"].map(OsStr::new).to_vec();
        args.extend([file.as_os_str(), OsStr::new("--model"), model.as_os_str()]);
        args.extend([OsStr::new("--out"), out.as_os_str()]);
        assert_refused(&farwander(&args), &file);
        assert!(!out.exists());
    }
}

#[test]
fn a_picture_that_is_none_is_refused() {
    let dir = TempDir::new().unwrap();
    let picture = dir.path().join("picture.png");
    std::fs::write(&picture, "no picture").unwrap();
    let (model, out) = (bundled(), dir.path().join("out"));
    let mut args: Vec<&OsStr> = ["generate", "--frames", "5", "--model"].map(OsStr::new).to_vec();
    args.extend([model.as_os_str(), OsStr::new("--first-frame"), picture.as_os_str()]);
    args.extend([OsStr::new("--out"), out.as_os_str()]);
    assert_refused(&farwander(&args), &picture);
}

#[test]
fn a_file_as_the_only_argument_is_opened_and_a_missing_one_is_told() {
    let dir = TempDir::new().unwrap();
    // Without a display nothing opens, but the file was taken.
    for args in [vec![bundled()], vec!["play".into(), bundled()]] {
        let output = farwander(&args);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stderr(&output).contains("no display"), "{}", stderr(&output));
    }
    let missing = dir.path().join("missing.safetensors");
    let output = farwander(&[&missing]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("neither a file nor a subcommand"),
        "{}",
        stderr(&output)
    );
    assert_refused(&farwander(&[OsStr::new("play"), missing.as_os_str()]), &missing);
    let picture = dir.path().join("a.png");
    std::fs::write(&picture, "any").unwrap();
    let args = ["play", "--first-frame", "2", picture.to_str().unwrap()];
    assert_eq!(farwander(&args).status.code(), Some(2));
}

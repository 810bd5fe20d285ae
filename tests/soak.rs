//! Half an hour of random input in the real window: memory, handles and threads must not grow, and speed must not fall. Run by
//! `scripts/soak.sh`; not one of the tests that run every time.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use desk::{Desk, Home, Key, Player};
use rand::{Rng as _, SeedableRng as _};

mod desk;

/// Between two samples.
const PERIOD: Duration = Duration::from_secs(10);
/// Of a period, how long frames are counted while somebody walks and does nothing else.
const COUNTED: Duration = Duration::from_secs(4);
/// Time for the past to fill its share of memory, for the encoder to have been there once, and so on.
const WARM_UP_SECS: f64 = 300.0;
/// Of this length are the stretches whose largest memory is told: it goes up and down with what the past of a walk holds.
const STRETCH_SECS: f64 = 300.0;
/// So often another walk is begun, which drops the past, and after so long a way straight on memory is compared with the other times.
const CALM_EVERY_SECS: f64 = 150.0;
const CALM: Duration = Duration::from_secs(15);

struct Sample {
    secs: f64,
    resident_mb: f64,
    handles: usize,
    threads: usize,
    frames_per_sec: f64,
    /// Of a walk that has just begun.
    calm: bool,
    /// Load of the machine, to judge the speed by.
    load: f64,
    errors: usize,
    warnings: usize,
}

fn pause(secs: f64) {
    std::thread::sleep(Duration::from_secs_f64(secs));
}

/// Something that a person may do, which ends as it began: walking.
fn something(desk: &Desk, rng: &mut rand_chacha::ChaCha8Rng) {
    let tap = |key: char| desk.tap(Key::of(key));
    let twice = |key: Key, secs: f64| {
        desk.tap(key);
        pause(secs);
        desk.tap(key);
    };
    let secs = rng.random_range(0.1..1.0);
    match rng.random_range(0..22) {
        0..=5 => {
            let key = Key::of(['w', 'a', 's', 'd', 'q', 'e'][rng.random_range(0..6)]);
            desk.hold(key);
            pause(2.0 * secs);
            desk.let_go(key);
        }
        6 | 7 => {
            for _ in 0..20 {
                desk.move_mouse([rng.random_range(-40..=40), rng.random_range(-15..=15)]);
                pause(0.02);
            }
        }
        8 | 9 => {
            desk.hold(Key::BACKSPACE);
            pause(2.0 * secs);
            desk.let_go(Key::BACKSPACE);
        }
        10 => desk.tap(Key::F5),
        11 => desk.tap(Key::F9),
        12 => twice(Key::of('r'), 3.0 * secs),
        13 => twice(Key::of('p'), secs),
        14 => twice(Key::of('f'), secs),
        15 => twice(Key::of('h'), secs),
        16 => twice(Key::ESCAPE, secs),
        17 => {
            desk.tap(Key::HOME);
            pause(secs);
            desk.tap(Key::ESCAPE);
        }
        18 => {
            tap('[');
            pause(secs);
            tap(']');
        }
        19 => desk.tap(Key::F12),
        20 => {
            for key in "t snow".chars() {
                tap(key);
                pause(0.05);
            }
            desk.tap(Key::ENTER);
            // Enter may have chosen a suggestion first.
            pause(0.3);
        }
        _ => {
            // Seldom, so that the past is as long as it gets in between.
            if rng.random_range(0..6) == 0 {
                tap(['1', '2', '3', '4', 'b'][rng.random_range(0..5)]);
                pause(1.0);
            }
        }
    }
}

/// Frames a second while somebody walks; 0 if nothing moves for much longer than the slowest machine takes for a step.
fn count_frames(desk: &Desk, player: &Player<'_>, key: Key) -> f64 {
    let lines = |player: &Player<'_>| player.log().matches("latent ").count();
    desk.hold(key);
    pause(0.5);
    let (before, began) = (lines(player), Instant::now());
    std::thread::sleep(COUNTED);
    let mut steps = lines(player) - before;
    while steps == 0 && began.elapsed() < 6 * COUNTED {
        pause(0.2);
        steps = lines(player) - before;
    }
    let secs = began.elapsed().as_secs_f64();
    desk.let_go(key);
    4.0 * steps as f64 / secs
}

/// Back into the walk, if something led out of it; 0 if that is in vain.
fn come_back(desk: &Desk, player: &Player<'_>) -> f64 {
    let ways = [
        Key::of('p'),
        Key::ESCAPE,
        Key::ESCAPE,
        Key::of('p'),
        Key::ESCAPE,
        Key::of('p'),
    ];
    let mut after = ways.iter().map(|key| {
        desk.tap(*key);
        count_frames(desk, player, Key::of('w'))
    });
    after.find(|rate| *rate > 0.0).unwrap_or(0.0)
}

fn sample(player: &Player<'_>, began: Instant, frames_per_sec: f64) -> Sample {
    let process = PathBuf::from(format!("/proc/{}", player.pid()));
    let status = std::fs::read_to_string(process.join("status")).unwrap();
    let number = |name: &str| -> f64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    };
    let load = std::fs::read_to_string("/proc/loadavg").unwrap();
    let log = player.log();
    Sample {
        secs: began.elapsed().as_secs_f64(),
        resident_mb: number("VmRSS:") * 1024.0 / 1e6,
        handles: std::fs::read_dir(process.join("fd")).unwrap().count(),
        threads: number("Threads:") as usize,
        frames_per_sec,
        calm: false,
        load: load.split(' ').next().unwrap().parse().unwrap(),
        errors: log.matches("ERROR").count(),
        warnings: log.matches("WARN").count(),
    }
}

fn csv(samples: &[Sample]) -> String {
    let mut text = "secs,resident_mb,handles,threads,frames_per_sec,load,errors,warnings,calm\n".to_owned();
    for s in samples {
        let _ = writeln!(
            text,
            "{:.0},{:.1},{},{},{:.2},{:.2},{},{},{}",
            s.secs, s.resident_mb, s.handles, s.threads, s.frames_per_sec, s.load, s.errors, s.warnings, s.calm
        );
    }
    text
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// What the samples say, line by line, and whether each line is as it should be.
fn verdict(samples: &[Sample]) -> Vec<(String, bool)> {
    let warm: Vec<&Sample> = samples.iter().filter(|s| s.secs >= WARM_UP_SECS).collect();
    let (calm, warm): (Vec<&Sample>, Vec<&Sample>) = warm.into_iter().partition(|s| s.calm);
    let halves = |samples: &[&Sample], of: fn(&Sample) -> f64| {
        let (first, last) = samples.split_at(samples.len() / 2);
        let half = |samples: &[&Sample]| median(samples.iter().map(|s| of(s)));
        (half(first), half(last))
    };
    let begun = halves(&calm, |s| s.resident_mb);
    let grown = 100.0 * (begun.1 / begun.0 - 1.0);
    let stretches = warm.chunk_by(|a, b| (a.secs / STRETCH_SECS) as u64 == (b.secs / STRETCH_SECS) as u64);
    // A last stretch of a few samples has not seen what the others have.
    let peaks: Vec<f64> = stretches
        .filter(|s| s.len() >= 10)
        .map(|s| s.iter().map(|s| s.resident_mb).fold(0.0, f64::max))
        .collect();
    let highest = peaks.iter().copied().fold(f64::NAN, f64::max);
    let lowest = peaks.iter().copied().fold(f64::NAN, f64::min);
    let (handles, threads, speed) = (
        halves(&warm, |s| s.handles as f64),
        halves(&warm, |s| s.threads as f64),
        halves(&warm, |s| s.frames_per_sec),
    );
    let errors = samples.last().map_or(0, |s| s.errors);
    // Fewer at the end is no growth: fewer recordings ran then, say.
    let no_growth = |(first, last): (f64, f64)| last <= first;
    vec![
        (
            format!(
                "memory of walks just begun, {} of them, medians of both halves: {:.0} and {:.0} MB, {grown:+.1} % \
                 (largest of each five minutes, with what the past holds: {lowest:.0} to {highest:.0} MB)",
                calm.len(),
                begun.0,
                begun.1
            ),
            grown <= 2.0,
        ),
        (
            format!("handles, medians of both halves: {} and {}", handles.0, handles.1),
            no_growth(handles),
        ),
        (
            format!("threads, medians of both halves: {} and {}", threads.0, threads.1),
            no_growth(threads),
        ),
        (
            format!(
                "frames a second, medians of both halves: {:.1} and {:.1}",
                speed.0, speed.1
            ),
            speed.1 >= 0.95 * speed.0,
        ),
        (format!("errors in the log: {errors}"), errors == 0),
    ]
}

#[test]
#[ignore = "takes SOAK_MINUTES: run scripts/soak.sh"]
fn random_input_costs_nothing_in_the_long_run() {
    let Some(desk) = Desk::set_up() else { return };
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .map(|value| value.parse::<f64>().expect("a number"))
    };
    let minutes = number("SOAK_MINUTES").unwrap_or(30.0);
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(number("SOAK_SEED").unwrap_or(0.0) as u64);
    let table = std::env::var_os("SOAK_CSV").map(PathBuf::from);
    let table = table.unwrap_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("soak.csv"));
    let dir = tempfile::tempdir().unwrap();
    let home = Home(dir.path().to_owned());
    let mut player = Player::start(&desk, &home, "soak.log", &["--first-frame", "1"]);
    player.wait_for_latents(3);
    desk.button(1, true);
    desk.button(1, false);

    let (began, mut samples, mut calm_at) = (Instant::now(), Vec::new(), CALM_EVERY_SECS);
    while began.elapsed().as_secs_f64() < 60.0 * minutes {
        let until = Instant::now() + PERIOD - COUNTED;
        while Instant::now() < until {
            something(&desk, &mut rng);
        }
        let key = Key::of(['w', 's', 'q', 'e'][rng.random_range(0..4)]);
        let mut frames_per_sec = count_frames(&desk, &player, key);
        if frames_per_sec == 0.0 {
            frames_per_sec = come_back(&desk, &player);
            if frames_per_sec == 0.0 {
                let _ = desk.look().save(table.with_extension("png"));
                panic!("the walk does not go on (picture beside {})", table.display());
            }
        }
        samples.push(sample(&player, began, frames_per_sec));
        let secs = began.elapsed().as_secs_f64();
        if secs >= calm_at {
            calm_at = secs + CALM_EVERY_SECS;
            desk.tap(Key::of('b'));
            desk.hold(Key::of('w'));
            std::thread::sleep(CALM);
            desk.let_go(Key::of('w'));
            samples.push(Sample {
                calm: true,
                ..sample(&player, began, frames_per_sec)
            });
        }
        std::fs::write(&table, csv(&samples)).unwrap();
        // Bookmarks of 12 MB and recordings are not what is measured; the newest moment stays, to come back to.
        let mut old = home.bookmarks();
        old.pop();
        for file in old.into_iter().chain(home.recordings()).chain(home.screenshots()) {
            let _ = std::fs::remove_file(file);
        }
    }
    desk.close(player.window);
    let ended = player.wait_for_end();
    let log = player.log();
    let kept = table.with_extension("log");
    let told: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("WARN") || line.contains("ERROR"))
        .collect();
    std::fs::write(kept, told.join("\n")).unwrap();
    let lines = verdict(&samples);
    for (line, good) in &lines {
        println!("{} {line}", if *good { "ok    " } else { "FAILED" });
    }
    println!("{} samples in {}", samples.len(), table.display());
    assert!(ended.success() && lines.iter().all(|(_, good)| *good));
}

#[test]
fn the_verdict_sees_growth() {
    let samples_with = |grows_mb: f64, leaks: usize, threads: fn(u32) -> usize| -> Vec<Sample> {
        let sample = |i: u32| Sample {
            secs: 10.0 * f64::from(i),
            resident_mb: grows_mb * f64::from(i)
                + match i % 15 {
                    14 => 400.0,
                    _ => 500.0 + 30.0 * f64::from(i % 7),
                },
            handles: 40 + leaks * i as usize / 10,
            threads: threads(i),
            frames_per_sec: 24.0,
            calm: i % 15 == 14,
            load: 1.0,
            errors: 0,
            warnings: 0,
        };
        (0..180).map(sample).collect()
    };
    let samples = |grows_mb: f64, leaks: usize| samples_with(grows_mb, leaks, |_| 12);
    let failed = |samples: &[Sample]| verdict(samples).iter().filter(|(_, good)| !good).count();
    assert_eq!(failed(&samples(0.0, 0)), 0);
    assert_eq!(failed(&samples(0.3, 0)), 1);
    assert_eq!(failed(&samples(0.3, 1)), 2);
    assert_eq!(failed(&samples_with(0.0, 0, |i| 12 + i as usize / 100)), 1);
    assert_eq!(failed(&samples_with(0.0, 0, |i| 12 - i as usize / 100)), 0);
    assert_eq!(csv(&samples(0.0, 0)).lines().count(), 181);
}

//! Logs, crash reports and rolling meters. A log that cannot be written is never a reason to stop.

mod crash;
mod heap;
mod latency;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

pub use crash::{CrashReport, install_panic_hook, on_crash};
pub use heap::{give_memory_back, keep_memory_steady};
pub use latency::{Latency, LatencyMeter};

/// Environment variable with a filter for the log on stderr, for instance `farwander=debug`.
pub const LOG_VARIABLE: &str = "FARWANDER_LOG";

/// What the log file holds, and the end of it in a crash report.
const FILE_FILTER: &str = "warn,farwander=info,mp4_atom=error";

/// Keeps the log file's writer thread alive; drop it last.
#[must_use]
#[derive(Debug, Default)]
pub struct LogGuard {
    _file: Option<tracing_appender::non_blocking::WorkerGuard>,
}

/// Starts logging: to stderr from warnings up (from information up when `verbose`), and to `farwander.log` in `log_dir`
/// if that can be written. Returns a sentence if it cannot.
pub fn init(verbose: bool, log_dir: Option<&Path>) -> (LogGuard, Option<String>) {
    let level = if verbose {
        "warn,farwander=info,mp4_atom=error"
    } else {
        "warn,wgpu_hal=error,mp4_atom=error"
    };
    let filter = EnvFilter::try_from_env(LOG_VARIABLE).unwrap_or_else(|_| EnvFilter::new(level));
    let stderr = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        .with_filter(filter);
    let (file, trouble) = match log_dir.map(open_log) {
        Some(Ok(file)) => (Some(file), None),
        Some(Err(error)) => (None, Some(format!("The log file could not be opened: {error}."))),
        None => (None, None),
    };
    let (file_layer, guard) = match file {
        Some(file) => {
            let (writer, guard) = tracing_appender::non_blocking(file);
            let layer = tracing_subscriber::fmt::layer()
                .with_writer(writer)
                .with_ansi(false)
                .with_filter(EnvFilter::new(FILE_FILTER));
            (Some(layer), Some(guard))
        }
        None => (None, None),
    };
    let last_lines = tracing_subscriber::fmt::layer()
        .with_writer(crash::LastLines::default)
        .with_ansi(false)
        .with_filter(EnvFilter::new(FILE_FILTER));
    // A second call (tests) keeps the first subscriber.
    let _ = tracing_subscriber::registry()
        .with(stderr)
        .with(file_layer)
        .with(last_lines)
        .try_init();
    (LogGuard { _file: guard }, trouble)
}

/// Opens the log of this run; the log of the run before is kept beside it.
fn open_log(dir: &Path) -> std::io::Result<std::fs::File> {
    std::fs::create_dir_all(dir)?;
    let path = dir.join("farwander.log");
    if path.exists() {
        let _ = std::fs::rename(&path, dir.join("farwander.old.log"));
    }
    std::fs::File::create(path)
}

static CONTEXT: Mutex<Vec<(&'static str, String)>> = Mutex::new(Vec::new());

/// Remembers a fact for a crash report: the device, the world, the seed.
pub fn set_context(key: &'static str, value: impl Into<String>) {
    let mut context = CONTEXT.lock();
    context.retain(|(k, _)| *k != key);
    context.push((key, value.into()));
}

/// Lets the program end in peace when whoever reads its output has read enough (`farwander inspect | head`), where
/// printing panics.
pub fn end_with_the_reader() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let said = panic_message(info.payload());
        // A full disk is another matter.
        let left = ["os error 32)", "os error 109)", "os error 232)"]
            .iter()
            .any(|code| said.contains(code));
        if said.starts_with("failed printing to stdout") && left {
            #[expect(clippy::exit, reason = "nobody is left to tell anything")]
            std::process::exit(0);
        }
        usual(info);
    }));
}

/// The text of a panic's payload.
pub fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "unknown error".to_owned())
}

static START: OnceLock<Instant> = OnceLock::new();

/// Time since this process began (on Linux by the kernel's account, else since the first call).
pub fn since_process_start() -> Duration {
    START
        .get_or_init(|| {
            let now = Instant::now();
            age_from_kernel().and_then(|age| now.checked_sub(age)).unwrap_or(now)
        })
        .elapsed()
}

#[cfg(target_os = "linux")]
fn age_from_kernel() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Field 22 counts from the pid; the command name (field 2) may hold spaces, so count from its closing bracket.
    let ticks: f64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    let uptime = std::fs::read_to_string("/proc/uptime").ok()?;
    let now_secs: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    // The kernel's unit for user space is 1/100 s on every Linux.
    let age_secs = now_secs - ticks / 100.0;
    (0.0..3600.0)
        .contains(&age_secs)
        .then(|| Duration::from_secs_f64(age_secs))
}

#[cfg(not(target_os = "linux"))]
fn age_from_kernel() -> Option<Duration> {
    None
}

/// Memory that this process holds in bytes, where the system tells.
pub fn resident_bytes() -> Option<u64> {
    of_status(&std::fs::read_to_string(STATUS).ok()?, "VmRSS:")
}

/// The most that it held since the last [`forget_peak`], where the system tells.
pub fn peak_bytes() -> Option<u64> {
    of_status(&std::fs::read_to_string(STATUS).ok()?, "VmHWM:")
}

/// Begins the peak anew. Where that can't be done it stays that of the process.
pub fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// What Linux says of a process.
const STATUS: &str = "/proc/self/status";

fn of_status(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|l| l.strip_prefix(field))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

/// Events per second over the last two seconds.
#[derive(Debug, Default)]
pub struct RateMeter {
    at_secs: VecDeque<f64>,
}

impl RateMeter {
    const WINDOW_SECS: f64 = 2.0;

    /// Notes an event.
    pub fn tick(&mut self, now_secs: f64) {
        self.at_secs.push_back(now_secs);
        self.trim(now_secs);
    }

    fn trim(&mut self, now_secs: f64) {
        while self.at_secs.front().is_some_and(|&t| now_secs - t > Self::WINDOW_SECS) {
            self.at_secs.pop_front();
        }
    }

    /// Events per second; 0 when there are fewer than two in the window.
    pub fn per_sec(&mut self, now_secs: f64) -> f64 {
        self.trim(now_secs);
        match (self.at_secs.front(), self.at_secs.back()) {
            (Some(first), Some(last)) if last > first => {
                (self.at_secs.len() - 1) as f64 / (last - first).max(now_secs - last)
            }
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_of_even_ticks_is_exact_and_fades_after_the_last() {
        let mut meter = RateMeter::default();
        for i in 0..100 {
            meter.tick(f64::from(i) / 24.0);
        }
        let last = 99.0 / 24.0;
        assert!((meter.per_sec(last) - 24.0).abs() < 1e-6);
        assert_eq!(meter.per_sec(last + 3.0), 0.0);
    }

    #[test]
    fn the_process_has_an_age_and_memory() {
        let age = since_process_start();
        assert!(age < Duration::from_secs(3600), "{age:?}");
        if cfg!(target_os = "linux") {
            assert!(resident_bytes().unwrap() > 100_000);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_large_vector_raises_the_peak_and_the_next_peak_forgets_it() {
        const MIB: u64 = 1 << 20;
        forget_peak();
        let before = peak_bytes().unwrap();
        let large = vec![1u8; 64 << 20];
        assert_eq!(large[large.len() / 2], 1);
        let with = peak_bytes().unwrap();
        assert!(with > before + 60 * MIB, "{before} {with}");
        drop(large);
        forget_peak();
        let after = peak_bytes().unwrap();
        assert!(after + 50 * MIB < with, "{after} {with}");
    }

    #[test]
    fn panic_payloads_of_both_kinds_are_read() {
        assert_eq!(panic_message(&"a"), "a");
        assert_eq!(panic_message(&"b".to_owned()), "b");
        assert_eq!(panic_message(&1_u8), "unknown error");
    }
}

//! What is left of a panic: a file for people who may want to send it to somebody, and the news for whoever can show it.
//! The hook runs on the thread that panicked; the last lines of the log are kept in memory for it.

use std::backtrace::Backtrace;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use parking_lot::Mutex;

use super::{CONTEXT, panic_message};
use crate::paths;

mod private;

/// Reports that are kept; older ones go.
const KEPT: usize = 10;
/// Lines of the log that a report holds.
const LINES: usize = 60;
/// Innermost functions of the panicking thread that a report holds.
const FUNCTIONS: usize = 60;
/// The file that names the report nobody has seen yet.
const UNSEEN: &str = "crash-unseen";

/// A panic as it is told to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrashReport {
    /// The file; `None` if it could not be written.
    pub path: Option<PathBuf>,
    /// The thread; nothing for a report of an earlier run.
    pub thread: Option<String>,
    /// What stands in the file.
    pub text: String,
}

impl CrashReport {
    /// A report in `dir` that no run has shown to the user yet.
    pub fn unseen(dir: &Path) -> Option<Self> {
        let name = std::fs::read_to_string(dir.join(UNSEEN)).ok()?;
        // The name of a file in this folder, whatever somebody may have written there.
        let path = dir.join(Path::new(name.trim()).file_name()?);
        let text = std::fs::read_to_string(&path).ok()?;
        Some(Self {
            path: Some(path),
            thread: None,
            text,
        })
    }

    /// The user has seen it: the next start does not show it again.
    pub fn seen(&self) {
        if let Some(dir) = self.path.as_deref().and_then(Path::parent) {
            let _ = std::fs::remove_file(dir.join(UNSEEN));
        }
    }

    fn write(dir: &Path, thread: &str, text: String) -> Self {
        let path = paths::fresh_file(dir, "crash", "txt");
        let written = std::fs::create_dir_all(dir)
            .and_then(|()| std::fs::write(&path, &text))
            .and_then(|()| {
                std::fs::write(
                    dir.join(UNSEEN),
                    path.file_name().unwrap_or_default().as_encoded_bytes(),
                )
            });
        if let Err(error) = &written {
            tracing::warn!("The crash report could not be written: {error}.");
        }
        forget_old(dir);
        Self {
            path: written.is_ok().then_some(path),
            thread: Some(thread.to_owned()),
            text,
        }
    }
}

/// Deletes all but the newest reports; their names tell the time.
fn forget_old(dir: &Path) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    let mut reports: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with("crash-") && name.ends_with(".txt")
        })
        .collect();
    reports.sort();
    let old = reports.len().saturating_sub(KEPT);
    for path in &reports[..old] {
        let _ = std::fs::remove_file(path);
    }
}

type Tell = dyn Fn(CrashReport) + Send + Sync;
static TELL: OnceLock<Box<Tell>> = OnceLock::new();

/// Who is to be told of a panic while the program lives on. Called on the thread that panicked; the first call counts.
pub fn on_crash(tell: impl Fn(CrashReport) + Send + Sync + 'static) {
    let _ = TELL.set(Box::new(tell));
}

/// Replaces the default panic output by a line in the log, and by a report in `dir` for people: what, where, with which
/// parts, and what happened before.
pub fn install_panic_hook(dir: Option<PathBuf>) {
    std::panic::set_hook(Box::new(move |info| {
        let message = panic_message(info.payload());
        let place = info.location().map(|l| format!("{}:{}", l.file(), l.line()));
        let thread = std::thread::current();
        let name = thread.name().unwrap_or("unnamed");
        // `try_lock`: the panic may have struck while this thread held the lock.
        let context = CONTEXT.try_lock().map(|context| context.clone()).unwrap_or_default();
        let log: Vec<String> = (LOG.try_lock()).map_or_else(Vec::new, |log| log.iter().cloned().collect());
        let at = place.as_deref().unwrap_or("unknown place");
        tracing::error!(
            "Farwander {} hit a bug in thread {name}: {message} ({at})",
            env!("CARGO_PKG_VERSION")
        );
        let Some(dir) = &dir else { return };
        let functions = functions(&Backtrace::force_capture().to_string());
        let text = report(name, &message, at, &context, &log, &functions);
        let crash = CrashReport::write(dir, name, text);
        if let Some(tell) = TELL.get() {
            tell(crash);
        }
    }));
}

/// The report as it is written.
fn report(
    thread: &str,
    message: &str,
    place: &str,
    context: &[(&'static str, String)],
    log: &[String],
    functions: &[String],
) -> String {
    let mut text = format!(
        "Farwander {} has hit a bug\n\nwhat      {message}\nwhere     {place}\nthread    {thread}\nsystem    {} {}\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
    );
    for (key, value) in context {
        let _ = writeln!(text, "{key:<9} {value}");
    }
    for (caption, lines) in [("The last lines of the log", log), ("Where the thread was", functions)] {
        if !lines.is_empty() {
            let _ = write!(text, "\n{caption}:\n");
            lines.iter().for_each(|line| text.push_str(&format!("  {line}\n")));
        }
    }
    private::without_paths(&text)
}

/// The names in a backtrace, innermost first, without the machinery of panics; nothing if the program was stripped of them.
fn functions(backtrace: &str) -> Vec<String> {
    let names = backtrace.lines().filter_map(|line| {
        let (number, name) = line.trim_start().split_once(": ")?;
        number.parse::<u32>().ok()?;
        Some(name.to_owned())
    });
    let names: Vec<String> = names.filter(|name| name != "<unknown>").collect();
    let panics = |name: &String| name.contains("panicking") || name.contains("panic_unwind");
    let begin = names.iter().rposition(panics).map_or(0, |last| last + 1);
    names.into_iter().skip(begin).take(FUNCTIONS).collect()
}

static LOG: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());

/// Takes lines of the log into memory, for a report.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LastLines;

impl io::Write for LastLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = LOG.lock();
        for line in String::from_utf8_lossy(bytes).lines() {
            if log.len() == LINES {
                log.pop_front();
            }
            log.push_back(line.to_owned());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[path = "crash_tests.rs"]
mod tests;

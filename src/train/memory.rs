//! The peak of this process's memory, as Linux counts it; what lies on a graphics device is not in it.

/// Where Linux tells it, and where it takes the wish to begin anew.
const STATUS: &str = "/proc/self/status";
const CLEAR: &str = "/proc/self/clear_refs";

/// Forgets the peak so far, so that the next is a stage's own. Where that can't be done the peak stays the whole run's.
pub(super) fn forget_peak() {
    let _ = std::fs::write(CLEAR, "5");
}

/// The peak of resident memory in MiB; none where the system does not tell.
pub(super) fn peak_mib() -> Option<f64> {
    of_status(&std::fs::read_to_string(STATUS).ok()?)
}

fn of_status(text: &str) -> Option<f64> {
    let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read() {
        assert_eq!(
            of_status("VmPeak:\t9 kB\nVmHWM:\t    2048 kB\nVmRSS:\t 5 kB\n"),
            Some(2.0)
        );
        assert_eq!(of_status("VmPeak:\t9 kB\n"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_large_vector_raises_the_peak_and_the_next_peak_forgets_it() {
        forget_peak();
        let before = peak_mib().unwrap();
        let large = vec![1u8; 64 << 20];
        assert_eq!(large[large.len() / 2], 1);
        let with = peak_mib().unwrap();
        assert!(with > before + 60.0, "{before} {with}");
        drop(large);
        forget_peak();
        let after = peak_mib().unwrap();
        assert!(after < with - 50.0, "{after} {with}");
    }
}

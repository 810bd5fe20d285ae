//! How the C library keeps memory that was given back to it, where that library is glibc.

/// Keeps memory from growing over hours of play. To be called once, before threads begin, by what plays a world.
///
/// glibc gives threads heaps of their own, up to eight for each core, and each keeps what its largest moment needed: tens of megabytes for a bookmark, a recording or
/// a look at files, and gaps in the heap of one worker that another can't use. On two cores one heap does for all, as quickly; here there is one for every four. Pieces above
/// 4 MiB (those of a bookmark, but not the tensors of a step) go back to the system at once.
pub fn keep_memory_steady() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let options = [
            (libc::M_ARENA_MAX, threads.div_ceil(4).min(8) as i32),
            (libc::M_MMAP_THRESHOLD, 4 << 20),
            (libc::M_TRIM_THRESHOLD, 32 << 20),
        ];
        for (option, value) in options {
            #[expect(unsafe_code, reason = "an option of the C library")]
            // SAFETY: `mallopt` takes plain numbers and may be called at any time.
            let taken = unsafe { libc::mallopt(option, value) };
            if taken == 0 {
                tracing::info!("the C library does not take option {option} of its heap");
            }
        }
    }
}

/// Gives what was freed back to the system: heaps keep it, up to hundreds of megabytes after a long walk's past has been dropped. Takes milliseconds,
/// so for moments in which nothing moves.
pub fn give_memory_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        #[expect(unsafe_code, reason = "a request to the C library")]
        // SAFETY: `malloc_trim` takes a plain number and may be called at any time; it touches free memory only.
        let given = unsafe { libc::malloc_trim(0) };
        tracing::debug!("memory was given back: {given}");
    }
}

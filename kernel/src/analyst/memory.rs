//! The memory of this process.

use std::fs;

use nix::unistd::{SysconfVar, sysconf};

/// How many bytes of it no other process shares: 0 where the system does not say.
pub fn own() -> u64 {
    // Pages: in all, in memory, of those shared with files.
    let Ok(text) = fs::read_to_string("/proc/self/statm") else { return 0 };
    let pages: Vec<u64> = text.split_whitespace().filter_map(|count| count.parse().ok()).collect();
    let page = sysconf(SysconfVar::PAGE_SIZE).ok().flatten().unwrap_or(4096);
    match pages[..] {
        [_, resident, shared, ..] => resident.saturating_sub(shared) * page as u64,
        _ => 0,
    }
}

/// Gives back to the system what has been freed. The allocator keeps it otherwise: here hundreds of megabytes, between
/// what is still used.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it can be called at any time.
    unsafe {
        libc::malloc_trim(0);
    }
}

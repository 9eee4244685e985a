//! A rustc that is already loaded.
//!
//! rustc spends 6 to 8 ms of every call on being loaded. A session keeps one that waits after it was loaded
//! ([`server`]), and forks for each compile ([`client`]). It is rustc as it was installed, with a library of Soma's
//! preloaded (`kernel/waiting`). Where that library, the process or its socket is missing, a compile starts rustc in the
//! ordinary way; only the time differs.

pub mod client;
pub mod server;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The file name of the library that is preloaded.
pub const LIBRARY: &str = "libsoma_waiting.so";

/// The descriptor from which a waiting rustc reads its arguments, as the library puts them there.
const ARGUMENTS: &str = "@/proc/self/fd/200";

/// The variable that makes rustc wait.
const WAIT: &str = "SOMA_RUSTC_WAITS";

/// Whether a rustc for this system can wait.
pub fn is_possible(host: &str) -> bool {
    host.ends_with("-linux-gnu")
}

/// The socket of the rustc that waits in a session. Its name changes when the toolchain is updated: what was loaded
/// before is not used then.
fn socket(session: &Path, rustc: &Path) -> Option<PathBuf> {
    let file = rustc.metadata().ok()?;
    let (inode, changed) = (file.ino(), file.mtime_nsec().unsigned_abs() ^ file.mtime().unsigned_abs() << 30);
    Some(session.join(format!("rustc-{inode:x}-{changed:x}")))
}

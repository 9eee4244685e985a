//! The folder of a session: which one it is, and the names of the files in it that several parts of the kernel know.

use std::path::PathBuf;

/// Names the session's folder to Soma's stand-ins; its absence means that nobody is a stand-in.
pub const SESSION_DIR: &str = "SOMA_SESSION_DIR";

/// The kernel's socket.
pub const SOCKET: &str = "channel";

/// The program that is compiled; panics name it, and the engine maps its lines back to cells.
pub const SOURCE: &str = "src/cell.rs";

/// What rustc warned of in the last cell that it compiled: a list of its diagnostics, with the places in [`SOURCE`].
pub const WARNINGS: &str = "warnings.json";

/// Names the entry of the cache that the last cell has.
pub const KEY: &str = "key";

/// Holds the number of the process that compiles a cell, while it does; it leads a process group that rustc is in.
pub const BUILD_PID: &str = "build.pid";

/// Holds the number of the process group of a shell that the kernel waits for.
pub const SHELL_PID: &str = "shell.pid";

/// The folder of the session that this process serves as a stand-in.
pub fn session_dir() -> Option<PathBuf> {
    std::env::var_os(SESSION_DIR).map(PathBuf::from)
}

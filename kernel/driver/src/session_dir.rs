//! The session's folder: its path, and the names of files in it that several parts of the kernel use.

use std::path::PathBuf;

/// The variable that tells Soma's stand-ins the session's folder; without it, a process is not a stand-in.
pub const SESSION_DIR: &str = "SOMA_SESSION_DIR";

/// The kernel's socket.
pub const SOCKET: &str = "channel";

/// The program that is compiled; panics name it, and the engine maps its lines back to cells.
pub const SOURCE: &str = "src/cell.rs";

/// rustc's warnings about the last cell that it compiled: a list of diagnostics, with places in [`SOURCE`].
pub const WARNINGS: &str = "warnings.json";

/// The key of the last cell's entry in the cache.
pub const KEY: &str = "key";

/// The number of the process that compiles a cell, while it does; it leads a process group that includes rustc.
pub const BUILD_PID: &str = "build.pid";

/// The number of the process group of the rustc that waits for compiles, while there is one.
pub const WAITING_PID: &str = "waiting.pid";

/// The number of the process group of a shell that the kernel waits for.
pub const SHELL_PID: &str = "shell.pid";

/// The session's folder, if this process is a stand-in.
pub fn session_dir() -> Option<PathBuf> {
    std::env::var_os(SESSION_DIR).map(PathBuf::from)
}

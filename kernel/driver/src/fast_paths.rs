//! What makes cells and answers fast and can be done without: each is left out where the system does not allow it, and can
//! be turned off.

use std::env;

/// The variable with the names of those that are off, between commas.
const OFF: &str = "SOMA_WITHOUT";

/// A way to do something faster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FastPath {
    /// evcxr starts a small program for each cell instead of `soma`.
    Driver,
    /// A rustc that is already loaded forks for each cell.
    WaitingRustc,
    /// The driver links cells instead of a linker.
    Linker,
    /// Only loops that gain from it are optimised.
    Levels,
    /// Completions are prepared while the machine is idle.
    EarlyAnalyst,
}

impl FastPath {
    /// The name in [`OFF`].
    fn name(self) -> &'static str {
        match self {
            FastPath::Driver => "driver",
            FastPath::WaitingRustc => "waiting-rustc",
            FastPath::Linker => "linker",
            FastPath::Levels => "levels",
            FastPath::EarlyAnalyst => "early-analyst",
        }
    }

    /// Whether the user has left it on.
    pub fn is_on(self) -> bool {
        env::var(OFF).map_or(true, |off| off.split(',').all(|name| name.trim() != self.name()))
    }
}

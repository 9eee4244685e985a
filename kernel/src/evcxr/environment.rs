//! Variables of the environment that evcxr reads or sets.

/// The folder in which evcxr keeps the crate of a session.
pub const TMPDIR: &str = "EVCXR_TMPDIR";

/// The folder in which evcxr looks for its start-up files. Soma reads them itself ([`super::startup`]), and shows evcxr
/// another.
pub const CONFIG_DIR: &str = "EVCXR_CONFIG_DIR";

/// Tells a process that it runs cells. Crates look for it to know that they are in a notebook; evcxr itself, to know
/// whether it is to run cells instead of compiling them.
pub const IS_RUNTIME: &str = "EVCXR_IS_RUNTIME";

/// Names to what evcxr takes for cargo a file that is to hold the path of the cell's library.
pub const LIBRARY_PATH_FILE: &str = "EVCXR_EXECUTION_SO_PATH";

//! Environment variables that evcxr reads or sets.

/// The folder in which evcxr keeps the crate of a session.
pub const TMPDIR: &str = "EVCXR_TMPDIR";

/// The folder in which evcxr looks for its start-up files. Soma reads them itself ([`super::startup`]), and shows evcxr
/// another folder.
pub const CONFIG_DIR: &str = "EVCXR_CONFIG_DIR";

/// Tells a process that it runs cells. Crates read it to know that they are in a notebook; evcxr itself reads it to
/// know whether to run cells or to compile them.
pub const IS_RUNTIME: &str = "EVCXR_IS_RUNTIME";

/// The file into which the program that evcxr takes for cargo writes the path of the cell's library.
pub const LIBRARY_PATH_FILE: &str = "EVCXR_EXECUTION_SO_PATH";

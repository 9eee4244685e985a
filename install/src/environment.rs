//! The environment of the lab's programs: the Python environment first, separate folders for Jupyter, and none of the
//! variables that are meant for cargo's children only.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The variables that cargo sets for the program that it runs. A build script or a kernel further down would use them
/// as its own.
const OF_CARGO: [&str; 6] = [
    "CARGO",
    "CARGO_BIN_NAME",
    "CARGO_CRATE_NAME",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_PRIMARY_PACKAGE",
];

/// Removes the variables that cargo sets for the programs it runs, and the library path that it puts before the user's.
pub fn without_cargo(command: &mut Command) {
    let variables = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for name in variables.filter(|name| OF_CARGO.contains(&name.as_str()) || name.starts_with("CARGO_PKG_")) {
        command.env_remove(name);
    }
    if std::env::var_os("CARGO").is_some() {
        command.env_remove("LD_LIBRARY_PATH").env_remove("DYLD_FALLBACK_LIBRARY_PATH");
    }
}

/// Does what `activate` does in a shell.
pub fn in_venv(command: &mut Command, venv: &Path) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(venv.join("bin")).chain(std::env::split_paths(&path));
    let path = std::env::join_paths(folders).unwrap_or_else(|_| OsString::from(venv.join("bin")));
    command.env("PATH", path).env("VIRTUAL_ENV", venv);
    command.env_remove("PYTHONHOME").env_remove("PYTHONPATH");
}

/// The folders in which Jupyter and the kernel keep settings, running servers, data and history: never the user's own.
#[derive(Clone, Debug)]
pub struct JupyterFolders {
    folder: PathBuf,
}

impl JupyterFolders {
    /// All of them below this folder; Jupyter makes those that it needs.
    pub fn under(folder: impl Into<PathBuf>) -> JupyterFolders {
        JupyterFolders { folder: folder.into() }
    }

    /// The folder in which running servers leave their addresses.
    pub fn runtime(&self) -> PathBuf {
        self.folder.join("runtime")
    }

    /// The folder from which settings are read.
    pub fn config(&self) -> PathBuf {
        self.folder.join("config")
    }

    /// The folder in which the Rust kernel keeps its history.
    pub fn history(&self) -> PathBuf {
        self.folder.join("history.sqlite")
    }

    /// Passes the folders to a command, in its environment.
    pub fn apply(&self, command: &mut Command) {
        command
            .env("JUPYTER_CONFIG_DIR", self.config())
            .env("JUPYTER_RUNTIME_DIR", self.runtime())
            .env("JUPYTER_DATA_DIR", self.folder.join("data"))
            .env("IPYTHONDIR", self.folder.join("ipython"))
            .env("SOMA_HISTORY", self.history())
            .env_remove("JUPYTER_PATH")
            .env_remove("JUPYTER_CONFIG_PATH")
            .env_remove("JUPYTERLAB_SETTINGS_DIR")
            .env_remove("JUPYTERLAB_WORKSPACES_DIR");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_in_these_folders_is_no_part_of_the_persons_history() {
        let mut command = Command::new("jupyter");
        JupyterFolders::under("/lab").apply(&mut command);
        let history = command.get_envs().find(|(name, _)| *name == "SOMA_HISTORY");
        assert_eq!(history.unwrap().1, Some("/lab/history.sqlite".as_ref()));
    }
}

//! The environment in which the kernel was started, for the tools that it starts.

use std::path::PathBuf;
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::search;
use crate::evcxr::environment::CONFIG_DIR;

/// The kernel's environment at its start; `None` for a variable that was not set.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Original {
    /// The variables that Soma sets for evcxr and that users may have set.
    variables: Vec<(String, Option<String>)>,
    /// The folder in which the kernel was started: the notebook's.
    pub folder: PathBuf,
}

impl Original {
    /// Reads the current environment.
    pub fn read() -> Original {
        let variables = ["PATH", "CARGO", "RUSTC", "CARGO_HOME", CONFIG_DIR];
        Original {
            variables: variables.map(|name| (name.to_owned(), std::env::var(name).ok())).into(),
            folder: std::env::current_dir().unwrap_or_default(),
        }
    }

    /// The names and values.
    pub fn variables(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_deref()))
    }

    /// The value that a variable had.
    pub fn get(&self, variable: &str) -> Option<&str> {
        self.variables().find(|(name, _)| *name == variable)?.1
    }

    /// Sets this environment for a tool, with a `PATH` on which it finds a linker.
    pub fn restore(&self, command: &mut Command) {
        for (name, value) in self.variables() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.env("PATH", search::path_with_linker(self.get("PATH")));
        if self.get("CARGO_HOME").is_none()
            && let Some(home) = search::cargo_home()
        {
            command.env("CARGO_HOME", home);
        }
    }
}

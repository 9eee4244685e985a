//! evcxr's start-up files, which run before a session's first cell.
//!
//! `evcxr.toml`, beside the notebook or else in evcxr's folder of settings, may have settings, dependencies and a
//! prelude. Without dependencies, those of `init.evcxr` are used, and without a prelude, `prelude.rs`; both are in that
//! folder. Soma reads these files itself and shows evcxr a folder with an `evcxr.toml` of its own: a file that evcxr
//! cannot read would keep the session from starting, and code that evcxr ran itself would skip the preparation of cells.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use toml::{Table, Value};

use super::environment;

/// evcxr's own file.
const FILE: &str = "evcxr.toml";

/// A piece of a start-up file.
#[derive(Debug, PartialEq)]
pub struct Piece {
    /// The file, and the part of it.
    pub name: String,
    /// A cell.
    pub code: String,
}

/// The folders of start-up files.
pub struct Places {
    /// The notebook's folder.
    pub notebook: PathBuf,
    /// evcxr's folder of settings: `EVCXR_CONFIG_DIR`, or `evcxr` in the account's folder of settings.
    pub settings: Option<PathBuf>,
}

impl Places {
    /// The folders for a notebook in this folder. `variable` reads environment variables.
    pub fn of(notebook: &Path, variable: impl Fn(&str) -> Option<String>) -> Places {
        let named = variable(environment::CONFIG_DIR).map(PathBuf::from);
        Places { notebook: notebook.to_owned(), settings: named.or_else(|| Some(dirs::config_dir()?.join("evcxr"))) }
    }

    /// Starts evcxr so that it sees none of these files, but its folder of settings (`EVCXR_CONFIG_DIR`) with Soma's own
    /// settings; the processes that it starts still run in the notebook's folder.
    ///
    /// `level` is the optimisation level that it writes into its manifest. Were it set later, the manifest of the first
    /// cell would be another, and rust-analyzer would read the whole project again.
    ///
    /// # Errors
    /// When the settings cannot be written.
    pub fn hidden_from_evcxr<T>(
        &self,
        settings: &Path,
        level: &str,
        mut runtime: Command,
        start: impl FnOnce(Command) -> T,
    ) -> io::Result<T> {
        let level = Value::from(level);
        std::fs::write(settings.join(FILE), format!("[evcxr]\nopt_level = {level}\n"))?;
        if !self.notebook.join(FILE).exists() {
            return Ok(start(runtime));
        }
        runtime.current_dir(&self.notebook);
        // At that moment only evcxr opens files by relative paths.
        let hidden = std::env::set_current_dir(settings).is_ok();
        let started = start(runtime);
        if hidden && let Err(error) = std::env::set_current_dir(&self.notebook) {
            tracing::warn!("cannot go back to {}: {error}", self.notebook.display());
        }
        Ok(started)
    }

    /// The pieces to run, in order; an error message for a file that cannot be read or is not TOML.
    pub fn read(&self) -> Vec<Result<Piece, String>> {
        let mut pieces = Vec::new();
        let folders = [Some(&self.notebook), self.settings.as_ref()].into_iter().flatten();
        let file = folders.map(|folder| folder.join(FILE)).find(|file| file.exists());
        let table = file.as_ref().map(|file| (file, read(file).and_then(|text| parse(file, &text))));
        let (mut dependencies, mut prelude) = (None, None);
        match table {
            Some((file, Ok(table))) => {
                let settings = table.get("evcxr").and_then(Value::as_table).map(settings).unwrap_or_default();
                let needed = table.get("dependencies").and_then(Value::as_table).map(commands).unwrap_or_default();
                let text = table.get("evcxr").and_then(|evcxr| evcxr.get("prelude")?.as_str());
                let piece = |what: &str, code: &str| Piece {
                    name: format!("{what} of {}", file.display()),
                    code: code.to_owned(),
                };
                pieces.extend(
                    Some(settings).filter(|code| !code.is_empty()).map(|code| Ok(piece("the settings", &code))),
                );
                dependencies =
                    Some(needed).filter(|code| !code.is_empty()).map(|code| Ok(piece("the dependencies", &code)));
                prelude = text.map(|code| Ok(piece("the prelude", code)));
            }
            Some((_, Err(error))) => pieces.push(Err(error)),
            None => {}
        }
        let of_settings = |name: &str| {
            let file = self.settings.as_ref()?.join(name);
            file.exists().then(|| Ok(Piece { name: file.display().to_string(), code: read(&file)? }))
        };
        pieces.extend(dependencies.or_else(|| of_settings("init.evcxr")));
        pieces.extend(prelude.or_else(|| of_settings("prelude.rs")));
        pieces
    }
}

fn read(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))
}

fn parse(file: &Path, text: &str) -> Result<Table, String> {
    text.parse()
        .map_err(|error: toml::de::Error| format!("{} is not TOML: {}", file.display(), error.to_string().trim()))
}

/// The settings as commands. Settings of how and where evcxr compiles have no effect here.
fn settings(evcxr: &Table) -> String {
    let switch = |key: &str, command: &str| {
        evcxr.get(key).and_then(Value::as_bool).map(|on| format!("{command} {}\n", u8::from(on)))
    };
    let level = match evcxr.get("opt_level") {
        Some(Value::String(level)) => Some(format!(":opt {level}\n")),
        Some(Value::Integer(level)) => Some(format!(":opt {level}\n")),
        _ => None,
    };
    let switches =
        [switch("offline_mode", ":offline"), switch("preserve_vars_on_panic", ":preserve_vars_on_panic"), level];
    switches.into_iter().flatten().collect()
}

/// The dependencies as commands, one a line.
fn commands(dependencies: &Table) -> String {
    dependencies.iter().map(|(name, requirement)| format!(":dep {name} = {requirement}\n")).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn places(root: &Path) -> Places {
        let [notebook, settings] = ["notebook", "settings"].map(|name| root.join(name));
        for folder in [&notebook, &settings] {
            fs::create_dir_all(folder).unwrap();
        }
        Places { notebook, settings: Some(settings) }
    }

    fn codes(places: &Places) -> Vec<String> {
        places.read().into_iter().map(|piece| piece.unwrap().code).collect()
    }

    #[test]
    fn without_files_there_is_nothing_to_run() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(places(root.path()).read(), []);
        assert_eq!(Places { notebook: root.path().into(), settings: None }.read(), []);
    }

    #[test]
    fn what_is_beside_the_notebook_comes_first() {
        let root = tempfile::tempdir().unwrap();
        let places = places(root.path());
        let settings = places.settings.as_ref().unwrap();
        fs::write(settings.join("init.evcxr"), ":dep a = \"1\"").unwrap();
        fs::write(settings.join("prelude.rs"), "use a::b;").unwrap();
        assert_eq!(codes(&places), [":dep a = \"1\"", "use a::b;"]);
        fs::write(settings.join("evcxr.toml"), "[evcxr]\nprelude = \"use c::d;\"").unwrap();
        assert_eq!(codes(&places), [":dep a = \"1\"", "use c::d;"]);
        let own = "[evcxr]\ntmpdir = \"/x\"\nopt_level = \"1\"\noffline_mode = true\n\
                   [dependencies]\ne = { version = \"1\", features = [\"f\"] }\ng = \"2\"";
        fs::write(places.notebook.join("evcxr.toml"), own).unwrap();
        let codes = codes(&places);
        assert_eq!(codes[0], ":offline 1\n:opt 1\n");
        assert!(codes[1].starts_with(":dep e = {") && codes[1].ends_with("\n:dep g = \"2\"\n"), "{codes:?}");
        assert_eq!(codes[1].lines().count(), 2);
        assert_eq!(codes[2], "use a::b;");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let root = tempfile::tempdir().unwrap();
        let places = places(root.path());
        fs::write(places.notebook.join("evcxr.toml"), "[evcxr").unwrap();
        let pieces = places.read();
        let error = pieces[0].as_ref().unwrap_err();
        assert!(error.contains("evcxr.toml is not TOML"), "{error}");
    }
}

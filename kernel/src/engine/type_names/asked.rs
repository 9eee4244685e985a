//! Asks rustc for the public path of a type whose definition is in a private module.
//!
//! A value knows its type by the path of its definition (`std::any::type_name`), and crates re-export types that they
//! define in private modules: `ndarray::iterators::Windows` is `ndarray::iter::Windows` to other crates. This module
//! asks rustc: once whether a path can be used at all, and if not, through the message of an unmet trait bound, which
//! names types by their visible paths. The answers are kept on disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use regex::Regex;
use soma_driver::diagnostic::CompilerOutput;
use soma_driver::session_dir::SOURCE;
use soma_driver::toolchain::command_line::CommandLine;
use soma_driver::toolchain::handoff::SessionNotes;
use soma_driver::toolchain::warming;
use soma_driver::{dirs, shared};

/// The public paths of definitions; `None` for a definition without one.
#[derive(Default)]
pub struct PublicPaths {
    known: BTreeMap<String, Option<String>>,
    identity: String,
}

impl PublicPaths {
    /// The public path for each of these definition paths, which are parts of the type of `variable`, a variable that
    /// the last cell stored.
    ///
    /// # Errors
    /// When rustc cannot be run.
    pub fn find(
        &mut self,
        session: &Path,
        variable: &str,
        paths: &[String],
    ) -> Result<BTreeMap<String, Option<String>>> {
        let line: CommandLine = CommandLine::read(session)?;
        if line.identity != self.identity {
            self.known = known(&line.identity);
            self.identity.clone_from(&line.identity);
        }
        let new: Vec<&String> = paths.iter().filter(|path| !self.known.contains_key(*path)).collect();
        if !new.is_empty() {
            let rustc = Rustc { session, notes: SessionNotes::read(session)?, line };
            self.learn(&rustc, variable, &new)?;
            let file = file(&self.identity);
            // With a read-only home this only takes longer.
            let _ = self.write(&file);
            if let Some(folder) = warming::folder() {
                let _ = self.write(&file_in(&folder, &self.identity));
            }
        }
        Ok(paths.iter().map(|path| (path.clone(), self.known.get(path).cloned().flatten())).collect())
    }

    fn write(&self, file: &Path) -> std::io::Result<()> {
        dirs::private_dir(file.parent().expect("the file has a folder"))?;
        dirs::write_atomically(file, &serde_json::to_vec(&self.known)?)
    }

    fn learn(&mut self, rustc: &Rustc, variable: &str, new: &[&String]) -> Result<()> {
        let candidates: Vec<String> = new.iter().map(|path| as_named_here(&rustc.line, path)).collect();
        let written = rustc.can_write(&candidates)?;
        let private: Vec<&String> = new.iter().zip(&written).filter(|(_, yes)| !**yes).map(|(path, _)| *path).collect();
        self.known.extend(new.iter().zip(&candidates).map(|(path, named)| ((*path).clone(), Some(named.clone()))));
        if private.is_empty() {
            return Ok(());
        }
        let visible = rustc.visible_type(variable)?;
        let guesses: Vec<String> = private
            .iter()
            .map(|path| as_named_here(&rustc.line, &same_name(path, &visible).unwrap_or_default()))
            .collect();
        for ((path, guess), works) in private.iter().zip(&guesses).zip(rustc.can_write(&guesses)?) {
            self.known.insert((*path).clone(), works.then(|| guess.clone()));
        }
        Ok(())
    }
}

/// The path in `visible` that ends with the same name as `path`.
fn same_name(path: &str, visible: &str) -> Option<String> {
    let name = path.rsplit("::").next()?;
    let word = Regex::new(r"[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*").expect("the pattern is a literal");
    word.find_iter(visible)
        .map(|found| found.as_str())
        .find(|other| other.rsplit("::").next() == Some(name))
        .map(str::to_owned)
}

/// What was learnt before with these libraries, by this account or by others.
fn known(identity: &str) -> BTreeMap<String, Option<String>> {
    let own = read(&file(identity));
    let shared = || shared::folders().iter().find_map(|folder| read(&file_in(folder, identity)));
    own.or_else(shared).unwrap_or_default()
}

fn file_in(folder: &Path, identity: &str) -> PathBuf {
    folder.join("paths").join(format!("{identity}.json"))
}

fn file(identity: &str) -> PathBuf {
    file_in(&dirs::cache_dir(), identity)
}

fn read(file: &Path) -> Option<BTreeMap<String, Option<String>>> {
    serde_json::from_slice(&fs::read(file).ok()?).ok()
}

/// A path with the name that its crate has in cells: `:dep rng = { package = "fastrand", … }` renames a crate.
fn as_named_here(line: &CommandLine, path: &str) -> String {
    let Some((root, rest)) = path.split_once("::") else { return path.to_owned() };
    let is_named = line.externs.iter().any(|(name, _)| name == root);
    let file = format!("{}{root}-", std::env::consts::DLL_PREFIX);
    let renamed = line
        .externs
        .iter()
        .find(|(_, path)| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&file)));
    match renamed.filter(|_| !is_named) {
        Some((name, _)) => format!("{name}::{rest}"),
        None => path.to_owned(),
    }
}

/// Checks small programs against the libraries of the last cell.
struct Rustc<'a> {
    session: &'a Path,
    notes: SessionNotes,
    line: CommandLine,
}

impl Rustc<'_> {
    /// Whether each path can be used in a program.
    fn can_write(&self, paths: &[String]) -> Result<Vec<bool>> {
        let text: String = paths
            .iter()
            .map(
                |path| if path.is_empty() { "use missing as _;\n".to_owned() } else { format!("use ::{path} as _;\n") },
            )
            .collect();
        let messages = self.check(&text)?;
        let mut works = vec![true; paths.len()];
        for span in messages.errors().flat_map(|error| &error.spans).filter(|span| span.is_primary) {
            if let Some(works) = works.get_mut(span.line_start.wrapping_sub(1)) {
                *works = false;
            }
        }
        Ok(works)
    }

    /// A variable's type as rustc's messages name it.
    fn visible_type(&self, variable: &str) -> Result<String> {
        let program = fs::read_to_string(self.session.join(SOURCE))?;
        let store = format!("put_variable::<_>(stringify!({variable})");
        let mut text = String::new();
        for line in program.lines() {
            if line.contains(&store) {
                text.push_str(&format!("::soma_cell::show::name_type(&{variable});\n"));
            }
            text.push_str(line);
            text.push('\n');
        }
        let messages = self.check(&text)?;
        let bound = messages.diagnostics.iter().map(|said| &*said.message);
        Ok(bound.filter(|text| text.contains("soma_cell::show::Nothing")).collect::<Vec<_>>().join(" "))
    }

    fn check(&self, text: &str) -> Result<CompilerOutput> {
        let folder = self.session.join("probe");
        dirs::private_dir(&folder)?;
        let source = folder.join("probe.rs");
        fs::write(&source, text)?;
        let mut command = Command::new(&self.notes.facts.rustc);
        command
            .args(["--edition", "2024", "--crate-name", "ctx", "--crate-type", "lib", "--emit", "metadata"])
            .args(["--error-format", "json", "--cap-lints", "allow", "--verbose", "-Z", "trim-diagnostic-paths=no"])
            .args(&self.line.libraries)
            .arg("--out-dir")
            .arg(&folder)
            .arg(&source)
            .stdin(Stdio::null());
        self.notes.original.restore(&mut command);
        // The option that makes messages name types in full is unstable.
        command.env("RUSTC_BOOTSTRAP", "1");
        let output = command.output().context("cannot run rustc")?;
        Ok(CompilerOutput::read(&output.stderr))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_path_is_found_by_its_last_name() {
        let visible =
            "the trait bound `ndarray::iter::Windows<'_, f64, ndarray::Dim<[usize; 1]>>: Nothing` is not satisfied";
        assert_eq!(
            same_name("ndarray::iterators::windows::Windows", visible).as_deref(),
            Some("ndarray::iter::Windows")
        );
        assert_eq!(same_name("ndarray::dimension::dim::Dim", visible).as_deref(), Some("ndarray::Dim"));
        assert_eq!(same_name("a::private::Thing", visible), None);
    }
}

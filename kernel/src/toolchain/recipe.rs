//! How a cell is compiled: the compiler's call, and the key under which its result is kept.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

use super::cell_build::SOURCE;
use super::cell_libs::CellLibs;
use super::dependencies::Dependencies;
use super::facts::{Facts, hex};
use super::messages::LINTS;
use super::notes::Original;

/// How a cell is compiled, apart from its text.
#[derive(Clone, Copy)]
pub struct Recipe<'a> {
    /// The toolchain.
    pub facts: &'a Facts,
    /// What every cell links.
    pub libs: &'a CellLibs,
    /// The crates that the session has added.
    pub dependencies: &'a Dependencies,
    /// The crates that the cell can name, and their files.
    pub externs: &'a [(String, PathBuf)],
    /// rustc's `opt-level`.
    pub opt_level: &'a str,
    /// Look for errors only, and make nothing.
    pub check_only: bool,
}

impl Recipe<'_> {
    /// Everything that decides what rustc makes of a text.
    pub fn key(&self, text: &str) -> String {
        let mut digest = Sha256::new();
        let (version, dependencies) = (&self.facts.version, &self.dependencies.identity);
        let emit = if self.check_only { "check" } else { "build" };
        for part in [env!("SOMA_DRIVER"), emit, version, &self.libs.key, dependencies, self.opt_level, text] {
            digest.update(part.len().to_le_bytes());
            digest.update(part.as_bytes());
        }
        hex(&digest.finalize())
    }

    /// The arguments that name the libraries a cell can use.
    pub fn libraries(&self) -> Vec<String> {
        let mut arguments = vec!["-L".to_owned(), format!("dependency={}", self.libs.deps.display())];
        arguments.extend(self.dependencies.search());
        let externs = self.externs.iter();
        arguments
            .extend(externs.flat_map(|(name, file)| ["--extern".to_owned(), format!("{name}={}", file.display())]));
        arguments
    }

    /// The arguments by which the loader looks for dylibs in this folder.
    fn search_at_load(&self, folder: &Path) -> [String; 4] {
        // A C compiler has to be told to hand it on.
        let prefix = if self.libs.linker.is_empty() { "-Wl," } else { "" };
        let argument = |part: &str| format!("link-arg={prefix}{part}");
        ["-C".to_owned(), argument("-rpath"), "-C".to_owned(), argument(&folder.display().to_string())]
    }

    /// The compiler's call. Debug assertions and overflow checks are on, as in a debug build; crate name and
    /// metadata are the same for every cell, so that a type has one `TypeId` in all of them.
    pub fn command(&self, library: &Path, original: &Original) -> Command {
        let mut command = Command::new(&self.facts.rustc);
        command
            .args(["--edition", "2024", "--crate-name", "ctx", "--crate-type", "cdylib", "--error-format", "json"])
            .args(["-C", "prefer-dynamic", "-C", "metadata=soma", "-C", "codegen-units=1"])
            .args(["-C", "debug-assertions=on", "-C", "overflow-checks=on", "-C", "strip=debuginfo"])
            .args(["-A", "unused", "-A", "nonstandard_style", "-A", "future_incompatible"])
            .args(LINTS.iter().flat_map(|lint| ["-W", lint]))
            .args(["-C", &format!("opt-level={}", self.opt_level)])
            .args(&self.libs.linker)
            .args(self.libraries());
        let target_libdir = self.facts.target_libdir();
        let folders = [&self.libs.deps, &target_libdir].into_iter().chain(&self.dependencies.folder);
        command.args(folders.flat_map(|folder| self.search_at_load(folder)));
        if self.check_only {
            command.arg("--emit=metadata").arg("--out-dir").arg(library.with_file_name("check"));
        } else {
            command.arg("-o").arg(library);
        }
        command.arg(SOURCE).stdin(Stdio::null());
        original.restore(&mut command);
        if std::env::var_os("RUST_MIN_STACK").is_none() {
            // Four times what it takes by itself: it goes one call deeper for each level of an expression.
            command.env("RUST_MIN_STACK", (32 << 20).to_string());
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The keys of recipes that differ in one thing each; the first is the usual one.
    fn keys() -> Vec<String> {
        let facts = Facts::find().unwrap();
        let mut other_compiler = facts.clone();
        other_compiler.version.push_str("-other");
        let libs = CellLibs {
            key: "libs".into(),
            dylib: PathBuf::new(),
            deps: PathBuf::new(),
            externs: Vec::new(),
            versions: Vec::new(),
            linker: Vec::new(),
        };
        let other_libs = CellLibs { key: "other".into(), ..libs.clone() };
        let none = Dependencies::default();
        let some = Dependencies { identity: "some".into(), ..Dependencies::default() };
        let usual =
            Recipe { facts: &facts, libs: &libs, dependencies: &none, externs: &[], opt_level: "0", check_only: false };
        vec![
            usual.key("cell"),
            usual.key("other cell"),
            Recipe { facts: &other_compiler, ..usual }.key("cell"),
            Recipe { libs: &other_libs, ..usual }.key("cell"),
            Recipe { dependencies: &some, ..usual }.key("cell"),
            Recipe { opt_level: "2", ..usual }.key("cell"),
            Recipe { check_only: true, ..usual }.key("cell"),
        ]
    }

    #[test]
    fn whatever_decides_what_rustc_makes_is_in_the_key() {
        let (first, again) = (keys(), keys());
        assert_eq!(first, again);
        assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), first.len());
    }
}

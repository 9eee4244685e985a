//! How a cell is compiled: the call of the compiler, and the key of its result.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

use super::cell_libs::CellLibs;
use super::dependencies::Dependencies;
use super::linker;
use super::messages::LINTS;
use super::original::Original;
use super::surroundings;
use super::toolchain_info::{ToolchainInfo, hex};
use crate::session_dir::SOURCE;

/// The variables that cargo sets when it compiles a crate, as for evcxr's crate; macros of other crates read them.
const PACKAGE: [(&str, &str); 16] = [
    ("CARGO_CRATE_NAME", "ctx"),
    ("CARGO_PKG_AUTHORS", ""),
    ("CARGO_PKG_DESCRIPTION", ""),
    ("CARGO_PKG_HOMEPAGE", ""),
    ("CARGO_PKG_LICENSE", ""),
    ("CARGO_PKG_LICENSE_FILE", ""),
    ("CARGO_PKG_NAME", "ctx"),
    ("CARGO_PKG_README", ""),
    ("CARGO_PKG_REPOSITORY", ""),
    ("CARGO_PKG_RUST_VERSION", ""),
    ("CARGO_PKG_VERSION", "1.0.0"),
    ("CARGO_PKG_VERSION_MAJOR", "1"),
    ("CARGO_PKG_VERSION_MINOR", "0"),
    ("CARGO_PKG_VERSION_PATCH", "0"),
    ("CARGO_PKG_VERSION_PRE", ""),
    ("CARGO_PRIMARY_PACKAGE", "1"),
];

/// What rustc is to make.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Output {
    /// Only its messages.
    Messages,
    /// An object file.
    Object,
    /// A library, for which rustc calls a linker.
    Library,
}

/// How a cell is compiled, apart from its text.
#[derive(Clone, Copy)]
pub struct Recipe<'a> {
    /// The toolchain.
    pub facts: &'a ToolchainInfo,
    /// What every cell links.
    pub libs: &'a CellLibs,
    /// The crates that the session has added.
    pub dependencies: &'a Dependencies,
    /// The crates that the cell can name, with their files.
    pub externs: &'a [(String, PathBuf)],
    /// rustc's `opt-level`.
    pub opt_level: &'a str,
    /// rustc's arguments for linking, which are looked up when they are needed.
    pub linker: &'a OnceCell<Vec<String>>,
    /// Whether to check for errors only, without output.
    pub check_only: bool,
    /// Whether the cell refers to no other libraries than [`Recipe::linked`] returns.
    pub is_usual: bool,
}

impl Recipe<'_> {
    /// The digest of everything that decides the result of compiling a text.
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

    fn linker(&self) -> &[String] {
        self.linker.get_or_init(|| linker::arguments(self.facts, self.libs))
    }

    /// The shared libraries that a usual cell refers to.
    pub fn linked(&self) -> Vec<PathBuf> {
        let holds_all = |name: &str| Some(name) == self.dependencies.linked();
        let dependencies = self.dependencies.externs.iter().filter(|(name, _)| holds_all(name)).map(|(_, file)| file);
        let own = [&self.libs.dylib].into_iter().chain(dependencies).cloned();
        own.chain(self.facts.standard_library()).collect()
    }

    /// The arguments that name the libraries a cell can use.
    pub fn libraries(&self) -> Vec<String> {
        let mut arguments = vec!["-L".to_owned(), format!("dependency={}", self.libs.deps.display())];
        arguments.extend(self.dependencies.search());
        // The library that a variable was made with may belong to another set of crates.
        let folders: BTreeSet<&Path> = self.externs.iter().filter_map(|(_, file)| file.parent()).collect();
        arguments.extend(
            folders.into_iter().flat_map(|folder| ["-L".to_owned(), format!("dependency={}", folder.display())]),
        );
        let externs = self.externs.iter();
        arguments
            .extend(externs.flat_map(|(name, file)| ["--extern".to_owned(), format!("{name}={}", file.display())]));
        arguments
    }

    /// The arguments by which a library calls its own function, where an earlier one has another of the same name
    /// (`#[unsafe(no_mangle)]`): the symbols of libraries with statics are visible to all later ones.
    fn binds_its_own_functions(&self) -> Vec<String> {
        if !self.facts.host.contains("linux") {
            return Vec::new();
        }
        let prefix = if self.linker().is_empty() { "-Wl," } else { "" };
        vec!["-C".to_owned(), format!("link-arg={prefix}-Bsymbolic-functions")]
    }

    /// The folders in which the loader looks for dylibs.
    pub fn search_at_load(&self) -> Vec<String> {
        let target_libdir = self.facts.target_libdir();
        let folders = [&self.libs.deps, &target_libdir].into_iter().chain(&self.dependencies.folder);
        folders.map(|folder| folder.display().to_string()).collect()
    }

    /// The arguments for linking.
    fn linking(&self) -> Vec<String> {
        // A C compiler passes an argument on to the linker only with this prefix.
        let prefix = if self.linker().is_empty() { "-Wl," } else { "" };
        let search = self.search_at_load().into_iter().flat_map(|folder| ["-rpath".to_owned(), folder]);
        let search = search.flat_map(|part| ["-C".to_owned(), format!("link-arg={prefix}{part}")]);
        self.linker().iter().cloned().chain(self.binds_its_own_functions()).chain(search).collect()
    }

    /// The call of the compiler. Debug assertions and overflow checks are on, as in a debug build. Crate name and
    /// metadata are the same for every cell, so that a type has one `TypeId` in all of them.
    pub fn command(&self, output: Output, library: &Path, original: &Original, is_unstable: bool) -> Command {
        let mut command = Command::new(&self.facts.rustc);
        command
            .args(["--edition", "2024", "--crate-name", "ctx", "--crate-type", "cdylib", "--error-format", "json"])
            .args(["-C", "prefer-dynamic", "-C", "metadata=soma", "-C", "codegen-units=1"])
            .args(["-C", "debug-assertions=on", "-C", "overflow-checks=on", "-C", "strip=debuginfo"])
            .args(["-A", "unused", "-A", "nonstandard_style", "-A", "future_incompatible", "-A", "improper_ctypes"])
            .args(LINTS.iter().flat_map(|lint| ["-W", lint]))
            .args(["-C", &format!("opt-level={}", self.opt_level)])
            .args(self.libraries());
        match output {
            Output::Messages => command.arg("--emit=metadata").arg("--out-dir").arg(library.with_file_name("check")),
            Output::Object => command.arg(format!("--emit=obj={}", object(library).display())),
            Output::Library => command.arg(format!("--emit=link={}", library.display())).args(self.linking()),
        };
        if output != Output::Messages {
            command.arg(format!("--emit=dep-info={}", surroundings::list(library).display()));
        }
        command.arg(SOURCE).stdin(Stdio::null());
        original.restore(&mut command);
        command.envs(PACKAGE.iter().copied()).env("CARGO", &self.facts.cargo);
        if let Ok(folder) = std::env::current_dir() {
            command.env("CARGO_MANIFEST_PATH", folder.join("Cargo.toml")).env("CARGO_MANIFEST_DIR", folder);
        }
        if is_unstable {
            command.env("RUSTC_BOOTSTRAP", "1");
        }
        if std::env::var_os("RUST_MIN_STACK").is_none() {
            // Four times the default: rustc recurses once for each level of an expression.
            command.env("RUST_MIN_STACK", (32 << 20).to_string());
        }
        command
    }
}

/// The file for the object from which a library is made.
pub fn object(library: &Path) -> PathBuf {
    library.with_extension("o")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys of recipes that differ in one thing each; the first is the usual one.
    fn keys() -> Vec<String> {
        let facts = ToolchainInfo::find().unwrap();
        let mut other_compiler = facts.clone();
        other_compiler.version.push_str("-other");
        let libs = CellLibs { key: "libs".into(), ..CellLibs::for_tests(&PathBuf::new()) };
        let other_libs = CellLibs { key: "other".into(), ..libs.clone() };
        let none = Dependencies::default();
        let some = Dependencies { identity: "some".into(), ..Dependencies::default() };
        let usual = Recipe {
            facts: &facts,
            libs: &libs,
            dependencies: &none,
            externs: &[],
            opt_level: "0",
            linker: &OnceCell::new(),
            check_only: false,
            is_usual: true,
        };
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

//! The libraries that every cell links: `soma_cell` as a dylib that also holds `tensorlib`, `ndarray` and `plotters`,
//! built from the sources that soma carries.
//!
//! A dylib fits exactly one rustc, so each pair of sources and compiler has a separate folder, which is made when it is
//! first needed. Cells get the rlibs of that same build as `--extern tensorlib=…`. rustc sees that the dylib already
//! contains them and links nothing twice, so their types are the same in every cell and their statics exist once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use cargo_metadata::{Metadata, Package, PackageId};
use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::cargo::{Built, Cargo, Listener};
use super::dependencies::units::Store;
use super::original::Original;
use super::toolchain_info::{ToolchainInfo, hex};
use super::waiting;
use crate::{dirs, shared};

/// The sources of `tensorlib` and `soma_cell` as a workspace: paths and texts.
const SOURCES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// The files that soma carries: paths and texts.
pub fn sources() -> impl Iterator<Item = (&'static str, &'static str)> {
    SOURCES.iter().copied()
}

/// The text of one of these files.
pub fn source(path: &str) -> Option<&'static str> {
    sources().find(|(name, _)| *name == path).map(|(_, text)| text)
}

/// The crates a cell can name without `:dep`.
const CRATES: [&str; 4] = ["soma_cell", "tensorlib", "ndarray", "plotters"];

/// A finished build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellLibs {
    /// Digest of the sources and the compiler.
    pub key: String,
    /// The dylib, which the worker loads and cells link.
    pub dylib: PathBuf,
    /// The folder in which rustc finds the crates that `externs` depend on.
    pub deps: PathBuf,
    /// The arguments of `--extern`: crates and files.
    pub externs: Vec<(String, PathBuf)>,
    /// The crates from a registry that a session's crates can share: `ndarray`, `plotters` and their dependencies.
    pub shared: Vec<Shared>,
    /// The folder that holds everything that cargo has built.
    pub units: PathBuf,
    /// The lock file with the versions that cargo has chosen.
    pub lock_file: PathBuf,
    /// The full output of `rustc -vV`.
    pub compiler: String,
    /// Whether the crates of a registry in them are those that a session's own crates would be built from here: then
    /// they can be the same crates.
    pub go_with_crates: bool,
    /// All libraries that compiling a cell may read.
    pub needed: Vec<PathBuf>,
    /// What makes a rustc wait ([`super::waiting`]), on systems where it can.
    pub waiting: Option<PathBuf>,
}

/// A crate that a session's crates can share with all cells, if they use the same version and features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shared {
    /// The package's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its features, including implied ones.
    pub features: Vec<String>,
    /// The library.
    pub file: PathBuf,
    /// Whether cells can name it without `:dep`.
    pub is_public: bool,
}

impl Shared {
    /// Whether a library is this one: cargo puts a digest of all its inputs into its name.
    pub fn is(&self, file: &Path) -> bool {
        self.file.file_name() == file.file_name()
    }

    /// The requirement in a manifest for this crate, or for a later version if another crate needs one.
    pub fn requirement(&self) -> toml::Value {
        let fields = [
            ("package", self.name.as_str().into()),
            ("version", self.version.as_str().into()),
            ("default-features", false.into()),
            ("features", self.features.clone().into()),
        ];
        fields
            .map(|(key, value): (&str, toml::Value)| (key.to_owned(), value))
            .into_iter()
            .collect::<toml::Table>()
            .into()
    }
}

/// In what surroundings to build.
pub struct Builder<'a> {
    /// The environment for cargo.
    pub original: &'a Original,
    /// The file for the number of the process group that builds, so that another process can end it. Without it, the build
    /// is in the group of this process.
    pub pid_file: Option<PathBuf>,
}

/// The purpose of libraries, which decides the sources that they are built from.
#[derive(Clone, Copy, PartialEq)]
enum Purpose {
    /// For cells: from the sources that came with an installation, if any did, so that nothing is fetched.
    Cells,
    /// For crates of a session, too: from the registry, as those are.
    Crates,
}

impl Builder<'_> {
    /// The libraries for this compiler; built first, if they are not there, which takes a minute or so.
    /// `say` is told what is happening, line by line.
    ///
    /// # Errors
    /// A sentence with what the build said and what to do.
    pub fn ensure(&self, facts: &ToolchainInfo, say: &mut dyn FnMut(&str)) -> Result<CellLibs> {
        match find(facts) {
            Some(ready) => Ok(ready),
            None => self.ensure_own(facts, Purpose::Cells, say),
        }
    }

    /// Libraries that go with crates which are built in this account: these, or others that are built first. They are
    /// made of the same sources, so cells that were compiled with either can go on with the other.
    ///
    /// # Errors
    /// A sentence with what the build said and what to do.
    pub fn ensure_for_crates(
        &self,
        facts: &ToolchainInfo,
        libs: &CellLibs,
        say: &mut dyn FnMut(&str),
    ) -> Result<CellLibs> {
        if libs.go_with_crates { Ok(libs.clone()) } else { self.ensure_own(facts, Purpose::Crates, say) }
    }

    fn ensure_own(&self, facts: &ToolchainInfo, purpose: Purpose, say: &mut dyn FnMut(&str)) -> Result<CellLibs> {
        let key = key(facts);
        let vendored = if purpose == Purpose::Cells { vendored() } else { None };
        let libs = dirs::cache_dir().join("libs");
        let folder = libs.join(if vendored.is_some() { format!("{key}{VENDORED}") } else { key.clone() });
        let record = folder.join(RECORD);
        if let Some(ready) = read(&record) {
            return Ok(ready);
        }
        let others = libs.read_dir().is_ok_and(|mut entries| entries.next().is_some());
        dirs::private_dir(&folder)?;
        // If several kernels need it at once, one builds and the others wait.
        let lock = fs::File::create(folder.join("lock"))?;
        let _lock = Flock::lock(lock, FlockArg::LockExclusive).map_err(|(_, error)| error)?;
        if let Some(ready) = read(&record) {
            return Ok(ready);
        }
        let why = match purpose {
            Purpose::Crates => "so that crates go with it",
            Purpose::Cells if others => "the Rust toolchain or tensorlib has changed",
            Purpose::Cells => "first use",
        };
        say(&format!(
            "Soma builds its tensor library for rustc {} ({why}); this takes about a minute.",
            facts.release()
        ));
        if vendored.is_none() {
            begin(&libs, &folder, facts);
        }
        let ready = self.build(facts, &folder, key, vendored, say)?;
        dirs::write_atomically(&record, &serde_json::to_vec_pretty(&ready.relative_to(&folder))?)?;
        say("Soma's tensor library is ready.");
        dirs::drop_unused(&libs, &folder);
        Ok(ready)
    }

    fn build(
        &self,
        facts: &ToolchainInfo,
        folder: &Path,
        key: String,
        vendored: Option<PathBuf>,
        say: &mut dyn FnMut(&str),
    ) -> Result<CellLibs> {
        let source = folder.join("src");
        for (path, text) in SOURCES {
            let path = source.join(path);
            fs::create_dir_all(path.parent().expect("a file is in a folder"))?;
            fs::write(path, text)?;
        }
        if let Some(vendored) = &vendored {
            fs::create_dir_all(source.join(".cargo"))?;
            fs::write(source.join(".cargo/config.toml"), in_place_of_the_registry(vendored))?;
        }
        let target = folder.join("target");
        let cargo = Cargo {
            facts,
            original: self.original,
            folder: &source,
            target: &target,
            offline: vendored.is_some(),
            leads_a_group: self.pid_file.is_some(),
        };
        let words = ["rustc", "--release", "--package", "soma_cell", "--lib", "--crate-type", "dylib"];
        let mut teller = Teller { say, pid_file: self.pid_file.as_deref() };
        let answer = cargo.build(&words, &[], &mut teller);
        if let Some(file) = &self.pid_file {
            let _ = fs::remove_file(file);
        }
        let answer = answer?;
        let Some(built) = answer.result else {
            bail!("Soma's tensor library could not be built; cargo said:\n{}", explain(&answer.said));
        };
        let metadata = Cargo { offline: true, ..cargo }.metadata(&mut teller)?;
        let Some(metadata) = metadata.result else {
            bail!("cargo did not report what it built: {}", metadata.said);
        };
        let library = |name: &str| -> Result<(String, PathBuf)> {
            let library = built.library_of_crate(name).with_context(|| format!("cargo built no library for `{name}`"));
            Ok((name.to_owned(), library?.file))
        };
        let externs = CRATES.iter().map(|name| library(name)).collect::<Result<Vec<_>>>()?;
        let units = target.join("release");
        let waiting = if waiting::is_possible(&facts.host) {
            // rustc loads its own standard library, from another folder.
            let words = ["rustc", "--release", "--package", "soma_waiting", "--lib", "--", "-C", "prefer-dynamic=no"];
            let answer = cargo.build(&words, &[], &mut teller)?;
            answer.result.is_some().then(|| units.join(waiting::LIBRARY))
        } else {
            None
        };
        let needed: Vec<PathBuf> = built.libraries().collect();
        let deps = set_apart(&needed, &folder.join("crates")).unwrap_or_else(|error| {
            tracing::warn!("cells compile more slowly than they could: {error}");
            units.join("deps")
        });
        let externs = externs.into_iter().map(|(name, file)| (name, alike(&deps, &file))).collect::<Vec<_>>();
        Ok(CellLibs {
            key,
            dylib: externs[0].1.clone(),
            deps,
            externs,
            shared: shared_crates(&built, &metadata),
            units,
            lock_file: source.join("Cargo.lock"),
            compiler: facts.version.clone(),
            go_with_crates: vendored.is_none(),
            needed,
            waiting,
        })
    }
}

/// The record of finished libraries, in their folder.
const RECORD: &str = "ready.json";

/// The suffix of a folder whose libraries were built from an installation's sources.
const VENDORED: &str = "-vendored";

/// The sources of all that the libraries are made of, as an installation has brought them (`cargo vendor`).
fn vendored() -> Option<PathBuf> {
    shared::folders().iter().map(|folder| folder.join("vendor")).find(|folder| folder.is_dir())
}

/// The settings by which cargo takes crates from a folder.
fn in_place_of_the_registry(folder: &Path) -> String {
    let table = |fields: [(&str, String); 1]| {
        toml::Table::from_iter(fields.map(|(key, value)| (key.to_owned(), toml::Value::String(value))))
    };
    let sources = toml::Table::from_iter([
        ("crates-io".to_owned(), table([("replace-with", "vendored".to_owned())]).into()),
        ("vendored".to_owned(), table([("directory", folder.display().to_string())]).into()),
    ]);
    toml::Table::from_iter([("source".to_owned(), sources.into())]).to_string()
}

/// The libraries for this compiler that are there: this account's, or those that came with an installation.
pub fn find(facts: &ToolchainInfo) -> Option<CellLibs> {
    let key = key(facts);
    let own = dirs::cache_dir().join("libs");
    for name in [key.clone(), format!("{key}{VENDORED}")] {
        let record = own.join(name).join(RECORD);
        if let Some(ready) = read(&record) {
            dirs::note_use(&record);
            return Some(ready);
        }
    }
    shared::folders().iter().find_map(|folder| {
        let libs = read(&folder.join("libs").join(&key).join(RECORD))?;
        let is_trusted = [&libs.dylib, &libs.deps].into_iter().all(|path| shared::is_trusted(path));
        // Built elsewhere: the crates of a registry have other paths here, and so are others.
        is_trusted.then_some(CellLibs { go_with_crates: false, ..libs })
    })
}

impl CellLibs {
    /// With paths from the folder that all of it is in, so that the folder can be moved.
    fn relative_to(&self, folder: &Path) -> CellLibs {
        self.with_paths(|path| path.strip_prefix(folder).unwrap_or(path).to_owned())
    }

    fn with_paths(&self, change: impl Fn(&Path) -> PathBuf) -> CellLibs {
        CellLibs {
            key: self.key.clone(),
            dylib: change(&self.dylib),
            deps: change(&self.deps),
            externs: self.externs.iter().map(|(name, file)| (name.clone(), change(file))).collect(),
            shared: self.shared.iter().map(|own| Shared { file: change(&own.file), ..own.clone() }).collect(),
            units: change(&self.units),
            lock_file: change(&self.lock_file),
            compiler: self.compiler.clone(),
            go_with_crates: self.go_with_crates,
            needed: self.needed.iter().map(|file| change(file)).collect(),
            waiting: self.waiting.as_deref().map(change),
        }
    }

    /// Copies them into a folder that others can share, if it does not have them. Of crates that the dylib contains only
    /// the metadata is copied: rustc reads that, and links the dylib.
    ///
    /// # Errors
    /// The system's error.
    pub fn copy_into(&self, shared: &Path) -> io::Result<()> {
        let folder = shared.join("libs").join(&self.key);
        if read(&folder.join(RECORD)).is_some() {
            return Ok(());
        }
        let libs = self.with_paths(|path| metadata_only(&self.of_cargo(path)));
        let own = self.sources().parent().unwrap_or(self.sources());
        let files = SOURCES.iter().map(|(path, _)| self.sources().join(path));
        let files = files
            .chain(libs.needed.iter().cloned())
            .chain([libs.dylib.clone(), libs.lock_file.clone()])
            .chain(libs.waiting.clone());
        for file in files {
            let target = folder.join(file.strip_prefix(own).unwrap_or(&file));
            fs::create_dir_all(target.parent().expect("a file is in a folder"))?;
            fs::copy(file, target)?;
        }
        fs::write(folder.join(RECORD), serde_json::to_vec_pretty(&libs.relative_to(own))?)
    }

    /// A file, or the folder, of those that were set apart, as cargo has made it.
    fn of_cargo(&self, path: &Path) -> PathBuf {
        let deps = self.units.join("deps");
        match path.strip_prefix(&self.deps) {
            Ok(name) if name.as_os_str().is_empty() => deps,
            Ok(name) => deps.join(name),
            Err(_) => path.to_owned(),
        }
    }

    /// The folder that all of it is in, if it is this account's.
    pub fn own_folder(&self) -> Option<&Path> {
        self.sources().parent().filter(|folder| folder.starts_with(dirs::cache_dir()))
    }

    /// The folder with the sources of the tensor library, and the versions of what it is made of.
    pub fn sources(&self) -> &Path {
        self.lock_file.parent().unwrap_or(&self.lock_file)
    }
}

/// Sets libraries apart in a folder with nothing else, and returns the folder. rustc opens every file there that a crate
/// may be: beside each library, cargo leaves one with its metadata alone, which would be read as well.
fn set_apart(libraries: &[PathBuf], folder: &Path) -> io::Result<PathBuf> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => fs::create_dir_all(folder)?,
    }
    for library in libraries {
        fs::hard_link(library, alike(folder, library))?;
    }
    Ok(folder.to_owned())
}

/// The file of the same name in a folder.
fn alike(folder: &Path, file: &Path) -> PathBuf {
    folder.join(file.file_name().unwrap_or_default())
}

/// The file with a library's metadata alone, where cargo has left one.
fn metadata_only(file: &Path) -> PathBuf {
    let metadata = file.with_extension("rmeta");
    let is_library = file.extension().is_some_and(|extension| extension == "rlib");
    if is_library && metadata.exists() { metadata } else { file.to_owned() }
}

/// Reports which crate is being compiled.
struct Teller<'a> {
    say: &'a mut dyn FnMut(&str),
    pid_file: Option<&'a Path>,
}

impl Listener for Teller<'_> {
    fn started(&mut self, process: u32) {
        // Without the file, only the end of this process ends the build.
        if let Some(file) = self.pid_file
            && let Err(error) = fs::write(file, process.to_string())
        {
            tracing::warn!("cannot write {}: {error}", file.display());
        }
    }

    fn line(&mut self, line: &str, _done: usize) {
        if line.starts_with("Compiling") {
            (self.say)(line);
        }
    }
}

/// Begins with the files of an earlier build: all but Soma's own crates are the same.
fn begin(libs: &Path, folder: &Path, facts: &ToolchainInfo) {
    let others = fs::read_dir(libs).into_iter().flatten().flatten().map(|entry| entry.path().join(RECORD));
    let others = others.filter(|record| !record.starts_with(folder));
    let used = |record: &PathBuf| record.metadata().and_then(|metadata| metadata.modified()).ok();
    let same = |record: &PathBuf| read(record).filter(|other| other.compiler == facts.version && other.go_with_crates);
    let newest = others.filter_map(|record| Some((used(&record)?, same(&record)?))).max_by_key(|(used, _)| *used);
    let Some((_, other)) = newest else { return };
    let own = ["soma_cell", "tensorlib", "tensorlib-derive"].map(str::to_owned).into();
    // Cargo builds whatever is missing.
    if let Err(error) = Store(&other.units).fill(&folder.join("target/release"), &own) {
        tracing::warn!("the previous build cannot be used: {error}");
    }
}

/// The crates that a session's crates can share, from cargo's build and its packages: crates of a registry that cells
/// can name, and their dependencies.
fn shared_crates(built: &Built, metadata: &Metadata) -> Vec<Shared> {
    let is_of_registry =
        |package: &Package| package.source.as_ref().is_some_and(|source| source.repr.starts_with("registry+"));
    let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    let needed: BTreeMap<&PackageId, &[PackageId]> = nodes.map(|node| (&node.id, &*node.dependencies)).collect();
    let packages: BTreeMap<&PackageId, &Package> = metadata
        .packages
        .iter()
        .filter(|package| is_of_registry(package))
        .map(|package| (&package.id, package))
        .collect();
    let is_public = |package: &Package| CRATES.contains(&package.name.as_ref());
    let mut waiting: Vec<&PackageId> =
        packages.values().filter(|package| is_public(package)).map(|package| &package.id).collect();
    let mut found: Vec<Shared> = Vec::new();
    let mut seen = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        let (Some(package), Some(library)) = (packages.get(id), built.library(id)) else { continue };
        if library.file.extension().is_none_or(|extension| extension != "rlib") || !seen.insert(id) {
            continue;
        }
        found.push(Shared {
            name: package.name.to_string(),
            version: package.version.to_string(),
            features: library.features.to_vec(),
            file: library.file,
            is_public: is_public(package),
        });
        waiting.extend(needed.get(id).copied().unwrap_or_default());
    }
    found.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    found
}

/// Whether the libraries for this compiler exist.
pub fn are_ready(facts: &ToolchainInfo) -> bool {
    find(facts).is_some()
}

/// A digest of the sources and of the compiler: its version, and the standard library that it links. Their paths make no
/// difference.
fn key(facts: &ToolchainInfo) -> String {
    let mut digest = Sha256::new();
    let standard = facts.standard_library();
    let standard = standard.as_deref().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    for text in SOURCES.iter().flat_map(|(path, text)| [*path, *text]).chain([&*facts.version, &*standard]) {
        digest.update(text.len().to_le_bytes());
        digest.update(text.as_bytes());
    }
    hex(&digest.finalize())
}

fn read(record: &Path) -> Option<CellLibs> {
    let libs: CellLibs = serde_json::from_slice(&fs::read(record).ok()?).ok()?;
    let folder = record.parent()?;
    let libs = libs.with_paths(|path| folder.join(path));
    let complete = libs.dylib.exists() && libs.externs.iter().all(|(_, path)| path.exists());
    complete.then_some(libs)
}

/// The end of a failed build's log, and what to do about common causes.
fn explain(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    let tail = lines[lines.len().saturating_sub(30)..].join("\n");
    let advice = if tail.contains("linker `") && tail.contains("not found") {
        "\nRust needs a C linker: install one (`apt install build-essential`, `xcode-select --install`), then try again."
    } else if tail.contains("failed to download") || tail.contains("Could not resolve host") {
        "\nIts dependencies come from crates.io: connect to the network once, then try again."
    } else {
        ""
    };
    format!("{tail}{advice}")
}

#[cfg(test)]
impl CellLibs {
    /// Libraries that were never built, for tests.
    pub fn for_tests(folder: &Path) -> CellLibs {
        CellLibs {
            key: String::new(),
            dylib: folder.join("libsoma_cell.so"),
            deps: folder.to_owned(),
            externs: Vec::new(),
            shared: Vec::new(),
            units: folder.to_owned(),
            lock_file: folder.join("Cargo.lock"),
            compiler: String::new(),
            go_with_crates: true,
            needed: Vec::new(),
            waiting: None,
        }
    }
}

//! The libraries that every cell links: `soma_cell` as a dylib that holds `tensorlib`, `ndarray` and
//! `plotters` too, built from the sources that soma carries.
//!
//! A dylib fits exactly one rustc: each pair of sources and compiler has a folder of its own, made when it
//! is first needed. The rlibs of that same build are what a cell is given as `--extern tensorlib=…`: rustc
//! sees that the dylib already contains them and links nothing twice, so their types are the same in every
//! cell and their statics exist once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use cargo_metadata::{Metadata, Package, PackageId};
use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::cargo::{Built, Cargo, Listener};
use super::dependencies::units::Store;
use super::original::Original;
use super::search;
use super::toolchain_info::{ToolchainInfo, hex};
use crate::dirs;

/// The sources of `tensorlib` and `soma_cell` as a workspace: path and text.
const SOURCES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// The files that soma carries: path and text.
pub fn sources() -> impl Iterator<Item = (&'static str, &'static str)> {
    SOURCES.iter().copied()
}

/// The text of one of them.
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
    /// The dylib that the worker loads and cells link.
    pub dylib: PathBuf,
    /// The folder in which rustc finds the crates that the externs depend on.
    pub deps: PathBuf,
    /// What `--extern` names: crate and file.
    pub externs: Vec<(String, PathBuf)>,
    /// The crates from a registry that a session's crates can share: `ndarray`, `plotters` and what they are made of.
    pub shared: Vec<Shared>,
    /// Where cargo has left all that it has built.
    pub units: PathBuf,
    /// The versions that it has chosen.
    pub lock_file: PathBuf,
    /// All of `rustc -vV`.
    pub compiler: String,
    /// rustc's arguments for linking a cell without a C compiler in between, where that works.
    pub linker: Vec<String>,
}

/// A crate that a session's crates can share with all cells: it must have the same version and features for that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shared {
    /// The package's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its features, also those that others imply.
    pub features: Vec<String>,
    /// The library.
    pub file: PathBuf,
    /// Whether cells can name it without `:dep`.
    pub is_public: bool,
}

impl Shared {
    /// Whether a library is this one: cargo's name for it has a digest of all that makes it.
    pub fn is(&self, file: &Path) -> bool {
        self.file.file_name() == file.file_name()
    }

    /// What a manifest says to have it, or a later version if something else wants that.
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
    /// Where to leave the number of the process group that builds, for whoever wants to end it.
    pub pid_file: Option<PathBuf>,
}

impl Builder<'_> {
    /// The libraries for this compiler; built first, if they are not there, which takes a minute or so.
    /// `say` is told what is happening, line by line.
    ///
    /// # Errors
    /// A sentence with what the build said and what to do.
    pub fn ensure(&self, facts: &ToolchainInfo, say: &mut dyn FnMut(&str)) -> Result<CellLibs> {
        let key = key(facts);
        let libs = dirs::cache_dir().join("libs");
        let folder = libs.join(&key);
        let record = folder.join("ready.json");
        if let Some(ready) = read(&record) {
            dirs::note_use(&record);
            return Ok(ready);
        }
        let others = libs.read_dir().is_ok_and(|mut entries| entries.next().is_some());
        dirs::private_dir(&folder)?;
        // Of several kernels that need it at once, one builds and the others wait.
        let lock = fs::File::create(folder.join("lock"))?;
        let _lock = Flock::lock(lock, FlockArg::LockExclusive).map_err(|(_, error)| error)?;
        if let Some(ready) = read(&record) {
            return Ok(ready);
        }
        let why = if others { "the Rust toolchain or tensorlib has changed" } else { "first use" };
        say(&format!(
            "Soma builds its tensor library for rustc {} ({why}); this takes about a minute.",
            facts.release()
        ));
        begin(&libs, &folder, facts);
        let ready = self.build(facts, &folder, key, say)?;
        dirs::write_atomically(&record, &serde_json::to_vec_pretty(&ready)?)?;
        say("Soma's tensor library is ready.");
        dirs::drop_unused(&libs, &folder);
        Ok(ready)
    }

    fn build(&self, facts: &ToolchainInfo, folder: &Path, key: String, say: &mut dyn FnMut(&str)) -> Result<CellLibs> {
        let source = folder.join("src");
        for (path, text) in SOURCES {
            let path = source.join(path);
            fs::create_dir_all(path.parent().expect("a file is in a folder"))?;
            fs::write(path, text)?;
        }
        let target = folder.join("target");
        let cargo = Cargo {
            facts,
            original: self.original,
            folder: &source,
            target: &target,
            offline: false,
            leads_a_group: true,
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
            bail!("cargo does not know what it has built: {}", metadata.said);
        };
        let library = |name: &str| -> Result<(String, PathBuf)> {
            let library = built.library_of_crate(name).with_context(|| format!("cargo built no library for `{name}`"));
            Ok((name.to_owned(), library?.file))
        };
        let externs = CRATES.iter().map(|name| library(name)).collect::<Result<Vec<_>>>()?;
        let dylib = externs[0].1.clone();
        let units = target.join("release");
        let mut libs = CellLibs {
            key,
            dylib,
            deps: units.join("deps"),
            externs,
            shared: shared(&built, &metadata),
            units,
            lock_file: source.join("Cargo.lock"),
            compiler: facts.version.clone(),
            linker: Vec::new(),
        };
        libs.linker = direct_linker(facts, folder, &libs).unwrap_or_default();
        Ok(libs)
    }
}

/// Tells which crate is compiled.
struct Teller<'a> {
    say: &'a mut dyn FnMut(&str),
    pid_file: Option<&'a Path>,
}

impl Listener for Teller<'_> {
    fn started(&mut self, process: u32) {
        // Without it nothing but the end of this process ends the build.
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

/// Begins with what was built for libraries of another day: all but Soma's own crates is the same.
fn begin(libs: &Path, folder: &Path, facts: &ToolchainInfo) {
    let others = fs::read_dir(libs).into_iter().flatten().flatten().map(|entry| entry.path().join("ready.json"));
    let others = others.filter(|record| !record.starts_with(folder));
    let used = |record: &PathBuf| record.metadata().and_then(|metadata| metadata.modified()).ok();
    let same = |record: &PathBuf| read(record).filter(|other| other.compiler == facts.version);
    let newest = others.filter_map(|record| Some((used(&record)?, same(&record)?))).max_by_key(|(used, _)| *used);
    let Some((_, other)) = newest else { return };
    let own = ["soma_cell", "tensorlib", "tensorlib-derive"].map(str::to_owned).into();
    // What is not there is built.
    if let Err(error) = Store(&other.units).fill(&folder.join("target/release"), &own) {
        tracing::warn!("what was built before cannot be used: {error}");
    }
}

/// The crates that a session's crates can share, out of what cargo has built and its packages: those of a registry that
/// cells can name, and what they are made of.
fn shared(built: &Built, metadata: &Metadata) -> Vec<Shared> {
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

/// Whether the libraries for this compiler are there.
pub fn are_ready(facts: &ToolchainInfo) -> bool {
    read(&dirs::cache_dir().join("libs").join(key(facts)).join("ready.json")).is_some()
}

fn key(facts: &ToolchainInfo) -> String {
    let mut digest = Sha256::new();
    for text in SOURCES
        .iter()
        .flat_map(|(path, text)| [*path, *text])
        .chain([&*facts.version, &*facts.sysroot.to_string_lossy()])
    {
        digest.update(text.len().to_le_bytes());
        digest.update(text.as_bytes());
    }
    hex(&digest.finalize())
}

fn read(record: &Path) -> Option<CellLibs> {
    let libs: CellLibs = serde_json::from_slice(&fs::read(record).ok()?).ok()?;
    let complete = libs.dylib.exists() && libs.externs.iter().all(|(_, path)| path.exists());
    complete.then_some(libs)
}

/// Tries to link with the toolchain's own LLD, told what a C compiler would tell it. rustc usually starts `cc`,
/// which starts `collect2`, which starts the same LLD: a quarter of the time of a small cell's link.
fn direct_linker(facts: &ToolchainInfo, folder: &Path, libs: &CellLibs) -> Option<Vec<String>> {
    let lld = facts.sysroot.join("lib/rustlib").join(&facts.host).join("bin/rust-lld");
    if !facts.host.contains("linux") || !lld.exists() {
        return None;
    }
    let mut arguments = vec!["-C".to_owned(), format!("linker={}", lld.display())];
    arguments.extend(["-C".to_owned(), "linker-flavor=ld.lld".to_owned()]);
    for library in ["libc.so", "libgcc_s.so"] {
        let path = search::path_with_linker(std::env::var("PATH").ok().as_deref());
        let answer = Command::new("cc").env("PATH", path).arg(format!("-print-file-name={library}")).output().ok()?;
        let path = PathBuf::from(String::from_utf8(answer.stdout).ok()?.trim());
        let directory = path.canonicalize().ok()?.parent()?.to_owned();
        arguments.extend(["-C".to_owned(), format!("link-arg=-L{}", directory.display())]);
    }
    let trial = folder.join("trial");
    fs::create_dir_all(&trial).ok()?;
    fs::write(
        trial.join("trial.rs"),
        "use ::soma_cell as _; #[unsafe(no_mangle)] pub extern \"C\" fn f() { println!(); }",
    )
    .ok()?;
    let linked = Command::new(&facts.rustc)
        .args(["--edition", "2024", "--crate-type", "cdylib", "-C", "prefer-dynamic", "trial.rs"])
        .args(["-L", &format!("dependency={}", libs.deps.display()), "--extern"])
        .arg(format!("soma_cell={}", libs.dylib.display()))
        .args(&arguments)
        .current_dir(&trial)
        .output()
        .is_ok_and(|output| output.status.success() && output.stderr.is_empty());
    let file = trial.join(format!("{}trial{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX));
    (linked && file.exists()).then_some(arguments)
}

/// The end of a failed build's log, and what to do about the causes that people meet.
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
    /// Libraries that were never built.
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
            linker: Vec::new(),
        }
    }
}

//! Builds a set of crates: calls cargo, reads its messages, and makes one dylib of the crates.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use cargo_metadata::{Package, Target};
use sha2::{Digest, Sha256};
use toml::Table;

use super::graph::{self, Graph, SHARED};
use super::ready::{CRATE, Dependencies};
use super::units::Store;
use crate::announce::announce;
use crate::dirs;
use crate::toolchain::cargo::{Built, Cargo, Listener, dynamic_flags};
use crate::toolchain::cell_libs::Shared;
use crate::toolchain::handoff::SessionNotes;
use crate::toolchain::toolchain_info::hex;

const LOCK_FILE: &str = "Cargo.lock";

/// A build of the empty crate that has the dependencies.
pub struct Build<'a> {
    pub session: &'a Path,
    pub folder: &'a Path,
    pub notes: &'a SessionNotes,
    pub offline: bool,
}

impl Build<'_> {
    /// Builds the crates of a table. The inner error is cargo's message.
    ///
    /// # Errors
    /// When cargo cannot be run or files cannot be written.
    pub fn run(&self, table: &Table, key: &str) -> Result<Result<Dependencies, String>> {
        let shared = &self.notes.libs.shared;
        let mut asked: &[Shared] = if self.folder.join(SHARED).exists() { shared } else { &[] };
        self.write_crates(table, asked, &[])?;
        let target = self.target_dir();
        let cargo = Cargo {
            facts: &self.notes.facts,
            original: &self.notes.original,
            folder: self.folder,
            target: &target,
            offline: self.offline,
            leads_a_group: false,
        };
        let mut teller = Teller { build: self, packages: 0, has_said_updating: false, has_said_again: false };
        let answer = cargo.metadata(&mut teller)?;
        let Some(mut metadata) = answer.result else { return Ok(Err(answer.said)) };
        let graph = Graph::read(&metadata)?;
        let is_met = |shared: &Shared| shared.is_public && graph.of_name(&shared.name).next().is_some();
        if asked.is_empty() && shared.iter().any(is_met) {
            asked = shared;
            // Cargo has removed the versions that this build did not ask for.
            fs::remove_file(self.folder.join(LOCK_FILE))?;
            self.write_crates(table, asked, &[])?;
            let answer = cargo.metadata(&mut teller)?;
            let Some(shared) = answer.result else { return Ok(Err(answer.said)) };
            metadata = shared;
        }
        let graph = Graph::read(&metadata)?;
        self.write_crates(table, asked, &graph.changing())?;
        let own = graph.own_names();
        let store = Store(&self.notes.libs.units);
        store.fill(&self.units(), &own).context("the previous build cannot be used")?;
        teller.packages = graph.count();
        let answer = cargo.build(&["build", "--release"], &[CRATE, SHARED], &mut teller)?;
        let Some(built) = answer.result else { return Ok(Err(answer.said)) };
        if let Err(error) = store.take(&self.units(), &own) {
            tracing::warn!("the next session has to build these crates again: {error}");
        }
        let mut ready = collect(key, &built, &graph)?;
        ready.search.insert(0, format!("dependency={}", self.units().join("deps").display()));
        ready.remarks = remarks(shared, &built, &graph);
        if ready.externs.iter().any(|(_, file)| file.extension().is_some_and(|extension| extension == "rlib")) {
            self.link(&mut ready)?;
        }
        // Every cell has these.
        ready.externs.retain(|(_, file)| shared.iter().all(|shared| !shared.is(file)));
        Ok(Ok(ready))
    }

    /// The folder in which cargo leaves what it builds.
    fn units(&self) -> PathBuf {
        self.target_dir().join("release")
    }

    fn target_dir(&self) -> PathBuf {
        self.folder.join("target")
    }

    /// Writes the crate that depends on those of the table, and, if they share some, the crate that depends on those of
    /// all cells. All are optimised like the cells' own libraries; crates from a path have the checks of a debug build.
    fn write_crates(&self, table: &Table, shared: &[Shared], changing: &[&Package]) -> Result<()> {
        let package = |name: &str| {
            format!(
                "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[lib]\npath = \"lib.rs\"\n\n"
            )
        };
        let mut table = table.clone();
        let is_shared = !shared.is_empty();
        if is_shared {
            table.insert(SHARED.to_owned(), Table::from_iter([("path".to_owned(), SHARED.into())]).into());
        }
        let dependencies = Table::from_iter([("dependencies".to_owned(), table.into())]);
        let checked: String = changing
            .iter()
            .map(|package| {
                let profile = "opt-level = 2\ndebug-assertions = true\noverflow-checks = true\n\n";
                format!("[profile.release.package.\"{}\"]\n{profile}", graph::spec(package))
            })
            .collect();
        let requirements = shared.iter().enumerate().map(|(at, shared)| (format!("c{at}"), shared.requirement()));
        let shared: Table = requirements.collect();
        let shared = Table::from_iter([("dependencies".to_owned(), shared.into())]);
        let mut files = vec![
            ("Cargo.toml".to_owned(), format!("{}[workspace]\n\n{checked}{dependencies}", package(CRATE))),
            ("lib.rs".to_owned(), String::new()),
        ];
        if is_shared {
            dirs::private_dir(&self.folder.join(SHARED))?;
            files.push((format!("{SHARED}/Cargo.toml"), format!("{}{shared}", package(SHARED))));
            files.push((format!("{SHARED}/lib.rs"), String::new()));
        }
        for (name, content) in files {
            let path = self.folder.join(name);
            if fs::read_to_string(&path).ok().as_deref() != Some(&content) {
                fs::write(path, content)?;
            }
        }
        // So that cargo chooses the versions that the cells' libraries were built with, if they satisfy the
        // requirements.
        let lock = self.folder.join(LOCK_FILE);
        if !lock.exists() && self.notes.libs.lock_file.exists() {
            fs::copy(&self.notes.libs.lock_file, lock)?;
        }
        Ok(())
    }

    /// Makes the dylib. Its name holds a digest of its content, since a process that has loaded a dylib goes on using
    /// it for every other one of the same name. Crates that the cells' own dylib holds are linked from there.
    fn link(&self, ready: &mut Dependencies) -> Result<()> {
        let folder = self.folder.join("lib");
        dirs::private_dir(&folder)?;
        let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
        let file = folder.join(format!("{prefix}{CRATE}-{}{suffix}", ready.identity));
        if !file.exists() {
            let source = folder.join("lib.rs");
            let libs = &self.notes.libs;
            let own = ("soma_cell".to_owned(), libs.dylib.clone());
            let externs = || ready.externs.iter().chain([&own]);
            let code: String = externs().map(|(name, _)| format!("extern crate {name} as _;\n")).collect();
            fs::write(&source, code)?;
            let mut command = Command::new(&self.notes.facts.rustc);
            command
                .args(["--edition", "2024", "--crate-name", CRATE, "--crate-type", "dylib", "-C", "metadata=soma"])
                .args(dynamic_flags(&self.notes.facts).split('\x1f'))
                .args(["-C", &format!("extra-filename=-{}", ready.identity), "--out-dir"])
                .arg(&folder);
            command.args(["-L", &format!("dependency={}", libs.deps.display())]).args(ready.search());
            for (name, file) in externs() {
                command.arg("--extern").arg(format!("{name}={}", file.display()));
            }
            self.notes.original.restore(&mut command);
            let output = command.arg(source).output().context("cannot run rustc")?;
            if !output.status.success() {
                bail!("the dependencies cannot be linked:\n{}", String::from_utf8_lossy(&output.stderr));
            }
        }
        ready.externs.push((CRATE.to_owned(), file));
        ready.folder = Some(folder);
        Ok(())
    }
}

/// Reports cargo's progress to the user.
struct Teller<'a> {
    build: &'a Build<'a>,
    /// The number of packages that are needed.
    packages: usize,
    /// Set once "Updating" was shown: cargo is called several times, and prints it each time.
    has_said_updating: bool,
    has_said_again: bool,
}

impl Listener for Teller<'_> {
    fn line(&mut self, line: &str, done: usize) {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("Updating") if !std::mem::replace(&mut self.has_said_updating, true) => self.say(line),
            Some("Downloading") => self.say(line),
            Some("Blocking") => {
                self.say("Another cargo on this machine is fetching crates; this cell goes on when it is ready.");
            }
            Some("Compiling") if !line.contains(CRATE) && !line.contains(SHARED) => {
                if !self.has_said_again && self.is_again(words.next(), words.next()) {
                    self.has_said_again = true;
                    self.say("Some crates are compiled again: together they have other features than each alone.");
                }
                match self.packages {
                    1 => self.say(line),
                    packages => self.say(&format!("{line} [{done} of {packages} crates are ready]")),
                }
            }
            _ => {}
        }
    }
}

impl Teller<'_> {
    fn say(&self, line: &str) {
        announce(self.build.session, line);
    }

    /// Whether this version of a package was compiled before: the lists of its files contain its folder.
    fn is_again(&self, name: Option<&str>, version: Option<&str>) -> bool {
        let (Some(name), Some(version)) = (name, version) else { return false };
        let folder = format!("/{name}-{}/", version.trim_start_matches('v'));
        let list = format!("{}-", name.replace('-', "_"));
        let entries = fs::read_dir(self.build.notes.libs.units.join("deps")).into_iter().flatten().flatten();
        let lists = entries.filter(|entry| {
            let name = entry.file_name();
            name.as_encoded_bytes().starts_with(list.as_bytes()) && name.as_encoded_bytes().ends_with(b".d")
        });
        let mut texts = lists.filter_map(|list| fs::read_to_string(list.path()).ok());
        texts.any(|text| text.contains(&folder))
    }
}

/// Collects from cargo's messages what Soma's own calls of rustc need.
fn collect(key: &str, built: &Built, graph: &Graph) -> Result<Dependencies> {
    let mut ready = Dependencies::default();
    for (name, package) in graph.wanted()? {
        let library = built
            .library(package)
            .with_context(|| format!("cargo built no library for `{name}`: it has only programs"))?;
        ready.externs.push((name.to_owned(), library.file));
    }
    let mut digest = Sha256::new();
    digest.update(key);
    for package in graph.changing() {
        let Some(library) = built.library(&package.id) else { continue };
        let own = Sha256::digest(fs::read(&library.file)?);
        digest.update(own);
        ready.changing.extend(graph::crates(package).map(|name| (name, hex(&own))));
        ready.sources.add(package.manifest_path.as_std_path(), &library.file);
        if package.targets.iter().any(Target::is_custom_build) {
            ready.sources.add_unknown();
        }
    }
    ready.identity = hex(&digest.finalize());
    ready.search.extend(built.linked_paths.iter().cloned());
    Ok(ready)
}

/// A remark on each crate of every cell that these crates use in another build, and its consequence.
fn remarks(shared: &[Shared], built: &Built, graph: &Graph) -> Vec<String> {
    let mut remarks = Vec::new();
    for own in shared.iter().filter(|shared| shared.is_public) {
        for package in graph.of_name(&own.name) {
            let (mut users, Some(library)) = (graph.users(&package.id), built.library(&package.id)) else {
                continue;
            };
            let version = package.version.to_string();
            if graph.wanted().is_ok_and(|wanted| wanted.iter().any(|(_, wanted)| **wanted == package.id)) {
                users.push("this session".to_owned());
            }
            if users.is_empty() || own.is(&library.file) {
                continue;
            }
            let (name, bundled, users) = (&own.name, &own.version, users.join(" and "));
            let what = if version == *bundled {
                let more = library.features.iter().filter(|feature| own.features.iter().all(|own| own != *feature));
                let more: Vec<String> = more.map(|feature| format!("`{feature}`")).collect();
                match more[..] {
                    [] => "built with different features of its dependencies than Soma's".to_owned(),
                    _ => format!("with {}, which Soma's does not have", more.join(", ")),
                }
            } else {
                format!(
                    "where Soma has {bundled} (a version of what uses it that goes with {bundled} would share that)"
                )
            };
            remarks.push(format!(
                "note: {name} {version} is used by {users}, {what}: it is another crate than tensorlib's {name}, with \
                 other types."
            ));
        }
    }
    remarks
}

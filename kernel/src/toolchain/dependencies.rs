//! The crates that a session added with `:dep`.
//!
//! The real cargo resolves and builds them once, as the dependencies of an empty crate, in a folder that all
//! sessions share; rustc makes one dylib of them all, so that their statics exist once for all cells; cells
//! are then compiled against a record of that, without cargo. A record is keyed by the requirements, the
//! compiler and the options; path dependencies can change under it, so with any of them cargo is asked before
//! every cell.
//!
//! Crates that every cell has anyway (`tensorlib`, `ndarray`, `plotters`) are not built again when the
//! bundled version meets the requirement: their types must be the same as tensorlib's.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};
use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::cell_libs::{CellLibs, dynamic_flags};
use super::facts::hex;
use super::notes::SessionNotes;
use super::places;
use crate::runtime::channel::announce;

/// A finished build of a session's dependencies.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Dependencies {
    /// What `--extern` names: crate and file.
    pub externs: Vec<(String, PathBuf)>,
    /// What `-L` names.
    pub search: Vec<String>,
    /// The folder of the dylib, for the loader.
    pub folder: Option<PathBuf>,
    /// Digest of all that decides what was built.
    pub identity: String,
    /// The crates that come from a path, with a digest of what was built: a variable whose type is from one of
    /// them does not outlive a change.
    pub changing: Vec<(String, String)>,
}

/// A `[dependencies]` table and what else evcxr's manifest says about the build.
pub struct Request<'a> {
    /// The table's lines.
    pub table: &'a str,
    /// Whether cargo may use the network.
    pub offline: bool,
}

/// The name of the dylib that holds the dependencies.
const CRATE: &str = "soma_deps";

impl Dependencies {
    /// The crate whose dylib holds them all, if there are any.
    pub fn linked(&self) -> Option<&'static str> {
        self.folder.is_some().then_some(CRATE)
    }

    /// The arguments that tell rustc where to look for what they need themselves.
    pub fn search(&self) -> impl Iterator<Item = String> {
        self.search.iter().flat_map(|path| ["-L".to_owned(), path.clone()])
    }

    /// Builds what is asked for, or finds it built. The inner error is what cargo said.
    ///
    /// # Errors
    /// When cargo cannot be run or files cannot be written.
    pub fn resolve(request: &Request, session: &Path, notes: &SessionNotes) -> Result<Result<Dependencies, String>> {
        let table = without_bundled(request.table, &notes.libs)?;
        if table.is_empty() {
            return Ok(Ok(Dependencies::default()));
        }
        let text = toml::Table::from_iter([("dependencies".to_owned(), toml::Value::Table(table.clone()))]).to_string();
        let key = key(&text, notes);
        let folder = places::cache_dir().join("deps").join(&key);
        let record = folder.join("ready.json");
        let from_path = table.values().any(|requirement| requirement.get("path").is_some());
        if !from_path && let Some(ready) = read(&record) {
            return Ok(Ok(ready));
        }
        places::private_dir(&folder)?;
        let lock = fs::File::create(folder.join("lock"))?;
        let _lock = Flock::lock(lock, FlockArg::LockExclusive).map_err(|(_, error)| error)?;
        if !from_path && let Some(ready) = read(&record) {
            return Ok(Ok(ready));
        }
        write_crate(&folder, &text)?;
        let build = Build { session, folder: &folder, notes, offline: request.offline };
        let ready = match build.run(key)? {
            Ok(ready) => ready,
            Err(said) => return Ok(Err(said)),
        };
        places::write_atomically(&record, &serde_json::to_vec_pretty(&ready)?)?;
        Ok(Ok(ready))
    }
}

fn read(record: &Path) -> Option<Dependencies> {
    let ready: Dependencies = serde_json::from_slice(&fs::read(record).ok()?).ok()?;
    ready.externs.iter().all(|(_, file)| file.exists()).then_some(ready)
}

fn key(table: &str, notes: &SessionNotes) -> String {
    let mut digest = Sha256::new();
    for text in [table, &notes.facts.version, env!("SOMA_DRIVER")] {
        digest.update(text.len().to_le_bytes());
        digest.update(text.as_bytes());
    }
    hex(&digest.finalize())
}

/// The table without the crates that every cell has, where their version will do.
fn without_bundled(table: &str, libs: &CellLibs) -> Result<toml::Table> {
    let mut table: toml::Table = table.parse().context("the dependencies are not TOML")?;
    table.retain(|name, requirement| {
        let Some(version) = libs.versions.iter().find(|(bundled, _)| bundled == name).map(|(_, version)| version)
        else {
            return true;
        };
        let requirement = match requirement {
            toml::Value::String(requirement) => requirement.as_str(),
            _ => return true,
        };
        let meets = semver::VersionReq::parse(requirement)
            .is_ok_and(|wanted| semver::Version::parse(version).is_ok_and(|version| wanted.matches(&version)));
        !meets
    });
    Ok(table)
}

fn write_crate(folder: &Path, text: &str) -> Result<()> {
    // Optimised like a release, since they are built once; checks as in evcxr's own profile.
    let manifest = format!(
        "[package]\nname = \"{CRATE}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [lib]\npath = \"lib.rs\"\n\n[workspace]\n\n\
         [profile.dev]\nopt-level = 2\ndebug = false\nstrip = \"debuginfo\"\n\n{text}"
    );
    for (name, content) in [("Cargo.toml", manifest.as_str()), ("lib.rs", "")] {
        let path = folder.join(name);
        if fs::read_to_string(&path).ok().as_deref() != Some(content) {
            fs::write(path, content)?;
        }
    }
    Ok(())
}

/// A build of the crate around the dependencies.
struct Build<'a> {
    session: &'a Path,
    folder: &'a Path,
    notes: &'a SessionNotes,
    offline: bool,
}

impl Build<'_> {
    fn cargo(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.notes.facts.cargo);
        command.args(words).current_dir(self.folder).stdin(Stdio::null());
        if self.offline {
            command.arg("--offline");
        }
        self.notes.original.restore(&mut command);
        command
            .env("RUSTC", &self.notes.facts.rustc)
            .env("CARGO_ENCODED_RUSTFLAGS", dynamic_flags(&self.notes.facts))
            .env("CARGO_TARGET_DIR", target_dir())
            .env_remove("CARGO_BUILD_BUILD_DIR")
            .env_remove("RUSTC_WRAPPER")
            .env_remove("RUSTC_WORKSPACE_WRAPPER");
        command
    }

    fn run(&self, key: String) -> Result<Result<Dependencies, String>> {
        let (status, messages, said) = self.build()?;
        if !status.success() {
            return Ok(Err(said));
        }
        let metadata = self.cargo(&["metadata", "--format-version", "1"]).output().context("cannot run cargo")?;
        if !metadata.status.success() {
            return Ok(Err(String::from_utf8_lossy(&metadata.stderr).into_owned()));
        }
        let metadata: Value = serde_json::from_slice(&metadata.stdout)?;
        let mut ready = collect(key, &messages, &metadata)?;
        if ready.externs.iter().any(|(_, file)| file.extension().is_some_and(|extension| extension == "rlib")) {
            self.link(&mut ready)?;
        }
        Ok(Ok(ready))
    }

    /// Runs the build: its status, cargo's messages, and what it wrote for people. They see what takes long.
    fn build(&self) -> Result<(ExitStatus, Vec<Value>, String)> {
        let mut command = self.cargo(&["build", "--message-format", "json-render-diagnostics"]);
        crate::process::end_with_parent(&mut command);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("cannot run cargo")?;
        let stdout = child.stdout.take().expect("standard output is piped");
        let messages = std::thread::spawn(move || -> Vec<Value> {
            let lines = BufReader::new(stdout).lines().map_while(Result::ok);
            lines.filter_map(|line| serde_json::from_str(&line).ok()).collect()
        });
        let mut said = String::new();
        for line in BufReader::new(child.stderr.take().expect("standard error is piped")).lines().map_while(Result::ok)
        {
            let word = line.split_whitespace().next().unwrap_or_default();
            if matches!(word, "Updating" | "Downloading" | "Compiling" | "Blocking") && !line.contains(CRATE) {
                announce(self.session, line.trim());
            }
            said.push_str(&line);
            said.push('\n');
        }
        Ok((child.wait()?, messages.join().unwrap_or_default(), said))
    }

    /// Makes the dylib. Its name holds the digest of what is in it, since a process that has loaded one goes on
    /// using it for every other of the same name.
    fn link(&self, ready: &mut Dependencies) -> Result<()> {
        let folder = self.folder.join("lib");
        places::private_dir(&folder)?;
        let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
        let file = folder.join(format!("{prefix}{CRATE}-{}{suffix}", ready.identity));
        if !file.exists() {
            let source = folder.join("lib.rs");
            let code: String = ready.externs.iter().map(|(name, _)| format!("extern crate {name} as _;\n")).collect();
            fs::write(&source, code)?;
            let mut command = Command::new(&self.notes.facts.rustc);
            command
                .args(["--edition", "2024", "--crate-name", CRATE, "--crate-type", "dylib", "-C", "metadata=soma"])
                .args(dynamic_flags(&self.notes.facts).split('\x1f'))
                .args(["-C", &format!("extra-filename=-{}", ready.identity), "--out-dir"])
                .arg(&folder);
            command.args(ready.search());
            for (name, file) in &ready.externs {
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

/// Reads out of cargo's messages what a rustc of ours must be told.
fn collect(key: String, messages: &[Value], metadata: &Value) -> Result<Dependencies> {
    let root = metadata["resolve"]["root"].as_str().context("cargo's metadata names no root")?;
    let nodes = metadata["resolve"]["nodes"].as_array().context("cargo's metadata has no nodes")?;
    let node = nodes.iter().find(|node| node["id"] == root).context("cargo's metadata has no root node")?;
    let mut ready = Dependencies::default();
    for dependency in node["deps"].as_array().into_iter().flatten() {
        let name = dependency["name"].as_str().unwrap_or_default();
        let file = library(messages, &dependency["pkg"])
            .with_context(|| format!("cargo built no library for `{name}`: it has only programs"))?;
        ready.externs.push((name.to_owned(), file));
    }
    let mut digest = Sha256::new();
    digest.update(&key);
    let packages = metadata["packages"].as_array().into_iter().flatten();
    for package in packages.filter(|package| package["source"].is_null() && package["id"] != root) {
        let Some(file) = library(messages, &package["id"]) else { continue };
        let own = Sha256::digest(fs::read(&file)?);
        digest.update(own);
        let names = package["targets"].as_array().into_iter().flatten();
        let names = names.filter_map(|target| Some(target["name"].as_str()?.replace('-', "_")));
        ready.changing.extend(names.map(|name| (name, hex(&own))));
    }
    ready.identity = hex(&digest.finalize());
    ready.search = vec![format!("dependency={}", target_dir().join("debug/deps").display())];
    for message in messages.iter().filter(|message| message["reason"] == "build-script-executed") {
        let paths = message["linked_paths"].as_array().into_iter().flatten().filter_map(Value::as_str);
        ready.search.extend(paths.map(str::to_owned));
    }
    Ok(ready)
}

/// Where cargo builds the dependencies of all sessions.
fn target_dir() -> PathBuf {
    places::cache_dir().join("deps/target")
}

/// The library that cargo built for a package: a dylib, a procedural macro or an rlib.
fn library(messages: &[Value], package: &Value) -> Option<PathBuf> {
    let files: Vec<PathBuf> = messages
        .iter()
        .filter(|message| message["reason"] == "compiler-artifact" && message["package_id"] == *package)
        .filter(|message| {
            let kinds = message["target"]["kind"].as_array().into_iter().flatten();
            kinds.filter_map(Value::as_str).any(|kind| matches!(kind, "lib" | "rlib" | "dylib" | "proc-macro"))
        })
        .flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default())
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .collect();
    let with = |extension: &str| files.iter().find(|file| file.extension().is_some_and(|e| e == extension)).cloned();
    with("rlib").or_else(|| with(std::env::consts::DLL_EXTENSION))
}

/// What a manifest that evcxr wrote asks for.
///
/// # Errors
/// When it does not look as evcxr 0.22 writes it.
pub fn request<'a>(manifest: &'a str, arguments: &[&str]) -> Result<(Request<'a>, &'a str)> {
    let Some((profile, table)) = manifest.split_once("\n[dependencies]\n") else {
        bail!(
            "evcxr writes its manifest differently from version 0.22.0: \
             `kernel/src/toolchain/dependencies.rs` must follow it"
        );
    };
    let level = profile.lines().find_map(|line| line.strip_prefix("opt-level = ")).unwrap_or("2");
    Ok((Request { table, offline: arguments.contains(&"--offline") }, level))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evcxrs_manifest_is_understood() {
        let manifest =
            "\n[package]\nname = \"ctx\"\n\n[profile.dev]\nopt-level = \"s\"\n\n[dependencies]\nregex = \"1\"\n";
        let (request, level) = request(manifest, &["--offline", "build"]).unwrap();
        assert_eq!((request.table, request.offline, level), ("regex = \"1\"\n", true, "\"s\""));
        assert!(super::request("[package]", &[]).is_err());
    }

    #[test]
    fn bundled_crates_are_not_built_again_when_their_version_will_do() {
        let libs = CellLibs {
            versions: vec![("ndarray".to_owned(), "0.17.1".to_owned())],
            ..CellLibs::for_tests(Path::new("/nowhere"))
        };
        let kept = |table: &str| without_bundled(table, &libs).unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(kept("ndarray = \"0.17\"\nregex = \"1\""), ["regex"]);
        assert_eq!(kept("ndarray = \"*\""), [""; 0]);
        assert_eq!(kept("ndarray = \"0.15\""), ["ndarray"], "another version is another crate");
        assert_eq!(kept("ndarray = { version = \"0.17\", features = [\"serde\"] }"), ["ndarray"]);
    }

    #[test]
    fn a_library_is_found_among_cargos_messages() {
        let message = |id: &str, kind: &str, file: &str| serde_json::json!({"reason": "compiler-artifact", "package_id": id, "target": {"kind": [kind]}, "filenames": [file]});
        let messages = [
            message("a", "custom-build", "/d/build-script-build"),
            message("a", "lib", "/d/liba.rlib"),
            message("b", "proc-macro", "/d/libb.so"),
            message("c", "bin", "/d/c"),
        ];
        let found = |id: &str| library(&messages, &id.into());
        assert_eq!(found("a"), Some("/d/liba.rlib".into()));
        #[cfg(target_os = "linux")]
        assert_eq!(found("b"), Some("/d/libb.so".into()));
        assert_eq!(found("c"), None);
    }
}

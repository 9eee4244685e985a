//! Runs the real cargo, and reads its output.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use cargo_metadata::camino::Utf8PathBuf;
use cargo_metadata::{Artifact, Message, Metadata, PackageId, TargetKind};

use super::original::Original;
use super::toolchain_info::ToolchainInfo;
use crate::process;

/// Where and how cargo runs.
#[derive(Clone, Copy)]
pub struct Cargo<'a> {
    pub facts: &'a ToolchainInfo,
    pub original: &'a Original,
    /// The folder of the package.
    pub folder: &'a Path,
    /// The target folder.
    pub target: &'a Path,
    /// Whether cargo must not use the network.
    pub offline: bool,
    /// Whether a build leads its own process group, so that the caller can end it.
    pub leads_a_group: bool,
}

/// The outcome of a run of cargo.
pub struct Answer<T> {
    /// The result; `None` if cargo failed.
    pub result: Option<T>,
    /// Cargo's messages for the user.
    pub said: String,
}

/// The results of a build.
#[derive(Debug, Default)]
pub struct Built {
    artifacts: Vec<Artifact>,
    /// The folders of libraries that build scripts name.
    pub linked_paths: Vec<String>,
}

/// A library that cargo has built, or found already built.
pub struct Library<'a> {
    /// The rlib if there is one, else a dylib or a procedural macro.
    pub file: PathBuf,
    pub features: &'a [String],
}

/// Is told of a build's progress.
pub trait Listener {
    /// The process that was started, by its number.
    fn started(&mut self, _process: u32) {}

    /// A line of cargo's messages, and how many packages are ready.
    fn line(&mut self, line: &str, done: usize);
}

impl Cargo<'_> {
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.facts.cargo);
        let (subcommand, words) = words.split_first().expect("cargo is run with a subcommand");
        command.arg(subcommand).current_dir(self.folder);
        if self.offline {
            command.arg("--offline");
        }
        command.args(words);
        self.original.restore(&mut command);
        command
            .env("RUSTC", &self.facts.rustc)
            .env("CARGO_ENCODED_RUSTFLAGS", dynamic_flags(self.facts))
            .env("CARGO_TARGET_DIR", self.target)
            // Two builds of one crate must give the same file: its digest is the identity of the crate's types.
            .env("CARGO_INCREMENTAL", "0")
            .env_remove("CARGO_BUILD_BUILD_DIR")
            .env_remove("RUSTC_WRAPPER")
            .env_remove("RUSTC_WORKSPACE_WRAPPER")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        process::end_with_parent(&mut command);
        command
    }

    /// All packages that the build needs.
    ///
    /// # Errors
    /// When cargo cannot be run, or its answer does not match its documented format.
    pub fn metadata(&self, listener: &mut dyn Listener) -> Result<Answer<Metadata>> {
        let command = self.command(&["metadata", "--format-version", "1", "--filter-platform", &self.facts.host]);
        let answer = self.run(command, listener, |stdout, _| serde_json::from_reader(stdout))?;
        let result = answer.result.transpose().context("cargo's metadata does not match its documented format")?;
        Ok(Answer { result, said: answer.said })
    }

    /// Runs a build with these arguments. The packages in `own` are not counted.
    ///
    /// # Errors
    /// When cargo cannot be run.
    pub fn build(&self, words: &[&str], own: &[&str], listener: &mut dyn Listener) -> Result<Answer<Built>> {
        let (subcommand, words) = words.split_first().expect("cargo is run with a subcommand");
        let messages = [*subcommand, "--message-format", "json-render-diagnostics", "--color", "never"];
        let mut command = self.command(&[&messages, words].concat());
        if self.leads_a_group {
            command.process_group(0);
        }
        self.run(command, listener, |stdout, done| Built::read(stdout, own, done))
    }

    fn run<T: Send>(
        &self,
        mut command: Command,
        listener: &mut dyn Listener,
        read: impl FnOnce(&mut dyn BufRead, &AtomicUsize) -> T + Send,
    ) -> Result<Answer<T>> {
        let mut child = command.spawn().with_context(|| format!("cannot run {}", self.facts.cargo.display()))?;
        listener.started(child.id());
        let mut stdout = BufReader::new(child.stdout.take().expect("standard output is piped"));
        let stderr = BufReader::new(child.stderr.take().expect("standard error is piped"));
        let (done, mut said) = (AtomicUsize::new(0), String::new());
        let result = std::thread::scope(|scope| {
            let reader = scope.spawn(|| read(&mut stdout, &done));
            for line in stderr.lines().map_while(Result::ok) {
                listener.line(line.trim(), done.load(Ordering::Relaxed));
                said.push_str(&line);
                said.push('\n');
            }
            reader.join()
        });
        let status = child.wait()?;
        Ok(Answer { result: result.ok().filter(|_| status.success()), said })
    }
}

impl Built {
    /// Reads cargo's messages to the end, and counts the packages that are ready.
    fn read(stdout: &mut dyn BufRead, own: &[&str], done: &AtomicUsize) -> Built {
        let mut built = Built::default();
        let mut packages = std::collections::BTreeSet::new();
        for line in stdout.lines().map_while(Result::ok) {
            match serde_json::from_str(&line) {
                Ok(Message::CompilerArtifact(artifact)) => {
                    let is_counted = !artifact.target.is_custom_build() && !own.contains(&&*artifact.target.name);
                    if is_counted && packages.insert(artifact.package_id.clone()) {
                        done.store(packages.len(), Ordering::Relaxed);
                    }
                    built.artifacts.push(artifact);
                }
                Ok(Message::BuildScriptExecuted(script)) => {
                    built.linked_paths.extend(script.linked_paths.into_iter().map(String::from));
                }
                _ => {}
            }
        }
        built
    }

    /// The library of a package. If it was also built for build scripts and macros, which is without optimisation, this
    /// is the other one.
    pub fn library(&self, package: &PackageId) -> Option<Library<'_>> {
        let is_library = |artifact: &&Artifact| artifact.target.kind.iter().any(holds_a_library);
        let mut found: Vec<&Artifact> =
            self.artifacts.iter().filter(|artifact| artifact.package_id == *package).filter(is_library).collect();
        found.sort_by_key(|artifact| artifact.profile.opt_level == "0");
        let artifact = *found.first()?;
        let with = |extension: &str| artifact.filenames.iter().find(|file| file.extension() == Some(extension));
        let file = with("rlib").or_else(|| with(std::env::consts::DLL_EXTENSION))?;
        Some(Library { file: file.as_std_path().to_owned(), features: &artifact.features })
    }

    /// The libraries that compiling another crate against these may read: all but those of build scripts and macros,
    /// and the macros themselves.
    pub fn libraries(&self) -> impl Iterator<Item = PathBuf> {
        let is_read = |artifact: &&Artifact| {
            let is_macro = artifact.target.is_proc_macro();
            is_macro || artifact.target.kind.iter().any(holds_a_library) && artifact.profile.opt_level != "0"
        };
        let files = self.artifacts.iter().filter(is_read).flat_map(|artifact| &artifact.filenames);
        let is_library =
            |file: &&Utf8PathBuf| matches!(file.extension(), Some("rlib" | std::env::consts::DLL_EXTENSION));
        files.filter(is_library).map(|file| file.as_std_path().to_owned())
    }

    /// The library of a crate whose name only one package has.
    pub fn library_of_crate(&self, name: &str) -> Option<Library<'_>> {
        let artifact = self.artifacts.iter().find(|artifact| artifact.target.name == name)?;
        self.library(&artifact.package_id)
    }
}

fn holds_a_library(kind: &TargetKind) -> bool {
    matches!(kind, TargetKind::Lib | TargetKind::RLib | TargetKind::DyLib | TargetKind::ProcMacro)
}

/// rustc's flags (in cargo's encoding) for a dylib that finds the toolchain's standard library when it is loaded.
pub fn dynamic_flags(facts: &ToolchainInfo) -> String {
    format!("-Awarnings\x1f-Cprefer-dynamic\x1f-Clink-arg=-Wl,-rpath,{}", facts.target_libdir().display())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_library_is_found_among_cargos_messages() {
        let message = |id: &str, kind: &str, level: &str, file: &str| {
            let profile =
                json!({"opt_level": level, "debug_assertions": false, "overflow_checks": false, "test": false});
            let target = json!({"name": id, "kind": [kind], "src_path": "/d/lib.rs"});
            json!({"reason": "compiler-artifact", "package_id": id, "target": target, "filenames": [file],
                   "profile": profile, "features": ["std"], "executable": null, "fresh": false})
        };
        let messages = [
            message("a", "custom-build", "0", "/d/build-script-build"),
            message("a", "lib", "0", "/d/liba-host.rlib"),
            message("a", "lib", "3", "/d/liba.rlib"),
            message("b", "proc-macro", "0", "/d/libb.so"),
            message("c", "bin", "3", "/d/c"),
            json!({"reason": "a later cargo's"}),
        ];
        let text: String = messages.iter().map(|message| format!("{message}\n")).collect();
        let done = AtomicUsize::new(0);
        let built = Built::read(&mut text.as_bytes(), &["c"], &done);
        let found = |id: &str| built.library(&PackageId { repr: id.to_owned() }).map(|library| library.file);
        assert_eq!(found("a"), Some("/d/liba.rlib".into()));
        #[cfg(target_os = "linux")]
        assert_eq!(found("b"), Some("/d/libb.so".into()));
        assert_eq!(found("c"), None);
        assert_eq!(built.library_of_crate("a").unwrap().features, ["std"]);
        assert_eq!(done.into_inner(), 2);
    }
}

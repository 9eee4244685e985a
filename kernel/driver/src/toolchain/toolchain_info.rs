//! Facts about the installed Rust toolchain, found once and then read from a file.
//!
//! `rustc -vV` through rustup's proxy takes 50 to 100 ms; a kernel start would ask four times.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::search::{self, Compiler};
use crate::dirs;

/// A Rust toolchain, by the real paths of its tools.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolchainInfo {
    /// The compiler itself, not rustup's proxy.
    pub rustc: PathBuf,
    /// The real cargo.
    pub cargo: PathBuf,
    /// The toolchain's root.
    pub sysroot: PathBuf,
    /// The full output of `rustc -vV`, which identifies a compiler.
    pub version: String,
    /// The host triple.
    pub host: String,
    /// The compiler binary's size and time, which reveal a changed toolchain.
    stamp: (u64, u64),
}

impl ToolchainInfo {
    /// The facts about the toolchain that `rustc` means in this folder and environment; if it means none, about the one
    /// that was present when Soma was installed.
    ///
    /// # Errors
    /// A sentence that says what to install, when there is no working rustc.
    pub fn find() -> Result<ToolchainInfo> {
        let compilers = search::compilers();
        let file = dirs::cache_dir().join("toolchains").join(format!("{}.json", question(&compilers)));
        if let Some(facts) = recorded(&file) {
            return Ok(facts);
        }
        let facts = ToolchainInfo::of_first(&compilers)?;
        // With a read-only home this only takes longer.
        let _ = dirs::private_dir(file.parent().expect("the file has a folder"))
            .and_then(|()| dirs::write_atomically(&file, &serde_json::to_vec(&facts).expect("facts are plain data")));
        Ok(facts)
    }

    /// Asks the compilers one after the other until one answers.
    fn of_first(compilers: &[Compiler]) -> Result<ToolchainInfo> {
        let mut said = Vec::new();
        for compiler in compilers {
            match ToolchainInfo::ask(compiler) {
                Ok(facts) => return Ok(facts),
                Err(error) => said.push(match compiler.is_noted {
                    true => search::advice_on_noted(&compiler.path, &format!("{error:#}")),
                    false => format!("{error:#}"),
                }),
            }
        }
        if said.is_empty() {
            bail!(
                "`rustc` was not found: install Rust with rustup (https://rustup.rs), then try again (it was looked for on \
                 PATH and where rustup puts it)"
            );
        }
        bail!("{}", said.join("\n"));
    }

    /// Asks a compiler about itself.
    ///
    /// # Errors
    /// A sentence, if it does not run.
    fn ask(compiler: &Compiler) -> Result<ToolchainInfo> {
        let rustc = compiler.path.display();
        let answer = |argument: &[&str]| -> Result<String> {
            let mut command = Command::new(&compiler.path);
            if let Some(home) = &compiler.rustup_home {
                command.env("RUSTUP_HOME", home);
            }
            let output = command.args(argument).output().with_context(|| format!("`{rustc}` cannot be run"))?;
            if !output.status.success() {
                let said = String::from_utf8_lossy(&output.stderr);
                bail!("`{rustc}` does not work: {}", search::advice_on_rustup(&said).unwrap_or(said.trim()));
            }
            Ok(String::from_utf8(output.stdout)?.trim().to_owned())
        };
        let version = answer(&["-vV"])?;
        let release = version.lines().find_map(|line| line.strip_prefix("release: ")).unwrap_or_default();
        if is_too_old(release) {
            bail!(
                "`{rustc}` is Rust {release}, and Soma needs {OLDEST} or later: type `rustup update`, or install Rust with \
                 rustup (https://rustup.rs), then try again"
            );
        }
        let sysroot = PathBuf::from(answer(&["--print", "sysroot"])?);
        let host = version
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .with_context(|| format!("`{rustc} -vV` names no host:\n{version}"))?
            .to_owned();
        let tool = |name: &str| {
            let inside = sysroot.join("bin").join(name);
            if inside.exists() { inside } else { search::which(name).unwrap_or(inside) }
        };
        let rustc = tool("rustc");
        let stamp = stamp(&rustc).with_context(|| format!("cannot read {}", rustc.display()))?;
        Ok(ToolchainInfo { cargo: tool("cargo"), rustc, sysroot, version, host, stamp })
    }

    /// The folder with the target's libraries.
    pub fn target_libdir(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib").join(&self.host).join("lib")
    }

    /// The standard library's dylib. Its name holds a digest of what makes it.
    pub fn standard_library(&self) -> Option<PathBuf> {
        let (prefix, suffix) = (format!("{}std-", std::env::consts::DLL_PREFIX), std::env::consts::DLL_SUFFIX);
        let files = std::fs::read_dir(self.target_libdir()).ok()?.flatten().map(|entry| entry.path());
        let is_it = |file: &PathBuf| {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(&prefix) && name.ends_with(suffix)
        };
        files.filter(is_it).min()
    }

    /// Whether the sources of the standard library are installed (`rustup component add rust-src`); only analysis reads
    /// them.
    pub fn have_sources(&self) -> bool {
        self.sysroot.join("lib/rustlib/src/rust/library/std").is_dir()
    }

    /// The release number, such as `1.95.0`.
    pub fn release(&self) -> &str {
        self.version.lines().find_map(|line| line.strip_prefix("release: ")).unwrap_or("unknown")
    }
}

/// The oldest Rust that compiles the tensor library.
const OLDEST: &str = env!("CARGO_PKG_RUST_VERSION");

fn is_too_old(release: &str) -> bool {
    let numbers = |text: &str| -> Option<(u32, u32)> {
        let mut numbers = text.split(['.', '-']).map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    numbers(release).is_some_and(|own| numbers(OLDEST).is_some_and(|oldest| own < oldest))
}

/// The recorded facts about a compiler, unless it has changed since.
fn recorded(file: &Path) -> Option<ToolchainInfo> {
    let facts: ToolchainInfo = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    (stamp(&facts.rustc) == Some(facts.stamp)).then_some(facts)
}

fn stamp(file: &Path) -> Option<(u64, u64)> {
    let metadata = file.metadata().ok()?;
    let time = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some((metadata.len(), time.as_nanos() as u64))
}

/// A digest of everything that decides which toolchain is meant: the available compilers, rustup's settings and
/// override files, the folder.
fn question(compilers: &[Compiler]) -> String {
    let mut digest = Sha256::new();
    let mut add = |text: &str| {
        digest.update(text.as_bytes());
        digest.update([0]);
    };
    for compiler in compilers {
        add(&format!("{compiler:?} {:?}", stamp(&compiler.path)));
        let home = compiler.rustup_home.clone().or_else(search::rustup_home).unwrap_or_default();
        add(&std::fs::read_to_string(home.join("settings.toml")).unwrap_or_default());
    }
    add(&std::env::var("RUSTUP_TOOLCHAIN").unwrap_or_default());
    let folder = std::env::current_dir().unwrap_or_default();
    for folder in folder.ancestors() {
        for name in ["rust-toolchain", "rust-toolchain.toml"] {
            if let Ok(content) = std::fs::read_to_string(folder.join(name)) {
                add(&folder.to_string_lossy());
                add(&content);
            }
        }
    }
    hex(&digest.finalize())
}

/// The first 16 bytes of a digest in hexadecimal, for a file name.
pub fn hex(digest: &[u8]) -> String {
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_that_is_too_old_is_told_by_its_release() {
        for release in ["1.85.0", "1.94.1", "1.9.0-nightly"] {
            assert!(is_too_old(release), "{release}");
        }
        for release in [OLDEST, "1.96.0-nightly", "2.0.0", "unknown"] {
            assert!(!is_too_old(release), "{release}");
        }
    }

    #[test]
    fn a_changed_toolchain_is_asked_again() {
        let folder = tempfile::tempdir().unwrap();
        let (rustc, record) = (folder.path().join("rustc"), folder.path().join("facts.json"));
        std::fs::write(&rustc, "one compiler").unwrap();
        let facts = ToolchainInfo {
            rustc: rustc.clone(),
            cargo: "cargo".into(),
            sysroot: folder.path().into(),
            version: "release: 1.2.3".to_owned(),
            host: "host".to_owned(),
            stamp: stamp(&rustc).unwrap(),
        };
        std::fs::write(&record, serde_json::to_vec(&facts).unwrap()).unwrap();
        assert_eq!(recorded(&record).unwrap().release(), "1.2.3");
        std::fs::write(&rustc, "another compiler").unwrap();
        assert!(recorded(&record).is_none());
        std::fs::write(&record, "{").unwrap();
        assert!(recorded(&record).is_none());
    }
}

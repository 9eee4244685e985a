//! The sources of the crates that a workspace needs, for building it without a network.
//!
//! `cargo vendor` copies the crates for every system. What this system does not need is left as a manifest with an empty
//! library: cargo looks at it when it chooses versions, and never compiles it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::environment;
use crate::process;
use crate::workspace::cargo;

/// How long cargo may take: most crates were downloaded before.
const LIMIT: Duration = Duration::from_secs(300);

/// What a package has that its library does not need.
const NOT_NEEDED: [&str; 8] =
    ["tests", "benches", "examples", "docs", "doc", ".github", "Cargo.lock", "Cargo.toml.orig"];

/// Lays the crates out that a workspace needs on a system.
///
/// # Errors
/// cargo's message, or the system's.
pub fn lay_out(workspace: &Path, host: &str, folder: &Path) -> Result<()> {
    let vendor = |words: &[&str]| process::run(run_in(workspace, words).arg(folder), LIMIT);
    let mut vendored = vendor(&["vendor", "--locked", "--offline"])?;
    if !vendored.succeeded() {
        // A build does not download the crates for other systems.
        vendored = vendor(&["vendor", "--locked"])?;
    }
    if !vendored.succeeded() {
        bail!("cargo vendor: {}", vendored.stderr.trim());
    }
    let needed = needed(workspace, host)?;
    for entry in fs::read_dir(folder)? {
        let package = entry?.path();
        let manifest = fs::read_to_string(package.join("Cargo.toml"))?;
        let manifest: toml::Table = manifest.parse().with_context(|| package.display().to_string())?;
        let field = |name: &str| manifest.get("package")?.get(name)?.as_str().map(str::to_owned);
        let (Some(name), Some(version)) = (field("name"), field("version")) else { continue };
        if needed.contains(&(name, version)) {
            for folder in NOT_NEEDED {
                remove(&package.join(folder))?;
            }
            without_other_processors(&package.join("src"))?;
        } else {
            empty(&package, &manifest)?;
        }
        without_digests(&package)?;
    }
    Ok(())
}

/// Removes what a package has for other processors, in folders of their names (`linux-raw-sys` has 40 MB of that). The
/// compiler leaves such modules out before it looks for their files.
fn without_other_processors(sources: &Path) -> Result<()> {
    const PROCESSORS: [&str; 19] = [
        "aarch64",
        "arm",
        "csky",
        "hexagon",
        "loongarch64",
        "m68k",
        "mips",
        "mips32r6",
        "mips64",
        "mips64r6",
        "powerpc",
        "powerpc64",
        "riscv32",
        "riscv64",
        "s390x",
        "sparc",
        "sparc64",
        "x32",
        "x86",
    ];
    for processor in PROCESSORS.into_iter().filter(|processor| *processor != std::env::consts::ARCH) {
        let folder = sources.join(processor);
        // A folder with a module of its own is part of the code for all.
        if folder.is_dir() && !folder.join("mod.rs").exists() && !folder.with_extension("rs").exists() {
            remove(&folder)?;
        }
    }
    Ok(())
}

fn run_in(workspace: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(cargo());
    environment::without_cargo(&mut command);
    command.args(words).current_dir(workspace);
    command
}

/// The packages that are compiled on a system, by name and version.
fn needed(workspace: &Path, host: &str) -> Result<BTreeSet<(String, String)>> {
    let words = ["metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform", host];
    let output = run_in(workspace, &words).output().context("cannot run cargo")?;
    if !output.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let nodes = metadata["resolve"]["nodes"].as_array().context("cargo's metadata has no versions")?;
    let ids: BTreeSet<&str> = nodes.iter().filter_map(|node| node["id"].as_str()).collect();
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let needed = packages.filter(|package| package["id"].as_str().is_some_and(|id| ids.contains(id)));
    Ok(needed
        .filter_map(|package| Some((package["name"].as_str()?.to_owned(), package["version"].as_str()?.to_owned())))
        .collect())
}

/// Leaves a package its manifest, and empty files where that names some.
fn empty(package: &Path, manifest: &toml::Table) -> Result<()> {
    for entry in fs::read_dir(package)? {
        let path = entry?.path();
        let is_kept = path.file_name().is_some_and(|name| name == "Cargo.toml" || name == ".cargo-checksum.json");
        if !is_kept {
            remove(&path)?;
        }
    }
    let library = manifest.get("lib").and_then(|library| library.get("path")).and_then(toml::Value::as_str);
    let script = manifest.get("package").and_then(|package| package.get("build")).and_then(toml::Value::as_str);
    for file in [Some(library.unwrap_or("src/lib.rs")), script].into_iter().flatten() {
        let file: PathBuf = package.join(file);
        fs::create_dir_all(file.parent().expect("it is in the package"))?;
        fs::write(file, "")?;
    }
    Ok(())
}

fn remove(path: &Path) -> Result<()> {
    if path.is_dir() {
        fs::remove_dir_all(path)?;
    } else if path.exists() {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// Leaves the digest of a package, by which the lock file knows it, and none of its files, of which some are gone.
fn without_digests(package: &Path) -> Result<()> {
    let file = package.join(".cargo-checksum.json");
    let checksum: Value = serde_json::from_slice(&fs::read(&file)?)?;
    Ok(fs::write(file, json!({ "files": {}, "package": checksum["package"] }).to_string())?)
}

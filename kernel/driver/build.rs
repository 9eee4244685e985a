//! Packs the sources of the crates that cells link into the library.
//!
//! A dylib fits exactly one rustc, so soma must be able to build its cell libraries wherever it runs, also
//! after the toolchain has changed: it carries `tensorlib`, its derive macro, `soma_cell` and its reports,
//! and what makes a rustc wait, as a small workspace of their own.
//! It also learns two digests of its own sources: that of what decides how a cell is compiled is part of every key in the
//! caches, and by the other a driver knows whether it goes with a kernel.

use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// What cells link, and what that is made of.
const MEMBERS: [&str; 5] = ["tensorlib", "tensorlib/derive", "kernel/cell", "kernel/report", "kernel/waiting"];

fn main() {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../..").canonicalize().unwrap();
    let mut files = vec![("Cargo.toml".to_owned(), workspace_manifest(&root))];
    files.push(("Cargo.lock".to_owned(), read(&root.join("Cargo.lock"))));
    for member in MEMBERS {
        files.push((format!("{member}/Cargo.toml"), member_manifest(&root.join(member))));
        collect(&root.join(member).join("src"), &format!("{member}/src"), &mut files);
    }
    files.sort();
    let mut code = String::from("&[\n");
    for (path, text) in files {
        writeln!(code, "({path:?}, {text:?}),").unwrap();
    }
    code.push(']');
    let own = root.join("kernel/driver/src");
    println!("cargo::rustc-env=SOMA_DRIVER={:016x}", digest(&["evcxr", "toolchain"].map(|name| own.join(name))));
    println!("cargo::rustc-env=SOMA_BUILD={:016x}", digest(&[own]));
    let out = PathBuf::from(std::env::var("OUT_DIR").unwrap());
    std::fs::write(out.join("sources.rs"), code).unwrap();
}

/// A digest of the sources in these folders.
fn digest(folders: &[PathBuf]) -> u64 {
    let mut files = Vec::new();
    folders.iter().for_each(|folder| collect(folder, "", &mut files));
    files.sort();
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    hasher.finish()
}

fn read(path: &Path) -> String {
    println!("cargo::rerun-if-changed={}", path.display());
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn collect(folder: &Path, name: &str, files: &mut Vec<(String, String)>) {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{name}/{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            collect(&path, &name, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push((name, read(&path)));
        }
    }
}

/// The root manifest with these members only.
fn workspace_manifest(root: &Path) -> String {
    let mut manifest: toml::Table = read(&root.join("Cargo.toml")).parse().unwrap();
    let workspace = manifest["workspace"].as_table_mut().unwrap();
    workspace.insert("members".into(), MEMBERS.to_vec().into());
    manifest.remove("profile");
    // At this level rustc lets cells use the generic code that `soma_cell` has instantiated for common types.
    manifest.to_string() + "\n[profile.release.package.soma_cell]\nopt-level = 1\n"
}

/// A member's manifest without what only its own tests and benchmarks need.
fn member_manifest(folder: &Path) -> String {
    let mut manifest: toml::Table = read(&folder.join("Cargo.toml")).parse().unwrap();
    for section in ["dev-dependencies", "bench", "test", "example"] {
        manifest.remove(section);
    }
    manifest.to_string()
}

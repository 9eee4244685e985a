//! The packages of a build, as cargo's metadata tells them, and the files that cargo's messages name for them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use super::ready::CRATE;

/// The package that asks for the crates every cell has, with the features that they have there, so that cargo builds
/// none of them with fewer.
pub const SHARED: &str = "soma_shared";

/// cargo's answer to `metadata`.
pub struct Graph<'a> {
    root: &'a str,
    packages: &'a [Value],
    nodes: &'a [Value],
}

/// A package whose sources can change.
pub struct Changing<'a> {
    /// Its name and version, as a profile names it.
    pub spec: String,
    pub id: &'a Value,
    pub manifest: &'a Path,
    /// The names of its targets as crates, and their kinds.
    pub targets: Vec<(String, &'a str)>,
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Whether a package is one of those that Soma puts around the session's.
fn is_own(package: &Value) -> bool {
    [CRATE, SHARED].contains(&text(&package["name"]))
}

impl<'a> Graph<'a> {
    /// Takes cargo's answer for what it says.
    ///
    /// # Errors
    /// When it does not have the shape that cargo documents.
    pub fn read(metadata: &'a Value) -> Result<Graph<'a>> {
        let root = metadata["resolve"]["root"].as_str().context("cargo's metadata names no root")?;
        Ok(Graph { root, packages: list(&metadata["packages"]), nodes: list(&metadata["resolve"]["nodes"]) })
    }

    /// The packages that are neither Soma's own nor from a registry or repository.
    pub fn changing(&self) -> Vec<Changing<'a>> {
        let packages = self.packages.iter().filter(|package| package["source"].is_null() && !is_own(package));
        let changing = packages.map(|package| {
            let targets = list(&package["targets"]).iter();
            Changing {
                spec: format!("{}@{}", text(&package["name"]), text(&package["version"])),
                id: &package["id"],
                manifest: Path::new(text(&package["manifest_path"])),
                targets: targets
                    .map(|target| {
                        (text(&target["name"]).replace('-', "_"), target["kind"][0].as_str().unwrap_or_default())
                    })
                    .collect(),
            }
        });
        changing.collect()
    }

    /// The names of packages and crates that are no other set's business.
    pub fn own_names(&self) -> BTreeSet<String> {
        let changing = self.changing();
        let packages = changing.iter().filter_map(|package| package.spec.split('@').next());
        let crates = changing.iter().flat_map(|package| package.targets.iter().map(|(name, _)| name.as_str()));
        let all = packages.chain(crates).chain([CRATE, SHARED, "soma_cell", "tensorlib"]);
        // Build scripts are of their package; their crates have one name for all.
        all.filter(|name| *name != "build_script_build").map(|name| name.replace('-', "_")).collect()
    }

    /// What the session asked for: each crate as its code names it, and its package.
    pub fn wanted(&self) -> Result<Vec<(&'a str, &'a Value)>> {
        let root =
            self.nodes.iter().find(|node| node["id"] == self.root).context("cargo's metadata has no root node")?;
        let wanted = list(&root["deps"]).iter().map(|dependency| (text(&dependency["name"]), &dependency["pkg"]));
        Ok(wanted.filter(|(name, _)| *name != SHARED).collect())
    }

    /// The packages of a name, with their versions.
    pub fn of_name(&self, name: &str) -> impl Iterator<Item = (&'a Value, &'a str)> {
        let packages = self.packages.iter().filter(move |package| package["name"] == name);
        packages.map(|package| (&package["id"], text(&package["version"])))
    }

    /// The names and versions of the packages that depend on one, but for Soma's own.
    pub fn users(&self, of: &Value) -> Vec<String> {
        let uses = |node: &&Value| list(&node["deps"]).iter().any(|dependency| dependency["pkg"] == *of);
        let users = self.nodes.iter().filter(uses).map(|node| &node["id"]);
        let packages = users.filter_map(|id| self.packages.iter().find(|package| package["id"] == *id));
        let packages = packages.filter(|package| !is_own(package));
        packages.map(|package| format!("`{}` {}", text(&package["name"]), text(&package["version"]))).collect()
    }

    /// How many packages are built.
    pub fn count(&self) -> usize {
        self.packages.iter().filter(|package| !is_own(package)).count()
    }
}

/// A library that cargo has built, or found built.
pub struct Library<'a> {
    pub file: PathBuf,
    pub features: Vec<&'a str>,
}

/// The library for a package: a dylib, a procedural macro or an rlib. Where there is one for build scripts and macros, too,
/// which is not optimised, it is the other.
pub fn library<'a>(messages: &'a [Value], package: &Value) -> Option<Library<'a>> {
    let is_library = |message: &&Value| {
        let kinds = list(&message["target"]["kind"]).iter();
        kinds.map(text).any(|kind| matches!(kind, "lib" | "rlib" | "dylib" | "proc-macro"))
    };
    let artifacts = messages.iter().filter(|message| message["reason"] == "compiler-artifact");
    let mut found: Vec<&Value> =
        artifacts.filter(|message| message["package_id"] == *package).filter(is_library).collect();
    found.sort_by_key(|message| message["profile"]["opt_level"] == "0");
    let message = *found.first()?;
    let files: Vec<PathBuf> = list(&message["filenames"]).iter().map(|file| PathBuf::from(text(file))).collect();
    let with = |extension: &str| files.iter().find(|file| file.extension().is_some_and(|e| e == extension)).cloned();
    let file = with("rlib").or_else(|| with(std::env::consts::DLL_EXTENSION))?;
    Some(Library { file, features: list(&message["features"]).iter().map(text).collect() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_library_is_found_among_cargos_messages() {
        let message = |id: &str, kind: &str, level: &str, file: &str| {
            json!({"reason": "compiler-artifact", "package_id": id, "target": {"kind": [kind]}, "filenames": [file],
                   "profile": {"opt_level": level}, "features": ["std"]})
        };
        let messages = [
            message("a", "custom-build", "0", "/d/build-script-build"),
            message("a", "lib", "0", "/d/liba-host.rlib"),
            message("a", "lib", "3", "/d/liba.rlib"),
            message("b", "proc-macro", "0", "/d/libb.so"),
            message("c", "bin", "3", "/d/c"),
        ];
        let found = |id: &str| library(&messages, &id.into()).map(|library| library.file);
        assert_eq!(found("a"), Some("/d/liba.rlib".into()));
        #[cfg(target_os = "linux")]
        assert_eq!(found("b"), Some("/d/libb.so".into()));
        assert_eq!(found("c"), None);
    }

    #[test]
    fn what_can_change_is_told_from_what_cannot() {
        let package = |name: &str, source: Value| {
            json!({"name": name, "version": "1.0.0", "id": format!("{name} id"), "source": source,
                   "manifest_path": format!("/{name}/Cargo.toml"),
                   "targets": [{"name": name, "kind": ["lib"]}, {"name": "build-script-build", "kind": ["custom-build"]}]})
        };
        let metadata = json!({
            "packages": [package(CRATE, Value::Null), package(SHARED, Value::Null), package("my-own", Value::Null),
                         package("regex", "registry".into())],
            "resolve": {"root": format!("{CRATE} id"), "nodes": [
                {"id": format!("{CRATE} id"), "deps": [{"name": "soma_shared", "pkg": "soma_shared id"},
                                                       {"name": "my_own", "pkg": "my-own id"}]},
                {"id": "my-own id", "deps": [{"name": "regex", "pkg": "regex id"}]},
            ]},
        });
        let graph = Graph::read(&metadata).unwrap();
        let specs: Vec<String> = graph.changing().into_iter().map(|package| package.spec).collect();
        assert_eq!(specs, ["my-own@1.0.0"]);
        assert_eq!(graph.own_names(), ["my_own", "soma_cell", CRATE, SHARED, "tensorlib"].map(str::to_owned).into());
        assert_eq!(graph.wanted().unwrap(), [("my_own", &json!("my-own id"))]);
        assert_eq!(graph.count(), 2);
        assert_eq!(graph.users(&"regex id".into()), ["`my-own` 1.0.0"]);
    }
}

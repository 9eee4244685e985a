//! The packages of a build, from cargo's metadata.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use cargo_metadata::{Metadata, Node, Package, PackageId};

use super::ready::CRATE;

/// The package that requires the crates of every cell with the features that they have there, so that cargo builds none
/// of them with fewer.
pub const SHARED: &str = "soma_shared";

/// cargo's answer to `metadata`.
pub struct Graph<'a> {
    root: &'a PackageId,
    packages: &'a [Package],
    nodes: &'a [Node],
}

/// Whether a package is one of those that Soma adds to the session's.
fn is_own(package: &Package) -> bool {
    [CRATE, SHARED].contains(&package.name.as_ref())
}

/// A package's name and version, as a profile names it.
pub fn spec(package: &Package) -> String {
    format!("{}@{}", package.name, package.version)
}

/// The names of a package's targets, as crate names.
pub fn crates(package: &Package) -> impl Iterator<Item = String> {
    package.targets.iter().map(|target| target.name.replace('-', "_"))
}

impl<'a> Graph<'a> {
    /// Reads cargo's answer.
    ///
    /// # Errors
    /// When cargo has not chosen versions.
    pub fn read(metadata: &'a Metadata) -> Result<Graph<'a>> {
        let resolve = metadata.resolve.as_ref().context("cargo's metadata has no versions")?;
        let root = resolve.root.as_ref().context("cargo's metadata names no root")?;
        Ok(Graph { root, packages: &metadata.packages, nodes: &resolve.nodes })
    }

    /// The packages that are neither Soma's own nor from a registry or repository: their sources can change.
    pub fn changing(&self) -> Vec<&'a Package> {
        self.packages.iter().filter(|package| package.source.is_none() && !is_own(package)).collect()
    }

    /// The names of packages and crates that belong to this set alone.
    pub fn own_names(&self) -> BTreeSet<String> {
        let changing = self.changing();
        let packages = changing.iter().map(|package| package.name.replace('-', "_"));
        let all = packages.chain(changing.iter().flat_map(|package| crates(package)));
        // Build scripts belong to their packages; their crates all have the same name.
        let all = all.filter(|name| name != "build_script_build");
        all.chain([CRATE, SHARED, "soma_cell", "tensorlib"].map(str::to_owned)).collect()
    }

    /// The crates that the session asked for: each under the name that code uses, with its package.
    pub fn wanted(&self) -> Result<Vec<(&'a str, &'a PackageId)>> {
        let root = self.nodes.iter().find(|node| node.id == *self.root);
        let wanted = &root.context("cargo's metadata has no root node")?.deps;
        let wanted = wanted.iter().map(|dependency| (&*dependency.name, &dependency.pkg));
        Ok(wanted.filter(|(name, _)| *name != SHARED).collect())
    }

    /// The packages with this name.
    pub fn of_name(&self, name: &str) -> impl Iterator<Item = &'a Package> {
        self.packages.iter().filter(move |package| *package.name == name)
    }

    /// The names and versions of the packages that depend on this one, without Soma's own.
    pub fn users(&self, of: &PackageId) -> Vec<String> {
        let uses = |node: &&Node| node.deps.iter().any(|dependency| dependency.pkg == *of);
        let users = self.nodes.iter().filter(uses);
        let packages = users.filter_map(|user| self.packages.iter().find(|package| package.id == user.id));
        let packages = packages.filter(|package| !is_own(package));
        packages.map(|package| format!("`{}` {}", package.name, package.version)).collect()
    }

    /// How many packages are to be built.
    pub fn count(&self) -> usize {
        self.packages.iter().filter(|package| !is_own(package)).count()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_can_change_is_told_from_what_cannot() {
        let package = |name: &str, source: Value| {
            let target = |name: &str, kind: &str| json!({"name": name, "kind": [kind], "src_path": "/lib.rs"});
            json!({"name": name, "version": "1.0.0", "id": format!("{name} id"), "source": source,
                   "manifest_path": format!("/{name}/Cargo.toml"), "dependencies": [], "features": {},
                   "targets": [target(name, "lib"), target("build-script-build", "custom-build")]})
        };
        let node = |name: &str, needs: &[(&str, &str)]| {
            let deps: Vec<Value> = needs.iter().map(|(name, pkg)| json!({"name": name, "pkg": pkg})).collect();
            json!({"id": format!("{name} id"), "deps": deps, "dependencies": []})
        };
        let metadata = json!({
            "packages": [package(CRATE, Value::Null), package(SHARED, Value::Null), package("my-own", Value::Null),
                         package("regex", "registry".into())],
            "resolve": {"root": format!("{CRATE} id"), "nodes": [
                node(CRATE, &[("soma_shared", "soma_shared id"), ("my_own", "my-own id")]),
                node("my-own", &[("regex", "regex id")]),
            ]},
            "workspace_members": [], "workspace_root": "/", "target_directory": "/target", "version": 1,
        });
        let metadata = serde_json::from_value(metadata).unwrap();
        let graph = Graph::read(&metadata).unwrap();
        let id = |name: &str| PackageId { repr: format!("{name} id") };
        assert_eq!(graph.changing().into_iter().map(spec).collect::<Vec<_>>(), ["my-own@1.0.0"]);
        assert_eq!(graph.own_names(), ["my_own", "soma_cell", CRATE, SHARED, "tensorlib"].map(str::to_owned).into());
        assert_eq!(graph.wanted().unwrap(), [("my_own", &id("my-own"))]);
        assert_eq!(graph.count(), 2);
        assert_eq!(graph.users(&id("regex")), ["`my-own` 1.0.0"]);
    }
}

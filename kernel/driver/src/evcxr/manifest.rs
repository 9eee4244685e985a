//! The manifests that evcxr writes, read as cargo of any edition would.

use anyhow::{Result, bail};
use toml::{Table, Value};

/// A `[dependencies]` table, and what else evcxr's manifest says about the build.
pub struct Request<'a> {
    /// The table's lines.
    pub table: &'a str,
    /// Whether cargo may use the network.
    pub offline: bool,
}

/// Reads the request in a manifest that evcxr wrote.
///
/// # Errors
/// When it does not look like a manifest of evcxr 0.22.
pub fn request<'a>(manifest: &'a str, arguments: &[&str]) -> Result<(Request<'a>, &'a str)> {
    let Some((profile, table)) = manifest.split_once("\n[dependencies]\n") else {
        bail!(
            "evcxr writes its manifest differently from version 0.22.0: \
             `kernel/driver/src/evcxr/manifest.rs` must follow it"
        );
    };
    let level = profile.lines().find_map(|line| line.strip_prefix("opt-level = ")).unwrap_or("2");
    Ok((Request { table, offline: arguments.contains(&"--offline") }, level))
}

/// Rewrites keys for edition 2024, which no longer accepts `default_features`; returns whether there were any.
pub fn modernise(table: &mut Table) -> bool {
    let mut found = false;
    for fields in table.iter_mut().filter_map(|(_, requirement)| requirement.as_table_mut()) {
        if let Some(value) = fields.remove("default_features") {
            fields.entry("default-features").or_insert(value);
            found = true;
        }
    }
    found
}

/// The name of the package with which evcxr asks cargo whether a crate is available.
const TRIAL: &str = "evcxr_dummy_validate_dep";

/// evcxr's question whether a crate is available.
#[derive(Debug, PartialEq)]
pub struct Trial {
    /// The manifest, with keys of edition 2024.
    pub manifest: String,
    /// The lines of its table of dependencies.
    pub table: String,
    /// Whether the original had keys of older editions.
    pub is_old: bool,
}

/// Reads a manifest as evcxr's question; `None` if it is another.
pub fn trial(manifest: &str) -> Option<Trial> {
    if !manifest.contains(TRIAL) {
        return None;
    }
    let mut table: Table = manifest.parse().ok()?;
    let dependencies = table.get_mut("dependencies").and_then(Value::as_table_mut)?;
    let is_old = modernise(dependencies);
    let dependencies = dependencies.to_string();
    // So that no manifest in a folder above makes the package part of a workspace.
    table.insert("workspace".to_owned(), Value::Table(Table::new()));
    Some(Trial { manifest: table.to_string(), table: dependencies, is_old })
}

/// evcxr's manifest of a session with keys of edition 2024; `None` if it is the same.
pub fn modernised(manifest: &str) -> Option<String> {
    let mut table: Table = manifest.parse().ok()?;
    let dependencies = table.get_mut("dependencies").and_then(Value::as_table_mut)?;
    modernise(dependencies).then(|| table.to_string())
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
    fn keys_of_older_editions_are_read() {
        let trial = super::trial(&format!(
            "\n    [package]\n    name = \"{TRIAL}\"\n    [dependencies]\n    a = {{version = \"1\", default_features = false}}\n"
        ))
        .unwrap();
        assert!(trial.is_old && trial.table.contains("default-features = false"), "{trial:?}");
        assert!(
            trial.manifest.contains("default-features = false") && trial.manifest.contains("[workspace]"),
            "{trial:?}"
        );
        let session = "[package]\nname = \"ctx\"\n[dependencies]\na = {version = \"1\", default_features = false}\n";
        assert!(modernised(session).unwrap().contains("default-features = false"));
        assert_eq!(modernised("[package]\nname = \"ctx\"\n[dependencies]\na = \"1\"\n"), None);
        assert!(super::trial("[package]\nname = \"ctx\"").is_none());
    }
}

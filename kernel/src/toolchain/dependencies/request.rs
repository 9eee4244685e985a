//! What evcxr's manifest asks for, read as cargo of any edition would.

use anyhow::{Context, Result, bail};
use toml::{Table, Value};

use crate::toolchain::cell_libs::{CellLibs, Shared};

/// A `[dependencies]` table and what else evcxr's manifest says about the build.
pub struct Request<'a> {
    /// The table's lines.
    pub table: &'a str,
    /// Whether cargo may use the network.
    pub offline: bool,
}

/// What a manifest that evcxr wrote asks for.
///
/// # Errors
/// When it does not look as evcxr 0.22 writes it.
pub fn request<'a>(manifest: &'a str, arguments: &[&str]) -> Result<(Request<'a>, &'a str)> {
    let Some((profile, table)) = manifest.split_once("\n[dependencies]\n") else {
        bail!(
            "evcxr writes its manifest differently from version 0.22.0: \
             `kernel/src/toolchain/dependencies/request.rs` must follow it"
        );
    };
    let level = profile.lines().find_map(|line| line.strip_prefix("opt-level = ")).unwrap_or("2");
    Ok((Request { table, offline: arguments.contains(&"--offline") }, level))
}

/// The crates that are asked for besides those that every cell has, where these will do.
///
/// # Errors
/// When it is not TOML.
pub fn wanted(table: &str, libs: &CellLibs) -> Result<Table> {
    let mut table: Table = table.parse().context("the dependencies are not TOML")?;
    modernise(&mut table);
    let bundled = |name: &str| libs.shared.iter().find(|shared| shared.name == name && shared.is_public);
    if table.iter().all(|(name, requirement)| bundled(name).is_some_and(|shared| is_met(requirement, shared))) {
        return Ok(Table::new());
    }
    for (name, requirement) in &mut table {
        // With all their own features they would be other crates than those that every cell has.
        if let (Some(shared), Value::String(version)) = (bundled(name), &*requirement)
            && meets(version, shared)
        {
            let fields = [("version", Value::String(version.clone())), ("default-features", Value::Boolean(false))];
            *requirement = Value::Table(fields.map(|(key, value)| (key.to_owned(), value)).into_iter().collect());
        }
    }
    Ok(table)
}

/// Whether the bundled crate is what is asked for, or has more. A version alone says nothing of features.
fn is_met(requirement: &Value, shared: &Shared) -> bool {
    let has = |feature: &str| shared.features.iter().any(|own| own == feature);
    match requirement {
        Value::String(version) => meets(version, shared),
        Value::Table(fields) => {
            fields.iter().all(|(key, value)| match (key.as_str(), value) {
                ("version", Value::String(version)) => meets(version, shared),
                ("default-features", Value::Boolean(_)) => true,
                ("features", Value::Array(features)) => {
                    features.iter().all(|feature| feature.as_str().is_some_and(has))
                }
                _ => false,
            }) && (fields.get("default-features") == Some(&Value::Boolean(false)) || has("default"))
        }
        _ => false,
    }
}

fn meets(requirement: &str, shared: &Shared) -> bool {
    let version = semver::Version::parse(&shared.version);
    semver::VersionReq::parse(requirement).is_ok_and(|wanted| version.is_ok_and(|version| wanted.matches(&version)))
}

/// Writes keys as the edition of 2024 does, which no longer takes `default_features`; tells whether there were any.
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

/// The name of the package by which evcxr asks cargo whether a crate can be had.
const TRIAL: &str = "evcxr_dummy_validate_dep";

/// evcxr's question whether a crate can be had.
#[derive(Debug)]
pub struct Trial {
    /// The manifest, as cargo takes it since the edition of 2024.
    pub manifest: String,
    /// The lines of its table of dependencies.
    pub table: String,
    /// Whether it had keys of older editions.
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
    // Whatever is in the folders above.
    table.insert("workspace".to_owned(), Value::Table(Table::new()));
    Some(Trial { manifest: table.to_string(), table: dependencies, is_old })
}

/// evcxr's manifest of a session as cargo takes it since the edition of 2024, where that is another.
pub fn modernised(manifest: &str) -> Option<String> {
    let mut table: Table = manifest.parse().ok()?;
    let dependencies = table.get_mut("dependencies").and_then(Value::as_table_mut)?;
    modernise(dependencies).then(|| table.to_string())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn libs() -> CellLibs {
        let ndarray = Shared {
            name: "ndarray".to_owned(),
            version: "0.17.1".to_owned(),
            features: ["default", "rayon", "std"].map(str::to_owned).into(),
            file: "/libs/libndarray-1a.rlib".into(),
            is_public: true,
        };
        let plotters = Shared {
            name: "plotters".to_owned(),
            version: "0.3.7".to_owned(),
            features: vec!["evcxr".to_owned()],
            ..ndarray.clone()
        };
        let hidden =
            Shared { name: "num-traits".to_owned(), version: "0.2.19".to_owned(), is_public: false, ..ndarray.clone() };
        CellLibs { shared: vec![ndarray, plotters, hidden], ..CellLibs::for_tests(Path::new("/nowhere")) }
    }

    fn asked(table: &str) -> String {
        wanted(table, &libs()).unwrap().to_string()
    }

    #[test]
    fn evcxrs_manifest_is_understood() {
        let manifest =
            "\n[package]\nname = \"ctx\"\n\n[profile.dev]\nopt-level = \"s\"\n\n[dependencies]\nregex = \"1\"\n";
        let (request, level) = request(manifest, &["--offline", "build"]).unwrap();
        assert_eq!((request.table, request.offline, level), ("regex = \"1\"\n", true, "\"s\""));
        assert!(super::request("[package]", &[]).is_err());
    }

    #[test]
    fn bundled_crates_are_not_built_again_when_what_they_have_will_do() {
        for table in [
            "ndarray = \"0.17\"",
            "ndarray = \"*\"",
            "ndarray = { version = \"0.17\", features = [\"rayon\"] }",
            "plotters = { version = \"0.3\", default_features = false, features = [\"evcxr\"] }",
            "ndarray = \"0.17\"\nplotters = \"0.3\"",
        ] {
            assert_eq!(asked(table), "", "{table}");
        }
        for table in [
            "ndarray = \"0.15\"",
            "ndarray = { version = \"0.17\", features = [\"blas\"] }",
            "plotters = { version = \"0.3\", features = [\"evcxr\"] }",
            "ndarray = { git = \"https://example.org/x\" }",
            "num-traits = \"0.2\"",
        ] {
            assert_ne!(asked(table), "", "{table}");
        }
    }

    #[test]
    fn a_bundled_crate_beside_others_is_asked_for_without_features_of_its_own() {
        let table: Table = asked("ndarray = \"0.17\"\nregex = \"1\"").parse().unwrap();
        assert_eq!(table["ndarray"]["default-features"].as_bool(), Some(false));
        assert_eq!(table["regex"].as_str(), Some("1"));
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

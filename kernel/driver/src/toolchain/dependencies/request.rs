//! Decides which of the requested crates have to be built: those that every cell has may be enough.

use anyhow::{Context, Result};
use toml::{Table, Value};

use crate::evcxr::manifest::modernise;
use crate::toolchain::cell_libs::{CellLibs, Shared};

/// The requested crates, without those that the crates of every cell satisfy.
///
/// # Errors
/// When the text is not TOML.
pub fn wanted(table: &str, libs: &CellLibs) -> Result<Table> {
    let mut table: Table = table.parse().context("the dependencies are not TOML")?;
    modernise(&mut table);
    let bundled = |name: &str| libs.shared.iter().find(|shared| shared.name == name && shared.is_public);
    if table.iter().all(|(name, requirement)| bundled(name).is_some_and(|shared| is_met(requirement, shared))) {
        return Ok(Table::new());
    }
    for (name, requirement) in &mut table {
        // With other features they would be different crates from those that every cell has.
        if let (Some(shared), Value::String(version)) = (bundled(name), &*requirement)
            && meets(version, shared)
        {
            let fields = [("version", Value::String(version.clone())), ("default-features", Value::Boolean(false))];
            *requirement = Value::Table(fields.map(|(key, value)| (key.to_owned(), value)).into_iter().collect());
        }
    }
    Ok(table)
}

/// Whether the bundled crate satisfies a requirement. A bare version does not ask for features.
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
}

//! evcxr's questions to `cargo`, `rustc` and `rustup`, and answers in the form that it expects.

use std::io;
use std::path::Path;

use serde_json::{Value, json};

use super::environment::LIBRARY_PATH_FILE;
use super::files::{self, CRATE, SOURCE};
use super::manifest::{self, Trial};
use crate::diagnostic::{self, Diagnostic};

/// A question to a tool.
#[derive(Debug, PartialEq)]
pub enum Question {
    /// The path of the tool with this name (`rustup which`).
    Where(&'static str),
    /// `rustc -vV`.
    Compiler,
    /// The version of cargo.
    Cargo,
    /// The folder of the target's libraries.
    TargetLibdir,
    /// To compile or check a cell.
    Build,
    /// Whether a crate is available.
    Trial(Trial),
    /// The packages of the session, for the names of crates.
    Packages,
    /// rust-analyzer's question for the packages of the session's crate.
    Analysis,
    /// A question of rust-analyzer that it works without.
    Dispensable,
}

impl Question {
    /// Reads a tool's arguments; `None` if the question is not one of evcxr's. `manifest` returns the manifest in the
    /// current folder.
    pub fn read(tool: &str, arguments: &[&str], manifest: impl FnOnce() -> Option<String>) -> Option<Question> {
        Some(match (tool, arguments) {
            ("rustup", ["which", "cargo"]) => Question::Where("cargo"),
            ("rustup", ["which", "rustc"]) => Question::Where("rustc"),
            ("rustc", ["-vV" | "-Vv"]) => Question::Compiler,
            ("rustc", ["--print", "target-libdir"]) => Question::TargetLibdir,
            ("cargo", ["build" | "check", ..] | ["--offline", "build" | "check", ..]) => Question::Build,
            // rust-analyzer names the manifest; evcxr's own questions, which need true answers, do not.
            ("cargo", ["metadata", rest @ ..]) if rest.contains(&"--manifest-path") => Question::Analysis,
            // `--format-version 1`, in two words, asks for the crates' names.
            ("cargo", [.., "metadata", "--format-version=1"])
                if let Some(trial) = manifest().as_deref().and_then(manifest::trial) =>
            {
                Question::Trial(trial)
            }
            ("cargo", ["metadata", ..] | ["--offline", "metadata", ..]) => Question::Packages,
            ("cargo", ["--version"]) => Question::Cargo,
            ("cargo", ["locate-project" | "rustc" | "config", ..] | ["-Z", "unstable-options", "config", ..]) => {
                Question::Dispensable
            }
            _ => return None,
        })
    }
}

/// cargo's metadata of the session's crate: a package without dependencies, since the engine states the types that
/// would need analysis.
pub fn analysis(session: &Path) -> Value {
    let root = session.display().to_string();
    let id = format!("path+file://{root}#{CRATE}@1.0.0");
    json!({
        "packages": [{
            "name": CRATE, "version": "1.0.0", "id": id, "license": null, "license_file": null,
            "description": null, "source": null, "dependencies": [],
            "targets": [{
                "kind": ["cdylib"], "crate_types": ["cdylib"], "name": CRATE,
                "src_path": format!("{root}/{SOURCE}"), "edition": "2024",
                "doc": true, "doctest": false, "test": true
            }],
            "features": {}, "manifest_path": format!("{root}/{}", files::MANIFEST), "metadata": null, "publish": null,
            "authors": [], "categories": [], "keywords": [], "readme": null, "repository": null,
            "homepage": null, "documentation": null, "edition": "2024", "links": null,
            "default_run": null, "rust_version": null
        }],
        "workspace_members": [id], "workspace_default_members": [id],
        "resolve": {"nodes": [{"id": id, "dependencies": [], "deps": [], "features": []}], "root": id},
        "target_directory": format!("{root}/target"), "version": 1, "workspace_root": root, "metadata": null
    })
}

/// rustc's diagnostic in the form in which cargo passes it on.
pub fn compiler_message(diagnostic: &Diagnostic) -> Value {
    json!({"reason": "compiler-message", "target": {"name": CRATE}, "message": diagnostic})
}

/// Reports that a cell's library is ready, both as cargo does and in the file that evcxr reads.
///
/// # Errors
/// When the file that evcxr names cannot be written.
pub fn tell_of_library(library: &Path) -> io::Result<()> {
    println!("{}", json!({"reason": "compiler-artifact", "target": {"name": CRATE}, "filenames": [library]}));
    match std::env::var_os(LIBRARY_PATH_FILE) {
        Some(file) => std::fs::write(file, library.as_os_str().as_encoded_bytes()),
        None => Ok(()),
    }
}

/// rustc's error for a `?` in a function that returns nothing, on a line of evcxr's text. It makes evcxr give the
/// function an error type.
pub fn missing_error_type(line: usize) -> Diagnostic {
    let message = "the `?` operator can only be used in a function that returns `Result`";
    diagnostic::error("E0277", message, Some((SOURCE, line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tool: &str, words: &str, manifest: Option<&str>) -> Option<Question> {
        Question::read(tool, &words.split(' ').collect::<Vec<_>>(), || manifest.map(str::to_owned))
    }

    #[test]
    fn evcxrs_questions_are_told_from_others() {
        assert_eq!(read("cargo", "--offline build --target x", None), Some(Question::Build));
        assert_eq!(read("rustc", "--print target-libdir", None), Some(Question::TargetLibdir));
        assert_eq!(read("cargo", "metadata --format-version 1 --manifest-path /x", None), Some(Question::Analysis));
        assert_eq!(read("cargo", "metadata --format-version=1", None), Some(Question::Packages));
        assert_eq!(read("cargo", "new x", None), None);
    }

    #[test]
    fn the_question_for_a_crate_is_known_by_its_manifest() {
        let manifest = "[package]\nname = \"evcxr_dummy_validate_dep\"\n[dependencies]\na = \"1\"\n";
        let question = read("cargo", "metadata --format-version=1", Some(manifest));
        assert!(matches!(question, Some(Question::Trial(trial)) if trial.table.contains("a = \"1\"")));
    }
}

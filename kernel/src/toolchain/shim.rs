//! What soma does when it is started as `cargo`, `rustc` or `rustup` by evcxr.
//!
//! Questions with a fixed answer are answered from the session's notes; a cell's build goes to
//! [`super::cell_build`]; anything else becomes the real tool.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use anyhow::{Context, Result};
use serde_json::json;
use tracing_subscriber::EnvFilter;

use super::dependencies::{self, Dependencies, Trial};
use super::handoff::SessionNotes;
use super::{cell_build, shim_links};
use crate::runtime::announce::announce;
use crate::session_dir::session_dir;

/// The log of the processes that stand in for tools, in the session's folder: evcxr keeps their standard error to itself.
const LOG: &str = "driver.log";

/// Writes what `SOMA_LOG` asks for into [`LOG`].
fn log_beside(session: &Path) {
    let Ok(filter) = EnvFilter::try_from_env("SOMA_LOG") else { return };
    if let Ok(file) = File::options().create(true).append(true).open(session.join(LOG)) {
        // There is no other in this process.
        let _ =
            tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Mutex::new(file)).try_init();
    }
}

/// Answers as `tool`; the result is the exit code.
///
/// # Errors
/// When the session's notes are gone or a cell cannot be compiled for reasons other than its code.
pub fn run(tool: &str, arguments: &[String]) -> Result<i32> {
    let session = session_dir().context("soma was started by a tool's name outside a session")?;
    let notes = SessionNotes::read(&session).context("the session's notes cannot be read")?;
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    log_beside(&session);
    tracing::debug!(tool, ?words, "asked");
    let answer = match (tool, &*words) {
        ("rustup", ["which", "cargo"]) => shim_links::links(&session).join("cargo").display().to_string(),
        ("rustup", ["which", "rustc"]) => shim_links::links(&session).join("rustc").display().to_string(),
        // rust-analyzer would install the standard library's sources for a session that needs none.
        ("rustup", ["component", ..]) => return Ok(1),
        ("rustc", ["-vV" | "-Vv"]) => notes.facts.version.clone(),
        ("rustc", ["--print", "target-libdir"]) => notes.facts.target_libdir().display().to_string(),
        ("rustc", [.., "--print", "sysroot"]) => shim_links::bare_sysroot(&session).display().to_string(),
        ("cargo", ["build" | "check", ..] | ["--offline", "build" | "check", ..]) => {
            return cell_build::run(&session, &notes, &words);
        }
        ("cargo", ["metadata", rest @ ..]) if is_analysis(rest) => metadata(&session).to_string(),
        ("cargo", ["locate-project", .., manifest]) => json!({ "root": manifest }).to_string(),
        // So it asks whether a crate can be had. `--format-version 1`, in two words, asks for the crates' names.
        ("cargo", [.., "metadata", "--format-version=1"]) if let Some(trial) = trial() => {
            return try_out(&trial, &session, &notes, &words);
        }
        ("cargo", ["--version"]) => format!("cargo {}", notes.facts.release()),
        ("cargo", ["metadata", ..] | ["--offline", "metadata", ..]) => {
            let manifest = fs::read_to_string("Cargo.toml").unwrap_or_default();
            // evcxr writes its own again before it compiles.
            dependencies::modernised(&manifest).map_or(Ok(()), |modern| fs::write("Cargo.toml", modern))?;
            return become_real(tool, &words, &notes);
        }
        // What only rust-analyzer asks, and does without.
        ("cargo", ["rustc" | "config", ..] | ["-Z", "unstable-options", "config", ..]) => return Ok(1),
        ("rustc", [.., "--print", "cfg"]) | ("rustc", ["--print", "cfg", ..]) => String::new(),
        _ => return become_real(tool, &words, &notes),
    };
    println!("{answer}");
    Ok(0)
}

/// evcxr's question whether a crate can be had, if it is that.
fn trial() -> Option<Trial> {
    dependencies::trial(&fs::read_to_string("Cargo.toml").ok()?)
}

/// Answers it: what every cell has needs no cargo, and of what cargo says evcxr shows only what went wrong.
fn try_out(trial: &Trial, session: &Path, notes: &SessionNotes, words: &[&str]) -> Result<i32> {
    if trial.is_old {
        let what = "`default_features` is read as `default-features`, as it is written since Rust's 2024 edition";
        announce(session, &format!("note: {what}."));
    }
    if Dependencies::are_there(&trial.table, &notes.libs).unwrap_or(false) {
        return Ok(0);
    }
    fs::write("Cargo.toml", &trial.manifest)?;
    let output = real("cargo", words, notes).output().context("cannot run cargo")?;
    let said = String::from_utf8_lossy(&output.stderr);
    let is_progress =
        |line: &&str| line.starts_with("    Updating") || line.starts_with("warning: spurious network error");
    said.lines().filter(|line| !is_progress(line)).for_each(|line| eprintln!("{line}"));
    Ok(output.status.code().unwrap_or(101))
}

/// rust-analyzer names the manifest; evcxr's own questions, which need true answers, do not.
fn is_analysis(arguments: &[&str]) -> bool {
    arguments.contains(&"--manifest-path")
}

/// A package without dependencies: the engine states the types that analysis would be needed for.
fn metadata(session: &Path) -> serde_json::Value {
    let root = session.display().to_string();
    let id = format!("path+file://{root}#ctx@1.0.0");
    json!({
        "packages": [{
            "name": "ctx", "version": "1.0.0", "id": id, "license": null, "license_file": null,
            "description": null, "source": null, "dependencies": [],
            "targets": [{
                "kind": ["cdylib"], "crate_types": ["cdylib"], "name": "ctx",
                "src_path": format!("{root}/src/lib.rs"), "edition": "2024",
                "doc": true, "doctest": false, "test": true
            }],
            "features": {}, "manifest_path": format!("{root}/Cargo.toml"), "metadata": null, "publish": null,
            "authors": [], "categories": [], "keywords": [], "readme": null, "repository": null,
            "homepage": null, "documentation": null, "edition": "2024", "links": null,
            "default_run": null, "rust_version": null
        }],
        "workspace_members": [id], "workspace_default_members": [id],
        "resolve": {"nodes": [{"id": id, "dependencies": [], "deps": [], "features": []}], "root": id},
        "target_directory": format!("{root}/target"), "version": 1, "workspace_root": root, "metadata": null
    })
}

fn become_real(tool: &str, arguments: &[&str], notes: &SessionNotes) -> Result<i32> {
    Err(real(tool, arguments, notes).exec()).with_context(|| format!("cannot run the real {tool}"))
}

/// The real tool, in the environment as it was before the links.
fn real(tool: &str, arguments: &[&str], notes: &SessionNotes) -> Command {
    let mut command = match tool {
        "cargo" => Command::new(&notes.facts.cargo),
        "rustc" => Command::new(&notes.facts.rustc),
        other => Command::new(other),
    };
    command.args(arguments);
    notes.original.restore(&mut command);
    command.env("RUSTC", &notes.facts.rustc);
    command
}

//! Stands in for `cargo`, `rustc` or `rustup` when evcxr starts the driver under one of these names.
//!
//! [`Question`] classifies the call. Questions with a fixed answer are answered from the session's notes; the build of
//! a cell goes to [`super::cell_build`]; anything else runs the real tool.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;

use super::dependencies::Dependencies;
use super::handoff::SessionNotes;
use super::{cell_build, shim_links};
use crate::announce::announce;
use crate::evcxr::files;
use crate::evcxr::manifest::{self, Trial};
use crate::evcxr::tools::{self, Question};

/// The log of the stand-ins, in the session's folder: evcxr does not show their standard error.
const LOG: &str = "driver.log";

/// Logs into [`LOG`], as `SOMA_LOG` says.
fn log_beside(session: &Path) {
    let Ok(filter) = EnvFilter::try_from_env("SOMA_LOG") else { return };
    if let Ok(file) = File::options().create(true).append(true).open(session.join(LOG)) {
        // This process has no other logger.
        let _ =
            tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Mutex::new(file)).try_init();
    }
}

/// Answers in place of `tool`, and returns the exit code.
///
/// # Errors
/// When the session's notes cannot be read, or a cell cannot be compiled for reasons other than its code.
pub fn run(tool: &str, arguments: &[String], session: &Path) -> Result<i32> {
    let notes = SessionNotes::read(session).context("the session's notes cannot be read")?;
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    log_beside(session);
    tracing::debug!(tool, ?words, "asked");
    let manifest = || fs::read_to_string(files::MANIFEST).ok();
    let Some(question) = Question::read(tool, &words, manifest) else { return become_real(tool, &words, &notes) };
    let answer = match question {
        Question::Where(tool) => shim_links::links(session).join(tool).display().to_string(),
        Question::Compiler => notes.facts.version.clone(),
        Question::Cargo => format!("cargo {}", notes.facts.release()),
        Question::TargetLibdir => notes.facts.target_libdir().display().to_string(),
        Question::Analysis => tools::analysis(session).to_string(),
        Question::Dispensable => return Ok(1),
        Question::Build => return cell_build::run(session, &notes, &words),
        Question::Trial(trial) => return try_out(&trial, session, &notes, &words),
        Question::Packages => {
            // evcxr writes its own manifest again before it compiles.
            let modern = manifest().as_deref().and_then(manifest::modernised);
            modern.map_or(Ok(()), |modern| fs::write(files::MANIFEST, modern))?;
            return become_real(tool, &for_this_system(&words, &notes), &notes);
        }
    };
    println!("{answer}");
    Ok(0)
}

/// Answers whether a crate is available. Crates that every cell has need no cargo. Of cargo's output, evcxr shows only
/// errors.
fn try_out(trial: &Trial, session: &Path, notes: &SessionNotes, words: &[&str]) -> Result<i32> {
    if trial.is_old {
        let what = "`default_features` is read as `default-features`, as it is written since Rust's 2024 edition";
        announce(session, &format!("note: {what}."));
    }
    if Dependencies::are_there(&trial.table, &notes.libs).unwrap_or(false) {
        return Ok(0);
    }
    fs::write(files::MANIFEST, &trial.manifest)?;
    let output = real("cargo", &for_this_system(words, notes), notes).output().context("cannot run cargo")?;
    let said = String::from_utf8_lossy(&output.stderr);
    let is_progress =
        |line: &&str| line.starts_with("    Updating") || line.starts_with("warning: spurious network error");
    said.lines().filter(|line| !is_progress(line)).for_each(|line| eprintln!("{line}"));
    Ok(output.status.code().unwrap_or(101))
}

/// A question about packages that leaves out those for other systems, which may never have been downloaded.
fn for_this_system<'a>(words: &[&'a str], notes: &'a SessionNotes) -> Vec<&'a str> {
    [words, &["--filter-platform", &notes.facts.host]].concat()
}

fn become_real(tool: &str, arguments: &[&str], notes: &SessionNotes) -> Result<i32> {
    Err(real(tool, arguments, notes).exec()).with_context(|| format!("cannot run the real {tool}"))
}

/// The real tool, in the environment without the links.
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

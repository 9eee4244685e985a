//! The kernel: cargo builds it, then it installs itself into the Python environment.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::Lab;
use crate::environment;
use crate::process::Supervised;
use crate::workspace::{Workspace, cargo};

/// Builds `soma` and returns its path; at once when nothing has changed. cargo's own lines go to standard error.
///
/// `--workspace`, not `--package soma`: cargo chooses the features of shared dependencies by the packages that
/// are asked for, and with the same features as under `cargo test` evcxr is compiled once, not twice.
///
/// # Errors
/// One sentence, when `soma` does not compile.
pub fn build(workspace: &Workspace) -> Result<PathBuf> {
    build_with(workspace, &["--workspace"])
}

/// Builds `soma` with the release profile, for others to install.
///
/// # Errors
/// One sentence, when `soma` does not compile.
pub fn build_release(workspace: &Workspace) -> Result<PathBuf> {
    build_with(workspace, &["--release", "--locked", "--package", "soma"])
}

fn build_with(workspace: &Workspace, options: &[&str]) -> Result<PathBuf> {
    let mut command = Command::new(cargo());
    environment::without_cargo(&mut command);
    command
        .args(["build", "--bin", "soma", "--bin", "soma-driver", "--message-format", "json-render-diagnostics"])
        .args(options)
        .current_dir(&workspace.root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut cargo = Supervised::spawn(&mut command)
        .context("cargo was not found: install Rust with rustup (https://rustup.rs), then try again")?;
    let messages = BufReader::new(cargo.child().stdout.take().expect("standard output is piped"));
    let executable = messages.lines().map_while(Result::ok).filter_map(|line| executable(&line)).last();
    if !cargo.child().wait()?.success() {
        bail!("the kernel could not be built; see cargo's errors above");
    }
    executable.context("cargo built the kernel but did not say where it is")
}

/// The path of `soma` in a line of cargo's, if the line contains it.
fn executable(line: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    let is_soma = message["reason"] == "compiler-artifact" && message["target"]["name"] == "soma";
    is_soma.then(|| message["executable"].as_str().map(PathBuf::from)).flatten()
}

/// Runs the kernel's installation: it builds the library that cells link, if that has not been done, and writes its
/// entry.
///
/// # Errors
/// The kernel's message.
pub fn install(lab: &Lab) -> Result<()> {
    let mut command = Command::new(&lab.kernel);
    environment::without_cargo(&mut command);
    if let Some(cache) = &lab.cache {
        command.env("SOMA_CACHE_DIR", cache);
    }
    command.args(["install", "--prefix"]).arg(&lab.venv);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut soma = Supervised::spawn(&mut command)
        .with_context(|| format!("cannot run the kernel at {}", lab.kernel.display()))?;
    let mut error = String::new();
    let lines = BufReader::new(soma.child().stderr.take().expect("standard error is piped"));
    for line in lines.lines().map_while(Result::ok) {
        // The kernel's last message starts with its name and may have several lines; the lines before it are progress.
        match line.strip_prefix("soma: ") {
            Some(last_word) => error = last_word.to_owned(),
            None if error.is_empty() => eprintln!("{line}"),
            None => error = format!("{error}\n{line}"),
        }
    }
    if !soma.child().wait()?.success() {
        bail!("the kernel could not be installed: {}", if error.is_empty() { "it did not say why" } else { &error });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executable_is_read_from_the_message_of_the_binary_alone() {
        let message = |name: &str, executable: &str| {
            format!(r#"{{"reason":"compiler-artifact","target":{{"name":"{name}"}},"executable":{executable}}}"#)
        };
        assert_eq!(executable(&message("soma", r#""/t/debug/soma""#)), Some("/t/debug/soma".into()));
        assert_eq!(executable(&message("build-script-build", r#""/t/debug/build""#)), None);
        assert_eq!(executable(&message("soma", "null")), None);
        assert_eq!(executable("warning: unused"), None);
    }
}

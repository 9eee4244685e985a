//! The Python environment: made once, and again when the pinned packages or the Python have changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::environment;
use crate::process::{self, Finished};
use crate::requirements::Python;
use crate::workspace::Workspace;

/// Answers to the questions that JupyterLab asks at its first start: nothing is fetched from outside.
const SETTINGS: &str = r#"{
  "@jupyterlab/apputils-extension:notification": { "fetchNews": "false", "checkForUpdates": false }
}
"#;

/// How long Python and pip may take, on a slow connection.
const LIMIT: Duration = Duration::from_secs(1800);

/// The environment with all pinned packages in it.
///
/// # Errors
/// One sentence with pip's message.
pub fn environment(workspace: &Workspace, python: &Python) -> Result<PathBuf> {
    let venv = workspace.lab().join("venv");
    let requirements = workspace.root.join("install/requirements.txt");
    let pins = fs::read(&requirements).with_context(|| format!("cannot read {}", requirements.display()))?;
    let stamp = stamp(&pins, python);
    let stamp_file = venv.join("soma-lab-stamp");
    if !is_stamped(&stamp_file, &stamp) {
        eprintln!(" (the first time, this downloads some 100 packages)");
        make(&venv, &requirements, python)?;
        let settings = venv.join("share/jupyter/lab/settings");
        fs::create_dir_all(&settings)
            .and_then(|()| fs::write(settings.join("overrides.json"), SETTINGS))
            // Last, so that an environment without the stamp is known to be unfinished.
            .and_then(|()| fs::write(&stamp_file, stamp))
            .with_context(|| format!("cannot write to {}", venv.display()))?;
    }
    own_package(&venv, &workspace.root.join("install/papermill"))?;
    Ok(venv)
}

/// Installs the package that lets papermill write parameters in Rust, when its sources have changed.
fn own_package(venv: &Path, sources: &Path) -> Result<()> {
    let contents = contents(sources).with_context(|| format!("cannot read {}", sources.display()))?;
    let stamp = digest(contents.iter().map(Vec::as_slice));
    let stamp_file = venv.join("soma-papermill-stamp");
    if is_stamped(&stamp_file, &stamp) {
        return Ok(());
    }
    // The pinned packages include the build tools, so that nothing has to be downloaded.
    let options = ["--no-build-isolation", "--no-deps", "--force-reinstall"];
    let installed = process::run(pip(venv).args(options).arg(sources), LIMIT)?;
    if !installed.succeeded() {
        bail!("{} could not be installed (pip said: {})", sources.display(), last_words(&installed));
    }
    fs::write(&stamp_file, stamp).with_context(|| format!("cannot write to {}", venv.display()))
}

/// The package's files: all of its Python sources, and its metadata.
fn contents(sources: &Path) -> std::io::Result<Vec<Vec<u8>>> {
    let mut files = vec![sources.join("pyproject.toml"), sources.join("README.md")];
    for entry in fs::read_dir(sources.join("soma_papermill"))? {
        files.push(entry?.path());
    }
    files.retain(|file| file.is_file());
    files.sort();
    files.into_iter().map(fs::read).collect()
}

fn is_stamped(file: &Path, stamp: &str) -> bool {
    fs::read_to_string(file).is_ok_and(|found| found == stamp)
}

fn make(venv: &Path, requirements: &Path, python: &Python) -> Result<()> {
    let mut command = Command::new(&python.executable);
    command.env_remove("PYTHONHOME").env_remove("PYTHONPATH");
    let made = process::run(command.args(["-m", "venv", "--clear"]).arg(venv), LIMIT)?;
    if !made.succeeded() {
        bail!("cannot make a Python environment in {}: {}", venv.display(), last_words(&made));
    }
    let installed = process::run(pip(venv).arg("--requirement").arg(requirements), LIMIT)?;
    if !installed.succeeded() {
        bail!(
            "JupyterLab could not be installed: check the network connection, then try again (pip said: {})",
            last_words(&installed)
        );
    }
    Ok(())
}

/// `pip install` for this environment.
fn pip(venv: &Path) -> Command {
    let mut pip = Command::new(venv.join("bin/python"));
    environment::without_cargo(&mut pip);
    environment::in_venv(&mut pip, venv);
    pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]);
    pip
}

/// The last line that is not empty: tools end with the error.
fn last_words(finished: &Finished) -> String {
    let text = if finished.stderr.is_empty() { &finished.stdout } else { &finished.stderr };
    text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("nothing").to_owned()
}

fn stamp(pins: &[u8], python: &Python) -> String {
    digest([pins, SETTINGS.as_bytes(), python.version.as_bytes(), python.executable.as_os_str().as_encoded_bytes()])
}

fn digest<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_python_or_other_pins_need_another_environment() {
        let python = |version: &str| Python { executable: "/usr/bin/python3".into(), version: version.into() };
        let one = stamp(b"jupyterlab==4.6.6", &python("3.11.7"));
        assert_eq!(one, stamp(b"jupyterlab==4.6.6", &python("3.11.7")));
        assert_ne!(one, stamp(b"jupyterlab==4.6.7", &python("3.11.7")));
        assert_ne!(one, stamp(b"jupyterlab==4.6.6", &python("3.12.1")));
    }
}

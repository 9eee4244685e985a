//! The content of a wheel, in a folder.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::{platform, vendor};
use crate::environment;
use crate::process::Supervised;
use crate::workspace::Workspace;

/// The package's name, as the names of its files have it.
const NAME: &str = "soma_kernel";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What goes into a wheel.
#[derive(Clone, Debug)]
pub struct Content {
    /// The kernel, `soma`; the driver is beside it.
    pub kernel: PathBuf,
    /// The kernel's cache while notebooks are compiled; `None` for the user's.
    pub cache: Option<PathBuf>,
    /// The notebooks that come compiled.
    pub warm: Vec<PathBuf>,
    /// Whether the sources of the libraries come along.
    pub has_sources: bool,
}

/// Lays a wheel's content out in a new folder below `parent`, and returns that.
///
/// # Errors
/// One sentence with what could not be done.
pub fn lay_out(workspace: &Workspace, content: &Content, parent: &Path) -> Result<PathBuf> {
    let stage = parent.join(format!("{NAME}-{VERSION}"));
    if stage.exists() {
        fs::remove_dir_all(&stage).with_context(|| format!("cannot remove {}", stage.display()))?;
    }
    let data = stage.join(format!("{NAME}-{VERSION}.data"));
    let scripts = data.join("scripts");
    fs::create_dir_all(&scripts).with_context(|| format!("cannot make {}", scripts.display()))?;
    // The kernel finds the driver beside it.
    let programs = ["soma", "soma-driver"].map(|name| (content.kernel.with_file_name(name), scripts.join(name)));
    for (built, program) in &programs {
        fs::copy(built, program).with_context(|| format!("cannot copy {}", built.display()))?;
        fs::set_permissions(program, fs::Permissions::from_mode(0o755))?;
    }

    let shared = data.join("data/share/soma");
    fs::create_dir_all(&shared)?;
    let entry = data.join("data/share/jupyter/kernels/soma");
    soma(content, &["kernelspec".as_ref(), entry.as_os_str()])?;
    let mut warm = vec!["warm".as_ref(), "--into".as_ref(), shared.as_os_str()];
    warm.extend(content.warm.iter().map(|notebook| notebook.as_os_str()));
    soma(content, &warm)?;
    copy(&workspace.notebooks(), &shared.join("lessons"))?;
    let library = built_library(&shared)?;
    if content.has_sources {
        vendor::lay_out(&library.join("src"), &host()?, &shared.join("vendor"))?;
    }

    let dylib = library.join("target/release/libsoma_cell.so");
    let [(_, soma), (_, driver)] = &programs;
    let tag = platform::tag(&[soma, driver, &dylib])?;
    let info = stage.join(format!("{NAME}-{VERSION}.dist-info"));
    fs::create_dir_all(&info)?;
    fs::write(info.join("WHEEL"), wheel(&tag))?;
    fs::write(info.join("METADATA"), metadata(&workspace.root)?)?;
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        let licences = info.join("licenses");
        fs::create_dir_all(&licences)?;
        fs::copy(workspace.root.join(licence), licences.join(licence))?;
    }
    Ok(stage)
}

/// Runs the kernel's program, with nothing that others share: what it leaves is to be whole.
fn soma(content: &Content, words: &[&std::ffi::OsStr]) -> Result<()> {
    let mut command = Command::new(&content.kernel);
    environment::without_cargo(&mut command);
    command.args(words).env("SOMA_SHARED_DIRS", "").stdin(Stdio::null());
    if let Some(cache) = &content.cache {
        command.env("SOMA_CACHE_DIR", cache);
    }
    let mut soma = Supervised::spawn(&mut command).context("cannot run the kernel's program")?;
    if !soma.child().wait()?.success() {
        bail!("`soma {}` did not succeed; see what it said above", words[0].to_string_lossy());
    }
    Ok(())
}

/// The folder of the cell libraries in a shared folder: there is one.
fn built_library(shared: &Path) -> Result<PathBuf> {
    let mut folders = fs::read_dir(shared.join("libs"))?;
    Ok(folders.next().context("`soma warm` left no cell libraries")??.path())
}

/// The system that rustc compiles for.
fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("cannot run rustc")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc names no host")
}

/// Copies a folder, without what front ends and Python leave in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let name = entry.file_name();
        if [".ipynb_checkpoints", "__pycache__"].iter().any(|left| name == *left) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to.join(name))?;
        } else {
            fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}

fn wheel(tag: &str) -> String {
    format!("Wheel-Version: 1.0\nGenerator: soma-wheel {VERSION}\nRoot-Is-Purelib: false\nTag: py3-none-{tag}\n")
}

fn metadata(root: &Path) -> Result<String> {
    let description = fs::read_to_string(root.join("install/wheel/README.md")).context("the wheel's README is gone")?;
    let fields = [
        "Metadata-Version: 2.4",
        "Name: soma_kernel",
        &format!("Version: {VERSION}"),
        "Summary: A Jupyter kernel for Rust tensor notebooks",
        "License-Expression: MIT OR Apache-2.0",
        "License-File: LICENSE-APACHE",
        "License-File: LICENSE-MIT",
        "Classifier: Framework :: Jupyter",
        "Classifier: Programming Language :: Rust",
        "Requires-Python: >=3.8",
        "Description-Content-Type: text/markdown",
    ];
    Ok(format!("{}\n\n{description}", fields.join("\n")))
}

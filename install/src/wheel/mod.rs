//! `cargo wheel`: a package for pip with the kernel, its entry in Jupyter, the lessons and all that cells link.
//!
//! [`stage`] lays the wheel's content out in a folder, with [`vendor`] for the sources of the libraries that cells link and
//! [`platform`] for the systems that it runs on; `wheel pack` makes the file of it.
//! See <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>.

pub mod platform;
pub mod stage;
pub mod vendor;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::environment;
use crate::process;
use crate::workspace::Workspace;

/// How long packing may take.
const LIMIT: Duration = Duration::from_secs(600);

/// The lessons, in both languages.
///
/// # Errors
/// When their folders cannot be read.
pub fn lessons(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let mut lessons = Vec::new();
    for language in ["en", "zh"] {
        let folder = workspace.notebooks().join(language);
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "ipynb") {
                lessons.push(path);
            }
        }
    }
    lessons.sort();
    Ok(lessons)
}

/// Makes a wheel of a folder that was staged, in another folder.
///
/// # Errors
/// The packer's message.
pub fn pack(venv: &Path, stage: &Path, into: &Path) -> Result<PathBuf> {
    fs::create_dir_all(into).with_context(|| format!("cannot make the folder {}", into.display()))?;
    let mut command = Command::new(venv.join("bin/python"));
    environment::without_cargo(&mut command);
    command.args(["-m", "wheel", "pack", "--dest-dir"]).arg(into).arg(stage);
    let packed = process::run(&mut command, LIMIT)?;
    // Its last word: `Repacking wheel as FOLDER/NAME.whl...OK`.
    let file = packed.stdout.lines().find_map(|line| line.strip_prefix("Repacking wheel as ")?.split("...").next());
    match file {
        Some(file) if packed.succeeded() => Ok(PathBuf::from(file)),
        _ => bail!("the wheel could not be packed: {}", packed.stderr.trim()),
    }
}

//! `soma warm`: runs notebooks so that their cells are compiled already when others run them.
//!
//! The compiled form of a cell depends on the types of the variables before it, so a notebook has to be run. Each runs in
//! a separate process, in its folder. With `--into`, its compiled cells are also left in a folder that others can share
//! ([`soma_driver::shared`]), together with the cell libraries.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Deserialize;
use soma_driver::toolchain::cell_libs::Builder;
use soma_driver::toolchain::original::Original;
use soma_driver::toolchain::toolchain_info::ToolchainInfo;
use soma_driver::toolchain::warming::WARMED;
use soma_jupyter::api::{Cell, Failure, Frontend, Output};

use crate::engine::session;

/// `soma warm`: compile the cells of notebooks before others run them.
#[derive(Args, Clone, Debug)]
pub struct WarmArgs {
    /// Also leave what was compiled, and the cell libraries, in a folder that others can share
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
    /// The notebooks, which are run
    #[arg(required = true)]
    notebooks: Vec<PathBuf>,
}

/// A notebook in Jupyter's format, version 4. See <https://nbformat.readthedocs.io/en/latest/format_description.html>.
#[derive(Deserialize)]
struct Notebook {
    cells: Vec<NotebookCell>,
}

#[derive(Deserialize)]
struct NotebookCell {
    cell_type: String,
    source: Source,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    tags: Vec<String>,
}

/// A text, whole or in lines.
#[derive(Deserialize)]
#[serde(untagged)]
enum Source {
    Whole(String),
    Lines(Vec<String>),
}

impl Source {
    fn text(self) -> String {
        match self {
            Source::Whole(text) => text,
            Source::Lines(lines) => lines.concat(),
        }
    }
}

/// Runs the notebooks, one after the other.
///
/// # Errors
/// The notebooks that cannot be read or ended in an error; the others are run anyway.
pub fn run(arguments: WarmArgs) -> Result<()> {
    let into = arguments.into.as_deref().map(std::path::absolute).transpose()?;
    let facts = ToolchainInfo::find()?;
    let original = Original::read();
    let builder = Builder { original: &original, pid_file: None };
    let libs = builder.ensure(&facts, &mut |line| eprintln!("{line}"))?;
    if let Some(into) = &into {
        fs::create_dir_all(into).with_context(|| format!("cannot make the folder {}", into.display()))?;
        libs.copy_into(into).with_context(|| format!("cannot copy the cell libraries into {}", into.display()))?;
    }
    let mut failed = Vec::new();
    for notebook in &arguments.notebooks {
        let started = Instant::now();
        let path = fs::canonicalize(notebook).with_context(|| format!("there is no {}", notebook.display()))?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("warm-notebook").arg(&path);
        command.current_dir(path.parent().unwrap_or(Path::new("/")));
        if let Some(into) = &into {
            command.env(WARMED, into);
        }
        let succeeded = command.status().context("cannot start a process for the notebook")?.success();
        let how = if succeeded { "is ready" } else { "ended in an error" };
        eprintln!("{} {how}, after {:.1} s", notebook.display(), started.elapsed().as_secs_f64());
        if !succeeded {
            failed.push(notebook.display().to_string());
        }
    }
    if let Some(into) = &into {
        open_to_all(into).with_context(|| format!("cannot let others read {}", into.display()))?;
    }
    if !failed.is_empty() {
        bail!("{} ended in an error, so the cells after that were not compiled", failed.join(", "));
    }
    Ok(())
}

/// Lets all accounts read a folder, and only this one write to it: a cache is readable only by its owner.
fn open_to_all(folder: &Path) -> std::io::Result<()> {
    let mut pending = vec![folder.to_owned()];
    while let Some(path) = pending.pop() {
        let is_folder = path.symlink_metadata()?.is_dir();
        fs::set_permissions(&path, fs::Permissions::from_mode(if is_folder { 0o755 } else { 0o644 }))?;
        if is_folder {
            for entry in fs::read_dir(path)? {
                pending.push(entry?.path());
            }
        }
    }
    Ok(())
}

/// Runs one notebook in this process, whose folder is the notebook's.
///
/// # Errors
/// When it cannot be read, or a cell fails that is not marked with the tag `raises-exception`.
pub fn run_notebook(path: &Path) -> Result<()> {
    let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let notebook: Notebook =
        serde_json::from_slice(&text).with_context(|| format!("{} is no notebook of version 4", path.display()))?;
    let (session, _) = session::open()?;
    let ran = (session.start)().map_err(|failure| told(&failure)).and_then(|mut evaluator| {
        let code = notebook.cells.into_iter().filter(|cell| cell.cell_type == "code");
        for (number, cell) in code.enumerate() {
            let may_fail = cell.metadata.tags.iter().any(|tag| tag == "raises-exception");
            let cell = Cell { code: cell.source.text(), count: number + 1, id: cell.id };
            evaluator.begin();
            let outcome = evaluator.evaluate(&cell, Arc::new(Silent));
            evaluator.end();
            if let Err(failure) = outcome
                && !may_fail
            {
                return Err(told(&failure));
            }
        }
        Ok(())
    });
    session.controls.shutdown();
    ran
}

fn told(failure: &Failure) -> anyhow::Error {
    anyhow::anyhow!("{}", failure.traceback.join("\n"))
}

/// A front end that shows nothing and answers nothing.
struct Silent;

impl Frontend for Silent {
    fn output(&self, _output: Output) {}

    fn input(&self, _prompt: &str, _password: bool) -> Result<String, String> {
        Err("the notebook runs without a user".to_owned())
    }
}

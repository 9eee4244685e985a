//! `cargo wheel`: makes a package for pip.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use soma_lab::progress::Progress;
use soma_lab::requirements;
use soma_lab::wheel::{self, stage};
use soma_lab::workspace::Workspace;
use soma_lab::{kernel, python};

/// Make a wheel: the kernel, its entry in Jupyter, the lessons and all that cells link, for `pip install`.
///
/// It runs on systems whose glibc is at least as new as this one's, and brings libraries for the Rust that is here.
#[derive(Parser)]
#[command(name = "cargo wheel", bin_name = "cargo wheel", version, verbatim_doc_comment)]
struct Arguments {
    /// Pack this kernel instead of building one with the release profile
    #[arg(long, value_name = "SOMA")]
    kernel: Option<PathBuf>,
    /// Bring these notebooks compiled, instead of all lessons
    #[arg(long, value_name = "NOTEBOOK")]
    warm: Vec<PathBuf>,
    /// Leave the sources out from which the libraries are built for another Rust
    #[arg(long)]
    without_sources: bool,
    /// The folder for the wheel
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo wheel: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<()> {
    let workspace = Workspace::find()?;
    let folder = workspace.lab().join("wheel");
    fs::create_dir_all(&folder)?;
    let mut progress = Progress::new();
    let python = progress.step("Python", requirements::python)?;
    let venv = progress.step("Packages", || python::environment(&workspace, &python))?;
    let kernel = match arguments.kernel {
        Some(kernel) => std::path::absolute(kernel)?,
        None => progress.talking_step("Kernel", || kernel::build_release(&workspace))?,
    };
    let warm = match arguments.warm.is_empty() {
        true => wheel::lessons(&workspace)?,
        false => arguments.warm,
    };
    let content = stage::Content { kernel, cache: None, warm, has_sources: !arguments.without_sources };
    let stage = progress.talking_step("Content", || stage::lay_out(&workspace, &content, &folder))?;
    let into = arguments.into.unwrap_or(folder);
    let file = progress.step("Wheel", || wheel::pack(&venv, &stage, &into))?;
    println!("{}", file.display());
    Ok(())
}

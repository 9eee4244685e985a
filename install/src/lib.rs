//! A private JupyterLab with the Rust kernel: everything that `cargo lab` and the tests need, set up step by step.
//!
//! [`Lab::set_up`] checks the machine's requirements ([`requirements`]), makes a separate Python environment in cargo's
//! target folder ([`python`]), builds the kernel and installs it there ([`kernel`]). A second call finds all of it
//! done. [`server`] runs JupyterLab, [`chromium`] finds a browser for the tests and [`process`] makes sure that no
//! program outlives its purpose.
//!
//! Invariant: this crate knows nothing of the Jupyter protocol, evcxr or tensors, and writes nothing outside the target
//! folder, except for the two things that only the system's own tools can install: `rust-src` and Chromium.

pub mod chromium;
pub mod environment;
pub mod kernel;
pub mod process;
pub mod progress;
pub mod python;
pub mod requirements;
pub mod server;
pub mod wheel;
pub mod workspace;

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use nix::fcntl::{Flock, FlockArg};

use environment::JupyterFolders;
use progress::Progress;
use requirements::RustSources;
use workspace::Workspace;

/// A lab that has been set up.
#[derive(Clone, Debug)]
pub struct Lab {
    /// Soma's sources and cargo's target folder.
    pub workspace: Workspace,
    /// The Python environment, which holds JupyterLab and the kernel's entry.
    pub venv: PathBuf,
    /// The kernel's executable.
    pub kernel: PathBuf,
    /// Where the kernel keeps its caches; `None` for the user's.
    pub cache: Option<PathBuf>,
}

/// The options of a lab.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether the lab needs completions.
    pub rust_sources: RustSources,
    /// A kernel that was built before; `None` to build it.
    pub kernel: Option<PathBuf>,
    /// Where the kernel is to keep its caches; `None` for the user's.
    pub cache: Option<PathBuf>,
}

impl Lab {
    /// Sets everything up, and reports each step.
    ///
    /// # Errors
    /// One sentence with what is missing and how to get it.
    pub fn set_up(options: &Options, progress: &mut Progress) -> Result<Lab> {
        let workspace = Workspace::find()?;
        let folder = workspace.lab();
        fs::create_dir_all(&folder).with_context(|| {
            format!("cannot make {}: make it writable, or choose another with CARGO_TARGET_DIR", folder.display())
        })?;
        // Test programs and a `cargo lab` may start at once: one does the work, the others wait and find it done.
        let lock = File::create(folder.join("lock")).context("cannot make the lab's lock file")?;
        let _lock = Flock::lock(lock, FlockArg::LockExclusive).map_err(|(_, error)| error)?;

        progress.step("Linker", requirements::linker)?;
        let python = progress.step("Python", requirements::python)?;
        progress.step("Rust's own sources", || requirements::rust_sources(options.rust_sources))?;
        let venv = progress.step("JupyterLab", || python::environment(&workspace, &python))?;
        let kernel = match &options.kernel {
            Some(kernel) => kernel.clone(),
            None => progress.talking_step("Kernel", || kernel::build(&workspace))?,
        };
        let lab = Lab { workspace, venv, kernel, cache: options.cache.clone() };
        progress.talking_step("Tensor library and kernel's entry", || kernel::install(&lab))?;
        Ok(lab)
    }

    /// A command of the Python environment, such as `jupyter` or `python`, with these folders as Jupyter's own.
    pub fn command(&self, program: &str, folders: &JupyterFolders) -> Command {
        let mut command = Command::new(self.venv.join("bin").join(program));
        environment::without_cargo(&mut command);
        environment::in_venv(&mut command, &self.venv);
        folders.apply(&mut command);
        if let Some(cache) = &self.cache {
            command.env("SOMA_CACHE_DIR", cache);
        }
        command
    }
}

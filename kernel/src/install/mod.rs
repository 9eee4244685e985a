//! `soma install` and `soma uninstall`: register this kernel with Jupyter, and remove it.
//!
//! [`destination`] finds the data folder of Jupyter, [`kernelspec`] writes the kernel's entry there, [`logo`] draws its
//! icon. Only `main` calls this.
//!
//! Invariant: nothing here knows of evcxr, of sockets or of how cells are compiled; `main` passes in a function that
//! prepares everything else before the kernel is registered.

mod destination;
mod kernelspec;
mod logo;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use destination::Destination;
pub use kernelspec::{Environment, write_relocatable};

/// `soma install`: announce this kernel to Jupyter and build what its cells link.
#[derive(Args, Clone, Debug)]
pub struct InstallArgs {
    #[command(flatten)]
    destination: DestinationArgs,
}

/// `soma uninstall`: remove what `soma install` wrote.
#[derive(Args, Clone, Debug)]
pub struct UninstallArgs {
    #[command(flatten)]
    destination: DestinationArgs,
}

/// Which of Jupyter's data folders is meant; without an option, the user's.
#[derive(Args, Clone, Debug)]
#[group(multiple = false)]
struct DestinationArgs {
    /// For you, in every environment (the default)
    #[arg(long)]
    user: bool,
    /// For the active Python environment (virtual environment, conda, or the `python3` on PATH)
    #[arg(long)]
    sys_prefix: bool,
    /// For the Python environment at this folder
    #[arg(long, value_name = "FOLDER")]
    prefix: Option<std::path::PathBuf>,
}

impl From<DestinationArgs> for Destination {
    fn from(arguments: DestinationArgs) -> Destination {
        match arguments.prefix {
            Some(prefix) => Destination::Prefix(prefix),
            None if arguments.sys_prefix => Destination::SysPrefix,
            None => Destination::User,
        }
    }
}

/// Registers the running executable as a Jupyter kernel, after `prepare` has built what it needs.
///
/// The folder is checked before `prepare` runs, so that the user does not wait for a build that could not be used.
/// `prepare` returns the environment variables with which the kernel is to be started.
///
/// # Errors
/// One sentence: no such Python environment, a folder that cannot be written, or the error of `prepare`.
pub fn run(arguments: InstallArgs, prepare: impl FnOnce() -> Result<Environment>) -> Result<()> {
    let kernels = Destination::from(arguments.destination).kernels_folder()?;
    kernelspec::check_writable(&kernels)?;
    let environment = prepare()?;
    let executable = std::env::current_exe().context("cannot find out where this program is")?;
    let folder = kernelspec::write(&kernels, &executable, &environment)?;
    println!("Installed the kernel \"{}\" in {}", kernelspec::DISPLAY_NAME, folder.display());
    Ok(())
}

/// The kernel's entries that Jupyter may find: beside this program, the user's, the active environment's.
pub fn entries() -> Vec<PathBuf> {
    let program = std::env::current_exe().and_then(std::fs::canonicalize).ok();
    let own = program.and_then(|program| Some(Destination::Prefix(program.parent()?.parent()?.to_owned())));
    let places = own.into_iter().chain([Destination::User, Destination::SysPrefix]);
    let entries = places.filter_map(|place| Some(place.kernels_folder().ok()?.join(kernelspec::NAME)));
    let mut entries: Vec<PathBuf> = entries.filter(|entry| entry.join("kernel.json").is_file()).collect();
    entries.sort();
    entries.dedup();
    entries
}

/// Removes the kernel's entry.
///
/// # Errors
/// One sentence: no such Python environment, or a folder that cannot be removed.
pub fn run_uninstall(arguments: UninstallArgs) -> Result<()> {
    let kernels = Destination::from(arguments.destination).kernels_folder()?;
    match kernelspec::remove(&kernels)? {
        Some(folder) => println!("Removed {}", folder.display()),
        None => println!("Nothing to remove: the kernel is not installed in {}", kernels.display()),
    }
    Ok(())
}

//! `soma`: serves a notebook (`soma kernel`), runs its cells (`soma runtime`), answers questions about its code
//! (`soma analyst`), registers with Jupyter (`soma install`), and what else its commands say.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use soma_driver::{process, stand_in, toolchain};

use crate::{about, analyst, doctor, engine, install, lessons, runtime, warm};

#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve a notebook (Jupyter calls this).
    Kernel {
        /// The connection file that the front end wrote.
        #[arg(long)]
        connection_file: PathBuf,
        /// What front ends add for any kernel to use or not: `jupyter run` the names of its files.
        #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
        ignored: Vec<std::ffi::OsString>,
    },
    /// Run cells (the kernel calls this).
    #[command(hide = true)]
    Runtime,
    /// Answer questions about code (the kernel calls this).
    #[command(hide = true)]
    Analyst {
        /// The session's folder.
        session: PathBuf,
    },
    /// Make the kernel known to Jupyter and build the library that cells link.
    Install(install::InstallArgs),
    /// Remove the kernel from Jupyter.
    Uninstall(install::UninstallArgs),
    /// Write the kernel's entry for a package that is installed anywhere (`cargo wheel` calls this).
    #[command(hide = true)]
    Kernelspec {
        /// The folder for the entry.
        folder: PathBuf,
    },
    /// Lay out the lessons that came with this installation.
    Lessons {
        /// A folder that is not there yet, or empty.
        folder: PathBuf,
    },
    /// Tell what is there of all that a notebook needs, what is missing and what to do about it.
    Doctor,
    /// Compile the cells of notebooks before others run them.
    Warm(warm::WarmArgs),
    /// Run a notebook for `soma warm`, in a process of its own.
    #[command(hide = true)]
    WarmNotebook {
        /// The notebook.
        path: PathBuf,
    },
    /// Show the cell cache's size and use, or clear it.
    Cache {
        /// Remove every entry.
        #[arg(long)]
        clear: bool,
    },
}

/// Runs the program with this process's arguments.
pub fn main() -> ExitCode {
    stand_in::stand_in_or(|| run(Arguments::parse()))
}

/// Carries out a command, and returns the exit code.
fn run(arguments: Arguments) -> anyhow::Result<i32> {
    let done = match arguments.command {
        Command::Kernel { connection_file, ignored: _ } => {
            tracing_subscriber::fmt()
                .with_env_filter(tracing_subscriber::EnvFilter::try_from_env("SOMA_LOG").unwrap_or_else(|_| {
                    tracing_subscriber::EnvFilter::new("off,soma=warn,soma_driver=warn,soma_jupyter=warn")
                }))
                .with_writer(std::io::stderr)
                .init();
            if process::serves_a_terminal() {
                // SAFETY: no other thread has been started. `soma_cell::progress` reads the variable.
                unsafe { std::env::set_var("SOMA_TERMINAL", "1") };
            }
            let (session, release) = engine::session::open()?;
            soma_jupyter::serve(&connection_file, session, about::info(release), about::history_file())
        }
        Command::Runtime => runtime::supervisor::run(),
        Command::Analyst { session } => analyst::server::run(session),
        Command::Install(arguments) => install::run(arguments, build_cell_libraries),
        Command::Uninstall(arguments) => install::run_uninstall(arguments),
        Command::Kernelspec { folder } => install::write_relocatable(&folder).map_err(Into::into),
        Command::Lessons { folder } => lessons::run(&folder),
        Command::Doctor => return Ok(i32::from(!doctor::run())),
        Command::Warm(arguments) => warm::run(arguments),
        Command::WarmNotebook { path } => warm::run_notebook(&path),
        Command::Cache { clear } => cache(clear),
    };
    done.map(|()| 0)
}

/// Builds what cells link, and returns the kernel's environment: the path of the current compiler, for a start in an
/// environment where none can be found.
fn build_cell_libraries() -> anyhow::Result<install::Environment> {
    let facts = toolchain::toolchain_info::ToolchainInfo::find()?;
    let original = toolchain::original::Original::read();
    let builder = toolchain::cell_libs::Builder { original: &original, pid_file: None };
    builder.ensure(&facts, &mut |line| eprintln!("{line}"))?;
    Ok([(toolchain::search::NOTED.to_owned(), facts.rustc.display().to_string())].into())
}

fn cache(clear: bool) -> anyhow::Result<()> {
    let cache = toolchain::cache::Cache::user();
    if clear {
        cache.clear()?;
    }
    let toolchain::cache::Statistics { entries, bytes, hits, misses } = cache.statistics();
    println!("{entries} compiled cells, {:.1} MiB; {hits} hits, {misses} misses", bytes as f64 / f64::from(1 << 20));
    Ok(())
}

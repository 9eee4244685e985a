//! `cargo lab`: sets JupyterLab and the Rust kernel up, then opens the lessons.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use soma_lab::progress::Progress;
use soma_lab::requirements::RustSources;
use soma_lab::server::{JupyterLab, Serving};
use soma_lab::{Lab, Options};

/// Open the lessons in JupyterLab, with the Rust kernel.
///
/// The first time this builds the kernel and installs JupyterLab into cargo's target folder, which takes minutes;
/// after that it takes seconds. Ctrl-C ends it, with everything it started.
#[derive(Parser)]
#[command(name = "cargo lab", bin_name = "cargo lab", version, verbatim_doc_comment)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Subcommands>,
    /// Print the address instead of opening a browser
    #[arg(long)]
    no_browser: bool,
    /// The port to try first
    #[arg(long, default_value_t = 8888)]
    port: u16,
    /// Go on when Rust's own sources, which completions read, cannot be had
    #[arg(long, global = true)]
    without_completions: bool,
    /// Install this kernel instead of building one
    #[arg(long, value_name = "SOMA", global = true)]
    kernel: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Subcommands {
    /// Set everything up and stop there
    SetUp,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo lab: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<()> {
    let rust_sources = if arguments.without_completions { RustSources::IfThere } else { RustSources::Required };
    let options = Options { rust_sources, kernel: arguments.kernel, cache: None };
    let mut progress = Progress::new();
    let lab = Lab::set_up(&options, &mut progress)?;
    match arguments.command {
        Some(Subcommands::SetUp) => Ok(()),
        None => serve(&lab, arguments.port, !arguments.no_browser, &mut progress),
    }
}

fn serve(lab: &Lab, port: u16, open_browser: bool, progress: &mut Progress) -> Result<()> {
    // Before JupyterLab starts: from here on a signal is a request, answered below.
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    let serving =
        Serving { notebooks: lab.workspace.notebooks(), home: lab.workspace.lab().join("jupyter"), port, open_browser };
    let mut server = progress.step("Start", || JupyterLab::start(lab, &serving))?;
    println!("{}", server.url());
    eprintln!("JupyterLab shows {}; Ctrl-C ends it. Its log is {}.", serving.notebooks.display(), server.log.display());
    while !stop.load(Ordering::Relaxed) {
        if server.has_ended() {
            bail!("JupyterLab has ended by itself: its log, {}, may say why", server.log.display());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    eprintln!("\nEnding JupyterLab and its kernels");
    server.end();
    Ok(())
}

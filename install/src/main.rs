//! `cargo lab`: sets JupyterLab and the Rust kernel up, then opens the lessons.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use soma_lab::process;
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
    let arguments = Arguments::parse();
    let signals = match Signals::answer() {
        Ok(signals) => signals,
        Err(error) => {
            eprintln!("cargo lab: cannot answer signals: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = run(arguments, &signals);
    signals.let_a_forced_end_finish();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo lab: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments, signals: &Signals) -> Result<()> {
    let rust_sources = if arguments.without_completions { RustSources::IfThere } else { RustSources::Required };
    let options = Options { rust_sources, kernel: arguments.kernel, cache: None };
    let mut progress = Progress::new();
    let lab = Lab::set_up(&options, &mut progress)?;
    match arguments.command {
        Some(Subcommands::SetUp) => Ok(()),
        None => serve(&lab, arguments.port, !arguments.no_browser, &mut progress, signals),
    }
}

/// The reaction to Ctrl-C and similar signals: while JupyterLab runs, the first asks it to end in good order. Before
/// that, and from the second on, everything is killed at once.
struct Signals {
    serving: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    forced: Arc<AtomicBool>,
}

impl Signals {
    fn answer() -> std::io::Result<Signals> {
        let signals = Signals { serving: Arc::default(), stop: Arc::default(), forced: Arc::default() };
        let [serving, stop, forced] = [&signals.serving, &signals.stop, &signals.forced].map(Arc::clone);
        let mut arriving = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        std::thread::spawn(move || {
            for signal in arriving.forever() {
                if !serving.load(Ordering::SeqCst) || stop.swap(true, Ordering::SeqCst) {
                    forced.store(true, Ordering::SeqCst);
                    process::kill_all();
                    std::process::exit(128 + signal);
                }
            }
        });
        Ok(signals)
    }

    /// A step that was killed fails or seems to be done; the user should see neither.
    fn let_a_forced_end_finish(&self) {
        while self.forced.load(Ordering::SeqCst) {
            std::thread::park();
        }
    }
}

fn serve(lab: &Lab, port: u16, open_browser: bool, progress: &mut Progress, signals: &Signals) -> Result<()> {
    let serving =
        Serving { notebooks: lab.workspace.notebooks(), home: lab.workspace.lab().join("jupyter"), port, open_browser };
    let mut server = progress.step("Start", || JupyterLab::start(lab, &serving))?;
    // Before the address is printed: a program that reads it may end this process at once.
    signals.serving.store(true, Ordering::SeqCst);
    println!("{}", server.url());
    eprintln!("JupyterLab shows {}; Ctrl-C ends it. Its log is {}.", serving.notebooks.display(), server.log.display());
    while !signals.stop.load(Ordering::SeqCst) {
        if server.has_ended() {
            bail!("JupyterLab has ended by itself: its log, {}, may say why", server.log.display());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    eprintln!("\nEnding JupyterLab and its kernels");
    server.end();
    Ok(())
}

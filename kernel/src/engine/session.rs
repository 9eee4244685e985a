//! Puts a session together: its folder, its tools, its evaluator, its assistant.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, TryLockError, Weak};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use soma_driver::evcxr::environment::IS_RUNTIME;
use soma_driver::process::{self, lock};
use soma_driver::session_dir::{self, SHELL_PID};
use soma_driver::toolchain::cell_libs;
use soma_driver::toolchain::handoff::SessionNotes;
use soma_driver::toolchain::original::Original;
use soma_driver::toolchain::shim_links;
use soma_driver::toolchain::toolchain_info::ToolchainInfo;

use super::assistant::SomaAssistant;
use super::evaluator::SomaEvaluator;
use super::folder::{self, SessionFolder};
use super::names::Names;
use super::sentence::sentence;
use crate::analyst::client::Analyst;
use crate::analyst::early;
use crate::runtime::channel::Channel;
use soma_jupyter::api::{Cell, Controls, Evaluator, Failure, Frontend, MimeBundle, Output, Session, Stream};

/// Opens a session in the environment of this process, and returns rustc's release with it. Call it before any thread
/// is started: it sets environment variables, by which evcxr finds its tools.
///
/// # Errors
/// When the session's folder cannot be made.
pub fn open() -> Result<(Session, Option<String>)> {
    // Before the links are on `PATH`, where the search would find them.
    let facts = ToolchainInfo::find();
    let original = Original::read();
    let folder = SessionFolder::make().context("cannot make a temporary folder; TMPDIR can name another place")?;
    let soma = std::env::current_exe()?;
    shim_links::link(folder.path(), &soma)?;
    for (name, value) in shim_links::environment(folder.path()) {
        // SAFETY: no other thread has been started.
        unsafe { std::env::set_var(name, value) };
    }
    // Set if a cell of another notebook has started this kernel. evcxr would take this process for that notebook's
    // runtime.
    // SAFETY: no other thread has been started.
    unsafe { std::env::remove_var(IS_RUNTIME) };
    let names = Arc::new(Names::default());
    let analyst = Analyst::new(folder.path().to_owned());
    let control = Arc::new_cyclic(|me| Control {
        me: Weak::clone(me),
        channel: Mutex::new(None),
        interrupted: Arc::new(AtomicBool::new(false)),
        running: AtomicBool::new(false),
        has_run: AtomicBool::new(false),
        folder: Mutex::new(Some(folder)),
        analyst: analyst.clone(),
        starting: Mutex::new(()),
    });
    let assistant = Arc::new(SomaAssistant::new(Arc::clone(&names), analyst));
    let release = facts.as_ref().ok().map(|facts| facts.release().to_owned());
    let starter = Starter {
        facts: facts.map_err(|error| format!("{error:#}")),
        original,
        control: Arc::clone(&control),
        names: Arc::clone(&names),
        assistant: Arc::clone(&assistant),
    };
    let session = Session {
        start: Box::new(move || Ok(Box::new(starter.start()) as Box<dyn Evaluator>)),
        controls: control,
        assistant,
    };
    // In the background: nothing depends on it.
    std::thread::spawn(folder::sweep);
    Ok((session, release))
}

/// Everything that is needed to start evaluating.
struct Starter {
    facts: Result<ToolchainInfo, String>,
    original: Original,
    control: Arc<Control>,
    names: Arc<Names>,
    assistant: Arc<SomaAssistant>,
}

impl Starter {
    /// Starts evcxr now if the cell libraries are ready. If they must be built first, that waits for the first cell,
    /// where the user sees the progress.
    fn start(self) -> LazyEvaluator {
        let mut evaluator = LazyEvaluator { starter: self, ready: None };
        if evaluator.starter.facts.as_ref().is_ok_and(cell_libs::are_ready)
            && let Err(error) = evaluator.ready(&mut |_| {})
        {
            tracing::error!("the evaluator did not start: {}", error.message);
        }
        evaluator.starter.control.start_analyst_when_idle();
        evaluator
    }

    fn evaluator(&self, say: &mut dyn FnMut(&str)) -> Result<SomaEvaluator, Failure> {
        let _starting = lock(&self.control.starting);
        let failed = |error: &dyn std::fmt::Display| sentence("StartError", &error.to_string());
        let facts = self.facts.clone().map_err(|error| failed(&error))?;
        let session = self.control.session().ok_or_else(|| failed(&"the session has ended"))?;
        let builder =
            cell_libs::Builder { original: &self.original, pid_file: Some(session.join(session_dir::BUILD_PID)) };
        let libs =
            builder.ensure(&facts, say).map_err(|error| match self.control.interrupted.load(Ordering::SeqCst) {
                true => {
                    sentence("Interrupted", "interrupted: Soma's tensor library is not built yet, and no cell can run")
                }
                false => failed(&format!("{error:#}")),
            })?;
        let notes = SessionNotes { facts, libs, original: self.original.clone() };
        notes.write(&session).map_err(|error| failed(&error))?;
        SomaEvaluator::start(
            session,
            notes,
            Arc::clone(&self.control.interrupted),
            Arc::clone(&self.names),
            Arc::clone(&self.assistant),
            &self.control.channel,
        )
    }
}

/// An evaluator that starts when it can.
struct LazyEvaluator {
    starter: Starter,
    ready: Option<SomaEvaluator>,
}

impl LazyEvaluator {
    fn ready(&mut self, say: &mut dyn FnMut(&str)) -> Result<&mut SomaEvaluator, Failure> {
        if self.ready.is_none() {
            self.ready = Some(self.starter.evaluator(say)?);
        }
        Ok(self.ready.as_mut().expect("it was just made"))
    }
}

impl Evaluator for LazyEvaluator {
    fn begin(&mut self) {
        self.starter.control.interrupted.store(false, Ordering::SeqCst);
        self.starter.control.running.store(true, Ordering::SeqCst);
        self.starter.control.has_run.store(true, Ordering::SeqCst);
    }

    fn end(&mut self) {
        self.starter.control.running.store(false, Ordering::SeqCst);
    }

    fn evaluate(&mut self, cell: &Cell, frontend: Arc<dyn Frontend>) -> Result<Option<MimeBundle>, Failure> {
        let mut say = |line: &str| frontend.output(Output::Text { stream: Stream::Stderr, text: format!("{line}\n") });
        self.ready(&mut say)?.evaluate(cell, frontend)
    }
}

/// Controls the session from other threads, and owns its folder.
struct Control {
    me: Weak<Control>,
    channel: Mutex<Option<Channel>>,
    interrupted: Arc<AtomicBool>,
    running: AtomicBool,
    /// Whether a cell has run since the session was last seen to be idle.
    has_run: AtomicBool,
    folder: Mutex<Option<SessionFolder>>,
    analyst: Analyst,
    /// Held while the evaluator is being started, which writes into the folder.
    starting: Mutex<()>,
}

/// How long the end of a session waits for the start of its evaluator.
const PATIENCE: Duration = Duration::from_secs(5);

impl Control {
    fn session(&self) -> Option<PathBuf> {
        lock(&self.folder).as_ref().map(|folder| folder.path().to_owned())
    }

    fn start_analyst_when_idle(&self) {
        let me = Weak::clone(&self.me);
        early::start_when_idle(self.analyst.clone(), move || {
            let me = me.upgrade()?;
            me.session()?;
            Some(!me.has_run.swap(me.running.load(Ordering::SeqCst), Ordering::SeqCst))
        });
    }

    fn interrupt_now(&self) {
        if let Some(session) = self.session() {
            end_build(&session);
        }
        if let Some(channel) = &*lock(&self.channel) {
            channel.interrupt();
        }
    }
}

impl Controls for Control {
    fn interrupt(&self) {
        if !self.running.load(Ordering::SeqCst) {
            return;
        }
        self.interrupted.store(true, Ordering::SeqCst);
        // Repeat it until the cell has ended: the cell may just have been before its compile, or between that and its
        // run.
        self.interrupt_now();
        let me = self.me.clone();
        std::thread::spawn(move || {
            for pause in std::iter::once(50).chain(std::iter::repeat(200)) {
                std::thread::sleep(Duration::from_millis(pause));
                let Some(control) = me.upgrade() else { return };
                if !control.running.load(Ordering::SeqCst) || !control.interrupted.load(Ordering::SeqCst) {
                    return;
                }
                control.interrupt_now();
            }
        });
    }

    fn shutdown(&self) {
        self.interrupted.store(true, Ordering::SeqCst);
        if let Some(session) = self.session() {
            end_build(&session);
            process::kill_group(&session.join(SHELL_PID));
        }
        self.analyst.end();
        if let Some(channel) = &*lock(&self.channel) {
            channel.quit();
        }
        // An evaluator that is still starting would make its part of the folder again.
        let deadline = Instant::now() + PATIENCE;
        while matches!(self.starting.try_lock(), Err(TryLockError::WouldBlock)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        // Removed now: the process may end without running destructors.
        drop(lock(&self.folder).take());
    }
}

/// Ends the running compile of a session, including its rustc.
fn end_build(session: &Path) {
    // A driver that was stopped before it could write its number.
    let driver = shim_links::links(session).join("cargo");
    for child in process::children(Pid::this()) {
        let command = std::fs::read(format!("/proc/{child}/cmdline")).unwrap_or_default();
        if command.split(|byte| *byte == 0).next() == Some(driver.as_os_str().as_bytes()) {
            let _ = kill(child, Signal::SIGKILL);
        }
    }
    let build = session.join(session_dir::BUILD_PID);
    if build.exists() {
        // With it ends the compile for which it has forked, with its linker, even if it is stopped and cannot do that
        // itself. Another is started for the next cell.
        process::kill_group(&session.join(session_dir::WAITING_PID));
    }
    process::kill_group(&build);
}

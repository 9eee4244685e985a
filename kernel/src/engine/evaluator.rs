//! Runs cells through evcxr, with Soma's toolchain and runtime.

mod answered;
mod commanded;
mod compiled;
mod outcome;
mod session_variables;
mod taught;
mod variables;
mod wording;

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use soma_driver::evcxr::startup;
use soma_driver::process::lock;
use soma_driver::toolchain::cell_build;
use soma_driver::toolchain::handoff::{CellNotes, SessionNotes};
use soma_driver::toolchain::waiting::server::WaitingRustc;

use super::assistant::SomaAssistant;
use super::cell_state::{CellState, Listener};
use super::commands::{self, Settings};
use super::failed::{FailedCells, How};
use super::folder::Restored;
use super::names::Names;
use super::panics::Explainer;
use super::past_cell::PastCell;
use super::prepare::{self};
use super::sentence::sentence;
use super::syntax::Mistake;
use super::teacher::lesson::Language;
use super::teacher::problem::Problem;
use super::{characters, failure, folder, nesting, syntax};
use crate::context::Context;
use crate::engine::type_names::PublicPaths;
use crate::runtime::channel::Channel;
use soma_jupyter::api::{Cell, Evaluator, Failure, Frontend, MimeBundle, Output, Stream};

use answered::{Commanded, show};
use session_variables::SessionVariables;
use wording::timing;

/// Evaluates the cells of one session.
pub struct SomaEvaluator {
    context: Context,
    channel: Channel,
    state: Arc<Mutex<CellState>>,
    session: PathBuf,
    /// The notes in the folder, to write them again if the folder is removed.
    session_notes: SessionNotes,
    restored: Option<Restored>,
    variables: SessionVariables,
    past: Arc<Mutex<Vec<PastCell>>>,
    explainer: Arc<Explainer>,
    public_paths: PublicPaths,
    interrupted: Arc<AtomicBool>,
    names: Arc<Names>,
    assistant: Arc<SomaAssistant>,
    settings: Settings,
    /// The language of the user.
    language: Language,
    /// The folders of start-up files.
    start_up: startup::Places,
    /// Whether start-up files were read, or are being read.
    has_started: bool,
    /// The names that failed cells would have defined.
    failed: FailedCells,
    /// Whether the warning about slow or missing snapshots was shown.
    told_of_copying: bool,
    waiting_rustc: WaitingRustc,
}

impl SomaEvaluator {
    /// Starts evcxr in a session's folder, which already has notes and links.
    ///
    /// # Errors
    /// evcxr's message.
    pub fn start(
        session: PathBuf,
        notes: SessionNotes,
        interrupted: Arc<AtomicBool>,
        names: Arc<Names>,
        assistant: Arc<SomaAssistant>,
        shared: &Mutex<Option<Channel>>,
    ) -> Result<SomaEvaluator, Failure> {
        let failed = |what: &str| sentence("StartError", what);
        // Loaded while evcxr starts.
        let mut waiting_rustc = WaitingRustc::default();
        waiting_rustc.ensure(&session, &notes);
        let state = Arc::new(Mutex::new(CellState::default()));
        let own = Arc::new(Mutex::new(None));
        let past = Arc::new(Mutex::new(Vec::new()));
        let explainer = Arc::new(Explainer::new(session.clone(), Arc::clone(&past), Arc::clone(&names)));
        let listener =
            Listener { state: Arc::clone(&state), channel: Arc::clone(&own), explainer: Arc::clone(&explainer) };
        let channel = Channel::listen(&session, listener).map_err(|error| failed(&error.to_string()))?;
        *lock(&own) = Some(channel.handle());
        *lock(shared) = Some(channel.handle());
        let soma = std::env::current_exe().map_err(|error| failed(&error.to_string()))?;
        let mut runtime = std::process::Command::new(soma);
        runtime.arg("runtime");
        let first = CellNotes { is_of_evcxr: true, ..CellNotes::default() };
        first.write(&session).map_err(|error| failed(&error.to_string()))?;
        let variable = |name: &str| notes.original.get(name).map(str::to_owned);
        let start_up = startup::Places::of(&notes.original.folder, variable);
        let context = Context::start(runtime, &start_up, &session, cell_build::AUTOMATIC);
        let context = context.map_err(|error| {
            // Perhaps the library of the first cell cannot be loaded.
            cell_build::forget(&session);
            failed(&error)
        })?;
        // evcxr has tested its runtime with a cell, whose output must not reach the user.
        channel.sync();
        tracing::info!(folder = %session.display(), "the session is ready");
        Ok(SomaEvaluator {
            context,
            channel,
            state,
            session,
            session_notes: notes,
            restored: None,
            variables: SessionVariables::default(),
            past,
            explainer,
            public_paths: PublicPaths::default(),
            interrupted,
            names,
            assistant,
            settings: Settings::default(),
            language: Language::of_the_reader(|name| std::env::var(name).ok()),
            start_up,
            has_started: false,
            failed: FailedCells::default(),
            told_of_copying: false,
            waiting_rustc,
        })
    }
}

impl Evaluator for SomaEvaluator {
    fn evaluate(&mut self, cell: &Cell, frontend: Arc<dyn Frontend>) -> Result<Option<MimeBundle>, Failure> {
        if !self.has_started || commands::reads_start_up_files(&cell.code) {
            self.run_start_up_files(&frontend);
        }
        let started = Instant::now();
        if commands::has_code(&cell.code) {
            self.waiting_rustc.begin_ahead();
        }
        let mut code = prepare::without_mark(&cell.code).to_owned();
        if code.starts_with('!') {
            let (variables, items) = self.names.get();
            // After a space, `!` does not begin a command.
            if commands::is_negation(&code, |name| {
                variables.contains_key(name) || items.iter().any(|item| item == name)
            }) {
                code.insert(0, ' ');
            }
        }
        let cell = &Cell { code, count: cell.count, id: cell.id.clone() };
        let start = prepare::code_start(&cell.code);
        nesting::check(&cell.code[start..])
            .map_err(|deep| failure::too_deep(deep.of, &cell.code, start + deep.at, cell.count))?;
        if let Err(failure) = characters::check(&cell.code, start, cell.count) {
            self.failed.remember(cell.count, &cell.code, How::NotCompiled);
            return Err(failure);
        }
        if let Err(mistake) = syntax::check(&cell.code[start..]) {
            self.failed.remember(cell.count, &cell.code, How::NotCompiled);
            let at = start + mistake.at.start..start + mistake.at.end;
            let problem = Problem { message: mistake.message.clone(), at: at.clone(), ..Problem::default() };
            let mut failure = failure::mistake(Mistake { at, ..mistake }, &cell.code, cell.count);
            self.teach(cell, &mut failure, vec![problem], true);
            return Err(failure);
        }
        if !self.settings.snapshots {
            // Sent before every cell: the supervisor may be a new one.
            self.channel.keep_copies(false);
        }
        self.tell_of_copies(frontend.as_ref());
        let mut time = self.settings.timing;
        let commanded = self.carry_out(cell, &frontend, &mut time);
        if commanded.is_err() {
            self.failed.remember(cell.count, &cell.code, How::NotRun);
        }
        let Commanded { waiting, answer } = commanded?;
        if waiting.is_empty() && !commands::has_code(&cell.code) {
            return Ok(answer);
        }
        show(frontend.as_ref(), answer);
        let result = self.run(cell, &commands::only(&cell.code, &waiting, true), &frontend);
        if time {
            let running = std::mem::take(&mut lock(&self.state).running);
            frontend.output(Output::Text { stream: Stream::Stdout, text: timing(started.elapsed(), running) });
        }
        result
    }
}

impl SomaEvaluator {
    /// Runs the start-up files. Errors in one are shown, and the session goes on.
    fn run_start_up_files(&mut self, frontend: &Arc<dyn Frontend>) {
        // Set first, since the files may contain `:load_config`.
        self.has_started = true;
        for piece in self.start_up.read() {
            let ran = piece.and_then(|piece| {
                let cell = Cell { code: piece.code, count: 0, id: None };
                let ran = self.evaluate(&cell, Arc::clone(frontend));
                ran.map_err(|failure| format!("{} failed:\n{}", piece.name, failure.traceback.join("\n")))
            });
            if let Err(said) = ran {
                frontend.output(Output::Text { stream: Stream::Stderr, text: format!("note: {said}\n") });
            }
        }
    }

    /// Makes the session's folder again if it was removed or damaged, and starts the rustc that waits there, if it has
    /// ended. The folder does not hold variables.
    fn ensure_folder(&mut self) -> Result<(), Failure> {
        self.restore_folder()?;
        self.waiting_rustc.ensure(&self.session, &self.session_notes);
        Ok(())
    }

    fn restore_folder(&mut self) -> Result<(), Failure> {
        if folder::is_whole(&self.session, &self.session_notes) {
            return Ok(());
        }
        let restored = folder::restore(&self.session, &self.session_notes).and_then(|restored| {
            self.channel.listen_again(&self.session)?;
            Ok(restored)
        });
        self.restored = Some(restored.map_err(|error| {
            let folder = self.session.display();
            let message = format!(
                "the session's folder {folder} was removed and cannot be made again ({error}); restart the kernel"
            );
            sentence("SessionError", &message)
        })?);
        tracing::warn!("the session's folder {} was removed or damaged; it was made again", self.session.display());
        Ok(())
    }

    /// Runs a part of a cell: its code, or commands for evcxr.
    fn run(&mut self, cell: &Cell, code: &str, frontend: &Arc<dyn Frontend>) -> Result<Option<MimeBundle>, Failure> {
        *lock(&self.state) = CellState { frontend: Some(Arc::clone(frontend)), ..CellState::default() };
        let result = self.evcxr(cell, code);
        let has_run = lock(&self.state).running.is_some();
        let how = result.as_ref().err().map(|failure| match failure.name.as_str() {
            _ if has_run => How::EndedEarly,
            "Crash" => How::EndedEarly,
            "Interrupted" => How::Interrupted,
            "CompileError" => How::NotCompiled,
            name if name.starts_with("E0") => How::NotCompiled,
            _ => How::NotRun,
        });
        match how {
            Some(how) => self.failed.remember(cell.count, code, how),
            None => self.failed.forget(code),
        }
        result
    }
}

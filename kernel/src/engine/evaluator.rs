//! Runs cells on evcxr, with Soma's toolchain and runtime behind it.

mod answered;
mod commanded;
mod taught;
mod variables;
mod wording;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use evcxr::{CommandContext, EvalContext, EvalOutputs};

use super::assistant::SomaAssistant;
use super::cell_state::{CellState, Listener};
use super::commands::{self, Settings};
use super::failed::{FailedCells, How};
use super::folder::Restored;
use super::items::CellOf;
use super::names::Names;
use super::output::Piece;
use super::panics::{self, Explainer, Origin};
use super::past_cell::PastCell;
use super::prepare::{self, Earlier, Prepared};
use super::sentence::sentence;
use super::syntax::Mistake;
use super::teacher::lesson::Language;
use super::teacher::problem::Problem;
use super::{characters, failed, failure, folder, nesting, startup, syntax};
use crate::process::lock;
use crate::runtime::channel::Channel;
use crate::session_dir;
use crate::toolchain::cell_build;
use crate::toolchain::environment_errors;
use crate::toolchain::handoff::{CellNotes, SessionNotes};
use crate::toolchain::paths::{CommandLine, PublicPaths};
use crate::toolchain::program;
use crate::toolchain::variable_types::{Libraries, Types};
use soma_jupyter::api::{Cell, Evaluator, Failure, Frontend, MimeBundle, Output, Stream};

use answered::{Commanded, show};
use wording::{add_reasons, ended, interrupted, lost_type, of_the_tools, timing};

/// How long the end of an interrupted cell waits for its question to be withdrawn.
const WITHDRAWAL: Duration = Duration::from_secs(2);

/// Evaluates the cells of one session.
pub struct SomaEvaluator {
    context: CommandContext,
    channel: Channel,
    state: Arc<Mutex<CellState>>,
    session: PathBuf,
    /// What is in the folder, should it be removed.
    session_notes: SessionNotes,
    restored: Option<Restored>,
    /// The types of all variables.
    types: Types,
    /// The libraries that their types are from.
    made_with: BTreeMap<String, Libraries>,
    /// Why a variable of an earlier cell is not there.
    gone: BTreeMap<String, String>,
    /// Variables that cells have moved away.
    moved: BTreeSet<String>,
    past: Arc<Mutex<Vec<PastCell>>>,
    explainer: Arc<Explainer>,
    public_paths: PublicPaths,
    interrupted: Arc<AtomicBool>,
    names: Arc<Names>,
    assistant: Arc<SomaAssistant>,
    settings: Settings,
    /// What the reader reads.
    language: Language,
    /// Where start-up files are.
    start_up: startup::Places,
    /// Whether they were read, or are being read.
    has_started: bool,
    /// What cells would have defined that failed.
    failed: FailedCells,
    /// Whether the warning of slow or missing snapshots was shown.
    told_of_copying: bool,
}

impl SomaEvaluator {
    /// Starts evcxr in a session's folder, whose notes and links are already there.
    ///
    /// # Errors
    /// What evcxr said.
    pub fn start(
        session: PathBuf,
        notes: SessionNotes,
        interrupted: Arc<AtomicBool>,
        names: Arc<Names>,
        assistant: Arc<SomaAssistant>,
        shared: &Mutex<Option<Channel>>,
    ) -> Result<SomaEvaluator, Failure> {
        let failed = |what: &str| sentence("StartError", what);
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
        CellNotes::default().write(&session).map_err(|error| failed(&error.to_string()))?;
        let start_up = startup::Places::of(&notes.original);
        let (mut context, outputs) = start_up
            .hidden_from_evcxr(&session, runtime, EvalContext::with_subprocess_command)
            .map_err(|error| failed(&error.to_string()))?;
        // Whatever evcxr's settings file says: without that, a panic would end the process, and its message with it.
        context.set_preserve_vars_on_panic(true);
        // evcxr has tried its runtime on a cell of its own, which is nobody's output.
        channel.sync();
        // What the supervisor writes to its own standard error is for us, not for the user.
        std::thread::spawn(move || outputs.stderr.iter().for_each(|line| tracing::warn!("runtime: {line}")));
        std::thread::spawn(move || outputs.stdout.iter().for_each(|line| tracing::warn!("runtime said: {line}")));
        let mut context = CommandContext::with_eval_context(context);
        context.set_opt_level(cell_build::AUTOMATIC).map_err(|error| failed(&error.to_string()))?;
        tracing::info!(folder = %session.display(), "the session is ready");
        Ok(SomaEvaluator {
            context,
            channel,
            state,
            session,
            session_notes: notes,
            restored: None,
            types: Types::new(),
            made_with: BTreeMap::new(),
            gone: BTreeMap::new(),
            moved: BTreeSet::new(),
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
        })
    }

    /// What the cell's own end says, apart from the compiler.
    fn outcome(&mut self) -> Result<Option<MimeBundle>, Failure> {
        let mut state = lock(&self.state);
        let pieces = state.parser.finish();
        for piece in pieces {
            match piece {
                Piece::Shown(output) => state.show(output),
                Piece::Result(bundle) => state.result = Some(bundle),
                Piece::Input(_) => {}
            }
        }
        let variables = std::mem::take(&mut state.variables);
        let (result, end) = (state.result.take(), state.end.take());
        let (overflowed, not_loaded) = (state.overflowed, state.not_loaded.take());
        let unwound = state.unwound;
        let (panic, question_mark, stopped) = (state.panic.take(), state.question_mark.take(), state.stopped);
        let was_cancelled = state.was_cancelled;
        drop(state);
        if let Some(end) = end {
            return Err(ended(&end, overflowed));
        }
        if stopped && (unwound || was_cancelled || panic.is_some() || question_mark.is_some()) {
            if panic.is_none() && question_mark.is_none() {
                // It may have come to its end although what it waited for was broken off.
                self.learn(variables);
            }
            return Err(interrupted("your variables are kept"));
        }
        if unwound {
            return Err(interrupted("the cell asked for that itself; your variables are kept"));
        }
        if let Some(panic) = panic {
            return Err(self.explainer.explain(&panic, Origin::Cell));
        }
        if let Some(reason) = not_loaded {
            cell_build::forget(&self.session);
            let message = format!("the compiled cell could not be loaded, so it did not run: {reason}");
            return Err(sentence("LoadError", &message));
        }
        if let Some(error) = question_mark {
            return Err(sentence("Error", &error));
        }
        self.learn(variables);
        Ok(result)
    }

    /// Shows what the compiler warns of in the cell that has run.
    fn warn(&self) {
        // Commands compile nothing; the warnings of an earlier cell were shown with that cell.
        let has_run = lock(&self.state).running.is_some();
        let messages = std::fs::read_to_string(self.session.join(session_dir::WARNINGS)).unwrap_or_default();
        if !has_run || messages.is_empty() {
            return;
        }
        let program = std::fs::read_to_string(self.session.join(session_dir::SOURCE)).unwrap_or_default();
        let past = lock(&self.past);
        let place = |line, column| {
            let place = panics::find(&program, line, column, &past)?;
            Some((place.cell, place.span.start))
        };
        let text = failure::warnings(&messages, &past, place);
        drop(past);
        lock(&self.state).show(Output::Remark { text });
    }

    /// Says what became of the copy after the last cell, where a user can do something about it.
    fn tell_of_copies(&mut self, frontend: &dyn Frontend) {
        let copied = std::mem::take(&mut lock(&self.state).copied);
        if let Some(text) = copied.and_then(|copied| copied.note(self.told_of_copying)) {
            self.told_of_copying = true;
            frontend.output(Output::Text { stream: Stream::Stderr, text });
        }
    }

    /// Has evcxr set again what the commands of a cell had set that then ended its process: evcxr is back where it was
    /// before that cell, with all its variables. What was shown of the cell stays.
    fn set_again(&mut self, code: &str) {
        let commands = commands::lasting(code);
        if commands.is_empty() {
            return;
        }
        // The wish to stop was for the cell.
        self.interrupted.store(false, Ordering::SeqCst);
        let saved = std::mem::take(&mut *lock(&self.state));
        if CellNotes::default().write(&self.session).is_ok()
            && let Err(error) = self.context.execute(&commands)
        {
            tracing::warn!("the commands of a crashed cell have no effect: {error}");
        }
        self.channel.sync();
        *lock(&self.state) = saved;
    }

    /// Waits until a question that an interrupt has withdrawn is: its end is not for the cell that comes next.
    fn close_question(&self) {
        let deadline = Instant::now() + WITHDRAWAL;
        let is_stopped = |state: &CellState| state.stopped || state.end.as_ref().is_some_and(|end| end.interrupted);
        let is_open = |state: &CellState| state.is_asking && is_stopped(state);
        while is_open(&lock(&self.state)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Evaluator for SomaEvaluator {
    fn evaluate(&mut self, cell: &Cell, frontend: Arc<dyn Frontend>) -> Result<Option<MimeBundle>, Failure> {
        if !self.has_started || commands::reads_start_up_files(&cell.code) {
            self.run_start_up_files(&frontend);
        }
        let started = Instant::now();
        let mut code = prepare::without_mark(&cell.code).to_owned();
        if code.starts_with('!') {
            let (variables, items) = self.names.get();
            // Behind a space, `!` begins no command.
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
            // Said before every cell: the process may be another one than the last time.
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
    /// Runs what start-up files hold. What is wrong with one is told, and the session goes on.
    fn run_start_up_files(&mut self, frontend: &Arc<dyn Frontend>) {
        // They may themselves ask to be read.
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

    /// Makes the session's folder again, if somebody has removed or damaged it. Variables are not in it.
    fn ensure_folder(&mut self) -> Result<(), Failure> {
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

    /// Runs what is given of a cell: its code, or commands that are evcxr's.
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

    fn evcxr(&mut self, cell: &Cell, code: &str) -> Result<Option<MimeBundle>, Failure> {
        self.ensure_folder()?;
        if self.interrupted.load(Ordering::SeqCst) {
            return Err(interrupted("the cell did not run"));
        }
        if commands::restarts(code) {
            // evcxr would kill the supervisor, which then could not end what cells have started.
            self.channel.end_runtime();
            self.types.clear();
            self.gone.clear();
            self.moved.clear();
            self.names.items().unloaded();
            self.names.update(&self.types);
        }
        if commands::forgets(code) {
            self.names.items().clear();
            self.failed = FailedCells::default();
        }
        let place = lock(&self.past).len();
        let before = self.names.items().remember();
        let mut stale = Vec::new();
        let mut first_guess = None;
        let (run, items) = loop {
            let second_guess = first_guess.is_some();
            let (prepared, outlived) = self.prepare(cell, code, place, second_guess)?;
            let (is_guess, items) = (prepared.is_guess, prepared.items.clone());
            let run = self.execute(cell, prepared, outlived);
            if let Ok(Err(evcxr::Error::CompilationErrors(errors))) = &run.evaluated
                && !self.interrupted.load(Ordering::SeqCst)
            {
                // An import of what is gone, or a check that no longer holds, is no reason to refuse this cell.
                let errors = failure::in_earlier_cells(errors);
                let dropped: Vec<_> =
                    errors.into_iter().filter_map(|(cell, line)| self.names.items().forget_stale(cell, line)).collect();
                if !dropped.is_empty() {
                    stale.extend(dropped);
                    continue;
                }
                if is_guess && !second_guess {
                    first_guess = Some(self.outcome_of(cell, run));
                    continue;
                }
            }
            break (run, items);
        };
        if !matches!(run.evaluated, Ok(Ok(_))) {
            self.names.items().restore(before);
            return first_guess.unwrap_or_else(|| self.outcome_of(cell, run));
        }
        let own = CellOf { place, id: cell.id.as_deref(), items: &items };
        self.names.items().learn(&own);
        let is_loaded = {
            let state = lock(&self.state);
            state.end.is_none() && state.not_loaded.is_none()
        };
        if is_loaded {
            let externs = CommandLine::read(&self.session).map(|line| line.externs).unwrap_or_default();
            self.names.items().loaded(externs);
        }
        let outcome = self.outcome_of(cell, run);
        self.tell_of_stale(&stale);
        self.tell_of_empty_imports(&items);
        outcome
    }

    /// Prepares a cell, and leaves notes on it for the driver. Also tells which variables it makes types anew of.
    fn prepare(
        &mut self,
        cell: &Cell,
        code: &str,
        place: usize,
        second_guess: bool,
    ) -> Result<(Prepared, BTreeSet<String>), Failure> {
        let mut prepared = {
            let items = self.names.items();
            let earlier = Earlier { items: Some(&items), moved: Some(&self.moved), second_guess };
            prepare::prepare_after(code, earlier)
        };
        prepared.source.text.clone_from(&cell.code);
        if !prepared.parses {
            let errors = syntax::errors(code, &self.session, &self.session_notes);
            if !errors.is_empty() {
                let mut past = lock(&self.past);
                past.truncate(place);
                past.push(PastCell { count: cell.count, prepared });
                let (mut failure, problems) = failure::syntax(&errors, &past, prepare::PRELUDE.len());
                drop(past);
                self.teach(cell, &mut failure, problems, true);
                return Err(failure);
            }
        }
        if let Some(span) = &prepared.returned {
            return Err(self.returned(cell, prepared.source.bytes(span)));
        }
        let own = CellOf { place, id: cell.id.as_deref(), items: &prepared.items };
        let outlived = self.outlived_by(&own);
        self.notes_for(cell, &own, &prepared, &outlived)
            .write(&self.session)
            .map_err(|error| sentence("SessionError", &environment_errors::of_files(&error.to_string())))?;
        let mut past = lock(&self.past);
        past.truncate(place);
        Ok((prepared, outlived))
    }

    /// Has a cell compiled and run.
    fn execute(&mut self, cell: &Cell, prepared: Prepared, outlived: BTreeSet<String>) -> Run {
        let text = prepared.text.clone();
        lock(&self.past).push(PastCell { count: cell.count, prepared });
        let context = &mut self.context;
        tracing::trace!(text, "the cell as evcxr is given it");
        let begun = Instant::now();
        let evaluated = catch_unwind(AssertUnwindSafe(|| context.execute(&text)));
        let came_to = match &evaluated {
            Ok(Ok(_)) => "its end",
            Ok(Err(evcxr::Error::CompilationErrors(_))) => "errors of the compiler",
            Ok(Err(_)) => "an error",
            Err(_) => "a panic of the evaluator",
        };
        tracing::debug!(came_to, took = ?begun.elapsed(), ran = ?lock(&self.state).running, "evcxr");
        self.channel.sync();
        self.close_question();
        // The supervisor has told evcxr of an error then, after which evcxr has everything that it had before the cell.
        let is_restored = {
            let state = lock(&self.state);
            state.keeps_all || state.end.as_ref().is_some_and(|end| end.restored)
        };
        if is_restored {
            self.set_again(&text);
        }
        self.names.values().extend(std::mem::take(&mut lock(&self.state).values));
        let evaluated = if is_restored { Ok(Ok(EvalOutputs::new())) } else { evaluated };
        Run { evaluated, outlived }
    }

    /// What became of a cell.
    fn outcome_of(&mut self, cell: &Cell, Run { evaluated, outlived }: Run) -> Result<Option<MimeBundle>, Failure> {
        self.notice_losses(cell.count);
        match evaluated {
            Ok(Ok(outputs)) => {
                for name in outlived {
                    self.types.remove(&name);
                    self.gone.insert(name.clone(), lost_type(&name));
                }
                // What commands have left behind is of an earlier cell.
                if lock(&self.state).running.is_some() {
                    self.notice_cell_only();
                }
                let result = self.outcome()?;
                self.warn();
                Ok(result.or_else(|| commands_output(outputs)))
            }
            _ if self.interrupted.load(Ordering::SeqCst) => {
                lock(&self.state).end = None;
                Err(interrupted("the cell was being compiled and did not run"))
            }
            Ok(Err(evcxr::Error::CompilationErrors(errors))) => {
                let (mut failure, problems) = failure::compilation(&errors, &lock(&self.past));
                self.teach(cell, &mut failure, problems, false);
                let outlived = outlived.iter().map(|name| (name.clone(), lost_type(name))).collect();
                add_reasons(&mut failure, &outlived);
                add_reasons(&mut failure, &self.gone);
                let mut notes = self.failed.notes(&errors);
                if notes.is_empty() {
                    let frontend = lock(&self.state).frontend.clone();
                    let cells = || frontend.map_or_else(Vec::new, |frontend| frontend.before_the_restart());
                    notes = failed::before_the_restart(&errors, cells);
                }
                failure.traceback.extend(notes.into_iter().map(|note| format!("note: {note}")));
                if let Some(advice) = environment_errors::of_network(&failure.traceback.concat()) {
                    failure.message = advice.to_owned();
                    failure.traceback.extend(sentence("", advice).traceback);
                }
                Err(failure)
            }
            Ok(Err(evcxr::Error::SubprocessTerminated(_))) => {
                self.types.clear();
                self.moved.clear();
                self.names.update(&self.types);
                self.names.items().unloaded();
                Err(sentence(
                    "Crash",
                    "the process that runs cells ended; every variable is lost, definitions are kept",
                ))
            }
            Ok(Err(error)) => {
                let message = error.to_string();
                let said = of_the_tools(&message);
                let said = match environment_errors::of_network(said) {
                    Some(advice) => format!("{advice}\n{said}"),
                    None => environment_errors::of_files(said),
                };
                Err(sentence("Error", &said))
            }
            Err(_) => Err(sentence(
                "InternalError",
                "Soma's evaluator failed on this cell; the session goes on. Please report the cell",
            )),
        }
    }

    /// Says what was dropped because it holds no longer.
    fn tell_of_stale(&self, stale: &[(usize, String)]) {
        let state = lock(&self.state);
        for (cell, text) in stale {
            let count = lock(&self.past).get(*cell).map_or(0, |cell| cell.count);
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            state.show(Output::Remark {
                text: format!("note: `{text}` of In [{count}] holds no longer and was dropped\n"),
            });
        }
    }

    /// What the toolchain driver has to know of a cell.
    fn notes_for(&self, cell: &Cell, own: &CellOf, prepared: &Prepared, outlived: &BTreeSet<String>) -> CellNotes {
        let known = |name: &String| Some((name.clone(), self.types.get(name)?.clone()));
        let kept = prepared.words.iter().filter(|name| !outlived.contains(*name));
        let types: Types = kept.filter_map(known).collect();
        let mut words = prepared.words.clone();
        // What shows a value is not named where that is done.
        words.extend(prepared.shown.iter().map(|_| "evcxr_display".to_owned()));
        let new_libraries = commands::adds_crates(&cell.code);
        let mut notes = self.notes(words, types, own, prepared.has_loops, new_libraries);
        notes.items.show.clone_from(&self.settings.show);
        let source = &prepared.source;
        notes.items.shown = prepared.shown.as_ref().map(|span| source.text[source.bytes(span)].to_owned());
        notes
    }

    /// Notes on a cell with these words, variables and items.
    fn notes(
        &self,
        words: BTreeSet<String>,
        types: Types,
        own: &CellOf,
        has_loops: bool,
        new_libraries: bool,
    ) -> CellNotes {
        // A cell means a variable's type without naming it.
        let named = types.values().flatten().flat_map(|ty| program::words(ty)).map(str::to_owned);
        let reached = named.chain(words.iter().cloned()).collect();
        let items = self.names.items().for_cell(own, &reached, has_loops, new_libraries);
        let made_with = self.made_with.iter().filter(|(name, _)| types.contains_key(*name));
        let made_with = made_with.map(|(name, libraries)| (name.clone(), libraries.clone())).collect();
        CellNotes { words, types, made_with, items }
    }
}

/// A cell that was compiled and run, or not.
struct Run {
    /// What evcxr says; an error when it has panicked.
    evaluated: std::thread::Result<Result<EvalOutputs, evcxr::Error>>,
    /// The variables whose types the cell has defined anew.
    outlived: BTreeSet<String>,
}

/// What commands such as `:help` answered.
fn commands_output(outputs: EvalOutputs) -> Option<MimeBundle> {
    (!outputs.is_empty()).then(|| outputs.content_by_mime_type.into_iter().collect())
}

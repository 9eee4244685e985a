//! Runs cells on evcxr, with Soma's toolchain and runtime behind it.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use evcxr::{CommandContext, EvalContext, EvalOutputs};

use super::boundary::{Assistant, Cell, Evaluator, Failure, Frontend, MimeBundle, Output, Stream};
use super::commands::{self, Settings, Variables};
use super::folder::Restored;
use super::items::Item;
use super::output::Piece;
use super::panics::{self, Explainer, Origin, PastCell};
use super::prepare::{self, Prepared};
use super::running::{CellState, Listener, ProcessEnd, lock, plain};
use super::session::Names;
use super::{failure, folder, nesting, types};
use crate::runtime::channel::Channel;
use crate::toolchain::cell_build;
use crate::toolchain::kept::{Libraries, libraries_of};
use crate::toolchain::notes::{CellNotes, SessionNotes};
use crate::toolchain::paths::{CommandLine, PublicPaths};
use crate::toolchain::program::{self, Types};
use crate::toolchain::trouble;

/// How long documentation may take to be found, the first time.
const DOCUMENTATION: Duration = Duration::from_secs(30);

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
    past: Arc<Mutex<Vec<PastCell>>>,
    explainer: Arc<Explainer>,
    public_paths: PublicPaths,
    interrupted: Arc<AtomicBool>,
    names: Arc<Names>,
    assistant: Arc<dyn Assistant>,
    settings: Settings,
    /// That copies take long, or cannot be made, has been said.
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
        assistant: Arc<dyn Assistant>,
        shared: &Mutex<Option<Channel>>,
    ) -> Result<SomaEvaluator, Failure> {
        let failed = |what: &str| failure::sentence("StartError", what);
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
        let (context, outputs) =
            EvalContext::with_subprocess_command(runtime).map_err(|error| failed(&error.to_string()))?;
        // evcxr has tried its runtime on a cell of its own, which is nobody's output.
        channel.sync();
        // What the supervisor writes to its own standard error is for us, not for the person.
        std::thread::spawn(move || outputs.stderr.iter().for_each(|line| tracing::warn!("runtime: {line}")));
        std::thread::spawn(move || outputs.stdout.iter().for_each(|line| tracing::warn!("runtime said: {line}")));
        let mut context = CommandContext::with_eval_context(context);
        context.set_opt_level(cell_build::AUTOMATIC).map_err(|error| failed(&error.to_string()))?;
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
            past,
            explainer,
            public_paths: PublicPaths::default(),
            interrupted,
            names,
            assistant,
            settings: Settings::default(),
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
        drop(state);
        if let Some(end) = end {
            return Err(ended(&end, overflowed));
        }
        if stopped && (unwound || panic.is_some()) {
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
            return Err(failure::sentence("LoadError", &message));
        }
        if let Some(error) = question_mark {
            return Err(failure::sentence("Error", &error));
        }
        self.learn(variables);
        Ok(result)
    }

    /// Shows what the compiler warns of in the cell that has run.
    fn warn(&self) {
        let messages = std::fs::read_to_string(self.session.join(cell_build::WARNINGS)).unwrap_or_default();
        if messages.is_empty() {
            return;
        }
        let program = std::fs::read_to_string(self.session.join(cell_build::SOURCE)).unwrap_or_default();
        let past = lock(&self.past);
        let place = |line, column| {
            let place = panics::find(&program, line, column, &past)?;
            Some((place.cell, place.span.start))
        };
        let text = failure::warnings(&messages, &past, place);
        drop(past);
        lock(&self.state).show(Output::Remark { text });
    }

    /// Says what became of the copy after the last cell, where a person can do something about it.
    fn tell_of_copies(&mut self, frontend: &dyn Frontend) {
        let copied = std::mem::take(&mut lock(&self.state).copied);
        if let Some(text) = copied.and_then(|copied| copied.note(self.told_of_copying)) {
            self.told_of_copying = true;
            frontend.output(Output::Text { stream: Stream::Stderr, text });
        }
    }

    /// A variable's type as later cells can write it.
    fn nameable(&mut self, variable: &str, type_name: &str) -> Result<String, types::Unnameable> {
        let ty = types::nameable(type_name)?;
        let doubtful = types::doubtful_paths(type_name);
        if doubtful.is_empty() {
            return Ok(ty);
        }
        match self.public_paths.find(&self.session, variable, &doubtful) {
            Ok(public) => types::with_paths(&ty, &public),
            // rustc could not be asked; the next cell will tell whether the path works.
            Err(error) => {
                tracing::warn!("paths of `{type_name}`: {error:#}");
                Ok(ty)
            }
        }
    }

    /// Gives back to evcxr the variables that a cell had moved before it ended its process. They are in the copy of the
    /// process that now runs, but evcxr has forgotten them: a cell that nobody sees takes them out of the store.
    fn bring_back(&mut self) {
        let live: BTreeSet<String> = self.context.variables_and_types().map(|(name, _)| plain(name)).collect();
        let moved = self.types.iter().filter(|(name, ty)| ty.is_some() && !live.contains(*name));
        let types: Types = moved.map(|(name, ty)| (name.clone(), ty.clone())).collect();
        if types.is_empty() {
            return;
        }
        let words: BTreeSet<String> = types.keys().cloned().collect();
        let code: String = words.iter().map(|name| program::restoring(name)).collect();
        let saved = std::mem::take(&mut *lock(&self.state));
        if self.notes(words, types, &[], false).write(&self.session).is_ok()
            && let Err(error) = self.context.execute(&code)
        {
            tracing::warn!("variables that a crashed cell had moved are lost: {error}");
        }
        self.channel.sync();
        *lock(&self.state) = saved;
    }

    /// Notes which variables a cell has lost or moved away, also one that failed.
    fn notice_losses(&mut self, count: usize) {
        let lost = std::mem::take(&mut lock(&self.state).lost);
        for (name, why) in lost {
            self.types.remove(&name);
            self.gone.insert(name.clone(), format!("`{name}` is lost: {why}; define it again"));
        }
        let live: BTreeSet<String> = self.context.variables_and_types().map(|(name, _)| plain(name)).collect();
        let moved: Vec<String> = self.types.keys().filter(|name| !live.contains(*name)).cloned().collect();
        for name in moved {
            // What could not be kept has its reason already.
            if self.types.remove(&name).flatten().is_some() {
                let cell = format!(
                    "`{name}` was moved away in In [{count}]; there, write `&{name}` or `{name}.clone()` to keep it"
                );
                self.gone.insert(name, cell);
            }
        }
    }

    /// Notes the types of the variables that the cell has stored.
    fn learn(&mut self, variables: Vec<(String, String)>) {
        let externs = CommandLine::read(&self.session).map(|line| line.externs).unwrap_or_default();
        let defined = lock(&self.past).last().map(|past| past.prepared.defined.clone()).unwrap_or_default();
        for (name, type_name) in variables {
            let ty = match self.nameable(&name, &type_name) {
                Ok(ty) => {
                    self.gone.remove(&name);
                    Some(ty)
                }
                Err(why) => {
                    let advice = why.advice(&name);
                    if self.gone.insert(name.clone(), advice.clone()).as_ref() != Some(&advice) {
                        lock(&self.state)
                            .show(Output::Text { stream: Stream::Stderr, text: format!("note: {advice}\n") });
                    }
                    None
                }
            };
            // A value that was there before, and only passed through this cell, is still of its own library.
            let is_new = defined.contains(&name) || !self.made_with.contains_key(&name);
            if let Some(ty) = ty.as_deref().filter(|_| is_new) {
                self.made_with.insert(name.clone(), libraries_of(ty, &externs));
            }
            self.types.insert(name, ty);
        }
        self.made_with.retain(|name, _| self.types.contains_key(name));
        self.names.update(&self.types);
    }
}

impl Evaluator for SomaEvaluator {
    fn evaluate(&mut self, cell: &Cell, frontend: Arc<dyn Frontend>) -> Result<Option<MimeBundle>, Failure> {
        let started = Instant::now();
        let start = prepare::code_start(&cell.code);
        nesting::check(&cell.code[start..])
            .map_err(|deep| failure::too_deep(deep.of, &cell.code, start + deep.at, cell.count))?;
        let commands =
            commands::read(&cell.code, Variables { types: &self.types, values: &self.names.values() }, &self.settings)?;
        let is_turned_on = commands.settings.snapshots && !self.settings.snapshots;
        self.settings.clone_from(&commands.settings);
        if is_turned_on || !self.settings.snapshots {
            // Said before every cell: the process may be another one than the last time.
            self.channel.keep_copies(self.settings.snapshots);
        }
        self.tell_of_copies(frontend.as_ref());
        if let Some(name) = &commands.documentation {
            frontend.output(Output::Page { data: self.documentation(name)? });
        }
        let answer = commands.answer;
        if commands.rest.trim().is_empty() {
            return Ok(answer);
        }
        *lock(&self.state) = CellState { frontend: Some(Arc::clone(&frontend)), ..CellState::default() };
        let result = self.run(cell, &commands.rest);
        if commands.time {
            let running = std::mem::take(&mut lock(&self.state).running);
            frontend.output(Output::Text { stream: Stream::Stdout, text: timing(started.elapsed(), running) });
        }
        result.map(|result| result.or(answer))
    }
}

impl SomaEvaluator {
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
            failure::sentence("SessionError", &message)
        })?);
        tracing::warn!("the session's folder {} was removed or damaged; it was made again", self.session.display());
        Ok(())
    }

    /// Runs a cell without the commands that Soma has carried out.
    fn run(&mut self, cell: &Cell, code: &str) -> Result<Option<MimeBundle>, Failure> {
        self.ensure_folder()?;
        if self.interrupted.load(Ordering::SeqCst) {
            return Err(interrupted("the cell did not run"));
        }
        if commands::restarts(&cell.code) {
            // evcxr would kill the supervisor, which then could not end what cells have started.
            self.channel.end_runtime();
            self.types.clear();
            self.gone.clear();
        }
        let mut prepared = prepare::prepare(code);
        prepared.source.text.clone_from(&cell.code);
        if commands::forgets(&cell.code) {
            self.names.items().clear();
        }
        let outlived = self.outlived_by(&prepared);
        self.notes_for(&prepared, &outlived)
            .write(&self.session)
            .map_err(|error| failure::sentence("SessionError", &trouble::of_files(&error.to_string())))?;
        let text = prepared.text.clone();
        let items = prepared.items.clone();
        let place = {
            let mut past = lock(&self.past);
            past.push(PastCell { count: cell.count, prepared });
            past.len() - 1
        };
        let context = &mut self.context;
        let evaluated = catch_unwind(AssertUnwindSafe(|| context.execute(&text)));
        self.channel.sync();
        if lock(&self.state).end.as_ref().is_some_and(|end| end.restored) {
            self.bring_back();
        }
        self.notice_losses(cell.count);
        self.names.values().extend(std::mem::take(&mut lock(&self.state).values));
        match evaluated {
            Ok(Ok(outputs)) => {
                self.names.items().learn(place, &items);
                for name in outlived {
                    self.types.remove(&name);
                    self.gone.insert(name.clone(), lost_type(&name));
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
                let mut failure = failure::compilation(&errors, &lock(&self.past));
                let outlived = outlived.iter().map(|name| (name.clone(), lost_type(name))).collect();
                add_reasons(&mut failure, &outlived);
                add_reasons(&mut failure, &self.gone);
                if let Some(advice) = trouble::of_network(&failure.traceback.concat()) {
                    failure.message = advice.to_owned();
                    failure.traceback.extend(failure::sentence("", advice).traceback);
                }
                Err(failure)
            }
            Ok(Err(evcxr::Error::SubprocessTerminated(_))) => {
                self.types.clear();
                self.names.update(&self.types);
                Err(failure::sentence(
                    "Crash",
                    "the process that runs cells ended; every variable is lost, definitions are kept",
                ))
            }
            Ok(Err(error)) => {
                let message = error.to_string();
                let said = of_the_tools(&message);
                let said = match trouble::of_network(said) {
                    Some(advice) => format!("{advice}\n{said}"),
                    None => trouble::of_files(said),
                };
                Err(failure::sentence("Error", &said))
            }
            Err(_) => Err(failure::sentence(
                "InternalError",
                "Soma's evaluator failed on this cell; the session goes on. Please report the cell",
            )),
        }
    }

    /// The documentation of a name. The analyst may first have to read its libraries; until then there is less to say.
    fn documentation(&self, name: &str) -> Result<MimeBundle, Failure> {
        let deadline = Instant::now() + DOCUMENTATION;
        loop {
            let found = self.assistant.inspect(name, name.len(), 0);
            if found.as_ref().is_some_and(|found| found.contains_key("text/markdown")) {
                return Ok(found.unwrap_or_default());
            }
            if self.interrupted.load(Ordering::SeqCst) {
                return Err(interrupted("nothing was looked up"));
            }
            if Instant::now() > deadline {
                let message = format!("nothing is known of `{name}`: is it spelt as in a cell that could use it?");
                return found.ok_or_else(|| failure::sentence("NameError", &message));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// What the toolchain driver has to know of a cell.
    fn notes_for(&self, prepared: &Prepared, outlived: &BTreeSet<String>) -> CellNotes {
        let known = |name: &String| Some((name.clone(), self.types.get(name)?.clone()));
        let kept = prepared.words.iter().filter(|name| !outlived.contains(*name));
        let types: Types = kept.filter_map(known).collect();
        let mut notes = self.notes(prepared.words.clone(), types, &prepared.items, prepared.has_loops);
        notes.items.show.clone_from(&self.settings.show);
        let source = &prepared.source;
        notes.items.shown = prepared.shown.as_ref().map(|span| source.text[source.bytes(span)].to_owned());
        notes
    }

    /// Notes on a cell with these words, variables and items.
    fn notes(&self, words: BTreeSet<String>, types: Types, own: &[Item], has_loops: bool) -> CellNotes {
        // A cell means a variable's type without naming it.
        let named = types.values().flatten().flat_map(|ty| program::words(ty)).map(str::to_owned);
        let reached = named.chain(words.iter().cloned()).collect();
        let items = self.names.items().for_cell(own, &reached, has_loops);
        let made_with = self.made_with.iter().filter(|(name, _)| types.contains_key(*name));
        let made_with = made_with.map(|(name, libraries)| (name.clone(), libraries.clone())).collect();
        CellNotes { words, types, made_with, items }
    }

    /// The variables whose types a cell defines anew. evcxr must not come to know of it from the store: it would
    /// drop a variable of the same name that the cell defines.
    fn outlived_by(&self, prepared: &Prepared) -> BTreeSet<String> {
        let items = self.names.items();
        let changed = items.changed_by(&prepared.items);
        let is_changed = |ty: &str| {
            changed.iter().any(|path| match path.as_str() {
                "crate::" => items.has_nameless_types(ty),
                path => types::mentions(ty, path),
            })
        };
        let outlived = self.types.iter().filter(|(_, ty)| ty.as_deref().is_some_and(is_changed));
        outlived.map(|(name, _)| name.clone()).collect()
    }
}

/// Says of a name that is not found why an earlier cell's variable is gone.
fn add_reasons(failure: &mut Failure, gone: &BTreeMap<String, String>) {
    for (name, advice) in gone {
        let missing = ["value", "function"].map(|kind| format!("cannot find {kind} `{name}`"));
        if failure.traceback.iter().any(|text| missing.iter().any(|missing| text.contains(missing))) {
            failure.traceback.push(format!("note: {advice}"));
        }
    }
}

/// What a tool has said that could not do its work, out of what evcxr makes of it.
fn of_the_tools(message: &str) -> &str {
    let said = message.strip_prefix("Compilation failed, but no parsable errors were found. STDERR:\n");
    let said = said.and_then(|said| said.rsplit_once("STDOUT:")).map_or(message, |(said, _)| said);
    said.trim().trim_start_matches("soma: ")
}

/// How long a cell took, and how much of that it ran; the rest is the compiler's.
fn timing(total: Duration, running: Option<Duration>) -> String {
    match running {
        Some(running) => format!("took {total:.1?}, of which the cell ran {running:.1?}\n"),
        None => format!("took {total:.1?}; the cell did not run\n"),
    }
}

fn lost_type(name: &str) -> String {
    format!("`{name}` is lost: its type was defined anew; define it again")
}

/// What commands such as `:help` answered.
fn commands_output(outputs: EvalOutputs) -> Option<MimeBundle> {
    (!outputs.is_empty()).then(|| outputs.content_by_mime_type.into_iter().collect())
}

fn interrupted(consequence: &str) -> Failure {
    failure::sentence("Interrupted", &format!("interrupted: {consequence}"))
}

fn ended(end: &ProcessEnd, overflowed: bool) -> Failure {
    let kept = match (end.restored, end.threads) {
        (true, 0) => "your variables are as they were before this cell".to_owned(),
        (true, 1) => {
            "your variables are as they were before this cell; the thread that an earlier cell had started is gone"
                .to_owned()
        }
        (true, threads) => format!(
            "your variables are as they were before this cell; {threads} threads that earlier cells had started are gone"
        ),
        (false, _) => "there was no copy of its process, so every variable is lost".to_owned(),
    };
    if end.interrupted {
        return interrupted(&kept);
    }
    let what = match end.how.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["SIGNALED", _] if overflowed => "its stack overflowed (does a function call itself without end?)".to_owned(),
        // Of a thread, nothing tells them apart: its library's runtime has no stack for a handler.
        ["SIGNALED", "SIGSEGV"] => {
            "it used memory that is not its own (segmentation fault), or the stack of a thread overflowed".to_owned()
        }
        ["SIGNALED", "SIGABRT"] => "it aborted (an `abort`, or a panic while panicking)".to_owned(),
        ["SIGNALED", "SIGKILL"] => "it was killed, perhaps by the system for want of memory".to_owned(),
        ["SIGNALED", "SIGILL"] => "it came to an illegal instruction".to_owned(),
        ["SIGNALED", signal] => format!("it was ended by {signal}"),
        ["EXITED", code] => format!("it called `exit({code})`"),
        _ => "it ended".to_owned(),
    };
    failure::sentence("Crash", &format!("the cell ended its process: {what}; {kept}"))
}

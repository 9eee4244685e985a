//! Takes a cell through evcxr: prepares it, runs it, and tries once more in another way where that helps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use soma_driver::evcxr::program;
use soma_driver::process::lock;
use soma_driver::toolchain::command_line::CommandLine;
use soma_driver::toolchain::environment_errors;
use soma_driver::toolchain::handoff::CellNotes;
use soma_driver::variable_types::Types;
use soma_jupyter::api::{Cell, Failure, MimeBundle, Output};

use super::super::cell_state::CellState;
use super::super::commands;
use super::super::failed::FailedCells;
use super::super::items::{CellOf, Repeats, Statements};
use super::super::past_cell::PastCell;
use super::super::prepare::{self, Earlier, Prepared};
use super::super::sentence::sentence;
use super::super::{failure, syntax};
use super::SomaEvaluator;
use super::outcome::Run;
use super::wording::interrupted;
use crate::context::Ended;

/// How long the end of an interrupted cell waits until its question is withdrawn.
const WITHDRAWAL: Duration = Duration::from_secs(2);

impl SomaEvaluator {
    pub(super) fn evcxr(&mut self, cell: &Cell, code: &str) -> Result<Option<MimeBundle>, Failure> {
        self.ensure_folder()?;
        if self.interrupted.load(Ordering::SeqCst) {
            return Err(interrupted("the cell did not run"));
        }
        if commands::restarts(code) {
            // evcxr would kill the supervisor, which then could not end the processes that cells have started.
            self.channel.end_runtime();
            self.variables.types.clear();
            self.variables.gone.clear();
            self.variables.moved.clear();
            self.names.items().unloaded();
            self.names.update(&self.variables.types);
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
            if let Ended::NotCompiled(errors) = &run.ended
                && !self.interrupted.load(Ordering::SeqCst)
            {
                // An import of something that no longer exists, or a check that no longer holds, must not make this
                // cell fail.
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
        if !matches!(run.ended, Ended::Ran(_)) {
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

    /// Prepares a cell, and writes its notes for the driver. Also returns the variables whose types it redefines.
    pub(super) fn prepare(
        &mut self,
        cell: &Cell,
        code: &str,
        place: usize,
        second_guess: bool,
    ) -> Result<(Prepared, BTreeSet<String>), Failure> {
        let mut prepared = {
            let items = self.names.items();
            let earlier = Earlier { items: Some(&items), moved: Some(&self.variables.moved), second_guess };
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

    /// Compiles and runs a cell.
    pub(super) fn execute(&mut self, cell: &Cell, prepared: Prepared, outlived: BTreeSet<String>) -> Run {
        let text = prepared.text.clone();
        lock(&self.past).push(PastCell { count: cell.count, prepared });
        tracing::trace!(text, "the cell as evcxr is given it");
        let begun = Instant::now();
        let ended = self.context.run(&text);
        let came_to = match &ended {
            Ended::Ran(_) => "its end",
            Ended::NotCompiled(_) => "errors of the compiler",
            Ended::LostProcess | Ended::Failed(_) => "an error",
            Ended::Panicked => "a panic of the evaluator",
        };
        tracing::debug!(came_to, took = ?begun.elapsed(), ran = ?lock(&self.state).running, "evcxr");
        self.channel.sync();
        self.close_question();
        // The supervisor has then reported an error to evcxr, after which evcxr has every variable as before the cell.
        let is_restored = {
            let state = lock(&self.state);
            state.keeps_all || state.end.as_ref().is_some_and(|end| end.restored)
        };
        if is_restored {
            self.set_again(&text);
        }
        self.names.values().extend(std::mem::take(&mut lock(&self.state).values));
        let ended = if is_restored { Ended::Ran(BTreeMap::new()) } else { ended };
        Run { ended, outlived }
    }

    /// Tells the user which imports and checks were dropped because they no longer hold.
    pub(super) fn tell_of_stale(&self, stale: &[(usize, String)]) {
        let state = lock(&self.state);
        for (cell, text) in stale {
            let count = lock(&self.past).get(*cell).map_or(0, |cell| cell.count);
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            state.show(Output::Remark {
                text: format!("note: `{text}` of In [{count}] holds no longer and was dropped\n"),
            });
        }
    }

    /// The notes on a cell for the driver.
    pub(super) fn notes_for(
        &self,
        cell: &Cell,
        own: &CellOf,
        prepared: &Prepared,
        outlived: &BTreeSet<String>,
    ) -> CellNotes {
        let known = |name: &String| Some((name.clone(), self.variables.types.get(name)?.clone()));
        let kept = prepared.words.iter().filter(|name| !outlived.contains(*name));
        let types: Types = kept.filter_map(known).collect();
        let mut words = prepared.words.clone();
        // The generated code that shows the value does not contain the method's name.
        words.extend(prepared.shown.iter().map(|_| program::SHOW_METHOD.to_owned()));
        let new_libraries = commands::adds_crates(&cell.code);
        let source = &prepared.source;
        let code = &source.text[prepare::code_start(&source.text)..];
        let mut notes = self.notes(words, types, own, (code, prepared.repeats), new_libraries);
        notes.items.show.clone_from(&self.settings.show);
        notes.items.shown = prepared.shown.as_ref().map(|span| source.text[source.bytes(span)].to_owned());
        notes
    }

    /// The notes on a cell with these words, variables and items.
    pub(super) fn notes(
        &self,
        words: BTreeSet<String>,
        types: Types,
        own: &CellOf,
        (code, repeats): (&str, Repeats),
        new_libraries: bool,
    ) -> CellNotes {
        // A cell uses a variable's type without naming it.
        let named = types.values().flatten().flat_map(|ty| program::words(ty)).map(str::to_owned);
        let reached = named.chain(words.iter().cloned()).collect();
        let statements = Statements { code, types: &types, repeats };
        let items = self.names.items().for_cell(own, &reached, &statements, new_libraries);
        let made_with = self.variables.made_with.iter().filter(|(name, _)| types.contains_key(*name));
        let made_with = made_with.map(|(name, libraries)| (name.clone(), libraries.clone())).collect();
        CellNotes { words, types, made_with, items, is_of_evcxr: false }
    }

    /// Repeats in evcxr the settings that the commands of a cell had made, after the cell ended its process: evcxr is
    /// back in its state before that cell, with all its variables. The output of the cell stays.
    pub(super) fn set_again(&mut self, code: &str) {
        let commands = commands::lasting(code);
        if commands.is_empty() {
            return;
        }
        // The interrupt was for the cell.
        self.interrupted.store(false, Ordering::SeqCst);
        let saved = std::mem::take(&mut *lock(&self.state));
        if CellNotes::default().write(&self.session).is_ok()
            && let ended = self.context.run(&commands)
            && !matches!(ended, Ended::Ran(_))
        {
            tracing::warn!("the commands of a crashed cell have no effect: {ended:?}");
        }
        self.channel.sync();
        *lock(&self.state) = saved;
    }

    /// Waits until a question that an interrupt withdraws is gone: its end must not reach the next cell.
    pub(super) fn close_question(&self) {
        let deadline = Instant::now() + WITHDRAWAL;
        let is_stopped = |state: &CellState| state.stopped || state.end.as_ref().is_some_and(|end| end.interrupted);
        let is_open = |state: &CellState| state.is_asking && is_stopped(state);
        while is_open(&lock(&self.state)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

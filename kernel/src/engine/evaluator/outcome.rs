//! The outcome of a cell, as the front end gets it.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use soma_driver::diagnostic::Diagnostic;
use soma_driver::process::lock;
use soma_driver::session_dir;
use soma_driver::toolchain::cell_build;
use soma_driver::toolchain::environment_errors;
use soma_jupyter::api::{Cell, Failure, Frontend, MimeBundle, Output, Stream};

use super::super::output::Piece;
use super::super::panics::{self, Origin};
use super::super::sentence::sentence;
use super::super::{failed, failure};
use super::SomaEvaluator;
use super::wording::{add_reasons, ended, interrupted, lost_type, of_the_tools};
use crate::context::Ended;

/// A cell that evcxr has handled.
pub(super) struct Run {
    /// evcxr's outcome.
    pub ended: Ended,
    /// The variables whose types the cell has redefined.
    pub outlived: BTreeSet<String>,
}

impl SomaEvaluator {
    /// The outcome of a cell.
    pub(super) fn outcome_of(
        &mut self,
        cell: &Cell,
        Run { ended, outlived }: Run,
    ) -> Result<Option<MimeBundle>, Failure> {
        self.notice_losses(cell.count);
        match ended {
            Ended::Ran(answered) => {
                for name in outlived {
                    self.variables.types.remove(&name);
                    self.variables.gone.insert(name.clone(), lost_type(&name));
                }
                // If only commands were carried out, the reports are an earlier cell's.
                if lock(&self.state).running.is_some() {
                    self.notice_cell_only();
                }
                let result = self.outcome()?;
                self.warn();
                Ok(result.or_else(|| (!answered.is_empty()).then(|| answered.into_iter().collect())))
            }
            _ if self.interrupted.load(Ordering::SeqCst) => {
                lock(&self.state).end = None;
                Err(interrupted("the cell was being compiled and did not run"))
            }
            Ended::NotCompiled(errors) => {
                let (mut failure, problems) = failure::compilation(&errors, &lock(&self.past));
                self.teach(cell, &mut failure, problems, false);
                let outlived = outlived.iter().map(|name| (name.clone(), lost_type(name))).collect();
                add_reasons(&mut failure, &outlived);
                add_reasons(&mut failure, &self.variables.gone);
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
            Ended::LostProcess => {
                self.variables.types.clear();
                self.variables.moved.clear();
                self.names.update(&self.variables.types);
                self.names.items().unloaded();
                Err(sentence(
                    "Crash",
                    "the process that runs cells ended; every variable is lost, definitions are kept",
                ))
            }
            Ended::Failed(message) => {
                let said = of_the_tools(&message);
                let said = match environment_errors::of_network(said) {
                    Some(advice) => format!("{advice}\n{said}"),
                    None => environment_errors::of_files(said),
                };
                Err(sentence("Error", &said))
            }
            Ended::Panicked => Err(sentence(
                "InternalError",
                "Soma's evaluator failed on this cell; the session goes on. Please report the cell",
            )),
        }
    }

    /// The outcome according to the cell's reports, apart from the compiler's errors.
    pub(super) fn outcome(&mut self) -> Result<Option<MimeBundle>, Failure> {
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
                // The cell may have ended normally although a system call in which it waited was cancelled.
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

    /// Shows the compiler's warnings about the cell that has run.
    pub(super) fn warn(&self) {
        // Commands compile nothing; the warnings of an earlier cell were shown with that cell.
        let has_run = lock(&self.state).running.is_some();
        let warnings = std::fs::read(self.session.join(session_dir::WARNINGS)).unwrap_or_default();
        let warnings: Vec<Diagnostic> = serde_json::from_slice(&warnings).unwrap_or_default();
        if !has_run || warnings.is_empty() {
            return;
        }
        let program = std::fs::read_to_string(self.session.join(session_dir::SOURCE)).unwrap_or_default();
        let past = lock(&self.past);
        let place = |line, column| {
            let place = panics::find(&program, line, column, &past)?;
            Some((place.cell, place.span.start))
        };
        let text = failure::warnings(&warnings, &past, place);
        drop(past);
        lock(&self.state).show(Output::Remark { text });
    }

    /// Shows the note on the snapshot after the last cell, if the user can act on it.
    pub(super) fn tell_of_copies(&mut self, frontend: &dyn Frontend) {
        let copied = std::mem::take(&mut lock(&self.state).copied);
        if let Some(text) = copied.and_then(|copied| copied.note(self.told_of_copying)) {
            self.told_of_copying = true;
            frontend.output(Output::Text { stream: Stream::Stderr, text });
        }
    }
}

//! Starts evcxr, gives it cells, and returns their outcomes.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;

use evcxr::{CommandContext, CompilationError, Error, EvalContext};
use soma_driver::diagnostic::{self, Diagnostic};
use soma_driver::evcxr::startup::Places;

/// A running evcxr.
pub struct Context(CommandContext);

/// The outcome of a cell.
#[derive(Debug)]
pub enum Ended {
    /// It was compiled and run; holds the commands' answers, by media type.
    Ran(BTreeMap<String, String>),
    /// It was not compiled.
    NotCompiled(Vec<CompileError>),
    /// The process that runs cells has ended, and every variable is lost.
    LostProcess,
    /// Another error, in evcxr's words.
    Failed(String),
    /// evcxr itself panicked.
    Panicked,
}

/// An error of the compiler, with places in the cell that evcxr was given.
#[derive(Debug)]
pub struct CompileError {
    /// `E0308`, or the name of a lint; empty where there is none.
    pub code: String,
    /// What is wrong: one sentence.
    pub message: String,
    /// The labels of places in the cell.
    pub labels: Vec<Label>,
    /// The compiler's full diagnostic.
    pub diagnostic: Diagnostic,
}

/// A label of a place in the cell.
#[derive(Debug)]
pub struct Label {
    /// The line and column, both from 1, where it begins.
    pub start: (usize, usize),
    /// The line and column before which it ends.
    pub end: (usize, usize),
    /// Its text.
    pub text: String,
    /// Whether the error is here.
    pub is_primary: bool,
}

impl Context {
    /// Starts evcxr, which starts `runtime` to run cells. Its folder and tools come from the environment. `places` are
    /// hidden from it: it sees the folder `settings` in their place. `level` is the optimisation level that it writes
    /// into its manifest.
    ///
    /// # Errors
    /// evcxr's message.
    pub fn start(runtime: Command, places: &Places, settings: &Path, level: &str) -> Result<Context, String> {
        let start = EvalContext::with_subprocess_command;
        let started = places.hidden_from_evcxr(settings, level, runtime, start).map_err(|error| error.to_string())?;
        let (mut context, outputs) = started.map_err(|error| error.to_string())?;
        // Overrides evcxr's settings file: without this, a panic would end the process, and its message would be lost.
        context.set_preserve_vars_on_panic(true);
        // Cells' output takes another way; only the supervisor itself writes here.
        std::thread::spawn(move || outputs.stderr.iter().for_each(|line| tracing::warn!("runtime: {line}")));
        std::thread::spawn(move || outputs.stdout.iter().for_each(|line| tracing::warn!("runtime said: {line}")));
        Ok(Context(CommandContext::with_eval_context(context)))
    }

    /// Compiles and runs a cell, or carries out commands.
    pub fn run(&mut self, text: &str) -> Ended {
        match catch_unwind(AssertUnwindSafe(|| self.0.execute(text))) {
            Ok(Ok(outputs)) => Ended::Ran(outputs.content_by_mime_type.into_iter().collect()),
            Ok(Err(Error::CompilationErrors(errors))) => {
                Ended::NotCompiled(errors.iter().map(CompileError::read).collect())
            }
            Ok(Err(Error::SubprocessTerminated(_))) => Ended::LostProcess,
            Ok(Err(error)) => Ended::Failed(error.to_string()),
            Err(_) => Ended::Panicked,
        }
    }

    /// The variables that it has, as code names them.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.variables_and_types().map(|(name, _)| name)
    }
}

impl CompileError {
    fn read(error: &CompilationError) -> CompileError {
        let (code, message) = (error.code().unwrap_or_default().to_owned(), error.message());
        let labels = error.spanned_messages().iter().filter_map(|said| {
            let span = said.span.as_ref()?;
            Some(Label {
                start: (span.start_line, span.start_column),
                end: (span.end_line, span.end_column),
                text: said.label.clone(),
                is_primary: said.is_primary,
            })
        });
        // evcxr's own errors have no compiler diagnostic.
        let diagnostic = serde_json::from_value(error.json.clone());
        CompileError {
            labels: labels.collect(),
            diagnostic: diagnostic.unwrap_or_else(|_| diagnostic::error(&code, &message, None)),
            code,
            message,
        }
    }
}

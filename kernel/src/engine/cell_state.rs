//! The output and the reports of a running cell, from the channel.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use soma_driver::process::lock;
use soma_driver::wire::Frame;

use super::output::{Parser, Piece, Question, TextStream};
use super::panic_report::PanicReport;
use super::panics::{Explainer, Origin};
use super::value_summary::ValueSummary;
use crate::runtime::channel::{Channel, Receiver};
use soma_jupyter::api::{Frontend, MimeBundle, Output, Stream};
use soma_report::{Ending, Report};

/// The output and the reports of the running cell.
#[derive(Default)]
pub struct CellState {
    pub frontend: Option<Arc<dyn Frontend>>,
    pub parser: Parser,
    pub errors: TextStream,
    pub result: Option<MimeBundle>,
    pub variables: Vec<(String, String)>,
    /// The values of variables that have changed.
    pub values: Vec<(String, ValueSummary)>,
    pub panic: Option<PanicReport>,
    pub question_mark: Option<String>,
    /// Why the compiled cell could not be loaded.
    pub not_loaded: Option<String>,
    pub end: Option<ProcessEnd>,
    /// Whether the cell ended by itself after it was asked to stop.
    pub stopped: bool,
    /// Whether the system call in which it waited was cancelled.
    pub was_cancelled: bool,
    /// How long it ran, once it has ended.
    pub running: Option<Duration>,
    /// Whether a tensor operation of the cell stopped because of an interrupt.
    pub unwound: bool,
    /// Whether every variable that the failed cell had moved is back.
    pub keeps_all: bool,
    /// Variables that were dropped, and why.
    pub lost: Vec<(String, String)>,
    /// Whether Rust's runtime reported a stack overflow, which ends the process like any abort.
    pub overflowed: bool,
    /// The outcome of the snapshot after the cell.
    pub copied: Option<Copied>,
    /// Whether the user is being asked for input.
    pub is_asking: bool,
    /// Whether the note that there is no user to ask was shown.
    pub said_no_input: bool,
}

/// How the process of a cell ended.
pub struct ProcessEnd {
    pub interrupted: bool,
    /// Whether the variables are as they were before the cell.
    pub restored: bool,
    /// How many threads that earlier cells had started ended with the process.
    pub threads: usize,
    pub how: Ending,
}

/// The outcome of taking a snapshot after a cell.
#[derive(Debug)]
pub enum Copied {
    /// A snapshot was taken, which took this long.
    Took(Duration),
    /// There is no snapshot, for this reason.
    Failed(String),
}

/// Above this time, the user is told how long a snapshot takes.
const DEAR_COPY: Duration = Duration::from_millis(200);

impl Copied {
    /// The note for the user, unless it was shown before.
    pub fn note(&self, is_told: bool) -> Option<String> {
        match self {
            _ if is_told => None,
            Copied::Failed(reason) => Some(format!(
                "note: no snapshot could be taken after the last cell ({reason}): if a cell crashes now, every variable is \
                 lost\n"
            )),
            Copied::Took(time) if *time > DEAR_COPY => Some(format!(
                "note: the variables are so large that a snapshot takes {time:.0?} after each cell; `:snapshot off` saves \
                 this time, but a crash then loses the variables\n"
            )),
            Copied::Took(_) => None,
        }
    }
}

/// Takes frames off the channel, on the channel's thread.
pub struct Listener {
    pub state: Arc<Mutex<CellState>>,
    pub channel: Arc<Mutex<Option<Channel>>>,
    /// Explains the panics of threads, which the report of a cell's end does not contain.
    pub explainer: Arc<Explainer>,
}

impl Receiver for Listener {
    fn receive(&mut self, frame: Frame) {
        let mut state = lock(&self.state);
        match frame {
            Frame::Stdout(bytes) => {
                let pieces = state.parser.push(&bytes);
                self.take(&mut state, pieces);
            }
            Frame::Stderr(bytes) => {
                let text = state.errors.push(&bytes);
                state.overflowed |= text.contains("has overflowed its stack");
                state.show(Output::Text { stream: Stream::Stderr, text });
            }
            Frame::Report(report @ Report::Panic { of_the_cell: false, .. }) => {
                // The explainer takes locks whose holders may wait for this one.
                drop(state);
                if let Some(panic) = PanicReport::of(report) {
                    let failure = self.explainer.explain(&panic, Origin::Thread);
                    let text = failure.traceback.join("\n") + "\n";
                    lock(&self.state).show(Output::Text { stream: Stream::Stderr, text });
                }
            }
            Frame::Report(report) => state.report(report),
            // The question itself is on its way, or is being asked.
            Frame::Waiting(_) if state.is_asking => {}
            Frame::Waiting(_) => self.ask(&mut state, Question::default()),
            Frame::Synced(_) | Frame::Supervisor => {}
        }
    }
}

impl Listener {
    fn take(&self, state: &mut CellState, pieces: Vec<Piece>) {
        for piece in pieces {
            match piece {
                Piece::Shown(output) => state.show(output),
                Piece::Result(bundle) => state.result = Some(bundle),
                Piece::Input(question) => self.ask(state, question),
            }
        }
    }

    /// Asks the user on a separate thread: meanwhile output and interrupts must get through.
    fn ask(&self, state: &mut CellState, question: Question) {
        let (Some(frontend), Some(channel)) =
            (state.frontend.clone(), lock(&self.channel).as_ref().map(Channel::handle))
        else {
            return;
        };
        state.is_asking = true;
        let shared = Arc::clone(&self.state);
        std::thread::spawn(move || {
            match frontend.input(&question.prompt, question.password) {
                Ok(line) => channel.input(&line),
                Err(reason) => {
                    // Once per cell: a program may try again and again.
                    if !question.explains && !std::mem::replace(&mut lock(&shared).said_no_input, true) {
                        frontend.output(Output::Text { stream: Stream::Stderr, text: format!("note: {reason}\n") });
                    }
                    channel.no_input();
                }
            }
            lock(&shared).is_asking = false;
        });
    }
}

impl CellState {
    /// Shows output to the user who runs the cell.
    pub fn show(&self, output: Output) {
        if matches!(&output, Output::Text { text, .. } if text.is_empty()) {
            return;
        }
        if let Some(frontend) = &self.frontend {
            frontend.output(output);
        }
    }

    fn report(&mut self, report: Report) {
        match report {
            Report::Stored { name, type_name } => self.variables.push((plain(&name), type_name)),
            Report::Value { name, shape, dtype, bytes, value } => {
                self.values.push((plain(&name), ValueSummary { shape, dtype, bytes: bytes.parse().ok(), value }));
            }
            Report::Panic { .. } => self.panic = PanicReport::of(report),
            Report::Unwound {} => self.unwound = true,
            Report::Kept {} => self.keeps_all = true,
            Report::Lost { name, reason } => self.lost.push((plain(&name), reason)),
            Report::NotLoaded { reason } => self.not_loaded = Some(reason),
            Report::Copy { took, .. } => self.copied = Some(Copied::Took(took)),
            Report::NoCopy { reason } if !reason.is_empty() => self.copied = Some(Copied::Failed(reason)),
            Report::Error { error } => self.question_mark = Some(error),
            Report::Done { took, was_cancelled, was_interrupted } => {
                self.stopped = was_interrupted;
                self.running = Some(took);
                self.was_cancelled = was_cancelled;
            }
            Report::Ended { was_interrupted, is_restored, threads, how } => {
                self.end = Some(ProcessEnd { interrupted: was_interrupted, restored: is_restored, threads, how });
            }
            // Only the supervisor uses these.
            Report::NoCopy { .. } | Report::Working {} | Report::Failed {} => {}
        }
    }
}

/// A name without the prefix `r#`.
pub fn plain(name: &str) -> String {
    name.trim_start_matches("r#").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_that_costs_much_or_fails_is_told_of_once() {
        let note = |copied: Copied, is_told| copied.note(is_told).unwrap_or_default();
        assert!(note(Copied::Took(Duration::from_millis(300)), false).contains("300ms after each cell"));
        assert!(note(Copied::Failed("no memory".into()), false).contains("(no memory)"));
        assert_eq!(note(Copied::Took(Duration::from_millis(300)), true), "");
        assert_eq!(note(Copied::Took(Duration::from_millis(3)), false), "");
    }
}

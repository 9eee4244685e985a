//! What a running cell writes and reports, as it comes off the channel.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::output::{Parser, Piece, Question, TextStream};
use super::panic_report::PanicReport;
use super::panics::{Explainer, Origin};
use super::value_summary::ValueSummary;
use crate::process::lock;
use crate::runtime::channel::{Channel, Receiver};
use crate::runtime::wire::Frame;
use soma_jupyter::api::{Frontend, MimeBundle, Output, Stream};
use soma_report::{Ending, Report};

/// What the running cell has written and reported.
#[derive(Default)]
pub struct CellState {
    pub frontend: Option<Arc<dyn Frontend>>,
    pub parser: Parser,
    pub errors: TextStream,
    pub result: Option<MimeBundle>,
    pub variables: Vec<(String, String)>,
    /// What variables hold, where that has changed.
    pub values: Vec<(String, ValueSummary)>,
    pub panic: Option<PanicReport>,
    pub question_mark: Option<String>,
    /// Why the compiled cell could not be loaded.
    pub not_loaded: Option<String>,
    pub end: Option<ProcessEnd>,
    /// The cell ended by itself after it was asked to stop.
    pub stopped: bool,
    /// What it waited for was broken off.
    pub was_cancelled: bool,
    /// How long it ran, when it is through.
    pub running: Option<Duration>,
    /// A tensor operation of the cell has stopped because it was asked to.
    pub unwound: bool,
    /// What the failed cell had moved away has come back.
    pub keeps_all: bool,
    /// Variables that were dropped, and why.
    pub lost: Vec<(String, String)>,
    /// Rust's runtime has said that the stack overflowed, which ends the process like any abort.
    pub overflowed: bool,
    /// What became of the copy of the process after it.
    pub copied: Option<Copied>,
    /// The user is being asked for input.
    pub is_asking: bool,
    /// Whether the note that there is nobody to ask was shown.
    pub said_no_input: bool,
}

/// How the process of a cell ended.
pub struct ProcessEnd {
    pub interrupted: bool,
    /// Whether the variables are as they were before the cell.
    pub restored: bool,
    /// How many threads that earlier cells had started ended with it.
    pub threads: usize,
    pub how: Ending,
}

/// What became of the copy of the process that is to be kept after a cell.
#[derive(Debug)]
pub enum Copied {
    /// It took this long to make.
    Took(Duration),
    /// There is none, for this reason.
    Failed(String),
}

/// A copy that takes longer is worth a word.
const DEAR_COPY: Duration = Duration::from_millis(200);

impl Copied {
    /// What a user is told of it, unless that was said before.
    pub fn note(&self, is_told: bool) -> Option<String> {
        match self {
            _ if is_told => None,
            Copied::Failed(reason) => Some(format!(
                "note: no copy of the process could be kept after the last cell ({reason}): a cell that crashes now loses \
                 every variable\n"
            )),
            Copied::Took(time) if *time > DEAR_COPY => Some(format!(
                "note: the variables are so large that keeping a copy of the process takes {time:.0?} after each cell; \
                 `:snapshot off` saves that, and then a crash loses them\n"
            )),
            Copied::Took(_) => None,
        }
    }
}

/// Takes frames off the channel, on the channel's thread.
pub struct Listener {
    pub state: Arc<Mutex<CellState>>,
    pub channel: Arc<Mutex<Option<Channel>>>,
    /// Explains the panics of threads, of which a cell's end does not tell.
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
                // Explaining it takes locks that are held by who waits for this one.
                drop(state);
                if let Some(panic) = PanicReport::of(report) {
                    let failure = self.explainer.explain(&panic, Origin::Thread);
                    let text = failure.traceback.join("\n") + "\n";
                    lock(&self.state).show(Output::Text { stream: Stream::Stderr, text });
                }
            }
            Frame::Report(report) => state.report(report),
            // A question of its own is on its way, or open.
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

    /// Asks the user on a thread of its own: output and an interrupt must get through meanwhile.
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
                    // Said once: a program may try again and again.
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
    /// Shows something to the user who runs the cell.
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
            // For the supervisor.
            Report::NoCopy { .. } | Report::Working {} | Report::Failed {} => {}
        }
    }
}

/// A name without the prefix that lets a keyword be one.
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

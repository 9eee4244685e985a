//! The interface between the protocol and a kernel: plain data and four small traits.
//!
//! The protocol knows nothing else of a kernel, and the code that runs cells never sees a socket or a message.

use std::collections::BTreeMap;
use std::sync::Arc;

/// One output in several representations: text by MIME type, as in the messaging specification's
/// `data` (JSON types carry their JSON text).
pub type MimeBundle = BTreeMap<String, String>;

/// A cell to run, as the user typed it.
pub struct Cell {
    /// The source text.
    pub code: String,
    /// The number in `In [n]`, for error positions.
    pub count: usize,
    /// The front end's name for the cell: the same each time the cell is run, whatever its code.
    pub id: Option<String>,
}

/// Which of a process's two text streams something was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What a running cell shows, in the order in which it shows it.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Text, exactly as written: partial lines, `\r` and ANSI escapes included.
    Text {
        /// The stream it was written to.
        stream: Stream,
        /// A piece of text of any length; never split inside a character.
        text: String,
    },
    /// A rich output; with an `id` it can be updated later.
    Display {
        /// Its representations.
        data: MimeBundle,
        /// The `display_id`.
        id: Option<String>,
    },
    /// New content for every display with this `id`.
    UpdateDisplay {
        /// Its representations.
        data: MimeBundle,
        /// The `display_id`.
        id: String,
    },
    /// Empty the cell's output area, now or when the next output comes.
    Clear {
        /// Whether to wait for the next output.
        wait: bool,
    },
    /// Text about the cell that is shown under its result, such as the compiler's warnings. It is dropped when the cell
    /// fails.
    Remark {
        /// For users, with ANSI colours.
        text: String,
    },
    /// Something to read and put away, such as documentation: a front end that has a pager shows it there, once the
    /// cell has ended.
    Page {
        /// Its representations, plain text among them.
        data: MimeBundle,
    },
}

/// Why a cell failed, as a front end shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Failure {
    /// The error's kind (`ename`): a compiler code such as `E0308`, or `Panic`, `Interrupted`, …
    pub name: String,
    /// One sentence (`evalue`).
    pub message: String,
    /// Lines for users, with ANSI colours.
    pub traceback: Vec<String>,
}

/// What a running cell may ask of the front end that sent it. Called from any thread.
pub trait Frontend: Send + Sync {
    /// Shows something, in order.
    fn output(&self, output: Output);
    /// The cells of this notebook's session before the kernel was restarted, newest first: their numbers and code.
    fn before_the_restart(&self) -> Vec<(usize, String)> {
        Vec::new()
    }
    /// Asks the user for a line of text and waits for it.
    ///
    /// # Errors
    /// A sentence, when the front end cannot be asked or the wait was interrupted.
    fn input(&self, prompt: &str, password: bool) -> Result<String, String>;
}

/// Runs cells, one after the other, on one thread.
pub trait Evaluator {
    /// A cell is about to be announced: from here on an interrupt is meant for it.
    fn begin(&mut self) {}

    /// The cell and its user expressions have ended: an interrupt from here on is meant for no cell.
    fn end(&mut self) {}

    /// Runs a cell to its end. `Ok` holds the value of its last expression, if it shows one.
    ///
    /// # Errors
    /// The compiler's errors, a panic, an interrupt, a crash: the session goes on after each.
    fn evaluate(&mut self, cell: &Cell, frontend: Arc<dyn Frontend>) -> Result<Option<MimeBundle>, Failure>;
}

/// Makes the evaluator, on the thread that will own it; may take a while.
pub type StartEvaluator = Box<dyn FnOnce() -> Result<Box<dyn Evaluator>, Failure> + Send>;

/// Reaches a running cell from other threads.
pub trait Controls: Send + Sync {
    /// Stops the running cell or compile, if there is one. Returns at once.
    fn interrupt(&self);
    /// Ends every process of the session. Called once, before the kernel exits.
    fn shutdown(&self);
}

/// Whether a cell can be run as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// It can.
    Complete,
    /// More lines are needed; the next is to be indented by `indent`.
    Incomplete {
        /// White space for the next line.
        indent: String,
    },
    /// It can never become valid.
    Invalid,
}

/// One completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The text that replaces the range.
    pub text: String,
    /// What it is: `function`, `variable`, `struct`, `magic`, …
    pub kind: String,
    /// Its type or signature, for display; may be empty.
    pub signature: String,
}

/// Completions for a range of the cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completions {
    /// The candidates, best first.
    pub items: Vec<Completion>,
    /// Byte offset at which the replaced text starts.
    pub start: usize,
    /// Byte offset at which it ends.
    pub end: usize,
}

/// Answers questions about code without running it, also while a cell runs. Called from any thread.
pub trait Assistant: Send + Sync {
    /// Whether `code` can be run as it stands.
    fn completeness(&self, code: &str) -> Completeness;
    /// What could be typed at byte offset `cursor`.
    fn complete(&self, code: &str, cursor: usize) -> Completions;
    /// The answer to a cell that consists of questions only (`:vars`), when they can be answered without running
    /// anything; `None` for every other cell.
    fn answer(&self, code: &str) -> Option<Result<MimeBundle, Failure>>;
    /// Documentation of what is at byte offset `cursor`; `None` when nothing is known.
    fn inspect(&self, code: &str, cursor: usize, detail: u8) -> Option<MimeBundle>;
}

/// All that the protocol gets from a session.
pub struct Session {
    /// Makes the evaluator.
    pub start: StartEvaluator,
    /// Reaches the running cell.
    pub controls: Arc<dyn Controls>,
    /// Answers questions.
    pub assistant: Arc<dyn Assistant>,
}

impl Session {
    /// A session whose evaluator is made by `start`, on the thread that will own it.
    pub fn new(
        start: impl FnOnce() -> Result<Box<dyn Evaluator>, Failure> + Send + 'static,
        controls: Arc<dyn Controls>,
        assistant: Arc<dyn Assistant>,
    ) -> Session {
        Session { start: Box::new(start), controls, assistant }
    }
}

/// For a kernel that has nothing to stop or to end, and answers no questions: it takes any text as complete.
pub struct Unattended;

impl Controls for Unattended {
    fn interrupt(&self) {}

    fn shutdown(&self) {}
}

impl Assistant for Unattended {
    fn completeness(&self, _code: &str) -> Completeness {
        Completeness::Complete
    }

    fn complete(&self, _code: &str, cursor: usize) -> Completions {
        Completions { items: Vec::new(), start: cursor, end: cursor }
    }

    fn answer(&self, _code: &str) -> Option<Result<MimeBundle, Failure>> {
        None
    }

    fn inspect(&self, _code: &str, _cursor: usize, _detail: u8) -> Option<MimeBundle> {
        None
    }
}

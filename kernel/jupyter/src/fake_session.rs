//! A session without Rust: cells are scripts of one-line commands, so that tests of the protocol can say exactly what
//! the engine does.
//!
//! `print TEXT`, `eprint TEXT`, `display TEXT`, `named ID TEXT`, `update ID TEXT`, `clear`, `clear wait`, `page TEXT`, `remark TEXT`,
//! `input PROMPT`, `password PROMPT`, `sleep MILLISECONDS`, `flood LINES`, `bytes COUNT`, `fail NAME MESSAGE`,
//! `panic`, `later MILLISECONDS TEXT` (a thread that prints after the cell has ended), `value TEXT`, `id` (the value is
//! the front end's name for the cell).
//! In text, `\n` stands for a line break.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::api::{
    Assistant, Cell, Completeness, Completion, Completions, Controls, Evaluator, Failure, Frontend, MimeBundle, Output,
    Session, Stream,
};

/// A session whose evaluator is ready at once.
pub fn session() -> (Session, Arc<FakeControls>) {
    session_that_starts(|| Ok(()))
}

/// A session whose evaluator is ready, or not, when `start` says so.
pub fn session_that_starts(
    start: impl FnOnce() -> Result<(), Failure> + Send + 'static,
) -> (Session, Arc<FakeControls>) {
    let controls = Arc::new(FakeControls::default());
    let session = Session {
        start: Box::new({
            let controls = controls.clone();
            move || {
                start()?;
                Ok(Box::new(FakeEvaluator { controls }))
            }
        }),
        controls: controls.clone(),
        assistant: Arc::new(FakeAssistant),
    };
    (session, controls)
}

/// A failure with this name and message.
pub fn failure(name: &str, message: &str) -> Failure {
    Failure {
        name: name.into(),
        message: message.into(),
        traceback: vec![format!("\u{1b}[31m{name}\u{1b}[0m: {message}")],
    }
}

/// Text as a bundle.
pub fn plain(text: &str) -> MimeBundle {
    BTreeMap::from([("text/plain".to_owned(), text.to_owned())])
}

/// Notes what it is asked to do.
#[derive(Default)]
pub struct FakeControls {
    interrupted: AtomicBool,
    /// How often the session was ended.
    pub shutdowns: AtomicUsize,
}

impl Controls for FakeControls {
    fn interrupt(&self) {
        self.interrupted.store(true, Ordering::SeqCst);
    }

    fn shutdown(&self) {
        self.shutdowns.fetch_add(1, Ordering::SeqCst);
        self.interrupted.store(true, Ordering::SeqCst);
    }
}

struct FakeEvaluator {
    controls: Arc<FakeControls>,
}

impl Evaluator for FakeEvaluator {
    fn evaluate(&mut self, cell: &Cell, frontend: Arc<dyn Frontend>) -> Result<Option<MimeBundle>, Failure> {
        self.controls.interrupted.store(false, Ordering::SeqCst);
        let mut value = None;
        for line in cell.code.lines() {
            let (command, argument) = line.split_once(' ').unwrap_or((line, ""));
            let argument = argument.replace("\\n", "\n");
            if command == "value" {
                value = Some(plain(&argument));
            } else if command == "id" {
                value = cell.id.as_deref().map(plain);
            } else {
                self.obey(command, &argument, &frontend)?;
            }
        }
        Ok(value)
    }
}

impl FakeEvaluator {
    fn obey(&self, command: &str, argument: &str, frontend: &Arc<dyn Frontend>) -> Result<(), Failure> {
        let number = || argument.parse().expect("a number");
        let (first, rest) = argument.split_once(' ').unwrap_or((argument, ""));
        let print = |stream, text: &str| frontend.output(Output::Text { stream, text: text.to_owned() });
        match command {
            "print" => print(Stream::Stdout, argument),
            "eprint" => print(Stream::Stderr, argument),
            "flood" => {
                for line in 0..number() {
                    print(Stream::Stdout, &format!("line {line}\n"));
                }
            }
            "bytes" => {
                let block = format!("{}\n", "x".repeat(8191));
                for _ in 0..number() / block.len() {
                    self.check()?;
                    print(Stream::Stdout, &block);
                }
            }
            "display" => frontend.output(Output::Display { data: plain(argument), id: None }),
            "named" => frontend.output(Output::Display { data: plain(rest), id: Some(first.into()) }),
            "update" => frontend.output(Output::UpdateDisplay { data: plain(rest), id: first.into() }),
            "remark" => frontend.output(Output::Remark { text: argument.into() }),
            "page" => frontend.output(Output::Page { data: plain(argument) }),
            "clear" => frontend.output(Output::Clear { wait: argument == "wait" }),
            "input" | "password" => {
                let answer = frontend
                    .input(argument, command == "password")
                    .map_err(|problem| failure("InputError", &problem))?;
                print(Stream::Stdout, &answer);
            }
            "sleep" => {
                let end = Instant::now() + Duration::from_millis(number() as u64);
                while Instant::now() < end {
                    self.check()?;
                    thread::sleep(Duration::from_millis(1));
                }
            }
            "later" => {
                let time = Duration::from_millis(first.parse().expect("a number"));
                let (frontend, text) = (frontend.clone(), rest.to_owned());
                thread::spawn(move || {
                    thread::sleep(time);
                    frontend.output(Output::Text { stream: Stream::Stdout, text });
                });
            }
            "fail" => return Err(failure(first, rest)),
            "panic" => panic!("asked to"),
            other => return Err(failure("UnknownCommand", other)),
        }
        Ok(())
    }

    fn check(&self) -> Result<(), Failure> {
        if self.controls.interrupted.load(Ordering::SeqCst) {
            return Err(failure("Interrupted", "the cell was interrupted"));
        }
        Ok(())
    }
}

struct FakeAssistant;

impl Assistant for FakeAssistant {
    fn completeness(&self, code: &str) -> Completeness {
        match code {
            _ if code.ends_with('{') => Completeness::Incomplete { indent: "    ".into() },
            _ if code.ends_with(')') => Completeness::Invalid,
            _ => Completeness::Complete,
        }
    }

    /// Completes words that begin with `pri`.
    fn complete(&self, code: &str, cursor: usize) -> Completions {
        let typed = code[..cursor].trim_end_matches(char::is_alphabetic);
        let start = typed.len();
        let known = code[start..cursor].starts_with("pri");
        let item = Completion { text: "print".into(), kind: "function".into(), signature: "print TEXT".into() };
        Completions { items: if known { vec![item] } else { Vec::new() }, start, end: cursor }
    }

    /// Knows what `ask` asks, and that `ask nonsense` cannot be answered.
    fn answer(&self, code: &str) -> Option<Result<MimeBundle, Failure>> {
        match code {
            "ask" => Some(Ok(plain("an answer"))),
            "ask nonsense" => Some(Err(failure("NameError", "nothing is known of nonsense"))),
            _ => None,
        }
    }

    /// Knows `print`; panics on `panic`.
    fn inspect(&self, code: &str, _cursor: usize, detail: u8) -> Option<MimeBundle> {
        assert!(code != "panic", "asked to");
        (code == "print").then(|| plain(if detail == 0 { "print TEXT" } else { "print TEXT: shows text" }))
    }
}

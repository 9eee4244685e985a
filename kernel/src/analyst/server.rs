//! The analyst's side: reads questions from standard input and answers them, the newest first.

use std::io::{BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use anyhow::Result;
use soma_driver::toolchain::handoff::SessionNotes;

use super::project::Project;
use super::question::{Answer, Question, Reply, Wanted};
use super::{answers, memory, session_text};

/// How long it waits for the next question before it ends, to free its memory.
const IDLE: Duration = Duration::from_secs(10 * 60);

/// How much memory of its own it may take, in bytes, to read on before anyone asks. The whole must stay below 150 MiB, and
/// the first part, the names of `core`, takes it from 30 to 140.
const AHEAD: u64 = 60 << 20;

/// rust-analyzer recurses deeper than a thread's usual stack allows.
const STACK: usize = 64 << 20;

/// Serves a session until no more questions come or the kernel ends.
///
/// # Errors
/// When the session's libraries cannot be read.
pub fn run(session: PathBuf) -> Result<()> {
    soma_driver::process::die_with_parent();
    let (sender, questions) = mpsc::channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if let Ok(question) = serde_json::from_str(&line) {
                let _ = sender.send(question);
            }
        }
        // The kernel has ended or dropped this process; an analysis that is still running has no reader.
        std::process::exit(0);
    });
    let serving = std::thread::Builder::new().stack_size(STACK).spawn(move || serve(&session, &questions))?;
    serving.join().unwrap_or_else(|_| anyhow::bail!("the analyst failed"))
}

fn serve(session: &std::path::Path, questions: &Receiver<Question>) -> Result<()> {
    let notes = SessionNotes::read(session)?;
    let mut project = Project::load(session, &notes)?;
    loop {
        let question = match questions.try_recv() {
            Ok(question) => question,
            Err(_) if memory::own() < AHEAD && read_on(&mut project) => continue,
            Err(_) => match questions.recv_timeout(IDLE) {
                Ok(question) => question,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Ok(()),
            },
        };
        project.refresh(session, &notes);
        while read_on(&mut project) {}
        for question in newest(std::iter::once(question).chain(questions.try_iter())) {
            let answer = catch_unwind(AssertUnwindSafe(|| answer(&mut project, &question))).unwrap_or_default();
            reply(&Reply { id: question.id, answer: Some(answer.unwrap_or(Answer::Nothing)) })?;
        }
        memory::give_back();
    }
}

/// Whether it has read on. What rust-analyzer cannot read is left for the answers to come upon.
fn read_on(project: &mut Project) -> bool {
    catch_unwind(AssertUnwindSafe(|| project.read_on())).unwrap_or(true)
}

/// The newest question of each kind; older ones are dropped.
fn newest(questions: impl Iterator<Item = Question>) -> Vec<Question> {
    let mut newest: Vec<Question> = Vec::new();
    for question in questions {
        if let Some(older) = newest.iter_mut().find(|other| other.wanted == question.wanted) {
            let _ = reply(&Reply { id: older.id, answer: None });
            *older = question;
        } else {
            newest.push(question);
        }
    }
    newest
}

fn answer(project: &mut Project, question: &Question) -> Option<Answer> {
    let session_text = session_text::compose(&question.known, &question.code);
    let place = answers::Place { start: session_text.start, cursor: question.cursor, code: &question.code };
    project.set_text(session_text.text);
    match question.wanted {
        Wanted::Completions => answers::completions(&project.analysis(), project.file(), &place),
        Wanted::Documentation => answers::documentation(&project.analysis(), project.file(), &place),
    }
}

fn reply(reply: &Reply) -> Result<()> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    let mut output = std::io::stdout().lock();
    output.write_all(&line)?;
    output.flush()?;
    Ok(())
}

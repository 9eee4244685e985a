//! Histories with real files: answers, several kernels at once, and files that are damaged, moved or locked.

mod answers;
mod together;
mod trouble;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jupyter_protocol::messaging::HistoryRequest;
use tempfile::TempDir;

use super::{Entry, History, HistoryFile};

/// How long the writing thread may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

/// A folder for a history.
struct Home {
    folder: TempDir,
}

impl Home {
    fn new() -> Home {
        Home { folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("soma/history.sqlite")
    }

    /// A session that begins now.
    fn session(&self) -> History {
        History::new(Some(HistoryFile { path: self.file(), advice: "choose another" })).unwrap()
    }

    /// A session that has run these cells and ended.
    fn ended_session(&self, cells: &[&str]) {
        let history = self.session();
        run(&history, cells);
        history.close(LIMIT);
    }

    fn files(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.path().join("soma")).unwrap();
        let mut names: Vec<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// Notes cells with numbers from 1; what follows `=>` is a cell's result.
fn run(history: &History, cells: &[&str]) {
    for (index, cell) in cells.iter().enumerate() {
        let (input, output) = cell.split_once(" => ").map_or((*cell, None), |(input, output)| (input, Some(output)));
        history.push(index + 1, input);
        if let Some(output) = output {
            history.set_output(index + 1, output);
        }
    }
}

/// Waits until every cell is written, or the writer has given up.
fn settle(history: &History) {
    assert!(history.flush(false, LIMIT), "nothing was written in {LIMIT:?}");
}

fn tail(n: i32) -> HistoryRequest {
    HistoryRequest::Tail { n, output: true, raw: true }
}

fn range(session: i32, start: i32, stop: i32) -> HistoryRequest {
    HistoryRequest::Range { session: Some(session), start, stop, output: true, raw: true }
}

fn search(pattern: &str, unique: bool, n: i32) -> HistoryRequest {
    HistoryRequest::Search { pattern: pattern.to_owned(), unique, output: true, raw: true, n }
}

/// A history's answer, as `session:line input` or `session:line input => output`.
fn answer(history: &History, request: &HistoryRequest) -> Vec<String> {
    let written = |entry: &Entry| {
        let output = entry.output.as_ref().map_or(String::new(), |output| format!(" => {output}"));
        format!("{}:{} {}{output}", entry.session, entry.line, entry.input)
    };
    history.answer(request).iter().map(written).collect()
}

/// The inputs alone.
fn inputs(history: &History, request: &HistoryRequest) -> Vec<String> {
    history.answer(request).iter().map(|entry| entry.input.to_string()).collect()
}

/// Polls until `is_so` returns true.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what} in {LIMIT:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// One value of the file, read through another connection.
fn value<T: rusqlite::types::FromSql>(file: &Path, query: &str) -> T {
    let connection = rusqlite::Connection::open(file).unwrap();
    connection.query_row(query, [], |row| row.get(0)).unwrap()
}

//! Answers history requests: joins this session's cells, which are in memory, with other sessions' cells from the file.
//!
//! The answers follow IPython's `HistoryManager`, as ipykernel calls it:
//!
//! * `tail`: other sessions' cells in the order of their session numbers, then this session's. Without a number, the
//!   last ten; with 0, none; with a negative number, all.
//! * `range`: session 0 is this session, a negative number counts back from it, a positive number is that of a session;
//!   this session's entries have session number 0 unless the request gave its number. In this session a negative `stop`
//!   or `start` counts from the end; in others it lies before every cell. A `stop` of 0, or none, means the end.
//! * `search`: SQLite's GLOB (`*`, `?`, `[a-z]`; upper and lower case differ) on the whole cell, in the order of
//!   session and line; with `unique`, the newest of equal cells; without a number all matches, else the last so many.
//!
//! This kernel's answers differ where IPython's are accidents: IPython calls this session 0 also when asked for it by
//! its number, has a blank line 0 in this session and returns it when a range starts at 0, and leaves out the oldest
//! cells when asked for a negative number of the last.

use std::collections::HashSet;

use jupyter_protocol::messaging::HistoryRequest;

use super::entry::Entry;
use super::error::Error;
use super::queries::Elsewhere;
use super::session_cells::{OwnCell, Snapshot};
use super::store::Store;

/// The entries that a request asks for, oldest first.
pub fn answer(request: &HistoryRequest, own: &Snapshot, file: &Store) -> Result<Vec<Entry>, Error> {
    match request {
        HistoryRequest::Tail { n, output, .. } => tail(limit(*n), *output, own, file),
        HistoryRequest::Range { session, start, stop, output, .. } => {
            let (session, start, stop) = (session.unwrap_or(0).into(), (*start).into(), (*stop).into());
            range(session, start, stop, *output, own, file)
        }
        HistoryRequest::Search { pattern, unique, n, output, .. } => {
            let mut found = search(pattern, *unique, limit(*n), *output, own, file)?;
            found.reverse();
            Ok(found)
        }
    }
}

/// As in SQL, a negative number is no limit.
fn limit(n: i32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

fn tail(limit: usize, output: bool, own: &Snapshot, file: &Store) -> Result<Vec<Entry>, Error> {
    let number = number(own, file)?;
    let recent = own.cells.iter().rev().take(limit).map(|cell| entry(cell, number, output));
    let mut found: Vec<Entry> = recent.collect();
    found.extend(file.tail(elsewhere(own, output), limit - found.len())?);
    found.reverse();
    Ok(found)
}

fn range(session: i64, start: i64, stop: i64, output: bool, own: &Snapshot, file: &Store) -> Result<Vec<Entry>, Error> {
    let number = number(own, file)?;
    let called = session.max(0);
    let session = if session <= 0 { session + number } else { session };
    if session != number {
        let stop = if stop == 0 { i64::MAX } else { stop };
        return file.range(session, start, stop, output);
    }
    let start = if start < 0 { start + own.next } else { start };
    let stop = match stop {
        0 => own.next,
        ..0 => stop + own.next,
        _ => stop.min(own.next),
    };
    let mut found = match own.number {
        Some(number) => file.range(number, start, stop.min(own.first), output)?,
        None => Vec::new(),
    };
    found.iter_mut().for_each(|entry| entry.session = called);
    let in_memory = own.cells.iter().filter(|cell| (start..stop).contains(&cell.line));
    found.extend(in_memory.map(|cell| entry(cell, called, output)));
    Ok(found)
}

/// Newest first.
fn search(
    pattern: &str,
    unique: bool,
    limit: usize,
    output: bool,
    own: &Snapshot,
    file: &Store,
) -> Result<Vec<Entry>, Error> {
    let number = number(own, file)?;
    // The last `limit` matches of the file and of this session together contain the last `limit` of both.
    let mut found = file.search(pattern, unique, elsewhere(own, output), limit)?;
    for cell in own.cells.iter() {
        if file.matches(pattern, &cell.input)? {
            found.push(entry(cell, number, output));
        }
    }
    found.sort_by_key(|entry| std::cmp::Reverse((entry.session, entry.line)));
    if unique {
        let mut seen = HashSet::new();
        found.retain(|entry| seen.insert(entry.input.clone()));
    }
    found.truncate(limit);
    Ok(found)
}

/// This session's number; if it has none yet, the number that it would get.
fn number(own: &Snapshot, file: &Store) -> Result<i64, Error> {
    own.number.map_or_else(|| file.next_session(), Ok)
}

fn elsewhere(own: &Snapshot, output: bool) -> Elsewhere {
    Elsewhere { session: own.number, first: own.first, output }
}

fn entry(cell: &OwnCell, session: i64, output: bool) -> Entry {
    let OwnCell { line, input, output: result } = cell.clone();
    Entry { session, line, input, output: result.filter(|_| output) }
}

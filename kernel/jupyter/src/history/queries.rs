//! The queries by which answers read the file.

use std::collections::HashSet;
use std::sync::Arc;

use rusqlite::{Row, ToSql, named_params};

use super::entry::Entry;
use super::error::Error;
use super::store::Store;

/// SQLite refuses longer patterns.
const LONGEST_PATTERN: usize = 50_000;

/// Which cells to find: all but those of this session that are in memory.
#[derive(Clone, Copy, Debug)]
pub struct Elsewhere {
    /// This session's number, if it has one.
    pub session: Option<i64>,
    /// This session's cells from this number on are in memory.
    pub first: i64,
    /// Whether to read results, too.
    pub output: bool,
}

impl Store {
    /// The last `limit` cells, newest first; this session's come before all others'.
    pub fn tail(&self, wanted: Elsewhere, limit: usize) -> Result<Vec<Entry>, Error> {
        let Elsewhere { session, first, output } = wanted;
        // Two queries, each of which reads no more rows than it finds.
        let mut found = self.cells(
            "WHERE session = :session AND line < :first ORDER BY line DESC LIMIT :limit",
            named_params! { ":session": session, ":first": first, ":limit": in_sql(limit), ":output": output },
        )?;
        found.extend(self.cells(
            "WHERE session IS NOT :session ORDER BY session DESC, line DESC LIMIT :limit",
            named_params! { ":session": session, ":limit": in_sql(limit - found.len()), ":output": output },
        )?);
        Ok(found)
    }

    /// The cells of the last session of a notebook before this one, newest first.
    pub fn before(&self, notebook: &str, session: Option<i64>, limit: usize) -> Result<Vec<Entry>, Error> {
        // A session's mark has sixteen digits before the notebook.
        self.cells(
            "WHERE session = (SELECT max(number) FROM sessions
                WHERE substr(mark, 17) = :notebook AND number IS NOT :session)
             ORDER BY line DESC LIMIT :limit",
            named_params! { ":notebook": notebook, ":session": session, ":limit": in_sql(limit), ":output": false },
        )
    }

    /// The cells of a session with numbers from `start` up to but not including `stop`, oldest first.
    pub fn range(&self, session: i64, start: i64, stop: i64, output: bool) -> Result<Vec<Entry>, Error> {
        self.cells(
            "WHERE session = :session AND line >= :start AND line < :stop ORDER BY line",
            named_params! { ":session": session, ":start": start, ":stop": stop, ":output": output },
        )
    }

    /// The last `limit` cells that match a glob pattern, newest first; of equal ones the newest, if `unique`.
    pub fn search(&self, pattern: &str, unique: bool, wanted: Elsewhere, limit: usize) -> Result<Vec<Entry>, Error> {
        let Elsewhere { session, first, output } = wanted;
        if pattern.len() > LONGEST_PATTERN {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        // SQLite could leave out equal cells, but only after it has read and sorted all cells.
        self.each_cell(
            "WHERE (session IS NOT :session OR line < :first) AND input GLOB :pattern
             ORDER BY session DESC, line DESC",
            named_params! { ":session": session, ":first": first, ":pattern": pattern, ":output": output },
            |cell| {
                if found.len() < limit && (!unique || seen.insert(cell.input.clone())) {
                    found.push(cell);
                }
                found.len() < limit
            },
        )?;
        Ok(found)
    }

    /// Whether a text matches a glob pattern, by the rules of [`Store::search`].
    pub fn matches(&self, pattern: &str, text: &str) -> Result<bool, Error> {
        if pattern.len() > LONGEST_PATTERN {
            return Ok(false);
        }
        let mut statement = self.connection.prepare("SELECT ? GLOB ?")?;
        Ok(statement.query_one((text, pattern), |row| row.get(0))?)
    }

    fn cells(&self, which: &str, parameters: &[(&str, &dyn ToSql)]) -> Result<Vec<Entry>, Error> {
        let mut found = Vec::new();
        self.each_cell(which, parameters, |cell| {
            found.push(cell);
            true
        })?;
        Ok(found)
    }

    /// Calls `visit` with one cell after the other until it asks for no more.
    fn each_cell(
        &self,
        which: &str,
        parameters: &[(&str, &dyn ToSql)],
        mut visit: impl FnMut(Entry) -> bool,
    ) -> Result<(), Error> {
        let select = "SELECT session, line, input, CASE WHEN :output THEN output END FROM cells";
        let mut statement = self.connection.prepare(&format!("{select} {which}"))?;
        let mut rows = statement.query(parameters)?;
        while let Some(row) = rows.next()? {
            if !visit(entry(row)?) {
                break;
            }
        }
        Ok(())
    }
}

fn entry(row: &Row) -> rusqlite::Result<Entry> {
    let (input, output): (Arc<str>, Option<Arc<str>>) = (row.get(2)?, row.get(3)?);
    Ok(Entry { session: row.get(0)?, line: row.get(1)?, input, output })
}

/// A number of rows for SQLite, whose numbers are signed.
fn in_sql(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

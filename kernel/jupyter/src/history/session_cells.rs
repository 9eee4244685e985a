//! The cells of the session that is running, in memory.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// Of a cell's code this many bytes are kept. More than that is data that somebody pasted.
const INPUT_LIMIT: usize = 1 << 20;
/// Of a result's text this many bytes are kept: more than anybody reads in a list of cells.
const OUTPUT_LIMIT: usize = 64 << 10;
/// How many bytes of text are held in memory once they are in the file.
const MEMORY: usize = 8 << 20;

/// A cell of this session.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnCell {
    /// The number in `In [n]`.
    pub line: i64,
    /// The code.
    pub input: Arc<str>,
    /// The plain text of its result.
    pub output: Option<Arc<str>>,
}

impl OwnCell {
    fn bytes(&self) -> usize {
        self.input.len() + self.output.as_ref().map_or(0, |output| output.len())
    }
}

/// The cells of this session, and which of them are not in the file.
#[derive(Debug)]
pub struct SessionCells {
    /// Oldest first. The oldest may be missing: then they are in the file, or nowhere if there is none.
    cells: VecDeque<OwnCell>,
    bytes: usize,
    /// How much text is held.
    memory: usize,
    /// The numbers of the cells that the file does not have, or not as they are now.
    unsaved: BTreeSet<i64>,
    /// Those that are being written.
    in_flight: BTreeSet<i64>,
    /// The number of the session, once the file has given it one.
    number: Option<i64>,
    /// Whether there is a file.
    kept: bool,
}

/// What there is at one moment.
#[derive(Debug)]
pub struct Snapshot {
    /// The number of the session, if the file has given it one.
    pub number: Option<i64>,
    /// The session's cells from this number on are in `cells`.
    pub first: i64,
    /// The number of the session's next cell.
    pub next: i64,
    /// Oldest first.
    pub cells: Vec<OwnCell>,
}

impl SessionCells {
    /// No cells yet.
    pub fn new(kept: bool) -> SessionCells {
        SessionCells {
            cells: VecDeque::new(),
            bytes: 0,
            memory: MEMORY,
            unsaved: BTreeSet::new(),
            in_flight: BTreeSet::new(),
            number: None,
            kept,
        }
    }

    /// The same with less memory.
    #[cfg(test)]
    pub fn with_memory(self, memory: usize) -> SessionCells {
        SessionCells { memory, ..self }
    }

    /// Adds a cell; numbers must grow.
    pub fn push(&mut self, line: i64, input: &str) {
        let input = clipped(input, INPUT_LIMIT, "\n// (the history has only the first MiB of this cell)");
        let cell = OwnCell { line, input, output: None };
        self.bytes += cell.bytes();
        self.cells.push_back(cell);
        self.changed(line);
    }

    /// Sets a cell's result.
    pub fn set_output(&mut self, line: i64, output: &str) {
        let Some(cell) = self.cells.iter_mut().rev().find(|cell| cell.line == line) else { return };
        self.bytes -= cell.bytes();
        cell.output = Some(clipped(output, OUTPUT_LIMIT, "…"));
        self.bytes += cell.bytes();
        self.changed(line);
    }

    fn changed(&mut self, line: i64) {
        if self.kept {
            self.unsaved.insert(line);
        }
        self.trim();
    }

    /// Forgets the oldest cells that need not be here.
    fn trim(&mut self) {
        while self.bytes > self.memory && self.cells.len() > 1 {
            let oldest = &self.cells[0];
            if self.unsaved.contains(&oldest.line) || self.in_flight.contains(&oldest.line) {
                return;
            }
            self.bytes -= oldest.bytes();
            self.cells.pop_front();
        }
    }

    /// Whether the session has cells and is to have a number, but has none.
    pub fn wants_number(&self) -> bool {
        self.kept && self.number.is_none() && !self.cells.is_empty()
    }

    /// What there is now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            number: self.number,
            first: self.cells.front().map_or(i64::MAX, |cell| cell.line),
            next: self.cells.back().map_or(1, |cell| cell.line + 1),
            cells: self.cells.iter().cloned().collect(),
        }
    }

    /// The cells that are to be written now; then [`SessionCells::saved`] or one of its neighbours must follow.
    pub fn take_unsaved(&mut self) -> Vec<OwnCell> {
        self.in_flight.append(&mut self.unsaved);
        // All of them are among the newest.
        let oldest = self.in_flight.first().copied().unwrap_or(i64::MAX);
        let recent = self.cells.iter().rev().take_while(|cell| cell.line >= oldest);
        let mut cells: Vec<OwnCell> = recent.filter(|cell| self.in_flight.contains(&cell.line)).cloned().collect();
        cells.reverse();
        cells
    }

    /// What was taken is in the file, under this session number.
    pub fn saved(&mut self, number: i64) {
        self.number = Some(number);
        self.in_flight.clear();
        self.trim();
    }

    /// What was taken is not in the file.
    pub fn not_saved(&mut self) {
        self.unsaved.append(&mut self.in_flight);
    }

    /// The file is another one now, which has nothing of this session.
    pub fn file_is_new(&mut self) {
        self.number = None;
        self.in_flight.clear();
        self.unsaved = self.cells.iter().map(|cell| cell.line).collect();
    }

    /// There is no file any more.
    pub fn give_up(&mut self) {
        self.kept = false;
        self.unsaved.clear();
        self.in_flight.clear();
        self.trim();
    }
}

/// Text of at most this many bytes, which ends with a mark if it is not the whole.
fn clipped(text: &str, limit: usize, mark: &str) -> Arc<str> {
    if text.len() <= limit {
        return text.into();
    }
    format!("{}{mark}", &text[..text.floor_char_boundary(limit - mark.len())]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(own: &SessionCells) -> Vec<i64> {
        own.snapshot().cells.iter().map(|cell| cell.line).collect()
    }

    #[test]
    fn a_text_over_the_limit_ends_with_a_mark_and_inside_no_character() {
        let mut own = SessionCells::new(false);
        own.push(1, &"é".repeat(INPUT_LIMIT));
        own.set_output(1, &"é".repeat(OUTPUT_LIMIT));
        let cell = &own.snapshot().cells[0];
        let output = cell.output.as_ref().unwrap();
        assert!(cell.input.ends_with("é\n// (the history has only the first MiB of this cell)"));
        assert!(output.ends_with("é…"));
        assert!((INPUT_LIMIT - 1..=INPUT_LIMIT).contains(&cell.input.len()), "{}", cell.input.len());
        assert!((OUTPUT_LIMIT - 1..=OUTPUT_LIMIT).contains(&output.len()), "{}", output.len());
    }

    #[test]
    fn a_text_at_the_limit_is_kept_whole() {
        let mut own = SessionCells::new(false);
        own.push(1, &"x".repeat(INPUT_LIMIT));
        assert_eq!(*own.snapshot().cells[0].input, *"x".repeat(INPUT_LIMIT));
    }

    #[test]
    fn memory_gives_up_only_what_the_file_has() {
        let mut own = SessionCells::new(true).with_memory(20);
        for line in 1..=4 {
            own.push(line, "ten bytes.");
        }
        assert_eq!(lines(&own), [1, 2, 3, 4]);
        own.take_unsaved();
        own.push(5, "ten bytes.");
        assert_eq!(lines(&own), [1, 2, 3, 4, 5]);
        own.saved(1);
        assert_eq!(lines(&own), [4, 5]);
        own.push(6, "ten bytes.");
        assert_eq!(lines(&own), [5, 6]);
    }

    #[test]
    fn without_a_file_the_oldest_cells_go() {
        let mut own = SessionCells::new(false).with_memory(20);
        for line in 1..=9 {
            own.push(line, "ten bytes.");
        }
        assert_eq!(lines(&own), [8, 9]);
        assert_eq!(own.take_unsaved(), []);
    }

    #[test]
    fn a_result_that_comes_while_its_cell_is_written_is_written_next() {
        let mut own = SessionCells::new(true);
        own.push(1, "a");
        assert_eq!(own.take_unsaved().len(), 1);
        own.set_output(1, "b");
        own.saved(7);
        assert_eq!(own.take_unsaved()[0].output.as_deref(), Some("b"));
    }

    #[test]
    fn what_could_not_be_written_is_taken_again() {
        let mut own = SessionCells::new(true);
        own.push(1, "a");
        own.take_unsaved();
        own.push(2, "b");
        own.not_saved();
        assert_eq!(own.take_unsaved().len(), 2);
    }
}

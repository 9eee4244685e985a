//! The running session's cells, in memory.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// How many bytes of a cell's code are kept. Longer code holds pasted data.
const INPUT_LIMIT: usize = 1 << 20;
/// How many bytes of a result's text are kept: more than users read in a list of cells.
const OUTPUT_LIMIT: usize = 64 << 10;
/// How many bytes of text stay in memory once they are in the file.
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

/// The cells of this session, and the numbers of those that are not in the file.
#[derive(Debug)]
pub struct SessionCells {
    /// Oldest first. The oldest may be missing: they are in the file, or lost if there is no file.
    cells: VecDeque<OwnCell>,
    bytes: usize,
    /// How many bytes of text are in memory.
    memory: usize,
    /// The numbers of the cells that the file lacks, or has in an older state.
    unsaved: BTreeSet<i64>,
    /// The numbers of the cells that are being written.
    in_flight: BTreeSet<i64>,
    /// The number of the session, once the file has given it one.
    number: Option<i64>,
    /// Whether there is a file.
    kept: bool,
}

/// The session's cells at one moment.
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

    /// The same with less memory for texts.
    #[cfg(test)]
    pub fn with_memory(self, memory: usize) -> SessionCells {
        SessionCells { memory, ..self }
    }

    /// Adds a cell; numbers must increase.
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

    /// Forgets the oldest cells while the texts take too much memory; keeps cells that wait to be written.
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

    /// Whether the session needs a number and has none.
    pub fn wants_number(&self) -> bool {
        self.kept && self.number.is_none() && !self.cells.is_empty()
    }

    /// The cells as they are now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            number: self.number,
            first: self.cells.front().map_or(i64::MAX, |cell| cell.line),
            next: self.cells.back().map_or(1, |cell| cell.line + 1),
            cells: self.cells.iter().cloned().collect(),
        }
    }

    /// The cells to write now; a call of [`SessionCells::saved`], `not_saved`, `file_is_new` or `give_up` must follow.
    pub fn take_unsaved(&mut self) -> Vec<OwnCell> {
        self.in_flight.append(&mut self.unsaved);
        // All unsaved cells are among the newest.
        let oldest = self.in_flight.first().copied().unwrap_or(i64::MAX);
        let recent = self.cells.iter().rev().take_while(|cell| cell.line >= oldest);
        let mut cells: Vec<OwnCell> = recent.filter(|cell| self.in_flight.contains(&cell.line)).cloned().collect();
        cells.reverse();
        cells
    }

    /// The cells taken by [`SessionCells::take_unsaved`] are in the file, under this session number.
    pub fn saved(&mut self, number: i64) {
        self.number = Some(number);
        self.in_flight.clear();
        self.trim();
    }

    /// The cells taken are not in the file.
    pub fn not_saved(&mut self) {
        self.unsaved.append(&mut self.in_flight);
    }

    /// The file was replaced by one that has no cell of this session.
    pub fn file_is_new(&mut self) {
        self.number = None;
        self.in_flight.clear();
        self.unsaved = self.cells.iter().map(|cell| cell.line).collect();
    }

    /// There is no file from now on.
    pub fn give_up(&mut self) {
        self.kept = false;
        self.unsaved.clear();
        self.in_flight.clear();
        self.trim();
    }
}

/// Text of at most this many bytes; if it is shortened, it ends with `mark`.
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

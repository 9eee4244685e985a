//! Maps positions in a prepared cell to the cell as typed.

use std::ops::Range;

/// A position by line and column, both from 1; columns count characters, as rustc's do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// Text that preparation inserted into a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Insertion {
    /// Where it starts in the prepared cell.
    pub at: Place,
    /// How many characters it has.
    pub length: usize,
    /// The span in the cell as typed that it stands for: the name of the variable whose type it states.
    pub stands_for: Range<Place>,
}

/// The cell as typed, for looking up places.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its text.
    pub text: String,
    insertions: Vec<Insertion>,
}

impl Source {
    /// A cell, and the insertions into it, in order.
    pub fn new(text: &str, insertions: Vec<Insertion>) -> Source {
        Source { text: text.to_owned(), insertions }
    }

    /// The span in the cell as typed for a span of the prepared cell.
    pub fn as_typed(&self, span: Range<Place>) -> Range<Place> {
        let inside = |place: Place| {
            self.insertions.iter().find(|insertion| {
                insertion.at.line == place.line
                    && (insertion.at.column..insertion.at.column + insertion.length).contains(&place.column)
            })
        };
        if let Some(insertion) = inside(span.start) {
            return insertion.stands_for.clone();
        }
        self.unshift(span.start)..self.unshift(span.end)
    }

    fn unshift(&self, place: Place) -> Place {
        let before = self.insertions.iter().filter(|i| i.at.line == place.line && i.at.column < place.column);
        let shift: usize = before.map(|insertion| insertion.length.min(place.column - insertion.at.column)).sum();
        Place { column: place.column - shift, ..place }
    }

    /// The byte range of a span in the cell as typed, clamped to the text.
    pub fn bytes(&self, span: &Range<Place>) -> Range<usize> {
        let start = self.byte(span.start);
        start..self.byte(span.end).max(start)
    }

    fn byte(&self, place: Place) -> usize {
        let mut start = 0;
        for (number, line) in self.text.split_inclusive('\n').enumerate() {
            if number + 1 == place.line {
                let line = line.trim_end_matches('\n');
                let within = line.char_indices().nth(place.column.saturating_sub(1)).map_or(line.len(), |(at, _)| at);
                return start + within;
            }
            start += line.len();
        }
        self.text.len()
    }

    /// The position of a byte of the text.
    pub fn place(text: &str, byte: usize) -> Place {
        let before = &text[..byte];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Place { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(line: usize, column: usize) -> Place {
        Place { line, column }
    }

    #[test]
    fn places_after_an_insertion_move_back() {
        // `let a = 1;` + 20 characters + ` b`
        let insertion = Insertion { at: place(1, 11), length: 20, stands_for: place(1, 5)..place(1, 6) };
        let source = Source::new("let a = 1; b", vec![insertion]);
        assert_eq!(source.as_typed(place(1, 5)..place(1, 6)), place(1, 5)..place(1, 6));
        assert_eq!(source.as_typed(place(1, 32)..place(1, 33)), place(1, 12)..place(1, 13));
        assert_eq!(source.as_typed(place(1, 15)..place(1, 16)), place(1, 5)..place(1, 6), "the variable's name");
        assert_eq!(source.as_typed(place(2, 32)..place(2, 33)), place(2, 32)..place(2, 33), "another line");
    }

    #[test]
    fn bytes_count_characters_not_bytes() {
        let source = Source::new("// héé\nlet ü = \"日本\";", Vec::new());
        assert_eq!(&source.text[source.bytes(&(place(2, 5)..place(2, 6)))], "ü");
        assert_eq!(&source.text[source.bytes(&(place(2, 9)..place(2, 13)))], "\"日本\"");
        assert_eq!(source.bytes(&(place(9, 9)..place(9, 13))), source.text.len()..source.text.len());
        assert_eq!(Source::place(&source.text, source.text.find('ü').unwrap()), place(2, 5));
    }
}

//! What the engine hides from evcxr in a cell, and how it is found again.
//!
//! * An item stands among the statements as `soma_items!{fn f() {}};`, so that evcxr does not repeat it in every
//!   later cell.
//! * The expression whose value the cell shows stands as `soma_show!{x};`: evcxr would try two ways of showing it,
//!   with a compile for each.
//! * A cell that defines variables ends in `/*soma: nothing to infer`. Before evcxr has such a cell compiled, it has
//!   rust-analyzer infer the types in a function that ends in a call for every variable of the session, and the
//!   time for that grows with the square of their number. The comment has no end: those calls are in it.
//!
//! evcxr knows the place of each of them, so errors in them are reported like any other.

use super::Line;
use crate::toolchain::notes::CellItems;

/// Stands before an item of the cell.
pub const ITEM: &str = "soma_items!{";
/// Stands before the expression whose value is shown.
pub const VALUE: &str = "soma_show!{";
/// Stands after either.
pub const END: &str = "};";
/// Hides from rust-analyzer what follows a cell.
pub const NOTHING_TO_INFER: &str = "/*soma: nothing to infer";

/// Shows the value of the last expression, marked as the cell's result.
pub const SHOW: &str = ").soma_result().evcxr_display();";

/// Makes evcxr's lines what the person has typed: the lines of the statements, and those of each item. The first line
/// of what was hidden is indented to where it stands in evcxr's text, so that columns stay. evcxr begins a line for
/// every statement.
pub fn take(lines: Vec<Line>, items: &CellItems) -> (Vec<Line>, Vec<Vec<Line>>) {
    let mut statements = Vec::with_capacity(lines.len());
    let mut taken = Vec::with_capacity(items.own.len());
    let mut own = items.own.iter().map(|item| item.text.as_str());
    let mut lines = lines.into_iter().map(|line| match line.text.split_once(NOTHING_TO_INFER) {
        Some((before, after)) => Line { text: format!("{before}{after}"), origin: line.origin },
        None => line,
    });
    while let Some(first) = lines.next() {
        if let Some(at) = first.text.find(VALUE)
            && let Some(text) = &items.shown
        {
            let piece = Piece::read(first, at, VALUE, text, &mut lines);
            statements.extend(piece.before);
            statements.push(Line::new("("));
            statements.extend(piece.lines);
            statements.push(Line::new(SHOW));
            statements.extend(piece.after);
        } else if let Some(at) = first.text.find(ITEM)
            && let Some(text) = own.next()
        {
            let piece = Piece::read(first, at, ITEM, text, &mut lines);
            statements.extend(piece.before.into_iter().chain(piece.after));
            taken.push(piece.lines);
        } else {
            statements.push(first);
        }
    }
    (statements, taken)
}

/// Something hidden, and the comments around it.
struct Piece {
    before: Option<Line>,
    lines: Vec<Line>,
    after: Option<Line>,
}

impl Piece {
    /// Reads a piece with this text, which was hidden after `begin` at byte `at` of its first line.
    fn read(first: Line, at: usize, begin: &str, text: &str, rest: &mut impl Iterator<Item = Line>) -> Piece {
        let before = first.text[..at].to_owned();
        let origin = first.origin;
        let mut last = first;
        let mut lines: Vec<Line> = Vec::new();
        let mut end = 0;
        for (number, text) in text.lines().enumerate() {
            let start = if number == 0 { at + begin.len() } else { 0 };
            if number > 0 {
                let Some(next) = rest.next() else { break };
                last = next;
            }
            end = start + text.len();
            let indent = if number == 0 { before.chars().count() + begin.len() } else { 0 };
            lines.push(Line { text: format!("{}{text}", " ".repeat(indent)), origin: last.origin });
        }
        let after = last.text.get(end..).unwrap_or_default();
        let after = after.strip_prefix(END).unwrap_or(after).to_owned();
        let comment = |text: String, origin| (!text.trim().is_empty()).then_some(Line { text, origin });
        Piece { before: comment(before, origin), lines, after: comment(after, last.origin) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Origin;
    use super::*;
    use crate::toolchain::notes::OwnItem;

    fn texts(lines: &[Line]) -> Vec<(&str, usize)> {
        let number = |line: &Line| match line.origin {
            Origin::Evcxr(number) => number,
            _ => 0,
        };
        lines.iter().map(|line| (line.text.as_str(), number(line))).collect()
    }

    fn taken(source: &str, own: &[&str], shown: Option<&str>) -> (Vec<Line>, Vec<Vec<Line>>) {
        let lines = source.lines().enumerate();
        let lines = lines.map(|(at, text)| Line { text: text.to_owned(), origin: Origin::Evcxr(at + 1) }).collect();
        let own = own.iter().map(|text| OwnItem { text: (*text).to_owned(), is_macro: false }).collect();
        take(lines, &CellItems { own, shown: shown.map(str::to_owned), ..CellItems::default() })
    }

    #[test]
    fn items_are_taken_out_with_their_lines_and_columns() {
        let source = "let a = 1;\nsoma_items!{fn f() {\n    1\n}}; // one\n/* é */ soma_items!{struct S;};\n\nf();";
        let (left, items) = taken(source, &["fn f() {\n    1\n}", "struct S;"], None);
        assert_eq!(texts(&left), [("let a = 1;", 1), (" // one", 4), ("/* é */ ", 5), ("", 6), ("f();", 7)]);
        assert_eq!(texts(&items[0]), [("            fn f() {", 2), ("    1", 3), ("}", 4)]);
        assert_eq!(texts(&items[1]), [("                    struct S;", 5)]);
    }

    #[test]
    fn the_value_is_shown_where_it_stands() {
        let source = "let a = f();\nsoma_show!{a\n  .b()};/*soma: nothing to infer // end\nput(a);";
        let (left, _) = taken(source, &[], Some("a\n  .b()"));
        let expected = [
            ("let a = f();", 1),
            ("(", 0),
            ("           a", 2),
            ("  .b()", 3),
            (SHOW, 0),
            (" // end", 3),
            ("put(a);", 4),
        ];
        assert_eq!(texts(&left), expected);
    }
}

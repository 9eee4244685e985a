//! The markers by which the engine hides parts of a cell from evcxr, and by which the driver finds them again.
//!
//! * An item stands among the statements as `soma_items!{fn f() {}};`, so that evcxr does not repeat it in every later
//!   cell.
//! * The expression whose value the cell shows stands as `soma_show!{x};`: evcxr would try two ways of showing it, with
//!   a compile for each.
//! * A statement that declares several variables without values (`let (a, b);`) stands as `soma_statement!{…};` after a
//!   declaration of each variable, which is dropped here.
//! * A cell that defines variables ends in `/*soma: nothing to infer`. Before evcxr has such a cell compiled, it makes
//!   rust-analyzer infer the types in a function that ends in a call for every variable of the session, and the time
//!   for that grows with the square of their number. The comment has no end, so it contains those calls.
//!
//! evcxr keeps the position of each marker, so errors in the hidden parts are reported like any other.

use std::collections::VecDeque;

use super::Line;
use super::cell_items::{CellItems, Splice};
use super::show::Show;

/// Stands before an item of the cell.
pub const ITEM: &str = "soma_items!{";
/// Stands before the expression whose value is shown.
pub const VALUE: &str = "soma_show!{";
/// Stands after an item or an expression.
pub const END: &str = "};";
/// Stands before a statement that declares several variables without values.
pub const STATEMENT: &str = "soma_statement!{";
/// The type of a variable in a declaration that only evcxr sees; the statement that really declares it follows.
pub const DECLARED: &str = "(/*soma: declared*/)";
/// Hides from rust-analyzer the text after the cell.
pub const NOTHING_TO_INFER: &str = "/*soma: nothing to infer";

/// The method with which evcxr shows values.
pub const SHOW_METHOD: &str = "evcxr_display";

/// Shows the value of the last expression, marked as the cell's result; shows the target of a pointer.
pub const SHOW: &str = ").soma_result().soma_value().soma_value().soma_value().evcxr_display();";

/// Shows a value that has to be moved, or changed, to be shown.
pub const SHOW_OWNED: (&str, &str) = ("{ ::soma_cell::show::begin_result(); (", ").evcxr_display() };");

/// Turns evcxr's lines back into the user's: the lines of the statements, and those of each item. The first line of a
/// hidden part is indented to its position in evcxr's text, so that columns are unchanged. evcxr begins a line for
/// every statement.
pub fn take(lines: Vec<Line>, items: &CellItems, show: Show) -> (Vec<Line>, Vec<Vec<Line>>) {
    let (begin_show, end_show) = match show {
        Show::Borrowed => ("(", SHOW),
        Show::Owned => SHOW_OWNED,
    };
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
            statements.push(Line::new(begin_show));
            statements.extend(piece.lines);
            statements.push(Line::new(end_show));
            statements.extend(piece.after);
        } else if let Some(at) = first.text.find(ITEM)
            && let Some(text) = own.next()
        {
            let piece = Piece::read(first, at, ITEM, text, &mut lines);
            statements.extend(piece.before.into_iter().chain(piece.after));
            taken.push(piece.lines);
        } else if first.text.starts_with("let ") && first.text.trim_end().ends_with(&format!(": {DECLARED};")) {
            // The hidden statement that follows declares the variable.
        } else if let Some(at) = first.text.find(STATEMENT) {
            let indent = " ".repeat(first.text[..at].chars().count() + STATEMENT.len());
            let mut line = Line { text: indent + &first.text[at + STATEMENT.len()..], origin: first.origin };
            statements.extend(
                Some(Line { text: first.text[..at].to_owned(), ..first }).filter(|before| !before.text.is_empty()),
            );
            // Patterns may take several lines; the statement's own semicolon stands before the end of the marker.
            let end = format!(";{END}");
            while !line.text.contains(&end)
                && let Some(next) = lines.next()
            {
                statements.push(std::mem::replace(&mut line, next));
            }
            line.text = line.text.replacen(&end, ";", 1);
            statements.push(line);
        } else {
            statements.push(first);
        }
    }
    let own = taken.into_iter().zip(&items.own);
    let own = own.map(|(lines, item)| {
        let indent = lines.first().map_or(0, |first| first.text.len() - item.text.lines().next().map_or(0, str::len));
        splice(lines, &item.text, indent, &item.splices)
    });
    (statements, own.collect())
}

/// The lines of an item with its splices, each on a separate line. `indent` blanks stand before the first line. Text
/// after a splice keeps its columns.
pub fn splice(lines: Vec<Line>, text: &str, indent: usize, splices: &[Splice]) -> Vec<Line> {
    let mut lines: VecDeque<(Line, usize)> = {
        let starts = text.split_inclusive('\n').scan(0, |at, line| Some(std::mem::replace(at, *at + line.len())));
        lines.into_iter().zip(starts).collect()
    };
    let mut spliced = Vec::new();
    let mut before = indent;
    for Splice { range, text: new } in splices {
        // The text before the splice.
        while let Some((line, start)) = lines.pop_front() {
            let length = line.text.len() - before;
            if start + length < range.start {
                spliced.push(line);
                before = 0;
                continue;
            }
            let (head, tail) = line.text.split_at(before + range.start - start);
            if !head.trim().is_empty() {
                spliced.push(Line { text: head.to_owned(), origin: line.origin });
            }
            let blank = " ".repeat(head.chars().count());
            // The text before the splice and the blanks that replace it may differ in bytes.
            let shift = range.start - start;
            spliced.push(Line::new(new.clone()));
            lines.push_front((Line { text: blank.clone() + tail, origin: line.origin }, start + shift));
            before = blank.len();
            break;
        }
        // The text that the splice replaces.
        while let Some((line, start)) = lines.pop_front() {
            let length = line.text.len() - before;
            if start + length < range.end {
                before = 0;
                continue;
            }
            let (head, tail) = line.text.split_at(before + range.end - start);
            let blank = " ".repeat(head.chars().count());
            before = blank.len();
            lines.push_front((Line { text: blank + tail, origin: line.origin }, range.end));
            break;
        }
    }
    spliced.extend(
        lines.into_iter().map(|(line, _)| line).filter(|line| splices.is_empty() || !line.text.trim().is_empty()),
    );
    spliced
}

/// A hidden part, and the comments around it.
struct Piece {
    before: Option<Line>,
    lines: Vec<Line>,
    after: Option<Line>,
}

impl Piece {
    /// Reads a part with this text, which was hidden after `begin` at byte `at` of its first line.
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
    use crate::evcxr::program::OwnItem;

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
        let own = own.iter().map(|text| OwnItem {
            text: (*text).to_owned(),
            is_macro: false,
            defines: None,
            splices: Vec::new(),
        });
        let own = own.collect();
        take(lines, &CellItems { own, shown: shown.map(str::to_owned), ..CellItems::default() }, Show::Borrowed)
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

    #[test]
    fn a_declaration_of_several_variables_stands_as_it_was() {
        let source =
            "let mut g: (/*soma: declared*/);\nlet h: (/*soma: declared*/);\nsoma_statement!{let (mut g, h);};\ng = 1;";
        let (left, _) = taken(source, &[], None);
        assert_eq!(texts(&left), [("                let (mut g, h);", 3), ("g = 1;", 4)]);
    }

    #[test]
    fn parts_of_an_item_are_replaced_and_the_rest_keeps_its_place() {
        let text = "fn é() { static N: u8 = 1; N }\n// end";
        let lines = |text: &str| {
            let lines = text.lines().enumerate();
            lines.map(|(at, text)| Line { text: text.to_owned(), origin: Origin::Evcxr(at + 1) }).collect()
        };
        let at = text.find("static").unwrap();
        let end = at + "static N: u8 = 1;".len();
        let splice = |range, new: &str| {
            let splices = [Splice { range, text: new.to_owned() }];
            splice(lines(&format!("  {text}")), text, 2, &splices).into_iter().map(|line| line.text).collect::<Vec<_>>()
        };
        assert_eq!(splice(at..at, "#[a]"), ["  fn é() { ", "#[a]", "           static N: u8 = 1; N }", "// end"]);
        assert_eq!(splice(at..end, "x"), ["  fn é() { ", "x", &format!("{} N }}", " ".repeat(28)), "// end"]);
        assert_eq!(splice(0..text.len(), "whole"), ["whole"]);
    }
}

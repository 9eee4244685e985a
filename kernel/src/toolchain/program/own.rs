//! The cell's own items, which the engine has hidden from evcxr among the statements (`soma_items!{fn f() {}};`):
//! taken out of there, each line with the place that evcxr knows it by.

use super::Line;
use crate::toolchain::notes::OwnItem;

/// Stands before an item of the cell.
pub const ITEMS_BEGIN: &str = "soma_items!{";
/// Stands after it.
pub const ITEMS_END: &str = "};";

/// Takes the items out of evcxr's lines: the lines that are left, and those of each item. evcxr begins a line for
/// every statement. An item's first line is indented to where it stands in evcxr's text, so that columns stay.
pub fn take(lines: Vec<Line>, own: &[OwnItem]) -> (Vec<Line>, Vec<Vec<Line>>) {
    let mut left = Vec::with_capacity(lines.len());
    let mut taken = Vec::with_capacity(own.len());
    let mut own = own.iter();
    let mut lines = lines.into_iter();
    while let Some(first) = lines.next() {
        let at = first.text.find(ITEMS_BEGIN);
        let Some((at, item)) = at.and_then(|at| Some((at, own.next()?))) else {
            left.push(first);
            continue;
        };
        let (before, mut last) = (&first.text[..at], first.clone());
        let mut taking: Vec<Line> = Vec::new();
        let mut end = 0;
        for (number, text) in item.text.lines().enumerate() {
            let indent = if number == 0 { before.chars().count() + ITEMS_BEGIN.len() } else { 0 };
            if number > 0 {
                let Some(next) = lines.next() else { break };
                last = next;
            }
            end = text.len() + if number == 0 { at + ITEMS_BEGIN.len() } else { 0 };
            taking.push(Line { text: format!("{}{text}", " ".repeat(indent)), origin: last.origin });
        }
        taken.push(taking);
        // A comment may stand before or after it.
        let after = last.text.get(end..).unwrap_or_default().trim_start_matches(ITEMS_END);
        for (text, origin) in [(before, first.origin), (after, last.origin)] {
            if !text.trim().is_empty() {
                left.push(Line { text: text.to_owned(), origin });
            }
        }
    }
    (left, taken)
}

#[cfg(test)]
mod tests {
    use super::super::Origin;
    use super::*;

    fn texts(lines: &[Line]) -> Vec<(&str, usize)> {
        let number = |line: &Line| match line.origin {
            Origin::Evcxr(number) => number,
            _ => 0,
        };
        lines.iter().map(|line| (line.text.as_str(), number(line))).collect()
    }

    #[test]
    fn items_are_taken_out_with_their_lines_and_columns() {
        let source = "let a = 1;\nsoma_items!{fn f() {\n    1\n}}; // one\n/* é */ soma_items!{struct S;};\n\nf()";
        let lines = source.lines().enumerate();
        let lines = lines.map(|(at, text)| Line { text: text.to_owned(), origin: Origin::Evcxr(at + 1) }).collect();
        let own = ["fn f() {\n    1\n}", "struct S;"];
        let own = own.map(|text| OwnItem { text: text.to_owned(), is_macro: false });
        let (left, taken) = take(lines, &own);
        assert_eq!(texts(&left), [("let a = 1;", 1), (" // one", 4), ("/* é */ ", 5), ("", 6), ("f()", 7)]);
        assert_eq!(texts(&taken[0]), [("            fn f() {", 2), ("    1", 3), ("}", 4)]);
        assert_eq!(texts(&taken[1]), [("                    struct S;", 5)]);
    }
}

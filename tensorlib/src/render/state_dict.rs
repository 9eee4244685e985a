//! The tensors of a model by name, as a table of what they are, not of their values.

use std::fmt::Write;

use super::Table;
use crate::io::StateDict;
use crate::picture::canvas::escape;

/// Of more tensors, those between the first and the last are left out.
const MOST: usize = 100;
const FIRST: usize = 70;
const LAST: usize = 20;

struct Row {
    name: String,
    shape: String,
    dtype: String,
}

pub(crate) fn state_dict(state: &StateDict) -> Table {
    let (first, last) = if state.len() > MOST { (FIRST, LAST) } else { (state.len(), 0) };
    let rows: Vec<Row> = state
        .iter()
        .enumerate()
        .filter(|(place, _)| *place < first || state.len() - place <= last)
        .map(|(_, (name, tensor))| Row {
            name: name.to_string(),
            shape: tensor.size().to_string(),
            dtype: tensor.dtype().to_string(),
        })
        .collect();
    let hidden = state.len() - rows.len();
    let heading = heading(state);
    Table { html: html(&heading, &rows, first, hidden), text: text(&heading, &rows, first, hidden) }
}

fn heading(state: &StateDict) -> String {
    let numbers: usize = state.values().map(|tensor| tensor.numel()).sum();
    let tensors = if state.len() == 1 { "tensor" } else { "tensors" };
    format!("StateDict of {} {tensors}, {} numbers", grouped(state.len()), grouped(numbers))
}

/// `1,234,567`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn text(heading: &str, rows: &[Row], first: usize, hidden: usize) -> String {
    let widest = |of: fn(&Row) -> &str| rows.iter().map(|row| of(row).chars().count()).max().unwrap_or(0);
    let (names, shapes) = (widest(|row| &row.name), widest(|row| &row.shape));
    let mut text = heading.to_string();
    for (place, Row { name, shape, dtype }) in rows.iter().enumerate() {
        if place == first {
            let _ = write!(text, "\n… {} more", grouped(hidden));
        }
        let _ = write!(text, "\n{name:<names$}  {shape:<shapes$}  {dtype}");
    }
    text
}

fn html(heading: &str, rows: &[Row], first: usize, hidden: usize) -> String {
    let mut html = format!(
        "<table>\n<caption align=\"left\" style=\"text-align:left;opacity:.8\">{heading}</caption>\n<tr><th scope=\"col\" \
         align=\"left\">name</th><th scope=\"col\" align=\"left\">shape</th><th scope=\"col\" align=\"left\">type</th></tr>\n"
    );
    for (place, Row { name, shape, dtype }) in rows.iter().enumerate() {
        if place == first {
            let _ = writeln!(html, "<tr><td colspan=\"3\">… {} more</td></tr>", grouped(hidden));
        }
        let name = escape(name);
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\" align=\"left\">{name}</th><td align=\"left\">{shape}</td><td align=\"left\">{dtype}</td></tr>"
        );
    }
    html.push_str("</table>\n");
    html
}

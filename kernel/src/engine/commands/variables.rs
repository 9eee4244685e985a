//! The session's variables and their types, as `:vars` and `:type` show them.

use soma_driver::variable_types::Types;

use crate::engine::sentence::sentence;
use crate::engine::type_names;
use crate::engine::value_summary::{ValueSummary, Values};
use soma_jupyter::api::{Failure, MimeBundle};

fn written(ty: Option<&str>) -> String {
    ty.map_or_else(|| "a type without a name: it lived in its own cell only".to_owned(), type_names::short)
}

/// The session's variables.
#[derive(Clone, Copy)]
pub struct Variables<'a> {
    /// Their types.
    pub types: &'a Types,
    /// Their values.
    pub values: &'a Values,
}

impl Default for Variables<'_> {
    fn default() -> Self {
        Variables { types: const { &Types::new() }, values: const { &Values::new() } }
    }
}

/// A column: its title, and its text for a variable.
type Column = (&'static str, fn(&str, Option<&str>, &ValueSummary) -> String);

const COLUMNS: [Column; 6] = [
    ("Variable", |name, _, _| name.to_owned()),
    ("Type", |_, ty, _| written(ty)),
    ("Shape", |_, _, held| held.shape.clone()),
    ("dtype", |_, _, held| held.dtype.clone()),
    ("Size", |_, _, held| held.size().unwrap_or_default()),
    ("Value", |_, _, held| held.value.clone()),
];

/// All variables, with the columns that are not empty.
pub fn table(variables: Variables) -> MimeBundle {
    if variables.types.is_empty() {
        return MimeBundle::from([("text/plain".to_owned(), "no variables yet".to_owned())]);
    }
    let nothing = ValueSummary::default();
    let rows: Vec<Vec<String>> = variables
        .types
        .iter()
        .map(|(name, ty)| {
            let held = variables.values.get(name).unwrap_or(&nothing);
            COLUMNS.iter().map(|(_, cell)| cell(name, ty.as_deref(), held)).collect()
        })
        .collect();
    let columns: Vec<usize> = (0..COLUMNS.len()).filter(|at| rows.iter().any(|row| !row[*at].is_empty())).collect();
    MimeBundle::from([
        ("text/plain".to_owned(), in_text(&rows, &columns)),
        ("text/html".to_owned(), in_html(&rows, &columns)),
    ])
}

fn in_text(rows: &[Vec<String>], columns: &[usize]) -> String {
    let titles: Vec<String> = COLUMNS.iter().map(|(title, _)| (*title).to_owned()).collect();
    let lines: Vec<&Vec<String>> = std::iter::once(&titles).chain(rows).collect();
    let width = |at: usize| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<(usize, usize)> = columns.iter().map(|at| (*at, width(*at))).collect();
    let line = |line: &&Vec<String>| {
        let cells: Vec<String> = widths.iter().map(|(at, width)| format!("{:width$}", line[*at])).collect();
        cells.join("  ").trim_end().to_owned()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn in_html(rows: &[Vec<String>], columns: &[usize]) -> String {
    const LEFT: &str = "style=\"text-align:left\"";
    let titles: String = columns.iter().map(|at| format!("<th scope=\"col\" {LEFT}>{}</th>", COLUMNS[*at].0)).collect();
    let cell = |row: &[String], at: usize| match (at, escape(&row[at])) {
        (0, name) => format!("<th scope=\"row\" {LEFT}>{name}</th>"),
        (_, text) if text.is_empty() => "<td></td>".to_owned(),
        (4, size) => format!("<td style=\"text-align:right\">{size}</td>"),
        (_, text) => format!("<td {LEFT}><code>{text}</code></td>"),
    };
    let row = |row: &Vec<String>| {
        let cells: String = columns.iter().map(|at| cell(row, *at)).collect();
        format!("<tr>{cells}</tr>")
    };
    let rows: String = rows.iter().map(row).collect();
    format!("<table><thead><tr>{titles}</tr></thead><tbody>{rows}</tbody></table>")
}

/// The type of one variable.
///
/// # Errors
/// When there is no such variable.
pub fn one_type(name: &str, variables: &Types) -> Result<MimeBundle, Failure> {
    match variables.get(name) {
        Some(ty) => Ok(MimeBundle::from([("text/plain".to_owned(), format!("{name}: {}", written(ty.as_deref())))])),
        None if name.is_empty() => {
            Err(sentence("CommandError", "`:type` needs a variable, as in `:type x`; `:vars` lists them"))
        }
        None => Err(sentence("NameError", &format!("there is no variable `{name}`; `:vars` lists them"))),
    }
}

/// A text as HTML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Types {
        [("v".to_owned(), Some("std::vec::Vec<std::string::String>".to_owned())), ("add".to_owned(), None)].into()
    }

    #[test]
    fn vars_lists_names_and_short_types() {
        let types = variables();
        let bundle = table(Variables { types: &types, ..Variables::default() });
        assert_eq!(
            bundle["text/plain"],
            "Variable  Type\nadd       a type without a name: it lived in its own cell only\nv         Vec<String>"
        );
        assert!(bundle["text/html"].contains("<code>Vec&lt;String&gt;</code>"));
        assert_eq!(table(Variables::default())["text/plain"], "no variables yet");
    }

    #[test]
    fn vars_tells_what_tensors_hold() {
        let types = Types::from([("z".to_owned(), Some("tensorlib::Tensor".to_owned()))]);
        let held =
            ValueSummary { shape: "[3, 2]".into(), dtype: "f32".into(), bytes: Some(24), value: "0., 1., …".into() };
        let values = Values::from([("z".to_owned(), held)]);
        let bundle = table(Variables { types: &types, values: &values });
        let [titles, row] = bundle["text/plain"].lines().collect::<Vec<_>>()[..] else { panic!("{bundle:?}") };
        assert_eq!(
            titles.split_whitespace().collect::<Vec<_>>(),
            ["Variable", "Type", "Shape", "dtype", "Size", "Value"]
        );
        assert_eq!(row, "z         Tensor  [3, 2]  f32    24 B  0., 1., …");
        assert!(bundle["text/html"].contains("<td style=\"text-align:right\">24 B</td>"), "{bundle:?}");
    }

    #[test]
    fn type_tells_one() {
        assert_eq!(one_type("v", &variables()).unwrap()["text/plain"], "v: Vec<String>");
        assert!(one_type("w", &variables()).unwrap_err().message.contains(":vars"));
    }
}

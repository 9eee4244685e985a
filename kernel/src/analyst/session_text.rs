//! The notebook as one Rust file: its items, and a function whose parameters are its variables and whose body is the
//! cell.

use ra_ap_syntax::{Edition, SyntaxKind};
use soma_driver::evcxr::program;

use super::question::Known;

/// A cell within the text of its session.
#[derive(Debug, PartialEq)]
pub struct SessionText {
    /// The whole text.
    pub text: String,
    /// Where the cell starts, in bytes.
    pub start: usize,
}

/// Writes the session's text around a cell.
pub fn compose(known: &Known, code: &str) -> SessionText {
    let mut text = known.items.join("\n");
    // The cell's `?` and `.await` need a function that allows them.
    text.push_str("\nasync fn soma_cell_run(");
    for (name, ty) in &known.variables {
        let raw = if SyntaxKind::from_keyword(name, Edition::Edition2024).is_some() { "r#" } else { "" };
        text.push_str(&format!(
            "{raw}{name}: {}, ",
            ty.as_deref().filter(|ty| !program::names_functions(ty)).unwrap_or("_")
        ));
    }
    text.push_str(") -> std::result::Result<(), std::boxed::Box<dyn std::error::Error>> {\n");
    let start = text.len();
    text.push_str(code);
    // A cell may end in the middle of a statement, or in a comment.
    text.push_str("\n;}\n");
    SessionText { text, start }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let variables = [("x", Some("tensorlib::Tensor")), ("match", Some("i32")), ("wide", None)];
        let variables = variables.map(|(name, ty)| (name.to_owned(), ty.map(str::to_owned)));
        Known { items: vec!["struct Größe;".to_owned(), "fn f() {}".to_owned()], variables: variables.into() }
    }

    #[test]
    fn items_come_first_and_variables_are_parameters() {
        let SessionText { text, start } = compose(&known(), "é.");
        let items = "struct Größe;\nfn f() {}\n";
        let parameters = "async fn soma_cell_run(r#match: i32, wide: _, x: tensorlib::Tensor, )";
        assert!(text.starts_with(&format!("{items}{parameters}")), "{text}");
        assert_eq!(&text[start..], "é.\n;}\n");
    }
}

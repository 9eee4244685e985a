//! The commands that Soma answers itself: evcxr would show the placeholders that stand for types.

use super::boundary::{Failure, MimeBundle};
use super::{failure, types};
use crate::toolchain::program::Types;

/// The answer to a cell that is one of these commands; `None` for any other cell.
pub fn answer(code: &str, variables: &Types) -> Option<Result<Option<MimeBundle>, Failure>> {
    let mut words = code.split_whitespace();
    match (words.next()?, words.next(), words.next()) {
        (":vars", None, _) => Some(Ok(Some(table(variables)))),
        (":type" | ":t", Some(name), None) => Some(one_type(name, variables)),
        _ => None,
    }
}

/// Whether a cell has a command by which evcxr starts the process that runs cells anew.
pub fn restarts(code: &str) -> bool {
    code.lines().any(|line| matches!(line.split_whitespace().next(), Some(":restart" | ":clear" | ":quit")))
}

/// Whether a cell has the command by which evcxr forgets all definitions.
pub fn forgets(code: &str) -> bool {
    code.lines().any(|line| line.split_whitespace().next() == Some(":clear"))
}

fn written(ty: Option<&str>) -> String {
    ty.map_or_else(|| "a type without a name: it lived in its own cell only".to_owned(), types::short)
}

fn table(variables: &Types) -> MimeBundle {
    if variables.is_empty() {
        return MimeBundle::from([("text/plain".to_owned(), "no variables yet".to_owned())]);
    }
    let width = variables.keys().map(|name| name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    let mut html = String::from(
        "<table><thead><tr><th scope=\"col\" style=\"text-align:left\">Variable</th>\
         <th scope=\"col\" style=\"text-align:left\">Type</th></tr></thead><tbody>",
    );
    for (name, ty) in variables {
        let ty = written(ty.as_deref());
        text.push_str(&format!("{name:width$}  {ty}\n"));
        html.push_str(&format!(
            "<tr><th scope=\"row\" style=\"text-align:left\">{}</th><td style=\"text-align:left\"><code>{}</code></td></tr>",
            escape(name),
            escape(&ty)
        ));
    }
    html.push_str("</tbody></table>");
    MimeBundle::from([("text/plain".to_owned(), text.trim_end().to_owned()), ("text/html".to_owned(), html)])
}

fn one_type(name: &str, variables: &Types) -> Result<Option<MimeBundle>, Failure> {
    match variables.get(name) {
        Some(ty) => {
            Ok(Some(MimeBundle::from([("text/plain".to_owned(), format!("{name}: {}", written(ty.as_deref())))])))
        }
        None => Err(failure::sentence("NameError", &format!("there is no variable `{name}`; `:vars` lists them"))),
    }
}

fn escape(text: &str) -> String {
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
        let bundle = answer(" :vars\n", &variables()).unwrap().unwrap().unwrap();
        assert_eq!(bundle["text/plain"], "add  a type without a name: it lived in its own cell only\nv    Vec<String>");
        assert!(bundle["text/html"].contains("<code>Vec&lt;String&gt;</code>"));
        let none = answer(":vars", &Types::new()).unwrap().unwrap().unwrap();
        assert_eq!(none["text/plain"], "no variables yet");
    }

    #[test]
    fn type_tells_one() {
        let bundle = answer(":type v", &variables()).unwrap().unwrap().unwrap();
        assert_eq!(bundle["text/plain"], "v: Vec<String>");
        assert!(answer(":type w", &variables()).unwrap().unwrap_err().message.contains(":vars"));
    }

    #[test]
    fn other_cells_are_evcxrs() {
        for code in ["", "v", ":help", ":vars now", ":dep a = \"1\""] {
            assert!(answer(code, &variables()).is_none());
        }
    }
}

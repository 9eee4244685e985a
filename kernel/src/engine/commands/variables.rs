//! The session's variables and their types, as `:vars` and `:type` tell them.

use crate::engine::boundary::{Failure, MimeBundle};
use crate::engine::{failure, types};
use crate::toolchain::program::Types;

fn written(ty: Option<&str>) -> String {
    ty.map_or_else(|| "a type without a name: it lived in its own cell only".to_owned(), types::short)
}

/// All variables.
pub fn table(variables: &Types) -> MimeBundle {
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

/// The type of one.
///
/// # Errors
/// When there is no such variable.
pub fn one_type(name: &str, variables: &Types) -> Result<MimeBundle, Failure> {
    match variables.get(name) {
        Some(ty) => Ok(MimeBundle::from([("text/plain".to_owned(), format!("{name}: {}", written(ty.as_deref())))])),
        None => Err(failure::sentence("NameError", &format!("there is no variable `{name}`; `:vars` lists them"))),
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
        let bundle = table(&variables());
        assert_eq!(bundle["text/plain"], "add  a type without a name: it lived in its own cell only\nv    Vec<String>");
        assert!(bundle["text/html"].contains("<code>Vec&lt;String&gt;</code>"));
        assert_eq!(table(&Types::new())["text/plain"], "no variables yet");
    }

    #[test]
    fn type_tells_one() {
        assert_eq!(one_type("v", &variables()).unwrap()["text/plain"], "v: Vec<String>");
        assert!(one_type("w", &variables()).unwrap_err().message.contains(":vars"));
    }
}

//! The text that evcxr has checked when it could not make out a variable's type: all items, and a function
//! that takes the session's variables as parameters and holds the cell's statements.

use super::entry::with_types;
use super::{Line, Types};

const WRAPPER: &str = "async fn evcxr_analysis_wrapper(";
const BODY: &str = ") -> Result<(), EvcxrUserCodeError> {";

/// Whether this is a text for analysis.
pub fn is_one(source: &str) -> bool {
    source.lines().any(|line| line == WRAPPER)
}

/// The same lines with types in place of the engine's placeholders: the session's for the parameters, `_` in
/// the statements. Variables whose types have no name are not passed.
pub fn rewrite(source: &str, types: &Types) -> Vec<Line> {
    let mut in_parameters = false;
    let mut lines = vec![];
    for (number, text) in source.lines().enumerate() {
        let origin = number + 1;
        in_parameters &= text != BODY;
        if in_parameters {
            let name = text.trim_start_matches("mut ").split(':').next().unwrap_or_default();
            let has_type = types.get(name.trim_start_matches("r#")).is_none_or(Option::is_some);
            lines.push(Line { text: if has_type { with_types(text, types) } else { String::new() }, origin });
        } else {
            lines.push(Line { text: with_types(text, &Types::new()), origin });
        }
        in_parameters |= text == WRAPPER;
    }
    if let Some(first) = lines.first_mut() {
        // On the first line, so that the others keep their numbers.
        first.text.push_str(" use ::soma_cell::show::{DebugFallback as _, Mark as _};");
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_have_the_sessions_types_and_statements_have_none() {
        let source = "#![allow(x)]\nasync fn evcxr_analysis_wrapper(\nmut v: soma_type!(v),\nc: soma_type!(c),\n\
                      ) -> Result<(), EvcxrUserCodeError> {\nlet v = 1;let v: soma_type!(v) = v;\nOk(())\n}";
        let types: Types = [("v".to_owned(), Some("std::vec::Vec<u8>".to_owned())), ("c".to_owned(), None)].into();
        assert!(is_one(source));
        let text: Vec<String> = rewrite(source, &types).into_iter().map(|line| line.text).collect();
        assert_eq!(text[2..6], ["mut v: std::vec::Vec<u8>,", "", BODY, "let v = 1;let v: _ = v;"]);
    }
}

//! The text that evcxr has checked when it could not infer a variable's type: all items, and a function that takes the
//! session's variables as parameters and holds the cell's statements.

use super::show::Show;
use super::variables::with_types;
use super::versions::Versions;
use super::{Line, Origin, Session, Types, layout, markers};

const WRAPPER: &str = "async fn evcxr_analysis_wrapper(";
const BODY: &str = ") -> Result<(), EvcxrUserCodeError> {";

/// Whether this is a text for analysis. The first of evcxr's functions decides, since a string in the cell may contain
/// lines that look like either.
pub fn is_one(source: &str) -> bool {
    let lines: Vec<&str> = source.lines().collect();
    let wrapper = lines.iter().position(|line| *line == WRAPPER);
    wrapper.is_some_and(|wrapper| layout::entry(&lines[..wrapper]).is_none())
}

/// The same lines with types in place of the engine's placeholders: the session's for the parameters, `_` in the
/// statements. Variables that the cell does not mention, or whose types have no name, are not passed. The items that it
/// needs follow.
pub fn rewrite(source: &str, session: &Session) -> Vec<Line> {
    let types = session.types;
    let (mut in_parameters, mut in_body) = (false, false);
    let mut lines = vec![];
    for (number, text) in source.lines().enumerate() {
        let origin = Origin::Evcxr(number + 1);
        in_body |= in_parameters && text == BODY;
        in_parameters &= !in_body;
        if in_parameters {
            let name = text.trim_start_matches("mut ").split(':').next().unwrap_or_default();
            if types.get(name.trim_start_matches("r#")).is_some_and(Option::is_some) {
                lines.push(Line { text: with_types(text, types), origin });
            }
        } else {
            lines.push(Line { text: with_types(text, &Types::new()), origin });
        }
        in_parameters |= text == WRAPPER && !in_body;
    }
    let (mut lines, own) = markers::take(lines, session.items, Show::Borrowed);
    lines.extend(super::items(own, session.items, &Versions::default()));
    lines.push(Line::new(super::show::import(&session.items.show)));
    lines
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::evcxr::program::{CellItems, EarlierItem, OwnItem};

    #[test]
    fn parameters_have_the_sessions_types_and_statements_have_none() {
        let source = "#![allow(x)]\nasync fn evcxr_analysis_wrapper(\nmut v: (/*type of v*/),\nc: (/*type of c*/),\n\
                      ) -> Result<(), EvcxrUserCodeError> {\nlet v = 1;let v: (/*type of v*/) = v;\nsoma_items!{fn f() {}};\nOk(())\n}";
        let types: Types = [("v".to_owned(), Some("std::vec::Vec<u8>".to_owned())), ("c".to_owned(), None)].into();
        let items = CellItems {
            own: vec![OwnItem { text: "fn f() {}".to_owned(), is_macro: false, defines: None, splices: vec![] }],
            earlier: vec![EarlierItem {
                text: "struct S;".to_owned(),
                is_macro: false,
                cell: 0,
                line: 1,
                column: 1,
                defines: None,
                splices: vec![],
            }],
            ..CellItems::default()
        };
        let (none, definitions) = (BTreeSet::new(), BTreeMap::new());
        let session = Session {
            versions: &Versions::default(),
            show: Show::Borrowed,
            cell_only: &BTreeMap::new(),
            types: &types,
            kept: &none,
            items: &items,
            words: &none,
            definitions: &definitions,
            linked: None,
        };
        assert!(is_one(source));
        let text: Vec<String> = rewrite(source, &session).into_iter().map(|line| line.text).collect();
        assert_eq!(text[2..5], ["mut v: std::vec::Vec<u8>,", BODY, "let v = 1;let v: _ = v;"]);
        assert_eq!(text[7..9], ["            fn f() {}", "struct S;"]);
    }

    #[test]
    fn a_statement_that_looks_like_evcxrs_functions_is_a_statement() {
        let cell = ["let s = \"", WRAPPER, "#[unsafe(no_mangle)]", "pub extern \"C\" fn run_user_code_9(", "\";"];
        let source = [&[WRAPPER, BODY][..], &cell, &["Ok(())", "}"]].concat().join("\n");
        let (none, items, definitions) = (BTreeSet::new(), CellItems::default(), BTreeMap::new());
        let session = Session {
            versions: &Versions::default(),
            show: Show::Borrowed,
            cell_only: &BTreeMap::new(),
            types: &Types::new(),
            kept: &none,
            items: &items,
            words: &none,
            definitions: &definitions,
            linked: None,
        };
        assert!(is_one(&source));
        let text: Vec<String> = rewrite(&source, &session).into_iter().map(|line| line.text).collect();
        assert_eq!(text[2..7], cell);
    }
}

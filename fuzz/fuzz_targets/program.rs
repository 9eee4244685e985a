//! The driver's rewriting of evcxr's text: of texts in evcxr's shape with the input as the cell, and of the input
//! itself. The part of the input before a line `----` is an earlier cell.

#![no_main]

use std::collections::{BTreeMap, BTreeSet};

use libfuzzer_sys::{Corpus, fuzz_target};
use soma_fuzz::engine::LONGEST_CELL;
use soma_fuzz::engine::items::{CellOf, Items, Statements};
use soma_fuzz::engine::prepare::{Earlier, Prepared, code_start, prepare_after};
use soma_driver::evcxr::program::{CellItems, ITEM, Origin, Program, STATEMENT, Session, Show, VALUE, Versions};
use soma_driver::variable_types::Types;

fuzz_target!(|input: &str| -> Corpus {
    if input.len() > LONGEST_CELL {
        return Corpus::Reject;
    }
    let (earlier, typed) = input.split_once("\n----\n").unwrap_or(("", input));
    let earlier = prepare_after(earlier, Earlier::default());
    let mut known = Items::default();
    known.learn(&CellOf { place: 0, id: None, items: &earlier.items });
    known.loaded(Vec::new());
    let cell = prepare_after(typed, Earlier { items: Some(&known), ..Earlier::default() });
    let own = CellOf { place: 1, id: None, items: &cell.items };
    let types = types_of(&earlier.defined);
    let statements = Statements { code: typed, types: &types, repeats: cell.repeats };
    let mut items = known.for_cell(&own, &cell.words, &statements, false);
    items.shown = cell.shown.as_ref().map(|span| typed[cell.source.bytes(span)].to_owned());

    // With any text.
    if let Ok(program) = read(input, &cell, &items, &earlier.defined) {
        every_line_has_an_origin(&program, input, &items);
    }

    let mut variables: Vec<&str> = earlier.defined.iter().map(String::as_str).collect();
    let source = evcxr_text(&cell, &variables);
    let program = read(&source, &cell, &items, &earlier.defined).expect("evcxr's shape is known");
    every_line_has_an_origin(&program, &source, &items);
    variables.reverse();
    let other = read(&evcxr_text(&cell, &variables), &cell, &items, &earlier.defined);
    let text = program.text();
    assert_eq!(other.expect("evcxr's shape is known").text(), text, "the order of evcxr's hash maps is gone");

    // A cell that contains names of the generated code may have its own markers taken for the engine's.
    if !["soma", "evcxr", "type of"].iter().any(|name| input.contains(name)) {
        let lines: BTreeSet<&str> = text.lines().map(str::trim).collect();
        // A splice replaces a part of an item by another text.
        let own = items.own.iter().filter(|item| item.splices.is_empty()).map(|item| &item.text);
        let pieces = own.chain(items.earlier.iter().filter(|item| item.splices.is_empty()).map(|item| &item.text));
        for line in pieces.chain(&items.shown).flat_map(|piece| piece.lines()) {
            assert!(lines.contains(line.trim()), "{line:?} of an item or of the value is not in:\n{text}");
        }
    }
    Corpus::Keep
});

/// A cell's text as evcxr writes it: each hidden part begins a line, as every statement does.
fn evcxr_text(cell: &Prepared, variables: &[&str]) -> String {
    let name = |variable: &&str| if is_keyword(variable) { format!("r#{variable}") } else { (*variable).to_owned() };
    let variables: Vec<String> = variables.iter().map(name).collect();
    let each = |line: &dyn Fn(&str) -> String| variables.iter().map(|name| line(name)).collect::<String>();
    let check =
        |x: &str| format!("vars_ok &= evcxr_variable_store.check_variable::<(/*type of {x}*/)>(stringify!({x}));\n");
    let take =
        |x: &str| format!("let mut {x} = evcxr_variable_store.take_variable::<(/*type of {x}*/)>(stringify!({x}));\n");
    let put = |x: &str| format!("evcxr_variable_store.put_variable::<(/*type of {x}*/)>(stringify!({x}), {x});\n");
    let code = &cell.text[code_start(&cell.text)..];
    let code = code
        .replace(ITEM, &format!("\n{ITEM}"))
        .replace(VALUE, &format!("\n{VALUE}"))
        .replace(STATEMENT, &format!("\n{STATEMENT}"));
    [
        "#![allow(unused_imports, unused_mut, dead_code)]\nmod evcxr_internal_runtime {\npub struct VariableStore;\n}\n\
         #[unsafe(no_mangle)]\npub extern \"C\" fn run_user_code_1(\n\
         mut evcxr_variable_store: *mut evcxr_internal_runtime::VariableStore)\n  \
         -> *mut evcxr_internal_runtime::VariableStore {\n\
         let evcxr_variable_store = unsafe {&mut *evcxr_variable_store};\n",
        &each(&check),
        &each(&take),
        &code,
        "\n",
        &each(&put),
        "evcxr_variable_store\n}",
    ]
    .concat()
}

fn is_keyword(name: &str) -> bool {
    ra_ap_syntax::SyntaxKind::from_keyword(name, ra_ap_syntax::Edition::Edition2024).is_some()
}

/// Types of variables.
fn types_of(defined: &BTreeSet<String>) -> Types {
    defined.iter().map(|name| (name.clone(), Some("std::vec::Vec<u8>".to_owned()))).collect()
}

fn read(
    source: &str,
    cell: &Prepared,
    items: &CellItems,
    defined: &BTreeSet<String>,
) -> Result<Program, soma_driver::evcxr::program::ChangedShape> {
    let types = types_of(defined);
    let definitions: BTreeMap<String, String> =
        items.definitions.iter().map(|(path, definition)| (path.clone(), definition.fingerprint.clone())).collect();
    let kept = BTreeSet::new();
    let session = Session {
        words: &cell.words,
        cell_only: &BTreeMap::new(),
        types: &types,
        kept: &kept,
        items,
        definitions: &definitions,
        versions: &Versions::default(),
        show: Show::Borrowed,
        linked: None,
    };
    Program::read(source, &session)
}

fn every_line_has_an_origin(program: &Program, source: &str, items: &CellItems) {
    let last = source.lines().count();
    if let Some(line) = program.question_mark {
        assert!((1..=last).contains(&line));
    }
    for line in 0..=program.text().lines().count() + 1 {
        match program.origin(line) {
            Origin::Generated => {}
            Origin::Evcxr(line) => assert!((1..=last).contains(&line)),
            Origin::Earlier { cell, line, .. } => assert!(items.earlier.iter().any(|item| {
                item.cell == cell && (item.line..item.line + item.text.lines().count()).contains(&line)
            })),
        }
    }
}

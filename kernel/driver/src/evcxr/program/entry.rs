//! The function that runs a cell: takes variables in, runs the user's statements, puts variables back.

use std::collections::BTreeMap;

use ra_ap_syntax::{Edition, SourceFile, SyntaxKind, SyntaxNode};

use super::layout::ChangedShape;
use super::markers::SHOW;
use super::variables::{Does, VariableLine, with_types};
use super::{Line, Origin, Session, Types, Unkept};

/// The name of every cell's function. evcxr numbers the functions; a number in the text would make each cell unique.
pub const ENTRY_SYMBOL: &str = "soma_cell_run";

/// The line with which evcxr reports that a cell has panicked.
const PANIC_NOTIFICATION: &str = "println!(\"EVCXR_PANIC_NOTIFICATION\");";

/// The line with which evcxr prints the error of a `?`.
const PRINT_ERROR: (&str, &str) = ("eprintln!(", ", error);");

/// The rewritten function.
pub struct Entry {
    body: Vec<Line>,
}

impl Entry {
    /// Rewrites evcxr's function: only the variables that the cell mentions, with the session's types.
    ///
    /// # Errors
    /// When evcxr catches panics in a way that this module does not know.
    pub fn rewrite(entry: &[Line], session: &Session) -> Result<Entry, ChangedShape> {
        let types = session.types;
        let is_mentioned = |name: &str| session.words.contains(name.trim_start_matches("r#"));
        // A variable without a type is not in the store: it could not be kept, or the process was restarted.
        let has_type = |name: &str| types.get(name.trim_start_matches("r#")).is_some_and(Option::is_some);
        let mut body: Vec<Line> = Vec::with_capacity(entry.len());
        let mut run: Vec<(Does, Line)> = Vec::new();
        body.extend(entry.first().map(|line| Line { text: signature(), origin: line.origin }));
        for line in entry.iter().skip(1) {
            let Some(variable) = VariableLine::read(&line.text) else {
                body.extend(sorted(std::mem::take(&mut run)));
                body.push(Line { text: rewrite_line(&line.text), origin: line.origin });
                continue;
            };
            let does = variable.does;
            if run.last().is_some_and(|(other, _)| *other != does) {
                body.extend(sorted(std::mem::take(&mut run)));
            }
            if !is_mentioned(variable.name) {
                continue;
            }
            match does {
                Does::Put => match session.cell_only.get(variable.name.trim_start_matches("r#")) {
                    Some(Unkept::Guards) => run.push((does, Line { text: variable.ended(), origin: line.origin })),
                    Some(Unkept::Borrows | Unkept::Unassigned) => {}
                    // The cell may have given the variable another type.
                    None => run.push((does, Line { text: variable.with_inferred_type(), origin: line.origin })),
                },
                Does::Check | Does::Take if has_type(variable.name) => {
                    run.push((
                        does,
                        Line { text: variable.with_stored_type(types, session.kept), origin: line.origin },
                    ));
                }
                Does::Check | Does::Take => {}
            }
        }
        body.extend(sorted(run));
        hand_on_payload(&mut body)?;
        let_awaits_be_interrupted(&mut body)?;
        Ok(Entry { body })
    }

    /// The function's lines, with the fingerprints of the types that it was compiled with.
    pub fn lines(self, definitions: &BTreeMap<String, String>) -> Vec<Line> {
        let mut lines = vec![Line::new("#[unsafe(no_mangle)]")];
        for line in self.body {
            let is_store = line.text.starts_with("let evcxr_variable_store = unsafe");
            lines.push(line);
            if is_store && !definitions.is_empty() {
                let table: Vec<_> =
                    definitions.iter().map(|(path, digest)| format!("({path:?}, {digest:?})")).collect();
                lines.push(Line::new(format!("evcxr_variable_store.define(&[{}]);", table.join(", "))));
            }
        }
        lines
    }
}

/// Lines for variables in a fixed order: evcxr's order is that of a hash map.
fn sorted(mut run: Vec<(Does, Line)>) -> impl Iterator<Item = Line> {
    run.sort_by(|(_, a), (_, b)| a.text.cmp(&b.text));
    run.into_iter().map(|(_, line)| line)
}

/// The function's first line.
fn signature() -> String {
    format!("pub extern \"C\" fn {ENTRY_SYMBOL}(")
}

fn rewrite_line(text: &str) -> String {
    match text.trim() {
        ").evcxr_display();" => SHOW.to_owned(),
        _ => with_types(text, &Types::new()),
    }
}

/// Where evcxr would print that the cell has panicked, passes the panic's payload to the store's library. evcxr catches
/// panics in one of two ways.
fn hand_on_payload(body: &mut [Line]) -> Result<(), ChangedShape> {
    let Some(at) = body.iter().rposition(|line| line.text.trim() == PANIC_NOTIFICATION) else { return Ok(()) };
    let missing = ChangedShape { landmark: "what is done when a cell panics" };
    match body.get(at.wrapping_sub(1)).map(|line| line.text.trim()) {
        Some("Err(_) => {") => body[at - 1].text = "  Err(soma_payload) => {".to_owned(),
        Some("}).is_err() {") => {
            // The first such line is evcxr's: the user's code comes after it.
            let catch = body.iter_mut().find(|line| line.text == "if std::panic::catch_unwind(||{");
            catch.ok_or(missing)?.text = "if let Err(soma_payload) = std::panic::catch_unwind(||{".to_owned();
            body[at - 1].text = "}) {".to_owned();
        }
        _ => return Err(missing),
    }
    body[at].text = "    ::soma_cell::report::panicked(&*soma_payload);".to_owned();
    Ok(())
}

/// evcxr runs a cell that has an `.await` in a separate block, on a runtime. An interrupt of the cell must wake that
/// block.
fn let_awaits_be_interrupted(body: &mut [Line]) -> Result<(), ChangedShape> {
    let Some(begin) = body.iter().position(|line| line.text.trim() == ".block_on(async {") else { return Ok(()) };
    // The last such line is evcxr's: the user's code comes before it.
    let end = body.iter().rposition(|line| line.text.trim() == "});").filter(|end| *end > begin);
    let end = end.ok_or(ChangedShape { landmark: "the end of a cell that awaits" })?;
    body[begin].text = ".block_on(::soma_cell::awaits::until_interrupted(async {".to_owned();
    body[end].text = "}));".to_owned();
    Ok(())
}

/// The first line with a `?` operator outside nested functions.
pub fn question_mark(entry: &[Line]) -> Option<usize> {
    if !entry.iter().any(|line| line.text.contains('?')) {
        return None;
    }
    let text: String = entry.iter().flat_map(|line| [&*line.text, "\n"]).collect();
    let parsed = SourceFile::parse(&text, Edition::Edition2024);
    let in_function = |node: &SyntaxNode| node.ancestors().filter(|outer| outer.kind() == SyntaxKind::FN).count();
    let mut operators = parsed.syntax_node().descendants().filter(|node| node.kind() == SyntaxKind::TRY_EXPR);
    let operator = operators.find(|node| in_function(node) == 1)?;
    let end = usize::from(operator.text_range().end());
    match entry[text[..end].matches('\n').count()].origin {
        Origin::Evcxr(line) => Some(line),
        _ => None,
    }
}

/// A line of evcxr's error type, which then reports the error to the kernel instead of printing it.
pub fn question_mark_line(line: &Line) -> Line {
    let (begin, end) = PRINT_ERROR;
    let printed = line.text.trim().strip_prefix(begin).and_then(|text| text.strip_suffix(end));
    let text = if let Some(format) = printed {
        format!("::soma_cell::report::question_mark(&format!({format}, error));")
    } else if line.text.contains("evcxr_internal_runtime::USER_ERROR_OCCURRED") {
        String::new()
    } else {
        line.text.clone()
    };
    Line { text, origin: line.origin }
}

//! The function that runs a cell: variables in, the person's statements, variables out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use ra_ap_syntax::{Edition, SourceFile, SyntaxKind, SyntaxNode};
use regex::Regex;

use super::layout::Layout;
use super::{Line, Types, words};

/// The name of every cell's function. evcxr numbers them; a number in the text would make each cell unique.
pub const ENTRY_SYMBOL: &str = "soma_cell_run";

/// Shows the value of the last expression, marked as the cell's result.
const SHOW: &str = ").soma_result().evcxr_display();";

/// The type that the engine writes for a variable: `soma_type!(x)`. In the cell that defines `x` it means
/// `_`; where later cells take `x` out of the store it means the type that the store reported.
static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| pattern(r"soma_type!\((?:r#)?(\w+)\)"));
static CHECK: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^vars_ok &= evcxr_variable_store\.check_variable::<(.*)>\(stringify!\((.+)\)\);$"));
static TAKE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^let (mut )?(\S+) = evcxr_variable_store\.take_variable::<(.*)>\(stringify!\((.+)\)\);$")
});
static PUT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^evcxr_variable_store\.put_variable::<(.*)>\(stringify!\((.+)\), (.+)\);$"));
static PRINT_ERROR: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*eprintln!\((.*), error\);$"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a literal")
}

/// The rewritten function.
pub struct Entry {
    body: Vec<Line>,
    /// Every name that the cell can mean.
    pub words: BTreeSet<String>,
}

impl Entry {
    /// Rewrites evcxr's function: only the variables that the cell mentions, with the types of the session.
    pub fn rewrite(layout: &Layout, types: &Types) -> Entry {
        let mentioned: BTreeSet<&str> = layout
            .entry
            .iter()
            .filter(|line| !is_generated(&line.text))
            .flat_map(|line| words::words(&line.text))
            .collect();
        let is_mentioned = |name: &str| mentioned.contains(name.trim_start_matches("r#"));
        // A variable without a type is not in the store: it could not be kept, or the process was restarted.
        let has_type = |name: &str| types.get(name).is_some_and(Option::is_some);
        let kept = |name: &str| is_mentioned(name) && has_type(name.trim_start_matches("r#"));
        let mut body = Vec::with_capacity(layout.entry.len());
        for line in &layout.entry {
            body.extend(rewrite_line(line, types, &is_mentioned, &kept));
        }
        show_once(&mut body);
        sort_runs(&mut body);
        let words = body.iter().flat_map(|line| words::words(&line.text)).map(str::to_owned).collect();
        Entry { body, words }
    }

    /// The function's lines, with the fingerprints of the types it was compiled with.
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

/// Whether evcxr wrote this line for a variable (and not the person).
fn is_generated(line: &str) -> bool {
    CHECK.is_match(line) || TAKE.is_match(line) || PUT.is_match(line)
}

fn rewrite_line(
    line: &Line,
    types: &Types,
    mentioned: &dyn Fn(&str) -> bool,
    kept: &dyn Fn(&str) -> bool,
) -> Option<Line> {
    let text = &line.text;
    let with = |text: String| Some(Line { text, origin: line.origin });
    // The type for a variable that comes out of the store.
    let stored = |written: &str| with_types(written, types);
    if text.starts_with("pub extern \"C\" fn run_user_code_") {
        return with(format!("pub extern \"C\" fn {ENTRY_SYMBOL}("));
    }
    if let Some(found) = CHECK.captures(text) {
        let (ty, name) = (stored(&found[1]), &found[2]);
        return kept(name).then(|| Line {
            text: format!("vars_ok &= evcxr_variable_store.check_variable::<{ty}>(stringify!({name}));"),
            origin: line.origin,
        });
    }
    if let Some(found) = TAKE.captures(text) {
        let (mutable, name, ty) = (found.get(1).map_or("", |m| m.as_str()), &found[2], stored(&found[3]));
        return kept(name).then(|| Line {
            text: format!("let {mutable}{name} = evcxr_variable_store.take_variable::<{ty}>(stringify!({name}));"),
            origin: line.origin,
        });
    }
    if let Some(found) = PUT.captures(text) {
        // Whatever it was before, the cell may have given it another type.
        let name = &found[2];
        return mentioned(name).then(|| Line {
            text: format!("evcxr_variable_store.put_variable::<_>(stringify!({name}), {});", &found[3]),
            origin: line.origin,
        });
    }
    match text.trim() {
        "println!(\"EVCXR_PANIC_NOTIFICATION\");" => with("    ::soma_cell::report::panicked();".to_owned()),
        ").evcxr_display();" => with(SHOW.to_owned()),
        _ => with(PLACEHOLDER.replace_all(text, "_").into_owned()),
    }
}

/// A text with these types in place of the engine's placeholders, and `_` where there is none.
pub fn with_types(text: &str, types: &Types) -> String {
    PLACEHOLDER
        .replace_all(text, |found: &regex::Captures| {
            types.get(&found[1]).cloned().flatten().unwrap_or_else(|| "_".to_owned())
        })
        .into_owned()
}

/// evcxr's second way of showing the value, which it tries when the first does not compile or a variable was
/// moved, is made the first way again: the value's own display must not depend on that.
fn show_once(lines: &mut [Line]) {
    const BEGIN: &str = "evcxr_send_text_plain(&format!(\"{:?}\",&(";
    let Some(begin) = lines.iter().rposition(|line| line.text == BEGIN) else { return };
    let Some(end) = lines.iter().rposition(|line| line.text.trim() == ")));").filter(|end| *end > begin) else {
        return;
    };
    lines[begin].text = "(".to_owned();
    lines[end].text = SHOW.to_owned();
}

/// Puts each run of variable lines in a fixed order: evcxr's comes from a hash map.
fn sort_runs(lines: &mut [Line]) {
    for matches in [&*CHECK, &*TAKE, &*PUT] {
        let mut start = 0;
        while start < lines.len() {
            let length = lines[start..].iter().take_while(|line| matches.is_match(&line.text)).count();
            lines[start..start + length].sort_by(|a, b| a.text.cmp(&b.text));
            start += length + 1;
        }
    }
}

/// The first line with a `?` operator, those in functions inside the function aside.
pub fn question_mark(entry: &[Line]) -> Option<usize> {
    let text: String = entry.iter().flat_map(|line| [&*line.text, "\n"]).collect();
    let parsed = SourceFile::parse(&text, Edition::Edition2024);
    let in_function = |node: &SyntaxNode| node.ancestors().filter(|outer| outer.kind() == SyntaxKind::FN).count();
    let mut operators = parsed.syntax_node().descendants().filter(|node| node.kind() == SyntaxKind::TRY_EXPR);
    let operator = operators.find(|node| in_function(node) == 1)?;
    let end = usize::from(operator.text_range().end());
    Some(entry[text[..end].matches('\n').count()].origin)
}

/// A line of evcxr's error type, reporting the error to the kernel instead of printing it.
pub fn question_mark_line(line: &Line) -> Line {
    let text = if let Some(found) = PRINT_ERROR.captures(&line.text) {
        format!("::soma_cell::report::question_mark(&format!({}, error));", &found[1])
    } else if line.text.contains("evcxr_internal_runtime::USER_ERROR_OCCURRED") {
        String::new()
    } else {
        line.text.clone()
    };
    Line { text, origin: line.origin }
}

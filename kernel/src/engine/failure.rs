//! Errors in terms of the notebook: the cell's own lines, `In [n]`, columns as typed.

use std::collections::BTreeSet;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Snippet};
use soma_driver::diagnostic::{Diagnostic, DiagnosticExt, DiagnosticSpan};
use soma_driver::evcxr::messages::{borrowing_variable, names_generated_code, type_without_debug, with_users_paths};
use soma_driver::session_dir;
use soma_driver::toolchain::{cell_libs, messages};

use super::advice;
use super::colours::RENDERER;
use super::nesting::Excess;
use super::past_cell::PastCell;
use super::positions::{Place, Source};
use super::syntax::Mistake;
use super::teacher::problem::{self, Problem};
use crate::context::CompileError;
use soma_jupyter::api::Failure;

/// The compiler's errors for a cell, both for display and for the teacher.
pub fn compilation(errors: &[CompileError], session: &[PastCell]) -> (Failure, Vec<Problem>) {
    let Some(PastCell { count, prepared }) = session.last() else { return Default::default() };
    let mut problems = Vec::new();
    let mut traceback: Vec<String> = Vec::new();
    let mut first = None;
    let mut seen = BTreeSet::new();
    let mut said = BTreeSet::new();
    for error in errors {
        let mut report = CompilerReport::new(error);
        if let Some(shown) = &prepared.shown {
            report.about_the_value(&error.diagnostic, shown);
        }
        report.about_the_end(&prepared.source);
        report.about_line(&prepared.source);
        problems.push(report.problem(&error.diagnostic, &prepared.source));
        if let Some(shown) = &prepared.shown {
            report.about_showing(shown);
        }
        // evcxr compiles in several rounds, which may find the same error.
        if seen.insert(report.render_error(&prepared.source, *count, session)) {
            // Once for all errors to which it applies.
            report.notes.retain(|note| said.insert(note.clone()));
            traceback.push(report.render_error(&prepared.source, *count, session));
        }
        first.get_or_insert((report.code, report.message));
    }
    (Failure { traceback, ..headline(first) }, problems)
}

/// A failure with the name and message of the compiler's first error.
fn headline(first: Option<(String, String)>) -> Failure {
    let (code, message) = first.unwrap_or_default();
    let name = if code.is_empty() { "CompileError".to_owned() } else { code };
    Failure { name, message, traceback: Vec::new() }
}

/// The errors of rustc's parser about the last cell of the session, which rustc got as typed after `before` characters.
pub fn syntax(errors: &[Diagnostic], session: &[PastCell], before: usize) -> (Failure, Vec<Problem>) {
    let Some(PastCell { prepared, .. }) = session.last() else { return Default::default() };
    let mut problems = Vec::new();
    let source = &prepared.source;
    let text = source.text.trim_end();
    let last = text.char_indices().next_back().map_or(0, |(at, _)| at);
    let end = Source::place(&source.text, last);
    let lines = source.text.lines().count();
    let place = |line, column: usize| match line {
        // The brace that closes the function around the cell.
        line if line > lines => Some((session.len() - 1, end)),
        1 => Some((session.len() - 1, Place { line, column: column.saturating_sub(before).max(1) })),
        line => Some((session.len() - 1, Place { line, column })),
    };
    let mut traceback: Vec<String> = Vec::new();
    let mut first = None;
    for error in errors {
        let mut report = CompilerReport::of_message(error, "typed.rs", &place);
        if error.spans.iter().any(|span| span.is_primary && span.line_start > lines) {
            report.ends_too_early();
        }
        report.code = error.code().to_owned();
        report.about_line(source);
        problems.push(report.problem_as_typed(error, source, before));
        let rendered = report.render(Level::ERROR, session);
        if !traceback.contains(&rendered) {
            traceback.push(rendered);
        }
        first.get_or_insert((report.code, report.message));
    }
    (Failure { traceback, ..headline(first) }, problems)
}

/// A mistake in the tokens of a cell.
pub fn mistake(mistake: Mistake, source: &str, count: usize) -> Failure {
    let title = Level::ERROR.primary_title(&mistake.message).element(
        Snippet::source(source)
            .path(format!("In [{count}]"))
            .annotation(AnnotationKind::Primary.span(mistake.at).label(mistake.label)),
    );
    let traceback = vec![RENDERER.render(&[title])];
    Failure { name: "CompileError".into(), message: mistake.message.clone(), traceback }
}

/// The compiler's warnings, one message each. `place` maps a line and column of the compiled program to a cell of the
/// session and a place in it.
pub fn warnings(
    messages: &[Diagnostic],
    session: &[PastCell],
    place: impl Fn(usize, usize) -> Option<(usize, Place)>,
) -> String {
    let mut rendered: Vec<String> = Vec::new();
    for message in messages {
        let report = CompilerReport::of_warning(message, session, &place);
        let text = report.render(Level::WARNING, session);
        // A warning without a place in a cell is about generated code.
        if !report.earlier.is_empty() && !rendered.contains(&text) {
            rendered.push(text);
        }
    }
    rendered.into_iter().map(|text| text + "\n").collect()
}

/// One message of the compiler in plain data.
struct CompilerReport {
    code: String,
    message: String,
    labels: Vec<(Range<Place>, String, bool)>,
    /// Labels in earlier cells; each begins with the cell's position in the session.
    earlier: Vec<(usize, Range<Place>, String, bool)>,
    notes: Vec<String>,
}

impl CompilerReport {
    fn new(error: &CompileError) -> CompilerReport {
        let message = borrowed(&error.message).unwrap_or_else(|| with_users_paths(&error.message));
        let place = |(line, column)| Place { line, column };
        let labels = error
            .labels
            .iter()
            .map(|said| (place(said.start)..place(said.end), label(&said.text, &error.message), said.is_primary))
            .collect();
        let notes = advice::notes(&error.diagnostic).iter().map(|note| with_users_paths(note)).collect();
        let earlier = earlier(error);
        let mut report = CompilerReport { message, code: error.code.clone(), labels, earlier, notes };
        report.name_what_will_fail(&error.diagnostic);
        report
    }

    /// Moves an error to the end of the cell where rustc points at the brace that closes the function around it.
    fn ends_too_early(&mut self) {
        for what in ["`}`", "`Ok`"] {
            self.message = self.message.replace(&format!("found {what}"), "found the end of the cell");
        }
        if self.message.contains("closing delimiter") || self.message.contains("unclosed delimiter") {
            self.message = "a bracket is opened and not closed".to_owned();
        }
        for (_, _, label, is_primary) in &mut self.earlier {
            if *is_primary {
                *label = "the cell ends here".to_owned();
            }
        }
    }

    fn of_warning(
        message: &Diagnostic,
        session: &[PastCell],
        place: &impl Fn(usize, usize) -> Option<(usize, Place)>,
    ) -> CompilerReport {
        let mut report = CompilerReport::of_message(message, session_dir::SOURCE, place);
        let hides_the_value = report.earlier.iter().any(|(cell, span, _, is_primary)| {
            let text = &session[*cell].prepared.source.text;
            *is_primary && text[session[*cell].prepared.source.bytes(span).end..].trim() == ";"
        });
        if message.code() == "unused_must_use" && hides_the_value {
            report.notes.push("leave out the `;` at the end of the cell to see the value".to_owned());
        }
        report
    }

    fn of_message(
        message: &Diagnostic,
        file: &str,
        place: &impl Fn(usize, usize) -> Option<(usize, Place)>,
    ) -> CompilerReport {
        let text = &message.message;
        let read = |span: &DiagnosticSpan| {
            let (cell, start) = place(span.line_start, span.column_start)?;
            // The end may be one past the last character of its line, and so of the cell.
            let (end_cell, end) = place(span.line_end, span.column_end.saturating_sub(1).max(1))?;
            let end = Place { column: end.column + 1, ..end };
            let label = label(span.label.as_deref().unwrap_or_default(), text);
            (cell == end_cell).then_some((cell, start..end, label, span.is_primary))
        };
        let spans = message.spans.iter().filter(|span| span.file_name.ends_with(file));
        let earlier = spans.filter_map(read).collect();
        let notes = advice::notes(message).iter().map(|note| with_users_paths(note)).collect();
        CompilerReport { code: String::new(), message: with_users_paths(text), labels: Vec::new(), earlier, notes }
    }

    /// For code that will panic when it runs, says so in the message, with the reason.
    fn name_what_will_fail(&mut self, said: &Diagnostic) {
        let what = said.primary().and_then(|span| span.label.as_deref()).filter(|label| !label.is_empty());
        if self.code == "unconditional_panic"
            && let Some(what) = what
        {
            self.message = format!("this will fail when it runs: {what}");
        }
    }

    /// Moves an error about the shown value from the code that shows it to the value.
    fn about_the_value(&mut self, said: &Diagnostic, shown: &Range<Place>) {
        let is_nowhere = self.labels.is_empty() && self.earlier.is_empty();
        let Some(primary) = said.primary().filter(|_| is_nowhere) else { return };
        if primary.file_name == messages::GENERATED && !self.code.is_empty() {
            let label = label(primary.label.as_deref().unwrap_or_default(), &self.message);
            self.labels = vec![(shown.clone(), label, true)];
        }
    }

    /// The error in the form that the teacher uses.
    fn problem(&self, said: &Diagnostic, source: &Source) -> Problem {
        let bytes = |span: &Range<Place>| source.bytes(&source.as_typed(span.clone()));
        let labels = self.labels.iter().map(|(span, label, is_primary)| (bytes(span), label.clone(), *is_primary));
        let primary = labels.clone().find(|(.., is_primary)| *is_primary);
        let at = primary.as_ref().map_or(0..0, |(at, ..)| at.clone());
        let defined = problem::defined_in(said);
        Problem {
            code: self.code.clone(),
            message: self.message.clone(),
            label: primary.map(|(_, label, _)| label).unwrap_or_default(),
            others: labels.filter(|(.., is_primary)| !is_primary).map(|(at, label, _)| (at, label)).collect(),
            suggestions: problem::suggestions(said, |span| problem::by_its_line(&source.text, at.start, span)),
            defined_in: defined.as_ref().map(|(file, _)| file.clone()),
            signature: defined.and_then(|(file, line)| problem::signature(cell_libs::source(&file)?, line)),
            at,
        }
    }

    /// The same for an error in the cell as typed, whose first line has `before` characters before it.
    fn problem_as_typed(&self, said: &Diagnostic, source: &Source, before: usize) -> Problem {
        let labels =
            self.earlier.iter().map(|(_, span, label, is_primary)| (source.bytes(span), label.clone(), *is_primary));
        let primary = labels.clone().find(|(.., is_primary)| *is_primary);
        let place = |span: &DiagnosticSpan| {
            let place = |line, column: usize| {
                Some(Place { line, column: if line == 1 { column.checked_sub(before)? } else { column } })
            };
            Some(source.bytes(&(place(span.line_start, span.column_start)?..place(span.line_end, span.column_end)?)))
        };
        Problem {
            code: self.code.clone(),
            message: self.message.clone(),
            at: primary.as_ref().map_or(0..0, |(at, ..)| at.clone()),
            label: primary.map(|(_, label, _)| label).unwrap_or_default(),
            others: labels.filter(|(.., is_primary)| !is_primary).map(|(at, label, _)| (at, label)).collect(),
            suggestions: problem::suggestions(said, place),
            defined_in: None,
            signature: None,
        }
    }

    /// Moves an error at the end of a cell there: rustc notices it in the generated code that follows.
    fn about_the_end(&mut self, source: &Source) {
        if self.code.is_empty() && self.labels.is_empty() && self.earlier.is_empty() {
            let text = source.text.trim_end();
            let last = text.char_indices().next_back().map_or(0, |(at, _)| at);
            let span = Source::place(&source.text, last)..Source::place(&source.text, text.len());
            self.labels = vec![(span, "the cell ends here".to_owned(), true)];
        }
    }

    /// Adds hints that the compiler does not give: `# …` is not a comment in Rust, and commands come first.
    fn about_line(&mut self, source: &Source) {
        let own = self.labels.iter().map(|(span, _, is_primary)| (span, is_primary));
        let shown = self.earlier.iter().map(|(_, span, _, is_primary)| (span, is_primary));
        let primary = own.chain(shown).find(|(_, is_primary)| **is_primary);
        let line = primary.and_then(|(span, _)| source.text.lines().nth(span.start.line - 1));
        if self.code.is_empty() && self.message.starts_with("expected ") {
            let advice = line.and_then(advice::about_line).map(str::to_owned);
            self.notes.extend(advice);
        }
    }

    /// Moves the error that the cell's value cannot be shown from the generated code to the value.
    fn about_showing(&mut self, shown: &Range<Place>) {
        let Some(ty) = type_without_debug(&self.code, &self.message).map(str::to_owned) else { return };
        self.code = "E0277".to_owned();
        self.message = format!("a value of type `{ty}` cannot be shown: the type does not implement `Debug`");
        self.labels = vec![(shown.clone(), "the cell shows this value".to_owned(), true)];
        self.notes = vec![format!(
            "put `#[derive(Debug)]` above the definition of `{ty}`, or end the cell with `;` to show nothing"
        )];
    }

    /// Renders it as an error in the cell that was compiled last.
    fn render_error(&self, source: &Source, count: usize, session: &[PastCell]) -> String {
        let path = format!("In [{count}]");
        let mut seen = Vec::new();
        let annotations: Vec<_> = self
            .labels
            .iter()
            .filter_map(|(span, label, primary)| {
                let span = source.bytes(&source.as_typed(span.clone()));
                // evcxr's rounds may report the same place several times.
                (!seen.contains(&(span.clone(), label))).then(|| {
                    seen.push((span.clone(), label));
                    annotation(span, label, *primary)
                })
            })
            .collect();
        let own = Snippet::source(source.text.as_str()).path(path).annotations(annotations);
        let group = self.title(Level::ERROR);
        self.finish(if seen.is_empty() { group } else { group.element(own) }, session)
    }

    /// Renders it as a message about cells of the session.
    fn render(&self, level: Level<'static>, session: &[PastCell]) -> String {
        self.finish(self.title(level), session)
    }

    fn title<'a>(&'a self, level: Level<'a>) -> Group<'a> {
        let title = level.primary_title(&self.message);
        Group::with_title(if self.code.is_empty() { title } else { title.id(&self.code) })
    }

    /// Adds the labels in earlier cells, and the notes.
    fn finish<'a>(&'a self, mut group: Group<'a>, session: &'a [PastCell]) -> String {
        let cells: BTreeSet<usize> = self.earlier.iter().map(|(cell, ..)| *cell).collect();
        for (at, cell) in cells.into_iter().filter_map(|at| Some((at, session.get(at)?))) {
            let source = &cell.prepared.source;
            let labels = self.earlier.iter().filter(|(of, ..)| *of == at);
            let annotations = labels.map(|(_, span, label, primary)| annotation(source.bytes(span), label, *primary));
            let path = format!("In [{}]", cell.count);
            group = group.element(Snippet::source(source.text.as_str()).path(path).annotations(annotations));
        }
        for note in &self.notes {
            group = group.element(Level::HELP.message(note.as_str()));
        }
        RENDERER.render(&[group])
    }
}

fn annotation(span: Range<usize>, label: &str, is_primary: bool) -> Annotation<'_> {
    let kind = if is_primary { AnnotationKind::Primary } else { AnnotationKind::Context };
    kind.span(span).label(label)
}

/// The labels in earlier cells, which evcxr does not know.
fn earlier(error: &CompileError) -> Vec<(usize, Range<Place>, String, bool)> {
    let read = |span: &DiagnosticSpan| {
        let cell = messages::earlier_cell_in(&span.file_name)?;
        let start = Place { line: span.line_start, column: span.column_start };
        let end = Place { line: span.line_end, column: span.column_end };
        let text = label(span.label.as_deref().unwrap_or_default(), &error.message);
        Some((cell, start..end, text, span.is_primary))
    };
    error.diagnostic.spans.iter().filter_map(read).collect()
}

/// The text of a label; empty if it would repeat the message or name generated code.
fn label(label: &str, message: &str) -> String {
    let text = label.strip_prefix("error: ").unwrap_or(label);
    if text == message || names_generated_code(text) { String::new() } else { with_users_paths(text) }
}

/// The places of errors in earlier cells: the cell's position in the session, and the line.
pub fn in_earlier_cells(errors: &[CompileError]) -> Vec<(usize, usize)> {
    let primary = errors.iter().flat_map(earlier).filter(|(.., is_primary)| *is_primary);
    primary.map(|(cell, span, ..)| (cell, span.start.line)).collect()
}

/// evcxr's error about a variable that borrows, reworded for learners.
fn borrowed(message: &str) -> Option<String> {
    let name = borrowing_variable(message)?;
    Some(format!(
        "`{name}` borrows from another variable, so it cannot be kept for later cells: \
         make it own its value (`.clone()`, `.cloned()`, `.to_owned()`), or use it in this cell only, inside `{{ … }}`"
    ))
}

/// A panic of a cell or a thread (`kind`), with its place if that is known, and the calls that led there.
pub fn panic(kind: &str, message: &str, place: Option<(&Source, usize, Range<Place>)>, way: &str) -> Failure {
    let headline = message.lines().next().unwrap_or_default().to_owned();
    let title = Level::ERROR.with_name(Some(kind)).primary_title(message);
    let group = match &place {
        Some((source, count, span)) => title.element(
            Snippet::source(source.text.as_str())
                .path(format!("In [{count}]"))
                .annotation(AnnotationKind::Primary.span(source.bytes(span)).label("stopped here")),
        ),
        None => Group::with_title(title),
    };
    let group = if way.is_empty() { group } else { group.element(Level::NOTE.message(way)) };
    Failure { name: "Panic".into(), message: headline, traceback: vec![RENDERER.render(&[group])] }
}

/// Code that is nested too deep to be parsed, from a byte of the cell on.
pub fn too_deep(excess: Excess, source: &str, at: usize, count: usize) -> Failure {
    let (message, label) = match excess {
        Excess::Brackets => {
            ("brackets are nested too deep for the compiler: keep to 250 inside one another", "one more")
        }
        Excess::Links => {
            ("a chain of operators, calls or keywords is too long for the compiler: keep it below 1,000", "one more")
        }
    };
    let end = at + source[at..].chars().next().map_or(0, char::len_utf8);
    let group = Level::ERROR.primary_title(message).element(
        Snippet::source(source)
            .path(format!("In [{count}]"))
            .annotation(AnnotationKind::Primary.span(at..end).label(label)),
    );
    let help = "give parts of it names with `let`, move them into functions, or go through them in a loop";
    let group = group.element(Level::HELP.message(help));
    Failure { name: "NestingError".into(), message: message.to_owned(), traceback: vec![RENDERER.render(&[group])] }
}

//! The teacher adds to the compiler's messages what the user probably meant: a sentence, and a corrected cell.
//!
//! It reads a cell in two ways. [`rules`] work from the compiler's errors: codes, types, places. [`python`] reads code
//! written as in Python, about which the compiler says little. Both return [`Lesson`]s, which are edits to the cell. A
//! correction is shown only if all edits together give valid Rust, and the compiler's own text stays below it.
//!
//! Nothing here compiles, runs or waits: the time of a failing cell is that of rustc (docs/performance.md).

pub mod lesson;
mod library;
pub mod names;
pub mod problem;
mod python;
mod rules;
pub mod scope;
mod tokens;

use lesson::{Edit, Language, Lesson};
use problem::Problem;
use python::{Fault, Place};
use rules::{Question, Syntax};
use scope::{Meaning, Scope};

pub use rules::EMPTY_IMPORTS;

/// A cell that the compiler has refused.
pub struct Refused<'a> {
    /// The cell's code, without commands before it.
    pub code: &'a str,
    pub problems: &'a [Problem],
    /// Whether it does not parse.
    pub is_no_rust: bool,
}

/// A paragraph above the compiler's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The word that it begins with: `try` or `note`.
    pub name: &'static str,
    pub text: String,
}

/// The paragraphs to show, the correction first.
pub fn teach(refused: &Refused, scope: &Scope, language: Language) -> Vec<Said> {
    /// How many sentences stand with a correction, and how many without one.
    const MOST: usize = 3;
    let lessons = lessons(refused, scope);
    let corrected = corrected(refused.code, &lessons);
    let place = refused.problems.first().map_or(0, |problem| problem.at.start);
    let shown = corrected.and_then(|corrected| Shown::of(refused.code, &corrected, place));
    let sentences = |has_edits: bool| {
        let mut found: Vec<&str> = Vec::new();
        // An offer of the compiler is worth nothing without its code.
        let counts = |lesson: &&Lesson| lesson.edits.is_empty() != has_edits && (shown.is_some() || !lesson.is_offered);
        for lesson in lessons.iter().filter(counts) {
            // A sentence of two lessons is shown once.
            let whole = language.of(&lesson.sentence);
            let parts = if has_edits { whole.split(language.between_sentences()).collect() } else { vec![whole] };
            for sentence in parts {
                if !found.contains(&sentence) && found.len() < MOST {
                    found.push(sentence);
                }
            }
        }
        found
    };
    let note = |text: String| Said { name: language.note(), text };
    let try_this = |text: String| Said { name: language.try_this(), text };
    let joined = sentences(true).join(language.between_sentences());
    let correction = match &shown {
        _ if joined.is_empty() => None,
        Some(Shown::Line(line)) => Some(try_this(format!("`{line}` {}", language.in_brackets(&joined)))),
        Some(Shown::Lines(lines)) => {
            let lines: String = lines.lines().map(|line| format!("\n    {line}")).collect();
            Some(try_this(joined.clone() + &lines))
        }
        // The sentences are right, but the cell has other errors too.
        None => Some(note(joined.clone())),
    };
    let alone = sentences(false).into_iter().map(|text| note(text.to_owned()));
    correction.into_iter().chain(alone).collect()
}

/// The corrected part of a cell.
#[derive(Debug, PartialEq)]
enum Shown {
    Line(String),
    Lines(String),
}

impl Shown {
    /// The line that differs, if it is the one that the compiler points at; else all lines, if there are few.
    fn of(code: &str, corrected: &str, place: usize) -> Option<Shown> {
        /// The longest cell that is shown as a whole, in lines.
        const FEW: usize = 12;
        let (before, after): (Vec<&str>, Vec<&str>) = (code.lines().collect(), corrected.lines().collect());
        let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
        let head = before.iter().zip(&after).take_while(same).count();
        let most = before.len().min(after.len()) - head;
        let tail = before.iter().rev().zip(after.iter().rev()).take(most).take_while(same).count();
        let changed = &after[head..after.len() - tail];
        let removed = before.len() - tail - head;
        let pointed_at = code.get(..place).unwrap_or_default().matches('\n').count();
        match changed {
            [] if before.len() == after.len() => None,
            [line] if removed == 1 && head == pointed_at || removed == 0 && line.trim_start().starts_with("use ") => {
                Some(Shown::Line(line.trim().to_owned()))
            }
            _ if after.len() <= FEW => Some(Shown::Lines(after.join("\n"))),
            _ => Some(Shown::Lines(changed.join("\n"))),
        }
    }
}

fn lessons(refused: &Refused, scope: &Scope) -> Vec<Lesson> {
    let Refused { code, problems, .. } = *refused;
    // rustc's parser may have found an error that rust-analyzer's has not.
    let is_no_rust = refused.is_no_rust || problems.iter().any(is_of_the_parser);
    let mut lessons: Vec<Lesson> = Vec::new();
    let mut add = |lesson: Lesson| {
        if !lessons.contains(&lesson) {
            lessons.push(lesson);
        }
    };
    if is_no_rust {
        if let Some(lesson) = problems.iter().find_map(rules::slips::angle_brackets) {
            return vec![lesson];
        }
        python::lessons(code, scope, &Fault::Everywhere).into_iter().for_each(&mut add);
        // If a part of the cell has no certain form, no code is changed.
        if leaves_code_as_it_is(&mut lessons) {
            return lessons;
        }
        if corrected(code, &lessons).is_some() {
            return lessons;
        }
        lessons.clear();
    } else {
        let place = |problem: &Problem| Place { at: problem.at.clone(), of_a_tensor: is_about_a_tensor(problem) };
        let places: Vec<Place> = problems.iter().filter(|problem| may_be_python(problem)).map(place).collect();
        if !places.is_empty() {
            python::lessons(code, scope, &Fault::At(places)).into_iter().for_each(&mut add);
            // A missing definition is not half corrected.
            if leaves_code_as_it_is(&mut lessons) {
                return lessons;
            }
        }
    }
    let syntax = Syntax::of(code);
    for problem in problems {
        let is_read = lessons
            .iter()
            .flat_map(|lesson| &lesson.edits)
            .any(|edit| edit.at.start <= problem.at.start && problem.at.start < edit.at.end.max(edit.at.start + 1));
        if !is_read
            && let Some(lesson) = rules::lesson(&Question { code, problem, scope, syntax: &syntax })
            && !lessons.contains(&lesson)
        {
            lessons.push(lesson);
        }
    }
    // Lessons with corrections come first.
    lessons.sort_by_key(|lesson| lesson.edits.is_empty());
    lessons
}

/// Whether any lesson has no correction; if so, keeps only those.
fn leaves_code_as_it_is(lessons: &mut Vec<Lesson>) -> bool {
    let any = lessons.iter().any(|lesson| lesson.edits.is_empty());
    lessons.retain(|lesson| !any || lesson.edits.is_empty());
    any
}

/// Whether the compiler says that an error is about a tensor.
fn is_about_a_tensor(problem: &Problem) -> bool {
    let is_tensor = |ty: &&str| Meaning::of_type(ty) == Meaning::Tensor;
    problem.is_a_call_of_the_library() || problem.quoted().iter().any(is_tensor)
}

/// Whether an error is that code cannot be parsed.
fn is_of_the_parser(problem: &Problem) -> bool {
    const BEGINNINGS: [&str; 3] = ["expected ", "comparison operators cannot be chained", "unexpected `"];
    problem.code.is_empty() && BEGINNINGS.iter().any(|begin| problem.message.starts_with(begin))
}

/// Whether an error may come from a Python form; other errors would make the text be misread.
fn may_be_python(problem: &Problem) -> bool {
    match problem.code.as_str() {
        "E0061" => problem.is_a_call_of_the_library(),
        "E0618" => {
            !["integer", "float", "tensorlib::Tensor", "Vec<", "`&str`"].iter().any(|ty| problem.message.contains(ty))
        }
        "E0423" | "E0425" | "E0599" | "E0608" | "E0609" | "E0610" | "E0614" | "E0615" | "E0070" | "E0594" | "E0369" => {
            true
        }
        "E0277" => ["IntoIndex", "IndexItem", "IntoInts", "IntoBounds", "a `FnOnce()` closure"]
            .iter()
            .any(|name| problem.message.contains(name)),
        "E0308" if problem.is_about_gradients() => true,
        "E0308" => [
            "expected floating-point number, found integer",
            "expected integer, found floating-point",
            "expected `&mut Vec<",
            "expected `&[&Tensor]`",
        ]
        .iter()
        .any(|label| problem.label.starts_with(label)),
        "" => problem.message.starts_with("negative integers cannot be used to index"),
        _ => false,
    }
}

/// The code with all edits, if the result is valid Rust and differs.
fn corrected(code: &str, lessons: &[Lesson]) -> Option<String> {
    let mut edits: Vec<&Edit> = lessons.iter().flat_map(|lesson| &lesson.edits).collect();
    edits.sort_by_key(|edit| (edit.at.start, edit.at.end));
    edits.dedup();
    let mut text = String::new();
    let mut done = 0;
    for edit in edits {
        // Of two overlapping edits the first is made; the other follows when the cell is run again.
        if edit.at.start < done || edit.at.end > code.len() {
            continue;
        }
        text.push_str(code.get(done..edit.at.start)?);
        text.push_str(&edit.text);
        done = edit.at.end;
    }
    text.push_str(code.get(done..)?);
    let is_rust = |text: &str| {
        let rust: Vec<&str> = text.lines().skip_while(|line| line.trim_start().starts_with(':')).collect();
        Syntax::is_rust(&rust.join("\n"))
    };
    if text == code {
        return None;
    }
    if !is_rust(&text) {
        text.push(';');
    }
    is_rust(&text).then_some(text)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn taught(code: &str, problem: Problem, is_no_rust: bool, language: Language) -> Vec<Said> {
        let types = [("x", "tensorlib::Tensor"), ("n", "i32"), ("v", "std::vec::Vec<f64>"), ("s", "&str")];
        let scope = Scope::new(types.map(|(name, ty)| (name, Some(ty))), []);
        teach(&Refused { code, problems: &[problem], is_no_rust }, &scope, language)
    }

    #[test]
    fn a_line_is_shown_where_the_compiler_points_and_else_the_cell() {
        let correction = |code: &str| taught(code, Problem::default(), true, Language::English).remove(0).text;
        assert!(correction("x[0, 1]").starts_with("`x.i((0, 1))` ("));
        assert!(correction("let a = 1;\nx[0, 1]").ends_with("\n    let a = 1;\n    x.i((0, 1))"));
    }

    #[test]
    fn sentences_are_in_the_readers_language() {
        let said = taught("x[0, 1]", Problem::default(), true, Language::Chinese).remove(0);
        assert_eq!(said.name, "试试");
        assert!(said.text.contains("（张量用 `i` 索引"), "{}", said.text);
    }

    #[test]
    fn no_cell_is_too_broken_to_be_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cells/first_hour");
        let codes = ["", "E0061", "E0277", "E0308", "E0369", "E0382", "E0384", "E0425", "E0599", "E0608", "E0615"];
        let messages = [
            "expected one of",
            "cannot find function `len` in this scope",
            "no method named `tile` found for struct `tensorlib::Tensor` in the current scope",
            "cannot index into a value of type `tensorlib::Tensor`",
            "cannot add `f64` to `i32`",
            "a bracket is opened and not closed",
            "unexpected closing delimiter: `]`",
            "format argument must be a string literal",
            "`Vec<f64>` doesn't implement `std::fmt::Display`",
        ];
        let mut asked = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            for typed in text.split("-- typed\n").skip(1).filter_map(|rest| rest.split("\n-- ").next()) {
                let ends: Vec<usize> = typed.char_indices().map(|(at, _)| at).chain([typed.len()]).collect();
                for cut in ends.iter().step_by(7).chain(ends.last()) {
                    let at = ends[asked * 5 % ends.len()].min(*cut)..*cut;
                    let (code, message) = (codes[asked % codes.len()], messages[asked % messages.len()]);
                    let (code, message) = (code.to_owned(), message.to_owned());
                    taught(
                        &typed[..*cut],
                        Problem { code, message, at, ..Problem::default() },
                        asked % 2 == 0,
                        Language::English,
                    );
                    asked += 1;
                }
            }
        }
        assert!(asked > 2000, "{asked}");
    }
}

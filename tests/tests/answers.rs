//! The answers to the exercises of the lessons, run after the lesson that they belong to: their code works, and what they claim
//! holds.
//!
//! Code in an answer is run as it stands there. What is checked afterwards is in `answers/`, a file for each lesson with a section for
//! each exercise. Only the English lessons are run: the code of the Chinese ones is the same, which is a test, too.

use std::collections::BTreeMap;
use std::fs;

use soma_tests::desk::LIMIT;
use soma_tests::{Desk, Notebook, beside_the_tests, lab, lessons};

/// The blocks of code in a text, by the number of the list's item or the section that they stand in.
fn code_by_number(text: &str) -> BTreeMap<usize, Vec<String>> {
    let mut all: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut number = None;
    // The lines of a block, and whether it is code.
    let mut block: Option<(bool, Vec<&str>)> = None;
    for line in text.lines() {
        let fence = line.rsplit(' ').next().filter(|word| word.starts_with("```"));
        match (&mut block, fence) {
            (Some((_, lines)), None) => lines.push(line),
            (Some((is_code, lines)), Some(_)) => {
                if *is_code {
                    all.entry(number.expect("code stands under a number")).or_default().push(without_indent(lines));
                }
                block = None;
            }
            (None, fence) => {
                number = number_of(line).or(number);
                if let Some(number) = number {
                    all.entry(number).or_default();
                }
                block = fence.map(|fence| (fence == "```rust", Vec::new()));
            }
        }
    }
    all
}

/// The number by which an item, `3. …`, or a section, `## 3`, begins.
fn number_of(line: &str) -> Option<usize> {
    let heading = line.strip_prefix("## ").map(str::trim);
    heading.or_else(|| line.split_once(". ").map(|(number, _)| number))?.parse().ok()
}

fn without_indent(lines: &[&str]) -> String {
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let least = lines.iter().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    lines.iter().map(|line| line.get(least..).unwrap_or_default().to_owned() + "\n").collect()
}

/// The code in the answers of a lesson.
fn answers(lesson: &Notebook) -> BTreeMap<usize, Vec<String>> {
    let text = lesson.markdown_cells().filter(|text| text.contains("<details>")).last().unwrap_or_default();
    code_by_number(&text)
}

/// Code with the texts in quotes and the comments taken out: what is left is the same in all languages.
fn without_words(code: &str) -> String {
    let lines = code.lines().map(|line| {
        let line = line.split("//").next().unwrap_or_default();
        line.split('"').step_by(2).collect::<Vec<_>>().join("\"\"").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Runs a lesson, then for each exercise the code of its answer and the checks.
fn the_answers_hold(number: &str) {
    let path = lessons("en")
        .into_iter()
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(number)));
    let path = path.unwrap_or_else(|| panic!("there is no lesson {number}"));
    let lesson = Notebook::read(&path);
    let checks = beside_the_tests("answers").join(path.with_extension("md").file_name().expect("a lesson is a file"));
    let checks = fs::read_to_string(&checks).unwrap_or_else(|error| panic!("{}: {error}", checks.display()));
    let (mut answers, checks) = (answers(&lesson), code_by_number(&checks));
    let numbers: Vec<usize> = answers.keys().copied().collect();
    assert_eq!(numbers, checks.keys().copied().collect::<Vec<_>>(), "each answer needs a section of checks");

    let mut cells: Vec<String> = lesson.code_cells().map(|cell| cell.source()).collect();
    let of_the_lesson = cells.len();
    let mut exercises = Vec::new();
    for (number, checks) in checks {
        assert!(!checks.is_empty(), "nothing is checked of answer {number}");
        let code = answers.remove(&number).into_iter().flatten().chain(checks);
        code.for_each(|code| {
            exercises.push(number);
            cells.push(code);
        });
    }
    let desk = Desk::new();
    let sources: Vec<&str> = cells.iter().map(String::as_str).collect();
    let notebook = desk.write("answers.ipynb", Notebook::of(&sources).to_json());
    let executed = desk.execute_within(&notebook, 2 * LIMIT);
    let mut failed = String::new();
    for (place, cell) in executed.code_cells().enumerate() {
        if let Some(error) = cell.error() {
            let exercise = place.checked_sub(of_the_lesson).map(|place| format!("answer {}", exercises[place]));
            let where_it_is = exercise.unwrap_or_else(|| "the lesson".to_owned());
            failed += &format!("\n{where_it_is}:\n{}\n{}\n", cell.source(), error.traceback);
        }
    }
    assert!(failed.is_empty(), "{}{failed}", path.display());
}

macro_rules! lessons {
    ($($test:ident: $number:literal;)*) => { $(
        #[test]
        fn $test() {
            the_answers_hold($number);
        }
    )* };
}
lessons! {
    answers_of_lesson_01_hold: "01";
    answers_of_lesson_02_hold: "02";
    answers_of_lesson_03_hold: "03";
    answers_of_lesson_04_hold: "04";
    answers_of_lesson_05_hold: "05";
    answers_of_lesson_06_hold: "06";
    answers_of_lesson_07_hold: "07";
    answers_of_lesson_08_hold: "08";
    answers_of_lesson_09_hold: "09";
    answers_of_lesson_10_hold: "10";
    answers_of_lesson_11_hold: "11";
}

#[test]
fn every_lesson_with_answers_has_checks() {
    let with_answers = lessons("en").into_iter().filter(|path| !answers(&Notebook::read(path)).is_empty());
    let mut expected: Vec<_> =
        with_answers.map(|path| path.with_extension("md").file_name().unwrap().to_owned()).collect();
    let folder = fs::read_dir(lab().workspace.root.join("tests/tests/answers")).unwrap();
    let mut found: Vec<_> = folder.map(|file| file.unwrap().file_name()).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn both_languages_have_the_same_code_in_their_answers() {
    for (english, chinese) in lessons("en").iter().zip(&lessons("zh")) {
        let code = |path| -> BTreeMap<usize, Vec<String>> {
            let answers = answers(&Notebook::read(path)).into_iter();
            answers.map(|(number, code)| (number, code.iter().map(|code| without_words(code)).collect())).collect()
        };
        assert_eq!(code(english), code(chinese), "{}", english.display());
    }
}

#[test]
fn code_is_found_by_the_number_above_it() {
    let text = "1. none. `x`\n2. ```rust\n   let a = 1;\n     a\n   ```\n   and\n\n   ```rust\n   2. 5\n   ```\n3. no code:\n\n```text\n4. no\n```\n";
    let found = code_by_number(text);
    assert_eq!(found.keys().copied().collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(found[&2], ["let a = 1;\n  a\n", "2. 5\n"]);
    assert_eq!((found[&1].len(), found[&3].len()), (0, 0));
    assert_eq!(code_by_number("## 7\n\nWhy.\n\n```rust\nx\n```\n")[&7], ["x\n"]);
    assert_eq!(without_words("f(\"two\"); // twice\ng()"), "f(\"\");\ng()");
}

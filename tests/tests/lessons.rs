//! The lessons, run as a teacher runs them: every cell succeeds and gives what is committed.
//!
//! `SOMA_UPDATE_LESSONS=1 cargo test -p soma-tests --test lessons` writes what the cells give now into the lessons.

use std::fs;
use std::path::{Path, PathBuf};

use soma_tests::{Desk, Notebook, lab, lessons};

/// What lessons must have learned in the end: the lesson's number, the cell that tells it, and the least first number that the
/// cell may print.
const REACHES: [(&str, &str, f64); 6] = [
    ("03", "test", 0.95),
    ("04", "result", 0.84),
    ("05", "test", 0.84),
    ("06", "accuracy", 0.84),
    ("08", "accuracy", 0.95),
    ("09", "accuracy", 85.0),
];

/// The first number with a point in a text.
fn first_number(text: &str) -> Option<f64> {
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    words.filter(|word| word.contains('.')).find_map(|word| word.trim_end_matches('.').parse().ok())
}

/// What a lesson has not reached.
fn missed(lesson: &Path, executed: &Notebook) -> String {
    let name = lesson.file_name().unwrap_or_default().to_string_lossy();
    let own = REACHES.iter().filter(|(number, ..)| name.starts_with(number));
    own.filter_map(|(_, id, least)| {
        let cell = executed.code_cells().find(|cell| cell.id() == *id);
        let told = cell.map(|cell| cell.stream("stdout") + &cell.data("text/plain").concat()).unwrap_or_default();
        let is_reached = first_number(&told).is_some_and(|number| number >= *least);
        let words = || format!("{}: the cell `{id}` says {told:?} and not {least} or more\n", lesson.display());
        (!is_reached).then(words)
    })
    .collect()
}

fn every_lesson_gives_what_is_committed(language: &str) {
    let mut differences = String::new();
    for lesson in lessons(language) {
        let desk = Desk::new();
        let executed = desk.execute(&lesson);
        for cell in executed.code_cells() {
            if let Some(error) = cell.error() {
                panic!("{}: this cell failed\n{}\n\n{}", lesson.display(), cell.source(), error.traceback);
            }
        }
        differences += &missed(&lesson, &executed);
        if std::env::var_os("SOMA_UPDATE_LESSONS").is_some() {
            fs::write(&lesson, executed.to_committed_json()).unwrap();
        } else if let Some(difference) = Notebook::read(&lesson).difference(&executed) {
            differences += &format!("{}\n{difference}\n", lesson.display());
        }
    }
    assert!(
        differences.is_empty(),
        "outputs differ from the committed ones; if they should, write them with \
         `SOMA_UPDATE_LESSONS=1 cargo test -p soma-tests --test lessons`\n{differences}"
    );
}

/// The first lesson as a web page, by the command that its acceptance names.
fn first_lesson_as_html(language: &str) -> String {
    let desk = Desk::new();
    let mut command = desk.command("jupyter");
    command.args(["nbconvert", "--to", "html", "--execute", "--output-dir"]).arg(desk.path());
    desk.run(command.arg(lab().workspace.notebooks().join(language).join("01-tensors.ipynb")));
    let html = fs::read_to_string(desk.path().join("01-tensors.html")).unwrap();
    let artifacts = lab().workspace.artifacts();
    fs::create_dir_all(&artifacts).unwrap();
    fs::write(artifacts.join(format!("01-tensors-{language}.html")), &html).unwrap();
    html
}

fn the_first_lesson_holds_tables_and_pictures(language: &str) {
    let html = first_lesson_as_html(language);
    // nbconvert wraps each output in a division that names its type, and makes an image of a picture.
    let outputs_with = |media_type: &str, element: &str| {
        html.split("data-mime-type=\"").filter(|part| part.starts_with(media_type) && part.contains(element)).count()
    };
    let tables = outputs_with("text/html", "<table");
    let pictures = outputs_with("image/svg+xml", "src=\"data:image/svg+xml;base64,");
    assert!(tables >= 10, "only {tables} tables");
    assert!(pictures >= 3, "only {pictures} pictures");
}

#[test]
fn every_english_lesson_gives_what_is_committed() {
    every_lesson_gives_what_is_committed("en");
}

#[test]
fn every_chinese_lesson_gives_what_is_committed() {
    every_lesson_gives_what_is_committed("zh");
}

#[test]
fn the_first_english_lesson_as_html_holds_tables_and_pictures() {
    the_first_lesson_holds_tables_and_pictures("en");
}

#[test]
fn the_first_chinese_lesson_as_html_holds_tables_and_pictures() {
    the_first_lesson_holds_tables_and_pictures("zh");
}

#[test]
fn lessons_are_committed_as_they_are_updated() {
    for lesson in ["en", "zh"].into_iter().flat_map(lessons) {
        let committed = fs::read_to_string(&lesson).unwrap();
        assert!(committed == Notebook::read(&lesson).to_committed_json(), "{} is laid out otherwise", lesson.display());
    }
}

#[test]
fn both_languages_have_the_same_lessons_with_the_same_cells_of_code() {
    let names = |language: &str| -> Vec<String> {
        lessons(language).iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
    };
    assert_eq!(names("en"), names("zh"));
    for (english, chinese) in lessons("en").iter().zip(&lessons("zh")) {
        let count = |path: &PathBuf| Notebook::read(path).code_cells().count();
        assert_eq!(count(english), count(chinese), "{}", english.display());
    }
}

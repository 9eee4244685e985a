//! What nbconvert makes of a notebook besides a web page: a program's text, Markdown and a PDF.

use std::fs;
use std::path::{Path, PathBuf};

use indoc::indoc;
use soma_lab::chromium;
use soma_tests::{Desk, Notebook, beside_the_tests, lab};

/// Prints, shows a table and shows a picture.
const CELLS: [&str; 4] = [
    "use tensorlib::prelude::*;\nprintln!(\"1 < 2 & \\u{fc}\");",
    "arange(6).reshape([2, 3])",
    "picture::tensor_ranks(arange(3))",
    "let unfinished: i32 = \"text\";",
];

fn lesson(language: &str) -> PathBuf {
    lab().workspace.notebooks().join(language).join("01-tensors.ipynb")
}

/// Converts a notebook and gives the text of the file that comes of it.
fn converted(desk: &Desk, format: &str, notebook: &Path, file: &str) -> String {
    let mut command = desk.command("jupyter");
    command.args(["nbconvert", "--execute", "--allow-errors", "--to", format, "--output-dir"]).arg(desk.path());
    desk.run(command.arg(notebook));
    fs::read_to_string(desk.path().join(file)).unwrap()
}

#[test]
fn as_a_script_a_notebook_is_its_code_in_a_file_of_rust() {
    let desk = Desk::new();
    let script = converted(&desk, "script", &lesson("en"), "01-tensors.rs");
    let mut rest = script.as_str();
    for cell in Notebook::read(&lesson("en")).code_cells() {
        let source = cell.source();
        let at = rest.find(&source).unwrap_or_else(|| panic!("{source}\nis not in the rest of the script:\n{rest}"));
        assert_eq!(rest[..at].trim(), "", "between two cells");
        rest = &rest[at + source.len()..];
    }
    assert_eq!(rest.trim(), "", "after the last cell");
}

#[test]
fn as_a_script_a_notebook_can_be_run() {
    let desk = Desk::new();
    let notebook = Notebook::of(&[
        "let n = 3;",
        indoc! {"
            fn twice(n: i32) -> i32 {
                n * 2
            }"},
        "println!(\"{}\", twice(n));",
    ]);
    // Once it has been run, the notebook says how the files of its language are called.
    desk.execute(&desk.write("notebook.ipynb", notebook.to_json()));
    converted(&desk, "script", &desk.path().join("executed.ipynb"), "executed.rs");
    let mut command = desk.command("jupyter");
    let finished = desk.run(command.args(["run", "--kernel", "soma"]).arg(desk.path().join("executed.rs")));
    assert_eq!(finished.stdout, "6\n");
}

#[test]
fn as_markdown_a_notebook_has_its_outputs_and_files_with_its_pictures() {
    let desk = Desk::new();
    let notebook = desk.write("notebook.ipynb", Notebook::of(&CELLS).to_json());
    let markdown = converted(&desk, "markdown", &notebook, "notebook.md");
    assert!(markdown.contains(&format!("```rust\n{}\n```", CELLS[0])), "{markdown}");
    assert!(markdown.contains("    1 < 2 & \u{fc}\n"), "{markdown}");
    assert!(markdown.contains("<table") && markdown.contains(">5</td>"), "{markdown}");
    let picture = "notebook_files/notebook_2_0.svg";
    assert!(markdown.contains(&format!("![svg]({picture})")), "{markdown}");
    let picture = fs::read_to_string(desk.path().join(picture)).unwrap();
    assert!(picture.contains("<svg") && picture.trim_end().ends_with("</svg>"), "{picture}");
    // Colours are for screens.
    assert!(markdown.contains("mismatched types") && !markdown.contains('\u{1b}'), "{markdown}");
}

/// The text of a lesson's PDF, which is printed by the browser as nbconvert's `webpdf` has it.
fn text_of_pdf(language: &str) -> String {
    let chromium = chromium::find_or_install().unwrap_or_else(|error| panic!("{error:#}"));
    let desk = Desk::new();
    let mut command = desk.command("python");
    command.arg(beside_the_tests("web_pdf.py")).arg(chromium).arg("--execute");
    command.arg("--WebPDFExporter.disable_sandbox=True");
    // The page would fetch the program that sets formulas from elsewhere.
    command.arg("--WebPDFExporter.browser_args=['--host-resolver-rules=MAP * ~NOTFOUND', '--disable-gpu']");
    desk.run(command.arg("--output-dir").arg(desk.path()).arg(lesson(language)));
    let pdf = desk.path().join("01-tensors.pdf");
    let artifacts = lab().workspace.artifacts();
    fs::create_dir_all(&artifacts).unwrap();
    fs::copy(&pdf, artifacts.join(format!("01-tensors-{language}.pdf"))).unwrap();
    desk.run(desk.command("python").arg(beside_the_tests("pdf_text.py")).arg(pdf)).stdout
}

/// Whether a page has all of this, whatever was broken into lines.
fn has(text: &str, part: &str) -> bool {
    let without_spaces = |text: &str| text.split_whitespace().collect::<String>();
    without_spaces(text).contains(&without_spaces(part))
}

#[test]
fn as_a_pdf_the_english_lesson_has_its_text_its_code_and_its_tables() {
    let text = text_of_pdf("en");
    for part in ["Neural networks and their numbers", "let inputs = tensor![0.9, 0.4, 0.5];", "f32"] {
        assert!(has(&text, part), "no `{part}` in\n{text}");
    }
    // A tensor's numbers, as they are in the lesson's first table.
    let lesson = Notebook::read(&lesson("en"));
    let tensor = lesson.code_cells().find_map(|cell| {
        let table = cell.data("text/html").pop()?;
        table.contains("<td").then(|| cell.data("text/plain").pop()).flatten()
    });
    let numbers: Vec<String> = tensor
        .expect("a lesson with a table")
        .split(|c: char| !c.is_ascii_digit() && !"-.e".contains(c))
        .filter(|word| word.contains('.') && word.parse::<f64>().is_ok())
        .map(|word| word.trim_end_matches('.').to_owned())
        .collect();
    assert!(!numbers.is_empty());
    for number in &numbers {
        assert!(text.contains(number), "no {number} of {numbers:?} in\n{text}");
    }
}

#[test]
fn as_a_pdf_the_chinese_lesson_has_its_characters() {
    let text = text_of_pdf("zh");
    for part in ["神经网络与它的数字", "manual_seed(7);", "张量"] {
        assert!(has(&text, part), "no `{part}` in\n{text}");
    }
}

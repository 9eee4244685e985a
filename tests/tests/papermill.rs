//! papermill with parameters: how they are written in Rust, and notebooks that are run with them.

use std::path::PathBuf;

use indoc::indoc;
use soma_lab::process::{self, Finished};
use soma_tests::{Desk, Notebook, beside_the_tests, desk};

/// A notebook whose first cell has the defaults of its parameters.
const CELLS: [&str; 2] = [
    "// The widths of all layers\nlet layers: Vec<usize> = vec![784, 10];\nlet mut rate = 0.1; // The learning rate\n\
     let name = String::from(\"plain\");\nconst EPOCHS: usize = 2;",
    indoc! {r#"
        rate *= 2.0;
        println!("{name}: {EPOCHS} epochs, rate {rate:?}, {} weights", layers[0] * layers[1]);"#},
];

fn notebook(desk: &Desk) -> PathBuf {
    desk.write("lesson.ipynb", Notebook::of(&CELLS).with_tag(0, "parameters").to_json())
}

#[test]
fn parameters_are_written_in_rust_and_read_from_a_notebook() {
    let desk = Desk::new();
    let finished = desk.run(desk.command("python").arg(beside_the_tests("parameters.py")));
    assert!(finished.stderr.trim_end().ends_with("\nOK"), "{}", finished.stderr);
}

#[test]
fn a_notebook_runs_with_the_parameters_that_it_is_given() {
    let desk = Desk::new();
    let mut command = desk.command("papermill");
    command.arg("--no-progress-bar").arg(notebook(&desk)).arg("run.ipynb");
    command.args(["-p", "EPOCHS", "20", "-p", "rate", "1", "-r", "name", "a \"b\"", "-y", "layers: [20, 30, 10]"]);
    desk.run(&mut command);
    let run = Notebook::read(&desk.path().join("run.ipynb"));
    let [defaults, injected, result] = run.code_cells().collect::<Vec<_>>()[..] else { panic!("{}", run.transcript()) };
    assert_eq!(defaults.source(), CELLS[0]);
    let mut lines: Vec<String> = injected.source().lines().map(str::to_owned).collect();
    lines[1..].sort_unstable();
    assert_eq!(
        lines,
        [
            "// Parameters",
            "const EPOCHS: usize = 20;",
            "let layers: Vec<usize> = vec![20, 30, 10];",
            "let mut rate = 1.0;",
            "let name = String::from(r#\"a \"b\"\"#);",
        ]
    );
    assert_eq!(result.stream("stdout"), "a \"b\": 20 epochs, rate 2.0, 600 weights\n");
    // What has been run can be run again, with others.
    let mut command = desk.command("papermill");
    command.args(["--no-progress-bar", "run.ipynb", "again.ipynb", "-p", "EPOCHS", "3"]);
    desk.run(&mut command);
    let again = Notebook::read(&desk.path().join("again.ipynb"));
    let last = again.code_cells().last().unwrap().stream("stdout");
    assert_eq!(last, "plain: 3 epochs, rate 0.2, 7840 weights\n");
}

#[test]
fn every_kind_of_value_is_what_it_was_when_a_cell_uses_it() {
    let desk = Desk::new();
    let parameters = desk.write(
        "parameters.yaml",
        "whole: -3\nlarge: 3000000000\nfraction: 1.0e-05\nyes_or_no: true\n\
         text: \"two\\nlines \\\"and\\\" \\\\ \\u00fc \\u202e\"\npath: 'C:\\data'\nnothing: null\nlist: [1, 2]\n\
         mixed: [1, 2.5]\nholes: [1, null]\nnested: [[1], [], [2, 3]]\nnone_of_them: []\n\
         table: {b: 1, a: 2}\nmatch: 7\n",
    );
    let cell = "println!(\"{whole} {large} {fraction:e} {yes_or_no}\");\n\
                println!(\"{text:?} {path}\");\n\
                println!(\"{nothing:?} {list:?} {mixed:?} {holes:?} {nested:?} {none_of_them:?} {table:?} {}\", r#match);";
    let notebook = desk.write("values.ipynb", Notebook::of(&[cell]).to_json());
    let mut command = desk.command("papermill");
    command.arg("--no-progress-bar").arg(notebook).arg("run.ipynb").arg("-f").arg(parameters);
    desk.run(&mut command);
    let run = Notebook::read(&desk.path().join("run.ipynb"));
    assert_eq!(
        run.code_cells().last().unwrap().stream("stdout"),
        "-3 3000000000 1e-5 true\n\
         \"two\\nlines \\\"and\\\" \\\\ \u{fc} \\u{202e}\" C:\\data\n\
         None [1, 2] [1.0, 2.5] [Some(1), None] [[1], [], [2, 3]] [] {\"a\": 2, \"b\": 1} 7\n"
    );
}

#[test]
fn the_parameters_of_a_notebook_are_listed() {
    let desk = Desk::new();
    let mut command = desk.command("papermill");
    let listed = desk.run(command.arg("--help-notebook").arg(notebook(&desk))).stdout;
    for line in [
        "  layers: Vec<usize> (default vec![784, 10])",
        "  rate: f64 (default 0.1)         The learning rate",
        "  name: String (default String::from(\"plain\"))",
        "  EPOCHS: usize (default 2)",
    ] {
        assert!(listed.lines().any(|listed| listed.trim_end() == line), "no `{line}` in\n{listed}");
    }
    assert!(listed.contains(" The widths of all layers\n"), "{listed}");
}

#[test]
fn a_parameter_that_does_not_fit_is_told_and_nothing_runs() {
    let refused = |parameter: &[&str]| -> String {
        let desk = Desk::new();
        let mut command = desk.command("papermill");
        command.arg("--no-progress-bar").arg(notebook(&desk)).arg("run.ipynb").args(parameter);
        let Finished { status, stderr, left_behind, .. } = process::run(&mut command, desk::LIMIT).unwrap();
        assert!(!status.expect("it ends in time").success(), "{stderr}");
        assert!(left_behind.is_empty(), "{left_behind:?}");
        assert!(!desk.path().join("run.ipynb").exists(), "something ran: {stderr}");
        stderr
    };
    let stderr = refused(&["-p", "EPOCHS", "many"]);
    assert!(stderr.contains("parameter `EPOCHS` is of type `usize` in this notebook, and 'many' is not"), "{stderr}");
    let stderr = refused(&["-y", "options: [1, one]"]);
    assert!(stderr.contains("pass each as a separate parameter"), "{stderr}");
}

//! What cells ask of the user.

use indoc::indoc;

use crate::notebook::Notebook;

/// Runs a cell that asks once, and answers; gives the question.
fn answer(notebook: &mut Notebook, code: &str, line: &str, expected: &str) -> serde_json::Value {
    let request = notebook.start(code);
    let question = notebook.frontend().stdin(&request);
    notebook.frontend().send_input(line);
    let cell = notebook.finish(&request);
    assert!(cell.error.is_none(), "{cell:?}");
    assert_eq!(cell.text().unwrap_or(&cell.stdout), expected, "{cell:?}");
    question
}

#[test]
fn a_cell_asks_by_name() {
    let mut notebook = Notebook::open();
    let question = answer(&mut notebook, "soma_cell::input(format!(\"Name {}? \", 1))", "Ada  Ö", "\"Ada  Ö\"");
    assert_eq!((question["prompt"].as_str(), question["password"].as_bool()), (Some("Name 1? "), Some(false)));
    let question = answer(&mut notebook, "soma_cell::password(\"Key: \").len()", "secret", "6");
    assert_eq!((question["prompt"].as_str(), question["password"].as_bool()), (Some("Key: "), Some(true)));
    // An empty line is an answer.
    answer(&mut notebook, "soma_cell::try_input(\"\")", "", "Ok(\"\")");
}

#[test]
fn a_request_of_the_evcxr_input_crate_is_answered() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {r#"
        fn ask(prompt: &str) -> String {
            println!("EVCXR_INPUT_REQUEST:{prompt}");
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).unwrap();
            line.trim_end().to_owned()
        }"#});
    let question = answer(&mut notebook, "format!(\"hello {}\", ask(\"Name? \"))", "Ada", "\"hello Ada\"");
    assert_eq!(question["prompt"], "Name? ");
}

#[test]
#[cfg(target_os = "linux")]
fn whatever_reads_standard_input_is_answered() {
    let mut notebook = Notebook::open();
    let read = indoc! {"
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).unwrap();
        line"};
    answer(&mut notebook, read, "one", "\"one\\n\"");
    let thread = "std::thread::spawn(|| std::io::stdin().lines().next().unwrap().unwrap()).join().unwrap()";
    answer(&mut notebook, thread, "two", "\"two\"");
    let shell = "let _ = std::process::Command::new(\"sh\").args([\"-c\", \"read a; echo got $a\"]).status();";
    answer(&mut notebook, shell, "three", "got three\n");
    // Two lines, asked for one after the other.
    let request = notebook.start("std::io::stdin().lines().take(2).map(|line| line.unwrap()).collect::<Vec<_>>()");
    for line in ["a", "b"] {
        notebook.frontend().stdin(&request);
        notebook.frontend().send_input(line);
    }
    assert_eq!(notebook.finish(&request).text(), Some("[\"a\", \"b\"]"));
}

#[test]
fn without_a_person_a_cell_is_told_so() {
    let mut notebook = Notebook::open();
    let cell = notebook.run_without_stdin("let name = soma_cell::input(\"Name? \");");
    let error = cell.error.unwrap();
    assert_eq!(error.name, "Panic");
    assert!(error.message.starts_with("input: there is no user to ask"), "{}", error.message);
    assert!(error.traceback.contains("In [1]:1:12"), "{}", error.traceback);
    assert_eq!(cell.stderr, "");
    let cell = notebook.run_without_stdin("soma_cell::try_input(\"Name? \")");
    assert_eq!(cell.text(), Some("Err(NoInput)"));
}

#[test]
#[cfg(target_os = "linux")]
fn without_a_person_standard_input_ends_and_the_reason_is_said_once() {
    let mut notebook = Notebook::open();
    let read = indoc! {"
        let mut line = String::new();
        for _ in 0..3 { std::io::stdin().read_line(&mut line).unwrap(); }
        line"};
    let cell = notebook.run_without_stdin(read);
    assert_eq!(cell.text(), Some("\"\""));
    assert!(cell.stderr.starts_with("note: this front end cannot ask for input"), "{}", cell.stderr);
    assert_eq!(cell.stderr.lines().count(), 1, "{}", cell.stderr);
}

#[test]
fn a_question_can_be_interrupted_and_asked_again() {
    let mut notebook = Notebook::open();
    notebook.ok("let kept = vec![1];");
    let request = notebook.start("soma_cell::input(\"Name? \")");
    notebook.frontend().stdin(&request);
    notebook.interrupt();
    let cell = notebook.finish(&request);
    assert_eq!(cell.error.unwrap().name, "Interrupted");
    answer(&mut notebook, "(soma_cell::input(\"Name? \"), kept.len())", "Ada", "(\"Ada\", 1)");
}

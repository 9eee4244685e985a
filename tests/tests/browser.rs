//! JupyterLab in a browser: the lessons as a learner runs them, by a click on *Run All Cells*, and what the page shows
//! while cells run.
//!
//! Screenshots go to `artifacts` in cargo's target folder, for a person to look at.

use std::fs;

use soma_lab::chromium;
use soma_tests::{Desk, Notebook, beside_the_tests, desk, lab};

/// Opens the lesson without its outputs, runs it, and checks what the page shows and what JupyterLab saves.
fn a_learner_runs(language: &str, name: &str) {
    let chromium = chromium::find_or_install().unwrap_or_else(|error| panic!("{error:#}"));
    let committed = Notebook::read(&lab().workspace.notebooks().join(language).join(name));
    let screenshots = lab().workspace.artifacts();
    fs::create_dir_all(&screenshots).unwrap();

    let desk = Desk::new();
    desk.write(name, committed.without_outputs().to_json());
    let server = desk.jupyterlab();
    let mut command = desk.command("python");
    command.arg(beside_the_tests("browser.py")).arg("--chromium").arg(&chromium);
    command.args(["--address", &server.address, "--token", &server.token, "--notebook", name]);
    command.arg("--screenshots").arg(screenshots.join(format!("{language}-{}", name.trim_end_matches(".ipynb"))));
    desk::check(&mut command);
    assert_eq!(server.end(), []);
    assert_eq!(desk.left_in_tmp(), Vec::<String>::new());

    let saved = Notebook::read(&desk.path().join(name));
    if let Some(difference) = committed.difference(&saved) {
        panic!("JupyterLab saved other outputs than those committed:\n{difference}");
    }
}

#[test]
fn jupyterlab_shows_what_happens_while_cells_run() {
    let chromium = chromium::find_or_install().unwrap_or_else(|error| panic!("{error:#}"));
    let screenshots = lab().workspace.artifacts();
    fs::create_dir_all(&screenshots).unwrap();
    let desk = Desk::new();
    let server = desk.jupyterlab();
    let mut command = desk.command("python");
    command.arg(beside_the_tests("live.py")).arg("--chromium").arg(&chromium);
    command.args(["--address", &server.address, "--token", &server.token]);
    command.arg("--screenshots").arg(screenshots.join("live"));
    desk::check(&mut command);
    assert_eq!(server.end(), []);
    assert_eq!(desk.left_in_tmp(), Vec::<String>::new());
}

#[test]
fn the_english_lesson_runs_in_jupyterlab() {
    a_learner_runs("en", "01-tensors.ipynb");
}

#[test]
fn the_chinese_lesson_runs_in_jupyterlab() {
    a_learner_runs("zh", "01-tensors.ipynb");
}

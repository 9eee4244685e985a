//! JupyterLab in a browser: the lessons as a learner runs them, by a click on *Run All Cells*, and what the page shows
//! while cells run.
//!
//! Screenshots go to `artifacts` in cargo's target folder, for a user to look at; with `SOMA_SCREENSHOTS=1` those of every
//! lesson, screen by screen, which takes some minutes.

use std::fs;
use std::path::Path;

use soma_lab::chromium;
use soma_tests::{Desk, Notebook, beside_the_tests, desk, lab, lessons};

/// Opens each lesson without its outputs, runs it, and checks what the page shows and what JupyterLab saves.
fn a_learner_runs_all(language: &str, looks: &str) {
    let chromium = chromium::find_or_install().unwrap_or_else(|error| panic!("{error:#}"));
    let screenshots = lab().workspace.artifacts();
    fs::create_dir_all(&screenshots).unwrap();

    let desk = Desk::new();
    let lessons = lessons(language);
    let name = |lesson: &Path| lesson.file_name().expect("a lesson is a file").to_string_lossy().into_owned();
    for lesson in &lessons {
        desk.write(&name(lesson), Notebook::read(lesson).without_outputs().to_json());
    }
    let server = desk.jupyterlab();
    let mut command = desk.command("python");
    command.arg(beside_the_tests("browser.py")).arg("--chromium").arg(&chromium);
    command.args(["--address", &server.address, "--token", &server.token, "--looks", looks]);
    command.arg("--screenshots").arg(screenshots.join(format!("{language}-")));
    command.args(lessons.iter().map(|lesson| name(lesson)));
    desk::check_within(&mut command, desk::LIMIT * lessons.len() as u32);
    assert_eq!(server.end(), []);
    assert_eq!(desk.left_in_tmp(), Vec::<String>::new());

    let differences = lessons.iter().filter_map(|lesson| {
        let saved = Notebook::read(&desk.path().join(name(lesson)));
        Some(format!("{}\n{}", lesson.display(), Notebook::read(lesson).difference(&saved)?))
    });
    let differences = differences.collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "JupyterLab saved other outputs than those committed:\n{differences}");
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
fn the_english_lessons_run_in_jupyterlab_and_can_be_read_in_both_themes() {
    a_learner_runs_all("en", "themes");
}

#[test]
fn the_chinese_lessons_run_in_jupyterlab() {
    a_learner_runs_all("zh", "none");
}

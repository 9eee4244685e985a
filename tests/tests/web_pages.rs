//! The lessons as web pages, as a teacher publishes them: they can be read in the light theme and in the dark one.
//!
//! Pictures of the pages are kept in `artifacts` in cargo's target folder.

use std::fs;

use soma_lab::chromium;
use soma_tests::{Desk, beside_the_tests, desk, lab};

fn can_be_read_in_both_themes(language: &str) {
    let chromium = chromium::find_or_install().unwrap_or_else(|error| panic!("{error:#}"));
    let lesson = lab().workspace.notebooks().join(language).join("01-tensors.ipynb");
    let artifacts = lab().workspace.artifacts();
    fs::create_dir_all(&artifacts).unwrap();
    let desk = Desk::new();
    for theme in ["light", "dark"] {
        let mut command = desk.command("jupyter");
        command.args(["nbconvert", "--to", "html", "--theme", theme, "--output-dir"]).arg(desk.path());
        desk.run(command.args(["--output", theme]).arg(&lesson));
        let mut command = desk.command("python");
        command.arg(beside_the_tests("web_pages.py")).arg("--chromium").arg(&chromium);
        command.arg("--page").arg(desk.path().join(format!("{theme}.html")));
        command.arg("--screenshot").arg(artifacts.join(format!("{language}-01-tensors-page-{theme}.png")));
        desk::check(&mut command);
    }
}

#[test]
fn the_english_lesson_can_be_read_as_a_light_and_as_a_dark_page() {
    can_be_read_in_both_themes("en");
}

#[test]
fn the_chinese_lesson_can_be_read_as_a_light_and_as_a_dark_page() {
    can_be_read_in_both_themes("zh");
}

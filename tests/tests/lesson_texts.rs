//! The texts of the lessons: links, formulas, spelling, the glossary, and that both languages say the same.
//!
//! Each check is first tried on texts that are broken, in which it must find what is wrong.

use soma_lab::chromium;
use soma_tests::{Desk, beside_the_tests, desk, lab};

fn check(what: &str) {
    let desk = Desk::new();
    let script = || {
        let mut command = desk.command("python");
        command.arg(beside_the_tests("lesson_texts.py")).arg(what).arg(lab().workspace.notebooks());
        if what == "formulas" {
            let chromium = chromium::find_or_install().unwrap_or_else(|error| panic!("{error:#}"));
            command.arg("--chromium").arg(chromium);
        }
        command
    };
    desk::check(script().arg("--self-test"));
    desk::check(&mut script());
}

#[test]
fn links_of_lessons_lead_somewhere() {
    check("links");
}

#[test]
fn formulas_of_lessons_can_be_set() {
    check("formulas");
}

#[test]
fn lessons_are_spelled_right() {
    check("spelling");
}

#[test]
fn lessons_are_the_same_in_both_languages() {
    check("languages");
}

#[test]
fn terms_of_the_glossary_stand_in_their_lessons() {
    check("glossary");
}

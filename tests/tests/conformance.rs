//! The protocol, by the suite that Jupyter's own people test kernels with.

use std::process::Command;

use soma_tests::{Desk, beside_the_tests};

fn suite(desk: &Desk) -> Command {
    let mut command = desk.command("python");
    command.arg(beside_the_tests("conformance.py"));
    command
}

#[test]
fn jupyters_conformance_suite_passes() {
    let desk = Desk::new();
    let finished = desk.run(&mut suite(&desk));
    let skipped: Vec<&str> = finished.stderr.lines().filter(|line| line.contains("... skipped")).collect();
    // Soma shows documentation as an output, which stays in the notebook, and sends no pages.
    assert!(matches!(skipped[..], [line] if line.starts_with("test_pager")), "{skipped:#?}");
    assert!(finished.stderr.contains("Ran 13 tests"), "{}", finished.stderr);
}

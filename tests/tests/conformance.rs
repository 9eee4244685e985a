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
    // A test that was skipped, in whole or in part, is counted in the last line: `OK (skipped=1)`.
    assert!(finished.stderr.trim_end().ends_with("\nOK"), "{}", finished.stderr);
    // A new version of the suite may bring tests that want samples of their own.
    assert!(finished.stderr.contains("Ran 13 tests"), "{}", finished.stderr);
}

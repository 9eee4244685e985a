//! Kernels whose connections are encrypted: jupyter_client gives them keys, and all front ends work as without.

use soma_tests::{Desk, Notebook, beside_the_tests, check, lab};

/// A desk at which Jupyter starts no kernel without keys.
fn encrypted() -> Desk {
    let desk = Desk::new();
    desk.configure("jupyter_config.json", r#"{ "KernelManager": { "transport_encryption": "required" } }"#);
    desk
}

#[test]
fn who_has_the_connection_file_is_served_and_nobody_else_hears_anything() {
    let desk = Desk::new();
    desk.run(desk.command("python").arg(beside_the_tests("encryption.py")));
}

#[test]
fn jupyters_conformance_suite_passes_with_encryption() {
    let desk = Desk::new();
    let finished = desk.run(desk.command("python").arg(beside_the_tests("conformance.py")).arg("--encrypted"));
    assert!(finished.stderr.trim_end().ends_with("\nOK"), "{}", finished.stderr);
    assert!(finished.stderr.contains("Ran 13 tests"), "{}", finished.stderr);
}

#[test]
fn nbconvert_runs_a_lesson_with_encryption() {
    let desk = encrypted();
    let lesson = lab().workspace.notebooks().join("en/01-tensors.ipynb");
    assert_eq!(Notebook::read(&lesson).difference(&desk.execute(&lesson)), None);
}

#[test]
fn jupyterlab_runs_cells_with_encryption() {
    let desk = encrypted();
    let server = desk.jupyterlab();
    let mut command = desk.command("python");
    check(command.arg(beside_the_tests("server_api.py")).args([&server.address, &server.token]));
    assert_eq!(server.end(), []);
    assert_eq!(desk.left_in_tmp(), Vec::<String>::new());
}

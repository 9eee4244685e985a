//! The front ends other than JupyterLab: each runs cells, sees their results, and leaves nothing behind.

use std::time::{Duration, Instant};

use indoc::indoc;
use soma_tests::{Desk, Notebook, beside_the_tests, check, lab};

#[test]
fn jupyter_console_runs_cells_typed_into_a_terminal() {
    let desk = Desk::new();
    let mut command = desk.command("python");
    command.arg(beside_the_tests("console.py")).arg(lab().venv.join("bin/jupyter"));
    let screen = desk.run(&mut command).stdout;
    assert!(screen.contains("tensor(3)"), "{screen}");
}

#[test]
fn qtconsole_has_its_dialogue_with_the_kernel() {
    let desk = Desk::new();
    desk.run(desk.command("python").arg(beside_the_tests("qt_console.py")));
}

#[test]
fn editors_that_listen_late_are_told_all_they_need() {
    let desk = Desk::new();
    desk.run(desk.command("python").arg(beside_the_tests("editors.py")));
}

#[test]
fn jupyter_server_runs_cells_over_its_rest_and_websocket_interfaces() {
    let desk = Desk::new();
    let server = desk.jupyterlab();
    let mut command = desk.command("python");
    check(command.arg(beside_the_tests("server_api.py")).args([&server.address, &server.token]));
    // Its kernels are gone before it is.
    let deadline = Instant::now() + Duration::from_secs(20);
    while let left @ [_, _, ..] = &server.processes()[..] {
        assert!(Instant::now() < deadline, "beside the server: {left:#?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(desk.left_in_tmp(), Vec::<String>::new());
    assert_eq!(server.end(), []);
}

#[test]
fn jupyter_run_prints_what_a_file_of_code_gives() {
    let desk = Desk::new();
    let code = indoc! {r#"
        let t = tensorlib::arange(4);
        println!("printed");
        t.sum()
    "#};
    let file = desk.write("cells.rs", code);
    let mut command = desk.command("jupyter");
    let finished = desk.run(command.args(["run", "--kernel", "soma"]).arg(file));
    assert!(finished.stdout.contains("printed\n"), "{finished:?}");
    assert!(finished.stdout.contains("tensor(6)"), "{finished:?}");
}

#[test]
fn jupyter_run_fails_when_the_code_does() {
    let desk = Desk::new();
    let file = desk.write("cells.rs", "let n: i32 = \"text\";\n");
    let mut command = desk.command("jupyter");
    command.args(["run", "--kernel", "soma"]).arg(file);
    let finished = soma_lab::process::run(&mut command, soma_tests::desk::LIMIT).unwrap();
    assert!(!finished.status.expect("it ends in time").success(), "{finished:?}");
    assert!(finished.stderr.contains("mismatched types"), "{finished:?}");
    assert!(finished.left_behind.is_empty(), "{finished:?}");
}

#[test]
fn nbclient_runs_cells_one_by_one() {
    let desk = Desk::new();
    desk.run(desk.command("python").arg(beside_the_tests("client.py")));
}

#[test]
fn nbconvert_stops_with_the_error_of_a_failing_cell() {
    let desk = Desk::new();
    let notebook = desk.write("failing.ipynb", Notebook::of(&["let n: u8 = -1;"]).to_json());
    let mut command = desk.command("jupyter");
    command.args(["nbconvert", "--to", "notebook", "--execute"]).arg(notebook);
    let finished = soma_lab::process::run(&mut command, soma_tests::desk::LIMIT).unwrap();
    assert!(!finished.status.expect("it ends in time").success(), "{finished:?}");
    assert!(finished.stderr.contains("let n: u8 = -1;"), "{finished:?}");
    assert!(finished.left_behind.is_empty(), "{finished:?}");
}

#[test]
fn pytest_accepts_the_lesson_with_nbmake_and_its_outputs_with_nbval() {
    let desk = Desk::new();
    let lesson = lab().workspace.notebooks().join("en/01-tensors.ipynb");
    let copy = desk.write("01-tensors.ipynb", std::fs::read(lesson).unwrap());
    for plugin in [["--nbmake", "--nbmake-timeout=120"], ["--nbval", "--nbval-cell-timeout=120"]] {
        // `--rootdir`: pytest would look for settings in the folders above.
        let mut command = desk.command("python");
        command.args(["-m", "pytest", "-p", "no:cacheprovider", "--rootdir"]).arg(desk.path()).args(plugin).arg(&copy);
        desk.run(&mut command);
    }
}

#[test]
fn papermill_runs_the_lesson() {
    let desk = Desk::new();
    let lesson = lab().workspace.notebooks().join("en/01-tensors.ipynb");
    let mut command = desk.command("papermill");
    desk.run(command.args(["--no-progress-bar", "--kernel", "soma"]).arg(&lesson).arg("executed.ipynb"));
    let executed = Notebook::read(&desk.path().join("executed.ipynb"));
    assert_eq!(Notebook::read(&lesson).difference(&executed), None);
}

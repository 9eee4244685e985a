//! Notebooks written for evcxr, run as they are: every cell gives what is committed, and fails only if it is meant to.
//!
//! They are in `tests/notebooks`, with the files that they read. A cell that is meant to fail has the tag
//! `raises-exception`, as nbclient has it; one with times, addresses or temporary paths in its output the tag `varies`.
//! `SOMA_UPDATE_NOTEBOOKS=1 cargo test -p soma-tests --test notebooks` writes what the cells give now into them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use soma_tests::cell::CodeCell;
use soma_tests::{Desk, Notebook, beside_the_tests, lab};

/// How long a notebook may take when all its crates have to be built, on a machine that does other things, too.
const LIMIT: Duration = Duration::from_secs(1200);

/// A test for each notebook, so that they run side by side.
macro_rules! notebooks {
    ($($name:ident),* $(,)?) => {
        mod each_cell_gives_what_is_committed_in {
            $(#[test] fn $name() { super::gives_what_is_committed(stringify!($name)); })*
        }

        const NOTEBOOKS: &[&str] = &[$(stringify!($name)),*];
    };
}

notebooks![arrays, awaiting, basics, commands, crates, data, display, errors, images, plots, running, tour, types];

fn folder() -> PathBuf {
    lab().workspace.root.join("tests/notebooks")
}

/// Runs a notebook as often as is said in one session, with its files beside it.
fn run(name: &str, runs: usize) -> Notebook {
    let desk = Desk::new();
    desk.copy(&folder());
    let mut command = desk.command("python");
    command.arg(beside_the_tests("run_notebook.py")).args(["--runs", &runs.to_string()]);
    command.arg(desk.path().join(format!("{name}.ipynb"))).arg(desk.path().join("executed.ipynb"));
    desk.run_within(&mut command, LIMIT);
    Notebook::read(&desk.path().join("executed.ipynb"))
}

fn committed(name: &str) -> PathBuf {
    folder().join(format!("{name}.ipynb"))
}

/// Cells that failed and should not have, and the other way round.
fn surprises<'a>(cells: impl Iterator<Item = CodeCell<'a>>) -> String {
    let tell = |(index, cell): (usize, CodeCell)| match (cell.error(), cell.has_tag("raises-exception")) {
        (Some(error), false) => {
            Some(format!("code cell {} failed\n{}\n\n{}\n", index + 1, cell.source(), error.traceback))
        }
        (None, true) => Some(format!("code cell {} should fail\n{}\n", index + 1, cell.source())),
        _ => None,
    };
    cells.enumerate().filter_map(tell).collect()
}

fn gives_what_is_committed(name: &str) {
    let executed = run(name, 1);
    let surprises = surprises(executed.code_cells());
    assert!(surprises.is_empty(), "{name}: {surprises}");
    if std::env::var_os("SOMA_UPDATE_NOTEBOOKS").is_some() {
        fs::write(committed(name), executed.to_committed_json()).unwrap();
    } else if let Some(difference) = Notebook::read(&committed(name)).difference(&executed) {
        panic!(
            "{name}: outputs differ from the committed ones; if they should, write them with \
             `SOMA_UPDATE_NOTEBOOKS=1 cargo test -p soma-tests --test notebooks`\n{difference}"
        );
    }
}

/// As when a user clicks *Run All* once more: nothing that the first run defined stands in the second one's way.
#[test]
fn a_notebook_that_is_run_again_in_its_session_gives_the_same_values() {
    for name in ["basics", "display", "errors"] {
        let (committed, again) = (Notebook::read(&committed(name)), run(name, 2));
        let surprises = surprises(again.code_cells());
        assert!(surprises.is_empty(), "{name}: {surprises}");
        for (first, second) in committed.code_cells().zip(again.code_cells()) {
            let given = |cell: &CodeCell| (cell.data("text/plain"), cell.data("text/html"), cell.stream("stdout"));
            assert_eq!(given(&first), given(&second), "{name}: the second run of\n{}", first.source());
        }
    }
}

#[test]
fn every_notebook_is_run_and_committed_as_it_is_updated() {
    let names = |path: &Path| path.extension().is_some_and(|extension| extension == "ipynb");
    let files = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path()).filter(|path| names(path));
    let mut found: Vec<String> = files.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    found.sort();
    assert_eq!(found, NOTEBOOKS);
    for name in found {
        let text = fs::read_to_string(committed(&name)).unwrap();
        assert!(text == Notebook::read(&committed(&name)).to_committed_json(), "{name} is laid out otherwise");
    }
}

//! What was run is there in the next kernel, and in the one beside it.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::notebook::Notebook;

/// How long a kernel may take to write what it has run.
const LIMIT: Duration = Duration::from_secs(10);

/// A notebook whose history is kept in this file.
fn notebook(file: &Path) -> Notebook {
    Notebook::open_with(|command| {
        command.env("SOMA_HISTORY", file);
    })
}

/// A notebook whose history is kept in this file and whose log is written to another.
fn logging_notebook(file: &Path, log: &Path) -> Notebook {
    Notebook::open_with(|command| {
        command.env("SOMA_HISTORY", file).stderr(File::create(log).unwrap());
    })
}

fn tail(notebook: &mut Notebook) -> Value {
    notebook.frontend().ask("history_request", json!({ "n": 99, "output": true }))["history"].take()
}

fn files(folder: &TempDir) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The lines of a log that are about the history.
fn complaints(log: &Path) -> Vec<String> {
    let log = fs::read_to_string(log).unwrap();
    log.lines().filter(|line| line.contains("history")).map(str::to_owned).collect()
}

#[test]
fn a_second_kernel_has_the_cells_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state/history.sqlite");
    let mut first = notebook(&file);
    first.ok("let a = 1;");
    first.gives("a + 1", "2");
    first.fails("b");
    drop(first);
    let cells = json!([[1, 1, ["let a = 1;", null]], [1, 2, ["a + 1", "2"]], [1, 3, ["b", null]]]);
    let mut second = notebook(&file);
    assert_eq!(tail(&mut second), cells);
    second.ok("let c = 3;");
    let search = json!({ "hist_access_type": "search", "pattern": "let*" });
    let found = second.frontend().ask("history_request", search)["history"].take();
    assert_eq!(found, json!([[1, 1, "let a = 1;"], [2, 1, "let c = 3;"]]));
}

#[test]
fn two_kernels_at_once_see_each_others_cells_under_their_own_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.sqlite");
    let (mut one, mut two) = (notebook(&file), notebook(&file));
    one.ok("let one = 1;");
    assert_eq!(tail(&mut one), json!([[1, 1, ["let one = 1;", null]]]));
    two.ok("let two = 2;");
    assert_eq!(tail(&mut two), json!([[1, 1, ["let one = 1;", null]], [2, 1, ["let two = 2;", null]]]));
    assert_eq!(tail(&mut one), json!([[2, 1, ["let two = 2;", null]], [1, 1, ["let one = 1;", null]]]));
}

#[test]
fn a_killed_kernel_leaves_its_cells() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.sqlite");
    let (mut killed, mut other) = (notebook(&file), notebook(&file));
    killed.ok("let a = 1;");
    killed.start("loop {}");
    let cells = json!([[1, 1, ["let a = 1;", null]], [1, 2, ["loop {}", null]]]);
    let deadline = Instant::now() + LIMIT;
    while tail(&mut other) != cells {
        assert!(Instant::now() < deadline, "the cells were not written in {LIMIT:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    killed.kill();
    assert_eq!(tail(&mut other), cells);
}

#[test]
fn a_damaged_history_is_copied_with_one_warning() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.sqlite");
    let log = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, "no database".repeat(1000)).unwrap();
    let mut notebook = logging_notebook(&file, log.path());
    notebook.gives("1 + 1", "2");
    notebook.gives("2 + 2", "4");
    assert_eq!(tail(&mut notebook), json!([[1, 1, ["1 + 1", "2"]], [1, 2, ["2 + 2", "4"]]]));
    drop(notebook);
    assert_eq!(files(&folder), ["history.sqlite", "history.sqlite.damaged-1"]);
    let complaints = complaints(log.path());
    let [warning] = &complaints[..] else { panic!("{complaints:#?}") };
    assert!(warning.contains("WARN") && warning.contains("history.sqlite.damaged-1"), "{warning}");
}

#[test]
fn a_history_that_cannot_be_kept_costs_one_warning_that_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let not_a_folder = folder.path().join("file");
    fs::write(&not_a_folder, "").unwrap();
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut notebook = logging_notebook(&not_a_folder.join("history.sqlite"), log.path());
    notebook.gives("1 + 1", "2");
    notebook.gives("2 + 2", "4");
    assert_eq!(tail(&mut notebook), json!([[1, 1, ["1 + 1", "2"]], [1, 2, ["2 + 2", "4"]]]));
    drop(notebook);
    let complaints = complaints(log.path());
    let [warning] = &complaints[..] else { panic!("{complaints:#?}") };
    let reason = format!("the folder {} cannot be made", not_a_folder.display());
    assert!(warning.contains("WARN") && warning.contains(&reason), "{warning}");
    assert!(warning.contains("set SOMA_HISTORY to a file that can be written"), "{warning}");
}

#[test]
fn with_an_empty_name_nothing_is_kept() {
    let mut notebook = notebook(Path::new(""));
    notebook.gives("1 + 1", "2");
    assert_eq!(tail(&mut notebook), json!([[1, 1, ["1 + 1", "2"]]]));
    assert!(!notebook.folder().join("history.sqlite").exists());
}

#[test]
fn after_a_restart_a_missing_variable_names_the_cell_that_defines_it() {
    let folder = tempfile::tempdir().unwrap();
    let history = folder.path().join("history.sqlite");
    let open = |notebook: &str| {
        Notebook::open_with(|command| {
            command.env("SOMA_HISTORY", &history).env("JPY_SESSION_NAME", notebook);
        })
    };
    let mut first = open("lessons/1.ipynb");
    first.ok("fn halved(x: f64) -> f64 { x / 2.0 }");
    first.ok("let rate = 0.1;");
    first.ok("let steps = 3;\nlet rate = halved(rate);");
    drop(first);
    let mut other = open("lessons/2.ipynb");
    assert!(!other.fails("rate").traceback.contains("restarted"), "it is another notebook's");
    drop(other);
    let mut again = open("lessons/1.ipynb");
    again.fails("rate * 2.0").says("run In [3] again, it has `let rate = halved(rate);`");
    again.fails("halved(1.0)").says("run In [1] again");
    assert!(!again.fails("nowhere").traceback.contains("restarted"));
    again.ok("let rate = 0.5;");
    again.gives("rate", "0.5");
}

//! A class on one server with JupyterHub, and on several hosts with Enterprise Gateway: the real programs, on a machine of
//! their own made of namespaces (`machine.py`), with accounts that are gone afterwards.
//!
//! They need root, and what PyPI, npm and Debian have of these programs. Where that cannot be had, the tests say so.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use soma_lab::{environment, process};
use soma_tests::{beside_the_tests, check, lab};

/// Fetching two Python environments for the first time, and each step's own limit, on a busy machine.
const LIMIT: Duration = Duration::from_secs(1500);

/// `machine.py` ends with this when it cannot make a machine.
const NOT_HERE: i32 = 77;

/// A folder for all accounts, with the first lesson compiled.
fn shared() -> PathBuf {
    static SHARED: OnceLock<PathBuf> = OnceLock::new();
    SHARED
        .get_or_init(|| {
            let folder = lab().workspace.target.join("tmp/class-shared");
            let _ = std::fs::remove_dir_all(&folder);
            let mut command = Command::new(&lab().kernel);
            environment::without_cargo(&mut command);
            command.args(["warm", "--into"]).arg(&folder).arg(lab().workspace.notebooks().join("en/01-tensors.ipynb"));
            command.env("SOMA_CACHE_DIR", lab().cache.as_ref().expect("tests have a cache of their own"));
            check(command.env("SOMA_SHARED_DIRS", ""));
            folder
        })
        .clone()
}

/// Runs one of the trials, whose claims are lines; it ends with an error at the first that does not hold.
fn holds(trial: &str, needs: &[&str]) {
    let mut command = Command::new(lab().venv.join("bin/python"));
    environment::without_cargo(&mut command);
    command.arg(beside_the_tests(trial)).arg("--soma").arg(&lab().kernel).arg("--shared").arg(shared());
    command.arg("--environments").arg(lab().workspace.lab().join("class")).arg("--needs").args(needs);
    let finished = process::run(&mut command, LIMIT).unwrap();
    if finished.status.and_then(|status| status.code()) == Some(NOT_HERE) {
        eprintln!("{trial}: {}", finished.stderr.trim());
        return;
    }
    assert!(finished.succeeded(), "{trial}:\n{}\n{}", finished.stdout, finished.stderr);
    assert!(finished.stdout.trim_end().ends_with("all claims hold"), "{trial}:\n{}", finished.stdout);
    assert!(finished.left_behind.is_empty(), "{:?}", finished.left_behind);
}

/// One after the other: both make the environments that are not there yet.
#[test]
fn a_class_works_on_one_server_and_on_several_and_no_learner_reaches_another() {
    holds("hub.py", &[]);
    holds("gateway.py", &["sshd"]);
}

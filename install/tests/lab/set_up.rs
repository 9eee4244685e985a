//! `cargo lab` on machines where something is missing: one sentence that says what to do, and an exit code other than
//! 0.

use std::fs;
use std::time::{Duration, Instant};

use crate::fakes::Machine;
use nix::sys::signal::Signal;

#[test]
fn a_complete_machine_is_set_up_with_a_line_for_each_step() {
    let machine = Machine::complete();
    let said = machine.set_up();
    said.succeeded();
    assert!(machine.kernel_entry().is_dir());
    for step in ["Linker", "Python", "Rust's own sources", "JupyterLab", "Kernel", "Tensor library"] {
        assert!(said.stderr.contains(&format!("] {step}")), "{step} is not in:\n{}", said.stderr);
    }
    assert!(said.stderr.lines().filter(|line| line.ends_with(" s)")).count() >= 6, "{}", said.stderr);
}

#[test]
fn a_second_set_up_installs_no_packages() {
    let machine = Machine::complete();
    machine.set_up().succeeded();
    machine.set_up().succeeded();
    assert_eq!(["--requirement", "install/papermill"].map(|words| machine.pip_calls(words)), [1, 1]);
}

#[test]
fn another_python_version_makes_the_environment_anew() {
    let machine = Machine::complete();
    machine.set_up().succeeded();
    let newer = fs::read_to_string(machine.path("python3")).unwrap().replace("3.12.1", "3.13.0");
    machine.with("python3", &newer).set_up().succeeded();
    assert_eq!(["--requirement", "install/papermill"].map(|words| machine.pip_calls(words)), [2, 2]);
}

#[test]
fn several_set_ups_at_once_install_packages_once() {
    let machine = Machine::complete();
    let labs: Vec<_> = (0..4).map(|_| machine.lab(&["set-up"])).collect();
    for lab in labs {
        lab.end().succeeded();
    }
    assert_eq!(["--requirement", "install/papermill"].map(|words| machine.pip_calls(words)), [1, 1]);
}

#[test]
fn a_missing_linker_is_named_with_the_package_that_has_it() {
    let said = Machine::complete().without("cc").set_up();
    assert!(said.complaint().starts_with("no linker (`cc`) was found: install "), "{}", said.stderr);
}

#[test]
fn a_missing_python_is_named_with_the_package_that_has_it() {
    let said = Machine::complete().without("python3").set_up();
    assert!(said.complaint().starts_with("no Python (`python3`) was found: install Python 3.11"), "{}", said.stderr);
}

#[test]
fn a_python_that_is_too_old_is_told_with_its_version() {
    let machine = Machine::complete();
    let said = machine.with("python3", "echo 3.9.2").set_up();
    assert!(said.complaint().contains("is Python 3.9.2, too old for JupyterLab"), "{}", said.stderr);
}

#[test]
fn a_python_without_venv_is_told_with_the_package_that_has_it() {
    let machine = Machine::complete();
    let said = machine.with("python3", r#"case "$*" in *ensurepip*) exit 1 ;; *) echo 3.12.1 ;; esac"#).set_up();
    assert!(said.complaint().contains("python3-venv"), "{}", said.stderr);
}

#[test]
fn packages_that_cannot_be_fetched_are_told_in_pips_words_and_tried_again() {
    let machine = Machine::complete();
    let said = machine.with("pip", "echo 'ERROR: no route to host' >&2; exit 1").set_up();
    assert!(said.complaint().contains("check the network connection"), "{}", said.stderr);
    assert!(said.complaint().contains("ERROR: no route to host"), "{}", said.stderr);
    machine.with("pip", "exit 0").set_up().succeeded();
}

#[test]
fn an_own_package_that_cannot_be_installed_is_told_in_pips_words() {
    let machine = Machine::complete();
    let pip = r#"case "$*" in *install/papermill*) echo 'ERROR: no space left' >&2; exit 1 ;; esac"#;
    let said = machine.with("pip", pip).set_up();
    assert!(said.complaint().contains("install/papermill could not be installed"), "{}", said.stderr);
    assert!(said.complaint().contains("ERROR: no space left"), "{}", said.stderr);
}

#[test]
fn missing_rust_sources_are_asked_of_rustup() {
    let machine = Machine::complete();
    let said = machine.without_rust_sources().with("rustup", r#"echo "$*" > "$FAKES/asked""#).set_up();
    said.succeeded();
    assert_eq!(fs::read_to_string(machine.path("asked")).unwrap(), "component add rust-src\n");
    assert!(said.stderr.contains("Rust's own sources … installed"), "{}", said.stderr);
}

#[test]
fn rust_sources_that_cannot_be_fetched_are_told_with_both_ways_out() {
    let machine = Machine::complete();
    let said = machine.without_rust_sources().with("rustup", "exit 1").set_up();
    assert!(said.complaint().contains("`rustup component add rust-src`"), "{}", said.stderr);
    assert!(said.complaint().contains("`cargo lab --without-completions`"), "{}", said.stderr);
}

#[test]
fn without_rustup_the_systems_package_of_rust_sources_is_named() {
    let said = Machine::complete().without_rust_sources().without("rustup").set_up();
    assert!(said.complaint().contains("`sudo apt-get install rust-src`"), "{}", said.stderr);
}

#[test]
fn without_completions_missing_rust_sources_are_one_line_of_progress() {
    let machine = Machine::complete();
    machine.without_rust_sources().with("rustup", "exit 1");
    let said = machine.lab(&["set-up", "--without-completions"]).end();
    said.succeeded();
    assert!(said.stderr.contains("missing, so completions will not work"), "{}", said.stderr);
    assert!(machine.kernel_entry().is_dir());
}

#[test]
fn a_kernel_that_does_not_compile_is_told() {
    let machine = Machine::complete();
    let script = fs::read_to_string(machine.path("cargo")).unwrap().replace("build)", "build) exit 101");
    let said = machine.with("cargo", &script).set_up();
    assert!(said.complaint().starts_with("the kernel could not be built"), "{}", said.stderr);
}

#[test]
fn a_kernel_folder_that_cannot_be_written_is_told_in_the_kernels_words() {
    let machine = Machine::complete();
    let said = machine
        .with("soma", r#"echo "soma: cannot write the kernel's entry to $3: make that folder writable" >&2; exit 1"#)
        .set_up();
    assert!(said.complaint().contains("cannot write the kernel's entry to "), "{}", said.stderr);
    assert!(said.complaint().ends_with("make that folder writable"), "{}", said.stderr);
}

#[test]
fn a_target_folder_that_cannot_be_written_is_named_with_what_to_set() {
    let machine = Machine::complete();
    fs::write(machine.path("target"), "a file where a folder should be").unwrap();
    let said = machine.set_up();
    assert!(said.complaint().contains(&machine.path("target").display().to_string()), "{}", said.stderr);
    assert!(said.complaint().contains("CARGO_TARGET_DIR"), "{}", said.stderr);
}

#[test]
#[cfg(target_os = "linux")]
fn a_signal_during_set_up_ends_what_was_being_done() {
    let machine = Machine::complete();
    machine.with("pip", r#"sleep 300 & echo $! > "$FAKES/started"; wait"#);
    let mut lab = machine.lab(&["set-up"]);
    let deadline = Instant::now() + Duration::from_secs(30);
    while !machine.path("started").exists() {
        assert!(Instant::now() < deadline, "pip was not started");
        std::thread::sleep(Duration::from_millis(10));
    }
    lab.signal(Signal::SIGTERM);
    assert_eq!(lab.end().code, Some(128 + Signal::SIGTERM as i32));
    assert_eq!(machine.running(), Vec::<String>::new());
}

//! However a kernel ends, nothing of it is left.

use std::time::{Duration, Instant};

use soma_lab::process::{Process, Supervised};
use soma_tests::{Desk, beside_the_tests, desk};

/// A client with a kernel that has run a cell; the cell has started a program of its own.
fn client(desk: &Desk) -> Supervised {
    let ready = desk.path().join("ready");
    let mut command = desk.command("python");
    command.arg(beside_the_tests("keep_kernel.py")).arg(&ready);
    let mut client = desk::start(&mut command);
    let deadline = Instant::now() + desk::LIMIT;
    while !ready.exists() {
        assert!(client.wait(Duration::from_millis(50)).unwrap().is_none(), "the client has ended");
        assert!(Instant::now() < deadline, "the kernel did not run its first cell in time");
    }
    client
}

fn named<'a>(processes: &'a [Process], part: &str) -> &'a Process {
    processes
        .iter()
        .find(|process| process.command.contains(part))
        .unwrap_or_else(|| panic!("no `{part}` in {processes:#?}"))
}

fn send(signal: nix::sys::signal::Signal, process: &Process) {
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(process.pid), signal).unwrap();
}

/// Waits until only these of the client's processes are running.
fn only_the_client_is_left(client: &mut Supervised, desk: &Desk) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let mut left = client.processes();
        left.retain(|process| !process.command.contains("keep_kernel.py"));
        let files = desk.left_in_tmp();
        if left.is_empty() && files.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "left behind: {left:#?} {files:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn nothing_is_left_of_a_kernel_that_was_killed() {
    let desk = Desk::new();
    let mut client = client(&desk);
    let processes = client.processes();
    named(&processes, "sleep 4321");
    send(nix::sys::signal::Signal::SIGKILL, named(&processes, "kernel --connection-file"));
    only_the_client_is_left(&mut client, &desk);
}

#[test]
fn nothing_is_left_of_a_kernel_that_was_asked_to_end() {
    let desk = Desk::new();
    let mut client = client(&desk);
    let processes = client.processes();
    send(nix::sys::signal::Signal::SIGTERM, named(&processes, "kernel --connection-file"));
    only_the_client_is_left(&mut client, &desk);
}

#[test]
fn nothing_is_left_when_the_client_was_killed() {
    let desk = Desk::new();
    let mut client = client(&desk);
    client.child().kill().unwrap();
    client.wait(Duration::from_secs(10)).unwrap().expect("a killed process ends");
    only_the_client_is_left(&mut client, &desk);
}

#[test]
fn nothing_is_left_of_a_notebook_that_was_closed_in_jupyterlab() {
    let desk = Desk::new();
    let server = desk.jupyterlab();
    let mut command = desk.command("python");
    command.arg(beside_the_tests("close_notebook.py")).args([&server.address, &server.token]);
    desk::check(&mut command);
    let deadline = Instant::now() + Duration::from_secs(20);
    while let left @ [_, _, ..] = &server.processes()[..] {
        assert!(Instant::now() < deadline, "beside the server: {left:#?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(server.end(), []);
    assert_eq!(desk.left_in_tmp(), Vec::<String>::new());
}

#[test]
fn nothing_is_left_when_jupyterlab_ends_with_a_cell_running() {
    let desk = Desk::new();
    let server = desk.jupyterlab();
    let mut command = desk.command("python");
    command.arg(beside_the_tests("close_notebook.py")).args([&server.address, &server.token]).arg("--leave-running");
    desk::check(&mut command);
    named(&server.processes(), "kernel --connection-file");
    assert_eq!(server.end(), []);
    assert_eq!(desk.left_in_tmp(), Vec::<String>::new());
}

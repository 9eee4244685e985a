//! `cargo lab` with JupyterLab running, up to its end. JupyterLab is a shell script here; the real one is part of
//! the tests that span crates.

use std::io::{BufRead, BufReader};

use crate::fakes::{Lab, Machine};
use nix::sys::signal::Signal;

/// Starts `cargo lab` and waits for the address.
fn serving(machine: &Machine) -> (Lab, String) {
    let mut lab = machine.lab(&["--no-browser"]);
    let mut address = String::new();
    let stdout = lab.child().stdout.as_mut().unwrap();
    BufReader::new(stdout).read_line(&mut address).unwrap();
    (lab, address)
}

#[test]
fn the_address_is_the_only_thing_printed() {
    let machine = Machine::complete();
    let (mut lab, address) = serving(&machine);
    assert_eq!(address, "http://127.0.0.1:8888/lab?token=secret\n");
    lab.signal(Signal::SIGTERM);
    assert_eq!(lab.end().succeeded().stdout, "");
}

#[test]
#[cfg(target_os = "linux")]
fn ctrl_c_and_its_like_end_jupyterlab_and_its_kernels() {
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let machine = Machine::complete();
        let (mut lab, _) = serving(&machine);
        assert!(machine.running().len() >= 3, "{:?}", machine.running());
        lab.signal(signal);
        lab.end().succeeded();
        assert_eq!(machine.running(), Vec::<String>::new(), "after {signal}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_second_ctrl_c_ends_a_jupyterlab_that_will_not() {
    let machine = Machine::complete();
    let script = std::fs::read_to_string(machine.path("jupyter-lab")).unwrap();
    machine.with("jupyter-lab", &script.replace("kill $!; exit 0", "").replace("wait", "while :; do wait; done"));
    let (mut lab, _) = serving(&machine);
    lab.signal(Signal::SIGINT);
    std::thread::sleep(std::time::Duration::from_millis(500));
    lab.signal(Signal::SIGINT);
    assert_eq!(lab.end().code, Some(128 + Signal::SIGINT as i32));
    assert_eq!(machine.running(), Vec::<String>::new());
}

#[test]
fn a_jupyterlab_that_does_not_start_is_told_with_the_end_of_its_log() {
    let machine = Machine::complete();
    machine.with("jupyter-lab", "echo 'no free port'; exit 1");
    let said = machine.lab(&["--no-browser"]).end();
    assert_eq!(said.code, Some(1));
    assert!(said.stderr.contains("cargo lab: JupyterLab ended as soon as it was started"), "{}", said.stderr);
    assert!(said.stderr.ends_with("no free port\n"), "{}", said.stderr);
}

//! The rustc that waits for compiles ends, stands still or cannot be reached: others compile.

use std::fs;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::compiles::slow;
use crate::family::{Family, Process};
use crate::fault::{Fault, suffer};
use crate::patient::Patient;
use crate::random::Random;

/// A cell that no cache has.
fn new_cell(random: &mut Random) -> String {
    format!("({}_u64, twice(21)).1", random.below(1 << 40))
}

/// The one that waits, when it does.
fn waiting(patient: &Patient) -> Process {
    patient.wait_for("a rustc waits", Family::waiting)
}

/// Whoever has compiled, another one waits after the next cell.
fn another_waits(patient: &mut Patient, than: &Process, random: &mut Random) {
    let code = new_cell(random);
    patient.notebook().gives(&code, "42");
    assert_ne!(waiting(patient).pid, than.pid);
}

pub fn faults() -> Vec<Fault> {
    let mut faults = Vec::new();
    for signal in [Signal::SIGKILL, Signal::SIGSEGV, Signal::SIGTERM] {
        faults.push(Fault::new(format!("waiting/{signal}/idle"), move |patient, random| {
            let victim = waiting(patient);
            victim.signal(signal);
            random.wait(Duration::from_millis(20));
            another_waits(patient, &victim, random);
        }));
        faults.push(Fault::new(format!("waiting/{signal}/compiling"), move |patient, random| {
            let request = patient.notebook().start(&slow(random));
            patient.wait_for("it is compiled", Family::compiler);
            let victim = waiting(patient);
            random.wait(Duration::from_millis(150));
            victim.signal(signal);
            assert_eq!(patient.succeeded(&request).text(), Some("24"));
            another_waits(patient, &victim, random);
        }));
    }
    faults.push(Fault::new("waiting/stopped/idle", |patient, random| {
        let victim = waiting(patient);
        victim.signal(Signal::SIGSTOP);
        let code = new_cell(random);
        patient.notebook().gives(&code, "42");
        victim.signal(Signal::SIGCONT);
        let code = new_cell(random);
        patient.notebook().gives(&code, "42");
    }));
    faults.push(Fault::new("waiting/stopped/compiling, then interrupted", |patient, random| {
        let request = patient.notebook().start(&slow(random));
        patient.wait_for("it is compiled", Family::compiler);
        let victim = waiting(patient);
        victim.signal(Signal::SIGSTOP);
        let since = Instant::now();
        patient.notebook().interrupt();
        patient.stopped(&request, since);
        another_waits(patient, &victim, random);
    }));
    faults.push(Fault::new("waiting/its socket is removed", |patient, random| {
        let victim = waiting(patient);
        let session = patient.notebook().session();
        let entries = fs::read_dir(&session).unwrap().map(|entry| entry.unwrap().path());
        let is_socket = |name: &str| name.starts_with("rustc-");
        let socket = entries.filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_socket));
        socket.for_each(|socket| fs::remove_file(socket).unwrap());
        another_waits(patient, &victim, random);
    }));
    faults
}

#[test]
fn whatever_happens_to_the_waiting_rustc_cells_are_compiled() {
    if std::env::var("SOMA_WITHOUT").is_ok_and(|without| without.contains("waiting-rustc")) {
        println!("SOMA_WITHOUT says that no rustc waits");
        return;
    }
    suffer(Patient::new, &faults());
}

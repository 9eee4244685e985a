//! The sleeping copy of the process that runs cells is killed, or put to sleep too well.

use std::time::Duration;

use nix::sys::signal::Signal;

use crate::fault::{Fault, suffer};
use crate::patient::Patient;

pub fn faults() -> Vec<Fault> {
    let mut faults = Vec::new();
    for signal in [Signal::SIGKILL, Signal::SIGSEGV, Signal::SIGTERM, Signal::SIGABRT] {
        faults.push(Fault::new(format!("copy/{signal} before the cell that crashes"), move |patient, random| {
            let copy = patient.family().copy().expect("there is a copy");
            copy.signal(signal);
            random.wait(Duration::from_millis(20));
            let request = patient.notebook().start("count = 7; std::process::abort()");
            patient.crashed(&request, "aborted");
        }));
    }
    faults.push(Fault::new("copy/stopped before it is needed", |patient, _| {
        let copy = patient.family().copy().expect("there is a copy");
        copy.signal(Signal::SIGSTOP);
        let request = patient.notebook().start("count = 7; std::process::abort()");
        patient.crashed(&request, "aborted");
    }));
    faults.push(Fault::new("copy/stopped before it is replaced", |patient, _| {
        let copy = patient.family().copy().expect("there is a copy");
        copy.signal(Signal::SIGSTOP);
        patient.notebook().gives("twice(2)", "4");
    }));
    for crashes in [2, 5] {
        faults.push(Fault::new(format!("copy/woken {crashes} times in a row"), move |patient, _| {
            for _ in 0..crashes {
                let request = patient.notebook().start("drop(words); std::process::abort()");
                patient.crashed(&request, "aborted");
            }
        }));
    }
    // With nothing running, the process that holds the variables is killed.
    for signal in [Signal::SIGKILL, Signal::SIGSEGV, Signal::SIGTERM] {
        faults.push(Fault::new(format!("worker/{signal} between two cells"), move |patient, random| {
            let before = patient.family().worker();
            before.signal(signal);
            patient
                .wait_for("the copy takes its place", |family| family.find_worker().filter(|worker| *worker != before));
            // Only with a copy of its own can another one be told from it after the next cell.
            patient.wait_for("it has a copy", |family| family.copy());
            random.wait(Duration::from_millis(20));
        }));
    }
    faults
}

#[test]
fn no_end_of_a_copy_costs_a_variable() {
    suffer(Patient::new, &faults());
}

//! The process that answers questions about code ends, or stands still: questions are answered all the same.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::fault::{Fault, suffer};
use crate::patient::Patient;

/// How long an answer may take when the analyst is of no help: names need no analysis.
const PATIENCE: Duration = Duration::from_secs(40);

/// Completes a name that starts a cell, and gives all matches.
fn complete(patient: &mut Patient, code: &str) -> Vec<Value> {
    let since = Instant::now();
    let request = json!({ "code": code, "cursor_pos": code.len() });
    let reply = patient.notebook().frontend().ask("complete_request", request);
    assert_eq!(reply["status"], "ok");
    assert!(since.elapsed() < PATIENCE, "{:?}", since.elapsed());
    reply["matches"].as_array().unwrap().clone()
}

pub fn faults() -> Vec<Fault> {
    let mut faults = Vec::new();
    for signal in [Signal::SIGKILL, Signal::SIGSEGV, Signal::SIGTERM, Signal::SIGSTOP] {
        for moment in ["as it starts", "later"] {
            faults.push(Fault::new(format!("analyst/{signal}/{moment}"), move |patient, random| {
                // A question about what follows a dot starts it.
                complete(patient, "words.le");
                let analyst = patient.wait_for("the analyst starts", |family| family.analyst());
                random.wait(Duration::from_millis(if moment == "later" { 1500 } else { 30 }));
                analyst.signal(signal);
                // One that stands still is sent a few questions, and then none. That one has ended may be noticed by the first.
                for _ in 0..if signal == Signal::SIGSTOP { 12 } else { 2 } {
                    complete(patient, "words.le");
                }
                assert!(complete(patient, "twi").contains(&json!("twice")));
                // One that stands still is not ended while nobody knows whether it will go on.
                if signal != Signal::SIGSTOP {
                    patient.wait_for("another one", |family| family.analyst().filter(|other| *other != analyst));
                }
            }));
        }
    }
    faults
}

#[test]
fn no_end_of_the_analyst_costs_an_answer() {
    // Of one that fails again and again, the kernel waits a minute before it starts another.
    for fault in faults() {
        suffer(Patient::new, std::slice::from_ref(&fault));
    }
}

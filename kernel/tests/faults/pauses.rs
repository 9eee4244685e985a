//! A process stands still for a while, as all do when a machine sleeps, and goes on.

use std::time::Duration;

use nix::sys::signal::Signal;

use crate::family::{Family, Process};
use crate::fault::{Fault, suffer};
use crate::patient::Patient;
use crate::random::Random;

type Who = (&'static str, fn(&Family) -> Vec<Process>);

const WHO: [Who; 5] = [
    ("kernel", |family| vec![family.kernel()]),
    ("supervisor", |family| vec![family.supervisor()]),
    ("worker", |family| vec![family.worker()]),
    ("copy", |family| family.copy().into_iter().collect()),
    ("all", |family| {
        [vec![family.kernel(), family.supervisor(), family.worker()], family.copy().into_iter().collect()].concat()
    }),
];

/// How long at most.
const PAUSE: Duration = Duration::from_millis(400);

pub fn faults() -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, who) in WHO {
        faults.push(Fault::new(format!("pause/{name}/idle"), move |patient, random| {
            pause(patient, who, random);
            patient.notebook().gives("twice(21)", "42");
        }));
        faults.push(Fault::new(format!("pause/{name}/printing"), move |patient, random| {
            let request = patient.notebook().start(
                "for n in 0..3000 { println!(\"{n}\"); if n % 100 == 0 { std::thread::sleep(std::time::Duration::from_millis(5)); } }",
            );
            random.wait(Duration::from_millis(100));
            pause(patient, who, random);
            let cell = patient.succeeded(&request);
            let all: String = (0..3000).map(|n| format!("{n}\n")).collect();
            assert_eq!(cell.stdout, all);
        }));
        faults.push(Fault::new(format!("pause/{name}/before a crash"), move |patient, random| {
            let request = patient.start(
                "println!(\"on\"); std::thread::sleep(std::time::Duration::from_millis(100)); std::process::abort()",
            );
            pause(patient, who, random);
            patient.crashed(&request, "aborted");
        }));
    }
    faults
}

fn pause(patient: &Patient, who: fn(&Family) -> Vec<Process>, random: &mut Random) {
    let processes = who(&patient.family());
    processes.iter().for_each(|process| process.signal(Signal::SIGSTOP));
    random.wait(PAUSE);
    processes.iter().for_each(|process| process.signal(Signal::SIGCONT));
}

#[test]
fn no_pause_costs_a_variable_or_a_line() {
    suffer(Patient::new, &faults());
}

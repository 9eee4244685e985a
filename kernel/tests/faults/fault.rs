//! A fault: what goes wrong, and the reply that must come of it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::patient::Patient;
use crate::random::{Random, seed};

type Inject = dyn Fn(&mut Patient, &mut Random);

/// Something that goes wrong.
pub struct Fault {
    /// Where, what and when, in words with slashes between.
    pub name: String,
    inject: Box<Inject>,
}

impl Fault {
    /// Of this name. `inject` lets it happen, and asserts the reply.
    pub fn new(name: impl Into<String>, inject: impl Fn(&mut Patient, &mut Random) + 'static) -> Fault {
        Fault { name: name.into(), inject: Box::new(inject) }
    }
}

/// Lets a patient suffer one fault after the other. Who has not survived one is replaced, so that all faults are tried.
pub fn suffer(open: impl Fn() -> Patient, faults: &[Fault]) {
    let chosen = std::env::var("SOMA_FAULT").unwrap_or_default();
    let mut patient = open();
    let mut not_survived = Vec::new();
    for fault in faults.iter().filter(|fault| fault.name.contains(&chosen)) {
        let survived = catch_unwind(AssertUnwindSafe(move || {
            (fault.inject)(&mut patient, &mut Random::of(&fault.name));
            patient.is_well();
            patient
        }));
        patient = survived.unwrap_or_else(|_| {
            let (name, seed) = (&fault.name, seed());
            eprintln!("not survived: SOMA_FAULT_SEED={seed} SOMA_FAULT='{name}'");
            not_survived.push(name);
            open()
        });
    }
    assert!(not_survived.is_empty(), "not survived: {not_survived:#?}");
}

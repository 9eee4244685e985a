//! Gradients of random programs are what a model says that knows nothing of tensors; see [`programs`].

mod programs;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use programs::{End, run};

/// The same programs every time: what is found stays found, and a run takes as long as the last one.
fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, proptest::test_runner::TestRng::deterministic_rng(Default::default()))
}

fn all(cases: u32, length: usize) {
    let ends = std::cell::RefCell::new([0; 3]);
    let (steps, changes) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let bytes = prop::collection::vec(any::<u8>(), 12..length);
    let result = runner(cases).run(&bytes, |bytes| {
        let report = run(&bytes);
        ends.borrow_mut()[report.end as usize] += 1;
        steps.set(steps.get() + report.steps);
        changes.set(changes.get() + report.changes);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let ends = ends.into_inner();
    println!("{steps:?} steps, {changes:?} changes in place; compared, compared twice, refused: {ends:?}");
    // Otherwise little is tested.
    assert!(ends[End::Refused as usize] < cases / 2 && ends[End::ComparedTwice as usize] > cases / 20, "{ends:?}");
}

#[test]
fn short_programs() {
    all(9000, 40);
}

#[test]
fn long_programs() {
    all(6000, 220);
}

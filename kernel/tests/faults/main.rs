//! Faults, injected at every boundary between a front end and a cell: something is killed, stopped, delayed, damaged
//! or taken away, at a moment that a seed decides. Each fault asserts its own reply; after each, [`patient::Patient`]
//! asserts that every earlier variable is intact and that nothing is left running that was not there before.
//!
//! `SOMA_FAULT_SEED=7` chooses other moments, `SOMA_FAULT=signal/` only the faults whose name has that in it; a fault
//! that fails says both. Each fault has its own stream of random numbers, so it is the same alone as among others.
//!
//! | boundary | module |
//! |---|---|
//! | the cell and its process | [`ends`] |
//! | the process and its sleeping copy | [`copies`] |
//! | the user's wish to stop, and whatever the cell is in | [`interrupts`] |
//! | the kernel, and the driver and rustc that it waits for | [`compiles`] |
//! | the driver, and the rustc that waits for it | [`waiting`] |
//! | the driver, and the cache on disk | [`cache`] |
//! | all processes of a session, and its folder | [`session_folder`] |
//! | the kernel, and strangers at its sockets | [`sockets`] |
//! | any process, and the system's scheduler | [`pauses`] |
//! | the kernel and its analyst | [`analyst`] |
//! | the kernel and the file of its history | [`history`] |
//! | the kernel itself, and the supervisor: what cannot be survived leaves nothing | [`losses`] |

mod analyst;
mod cache;
mod compiles;
mod copies;
mod ends;
mod family;
mod fault;
mod history;
mod interrupts;
mod losses;
#[path = "../cells/notebook.rs"]
#[allow(dead_code)]
mod notebook;
mod patient;
mod pauses;
mod random;
mod session_folder;
mod sockets;
#[path = "../cells/surroundings.rs"]
#[allow(dead_code)]
mod surroundings;
mod waiting;

#[test]
fn there_are_more_than_two_hundred_faults_each_with_a_name_of_its_own() {
    let boundaries = [
        analyst::faults(),
        cache::faults(),
        compiles::faults(),
        copies::faults(),
        ends::faults(),
        history::faults(),
        interrupts::faults(),
        pauses::faults(),
        session_folder::faults(),
        sockets::faults(),
        waiting::faults(),
    ];
    let names: Vec<&str> = boundaries.iter().flatten().map(|fault| fault.name.as_str()).collect();
    let different: std::collections::BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(names.len(), different.len(), "two faults have one name");
    assert!(names.len() >= 200, "there are {} faults", names.len());
    println!("{} faults, seed {}", names.len(), random::seed());
}

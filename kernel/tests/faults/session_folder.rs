//! What the processes of a session tell each other through files is damaged.

use std::fs;
use std::path::Path;

use crate::fault::{Fault, suffer};
use crate::patient::Patient;
use crate::random::Random;

/// What stands in a session's folder once cells have run.
const PATHS: [&str; 17] = [
    "Cargo.toml",
    ".cargo",
    ".evcxr-execution-so",
    "alive",
    "bin",
    "bin/cargo",
    "bin/rustc",
    "cell.json",
    "command-line.json",
    "key",
    "loaded",
    "session.json",
    "src",
    "src/lib.rs",
    "src/cell.rs",
    "target",
    "warnings.json",
];

type Damage = (&'static str, fn(&Path, &mut Random));

const DAMAGES: [Damage; 4] = [
    ("removed", |path, _| remove(path)),
    ("empty", |path, _| {
        remove(path);
        fs::write(path, "").unwrap();
    }),
    ("noise", |path, random| {
        remove(path);
        fs::write(path, random.bytes(300)).unwrap();
    }),
    ("a folder", |path, _| {
        remove(path);
        fs::create_dir(path).unwrap();
    }),
];

fn remove(path: &Path) {
    match path.symlink_metadata() {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path).unwrap(),
        Ok(_) => fs::remove_file(path).unwrap(),
        Err(_) => {}
    }
}

pub fn faults() -> Vec<Fault> {
    let mut faults = Vec::new();
    for path in PATHS {
        for (name, damage) in DAMAGES {
            faults.push(Fault::new(format!("folder/{path}/{name}"), move |patient, random| {
                let file = patient.notebook().session().join(path);
                damage(&file, random);
                let number = random.below(1 << 30);
                patient.notebook().gives(&format!("({number}_u64, twice(21)).1"), "42");
                assert!(patient.notebook().fails("twice(missing)").message.contains("missing"));
            }));
        }
    }
    faults
}

#[test]
fn no_damage_of_the_sessions_folder_costs_a_variable() {
    suffer(Patient::new, &faults());
}

//! The cache of compiled cells is damaged: what a cell gives must not depend on what stands there.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use crate::fault::{Fault, suffer};
use crate::patient::Patient;
use crate::random::Random;
use crate::surroundings::OwnCache;

/// Cells, and what they give.
const CELLS: [(&str, &str); 3] = [
    ("twice(21)", "42"),
    ("words.join(\" and \")", "\"one and two\""),
    ("own.rows.iter().flatten().map(|n| u64::from(*n)).sum::<u64>()", "24"),
];

type Damage = (&'static str, fn(&Path, &mut Random));

/// What may become of an entry.
const DAMAGES: [Damage; 21] = [
    ("removed", |entry, _| fs::remove_file(entry).unwrap()),
    ("empty", |entry, _| cut(entry, |_| 0)),
    ("one byte", |entry, _| cut(entry, |_| 1)),
    ("without content", |entry, _| cut(entry, |_| 32)),
    ("cut inside the length of the messages", |entry, _| cut(entry, |_| 37)),
    ("without a library", |entry, _| cut(entry, |_| 40)),
    ("half", |entry, _| cut(entry, |length| length / 2)),
    ("without its last byte", |entry, _| cut(entry, |length| length - 1)),
    ("longer", |entry, _| change(entry, |content| content.push(0))),
    ("a bit of the digest", |entry, random| flip(entry, 0..32, random)),
    ("a bit of the length", |entry, random| flip(entry, 32..40, random)),
    ("a bit of the library", |entry, random| flip(entry, 40..usize::MAX, random)),
    ("a bit of the last bytes", |entry, random| flip(entry, usize::MAX - 64..usize::MAX, random)),
    ("all zeros", |entry, _| change(entry, |content| content.fill(0))),
    ("noise", |entry, random| {
        let noise = random.bytes(5000);
        change(entry, |content| *content = noise);
    }),
    ("a folder", |entry, _| {
        fs::remove_file(entry).unwrap();
        fs::create_dir(entry).unwrap();
    }),
    ("a link to nothing", |entry, _| link(entry, Path::new("nothing"))),
    ("a link to itself", |entry, _| link(entry, entry)),
    ("a link to /dev/zero", |entry, _| link(entry, Path::new("/dev/zero"))),
    ("a link to /dev/full", |entry, _| link(entry, Path::new("/dev/full"))),
    ("a pipe that nobody writes to", |entry, _| {
        fs::remove_file(entry).unwrap();
        assert!(Command::new("mkfifo").arg(entry).status().unwrap().success());
    }),
];

fn change(entry: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut content = fs::read(entry).unwrap();
    change(&mut content);
    fs::write(entry, content).unwrap();
}

fn cut(entry: &Path, length: impl FnOnce(usize) -> usize) {
    change(entry, |content| content.truncate(length(content.len())));
}

/// Changes one bit within these bytes, counted from the end where they begin behind it.
fn flip(entry: &Path, within: std::ops::Range<usize>, random: &mut Random) {
    change(entry, |content| {
        let end = within.end.min(content.len());
        let start = if within.start < end { within.start } else { end.saturating_sub(64) };
        content[start + random.below(end - start)] ^= 1 << random.below(8);
    });
}

fn link(entry: &Path, to: &Path) {
    fs::remove_file(entry).unwrap();
    symlink(to, entry).unwrap();
}

fn run_cells(patient: &mut Patient) {
    for (code, text) in CELLS {
        patient.notebook().gives(code, text);
    }
}

/// Everything that stands for a cell, made anew where a damage was not taken for an entry.
fn entries(cache: &OwnCache, patient: &mut Patient) -> Vec<PathBuf> {
    for entry in cache.cells().iter().filter(|entry| !entry.symlink_metadata().unwrap().is_file()) {
        let is_folder = entry.symlink_metadata().unwrap().is_dir();
        if is_folder { fs::remove_dir(entry) } else { fs::remove_file(entry) }.unwrap();
    }
    run_cells(patient);
    let entries = cache.cells();
    assert!(entries.len() >= CELLS.len(), "{entries:?}");
    entries
}

fn faults_in(cache: Rc<OwnCache>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, damage) in DAMAGES {
        let cache = Rc::clone(&cache);
        faults.push(Fault::new(format!("cache/entry/{name}"), move |patient, random| {
            for entry in entries(&cache, patient) {
                damage(&entry, random);
            }
            run_cells(patient);
        }));
    }
    let shared = Rc::clone(&cache);
    faults.push(Fault::new("cache/entry/another cell's", move |patient, _| {
        let entries = entries(&shared, patient);
        let contents: Vec<Vec<u8>> = entries.iter().map(|entry| fs::read(entry).unwrap()).collect();
        for (at, entry) in entries.iter().enumerate() {
            fs::write(entry, &contents[(at + 1) % contents.len()]).unwrap();
        }
        run_cells(patient);
    }));
    type Replacement = fn(&Path);
    let folders: [(&str, Replacement); 3] = [
        ("removed", |_| {}),
        ("a file", |cells| fs::write(cells, "not a folder").unwrap()),
        ("a link to nothing", |cells| symlink("nothing", cells).unwrap()),
    ];
    for (name, replace) in folders {
        let cache = Rc::clone(&cache);
        faults.push(Fault::new(format!("cache/folder/{name}"), move |patient, _| {
            run_cells(patient);
            let cells = cache.path().join("cells");
            fs::remove_dir_all(&cells).unwrap();
            replace(&cells);
            for _ in 0..2 {
                run_cells(patient);
            }
            patient.has_its_variables();
            if !cells.is_dir() {
                fs::remove_file(&cells).unwrap();
            }
        }));
    }
    for (name, what) in [("a folder", None), ("noise", Some(vec![0xff; 999]))] {
        let cache = Rc::clone(&cache);
        faults.push(Fault::new(format!("cache/counts/{name}"), move |patient, _| {
            run_cells(patient);
            let counts = cache.path().join("cells/counts");
            let _ = fs::remove_file(&counts);
            match &what {
                Some(bytes) => fs::write(&counts, bytes).unwrap(),
                None => fs::create_dir(&counts).unwrap(),
            }
            run_cells(patient);
            let _ = fs::remove_dir(&counts);
        }));
    }
    faults
}

pub fn faults() -> Vec<Fault> {
    faults_in(Rc::new(OwnCache::new()))
}

#[test]
fn no_damage_of_the_cache_costs_a_variable_or_a_right_result() {
    let cache = Rc::new(OwnCache::new());
    let open = || {
        Patient::with(|command| {
            command.env("SOMA_CACHE_DIR", cache.path());
        })
    };
    suffer(open, &faults_in(Rc::clone(&cache)));
}

//! The file of the history is damaged or taken away while the kernel writes into it.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::fault::{Fault, suffer};
use crate::patient::Patient;
use crate::random::Random;
use crate::surroundings::heed_permissions;

type Damage = (&'static str, fn(&Path, &mut Random));

const DAMAGES: [Damage; 7] = [
    ("removed", |file, _| fs::remove_file(file).unwrap()),
    ("empty", |file, _| fs::write(file, "").unwrap()),
    ("half", |file, _| {
        let content = fs::read(file).unwrap();
        fs::write(file, &content[..content.len() / 2]).unwrap();
    }),
    ("noise", |file, random| fs::write(file, random.bytes(9000)).unwrap()),
    ("noise in the middle", |file, random| {
        let mut content = fs::read(file).unwrap();
        let middle = content.len() / 2;
        content[middle..].fill_with(|| random.below(256) as u8);
        fs::write(file, content).unwrap();
    }),
    ("a folder", |file, _| {
        fs::remove_file(file).unwrap();
        fs::create_dir(file).unwrap();
    }),
    ("read-only", |file, _| {
        let mut permissions = fs::metadata(file).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(file, permissions).unwrap();
    }),
];

pub fn faults() -> Vec<Fault> {
    DAMAGES
        .into_iter()
        .map(|(name, damage)| {
            Fault::new(format!("history/{name}"), move |patient, random| {
                let file = patient.notebook().folder().join("history.sqlite");
                patient.wait_for("the history is written", |_| file.exists().then_some(()));
                damage(&file, random);
                let code = format!("({}_u64, twice(21)).1", random.below(1 << 40));
                patient.notebook().gives(&code, "42");
                // What was run in this session is known without the file.
                let reply =
                    patient.notebook().frontend().ask("history_request", json!({ "hist_access_type": "tail", "n": 1 }));
                assert_eq!(reply["history"][0][2], code.as_str(), "{reply}");
                patient.is_well();
                // As a user would mend it, for the next fault.
                if file.is_dir() {
                    fs::remove_dir(&file).unwrap();
                }
            })
        })
        .collect()
}

#[test]
fn no_damage_of_the_history_costs_a_cell() {
    for fault in faults() {
        suffer(|| Patient::with(heed_permissions), std::slice::from_ref(&fault));
    }
}

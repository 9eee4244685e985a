//! The driver, the compiler or the linker ends while a cell is compiled, or does not, or makes something else.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indoc::formatdoc;
use nix::sys::signal::Signal;

use crate::family::{Family, Process};
use crate::fault::{Fault, suffer};
use crate::notebook::CellError;
use crate::patient::Patient;
use crate::random::Random;
use crate::surroundings::OwnCache;

type Who = (&'static str, fn(&Family) -> Option<Process>);

const WHO: [Who; 2] = [("compiler", Family::compiler), ("driver", Family::driver)];

/// A cell that takes the compiler a second or more, and that no cache has.
pub fn slow(random: &mut Random) -> String {
    let unique = random.below(1 << 40);
    let parts: String = (1..25)
        .map(|i| {
            format!("seen.push(format!(\"{{:?}}\", std::collections::BTreeMap::from([({i}_u64, [b'x'; {i}])])));\n")
        })
        .collect();
    formatdoc! {"
        let mut seen: Vec<String> = Vec::new();
        for _ in 0..1 {{
        {parts}}}
        (seen.len(), {unique}_u64).0"}
}

/// An error is a user's to read.
fn assert_clear(error: &CellError) {
    assert_ne!(error.name, "InternalError");
    for internal in ["panicked", "RUST_BACKTRACE", "unwrap", "Os {", "evcxr"] {
        assert!(!error.traceback.contains(internal), "{}", error.traceback);
    }
}

/// All of them; the linker is a link that may be changed.
fn faults_with(linker: PathBuf) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, who) in WHO {
        for signal in [Signal::SIGKILL, Signal::SIGSEGV, Signal::SIGTERM, Signal::SIGABRT, Signal::SIGBUS] {
            for moment in ["first", "second"] {
                faults.push(Fault::new(format!("compile/{name}/{signal}/{moment} moment"), move |patient, random| {
                    let code = slow(random);
                    let request = patient.notebook().start(&code);
                    let victim = patient.wait_for("it is compiled", who);
                    random.wait(Duration::from_millis(150));
                    victim.signal(signal);
                    assert_clear(&patient.fails(&request));
                    // Nothing is remembered of it.
                    patient.notebook().gives(&code, "24");
                }));
            }
        }
        faults.push(Fault::new(format!("compile/{name}/stopped, then interrupted"), move |patient, random| {
            let code = slow(random);
            let request = patient.notebook().start(&code);
            let victim = patient.wait_for("it is compiled", who);
            victim.signal(Signal::SIGSTOP);
            random.wait(Duration::from_millis(300));
            let since = Instant::now();
            patient.notebook().interrupt();
            patient.stopped(&request, since);
            patient.notebook().gives(&code, "24");
        }));
        faults.push(Fault::new(format!("compile/{name}/stopped for a while"), move |patient, random| {
            let code = slow(random);
            let request = patient.notebook().start(&code);
            let victim = patient.wait_for("it is compiled", who);
            victim.signal(Signal::SIGSTOP);
            random.wait(Duration::from_millis(600));
            victim.signal(Signal::SIGCONT);
            assert_eq!(patient.succeeded(&request).text(), Some("24"));
        }));
    }
    for moment in 1..=4 {
        faults.push(Fault::new(format!("compile/interrupted/moment {moment}"), move |patient, random| {
            let request = patient.notebook().start(&slow(random));
            patient.wait_for("it is compiled", Family::driver);
            random.wait(Duration::from_millis(200));
            let since = Instant::now();
            patient.notebook().interrupt();
            patient.stopped(&request, since);
        }));
    }
    let output = "while [ \"$1\" != -o ]; do shift; done";
    for (name, script) in [
        ("fails", "echo 'no room for a library' >&2; exit 1".to_owned()),
        ("is killed", "kill -9 $$".to_owned()),
        ("makes nothing", "exit 0".to_owned()),
        ("makes an empty file", format!("{output}; : > \"$2\"")),
        ("makes something else", format!("{output}; echo nonsense > \"$2\"")),
        (
            "makes half of it",
            format!("REAL \"$@\"; {output}; head -c 5000 \"$2\" > \"$2.half\"; mv \"$2.half\" \"$2\""),
        ),
    ] {
        let linker = linker.clone();
        faults.push(Fault::new(format!("compile/linker/{name}"), move |patient, random| {
            let code = format!("({}_u64, twice(21)).1", random.below(1 << 40));
            with_script(&linker, &script, || assert_clear(&patient.notebook().fails(&code)));
            patient.notebook().gives(&code, "42");
        }));
    }
    faults.push(Fault::new("compile/linker/does not end, then interrupted", move |patient, random| {
        let code = format!("({}_u64, twice(21)).1", random.below(1 << 40));
        with_script(&linker, "sleep 600", || {
            let request = patient.notebook().start(&code);
            patient.wait_for("it is linked", |family| family.others().len().checked_sub(3));
            let since = Instant::now();
            patient.notebook().interrupt();
            patient.stopped(&request, since);
        });
        patient.notebook().gives(&code, "42");
    }));
    faults
}

/// Puts a shell script in the linker's place for a while; `REAL` in it is the linker.
fn with_script(linker: &Path, script: &str, then: impl FnOnce()) {
    let aside = linker.with_extension("aside");
    fs::rename(linker, &aside).unwrap();
    let real = fs::read_link(&aside).unwrap();
    fs::write(linker, format!("#!/bin/sh\n{}\n", script.replace("REAL", &real.display().to_string()))).unwrap();
    fs::set_permissions(linker, fs::Permissions::from_mode(0o700)).unwrap();
    let _back = PutBack(&aside, linker);
    then();
}

/// Gives a file its name back, also when something fails meanwhile.
struct PutBack<'a>(&'a Path, &'a Path);

impl Drop for PutBack<'_> {
    fn drop(&mut self) {
        let _ = fs::rename(self.0, self.1);
    }
}

pub fn faults() -> Vec<Fault> {
    faults_with(PathBuf::new())
}

#[test]
fn no_end_of_a_compile_costs_a_variable() {
    let (cache, linker) = OwnCache::with_own_linker();
    let open = || {
        Patient::with(|command| {
            // The linker that is changed is the toolchain's.
            command.env("SOMA_CACHE_DIR", cache.path()).env("SOMA_WITHOUT", "linker");
        })
    };
    suffer(open, &faults_with(linker));
}

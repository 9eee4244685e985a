//! A cell ends its process, in every way that a process can end.

use std::time::Duration;

use indoc::{formatdoc, indoc};
use nix::sys::signal::Signal;

use crate::fault::{Fault, suffer};
use crate::patient::Patient;

/// Signals that end a process, with a word that the error must have.
const SIGNALS: [(Signal, &str); 19] = [
    (Signal::SIGHUP, "SIGHUP"),
    (Signal::SIGINT, "SIGINT"),
    (Signal::SIGQUIT, "SIGQUIT"),
    (Signal::SIGILL, "illegal instruction"),
    (Signal::SIGTRAP, "SIGTRAP"),
    (Signal::SIGABRT, "aborted"),
    (Signal::SIGBUS, "SIGBUS"),
    (Signal::SIGFPE, "SIGFPE"),
    (Signal::SIGKILL, "killed"),
    (Signal::SIGSEGV, "segmentation fault"),
    (Signal::SIGUSR2, "SIGUSR2"),
    (Signal::SIGALRM, "SIGALRM"),
    (Signal::SIGTERM, "SIGTERM"),
    (Signal::SIGSTKFLT, "SIGSTKFLT"),
    (Signal::SIGXCPU, "SIGXCPU"),
    (Signal::SIGXFSZ, "SIGXFSZ"),
    (Signal::SIGVTALRM, "SIGVTALRM"),
    (Signal::SIGPROF, "SIGPROF"),
    (Signal::SIGSYS, "SIGSYS"),
];

/// What a cell is in when a signal comes.
const ACTIVITIES: [(&str, &str); 3] = [
    ("computing", "println!(\"on\"); loop { std::hint::black_box(twice(1)); }"),
    ("printing", "loop { println!(\"{}\", \"x\".repeat(300)); eprint!(\"y\"); }"),
    ("multiplying", "println!(\"on\"); let m = rand([200, 200]); loop { std::hint::black_box(m.matmul(&m)); }"),
];

/// Ways for a cell to end its own process, and a word of the error.
const WAYS: [(&str, &str, &str); 17] = [
    ("abort", "std::process::abort()", "aborted"),
    ("exit 0", "std::process::exit(0)", "exit(0)"),
    ("exit 101", "std::process::exit(101)", "exit(101)"),
    ("exit without handlers", "unsafe extern \"C\" { fn _exit(code: i32) -> !; }\nunsafe { _exit(9) };", "exit(9)"),
    ("exit in a thread", "std::thread::spawn(|| std::process::exit(4)).join().unwrap();", "exit(4)"),
    ("abort in a thread", "std::thread::spawn(|| std::process::abort()).join().unwrap();", "aborted"),
    (
        "another program",
        "use std::os::unix::process::CommandExt;\nlet _ = std::process::Command::new(\"true\").exec();",
        "exit(0)",
    ),
    ("null", "unsafe { std::ptr::null_mut::<u8>().write_volatile(1) }", "segmentation fault"),
    ("read-only memory", "unsafe { (\"text\".as_ptr() as *mut u8).write_volatile(1) }", "segmentation fault"),
    (
        "a call of nothing",
        indoc! {r#"
            let nothing: extern "C" fn() = unsafe { std::mem::transmute(std::hint::black_box(8_usize)) };
            nothing();"#},
        "segmentation fault",
    ),
    ("ud2", "#[cfg(target_arch = \"x86_64\")] unsafe { std::arch::asm!(\"ud2\") }\nstd::process::abort();", ""),
    (
        "stack",
        "fn deep(n: u64) -> u64 { if n == u64::MAX { 0 } else { 1 + deep(n + 1) } }\ndeep(0)",
        "stack overflowed",
    ),
    (
        "stack of a thread",
        indoc! {"
            fn deep(n: u64) -> u64 { if n == u64::MAX { 0 } else { 1 + deep(n + 1) } }
            std::thread::spawn(|| deep(0)).join().unwrap()"},
        "the stack of a thread overflowed",
    ),
    (
        "memory that nobody has",
        indoc! {"
            let layout = std::alloc::Layout::from_size_align(1 << 46, 8).unwrap();
            let p = unsafe { std::alloc::alloc(layout) };
            if p.is_null() { std::alloc::handle_alloc_error(layout) }"},
        "aborted",
    ),
    (
        "panic while panicking",
        indoc! {"
            struct Bad; impl Drop for Bad { fn drop(&mut self) { panic!() } }
            { let _bad = Bad; panic!() };"},
        "aborted",
    ),
    ("panic through C", "extern \"C\" fn c() { panic!(\"in C\") }\nc();", "aborted"),
    (
        "descriptors closed",
        indoc! {r#"
            unsafe extern "C" { fn close(fd: i32) -> i32; }
            for number in 0..256 { unsafe { close(number) }; }"#},
        "",
    ),
];

/// Moves variables into the cell first, and changes the others.
const MOVING: &str = indoc! {"
    let moved = (words, own, boxed); t.mul_(0.0); count = 99;
    std::hint::black_box(&moved);
"};

pub fn faults() -> Vec<Fault> {
    let mut faults = Vec::new();
    for (signal, what) in SIGNALS {
        let number = signal as i32;
        faults.push(Fault::new(format!("signal/{signal}/raised in a thread"), move |patient, _| {
            let raise = "unsafe extern \"C\" { fn kill(pid: i32, signal: i32) -> i32; }";
            let code = formatdoc! {"
                {raise}
                std::thread::spawn(|| loop {{ unsafe {{ kill(std::process::id() as i32, {number}) }}; }}).join().unwrap();"};
            let request = patient.notebook().start(&code);
            patient.crashed(&request, what);
        }));
        for (activity, code) in ACTIVITIES {
            faults.push(Fault::new(format!("signal/{signal}/{activity}"), move |patient, random| {
                let request = patient.start(code);
                random.wait(Duration::from_millis(60));
                patient.family().worker().signal(signal);
                patient.crashed(&request, what);
            }));
        }
    }
    for (way, code, what) in WAYS {
        faults.push(Fault::new(format!("end/{way}"), move |patient, _| {
            let request = patient.notebook().start(code);
            patient.crashed(&request, what);
        }));
        faults.push(Fault::new(format!("end/{way}/with variables moved"), move |patient, _| {
            let items = code.lines().filter(|line| line.contains("extern \"C\" {")).collect::<Vec<_>>().join("\n");
            let request = patient.notebook().start(&format!("{items}\n{MOVING}{}", code.replace(&items, "")));
            patient.crashed(&request, what);
        }));
    }
    faults.push(Fault::new("end/killed while a question is open", |patient, random| {
        let request = patient.notebook().start("soma_cell::input(\"Name? \")");
        patient.notebook().frontend().stdin(&request);
        random.wait(Duration::from_millis(60));
        patient.family().worker().signal(Signal::SIGKILL);
        patient.crashed(&request, "killed");
        // The answer comes too late, for nobody.
        patient.notebook().frontend().send_input("late");
    }));
    faults.push(Fault::new("end/killed with children that wait", |patient, random| {
        let code = "let mut children: Vec<_> = (0..3).map(|_| std::process::Command::new(\"sleep\").arg(\"600\").spawn().unwrap()).collect();
println!(\"on\");
children[0].wait().unwrap();";
        let request = patient.start(code);
        random.wait(Duration::from_millis(60));
        patient.family().worker().signal(Signal::SIGKILL);
        patient.crashed(&request, "killed");
    }));
    faults
}

#[test]
fn no_end_of_its_process_costs_a_variable() {
    suffer(Patient::new, &faults());
}

/// What an earlier cell has started on purpose is not what the crashed cell has left.
#[test]
fn what_an_earlier_cell_started_goes_on() {
    let mut patient = Patient::new();
    let start = "let server = std::process::Command::new(\"sleep\").arg(\"601\").spawn().unwrap();";
    patient.notebook().ok(start);
    let request = patient.notebook().start(&format!("{} std::process::abort();", start.replace("601", "602")));
    patient.crashed(&request, "aborted");
    patient.wait_for("one of the two goes on", |family| {
        let others = family.others();
        (others.len() == 1).then_some(())
    });
    assert_eq!(patient.notebook().processes("sleep 601"), 1);
    patient.has_its_variables();
}

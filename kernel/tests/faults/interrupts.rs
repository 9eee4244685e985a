//! The user wants a cell to stop, whatever it is in.

use std::time::{Duration, Instant};

use indoc::{formatdoc, indoc};
use nix::sys::signal::Signal;

use crate::fault::{Fault, suffer};
use crate::patient::Patient;

/// What a cell is in.
const ACTIVITIES: [(&str, &str); 18] = [
    ("a loop", "loop { std::hint::black_box(twice(1)); }"),
    ("a sleep", "std::thread::sleep(std::time::Duration::from_secs(600));"),
    ("a matrix product", "let m = rand([200, 200]); loop { std::hint::black_box(m.matmul(&m)); }"),
    ("many small tensor operations", "let s = zeros([4]); loop { s.add_(1.0); }"),
    (
        "a progress bar",
        "for _ in soma_cell::progress(0..1_000_000) { std::thread::sleep(std::time::Duration::from_millis(5)); }",
    ),
    ("printing", "loop { println!(\"{}\", \"x\".repeat(300)); }"),
    ("a command", "std::process::Command::new(\"sleep\").arg(\"600\").status().unwrap();"),
    ("a shell's command", "std::process::Command::new(\"sh\").args([\"-c\", \"sleep 600; true\"]).status().unwrap();"),
    ("a thread that is waited for", "std::thread::spawn(|| loop { std::thread::park(); }).join().unwrap();"),
    ("a deadlock", "let m = std::sync::Mutex::new(1); let _a = m.lock().unwrap(); let _b = m.lock().unwrap();"),
    ("a channel", "let (send, receive) = std::sync::mpsc::channel::<u8>(); receive.recv().unwrap(); drop(send);"),
    ("a socket", "std::net::TcpListener::bind(\"127.0.0.1:0\").unwrap().accept().unwrap();"),
    (
        "a pipe",
        "let (mut read, write) = std::io::pipe().unwrap(); std::io::Read::read(&mut read, &mut [0]).unwrap(); drop(write);",
    ),
    ("caught panics", "loop { let _ = std::panic::catch_unwind(|| std::panic::resume_unwind(Box::new(1))); }"),
    (
        "deafness",
        indoc! {r#"
            unsafe extern "C" { fn signal(signal: i32, handler: usize) -> usize; }
            for number in 1..32 { unsafe { signal(number, 1) }; }
            loop {}"#},
    ),
    (
        "all threads busy",
        indoc! {"
            let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(|| loop { std::hint::black_box(1); })).collect();
            for thread in threads { let _: () = thread.join().unwrap(); }"},
    ),
    ("stopped by itself", "unsafe extern \"C\" { fn raise(signal: i32) -> i32; }\nunsafe { raise(19) }; loop {}"),
    ("moved variables", "let moved = (words, own, boxed); loop { std::hint::black_box(&moved); }"),
];

pub fn faults() -> Vec<Fault> {
    let mut faults = Vec::new();
    for (activity, code) in ACTIVITIES {
        for way in ["message", "SIGINT"] {
            faults.push(Fault::new(format!("interrupt/{activity}/{way}"), move |patient, random| {
                // Said in a first line, which is out before anything else happens.
                let (items, body): (Vec<&str>, Vec<&str>) =
                    code.lines().partition(|line| line.contains("extern \"C\" {"));
                let code = formatdoc! {r#"
                    {}
                    println!("on");
                    std::thread::sleep(std::time::Duration::from_millis(60));
                    {{ {} }};"#,
                    items.join("\n"),
                    body.join("\n")
                };
                let request = patient.start(&code);
                random.wait(Duration::from_millis(150));
                let since = Instant::now();
                interrupt(patient, way);
                patient.stopped(&request, since);
            }));
        }
    }
    for way in ["message", "SIGINT"] {
        faults.push(Fault::new(format!("interrupt/nothing/{way}"), move |patient, _| interrupt(patient, way)));
        faults.push(Fault::new(format!("interrupt/a question/{way}"), move |patient, random| {
            let request = patient.notebook().start("soma_cell::input(\"Name? \")");
            patient.notebook().frontend().stdin(&request);
            random.wait(Duration::from_millis(60));
            let since = Instant::now();
            interrupt(patient, way);
            patient.stopped(&request, since);
        }));
        faults.push(Fault::new(format!("interrupt/again and again/{way}"), move |patient, random| {
            let request = patient.start("println!(\"on\"); loop {}");
            let since = Instant::now();
            for _ in 0..10 {
                interrupt(patient, way);
                random.wait(Duration::from_millis(10));
            }
            patient.stopped(&request, since);
        }));
        faults.push(Fault::new(format!("interrupt/cells that wait/{way}"), move |patient, _| {
            let first = patient.start("println!(\"on\"); loop {}");
            let waiting: Vec<String> = (0..5).map(|_| patient.notebook().start("count = 1000;")).collect();
            // Requests of one socket are read in order, and this one is answered at once.
            let barrier = patient.notebook().frontend().send_shell("kernel_info_request", serde_json::json!({}));
            patient.notebook().frontend().shell("kernel_info_reply", &barrier);
            let since = Instant::now();
            interrupt(patient, way);
            patient.stopped(&first, since);
            for request in waiting {
                let reply = patient.notebook().frontend().shell("execute_reply", &request);
                assert_eq!(reply["status"], "aborted", "{reply}");
            }
        }));
    }
    faults
}

fn interrupt(patient: &mut Patient, way: &str) {
    match way {
        "SIGINT" => {
            let kernel = patient.family().kernel();
            kernel.signal(Signal::SIGINT);
            // The next cell must not be what it stops: the kernel has it, and has since answered what it was asked.
            let since = Instant::now();
            while kernel.has_pending(Signal::SIGINT) {
                assert!(since.elapsed() < Duration::from_secs(60), "the signal is not received");
                std::thread::sleep(Duration::from_millis(5));
            }
            std::thread::sleep(Duration::from_millis(100));
            for _ in 0..2 {
                let request = patient.notebook().frontend().send_control("kernel_info_request", serde_json::json!({}));
                patient.notebook().frontend().control("kernel_info_reply", &request);
            }
        }
        _ => patient.notebook().interrupt(),
    }
}

#[test]
fn no_interrupt_costs_a_variable() {
    suffer(Patient::new, &faults());
}

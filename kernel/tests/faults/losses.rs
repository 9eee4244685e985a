//! What cannot be survived: the kernel itself ends, or the supervisor, which holds the process of the variables.
//!
//! Of a kernel that was killed nothing is left. When the supervisor was killed the cell says what is lost, definitions
//! are kept, and the session goes on.

use std::time::Duration;

use indoc::indoc;
use nix::sys::signal::Signal;

use crate::family::Family;
use crate::notebook::Notebook;
use crate::random::Random;

/// What the kernel is in when it is killed; the cell, and what to wait for.
const MOMENTS: [(&str, &str); 7] = [
    ("idle", ""),
    ("computing", "println!(\"on\"); loop { std::hint::black_box(1); }"),
    ("printing", "loop { println!(\"{}\", \"x\".repeat(300)); }"),
    (
        "deaf",
        indoc! {r#"
            unsafe extern "C" { fn signal(signal: i32, handler: usize) -> usize; }
            for number in 1..32 { unsafe { signal(number, 1) }; }
            println!("on");
            loop {}"#},
    ),
    (
        "waiting for a tree of processes",
        "println!(\"on\"); std::process::Command::new(\"sh\").args([\"-c\", \"sleep 600 & (setsid sleep 600; true) & wait\"]).status().unwrap();",
    ),
    ("compiling", "// compiling\nlet v: Vec<Box<dyn Fn() -> String>> = vec![MANY];"),
    ("with an analyst", "// analyst"),
];

fn begin(notebook: &mut Notebook, code: &str) {
    if code.is_empty() {
        return;
    }
    if code.contains("// analyst") {
        let question = serde_json::json!({ "code": "kept.le", "cursor_pos": 7 });
        notebook.frontend().ask("complete_request", question);
        crate::family::wait_for(notebook, "the analyst starts", Family::analyst);
        return;
    }
    let many: String = (0..200).map(|i| format!("Box::new(|| format!(\"{{:?}}\", [{i}; {i}])), ")).collect();
    let request = notebook.start(&code.replace("MANY", &many));
    if code.contains("// compiling") {
        crate::family::wait_for(notebook, "it is compiled", Family::compiler);
    } else {
        notebook.wait_for("stream", &request);
    }
}

#[test]
fn nothing_is_left_of_a_kernel_that_is_killed_whatever_it_is_in() {
    for (moment, code) in MOMENTS {
        let mut random = Random::of(moment);
        let mut notebook = Notebook::open();
        notebook.ok("let kept = vec![1];");
        begin(&mut notebook, code);
        random.wait(Duration::from_millis(50));
        println!("killed: {moment}");
        notebook.kill();
    }
}

#[test]
fn a_supervisor_that_is_killed_costs_the_variables_and_says_so() {
    let mut notebook = Notebook::open();
    notebook.ok("fn twice(n: u64) -> u64 { 2 * n }");
    for signal in [Signal::SIGKILL, Signal::SIGSEGV, Signal::SIGTERM, Signal::SIGABRT] {
        for busy in [false, true] {
            let mut random = Random::of(&format!("{signal} {busy}"));
            notebook.ok("let kept = vec![1];");
            let supervisor = Family::of(&notebook).supervisor();
            let error = if busy {
                let request = notebook.start("println!(\"on\"); loop {}");
                notebook.wait_for("stream", &request);
                random.wait(Duration::from_millis(50));
                supervisor.signal(signal);
                notebook.finish(&request).error.expect("the cell fails")
            } else {
                supervisor.signal(signal);
                random.wait(Duration::from_millis(50));
                notebook.fails("kept.len()")
            };
            assert_eq!(error.name, "Crash", "{}", error.traceback);
            assert!(error.message.contains("every variable is lost, definitions are kept"), "{}", error.message);
            notebook.gives("twice(21)", "42");
            assert!(notebook.fails("kept.len()").traceback.contains("kept"));
            let family = Family::of(&notebook);
            assert!(family.others().is_empty(), "{family:?}");
        }
    }
}

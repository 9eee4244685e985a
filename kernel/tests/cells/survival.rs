//! Crashes, interrupts and ends.

use std::time::{Duration, Instant};

use indoc::indoc;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::notebook::Notebook;
use crate::surroundings::with_signals_ignored;

#[test]
fn no_crash_costs_a_variable() {
    let mut notebook = Notebook::open();
    notebook.ok("let mut kept = vec![1]; let t = tensorlib::ones([2]);");
    for (code, what) in [
        ("std::process::abort()", "aborted"),
        ("std::process::exit(3)", "exit(3)"),
        ("unsafe { std::ptr::null_mut::<u8>().write_volatile(1) }", "segmentation fault"),
        ("fn deep(n: u64) -> u64 { if n == u64::MAX { 0 } else { 1 + deep(n + 1) } }\ndeep(0)", "stack overflowed"),
        ("kept.push(2); std::process::abort()", "aborted"),
        (
            indoc! {"
                struct Bad; impl Drop for Bad { fn drop(&mut self) { panic!() } }
                { let _bad = Bad; panic!() };"},
            "aborted",
        ),
        ("unsafe extern \"C\" { fn raise(signal: i32) -> i32; }\nunsafe { raise(4) };", "illegal instruction"),
        ("unsafe extern \"C\" { fn raise(signal: i32) -> i32; }\nunsafe { raise(9) };", "killed"),
    ] {
        let error = notebook.fails(code);
        assert_eq!(error.name, "Crash", "{code}");
        assert!(error.message.contains(what), "{code}: {}", error.message);
        assert!(error.message.contains("your variables are as they were before this cell"), "{}", error.message);
        notebook.gives("(&kept, t.numel())", "([1], 2)");
    }
}

#[test]
fn an_interrupt_stops_a_cell_that_does_not_listen() {
    let mut notebook = Notebook::open();
    notebook.ok("let kept = 1;");
    for code in ["loop { std::hint::black_box(1); }", "std::thread::sleep(std::time::Duration::from_secs(600))"] {
        // Through the compile, and into the run.
        let request = notebook.start(&format!("println!(\"on\"); {code}"));
        notebook.wait_for("stream", &request);
        let asked = Instant::now();
        notebook.interrupt();
        let error = notebook.finish(&request).error.expect("an interrupted cell fails");
        assert_eq!(error.name, "Interrupted");
        assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
        notebook.gives("kept", "1");
    }
    // With nothing to stop, nothing happens.
    notebook.interrupt();
    notebook.gives("kept", "1");
}

#[test]
fn a_compile_can_be_interrupted() {
    let mut notebook = Notebook::open();
    notebook.ok("let kept = 1;");
    let parts: String = (0..400)
        .map(|i| {
            let byte = i % 200;
            format!("println!(\"{{:?}}\", std::collections::BTreeMap::from([({i}_u64, [{byte}u8 as char; {i}])]));\n")
        })
        .collect();
    let request = notebook.start(&format!(":opt 3\n{parts}"));
    std::thread::sleep(Duration::from_millis(600));
    let asked = Instant::now();
    notebook.interrupt();
    let error = notebook.finish(&request).error.expect("an interrupted cell fails");
    assert_eq!(error.name, "Interrupted");
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    notebook.gives("kept", "1");
}

#[test]
fn nothing_is_left_of_a_killed_kernel() {
    let mut notebook = Notebook::open();
    notebook.ok("let child = std::process::Command::new(\"sleep\").arg(\"600\").spawn().unwrap();");
    let request = notebook.start("println!(\"on\"); loop {}");
    notebook.wait_for("stream", &request);
    notebook.kill();
    let mut notebook = Notebook::open();
    notebook.ok("1");
    notebook.kill();
}

#[test]
fn an_interrupted_tensor_operation_is_an_interrupted_cell() {
    let mut notebook = Notebook::open();
    notebook.ok("use tensorlib::prelude::*;\nlet x = rand([300, 300]);");
    let request = notebook.start(indoc! {r#"
        for n in 0..1_000_000 {
            x.matmul(&x);
            if n == 20 { println!("begun"); }
        }"#});
    notebook.wait_for("stream", &request);
    notebook.interrupt();
    let error = notebook.finish(&request).error.expect("an interrupted cell fails");
    assert_eq!((error.name.as_str(), error.message.as_str()), ("Interrupted", "interrupted: your variables are kept"));
    notebook.gives("x.numel()", "90000");
}

#[test]
fn threads_that_a_crash_has_cost_are_told_of() {
    let mut notebook = Notebook::open();
    notebook.ok("use tensorlib::prelude::*;\nlet x = rand([500, 500]); x.matmul(&x);");
    notebook.ok("1 + 1");
    // The tensor library's threads start anew.
    assert!(notebook.fails("std::process::abort()").message.ends_with("as they were before this cell"));
    let mut notebook = Notebook::open();
    notebook.ok("std::thread::spawn(|| loop { std::thread::park(); });");
    let message = notebook.fails("std::process::abort()").message;
    assert!(message.ends_with("; the thread that an earlier cell had started is gone"), "{message}");
    assert!(notebook.fails("std::process::abort()").message.ends_with("as they were before this cell"));
    notebook.ok("for _ in 0..3 { std::thread::spawn(|| loop { std::thread::park(); }); }");
    let request = notebook.start("println!(\"on\"); loop {}");
    notebook.wait_for("stream", &request);
    notebook.interrupt();
    let message = notebook.finish(&request).error.expect("an interrupted cell fails").message;
    assert!(message.ends_with("; 3 threads that earlier cells had started are gone"), "{message}");
}

#[test]
fn restart_ends_what_cells_have_started() {
    let mut notebook = Notebook::open();
    notebook.ok("let child = std::process::Command::new(\"sleep\").arg(\"600\").spawn().unwrap(); let kept = 1;");
    notebook.gives(":restart\nlet kept = 2; kept", "2");
    assert_eq!(notebook.processes("sleep"), 0);
}

#[test]
fn a_variable_that_a_crashed_cell_had_moved_is_back() {
    let mut notebook = Notebook::open();
    notebook.ok("#[derive(Debug)] struct Own(u8); let own = Own(1); let mut r#match = vec![1, 2]; let other = 3;");
    notebook.ok("let mut grown = own; grown.0 += 1;");
    let error = notebook.fails("drop((grown, r#match)); std::process::abort()");
    assert!(error.message.contains("your variables are as they were before this cell"), "{}", error.message);
    notebook.gives("(&grown, &r#match, other)", "(Own(2), [1, 2], 3)");
    notebook.ok("grown.0 += 1; r#match.push(3);");
    notebook.gives("(grown, r#match)", "(Own(3), [1, 2, 3])");
    let error = notebook.fails("grown");
    assert!(error.traceback.contains("moved away"), "{}", error.traceback);
}

#[test]
fn snapshots_can_be_turned_off_and_on() {
    let mut notebook = Notebook::open();
    notebook.ok("let x = vec![1];");
    notebook.ok(":snapshot off");
    notebook.ok("let y = x.len();");
    let error = notebook.fails("x.len(); std::process::abort()");
    assert!(error.message.contains("every variable is lost"), "{}", error.message);
    // Still off in the process that took its place.
    notebook.ok("let x = vec![1, 2];");
    assert!(notebook.fails("std::process::abort()").message.contains("every variable is lost"));
    notebook.ok("let x = vec![1, 2, 3];");
    notebook.ok(":snapshot on");
    let error = notebook.fails("x.len(); std::process::abort()");
    assert!(error.message.contains("as they were before this cell"), "{}", error.message);
    notebook.gives("x.len()", "3");
    assert!(notebook.fails(":snapshot maybe").message.contains("off"));
}

#[test]
fn an_interrupt_is_never_too_early_for_the_cell_that_was_announced() {
    let mut notebook = Notebook::open();
    notebook.ok("let kept = 1;");
    for _ in 0..25 {
        let request = notebook.start("loop {}");
        notebook.wait_for("execute_input", &request);
        notebook.interrupt();
        assert_eq!(notebook.finish(&request).error.expect("an interrupted cell fails").name, "Interrupted");
    }
    notebook.gives("kept", "1");
}

#[test]
fn a_kernel_that_is_started_with_signals_ignored_listens_to_them_and_so_do_its_cells() {
    let mut notebook = Notebook::open_with(with_signals_ignored);
    notebook.ok("let kept = 1;");
    let request = notebook.start("println!(\"on\"); loop { std::hint::black_box(1); }");
    notebook.wait_for("stream", &request);
    kill(Pid::from_raw(notebook.pid() as i32), Signal::SIGINT).unwrap();
    assert_eq!(notebook.finish(&request).error.expect("an interrupted cell fails").name, "Interrupted");
    let raise = "unsafe extern \"C\" { fn raise(signal: i32) -> i32; }";
    for (signal, name) in [(Signal::SIGINT, "SIGINT"), (Signal::SIGQUIT, "SIGQUIT"), (Signal::SIGHUP, "SIGHUP")] {
        let error = notebook.fails(&format!("{raise}\nunsafe {{ raise({}) }};", signal as i32));
        assert!(error.message.contains(name), "{}", error.message);
    }
    // What cells start is waited for, and can be stopped.
    let command =
        "std::process::Command::new(\"sh\").args([\"-c\", \"kill -QUIT $$; exit 3\"]).status().unwrap().code()";
    notebook.gives(command, "None");
    // Whoever ignores a hangup wants the kernel to outlive it.
    kill(Pid::from_raw(notebook.pid() as i32), Signal::SIGHUP).unwrap();
    notebook.gives("kept", "1");
    kill(Pid::from_raw(notebook.pid() as i32), Signal::SIGTERM).unwrap();
    notebook.wait_for_end();
}

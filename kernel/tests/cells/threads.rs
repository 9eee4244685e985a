//! What an interrupt or a crash means for threads that earlier cells have started.

use crate::notebook::{CellError, Notebook};

/// Variables by which cells can ask a thread to add one to a number.
const SERVER: &str = "let (ask, questions) = std::sync::mpsc::channel::<u64>();
let (tell, answers) = std::sync::mpsc::channel::<u64>();
std::thread::spawn(move || { for n in questions { tell.send(n + 1).unwrap(); } });
let kept = vec![\"kept\".to_owned()];";

/// Waits for itself.
const DEADLOCK: &str =
    "{ let lock = std::sync::Mutex::new(1); let first = lock.lock().unwrap(); drop(lock.lock()); drop(first); }";

const ASK: &str = "ask.send(1).unwrap(); (answers.recv().unwrap(), kept.len())";

/// Starts a cell, interrupts it while it waits, and gives its error.
fn interrupted(notebook: &mut Notebook, waits: &str) -> CellError {
    let request = notebook.start(&format!("println!(\"on\"); {waits}"));
    notebook.wait_for("stream", &request);
    // Into what it waits in; when it is not there yet, it is told again.
    std::thread::sleep(std::time::Duration::from_millis(50));
    notebook.interrupt();
    let error = notebook.finish(&request).error.unwrap_or_else(|| panic!("this should have been interrupted: {waits}"));
    assert_eq!(error.name, "Interrupted", "{waits}: {}", error.traceback);
    error
}

#[test]
#[cfg(target_os = "linux")]
fn an_interrupt_of_what_waits_for_something_outside_costs_no_thread() {
    let mut notebook = Notebook::open();
    notebook.ok(SERVER);
    let process = notebook.ok("std::process::id()").text().unwrap().to_owned();
    for waits in [
        "std::thread::sleep(std::time::Duration::from_secs(600));",
        "loop { std::thread::sleep(std::time::Duration::from_millis(1)); }",
        "std::net::TcpListener::bind(\"127.0.0.1:0\").unwrap().accept().unwrap();",
        "for client in std::net::TcpListener::bind(\"127.0.0.1:0\").unwrap().incoming() { client.unwrap(); }",
        "std::net::UdpSocket::bind(\"127.0.0.1:0\").unwrap().recv(&mut [0]).unwrap();",
        "let (mut read, _write) = std::io::pipe().unwrap(); std::io::Read::read(&mut read, &mut [0]).unwrap();",
        "let (mut read, _write) = std::io::pipe().unwrap(); std::io::Read::read_to_end(&mut read, &mut Vec::new()).unwrap();",
        "std::process::Command::new(\"sleep\").arg(\"600\").status().unwrap();",
        "std::process::Command::new(\"sh\").args([\"-c\", \"sleep 600; true\"]).output().unwrap();",
        "let mut line = String::new(); std::io::stdin().read_line(&mut line).unwrap();",
        "(|| -> std::io::Result<()> { std::net::TcpListener::bind(\"127.0.0.1:0\")?.accept()?; Ok(()) })()?;",
        // What becomes of the error is the cell's affair: that it was interrupted is not.
        "let _ = std::net::TcpListener::bind(\"127.0.0.1:0\").unwrap().accept();",
    ] {
        let error = interrupted(&mut notebook, waits);
        assert_eq!(error.message, "interrupted: your variables are kept", "{waits}");
        notebook.gives(ASK, "(2, 1)");
        assert_eq!(notebook.processes("sleep 600"), 0, "{waits}");
    }
    notebook.gives("std::process::id()", &process);
}

#[test]
fn an_interrupt_of_what_waits_costs_no_variable_that_it_had_moved() {
    let mut notebook = Notebook::open();
    notebook.ok("let words = vec![\"one\".to_owned()]; let other = 1;");
    let sleep = "std::thread::sleep(std::time::Duration::from_secs(600));";
    let error = interrupted(&mut notebook, &format!("let moved = words; {sleep} drop(moved);"));
    assert_eq!(error.message, "interrupted: your variables are as they were before this cell");
    notebook.gives("(&words, other)", "([\"one\"], 1)");
    // One that it has used is not moved.
    let error = interrupted(&mut notebook, &format!("let n = words.len(); {sleep} drop(n);"));
    assert_eq!(error.message, "interrupted: your variables are kept");
    notebook.gives("(&words, other)", "([\"one\"], 1)");
}

#[test]
#[cfg(target_os = "linux")]
fn a_cell_that_waits_for_threads_that_are_gone_is_ended_with_a_sentence() {
    let mut notebook = Notebook::open();
    notebook.ok(SERVER);
    notebook.gives(ASK, "(2, 1)");
    for _ in 0..2 {
        let message = notebook.fails("std::process::abort()").message;
        assert!(message.contains("your variables are as they were before this cell"), "{message}");
        for waits in [ASK, DEADLOCK] {
            let error = notebook.fails(waits);
            assert_eq!(error.name, "Deadlock", "{}", error.traceback);
            assert!(error.message.starts_with("the cell waited for threads that no longer exist"), "{}", error.message);
            assert!(error.message.ends_with("your variables are as they were before this cell"), "{}", error.message);
        }
    }
    // Threads of a cell's own are no others than before.
    notebook.gives(
        "std::thread::spawn(|| { std::thread::sleep(std::time::Duration::from_millis(700)); 7 }).join().unwrap()",
        "7",
    );
    notebook.gives(
        "let (send, receive) = std::sync::mpsc::channel();
let sender = std::thread::spawn(move || { std::thread::sleep(std::time::Duration::from_millis(700)); send.send(8) });
(receive.recv(), sender.join().is_ok(), kept.len())",
        "(Ok(8), true, 1)",
    );
    notebook.ok(":restart");
    notebook.ok(SERVER);
    notebook.gives(ASK, "(2, 1)");
}

#[test]
fn a_deadlock_of_a_cells_own_is_waited_for_as_in_any_program() {
    let mut notebook = Notebook::open();
    notebook.ok("let kept = 1;");
    let deadlock = DEADLOCK;
    let error = interrupted(&mut notebook, deadlock);
    assert_eq!(error.message, "interrupted: your variables are as they were before this cell");
    notebook.gives("kept", "1");
}

/// Crates that Soma itself is built with, so that there is no need of a network.
fn with_crate(dep: &str) -> Notebook {
    let mut notebook = Notebook::open();
    notebook.ok(":offline 1");
    notebook.ok(dep);
    notebook
}

#[test]
fn a_parallel_sum_after_a_crash_or_an_interrupt_is_as_before() {
    let mut notebook = with_crate(":dep rayon = \"1\"");
    notebook.ok("use rayon::prelude::*; let numbers: Vec<u64> = (0..100_000).collect();");
    let sum = "numbers.par_iter().map(|n| n * 2).sum::<u64>()";
    notebook.gives(sum, "9999900000");
    let error = interrupted(&mut notebook, "std::thread::sleep(std::time::Duration::from_secs(600));");
    assert_eq!(error.message, "interrupted: your variables are kept");
    notebook.gives(sum, "9999900000");
    for _ in 0..2 {
        assert_eq!(notebook.fails("std::process::abort()").name, "Crash");
        notebook.gives(sum, "9999900000");
        interrupted(&mut notebook, "loop { std::hint::black_box(1); }");
        notebook.gives(sum, "9999900000");
    }
    notebook.ok(":restart");
    notebook.gives("(0..10_u64).into_par_iter().sum::<u64>()", "45");
}

#[test]
#[cfg(target_os = "linux")]
fn a_pool_of_a_crates_own_that_is_gone_is_told_and_another_one_works() {
    let mut notebook = with_crate(":dep rayon = \"1\"");
    notebook.ok("use rayon::prelude::*; let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();");
    let sum = "pool.install(|| (0..1000_u64).into_par_iter().sum::<u64>())";
    notebook.gives(sum, "499500");
    assert_eq!(notebook.fails("std::process::abort()").name, "Crash");
    let error = notebook.fails(sum);
    assert_eq!(error.name, "Deadlock", "{}", error.traceback);
    notebook.ok("std::mem::forget(pool); let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();");
    notebook.gives(sum, "499500");
}

#[test]
fn an_await_can_be_interrupted_and_has_a_runtime_of_its_own_after_a_crash() {
    let mut notebook = with_crate(":dep tokio = { version = \"1\", features = [\"rt-multi-thread\", \"time\"] }");
    let answer =
        "tokio::spawn(async { tokio::time::sleep(std::time::Duration::from_millis(1)).await; 7 }).await.unwrap()";
    notebook.gives(answer, "7");
    let mut process = notebook.ok("std::process::id()").text().unwrap().to_owned();
    for _ in 0..2 {
        for waits in [
            "tokio::time::sleep(std::time::Duration::from_secs(600)).await;",
            "std::future::pending::<()>().await;",
            "loop { tokio::time::sleep(std::time::Duration::from_millis(1)).await; }",
            "async { std::thread::sleep(std::time::Duration::from_secs(600)) }.await;",
        ] {
            let error = interrupted(&mut notebook, waits);
            assert_eq!(error.message, "interrupted: your variables are kept", "{waits}");
            notebook.gives("std::process::id()", &process);
            notebook.gives(answer, "7");
        }
        assert_eq!(notebook.fails("std::process::abort()").name, "Crash");
        notebook.gives(answer, "7");
        process = notebook.ok("std::process::id()").text().unwrap().to_owned();
    }
}

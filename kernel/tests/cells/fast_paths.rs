//! What makes cells fast can be left out, and nothing else changes.

use std::process::Command;

use crate::notebook::Notebook;
use crate::surroundings::OwnCache;

/// Cells, and what they give: what compiling, linking and loading must not lose. Thread-local variables, statics that
/// later cells share and destructors that unwinding runs are those of the standard library's documentation.
const CELLS: &[(&str, &str)] = &[
    ("use tensorlib::prelude::*; let t = tensor![[1.0, 2.0], [3.0, 4.0]]; t.sum().item::<f64>()", "10.0"),
    (
        "use std::cell::{Cell, RefCell}; use std::thread;
         thread_local! { static FOO: Cell<u32> = const { Cell::new(1) }; static BAR: RefCell<Vec<f32>> = RefCell::new(vec![1.0, 2.0]); }
         FOO.set(2);
         let other = thread::spawn(|| { let before = FOO.get(); FOO.set(3); before }).join().unwrap();
         BAR.with_borrow_mut(|bar| bar.push(3.0));
         (FOO.get(), other, BAR.take())",
        "(2, 1, [1.0, 2.0, 3.0])",
    ),
    ("static LEVELS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(5);
      LEVELS.fetch_add(1, std::sync::atomic::Ordering::SeqCst)", "5"),
    ("LEVELS.load(std::sync::atomic::Ordering::SeqCst)", "6"),
    ("static mut ZEROS: [u64; 100_000] = [0; 100_000]; unsafe { ZEROS[99_999] }", "0"),
    (
        "struct HasDrop(&'static str); impl Drop for HasDrop { fn drop(&mut self) { println!(\"dropping {}\", self.0); } }
         std::panic::catch_unwind(|| { let _first = HasDrop(\"one\"); let _second = HasDrop(\"two\"); std::panic::resume_unwind(Box::new(7_u8)) })
             .unwrap_err().downcast_ref::<u8>().copied()",
        "Some(7)",
    ),
    ("unsafe extern \"C\" { fn abs(input: i32) -> i32; } unsafe { abs(-3) }", "3"),
    ("let words: Vec<Box<dyn std::fmt::Display>> = vec![Box::new(1), Box::new(\"two\")]; words.iter().map(|w| w.to_string()).collect::<String>()", "\"1two\""),
    ("f64::powf(2.0, 0.5).sin().mul_add(2.0, 1.0) > 2.9", "true"),
];

fn runs(change: impl FnOnce(&mut Command)) -> Notebook {
    let mut notebook = Notebook::open_with(change);
    for (code, expected) in CELLS {
        notebook.gives(code, expected);
    }
    let error = notebook.fails("fn divide(a: i32, b: i32) -> i32 { a / b }\ndivide(1, t.numel() as i32 - 4)");
    assert!(error.traceback.contains("attempt to divide by zero") && error.traceback.contains("divide"), "{error:?}");
    notebook.gives("t.sum().item::<f64>()", "10.0");
    notebook
}

#[test]
fn cells_are_the_same_without_each_fast_path() {
    for without in ["", "driver", "waiting-rustc", "linker", "levels", "driver, waiting-rustc, linker, levels"] {
        let cache = OwnCache::new();
        let notebook = runs(|command| {
            command.env("SOMA_CACHE_DIR", cache.path()).env("SOMA_WITHOUT", without);
        });
        let driver = notebook.session().join("bin/cargo").read_link().unwrap();
        assert_eq!(driver.ends_with("soma"), without.contains("driver"), "{without}: {}", driver.display());
        let waits = std::fs::read_dir(notebook.session())
            .unwrap()
            .any(|entry| entry.unwrap().file_name().to_string_lossy().starts_with("rustc-"));
        let can_wait = cfg!(all(target_os = "linux", target_env = "gnu"));
        assert_eq!(waits, can_wait && !without.contains("waiting-rustc"), "{without}");
        drop(notebook);
    }
}

/// Whether each compile of a session had begun before it was asked for, as the driver's log tells.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn begun_ahead(notebook: &Notebook) -> Vec<bool> {
    let log = std::fs::read_to_string(notebook.session().join("driver.log")).unwrap();
    let compiles = log.lines().filter(|line| line.contains("the waiting rustc compiles"));
    compiles.map(|line| line.ends_with("ahead=true")).collect()
}

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn a_compile_begins_when_its_cell_arrives_if_it_is_like_the_last_one() {
    use soma_driver::process::children;

    let cache = OwnCache::new();
    let mut notebook = Notebook::open_with(|command| {
        command.env("SOMA_CACHE_DIR", cache.path()).env("SOMA_LOG", "soma_driver=debug").env("SOMA_WITHOUT", "");
    });
    notebook.gives("20 + 1", "21");
    notebook.gives("20 + 2", "22");
    notebook.gives("20 + 3", "23");
    assert!(begun_ahead(&notebook).ends_with(&[true, true]), "{:?}", begun_ahead(&notebook));
    // A loop over plain numbers is compiled at another level.
    notebook.gives("{ let mut sum = 0_u64; for n in 0..1_000_000_u64 { sum ^= n * n; } sum }", "174969942272");
    assert!(begun_ahead(&notebook).ends_with(&[true, true, false]), "{:?}", begun_ahead(&notebook));
    // One that has an error is compiled in two ways.
    let error = notebook.fails("nothing + 1");
    assert!(error.message.contains("cannot find value `nothing`"), "{error:?}");
    notebook.gives("20 + 4", "24");
    assert!(begun_ahead(&notebook).ends_with(&[true]), "{:?}", begun_ahead(&notebook));
    // The first of these begins one that nobody asks for.
    let compiles = begun_ahead(&notebook).len();
    notebook.gives("20 + 4", "24");
    notebook.gives("20 + 3", "23");
    assert_eq!(begun_ahead(&notebook).len(), compiles);
    let waiting = std::fs::read_to_string(notebook.session().join("waiting.pid")).unwrap().parse().unwrap();
    let waiting = nix::unistd::Pid::from_raw(waiting);
    let begun = std::time::Instant::now();
    while !children(waiting).is_empty() {
        assert!(begun.elapsed().as_secs() < 60, "a compile that nobody asks for waits");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    notebook.gives("20 + 5", "25");
    notebook.gives("20 + 6", "26");
    assert!(begun_ahead(&notebook).ends_with(&[false, true]), "{:?}", begun_ahead(&notebook));
}

/// Each question is a process, of which a start waits for most: rust-analyzer must find no compiler to ask, and read the
/// project once.
#[test]
fn a_session_starts_with_few_questions() {
    let mut notebook = Notebook::open_with(|command| {
        command.env("SOMA_LOG", "soma_driver=debug");
    });
    notebook.gives("1 + 1", "2");
    let log = std::fs::read_to_string(notebook.session().join("driver.log")).unwrap();
    let asked: Vec<&str> = log.lines().filter(|line| line.contains(" asked ")).collect();
    let questions = asked.iter().filter(|line| !line.contains("\"build\"")).count();
    assert!((1..=11).contains(&questions), "{questions}: {asked:#?}");
    assert_eq!(asked.len() - questions, 2, "evcxr's own cell, and this one: {asked:#?}");
}

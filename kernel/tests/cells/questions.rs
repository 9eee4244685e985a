//! Completions and documentation, by analysis, while a cell runs.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use indoc::indoc;
use serde_json::{Value, json};

use crate::notebook::Notebook;

/// How long the analyst may read libraries before it must answer; answers then take a fraction of a second.
const LOADING: Duration = Duration::from_secs(120);

const SETUP: &str = "use tensorlib::prelude::*;\nlet größe = rand([3, 2]);";
const OWN: &str = "struct Wheel { radius: f64, weight: Tensor }\n/// Makes a wheel of this size.\n\
                   fn make(radius: f64) -> Wheel { Wheel { radius, weight: zeros([2]) } }\nlet wheel = make(1.0);";
const LONG: &str = "std::thread::sleep(std::time::Duration::from_secs(600));";

/// What is completed at the `|`: texts and signatures.
fn completions(notebook: &mut Notebook, code: &str) -> Vec<(String, String)> {
    let request = question(code);
    let reply = ask(notebook, "complete", request);
    let types = reply["metadata"]["_jupyter_types_experimental"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    types.iter().map(|one| (text(&one["text"]), text(&one["signature"]))).collect()
}

/// Asks without looking at the statuses, among which are those of the running cell.
fn ask(notebook: &mut Notebook, kind: &str, content: Value) -> Value {
    let request = notebook.frontend().send_shell(&format!("{kind}_request"), content);
    notebook.frontend().shell(&format!("{kind}_reply"), &request)
}

fn question(code: &str) -> Value {
    let cursor = code[..code.find('|').unwrap()].chars().count();
    json!({ "code": code.replacen('|', "", 1), "cursor_pos": cursor, "detail_level": 0 })
}

fn names(found: &[(String, String)]) -> Vec<&str> {
    found.iter().map(|(text, _)| text.as_str()).collect()
}

/// Asks until there is an answer: what takes longer than a user waits is answered the next time.
fn patiently(notebook: &mut Notebook, code: &str) -> Vec<(String, String)> {
    let deadline = Instant::now() + LOADING;
    loop {
        let found = completions(notebook, code);
        if !found.is_empty() {
            return found;
        }
        assert!(Instant::now() < deadline, "the analyst never answered");
    }
}

/// A notebook with a running cell whose analyst has read everything.
fn busy_notebook() -> (Notebook, String) {
    let mut notebook = Notebook::open();
    notebook.ok(SETUP);
    notebook.ok(OWN);
    let cell = notebook.start(LONG);
    // Until analysis is there, names come without signatures.
    while patiently(&mut notebook, "größe.su|").iter().all(|(_, signature)| !signature.contains("Tensor")) {}
    (notebook, cell)
}

fn analysts(notebook: &Notebook) -> usize {
    let folder = notebook.folder().canonicalize().unwrap();
    let is_analyst = |process: &std::fs::DirEntry| {
        let command = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        std::fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(&folder))
            && command.split(|byte| *byte == 0).nth(1) == Some(b"analyst")
    };
    std::fs::read_dir("/proc").into_iter().flatten().flatten().filter(is_analyst).count()
}

#[test]
fn members_paths_and_documentation_are_known_while_a_cell_runs() {
    let (mut notebook, cell) = busy_notebook();
    let methods = completions(
        &mut notebook,
        indoc! {"
            let é = 1;
            let y = größe.su|;
            let z = y;"},
    );
    assert!(names(&methods).contains(&"sum_dim"), "{methods:?}");
    let sum = methods.iter().find(|(name, _)| name == "sum").unwrap();
    assert_eq!(sum.1, "fn sum(&self) -> Tensor");

    let fields = completions(&mut notebook, "wheel.|");
    assert_eq!(fields[..2], [("radius".to_owned(), "f64".to_owned()), ("weight".to_owned(), "Tensor".to_owned())]);
    let nested = completions(&mut notebook, "let w = make(2.0);\nif w.radius > 1.0 { w.weight.matm| }");
    assert_eq!(names(&nested), ["matmul"]);

    assert!(names(&completions(&mut notebook, "use tensorlib::prel|")).contains(&"prelude"));
    assert!(names(&completions(&mut notebook, "DType::|")).contains(&"F32"));
    assert!(names(&completions(&mut notebook, ":opt 2\nlet w = mak|")).contains(&"make"));
    let local = completions(&mut notebook, "let wheels = vec![make(1.0)];\nwhee|");
    assert_eq!(names(&local), ["wheel", "wheels"]);
    assert_eq!(completions(&mut notebook, "let s = \"größe.|\";"), []);
    assert_eq!(completions(&mut notebook, "// größe.|"), []);

    let own = ask(&mut notebook, "inspect", question("let w = make(1.0|);"));
    let plain = own["data"]["text/plain"].as_str().unwrap();
    assert_eq!(plain, "fn make(radius: f64) -> Wheel\n\ndefined in this notebook\n\nMakes a wheel of this size.");
    let zeros = ask(&mut notebook, "inspect", question("zer|os([2])"));
    let markdown = zeros["data"]["text/markdown"].as_str().unwrap();
    assert!(markdown.starts_with("```rust\npub fn zeros(") && markdown.contains("Zeros"), "{markdown}");
    let variable = ask(&mut notebook, "inspect", question("größe|"));
    assert!(variable["data"]["text/plain"].as_str().unwrap().contains("größe: Tensor"), "{variable}");

    notebook.interrupt();
    notebook.finish(&cell);
    // What a cell has changed is known at once.
    notebook.ok("struct Wheel { spokes: usize }\nlet wheel = Wheel { spokes: 3 };");
    assert_eq!(patiently(&mut notebook, "wheel.|")[0], ("spokes".to_owned(), "usize".to_owned()));
}

#[test]
fn the_analyst_ends_with_a_kernel_that_is_killed() {
    let (notebook, _) = busy_notebook();
    assert_eq!(analysts(&notebook), 1);
    notebook.kill();
}

#[test]
fn a_kernel_that_nobody_asks_starts_no_analyst() {
    let mut notebook = Notebook::open();
    notebook.ok(SETUP);
    assert!(names(&completions(&mut notebook, ":va|")).contains(&":vars"));
    assert_eq!(completions(&mut notebook, "\"x.|\""), []);
    assert_eq!(analysts(&notebook), 0);
}

/// What an analyst that nobody has asked may take of its own, in bytes.
const AHEAD: u64 = 150 << 20;

#[test]
fn an_analyst_that_nobody_has_asked_reads_ahead_within_its_limit() {
    let mut notebook = Notebook::open();
    notebook.ok(SETUP);
    let mut command = Command::new(env!("CARGO_BIN_EXE_soma"));
    command.arg("analyst").arg(notebook.session()).current_dir(notebook.folder());
    let mut analyst = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let (mut most, mut waits) = (0, 0);
    let deadline = Instant::now() + LOADING;
    // It has read what it wants when it waits for questions, and goes on waiting.
    while waits < 100 {
        let own = own_memory(analyst.id());
        most = most.max(own);
        waits = if own > AHEAD / 4 && sleeps(analyst.id()) { waits + 1 } else { 0 };
        assert!(Instant::now() < deadline, "it goes on reading, and has {} MiB", own >> 20);
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(most < AHEAD, "{} MiB", most >> 20);
    drop(analyst.stdin.take());
    assert!(analyst.wait().unwrap().success());
}

/// The memory of a process that is not shared with files.
fn own_memory(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/statm")).unwrap();
    let pages: Vec<u64> = text.split_whitespace().map(|count| count.parse().unwrap()).collect();
    (pages[1] - pages[2]) * 4096
}

/// Whether all threads of a process wait.
fn sleeps(pid: u32) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
    let stats = threads.map(|thread| std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default());
    stats.into_iter().all(|stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('S')))
}

#[test]
fn a_console_is_told_whether_a_cell_is_complete() {
    let mut notebook = Notebook::open();
    for (code, status) in [
        ("let x = 5; // five.", "complete"),
        ("1 /* c */", "complete"),
        ("// first, then,", "complete"),
        (":dep a = \"1\"\n!ls (", "complete"),
        ("\u{feff}let x = 5;", "complete"),
        ("let x = 5", "complete"),
        ("let x =", "incomplete"),
        ("#[derive(Debug)]", "incomplete"),
        ("/// What follows.", "incomplete"),
        ("if x", "incomplete"),
        (":opt 2\nlet v = vec![1,", "incomplete"),
        ("f(1))", "invalid"),
    ] {
        let reply = ask(&mut notebook, "is_complete", json!({ "code": code }));
        assert_eq!(reply["status"], status, "{code}");
    }
    let reply = ask(&mut notebook, "is_complete", json!({ "code": "fn f() {\n    loop {" }));
    assert_eq!(reply["indent"], "        ");
}

//! Code that is nested deeper than parsers go is refused in words, and nothing comes to an end.

use indoc::formatdoc;
use serde_json::json;

use crate::notebook::Notebook;

/// Deeply nested cells, each of another kind.
fn deep(levels: usize) -> Vec<String> {
    let around = |open: &str, close: &str| format!("let x = {}1{};", open.repeat(levels), close.repeat(levels));
    let behind = |start: &str, more: &str| format!("let x = {start}{};", more.repeat(levels));
    vec![
        around("(", ")"),
        around("{", "}"),
        around("[", "]"),
        around("vec![", "]"),
        around("!", ""),
        around("-", ""),
        around("&", ""),
        around("|a, b| ", ""),
        around("return ", ""),
        around("match 1 { _ => ", "}"),
        behind("1", " + 1"),
        behind("1", ".abs()"),
        behind("1", " as i32"),
        behind("\"a\".to_string()", " + \"b\""),
        format!("if a == 1 {{}}{}", " else if a == 2 {}".repeat(levels)),
        format!("fn f(x: {}u8{}) {{}}", "Box<".repeat(levels), ">".repeat(levels)),
        format!("{}{}", "mod a { ".repeat(levels), "}".repeat(levels)),
        "(".repeat(levels),
    ]
}

#[test]
fn ten_thousand_levels_are_refused_and_the_session_goes_on() {
    let mut notebook = Notebook::open();
    notebook.ok("let kept = vec![1];");
    for code in deep(10_000) {
        let error = notebook.fails(&code);
        assert_eq!(error.name, "NestingError", "{}", &code[..40]);
        assert!(error.traceback.contains("give parts of it names with `let`"), "{}", error.traceback);
        assert!(error.traceback.len() < 2000, "{} bytes", error.traceback.len());
    }
    let error = notebook.fails(&formatdoc! {"
        :opt 0

        let y = 1;
        let é = {};",
        "(".repeat(300)
    });
    error.points_at("20]:4:264");
    notebook.gives("kept", "[1]");
    // The stacks of the kernel's threads are its own affair.
    notebook.gives("std::env::var(\"RUST_MIN_STACK\").ok()", &format!("{:?}", std::env::var("RUST_MIN_STACK").ok()));
}

#[test]
fn what_is_not_refused_is_run_or_explained() {
    let mut notebook = Notebook::open();
    notebook.ok("let kept = vec![1];");
    for code in deep(150) {
        if let Some(error) = notebook.run(&code).error {
            assert!(
                !["NestingError", "CompilerCrash", "Crash", "Error"].contains(&&*error.name),
                "{}",
                error.traceback
            );
        }
    }
    // The longest chains and the deepest brackets that are taken.
    for (part, most) in [(" + 1", 2000), (".wrapping_add(1)", 600)] {
        notebook.ok(&format!("let n = 1u32{};", part.repeat(most)));
    }
    notebook.ok(&format!("let n = {}1{};", "(".repeat(250), ")".repeat(250)));
    notebook.ok(&format!("let n = {}1{};", "{".repeat(250), "}".repeat(250)));
    notebook.gives("kept", "[1]");
}

#[test]
fn questions_about_deep_code_are_answered() {
    let mut notebook = Notebook::open();
    notebook.ok("let weights = 1;");
    for code in deep(10_000) {
        let code = format!("{code} wei");
        let cursor = code.chars().count();
        let frontend = notebook.frontend();
        let request = frontend.send_shell("is_complete_request", json!({ "code": code }));
        assert_eq!(frontend.shell("is_complete_reply", &request)["status"], "invalid");
        let request = frontend.send_shell("complete_request", json!({ "code": code, "cursor_pos": cursor }));
        assert_eq!(frontend.shell("complete_reply", &request)["matches"][0], "weights");
        let question = json!({ "code": code, "cursor_pos": cursor, "detail_level": 0 });
        let request = frontend.send_shell("inspect_request", question);
        assert_eq!(frontend.shell("inspect_reply", &request)["status"], "ok");
    }
    notebook.gives("weights", "1");
}

#[test]
fn a_compiler_that_crashes_is_explained() {
    // Little stack makes the compiler crash where it usually does not.
    let mut notebook = Notebook::open_with(|command| {
        command.env("RUST_MIN_STACK", (2 << 20).to_string());
    });
    notebook.ok("let kept = vec![1];");
    let error = notebook.fails(&format!("let n = {}1{};", "{".repeat(250), "}".repeat(250)));
    assert_eq!(error.name, "CompilerCrash");
    assert!(error.message.starts_with("the Rust compiler crashed on this cell (SIG"), "{}", error.message);
    assert!(error.traceback.lines().count() < 5, "{}", error.traceback);
    notebook.gives("kept", "[1]");
}

//! Text, displays and results.

use indoc::{formatdoc, indoc};

use crate::notebook::Notebook;

#[test]
fn text_arrives_as_written_and_in_order_with_displays() {
    let mut notebook = Notebook::open();
    let cell = notebook.ok(indoc! {r#"
        print!("a\rb");
        soma_cell::display!(1);
        println!("c");
        soma_cell::display!(2);
        3"#});
    assert_eq!(cell.stdout, "a\rbc\n");
    assert_eq!(cell.kinds, ["stream", "display_data", "stream", "display_data", "execute_result"]);
    assert_eq!(cell.text(), Some("3"));
    let cell = notebook.ok("eprint!(\"e\"); std::thread::spawn(|| println!(\"from a thread\")).join().unwrap();");
    assert_eq!((cell.stdout.as_str(), cell.stderr.as_str()), ("from a thread\n", "e"));
}

#[test]
fn a_partial_line_does_not_wait_for_the_end() {
    let mut notebook = Notebook::open();
    let go_on = notebook.folder().join("go-on");
    let request = notebook.start(&formatdoc! {r#"
        print!("0%");
        while !std::path::Path::new({go_on:?}).exists() {{ std::thread::sleep(std::time::Duration::from_millis(10)); }}
        print!(" 100%");"#});
    loop {
        let message = notebook.frontend().iopub_any();
        if message.kind == "stream" {
            assert_eq!(message.content["text"], "0%");
            break;
        }
    }
    // It is out before the cell goes on.
    std::fs::write(go_on, "").unwrap();
    assert_eq!(notebook.finish(&request).stdout, " 100%");
}

#[test]
fn a_display_can_be_replaced() {
    let mut notebook = Notebook::open();
    let cell = notebook.ok(indoc! {r#"
        soma_cell::display!("0", id = "p");
        soma_cell::update_display!("1", id = "p");
        soma_cell::display::clear_output(true);"#});
    assert_eq!(cell.kinds, ["display_data", "update_display_data", "clear_output"]);
}

#[test]
fn a_display_is_shown_when_it_is_made() {
    let mut notebook = Notebook::open();
    let request =
        notebook.start("soma_cell::display!(1); loop { std::thread::sleep(std::time::Duration::from_millis(10)); }");
    while notebook.frontend().iopub_any().kind != "display_data" {}
    notebook.interrupt();
    assert_eq!(notebook.finish(&request).error.unwrap().name, "Interrupted");
}

#[test]
fn a_progress_bar_is_one_display_that_ends_full() {
    let mut notebook = Notebook::open();
    let cell = notebook.ok(
        indoc! {"
            let mut sum = 0;
            for x in soma_cell::progress(0..25) { sum += x; std::thread::sleep(std::time::Duration::from_millis(20)); }"},
    );
    assert_eq!(cell.kinds[0], "display_data");
    assert!(cell.kinds[1..].iter().all(|kind| kind == "update_display_data"), "{:?}", cell.kinds);
    assert!((3..12).contains(&cell.kinds.len()), "{:?}", cell.kinds);
    let last = cell.displays.last().unwrap()["text/plain"].as_str().unwrap();
    assert!(last.starts_with("100% |████████████████████| 25/25 [00:0"), "{last}");
    notebook.gives("sum", "300");
}

#[test]
fn an_interrupted_progress_bar_shows_how_far_it_came() {
    let mut notebook = Notebook::open();
    let request = notebook.start("for _ in soma_cell::progress(0..1000).label(\"epoch\") { std::thread::sleep(std::time::Duration::from_millis(10)); }");
    while notebook.frontend().iopub_any().kind != "update_display_data" {}
    notebook.interrupt();
    let cell = notebook.finish(&request);
    assert_eq!(cell.error.unwrap().message, "interrupted: your variables are kept");
    let last = cell.displays.last().unwrap()["text/plain"].as_str().unwrap();
    assert!(last.starts_with("epoch:   ") && last.contains("/1000 ["), "{last}");
}

#[test]
fn a_chart_of_losses_is_one_display_that_ends_with_its_last_value() {
    let mut notebook = Notebook::open();
    notebook.ok("use tensorlib::prelude::*;");
    let cell = notebook.ok(
        "let mut live = plot::Live::new([\"train\", \"valid\"]);\n\
         for i in 0..40 { live.push([1.0 / f64::from(i + 1), 0.5]); std::thread::sleep(std::time::Duration::from_millis(20)); }",
    );
    assert_eq!(cell.kinds[0], "display_data");
    assert!(cell.kinds[1..].iter().all(|kind| kind == "update_display_data"), "{:?}", cell.kinds);
    assert!((2..8).contains(&cell.kinds.len()), "{:?}", cell.kinds);
    let last = cell.displays.last().unwrap();
    assert!(last["text/plain"].as_str().unwrap().starts_with("line “train” of 40 values"), "{last:?}");
    assert!(last["image/svg+xml"].as_str().unwrap().contains(">valid</text>"));
    // In a later cell it is shown there.
    let cell = notebook.ok("live.push([0.01, 0.5]);");
    assert_eq!(cell.kinds, ["display_data"]);
    assert!(cell.displays[0]["text/plain"].as_str().unwrap().starts_with("line “train” of 41 values"));
}

#[test]
fn third_party_content_keeps_working() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {r#"
        struct Html(&'static str);
        impl Html { fn evcxr_display(&self) { println!("EVCXR_BEGIN_CONTENT text/html\n{}\nEVCXR_END_CONTENT", self.0); } }"#});
    let cell = notebook.ok("Html(\"<b>bold</b>\")");
    assert_eq!(cell.result.unwrap()["text/html"], "<b>bold</b>");
    // Also when the value is made of a variable that is moved into it.
    notebook.ok("let html = Html(\"<i>moved</i>\");");
    let cell = notebook.ok("{ let h = html; h }");
    assert_eq!(cell.result.unwrap()["text/html"], "<i>moved</i>");
}

#[test]
fn nothing_is_shown_of_the_unit_value_and_of_statements() {
    let mut notebook = Notebook::open();
    for code in ["()", "1;", "let x = 1;", "", "// a comment", "fn f() {}"] {
        assert_eq!(notebook.ok(code).kinds, [""; 0], "{code}");
    }
}

#[test]
fn many_lines_arrive_complete_and_in_order() {
    let mut notebook = Notebook::open();
    let cell = notebook.ok("for i in 0..200_000 { println!(\"{i}\"); }");
    let expected: String = (0..200_000).map(|i| format!("{i}\n")).collect();
    assert!(cell.stdout == expected, "{} of {} bytes", cell.stdout.len(), expected.len());
}

#[test]
fn a_kept_lock_of_standard_output_stops_nothing() {
    let mut notebook = Notebook::open();
    let cell = notebook.ok(indoc! {r#"
        let mut out = std::io::stdout().lock();
        use std::io::Write;
        writeln!(out, "locked").unwrap();"#});
    assert_eq!(cell.stdout, "locked\n");
    assert!(cell.stderr.contains("`out` holds the lock"), "{}", cell.stderr);
    assert_eq!(notebook.ok("println!(\"free\");").stdout, "free\n");
    assert_eq!(notebook.ok("std::thread::spawn(|| println!(\"free\")).join().unwrap();").stdout, "free\n");
}

#[test]
fn a_file_that_is_read_while_compiling_is_read_again() {
    let mut notebook = Notebook::open();
    let file = notebook.folder().join("data.txt");
    for text in ["one", "two"] {
        std::fs::write(&file, text).unwrap();
        notebook.gives(&format!("include_str!(\"{}\")", file.display()), &format!("\"{text}\""));
    }
}

#[test]
fn a_static_starts_anew_with_each_run_and_nothing_else_is_loaded_twice() {
    let mut notebook = Notebook::open();
    let counting = "static N: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);\n\
                    N.fetch_add(1, std::sync::atomic::Ordering::SeqCst)";
    notebook.gives(counting, "0");
    notebook.gives(counting, "0");
    let libraries = "std::fs::read_to_string(\"/proc/self/maps\").unwrap().matches(\"libcode_\").count()";
    let before: usize = notebook.ok(libraries).text().unwrap().parse().unwrap();
    for _ in 0..5 {
        notebook.gives(libraries, &before.to_string());
    }
}

/// C's functions, as a library of its code would call them.
const C: &str = "unsafe extern \"C\" {
    fn puts(text: *const std::ffi::c_char) -> i32;
    fn printf(format: *const std::ffi::c_char, ...) -> i32;
}";

#[test]
fn what_c_code_prints_is_shown_in_its_place() {
    let mut notebook = Notebook::open();
    let cell = notebook.ok(&format!("{C}\nunsafe {{ puts(c\"from C\".as_ptr()) }};"));
    assert_eq!(cell.stdout, "from C\n");
    // Not only when they are called from the same cell.
    notebook.ok(&formatdoc! {r#"
        {C}
        fn say(n: i32) {{ println!("Rust {{n}}"); unsafe {{ printf(c"C %d\n".as_ptr(), n) }}; }}"#});
    let cell = notebook.ok("for n in 0..3 { say(n); }\nunsafe { printf(c\"no end of line\".as_ptr()) };");
    assert_eq!(cell.stdout, "Rust 0\nC 0\nRust 1\nC 1\nRust 2\nC 2\nno end of line");
    // A cell that ends its process has printed its lines before.
    let cell = notebook.run("say(7); std::process::abort()");
    assert_eq!((cell.stdout.as_str(), cell.error.unwrap().name.as_str()), ("Rust 7\nC 7\n", "Crash"));
    assert_eq!(notebook.ok("say(8);").stdout, "Rust 8\nC 8\n");
}

#[test]
fn a_partial_line_of_c_code_does_not_wait_for_the_end() {
    let mut notebook = Notebook::open();
    let request = notebook.start(&formatdoc! {r#"
        {C}
        unsafe {{ printf(c"0%%".as_ptr()) }};
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).unwrap();
        unsafe {{ printf(c" 100%%".as_ptr()) }};"#});
    // It is out before the cell goes on.
    notebook.wait_for("stream", &request);
    notebook.frontend().stdin(&request);
    notebook.frontend().send_input("");
    assert_eq!(notebook.finish(&request).stdout, " 100%");
}

#[test]
fn a_value_too_long_to_be_read_is_shown_by_its_ends() {
    let mut notebook = Notebook::open();
    notebook.ok("let v: Vec<i32> = (0..100_000).collect();");
    let cell = notebook.ok("v");
    let text = cell.text().unwrap();
    assert!(text.len() < 16 << 10, "{}", text.len());
    assert!(text.starts_with("[0, 1, 2, ") && text.ends_with(", 99998, 99999]"), "{text}");
    assert!(text.contains("characters are left out: `println!(\"{:?}\", …)` writes all"), "{text}");
    assert_eq!(notebook.ok("println!(\"{:?}\", v)").stdout.len(), 688_891);
    // Whatever it is made of, and by any format.
    for code in [
        "v.iter().take(10_000).map(|x| (x.to_string(), [*x])).collect::<std::collections::BTreeMap<_, _>>()",
        "Some(\"日本\".repeat(50_000))",
        ":fmt {:#?}\nv",
        ":fmt {}\n\"words \".repeat(50_000)",
    ] {
        let cell = notebook.ok(code);
        let text = cell.text().unwrap();
        assert!(text.len() < 16 << 10 && text.contains("are left out"), "{code}: {}", text.len());
    }
    assert!(notebook.ok(":fmt {:#?}\nv").text().unwrap().contains("`println!(\"{:#?}\", …)`"));
}

#[test]
fn a_value_that_can_be_read_is_shown_whole() {
    let mut notebook = Notebook::open();
    let all: Vec<i32> = (0..10_000).collect();
    notebook.gives("(0..10_000).collect::<Vec<i32>>()", &format!("{all:?}"));
    notebook.gives(":fmt {:#?}\n(0..1_500).collect::<Vec<i32>>()", &format!("{:#?}", &all[..1_500]));
}

#[test]
fn a_value_without_an_end_is_not_waited_for() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {r#"
        struct Endless;
        impl std::fmt::Debug for Endless {
            fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { loop { write!(f, "more ")?; } }
        }"#});
    let cell = notebook.ok("Endless");
    assert!(cell.text().unwrap().contains("more than can be written out in a moment"), "{:?}", cell.text());
}

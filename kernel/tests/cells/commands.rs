//! The commands that begin with a colon.

use std::time::{Duration, Instant};

use indoc::{formatdoc, indoc};

use crate::notebook::Notebook;

#[test]
fn variables_and_types_are_listed_as_people_write_them() {
    let mut notebook = Notebook::open();
    notebook.gives(":vars", "no variables yet");
    notebook.ok("let names = vec![String::new()]; let n = 1u8;");
    let listed = "Variable  Type         Shape  Size  Value\n\
                  n         u8                        1\n\
                  names     Vec<String>  [1]    0 B   \"\"";
    notebook.gives(":vars", listed);
    notebook.gives(":type names", "names: Vec<String>");
    assert!(notebook.fails(":type missing").message.contains(":vars"));
}

#[test]
fn settings_are_evcxrs() {
    let mut notebook = Notebook::open();
    notebook.gives(":opt 2", "Optimization: 2\n");
    notebook.gives("(0..1_000_000u64).map(|x| x ^ 1).sum::<u64>()", "499999500000");
    notebook.ok(":efmt {:?}");
    assert_eq!(notebook.fails("Err::<(), _>(\"as debug\")?").message, "\"as debug\"");
    assert!(notebook.ok(":help").text().unwrap().contains(":dep"));
    notebook.ok(":env SOMA_TEST=1");
    notebook.ok(":restart");
    notebook.gives("std::env::var(\"SOMA_TEST\").unwrap()", "\"1\"");
}

#[test]
fn clear_forgets_variables_and_items() {
    let mut notebook = Notebook::open();
    notebook.ok("let x = 1; fn f() {}");
    notebook.ok(":clear");
    notebook.fails("x");
    notebook.fails("f()");
    notebook.gives(":vars", "no variables yet");
    notebook.gives("let x = 2; x", "2");
}

#[test]
fn values_are_shown_as_the_person_has_set() {
    let mut notebook = Notebook::open();
    notebook.gives(":fmt {:.2?}", "Output format: {:.2?}");
    notebook.gives("[1.0, 2.0 / 3.0]", "[1.00, 0.67]");
    notebook.gives(":types\nSome(String::new())", ": Option<String> = Some(\"\")");
    notebook.gives(
        indoc! {r#"
            :fmt {}
            :types
            "plain""#},
        "plain",
    );
    notebook.gives("tensorlib::ones([2])", "tensor([1., 1.])");
    assert!(notebook.fails("vec![1]").traceback.contains("Vec"));
    notebook.gives(":fmt", "Output format: {:?}");
    notebook.gives("vec![1]", "[1]");
    assert!(notebook.fails(":fmt {} {}").message.contains(":fmt {:#?}"));
}

#[test]
fn a_cell_tells_how_long_it_took() {
    let mut notebook = Notebook::open();
    let cell = notebook.ok(":time\nstd::thread::sleep(std::time::Duration::from_millis(30)); 7");
    assert_eq!(cell.text(), Some("7"));
    let (total, running) = cell.stdout.trim().split_once(", of which the cell ran ").unwrap();
    assert!(total.starts_with("took ") && running.ends_with("ms"), "{}", cell.stdout);
    assert!(running.trim_end_matches("ms").parse::<f64>().unwrap() >= 30.0, "{}", cell.stdout);
    assert_eq!(notebook.ok("1").stdout, "");
    notebook.ok(":timing");
    assert!(notebook.ok("1").stdout.starts_with("took "));
}

#[test]
fn commands_without_effect_are_remarked_on_and_the_cell_goes_on() {
    let mut notebook = Notebook::open();
    for (command, says) in [
        (":toolchain stable", "rust-toolchain.toml"),
        (":cache 500", "soma cache"),
        (":sccache 1", "soma cache"),
        (":clear_cache", "soma cache"),
        (":linker lld", "compiled and linked"),
        (":allow_static_linking 0", "compiled and linked"),
        (":codegen_backend cranelift", "compiled and linked"),
        (":time_passes", "compiled and linked"),
        (":internal_debug", "SOMA_LOG"),
    ] {
        let cell = notebook.ok(&format!("{command}\n:opt 1\n6 * 7"));
        assert_eq!(cell.text(), Some("42"), "{command}");
        assert!(cell.stderr.starts_with("note: `:") && cell.stderr.contains(says), "{command}: {}", cell.stderr);
    }
}

#[test]
fn a_panic_is_told_and_costs_no_variable_whatever_was_set() {
    let mut notebook = Notebook::open();
    notebook.ok("let kept = 4;");
    let cell = notebook.run(indoc! {r#"
        :preserve_vars_on_panic 0
        let new = 1;
        panic!("seen")"#});
    assert!(cell.stderr.contains("costs nothing"), "{}", cell.stderr);
    let error = cell.error.unwrap();
    assert_eq!((error.name.as_str(), error.message.as_str()), ("Panic", "seen"));
    error.points_at("2]:3:1");
    notebook.gives("kept", "4");
    assert!(notebook.ok(":preserve_vars_on_panic 1").text().unwrap().contains("true"));
}

#[test]
fn what_commands_show_comes_in_order_and_before_the_code() {
    let mut notebook = Notebook::open();
    notebook.ok("let x = 1;");
    let cell = notebook.ok(indoc! {r#"
        :vars
        !echo shell
        // why
        :opt 1
        println!("code");
        x + 1"#});
    assert_eq!(cell.kinds, ["display_data", "stream", "display_data", "stream", "execute_result"]);
    assert_eq!((cell.stdout.as_str(), cell.text()), ("shell\ncode\n", Some("2")));
    assert!(cell.displays[0]["text/html"].as_str().unwrap().contains("<code>i32</code>"), "{cell:?}");
    assert_eq!(cell.displays[1]["text/plain"], "Optimization: 1\n");
    // What is asked last is a cell's result, if nothing follows.
    let cell = notebook.ok(":opt 2\n:type x\n");
    assert_eq!((cell.displays.len(), cell.text()), (1, Some("x: i32")));
    let cell = notebook.ok(":type x\nlet y = 2;");
    assert_eq!(
        (cell.kinds, cell.displays[0]["text/plain"].as_str()),
        (vec!["display_data".to_owned()], Some("x: i32"))
    );
}

#[test]
fn errors_behind_commands_point_into_the_cell() {
    let mut notebook = Notebook::open();
    notebook
        .fails(indoc! {r#"
            :opt 1

            !true
            :types
            :types
            let é: i32 = "no";"#})
        .points_at("1]:6:14");
    notebook
        .fails(indoc! {"
            :opt 1
            :efmt nonsense
            1"})
        .points_at("2]:2:7");
}

#[test]
fn a_command_that_fails_stops_the_cell() {
    let mut notebook = Notebook::open();
    let cell = notebook.run(indoc! {"
        !echo before; echo why >&2; exit 3
        !echo after
        let never = 1;"});
    assert_eq!((cell.stdout.as_str(), cell.stderr.as_str()), ("before\n", "why\n"));
    let error = cell.error.unwrap();
    assert_eq!(error.name, "ShellError");
    assert!(error.message.ends_with("ended with code 3"), "{}", error.message);
    assert!(notebook.fails("!no-such-command-at-all").message.contains("knows no such command"));
    for (cell, says) in [
        (":foo\nlet never = 1;", "there is no command `:foo`; `:help` lists all"),
        (":timeit\nlet never = 1;", "did you mean `:time`?"),
        (":help plot", "`:doc plot`"),
        (":type missing\nlet never = 1;", ":vars"),
    ] {
        let error = notebook.fails(cell);
        assert!(error.message.contains(says), "{cell}: {}", error.message);
    }
    notebook.fails("never");
}

#[test]
fn the_shell_sees_what_the_kernel_was_started_with() {
    let mut notebook = Notebook::open_with(|command| {
        command.env("SOMA_TEST_SHELL", "seen");
    });
    let folder = notebook.folder().canonicalize().unwrap();
    let cell = notebook.ok("!echo $SOMA_TEST_SHELL; pwd; command -v cargo; cat");
    let [variable, place, cargo] = cell.stdout.lines().collect::<Vec<_>>()[..] else { panic!("{}", cell.stdout) };
    assert_eq!((variable, place), ("seen", folder.to_str().unwrap()));
    assert!(!cargo.starts_with(place), "{cargo}");
}

#[test]
fn the_shell_shows_what_it_writes_as_it_comes_and_ends_at_an_interrupt() {
    let mut notebook = Notebook::open();
    notebook.ok("let kept = 4;");
    for command in ["!echo started; sleep 600", "!trap '' INT; echo started; sleep 601 | cat"] {
        let request = notebook.start(&format!("{command}\nlet never = 1;"));
        notebook.wait_for("stream", &request);
        notebook.interrupt();
        assert_eq!(notebook.finish(&request).error.unwrap().name, "Interrupted", "{command}");
    }
    notebook.gives("kept", "4");
    assert_eq!(notebook.processes("sleep"), 0);
}

#[test]
fn a_shell_ends_with_its_kernel() {
    for is_killed in [true, false] {
        let mut notebook = Notebook::open();
        let request = notebook.start("!echo started; sleep 602 | cat");
        notebook.wait_for("stream", &request);
        if is_killed {
            notebook.kill();
        }
    }
}

#[test]
fn crates_are_added_together_with_the_code_and_shown_before_it() {
    let mut notebook = Notebook::open();
    for name in ["one", "two"] {
        let folder = notebook.folder().join(name);
        std::fs::create_dir_all(folder.join("src")).unwrap();
        let manifest = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        std::fs::write(folder.join("src/lib.rs"), "pub fn f() -> u8 { 1 }\n").unwrap();
    }
    let add = |notebook: &Notebook, name: &str| {
        format!(":dep {name} = {{ path = \"{}\" }}", notebook.folder().join(name).display())
    };
    let (one, two) = (add(&notebook, "one"), add(&notebook, "two"));
    let cell = notebook.ok(&formatdoc! {"
        {one}
        :opt 1
        !echo between
        {two}
        one::f() + two::f()"});
    assert_eq!((cell.text(), cell.stdout.as_str()), (Some("2"), "between\n"));
    notebook.ok(":clear");
    let cell = notebook.ok(&format!("{one}\n:show_deps\none::f()"));
    assert!(cell.displays[0]["text/plain"].as_str().unwrap().starts_with("one = "), "{cell:?}");
    assert_eq!(cell.text(), Some("1"));
}

#[test]
fn documentation_is_shown_by_name_in_the_pager() {
    let mut notebook = Notebook::open();
    notebook.ok("/// Twice as much.\nfn twice(x: i32) -> i32 { x * 2 }");
    let cell = notebook.ok(":doc twice");
    assert_eq!((&cell.result, cell.displays.len()), (&None, 0));
    let [page] = &cell.pages[..] else { panic!("{cell:?}") };
    let text = page["text/plain"].as_str().unwrap();
    assert!(text.contains("fn twice(x: i32) -> i32") && text.contains("Twice as much."), "{text}");
    assert!(page["text/markdown"].as_str().unwrap().contains("Twice as much."), "{page}");
    let cell = notebook.ok(":doc twice\ntwice(3)");
    assert_eq!((cell.text(), cell.pages.len()), (Some("6"), 1));
    assert!(notebook.fails(":doc").message.contains(":doc zeros"));
}

#[test]
fn a_name_without_documentation_is_told_at_once() {
    let mut notebook = Notebook::open();
    // In a new session, without the import.
    for (name, says) in [("plot", "pub mod plot"), ("ones", "pub fn ones"), ("tensor", "macro_rules! tensor")] {
        let cell = notebook.ok(&format!(":doc {name}"));
        assert!(cell.pages[0]["text/plain"].as_str().unwrap().contains(says), "{cell:?}");
    }
    let started = Instant::now();
    let message = notebook.fails(":doc NoSuchThing").message;
    assert!(message.contains("nothing is known of `NoSuchThing`"), "{message}");
    assert!(notebook.fails(":doc zeroes").message.contains("did you mean `zeros`?"));
    // Half a minute it was, for each.
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn vars_tells_what_variables_hold_now() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        use tensorlib::prelude::*;
        let x = arange(6).reshape([2, 3]);
        let row = x.i(0);
        let n = 3_u8;"});
    let row_of = |notebook: &mut Notebook, name: &str| {
        let text = notebook.ok(":vars").text().unwrap().to_owned();
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{text}"));
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row_of(&mut notebook, "x "), "x Tensor [2, 3] i64 48 B 0, 1, 2, 3, 4, 5");
    assert_eq!(row_of(&mut notebook, "n "), "n u8 3");
    // Through a view that shares its memory, in a cell that does not mention it.
    notebook.ok("row.mul_(10);");
    assert_eq!(row_of(&mut notebook, "x "), "x Tensor [2, 3] i64 48 B 0, 10, 20, 3, 4, 5");
    // A cell that fails, and one that ends its process.
    notebook.fails("x.add_(1); panic!()");
    assert_eq!(row_of(&mut notebook, "row "), "row Tensor [3] i64 24 B 1, 11, 21");
    notebook.fails("x.add_(1); std::process::abort()");
    assert_eq!(row_of(&mut notebook, "row "), "row Tensor [3] i64 24 B 1, 11, 21");
    notebook.ok("drop(x); let n = row.sum();");
    assert_eq!(row_of(&mut notebook, "n "), "n Tensor [] i64 8 B 33");
    assert!(!notebook.ok(":vars").text().unwrap().contains("x  "));
}

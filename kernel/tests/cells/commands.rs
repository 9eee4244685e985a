//! The commands that begin with a colon.

use crate::notebook::Notebook;

#[test]
fn variables_and_types_are_listed_as_people_write_them() {
    let mut notebook = Notebook::open();
    notebook.gives(":vars", "no variables yet");
    notebook.ok("let names = vec![String::new()]; let n = 1u8;");
    notebook.gives(":vars", "Variable  Type         Value\nn         u8           1\nnames     Vec<String>");
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
    notebook.gives(":fmt {}\n:types\n\"plain\"", "plain");
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
fn commands_that_mean_nothing_here_say_what_to_do() {
    let mut notebook = Notebook::open();
    assert!(notebook.fails(":toolchain nightly").message.contains("rust-toolchain.toml"));
    assert!(notebook.fails(":cache 500").message.contains("soma cache"));
    assert!(notebook.ok(":help").text().unwrap().contains(":time "));
}

#[test]
fn documentation_is_shown_by_name_in_the_pager() {
    let mut notebook = Notebook::open();
    notebook.ok("/// Twice as much.\nfn twice(x: i32) -> i32 { x * 2 }");
    let cell = notebook.ok(":doc twice");
    assert_eq!(cell.kinds, [""; 0]);
    let [page] = &cell.pages[..] else { panic!("{cell:?}") };
    let text = page["text/plain"].as_str().unwrap();
    assert!(text.contains("fn twice(x: i32) -> i32") && text.contains("Twice as much."), "{text}");
    assert!(page["text/markdown"].as_str().unwrap().contains("Twice as much."), "{page}");
    let cell = notebook.ok(":doc twice\ntwice(3)");
    assert_eq!((cell.text(), cell.pages.len()), (Some("6"), 1));
    assert!(notebook.fails(":doc").message.contains(":doc zeros"));
}

#[test]
fn vars_tells_what_variables_hold_now() {
    let mut notebook = Notebook::open();
    notebook
        .ok("use tensorlib::prelude::*;\nlet x = arange(0, 6, 1).reshape([2, 3]);\nlet row = x.i(0);\nlet n = 3_u8;");
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

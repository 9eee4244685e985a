//! The commands that begin with a colon.

use crate::notebook::Notebook;

#[test]
fn variables_and_types_are_listed_as_people_write_them() {
    let mut notebook = Notebook::open();
    notebook.gives(":vars", "no variables yet");
    notebook.ok("let names = vec![String::new()]; let n = 1u8;");
    notebook.gives(":vars", "n      u8\nnames  Vec<String>");
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

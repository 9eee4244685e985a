//! Statics keep their value from cell to cell.

use indoc::{formatdoc, indoc};

use crate::notebook::Notebook;

const ATOMIC: &str = "use std::sync::atomic::{AtomicU32, Ordering::SeqCst};";

#[test]
fn a_static_goes_on_in_later_cells() {
    let mut notebook = Notebook::open();
    notebook.ok(&formatdoc! {"
        {ATOMIC}
        static NEXT: AtomicU32 = AtomicU32::new(0);
        fn id() -> u32 {{ NEXT.fetch_add(1, SeqCst) }}"});
    for number in 0..4 {
        notebook.gives("id()", &number.to_string());
    }
    notebook.gives("NEXT.load(SeqCst)", "4");
    notebook.ok("static mut COUNT: i64 = 10;\nfn count() -> i64 { unsafe { COUNT += 1; COUNT } }");
    notebook.gives("count()", "11");
    notebook.gives("count() + unsafe { COUNT }", "24");
}

#[test]
fn statics_inside_functions_methods_and_modules_go_on_too() {
    let mut notebook = Notebook::open();
    notebook.ok(
        "fn ticket() -> usize {
            use std::sync::atomic::*;
            static LAST: AtomicUsize = AtomicUsize::new(100); LAST.fetch_add(1, Ordering::SeqCst)
        }
        struct Bell;
        impl Bell { fn ring(&self) -> usize { static RINGS: std::sync::Mutex<Vec<String>> = std::sync::Mutex::new(Vec::new());
            let mut rings = RINGS.lock().unwrap(); rings.push(\"ding\".to_owned()); rings.len() } }
        mod store { pub static SEEN: std::sync::OnceLock<u8> = std::sync::OnceLock::new(); }",
    );
    notebook.gives("(ticket(), ticket())", "(100, 101)");
    notebook.gives("(ticket(), Bell.ring(), Bell.ring())", "(102, 1, 2)");
    notebook.gives("(store::SEEN.set(7), Bell.ring())", "(Ok(()), 3)");
    notebook.gives("store::SEEN.get()", "Some(7)");
}

#[test]
fn lazy_and_thread_local_values_are_made_once() {
    let mut notebook = Notebook::open();
    notebook.ok(
        "use std::{cell::RefCell, collections::HashMap, sync::{LazyLock, Mutex}};
        static CACHE: LazyLock<Mutex<HashMap<u8, String>>> = LazyLock::new(|| { println!(\"made\"); Default::default() });
        thread_local! { static DEPTH: RefCell<Vec<u8>> = RefCell::new(vec![1]); pub static N: std::cell::Cell<i32> = const { std::cell::Cell::new(5) } }",
    );
    assert_eq!(notebook.ok("CACHE.lock().unwrap().insert(1, \"one\".to_owned());").stdout, "made\n");
    let cell = notebook.ok("CACHE.lock().unwrap().get(&1).cloned()");
    assert_eq!((cell.text(), cell.stdout.as_str()), (Some("Some(\"one\")"), ""));
    notebook.ok("DEPTH.with_borrow_mut(|depth| depth.push(2)); N.set(N.get() + 1);");
    notebook.gives("(DEPTH.with_borrow(|depth| depth.clone()), N.get())", "([1, 2], 6)");
    notebook.ok("fn visits() -> u8 { thread_local!(static VISITS: std::cell::Cell<u8> = std::cell::Cell::new(0)); VISITS.set(VISITS.get() + 1); VISITS.get() }");
    notebook.gives("visits()", "1");
    notebook.gives("visits()", "2");
}

#[test]
fn a_static_that_a_macro_of_the_notebook_makes_goes_on() {
    let mut notebook = Notebook::open();
    notebook.ok("macro_rules! counter { ($name:ident) => { static $name: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(3); } }");
    notebook.ok("counter!(STEPS);");
    notebook.ok("STEPS.fetch_add(2, std::sync::atomic::Ordering::SeqCst);");
    notebook.gives("STEPS.load(std::sync::atomic::Ordering::SeqCst)", "5");
}

#[test]
fn a_static_of_another_definition_is_another_static() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        #[derive(Debug)] struct P(u64);
        static LAST: std::sync::Mutex<Option<P>> = std::sync::Mutex::new(None);"});
    notebook.ok("*LAST.lock().unwrap() = Some(P(7));");
    notebook.gives("LAST.lock().unwrap().as_ref().map(|p| p.0)", "Some(7)");
    notebook.ok("#[derive(Debug)] struct P(String);");
    notebook.gives("LAST.lock().unwrap().is_none()", "true");
    notebook.ok("static LAST: std::sync::Mutex<Vec<u8>> = std::sync::Mutex::new(Vec::new());");
    notebook.gives("{ LAST.lock().unwrap().push(1); LAST.lock().unwrap().len() }", "1");
    notebook.gives("LAST.lock().unwrap().len()", "1");
}

#[test]
fn a_crash_gives_statics_back_as_they_were_before_the_cell() {
    let mut notebook = Notebook::open();
    notebook.ok(&format!("{ATOMIC}\nstatic N: AtomicU32 = AtomicU32::new(0);"));
    notebook.ok("N.store(5, SeqCst);");
    notebook.fails("N.store(9, SeqCst); std::process::abort();");
    notebook.gives("N.load(SeqCst)", "5");
    // The cell that had it first crashed: nothing has it yet.
    notebook.fails("static M: AtomicU32 = AtomicU32::new(1); M.store(2, SeqCst); std::process::abort();");
    notebook.gives("M.fetch_add(1, SeqCst)", "1");
    notebook.gives("M.load(SeqCst)", "2");
    notebook.ok(":restart");
    notebook.gives("N.load(SeqCst)", "0");
}

#[test]
fn a_static_that_never_changes_can_be_read_by_constants() {
    let mut notebook = Notebook::open();
    notebook.ok("static NAMES: [&str; 2] = [\"a\", \"b\"];\nconst COUNT: usize = NAMES.len();");
    notebook.gives("[0_u8; COUNT]", "[0, 0]");
}

#[test]
fn a_foreign_function_defined_anew_is_the_new_one() {
    let mut notebook = Notebook::open();
    notebook.ok(&formatdoc! {r#"
        {ATOMIC}
        static N: AtomicU32 = AtomicU32::new(0);
        #[unsafe(no_mangle)] extern "C" fn answer() -> u32 {{ N.fetch_add(1, SeqCst); 1 }}
        answer();"#});
    notebook.ok("#[unsafe(no_mangle)] extern \"C\" fn answer() -> u32 { N.fetch_add(1, SeqCst); 2 }");
    notebook.gives("(answer(), N.load(SeqCst))", "(2, 2)");
}

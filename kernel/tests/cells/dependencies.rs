//! `:dep`, with crates that need no network.

use std::path::{Path, PathBuf};

use crate::notebook::Notebook;

/// Writes a crate into a notebook's folder.
fn write_crate(notebook: &Notebook, name: &str, manifest: &str, code: &str) -> PathBuf {
    let folder = notebook.folder().join("crates").join(name);
    std::fs::create_dir_all(folder.join("src")).unwrap();
    let manifest = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{manifest}");
    std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    std::fs::write(folder.join("src/lib.rs"), code).unwrap();
    folder
}

fn dep(name: &str, folder: &Path, more: &str) -> String {
    format!(":dep {name} = {{ path = \"{}\"{more} }}", folder.display())
}

#[test]
fn a_dependency_with_features_is_built_and_no_variable_is_lost() {
    let mut notebook = Notebook::open();
    notebook.ok(":offline 1");
    notebook.ok("let before = vec![1]; #[derive(Debug)] struct Mine(u8); let mine = Mine(2);");
    let folder = write_crate(
        &notebook,
        "adder",
        "[features]\ntwice = []\n",
        "pub fn add(x: i32) -> i32 { if cfg!(feature = \"twice\") { x + 2 } else { x + 1 } }\n\
         #[derive(Debug, Clone)] pub struct Sum { pub total: i32 }\n\
         pub static CALLS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);",
    );
    let cell = notebook.ok(&format!("{}\nadder::add(1)", dep("adder", &folder, ", features = [\"twice\"]")));
    assert_eq!(cell.text(), Some("3"));
    assert!(cell.stderr.contains("Compiling adder"), "what takes long is said: {}", cell.stderr);
    notebook.gives("(&before, &mine)", "([1], Mine(2))");
    notebook.ok("let sum = adder::Sum { total: 5 }; adder::CALLS.fetch_add(1, std::sync::atomic::Ordering::SeqCst);");
    notebook.ok("adder::CALLS.fetch_add(1, std::sync::atomic::Ordering::SeqCst);");
    notebook.gives("(sum.clone(), adder::CALLS.load(std::sync::atomic::Ordering::SeqCst))", "(Sum { total: 5 }, 2)");
    let other = write_crate(&notebook, "other", "", "pub fn name() -> &'static str { \"other\" }");
    notebook.ok(&dep("other", &other, ""));
    notebook.gives("(other::name(), sum.total, before.len())", "(\"other\", 5, 1)");
}

#[test]
fn an_edited_path_dependency_is_seen() {
    let mut notebook = Notebook::open();
    notebook.ok(":offline 1");
    let folder = write_crate(&notebook, "edited", "", "pub fn value() -> i32 { 1 }");
    notebook.ok(&dep("edited", &folder, ""));
    notebook.gives("edited::value()", "1");
    // Cargo compares times of files.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    write_crate(&notebook, "edited", "", "pub fn value() -> i32 { 2 }");
    notebook.gives("edited::value()", "2");
}

#[test]
fn a_dependency_that_cannot_be_had_is_said_and_the_session_goes_on() {
    let mut notebook = Notebook::open();
    notebook.ok("let kept = 1;");
    let error = notebook.fails(":dep nothing = { path = \"/nowhere/at/all\" }");
    assert!(error.traceback.contains("/nowhere/at/all"), "{}", error.traceback);
    let folder = write_crate(&notebook, "broken", "", "pub fn f() -> i32 { \"no\" }");
    let error = notebook.fails(&format!(":offline 1\n{}\nbroken::f()", dep("broken", &folder, "")));
    assert!(error.traceback.contains("mismatched types"), "{}", error.traceback);
    notebook.gives("kept", "1");
}

#[test]
fn crates_that_every_cell_has_need_no_build() {
    let mut notebook = Notebook::open();
    notebook.gives("use ndarray::prelude::*;\nArray1::<f64>::ones(3).sum()", "3.0");
    notebook.gives("tensorlib::ones([2, 2]).numel()", "4");
}

#[test]
fn a_variable_keeps_its_type_when_a_later_dependency_changes_the_crate() {
    let mut notebook = Notebook::open();
    notebook.ok(":offline 1");
    let base = write_crate(
        &notebook,
        "base",
        "[features]\nlarge = []\n",
        "#[derive(Debug, Clone)] pub struct T { #[cfg(feature = \"large\")] pub more: [u64; 9], pub x: i32 }\n\
         impl T { pub fn double(&self) -> i32 { self.x * 2 } }",
    );
    notebook.ok(&dep("base", &base, ""));
    notebook.ok("let mut old = vec![base::T { x: 4 }]; let named: base::T = base::T { x: 5 };");
    let manifest = format!("[dependencies]\nbase = {{ path = \"{}\", features = [\"large\"] }}\n", base.display());
    let user = write_crate(&notebook, "user", &manifest, "pub fn f(t: &base::T) -> i32 { t.x + t.more[0] as i32 }");
    notebook.ok(&dep("user", &user, ""));
    notebook.gives("old[0].double() + named.double()", "18");
    notebook.ok("let new = base::T { x: 1, more: [9; 9] }; old[0].x += 1;");
    notebook.gives("(user::f(&new), old[0].double(), new.double())", "(10, 10, 2)");
    notebook.fails("user::f(&old[0])");
    notebook.ok("let old = base::T { x: 3, more: [0; 9] };");
    notebook.gives("user::f(&old)", "3");
}

#[test]
fn a_type_of_the_notebook_changes_with_the_crate_it_is_made_of() {
    let mut notebook = Notebook::open();
    notebook.ok(":offline 1");
    let folder = write_crate(&notebook, "inner", "", "pub struct T { pub x: u8 }");
    notebook.ok(&dep("inner", &folder, ""));
    notebook.ok("use inner::T;\nstruct Outer { t: T, y: u8 }\nlet outer = Outer { t: T { x: 1 }, y: 2 }; let n = 3;");
    notebook.gives("outer.t.x + outer.y", "3");
    // Cargo compares times of files.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    write_crate(&notebook, "inner", "", "pub struct T { pub more: [u64; 9], pub x: u8 }");
    let error = notebook.fails("outer.y");
    assert!(error.traceback.contains("`outer` is lost: its type was defined anew"), "{}", error.traceback);
    notebook.gives("n", "3");
}

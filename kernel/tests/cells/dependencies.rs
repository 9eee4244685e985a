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

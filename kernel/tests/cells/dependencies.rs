//! `:dep`, with crates that need no network.

use std::path::{Path, PathBuf};

use indoc::{formatdoc, indoc};

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
    // With what some users have set for cargo, a crate that is built twice would be another one.
    let mut notebook = Notebook::open_with(|command| {
        command.env("CARGO_INCREMENTAL", "1");
    });
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
fn a_crate_is_added_and_named_by_extern_crate_in_one_cell() {
    let mut notebook = Notebook::open();
    notebook.ok(":offline 1");
    let folder = write_crate(&notebook, "named", "", "pub fn value() -> i32 { 7 }");
    let cell = notebook.ok(&formatdoc! {"
        {}
        #[macro_use]
        extern crate named;
        named::value()",
        dep("named", &folder, "")
    });
    assert_eq!(cell.text(), Some("7"));
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
    notebook.ok(indoc! {"
        use inner::T;
        struct Outer { t: T, y: u8 }
        let outer = Outer { t: T { x: 1 }, y: 2 }; let n = 3;"});
    notebook.gives("outer.t.x + outer.y", "3");
    // Cargo compares times of files.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    write_crate(&notebook, "inner", "", "pub struct T { pub more: [u64; 9], pub x: u8 }");
    let error = notebook.fails("outer.y");
    assert!(error.traceback.contains("`outer` is lost: its type was redefined"), "{}", error.traceback);
    notebook.gives("n", "3");
}

#[test]
fn a_dependency_of_a_cell_that_crashed_is_there_with_every_variable() {
    let mut notebook = Notebook::open();
    notebook.ok(":offline 1");
    notebook.ok("let words = vec![\"one\".to_owned()];");
    let folder = write_crate(&notebook, "sevens", "", "pub fn seven() -> i32 { 7 }");
    let crash = formatdoc! {"
        {}
        let moved = (words, sevens::seven());
        std::process::abort();",
        dep("sevens", &folder, "")
    };
    assert_eq!(notebook.fails(&crash).name, "Crash");
    notebook.gives("(sevens::seven(), &words)", "(7, [\"one\"])");
}

#[test]
fn arrays_of_a_crate_that_uses_ndarray_are_the_cells_and_the_tensor_librarys() {
    let mut notebook = Notebook::open();
    notebook.ok(":offline 1");
    let manifest = "[dependencies]\nndarray = { version = \"0.17\", default-features = false, features = [\"rayon\"] }\n\
                    num-traits = { version = \"0.2\", features = [\"libm\"] }\n";
    let code = "pub fn ones<T: Clone + num_traits::Float>(n: usize) -> ndarray::Array1<T> { ndarray::Array1::ones(n) }";
    let folder = write_crate(&notebook, "array-maker", manifest, code);
    let cell = notebook.ok(&dep("array-maker", &folder, ""));
    assert!(!cell.stderr.contains("Compiling ndarray"), "{}", cell.stderr);
    notebook.ok("let mine: ndarray::Array1<f64> = array_maker::ones(3);");
    notebook.gives("tensorlib::Tensor::from(mine).numel()", "3");
    notebook.gives("let later: ndarray::Array1<f64> = array_maker::ones(2); later.len()", "2");
}

#[test]
fn crates_for_other_systems_need_not_be_there() {
    let mut notebook = Notebook::open();
    notebook.ok(":offline 1");
    // The lock file of this project names it, so that cargo knows of it; but nothing here downloads it.
    let manifest = "[target.'cfg(windows)'.dependencies]\nanstyle-wincon = \"3\"\n";
    let folder = write_crate(&notebook, "somewhere-else", manifest, "pub fn f() -> i32 { 1 }");
    notebook.ok(&dep("somewhere-else", &folder, ""));
    notebook.gives("somewhere_else::f()", "1");
}

/// A crate whose build goes on until a file says that it may end; it says in another that it has begun.
fn write_slow_crate(notebook: &Notebook) -> (PathBuf, PathBuf, PathBuf) {
    let folder = write_crate(notebook, "slow", "", "pub fn f() -> i32 { 1 }");
    let (begun, may_end) = (folder.join("begun"), folder.join("may-end"));
    let build = format!(
        "fn main() {{ std::fs::write({begun:?}, \"\").unwrap(); for _ in 0..1200 {{ if std::path::Path::new({may_end:?}).exists() \
         {{ return; }} std::thread::sleep(std::time::Duration::from_millis(50)); }} }}"
    );
    std::fs::write(folder.join("build.rs"), build).unwrap();
    (folder, begun, may_end)
}

#[test]
fn nobody_waits_for_the_crates_of_another_session() {
    let (mut busy, mut other) = (Notebook::open(), Notebook::open());
    busy.ok(":offline 1");
    other.ok(":offline 1");
    let quick = write_crate(&other, "quick", "", "pub fn f() -> i32 { 2 }");
    let (slow, begun, may_end) = write_slow_crate(&busy);
    let request = busy.start(&format!("{}\nslow::f()", dep("slow", &slow, "")));
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(50);
    while !begun.exists() {
        assert!(std::time::Instant::now() < deadline, "the build has not begun");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    other.gives(&format!("{}\nquick::f()", dep("quick", &quick, "")), "2");
    other.gives("2 + 2", "4");
    assert!(!may_end.exists());
    std::fs::write(may_end, "").unwrap();
    assert_eq!(busy.finish(&request).text(), Some("1"));
}

#[test]
fn cargo_is_not_asked_again_while_a_path_dependency_stays_as_it_is() {
    let mut notebook = Notebook::open();
    notebook.ok(":offline 1");
    let folder = write_crate(&notebook, "steady", "", "pub fn value() -> i32 { 1 }");
    notebook.ok(&dep("steady", &folder, ""));
    let record = newest_record("steady");
    let written = std::fs::metadata(&record).unwrap().modified().unwrap();
    notebook.gives("steady::value() + 1", "2");
    assert_eq!(std::fs::metadata(&record).unwrap().modified().unwrap(), written);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    write_crate(&notebook, "steady", "", "pub fn value() -> i32 { 5 }");
    notebook.gives("steady::value() + 1", "6");
    assert_ne!(std::fs::metadata(&record).unwrap().modified().unwrap(), written);
}

/// The record of the crates that were built last, with this one among them.
fn newest_record(name: &str) -> PathBuf {
    let folders = std::fs::read_dir(crate::notebook::cache_dir().join("deps")).unwrap().flatten();
    let records = folders.map(|folder| folder.path().join("ready.json"));
    let with = records
        .filter(|record| std::fs::read_to_string(record).is_ok_and(|text| text.contains(&format!("/lib{name}-"))));
    with.max_by_key(|record| std::fs::metadata(record).unwrap().modified().unwrap()).unwrap()
}

#[test]
fn requirements_are_read_as_older_editions_wrote_them() {
    let mut notebook = Notebook::open();
    notebook.ok(":offline 1");
    let features = "[features]\ndefault = [\"more\"]\nmore = []\n";
    let folder = write_crate(&notebook, "optional", features, "pub const MORE: bool = cfg!(feature = \"more\");");
    let cell = notebook.ok(&format!("{}\noptional::MORE", dep("optional", &folder, ", default_features = false")));
    assert_eq!(cell.text(), Some("false"));
    assert!(cell.stderr.contains("note: `default_features` is read as `default-features`"), "{}", cell.stderr);
    let mut notebook = Notebook::open();
    let cell = notebook
        .ok(":dep plotters = { version = \"0.3\", default_features = false, features = [\"evcxr\", \"all_series\"] }");
    assert!(!cell.stderr.contains("Compiling"), "{}", cell.stderr);
    notebook.gives("use plotters::prelude::*;\nRGBColor(1, 2, 3).0", "1");
}

#[test]
fn a_requirement_can_have_a_comment_another_name_and_be_changed() {
    let mut notebook = Notebook::open();
    notebook.ok(":offline 1");
    let features = "[features]\ntwice = []\n";
    let code = "pub struct Sum { pub of: i32 }\npub fn add(x: i32) -> i32 { if cfg!(feature = \"twice\") { x + 2 } else { x + 1 } }";
    let folder = write_crate(&notebook, "my-adder", features, code);
    let path = folder.strip_prefix(notebook.folder()).unwrap().display().to_string();
    notebook.gives(&format!(":dep my-adder = {{ path = \"{path}\" }} # beside the notebook\nmy_adder::add(1)"), "2");
    notebook.gives(&format!("{}\nmy_adder::add(1)", dep("my-adder", &folder, ", features = [\"twice\"]")), "3");
    let mut renamed = Notebook::open();
    renamed.ok(":offline 1");
    renamed.gives(&format!("{}\nplus::add(1)", dep("plus", &folder, ", package = \"my-adder\"")), "2");
    renamed.ok("let kept = plus::Sum { of: 3 };");
    renamed.gives("kept.of", "3");
}

#[test]
fn arithmetic_in_a_path_dependency_is_checked_as_in_a_debug_build() {
    let mut notebook = Notebook::open();
    notebook.ok(":offline 1");
    let folder = write_crate(&notebook, "overflowing", "", "#[inline(never)] pub fn add(x: u8) -> u8 { x + 1 }");
    notebook.ok(&dep("overflowing", &folder, ""));
    let error = notebook.fails("overflowing::add(255)");
    assert!(error.traceback.contains("attempt to add with overflow"), "{}", error.traceback);
}

//! Through which of the user's own functions a panic came, and in which cell.

use indoc::indoc;

use crate::notebook::{Notebook, without_colours};

#[test]
fn a_panic_tells_through_which_functions_it_came() {
    let mut notebook = Notebook::open();
    notebook.ok("fn inner(v: &[i32], at: usize) -> i32 { v[at] }");
    notebook.ok("fn outer(at: usize) -> i32 { inner(&[1, 2], at) }");
    // Twice: compiled, and from the cache.
    for _ in 0..2 {
        let error = notebook.fails("let x = 1;\nouter(7)");
        error.points_at("1]:1:41");
        error.says("in `inner` (In [1]), called by `outer` (In [2]), called by the cell");
    }
    let error = notebook.fails("fn outer(at: usize) -> i32 { inner(&[1], at) }\nouter(7)");
    error.says("in `inner` (In [1]), called by `outer`, called by the cell");
    let error = notebook.fails("panic!(\"here\")");
    assert!(!error.traceback.contains("called by"), "{}", error.traceback);
}

#[test]
fn methods_closures_and_generic_functions_have_the_names_that_they_were_given() {
    let mut notebook = Notebook::open();
    notebook.ok("struct Net { w: Vec<i32> }\nimpl Net { fn at(&self, i: usize) -> i32 { self.w[i] } }\n\
         trait Run { fn run(&self) -> i32; }\nimpl Run for Net { fn run(&self) -> i32 { self.at(3) } }\n\
         fn any<R: Run>(r: &R) -> i32 { r.run() }\nfn each(net: &Net) -> i32 { (2..9).map(|i| net.at(i)).sum() }");
    let error = notebook.fails(":opt 0\nany(&Net { w: vec![1] })");
    error.points_at("1]:2:50");
    error.says(
        "in `Net::at` (In [1]), called by `<Net as Run>::run` (In [1]), called by `any` (In [1]), called by the cell",
    );
    let error = notebook.fails("each(&Net { w: vec![1] })");
    error.says("in `Net::at` (In [1]), called by `each` (In [1]), called by the cell");
    let error = notebook.fails("{ fn local() { None::<i32>.unwrap(); } (0..1).for_each(|_| local()) }");
    error.says("in `local`, called by the cell");
    let error = notebook.fails(indoc! {r#"
        struct D;
        impl Drop for D { fn drop(&mut self) { panic!("dropped") } }
        drop(D);"#});
    error.says("in `<D as Drop>::drop`, called by the cell");
}

#[test]
fn a_recursion_is_told_in_a_few_words() {
    let mut notebook = Notebook::open();
    notebook.ok("fn down(n: u32) -> u32 { if n == 0 { panic!(\"bottom\") } else { down(n - 1) + 1 } }");
    notebook.fails(":opt 0\ndown(1000)").says("in `down` (In [1]) calling itself 1000 times, called by the cell");
    notebook.ok("fn even(n: u32) -> bool { if n == 0 { panic!(\"zero\") } else { odd(n - 1) } }\n\
         fn odd(n: u32) -> bool { even(n - 1) }");
    notebook.fails("even(100)").says(", and 92 more calls up to the cell");
}

#[test]
fn a_function_that_was_inlined_is_told_by_its_place() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        #[inline(always)] fn inner(v: &[i32], at: usize) -> i32 {
            v[at]
        }"});
    let error = notebook.fails(indoc! {"
        :opt 3
        fn outer(at: usize) -> i32 { inner(&[1, 2], at) }
        outer(std::hint::black_box(7))"});
    error.points_at("1]:2:5");
    assert!(error.traceback.contains("in `inner` (In [1])"), "{}", error.traceback);
}

#[test]
fn the_way_through_a_library_is_left_out() {
    let mut notebook = Notebook::open();
    notebook.ok("use tensorlib::prelude::*;\nfn total(a: &Tensor, b: &Tensor) -> Tensor { a + b }");
    let error = notebook.fails("total(&ones([2]), &ones([3]))");
    error.points_at("1]:2:46");
    error.says("in `total` (In [1]), called by the cell");
    assert!(!error.traceback.contains("tensorlib::ops"), "{}", error.traceback);
    // Where the library itself is said to have panicked, a line of the notebook is not taken for one of the library.
    let error = notebook.fails("fn twice(s: &str) -> String { s.repeat(usize::MAX) }\ntwice(\"ab\")");
    error.says("in `twice`, called by the cell");
}

#[test]
fn a_closure_of_an_earlier_cell_is_pointed_at() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        fn pick(i: usize) -> i32 { [1, 2][i] }
        let direct: Box<dyn Fn(usize) -> i32> = Box::new(|i|
            [1, 2][i]);
        let named: Box<dyn Fn(usize) -> i32> = Box::new(|i| pick(i));"});
    let error = notebook.fails(indoc! {"
        let a = 1;
        let b = 2;
        let c = 3;
        let d = 4;
        direct(5)"});
    error.points_at("1]:3:5");
    assert!(!error.traceback.contains("called by"), "{}", error.traceback);
    let error = notebook.fails("let a = 1;\nnamed(5)");
    error.points_at("1]:1:28");
    error.says("in `pick`, called by the cell");
}

#[test]
fn a_panic_in_a_thread_is_told_as_it_happens_with_its_way() {
    let mut notebook = Notebook::open();
    notebook.ok("fn pick(i: usize) -> i32 { [1, 2][i] }");
    let cell = notebook.ok("std::thread::spawn(|| pick(7)).join().is_err()");
    assert_eq!(cell.text(), Some("true"));
    let text = without_colours(&cell.stderr);
    assert!(text.starts_with("panic in a thread: index out of bounds: the len is 2 but the index is 7"), "{text}");
    assert!(text.contains("In [1]:1:28"), "{text}");
    assert!(text.contains("in `pick` (In [1]), called by the thread"), "{text}");
    for internal in ["cell.rs", "RUST_BACKTRACE", "<unnamed>"] {
        assert!(!text.contains(internal), "{text}");
    }
}

#[test]
fn a_panic_that_is_caught_is_nobodys_business() {
    let mut notebook = Notebook::open();
    let cell = notebook.ok("std::panic::catch_unwind(|| panic!(\"caught\")).is_err()");
    assert_eq!((cell.text(), cell.stderr.as_str()), (Some("true"), ""));
}

#[test]
fn a_panic_hook_of_a_cell_lasts_as_long_as_the_cell() {
    let mut notebook = Notebook::open();
    notebook.ok("let kept = 1;");
    let cell =
        notebook.run("std::panic::set_hook(Box::new(|info| println!(\"hook: {info}\")));\npanic!(\"first {kept}\")");
    assert!(cell.stdout.starts_with("hook: "), "{cell:?}");
    assert_eq!(cell.error.expect("a panic is an error").message, "first 1");
    let error = notebook.fails("let a = 1;\npanic!(\"second {a}\")");
    error.points_at("3]:2:1");
    assert_eq!(error.message, "second 1");
    // One that goes on after it was caught in a thread has its own message, and not one that an earlier cell has caught.
    notebook.ok("let _ = std::panic::catch_unwind(|| panic!(\"caught\"));");
    let again =
        "std::panic::resume_unwind(std::thread::spawn(|| panic!(\"third\")).join().map(|_: ()| ()).unwrap_err())";
    assert_eq!(notebook.fails(again).message, "third");
}

#[test]
fn a_tensor_that_a_failed_cell_has_moved_is_still_there() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        use tensorlib::prelude::*;
        let x = ones([3, 2]);
        let y = zeros([3, 2]);
        let n = 2;"});
    let error = notebook.fails("x + ones([3])");
    assert!(error.message.contains("do not broadcast"), "{}", error.message);
    notebook.gives("x.size()", "[3, 2]");
    // What the cell did in place stays; what it would have defined is not there.
    notebook.fails(indoc! {"
        y.add_(1.0);
        let new = 1;
        let z = x.matmul(y);"});
    notebook.gives("(y.sum().item::<f32>(), x.sum().item::<f32>(), n)", "(6.0, 6.0, 2)");
    notebook.fails("new");
    // An error that `?` gives back is no other case.
    notebook.fails("let moved = x;\nlet n: i32 = \"no\".parse()?;");
    notebook.gives("x.sum().item::<f32>()", "6.0");
    // And the next cell can still move it.
    notebook.gives("let z = x + y;\nz.sum().item::<f32>()", "12.0");
    notebook.fails("x");
}

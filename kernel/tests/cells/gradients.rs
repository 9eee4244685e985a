//! Graphs of gradients, from cell to cell.

use indoc::indoc;

use crate::notebook::Notebook;

#[test]
fn a_graph_spans_cells() {
    let mut notebook = Notebook::open();
    notebook.ok("use tensorlib::prelude::*;\nlet w = tensor![1.0, 2.0, 3.0].requires_grad_(true);");
    notebook.ok("let squares = &w * &w;");
    notebook.ok("let loss = squares.sum();");
    notebook.gives("loss", "tensor(14., grad_fn=<SumBackward0>)");
    notebook.ok("loss.backward();");
    notebook.gives("w.grad()", "tensor([2., 4., 6.])");
    // A step in place, as lessons write it.
    notebook.ok("no_grad(|| w.sub_(w.grad() * 0.5)); w.zero_grad();");
    notebook.gives("w", "tensor([0., 0., 0.], requires_grad=true)");
    let error = notebook.fails("loss.backward();");
    assert!(
        error.message.contains("was changed in place since") || error.message.contains("let go of"),
        "{}",
        error.message
    );
    assert!(error.message.contains("MulBackward0"), "{}", error.message);
}

#[test]
fn lists_of_variables_and_tables_tell_what_requires_gradients() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        use tensorlib::prelude::*;
        let w = ones([2]).requires_grad_(true);
        let y = &w * 3.0;"});
    let vars = notebook.ok(":vars");
    let vars = vars.text().unwrap();
    assert!(vars.contains("1., 1., requires_grad=true"), "{vars}");
    assert!(vars.contains("3., 3., grad_fn=<MulBackward0>"), "{vars}");
    let table = notebook.ok("w");
    let html = table.result.as_ref().and_then(|data| data["text/html"].as_str()).unwrap_or_default();
    assert!(html.contains("requires_grad"), "{html}");
}

#[test]
fn a_crash_in_backward_leaves_the_graph_intact() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        use tensorlib::prelude::*;
        use std::sync::atomic::{AtomicBool, Ordering};
        static CRASHES: AtomicBool = AtomicBool::new(true);"});
    notebook.ok(
        "let w = tensor![1.0, 2.0].requires_grad_(true);\nlet y = &w * 2.0;\n\
         y.register_hook(|gradient| { if CRASHES.load(Ordering::Relaxed) { std::process::abort() }; gradient * 10.0 });\n\
         let loss = (&y * &w).sum();\n(&w * 1.0).sum().backward();",
    );
    let error = notebook.fails("loss.backward()");
    assert_eq!(error.name, "Crash");
    notebook.gives("w.grad()", "tensor([1., 1.])");
    notebook.ok("CRASHES.store(false, Ordering::Relaxed);");
    notebook.ok("loss.backward();");
    // 1, and 2w from the second factor, and 20w from the hooked first.
    notebook.gives("w.grad()", "tensor([23., 45.])");
}

#[test]
fn an_interrupt_of_backward_leaves_gradients_as_they_were() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        use tensorlib::prelude::*;
        let w = ones([300, 300]).requires_grad_(true);
        (&w * 1.0).sum().backward();"});
    notebook.ok("let mut y = w.alias();\nfor _ in 0..200 { y = y.matmul(&w) * 1e-3; }\nlet loss = y.sum();\n\
         let slow = loss.register_hook(|gradient| { println!(\"begun\"); gradient.alias() });");
    let request = notebook.start("for _ in 0..1000 { autograd::backward(&[&loss]).retain_graph(true).run(); }");
    notebook.wait_for("stream", &request);
    notebook.interrupt();
    let error = notebook.finish(&request).error.expect("an interrupted cell fails");
    assert_eq!(error.name, "Interrupted");
    // Whole passes were added, or none.
    notebook.gives("w.grad().isfinite().all().item::<bool>()", "true");
    notebook.ok(indoc! {"
        slow.remove();
        w.zero_grad();
        autograd::backward(&[&loss]).retain_graph(true).run();
        let once = w.grad().clone();"});
    notebook.ok("autograd::backward(&[&loss]).retain_graph(true).run();");
    notebook.gives("w.grad().allclose(&once * 2.0)", "true");
}

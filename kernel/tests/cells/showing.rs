//! A value shows itself, whichever way its method takes it and whatever it is behind.

use indoc::formatdoc;

use crate::notebook::Notebook;

const SHOW: &str = "println!(\"EVCXR_BEGIN_CONTENT text/html\\n<b>shown</b>\\nEVCXR_END_CONTENT\");";

fn is_shown(notebook: &mut Notebook, cell: &str) {
    let shown = notebook.ok(cell);
    let html = shown.result.as_ref().and_then(|data| data["text/html"].as_str());
    assert_eq!(html, Some("<b>shown</b>"), "{cell}: {shown:?}");
}

#[test]
fn a_trait_may_show_a_value() {
    let mut notebook = Notebook::open();
    notebook.ok(&formatdoc! {"
        trait Picture {{ fn evcxr_display(&self); }}
        #[derive(Debug, Clone)] struct Img(u8);
        impl Picture for Img {{ fn evcxr_display(&self) {{ {SHOW} }} }}
        impl Picture for Vec<Img> {{ fn evcxr_display(&self) {{ {SHOW} }} }}"});
    for cell in ["Img(1)", "vec![Img(1)]", "let i = Img(2); i", "&i", "&&i", "Box::new(Img(3))"] {
        is_shown(&mut notebook, cell);
    }
    notebook.gives("i.0", "2");
    notebook.gives("vec![1]", "[1]");
}

#[test]
fn what_shows_itself_does_so_behind_pointers_and_guards() {
    let mut notebook = Notebook::open();
    notebook.ok(&formatdoc! {"
        use std::{{cell::RefCell, rc::Rc, sync::{{Arc, Mutex, RwLock}}}};
        #[derive(Debug, Clone)] struct Own(u8);
        impl Own {{ fn evcxr_display(&self) {{ {SHOW} }} }}"});
    for cell in [
        "Own(1)",
        "Box::new(Own(1))",
        "Rc::new(Own(1))",
        "Arc::new(Box::new(Own(1)))",
        "let cell = RefCell::new(Own(1)); cell.borrow()",
        "let mutex = Arc::new(Mutex::new(Own(1))); mutex.lock().unwrap()",
        "let lock = RwLock::new(Own(1)); lock.read().unwrap()",
        "let mut own = Own(1); &mut own",
    ] {
        is_shown(&mut notebook, cell);
    }
    notebook.gives("Rc::new(7)", "7");
    notebook.gives("Some(Box::new(\"x\"))", "Some(\"x\")");
    notebook.ok("use tensorlib::prelude::*;");
    let tensor = notebook.ok("Rc::new(zeros([2, 2]))");
    assert!(tensor.result.unwrap()["text/html"].is_string());
}

#[test]
fn a_value_may_be_given_away_or_changed_to_be_shown() {
    let mut notebook = Notebook::open();
    notebook.ok(&formatdoc! {"
        #[derive(Debug)] struct Taken(u8);
        impl Taken {{ fn evcxr_display(self) {{ {SHOW} }} }}
        #[derive(Debug)] struct Changed(u8);
        impl Changed {{ fn evcxr_display(&mut self) {{ self.0 += 1; {SHOW} }} }}
        #[derive(Debug)] struct Plain;"});
    is_shown(&mut notebook, "Taken(1)");
    is_shown(&mut notebook, "let mut changed = Changed(1); changed");
    notebook.gives("changed.0", "2");
    notebook.gives("(Plain, Taken(1).0)", "(Plain, 1)");
    notebook.ok("struct Silent;");
    notebook.fails("Silent").says("put `#[derive(Debug)]` above the definition of `Silent`");
}

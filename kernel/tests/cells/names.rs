//! Types of variables, however they are named, and functions as variables.

use indoc::indoc;

use crate::notebook::Notebook;

#[test]
fn a_stated_type_may_name_anything_of_the_notebook() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        type Row = Vec<i32>;
        const N: usize = 3;
        type Answer<T> = Result<T, String>;
        trait Shape { fn area(&self) -> f64; }
        struct Sq(f64);
        impl Shape for Sq { fn area(&self) -> f64 { self.0 * self.0 } }"});
    notebook.ok(indoc! {"
        mod units { #[derive(Debug, Clone, PartialEq)] pub struct Meter(pub f64); pub type Pair = (Meter, Meter); }
        trait Tr { type Out; }
        impl Tr for Sq { type Out = [u8; 2]; }
        macro_rules! number { () => { u16 } }"});
    notebook.ok(indoc! {"
        let row: Row = vec![1, 2];
        let a: [f64; N] = [1.0; N];
        let answer: Answer<Row> = Ok(vec![4]);
        let shapes: Vec<Box<dyn Shape>> = vec![Box::new(Sq(2.0))];
        let pair: units::Pair = (units::Meter(1.0), units::Meter(2.0));
        let out: <Sq as Tr>::Out = [7, 8];
        let small: number!() = 9;"});
    notebook.gives("row.len()", "2");
    notebook.gives("a.iter().sum::<f64>()", "3.0");
    notebook.gives("answer.as_ref().unwrap().len()", "1");
    notebook.gives("shapes[0].area()", "4.0");
    notebook.gives("pair.1", "Meter(2.0)");
    notebook.gives("(out, small)", "([7, 8], 9)");
    // What the type is called may change; the value stays.
    notebook.ok("type Row = String;");
    notebook.gives("row", "[1, 2]");
}

#[test]
fn types_in_small_letters_are_types() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        #[derive(Debug, Clone)] struct point { x: i32 }
        #[derive(Debug)] enum color { red }
        struct unit;
        mod shapes { #[derive(Debug)] pub struct square(pub u8); }
        let p = point { x: 1 }; let c = color::red; let u = unit; let s = vec![shapes::square(4)]; let pair = (point { x: 2 }, 3);"});
    notebook.gives("p.x", "1");
    notebook.gives("(c, &s, pair.0.x)", "(red, [square(4)], 2)");
    notebook.ok("let v = u;");
}

#[test]
fn functions_can_be_kept_in_variables() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {r#"
        fn twice(x: i32) -> i32 { x * 2 }
        fn shorter<'a>(a: &'a str, b: &str) -> &'a str { if a.len() < b.len() { a } else { "b" } }
        let f = twice;
        let short = shorter;"#});
    notebook.gives("f(2)", "4");
    notebook.gives("{ let text = String::from(\"x\"); short(&text, \"long\").len() }", "1");
    notebook.ok("let g = i32::abs; let both = (twice, 1); let list = vec![f64::sqrt as fn(f64) -> f64, f64::cbrt]; let parse = str::parse::<u8>; let some = Some::<i32>;");
    notebook.gives("(g(-4), (both.0)(5), list[1](8.0), parse(\"7\"), some(3))", "(4, 10, 2.0, Ok(7), Some(3))");
    // A pointer is to what the function was.
    notebook.ok("fn twice(x: i32) -> i32 { x * 200 }");
    notebook.gives("(f(2), g(-1))", "(4, 1)");
    notebook.fails("(both.0)(5)").says("`both` is lost");
}

#[test]
fn generic_functions_and_methods_can_be_kept() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        #[derive(Debug)] struct P(u8);
        impl P { fn new(n: u8) -> P { P(n) } }
        fn first<T: Clone>(v: &[T]) -> T { v[0].clone() }
        let make = P::new; let wrap = P; let head = first::<char>; let add = <i32 as std::ops::Add>::add; let to = str::to_uppercase;"});
    notebook.gives("(make(1), wrap(2), head(&['a']), add(1, 2), to(\"x\"))", "(P(1), P(2), 'a', 3, \"X\")");
}

#[test]
fn a_type_inside_a_function_is_said_to_have_no_name() {
    let mut notebook = Notebook::open();
    let cell = notebook.ok(indoc! {"
        fn hidden() -> impl std::fmt::Debug { #[derive(Debug)] struct Secret(u8); Secret(1) }
        let h = hidden();"});
    assert!(cell.stderr.contains("`h` has a type that is defined inside a function"), "{}", cell.stderr);
    notebook.fails("h").says("`h` has a type that is defined inside a function");
}

#[test]
fn a_trait_defined_anew_takes_its_objects_along() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        trait Two { fn a(&self) -> u8; fn b(&self) -> u8; }
        struct X;
        impl Two for X { fn a(&self) -> u8 { 1 } fn b(&self) -> u8 { 2 } }
        let t: Box<dyn Two> = Box::new(X); let many: Vec<std::rc::Rc<dyn Two>> = vec![std::rc::Rc::new(X)]; let still: &'static dyn Two = &X; let n = 3;"});
    notebook.gives("(t.a(), many[0].b(), still.a())", "(1, 2, 1)");
    notebook.ok(indoc! {"
        trait Two { fn b(&self) -> u8; fn a(&self) -> u8; }
        impl Two for X { fn a(&self) -> u8 { 1 } fn b(&self) -> u8 { 2 } }"});
    for gone in ["t.a()", "many.len()", "still.a()"] {
        notebook.fails(gone).says("is lost: its type was redefined");
    }
    notebook.ok("let t: Box<dyn Two> = Box::new(X);");
    notebook.gives("(t.a(), t.b(), n)", "(1, 2, 3)");
}

#[test]
fn a_type_defined_anew_is_another_type_to_whatever_hides_it() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {r#"
        use std::any::{Any, TypeId};
        struct P(u64);
        #[derive(Debug)] struct Fault(u64);
        impl std::fmt::Display for Fault { fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { write!(f, "fault") } }
        impl std::error::Error for Fault {}
        struct Inner(u8); struct Outer(Inner);
        let any: Box<dyn Any> = Box::new(P(5)); let error: Box<dyn std::error::Error> = Box::new(Fault(1)); let map = std::collections::HashMap::from([(TypeId::of::<P>(), Box::new(vec![P(1)]) as Box<dyn Any>)]); let outer: Box<dyn Any + Send> = Box::new(Outer(Inner(1)));"#});
    notebook.gives("(any.downcast_ref::<P>().unwrap().0, error.downcast_ref::<Fault>().is_some())", "(5, true)");
    notebook.ok("struct P(String);\nstruct Inner(String);");
    notebook.ok(indoc! {r#"
        #[derive(Debug)] struct Fault(String);
        impl std::fmt::Display for Fault { fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { write!(f, "fault") } }
        impl std::error::Error for Fault {}"#});
    notebook.gives("(any.downcast_ref::<P>().is_none(), error.downcast_ref::<Fault>().is_none(), map.get(&TypeId::of::<P>()).is_none(), outer.downcast_ref::<Outer>().is_none())", "(true, true, true, true)");
    // The new one is one type from cell to cell, and so is the old one when it comes back.
    notebook.ok("let new: Box<dyn Any> = Box::new(P(\"new\".to_owned())); let p = P(\"p\".to_owned());");
    notebook.gives(
        "(new.downcast_ref::<P>().map(|p| p.0.as_str()), p.0.as_str(), std::any::type_name::<P>())",
        "(Some(\"new\"), \"p\", \"ctx::P\")",
    );
    notebook.ok("struct P(u64);");
    notebook.gives("any.downcast_ref::<P>().map(|p| p.0)", "Some(5)");
}

#[test]
fn an_error_in_a_type_that_was_defined_anew_has_its_place() {
    let mut notebook = Notebook::open();
    notebook.ok("#[derive(Debug)] struct P { x: i32 }");
    notebook.ok("#[derive(Debug)] struct P { y: i32 }");
    notebook.fails("P { x: 1 }").points_at("3]:1:5");
    notebook.fails("#[derive(Debug)] struct P { y: Unknown }").points_at("4]:1:32");
}

//! A cell that is run again takes the place of what it had defined.

use indoc::indoc;

use crate::notebook::Notebook;

#[test]
fn a_cell_that_is_run_again_takes_the_place_of_what_it_defined() {
    let mut notebook = Notebook::open();
    notebook.ok_cell(
        "a",
        indoc! {"
            struct S<T>(T);
            impl<T> S<T> { fn get(&self) -> &T { &self.0 } }
            fn old() -> i32 { 1 }"},
    );
    notebook.ok_cell("b", "fn other() -> i32 { 2 }");
    notebook.ok_cell("a", "struct S<T>(T);\nimpl<A: Clone> S<A> { fn get(&self) -> A { self.0.clone() } }");
    assert_eq!(notebook.ok_cell("c", "S(5).get() + other()").text(), Some("7"));
    let gone = notebook.run_cell("d", "old()").error.expect("it is gone");
    gone.says("cannot find function `old`");
}

#[test]
fn a_cell_that_fails_takes_the_place_of_nothing() {
    let mut notebook = Notebook::open();
    notebook.ok_cell("a", "fn f() -> i32 { 1 }");
    assert!(notebook.run_cell("a", "fn g() -> i32 { \"no\" }").error.is_some());
    assert_eq!(notebook.ok_cell("b", "f()").text(), Some("1"));
}

#[test]
fn variables_stay_when_their_cell_is_run_again_without_them() {
    let mut notebook = Notebook::open();
    notebook.ok_cell(
        "a",
        indoc! {"
            let x = 5;
            #[derive(Debug)] struct P { v: i32 }
            let p = P { v: 1 };"},
    );
    notebook.ok_cell("a", "#[derive(Debug, Clone)] struct P { v: i32 }");
    assert_eq!(notebook.ok_cell("b", "(x, p.clone())").text(), Some("(5, P { v: 1 })"));
    notebook.ok_cell("a", "#[derive(Debug)] struct P { v: i32, w: i32 }");
    let lost = notebook.run_cell("b", "p").error.expect("its type is another");
    lost.says("`p` is lost");
    assert_eq!(notebook.ok_cell("b", "x").text(), Some("5"));
}

#[test]
fn implementations_are_the_same_by_what_they_are_of() {
    let mut notebook = Notebook::open();
    notebook.ok("#[derive(Debug)] struct S<T>(T);\ntrait Name { fn name(&self) -> String; }");
    for (first, second) in [
        ("impl<T> S<T> { fn a(&self) -> i32 { 1 } }", "impl<T: Clone> S<T> { fn a(&self) -> i32 { 2 } }"),
        ("impl<T> S<T> { fn a(&self) -> i32 { 1 } }", "impl<A> S<A> where A: Copy { fn a(&self) -> i32 { 2 } }"),
        (
            "impl<T> Name for S<T> { fn name(&self) -> String { String::new() } }",
            "impl<U: Copy> crate::Name for S<U> { fn name(&self) -> String { \"x\".into() } }",
        ),
        (
            "impl std::ops::Neg for S<i32> { type Output = i32; fn neg(self) -> i32 { 1 } }",
            "use std::ops::Neg;\nimpl Neg for S<i32> { type Output = i32; fn neg(self) -> i32 { 2 } }",
        ),
        (
            "impl<'a> From<&'a str> for S<String> { fn from(s: &'a str) -> Self { S(s.to_owned()) } }",
            "impl From<&str> for S<String> { fn from(s: &str) -> Self { S(s.to_uppercase()) } }",
        ),
    ] {
        notebook.ok(first);
        notebook.ok(second);
    }
    notebook.gives("(S(1).a(), S(1).name(), -S(1), S::from(\"b\"))", "(2, \"x\", 2, S(\"B\"))");
}

#[test]
fn a_second_block_of_methods_adds_to_the_first() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        struct P;
        impl P {
            /// One.
            fn a(&self) -> i32 { 1 }
            fn b(&self) -> i32 { self.a() + 1 }
            const N: i32 = 10;
        }"});
    notebook.ok("impl P { fn a(&self) -> i32 { 5 } }");
    notebook.gives("(P.a(), P.b(), P::N)", "(5, 6, 10)");
    notebook.ok("impl P { fn b(&self) -> i32 { panic!(\"b\") }\nconst N: i32 = 20; }");
    notebook.gives("(P.a(), P::N)", "(5, 20)");
    notebook.fails("P.b()").points_at("4]:1:31");
}

#[test]
fn an_import_of_what_is_gone_blocks_no_other_cell() {
    let mut notebook = Notebook::open();
    notebook.ok("#[derive(Debug)] enum Shape { Circle, Square }\nuse Shape::{Circle, Square};");
    let cell = notebook.ok("#[derive(Debug)] enum Shape { Circle, Rect }");
    assert!(cell.stderr.contains("use Shape::{Circle, Square};` of In [1] holds no longer"), "{}", cell.stderr);
    notebook.gives("(Shape::Circle, Shape::Rect)", "(Circle, Rect)");
    notebook.gives("1 + 1", "2");
}

#[test]
fn a_check_that_holds_no_longer_blocks_no_other_cell() {
    let mut notebook = Notebook::open();
    notebook.ok("const SIZE: usize = 4;\nconst _: () = assert!(SIZE > 2);");
    let cell = notebook.ok("const SIZE: usize = 1;");
    assert!(cell.stderr.contains("of In [1] holds no longer"), "{}", cell.stderr);
    notebook.gives("SIZE", "1");
    // Where the cell itself is wrong, that is what is said.
    notebook.ok("mod m { pub fn f() {} }\nuse crate::m::f;");
    let error = notebook.fails("mod m { pub fn g() -> i32 { \"no\" } }");
    error.says("mismatched types");
    notebook.ok("f();");
}

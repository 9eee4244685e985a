//! Functions, types, traits, macros, imports: defined, used and redefined.

use indoc::{formatdoc, indoc};

use crate::notebook::Notebook;

#[test]
fn items_can_be_redefined() {
    let mut notebook = Notebook::open();
    notebook.ok("fn f() -> i32 { 1 }\nfn g() -> i32 { f() * 10 }");
    notebook.gives("g()", "10");
    notebook.ok("fn f() -> i32 { 2 }");
    notebook.gives("g()", "20");
    notebook.ok("macro_rules! square { ($e:expr) => { $e * $e } }");
    notebook.gives("square!(7)", "49");
    notebook.ok(indoc! {r#"
        const LIMIT: usize = 3;
        static NAME: &str = "soma";
        type Row = [u8; LIMIT];"#});
    notebook.gives("(Row::default(), NAME)", "([0, 0, 0], \"soma\")");
}

#[test]
fn a_trait_is_found_by_its_methods() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {r#"
        trait Shout { fn shout(&self) -> String; }
        impl Shout for i32 { fn shout(&self) -> String { format!("{self}!") } }"#});
    notebook.gives("5.shout()", "\"5!\"");
    notebook.ok(indoc! {"
        struct Meters(f64);
        impl std::ops::Add for Meters { type Output = Meters; fn add(self, o: Meters) -> Meters { Meters(self.0 + o.0) } }"});
    notebook.gives("(Meters(1.0) + Meters(2.5)).0", "3.5");
    notebook.ok("impl std::fmt::Display for Meters { fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { write!(f, \"{} m\", self.0) } }");
    notebook.gives("Meters(2.0).to_string()", "\"2 m\"");
}

#[test]
fn a_variable_does_not_outlive_its_types_definition() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        #[derive(Debug)] struct User { age: u8 }
        let user = User { age: 7 }; let users = vec![User { age: 8 }]; let other = 9;"});
    notebook.gives("user.age", "7");
    // Deriving more changes nothing about the values that exist; another field does.
    notebook.ok("#[derive(Debug)] struct User { name: [u64; 4], age: u8 }");
    notebook.fails("user.age");
    notebook.fails("users.len()");
    notebook.gives("other", "9");
}

#[test]
fn an_implementation_can_change_without_losing_values() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        struct Counter { n: i32 }
        impl Counter { fn next(&mut self) -> i32 { self.n += 1; self.n } }
        let mut counter = Counter { n: 0 };"});
    notebook.gives("counter.next()", "1");
    notebook.ok("impl Counter { fn next(&mut self) -> i32 { self.n += 10; self.n } }");
    notebook.gives("counter.next()", "11");
}

#[test]
fn what_a_cell_cannot_reach_costs_it_nothing() {
    let mut notebook = Notebook::open();
    for number in 0..20 {
        notebook.ok(&formatdoc! {"
            #[derive(Debug, Clone, PartialEq)] struct S{number} {{ v: Vec<u8> }}
            fn f{number}() -> i32 {{ {number} }}"});
    }
    notebook.gives("f3() + f17()", "20");
    let program = std::fs::read_dir(notebook.folder()).unwrap().flatten().map(|entry| entry.path().join("src/cell.rs"));
    let program = program.filter_map(|path| std::fs::read_to_string(path).ok()).next().expect("the session's program");
    assert!(
        program.contains("fn f17()") && !program.contains("fn f5()") && !program.contains("struct S5"),
        "{program}"
    );
}

#[test]
fn an_error_in_a_cell_of_definitions_is_said_at_once() {
    let mut notebook = Notebook::open();
    let error = notebook.fails("fn g() -> i32 { \"no\" }");
    error.points_at("1]:1:17");
    notebook.fails("struct S;\nimpl S { fn f(&self) -> i32 { \"no\" } }").points_at("2]:2:31");
    notebook.ok("fn g() -> i32 { 1 }");
    notebook.gives("g()", "1");
}

#[test]
fn a_change_behind_a_type_is_noticed_too() {
    let mut notebook = Notebook::open();
    notebook.ok("mod geometry { pub struct Line(pub u64); }\nlet row = geometry::Line(7);");
    notebook.gives("row.0", "7");
    notebook.ok("mod geometry { pub struct Line(pub String); }");
    let error = notebook.fails("row.0.len()");
    assert!(error.traceback.contains("`row` is lost: its type was redefined"), "{}", error.traceback);
    notebook.ok(indoc! {"
        macro_rules! size { () => { 2 } }
        struct M { v: [u64; size!()] }
        let m = M { v: [1, 2] };"});
    notebook.gives("m.v.len()", "2");
    notebook.ok("macro_rules! size { () => { 3 } }");
    notebook.fails("m.v.len()");
    notebook.ok(indoc! {"
        struct K;
        impl K { const N: usize = 1; }
        struct A { v: [u64; K::N] }
        let a = A { v: [5] };"});
    notebook.ok("impl K { const N: usize = 2; }");
    notebook.fails("a.v.len()");
}

#[test]
fn an_error_in_an_earlier_cells_item_points_there() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        struct P { x: i32 }
        fn area(p: &P) -> i32 {
            p.x * 2
        }"});
    notebook.ok("struct P { y: i32 }");
    let error = notebook.fails("area(&P { y: 2 })");
    error.points_at("1]:3:7");
    notebook.ok("fn area(p: &P) -> i32 { p.y * 2 }");
    notebook.gives("area(&P { y: 2 })", "4");
    notebook.fails("use std::collections::HashMapp;").points_at("6]:1:5");
}

#[test]
fn imports_are_replaced_by_name() {
    let mut notebook = Notebook::open();
    notebook.ok("mod a { pub fn f() -> i32 { 1 } pub fn g() -> i32 { 2 } }\nmod b { pub fn f() -> i32 { 3 } }");
    notebook.ok("use crate::a::{f, g};");
    notebook.gives("(f(), g())", "(1, 2)");
    notebook.ok("use crate::b::f;");
    notebook.gives("(f(), g())", "(3, 2)");
    notebook.ok("fn g() -> i32 { 4 }");
    notebook.gives("(f(), g())", "(3, 4)");
    notebook.ok(":clear");
    notebook.fails("g()");
}

#[test]
fn a_cell_run_again_with_other_methods_forgets_the_old_ones() {
    let mut notebook = Notebook::open();
    notebook.ok("struct P { x: i32 }\nimpl P { fn double(&self) -> i32 { self.x * 2 } }");
    notebook.ok("struct P { y: i32 }\nimpl P { fn triple(&self) -> i32 { self.y * 3 } }");
    notebook.gives("P { y: 2 }.triple()", "6");
    notebook.fails("P { y: 2 }.double()");
}

#[test]
fn comments_around_items_and_values_stay_comments() {
    let mut notebook = Notebook::open();
    notebook.gives(
        indoc! {"
            /* one */ fn m() -> i32 { 7 } /* two */ // three
            let y = m(); // four
            y // five"},
        "7",
    );
    notebook.gives(
        indoc! {"
            // only /* a comment
            y /* and
             another */"},
        "7",
    );
}

#[test]
fn a_cell_that_is_run_again_with_another_type_has_its_new_variables() {
    let mut notebook = Notebook::open();
    notebook.ok("struct Wheel { radius: f64 }\nlet wheel = Wheel { radius: 1.0 };");
    notebook.ok("struct Wheel { spokes: usize }\nlet wheel = Wheel { spokes: 3 };");
    notebook.gives("wheel.spokes", "3");
    notebook.ok("struct Wheel { spokes: usize, radius: f64 }");
    notebook.ok("let wheel = Wheel { spokes: 4, radius: 1.0 };");
    notebook.gives("wheel.spokes", "4");
    let error = notebook.fails("struct Wheel;\nwheel");
    assert!(error.traceback.contains("`wheel` is lost: its type was redefined"), "{}", error.traceback);
    notebook.gives("wheel.spokes", "4");
}

#[test]
fn foreign_functions_and_nameless_items_of_later_cells_cost_no_variable() {
    let mut notebook = Notebook::open();
    notebook.ok("#[derive(Debug)] struct Own(u8); let own = Own(1);");
    notebook.ok("unsafe extern \"C\" { fn abs(n: i32) -> i32; }\nlet three = unsafe { abs(-3) };");
    notebook.ok("unsafe extern \"C\" { fn labs(n: i64) -> i64; }\nconst _: () = assert!(1 + 1 == 2);");
    notebook.ok("const _: () = assert!(2 + 2 == 4);\nlet four = unsafe { labs(-4) };");
    notebook.gives("(&own, three, four, unsafe { abs(-5) })", "(Own(1), 3, 4, 5)");
}

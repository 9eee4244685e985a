//! From a type's name at run time to a type that can be written in source code.
//!
//! `std::any::type_name` prints definition paths: `alloc::vec::Vec<ctx::User>`. The notebook's own crate is
//! `crate` in a later cell; `alloc` and `core` are reached through `std`; and some definitions live in
//! private modules and are public elsewhere, for which there is a table.

use std::sync::LazyLock;

use regex::Regex;

/// Why a variable cannot be carried to later cells.
#[derive(Debug, PartialEq)]
pub enum Unnameable {
    /// A closure, or something that holds one.
    Closure,
    /// A function's own type.
    Function,
    /// The future of an `async` block or function.
    Future,
    /// A type defined inside a function.
    Local,
    /// A type that its crate does not make public.
    Private,
    /// A lock of standard output, error or input.
    StandardStreamLock,
}

impl Unnameable {
    /// What the person can do about it.
    pub fn advice(&self, variable: &str) -> String {
        match self {
            Unnameable::Closure => format!(
                "`{variable}` is or holds a closure, whose type has no name, so later cells cannot have it. \
                 Box it to keep it: `let {variable}: Box<dyn Fn(i32) -> i32> = Box::new(|x| x + 1);`, \
                 or collect an iterator: `.collect::<Vec<_>>()`"
            ),
            Unnameable::Function => format!(
                "`{variable}` has a function's own type, which has no name, so later cells cannot have it. \
                 State a function pointer's type to keep it: `let {variable}: fn(i32) -> i32 = f;`"
            ),
            Unnameable::Future => format!(
                "`{variable}` is a future, whose type has no name, so later cells cannot have it. \
                 `.await` it here, or box it: `let {variable}: std::pin::Pin<Box<dyn Future<Output = ()>>> = Box::pin(…);`"
            ),
            Unnameable::Local => format!(
                "`{variable}` has a type that is defined inside a function or block, so later cells cannot name it. \
                 Define the type at the top level of a cell"
            ),
            Unnameable::StandardStreamLock => format!(
                "`{variable}` holds the lock of a standard stream, which would keep every later cell from writing; \
                 it was given back at the end of the cell"
            ),
            Unnameable::Private => format!(
                "`{variable}` has a type that its crate keeps private, so later cells cannot have it. \
                 Turn it into something that can be named (`.collect::<Vec<_>>()`, `.to_owned()`), or use it in this cell only"
            ),
        }
    }
}

/// Definition path (as a prefix) and the public path in its place. Longer prefixes come first.
const PUBLIC: &[(&str, &str)] = &[
    ("std::collections::hash::map::", "std::collections::hash_map::"),
    ("std::collections::hash::set::", "std::collections::hash_set::"),
    ("alloc::collections::btree::map::", "std::collections::btree_map::"),
    ("alloc::collections::btree::set::", "std::collections::btree_set::"),
    ("alloc::collections::vec_deque::", "std::collections::vec_deque::"),
    ("alloc::collections::binary_heap::", "std::collections::binary_heap::"),
    ("alloc::collections::linked_list::", "std::collections::linked_list::"),
    ("alloc::vec::into_iter::", "std::vec::"),
    ("alloc::vec::Vec", "std::vec::Vec"),
    ("alloc::string::String", "std::string::String"),
    ("alloc::boxed::Box", "std::boxed::Box"),
    ("alloc::rc::Rc", "std::rc::Rc"),
    ("alloc::sync::Arc", "std::sync::Arc"),
    ("core::option::Option", "std::option::Option"),
    ("core::result::Result", "std::result::Result"),
    ("core::cell::RefCell", "std::cell::RefCell"),
    ("core::cell::Cell", "std::cell::Cell"),
    ("core::ops::function::", "std::ops::"),
    ("core::ops::range::", "std::ops::"),
    ("core::ops::control_flow::", "std::ops::"),
    ("core::ops::coroutine::", "std::ops::"),
    ("core::iter::adapters::rev::", "std::iter::"),
    ("core::iter::adapters::zip::", "std::iter::"),
    ("core::iter::adapters::enumerate::", "std::iter::"),
    ("core::iter::adapters::skip::", "std::iter::"),
    ("core::iter::adapters::take::", "std::iter::"),
    ("core::iter::adapters::chain::", "std::iter::"),
    ("core::iter::adapters::cycle::", "std::iter::"),
    ("core::iter::adapters::cloned::", "std::iter::"),
    ("core::iter::adapters::copied::", "std::iter::"),
    ("core::iter::adapters::peekable::", "std::iter::"),
    ("core::iter::adapters::step_by::", "std::iter::"),
    ("core::iter::adapters::fuse::", "std::iter::"),
    ("core::iter::adapters::map::", "std::iter::"),
    ("core::iter::adapters::filter::", "std::iter::"),
    ("core::iter::sources::repeat::", "std::iter::"),
    ("core::iter::sources::once::", "std::iter::"),
    ("core::iter::sources::empty::", "std::iter::"),
    ("core::iter::traits::iterator::", "std::iter::"),
    ("core::iter::traits::double_ended::", "std::iter::"),
    ("core::iter::traits::exact_size::", "std::iter::"),
    ("core::slice::iter::", "std::slice::"),
    ("core::str::iter::", "std::str::"),
    ("core::future::future::", "std::future::"),
    ("core::error::", "std::error::"),
    ("core::num::nonzero::", "std::num::"),
    ("core::num::wrapping::", "std::num::"),
    ("core::net::ip_addr::", "std::net::"),
    ("core::net::socket_addr::", "std::net::"),
    ("std::sync::poison::mutex::", "std::sync::"),
    ("std::sync::poison::rwlock::", "std::sync::"),
    ("std::sync::poison::condvar::", "std::sync::"),
    ("std::sync::poison::once::", "std::sync::"),
    ("std::sync::once_lock::", "std::sync::"),
    ("std::sync::lazy_lock::", "std::sync::"),
    ("core::cell::once::", "std::cell::"),
    ("core::cell::lazy::", "std::cell::"),
    ("core::sync::atomic::", "std::sync::atomic::"),
    ("std::thread::join_handle::", "std::thread::"),
    ("std::io::stdio::", "std::io::"),
    ("std::io::buffered::bufreader::", "std::io::"),
    ("std::io::buffered::bufwriter::", "std::io::"),
    ("std::io::cursor::", "std::io::"),
    ("core::", "std::"),
    ("alloc::", "std::"),
    ("ndarray::data_repr::", "ndarray::"),
    ("ndarray::dimension::dim::", "ndarray::"),
    ("ndarray::dimension::dynindeximpl::", "ndarray::"),
    ("ndarray::ArrayBase", "ndarray::ArrayBase"),
    ("tensorlib::tensor::Tensor", "tensorlib::Tensor"),
    ("tensorlib::size::Size", "tensorlib::Size"),
    ("tensorlib::dtype::DType", "tensorlib::DType"),
    ("ctx::", "crate::"),
];

static PATH: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[A-Za-z_][\w]*(?:::[A-Za-z_][\w]*)*").unwrap());

/// A type that is defined inside a closure: the cell itself is one.
static IN_CLOSURE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{\{closure\}\}::[A-Za-z_]").unwrap());

/// Names that cannot stand in a path as they are.
const RESERVED: [&str; 4] = ["async", "try", "gen", "dyn"];

/// The type as later cells can write it.
///
/// # Errors
/// Why no later cell can.
pub fn nameable(type_name: &str) -> Result<String, Unnameable> {
    if IN_CLOSURE.is_match(type_name) {
        return Err(Unnameable::Local);
    }
    if type_name.contains("{{closure}}") {
        return Err(Unnameable::Closure);
    }
    if ["StdoutLock", "StderrLock", "StdinLock"]
        .iter()
        .any(|lock| type_name.contains(&format!("std::io::stdio::{lock}")))
    {
        return Err(Unnameable::StandardStreamLock);
    }
    if type_name.contains("{async") {
        return Err(Unnameable::Future);
    }
    if type_name.contains("soma_cell_run::") {
        return Err(Unnameable::Local);
    }
    if is_function(type_name) {
        return Err(Unnameable::Function);
    }
    Ok(PATH.replace_all(type_name, |found: &regex::Captures| public_path(&found[0])).into_owned())
}

/// The paths in a type that only rustc can tell to be writable: those from crates other than the notebook's, and
/// those from the standard library that [`PUBLIC`] does not name.
pub fn doubtful_paths(type_name: &str) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    for found in PATH.find_iter(type_name).filter(|found| found.as_str().contains("::")) {
        let entry = PUBLIC.iter().find(|(definition, _)| found.as_str().starts_with(definition));
        let is_known = entry.is_some_and(|(definition, _)| !matches!(*definition, "core::" | "alloc::"));
        let path = public_path(found.as_str());
        if !is_known && !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

/// A type that was named by public paths as far as known, with these paths in place of its own.
///
/// # Errors
/// When a path has no public one.
pub fn with_paths(ty: &str, public: &std::collections::BTreeMap<String, Option<String>>) -> Result<String, Unnameable> {
    if public.values().any(Option::is_none) {
        return Err(Unnameable::Private);
    }
    let replaced = PATH.replace_all(ty, |found: &regex::Captures| match public.get(&found[0]) {
        Some(Some(path)) => path.clone(),
        _ => found[0].to_owned(),
    });
    Ok(replaced.into_owned())
}

fn public_path(path: &str) -> String {
    let public = match PUBLIC.iter().find(|(definition, _)| path.starts_with(definition)) {
        Some((definition, public)) => format!("{public}{}", &path[definition.len()..]),
        None => path.to_owned(),
    };
    if !public.contains("::") {
        return public;
    }
    public
        .split("::")
        .map(|part| if RESERVED.contains(&part) { format!("r#{part}") } else { part.to_owned() })
        .collect::<Vec<_>>()
        .join("::")
}

/// Whether the name is that of a function: a path whose last part is in small letters, and no primitive type.
fn is_function(type_name: &str) -> bool {
    let head = type_name.split('<').next().unwrap_or(type_name);
    let last = head.rsplit("::").next().unwrap_or(head);
    head.contains("::")
        && PATH.find(head).is_some_and(|path| path.as_str() == head)
        && last.starts_with(char::is_lowercase)
}

/// Whether a type is made of the type at this path; of any type below it when the path ends in `::`.
pub fn mentions(ty: &str, path: &str) -> bool {
    ty.match_indices(path).any(|(at, _)| {
        let next = ty[at + path.len()..].chars().next();
        path.ends_with("::") || !next.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// A type for people: without the paths that the prelude or the eye does not need.
pub fn short(ty: &str) -> String {
    PATH.replace_all(ty, |found: &regex::Captures| found[0].rsplit("::").next().unwrap_or_default().to_owned())
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_named_by_public_paths() {
        for (name, path) in [
            ("f64", "f64"),
            ("&str", "&str"),
            ("(i32, [f32; 3])", "(i32, [f32; 3])"),
            ("alloc::vec::Vec<alloc::string::String>", "std::vec::Vec<std::string::String>"),
            (
                "std::collections::hash::map::HashMap<i32, ctx::User>",
                "std::collections::hash_map::HashMap<i32, crate::User>",
            ),
            (
                "alloc::boxed::Box<dyn core::ops::function::Fn(i32) -> i32>",
                "std::boxed::Box<dyn std::ops::Fn(i32) -> i32>",
            ),
            (
                "ndarray::ArrayBase<ndarray::data_repr::OwnedRepr<f64>, ndarray::dimension::dim::Dim<[usize; 2]>, f64>",
                "ndarray::ArrayBase<ndarray::OwnedRepr<f64>, ndarray::Dim<[usize; 2]>, f64>",
            ),
            ("ctx::async::Job", "crate::r#async::Job"),
            ("ctx::Matrix<2, true>", "crate::Matrix<2, true>"),
            ("tensorlib::tensor::Tensor", "tensorlib::Tensor"),
            ("fn(i32) -> i32", "fn(i32) -> i32"),
        ] {
            assert_eq!(nameable(name).as_deref(), Ok(path));
        }
    }

    #[test]
    fn what_has_no_name_is_said_to_have_none() {
        assert_eq!(nameable("ctx::soma_cell_run::{{closure}}::{{closure}}"), Err(Unnameable::Closure));
        assert_eq!(
            nameable("core::iter::adapters::map::Map<core::ops::range::Range<i32>, ctx::soma_cell_run::{{closure}}>"),
            Err(Unnameable::Closure)
        );
        assert_eq!(nameable("ctx::soma_cell_run::Local"), Err(Unnameable::Local));
        assert_eq!(nameable("ctx::soma_cell_run::{{closure}}::Local"), Err(Unnameable::Local));
        assert_eq!(nameable("ctx::square"), Err(Unnameable::Function));
        assert_eq!(nameable("ctx::parse<i32>"), Err(Unnameable::Function));
    }

    #[test]
    fn only_paths_that_nobody_vouches_for_are_doubtful() {
        let doubtful = |name| doubtful_paths(name);
        assert_eq!(doubtful("alloc::vec::Vec<(ctx::User, tensorlib::tensor::Tensor)>"), [""; 0]);
        assert_eq!(doubtful("core::time::Duration"), ["std::time::Duration"]);
        assert_eq!(
            doubtful(
                "ndarray::ArrayBase<ndarray::data_repr::OwnedRepr<f64>, ndarray::dimension::dim::Dim<[usize; 2]>>"
            ),
            [""; 0]
        );
        assert_eq!(doubtful("image::buffer::Rgb<u8>"), ["image::buffer::Rgb"]);
        let found = [("image::buffer::Rgb".to_owned(), Some("image::Rgb".to_owned()))].into();
        assert_eq!(
            with_paths("std::vec::Vec<image::buffer::Rgb<u8>>", &found).as_deref(),
            Ok("std::vec::Vec<image::Rgb<u8>>")
        );
        assert_eq!(with_paths("a::B", &[("a::B".to_owned(), None)].into()), Err(Unnameable::Private));
    }

    #[test]
    fn a_type_mentions_what_it_is_made_of() {
        assert!(mentions("std::vec::Vec<crate::User>", "crate::User"));
        assert!(!mentions("std::vec::Vec<crate::Users>", "crate::User"));
        assert!(mentions("(crate::Users, crate::User)", "crate::User"));
        assert!(mentions("crate::m::A", "crate::m::") && mentions("crate::m::A", "crate::"));
        assert!(!mentions("tensorlib::Tensor", "crate::"));
    }

    #[test]
    fn people_see_short_types() {
        assert_eq!(short("std::vec::Vec<std::string::String>"), "Vec<String>");
    }
}

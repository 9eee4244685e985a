//! Turns the name of a type at run time into a type that a later cell can write.

use std::sync::LazyLock;

use regex::Regex;
use soma_driver::evcxr::files::CRATE;
use soma_driver::evcxr::program;

use super::known::{is_known, public_path};
use super::parse::{self, Part, Path, Piece};

/// Why later cells cannot use a variable.
#[derive(Debug, PartialEq)]
pub enum Unnameable {
    /// A closure, or something that holds one.
    Closure,
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
    /// What the user can do about it.
    pub fn advice(&self, variable: &str) -> String {
        match self {
            Unnameable::Closure => format!(
                "`{variable}` is or holds a closure, whose type has no name, so later cells cannot have it. \
                 Box it to keep it: `let {variable}: Box<dyn Fn(i32) -> i32> = Box::new(|x| x + 1);` \
                 (a future: `Pin<Box<dyn Future<Output = i32>>>`), or collect an iterator: `.collect::<Vec<_>>()`"
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

static PATH: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[A-Za-z_][\w]*(?:::[A-Za-z_][\w]*)*").unwrap());

/// A type that is defined inside a closure: a cell itself is compiled as one.
static IN_CLOSURE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{\{closure\}\}::[A-Za-z_]").unwrap());

/// What a path of the notebook's own crate refers to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Meaning {
    /// A type.
    Type,
    /// A function, or a constructor.
    Function,
    /// Something inside a function.
    Local,
    /// Nothing among the session's items.
    Unknown,
}

/// A type as later cells can write it.
#[derive(Debug, Default, PartialEq)]
pub struct Written {
    /// The type. The type of a function, which has no name, is written as a macro that names the function:
    /// [`program::function_type`].
    pub text: String,
    /// The paths in it that only rustc can check: those from crates other than the notebook's, and those from the
    /// standard library that are not [known](is_known).
    pub doubtful: Vec<String>,
}

/// The type in a form that later cells can write. `notebook` returns what a path of the notebook refers to, by its
/// parts.
///
/// # Errors
/// The reason why later cells cannot use it.
pub fn nameable(type_name: &str, notebook: &dyn Fn(&[&str]) -> Meaning) -> Result<Written, Unnameable> {
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
    let mut written = Written::default();
    for piece in parse::pieces(type_name) {
        match piece {
            Piece::Text(text) => written.text.push_str(text),
            Piece::Path(path) => write_path(&path, notebook, &mut written)?,
        }
    }
    Ok(written)
}

fn write_path(path: &Path, notebook: &dyn Fn(&[&str]) -> Meaning, written: &mut Written) -> Result<(), Unnameable> {
    let mut inner = |text: &str| {
        let part = nameable(text, notebook)?;
        written.doubtful.extend(part.doubtful);
        Ok(part.text)
    };
    let (head, arguments, is_constructor) = match path {
        // The method of a type or trait, such as `<i32>::abs`.
        Path::Qualified { of, rest } => {
            let mut text = format!("<{}>", inner(of)?);
            for part in rest {
                text.push_str(&format!("::{}", part.name));
                if let Some(arguments) = part.arguments {
                    text.push_str(&format!("::<{}>", inner(arguments)?));
                }
            }
            written.text.push_str(&program::function_type(&text));
            return Ok(());
        }
        Path::Plain(parts) => {
            let (last, outer) = parts.split_last().expect("a path has parts");
            let is_constructor = last.name == parse::CONSTRUCTOR;
            let (last, outer) =
                if is_constructor { outer.split_last().unwrap_or((last, outer)) } else { (last, outer) };
            if outer.iter().any(|part| part.arguments.is_some()) {
                // The method of a generic type, or the constructor of a variant.
                let of = outer.iter().map(Part::as_written).collect::<Vec<_>>().join("::");
                let mut text = format!("<{}>::{}", inner(&of)?, last.name);
                if let Some(arguments) = last.arguments {
                    text.push_str(&format!("::<{}>", inner(arguments)?));
                }
                written.text.push_str(&program::function_type(&text));
                return Ok(());
            }
            let names: Vec<&str> = outer.iter().chain([last]).map(|part| part.name).collect();
            let arguments = last.arguments.map(&mut inner).transpose()?;
            (names, arguments, is_constructor)
        }
    };
    let full = head.join("::");
    let meaning = match head.as_slice() {
        _ if is_constructor => Meaning::Function,
        [_] => Meaning::Type,
        [CRATE, own @ ..] => notebook(own),
        [outer @ .., last] => {
            let is_member = outer.iter().any(|name| name.starts_with(char::is_uppercase));
            if is_member || last.starts_with(|c: char| c.is_lowercase()) { Meaning::Function } else { Meaning::Type }
        }
        [] => Meaning::Unknown,
    };
    let public = public_path(&full);
    if meaning == Meaning::Local {
        return Err(Unnameable::Local);
    }
    if meaning == Meaning::Function {
        let arguments = arguments.map(|arguments| format!("::<{arguments}>")).unwrap_or_default();
        if head[0] != CRATE && !written.doubtful.contains(&public) && !is_known(&full) {
            written.doubtful.push(public.clone());
        }
        written.text.push_str(&program::function_type(&format!("{public}{arguments}")));
        return Ok(());
    }
    if head.len() > 1 && head[0] != CRATE && !is_known(&full) && !written.doubtful.contains(&public) {
        written.doubtful.push(public.clone());
    }
    written.text.push_str(&public);
    if let Some(arguments) = arguments {
        written.text.push_str(&format!("<{arguments}>"));
    }
    Ok(())
}

/// A type, with the paths in it replaced by these public paths.
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

/// Whether a type mentions the type at this path, or, if the path ends in `::`, any type below it.
pub fn mentions(ty: &str, path: &str) -> bool {
    ty.match_indices(path).any(|(at, _)| {
        let next = ty[at + path.len()..].chars().next();
        path.ends_with("::") || !next.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// Whether a function's type returns a borrow without naming its source: `type_name` leaves lifetimes out.
pub fn leaves_lifetimes_out(type_name: &str) -> bool {
    type_name.split("-> ").skip(1).any(|returned| {
        let end = returned.find([',', ')']).unwrap_or(returned.len());
        returned[..end].contains("'_")
    })
}

/// A type for messages: without paths that readers do not need.
pub fn short(ty: &str) -> String {
    PATH.replace_all(&program::with_function_names(ty), |found: &regex::Captures| {
        found[0].rsplit("::").next().unwrap_or_default().to_owned()
    })
    .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The items of the notebook in these tests.
    fn notebook(path: &[&str]) -> Meaning {
        match path {
            ["square" | "parse"] | ["User", _] => Meaning::Function,
            ["square", _] => Meaning::Local,
            ["point" | "User" | "Matrix"] | ["async", _] => Meaning::Type,
            _ => Meaning::Unknown,
        }
    }

    fn nameable(type_name: &str) -> Result<String, Unnameable> {
        super::nameable(type_name, &notebook).map(|written| written.text)
    }

    fn doubtful_paths(type_name: &str) -> Vec<String> {
        super::nameable(type_name, &notebook).unwrap().doubtful
    }

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
            ("ctx::point", "crate::point"),
            (
                "&dyn for<'a> core::ops::function::Fn(&'a ctx::point) -> *const u8",
                "&dyn for<'a> std::ops::Fn(&'a crate::point) -> *const u8",
            ),
            (
                "alloc::boxed::Box<dyn core::iter::traits::iterator::Iterator<Item = [alloc::string::String; 2]>>",
                "std::boxed::Box<dyn std::iter::Iterator<Item = [std::string::String; 2]>>",
            ),
        ] {
            assert_eq!(nameable(name).as_deref(), Ok(path), "{name}");
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
        assert_eq!(nameable("ctx::square::Inner"), Err(Unnameable::Local));
    }

    #[test]
    fn a_functions_own_type_is_written_as_the_function() {
        for (name, path) in [
            ("ctx::square", "crate::square"),
            ("ctx::parse<alloc::string::String>", "crate::parse::<std::string::String>"),
            ("ctx::User::new", "crate::User::new"),
            ("core::num::<impl i32>::abs", "<i32>::abs"),
            ("alloc::vec::Vec<i32>::len", "<std::vec::Vec<i32>>::len"),
            ("core::option::Option<i32>::Some::{{constructor}}", "<std::option::Option<i32>>::Some"),
            ("ctx::User::{{constructor}}", "crate::User"),
            ("ctx::Matrix<2>::{{constructor}}", "crate::Matrix::<2>"),
            ("<i32 as core::ops::arith::Add>::add", "<i32 as std::ops::Add>::add"),
            ("<i32 as core::cmp::Ord>::max", "<i32 as std::cmp::Ord>::max"),
            ("ctx::<impl core::fmt::Debug for ctx::User>::fmt", "<crate::User as std::fmt::Debug>::fmt"),
            ("core::mem::swap<u8>", "std::mem::swap::<u8>"),
            ("core::str::<impl str>::parse<u8>", "<str>::parse::<u8>"),
            ("alloc::vec::Vec<u8>::dedup_by_key<i32>", "<std::vec::Vec<u8>>::dedup_by_key::<i32>"),
        ] {
            assert_eq!(nameable(name).as_deref(), Ok(program::function_type(path).as_str()), "{name}");
        }
        let pair = nameable("(ctx::square, i32)").unwrap();
        assert_eq!(short(&pair), "(fn square, i32)");
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

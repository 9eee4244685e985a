//! Public paths that need no question to rustc: where the standard library, `ndarray` and `tensorlib` export what they
//! define in private modules.

use soma_driver::evcxr::files::NOTEBOOK;

/// Definition paths (as prefixes) and the public paths that replace them. Longer prefixes come first.
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
    ("core::ops::arith::", "std::ops::"),
    ("core::ops::bit::", "std::ops::"),
    ("core::ops::index::", "std::ops::"),
    ("core::ops::deref::", "std::ops::"),
    ("core::ops::drop::", "std::ops::"),
    ("core::str::traits::", "std::str::"),
    ("core::iter::traits::collect::", "std::iter::"),
    ("core::iter::traits::accum::", "std::iter::"),
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
    (NOTEBOOK, "crate::"),
];

/// Names that cannot stand in a path without `r#`.
const RESERVED: [&str; 4] = ["async", "try", "gen", "dyn"];

/// A definition's path as a cell can use it, as far as this table knows.
pub fn public_path(path: &str) -> String {
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

/// Whether this table knows how a definition's path can be written.
pub fn is_known(path: &str) -> bool {
    let entry = PUBLIC.iter().find(|(definition, _)| path.starts_with(definition));
    entry.is_some_and(|(definition, _)| !matches!(*definition, "core::" | "alloc::"))
}

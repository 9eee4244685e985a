//! The variables of a session, between cells.
//!
//! Takes the place of the module that evcxr copies into every cell: the same names and signatures
//! (`VariableStore`, `create_variable_store`, …), so that its generated code compiles against this one.
//! The generic functions are thin; the map behind them is compiled once, here, not in every cell.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicPtr, Ordering};

use tensorlib::Tensor;

use crate::describe::{Description, describe};
use crate::{failed, report};
use soma_report::Report;

/// The definitions that a cell was compiled with: the path of a type in the notebook's crate, or a crate that may
/// change (`name::`), and a fingerprint of its source and of everything that the source mentions.
pub type Definitions = &'static [(&'static str, &'static str)];

/// The prefix of the paths of the notebook's own types.
const NOTEBOOK: &str = "ctx::";

struct Variable {
    value: Box<dyn Any>,
    /// Fingerprints of the notebook's types that the value's type mentions.
    definitions: Vec<(String, &'static str)>,
    /// The description that the kernel last got of its value.
    told: Option<Description>,
    /// The process in which it was made, for a value with its own threads: in a snapshot those threads do not exist.
    made_in: Option<u32>,
}

/// Holds every variable that no running cell has taken out.
#[derive(Default)]
pub struct VariableStore {
    variables: HashMap<String, Variable>,
    definitions: Definitions,
    /// The variables that the running cell has taken out; between cells, those of the last cell.
    taken: Vec<String>,
    /// Second handles on variables that the cell has taken out, where a second handle is possible. When the cell fails
    /// after it has moved a tensor away, as in `x + ones([3])` with shapes that do not fit, the variable comes back.
    lent: HashMap<String, Variable>,
}

impl VariableStore {
    /// Sets the definitions of the cell that now runs; generated code calls it first.
    pub fn define(&mut self, definitions: Definitions) {
        self.definitions = definitions;
    }

    /// Stores a variable and reports its type, from which the kernel learns the type without analysis.
    pub fn put_variable<T: 'static>(&mut self, name: &str, value: T) {
        self.put(name, std::any::type_name::<T>(), Box::new(value));
    }

    /// Whether `T` is still the type with which the variable was stored. If it is not, drops the variable and reports
    /// that to the kernel and to evcxr.
    pub fn check_variable<T: 'static>(&mut self, name: &str) -> bool {
        self.check(name, TypeId::of::<T>())
    }

    /// The same for a variable whose type is from a library that a new version of the same name has replaced: the cell
    /// was compiled with the fingerprints of the new version.
    pub fn check_kept_variable<T: 'static>(&mut self, name: &str) -> bool {
        if let Some(variable) = self.variables.get_mut(name) {
            variable.definitions.retain(|(path, _)| path.starts_with(NOTEBOOK));
        }
        self.check(name, TypeId::of::<T>())
    }

    /// Takes a variable out.
    ///
    /// # Panics
    /// When the store does not have the variable: a cell that panicked may have moved it away.
    pub fn take_variable<T: 'static>(&mut self, name: &str) -> T {
        match self.take(name).downcast::<T>() {
            Ok(value) => *value,
            Err(_) => panic!("the variable `{name}` changed its type"),
        }
    }

    /// A value that lives as long as the process, made at its first use; evcxr keeps its async runtime here.
    pub fn lazy_arc<T: 'static, F: FnOnce() -> T>(&mut self, name: &str, create: F) -> std::sync::Arc<T> {
        let this_process = Some(std::process::id());
        if self.variables.get(name).is_some_and(|variable| variable.made_in != this_process) {
            // Never dropped: dropping would wait for its threads.
            std::mem::forget(self.variables.remove(name));
        }
        let entry = self.variables.entry(name.to_owned()).or_insert_with(|| Variable {
            value: Box::new(std::sync::Arc::new(create())),
            definitions: Vec::new(),
            told: None,
            made_in: this_process,
        });
        match entry.value.downcast_ref::<std::sync::Arc<T>>() {
            Some(value) => std::sync::Arc::clone(value),
            None => panic!("`{name}` changed its type"),
        }
    }

    #[inline(never)]
    fn put(&mut self, name: &str, type_name: &'static str, value: Box<dyn Any>) {
        report::send(Report::Stored { name: name.to_owned(), type_name: type_name.to_owned() });
        if type_name.contains("std::io::stdio::Std") && type_name.contains("Lock") {
            // If it stayed in the store, it would block every write from another thread. The kernel tells the user.
            return;
        }
        let definitions = self.definitions_of(type_name);
        self.variables.insert(name.to_owned(), Variable { value, definitions, told: None, made_in: None });
    }

    /// The definitions that the type's name mentions; and `ctx::`, which stands for all of the notebook's types, when
    /// the name mentions a type of the notebook that has no definition of its own.
    fn definitions_of(&self, type_name: &str) -> Vec<(String, &'static str)> {
        let specific = |path: &str| path != NOTEBOOK && mentions(type_name, path);
        let mut found: Vec<_> = self.definitions.iter().filter(|(path, _)| specific(path)).copied().collect();
        let unnamed = type_name.match_indices(NOTEBOOK).any(|(start, _)| {
            let rest = &type_name[start..];
            !found.iter().any(|(path, _)| begins_with(rest, path))
        });
        if unnamed {
            found.extend(self.definitions.iter().find(|(path, _)| *path == NOTEBOOK).copied());
        }
        found.into_iter().map(|(path, fingerprint)| (path.to_owned(), fingerprint)).collect()
    }

    #[inline(never)]
    fn take(&mut self, name: &str) -> Box<dyn Any> {
        self.taken.push(name.to_owned());
        match self.variables.remove(name) {
            Some(variable) => {
                if let Some(value) = again(variable.value.as_ref()) {
                    let (definitions, told) = (variable.definitions.clone(), variable.told.clone());
                    self.lent.insert(name.to_owned(), Variable { value, definitions, told, made_in: variable.made_in });
                }
                variable.value
            }
            None => panic!("the variable `{name}` is gone: a cell that panicked had moved it; define it again"),
        }
    }

    /// Ends a cell. When it has failed, the variables that it had moved away come back, if that is possible for all of
    /// them; returns whether they did.
    fn end(&mut self, has_failed: bool) -> bool {
        let mut lent = std::mem::take(&mut self.lent);
        let missing: Vec<&String> = self.taken.iter().filter(|name| !self.variables.contains_key(*name)).collect();
        if !has_failed || missing.is_empty() || !missing.iter().all(|name| lent.contains_key(*name)) {
            return false;
        }
        for name in missing {
            self.variables.extend(lent.remove_entry(name));
        }
        true
    }

    fn lacks_something(&self) -> bool {
        self.taken.iter().any(|name| !self.variables.contains_key(name))
    }

    #[inline(never)]
    fn check(&mut self, name: &str, id: TypeId) -> bool {
        let Some(variable) = self.variables.get(name) else {
            report::lost(name, "a cell that panicked had moved it away, or the process was restarted");
            return false;
        };
        // A redefined struct keeps its `TypeId` (a hash of its path), so its source is compared too.
        let same = (*variable.value).type_id() == id
            && variable.definitions.iter().all(|(path, fingerprint)| {
                self.definitions.iter().any(|(now, source)| now == path && source == fingerprint)
            });
        if !same {
            // Its destructor was compiled for the old definition and is still loaded: dropping is sound.
            self.variables.remove(name);
            report::lost(name, "its type was redefined");
        }
        same
    }
}

/// A second handle on the same value, where that costs almost nothing: on a tensor's memory, or a copy of a number.
fn again(value: &dyn Any) -> Option<Box<dyn Any>> {
    fn copied<T: Copy + 'static>(value: &dyn Any) -> Option<Box<dyn Any>> {
        Some(Box::new(*value.downcast_ref::<T>()?))
    }
    let tensor = value.downcast_ref::<Tensor>().map(|tensor| Box::new(tensor.alias()) as Box<dyn Any>);
    tensor
        .or_else(|| copied::<f64>(value))
        .or_else(|| copied::<i32>(value))
        .or_else(|| copied::<f32>(value))
        .or_else(|| copied::<i64>(value))
        .or_else(|| copied::<usize>(value))
        .or_else(|| copied::<bool>(value))
}

/// Drops a variable that cannot be kept, since it borrows from a stored one.
pub fn end_variable<T>(_: T) {}

/// Whether a type's full name contains `path`: as a whole path, or as the beginning of one if it ends in `::`.
fn mentions(type_name: &str, path: &str) -> bool {
    type_name
        .match_indices(path)
        .any(|(start, _)| !type_name[..start].ends_with(is_path) && begins_with(&type_name[start..], path))
}

/// Whether the path at the beginning of a text is `path`, or begins with it if it ends in `::`.
fn begins_with(text: &str, path: &str) -> bool {
    text.strip_prefix(path).is_some_and(|rest| path.ends_with("::") || !rest.starts_with(is_path))
}

fn is_path(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == ':'
}

/// The store of the session; generated code holds the same pointer.
static STORE: AtomicPtr<VariableStore> = AtomicPtr::new(std::ptr::null_mut());

/// Makes an empty store; generated code calls it in the session's first cell.
pub fn create_variable_store() -> *mut VariableStore {
    let store = Box::into_raw(Box::default());
    STORE.store(store, Ordering::SeqCst);
    store
}

/// Reports the values of variables that have changed to the kernel. A tensor may have changed through another one that
/// shares its memory, so all variables are examined. Called between cells, on the thread that runs them.
pub(crate) fn report_values() {
    // SAFETY: a store is never freed, and only a running cell has a reference to it.
    let Some(store) = (unsafe { STORE.load(Ordering::SeqCst).as_mut() }) else { return };
    for (name, variable) in &mut store.variables {
        let described = describe(variable.value.as_ref());
        if described != variable.told {
            let Description { shape, dtype, bytes, value } = described.clone().unwrap_or_default();
            report::send(Report::Value { name: name.clone(), shape, dtype, bytes, value });
            variable.told = described;
        }
    }
}

/// Starts a cell. Called on the thread that runs cells.
pub(crate) fn begin() {
    // SAFETY: a store is never freed, and only a running cell has a reference to it.
    if let Some(store) = unsafe { STORE.load(Ordering::SeqCst).as_mut() } {
        store.taken.clear();
    }
}

/// Ends a cell. Called on the thread that runs cells.
pub(crate) fn end() {
    // SAFETY: a store is never freed, and only a running cell has a reference to it.
    let store = unsafe { STORE.load(Ordering::SeqCst).as_mut() };
    let has_failed = failed::take();
    if store.is_some_and(|store| store.end(has_failed)) {
        // evcxr believes them gone; the supervisor corrects that.
        report::send(Report::Kept {});
    }
}

/// Whether a variable that the last cell had taken out is not back. Called on the thread that runs cells.
pub(crate) fn lacks_something() -> bool {
    // SAFETY: as above.
    unsafe { STORE.load(Ordering::SeqCst).as_ref() }.is_some_and(VariableStore::lacks_something)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tensor_that_a_failed_cell_has_moved_comes_back() {
        let mut store = VariableStore::default();
        store.put_variable("x", tensorlib::prelude::ones([2]));
        store.put_variable("text", String::new());
        for (has_failed, comes_back) in [(false, false), (true, true)] {
            store.taken.clear();
            store.put_variable("x", tensorlib::prelude::ones([2]));
            drop(store.take_variable::<Tensor>("x"));
            assert_eq!(store.end(has_failed), comes_back);
            assert_eq!(store.check_variable::<Tensor>("x"), comes_back);
        }
        // Another variable that the cell has moved away cannot come back; evcxr is then told that all of them are gone.
        drop(store.take_variable::<Tensor>("x"));
        store.take_variable::<String>("text");
        assert!(!store.end(true) && store.lacks_something());
    }

    #[test]
    fn a_variable_that_a_cell_did_not_put_back_is_missed() {
        let mut store = VariableStore::default();
        store.put_variable("x", 1);
        store.put_variable("y", 2);
        let (x, _moved) = (store.take_variable::<i32>("x"), store.take_variable::<i32>("y"));
        store.put_variable("x", x);
        assert!(store.lacks_something());
        store.put_variable("y", 3);
        assert!(!store.lacks_something());
    }

    #[test]
    fn what_has_threads_is_made_anew_in_another_process() {
        let mut store = VariableStore::default();
        let first = store.lazy_arc("pool", || 1);
        assert_eq!((*first, *store.lazy_arc("pool", || 2)), (1, 1));
        store.variables.get_mut("pool").unwrap().made_in = Some(0);
        assert_eq!(*store.lazy_arc("pool", || 3), 3);
    }

    #[test]
    fn a_variable_comes_back_with_its_type() {
        let mut store = VariableStore::default();
        store.put_variable("x", vec![1, 2]);
        assert!(store.check_variable::<Vec<i32>>("x"));
        assert_eq!(store.take_variable::<Vec<i32>>("x"), [1, 2]);
    }

    #[test]
    fn another_type_is_noticed_and_the_variable_dropped() {
        let mut store = VariableStore::default();
        store.put_variable("x", 1_i32);
        assert!(!store.check_variable::<String>("x"));
        assert!(!store.check_variable::<String>("x"), "it is gone, so that a cell which needs it does not run");
    }

    #[test]
    fn a_redefined_struct_is_another_type() {
        struct User;
        let path: &'static str = std::any::type_name::<User>();
        let (old, new): ([_; 1], [_; 1]) = ([(path, "a")], [(path, "b")]);
        let mut store = VariableStore::default();
        store.define(Box::leak(Box::new(old)));
        store.put_variable("u", User);
        assert!(store.check_variable::<User>("u"));
        store.define(Box::leak(Box::new(new)));
        assert!(!store.check_variable::<User>("u"));
    }

    #[test]
    fn a_kept_type_is_not_compared_to_the_library_that_came_after_it() {
        struct Old;
        let path = std::any::type_name::<Old>();
        let (before, after): ([_; 1], [_; 1]) = ([(path, "a")], [(path, "b")]);
        let mut store = VariableStore::default();
        store.define(Box::leak(Box::new(before)));
        store.put_variable("v", Old);
        store.define(Box::leak(Box::new(after)));
        assert!(store.check_kept_variable::<Old>("v"));
        assert!(!store.check_kept_variable::<i32>("v"));
    }

    #[test]
    fn a_type_that_only_a_macro_names_stands_and_falls_with_all_of_them() {
        let mut store = VariableStore::default();
        store.define(&[("ctx::", "all"), ("ctx::Named", "n"), ("ctx::module::", "m")]);
        let of =
            |store: &VariableStore, name| store.definitions_of(name).into_iter().map(|(_, f)| f).collect::<Vec<_>>();
        assert_eq!(of(&store, "ctx::Named"), ["n"]);
        assert_eq!(of(&store, "alloc::vec::Vec<ctx::module::Line>"), ["m"]);
        assert_eq!(of(&store, "(ctx::Expanded, ctx::Named)"), ["n", "all"]);
        assert_eq!(of(&store, "i32"), [""; 0]);
    }

    #[test]
    fn a_path_is_found_whole_only() {
        assert!(mentions("alloc::vec::Vec<ctx::User>", "ctx::User"));
        assert!(!mentions("alloc::vec::Vec<ctx::Users>", "ctx::User"));
        assert!(!mentions("my::ctx::User", "ctx::User"));
        assert!(mentions("alloc::vec::Vec<shapes::circle::Circle>", "shapes::"));
        assert!(!mentions("my::shapes::Circle", "shapes::"));
        assert!(mentions("alloc::vec::Vec<shapes::circle::Circle>", "shapes::"));
        assert!(!mentions("my::shapes::Circle", "shapes::"));
    }
}

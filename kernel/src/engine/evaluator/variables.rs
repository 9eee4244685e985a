//! The lives of variables: their types, when they end, and why.

use std::collections::BTreeSet;

use soma_driver::evcxr::program::Unkept;
use soma_driver::process::lock;
use soma_driver::toolchain::cell_only::CellOnly;
use soma_driver::toolchain::command_line::CommandLine;
use soma_driver::toolchain::replaced_deps::libraries_of;
use soma_jupyter::api::{Output, Stream};

use super::super::cell_state::plain;
use super::super::items::CellOf;
use super::super::type_names;
use super::SomaEvaluator;

impl SomaEvaluator {
    /// A variable's type in a form that later cells can use.
    fn nameable(&mut self, variable: &str, type_name: &str) -> Result<String, type_names::Unnameable> {
        let type_names::Written { text: ty, doubtful } = {
            let items = self.names.items();
            type_names::nameable(type_name, &|path| items.meaning(path))?
        };
        if doubtful.is_empty() {
            return Ok(ty);
        }
        match self.public_paths.find(&self.session, variable, &doubtful) {
            Ok(public) => type_names::with_paths(&ty, &public),
            // rustc could not be run; the next cell will show whether the path works.
            Err(error) => {
                tracing::warn!("paths of `{type_name}`: {error:#}");
                Ok(ty)
            }
        }
    }

    /// Records which variables a cell, even a failed one, has lost or moved out.
    pub(super) fn notice_losses(&mut self, count: usize) {
        let lost = std::mem::take(&mut lock(&self.state).lost);
        for (name, why) in lost {
            self.variables.types.remove(&name);
            self.variables.gone.insert(name.clone(), format!("`{name}` is lost: {why}; define it again"));
        }
        let live: BTreeSet<String> = self.context.variables().map(plain).collect();
        let moved: Vec<String> = self.variables.types.keys().filter(|name| !live.contains(*name)).cloned().collect();
        for name in moved {
            // A variable that could not be kept already has a reason.
            if self.variables.types.remove(&name).flatten().is_some() {
                let cell = format!(
                    "`{name}` was moved away in In [{count}]; there, write `&{name}` or `{name}.clone()` to keep it"
                );
                self.variables.moved.insert(name.clone());
                self.variables.gone.insert(name, cell);
            }
        }
    }

    /// Records the types of the variables that the cell has stored.
    pub(super) fn learn(&mut self, variables: Vec<(String, String)>) {
        let externs = CommandLine::read(&self.session).map(|line| line.externs).unwrap_or_default();
        let (defined, stated) = match lock(&self.past).last() {
            Some(past) => (past.prepared.defined.clone(), past.prepared.stated.clone()),
            None => Default::default(),
        };
        for (name, type_name) in variables {
            self.variables.moved.remove(&name);
            let named = match (self.nameable(&name, &type_name), stated.get(&name)) {
                // The stated type can be written, although it may mean another type later.
                (Err(_), Some(stated)) => Ok(stated.clone()),
                (Ok(_), Some(stated)) if type_names::leaves_lifetimes_out(&type_name) => Ok(stated.clone()),
                (named, _) => named,
            };
            let ty = match named {
                Ok(ty) => {
                    self.variables.gone.remove(&name);
                    Some(ty)
                }
                Err(why) => {
                    let advice = why.advice(&name);
                    if self.variables.gone.insert(name.clone(), advice.clone()).as_ref() != Some(&advice) {
                        lock(&self.state)
                            .show(Output::Text { stream: Stream::Stderr, text: format!("note: {advice}\n") });
                    }
                    None
                }
            };
            // A value that existed before, and only passed through this cell, still belongs to its earlier library.
            let is_new = defined.contains(&name) || !self.variables.made_with.contains_key(&name);
            if let Some(ty) = ty.as_deref().filter(|_| is_new) {
                self.variables.made_with.insert(name.clone(), libraries_of(ty, &externs));
            }
            self.variables.types.insert(name, ty);
        }
        self.variables.made_with.retain(|name, _| self.variables.types.contains_key(name));
        self.names.update(&self.variables.types);
    }

    /// Records which variables end with the cell, and tells the user why.
    pub(super) fn notice_cell_only(&mut self) {
        for (name, why) in CellOnly::read(&self.session).variables {
            let reason = match why {
                Unkept::Borrows | Unkept::Guards => format!(
                    "`{name}` borrows from another variable, so it lasts as long as its cell: to keep it, make it own its \
                     value (`.clone()`, `.to_vec()`, `.to_owned()`)"
                ),
                Unkept::Unassigned => {
                    format!("`{name}` may have no value at the end of its cell, so later cells cannot have it")
                }
            };
            lock(&self.state).show(Output::Remark { text: format!("note: {reason}\n") });
            self.variables.types.remove(&name);
            self.variables.gone.insert(name, reason);
        }
    }

    /// The variables whose types a cell redefines. evcxr must not learn that from the store: it would drop a variable
    /// of the same name that the cell defines.
    pub(super) fn outlived_by(&self, own: &CellOf) -> BTreeSet<String> {
        let items = self.names.items();
        let changed = items.changed_by(own);
        let is_changed = |ty: &str| {
            changed.iter().any(|path| match path.as_str() {
                "crate::" => items.has_nameless_types(ty),
                path => type_names::mentions(ty, path),
            })
        };
        let outlived = self.variables.types.iter().filter(|(_, ty)| ty.as_deref().is_some_and(is_changed));
        outlived.map(|(name, _)| name.clone()).collect()
    }
}

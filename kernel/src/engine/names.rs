//! The names that the session's cells have defined.

use std::sync::{Mutex, MutexGuard};

use soma_driver::process::lock;
use soma_driver::variable_types::Types;

use super::items::Items;
use super::value_summary::Values;
use crate::analyst::question::Known;

/// The names that a session's cells have defined, for questions about code while a cell runs.
#[derive(Default)]
pub struct Names {
    variables: Mutex<Types>,
    values: Mutex<Values>,
    items: Mutex<Items>,
}

impl Names {
    /// Replaces the types of variables.
    pub fn update(&self, variables: &Types) {
        *lock(&self.variables) = variables.clone();
        lock(&self.values).retain(|name, _| variables.contains_key(name));
    }

    /// The values of variables.
    pub fn values(&self) -> MutexGuard<'_, Values> {
        lock(&self.values)
    }

    /// The session's items.
    pub fn items(&self) -> MutexGuard<'_, Items> {
        lock(&self.items)
    }

    /// Everything that a cell may use, for analysis.
    pub fn for_analysis(&self) -> Known {
        Known { items: self.items().texts(), variables: lock(&self.variables).clone() }
    }

    /// The variables with their types, and the names of items.
    pub fn get(&self) -> (Types, Vec<String>) {
        (lock(&self.variables).clone(), self.items().names().into_iter().collect())
    }
}

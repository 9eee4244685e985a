//! A matrix of a heat map, and the names of its rows and columns.

use std::fmt::Display;

use crate::error::{Result, shape_error};

/// A matrix's values in row-major order.
#[derive(Clone, Debug)]
pub(super) struct Matrix {
    pub rows: usize,
    pub columns: usize,
    pub values: Vec<f64>,
}

/// The names of the rows and columns of a heat map; without names, numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub rows: Vec<String>,
    pub columns: Vec<String>,
}

/// One name for each row or column.
pub(super) fn names(
    op: &str,
    what: &str,
    given: impl IntoIterator<Item = impl Display>,
    count: usize,
) -> Result<Vec<String>> {
    let names: Vec<String> = given.into_iter().map(|name| name.to_string()).collect();
    match names.len() {
        len if len == count => Ok(names),
        len => Err(shape_error!("{op}: give one name for each {what}; there are {count} {what}s and {len} names")),
    }
}
